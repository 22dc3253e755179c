"""The gate: each check at its limit, what only a person decides, what would pass, and that no document refuses alone."""

from dataclasses import replace
from datetime import date
from decimal import Decimal as D

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liangshui.core.decision import Outcome
from liangshui.parameters.law import shipped
from liangshui.permits.rules.gate import (
    Application,
    Load,
    Source,
    State,
    Terms,
    Unit,
    Use,
    Zone,
    decide,
    of_plain,
    what_would_pass,
)
from liangshui.quota.rules.states import Order

LAW = shipped()
DAY = date(2026, 11, 25)
TERMS = Terms.of(LAW, DAY)
UNIT = Unit(control_m3=D(1_000_000), pumped_m3=D(500_000), permitted_m3=D(900_000), level_kept=True)
GOOD = State(
    unit=UNIT, zones=frozenset(), network_covers=False, load=Load.NOT, fragile=True, other_water=False,
    function_zone_harm=False, layout_sound=True, third_parties_harm=False,
)  # fmt: skip
ASKED = Application(
    source=Source.SHALLOW, use=Use.IRRIGATION, volume_m3=D(100_000), design_capacity_m3=D(120_000), quota_m3=D(100_000),
    meter_planned=True, filed=True,
)  # fmt: skip


def outcomes(asked=ASKED, state=GOOD, terms=TERMS):
    return {check.code: check.outcome.value for check in decide(asked, state, terms).because}


def test_what_passes_everything_is_allowed():
    decision = decide(ASKED, GOOD, TERMS)
    assert decision.allowed and decision.outcome is Outcome.PASSED and decision.grounds == ()


@pytest.mark.parametrize(
    ("change", "code", "outcome"),
    [
        ({"volume_m3": D("100000.001")}, "permitted", "failed"),  # with what is permitted it would pass 1,000,000
        ({"volume_m3": D("100000.001")}, "quota", "failed"),
        ({"quota_m3": None}, "quota", "undecidable"),
        ({"design_capacity_m3": D(99_999)}, "design", "failed"),
        ({"design_capacity_m3": None}, "design", "undecidable"),
        ({"source": Source.DEEP}, "deep_irrigation", "failed"),
        ({"meter_planned": False}, "meter", "needs_person"),
        ({"meter_planned": None}, "meter", "undecidable"),
        ({"filed": False}, "filed", "failed"),
        ({"use": Use.WATERSCAPE}, "delight", "needs_person"),
        ({"use": Use.GREENING}, "greening", "needs_person"),
        ({"use": Use.INDUSTRY, "industry": "化工"}, "thirsty", "failed"),
    ],
)
def test_the_application(change, code, outcome):
    assert outcomes(replace(ASKED, **change))[code] == outcome


@pytest.mark.parametrize(
    ("change", "code", "outcome"),
    [
        ({"zones": frozenset({Zone.BANNED})}, "zones", "failed"),
        ({"zones": frozenset({Zone.LIMITED})}, "zones", "failed"),
        ({"zones": None}, "zones", "undecidable"),
        ({"unit": replace(UNIT, pumped_m3=D(1_000_000))}, "pumped_near", "needs_person"),  # reached, not above
        ({"unit": replace(UNIT, pumped_m3=D("1000000.001"))}, "pumped", "failed"),
        ({"unit": replace(UNIT, pumped_m3=D("899999.999"))}, "pumped", "passed"),
        ({"unit": replace(UNIT, pumped_m3=D(900_000))}, "pumped_near", "needs_person"),
        ({"unit": replace(UNIT, level_kept=False)}, "level", "failed"),
        ({"unit": replace(UNIT, level_kept=None)}, "level", "undecidable"),
        ({"unit": None}, "permitted", "undecidable"),
        ({"load": Load.OVERLOADED}, "load", "failed"),
        ({"load": Load.CRITICAL}, "load", "needs_person"),
        ({"load": None}, "load", "undecidable"),
        ({"layout_sound": None}, "layout", "needs_person"),
        ({"third_parties_harm": True}, "third_parties", "failed"),
    ],
)
def test_the_place(change, code, outcome):
    assert outcomes(state=replace(GOOD, **change))[code] == outcome


ORDER = Order("水令1号", "YR-051", frozenset({Use.HERDING}))


