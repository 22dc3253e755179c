"""The cube of the account: what the best evidence of each intake and month came to, for whom, as attributed on each day.

Entries are counted up from the first of a month to a day. A part of a month is the difference of two such counts, so any
partition of a period adds up to the period, to the litre, also where a well is shared.
"""

import itertools
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Any, NamedTuple

from django.utils import timezone

from liangshui.accounting import bulk
from liangshui.accounting.codes import Stage
from liangshui.accounting.models import AccountingRule, Carried, DayVolume, PeriodVolume, ReturnVolume, SupplyVolume
from liangshui.accounting.rules import choose as choosing
from liangshui.accounting.rules.choose import Method
from liangshui.core.periods import ONE_DAY, Period, month
from liangshui.core.quantities import split
from liangshui.registry.codes import IntakeStatus
from liangshui.registry.models import Attribution, Holding, Intake, Share, SupplyLink

FAR = date(9999, 12, 31)

DEFAULT_ORDER = (
    Method.CORRECTED,
    Method.REGISTER,
    Method.FLOW,
    Method.READ,
    Method.CERTIFIED,
    Method.ELECTRICITY,
    Method.DECLARED,
    Method.CAPACITY,
    Method.QUOTA,
    Method.ESTIMATE,
)
"""Before anybody sets an order: an officer's correction, then measured, certified, converted, said, and guessed last."""


METHODS = {method.value: method for method in Method}


class Chosen(NamedTuple):
    """What one method carries of a run of days; `method` empty and volumes None for days that nothing tells."""

    method: str
    days: int
    volume_m3: Decimal | None
    low_m3: Decimal | None
    high_m3: Decimal | None


Days = dict[Method, dict[date, choosing.DayVolume]]


class Key(NamedTuple):
    """Where an entry counts."""

    month: date
    stage: str
    intake: int | None
    user: int
    project: int | None
    division: int
    unit: int | None
    source: int
    sector: str
    method: str
    sharer: int


Amount = list[int | None]
"""Days, volume, low, high; volumes in litres, None for unknown."""
Cube = dict[Key, Amount]


@dataclass(frozen=True, slots=True)
class Rule:
    """An accounting rule, or what holds where none was set."""

    valid_from: date
    boundary_hour: int
    order: tuple[Method, ...]
    reason: str


def rules() -> list[Rule]:
    """All rules, the newest first; the last is what holds before any was set."""
    stored = AccountingRule.objects.order_by("-valid_from")
    return [
        *(Rule(r.valid_from, r.boundary_hour, _complete(r.method_order), r.reason) for r in stored),
        Rule(date.min, 0, DEFAULT_ORDER, ""),
    ]


def _complete(order: Sequence[str]) -> tuple[Method, ...]:
    """An order that was set before a method was known takes it in where it stands by default, behind its neighbour."""
    found = [Method(name) for name in order]
    for place, method in enumerate(DEFAULT_ORDER):
        if method not in found:
            before = next((found.index(m) + 1 for m in reversed(DEFAULT_ORDER[:place]) if m in found), 0)
            found.insert(before, method)
    return tuple(found)


def rule_on(known: Sequence[Rule], day: date) -> Rule:
    """The rule in force on a day."""
    return next(rule for rule in known if rule.valid_from <= day)


class Piece(NamedTuple):
    """Days over which an intake counts for the same people and place."""

    start: date
    end: date
    project: int
    division: int
    unit: int | None
    source: int
    sector: str
    users: tuple[tuple[int, Decimal], ...]
    asked: bool
    """Whether a volume is asked for: not from an intake that is sealed."""


