"""The best method for each intake and day, and the account of a month made of it.

An intake may be metered, pay for electricity, and declare, all at once. The evidence stands side by side; for each day the
first method in the order in force that knows a volume is chosen. Day evidence of a method goes before its periods; of several
periods of one method over the same day the shortest is chosen, then the one that begins later, then the later given.

A period's volume (a month of electricity) is spread evenly over its days by rounded running totals, so its days sum to it
exactly: 10.000 over three days is 3.333, 3.334, 3.333. It counts only for the days where nothing better is known.

Worked: May, order register, electricity. The register knows 20 days, 400.000 together; electricity says 310.000 for May.
Its share of a day is 10.000, and eleven days are left: 400.000 by register, 110.000 by electricity, 510.000 in all.

A day of which no method knows a volume is unknown and counted as such. It adds nothing to volume, low or high.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum

ZERO = Decimal("0.000")


class Method(StrEnum):
    """How a volume was found. The words are those stored by `liangshui.accounting.codes.Method`."""

    REGISTER = "register"
    FLOW = "flow"
    READ = "read"
    CERTIFIED = "certified"
    ELECTRICITY = "electricity"
    CAPACITY = "capacity"
    QUOTA = "quota"
    ESTIMATE = "estimate"
    DECLARED = "declared"
    CORRECTED = "corrected"


@dataclass(frozen=True, slots=True)
class DayVolume:
    """What one method says of one day, m3. `volume_m3` None: it was heard, but tells no volume; the day goes to the next
    method. `low_m3` None counts as 0; `high_m3` None means no upper end is known."""

    volume_m3: Decimal | None
    low_m3: Decimal | None
    high_m3: Decimal | None
    marks: int = 0


@dataclass(frozen=True, slots=True)
class PeriodVolume:
    """What one method says of a period, m3; `end` is the first day after it."""

    method: Method
    start: date
    end: date
    volume_m3: Decimal
    low_m3: Decimal
    high_m3: Decimal | None

    def __post_init__(self) -> None:
        if self.end <= self.start:
            raise ValueError(f"A period from {self.start} must end after it, not on {self.end}.")


@dataclass(frozen=True, slots=True)
class DayChoice:
    """The method chosen for a day and what it says of it; all None where no method knows a volume."""

    day: date
    method: Method | None
    volume_m3: Decimal | None
    low_m3: Decimal | None
    high_m3: Decimal | None


@dataclass(frozen=True, slots=True)
class MethodShare:
    """The days for which one method was chosen, and their sum in m3; `high_m3` None where a day has no upper end."""

    method: Method
    days: int
    volume_m3: Decimal
    low_m3: Decimal
    high_m3: Decimal | None


@dataclass(frozen=True, slots=True)
class MonthAccount:
    """An intake's account of a month, or of the days from `start` to before `end`.

    `by_method` follows the order and lists only methods that were chosen. The sums are None when every day is unknown.
    """

    start: date
    end: date
    by_method: tuple[MethodShare, ...]
    days_unknown: int
    volume_m3: Decimal | None
    low_m3: Decimal | None
    high_m3: Decimal | None


Days = Mapping[Method, Mapping[date, DayVolume]]


def month_end(month: date) -> date:
    """First day of the next month."""
    return date(month.year + month.month // 12, month.month % 12 + 1, 1)


def choose_month(month: date, days: Days, periods: Sequence[PeriodVolume], order: Sequence[Method]) -> MonthAccount:
    """The account of the month that begins on `month`."""
    if month.day != 1:
        raise ValueError(f"A month begins on its first day, not on {month}.")
    return choose_range(month, month_end(month), days, periods, order)


def choose_range(
    start: date, end: date, days: Days, periods: Sequence[PeriodVolume], order: Sequence[Method]
) -> MonthAccount:
    """The account of the days from `start` to before `end`.

    Equal to the sum of `choose_days`, so the accounts of adjoining ranges sum to that of both. Written by runs of days
    rather than day by day, because a recomputation of the county makes 36,000 of them.
    """
    if end <= start:
        raise ValueError(f"A range from {start} must end after it, not on {end}.")
    first, stop = start.toordinal(), end.toordinal()
    free: list[tuple[int, int]] = [(first, stop)]
    shares: list[MethodShare] = []
    for method in order:
        if not free:
            break
        sums = _Sums()
        evidence = days.get(method)
        if evidence:
            free = _take_days(evidence, start, end, free, sums)
        for period in _periods_of(method, periods):
            if not free:
                break
            free = _take_period(period, free, sums)
        if sums.days:
            shares.append(MethodShare(method, sums.days, sums.volume, sums.low, sums.high))
    unknown = sum(b - a for a, b in free)
    if not shares:
        return MonthAccount(start, end, (), unknown, None, None, None)
    if len(shares) == 1:
        only = shares[0]
        return MonthAccount(start, end, (only,), unknown, only.volume_m3, only.low_m3, only.high_m3)
    highs = [share.high_m3 for share in shares if share.high_m3 is not None]
    return MonthAccount(
        start,
        end,
        tuple(shares),
        unknown,
        sum((share.volume_m3 for share in shares), ZERO),
        sum((share.low_m3 for share in shares), ZERO),
        sum(highs, ZERO) if len(highs) == len(shares) else None,
    )


def choose_days(
    start: date, end: date, days: Days, periods: Sequence[PeriodVolume], order: Sequence[Method]
) -> list[DayChoice]:
    """The choice day by day, for a page that shows where each day's figure comes from."""
    return [
        _choose_day(start + timedelta(days=k), days, periods, order) for k in range(end.toordinal() - start.toordinal())
    ]


