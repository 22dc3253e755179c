"""Use against the conditions of a permit: by year, month, season, source, use and level, with the range of the volume considered.

A volume that is only known within a range exceeds a limit for certain when even its low end lies above it, and perhaps when only
its high end does.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

ZERO = Decimal(0)


class Verdict(StrEnum):
    """How a condition is kept."""

    KEPT = "kept"
    EXCEEDED = "exceeded"
    PERHAPS = "perhaps"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Volume:
    """A volume with its range, m³; None: not known."""

    m3: Decimal | None
    low_m3: Decimal | None = None
    high_m3: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Conditions:
    """What a permit allows. `months_m3`: by month 1 to 12 where it sets any; 0 means out of season."""

    volume_m3: Decimal | None
    months_m3: Mapping[int, Decimal]
    source: str
    sectors: frozenset[str]
    return_m3: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Taken:
    """What was taken in a year, m³: in all, by month, by source and by sector."""

    year: Volume
    months: Mapping[int, Volume]
    sources: Mapping[str, Decimal]
    sectors: Mapping[str, Decimal]
    returned_m3: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """One condition with its verdict. `what`: a month or kind; `over_m3` is certain, counted from the low end; where the limit changed
    within the year it is that of its spans (`certain_m3`)."""

    code: str
    verdict: Verdict
    limit_m3: Decimal | None
    volume: Volume
    what: str = ""
    certain_m3: Decimal | None = None

    @property
    def over_m3(self) -> Decimal:
        if self.certain_m3 is not None:
            return self.certain_m3
        low = self.volume.low_m3 if self.volume.low_m3 is not None else self.volume.m3
        return max(ZERO, low - self.limit_m3) if low is not None and self.limit_m3 is not None else ZERO


def against(volume: Volume, limit_m3: Decimal) -> Verdict:
    """A volume against a limit; reaching it exactly keeps it.

    With a limit of 100: 100 kept; 110 known exactly exceeded; 110 known as 95 to 125 perhaps.
    """
    if volume.m3 is None:
        return Verdict.UNKNOWN
    low = volume.low_m3 if volume.low_m3 is not None else volume.m3
    high = volume.high_m3 if volume.high_m3 is not None else volume.m3
    if low > limit_m3:
        return Verdict.EXCEEDED
    return Verdict.PERHAPS if high > limit_m3 else Verdict.KEPT


@dataclass(frozen=True, slots=True)
class Span:
    """A part of a year under one limit of the year, m³, and what was taken in it."""

    limit_m3: Decimal | None
    volume: Volume


def over_spans(spans: Sequence[Span]) -> tuple[Verdict, Decimal]:
    """A year whose limit changed: what was taken before a change does not become an excess by it. In each span as much was allowed as its
    limit left over after what had been taken before; the certain excess is counted from the low ends.

    Limit 1,000 with 800 taken, then restricted to 500 with 50 taken: 50 over. With 800 taken, then restricted to 900 with 50 taken:
    none. With 1,200 of 1,000 taken, then raised to 2,000 with 500 taken: 200 over, since they were when they were taken.
    """
    certain, perhaps, low_before, high_before, unknown = ZERO, False, ZERO, ZERO, False
    for span in spans:
        volume = span.volume
        low = volume.low_m3 if volume.low_m3 is not None else volume.m3
        high = volume.high_m3 if volume.high_m3 is not None else volume.m3
        if low is None or high is None:
            unknown = True
            continue
        if span.limit_m3 is not None:
            certain += max(ZERO, low - max(ZERO, span.limit_m3 - low_before))
            perhaps = perhaps or high > max(ZERO, span.limit_m3 - high_before)
        low_before, high_before = low_before + low, high_before + high
    if certain > 0:
        return Verdict.EXCEEDED, certain
    if unknown:
        return Verdict.UNKNOWN, ZERO
    return (Verdict.PERHAPS if perhaps else Verdict.KEPT), ZERO


def check(allowed: Conditions, taken: Taken, spans: Sequence[Span] = ()) -> list[Finding]:
    """Every condition that the permit sets, with its verdict. `spans`: parts of the year, where its limit changed."""
    found = []
    if len(spans) > 1:
        verdict, certain = over_spans(spans)
        found.append(Finding("year", verdict, allowed.volume_m3, taken.year, certain_m3=certain))
    elif allowed.volume_m3 is not None:
        found.append(Finding("year", against(taken.year, allowed.volume_m3), allowed.volume_m3, taken.year))
    for number, limit in sorted(allowed.months_m3.items()):
        volume = taken.months.get(number)
        if volume is not None:
            code = "month" if limit else "season"
            found.append(Finding(code, against(volume, limit), limit, volume, str(number)))
    if allowed.return_m3 is not None and taken.returned_m3 is not None:
        returned = Volume(taken.returned_m3)
        found.append(Finding("return", against(returned, allowed.return_m3), allowed.return_m3, returned))
    found += _others("source", frozenset({allowed.source} if allowed.source else ()), taken.sources)
    found += _others("use", allowed.sectors, taken.sectors)
    return found


def _others(code: str, allowed: frozenset[str], taken: Mapping[str, Decimal]) -> list[Finding]:
    """Water that came from another source, or went to another use, than the permit says."""
    if not allowed:
        return []
    if not taken:
        return [Finding(code, Verdict.UNKNOWN, None, Volume(None))]
    other = [
        Finding(code, Verdict.EXCEEDED, ZERO, Volume(volume), what)
        for what, volume in sorted(taken.items())
        if what not in allowed and volume > 0
    ]
    return other or [Finding(code, Verdict.KEPT, None, Volume(None))]


def disused(taken: Volume, without_volume: int) -> bool | None:
    """Whether nothing was taken in the years of 取水条例 44, by the account of these years. None: it cannot be told, since a day without
    a volume is not a day without water."""
    if taken.m3 is None or (taken.m3 == 0 and without_volume):
        return None
    return taken.m3 == 0


class LevelStep(StrEnum):
    """What the level restriction of a permit asks for."""

    FREE = "free"
    WARN = "warn"
    REDUCE = "reduce"
    STOP = "stop"


@dataclass(frozen=True, slots=True)
class LevelRule:
    """Depths to groundwater, m, from which a permit warns, reduces and stops, and down from which it may resume; None: not set."""

    warn_m: Decimal | None = None
    reduce_m: Decimal | None = None
    stop_m: Decimal | None = None
    resume_m: Decimal | None = None

    @property
    def ordered(self) -> bool:
        """Whether it warns before it reduces and reduces before it stops, and resumes only where the water is up again."""
        steps = [each for each in (self.warn_m, self.reduce_m, self.stop_m) if each is not None]
        held = [each for each in (self.reduce_m, self.stop_m) if each is not None]
        return steps == sorted(steps) and (self.resume_m is None or (bool(held) and self.resume_m <= min(held)))


def level_step(depths: Iterable[tuple[date, Decimal]], rule: LevelRule) -> tuple[LevelStep, date] | None:
    """Where the restriction stands after the last depth, and since when. None: no depth is known.

    Reaching a depth is enough. Once reduced or stopped it stays so until the depth has come up to `resume_m`, so that water does
    not go on and off by a hand's breadth. With only stop at 15 and resume at 13 set, depths of 15.2, 14.1, 13.0 give stop, stop, free.
    """
    step, since = LevelStep.FREE, None
    for day, depth in sorted(depths):
        now = LevelStep.FREE
        for limit, each in (
            (rule.warn_m, LevelStep.WARN),
            (rule.reduce_m, LevelStep.REDUCE),
            (rule.stop_m, LevelStep.STOP),
        ):
            if limit is not None and depth >= limit:
                now = each
        held = step in (LevelStep.REDUCE, LevelStep.STOP) and rule.resume_m is not None and depth > rule.resume_m
        if held and ORDER.index(now) < ORDER.index(step):
            now = step
        if now is not step or since is None:
            step, since = now, day
    return None if since is None else (step, since)


ORDER: Sequence[LevelStep] = tuple(LevelStep)
"""From the mildest to the hardest."""
