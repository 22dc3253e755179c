"""Use against a permit's conditions, and the campaign's sorting, worked by hand."""

from datetime import date
from decimal import Decimal as D

import pytest

from liangshui.parameters.law import shipped
from liangshui.permits.rules.actual import controlled
from liangshui.permits.rules.campaign import Found, Sorted, Standing, gravity, line
from liangshui.permits.rules.conditions import (
    Conditions,
    LevelRule,
    LevelStep,
    Span,
    Taken,
    Verdict,
    Volume,
    against,
    by_level,
    check,
    disused,
    excess,
    held_days,
    level_step,
    level_steps,
    settles,
)
from liangshui.permits.rules.gate import Source, Terms, Use

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
        (Volume(D(90), D(85)), Verdict.UNKNOWN),  # nothing bounds it from above
        (Volume(D(90), whole=False), Verdict.UNKNOWN),  # a well of the permit has no volume
        (Volume(D(101), whole=False), Verdict.EXCEEDED),
        (Volume(None) + Volume(D(90)), Verdict.UNKNOWN),
        (Volume(D(60)) + Volume(D(40)), Verdict.KEPT),
    ],
)
def test_a_volume_that_is_only_known_within_a_range_exceeds_for_certain_from_its_low_end(volume, verdict):
    assert against(volume, D(100)) is verdict


def test_each_condition_of_the_permit_has_its_verdict():
    allowed = Conditions(D(1000), {1: D(0), 5: D(400)}, "shallow_groundwater", frozenset({"agriculture"}))
    taken = Taken(
        Volume(D(900)), {1: Volume(D(5)), 5: Volume(D(400)), 6: Volume(D(495))},
        {"shallow_groundwater": Volume(D(700)), "deep_groundwater": Volume(D(200))}, {"agriculture": Volume(D(900))},
    )  # fmt: skip
    found = {(f.code, f.what): f for f in check(Span(allowed, taken))}
    assert found["year", ""].verdict is Verdict.KEPT
    assert found["season", "1"].verdict is Verdict.EXCEEDED and found["season", "1"].over_m3 == 5
    assert found["month", "5"].verdict is Verdict.KEPT
    assert found["source", "deep_groundwater"].verdict is Verdict.EXCEEDED
    assert found["use", ""].verdict is Verdict.KEPT


def test_what_is_given_back_is_compared_where_both_are_known():
    allowed = Conditions(None, {}, "", frozenset(), D(100))
    (found,) = check(Span(allowed, Taken(Volume(None), {}, {}, {}, D(120))))
    assert (found.code, found.verdict, found.over_m3) == ("return", Verdict.EXCEEDED, D(20))
    assert check(Span(allowed, Taken(Volume(None), {}, {}, {}))) == []


@pytest.mark.parametrize(
    "taken, without, expected",
    [(Volume(D(0)), 0, True), (Volume(D(0)), 1, None), (Volume(None), 0, None), (Volume(D(1)), 1, False)],
)
def test_disuse_needs_a_known_zero(taken, without, expected):
    assert disused(taken, without) is expected


def test_a_permit_that_sets_nothing_finds_nothing():
    taken = Taken(Volume(D(5)), {}, {"rain": Volume(D(5))}, {"living": Volume(D(5))})
    assert check(Span(Conditions(None, {}, "", frozenset()), taken)) == []


def others(sources):
    allowed = Conditions(None, {}, "shallow_groundwater", frozenset())
    return {(f.what, f.verdict): f.over_m3 for f in check(Span(allowed, Taken(Volume(None), {}, sources, {})))}


@pytest.mark.parametrize(
    "sources, expected",
    [
        ({}, {("", Verdict.UNKNOWN): 0}),
        ({"shallow_groundwater": Volume(None)}, {("", Verdict.UNKNOWN): 0}),
        ({"shallow_groundwater": Volume(D(5))}, {("", Verdict.KEPT): 0}),
        ({"shallow_groundwater": Volume(D(5)), "deep_groundwater": Volume(D(0))}, {("", Verdict.KEPT): 0}),
        ({"shallow_groundwater": Volume(D(5)), "deep_groundwater": Volume(None)}, {("deep_groundwater", Verdict.UNKNOWN): 0}),
        ({"deep_groundwater": Volume(D(10), D(8), D(12))}, {("deep_groundwater", Verdict.EXCEEDED): 8}),
    ],
)  # fmt: skip
def test_a_source_is_kept_only_where_something_is_known_of_what_was_taken(sources, expected):
    assert others(sources) == expected


def test_what_forbids_is_named_with_its_certainty():
    assert found(has_permit=True, against=("deep_irrigation", True)).why == "deep_irrigation"
    assert found(has_permit=True, against=("deep_irrigation", False)).why == "deep_irrigation_perhaps"