@pytest.mark.parametrize(
    ("orders", "use", "outcome", "article"),
    [
        ((), Use.IRRIGATION, "passed", ""),
        (None, Use.IRRIGATION, "undecidable", ""),
        ((ORDER,), Use.IRRIGATION, "failed", "YR-051"),
        ((replace(ORDER, ground="GW-025 (1)"),), Use.IRRIGATION, "failed", "GW-025 (1)"),
        ((replace(ORDER, ground=""),), Use.IRRIGATION, "needs_person", ""),
        ((replace(ORDER, ground="AR-020 (8)"),), Use.IRRIGATION, "needs_person", ""),
        ((ORDER,), Use.HERDING, "needs_person", "YR-051"),
        ((ORDER,), Use.LIVING, "needs_person", "YR-051"),
    ],
)
def test_an_order_refuses_only_by_an_article_of_law_and_spares_its_exceptions(orders, use, outcome, article):
    found = decide(replace(ASKED, use=use), replace(GOOD, unit=replace(UNIT, orders=orders)), TERMS)
    (check,) = (check for check in found.because if check.code == "order")
    assert (check.outcome.value, check.article) == (outcome, article)


def test_an_order_refuses_no_water_that_is_not_groundwater():
    state = replace(GOOD, unit=replace(UNIT, orders=(ORDER,)))
    assert "order" not in outcomes(replace(ASKED, source=Source.SURFACE), state)


def test_an_order_by_a_law_that_is_not_in_force_is_for_a_person():
    state = replace(GOOD, unit=replace(UNIT, orders=(ORDER,)))
    assert outcomes(state=state, terms=Terms.of(LAW, date(2023, 3, 31)))["order"] == "needs_person"


def test_a_suspension_that_waits_for_release_is_for_a_person():
    found = decide(ASKED, replace(GOOD, unit=replace(UNIT, held=True)), TERMS)
    (check,) = (check for check in found.because if check.code == "held")
    assert (check.outcome.value, check.article, check.beside) == ("needs_person", "", ("SEED-SUSPEND",))
    assert not found.failed and not found.allowed


def test_orders_are_read_from_plain_values():
    given = {
        "control_m3": "1",
        "pumped_m3": None,
        "permitted_m3": None,
        "orders": [{"document": "水令1号", "ground": "YR-051", "spared": ["living"]}],
    }
    assert of_plain(Unit, given).orders == (Order("水令1号", "YR-051", frozenset({Use.LIVING})),)
    for wrong in (
        {"orders": [5]},
        {"orders": 5},
        {"orders": [{"ground": "x"}]},
        {"orders": [{"document": "x", "spared": ["sea"]}]},
    ):
        with pytest.raises(ValueError, match=r"unit|order|is not a valid"):
            of_plain(Unit, given | wrong)


def test_residents_and_heating_are_spared_where_a_unit_is_suspended_and_others_are_not():
    state = replace(GOOD, unit=replace(UNIT, pumped_m3=D(2_000_000), level_kept=False))
    for use, outcome in ((Use.LIVING, "needs_person"), (Use.HEATING, "needs_person"), (Use.HERDING, "failed")):
        found = outcomes(replace(ASKED, use=use), state)
        assert (found["pumped"], found["level"]) == (outcome, outcome)
    # the plan spares heating; the law's ground of an overloaded area spares residents only
    load = replace(GOOD, load=Load.OVERLOADED)
    assert outcomes(replace(ASKED, use=Use.LIVING), load)["load"] == "needs_person"
    assert outcomes(replace(ASKED, use=Use.HEATING), load)["load"] == "failed"


def test_the_public_network_counts_for_own_wells_but_not_in_the_fields():
    state = replace(GOOD, network_covers=True)
    assert outcomes(replace(ASKED, use=Use.SERVICE), state)["network"] == "failed"
    assert "network" not in outcomes(ASKED, state)
    assert outcomes(replace(ASKED, use=Use.SERVICE), replace(GOOD, network_covers=None))["network"] == "undecidable"


def test_before_the_plan_and_the_laws_their_checks_are_not_made():
    before = Terms.of(LAW, date(2021, 11, 30))
    found = outcomes(replace(ASKED, use=Use.WATERSCAPE), terms=before)
    assert not {"delight", "pumped", "level", "load", "meter", "other_water"} & found.keys() and "permitted" in found


