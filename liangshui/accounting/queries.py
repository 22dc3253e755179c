"""Reading the account. `account` is the one function behind every total: page, API, command and balance.

Four things are told apart (DESIGN 4.11). *Abstraction* is what intakes took, once. *Supply* is what was passed on to other
users, *use* = abstraction - supply + received. *Consumption* = abstraction - returned, and unknown where no return at all
is recorded. What is unknown is None, never zero: abstraction where intakes lie in the row but none has a volume; supply
and use where a supply link exists but none of its volumes is known; supply and use by intake, project or management unit
always, since supply links belong to users. No intake at all is a known zero.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Any

from django.db.models import Count, Exists, Max, OuterRef, Q, QuerySet, Sum
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from liangshui.accounting import entries, stated
from liangshui.accounting.codes import EXACT, Method, Stage
from liangshui.accounting.entries import Cube, counted_until, cubic
from liangshui.accounting.models import AccountEntry, Recompute
from liangshui.accounting.rules.choose import DayChoice, choose_days
from liangshui.core.access import Territory
from liangshui.core.errors import Invalid
from liangshui.core.periods import Period, month, plan_year
from liangshui.registry.codes import DivisionLevel, Sector, SourceKind
from liangshui.registry.models import Division, Intake, ManagementUnit, Project, Source, WaterUser

GROUPINGS = ("user", "project", "intake", "village", "town", "unit", "sector", "source", "source_kind", "total")
UNTOLD = frozenset({"user", "town", "village", "sector", "source", "source_kind", "total"})
"""Groupings by which supply can be told."""

PLACES = frozenset({"village", "town", "unit"})
"""Filters under which it cannot be told of a user: its intakes lie here and there, what it passes on counts at its seat."""

FIELDS = {
    "user": "user_id",
    "project": "project_id",
    "intake": "intake_id",
    "village": "division_id",
    "town": "division_id",
    "unit": "unit_id",
    "sector": "sector",
    "source": "source_id",
    "source_kind": "source_id",
}
"""Column of the entry by which a grouping is summed; towns and kinds of source are gathered from it."""


@dataclass(slots=True)
class AccountRow:
    """One line of an account, m³. See the module for what is None."""

    key: Any
    code: str
    name: str
    abstraction_m3: Decimal | None
    supply_m3: Decimal | None
    use_m3: Decimal | None
    consumption_m3: Decimal | None
    low_m3: Decimal | None
    high_m3: Decimal | None
    received_m3: Decimal | None = None
    returned_m3: Decimal | None = None
    by_method: dict[str, Decimal] = field(default_factory=dict)
    intakes: int = 0
    intakes_without_volume: int = 0
    days_without_volume: int = 0

    @property
    def is_estimate(self) -> bool:
        """Whether some of it was not metered."""
        return any(v for m, v in self.by_method.items() if m not in EXACT)

    @property
    def shares(self) -> list[tuple[str, str, Decimal, float]]:
        """Method, its word, volume, percent of the abstraction; for the bar of shares."""
        total = sum(self.by_method.values())
        return [(m, str(Method(m).label), v, float(v / total * 100)) for m, v in self.by_method.items() if v and total]


@dataclass(slots=True)
class _Sums:
    """What was added up for one key."""

    stages: dict[str, dict[str, int]] = field(default_factory=lambda: defaultdict(dict))
    low: int = 0
    high: int = 0
    high_known: bool = True
    days_without: int = 0

    def add(self, stage: str, method: str, days: int, volume: int | None, low: int | None, high: int | None) -> None:
        found = self.stages[stage]
        found[method] = found.get(method, 0) + (volume or 0)
        if stage == Stage.ABSTRACTION:
            if not method:
                self.days_without += days
                return
            self.low += low or 0
            self.high += high or 0

    def known(self, stage: str) -> Decimal | None:
        """None if there are entries but none with a volume; zero if there is nothing to account for."""
        found = self.stages.get(stage, {})
        if found and not any(found):
            return None
        return cubic(sum(found.values()))


class Places:
    """Divisions and sources, by which entries are gathered and filtered."""

    def __init__(self) -> None:
        rows = list(Division.objects.values_list("pk", "code", "name", "level", "parent_id", "path"))
        self.paths = {row[0]: row[5] for row in rows}
        self.names = {row[0]: (row[1], row[2]) for row in rows}
        self.town = {
            row[0]: row[4] if row[3] == DivisionLevel.VILLAGE and row[4] is not None else row[0] for row in rows
        }
        self.kinds = dict(Source.objects.values_list("pk", "kind"))

    def roll(self, by: str, key: Any) -> Any:
        """The key of a grouping from the column of the entry."""
        if by == "town":
            return self.town.get(key)
        return self.kinds.get(key) if by == "source_kind" else key


def account(territory: Territory, period: Period, by: str, filters: dict[str, Any] | None = None) -> list[AccountRow]:
    """The account of a period by one grouping, in the order of codes; only rows of which something is known or asked.

    Args:
        territory: only entries in these divisions or of these users.
        period: whole days; any range. Whole months are read from entries, parts of months are counted by the same rules.
        by: user, project, intake, village, town, unit, sector, source, source_kind or total.
        filters: any of user, project, intake, village, town, unit, source (ids), sector, source_kind.

    Raises:
        Invalid: there is no such grouping.
    """
    if by not in GROUPINGS:
        raise Invalid(_("An account can be grouped by %(list)s.") % {"list": ", ".join(GROUPINGS)}, field="by")
    filters, places = filters or {}, Places()
    months, cubes = _split(period)
    found: dict[Any, _Sums] = defaultdict(_Sums)
    by_user = by == "user" or "user" in filters
    column = FIELDS.get(by)
    narrowed = _narrowed(territory, filters)
    if months:
        for key, stage, method, days, volume, low, high, unbounded in _sums(
            narrowed.filter(month__gte=months[0], month__lte=months[-1]), column, by_user, len(months)
        ):
            sums = found[places.roll(by, key)]
            sums.add(stage, method, days or 0, volume, low, high)
            sums.high_known = sums.high_known and not unbounded
    keeps = _keeper(territory, filters, places)
    partial = [(k, v) for cube in cubes for k, v in cube.items() if keeps(k)]
    for key, (days, volume, low, high) in partial:
        sums = found[places.roll(by, _cell(key, column))]
        sums.add(key.stage, key.method, (days or 0) if by_user or key.sharer == 0 else 0, volume, low, high)
        if key.method and key.stage == Stage.ABSTRACTION and high is None:
            sums.high_known = False
    counts = _counts(narrowed, months, partial, by, column, places)
    told = by in UNTOLD and not (by == "user" and PLACES & set(filters))
    rows = [
        row
        for key, row in ((key, _row(key, sums, told, counts.get(key, (0, 0)))) for key, sums in found.items())
        if by in UNTOLD or row.intakes or row.returned_m3 or row.abstraction_m3
    ]
    return _named(rows, by, places)


def by_day(intakes: Sequence[int], period: Period) -> dict[int, list[DayChoice]]:
    """Of each intake and day what is counted and by which method, for lists by day; parts of a month's statement or
    electricity are its even share. Corrections of closed months belong to no day and are left out."""
    evidence, known = entries.Evidence.of(intakes, period), entries.rules()
    found: dict[int, list[DayChoice]] = {}
    for intake in intakes:
        found[intake] = []
        for span in period.months():
            days = span.within(period)
            assert days is not None
            key = (intake, span.start)
            order = entries.rule_on(known, span.start).order
            found[intake] += choose_days(
                days.start, days.end, evidence.days.get(key, {}), evidence.by_month.get(key, ()), order
            )
    return found


def _split(period: Period) -> tuple[list[date], list[Cube]]:
    """Starts of whole months, and counts of what is left of others. Days to come hold nothing, so today's month is whole."""
    whole, cubes = [], []
    for span in period.months():
        part = span.within(period)
        assert part is not None
        if part.start == span.start and (part.end == span.end or part.end >= counted_until()):
            whole.append(span.start)
        elif part.start < counted_until():
            cubes.append(_part(part.start, part.end, _newest(span)))
    if whole and len(whole) > 1:
        assert (whole[-1].year - whole[0].year) * 12 + whole[-1].month - whole[0].month == len(whole) - 1
    return whole, cubes


