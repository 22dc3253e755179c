"""The best method per intake and day (DESIGN: an account uses the best evidence there is, and says how much came by which).

Pure: evidence of one intake in, shares by method out. Day evidence (registers, flow) speaks for its day; period evidence
(a month of electricity) is spread evenly over its days and counts only on days where nothing better has a known volume.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from liangshui.core.periods import Period
from liangshui.core.quantities import split


class Method(StrEnum):
    """How a volume was found (计量方法)."""

    CORRECTED = "corrected"
    REGISTER = "register"
    FLOW = "flow"
    ELECTRICITY = "electricity"
    DECLARED = "declared"
    CAPACITY = "capacity"
    ESTIMATE = "estimate"


DEFAULT_ORDER = tuple(Method)
"""Measured before converted before said before guessed; a correction by an officer before all."""


class DayEvidence(NamedTuple):
    """Volume of one day by one method, m³. `volume_m3` None: there were readings, but none that tell it."""

    volume_m3: Decimal | None
    low_m3: Decimal | None
    high_m3: Decimal | None


class PeriodEvidence(NamedTuple):
    """Volume of whole days from `start` to `end` (not included) by one method, m³."""

    method: str
    start: date
    end: date
    volume_m3: Decimal
    low_m3: Decimal
    high_m3: Decimal


@dataclass(frozen=True, slots=True)
class Chosen:
    """What one method carries of a run of days; `method` empty and volumes None for days that nothing tells."""

    method: str
    days: int
    volume_m3: Decimal | None
    low_m3: Decimal | None
    high_m3: Decimal | None


def choose(
    days: Period,
    by_day: Mapping[str, Mapping[date, DayEvidence]],
    by_period: Sequence[PeriodEvidence],
    order: Sequence[str] = DEFAULT_ORDER,
) -> list[Chosen]:
    """What each method carries of the days, best first, and the unknown days last.

    A month of 30 days with 300 m³ by electricity and a register that tells 1–10 as 5 m³ a day gives: register, 10 days,
    50 m³; electricity, 20 days, 200 m³. Volumes over any partition of a period add up to the period's, to the litre.
    """
    found: list[Chosen] = []
    open_days: set[date] | None = None
    left = days.length
    for method in order:
        volumes = [Decimal(0), Decimal(0), Decimal(0)]
        carried = 0
        daily = by_day.get(method)
        if daily:
            if open_days is None:
                open_days = set(days.days())
            for day, evidence in daily.items():
                if day in open_days and evidence.volume_m3 is not None:
                    open_days.discard(day)
                    carried += 1
                    _add(volumes, evidence.volume_m3, evidence.low_m3, evidence.high_m3)
        for period in by_period:
            if period.method != method or period.end <= days.start or period.start >= days.end:
                continue
            if open_days is None and days.start <= period.start and period.end <= days.end:
                # the common case: nothing known yet, and the whole period lies within
                length = (period.end - period.start).days
                if length == left:
                    carried += length
                    _add(volumes, period.volume_m3, period.low_m3, period.high_m3)
                    open_days = set()
                    continue
            if open_days is None:
                open_days = set(days.days())
            carried += _spread(period, open_days, volumes)
        if carried:
            left -= carried
            found.append(Chosen(str(method), carried, *volumes))
        if left == 0:
            break
    if left:
        found.append(Chosen("", left, None, None, None))
    return found


def day_parts(period: PeriodEvidence) -> list[tuple[date, Decimal, Decimal, Decimal]]:
    """A period's volume on each of its days: even, in whole litres that add up exactly. For display it is marked as spread."""
    length = (period.end - period.start).days
    even = [1] * length
    return [
        (period.start + timedelta(days=number), volume, low, high)
        for number, (volume, low, high) in enumerate(
            zip(split(period.volume_m3, even), split(period.low_m3, even), split(period.high_m3, even), strict=True)
        )
    ]


def _spread(period: PeriodEvidence, open_days: set[date], volumes: list[Decimal]) -> int:
    carried = 0
    for day, volume, low, high in day_parts(period):
        if day in open_days:
            open_days.discard(day)
            carried += 1
            _add(volumes, volume, low, high)
    return carried


def _add(volumes: list[Decimal], volume: Decimal, low: Decimal | None, high: Decimal | None) -> None:
    volumes[0] += volume
    volumes[1] += volume if low is None else low
    volumes[2] += volume if high is None else high