def test_the_gravest_is_what_is_to_go_and_still_takes_water():
    to_go, missing, expired, exceeded = found(banned=True), found(), found(has_permit=True, permit_to=date(2026, 4, 30)), found(has_permit=True, exceeded=True)  # fmt: skip
    undecided, keeps, sealed = found(kind="mine_outlet"), found(has_permit=True), found(sealed=True)
    order = [sealed, keeps, undecided, exceeded, expired, missing, to_go]
    assert sorted(order, key=gravity) == order[::-1]


@pytest.mark.parametrize(
    "parts, expected",
    [
        ([(1000, 1200)], 200),
        ([(1000, 900), (500, 0)], 0),
        ([(1000, 900), (500, 30)], 30),
        ([(1000, 400), (500, 130)], 30),
        ([(500, 700), (1000, 200)], 0),
        ([(1000, 1100), (500, 50)], 150),
        ([(1000, 1100), (1000, 50)], 150),  # another version that allows the same
        ([(1000, 600), (0, 30), (1000, 370)], 30),  # stopped for a time: what was taken then, and once
        ([(1000, 550), (500, 30), (600, 50)], 30),  # lifted in part: 550 within, 30 against the stop, 50 still left
        ([(1000, 550), (500, 30), (600, 60)], 40),
        ([(688_300, 563_930), (0, 0)], 0),  # lawful until November, nothing since
    ],
)
def test_a_restriction_works_forward_and_a_raise_covers_the_year(parts, expected):
    assert excess([(D(limit), D(taken)) for limit, taken in parts]) == expected


def test_each_span_of_a_year_is_judged_by_the_version_that_held_in_it():
    def span(volume, source, taken, **sources):
        allowed = Conditions(volume, {5: D(400)} if source == "surface" else {}, source, frozenset())
        return Span(allowed, Taken(taken, {5: Volume(D(401))}, {k: Volume(D(v)) for k, v in sources.items()}, {}))

    found = {(f.code, f.what): f for f in check(
        span(D(1000), "surface", Volume(D(800), D(700), D(900)), surface=800),
        span(D(600), "shallow_groundwater", Volume(D(60), D(50), D(70)), shallow_groundwater=50, surface=10),
    )}  # fmt: skip
    year = found["year", ""]
    assert (year.verdict, year.over_m3, year.limit_m3, year.volume.m3) == (Verdict.EXCEEDED, 50, 1000, 860)
    assert [(p.limit_m3, p.volume.m3) for p in year.parts] == [(1000, 800), (600, 60)]
    assert found["source", "surface"].over_m3 == 10  # surface water was allowed in the first span alone
    assert (found["month", "5"].over_m3, found["month", "5"].parts) == (1, ())  # the second sets no months


def test_a_range_is_perhaps_too_much_where_its_high_end_is_more_than_the_restriction_left():
    def spans(before, after):
        allowed = [Conditions(D(limit), {}, "", frozenset()) for limit in (1000, 500)]
        return [Span(a, Taken(v, {}, {}, {})) for a, v in zip(allowed, (before, after), strict=True)]

    before = Volume(D(400), D(380), D(420))
    assert check(*spans(before, Volume(D(110), D(100), D(120))))[0].verdict is Verdict.PERHAPS  # 120 - (500 - 420)
    assert check(*spans(before, Volume(D(75), D(70), D(80))))[0].verdict is Verdict.KEPT
    (certain,) = check(*spans(before, Volume(D(130), D(125), D(135))))
    assert (certain.verdict, certain.over_m3) == (Verdict.EXCEEDED, 5)  # 125 - (500 - 380)


@pytest.mark.parametrize("limits, certain", [((None, D(1000)), 100), ((D(1000), None), 100), ((None, None), None)])
def test_a_version_that_states_no_volume_is_judged_by_the_one_that_does(limits, certain):
    spans = [Span(Conditions(limit, {}, "", frozenset()), Taken(Volume(D(550)), {}, {}, {})) for limit in limits]
    assert [f.over_m3 for f in check(*spans)] == ([] if certain is None else [certain])


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
        ({"has_permit": True, "exceeded": True}, Standing.PERMIT, Sorted.MEND),
        ({"has_permit": True, "against": ("deep_irrigation", True)}, Standing.PERMIT, Sorted.MEND),
        ({"against": ("deep_irrigation", True)}, Standing.MISSING, Sorted.MEND),
        ({"against": ("deep_irrigation", True), "banned": True}, Standing.MISSING, Sorted.GO),
        ({"against": ("deep_irrigation", True), "sealed": True}, Standing.NOT_NEEDED, Sorted.GO),
        (
            {"against": ("deep_irrigation", True), "household": True, "m3_per_year": D(5)},
            Standing.NOT_NEEDED,
            Sorted.MEND,
        ),
    ],
)
def test_each_intake_has_its_standing_and_what_is_proposed(facts, standing, proposed):
    got = found(**facts)
    assert (got.standing, got.proposed) == (standing, proposed)