def _newest(span: Period) -> tuple[int, date]:
    newest = Recompute.objects.filter(start__lt=span.end, end__gt=span.start).aggregate(n=Max("pk"))["n"]
    return newest or 0, counted_until()


@lru_cache(maxsize=24)
def _part(start: date, end: date, _version: tuple[int, date]) -> Cube:
    """A part of a month, kept until accounts of that month are computed anew."""
    whole, known = month(start), entries.rules()
    ids = list(Intake.objects.values_list("pk", flat=True))
    facts, evidence = entries.Facts.of(ids), entries.Evidence.of(ids, whole)

    def count(stop: date) -> Cube:
        cube = entries.abstraction(dict.fromkeys(ids, (whole.start,)), stop, facts, evidence, known)
        return cube | entries.passed_on([whole], stop, known) | stated.with_users([whole], stop, known)

    upto = counted_until(end)
    return entries.less(count(upto), count(start)) if start > whole.start else count(upto)


def _narrowed(territory: Territory, filters: dict[str, Any]) -> QuerySet[AccountEntry]:
    rows = AccountEntry.objects.within(territory)
    for name, value in filters.items():
        if name == "town":
            path = Division.objects.filter(pk=value).values_list("path", flat=True).first()
            rows = rows.filter(division__path__startswith=path) if path else rows.none()
        elif name == "source_kind":
            rows = rows.filter(source__kind=value)
        else:
            rows = rows.filter(**{FIELDS[name]: value})
    return rows


