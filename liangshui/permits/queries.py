"""What may still be granted in a unit, and what is known of a place when the gate is asked."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any

from django.db.models import Case as Choice
from django.db.models import Exists, F, OuterRef, Q, QuerySet, When
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext as _
from shapely.geometry import Point, shape

from liangshui.accounting import queries as accounting
from liangshui.core.access import EVERYWHERE, Actor, Right, Territory
from liangshui.core.errors import LiangshuiError
from liangshui.core.parameters import Law
from liangshui.core.periods import Period
from liangshui.parameters.law import calendar_of
from liangshui.parameters.queries import law
from liangshui.permits.models import Case, Keeping, Permit, PermitVersion
from liangshui.permits.offices import may, office, own, promise
from liangshui.permits.rules.gate import Terms, Unit, Use, Zone, of_unit
from liangshui.permits.rules.life import (
    CLOSED,
    Act,
    Clock,
    Kind,
    State,
    Step,
    Who,
    accepted_on,
    clocks,
    due_now,
    who_acts,
)
from liangshui.permits.rules.scope import Route
from liangshui.permits.rules.terms import renewal_by
from liangshui.permits.words import LEVEL_TERMS, level_words, month_words
from liangshui.quota import units
from liangshui.quota.queries import allotted, county
from liangshui.quota.rules.closing import TOTAL
from liangshui.quota.rules.states import Kind as StateKind
from liangshui.quota.units import Standing
from liangshui.registry.codes import Sector, ShapeKind, SourceKind, ZoneKind
from liangshui.registry.models import ControlZone, Division, ManagementUnit, Project, Shape, WaterUser
from liangshui.telemetry.models import Quantity, Station

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Room:
    """What may still be granted from a source: in a management unit, in the county for waters that units do not have, or for one use of
    them where allotments are split so (`sector`; `most_m3`: what may be granted in all; `spares`: for living, where the suspension of the
    unit leaves that to a person). None: not known."""

    unit: ManagementUnit | None
    source: str
    state: Unit
    standing: Standing | None = None
    sector: str = ""
    most_m3: Decimal | None = None
    spares: bool = False

    @property
    def left_m3(self) -> Decimal | None:
        """The control total less what permits allow, whether or not the unit is open."""
        if self.state.control_m3 is None or self.state.permitted_m3 is None:
            return None
        return self.state.control_m3 - self.state.permitted_m3

    @property
    def grantable_m3(self) -> Decimal | None:
        """What may be granted today: nothing in a suspended unit, but for what its suspension spares."""
        if self.suspended and not self.spares:
            return ZERO
        left = self.left_m3
        if left is not None and self.most_m3 is not None:
            left = min(left, self.most_m3)
        return None if left is None else max(ZERO, left)

    @property
    def suspended(self) -> bool:
        return self.standing is not None and self.standing.state.suspended

    @property
    def at_most(self) -> bool:
        """Whether less may be left, since the state of the unit cannot be decided."""
        return self.standing is not None and self.standing.state.kind is StateKind.UNKNOWN

    @property
    def source_label(self) -> str:
        return str(SourceKind(self.source).label)

    @property
    def sector_label(self) -> str:
        return str(Sector(self.sector).label) if self.sector else ""


def rooms(county: Division, on: date) -> list[Room]:
    """Of each management unit and kind of groundwater totals, level and orders as the register knows them (quota/units.py); of other
    waters, and of permits that count in no unit, the county's."""
    permits = _standing(on)
    found = _in_units(county, permits, on)
    return found + [room for source in SourceKind.values if (room := _in_county(county, source, permits, on))]


def _standing(on: date) -> list[units.Permitted]:
    return [each for each in units.standing(EVERYWHERE) if each.holds(on, date.max)]


