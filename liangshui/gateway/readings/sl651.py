"""What an SL 651 message says (README 2.5 to 2.7)."""

from collections.abc import Mapping as Map
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from types import MappingProxyType

from liangshui.core.quantities import SECONDS_PER_HOUR
from liangshui.gateway.codecs import sl651
from liangshui.gateway.readings.told import ONE, Mapping, Options, Reading, Told, Unmapped, add, words

M3_S = Decimal(SECONDS_PER_HOUR)

WELL_DRY = Decimal(444)
"""Depth 444 m says that the well is dry, so there is no depth."""

_BEIJING_AHEAD = timedelta(hours=8)


def _numbered(first: int, quantity: str, factor: Decimal = ONE) -> dict[str, Mapping]:
    return {f"{first + i:02X}": Mapping(quantity, i + 1, factor) for i in range(8)}


SL651_MAP: Map[str, Mapping] = MappingProxyType(
    {
        "03": Mapping("temperature_c"),
        "0E": Mapping("depth_m"),
        "26": Mapping("rain_mm"),
        "27": Mapping("flow_m3_h", 1, M3_S),
        **_numbered(0x28, "flow_m3_h", M3_S),
        "36": Mapping("velocity_m_s"),
        "37": Mapping("velocity_m_s"),
        "38": Mapping("voltage_v"),
        "46": Mapping("ph"),
        "47": Mapping("do_mg_l"),
        "48": Mapping("cond_us_cm"),
        "49": Mapping("turbidity"),
        "4A": Mapping("codmn_mg_l"),
        "4B": Mapping("orp_mv"),
        "4C": Mapping("nh3n_mg_l"),
        "4D": Mapping("tp_mg_l"),
        "4E": Mapping("tn_mg_l"),
        "39": Mapping("level_m"),
        "3A": Mapping("level_m"),
        "3B": Mapping("level_m"),
        **_numbered(0x3C, "level_m"),
        **_numbered(0x58, "pressure_kpa"),
    }
)
"""The national table of SL 651, as far as it concerns quantity, level and quality of water. It has no cumulative register: map that by station."""

_NO_VALUES = frozenset({"04", "45", "F0", "F1", "F2", "F3"})
_STATES = (
    ("mains_lost", 0x01),
    ("battery_low", 0x02),
    ("limit", 0x1C),
    ("meter_fault", 0x20),
    ("level_fault", 0x40),
    ("memory_fault", 0x100),
    ("ic_card", 0x200),
    ("pump_stopped", 0x400),
    ("water_low", 0x800),
)
_DOOR_SHUT = 0x80


def told_by(message: sl651.Message, arrival: datetime, options: Options, station: str) -> Told:
    """What it says of one of its stations; `station` is its key."""
    stated = message.obs_time or message.send_time
    at = _utc(stated) if stated else arrival
    told = Told([], [], (), [], at)
    if message.direction == "down":
        return told
    mine = (station, message.body_station) if station == message.station else (station,)
    several = bool(message.marks)
    readings, elements = told.readings, options.elements
    for element in message.elements:
        if several and element.station is not None and element.station not in mine:
            continue
        if element.status is not None:
            told = told._replace(states=_states(element.status))
            continue
        if element.id == "F3":
            told = told._replace(pictures=(*told.pictures, element.raw))
            continue
        mapping = elements.get(element.id)
        if mapping is None or element.bad:
            if element.id not in _NO_VALUES and element.text is None:
                told.unmapped.append(Unmapped(element.id, element.raw, words(element.values or (element.value,))))
            continue
        when = at if element.obs_time is None or element.obs_time == stated else _utc(element.obs_time)
        if element.values is None:
            dry = element.id == "0E" and element.value == WELL_DRY
            add(told, mapping, element.id, when, None if dry else element.value, element.raw)
            continue
        series_time = sl651.SeriesTime.LAST if options.series_time_is_end else sl651.SeriesTime.FIRST
        times, _ = sl651.series_times(element, message, sl651.StationOptions(series_time=series_time))
        for time, value in zip(times, element.values, strict=True):
            if time is not None:
                add(told, mapping, element.id, _utc(time), value, element.raw)
        if element.values and times[0] is None:
            told.unmapped.append(Unmapped(element.id, element.raw, words(element.values)))
    if len({reading.element for reading in readings}) < len(readings):
        _keep_last(readings)
    return told


@lru_cache(maxsize=1024)
def _states(status: int) -> tuple[tuple[str, bool], ...]:
    door = ("door_open", not status & _DOOR_SHUT)
    return (*((kind, bool(status & bits)) for kind, bits in _STATES), door)


def _keep_last(readings: list[Reading]) -> None:
    """An element said twice for one instant counts once, as said last."""
    last = {(reading.element, reading.at): reading for reading in readings}
    readings[:] = last.values()


def _utc(beijing: datetime) -> datetime:
    return (beijing - _BEIJING_AHEAD).replace(tzinfo=UTC)
