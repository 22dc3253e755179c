"""What a plan needs against what its place has: figures of the ledgers and of the one account, each with where it comes from."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from liangshui.accounting import queries as accounts
from liangshui.conformity.models import Plan, PlanKind, PlanLine, Study
from liangshui.conformity.rules.demand import (
    NOTHING,
    Balance,
    Carried,
    Closed,
    Expansion,
    Figure,
    Growth,
    Line,
    Water,
    YearOfLand,
    allotted_at,
    balances,
    carried,
    closed_m3,
    expansions,
    growth,
)
from liangshui.conformity.rules.duty import Duty, Subject, duties
from liangshui.core.access import Actor, Right, Territory
from liangshui.core.periods import ONE_DAY, plan_year
from liangshui.parameters.queries import law
from liangshui.permits.casework import SETS_TERMS, UNDER_REVIEW
from liangshui.permits.models import Case
from liangshui.permits.queries import unit_of
from liangshui.permits.rules.gate import Terms, Use, of_unit
from liangshui.quota.models import AllotmentEntry
from liangshui.quota.queries import allotted, county
from liangshui.quota.rules.closing import Node
from liangshui.quota.units import Standing, standing, standings, touching
from liangshui.registry.codes import GROUNDWATER, DivisionLevel, Sector, SourceKind
from liangshui.registry.models import Division, IrrigatedArea, ManagementUnit
from liangshui.registry.queries import TOWN_LEVELS, towns

ZERO = Decimal(0)
YEARS_BACK = 5


@dataclass(frozen=True, slots=True)
class PlaceUnit:
    """A management unit and a kind of groundwater of a plan's place; without standing nothing is known of it. `spares`: suspended, but
    for living a person may still let more be taken, as the gate does."""

    unit: ManagementUnit
    standing: Standing | None = None
    spares: bool = False

    @property
    def suspended(self) -> bool:
        return self.standing is not None and self.standing.state.suspended

    @property
    def source(self) -> str:
        return self.standing.source if self.standing else ""


@dataclass(frozen=True, slots=True)
class Result:
    """All that is told of a plan on a day. `units`: the management units of its place; None: nobody knows which."""

    plan: Plan
    on: date
    units: tuple[PlaceUnit, ...] | None
    rows: tuple[PlanLine, ...]
    balances: list[Balance]
    carried: list[Carried]
    expansions: list[Expansion]
    growth: list[Growth]
    land: list[YearOfLand]
    duties: tuple[Duty, ...]

    @property
    def short(self) -> list[Balance]:
        """Balances that are short of water."""
        return [each for each in self.balances if each.left_m3 is not None and each.left_m3 < 0]

    @property
    def suspended(self) -> list[PlaceUnit]:
        """Units of its place from which no new groundwater is granted."""
        return [each for each in self.units or () if each.suspended]

    @property
    def unknown(self) -> list[Balance]:
        """Balances of which nobody can say."""
        return [each for each in self.balances if each.left_m3 is None]


def plans(territory: Territory) -> Any:
    return Plan.objects.within(territory).select_related("division", "management_unit", "entered_by")


def studies(territory: Territory) -> Any:
    return Study.objects.within(territory).select_related(
        "division", "plan", "project", "case__applicant", "entered_by"
    )


def cases_under_review(actor: Actor) -> QuerySet[Case]:
    """Applications into whose conditions figures of a study may still go."""
    rows = Case.objects.within(actor.territory(Right.PERMITS_VIEW)).filter(kind__in=SETS_TERMS, state__in=UNDER_REVIEW)
    return rows.select_related("applicant").order_by("-number")


def places(territory: Territory) -> Any:
    """Counties, towns and areas for which a reader may enter a plan: below them nothing is allotted by sector."""
    return Division.objects.within(territory).filter(level__in=[DivisionLevel.COUNTY, *TOWN_LEVELS]).order_by("path")


def subject_of(plan: Plan) -> Subject:
    return Subject(plan.kind == PlanKind.PROJECT, plan.abstracts, plan.large_change)


def result(plan: Plan, on: date) -> Result:
    """What a plan needs against the water of its place, as it is known on a day."""
    rows = tuple(plan.lines.select_related("norm"))
    lines = [row.as_line for row in rows]
    units = units_of(plan, on)
    waters = _waters(plan, lines, units or (), on)
    here = Territory(paths=frozenset({plan.division.path}))
    present, baseline = land_of(areas(here, baseline=False), areas(here, baseline=True))
    land = _years_of_land(plan.division, on) if any(row.measure == "mu" for row in rows) else []
    return Result(
        plan, on, units, rows, balances(lines, waters, on_top=plan.on_top), carried(lines, waters, on_top=plan.on_top),
        expansions(lines, present, baseline, on_top=plan.on_top), growth(land), land, duties(subject_of(plan)),
    )  # fmt: skip


# --- management units ---


def units_of(plan: Plan, on: date) -> tuple[PlaceUnit, ...] | None:
    """The units of a plan's place with their state on a day: the one it names, or all that touch its place. None: there are units, and
    none is known to touch it."""
    here = Territory(paths=frozenset({plan.division.path}))
    touched = {plan.management_unit_id} if plan.management_unit_id else touching(here)
    if not touched:
        return None if ManagementUnit.objects.exists() else ()
    terms, found = Terms.of(law(), on), []
    known: dict[int, list[Standing]] = defaultdict(list)
    for each in standings(county(), on):
        known[each.unit.pk].append(each)
    for unit in ManagementUnit.objects.filter(pk__in=touched).order_by("code"):
        for each in known[unit.pk]:
            spares = each.state.suspended and not of_unit(unit_of(each), Use.LIVING, terms).failed
            found.append(PlaceUnit(unit, each, spares))
        if not known[unit.pk]:
            found.append(PlaceUnit(unit))
    return tuple(found)


# --- water ---

USES = ("", *Sector.values)
"""All uses together, and each."""


def _waters(plan: Plan, lines: Sequence[Line], units: Sequence[PlaceUnit], on: date) -> dict[tuple[int, str], Water]:
    keys = {(line.year, sector) for line in lines for sector in (line.sector, "")}
    used, permitted = _used(plan, on), _permitted(plan, on)
    waters: dict[tuple[int, str], Water] = {}
    for year in {year for year, _sector in keys}:
        living = sum((line.need_m3 for line in lines if (line.year, line.sector) == (year, Sector.LIVING)), ZERO)
        ledgers = Ledgers.of(year)
        given, closed = _allotted(plan, ledgers), _closed(plan, ledgers, units, living, on)
        waters |= {(year, use): Water(given[use], used[use], permitted[use], closed[use]) for use in USES}
    return {key: waters[key] for key in keys}


@dataclass(frozen=True, slots=True)
class Ledgers:
    """The allotments of a year by source; where it has none yet, those of the last year before that has some."""

    by_kind: Mapping[str, Mapping[Node, Decimal]]
    source: str

    @classmethod
    def of(cls, year: int) -> "Ledgers":
        place = county()
        known = AllotmentEntry.objects.filter(county=place, year__lte=year).order_by("-year").first()
        if known is None:
            return cls({}, _("nothing is allotted up to %s") % year)
        told = {"asked": year, "year": known.year}
        source = (
            _("ledger of allotments %(year)s") % told if known.year == year
            else _("ledger of allotments %(year)s, since %(asked)s has none yet") % told
        )  # fmt: skip
        return cls({kind: allotted(place, known.year, kind) for kind in SourceKind.values}, source)

    def at(self, kind: str, node: Node) -> Decimal | None:
        return allotted_at(self.by_kind.get(kind, {}), node)

    def in_unit(self, kind: str, node: Node, unit: int) -> Decimal | None:
        """The part of a node that lies in a unit; None: not all of the node is split among units, so nobody can tell."""
        split = {node._replace(unit=each.unit) for each in self.by_kind.get(kind, {}) if each.unit}
        parts = {each.unit: self.at(kind, each) or ZERO for each in split}
        whole = self.at(kind, node)
        return parts.get(unit, ZERO) if whole is None or whole == sum(parts.values(), ZERO) else None


def _node(plan: Plan, use: str) -> Node:
    town = None if plan.division.level == DivisionLevel.COUNTY else plan.division_id
    return Node(plan.management_unit_id, town, use or None)


def _allotted(plan: Plan, ledgers: Ledgers) -> dict[str, Figure]:
    """By use, from all sources; with a unit from its groundwater only."""
    found: dict[str, Decimal] = {}
    for kind in GROUNDWATER if plan.management_unit_id else SourceKind.values:
        for use in USES:
            value = ledgers.at(kind, _node(plan, use))
            if value is not None:
                found[use] = found.get(use, ZERO) + value
    return {use: Figure(found.get(use), ledgers.source) for use in USES}


def _closed(
    plan: Plan, ledgers: Ledgers, units: Sequence[PlaceUnit], living_m3: Decimal, on: date
) -> dict[str, Figure]:
    """What is left in suspended units, by use: allotted there, less the use of last year. Where all units of the place are suspended it
    need not be known how its water is split among them."""
    shut = [each for each in units if each.suspended]
    if not shut:
        return dict.fromkeys(USES, NOTHING)
    parts: dict[str, list[Closed]] = defaultdict(list)
    touched = {each.unit.pk for each in units}
    for kind in sorted(GROUNDWATER):
        of_kind = {each.unit.pk: each.spares for each in shut if each.source == kind}
        groups: dict[int | None, bool] = dict(of_kind.items())
        if of_kind and of_kind.keys() == touched:
            groups = {plan.management_unit_id: all(of_kind.values())}
        for unit, spares in groups.items():
            used = _used(plan, on, [{"source_kind": kind} | ({"unit": unit} if unit else {})])
            for use in USES:
                node = _node(plan, use)
                whole = unit in (None, plan.management_unit_id)
                here = (ledgers.at(kind, node) or ZERO) if whole else ledgers.in_unit(kind, node, unit or 0)
                parts[use].append(Closed(here, used[use].value if here else ZERO, spares))
    told = {"on": on, "ledger": ledgers.source, "year": on.year - 1}
    source = _("units suspended on %(on)s: %(ledger)s, less the water account %(year)s") % told
    unknown = _("%s; the ledger or the account does not say how much of it lies in suspended units") % source
    found = {use: closed_m3(parts[use], living_m3 if use == "" else ZERO) for use in USES}
    found[Sector.LIVING] = closed_m3(part for part in parts[Sector.LIVING] if not part.spares)
    return {use: Figure(value, source if value is not None else unknown) for use, value in found.items()}


def _used(plan: Plan, on: date, asked: Sequence[dict[str, Any]] | None = None) -> dict[str, Figure]:
    """Abstraction of the last whole year, by the account; of the plan's place, or of a part of it (`asked`: filters of the account)."""
    year = on.year - 1
    here = Territory(paths=frozenset({plan.division.path}))
    if asked is None:
        asked = [{}]
        if plan.management_unit_id:  # a unit is one of groundwater
            asked = [{"unit": plan.management_unit_id, "source_kind": kind} for kind in sorted(GROUNDWATER)]
    rows: dict[str, list[Any]] = defaultdict(list)
    for filters in asked:
        rows[""] += accounts.account(here, plan_year(year), "total", filters)
        for row in accounts.account(here, plan_year(year), "sector", filters):
            rows[row.key].append(row)
    source = _("water account %s") % year
    if why := accounts.uncovered(year):
        return dict.fromkeys(("", *Sector.values), Figure(None, f"{source} ({why})"))
    if rows[""] and all(row.abstraction_m3 is None for row in rows[""]):
        return dict.fromkeys(("", *Sector.values), Figure(None, source))
    return {sector: _together(rows[sector], source) for sector in ("", *Sector.values)}