def _in_units(
    county: Division, permits: list[units.Permitted], on: date, only: ManagementUnit | None = None
) -> list[Room]:
    unplaced: dict[str, Decimal] = defaultdict(lambda: ZERO)
    for permit in permits:
        if permit.management_unit is None:
            unplaced[permit.source] += permit.volume_m3
    return [
        Room(each.unit, each.source, replace(unit_of(each), unplaced_m3=unplaced[each.source]), each)
        for each in units.standings(county, on, only=only)
    ]


def _in_county(county: Division, source: str, permits: list[units.Permitted], on: date) -> Room | None:
    if source in units.SOURCES:
        return None
    control = allotted(county, on.year, source, on).get(TOTAL)
    permitted = sum((permit.volume_m3 for permit in permits if permit.source == source), ZERO)
    if control is None and not permitted:
        return None
    return Room(None, source, Unit(control, None, permitted))


def by_use(county: Division, on: date, found_rooms: Iterable[Room]) -> list[Room]:
    """The same by use, where the ledger of allotments splits a unit, or the county, among uses: by its own rows, or else by those of its
    towns. Never more than what may be granted in all. `found_rooms`: what `rooms` found."""
    permits, terms, found = _standing(on), Terms.of(law(), on), []
    whole = {(each.unit.pk if each.unit else None, each.source): each for each in found_rooms}
    for source in SourceKind.values:
        own: dict[tuple[int | None, str], Decimal] = {}
        of_towns: dict[tuple[int | None, str], Decimal] = defaultdict(lambda: ZERO)
        for node, control in allotted(county, on.year, source, on).items():
            if not node.sector or node.user or node.fine or (source in units.SOURCES) == (node.unit is None):
                continue
            if node.town:
                of_towns[node.unit, node.sector] += control
            else:
                own[node.unit, node.sector] = control
        for (unit, sector), control in sorted((of_towns | own).items(), key=lambda item: (item[0][0] or 0, item[0][1])):
            permitted = sum(
                (
                    each.volume_m3
                    for each in permits
                    if each.source == source and each.sector == sector and unit in (None, each.management_unit)
                ),
                ZERO,
            )
            room = whole.get((unit, source))
            if room is None:
                continue
            living = room.suspended and sector == Sector.LIVING
            spares = living and not of_unit(room.state, Use.LIVING, terms).failed
            most = room.left_m3 if spares else room.grantable_m3
            found.append(Room(room.unit, source, Unit(control, None, permitted), room.standing, sector, most, spares))
    return found


def unit_of(standing: Standing) -> Unit:
    """A unit as the gate asks for it."""
    figures = standing.totals
    return Unit(
        figures.control_m3, figures.pumped_m3, figures.permitted_m3, standing.level.kept, standing.orders,
        held=bool(standing.state.lingers), partial=figures.partial,
    )  # fmt: skip


def unit_state(county: Division, unit: ManagementUnit | None, source: str, on: date) -> Unit | None:
    """The state of one unit and source, or of the county for waters that units do not have; None: neither is known of it."""
    room = room_of(county, unit, source, on)
    return room.state if room else None


def room_of(county: Division, unit: ManagementUnit | None, source: str, on: date) -> Room | None:
    """The room of one unit and source, or of the county for waters that units do not have."""
    if source not in units.SOURCES:
        return _in_county(county, source, _standing(on), on)
    if unit is None:
        return None
    return next((room for room in _in_units(county, _standing(on), on, unit) if room.source == source), None)


def zones_at(longitude: float, latitude: float, on: date) -> frozenset[Zone] | None:
    """Banned, limited and overdraft zones at a place, by their outlines; None: the place lies outside of the county, or no zone was ever
    entered, so that nobody can tell."""
    here = Point(longitude, latitude)
    outline = Shape.objects.filter(kind=ShapeKind.COUNTY).first()
    if outline is not None and outline.geometry.get("coordinates") and not shape(outline.geometry).covers(here):
        return None
    zones = list(ControlZone.objects.on(on))
    if not zones:
        return None
    return frozenset(
        Zone(zone.kind) for zone in zones if zone.geometry.get("coordinates") and shape(zone.geometry).covers(here)
    )


