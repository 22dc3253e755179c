"""Use against a permit's conditions, and the campaign's sorting, worked by hand."""

from datetime import date
from decimal import Decimal as D

import pytest

from liangshui.parameters.law import shipped
from liangshui.permits.rules.campaign import Found, Sorted, Standing, line
from liangshui.permits.rules.conditions import (
    Conditions,
    LevelRule,
    LevelStep,
    Span,
    Taken,
    Verdict,
    Volume,
    against,
    check,
    disused,
    level_step,
    over_spans,
)

DAY = date(2026, 5, 1)


@pytest.mark.parametrize(
    "volume, verdict",
    [
        (Volume(D(100)), Verdict.KEPT),
        (Volume(D(101)), Verdict.EXCEEDED),
        (Volume(D(110), D(95), D(125)), Verdict.PERHAPS),
        (Volume(D(130), D(104), D(156)), Verdict.EXCEEDED),
        (Volume(D(90), D(72), D(108)), Verdict.PERHAPS),
        (Volume(None), Verdict.UNKNOWN),
    ],
)
def test_a_volume_that_is_only_known_within_a_range_exceeds_for_certain_from_its_low_end(volume, verdict):
    assert against(volume, D(100)) is verdict


def test_each_condition_of_the_permit_has_its_verdict():
    allowed = Conditions(D(1000), {1: D(0), 5: D(400)}, "shallow_groundwater", frozenset({"agriculture"}))
    taken = Taken(
        Volume(D(900)), {1: Volume(D(5)), 5: Volume(D(400)), 6: Volume(D(495))},
        {"shallow_groundwater": D(700), "deep_groundwater": D(200)}, {"agriculture": D(900)},
    )  # fmt: skip
    found = {(f.code, f.what): f for f in check(allowed, taken)}
    assert found["year", ""].verdict is Verdict.KEPT
    assert found["season", "1"].verdict is Verdict.EXCEEDED and found["season", "1"].over_m3 == 5
    assert found["month", "5"].verdict is Verdict.KEPT
    assert found["source", "deep_groundwater"].verdict is Verdict.EXCEEDED
    assert found["use", ""].verdict is Verdict.KEPT


def test_what_is_given_back_is_compared_where_both_are_known():
    allowed = Conditions(None, {}, "", frozenset(), D(100))
    (found,) = check(allowed, Taken(Volume(None), {}, {}, {}, D(120)))
    assert (found.code, found.verdict, found.over_m3) == ("return", Verdict.EXCEEDED, D(20))
    assert check(allowed, Taken(Volume(None), {}, {}, {})) == []


@pytest.mark.parametrize(
    "taken, without, expected",
    [(Volume(D(0)), 0, True), (Volume(D(0)), 1, None), (Volume(None), 0, None), (Volume(D(1)), 1, False)],
)
def test_disuse_needs_a_known_zero(taken, without, expected):
    assert disused(taken, without) is expected


def test_a_permit_that_sets_nothing_finds_nothing():
    assert check(Conditions(None, {}, "", frozenset()), Taken(Volume(D(5)), {}, {"rain": D(5)}, {"living": D(5)})) == []


RULE = LevelRule(D(10), D(12), D(15), D(13))


def days(*depths):
    return [(date(2026, 5, n), D(depth)) for n, depth in enumerate(depths, 1)]


@pytest.mark.parametrize(
    "depths, step, since",
    [
        (("9.9",), LevelStep.FREE, 1),
        (("9", "10"), LevelStep.WARN, 2),
        (("12", "12.5"), LevelStep.REDUCE, 1),
        (("15.2", "14.1"), LevelStep.STOP, 1),
        (("15.2", "14.1", "13.0"), LevelStep.REDUCE, 3),
        (("15.2", "13.0", "9.0"), LevelStep.FREE, 3),
    ],
)
def test_a_restriction_holds_until_the_level_has_come_up_again(depths, step, since):
    assert level_step(days(*depths), RULE) == (step, date(2026, 5, since))


def test_without_a_depth_the_restriction_is_not_known():
    assert level_step([], RULE) is None


