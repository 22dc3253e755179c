"""The shipped files, what the county has entered, and the working-day calendar that follows from both."""

from collections.abc import Sequence
from datetime import date
from functools import cache
from pathlib import Path

from django.utils.translation import gettext_lazy as _

from liangshui.core.parameters import Law, NotKnown, load
from liangshui.core.workdays import WorkCalendar, Year

HERE = Path(__file__).parent
PLACES = {
    "cn": _("whole country"),
    "150000": _("Inner Mongolia"),
    "150600": _("Ordos"),
    "150625": _("Hanggin Banner"),
    "evidence": _("evidence, no ground"),
    "elsewhere": _("elsewhere, for comparison only"),
}


@cache
def shipped() -> Law:
    """The files of this folder. Raises BadParameters."""
    return load(
        (path.parent.name, path.relative_to(HERE).as_posix(), path.read_text(encoding="utf-8"))
        for place in PLACES
        for path in sorted((HERE / place).glob("*.yaml"))
    )


def calendar_of(law: Law) -> WorkCalendar:
    """The calendar of the rule CALENDAR."""

    @cache
    def of(number: int) -> Year:
        value = law.value("CALENDAR", date(number, 1, 1))
        if not any(day.startswith(str(number)) for day in value["holidays"]):
            raise NotKnown(f"The working-day calendar of {number} has not been entered (CALENDAR).")
        return year_of(value["holidays"], value["makeup_workdays"])

    return WorkCalendar(of)


def year_of(holidays: Sequence[str], makeup: Sequence[str]) -> Year:
    """A year from days as text."""
    return Year(*(frozenset(map(date.fromisoformat, days)) for days in (holidays, makeup)))