def unmapped(on: date) -> tuple[str, ...]:
    """Names of banned and limited zones in force without an outline: whether a place lies in them only a person can tell."""
    zones = ControlZone.objects.on(on).filter(kind__in=[ZoneKind.BANNED, ZoneKind.LIMITED]).order_by("name")
    return tuple(zone.name for zone in zones if not zone.geometry.get("coordinates"))


def unit_at(longitude: float, latitude: float) -> ManagementUnit | None:
    """The management unit in whose outline a place lies; None where no outline holds it."""
    here = Point(longitude, latitude)
    units_mapped = (unit for unit in ManagementUnit.objects.exclude(geometry=None) if unit.geometry.get("coordinates"))
    return next((unit for unit in units_mapped if shape(unit.geometry).covers(here)), None)


def unit_fits(unit: ManagementUnit, longitude: float, latitude: float) -> bool | None:
    """Whether a place lies in a unit; None: the unit has no outline."""
    if not unit.geometry or not unit.geometry.get("coordinates"):
        return None
    return bool(shape(unit.geometry).covers(Point(longitude, latitude)))


def version_on(permit: Permit | None, on: date) -> PermitVersion | None:
    """What a permit said on a day; None: nothing yet, it had ended, or there is no permit."""
    if permit is None or (permit.ended_on and permit.ended_on <= on):
        return None
    return PermitVersion.objects.on(on).filter(permit=permit).first()


def counted_m3(permit: Permit, on: date) -> Decimal | None:
    """With how much a permit counts in the total of its unit on a day; None: it has run out and counts no more."""
    found = next((each for each in units.standing(EVERYWHERE) if each.project == permit.project_id), None)
    return found.volume_m3 if found and found.holds(on, date.max) else None


def taken_this_year(project: Project, on: date) -> Decimal | None:
    """What a project took from 1 January up to a day, by the account; None: nothing is known."""
    start = date(on.year, 1, 1)
    if on <= start:
        return ZERO
    rows = accounting.account(EVERYWHERE, Period.inclusive(start, on), "project", {"project": project.pk})
    return next((row.abstraction_m3 for row in rows if row.key == project.pk), None)


def taken_in(project: Project, period: Period) -> Decimal | None:
    """What a project took in a period, by the account; None: nothing is known, or not of all its intakes."""
    rows = accounting.account(EVERYWHERE, period, "project", {"project": project.pk})
    return next((r.abstraction_m3 for r in rows if r.key == project.pk and not r.intakes_without_volume), None)


def kept_until(permit: Permit, on: date) -> Keeping | None:
    """The consent by which a permit is kept on a day though it is not used (取水条例 44)."""
    return permit.keepings.filter(until__gte=on).first()


def permit_of(user: WaterUser, source: str, like: Project) -> Permit | None:
    """A standing permit of a user for the same source, in the same management unit as another project."""
    unit = _unit_id(like)
    for permit in Permit.objects.filter(project__user=user, ended_on=None).select_related("project").order_by("number"):
        version = version_on(permit, timezone.localdate())
        if version and version.source == source and _unit_id(permit.project) == unit:
            return permit
    return None


def _unit_id(project: Project) -> int | None:
    found = next((each for each in units.standing(EVERYWHERE) if each.project == project.pk), None)
    return found.management_unit if found else project.permit_unit_id


@dataclass(frozen=True, slots=True)
class Look:
    """Where a case stands on a day: its steps, its clocks, who acts, and since when it counts as accepted."""

    steps: list[Step]
    clocks: list[Clock]
    who: Who
    accepted: date | None
    by_silence: bool

    @property
    def due(self) -> Clock | None:
        return due_now(self.clocks)


