"""Reading the account. `account` is the one function behind every total: page, API, command and balance.

Four things are told apart (DESIGN 4.11). *Abstraction* is what intakes took, once. *Supply* is what was passed on to other
users, *use* = abstraction - supply + received. *Consumption* = abstraction - returned, and unknown where no return at all
is recorded. What is unknown is None, never zero: abstraction where intakes lie in the row but none has a volume; supply
and use where a supply link exists but none of its volumes is known; supply and use by intake, project or management unit
always, since supply links belong to users. No intake at all is a known zero.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from django.db.models import Exists, Max, OuterRef, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from liangshui.accounting import columns, entries
from liangshui.accounting.codes import EXACT, Method, Stage
from liangshui.accounting.columns import Places
from liangshui.accounting.entries import METHODS, cubic
from liangshui.accounting.models import AccountEntry, Recompute
from liangshui.accounting.rules.choose import DayChoice, choose_days
from liangshui.core.access import Territory
from liangshui.core.errors import Invalid
from liangshui.core.periods import Period, month, plan_year
from liangshui.registry.codes import Sector, SourceKind
from liangshui.registry.models import Intake, ManagementUnit, Project, Source, WaterUser

GROUPINGS = ("user", "project", "intake", "village", "town", "unit", "sector", "source", "source_kind", "total")
UNTOLD = frozenset({"user", "town", "village", "sector", "source", "source_kind", "total"})
"""Groupings by which supply can be told."""

PLACES = frozenset({"village", "town", "unit"})
"""Filters under which it cannot be told of a user: its intakes lie here and there, what it passes on counts at its seat."""


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


def account(territory: Territory, period: Period, by: str, filters: dict[str, Any] | None = None) -> list[AccountRow]:
    """The account of a period by one grouping, in the order of codes; only rows of which something is known or asked.

    Args:
        territory: only entries in these divisions or of these users.
        period: whole days; any range. Whole months are read from entries, parts of months are counted by the same rules.
        by: user, project, intake, village, town, unit, sector, source, source_kind or total.
        filters: any of user, project, intake, village, town, unit, source (ids), sector, source_kind; users, projects
            and intakes by one id or a frozenset of them.

    Raises:
        Invalid: there is no such grouping.
    """
    if by not in GROUPINGS:
        raise Invalid(_("An account can be grouped by %(list)s.") % {"list": ", ".join(GROUPINGS)}, field="by")
    filters, places = filters or {}, Places()
    rows = _keyed(columns.table(territory, period, filters, places), [by], places)
    found = _sums(rows, days_of_sharers=by == "user" or "user" in filters)
    counts = _counts(rows)
    told = by in UNTOLD and not (by == "user" and PLACES & set(filters))
    made = [
        row
        for key, row in ((key, _row(key, sums, told, counts.get(key, (0, 0)))) for key, sums in found.items())
        if by in UNTOLD or row.intakes or row.returned_m3 or row.abstraction_m3
    ]
    return _named(made, by, places)


def whole_months(period: Period) -> bool:
    """Whether a period is read from entries alone; else parts of its months are counted, which takes its time unless an intake or
    project is asked for."""
    return not columns.split(period)[1]


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


def _keyed(rows: pa.Table, parts: Sequence[str], places: Places) -> pa.Table:
    """Entries with the columns of groupings: key0, key1, ...; "total" has none."""
    for number, by in enumerate(parts):
        if by != "total":
            rows = rows.append_column(f"key{number}", columns.rolled(rows, by, places))
    return rows


def _keys(rows: pa.Table) -> list[str]:
    return [name for name in rows.column_names if name.startswith("key")]


def _added(rows: pa.Table, keys: Sequence[str]) -> Iterator[tuple[Any, ...]]:
    """Values of the keys, days, volume, low, high (litres; None: of none of the entries known), and how many volumes nothing bounds."""
    endless = pc.and_(pc.is_null(rows["high_l"]), pc.not_equal(rows["method"], ""))
    rows = rows.append_column("endless", pc.cast(endless, pa.int64()))
    names = ["days", "volume_l", "low_l", "high_l", "endless"]
    sums = rows.group_by(list(keys)).aggregate([(name, "sum") for name in names])
    return zip(*(sums[name].to_pylist() for name in (*keys, *(f"{n}_sum" for n in names))), strict=True)


def _sums(rows: pa.Table, *, days_of_sharers: bool) -> dict[Any, _Sums]:
    """Sums by key, stage and method. Days of a shared well count once, unless each of its users is asked for."""
    if not days_of_sharers:
        own = pc.if_else(pc.equal(rows["sharer"], 0), rows["days"], 0)
        rows = rows.set_column(rows.schema.get_field_index("days"), "days", own)
    found: dict[Any, _Sums] = defaultdict(_Sums)
    for *key, stage, method, days, volume, low, high, endless in _added(rows, [*_keys(rows), "stage", "method"]):
        sums = found[key[0] if key else None]
        sums.add(stage, method, days or 0, volume, low, high)
        sums.high_known = sums.high_known and not (endless and stage == Stage.ABSTRACTION)
    return found


def _taken(rows: pa.Table) -> pa.Table:
    return rows.filter(pc.equal(rows["stage"], Stage.ABSTRACTION.value))


def _counts(rows: pa.Table) -> dict[Any, tuple[int, int]]:
    """How many intakes lie behind a row, and how many of them have a volume; a volume that stays with a user is no intake's."""
    taken, keys = _taken(rows), _keys(rows)
    taken = taken.filter(pc.is_valid(taken["intake"]))
    taken = taken.append_column("told", pc.cast(pc.not_equal(taken["method"], ""), pa.int64()))
    intakes = taken.group_by([*keys, "intake"]).aggregate([("told", "max")])
    counted = intakes.group_by(keys).aggregate([("told_max", "count"), ("told_max", "sum")])
    numbers = (counted[name].to_pylist() for name in (*keys, "told_max_count", "told_max_sum"))
    return {row[0] if keys else None: (row[-2], row[-1] or 0) for row in zip(*numbers, strict=True)}


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
        by_method={name: cubic(methods[name]) for name in METHODS if name in methods},  # type: ignore[misc]
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
    names, rest = labels(by, [row.key for row in rows], places), ("", str(REST.get(by, _("not assigned"))))
    for row in rows:
        row.code, row.name = names.get(row.key, rest)
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
    places = Places()
    rows = _keyed(_taken(columns.table(territory, period, filters, places)), parts, places)
    for *cell, _days, volume, low, high, endless in _added(rows, _keys(rows)):
        yield tuple(cell), cubic(volume), _cubed(low), _cubed(high), not endless


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
    places = Places()
    rows = _keyed(_taken(columns.table(territory, plan_year(year), filters or {}, places)), [by], places)
    found: dict[Any, dict[date, Decimal | None]] = defaultdict(dict)
    for *key, start, _days, volume, _low, _high, _endless in _added(rows, [*_keys(rows), "month"]):
        found[key[0] if key else None][start] = cubic(volume)
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
