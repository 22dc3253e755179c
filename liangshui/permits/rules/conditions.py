"""Use against the conditions of a permit: by year, month, season, source, use and level, with the range of the volume considered.

A volume that is only known within a range exceeds a limit for certain when even its low end lies above it, and perhaps when only
its high end does.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from functools import reduce
from operator import add, itemgetter

ZERO = Decimal(0)


class Verdict(StrEnum):
    """How a condition is kept."""

    KEPT = "kept"
    EXCEEDED = "exceeded"
    PERHAPS = "perhaps"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Volume:
    """A volume with its range, m³; `m3` None: not known. A low end without a high one: nothing bounds it from above.

    `whole` is False where something that took water has no volume: the true one may be larger.
    """

    m3: Decimal | None
    low_m3: Decimal | None = None
    high_m3: Decimal | None = None
    whole: bool = True

    @property
    def least(self) -> Decimal:
        """What it is for certain; nothing where it is not known."""
        low = self.m3 if self.low_m3 is None else self.low_m3
        return ZERO if low is None else low

    @property
    def most(self) -> Decimal:
        """The high end of what is known of it; it bounds the true volume only where it is `bounded`."""
        high = self.m3 if self.high_m3 is None else self.high_m3
        return ZERO if high is None else high

    @property
    def bounded(self) -> bool:
        """Whether the true volume lies within the range for certain."""
        return self.m3 is not None and self.whole and (self.high_m3 is not None or self.low_m3 is None)

    def __add__(self, other: "Volume") -> "Volume":
        if self.m3 is None and other.m3 is None:
            return Volume(None)
        m3 = (self.m3 or ZERO) + (other.m3 or ZERO)
        return Volume(m3, self.least + other.least, self.most + other.most, self.bounded and other.bounded)


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
    """What was taken in a year, or a span of it, m³: in all, by month, by source and by sector."""

    year: Volume
    months: Mapping[int, Volume]
    sources: Mapping[str, Volume]
    sectors: Mapping[str, Volume]
    returned_m3: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """A limit, and what was taken while it held; `first` and `last` day where the year has several."""

    limit_m3: Decimal
    volume: Volume
    first: date | None = None
    last: date | None = None


@dataclass(frozen=True, slots=True)
class Span:
    """Days of a year on which one version of a permit held: what it allowed, what was taken in them."""

    allowed: Conditions
    taken: Taken
    first: date | None = None
    last: date | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """One condition with its verdict. `what`: a month or kind; `over_m3` is certain, counted from the low end.

    `parts`: the limits one after the other where the year had several; `limit_m3` is the largest of them. `article`: of a rule of law
    that binds whatever the permit says.
    """

    code: str
    verdict: Verdict
    limit_m3: Decimal | None
    volume: Volume
    what: str = ""
    over_m3: Decimal = ZERO
    parts: tuple[Part, ...] = ()
    article: str = ""


def excess(parts: Iterable[tuple[Decimal, Decimal]]) -> Decimal:
    """What was taken above a limit that changed within its year: (limit, taken while it held), one after the other.

    A restriction works forward. While a limit holds that lies below an earlier one of the year, only what it still left may be taken:
    the limit, less what had been taken within the limits before. What remains is an excess only above the largest limit of the year,
    so that a raise covers the year. Each cubic metre counts once.

    - 1000 the whole year, 1200 taken: 200.
    - 1000 until October, 900 taken; then 500, nothing taken: 0. Then 500, 30 taken: 30.
    - 1000 until October, 400 taken; then 500, 130 taken: 30, since it still left 100.
    - 500 until May, 700 taken; then raised to 1000, 200 taken: 0.
    - 1000, 1100 taken; then 500, 50 taken: 150 (50 against the restriction, 100 above the largest).
    """
    within, over, largest = ZERO, ZERO, ZERO
    for limit, taken in parts:
        above = max(ZERO, taken - max(ZERO, limit - within)) if limit < largest else ZERO
        over, within, largest = over + above, within + taken - above, max(largest, limit)
    return over + max(ZERO, within - largest)


def judged(code: str, parts: Sequence[Part], what: str = "", article: str = "") -> Finding:
    """A condition by the limits it had one after the other; reaching a limit exactly keeps it, and what is not known does not.

    The excess grows with each volume, so the low ends give what is certain, the high ends what is possible.
    """
    over = excess((part.limit_m3, part.volume.least) for part in parts)
    if over:
        verdict = Verdict.EXCEEDED
    elif excess((part.limit_m3, part.volume.most) for part in parts):
        verdict = Verdict.PERHAPS
    else:
        verdict = Verdict.KEPT if all(part.volume.bounded for part in parts) else Verdict.UNKNOWN
    volume = reduce(add, (part.volume for part in parts))
    limit = max(part.limit_m3 for part in parts)
    return Finding(code, verdict, limit, volume, what, over, tuple(parts) if len(parts) > 1 else (), article)


def against(volume: Volume, limit_m3: Decimal) -> Verdict:
    """A volume against one limit.

    With a limit of 100: 100 kept; 110 known exactly exceeded; 110 known as 95 to 125 perhaps; 90 of which a well is not known: unknown.
    """
    return judged("", [Part(limit_m3, volume)]).verdict


def check(*spans: Span) -> list[Finding]:
    """Every condition that the permit set in a year, each span judged by the version that held in it.

    A span that states no volume of the year is judged by the next that does, or else by the one before: the register was filled in
    later. A month or a return counts only in the spans that set it.
    """
    found = []
    limits = _stated([span.allowed.volume_m3 for span in spans])
    if limits:
        found.append(judged("year", _parts(spans, limits, [span.taken.year for span in spans])))
    for number in sorted({n for span in spans for n in span.allowed.months_m3}):
        stating = [s for s in spans if number in s.allowed.months_m3 and number in s.taken.months]
        if stating:
            limits = [span.allowed.months_m3[number] for span in stating]
            volumes = [span.taken.months[number] for span in stating]
            code = "month" if max(limits) else "season"
            found.append(judged(code, _parts(stating, limits, volumes), str(number)))
    stating = [s for s in spans if s.allowed.return_m3 is not None and s.taken.returned_m3 is not None]
    if stating:
        limits = [span.allowed.return_m3 or ZERO for span in stating]
        found.append(judged("return", _parts(stating, limits, [Volume(s.taken.returned_m3) for s in stating])))
    sources = [(frozenset({s.allowed.source} if s.allowed.source else ()), s.taken.sources) for s in spans]
    found += _others("source", sources)
    found += _others("use", [(span.allowed.sectors, span.taken.sectors) for span in spans])
    return found


def _stated(limits: Sequence[Decimal | None]) -> list[Decimal]:
    """The limits with their gaps filled from the next, or else from the one before; empty where none is stated."""
    found: list[Decimal] = []
    for at, limit in enumerate(limits):
        after = next((each for each in limits[at:] if each is not None), None)
        if limit is None and after is None and not found:
            return []
        found.append(found[-1] if after is None else after)
    return found


def _parts(spans: Sequence[Span], limits: Sequence[Decimal], volumes: Sequence[Volume]) -> list[Part]:
    return [
        Part(limit, volume, span.first, span.last)
        for span, limit, volume in zip(spans, limits, volumes, strict=True)
    ]  # fmt: skip


def _others(code: str, spans: Iterable[tuple[frozenset[str], Mapping[str, Volume]]]) -> list[Finding]:
    """Water that came from another source, or went to another use, than the permit said. Where nothing is known of what was taken,
    it is not known to be kept."""
    stated = [(allowed, taken) for allowed, taken in spans if allowed]
    if not stated:
        return []
    others: dict[str, Volume] = {}
    for allowed, taken in stated:
        for what, volume in taken.items():
            if what not in allowed:
                others[what] = others[what] + volume if what in others else volume
    found = [judged(code, [Part(ZERO, volume)], what) for what, volume in sorted(others.items())]
    told = [finding for finding in found if finding.verdict is not Verdict.KEPT]
    known = any(volume.m3 is not None for _allowed, taken in stated for volume in taken.values())
    return told or [Finding(code, Verdict.KEPT if known else Verdict.UNKNOWN, None, Volume(None))]


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


def level_steps(depths: Iterable[tuple[date, Decimal]], rule: LevelRule) -> list[tuple[LevelStep, date]]:
    """How the restriction stood, each step with its first day; empty: no depth is known.

    Reaching a depth is enough. Once reduced or stopped it stays so until the depth has come up to `resume_m`, so that water does
    not go on and off by a hand's breadth. With only stop at 15 and resume at 13 set, depths of 15.2, 14.1, 13.0 give stop, stop, free.
    """
    found: list[tuple[LevelStep, date]] = []
    for day, depth in sorted(depths, key=itemgetter(0)):
        now = LevelStep.FREE
        for limit, each in (
            (rule.warn_m, LevelStep.WARN),
            (rule.reduce_m, LevelStep.REDUCE),
            (rule.stop_m, LevelStep.STOP),
        ):
            if limit is not None and depth >= limit:
                now = each
        step = found[-1][0] if found else LevelStep.FREE
        held = step in HELD and rule.resume_m is not None and depth > rule.resume_m
        if held and ORDER.index(now) < ORDER.index(step):
            now = step
        if now is not step or not found:
            found.append((now, day))
    return found


def level_step(depths: Iterable[tuple[date, Decimal]], rule: LevelRule) -> tuple[LevelStep, date] | None:
    """Where the restriction stands after the last depth, and since when. None: no depth is known."""
    return next(iter(level_steps(depths, rule)[::-1]), None)


def settles(depth: Decimal, rule: LevelRule) -> bool:
    """Whether a depth alone tells how the restriction stands, whatever it was before."""
    return rule.resume_m is None or depth <= rule.resume_m or (rule.stop_m is not None and depth >= rule.stop_m)


def held_days(steps: Sequence[tuple[LevelStep, date]], first: date, last: date) -> list[tuple[LevelStep, date, date]]:
    """The days from `first` to `last` on which it was reduced or stopped: from the day after the depth was reached through the day
    before the next step, so that no day is judged on which both held.

    Stopped on 10 May, free on 20 May: 11 to 19 May.
    """
    ends = [day - ONE_DAY for _step, day in steps[1:]]
    found = []
    for (step, since), end in zip(steps, [*ends, last], strict=False):
        begins, ends_on = max(since + ONE_DAY, first), min(end, last)
        if step in HELD and begins <= ends_on:
            found.append((step, begins, ends_on))
    return found


def by_level(step: LevelStep, a_day_m3: Decimal | None, first: date, last: date, taken: Volume) -> Finding:
    """What was taken in days on which a permit was stopped or reduced: nothing may be, or so much a day; to how much it is reduced may
    not be recorded."""
    if step is LevelStep.REDUCE and a_day_m3 is None:
        return Finding("level", Verdict.UNKNOWN, None, taken, step.value)
    limit = ZERO if step is LevelStep.STOP else (a_day_m3 or ZERO) * ((last - first).days + 1)
    return judged("level", [Part(limit, taken)], step.value)


HELD = (LevelStep.REDUCE, LevelStep.STOP)
ONE_DAY = timedelta(days=1)
ORDER: Sequence[LevelStep] = tuple(LevelStep)
"""From the mildest to the hardest."""
