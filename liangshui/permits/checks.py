"""Standing permits looked at from three sides: use against conditions, intakes against permits, and what a change of law would touch."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from functools import cache
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone
from shapely.geometry import Point, shape

from liangshui.accounting import queries as accounting
from liangshui.accounting.models import EnergyRecord
from liangshui.core.access import EVERYWHERE, Territory
from liangshui.core.decision import Check, Decision, Outcome
from liangshui.core.parameters import Law
from liangshui.core.periods import Period, month, plan_year
from liangshui.core.workdays import add_years
from liangshui.parameters.queries import law
from liangshui.permits import asking, filing, queries, register
from liangshui.permits.models import ConditionFinding, Filing, Keeping, Permit, PermitVersion, Sighting
from liangshui.permits.rules.actual import controlled, use_control
from liangshui.permits.rules.campaign import NO_ABSTRACTION, Found, Line, Standing, gravity, line
from liangshui.permits.rules.conditions import (
    Conditions,
    Finding,
    LevelRule,
    LevelStep,
    Part,
    Span,
    Taken,
    Verdict,
    Volume,
    by_level,
    check,
    disused,
    held_days,
    judged,
    level_steps,
    settles,
)
from liangshui.permits.rules.gate import GROUNDWATER, Application, Source, State, Terms, Unit, Use, decide
from liangshui.quota.queries import county
from liangshui.quota.units import Permitted, standing
from liangshui.registry.codes import IntakeKind, IntakeStatus, Sector, SourceKind, UserKind, ZoneKind
from liangshui.registry.models import ControlZone, Division, Intake, PowerMeter, PowerSupply
from liangshui.registry.models import Source as WaterSource
from liangshui.telemetry import queries as telemetry
from liangshui.telemetry.models import Quantity, Series, Station, StationLink

SECTORS: dict[str, frozenset[str]] = {
    Use.LIVING: frozenset({"living"}), Use.HEATING: frozenset({"living", "industry"}), Use.IRRIGATION: frozenset({"agriculture"}),
    Use.HERDING: frozenset({"agriculture"}), Use.INDUSTRY: frozenset({"industry"}), Use.SERVICE: frozenset({"living", "industry"}),
    Use.GREENING: frozenset({"ecology", "living"}), Use.WATERSCAPE: frozenset({"ecology", "living"}), Use.AMUSEMENT: frozenset({"living"}),
    Use.SNOW: frozenset({"living"}), Use.ECOLOGY: frozenset({"ecology"}),
}  # fmt: skip
"""Sectors of the ledger that a use of a permit may fall into; the ledger knows four (our reading)."""

ONE_DAY = timedelta(days=1)
LOOK_BACK = timedelta(days=90)
"""In which steps depths before the year are read until one alone tells how a restriction by level stands; a gap of as long ends
it (ours)."""

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

    @property
    def unstated(self) -> tuple[str, ...]:
        """Of source and use, what the permit does not say, so that it was not compared."""
        said = {finding.code for finding in self.findings}
        return tuple(code for code in ("source", "use") if code not in said)


def _row_volume(row: accounting.AccountRow | None) -> Volume:
    if row is None:
        return Volume(None)
    return Volume(row.abstraction_m3, row.low_m3, row.high_m3, not row.intakes_without_volume)


def months_of(version: PermitVersion) -> dict[int, Decimal]:
    """Volumes by month that a version sets."""
    return {n: Decimal(m) for n, m in enumerate(version.months_m3, 1) if m not in (None, "")}


def conditions_of(version: PermitVersion) -> Conditions:
    """What a version allows, as the rules read it."""
    sectors = SECTORS.get(version.use, frozenset())
    return Conditions(version.volume_m3, months_of(version), version.source, sectors, version.return_m3)


def kept(territory: Territory, year: int, today: date, permit: Permit | None = None) -> list[Kept]:
    """Use of a year so far against the conditions of each standing permit, the most exceeded first.

    Each span of the year is judged by the version that held in it (rules/conditions.py); use control binds whatever a permit says.
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
    spans = _spans(versions, so_far)
    named = {
        permit: frozenset(n for _days, allowed in each for n in allowed.months_m3) for permit, each in spans.items()
    }
    filters = {"project": permit.project_id} if permit else None
    of_all = cache(lambda days: _Taken(days, frozenset().union(*named.values()), filters))
    idle = _idle(today, {v.permit.project_id for v in versions}, filters)
    irrigates, terms = irrigating("project_id"), Terms.of(law(), so_far.last)
    found = []
    for version in versions:
        project = version.permit.project_id

        def taken(days: Period, project: int = project, permit: int = version.permit_id) -> Taken:
            if accounting.whole_months(days):
                return of_all(days).of(project)
            return _Taken(days, named[permit], {"project": project}).of(project)

        findings = _judge(spans[version.permit_id], so_far, taken)
        findings += _after_term(version, so_far, taken)
        findings += _controlled(version, of_all(so_far), project in irrigates, terms)
        steps = _level_steps(version, so_far, today)
        findings += _by_level(version, steps, so_far, taken)
        level = steps[-1] if steps else None
        volume = taken(so_far).year.m3
        found.append(Kept(version.permit, version, tuple(findings), volume, level, idle.get(project, False)))
    return sorted(found, key=lambda k: (WORST.index(k.worst), -k.over_m3, k.permit.number))


