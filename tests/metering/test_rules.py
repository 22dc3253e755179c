"""Health and findings by figures worked out by hand."""

from datetime import date, timedelta
from decimal import Decimal as D

import pytest

from liangshui.accounting.rules.water_day import Mark
from liangshui.metering.rules import findings, health
from liangshui.metering.rules.findings import Energy, MeteredDay

FIRST = date(2026, 4, 1)


def days(volumes, marks=None, start=FIRST):
    return [
        MeteredDay(start + timedelta(days=n), None if v is None else D(v), None, 0 if v is None else 12, (marks or {}).get(n, 0))
        for n, v in enumerate(volumes)
    ]  # fmt: skip


def month(number, volume, off="0.1"):
    start, end = date(2026, number, 1), date(2026, number + 1, 1)
    return Energy(start, end, D(volume), D(volume) * (1 - D(off)))


def test_days_of_one_kind_near_each_other_are_one_finding():
    found = findings.by_marks(days([1] * 12, {1: Mark.STUCK, 2: Mark.STUCK, 4: Mark.STUCK | Mark.GAP, 10: Mark.STUCK}))
    assert [(f.kind, f.first.day, f.last.day, f.figures) for f in found] == [
        ("stuck", 2, 5, {"days": 3}),
        ("stuck", 11, 11, {"days": 1}),
    ]


def test_single_late_readings_are_no_wrong_clock():
    assert findings.by_marks(days([1] * 9, {1: Mark.LATE, 5: Mark.LATE})) == []
    (found,) = findings.by_marks(days([1] * 9, {1: Mark.LATE, 2: Mark.LATE, 3: Mark.CLOCK}))
    assert (found.kind, found.first.day, found.last.day) == ("clock", 2, 4)


def test_days_without_readings():
    missing = [MeteredDay(FIRST + timedelta(days=n), D(1), None, 0 if 3 <= n <= 6 else 5, 0) for n in range(12)]
    found = findings.gaps(missing, date(2026, 4, 12))
    assert [(f.first.day, f.last.day, f.figures["days"]) for f in found] == [(4, 7, 4)]
    assert findings.gaps(missing[:3], date(2026, 4, 6)) == []
    (open_gap,) = findings.gaps(missing[:3], date(2026, 4, 7))
    assert (open_gap.first.day, open_gap.last.day) == (4, 7)


def test_a_meter_that_stood_still_while_power_was_drawn():
    """April: 30 days of 10, ten of them at 0: 200 m³ against 300 by power, 270 at least; May agrees."""
    shown = days([10] * 10 + [0] * 10 + [10] * 10 + [10] * 31)
    (found,) = findings.against_power(shown, [month(4, 300), month(5, 310)])
    assert (found.kind, found.first, found.last) == ("not_running", date(2026, 4, 1), date(2026, 4, 30))
    assert found.figures == {"metered_m3": "200", "power_m3": "300", "percent": 66, "months": 1, "still_days": 10}
    assert found.score == 68  # 55 and 40 times the third that is missing


def test_a_lasting_lack_is_too_little():
    shown = days([5] * 61)
    (found,) = findings.against_power(shown, [month(4, 300), month(5, 310)])
    assert (found.kind, found.figures["months"], found.figures["percent"]) == ("too_little", 2, 50)


@pytest.mark.parametrize(
    ("volumes", "energy"),
    [
        ([8] * 30, month(4, 300)),  # 240 of at least 270: 0.89, not below 0.85
        ([1] * 30, month(4, 49)),  # too small to compare
        ([None] * 3 + [1] * 27, month(4, 300)),  # three days not known
        ([1] * 20, month(4, 300)),  # the month is not whole
        ([1] * 30, month(4, 300, off="0.95")),  # the coefficient may be that far off
    ],
)
def test_what_is_not_compared_or_agrees(volumes, energy):
    assert findings.against_power(days(volumes), [energy]) == []


def test_the_newest_month_may_end_a_day_early():
    assert [f.kind for f in findings.against_power(days([1] * 29), [month(4, 300)])] == ["too_little"]


def test_declared_far_below_what_another_way_tells():
    span = (date(2026, 4, 1), date(2026, 5, 1))
    (found,) = findings.declared_less([(*span, D(100))], {"electricity": [(*span, D(200))]})
    assert (found.kind, found.figures["way"], found.score) == ("declared", "electricity", 75)
    assert findings.declared_less([(*span, D(150))], {"electricity": [(*span, D(200))]}) == []
    assert findings.declared_less([(*span, D(1))], {"electricity": [(*span, D(40))]}) == []


def test_the_parts_of_a_declared_year_are_added():
    months = [(date(2025, n, 1), date(2025, n + 1, 1), D(100)) for n in range(3, 9)]
    outside = [(date(2024, 12, 15), date(2025, 1, 15), D(9000))]
    year = (date(2025, 1, 1), date(2026, 1, 1))
    (found,) = findings.declared_less([(*year, D(400))], {"register": months + outside})
    assert (found.first, found.last, found.figures) == (
        date(2025, 1, 1), date(2025, 12, 31), {"declared_m3": "400", "least_m3": "600", "way": "register"},
    )  # fmt: skip
    assert findings.declared_less([(*year, D(420))], {"register": months + outside}) == []