@dataclass
class Facts:
    """Who held and shared what, of some intakes."""

    present: dict[int, tuple[Any, ...]] = field(default_factory=dict)
    attributions: dict[int, list[tuple[Any, ...]]] = field(default_factory=lambda: defaultdict(list))
    holdings: dict[int, list[tuple[Any, ...]]] = field(default_factory=lambda: defaultdict(list))
    shares: dict[int, list[tuple[Any, ...]]] = field(default_factory=lambda: defaultdict(list))

    @classmethod
    def of(cls, intakes: Iterable[int]) -> "Facts":
        """Read them."""
        facts = cls()
        for part in bulk.chunks(intakes):
            rows = Intake.objects.filter(pk__in=part).values_list(
                "pk", "project_id", "division_id", "management_unit_id", "source_id", "sector", "project__user_id",
                "status", "sealed_on",
            )  # fmt: skip
            facts.present |= {row[0]: row[1:] for row in rows}
            attributed = Attribution.objects.filter(intake__in=part).order_by("valid_from").values_list(
                "intake_id", "valid_from", "valid_to", "project_id", "division_id", "management_unit_id", "source_id",
                "sector",
            )  # fmt: skip
            for intake, start, end, *where in attributed:
                facts.attributions[intake].append((start, end or FAR, *where))
            shares = Share.objects.filter(intake__in=part).order_by("pk")
            for intake, start, end, user, weight in shares.values_list(
                "intake_id", "valid_from", "valid_to", "user_id", "weight"
            ):
                facts.shares[intake].append((start, end or FAR, user, weight))
        facts.add_holdings({row[0] for row in facts.present.values()} | facts._projects())
        return facts

    def _projects(self) -> set[int]:
        return {row[2] for rows in self.attributions.values() for row in rows}

    def add_holdings(self, projects: Iterable[int]) -> None:
        """Who held projects."""
        for part in bulk.chunks(projects):
            rows = Holding.objects.filter(project__in=part).order_by("valid_from")
            for project, start, end, user in rows.values_list("project_id", "valid_from", "valid_to", "user_id"):
                self.holdings[project].append((start, end or FAR, user))

    def pieces(self, intake: int, period: Period) -> list[Piece]:
        """The period cut wherever something about the intake changes."""
        *place, holder, status, sealed_on = self.present[intake]
        attributions, shares = self.attributions.get(intake, []), self.shares.get(intake, [])
        cuts = {period.start, period.end}
        projects = {place[0], *(row[2] for row in attributions)}
        holdings = [row for project in projects for row in self.holdings.get(project, [])]
        for start, end, *_rest in (*attributions, *shares, *holdings):
            cuts |= {day for day in (start, end) if period.start < day < period.end}
        sealed = sealed_on if status == IntakeStatus.SEALED else None
        if sealed and period.start < sealed < period.end:
            cuts.add(sealed)
        days = sorted(cuts)
        found = []
        for start, end in itertools.pairwise(days):
            there = next((row[2:] for row in attributions if row[0] <= start < row[1]), place)
            users = tuple((row[2], row[3]) for row in shares if row[0] <= start < row[1])
            if not users:
                users = ((self.holder(there[0], start) or holder, Decimal(1)),)
            found.append(Piece(start, end, *there, users, not (sealed and start >= sealed)))
        return found

    def holder(self, project: int, day: date) -> int | None:
        """Who held a project on a day."""
        return next((row[2] for row in self.holdings.get(project, []) if row[0] <= day < row[1]), None)


@dataclass
class Evidence:
    """Volumes of days by intake and month, and of periods by intake; corrections of closed months that are booked later."""

    days: dict[tuple[int, date], Days] = field(default_factory=dict)
    periods: dict[int, list[choosing.PeriodVolume]] = field(default_factory=lambda: defaultdict(list))
    by_month: dict[tuple[int, date], list[choosing.PeriodVolume]] = field(default_factory=lambda: defaultdict(list))
    carried: dict[tuple[int, date], Decimal] = field(default_factory=lambda: defaultdict(Decimal))

    @classmethod
    def of(cls, intakes: Iterable[int], period: Period) -> "Evidence":
        """Read what there is; of periods of one method the shorter speak first."""
        found, ids = cls(), list(intakes)
        rows = bulk.select(
            "intake_id, day, method, volume_m3, low_m3, high_m3",
            DayVolume,
            "day >= %s AND day < %s AND volume_m3 IS NOT NULL",
            [period.start, period.end],
            ("intake_id", ids),
        )
        for intake, day, method, *volumes in rows:
            found.days.setdefault((intake, day.replace(day=1)), {}).setdefault(METHODS[method], {})[day] = (
                choosing.DayVolume(*map(cubic, volumes))
            )
        rows = bulk.select(
            'intake_id, method, start, "end", volume_m3, low_m3, high_m3, reading_id',
            PeriodVolume,
            'start < %s AND "end" > %s',
            [period.end, period.start],
            ("intake_id", ids),
        )
        # the later given counts where two are alike: what was read on the spot stands above a sheet that states it
        for intake, method, start, end, *volumes, _reading in sorted(rows, key=lambda row: row[7] is not None):
            one = choosing.PeriodVolume(METHODS[method], start, end, *map(cubic, volumes))
            found.periods[intake].append(one)
            for first in months_of(start, end):
                found.by_month[intake, first].append(one)
        for part in bulk.chunks(ids):
            carried = Carried.objects.filter(intake__in=part, into_month__gte=period.start, into_month__lt=period.end)
            for intake, into, volume in carried.values_list("intake_id", "into_month", "volume_m3"):
                found.carried[intake, into] += volume
        return found

    def choose(self, intake: int, days: Period, order: Sequence[Method]) -> list[Chosen]:
        """The best methods over days of one month."""
        key = (intake, days.start.replace(day=1))
        return choose(days, self.days.get(key, {}), self.by_month.get(key, ()), order)


