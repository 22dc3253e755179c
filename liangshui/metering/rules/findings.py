"""Findings about meters from what is known of an intake: pure, each with a score and the figures behind it.

A score says how sure it is that something is the matter, 0 to 100; it is ours. It orders a list and decides nothing.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from liangshui.accounting.rules.water_day import Mark

ONE_DAY = timedelta(days=1)

MARKED: tuple[tuple[str, Mark, int], ...] = (
    ("set_back", Mark.FALL, 85),
    ("stuck", Mark.STUCK, 75),
    ("backward", Mark.BACKWARD, 70),
    ("reset", Mark.RESET, 60),
    ("jump", Mark.JUMP, 60),
    ("spike", Mark.SPIKE, 50),
    ("clock", Mark.CLOCK | Mark.LATE, 50),
)
"""What the account met on a day (accounting/rules/register.py names the cases), and how sure such a finding is."""

LATE_DAYS = 3
"""Late readings come now and then; on so many days in a row the clock is meant."""

TOGETHER_DAYS = 3
"""Days of one kind not further apart than these are one finding."""

ALWAYS_ON_DAYS, ALWAYS_OFF_DAYS = 90, 365
"""Farm wells rest between waterings; so many days without a rest are told, and so many without any water."""

GAP_DAYS = 4
"""So many days without a reading are told."""

APART = Decimal("0.85")
"""The most that the meter may have shown must be below this share of the least that power says."""

LEAST_M3 = Decimal(50)
"""Months with less by power are not compared: small figures scatter."""

LASTING_MONTHS = 2
"""So many months in a row up to the newest are a lasting lack, not a pause."""

STILL_DAYS = 5
"""So many days without water in such a month: the meter stood still."""

DECLARED_APART = Decimal("0.7")
"""A declared volume below this share of what another way tells at least is told."""

UNLIKE = Decimal("0.3")
"""A declared volume below this share of its neighbours' median is told."""

SUNK_M = Decimal("0.5")
"""Groundwater that sank so far meanwhile makes a finding more likely."""

EARNEST_M3 = Decimal(500)
"""A month in which the median of the neighbours took so much is one of the season."""


@dataclass(frozen=True, slots=True)
class Found:
    """One finding: from the first to the last day, both included."""

    kind: str
    first: date
    last: date
    score: int
    figures: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class MeteredDay:
    """A day of an intake by its register. `volume_m3` None: not known."""

    day: date
    volume_m3: Decimal | None
    high_m3: Decimal | None
    readings: int
    marks: int


@dataclass(frozen=True, slots=True)
class Energy:
    """A period of electricity as water: the volume by the coefficient and the least that it may be."""

    start: date
    end: date
    volume_m3: Decimal
    low_m3: Decimal


def by_marks(days: Sequence[MeteredDay]) -> list[Found]:
    """What the account met, days near each other together. `days` in order."""
    found = []
    for kind, mark, score in MARKED:
        met = [day.day for day in days if day.marks & mark]
        for run in _runs(met):
            first, last = run[0], run[-1]
            if kind == "clock" and len(run) < LATE_DAYS:
                continue
            found.append(Found(kind, first, last, score, {"days": len(run)}))
    return found


def _runs(days: Iterable[date]) -> list[list[date]]:
    runs: list[list[date]] = []
    for day in days:
        if runs and (day - runs[-1][-1]).days <= TOGETHER_DAYS:
            runs[-1].append(day)
        else:
            runs.append([day])
    return runs


def always(days: Sequence[MeteredDay], *, farm: bool) -> list[Found]:
    """A farm well that took water every day for so long, or an intake whose meter showed nothing for a year: the last such stretch.

    The meter may stand still or count without water, the valve may leak; or nothing was wanted.
    """
    found = []
    for kind, least, wanted in (("always_on", ALWAYS_ON_DAYS, farm), ("always_off", ALWAYS_OFF_DAYS, True)):
        first = last = None
        stretch: tuple[date, date] | None = None
        for day in days:
            if day.volume_m3 is None or not day.readings or (day.volume_m3 > 0) is not (kind == "always_on"):
                first = None
                continue
            if first is None or last is None or day.day - last != ONE_DAY:
                first = day.day
            last = day.day
            if (last - first).days + 1 >= least:
                stretch = first, last
        if wanted and stretch:
            count = (stretch[1] - stretch[0]).days + 1
            found.append(Found(kind, *stretch, 25, {"days": count}))
    return found


def gaps(days: Sequence[MeteredDay], until: date) -> list[Found]:
    """Spans without a reading between two readings, or up to `until`, the last day that should have one."""
    read = [day.day for day in days if day.readings]
    found = []
    for before, after in zip(read, [*read[1:], until + ONE_DAY], strict=True):
        missing = (after - before).days - 1
        if missing >= GAP_DAYS:
            found.append(Found("gap", before + ONE_DAY, after - ONE_DAY, 60, {"days": missing}))
    return found


def against_power(days: Sequence[MeteredDay], energy: Sequence[Energy]) -> list[Found]:
    """Months in which the meter shows less than the least that its electricity says.

    A month counts whose days are all known (the newest may end early); its most is held against the least by power. Low months
    in a row are one finding: with days on which nothing passed it is "not_running", else "too_little"; so is a lack that lasts up to
    the newest month.
    """
    by_day = {day.day: day for day in days}
    months = [month for month in (_month(by_day, each) for each in sorted(energy, key=lambda e: e.start)) if month]
    found, run = [], []
    for month in months:
        if month["low"]:
            run.append(month)
            continue
        if run:
            found.append(_lack(run, lasting=False))
        run = []
    if run:
        found.append(_lack(run, lasting=len(run) >= LASTING_MONTHS))
    return found


