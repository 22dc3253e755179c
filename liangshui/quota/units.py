"""Management units as they stand: totals, levels, orders, and the state that follows; read by permits too.

A state of the past is read from its entries (`UnitStateEntry`), never computed anew: what was known then is what counted.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Q
from django.utils import timezone
from shapely.geometry import shape

from liangshui.accounting import queries as accounting
from liangshui.core.access import EVERYWHERE, Territory
from liangshui.core.periods import Period, plan_year
from liangshui.parameters.queries import law
from liangshui.quota.models import (
    AllotmentEntry,
    LevelIndicator,
    LevelReading,
    LevelWell,
    Release,
    UnitOrder,
    UnitStateDay,
    UnitStateEntry,
)
from liangshui.quota.queries import allotted
from liangshui.quota.rules import levels, states
from liangshui.quota.rules.closing import Node
from liangshui.quota.rules.levels import Change, Indicator, Level, Measure, Well
from liangshui.quota.rules.states import Ground, Order, Terms, Totals, UnitState, Use
from liangshui.records.fields import from_ms, to_ms
from liangshui.records.models import FigureState
from liangshui.registry.codes import DivisionLevel, ShapeKind, SourceKind
from liangshui.registry.models import Division, Intake, ManagementUnit, Project, Shape
from liangshui.telemetry import queries as telemetry
from liangshui.telemetry.codes import Quantity
from liangshui.telemetry.models import SeriesEdit

ZERO = Decimal(0)
SOURCES = (SourceKind.SHALLOW.value, SourceKind.DEEP.value)
FIGURES = ("control_m3", "permitted_m3", "pumped_m3")
"""The figures of `Totals` that are written with a state."""

Key = tuple[int, str]
"""Id of a unit, and a kind of groundwater."""


@dataclass(frozen=True, slots=True)
class Permitted:
    """The permitted volume of a project a year, where the project lies, at the source and unit of its permit; where that names none,
    of most of its intakes. An approval whose certificate is still to come counts like a permit; a permit that is restricted for a time,
    or whose next term allows more, with what it takes up otherwise."""

    project: int
    user: int
    village: int
    town: int | None
    management_unit: int | None
    source: str
    sector: str
    volume_m3: Decimal
    since: date | None
    until: date | None

    def holds(self, start: date, end: date) -> bool:
        """Whether the permit is valid on any day from start to end (not included)."""
        return (self.since is None or self.since < end) and (self.until is None or self.until >= start)


def standing(territory: Territory) -> list[Permitted]:
    """Every project with a permitted volume, once."""
    usual: dict[int, Counter[tuple[Any, ...]]] = defaultdict(Counter)
    for project, *place in Intake.objects.values_list("project_id", "source__kind", "sector", "management_unit_id"):
        usual[project][tuple(place)] += 1
    found = []
    for each in Project.objects.within(territory).filter(permitted_m3__isnull=False).select_related("division"):
        common = usual[each.pk].most_common(1)
        source, sector, unit = common[0][0] if common else ("", "", None)
        source, unit = each.permit_source or source, each.permit_unit_id or unit
        village = each.division_id
        town = each.division.parent_id if each.division.level == DivisionLevel.VILLAGE else village
        found.append(
            Permitted(
                each.pk,
                each.user_id,
                village,
                town,
                unit,
                source,
                sector,
                each.permitted_m3 if each.permit_counted_m3 is None else each.permit_counted_m3,
                each.permit_from,
                each.permit_to,
            )
        )
    return found


def totals(county: Division, on: date, only: ManagementUnit | None = None) -> dict[Key, Totals]:
    """Of each unit (or of `only` one) and kind of groundwater: control total of the year, what permits allow, what was pumped.

    Pumped is the greater of the last whole year and this year so far, so that a young year hides nothing; where the account does not
    cover the last year from its first day, more may have been pumped.
    """
    permits, found = standing(EVERYWHERE), {}
    part_only = bool(accounting.uncovered(on.year - 1))
    pumped: dict[Key, Decimal] = {}
    partial: set[Key] = set()
    narrowed = {"unit": only.pk} if only else None
    for period in (plan_year(on.year - 1), Period.inclusive(date(on.year, 1, 1), on)):
        for (unit, source), cell in accounting.abstraction_ranges(
            EVERYWHERE, period, ("unit", "source_kind"), narrowed
        ).items():
            if cell.intakes_without_volume:
                partial.add((unit, source))
            if cell.m3 is not None:
                pumped[unit, source] = max(pumped.get((unit, source), ZERO), cell.m3)
    ids = [only.pk] if only else list(ManagementUnit.objects.values_list("pk", flat=True))
    for source in SOURCES:
        control = allotted(county, on.year, source, on)
        allowed: dict[int | None, Decimal] = defaultdict(lambda: ZERO)
        for permit in permits:
            if permit.source == source and permit.holds(on, date.max):
                allowed[permit.management_unit] += permit.volume_m3
        for pk in ids:
            key, total = (pk, source), control.get(Node(unit=pk))
            if total is not None or allowed[pk] or key in pumped:
                found[key] = Totals(total, allowed[pk], pumped.get(key), part_only or key in partial)
    return found


# --- levels -----------------------------------------------------------------------------------------------------------


def wells(first: date, last: date, rows: Iterable[LevelWell]) -> dict[Key, list[Well]]:
    """Monitoring wells with their daily values, by unit and source: of the station, else read by hand; edits are used."""
    rows = list(rows)
    by_series: dict[int, dict[date, list[Decimal]]] = defaultdict(lambda: defaultdict(list))
    ids = [row.series_id for row in rows if row.series_id]
    since, until = telemetry.span(first, last)
    edits = {
        (edit.series_id, to_ms(edit.at)): edit.after
        for edit in SeriesEdit.objects.filter(series__in=ids, at__gte=since, at__lt=until, taken_back_at=None)
    }
    values: dict[tuple[int, int], Decimal | None] = {}
    for each in sorted(telemetry.observations(ids, first, last), key=lambda o: (o.received_at, o.pk)):
        values[each.series_id, to_ms(each.at)] = each.value
    for (series, at), value in (values | {key: after for key, after in edits.items() if key in values}).items():
        if value is not None:
            by_series[series][timezone.localtime(from_ms(at)).date()].append(value)
    by_hand: dict[int, dict[date, Decimal]] = defaultdict(dict)
    for reading in LevelReading.objects.filter(well__in=rows, day__gte=first, day__lte=last).order_by("pk"):
        by_hand[reading.well_id][reading.day] = reading.depth_m
    found: dict[Key, list[Well]] = defaultdict(list)
    for row in rows:
        days = {day: sum(each, ZERO) / len(each) for day, each in by_series[row.series_id or 0].items()}
        own = Measure.LEVEL if row.series and row.series.quantity == Quantity.LEVEL else Measure.DEPTH
        both: dict[Measure, dict[date, Decimal]] = {Measure.DEPTH: {}, Measure.LEVEL: {}}
        for measure, given in ((Measure.DEPTH, by_hand[row.pk]), (own, days)):
            other = Measure.LEVEL if measure is Measure.DEPTH else Measure.DEPTH
            for day, value in given.items():
                both[measure][day] = value
                both[other].pop(day, None)
                if row.ground_m is not None:
                    both[other][day] = row.ground_m - value
        found[row.unit_id, row.source_kind].append(
            Well(row.pk, row.name, row.weight, both, row.valid_from, row.valid_to)
        )
    return found


def indicators(rows: Iterable[LevelIndicator]) -> dict[Key, list[Indicator]]:
    """Those confirmed, by unit and source; of one period and well the last confirmed."""
    last: dict[tuple[Any, ...], LevelIndicator] = {}
    for row in sorted(
        (row for row in rows if row.state == FigureState.BINDING), key=lambda row: (row.decided_at, row.pk)
    ):
        last[row.unit_id, row.source_kind, row.well_id, row.year, row.period] = row
    found: dict[Key, list[Indicator]] = defaultdict(list)
    for row in last.values():
        measure, document = Measure(row.measure), row.document_number
        made = Indicator(measure, row.threshold_m, row.year, row.period, row.well_id, document)
        found[row.unit_id, row.source_kind].append(made)
    return found


def levels_on(on: date) -> dict[Key, Level]:
    """Of each unit and source with an indicator: whether it was kept, by the last periods that are over."""
    known = indicators(LevelIndicator.objects.all())
    counting = {key: levels.counting(rows, on) for key, rows in known.items()}
    spans = [each.span for rows in counting.values() for each in rows]
    if not spans:
        return {}
    rows = LevelWell.objects.filter(unit__in={unit for unit, _source in counting}).select_related("series")
    measured = wells(min(span.start for span in spans), max(span.last for span in spans), rows)
    return {key: levels.level(rows, measured.get(key, []), on) for key, rows in counting.items()}


def quarters_before(on: date, count: int) -> list[tuple[int, str]]:
    """The last quarters that are over, the newest first: (2026, "Q3")."""
    number = on.year * 4 + (on.month - 1) // 3
    return [((number - n) // 4, f"Q{(number - n) % 4 + 1}") for n in range(1, count + 1)]


@dataclass(frozen=True, slots=True)
class Compared:
    """Units and wells of a quarter against the year before, the worst first."""

    year: int
    period: str
    units: list[Change[Key]]
    wells: list[Change[int]]


def year_on_year(quarters: Iterable[tuple[int, str]], rows: Iterable[LevelWell]) -> list[Compared]:
    """Depths of quarters against the same a year before (GW-YOY): ranks and warns, never suspends.

    A unit is compared by the wells that counted in both quarters.
    """
    quarters, rows = list(quarters), list(rows)
    spans = [levels.span(year - back, code) for year, code in quarters for back in (0, 1)]
    if not rows or not spans:
        return [Compared(year, code, [], []) for year, code in quarters]
    measured = wells(min(span.start for span in spans), max(span.last for span in spans), rows)
    found = []
    for year, code in quarters:
        now, before = levels.span(year, code), levels.span(year - 1, code)
        of_units, of_wells = {}, {}
        for key, each in measured.items():
            both = [well for well in each if well.counts(now) and well.counts(before)]
            of_units[key] = tuple(levels.weighted(both, Measure.DEPTH, span) for span in (now, before))
            for well in each:
                if well.counts(now):
                    of_wells[well.id] = tuple(well.mean(Measure.DEPTH, span).value_m for span in (now, before))
        found.append(Compared(year, code, levels.year_on_year(of_units), levels.year_on_year(of_wells)))
    return found


# --- state ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Standing:
    """A unit and a kind of groundwater on a day, with everything its state follows from."""

    unit: ManagementUnit
    source: str
    totals: Totals
    level: Level
    orders: tuple[Order, ...]
    state: UnitState
    since: date

    @property
    def source_label(self) -> str:
        return str(SourceKind(self.source).label)


def orders_on(on: date) -> dict[Key, tuple[Order, ...]]:
    """Confirmed orders in force, by unit and source; an order without a kind of groundwater is one for both."""
    found: dict[Key, list[Order]] = defaultdict(list)
    for row in UnitOrder.objects.on(on).filter(state=FigureState.BINDING).order_by("pk"):
        spared = frozenset(Use(use) for use in row.spared if use in set(Use))
        for source in [row.source_kind] if row.source_kind else SOURCES:
            found[row.unit_id, source].append(Order(row.document_number, row.ground, spared))
    return {key: tuple(rows) for key, rows in found.items()}


def standings(
    county: Division,
    on: date,
    released: dict[Key, frozenset[Ground]] | None = None,
    only: ManagementUnit | None = None,
) -> list[Standing]:
    """State of every unit (or of `only` one) of which anything is known; what suspended it until now stays, but for what is just
    released."""
    terms, known = Terms.of(law(), on), totals(county, on, only)
    kept, orders = levels_on(on), orders_on(on)
    entries = {(row.unit_id, row.source_kind): row for row in UnitStateEntry.objects.on(on)}
    keys = known.keys() | kept.keys() | orders.keys() | entries.keys()
    found = []
    for unit in [only] if only else ManagementUnit.objects.select_related("division").order_by("code"):
        for source in SOURCES:
            key = (unit.pk, source)
            if key not in keys:
                continue
            entry = entries.get(key)
            held = frozenset(map(Ground, entry.grounds)) if entry else frozenset()
            held -= (released or {}).get(key, frozenset())
            figures, level, by = known.get(key, Totals(None, ZERO)), kept.get(key, Level()), orders.get(key, ())
            state = states.state(figures, level, by, terms, held)
            since = entry.valid_from if entry and entry.kind == state.kind else on
            found.append(Standing(unit, source, figures, level, by, state, since))
    return found


def past(on: date, visible: Collection[int]) -> list[tuple[UnitStateEntry, UnitStateDay | None]]:
    """States of some units as they were written for a day, with the figures and reasons that were the last known on it."""
    entries = (
        UnitStateEntry.objects.on(on)
        .filter(unit__in=visible)
        .select_related("unit")
        .order_by("unit__code", "source_kind", "pk")
    )
    last = {row.entry_id: row for row in UnitStateDay.objects.filter(entry__in=entries, day__lte=on).order_by("day")}
    return [(entry, last.get(entry.pk)) for entry in entries]


SLIVER = 0.01
"""Outlines that overlap by less than this share of the smaller touch by the way they were drawn, not on the ground."""


def touching(territory: Territory) -> set[int]:
    """Ids of the units that touch a territory: in which an intake of it lies or water is allotted to it, or whose outline overlaps that of
    one of its towns. All of them for who sees the whole county."""
    county = Division.objects.filter(level=DivisionLevel.COUNTY).order_by("path").first()
    if territory.everywhere or (county is not None and territory.holds_path(county.path)):
        return set(ManagementUnit.objects.values_list("pk", flat=True))
    places = Division.objects.within(territory)
    intakes = Intake.objects.within(territory).filter(management_unit__isnull=False)
    given = AllotmentEntry.objects.filter(unit__isnull=False).filter(
        Q(pk__in=AllotmentEntry.objects.within(territory).values("pk")) | Q(village__in=places)
    )
    found = {*intakes.values_list("management_unit_id", flat=True), *given.values_list("unit_id", flat=True)}
    towns = [
        shape(each.geometry)
        for each in Shape.objects.filter(kind=ShapeKind.DIVISION, division__in=places)
        if each.geometry.get("coordinates")
    ]
    if towns:
        for unit in ManagementUnit.objects.exclude(pk__in=found).exclude(geometry=None):
            if unit.geometry.get("coordinates") and any(_overlap(shape(unit.geometry), town) for town in towns):
                found.add(unit.pk)
    return found


def _overlap(one: Any, other: Any) -> bool:
    return bool(one.intersection(other).area > SLIVER * min(one.area, other.area))


def waiting(person: int | None) -> int:
    """How many level indicators, orders and releases wait for a second officer who is not the one that entered them."""
    rows = (
        model.objects.filter(state=FigureState.PROPOSED).exclude(entered_by=person)
        for model in (LevelIndicator, UnitOrder, Release)
    )
    return sum(each.count() for each in rows)