def _together(rows: list[Any], source: str) -> Figure:
    known = [row.abstraction_m3 for row in rows if row.abstraction_m3 is not None]
    without, intakes = sum(row.intakes_without_volume for row in rows), sum(row.intakes for row in rows)
    told = {"source": source, "n": without, "all": intakes}
    words = _("%(source)s (%(n)s of %(all)s intakes without volume)") % told if without else source
    return Figure(sum(known, ZERO) if known or not rows else None, words, bool(without))


def _permitted(plan: Plan, on: date) -> dict[str, Figure]:
    found: dict[str, Decimal] = defaultdict(lambda: ZERO)
    for permit in standing(Territory(paths=frozenset({plan.division.path}))):
        here = plan.management_unit_id is None or (
            plan.management_unit_id == permit.management_unit and permit.source in GROUNDWATER
        )
        if permit.holds(on, on + ONE_DAY) and here:
            for sector in {"", permit.sector}:
                found[sector] += permit.volume_m3
    source = _("permits valid on %s") % on
    return {sector: Figure(found[sector], source) for sector in ("", *Sector.values)}


# --- land ---

Row = tuple[int, int | None, int, Decimal]
"""User, well, year, mu."""


def areas(territory: Territory, *, baseline: bool) -> list[Row]:
    """Irrigated areas of the ledger, the newest of each well last."""
    rows = IrrigatedArea.objects.within(territory).filter(is_baseline=baseline)
    return list(rows.order_by("year", "pk").values_list("user_id", "intake_id", "year", "area_mu"))


