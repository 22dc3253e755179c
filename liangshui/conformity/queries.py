"""What a plan needs against what its place has: figures of the ledgers and of the one account, each with where it comes from."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from liangshui.accounting import queries as accounts
from liangshui.conformity.models import Plan, PlanKind, PlanLine, Study
from liangshui.conformity.rules.demand import (
    Balance,
    Carried,
    Expansion,
    Figure,
    Growth,
    Line,
    Water,
    YearOfLand,
    allotted_at,
    balances,
    carried,
    expansions,
    growth,
)
from liangshui.conformity.rules.duty import Duty, Subject, duties
from liangshui.core.access import Actor, Right, Territory
from liangshui.core.periods import ONE_DAY, plan_year
from liangshui.permits.casework import SETS_TERMS, UNDER_REVIEW
from liangshui.permits.models import Case
from liangshui.quota.models import AllotmentEntry
from liangshui.quota.queries import allotted, county
from liangshui.quota.rules.closing import Node
from liangshui.quota.units import standing
from liangshui.registry.codes import GROUNDWATER, DivisionLevel, Sector, SourceKind
from liangshui.registry.models import Division, IrrigatedArea
from liangshui.registry.queries import TOWN_LEVELS, towns

ZERO = Decimal(0)
YEARS_BACK = 5


@dataclass(frozen=True, slots=True)
class Result:
    """All that is told of a plan on a day."""

    plan: Plan
    on: date
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
    rows = tuple(plan.lines.all())
    lines = [row.as_line for row in rows]
    waters = _waters(plan, lines, on)
    present, baseline = _land(plan.division)
    land = _years_of_land(plan.division, on) if any(row.measure == "mu" for row in rows) else []
    return Result(
        plan, on, rows, balances(lines, waters, on_top=plan.on_top), carried(lines, waters, on_top=plan.on_top),
        expansions(lines, present, baseline, on_top=plan.on_top), growth(land), land, duties(subject_of(plan)),
    )  # fmt: skip


# --- water ---


def _waters(plan: Plan, lines: Sequence[Line], on: date) -> dict[tuple[int, str], Water]:
    keys = {(line.year, sector) for line in lines for sector in (line.sector, "")}
    used, permitted = _used(plan, on), _permitted(plan, on)
    given: dict[tuple[int, str], Figure] = {}
    for year in {year for year, _sector in keys}:
        given |= {(year, sector): figure for sector, figure in _allotted(plan, year).items()}
    return {key: Water(given[key], used[key[1]], permitted[key[1]]) for key in keys}


def _allotted(plan: Plan, year: int) -> dict[str, Figure]:
    """By sector ("": all) from the ledger of a year; where it has none yet, from the last year before that has one."""
    place = county()
    known = AllotmentEntry.objects.filter(county=place, year__lte=year).order_by("-year").first()
    if known is None:
        return dict.fromkeys(("", *Sector.values), Figure(None, _("nothing is allotted up to %s") % year))
    found: dict[str, Decimal] = {}
    unit, town = plan.management_unit_id, None if plan.division_id == place.pk else plan.division_id
    for kind in GROUNDWATER if unit else SourceKind:
        ledger = allotted(place, known.year, kind)
        for sector in ("", *Sector.values):
            value = allotted_at(ledger, Node(unit, town, sector or None))
            if value is not None:
                found[sector] = found.get(sector, ZERO) + value
    told = {"asked": year, "year": known.year}
    source = (
        _("ledger of allotments %(year)s") % told if known.year == year
        else _("ledger of allotments %(year)s, since %(asked)s has none yet") % told
    )  # fmt: skip
    return {sector: Figure(found.get(sector), source) for sector in ("", *Sector.values)}


def _used(plan: Plan, on: date) -> dict[str, Figure]:
    """Abstraction of the last whole year, by the account."""
    year = on.year - 1
    here = Territory(paths=frozenset({plan.division.path}))
    asked: list[dict[str, Any]] = [{}]
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
    if all(row.abstraction_m3 is None for row in rows[""]):
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


def _areas(place: Division, *, baseline: bool) -> list[Row]:
    rows = IrrigatedArea.objects.within(Territory(paths=frozenset({place.path}))).filter(is_baseline=baseline)
    return list(rows.order_by("year", "pk").values_list("user_id", "intake_id", "year", "area_mu"))


def _by_user(rows: Iterable[Row], year: int | None = None) -> dict[int, Decimal]:
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


def _land(place: Division) -> tuple[Figure, Figure]:
    """Present and baseline area of a place. A baseline that leaves out users who irrigate is none: more would look like growth."""
    now_rows, base_rows = _areas(place, baseline=False), _areas(place, baseline=True)
    now, base = _by_user(now_rows), _by_user(base_rows)
    present = Figure(sum(now.values()) if now else None, _("ledger of irrigated area %s") % _years(now_rows))
    known = len(base.keys() & now.keys())
    if known < len(now) or not base:
        told = {"n": known, "all": len(now)}
        return present, Figure(None, _("baseline entered for %(n)s of %(all)s users that irrigate") % told)
    return present, Figure(sum(base.values(), ZERO), _("baseline of irrigated area %s") % _years(base_rows))


def _years(rows: list[Row]) -> str:
    return str(rows[-1][2]) if rows else ""


def _years_of_land(place: Division, on: date) -> list[YearOfLand]:
    """Area and farm use of each town in the last whole years of which the ledger knows an area."""
    here = Territory(paths=frozenset({place.path}))
    town_of = dict(
        IrrigatedArea.objects.within(here).values_list("user_id", "user__division__parent_id").distinct()
    ) | dict(
        IrrigatedArea.objects.within(here).filter(user__division__level__in=TOWN_LEVELS)
        .values_list("user_id", "user__division_id").distinct()
    )  # fmt: skip
    rows, found = _areas(place, baseline=False), []
    names = {town.pk: town.name for town in towns(here)}
    for year in sorted({row[2] for row in rows if on.year - YEARS_BACK <= row[2] < on.year}):
        use = {
            row.key: row.abstraction_m3
            for row in accounts.account(here, plan_year(year), "town", {"sector": Sector.AGRICULTURE.value})
        }
        area: dict[int, Decimal] = defaultdict(lambda: ZERO)
        for user, mu in _by_user(rows, year).items():
            area[town_of[user]] += mu
        found += [YearOfLand(name, year, area.get(pk), use.get(pk)) for pk, name in names.items() if pk in area]
    return sorted(found, key=lambda each: (each.place, each.year))
