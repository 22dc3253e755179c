"""From a decoded message to what it measures: readings, elements that no map explains, and what the device says of itself.

Pure: no Django, no database. Quantities and kinds of event are the codes of telemetry/codes.py.
"""

from collections.abc import Mapping as Map
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from functools import lru_cache
from types import MappingProxyType
from typing import Any, NamedTuple

from liangshui.core.quantities import SECONDS_PER_HOUR
from liangshui.gateway.codecs import sl651, szy206
from liangshui.gateway.codecs.szy206 import messages as m

ONE = Decimal(1)
M3_S = Decimal(SECONDS_PER_HOUR)
LARGEST = Decimal(9_000_000_000_000)
"""Values beyond do not fit the stored form (millionths in 64 bits) and are no reading of anything here."""

WELL_DRY = Decimal(444)
"""SL 651: depth 444 m says that the well is dry, so there is no depth."""

_BEIJING_AHEAD = timedelta(hours=8)
_BEIJING = timezone(_BEIJING_AHEAD)


class Mapping(NamedTuple):
    """What an element means: value × factor in the unit of the quantity."""

    quantity: str
    channel: int = 1
    factor: Decimal = ONE


class Options(NamedTuple):
    """Settings of a station that decide what its messages mean. `elements`: its whole map, the built-in one included."""

    elements: Map[str, Mapping]
    series_time_is_end: bool = False


class Reading(NamedTuple):
    """One value at an instant (UTC). None: the device said that it had none."""

    channel: int
    quantity: str
    element: str
    at: datetime
    value: Decimal | None


class Unmapped(NamedTuple):
    """An element that no map explains, or whose bytes are no number, as it came."""

    element: str
    raw: bytes
    value: str


class Told(NamedTuple):
    """What a message says: `states` hold until they change, `happened` are single events; both by EventKind."""

    readings: list[Reading]
    unmapped: list[Unmapped]
    states: tuple[tuple[str, bool], ...]
    happened: list[str]
    at: datetime
    """The instant of states and events."""


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
        "39": Mapping("level_m"),
        "3A": Mapping("level_m"),
        "3B": Mapping("level_m"),
        **_numbered(0x3C, "level_m"),
        **_numbered(0x58, "pressure_kpa"),
    }
)
"""The national table of SL 651, as far as it concerns water accounts. It has no cumulative register: map that by station."""

SZY206_MAP: Map[str, str] = MappingProxyType(
    {
        "flow": "flow_m3_h",
        "volume": "register",
        "electricity": "energy_kwh",
        "level": "level_m",
        "velocity": "velocity_m_s",
        "rain": "rain_mm",
        "water_temperature": "temperature_c",
        "water_pressure": "pressure_kpa",
        "voltage": "voltage_v",
    }
)
"""SZY206 and SL 427 name quantities by type; the number of the instrument is the channel."""

_SL651_NO_VALUES = frozenset({"04", "45", "F0", "F1", "F2", "F3"})
_SL651_STATES = (
    ("mains_lost", 0x01),
    ("battery_low", 0x02),
    ("limit", 0x1C),
    ("meter_fault", 0x20),
    ("level_fault", 0x40),
)
_SL651_DOOR_SHUT = 0x80
_SZY206_STATES = (
    ("mains_lost", 0x0001),
    ("battery_low", 0x0002),
    ("limit", 0x011C),
    ("meter_fault", 0x0020),
    ("level_fault", 0x0080),
    ("door_open", 0x2000),
)
_LINK_EVENTS = {m.LOGIN: "login", m.LOGOUT: "logout"}


def stations_in(message: Any) -> tuple[str, ...]:
    """Keys of the stations whose values a message carries: that of its head, then others named in an SL 651 body."""
    if isinstance(message, sl651.Message) and message.marks:
        others = dict.fromkeys(mark.station for mark in message.marks if mark.station)
        return (message.station, *(key for key in others if key not in (message.station, message.body_station)))
    return (message.station,)


def readings_of(message: Any, arrival: datetime, options: Options, station: str | None = None) -> Told:
    """What a message says of one of its stations.

    Args:
        message: as decoded; SL 651 packets joined, SZY206 read by the edition of the station.
        arrival: aware time of arrival, which counts where the frame gives no time.
        options: settings of the station.
        station: key of the station, if it is another than that of the head (`stations_in`).
    """
    if isinstance(message, sl651.Message):
        return _sl651(message, arrival, options, station or message.station)
    return _szy206(message, arrival, options)