def by_user(rows: Iterable[Row], year: int | None = None) -> dict[int, Decimal]:
    """The area of each user up to a year: its own row or the sum of its wells, whichever is larger; they say the same land."""
    latest = {(user, well): area for user, well, of, area in rows if year is None or of <= year}
    whole: dict[int, Decimal] = {}
    wells: dict[int, Decimal] = defaultdict(lambda: ZERO)
    for (user, well), area in latest.items():
        if well is None:
            whole[user] = area
        else:
            wells[user] += area
    return {user: max(whole.get(user, ZERO), wells.get(user, ZERO)) for user in {*whole, *wells}}


def land_of(now_rows: list[Row], base_rows: list[Row]) -> tuple[Figure, Figure]:
    """Present and baseline area of a place. A baseline that leaves out users who irrigate is none: more would look like growth."""
    now, base = by_user(now_rows), by_user(base_rows)
    present = Figure(sum(now.values()) if now else None, _("ledger of irrigated area %s") % _years(now_rows))
    known = len(base.keys() & now.keys())
    if known < len(now) or not base:
        told = {"n": known, "all": len(now)}
        return present, Figure(None, _("baseline entered for %(n)s of %(all)s users that irrigate") % told)
    return present, Figure(sum(base.values(), ZERO), _("baseline of irrigated area %s") % _years(base_rows))