Spans = list[tuple[Period, Conditions]]


def _spans(versions: list[PermitVersion], so_far: Period) -> dict[int, Spans]:
    """What each permit allowed in a period, with the days on which it did; versions one after the other that allow the same are one.

    A permit of which nobody knows since when it holds, held before the register knew of it; and what a version does not state is
    what the next one does: the register was filled in later.
    """
    held: dict[int, list[PermitVersion]] = {version.permit_id: [] for version in versions}
    rows = PermitVersion.objects.filter(permit__in=list(held), valid_from__lt=so_far.end).select_related("permit")
    for version in rows.order_by("-valid_from", "-pk"):
        held[version.permit_id].append(version)
    return {permit: _spans_of(backwards, so_far) for permit, backwards in held.items()}


def _spans_of(backwards: list[PermitVersion], so_far: Period) -> Spans:
    found: Spans = []
    later: Conditions | None = None
    for version in backwards:
        allowed = conditions_of(version)
        if later is not None:
            allowed = replace(
                allowed, volume_m3=later.volume_m3 if allowed.volume_m3 is None else allowed.volume_m3,
                source=allowed.source or later.source, sectors=allowed.sectors or later.sectors,
            )  # fmt: skip
        known = version is not backwards[-1] or version.begins or version.permit.issued_on
        start = version.valid_from if known else min(version.valid_from, so_far.start)
        end = version.valid_to or so_far.end
        days = Period(start, end).within(so_far) if start < end else None
        if days is not None and allowed == later and found:
            found[-1] = (Period(days.start, found[-1][0].end), allowed)
        elif days is not None:
            found.append((days, allowed))
        later = allowed
    return found[::-1]


class _Taken:
    """What projects took in a period, read once for all of them."""

    def __init__(self, period: Period, named: frozenset[int], filters: dict[str, int] | None) -> None:
        self.rows = {r.key: r for r in accounting.account(EVERYWHERE, period, "project", filters)}
        self.months: dict[int, dict[int, accounting.AccountRow]] = {}
        for span in period.months():
            days = span.within(period)
            if span.start.month in named and days:
                self.months[span.start.month] = {
                    r.key: r for r in accounting.account(EVERYWHERE, days, "project", filters)
                }
        self.cells: dict[int, dict[tuple[str, str], Volume]] = defaultdict(dict)
        parts = ("project", "source_kind", "sector")
        for (project, kind, sector), cell in accounting.abstraction_ranges(EVERYWHERE, period, parts, filters).items():
            whole = not cell.intakes_without_volume
            self.cells[project][kind, sector] = Volume(cell.m3, cell.low_m3, cell.high_m3, whole)

    def of(self, project: int) -> Taken:
        """What one of them took."""
        row, cells = self.rows.get(project), self.cells.get(project, {})
        sources: dict[str, Volume] = {}
        sectors: dict[str, Volume] = {}
        for (kind, sector), volume in cells.items():
            sources[kind] = sources[kind] + volume if kind in sources else volume
            sectors[sector] = sectors[sector] + volume if sector in sectors else volume
        months = {n: _row_volume(rows.get(project)) for n, rows in self.months.items()}
        return Taken(_row_volume(row), months, sources, sectors, row.returned_m3 if row else None)


