"""Means of levels, indicators of wells and of units, and the comparison with the year before."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal as D

import pytest

from liangshui.core.periods import Period
from liangshui.quota.rules.levels import Indicator, Measure, Well, counting, judge, level, mean, span, year_on_year

APRIL = Period(date(2026, 4, 1), date(2026, 5, 1))


def every_fifth(period: Period, value: str) -> dict[date, D]:
    return {period.start + timedelta(days=n): D(value) for n in range(0, period.length, 5)}


def well(
    number: int, value: str | None, *, weight: str = "1", code: str = "Q3", measure: Measure = Measure.DEPTH
) -> Well:
    days = {} if value is None else every_fifth(span(2026, code), value)
    return Well(number, f"w{number}", D(weight), {measure: days})


def test_a_mean_weighs_five_days_alike_however_often_they_were_read():
    days = {2: "10.00", 3: "10.20", 8: "10.40", 13: "10.60", 30: "10.80"}
    found = mean({date(2026, 4, day): D(value) for day, value in days.items()}, APRIL)
    assert (found.value_m, found.read, found.slots) == (D("10.475"), 4, 6)


def test_with_half_of_its_slots_a_month_is_not_known():
    found = mean({date(2026, 4, day): D(10) for day in (1, 2, 3, 8, 13)}, APRIL)
    assert (found.value_m, found.read) == (None, 3)


def test_weekly_readings_are_enough_for_every_month_and_quarter():
    days = {date(2025, 1, 3) + timedelta(days=7 * n): D(9) for n in range(60)}
    for code in ("M02", "M04", "M07", "Q1", "Q4", "Y"):
        assert mean(days, span(2025, code)).value_m == 9, code


def test_the_31st_belongs_to_the_last_slot_and_other_days_to_none():
    found = mean({date(2026, 7, 31): D(5), date(2026, 6, 30): D(99), date(2026, 8, 1): D(99)}, span(2026, "M07"))
    assert (found.value_m, found.read, found.slots) == (None, 1, 6)


@pytest.mark.parametrize(
    ("code", "start", "end"),
    [
        ("M12", date(2026, 12, 1), date(2027, 1, 1)),
        ("Q4", date(2026, 10, 1), date(2027, 1, 1)),
        ("Y", date(2026, 1, 1), date(2027, 1, 1)),
    ],
)
def test_periods(code, start, end):
    assert span(2026, code) == Period(start, end)


def test_a_period_that_is_none_is_refused():
    with pytest.raises(ValueError, match="Q5 is no period"):
        span(2026, "Q5")


@pytest.mark.parametrize(
    ("measure", "threshold", "kept"),
    [
        (Measure.DEPTH, "14.00", True), (Measure.DEPTH, "13.999", False), (Measure.LEVEL, "14.00", True),
        (Measure.LEVEL, "14.001", False),
    ],
)  # fmt: skip
def test_the_weighted_mean_of_the_wells_is_set_against_the_threshold_of_the_unit(measure, threshold, kept):
    wells = [well(1, "12.00", measure=measure), well(2, "15.00", weight="2", measure=measure)]
    found = judge(Indicator(measure, D(threshold), 2026, "Q3"), wells)
    assert (found.value_m, found.kept) == (D(14), kept)


def test_one_well_without_a_mean_leaves_the_unit_unknown():
    found = judge(Indicator(Measure.DEPTH, D(20), 2026, "Q3"), [well(1, "12.00"), well(2, None)])
    assert (found.value_m, found.kept) == (None, None)
    assert judge(Indicator(Measure.DEPTH, D(20), 2026, "Q3"), []).kept is None


def test_a_well_counts_in_the_mean_of_its_unit_if_in_force_on_the_last_day():
    new = Well(2, "new", since=date(2026, 10, 1))
    ended = replace(well(3, "16.00"), until=date(2026, 9, 30))
    left_later = replace(well(4, "14.00"), until=date(2026, 10, 1))
    found = judge(Indicator(Measure.DEPTH, D(20), 2026, "Q3"), [well(1, "12.00"), new, ended, left_later])
    assert found.value_m == D(13)


def test_every_well_must_keep_its_own_threshold():
    wells = [well(1, "12.00"), well(2, "15.00")]
    kept, off = Indicator(Measure.DEPTH, D(13), 2026, "Q3", 1), Indicator(Measure.DEPTH, D(14), 2026, "Q3", 2)
    on = date(2026, 10, 1)
    assert level([kept], wells, on).kept is True
    assert level([kept, off], wells, on).kept is False
    assert level([kept, Indicator(Measure.DEPTH, D(14), 2026, "Q3", 9)], wells, on).kept is None
    assert level([off, Indicator(Measure.DEPTH, D(14), 2026, "Q3", 9)], wells, on).kept is False


def test_a_well_known_by_level_says_nothing_of_a_threshold_of_depth():
    found = judge(Indicator(Measure.DEPTH, D(20), 2026, "Q3"), [well(1, "1012", measure=Measure.LEVEL)])
    assert found.kept is None


def test_the_last_period_that_is_over_counts_and_an_old_one_says_nothing():
    rows = [
        Indicator(Measure.DEPTH, D(20), year, code)
        for year, code in ((2026, "Q2"), (2026, "Q3"), (2026, "Q4"), (2025, "Y"), (2026, "Y"))
    ]
    on = date(2026, 11, 20)
    assert {(each.year, each.period) for each in counting(rows, on)} == {(2026, "Q3"), (2025, "Y")}
    assert {(each.year, each.period) for each in counting(rows, date(2026, 9, 30))} == {(2026, "Q2"), (2025, "Y")}
    assert counting(rows[:1], date(2027, 6, 30)) == rows[:1] and counting(rows[:1], date(2027, 7, 2)) == []
    assert level([], [well(1, "12")], on).kept is None


def test_the_year_before_ranks_and_what_is_not_known_has_no_rank():
    given = {
        "a": (D(8), D("8.20")),
        "b": (D("12.30"), D(12)),
        "c": (None, D(9)),
        "d": (D(5), D("4.70")),
        "e": (D(4), None),
    }
    found = year_on_year(given)
    assert [(each.key, each.fall_m, each.rank) for each in found] == [
        ("b", D("0.30"), 1), ("d", D("0.30"), 1), ("a", D("-0.20"), 3), ("c", None, None), ("e", None, None),
    ]  # fmt: skip