APPLICATIONS = st.builds(
    Application,
    source=st.sampled_from(Source), use=st.sampled_from(Use), volume_m3=st.decimals(0, 10**7, places=3),
    industry=st.sampled_from(["", "化工", "纺织"]), new=st.booleans(),
    design_capacity_m3=st.none() | st.decimals(0, 10**7, places=3), quota_m3=st.none() | st.decimals(0, 10**7, places=3),
    meter_planned=st.none() | st.booleans(), filed=st.none() | st.booleans(),
)  # fmt: skip
VOLUME = st.none() | st.decimals(0, 10**7, places=3)
STATES = st.builds(
    State,
    unit=st.none() | st.builds(Unit, control_m3=VOLUME, pumped_m3=VOLUME, permitted_m3=VOLUME, level_kept=st.none() | st.booleans()),
    zones=st.none() | st.frozensets(st.sampled_from(Zone)), network_covers=st.none() | st.booleans(),
    load=st.none() | st.sampled_from(Load), fragile=st.none() | st.booleans(), other_water=st.none() | st.booleans(),
    function_zone_harm=st.none() | st.booleans(), layout_sound=st.none() | st.booleans(),
    third_parties_harm=st.none() | st.booleans(),
)  # fmt: skip


@given(APPLICATIONS, STATES, st.dates(date(2007, 1, 1), date(2030, 1, 1)))
def test_every_refusal_rests_on_a_law_regulation_or_rule_in_force_and_never_on_a_document_alone(asked, state, on):
    decision = decide(asked, state, Terms.of(LAW, on))
    for check in decision.because:
        if check.outcome is Outcome.FAILED:
            rule = LAW.rule(check.article.split(" ")[0])
            assert rule.instrument.rank.is_ground, check
            assert rule.on(on).known
        for each in check.beside:
            LAW.rule(each)
    assert decide(asked, state, Terms.of(LAW, on)) == decision


@given(APPLICATIONS, STATES)
def test_what_would_pass_passes_and_an_approval_never_passes_the_control_total(asked, state):
    decision = decide(asked, state, TERMS)
    for change in what_would_pass(asked, state, TERMS):
        assert not change.decision.failed
    if decision.allowed and asked.source in (Source.SHALLOW, Source.DEEP):
        assert state.unit.permitted_m3 + asked.volume_m3 <= state.unit.control_m3


def test_the_smallest_change_is_named():
    more = replace(ASKED, volume_m3=D(150_000), quota_m3=D(140_000), design_capacity_m3=D(200_000))
    (first, *others) = what_would_pass(more, GOOD, TERMS)
    assert (first.kind, first.value) == ("volume", "100000")
    assert {change.kind for change in others} <= {"source"}
    banned = what_would_pass(ASKED, replace(GOOD, zones=frozenset({Zone.BANNED})), TERMS)
    assert ("place", "outside") in [(change.kind, change.value) for change in banned]
    assert what_would_pass(ASKED, GOOD, TERMS) == []


def test_an_application_from_a_file_is_read_strictly():
    asked = of_plain(Application, {"source": "surface", "use": "industry", "volume_m3": "12.5", "filed": True})
    assert (asked.source, asked.volume_m3, asked.filed) == (Source.SURFACE, D("12.5"), True)
    for wrong in ({"colour": 1}, {"source": "sea"}, {"volume_m3": "-1"}, {"filed": "yes"}, {"volume_m3": "x"}):
        with pytest.raises(ValueError):
            of_plain(Application, {"source": "surface", "use": "industry", "volume_m3": 1} | wrong)
    with pytest.raises(ValueError, match="volume_m3"):
        of_plain(Application, {"source": "surface", "use": "industry"})


@pytest.mark.parametrize(("mainstem", "outcome"), [(True, "needs_person"), (False, "passed"), (None, "undecidable")])
def test_surface_water_of_the_main_stem_is_the_basin_authoritys(mainstem, outcome):
    river = replace(ASKED, source=Source.SURFACE)
    assert outcomes(river, replace(GOOD, unit=None, mainstem=mainstem))["competence"] == outcome
    assert "competence" not in outcomes(ASKED, replace(GOOD, mainstem=True))
    assert "competence" not in outcomes(river, replace(GOOD, unit=None), Terms.of(LAW, date(2023, 3, 31)))


@pytest.mark.parametrize(
    ("increase", "codes"), [(D(0), set()), (D(1), {"permitted", "pumped", "level", "load", "order"})]
)
def test_totals_stand_against_more_water_only(increase, codes):
    full = replace(
        UNIT,
        permitted_m3=D(1_000_000),
        pumped_m3=D(2_000_000),
        level_kept=False,
        orders=(Order("1", "YR-051", frozenset()),),
    )
    state = replace(GOOD, unit=full, load=Load.OVERLOADED)
    failed = {c.code for c in decide(replace(ASKED, new=False, increase_m3=increase), state, TERMS).failed}
    assert failed == codes