def _judge(spans: Spans, so_far: Period, taken: Callable[[Period], Taken]) -> list[Finding]:
    """The findings of a permit. Accounts of parts of months are dear, so they are asked only where the whole period is not within the
    strictest of its versions."""
    if not spans:
        return []
    strict = _strictest([allowed for _days, allowed in spans])
    if strict is not None:
        found = check(Span(strict, taken(so_far)))
        doubtful = any(f.verdict in (Verdict.EXCEEDED, Verdict.PERHAPS) for f in found)
        if not doubtful or [days for days, _allowed in spans] == [so_far]:
            return found
    return check(*(Span(allowed, taken(days), days.start, days.last) for days, allowed in spans))


def _strictest(versions: list[Conditions]) -> Conditions | None:
    """The least of each limit of versions that differ in nothing but yearly and monthly volumes. None: they differ in more."""
    first = versions[0]
    if any(replace(each, volume_m3=first.volume_m3, months_m3=first.months_m3) != first for each in versions):
        return None
    months: dict[int, Decimal] = {}
    for each in versions:
        for number, limit in each.months_m3.items():
            months[number] = min(limit, months.get(number, limit))
    stated = [each.volume_m3 for each in versions if each.volume_m3 is not None]
    return replace(first, volume_m3=min(stated, default=None), months_m3=months)


def irrigating(of: str) -> set[int]:
    """Ids of intakes (`of` "pk") or projects ("project_id") that irrigate with deep groundwater for certain."""
    deep = Intake.objects.filter(IRRIGATES, source__kind=SourceKind.DEEP, sector=Sector.AGRICULTURE)
    return set(deep.values_list(of, flat=True))


IRRIGATES = Q(node__isnull=False) | Q(areas__area_mu__gt=0)
"""What tells of a farm intake that it irrigates, and does not only water herds: a canal it hangs on, or an irrigated area (ours)."""


def _after_term(version: PermitVersion, so_far: Period, taken: Callable[[Period], Taken]) -> list[Finding]:
    """What was taken after the last day of a permit that has run out and does not go on (许可法 50): it allows nothing any more."""
    last, project = version.expires, version.permit.project_id
    if last is None or last >= so_far.last or queries.continued(version.permit, version, so_far.last):
        return []
    if last < so_far.start:
        return [judged("term", [Part(Decimal(0), taken(so_far).year)])]
    after = Period.inclusive(last + ONE_DAY, so_far.last)
    cell = accounting.abstraction_ranges(EVERYWHERE, after, ("project",), {"project": project}).get((project,))
    volume = Volume(cell.m3, cell.low_m3, cell.high_m3, not cell.intakes_without_volume) if cell else Volume(None)
    return [judged("term", [Part(Decimal(0), volume)])]


def _controlled(version: PermitVersion, taken: _Taken, irrigates: bool, terms: Terms) -> list[Finding]:
    """Use control over what a project took from groundwater, whatever its permit says."""
    uses: dict[tuple[Source, Use, bool], Volume] = {}
    for (kind, sector), volume in taken.cells.get(version.permit.project_id, {}).items():
        use, sure = actual_use(kind, sector, version.use, irrigates)
        key = (Source(kind), use, sure)
        uses[key] = uses[key] + volume if key in uses else volume
    return [
        finding
        for (source, use, sure), volume in sorted(uses.items(), key=lambda item: item[0][:2])
        for finding in controlled(source, use, volume, terms, sure=sure)
    ]


def actual_use(kind: str, sector: str, permitted: str, irrigates: bool) -> tuple[Use, bool]:
    """What water is used for, and whether that is certain: the ledger tells the sector, the permit the use, if it falls into it."""
    if kind == SourceKind.DEEP and sector == Sector.AGRICULTURE and irrigates:
        return Use.IRRIGATION, True
    if permitted and sector in SECTORS.get(permitted, ()):
        return Use(permitted), True
    return USUAL.get(sector, Use.OTHER), False