def _choose_day(day: date, days: Days, periods: Sequence[PeriodVolume], order: Sequence[Method]) -> DayChoice:
    for method in order:
        said = days.get(method, {}).get(day)
        if said is not None and said.volume_m3 is not None:
            low = ZERO if said.low_m3 is None else said.low_m3
            return DayChoice(day, method, said.volume_m3, low, said.high_m3)
        for period in _periods_of(method, periods):
            if period.start <= day < period.end:
                at, length = (day - period.start).days, (period.end - period.start).days
                high = None if period.high_m3 is None else _spread(period.high_m3, at, at + 1, length)
                return DayChoice(
                    day,
                    method,
                    _spread(period.volume_m3, at, at + 1, length),
                    _spread(period.low_m3, at, at + 1, length),
                    high,
                )
    return DayChoice(day, None, None, None, None)


class _Sums:
    """Running sums of one method's chosen days."""

    __slots__ = ("days", "high", "low", "volume")

    def __init__(self) -> None:
        self.days = 0
        self.volume = self.low = ZERO
        self.high: Decimal | None = ZERO

    def add(self, days: int, volume: Decimal, low: Decimal | None, high: Decimal | None) -> None:
        self.days += days
        self.volume += volume
        if low is not None:
            self.low += low
        self.high = None if high is None or self.high is None else self.high + high


def _periods_of(method: Method, periods: Sequence[PeriodVolume]) -> Iterable[PeriodVolume]:
    """One method's periods, the one to be chosen first."""
    found = [period for period in periods if period.method is method]
    if len(found) > 1:
        found.reverse()
        found.sort(key=lambda period: (period.end - period.start, -period.start.toordinal()))
    return found


def _take_days(
    evidence: Mapping[date, DayVolume], start: date, end: date, free: list[tuple[int, int]], sums: _Sums
) -> list[tuple[int, int]]:
    """Add the free days of which the method knows a volume; return the runs that stay free."""
    whole = len(free) == 1 and free[0] == (start.toordinal(), end.toordinal())
    taken: list[int] = []
    add = sums.add
    for day, said in evidence.items():
        if said.volume_m3 is None or not start <= day < end:
            continue
        ordinal = day.toordinal()
        if whole or any(a <= ordinal < b for a, b in free):
            taken.append(ordinal)
            add(1, said.volume_m3, said.low_m3, said.high_m3)
    if len(taken) == sum(b - a for a, b in free):
        return []
    if not taken:
        return free
    left: list[tuple[int, int]] = []
    gone = set(taken)
    for a, b in free:
        run = a
        for ordinal in range(a, b):
            if ordinal in gone:
                if run < ordinal:
                    left.append((run, ordinal))
                run = ordinal + 1
        if run < b:
            left.append((run, b))
    return left


def _take_period(period: PeriodVolume, free: list[tuple[int, int]], sums: _Sums) -> list[tuple[int, int]]:
    """Add the period's share of the free days it covers; return the runs that stay free."""
    first, stop = period.start.toordinal(), period.end.toordinal()
    left: list[tuple[int, int]] = []
    for a, b in free:
        since, until = max(a, first), min(b, stop)
        if since >= until:
            left.append((a, b))
            continue
        span = (since - first, until - first, stop - first)
        high = None if period.high_m3 is None else _spread(period.high_m3, *span)
        sums.add(until - since, _spread(period.volume_m3, *span), _spread(period.low_m3, *span), high)
        if a < since:
            left.append((a, since))
        if until < b:
            left.append((until, b))
    return left


def _spread(total: Decimal, since: int, until: int, length: int) -> Decimal:
    """The share of days `since` to before `until` in a total over `length` days: a difference of running totals, each
    rounded half up to the litre."""
    if since == 0 and until == length:
        return total
    litres = int(total.scaleb(3))
    if litres != total.scaleb(3):
        raise ValueError(f"A volume has three decimals in m3, not {total}.")
    upto = (2 * litres * until + length) // (2 * length)
    return Decimal(upto - (2 * litres * since + length) // (2 * length)).scaleb(-3)
