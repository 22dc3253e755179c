"""What permits allow and where, and what is known of a place when the gate is asked."""

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from liangshui.accounting import queries as accounting
from liangshui.core.access import Territory
from liangshui.core.periods import Period
from liangshui.permits.rules.gate import Unit, Zone
from liangshui.quota.queries import allotted
from liangshui.quota.rules.closing import Node
from liangshui.registry.codes import DivisionLevel, SourceKind, ZoneKind
from liangshui.registry.models import ControlZone, Division, Intake, ManagementUnit, Project

EVERYWHERE = Territory(everywhere=True)
ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Permitted:
    """The permitted volume of a project a year, where the project lies, at the source and use of most of its intakes."""

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
                each.permitted_m3,
                each.permit_from,
                each.permit_to,
            )
        )
    return found


@dataclass(frozen=True, slots=True)
class Room:
    """What may still be granted in a unit from a source: the control total less what permits allow; None: not known."""

    unit: ManagementUnit
    source: str
    state: Unit

    @property
    def left_m3(self) -> Decimal | None:
        if self.state.control_m3 is None or self.state.permitted_m3 is None:
            return None
        return self.state.control_m3 - self.state.permitted_m3

    @property
    def source_label(self) -> str:
        return str(SourceKind(self.source).label)


def rooms(county: Division, on: date) -> list[Room]:
    """Of each management unit and kind of groundwater: control total of the year, what permits allow, what was pumped.

    Pumped is the greater of the last whole year and this year so far, so that a young year hides nothing.
    """
    permits, found = standing(EVERYWHERE), []
    for source in (SourceKind.SHALLOW, SourceKind.DEEP):
        control = allotted(county, on.year, source, on)
        pumped: dict[int, Decimal] = defaultdict(lambda: ZERO)
        for period in (Period(date(on.year - 1, 1, 1), date(on.year, 1, 1)), Period(date(on.year, 1, 1), on)):
            if period.start >= period.end:
                continue
            for row in accounting.account(EVERYWHERE, period, "unit", {"source_kind": source}):
                if row.key is not None and row.abstraction_m3 is not None:
                    pumped[row.key] = max(pumped[row.key], row.abstraction_m3)
        allowed: dict[int | None, Decimal] = defaultdict(lambda: ZERO)
        for permit in permits:
            if permit.source == source and permit.holds(on, date.max):
                allowed[permit.management_unit] += permit.volume_m3
        for unit in ManagementUnit.objects.order_by("code"):
            total = control.get(Node(unit=unit.pk))
            if total is None and not allowed[unit.pk] and unit.pk not in pumped:
                continue
            found.append(Room(unit, source.value, Unit(total, pumped.get(unit.pk), allowed[unit.pk])))
    return found


def unit_state(county: Division, unit: ManagementUnit | None, source: str, on: date) -> Unit | None:
    """The same of one unit and source; None: neither is known of it."""
    return next((room.state for room in rooms(county, on) if room.unit == unit and room.source == source), None)


def zones_at(longitude: float, latitude: float, on: date) -> frozenset[Zone]:
    """Banned and limited zones at a place, by their outlines."""
    from shapely.geometry import Point, shape

    place, found = Point(longitude, latitude), set()
    names = {ZoneKind.BANNED: Zone.BANNED, ZoneKind.LIMITED: Zone.LIMITED}
    for zone in ControlZone.objects.on(on).filter(kind__in=list(names)):
        if zone.geometry.get("coordinates") and shape(zone.geometry).covers(place):
            found.add(names[ZoneKind(zone.kind)])
    return frozenset(found)