def _keeper(territory: Territory, filters: dict[str, Any], places: Places) -> Callable[[entries.Key], bool]:
    """The same narrowing for entries that are not stored."""
    town = places.paths.get(filters["town"], "-") if "town" in filters else ""

    def keeps(key: entries.Key) -> bool:
        if not territory.everywhere:
            path = places.paths.get(key.division)
            if not (territory.holds_path(path) or key.user in territory.users):
                return False
        for name, value in filters.items():
            if name == "town":
                if not places.paths.get(key.division, "").startswith(town):
                    return False
            elif name == "source_kind":
                if places.kinds.get(key.source) != value:
                    return False
            elif _cell(key, FIELDS[name]) != value:
                return False
        return True

    return keeps


def _cell(key: entries.Key, column: str | None) -> Any:
    return None if column is None else getattr(key, column.removesuffix("_id"))


def _sums(rows: QuerySet[AccountEntry], column: str | None, by_user: bool, months: int) -> Iterator[tuple[Any, ...]]:
    """Sums by key, stage and method, in litres."""
    own_days = Sum("days") if by_user else Sum("days", filter=Q(sharer=0))
    keys = ([column] if column else []) + ["stage", "method"]
    unbounded = Count("pk", filter=Q(high_m3=None) & ~Q(method=""))
    sums = (
        rows.order_by()
        .values_list(*keys)
        .annotate(d=own_days, v=Sum("volume_m3"), lo=Sum("low_m3"), hi=Sum("high_m3"), n=unbounded)
    )
    for row in sums:
        key, rest = (row[0], row[1:]) if column else (None, row)
        stage, method, days, *volumes, unbound = rest
        yield key, stage, method, days, *map(_to_litres, volumes), unbound


def _to_litres(value: Decimal | None) -> int | None:
    return None if value is None else int(value.scaleb(3))


def _counts(
    rows: QuerySet[AccountEntry],
    months: list[date],
    partial: list[tuple[entries.Key, Any]],
    by: str,
    column: str | None,
    places: Places,
) -> dict[Any, tuple[int, int]]:
    """How many intakes lie behind a row, and how many of them have a volume."""
    whole = rows.filter(stage=Stage.ABSTRACTION.value)
    whole = whole.filter(month__gte=months[0], month__lte=months[-1]) if months else whole.none()
    if not partial and by not in ("town", "source_kind"):
        counted = whole.order_by().values_list(column) if column else whole.order_by().values_list("stage")
        return {
            row[0] if column else None: (row[1], row[2])
            for row in counted.annotate(
                a=Count("intake_id", distinct=True), b=Count("intake_id", distinct=True, filter=~Q(method=""))
            )
        }
    every, known = defaultdict(set), defaultdict(set)
    stored = whole.order_by().values_list(column or "stage", "intake_id").annotate(n=Count("pk", filter=~Q(method="")))
    for key, intake, volumes in stored:
        if intake is None:  # a volume that stays with a user is no intake's
            continue
        key = places.roll(by, key) if column else None
        every[key].add(intake)
        if volumes:
            known[key].add(intake)
    for key, _amount in partial:
        if key.stage == Stage.ABSTRACTION and key.intake is not None:
            group = places.roll(by, _cell(key, column))
            every[group].add(key.intake)
            if key.method:
                known[group].add(key.intake)
    return {key: (len(found), len(known[key])) for key, found in every.items()}


def _row(key: Any, sums: _Sums, told: bool, count: tuple[int, int]) -> AccountRow:
    taken = sums.known(Stage.ABSTRACTION)
    supply = sums.known(Stage.SUPPLIED) if told else None
    received = sums.known(Stage.RECEIVED) if told else None
    returned = sums.known(Stage.RETURNED) if Stage.RETURNED in sums.stages else None
    has_volume = taken is not None and bool(sums.stages.get(Stage.ABSTRACTION))
    methods = sums.stages.get(Stage.ABSTRACTION, {})
    unknown = taken is None or supply is None or received is None
    return AccountRow(
        key=key,
        code="",
        name="",
        abstraction_m3=taken,
        supply_m3=supply,
        received_m3=received,
        use_m3=None if unknown else taken - supply + received,  # type: ignore[operator]
        returned_m3=returned,
        consumption_m3=None if taken is None or returned is None else taken - returned,
        low_m3=cubic(sums.low) if has_volume else taken,
        high_m3=taken if not has_volume else cubic(sums.high) if sums.high_known else None,
        by_method={m.value: cubic(methods[m.value]) for m in Method if m.value in methods},  # type: ignore[misc]
        intakes=count[0],
        intakes_without_volume=count[0] - count[1],
        days_without_volume=sums.days_without,
    )