def _years(rows: list[Row]) -> str:
    return str(rows[-1][2]) if rows else ""


def farm_use(territory: Territory, year: int, by: str) -> dict[int, Decimal | None]:
    """Use of agriculture in a year by the account, by town, village or user; nothing where the account does not cover the year."""
    if accounts.uncovered(year):
        return {}
    rows = accounts.account(territory, plan_year(year), by, {"sector": Sector.AGRICULTURE.value})
    return {row.key: row.abstraction_m3 for row in rows}


def _years_of_land(place: Division, on: date) -> list[YearOfLand]:
    """Area and farm use of each town in the last whole years of which the ledger knows an area."""
    here = Territory(paths=frozenset({place.path}))
    town_of = dict(
        IrrigatedArea.objects.within(here).values_list("user_id", "user__division__parent_id").distinct()
    ) | dict(
        IrrigatedArea.objects.within(here).filter(user__division__level__in=TOWN_LEVELS)
        .values_list("user_id", "user__division_id").distinct()
    )  # fmt: skip
    rows, found = areas(here, baseline=False), []
    names = {town.pk: town.name for town in towns(here)}
    for year in sorted({row[2] for row in rows if on.year - YEARS_BACK <= row[2] < on.year}):
        use = farm_use(here, year, "town")
        area: dict[int, Decimal] = defaultdict(lambda: ZERO)
        for user, mu in by_user(rows, year).items():
            area[town_of[user]] += mu
        found += [YearOfLand(name, year, area.get(pk), use.get(pk)) for pk, name in names.items() if pk in area]
    return sorted(found, key=lambda each: (each.place, each.year))
