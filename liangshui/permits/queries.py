"""What may still be granted in a unit, and what is known of a place when the gate is asked."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from liangshui.permits.rules.gate import Unit, Zone
from liangshui.quota import units
from liangshui.quota.units import Standing
from liangshui.registry.codes import SourceKind, ZoneKind
from liangshui.registry.models import ControlZone, Division, ManagementUnit


@dataclass(frozen=True, slots=True)
class Room:
    """What may still be granted in a unit from a source: the control total less what permits allow; None: not known."""

    unit: ManagementUnit
    source: str
    state: Unit
    standing: Standing | None = None

    @property
    def left_m3(self) -> Decimal | None:
        if self.state.control_m3 is None or self.state.permitted_m3 is None:
            return None
        return self.state.control_m3 - self.state.permitted_m3

    @property
    def source_label(self) -> str:
        return str(SourceKind(self.source).label)


def rooms(county: Division, on: date) -> list[Room]:
    """Of each management unit and kind of groundwater: totals, level and orders as the register knows them (quota/units.py)."""
    return [Room(each.unit, each.source, unit_of(each), each) for each in units.standings(county, on)]


def unit_of(standing: Standing) -> Unit:
    """A unit as the gate asks for it."""
    figures = standing.totals
    return Unit(
        figures.control_m3, figures.pumped_m3, figures.permitted_m3, standing.level.kept, standing.orders,
        held=standing.state.only_held,
    )  # fmt: skip


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