NAMED: dict[str, Any] = {
    "user": WaterUser,
    "project": Project,
    "intake": Intake,
    "unit": ManagementUnit,
    "source": Source,
}


def labels(by: str, keys: Iterable[Any], places: Places | None = None) -> dict[Any, tuple[str, str]]:
    """Code and name of the keys of a grouping."""
    keys = [key for key in keys if key is not None]
    if by in ("town", "village"):
        names = (places or Places()).names
        return {key: names[key] for key in keys if key in names}
    if by == "sector":
        return {key: (key, str(Sector(key).label)) for key in keys}
    if by == "source_kind":
        return {key: (key, str(SourceKind(key).label)) for key in keys}
    if by == "total":
        return {}
    found: dict[Any, tuple[str, str]] = {}
    model = NAMED[by]
    rows = model.objects.filter(pk__in=keys) if len(keys) <= 500 else model.objects.all()
    for pk, code, name in rows.values_list("pk", "code", "name"):
        found[pk] = (code, name)
    return found


REST = {
    "total": gettext_lazy("total"),
    "intake": gettext_lazy("told with the user, not by intake"),
}
"""How a row is called that has no key."""


def _named(rows: list[AccountRow], by: str, places: Places) -> list[AccountRow]:
    names = labels(by, [row.key for row in rows], places)
    for row in rows:
        row.code, row.name = names.get(row.key, ("", str(REST.get(by, _("not assigned")))))
    if by == "total" and not rows:
        zero = Decimal(0)
        return [AccountRow(None, "", _("total"), zero, zero, zero, None, zero, zero, zero)]
    return sorted(rows, key=lambda row: (row.code == "", row.code))


def abstraction_cells(
    territory: Territory, period: Period, parts: Sequence[str], *, source_kind: str = ""
) -> dict[tuple[Any, ...], Decimal | None]:
    """Abstraction by several groupings at once, such as (unit, town, sector, user). None: intakes lie there, and none has a volume."""
    found: dict[tuple[Any, ...], Decimal | None] = {}
    filters = {"source_kind": source_kind} if source_kind else {}
    for key, volume, _low, _high, _bounded in _abstraction(territory, period, parts, filters):
        found[key] = together((found.get(key), volume))
    return found


@dataclass(slots=True)
class Cell:
    """Abstraction of one cell, m³, with its range (high None: nothing bounds it), and how many of its intakes have no volume at all."""

    m3: Decimal | None = None
    low_m3: Decimal | None = None
    high_m3: Decimal | None = None
    intakes_without_volume: int = 0


def abstraction_ranges(
    territory: Territory, period: Period, parts: Sequence[str], filters: dict[str, Any] | None = None
) -> dict[tuple[Any, ...], Cell]:
    """The same with the range of each cell, as `account` tells it of a row."""
    known: dict[tuple[Any, ...], dict[Any, bool]] = defaultdict(dict)
    found: dict[tuple[Any, ...], Cell] = {}
    endless: set[tuple[Any, ...]] = set()
    for (*key, intake), volume, low, high, bounded in _abstraction(
        territory, period, [*parts, "intake"], filters or {}
    ):
        cell = found.setdefault(tuple(key), Cell())
        if intake is not None:  # a volume that stays with a user is no intake's
            known[tuple(key)][intake] = known[tuple(key)].get(intake, False) or volume is not None
        if volume is not None:
            cell.m3 = (cell.m3 or Decimal(0)) + volume
            cell.low_m3, cell.high_m3 = (cell.low_m3 or Decimal(0)) + low, (cell.high_m3 or Decimal(0)) + high
            if not bounded:
                endless.add(tuple(key))
    for each, cell in found.items():
        cell.intakes_without_volume = sum(not has for has in known[each].values())
        cell.high_m3 = None if each in endless else cell.high_m3
    return found