@lru_cache(maxsize=1024)
def months_of(start: date, end: date) -> frozenset[date]:
    """First days of the months that a period touches."""
    return frozenset(m.start for m in Period(start, end).months())


def choose(
    days: Period, by_day: Days, by_period: Sequence[choosing.PeriodVolume], order: Sequence[Method]
) -> list[Chosen]:
    """The rule's choice; the days that nothing tells stand last."""
    made = choosing.choose_range(days.start, days.end, by_day, by_period, order)
    found = [Chosen(s.method.value, s.days, s.volume_m3, s.low_m3, s.high_m3) for s in made.by_method]
    if made.days_unknown:
        found.append(Chosen("", made.days_unknown, None, None, None))
    return found


def cubic(volume_l: int | None) -> Decimal | None:
    """m³ of litres."""
    return None if volume_l is None else Decimal(volume_l).scaleb(-3)


def _litres(volume: Decimal | None) -> int | None:
    return None if volume is None else int(volume.scaleb(3))


def counted_until(upto: date | None = None) -> date:
    """The first day that has no account yet: days to come have none."""
    tomorrow = timezone.localdate() + ONE_DAY
    return min(upto, tomorrow) if upto else tomorrow


def abstraction(
    wanted: Mapping[int, Iterable[date]], upto: date, facts: Facts, evidence: Evidence, known: list[Rule]
) -> Cube:
    """Entries of intakes for months (given by their first days), each counted to `upto` at most (not included)."""
    cube: Cube = {}
    for intake, starts in wanted.items():
        months = [month(start) for start in sorted(starts) if start < upto]
        if not months or intake not in facts.present:
            continue
        pieces = facts.pieces(intake, Period(months[0].start, min(months[-1].end, upto)))
        for span in months:
            order = rule_on(known, span.start).order
            for piece in pieces:
                start, end = max(span.start, piece.start), min(span.end, piece.end)
                if start >= end:
                    continue
                for one in evidence.choose(intake, Period(start, end), order):
                    if one.method or piece.asked:
                        _add_shared(cube, span.start, intake, piece, one)
                booked = evidence.carried.get((intake, span.start)) if start == span.start else None
                if booked:
                    _add_shared(cube, span.start, intake, piece, Chosen(Method.CORRECTED.value, 0, *(booked,) * 3))
    return cube


def _add_shared(cube: Cube, month_start: date, intake: int, piece: Piece, one: Chosen) -> None:
    where = (piece.project, piece.division, piece.unit, piece.source, piece.sector, one.method)
    if len(piece.users) == 1:
        key = Key(month_start, Stage.ABSTRACTION.value, intake, piece.users[0][0], *where, 0)
        add(cube, key, one.days, one.volume_m3, one.low_m3, one.high_m3)
        return
    weights = [weight for _user, weight in piece.users]
    parts = [
        [None] * len(weights) if volume is None else split(volume, weights)
        for volume in (one.volume_m3, one.low_m3, one.high_m3)
    ]
    for number, (user, _weight) in enumerate(piece.users):
        key = Key(month_start, Stage.ABSTRACTION.value, intake, user, *where, number)
        add(cube, key, one.days, *(part[number] for part in parts))