def _idle(today: date, projects: set[int], filters: dict[str, int] | None) -> dict[int, bool | None]:
    """Of each project whether nothing was taken for the years after which a permit is cancelled (取水条例 44); a permit younger than
    that, or kept with consent, is not asked."""
    years = int(law().figure("AR-044", "years", today))
    since = add_years(today, -years)
    months = Period.inclusive(since if since.day == 1 else month(since).end, today)
    drawing = {r.key for r in accounting.account(EVERYWHERE, months, "project", filters) if r.abstraction_m3}
    span, asked = Period.inclusive(since, today), {"project": frozenset(projects - drawing)}
    rows = {r.key: r for r in accounting.account(EVERYWHERE, span, "project", asked)} if projects - drawing else {}
    begun = dict(
        PermitVersion.objects.filter(permit__project__in=projects)
        .order_by("-valid_from")
        .values_list("permit__project_id", "valid_from")
    )
    kept_on = set(Keeping.objects.filter(until__gte=today).values_list("permit__project_id", flat=True))
    found: dict[int, bool | None] = {}
    for project in projects - kept_on:
        row = rows.get(project)
        if begun[project] <= since:
            idle = project not in drawing
            found[project] = idle and disused(_row_volume(row), row.intakes_without_volume if row else 0)
    return found


def _level_steps(version: PermitVersion, so_far: Period, today: date) -> list[tuple[LevelStep, date]]:
    """How the restriction by level of a permit stood since the year began: depths from before are read as far back as they decide it, and
    not from before the permit set it."""
    station = version.level_station_id
    if station is None:
        return []
    rule = LevelRule(version.warn_m, version.reduce_m, version.stop_m, version.resume_m)
    since = _restricts_since(version)
    first = max(so_far.start, since)
    depths = _depths(station, first, today)
    while first > since and not (depths and settles(depths[0][1], rule)):
        earlier = max(first - LOOK_BACK, since)
        before = _depths(station, earlier, first - ONE_DAY)
        if not before:
            break
        depths, first = before + depths, earlier
    return level_steps(depths, rule)


def _restricts_since(version: PermitVersion) -> date:
    """Since when a permit has said the same about the level."""
    names = ("level_station_id", *register.LEVEL)
    since = version.valid_from
    for before in PermitVersion.objects.filter(permit=version.permit_id, valid_from__lt=since).order_by("-valid_from"):
        if any(getattr(before, name) != getattr(version, name) for name in names):
            break
        since = before.valid_from
    return since


def _by_level(
    version: PermitVersion,
    steps: list[tuple[LevelStep, date]],
    so_far: Period,
    taken: Callable[[Period], Taken],
) -> list[Finding]:
    """What was taken while the level stopped or reduced a permit: of each of the two the worst time of the year."""
    found: dict[str, Finding] = {}
    for step, first, last in held_days(steps, so_far.start, so_far.last):
        volume = taken(Period.inclusive(first, last)).year
        finding = by_level(step, version.reduced_m3_day, first, last, volume)
        other = found.get(finding.what)
        if other is None or (WORST.index(finding.verdict), -finding.over_m3) < (
            WORST.index(other.verdict),
            -other.over_m3,
        ):
            found[finding.what] = finding
    return list(found.values())


def _depths(station: int, first: date, last: date) -> list[tuple[date, Decimal]]:
    series = Series.objects.filter(station=station, quantity=Quantity.DEPTH).values_list("pk", flat=True)
    rows = telemetry.observations(series, first, last) if first <= last else []
    return [(timezone.localdate(each.at), each.value) for each in rows if each.value is not None]


# --- everyone on the ledger ---


@dataclass(frozen=True, slots=True)
class CampaignLine:
    """An intake with its standing."""

    intake: Intake
    line: Line
    m3_per_year: Decimal | None


def missing(territory: Territory, on: date) -> int:
    """How many intakes need a permit and have none."""
    asked = [campaign(territory, on, project__permit_number="")]
    if others := unnamed():
        asked.append(campaign(territory, on, pk__in=others))
    return len({x.intake.pk for lines in asked for x in lines if x.line.standing is Standing.MISSING})


def unnamed() -> set[int]:
    """Intakes whose project has a permit that names intakes, and not them."""
    naming = Permit.objects.filter(ended_on=None, intakes__isnull=False).values("pk")
    rows = Intake.objects.filter(project__permits__in=naming).exclude(permits__in=naming)
    return set(rows.values_list("pk", flat=True))


def expired(territory: Territory, on: date) -> int:
    """How many intakes still take water by a permit that has run out."""
    rows = Intake.objects.within(territory).exclude(status=IntakeStatus.SEALED).exclude(kind__in=NO_ABSTRACTION)
    return rows.exclude(project__permit_number="").exclude(pk__in=unnamed()).filter(project__permit_to__lt=on).count()


