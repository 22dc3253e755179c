"""State of a unit: reached and above, near, level, orders, and a suspension that stays until it is released."""

from datetime import date
from decimal import Decimal as D

import pytest

from liangshui.parameters.law import shipped
from liangshui.quota.rules.levels import Indicator, Judged, Level, Measure
from liangshui.quota.rules.states import Ground, Order, Terms, Totals, Use, state

TERMS = Terms.of(shipped(), date(2026, 11, 25))
INDICATOR = Indicator(Measure.DEPTH, D(20), 2026, "Q3", None, "第1号")
KEPT = Level(True, (Judged(INDICATOR, D("19.5"), True),))
OFF = Level(False, (Judged(INDICATOR, D("20.25"), False),))
GOOD = Totals(D(100), D(50), D(50))
ORDER = Order("水令1号", "YR-051", frozenset({Use.LIVING}))


@pytest.mark.parametrize(
    ("totals", "level", "orders", "kind"),
    [
        (GOOD, KEPT, (), "open"),
        (Totals(D(100), D("89.999"), D("89.999")), KEPT, (), "open"),
        (Totals(D(100), D(50), D(90)), KEPT, (), "near"),
        (Totals(D(100), D(90), D(50)), KEPT, (), "near"),
        (Totals(D(100), D(50), D(100)), KEPT, (), "near"),  # pumped: reached, not above
        (Totals(D(100), D(50), D("100.001")), KEPT, (), "total"),
        (Totals(D(100), D("99.999"), D(50)), KEPT, (), "near"),
        (Totals(D(100), D(100), D(50)), KEPT, (), "total"),  # permitted: reached
        (GOOD, OFF, (), "level"),
        (Totals(D(100), D(100), D(50)), OFF, (), "both"),
        (GOOD, KEPT, (ORDER,), "order"),
        (Totals(D(100), D(100), D(50)), OFF, (ORDER,), "order"),
        (Totals(None, D(50), D(50)), KEPT, (), "unknown"),
        (Totals(D(100), D(50), None), KEPT, (), "unknown"),
        (GOOD, Level(), (), "unknown"),
        (Totals(D(100), D(50), D(95)), Level(), (), "near"),
        (Totals(None, D(50), D(50)), OFF, (), "level"),
        (Totals(D(0), D(0), D(0)), KEPT, (), "total"),
    ],
)
def test_kinds(totals, level, orders, kind):
    assert state(totals, level, orders, TERMS).kind.value == kind


def test_a_suspension_says_its_figures_and_articles_and_the_plan_stands_only_beside():
    found = state(Totals(D(100), D(100), D(120)), OFF, (), TERMS)
    failed = {check.code: check for check in found.because if check.outcome.value == "failed"}
    assert failed["permitted"].article == "AR-020 (2)" and failed["permitted"].figures == (
        ("permitted_m3", "100"),
        ("control_m3", "100"),
    )
    assert failed["pumped"].article == "GW-025 (1)" and failed["pumped"].beside == ("SEED-SUSPEND",)
    assert failed["pumped"].figures == (("pumped_m3", "120"), ("control_m3", "100"), ("percent", "120.0"))
    assert failed["level"].article == "GW-025 (1)" and failed["level"].beside == ("GW-017", "SEED-SUSPEND")
    assert dict(failed["level"].figures) == {
        "period": "2026 Q3", "depth_m": "20.2500", "not_deeper_m": "20", "document": "第1号",
    }  # fmt: skip


def test_an_order_on_another_ground_suspends_but_refuses_nothing_alone():
    found = state(GOOD, KEPT, (Order("通知", ""),), TERMS)
    assert found.kind.value == "order" and found.suspended
    assert [check.outcome.value for check in found.because if check.code == "order"] == ["needs_person"]


def test_a_suspension_stays_until_it_is_released():
    held = frozenset({Ground.TOTAL})
    asked = state(Totals(D(100), D(50), D(110)), KEPT, (), TERMS, held)
    assert (asked.kind.value, asked.waits) == ("total", frozenset())
    within = state(Totals(D(100), D(50), D(80)), KEPT, (), TERMS, held)
    assert (within.kind.value, within.waits, within.only_held) == ("total", held, True)
    near = state(Totals(D(100), D(50), D(95)), KEPT, (), TERMS, held)
    assert near.only_held
    assert not state(Totals(D(100), D(50), D(80)), KEPT, (), TERMS).suspended


def test_a_figure_that_is_not_known_releases_nothing():
    found = state(GOOD, Level(), (), TERMS, frozenset({Ground.LEVEL}))
    assert (found.kind.value, found.waits, found.only_held) == ("level", frozenset(), False)
    assert state(Totals(D(100), None, D(10)), KEPT, (), TERMS, frozenset({Ground.TOTAL})).waits == frozenset()


def test_an_order_that_has_ended_waits_for_release_too_and_one_ground_may_wait_while_another_asks():
    assert state(GOOD, KEPT, (), TERMS, frozenset({Ground.ORDER})).only_held
    found = state(Totals(D(100), D(100), D(50)), KEPT, (), TERMS, frozenset({Ground.TOTAL, Ground.LEVEL}))
    assert (found.kind.value, found.waits, found.only_held) == ("both", {Ground.LEVEL}, False)


def test_before_the_plan_it_does_not_stand_beside():
    before = Terms.of(shipped(), date(2022, 1, 1))
    found = state(Totals(D(100), D(50), D(120)), OFF, (), before)
    assert {check.beside for check in found.because if check.outcome.value == "failed"} == {(), ("GW-017",)}
