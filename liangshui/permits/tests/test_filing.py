"""What is filed instead of permitted: until when, and for how long it stands for a permit."""

from datetime import date

import pytest

from liangshui.parameters.law import calendar_of, shipped
from liangshui.permits.rules.filing import Filed, What, file_by, spares

LAW = shipped()
CALENDAR = calendar_of(LAW)
MONDAY, TUESDAY = date(2024, 3, 4), date(2024, 3, 5)


@pytest.mark.parametrize(
    "filed, expected",
    [
        (Filed(What.EMERGENCY_WORKS, date(2024, 3, 1), MONDAY, TUESDAY), date(2024, 3, 11)),
        (Filed(What.EMERGENCY_WORKS, date(2024, 3, 1), None, TUESDAY), None),  # it goes on
        (Filed(What.EMERGENCY_PUBLIC, date(2024, 3, 1), MONDAY, TUESDAY), None),  # promptly: no days are named
        (Filed(What.MONITORING, MONDAY, None, TUESDAY), MONDAY),
        (Filed(What.WORKS_PLAN, MONDAY, None, TUESDAY), MONDAY),
        (Filed(What.EMERGENCY_DROUGHT, MONDAY, None, MONDAY), MONDAY),
        (Filed(What.OWN_POND, MONDAY, None, TUESDAY), None),
    ],
)
def test_until_when_it_is_filed(filed, expected):
    assert file_by(filed, LAW, CALENDAR) == expected


def test_it_stands_for_a_permit_while_it_lasts():
    for what in set(What) - {What.WORKS_PLAN}:
        filed = Filed(what, MONDAY, date(2024, 3, 8), MONDAY)
        assert [spares(filed, date(2024, 3, day)) for day in (3, 4, 8, 9)] == [False, True, True, False], what
        assert spares(Filed(what, MONDAY, None, MONDAY), date(2030, 1, 1))


def test_a_works_plan_and_a_late_consent_stand_for_none():
    assert not spares(Filed(What.WORKS_PLAN, MONDAY, None, MONDAY), MONDAY)
    assert not spares(Filed(What.EMERGENCY_DROUGHT, MONDAY, None, TUESDAY), TUESDAY)
    assert spares(Filed(What.EMERGENCY_PUBLIC, MONDAY, None, TUESDAY), TUESDAY)