def sightings(territory: Territory) -> QuerySet[Sighting]:
    """What was found on the spot and waits for an answer."""
    return Sighting.objects.within(territory).filter(outcome=Sighting.Outcome.OPEN)


def campaign(territory: Territory, on: date, **only: Any) -> list[CampaignLine]:
    """Each intake of a territory against permits, the gravest first. The yearly volume is the greater of the last year and this year so
    far. `only`: of which intakes."""
    known = law()
    volumes: dict[int, Decimal] = {}
    for period in (plan_year(on.year - 1), Period.inclusive(date(on.year, 1, 1), on)):
        for (pk,), volume in accounting.abstraction_cells(territory, period, ["intake"]).items():
            if volume is not None and pk is not None:
                volumes[pk] = max(volumes.get(pk, Decimal(0)), volume)
    open_now = ConditionFinding.objects.exclude(code="term").filter(
        gone_on=None, year=on.year, verdict=Verdict.EXCEEDED.value
    )
    over = set(open_now.values_list("permit__project_id", flat=True))
    uses = {v.permit.project_id: v.use for v in PermitVersion.objects.on(on).filter(permit__ended_on=None).select_related("permit")}  # fmt: skip
    irrigates, terms = irrigating("pk"), Terms.of(known, on)
    banned = [
        shape(z.geometry)
        for z in ControlZone.objects.on(on).filter(kind=ZoneKind.BANNED)
        if z.geometry.get("coordinates")
    ]
    spared = filing.sparing(Filing.objects.all(), on)
    by_intake = {each.intake_id: each.what for each in spared if each.intake_id}
    by_project = {each.project_id: each.what for each in spared if each.project_id and not each.intake_id}
    found, not_named = [], unnamed()
    sources, divisions = WaterSource.objects.in_bulk(), Division.objects.select_related("parent").in_bulk()

    @cache
    def against(kind: str, sector: str, permitted: str, irrigates: bool) -> tuple[str, bool] | None:
        return _against(kind, sector, permitted, irrigates, terms)

    for intake in Intake.objects.within(territory).filter(**only).select_related("project__user").order_by("code"):
        intake.source, intake.division = (
            sources[intake.source_id],
            divisions[intake.division_id],
        )  # few, so each is read once
        placed = intake.longitude is not None and intake.latitude is not None
        inside = (
            any(z.covers(Point(float(intake.longitude), float(intake.latitude))) for z in banned) if placed else None
        )  # type: ignore[arg-type]
        facts = Found(
            kind=intake.kind, sector=intake.sector, household=intake.project.user.kind == UserKind.HOUSEHOLD,
            motorised=not (intake.kind == IntakeKind.WELL and intake.pump_kw == 0), sealed=intake.status == IntakeStatus.SEALED,
            m3_per_year=volumes.get(intake.pk), permit_to=intake.project.permit_to, has_permit=bool(intake.project.permit_number),
            banned=bool(inside) if intake.source.kind in GROUNDWATER else False, exceeded=intake.project_id in over,
            against=against(intake.source.kind, intake.sector, uses.get(intake.project_id, ""), intake.pk in irrigates)
            if volumes.get(intake.pk) else None,
            filed=by_intake.get(intake.pk) or by_project.get(intake.project_id, ""), unnamed=intake.pk in not_named,
        )  # fmt: skip
        found.append(CampaignLine(intake, line(facts, on, known), volumes.get(intake.pk)))
    return sorted(found, key=lambda each: (*gravity(each.line), -(each.m3_per_year or 0), each.intake.code))


def _against(kind: str, sector: str, permitted: str, irrigates: bool, terms: Terms) -> tuple[str, bool] | None:
    """The rule of use control that an intake takes against, and whether that is certain."""
    use, sure = actual_use(kind, sector, permitted, irrigates)
    found = use_control(Source(kind), use, terms)
    return (found[0].code, sure and found[0].outcome is Outcome.FAILED) if found else None


def tally(lines: Iterable[CampaignLine]) -> dict[tuple[str, str], int]:
    """How many of each standing and proposal."""
    found: dict[tuple[str, str], int] = defaultdict(int)
    for each in lines:
        found[each.line.standing, each.line.proposed] += 1
    return dict(found)


