"""Terms by the days of the collection's worked cases, and the days around each limit."""

from datetime import date
from decimal import Decimal as D

import pytest

from liangshui.core.decision import Outcome
from liangshui.core.parameters import NotInForce, NotKnown
from liangshui.parameters.law import calendar_of, shipped
from liangshui.permits.rules import scope, terms
from liangshui.permits.rules.scope import Use

LAW = shipped()
CALENDAR = calendar_of(LAW)
DAY = date(2026, 11, 25)


def test_the_papers_are_checked_in_five_working_days_and_decided_in_forty_five():
    checked = terms.check_by(date(2024, 3, 4), LAW, CALENDAR)
    assert checked == date(2024, 3, 11)
    assert terms.decide_by(checked, 0, LAW, CALENDAR) == date(2024, 5, 15)
    assert terms.decide_by(date(2024, 5, 6), 12, LAW, CALENDAR) == date(2024, 7, 24)


def test_a_sunday_that_is_made_up_counts_and_a_holiday_does_not():
    assert CALENDAR.works(date(2024, 4, 28)) and not CALENDAR.works(date(2024, 5, 1))
    assert CALENDAR.after(date(2024, 4, 26), 5) == date(2024, 5, 7)
    assert CALENDAR.between(date(2024, 4, 26), date(2024, 5, 7)) == 5
    assert CALENDAR.after(date(2024, 4, 26), 0) == date(2024, 4, 26)


def test_a_year_whose_calendar_is_not_entered_is_named():
    with pytest.raises(NotKnown, match=r"CALENDAR.*2027"):
        terms.check_by(date(2026, 12, 30), LAW, CALENDAR)


def test_renewal_lapse_disuse_and_the_longest_term():
    assert terms.renewal_by(date(2026, 6, 30), LAW) == date(2026, 5, 16)
    assert terms.lapses_on(date(2021, 8, 10), LAW) == date(2024, 8, 10)
    assert terms.lapses_on(date(2024, 2, 29), LAW) == date(2027, 2, 28)
    assert terms.disused_from(date(2022, 5, 31), LAW) == date(2024, 5, 31)
    assert [terms.validity_years(n, DAY, LAW) for n in (5, 10, 12)] == [5, 10, 10]


def test_before_the_regulation_there_was_no_term():
    with pytest.raises(NotInForce, match=r"AR-022 \(cn\) is not in force on 2006-04-14: it begins on 2006-04-15"):
        terms.lapses_on(date(2006, 4, 14), LAW)


@pytest.mark.parametrize(
    ("use", "motorised", "volume", "outcome", "article"),
    [
        (Use.HOUSEHOLD, True, "1000", Outcome.PASSED, "NM-006"),
        (Use.HOUSEHOLD, True, "1000.001", Outcome.FAILED, "NM-006"),
        (Use.OTHER, False, "2400", Outcome.PASSED, "NM-006"),
        (Use.OTHER, True, "10", Outcome.FAILED, "WL-007"),
        (Use.EMERGENCY_DROUGHT, True, "90000", Outcome.PASSED, "AR-004 (5)"),
        (Use.OWN_POND, True, "90000", Outcome.PASSED, "AR-004 (1)"),
    ],
)
def test_who_needs_no_permit(use, motorised, volume, outcome, article):
    check = scope.needs_permit(use, motorised=motorised, m3_per_year=D(volume), on=DAY, law=LAW)
    assert (check.outcome, check.article) == (outcome, article)


def test_the_basin_decides_on_the_main_stem_only():
    assert scope.basin_decides(mainstem=True, on=DAY, law=LAW) == "黄河流域管理机构"
    assert scope.basin_decides(mainstem=False, on=DAY, law=LAW) is None