def _abstraction(
    territory: Territory, period: Period, parts: Sequence[str], filters: dict[str, Any]
) -> Iterator[tuple[tuple[Any, ...], Decimal | None, Decimal, Decimal, bool]]:
    """Cell, volume, low and high end, and whether the high end bounds it; volume None: there are days, none with a volume."""
    places, columns = Places(), [FIELDS[part] for part in parts]
    months, cubes = _split(period)

    def cell(values: Iterable[Any]) -> tuple[Any, ...]:
        return tuple(places.roll(part, value) for part, value in zip(parts, values, strict=True))

    if months:
        rows = _narrowed(territory, filters).filter(
            month__gte=months[0], month__lte=months[-1], stage=Stage.ABSTRACTION.value
        )
        unbounded = Count("pk", filter=Q(high_m3=None) & ~Q(method=""))
        sums = rows.order_by().values_list(*columns).annotate(
            v=Sum("volume_m3"), lo=Sum("low_m3"), hi=Sum("high_m3"), n=unbounded
        )  # fmt: skip
        for *values, volume, low, high, endless in sums:
            yield cell(values), volume, low or Decimal(0), high or Decimal(0), not endless
    keeps = _keeper(territory, filters, places)
    for cube in cubes:
        for key, (_days, volume, low, high) in cube.items():
            if key.stage == Stage.ABSTRACTION and keeps(key):
                known = bool(key.method)
                yield (
                    cell(_cell(key, column) for column in columns), _cubed(volume) if known else None, _cubed(low), _cubed(high),
                    not known or high is not None,
                )  # fmt: skip


def _cubed(litres: int | None) -> Decimal:
    return cubic(litres or 0) or Decimal(0)


def together(volumes: Iterable[Decimal | None]) -> Decimal | None:
    """The sum of what is known; None: nothing is."""
    known = [volume for volume in volumes if volume is not None]
    return sum(known, Decimal(0)) if known else None


def monthly(
    territory: Territory, year: int, by: str = "total", filters: dict[str, Any] | None = None
) -> list[tuple[Any, str, dict[date, Decimal | None]]]:
    """Abstraction of a year by grouping and month: (key, name, volume by first day of the month). None: nothing known."""
    places, period, column = Places(), plan_year(year), FIELDS.get(by)
    rows = _narrowed(territory, filters or {}).filter(
        month__gte=period.start, month__lt=period.end, stage=Stage.ABSTRACTION.value
    )
    found: dict[Any, dict[date, Decimal | None]] = defaultdict(dict)
    keys = [column] if column else []
    for *key, start, volume in rows.order_by().values_list(*keys, "month").annotate(v=Sum("volume_m3")):
        months = found[places.roll(by, key[0]) if key else None]
        before = months.get(start)
        months[start] = volume if before is None else before + (volume or 0)
    names = labels(by, found, places)
    ordered = sorted(found, key=lambda key: (key not in names, names.get(key, ("", ""))[0]))
    rest = _("total") if by == "total" else _("not assigned")
    return [(key, names[key][1] if key in names else rest, found[key]) for key in ordered]


def last_year_shape(territory: Territory, year: int, filters: dict[str, Any] | None = None) -> dict[date, Decimal]:
    """Which share of last year's abstraction came in each of its months; empty where nothing is known of it."""
    months = {
        start: volume
        for _key, _name, found in monthly(territory, year - 1, "total", filters)
        for start, volume in found.items()
        if volume is not None
    }
    total = sum(months.values(), Decimal(0))
    return {start: volume / total for start, volume in months.items()} if total else {}


def version() -> int:
    """Number of the newest recomputation: what the figures stand on."""
    return Recompute.objects.aggregate(n=Max("pk"))["n"] or 0


def begins() -> date | None:
    """The first month of which the account knows any volume; None: it knows none."""
    rows = AccountEntry.objects.filter(stage=Stage.ABSTRACTION.value).exclude(method="").order_by("month")
    return rows.values_list("month", flat=True).first()


def uncovered(year: int) -> str:
    """Why the use of a year is not known as a whole, in words: the account begins after its first day; empty: it covers the year."""
    first = begins()
    if first is None:
        return _("the account has no volume yet")
    return _("the account begins in %s") % f"{first:%Y-%m}" if first > date(year, 1, 1) else ""


def unmeasured(territory: Territory, period: Period) -> QuerySet[Intake]:
    """Intakes whose account has days in the period but no volume on any of them: work to do."""
    rows = AccountEntry.objects.filter(
        intake=OuterRef("pk"),
        month__gte=month(period.start).start,
        month__lt=period.end,
        stage=Stage.ABSTRACTION.value,
    )
    return (
        Intake.objects.within(territory)
        .filter(Exists(rows.filter(method="")), ~Exists(rows.exclude(method="")))
        .select_related("division__parent", "project__user", "source")
    )