MOST_TOLD = 50
"""How many meters and stations the page names (ours)."""


def unlinked(territory: Territory) -> tuple[list[PowerMeter], list[Station]]:
    """Power meters that drive no known intake, and stations at none: abstraction that the ledger may not know.

    A meter lies where the intake lies that it drove last; what never drove any lies in no town, and who sees the whole county sees it.
    One taken off its intake is told only where electricity went through it afterwards.
    """
    driving = PowerSupply.objects.filter(valid_to=None).values("power_meter")
    ended = PowerSupply.objects.filter(power_meter=OuterRef("pk")).order_by("-valid_to").values("valid_to")[:1]
    energy = EnergyRecord.objects.filter(
        power_meter=OuterRef("pk"), ended_by=None, kwh__gt=0, start__gte=OuterRef("off")
    )
    idle = PowerMeter.objects.exclude(pk__in=driving).annotate(off=Subquery(ended))
    told = Q(Exists(energy), pk__in=PowerSupply.objects.within(territory).values("power_meter"))
    if territory.holds_path(county().path):
        told |= Q(supplies=None)
    meters = idle.filter(told).order_by("number")
    linked = StationLink.objects.filter(unlinked_at=None).values("station")
    stations = Station.objects.within(territory).filter(
        active=True, series__quantity__in=[Quantity.REGISTER, Quantity.FLOW]
    )
    return list(meters[:MOST_TOLD]), list(stations.exclude(pk__in=linked).distinct().order_by("name")[:MOST_TOLD])


# --- what a change of law touches ---


@dataclass(frozen=True, slots=True)
class Touched:
    """A standing permit on which a check, or its ground, would be another."""

    permit: Permitted
    pk: int
    number: str
    holder: str
    before: Decision
    after: Decision

    @property
    def turned(self) -> bool:
        """Whether the outcome as a whole is another one."""
        return self.before.outcome is not self.after.outcome

    @property
    def differs(self) -> list[tuple[str, Outcome | None, Outcome | None]]:
        """The checks that end otherwise, with their outcomes; None: it is not made. Equal ones: they rest on another ground."""
        old, new = ({_mark(check) for check in found.because} for found in (self.before, self.after))
        was = {check.code: check.outcome for check in self.before.because if _mark(check) not in new}
        now = {check.code: check.outcome for check in self.after.because if _mark(check) not in old}
        return [(code, was.get(code), now.get(code)) for code in dict.fromkeys([*was, *now])]


def touched(before: tuple[Law, date], after: tuple[Law, date]) -> tuple[list[Touched], int]:
    """Standing permits whose checks differ when all are decided anew by another day's law or figures, as if applied for now at the
    same volume, those with another outcome first; and how many were decided. Totals and zones are those of today; what only a person knows
    is as it was answered when the permit was decided on, and stays open in both for permits of the old stock.
    """
    today, place = timezone.localdate(), county()
    totals = {(room.unit.pk if room.unit else None, room.source): room.state for room in queries.rooms(place, today)}
    versions = {
        v.permit.project_id: v
        for v in PermitVersion.objects.on(today).filter(permit__ended_on=None).select_related("permit", "holder")
    }
    zones = _zones_of(versions, today)
    answered = asking.last_of(version.case_id for version in versions.values() if version.case_id)
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
        asked, known = answered.get(version.case_id, (Application(source, use, permit.volume_m3), State(unit=None)))
        asked = replace(
            asked,
            source=source,
            use=use,
            volume_m3=permit.volume_m3,
            new=True,
            increase_m3=None,
            new_use=False,
            change=False,
        )
        if unit is not None and unit.level_kept is None and known.unit is not None:  # what was measured stands
            unit = replace(unit, level_kept=known.unit.level_kept)
        state = replace(
            known,
            unit=unit or (Unit(None, None, None) if source in GROUNDWATER else None),
            zones=zones.get(permit.project),
        )
        count += 1
        was, now = decide(asked, state, old), decide(asked, state, new)
        if {_mark(check) for check in was.because} != {_mark(check) for check in now.because}:
            found.append(Touched(permit, version.permit_id, version.permit.number, version.holder.name, was, now))
    return sorted(found, key=lambda each: not each.turned), count


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