def found(**other):
    facts = {
        "kind": "well", "sector": "agriculture", "household": False, "motorised": True, "sealed": False, "m3_per_year": D(5000),
        "permit_to": None, "has_permit": False, "banned": False,
    }  # fmt: skip
    return line(Found(**{**facts, **other}), DAY, shipped())


@pytest.mark.parametrize(
    "facts, standing, proposed",
    [
        ({}, Standing.MISSING, Sorted.MEND),
        ({"banned": True}, Standing.MISSING, Sorted.GO),
        ({"has_permit": True}, Standing.PERMIT, Sorted.KEEP),
        ({"has_permit": True, "permit_to": date(2026, 5, 1)}, Standing.PERMIT, Sorted.KEEP),
        ({"has_permit": True, "permit_to": date(2026, 4, 30)}, Standing.EXPIRED, Sorted.MEND),
        ({"has_permit": True, "banned": True}, Standing.PERMIT, Sorted.GO),
        ({"household": True, "m3_per_year": D(1000)}, Standing.NOT_NEEDED, Sorted.KEEP),
        ({"household": True, "m3_per_year": D(1001)}, Standing.MISSING, Sorted.MEND),
        ({"household": True, "m3_per_year": None}, Standing.UNDECIDED, Sorted.MEND),
        ({"motorised": False}, Standing.NOT_NEEDED, Sorted.KEEP),
        ({"kind": "mine_outlet"}, Standing.UNDECIDED, Sorted.MEND),
        ({"kind": "network"}, Standing.NOT_NEEDED, Sorted.KEEP),
        ({"sealed": True}, Standing.NOT_NEEDED, Sorted.GO),
    ],
)
def test_each_intake_has_its_standing_and_what_is_proposed(facts, standing, proposed):
    got = found(**facts)
    assert (got.standing, got.proposed) == (standing, proposed)


@pytest.mark.parametrize(
    "spans, verdict, certain",
    [
        ([(1000, 800), (500, 50)], Verdict.EXCEEDED, 50),  # restricted when more than the new limit had been taken
        ([(1000, 800), (900, 50)], Verdict.KEPT, 0),
        ([(1000, 800), (0, 0)], Verdict.KEPT, 0),  # what was lawful stays lawful
        ([(1000, 1200), (2000, 500)], Verdict.EXCEEDED, 200),  # it was over when it was taken
        ([(1000, 1000), (2000, 1000)], Verdict.KEPT, 0),
        ([(1000, None), (500, 10)], Verdict.UNKNOWN, 0),
    ],
)
def test_a_year_whose_limit_changed_is_judged_in_its_parts(spans, verdict, certain):
    told = [Span(D(limit), Volume(None if taken is None else D(taken))) for limit, taken in spans]
    assert over_spans(told) == (verdict, D(certain))


def test_a_range_in_a_changed_year_is_certain_from_its_low_ends_only():
    spans = [Span(D(1000), Volume(D(800), D(640), D(960))), Span(D(850), Volume(D(100), D(80), D(120)))]
    assert over_spans(spans) == (Verdict.PERHAPS, D(0))  # 640 and 80 of 850; 960 and 120
    spans[1] = Span(D(700), Volume(D(100), D(80), D(120)))
    assert over_spans(spans) == (Verdict.EXCEEDED, D(20))  # 60 of 700 were left after 640


def test_where_nothing_was_measured_source_and_use_are_not_known():
    found = {
        f.code: f.verdict
        for f in check(Conditions(D(5), {}, "surface", frozenset({"living"})), Taken(Volume(None), {}, {}, {}))
    }
    assert found == {"year": Verdict.UNKNOWN, "source": Verdict.UNKNOWN, "use": Verdict.UNKNOWN}


def test_a_restriction_by_level_is_in_order():
    assert LevelRule(D(10), D(12), D(15), D(11)).ordered and LevelRule(warn_m=D(10)).ordered and LevelRule().ordered
    assert not LevelRule(D(13), D(12)).ordered and not LevelRule(resume_m=D(3)).ordered
    assert not LevelRule(stop_m=D(15), resume_m=D("15.01")).ordered