def test_where_nothing_was_measured_nothing_is_known_to_be_kept():
    allowed = Conditions(D(5), {}, "surface", frozenset({"living"}))
    found = {f.code: f.verdict for f in check(Span(allowed, Taken(Volume(None), {}, {}, {})))}
    assert found == {"year": Verdict.UNKNOWN, "source": Verdict.UNKNOWN, "use": Verdict.UNKNOWN}


def test_a_restriction_by_level_is_in_order():
    assert LevelRule(D(10), D(12), D(15), D(11)).ordered and LevelRule(warn_m=D(10)).ordered and LevelRule().ordered
    assert not LevelRule(D(13), D(12)).ordered and not LevelRule(resume_m=D(3)).ordered
    assert not LevelRule(stop_m=D(15), resume_m=D("15.01")).ordered


TERMS = Terms.of(shipped(), date(2026, 5, 1))


@pytest.mark.parametrize(
    "source, use, volume, sure, expected",
    [
        (Source.DEEP, Use.IRRIGATION, Volume(D(10), D(8), D(12)), True, [("deep_irrigation", Verdict.EXCEEDED, 8, "YR-055")]),
        (Source.DEEP, Use.IRRIGATION, Volume(D(10)), False, [("deep_irrigation", Verdict.PERHAPS, 0, "YR-055")]),  # herds, perhaps
        (Source.DEEP, Use.IRRIGATION, Volume(None), True, [("deep_irrigation", Verdict.UNKNOWN, 0, "YR-055")]),
        (Source.DEEP, Use.IRRIGATION, Volume(D(0)), True, []),
        (Source.DEEP, Use.HERDING, Volume(D(10)), True, []),
        (Source.SHALLOW, Use.IRRIGATION, Volume(D(10)), True, []),
        (Source.SHALLOW, Use.WATERSCAPE, Volume(D(10)), True, [("delight", Verdict.PERHAPS, 0, "SEED-GWBAN")]),  # the plan alone
        (Source.SHALLOW, Use.GREENING, Volume(D(10)), True, [("greening", Verdict.PERHAPS, 0, "SEED-NONCONV")]),
        (Source.SURFACE, Use.WATERSCAPE, Volume(D(10)), True, []),
    ],
)  # fmt: skip
def test_use_control_binds_what_is_taken(source, use, volume, sure, expected):
    found = controlled(source, use, volume, TERMS, sure=sure)
    assert [(f.code, f.verdict, f.over_m3, f.article) for f in found] == expected


def test_before_the_law_of_the_river_deep_groundwater_was_not_forbidden_to_irrigate():
    before = Terms.of(shipped(), date(2023, 3, 31))
    assert controlled(Source.DEEP, Use.IRRIGATION, Volume(D(10)), before, sure=True) == []


def test_days_on_which_a_permit_was_stopped_or_reduced_run_from_the_day_after():
    rule = LevelRule(reduce_m=D(12), stop_m=D(15), resume_m=D(11))
    depths = [(date(2026, 5, d), D(m)) for d, m in ((1, 10), (5, 12), (10, 15), (15, 13), (20, 11))]
    steps = level_steps(depths, rule)
    assert [(step.value, day.day) for step, day in steps] == [("free", 1), ("reduce", 5), ("stop", 10), ("free", 20)]
    held = held_days(steps, date(2026, 1, 1), date(2026, 12, 31))
    assert [(step.value, first.day, last.day) for step, first, last in held] == [("reduce", 6, 9), ("stop", 11, 19)]
    assert held_days(steps[:3], date(2026, 5, 12), date(2026, 5, 14)) == [
        (LevelStep.STOP, date(2026, 5, 12), date(2026, 5, 14))
    ]


def test_what_is_taken_while_stopped_or_above_the_reduced_amount_is_a_finding():
    days = (date(2026, 5, 6), date(2026, 5, 9))
    stop = by_level(LevelStep.STOP, None, *days, Volume(D(5)))
    assert (stop.verdict, stop.limit_m3, stop.over_m3, stop.what) == (Verdict.EXCEEDED, D(0), D(5), "stop")
    assert by_level(LevelStep.REDUCE, D(100), *days, Volume(D(400))).verdict is Verdict.KEPT
    over = by_level(LevelStep.REDUCE, D(100), *days, Volume(D(401)))
    assert (over.verdict, over.limit_m3, over.over_m3) == (Verdict.EXCEEDED, D(400), D(1))
    assert by_level(LevelStep.REDUCE, None, *days, Volume(D(401))).verdict is Verdict.UNKNOWN
    assert by_level(LevelStep.STOP, None, *days, Volume(D(5), D(0), D(9))).verdict is Verdict.PERHAPS


def test_a_depth_alone_tells_how_it_stands_at_the_resuming_depth_or_the_stopping_one():
    rule = LevelRule(reduce_m=D(12), stop_m=D(15), resume_m=D(11))
    assert [settles(D(m), rule) for m in (11, 12, 14, 15)] == [True, False, False, True]
    assert settles(D(14), LevelRule(stop_m=D(15)))
