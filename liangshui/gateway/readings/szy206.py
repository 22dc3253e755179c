"""What an SZY206 or SL 427 message says (README 3.4 and 3.5)."""

from collections.abc import Mapping as Map
from datetime import UTC, datetime, timedelta, timezone
from functools import lru_cache
from types import MappingProxyType

from liangshui.gateway.codecs import szy206
from liangshui.gateway.codecs.szy206 import messages as m
from liangshui.gateway.readings.sl651 import M3_S
from liangshui.gateway.readings.told import Mapping, Options, Told, Unmapped, add, words

_BEIJING = timezone(timedelta(hours=8))

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
        "ph": "ph",
        "dissolved_oxygen": "do_mg_l",
        "codmn": "codmn_mg_l",
        "conductivity": "cond_us_cm",
        "turbidity": "turbidity",
        "orp": "orp_mv",
        "cod": "cod_mg_l",
        "bod5": "bod5_mg_l",
        "ammonia_nitrogen": "nh3n_mg_l",
        "total_nitrogen": "tn_mg_l",
        "total_phosphorus": "tp_mg_l",
        "fluoride": "fluoride_mg_l",
    }
)
"""SZY206 and SL 427 name quantities by type; the number of the instrument is the channel."""

_ALARMS = (
    ("mains_lost", 0x0001),
    ("battery_low", 0x0002),
    ("limit", 0x011C),
    ("meter_fault", 0x0020),
    ("level_fault", 0x0080),
    ("pump_alarm", 0x0040),
    ("ic_card", 0x0400),
    ("quota_control", 0x0800),
    ("water_low", 0x1000),
    ("door_open", 0x2000),
)
_PUMP_STOPPED, _ON_BATTERY = 0x10, 0x40
_LINK_EVENTS = {m.LOGIN: "login", m.LOGOUT: "logout"}


@lru_cache(maxsize=1024)
def _states(alarm: int, status: int | None) -> tuple[tuple[str, bool], ...]:
    told = {kind: bool(alarm & bits) for kind, bits in _ALARMS}
    if status is not None:
        told["pump_stopped"] = bool(status & _PUMP_STOPPED)
        told["on_battery"] = bool(status & _ON_BATTERY)
    return tuple(told.items())


def told_by(message: szy206.Message, arrival: datetime, options: Options) -> Told:
    """What a report says; a link test logs a station in or out."""
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
        element = f"{reading.quantity[:20]}{reading.index}"
        mapping = options.elements.get(element)
        if mapping is None and reading.quantity in SZY206_MAP:
            mapping = Mapping(SZY206_MAP[reading.quantity], reading.index)
        unclear = reading.quantity == "flow" and not reading.unit and reading.value is not None
        if mapping is None or reading.damaged or unclear:
            told.unmapped.append(Unmapped(element, reading.raw, words((reading.value,))))
            continue
        value = reading.value
        if value is not None and reading.unit == "m3/s":
            value *= M3_S
        add(told, mapping, element, at, value, reading.raw)
    if body.alarm is not None:
        return told._replace(states=_states(body.alarm, body.status))
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