def _sl651(message: sl651.Message, arrival: datetime, options: Options, station: str) -> Told:
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
            told = told._replace(states=_sl651_states(element.status))
            continue
        mapping = elements.get(element.id)
        if mapping is None or element.bad:
            if element.id not in _SL651_NO_VALUES and element.text is None:
                told.unmapped.append(Unmapped(element.id, element.raw, _words(element.values or (element.value,))))
            continue
        when = at if element.obs_time is None or element.obs_time == stated else _utc(element.obs_time)
        if element.values is None:
            _add(told, mapping, element.id, when, element.value, element.raw)
            continue
        series_time = sl651.SeriesTime.LAST if options.series_time_is_end else sl651.SeriesTime.FIRST
        times, _ = sl651.series_times(element, message, sl651.StationOptions(series_time=series_time))
        for time, value in zip(times, element.values, strict=True):
            if time is not None:
                _add(told, mapping, element.id, _utc(time), value, element.raw)
        if element.values and times[0] is None:
            told.unmapped.append(Unmapped(element.id, element.raw, _words(element.values)))
    if len({reading.element for reading in readings}) < len(readings):
        _keep_last(readings)
    return told


@lru_cache(maxsize=1024)
def _sl651_states(status: int) -> tuple[tuple[str, bool], ...]:
    door = ("door_open", not status & _SL651_DOOR_SHUT)
    return (*((kind, bool(status & bits)) for kind, bits in _SL651_STATES), door)


@lru_cache(maxsize=1024)
def _szy206_states(alarm: int) -> tuple[tuple[str, bool], ...]:
    return tuple((kind, bool(alarm & bits)) for kind, bits in _SZY206_STATES)


def _keep_last(readings: list[Reading]) -> None:
    """An element said twice for one instant counts once, as said last."""
    last = {(reading.element, reading.at): reading for reading in readings}
    readings[:] = last.values()


def _szy206(message: szy206.Message, arrival: datetime, options: Options) -> Told:
    body = message.body
    if not message.up:
        return Told([], [], (), [], arrival)
    if isinstance(body, m.Link):
        happened = _LINK_EVENTS.get(body.code)
        return Told([], [], (), [happened] if happened else [], arrival)
    if isinstance(body, m.Raw):
        unread = [Unmapped(f"type{message.type_code}", body.data, "")] if body.problem else []
        return Told([], unread, (), [], arrival)
    if not isinstance(body, m.Report):
        return Told([], [], (), [], arrival)
    at = (label_time(body.tp, arrival) if body.tp is not None else None) or arrival
    told = Told([], [], (), [], at)
    for reading in body.values:
        element = f"{reading.quantity[:10]}{reading.index}"
        mapping = options.elements.get(element)
        if mapping is None and reading.quantity in SZY206_MAP:
            mapping = Mapping(SZY206_MAP[reading.quantity], reading.index)
        unclear = reading.quantity == "flow" and not reading.unit and reading.value is not None
        if mapping is None or reading.damaged or unclear:
            told.unmapped.append(Unmapped(element, reading.raw, _words((reading.value,))))
            continue
        value = reading.value
        if value is not None and reading.unit == "m3/s":
            value *= M3_S
        _add(told, mapping, element, at, value, reading.raw)
    if body.alarm is not None:
        return told._replace(states=_szy206_states(body.alarm))
    return told


def label_time(tp: szy206.Tp, arrival: datetime) -> datetime | None:
    """The instant (UTC) of a time label; a short label of the day of arrival, the usual case, without detours."""
    raw = tp.raw
    text = raw[:4].hex()
    if len(raw) == 5 and text.isdecimal() and text[:2] < "60" and text[2:4] < "60" and text[4:6] < "24":
        local = arrival.astimezone(_BEIJING)
        if int(text[6:]) == local.day:
            second, minute, hour = int(text[:2]), int(text[2:4]), int(text[4:6])
            return local.replace(hour=hour, minute=minute, second=second, microsecond=0).astimezone(UTC)
    time = szy206.resolve_tp(tp, arrival)
    return time.astimezone(UTC) if time else None


def _add(told: Told, mapping: Mapping, element: str, at: datetime, value: Decimal | None, raw: bytes) -> None:
    if value is not None:
        if element == "0E" and value == WELL_DRY:
            value = None
        elif mapping.factor is not ONE:
            value *= mapping.factor
    if value is not None and not -LARGEST < value < LARGEST:
        told.unmapped.append(Unmapped(element, raw, f"{value:f}"))
    else:
        told.readings.append(Reading(mapping.channel, mapping.quantity, element, at, value))


def _utc(beijing: datetime) -> datetime:
    return (beijing - _BEIJING_AHEAD).replace(tzinfo=UTC)


def _words(values: tuple[Decimal | None, ...]) -> str:
    return (
        " ".join("-" if value is None else f"{value:f}" for value in values)
        if any(value is not None for value in values)
        else ""
    )