def add(cube: Cube, key: Key, days: int, *volumes: Decimal | None) -> None:
    """Add an amount to an entry."""
    amount = cube.get(key)
    litres = [_litres(v) for v in volumes]
    if amount is None:
        cube[key] = [days, *litres]
    else:
        amount[0] += days  # type: ignore[operator]
        for place, volume in enumerate(litres, 1):
            if volume is not None:
                amount[place] = (amount[place] or 0) + volume


def passed_on(months: Sequence[Period], upto: date, known: list[Rule]) -> Cube:
    """Entries of water passed on and received along supply links, and of water given back, of the whole installation."""
    cube: Cube = {}
    if not months:
        return cube
    whole = Period(months[0].start, months[-1].end)
    links = SupplyLink.objects.between(whole.start, whole.end).select_related("supplier", "customer")
    volumes = _by_owner(SupplyVolume, "link_id", whole)
    returned = _by_owner(ReturnVolume, "project_id", whole)
    projects = _return_places(returned)
    facts = Facts()
    facts.add_holdings(projects)
    for span in months:
        days = Period(span.start, min(span.end, upto)) if span.start < upto else None
        if days is None:
            continue
        order = rule_on(known, span.start).order
        for link in links:
            held = days.within(Period(link.valid_from, link.valid_to or FAR))
            if held is None:
                continue
            for one in choose(held, {}, volumes.get(link.pk, ()), order):
                for stage, user in ((Stage.SUPPLIED, link.supplier), (Stage.RECEIVED, link.customer)):
                    where = (user.pk, None, user.division_id, None, link.source_id, link.sector)
                    key = Key(span.start, stage.value, None, *where, one.method, 0)
                    add(cube, key, one.days, one.volume_m3, one.low_m3, one.high_m3)
        for project, evidence in returned.items():
            if project not in projects:
                continue
            holder, *place = projects[project]
            cuts = {days.start, days.end}
            for start, end, _user in facts.holdings.get(project, []):
                cuts |= {day for day in (start, end) if days.start < day < days.end}
            ordered = sorted(cuts)
            for start, end in itertools.pairwise(ordered):
                user = facts.holder(project, start) or holder
                for one in choose(Period(start, end), {}, evidence, order):
                    if one.method:
                        key = Key(span.start, Stage.RETURNED.value, None, user, project, *place, one.method, 0)
                        add(cube, key, one.days, one.volume_m3, one.low_m3, one.high_m3)
    return cube


def _by_owner(model: Any, owner: str, whole: Period) -> dict[int, list[choosing.PeriodVolume]]:
    found: dict[int, list[choosing.PeriodVolume]] = defaultdict(list)
    rows = model.objects.filter(start__lt=whole.end, end__gt=whole.start)
    for pk, method, *values in rows.values_list(owner, "method", "start", "end", "volume_m3", "low_m3", "high_m3"):
        found[pk].append(choosing.PeriodVolume(METHODS[method], *values))
    return found


def _return_places(projects: Iterable[int]) -> dict[int, tuple[Any, ...]]:
    """Holder, division, unit, source and use of projects that give water back: as their first intake."""
    found: dict[int, tuple[Any, ...]] = {}
    for part in bulk.chunks(projects):
        rows = Intake.objects.filter(project__in=part).order_by("code").values_list(
            "project_id", "project__user_id", "project__division_id", "management_unit_id", "source_id", "sector"
        )  # fmt: skip
        for project, *place in rows:
            found.setdefault(project, tuple(place))
    return found


def less(whole: Cube, part: Cube) -> Cube:
    """What is left of a count when an earlier count of the same month is taken from it."""
    left: Cube = {}
    for key, amount in whole.items():
        before = part.get(key)
        if before is None:
            left[key] = amount
            continue
        days = (amount[0] or 0) - (before[0] or 0)
        volumes = [None if a is None else a - (b or 0) for a, b in zip(amount[1:], before[1:], strict=True)]
        if days or any(volumes):
            left[key] = [days, *volumes]
    return left