def test_declared_far_below_the_neighbours():
    months = [date(2025, n, 1) for n in (5, 6, 7)]
    around = dict.fromkeys(months, D(1000)) | {date(2026, 5, 1): D(90000)}
    year = (date(2025, 1, 1), date(2026, 1, 1))
    (found,) = findings.unlike_neighbours([(*year, D(890))], {}, around)
    assert (found.kind, found.score, found.figures["percent"]) == ("unlike", 35, 29)
    assert findings.unlike_neighbours([(*year, D(900))], {}, around) == []
    assert findings.unlike_neighbours([(*year, D(0))], {}, dict.fromkeys(months, D(100))) == []
    by_power = {"electricity": [(date(2025, 5, 1), date(2025, 6, 1), D(10))]}
    assert findings.unlike_neighbours([(*year, D(890))], by_power, around) == []


def test_groundwater_that_sinks_makes_it_likelier_and_names_nobody():
    found = findings.Found("unlike", date(2025, 1, 1), date(2025, 12, 31), 35, {"percent": 10})
    assert findings.with_level(found, None) == found
    assert (findings.with_level(found, D("0.499")).score, findings.with_level(found, D("0.5")).score) == (35, 45)
    assert findings.with_level(found, D("-0.2")).figures == {"percent": 10, "sunk_m": "-0.20"}


def test_still_in_the_season_while_neighbours_take():
    months = [date(2026, n, 1) for n in (4, 5, 6, 7)]
    around = dict.fromkeys(months, D(900))
    (found,) = findings.flat_in_season(dict(zip(months, (D(0), D(0), D(3), None), strict=True)), around)
    assert (found.first, found.last, found.figures) == (months[0], months[1], {"months": 2})
    assert findings.flat_in_season(dict.fromkeys(months[:1], D(0)), around) == []
    assert findings.flat_in_season(dict.fromkeys(months, D(0)), dict.fromkeys(months, D(499))) == []


def test_rates_and_clock():
    assert (health.expected(60), health.expected(1440), health.expected(60, 30)) == (24, 1, 1)
    assert (health.percent(23, 24), health.percent(25, 24), health.percent(0, 0)) == (95.8, 100.0, None)

    def off(delay, reports=5):
        return health.clock_off_s(health.Day(reports, 0, 0, 0, delay))

    assert [off(n) for n in (-121, -120, 0, 1800, 1801)] == [-121, None, None, None, 1801]
    assert off(-9999, reports=2) is None and off(None) is None


def test_silent_and_scarce():
    assert not health.is_silent(720, 60) and health.is_silent(721, 60)
    assert not health.is_silent(3 * 1440, 1440) and health.is_silent(3 * 1440 + 1, 1440)
    assert health.is_scarce([(24, 24), (19, 24), (19, 24), (19, 24)])
    assert not health.is_scarce([(19, 24), (20, 24), (19, 24)]) and not health.is_scarce([(0, 24), (0, 24)])


def test_on_line_meters_are_asked_for_from_the_scale_on_and_not_decided_without_one():
    today = date(2026, 11, 25)
    both, surface_only, none = (
        findings.Scale(D(50000), D(40000)),
        findings.Scale(D(50000), None),
        findings.Scale(None, None),
    )

    def kinds(volume, groundwater, scale):
        return [f.kind for f in findings.without_line(volume, groundwater=groundwater, scale=scale, today=today)]

    assert kinds(D(50000), True, surface_only) == ["no_online"] and kinds(D("49999.999"), True, surface_only) == []
    assert kinds(D(40000), True, both) == ["no_online"]
    assert kinds(D(900000), False, surface_only) == []
    assert kinds(D(900000), True, none) == [] and kinds(None, True, both) == []


def test_existing_works_are_not_in_breach_before_the_countys_term_has_passed():
    term, day = date(2026, 12, 31), date(2026, 12, 31)
    assert findings.without_meter(existing=True, term=term, today=day) == []
    (late,) = findings.without_meter(existing=True, term=term, today=date(2027, 1, 1))
    assert late.figures == {"term": "2026-12-31"}
    (open_,) = findings.without_meter(existing=True, term=None, today=day)
    assert open_.figures == {"term": ""}
    (new,) = findings.without_meter(existing=False, term=term, today=day)
    assert new.figures == {}


def test_a_farm_well_that_never_rests_and_a_meter_that_shows_nothing():
    def kinds(volumes, farm=True):
        return [(f.kind, f.figures["days"]) for f in findings.always(days(volumes), farm=farm)]

    assert kinds([1] * 90) == [("always_on", 90)] and kinds([1] * 89) == [] and kinds([1] * 90, farm=False) == []
    assert kinds([1] * 60 + [0] + [1] * 60) == [] and kinds([1] * 60 + [None] + [1] * 60) == []
    assert kinds([1] * 95 + [0]) == [("always_on", 95)]
    assert kinds([0] * 365, farm=False) == [("always_off", 365)] and kinds([0] * 364) == []