def look(case: Case, on: date, known: Law | None = None) -> Look:
    """The case as the rules see it."""
    known = known or law()
    steps = [Step(Act(s.act), s.day, s.data) for s in case.steps.all()]
    kind, calendar = Kind(case.kind), calendar_of(known)
    version = case.permit.versions.filter(valid_to=None).first() if case.permit and case.kind == Kind.RENEWAL else None
    found = clocks(
        steps,
        kind,
        on,
        known,
        calendar,
        promise(office()),
        version.expires if version else None,
        basin=_basin_decides(case, steps),
    )
    if case.existing:  # nothing is left to begin
        found = [clock for clock in found if clock.code != "begin"]
    try:
        accepted = accepted_on(steps, on, known, calendar)
    except LiangshuiError:
        accepted = None
    return Look(steps, found, who_acts(steps, kind), accepted[0] if accepted else None, bool(accepted and accepted[1]))


def _basin_decides(case: Case, steps: list[Step]) -> bool:
    """Whether the basin authority decides, by the reviewer's last answer to the gate, or by the step that sends it there."""
    if any(step.data.get("route") == Route.MAINSTEM for step in steps):
        return True
    record = case.decisions.order_by("-pk").first() if case.source == SourceKind.SURFACE else None
    return bool(record and record.asked.get("answers", {}).get("mainstem"))


def renew_by(case: Case, known: Law) -> date | None:
    """The last day on which a renewal was to be applied for; None: it is none, or the permit names no end."""
    if case.kind != Kind.RENEWAL or case.permit is None:
        return None
    version = case.permit.versions.exclude(case=case).order_by("-valid_from", "-pk").first()
    return renewal_by(version.expires, known) if version and version.expires else None


class Life(StrEnum):
    """How a permit stands on a day."""

    VALID = "valid"
    RENEW = "renew"
    CONTINUED = "continued"
    EXPIRED = "expired"
    ENDED = "ended"


def life_of(permit: Permit, version: PermitVersion | None, on: date, known: Law, renewal: Case | None = None) -> Life:
    """Valid; in the time in which renewal is to be applied for or has been missed; continued since nobody decided on a timely renewal
    before it ended (许可法 50); expired; ended."""
    if permit.ended_on and permit.ended_on <= on:
        return Life.ENDED
    expires = version.expires if version else None
    if expires is None:
        return Life.VALID
    if on > expires:
        return Life.CONTINUED if renewal and renewal.open and timely(renewal, expires, known) else Life.EXPIRED
    return Life.RENEW if on >= renewal_by(expires, known) - TOLD_BEFORE else Life.VALID


def timely(renewal: Case, expires: date, known: Law) -> bool:
    """Whether a renewal was applied for on the last day for it, or before."""
    return renewal.received_on is not None and renewal.received_on <= renewal_by(expires, known)


def continued(permit: Permit, version: PermitVersion, on: date) -> bool:
    """Whether a permit that has run out goes on since nobody decided on its timely renewal: it counts in the totals as before."""
    if version.expires is None or version.expires >= on:
        return False
    renewal = permit.cases.filter(kind=Kind.RENEWAL, received_on__isnull=False).order_by("pk").last()
    return life_of(permit, version, on, law(), renewal) is Life.CONTINUED


TOLD_BEFORE = timedelta(days=90)
"""How long before the last day to apply for renewal a permit is shown as about to end (ours)."""


def cases_for(actor: Actor) -> QuerySet[Case]:
    """Cases that somebody may see; an applicant's draft is nobody else's, unless an office keeps it on paper or it came from outside."""
    rows, applies = Case.objects.within(actor.territory(Right.PERMITS_VIEW)), actor.territory(Right.PERMITS_APPLY)
    if applies.everywhere:
        return rows
    return rows.exclude(Q(state=State.DRAFT, responsible=None, outside_number="") & ~Q(applicant__in=applies.users))


