"""Volumes that sheets state, brought to the wells that they are about; or to the user, where nobody says which wells.

A statement of an intake is that intake's. One of a project or user is its only well's, or is shared among its wells by the
weight that was chosen when the sheet was imported. Else it stays with the user, and counts only in months in which none
of the wells has a volume of its own. Of several that stay about the same wells the nearest counts: of a project before one
of a user's wells of one source or use, and that before one of all its wells. Nothing is counted twice; all is kept.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import connection
from django.db.models import Q

from liangshui.accounting import bulk
from liangshui.accounting.codes import Method, Stage
from liangshui.accounting.entries import Cube, Key, Rule, add, choose, rule_on
from liangshui.accounting.models import AccountEntry, PeriodVolume, Split, Statement
from liangshui.accounting.rules import choose as choosing
from liangshui.accounting.rules.stated import Stated, over_months, shared
from liangshui.core.access import Territory
from liangshui.core.periods import Period, month
from liangshui.registry.models import Attribution, Holding, Intake, IrrigatedArea, Project, Source, WaterUser

COLUMNS = (
    "pk", "intake_id", "project_id", "user_id", "source_kind", "sector", "start", "end", "method", "volume_m3", "low_m3",
    "high_m3", "split", "weights",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Line:
    """A statement that stands."""

    pk: int
    intake: int | None
    project: int | None
    user: int | None
    source_kind: str
    sector: str
    start: date
    end: date
    method: str
    volume_m3: Decimal
    low_m3: Decimal
    high_m3: Decimal | None
    split: str
    weights: Sequence[int]

    @property
    def period(self) -> Period:
        return Period(self.start, self.end)

    @property
    def pieces(self) -> list[tuple[Period, Stated]]:
        return over_months(self.period, Stated(self.volume_m3, self.low_m3, self.high_m3), self.weights)


def lines(where: Q) -> list[Line]:
    """Statements that stand."""
    return [Line(*row) for row in Statement.objects.filter(where).order_by("pk").values_list(*COLUMNS)]


class Wells:
    """Which wells the statements of projects and users are about, by who held what on the first day of each."""

    def __init__(self, stated: Iterable[Line]) -> None:
        self._stated = [line for line in stated if line.intake is None]
        projects = {line.project for line in self._stated if line.project}
        users = {line.user for line in self._stated if line.user}
        self._held: dict[int, list[tuple[date, date | None, int]]] = defaultdict(list)
        for part in bulk.chunks(users):
            for user, project, since, until in Holding.objects.filter(user__in=part).values_list(
                "user_id", "project_id", "valid_from", "valid_to"
            ):
                self._held[user].append((since, until, project))
                projects.add(project)
        self._lie: dict[int, list[tuple[date, date | None, int, str, str]]] = defaultdict(list)
        for part in bulk.chunks(projects):
            for project, intake, since, until, kind, sector in (
                Attribution.objects.filter(project__in=part)
                .order_by("intake")
                .values_list("project_id", "intake_id", "valid_from", "valid_to", "source__kind", "sector")
            ):
                self._lie[project].append((since, until, intake, kind, sector))

    def of(self, line: Line) -> list[int]:
        """The wells meant by a statement, in the order of their ids."""
        if line.intake is not None:
            return [line.intake]
        projects = [line.project] if line.project else self._on(line.start, self._held.get(line.user or 0, []))
        found = set()
        for project in projects:
            for since, until, intake, kind, sector in self._lie.get(project, []):
                there = since <= line.start and (until is None or until > line.start)
                if there and line.source_kind in ("", kind) and line.sector in ("", sector):
                    found.add(intake)
        return sorted(found)

    @staticmethod
    def _on(day: date, rows: list[tuple[date, date | None, int]]) -> list[int]:
        return [what for since, until, what in rows if since <= day and (until is None or until > day)]


def weights_of(wells: Sequence[int], split: str, year: int) -> list[Decimal]:
    """Weights of wells: their irrigated area (the newest up to a year), capacity, or one each. All zero: not known."""
    if split == Split.EQUAL:
        return [Decimal(1)] * len(wells)
    found: dict[int, Decimal] = {}
    if split == Split.AREA:
        rows = IrrigatedArea.objects.filter(intake__in=wells, is_baseline=False, year__lte=year).order_by("year", "pk")
        newest: dict[tuple[int, int], Decimal] = {}
        for intake, user, area in rows.values_list("intake_id", "user_id", "area_mu"):
            newest[intake, user] = area
        for (intake, _user), area in newest.items():
            found[intake] = found.get(intake, Decimal(0)) + area
    elif split == Split.CAPACITY:
        known = Intake.objects.filter(pk__in=wells, capacity_m3_h__isnull=False)
        found = {pk: capacity for pk, capacity in known.values_list("pk", "capacity_m3_h") if capacity}
    return [found.get(well, Decimal(0)) for well in wells]


@dataclass(frozen=True, slots=True)
class Spread:
    """What a statement came to: volumes of wells, or of the user."""

    line: Line
    wells: tuple[int, ...]
    volumes: dict[int, list[tuple[Period, Stated]]]

    @property
    def stays(self) -> bool:
        """Whether it stays with the user."""
        return not self.volumes


def spread(stated: Sequence[Line]) -> list[Spread]:
    """Each statement brought to its wells, or left with its user."""
    wells, found = Wells(stated), []
    for line in stated:
        own = wells.of(line)
        if len(own) == 1:
            found.append(Spread(line, tuple(own), {own[0]: line.pieces}))
            continue
        weights = weights_of(own, line.split, line.start.year) if own and line.split else []
        if not any(weights):
            found.append(Spread(line, tuple(own), {}))
            continue
        volumes: dict[int, list[tuple[Period, Stated]]] = {well: [] for well in own}
        for period, total in line.pieces:
            for well, part in zip(own, shared(total, weights), strict=True):
                volumes[well].append((period, part))
        found.append(Spread(line, tuple(own), volumes))
    return found


def touching(wanted: dict[int, Period]) -> list[Line]:
    """Statements that may be about some wells, in the periods wanted of them."""
    if not Statement.objects.exists():
        return []
    start, end = min(p.start for p in wanted.values()), max(p.end for p in wanted.values())
    found: dict[int, Line] = {}
    for part in bulk.chunks(wanted):
        projects = set(Attribution.objects.filter(intake__in=part).values_list("project_id", flat=True))
        users = set(Holding.objects.filter(project__in=projects).values_list("user_id", flat=True))
        of = Q(intake__in=part) | Q(project__in=projects) | Q(user__in=users)
        found |= {line.pk: line for line in lines(of & Q(start__lt=end, end__gt=start))}
    return [found[pk] for pk in sorted(found)]


def store(wanted: dict[int, Period], now: datetime) -> tuple[list[tuple[int, Period]], bool]:
    """Replace the volumes of periods that statements give wells; what changed, and whether users have volumes that stay
    with them and must be looked at again."""
    made: dict[tuple[int, date, date, str], tuple[Any, ...]] = {}
    stays = False
    for one in sorted(spread(touching(wanted)), key=lambda s: (s.line.intake is not None, s.line.pk)):
        stays = stays or one.stays
        for well, pieces in one.volumes.items():
            if well not in wanted:
                continue
            for period, part in pieces:  # the well's own statement stands above one of its user
                if period.within(wanted[well]) is None:
                    continue
                volumes = [None if v is None else int(v.scaleb(3)) for v in (part.volume_m3, part.low_m3, part.high_m3)]
                made[well, period.start, period.end, one.line.method] = (*volumes, one.line.pk)
    start, end = min(p.start for p in wanted.values()), max(p.end for p in wanted.values())
    rows = bulk.select(
        'id, intake_id, start, "end", method, volume_m3, low_m3, high_m3, statement_id',
        PeriodVolume,
        'statement_id IS NOT NULL AND start < %s AND "end" > %s',
        [end, start],
        ("intake_id", wanted),
    )
    gone, same, changed = [], set(), set()
    for pk, intake, first, until, method, *values in rows:
        key = (intake, first, until, method)
        if Period(first, until).within(wanted[intake]) is None or made.get(key) == tuple(values):
            same.add(key)
        else:
            gone.append(pk)
            changed.add((intake, Period(first, until)))
    new = [(key, values) for key, values in made.items() if key not in same]
    bulk.delete(PeriodVolume, "1 = 1", [], ("id", gone))
    at, as_date = connection.ops.adapt_datetimefield_value(now), connection.ops.adapt_datefield_value
    bulk.insert(
        PeriodVolume,
        ("intake_id", "start", '"end"', "method", "volume_m3", "low_m3", "high_m3", "statement_id", "note", "computed_at"),
        [
            (intake, as_date(first), as_date(until), method, *values, "", at)
            for (intake, first, until, method), values in new
        ],
    )  # fmt: skip
    changed |= {(key[0], Period(key[1], key[2])) for key, _values in new}
    return sorted(changed), stays


def with_users(months: Sequence[Period], upto: date, known: list[Rule]) -> Cube:
    """Entries of volumes that stay with users, for months in which none of the wells meant has a volume of its own."""
    cube: Cube = {}
    if not months or not Statement.objects.exists():
        return cube
    whole = Period(months[0].start, months[-1].end)
    staying = [s for s in spread(lines(Q(intake=None, start__lt=whole.end, end__gt=whole.start))) if s.stays]
    if not staying:
        return cube
    told = _months_with_volume({well for one in staying for well in one.wells}, whole)
    places = _Places(staying)
    groups: dict[tuple[Any, ...], list[Spread]] = defaultdict(list)
    for one in staying:
        groups[one.line.user, one.line.project, one.line.source_kind, one.line.sector].append(one)
    taken: set[tuple[Any, date]] = set()
    for key, group in sorted(groups.items(), key=lambda item: _distance(*item[0])):
        evidence = [
            choosing.PeriodVolume(
                choosing.Method(one.line.method), period.start, period.end, part.volume_m3, part.low_m3, part.high_m3
            )
            for one in group
            for period, part in one.line.pieces
        ]
        wells = {well for one in group for well in one.wells}
        place = places.of(group[0].line, sorted(wells))
        for span in months:
            days = Period(span.start, min(span.end, upto)) if span.start < upto else None
            about: set[Any] = set(wells) or _about_no_well(*key)
            if days is None or place is None or any((well, span.start) in told | taken for well in about):
                continue
            counted = False
            for chosen in choose(days, {}, evidence, rule_on(known, span.start).order):
                if chosen.method:
                    entry = Key(span.start, Stage.ABSTRACTION.value, None, *place, chosen.method, 0)  # type: ignore[call-arg]
                    add(cube, entry, chosen.days, chosen.volume_m3, chosen.low_m3, chosen.high_m3)
                    counted = True
            if counted:
                marks: set[Any] = set(wells) or {*about, (key[0], key[1])}
                taken |= {(mark, span.start) for mark in marks}
    return cube


def _distance(user: int | None, project: int | None, source_kind: str, sector: str) -> tuple[Any, ...]:
    """The nearer a statement is to its wells the earlier it speaks; then in a settled order."""
    return project is None, not source_kind, not sector, user or 0, project or 0, source_kind, sector


def _about_no_well(user: int | None, project: int | None, source_kind: str, sector: str) -> set[Any]:
    """What a statement without wells is about: one source and use of its user or project, or all of it."""
    return {(user, project, source_kind, sector)} if source_kind or sector else {(user, project)}


def _months_with_volume(wells: set[int], whole: Period) -> set[tuple[int, date]]:
    found = set()
    for part in bulk.chunks(wells):
        rows = AccountEntry.objects.filter(
            intake__in=part, month__gte=month(whole.start).start, month__lt=whole.end, stage=Stage.ABSTRACTION.value
        ).exclude(method="")
        found |= set(rows.values_list("intake_id", "month").distinct())
    return found


class _Places:
    """Where a volume that stays counts: where its wells agree, there; else at the user, and as the statement says.

    Imports ask what the wells leave open; where they came to disagree since, the first of their sources and uses counts.
    """

    def __init__(self, staying: Sequence[Spread]) -> None:
        wells = {well for one in staying for well in one.wells}
        self._wells: dict[int, tuple[Any, ...]] = {}
        for part in bulk.chunks(wells):
            rows = Intake.objects.filter(pk__in=part).values_list(
                "pk", "project_id", "division_id", "management_unit_id", "source_id", "sector"
            )
            self._wells |= {row[0]: row[1:] for row in rows}
        self._projects: dict[int, tuple[int, int]] = {}
        for part in bulk.chunks({one.line.project for one in staying if one.line.project}):
            held = Project.objects.filter(pk__in=part).values_list("pk", "user_id", "division_id")
            self._projects |= {pk: (user, division) for pk, user, division in held}
        self._users: dict[int, int] = {}
        for part in bulk.chunks({one.line.user for one in staying if one.line.user}):
            self._users |= dict(WaterUser.objects.filter(pk__in=part).values_list("pk", "division_id"))
        self._sources: dict[str, int] = {}
        for pk, kind in Source.objects.order_by("code").values_list("pk", "kind"):
            self._sources.setdefault(kind, pk)

    def of(self, line: Line, wells: Sequence[int]) -> tuple[Any, ...] | None:
        """(user, project, division, unit, source, sector); None where neither wells nor the statement tell the source."""
        rows = [self._wells[well] for well in wells if well in self._wells]
        projects, divisions, units, sources, sectors = (
            (set(column) for column in zip(*rows, strict=True)) if rows else (set(),) * 5
        )
        user, seat = self._projects[line.project] if line.project else (line.user, self._users.get(line.user or 0))
        division = next(iter(divisions)) if len(divisions) == 1 else seat
        source = (
            min(sources) if len(sources) == 1 else self._sources.get(line.source_kind) or min(sources, default=None)
        )
        sector = min(sectors) if len(sectors) == 1 else line.sector or min(sectors, default="")
        if division is None or source is None or not sector:
            return None
        project = line.project or (next(iter(projects)) if len(projects) == 1 else None)
        return user, project, division, next(iter(units)) if len(units) == 1 else None, source, sector


def declared_by_users(territory: Territory, period: Period) -> dict[int, Decimal]:
    """Declared volumes that stay with users of a territory, m³; of a statement that reaches beyond, the part by its days."""
    found: dict[int, Decimal] = defaultdict(Decimal)
    within = set(WaterUser.objects.within(territory).values_list("pk", flat=True))
    where = Q(intake=None, method=Method.DECLARED.value, start__lt=period.end, end__gt=period.start)
    holders = dict(Project.objects.values_list("pk", "user_id"))
    for one in spread(lines(where)):
        user = one.line.user or holders.get(one.line.project or 0)
        if not one.stays or user not in within:
            continue
        for piece, part in one.line.pieces:
            days = piece.within(period)
            if days is not None:
                evidence = [choosing.PeriodVolume(choosing.Method.DECLARED, piece.start, piece.end, *astuple(part))]
                counted = choosing.choose_range(days.start, days.end, {}, evidence, [choosing.Method.DECLARED])
                found[user] += counted.volume_m3 or Decimal(0)
    return found
