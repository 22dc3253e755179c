"""Standing permits looked at from three sides: use against conditions, intakes against permits, and what a change of law would touch."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal

from django.db.models import Count
from django.utils import timezone
from shapely.geometry import Point, shape

from liangshui.accounting import queries as accounting
from liangshui.core.access import EVERYWHERE, Territory
from liangshui.core.decision import Check, Decision
from liangshui.core.parameters import Law
from liangshui.core.periods import Period, plan_year
from liangshui.core.workdays import add_years
from liangshui.parameters.queries import law
from liangshui.permits import queries
from liangshui.permits.models import Keeping, Permit, PermitVersion
from liangshui.permits.rules.campaign import Found, Line, line
from liangshui.permits.rules.conditions import (
    Conditions,
    Finding,
    LevelRule,
    LevelStep,
    Taken,
    Verdict,
    Volume,
    check,
    disused,
    level_step,
)
from liangshui.permits.rules.gate import GROUNDWATER, Application, Source, State, Terms, Unit, Use, decide
from liangshui.quota.queries import county
from liangshui.quota.units import Permitted, standing
from liangshui.registry.codes import IntakeKind, IntakeStatus, UserKind, ZoneKind
from liangshui.registry.models import ControlZone, Intake, PowerMeter
from liangshui.telemetry import queries as telemetry
from liangshui.telemetry.models import Quantity, Series, Station

SECTORS: dict[str, frozenset[str]] = {
    Use.LIVING: frozenset({"living"}), Use.HEATING: frozenset({"living", "industry"}), Use.IRRIGATION: frozenset({"agriculture"}),
    Use.HERDING: frozenset({"agriculture"}), Use.INDUSTRY: frozenset({"industry"}), Use.SERVICE: frozenset({"living", "industry"}),
    Use.GREENING: frozenset({"ecology", "living"}), Use.WATERSCAPE: frozenset({"ecology", "living"}), Use.AMUSEMENT: frozenset({"living"}),
    Use.SNOW: frozenset({"living"}), Use.ECOLOGY: frozenset({"ecology"}),
}  # fmt: skip
"""Sectors of the ledger that a use of a permit may fall into; the ledger knows four (our reading)."""

LEVEL_DAYS = timedelta(days=90)
"""How far back depths are looked at for a restriction by level (ours)."""

WORST = (Verdict.EXCEEDED, Verdict.PERHAPS, Verdict.UNKNOWN, Verdict.KEPT)


@dataclass(frozen=True, slots=True)
class Kept:
    """A permit, what it says, and how its conditions are kept in a year."""

    permit: Permit
    version: PermitVersion
    findings: tuple[Finding, ...]
    taken_m3: Decimal | None
    level: tuple[LevelStep, date] | None
    disused: bool | None = False

    @property
    def worst(self) -> Verdict:
        found = {finding.verdict for finding in self.findings}
        return next((each for each in WORST if each in found), Verdict.UNKNOWN)

    @property
    def over_m3(self) -> Decimal:
        return max((f.over_m3 for f in self.findings), default=Decimal(0))


def _row_volume(row: accounting.AccountRow | None) -> Volume:
    return Volume(row.abstraction_m3, row.low_m3, row.high_m3) if row else Volume(None)


def months_of(version: PermitVersion) -> dict[int, Decimal]:
    """Volumes by month that a version sets."""
    return {n: Decimal(m) for n, m in enumerate(version.months_m3, 1) if m not in (None, "")}


def kept(territory: Territory, year: int, today: date, permit: Permit | None = None) -> list[Kept]:
    """Use of a year so far against the conditions of each standing permit, the most exceeded first.

    The year counts against what the permit says now; a month only when it is over, or exceeded already.
    """
    rows = (
        PermitVersion.objects.on(today)
        .filter(permit__ended_on=None)
        .select_related("permit__project", "holder", "level_station")
    )
    rows = rows.filter(permit__in=Permit.objects.within(territory))
    if permit:
        rows = rows.filter(permit=permit)
    versions = list(rows)
    whole = plan_year(year)
    if today < whole.start:
        return []
    so_far = Period.inclusive(whole.start, min(today, whole.last))
    filters = {"project": permit.project_id} if permit else None
    year_rows = {r.key: r for r in accounting.account(EVERYWHERE, so_far, "project", filters)}
    named = {n for v in versions for n in months_of(v)}
    by_month: dict[int, dict[int, accounting.AccountRow]] = {}
    for span in so_far.months():
        if span.start.month in named:
            by_month[span.start.month] = {r.key: r for r in accounting.account(EVERYWHERE, span, "project", filters)}
    sources: dict[int, dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    sectors: dict[int, dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for (project, kind, sector), volume in accounting.abstraction_cells(
        EVERYWHERE, so_far, ("project", "source_kind", "sector")
    ).items():
        if volume is not None:
            sources[project][kind] += volume
            sectors[project][sector] += volume
    idle = _idle(today, {v.permit.project_id for v in versions}, filters)
    depths = _depths([v.level_station_id for v in versions if v.level_station_id], today)
    found = []
    for version in versions:
        project = version.permit.project_id
        row = year_rows.get(project)
        taken = Taken(
            _row_volume(row), {n: _row_volume(months.get(project)) for n, months in by_month.items()},
            sources.get(project, {}), sectors.get(project, {}), row.returned_m3 if row else None,
        )  # fmt: skip
        allowed = Conditions(
            version.volume_m3,
            months_of(version),
            version.source,
            SECTORS.get(version.use, frozenset()),
            version.return_m3,
        )
        rule = LevelRule(version.warn_m, version.reduce_m, version.stop_m, version.resume_m)
        level = level_step(depths.get(version.level_station_id, ()), rule) if version.level_station_id else None
        findings = tuple(check(allowed, taken))
        found.append(Kept(version.permit, version, findings, taken.year.m3, level, idle.get(project, False)))
    return sorted(found, key=lambda k: (WORST.index(k.worst), -k.over_m3, k.permit.number))


def _idle(today: date, projects: set[int], filters: dict[str, int] | None) -> dict[int, bool | None]:
    """Of each project whether nothing was taken for the years after which a permit is cancelled (取水条例 44); a permit younger than
    that, or kept with consent, is not asked."""
    years = int(law().figure("AR-044", "years", today))
    span = Period(add_years(today, -years), today)
    rows = {r.key: r for r in accounting.account(EVERYWHERE, span, "project", filters)}
    begun = dict(
        PermitVersion.objects.filter(permit__project__in=projects)
        .order_by("-valid_from")
        .values_list("permit__project_id", "valid_from")
    )
    kept_on = set(Keeping.objects.filter(until__gte=today).values_list("permit__project_id", flat=True))
    found: dict[int, bool | None] = {}
    for project in projects - kept_on:
        row = rows.get(project)
        if begun[project] <= span.start:
            found[project] = disused(_row_volume(row), row.intakes_without_volume if row else 0)
    return found


def _depths(stations: Iterable[int], today: date) -> dict[int | None, list[tuple[date, Decimal]]]:
    series = dict(
        Series.objects.filter(station__in=list(stations), quantity=Quantity.DEPTH).values_list("pk", "station_id")
    )
    found: dict[int | None, list[tuple[date, Decimal]]] = defaultdict(list)
    if series:
        for each in telemetry.observations(list(series), today - LEVEL_DAYS, today):
            if each.value is not None:
                found[series[each.series_id]].append((each.at.date(), each.value))
    return found


# --- everyone on the ledger ---


@dataclass(frozen=True, slots=True)
class CampaignLine:
    """An intake with its standing."""

    intake: Intake
    line: Line
    m3_per_year: Decimal | None


def campaign(territory: Territory, on: date) -> list[CampaignLine]:
    """Each intake of a territory against permits. The yearly volume is the greater of the last year and this year so far."""
    known = law()
    volumes: dict[int, Decimal] = {}
    for period in (plan_year(on.year - 1), Period.inclusive(date(on.year, 1, 1), on)):
        for row in accounting.account(territory, period, "intake"):
            if row.abstraction_m3 is not None and row.key is not None:
                volumes[row.key] = max(volumes.get(row.key, Decimal(0)), row.abstraction_m3)
    banned = [
        shape(z.geometry)
        for z in ControlZone.objects.on(on).filter(kind=ZoneKind.BANNED)
        if z.geometry.get("coordinates")
    ]
    found = []
    for intake in (
        Intake.objects.within(territory).select_related("project__user", "division__parent", "source").order_by("code")
    ):
        placed = intake.longitude is not None and intake.latitude is not None
        inside = (
            any(z.covers(Point(float(intake.longitude), float(intake.latitude))) for z in banned) if placed else None
        )  # type: ignore[arg-type]
        facts = Found(
            kind=intake.kind, sector=intake.sector, household=intake.project.user.kind == UserKind.HOUSEHOLD,
            motorised=not (intake.kind == IntakeKind.WELL and intake.pump_kw == 0), sealed=intake.status == IntakeStatus.SEALED,
            m3_per_year=volumes.get(intake.pk), permit_to=intake.project.permit_to, has_permit=bool(intake.project.permit_number),
            banned=bool(inside) if intake.source.kind in GROUNDWATER else False,
        )  # fmt: skip
        found.append(CampaignLine(intake, line(facts, on, known), volumes.get(intake.pk)))
    return found


def tally(lines: Iterable[CampaignLine]) -> dict[tuple[str, str], int]:
    """How many of each standing and proposal."""
    found: dict[tuple[str, str], int] = defaultdict(int)
    for each in lines:
        found[each.line.standing, each.line.proposed] += 1
    return dict(found)


def unlinked(territory: Territory) -> tuple[int, int]:
    """Power meters that drive no known intake, and stations that no intake is linked to: abstraction that the ledger may not know."""
    meters = (
        PowerMeter.objects.annotate(n=Count("supplies")).filter(n=0).count()
        if territory.everywhere or territory.paths
        else 0
    )
    stations = (
        Station.objects.within(territory)
        .annotate(n=Count("links"))
        .filter(n=0, series__quantity__in=[Quantity.REGISTER, Quantity.FLOW])
    )
    return meters, stations.distinct().count()


# --- what a change of law touches ---


@dataclass(frozen=True, slots=True)
class Touched:
    """A standing permit that would be decided otherwise."""

    permit: Permitted
    number: str
    holder: str
    before: Decision
    after: Decision


def touched(before: tuple[Law, date], after: tuple[Law, date]) -> tuple[list[Touched], int]:
    """Standing permits whose decision differs when all are decided anew by another day's law or figures, as if applied for now at the
    same volume; and how many were decided. Places are read from the ledger; what only a person knows stays open in both.
    """
    today, place = timezone.localdate(), county()
    totals = {(room.unit.pk if room.unit else None, room.source): room.state for room in queries.rooms(place, today)}
    versions = {
        v.permit.project_id: v
        for v in PermitVersion.objects.on(today).filter(permit__ended_on=None).select_related("permit", "holder")
    }
    zones = _zones_of(versions, today)
    old, new = Terms.of(*before), Terms.of(*after)
    found, count = [], 0
    for permit in standing(EVERYWHERE):
        version = versions.get(permit.project)
        if version is None or not permit.source or not permit.holds(today, date.max):
            continue
        source, use = Source(permit.source), Use(version.use) if version.use else USUAL.get(permit.sector, Use.OTHER)
        unit = totals.get((permit.management_unit, permit.source))
        if unit is not None and unit.permitted_m3 is not None:  # as if this permit were applied for
            unit = replace(unit, permitted_m3=unit.permitted_m3 - permit.volume_m3)
        asked = Application(source, use, permit.volume_m3)
        state = State(
            unit=unit or (Unit(None, None, None) if source in GROUNDWATER else None), zones=zones.get(permit.project)
        )
        count += 1
        was, now = decide(asked, state, old), decide(asked, state, new)
        if {_mark(check) for check in was.because} != {_mark(check) for check in now.because}:
            found.append(Touched(permit, version.permit.number, version.holder.name, was, now))
    return found, count


def _mark(check: Check) -> tuple[str, str, str, tuple[str, ...]]:
    return check.code, check.outcome.value, check.article, check.beside


USUAL = {"living": Use.LIVING, "industry": Use.INDUSTRY, "agriculture": Use.IRRIGATION, "ecology": Use.ECOLOGY}
"""The use that a permit without one is taken for, by the sector of most of its intakes (ours)."""


def _zones_of(versions: Iterable[int], on: date) -> dict[int, frozenset[queries.Zone]]:
    places = Intake.objects.filter(project__in=list(versions), longitude__isnull=False).values_list(
        "project_id", "longitude", "latitude"
    )
    shapes = [
        (queries.Zone(z.kind), shape(z.geometry)) for z in ControlZone.objects.on(on) if z.geometry.get("coordinates")
    ]
    found: dict[int, frozenset[queries.Zone]] = {}
    for project, longitude, latitude in places:
        here = {kind for kind, each in shapes if each.covers(Point(float(longitude), float(latitude)))}
        found[project] = found.get(project, frozenset()) | here
    return found