def _month(by_day: dict[date, MeteredDay], energy: Energy) -> dict[str, Any] | None:
    span = [energy.start + timedelta(days=n) for n in range((energy.end - energy.start).days)]
    known = [by_day[day] for day in span if day in by_day and by_day[day].volume_m3 is not None]
    if energy.volume_m3 < LEAST_M3 or len(known) < len(span) - 1:
        return None
    metered = sum((day.volume_m3 or Decimal(0) for day in known), Decimal(0))
    return {
        "start": energy.start,
        "end": energy.end,
        "metered": metered,
        "power": energy.volume_m3,
        "least": energy.low_m3,
        "still": sum(1 for day in known if not day.volume_m3),
        "low": metered < APART * energy.low_m3,
    }


def _lack(run: list[dict[str, Any]], *, lasting: bool) -> Found:
    metered, power = sum(m["metered"] for m in run), sum(m["power"] for m in run)
    share = metered / power
    still = max(m["still"] for m in run)
    kind = "not_running" if still >= STILL_DAYS and not lasting else "too_little"
    score = min(95, 55 + int(40 * (1 - share)) + (5 if lasting else 0))
    figures = {
        "metered_m3": f"{metered:f}",
        "power_m3": f"{power:f}",
        "percent": int(100 * share),
        "months": len(run),
        "still_days": still,
    }
    return Found(kind, run[0]["start"], run[-1]["end"] - ONE_DAY, score, figures)


Part = tuple[date, date, Decimal]
"""From, to (not included), m³."""


@dataclass(frozen=True, slots=True)
class Scale:
    """From which permitted volume a year on an on-line meter is asked for, m³; None: not entered, and not decided."""

    groundwater_m3: Decimal | None
    all_m3: Decimal | None

    def of(self, groundwater: bool) -> Decimal | None:
        """The lower of those that apply."""
        known = [each for each in (self.groundwater_m3 if groundwater else None, self.all_m3) if each is not None]
        return min(known, default=None)


def without_line(permitted_m3: Decimal | None, *, groundwater: bool, scale: Scale, today: date) -> list[Found]:
    """An intake without a station whose permitted volume reaches the scale; nothing where the scale is not entered."""
    from_m3 = scale.of(groundwater)
    if permitted_m3 is None or from_m3 is None or permitted_m3 < from_m3:
        return []
    figures = {"permitted_m3": f"{permitted_m3:f}", "scale_m3": f"{from_m3:f}"}
    return [Found("no_online", today, today, 50, figures)]


def without_meter(*, existing: bool, term: date | None, today: date) -> list[Found]:
    """An intake that should have a meter and has none. Existing works are not in breach before the county's term has passed.

    `term` None: it is not entered, and the finding says so.
    """
    if existing and term is not None and today <= term:
        return []
    return [Found("no_meter", today, today, 60, {"term": str(term) if term else ""} if existing else {})]


def declared_less(declared: Sequence[Part], others: Mapping[str, Sequence[Part]]) -> list[Found]:
    """Declared volumes far below what another way tells at least: the sum of its parts that lie in the declared period."""
    found = []
    for start, end, volume in declared:
        for way, parts in others.items():
            least = sum((low for since, until, low in parts if start <= since and until <= end), Decimal(0))
            if least >= LEAST_M3 and volume < DECLARED_APART * least:
                score = min(90, 60 + int(30 * (1 - volume / least)))
                figures = {"declared_m3": f"{volume:f}", "least_m3": f"{least:f}", "way": way}
                found.append(Found("declared", start, end - ONE_DAY, score, figures))
    return found


def unlike_neighbours(
    declared: Sequence[Part], others: Mapping[str, Sequence[Part]], neighbours: Mapping[date, Decimal]
) -> list[Found]:
    """Declared volumes of a farm intake far below the median of its neighbours over the same months, by first day of the month, m³.

    Fields differ, so it is only a reason to look, and only where no other way tells of the period.
    """
    found = []
    for start, end, volume in declared:
        if any(start <= since and until <= end for parts in others.values() for since, until, _least in parts):
            continue
        around = sum((median for month, median in neighbours.items() if start <= month < end), Decimal(0))
        if around >= EARNEST_M3 and volume < UNLIKE * around:
            figures = {
                "declared_m3": f"{volume:f}",
                "neighbours_m3": f"{around:f}",
                "percent": int(100 * volume / around),
            }
            found.append(Found("unlike", start, end - ONE_DAY, 35, figures))
    return found


def with_level(found: Found, sunk_m: Decimal | None) -> Found:
    """A finding of somebody who took little or nothing, with how far the groundwater of the town sank meanwhile (m; None: not known).

    Water that sinks is taken by somebody; it says not by whom.
    """
    if sunk_m is None:
        return found
    score = found.score + (10 if sunk_m >= SUNK_M else 0)
    return replace(found, score=score, figures=found.figures | {"sunk_m": f"{sunk_m:.2f}"})


def flat_in_season(mine: Mapping[date, Decimal | None], neighbours: Mapping[date, Decimal]) -> list[Found]:
    """Months in which an intake showed nothing at all while the median of its neighbours took water in earnest.

    Only for intakes without electricity to hold against: where power says that nothing was pumped, nothing was. By first day of the
    month: the intake's volume (None: not all known), and the median of its neighbours, m³.
    """
    still = [
        month
        for month, volume in sorted(mine.items())
        if volume is not None and not volume and neighbours.get(month, Decimal(0)) >= EARNEST_M3
    ]
    return [Found("flat", still[0], still[-1], 35, {"months": len(still)})] if len(still) >= LASTING_MONTHS else []