def waiting_for(actor: Actor, on: date) -> list[tuple[Case, Look]]:
    """Open cases whose next step is the reader's own part, the most pressing first."""
    known, found = law(), []
    rows = cases_for(actor).exclude(state__in=CLOSED)
    for case in rows.select_related("applicant", "permit", "division").prefetch_related("steps"):
        seen = look(case, on, known)
        if may(actor, seen.who, case) and (seen.who is not Who.APPLICANT or own(actor, case)):
            found.append((case, seen))
    return sorted(found, key=lambda pair: (pair[1].due.presses or date.max) if pair[1].due else date.max)


def ending_soon(territory: Territory, on: date) -> QuerySet[Permit]:
    """Standing permits whose holder has to apply for renewal now, without an application yet."""
    last = on + TOLD_BEFORE + (on - renewal_by(on, law()))
    asked = Case.objects.filter(kind=Kind.RENEWAL).exclude(state__in=[*CLOSED, "draft"]).values("permit")
    rows = Permit.objects.within(territory).filter(ended_on=None, versions__valid_to=None)
    return rows.filter(versions__expires__gte=on, versions__expires__lte=last).exclude(pk__in=asked).distinct()


GRANTED = (
    PermitVersion.Origin.STOCK, PermitVersion.Origin.ISSUED, PermitVersion.Origin.RENEWED, PermitVersion.Origin.CHANGED,
    PermitVersion.Origin.TRANSFERRED,
)  # fmt: skip


def granted(territory: Territory, year: int) -> QuerySet[PermitVersion]:
    """Permits granted in a year, as 取水条例 46 has them reported upward: issued, renewed, changed, transferred, each with the day
    `granted_on`: on which its case closed, or, without a case, on which the permit was issued."""
    before = PermitVersion.objects.filter(
        permit=OuterRef("permit"),
        case=OuterRef("case"),
        origin=OuterRef("origin"),
        valid_from__lt=OuterRef("valid_from"),
    )
    rows = PermitVersion.objects.filter(permit__in=Permit.objects.within(territory), origin__in=GRANTED)
    rows = rows.exclude(Exists(before)).annotate(
        granted_on=Choice(
            When(case__isnull=False, then=F("case__closed_on")), default=Coalesce("permit__issued_on", "valid_from")
        )
    )
    found: QuerySet[PermitVersion] = rows.filter(granted_on__year=year)
    return found


def terms_in(version: PermitVersion) -> dict[str, Any]:
    """The conditions of a version in the form in which a case keeps them."""
    names = ("months_m3", "conditions", *LEVEL_TERMS)
    return {name: getattr(version, name) for name in names} | {"level_station": version.level_station_id}


def terms_told(terms: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Conditions of a permit, label and words: what is set of months, level and others."""
    station = Station.objects.filter(pk=terms["level_station"]).first() if terms.get("level_station") else None
    told = [
        (_("volume by month, m³"), month_words(terms.get("months_m3", []))),
        (_("restriction by level"), level_words(station, terms)),
        *((_("further condition"), line) for line in terms.get("conditions", [])),
    ]
    return [(label, words) for label, words in told if words]


def level_stations() -> QuerySet[Station]:
    """Stations that measure the depth to groundwater, by which a permit may be restricted."""
    return Station.objects.filter(series__quantity=Quantity.DEPTH).distinct().order_by("name")


def unit_of_project(project: Project) -> ManagementUnit | None:
    """The management unit in whose total a project counts."""
    return ManagementUnit.objects.filter(pk=_unit_id(project)).first()


def left_of(project: Project, on: date) -> Decimal | None:
    """What may still be granted in the unit and source of a project; None: not known, or it counts in none."""
    found = next((each for each in units.standing(EVERYWHERE) if each.project == project.pk), None)
    unit = ManagementUnit.objects.filter(pk=found.management_unit).first() if found and found.management_unit else None
    room = room_of(county(), unit, found.source, on) if found else None
    return room.left_m3 if room else None
