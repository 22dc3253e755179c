"""Worked cases (算例): each room names the topics that it answers; a case is right if its answer is as written beside it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from liangshui.core.errors import LiangshuiError
from liangshui.core.parameters import Law
from liangshui.core.workdays import WorkCalendar, Year
from liangshui.parameters.law import year_of


@dataclass(frozen=True, slots=True)
class Bench:
    """What a case is worked with."""

    law: Law
    calendar: WorkCalendar
    today: date


Topic = Callable[[dict[str, Any], Bench], dict[str, Any]]
TOPICS: dict[str, Topic] = {}
"""By topic what works a case: inputs to answers. Rooms add theirs."""


@dataclass(frozen=True, slots=True)
class Worked:
    """A case as it came out. `differs`: key, expected, found."""

    id: str
    topic: str
    built: bool
    differs: tuple[tuple[str, Any, Any], ...] = ()
    error: str = ""

    @property
    def right(self) -> bool:
        return not self.differs and not self.error


def day(text: Any) -> date:
    """A day of a case."""
    return date.fromisoformat(str(text))


def work(cases: Mapping[str, Any], law: Law, calendar: WorkCalendar, today: date) -> list[Worked]:
    """Work a file in the form of law/examples.json; its own calendars stand before ours."""
    own = {int(n): year_of(y["holidays"], y["makeup_workdays"]) for n, y in cases.get("calendars", {}).items()}

    def of(number: int) -> Year:
        return own[number] if number in own else calendar.of(number)

    bench = Bench(law, WorkCalendar(of), today)
    return [_one(case, bench) for case in cases["examples"]]


def _one(case: Mapping[str, Any], bench: Bench) -> Worked:
    topic = TOPICS.get(case["topic"])
    if topic is None:
        return Worked(case["id"], case["topic"], built=False)
    try:
        found = topic(case["inputs"], bench)
    except (LiangshuiError, KeyError, ValueError, InvalidOperation) as error:
        said = error.message if isinstance(error, LiangshuiError) else f"{type(error).__name__}: {error}"
        return Worked(case["id"], case["topic"], built=True, error=said)
    differs = [
        (key, expected, found.get(key))
        for key, expected in case["expected"].items()
        if not _explains(expected) and not same(expected, found.get(key))
    ]
    return Worked(case["id"], case["topic"], built=True, differs=tuple(differs))


def _explains(expected: Any) -> bool:
    """A text with a blank in it is an explanation; a rule with its number, such as GW-025 (5), stands in a list."""
    return isinstance(expected, str) and " " in expected.strip()


def same(expected: Any, found: Any) -> bool:
    """Equal as numbers, days, yes or no, words, or lists of these."""
    if isinstance(expected, list):
        return isinstance(found, list | tuple) and len(found) == len(expected) and all(map(same, expected, found))
    if isinstance(expected, bool) or isinstance(found, bool):
        return expected is found
    if isinstance(expected, int | float | Decimal) or (isinstance(expected, str) and isinstance(found, int | Decimal)):
        try:
            return Decimal(str(expected)) == Decimal(str(found))
        except InvalidOperation:
            return False
    return str(expected) == str(found)
