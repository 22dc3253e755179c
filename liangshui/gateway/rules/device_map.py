"""Device maps (设备映射文件): what a make of device says in which registers (Modbus) or where in its JSON (MQTT).

Files that people write and pass on; docs/guide/stations.md has an example of each. Values end in the unit of their quantity.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from liangshui.core.mappings import MappingError, read, refuse_unknown
from liangshui.core.periods import BEIJING
from liangshui.gateway.codecs.modbus import ORDERS, TYPES, Request
from liangshui.gateway.codecs.modbus.frames import HOLDING, INPUT, MOST

LONGEST = 60_000
PROTOCOLS = ("modbus", "mqtt")
ONE = Decimal(1)
GAP = 8
"""Registers not wanted that are read along, rather than asking twice."""

NAME = 24
"""Characters of a point's name: it is the element of a series."""


@dataclass(frozen=True, slots=True)
class Part:
    """Registers that hold one number, and what it counts."""

    register: int
    type: str
    order: str = "ABCD"
    factor: Decimal = ONE

    @property
    def count(self) -> int:
        return TYPES[self.type][0]


@dataclass(frozen=True, slots=True)
class Point:
    """One measured quantity: the sum of its parts (Modbus), or what lies at a path (MQTT), times the factor."""

    name: str
    quantity: str
    channel: int = 1
    factor: Decimal = ONE
    function: int = HOLDING
    parts: tuple[Part, ...] = ()
    path: str = ""


@dataclass(frozen=True, slots=True)
class DeviceMap:
    """A file. `topic` and the time belong to MQTT: `{station}` in the topic, or the path `station`, is the key of the station."""

    name: str
    device: str
    protocol: str
    points: tuple[Point, ...] = field(repr=False)
    source: str = ""
    topic: str = ""
    station: str = ""
    rows: str = ""
    time: str = ""
    time_form: str = "iso"


_TOP = {"device", "protocol", "source", "points", "topic", "station", "rows", "time", "time_form"}
_POINT = {"quantity", "channel", "factor", "function", "register", "type", "order", "sum", "path"}
_PART = {"register", "type", "order", "factor"}
TIME_FORMS = ("iso", "unix_s", "unix_ms")


def parse(name: str, text: str, quantities: Iterable[str]) -> DeviceMap:
    """A file by its text.

    Raises:
        MappingError: besides the common codes: missing {key, where}, not_one_of {key, value, where, allowed}, not_a_number {key,
            value, where}, not_a_map {where}, long_name {where}, too_far {where}, no_points.
    """
    raw = read(text, LONGEST)
    refuse_unknown(raw, _TOP)
    protocol = _one_of(raw, "protocol", PROTOCOLS, "")
    points = raw.get("points")
    if not isinstance(points, dict) or not points:
        raise MappingError("no_points")
    known = tuple(quantities)
    found = DeviceMap(
        name=name,
        device=str(raw.get("device") or name),
        protocol=protocol,
        points=tuple(_point(str(each), given, protocol, known) for each, given in points.items()),
        source=str(raw.get("source") or ""),
        topic=str(raw.get("topic") or ""),
        station=str(raw.get("station") or ""),
        rows=str(raw.get("rows") or ""),
        time=str(raw.get("time") or ""),
        time_form=str(raw.get("time_form") or "iso"),
    )
    if protocol == "mqtt":
        if not found.topic:
            raise MappingError("missing", key="topic", where="")
        if "{station}" not in found.topic and not found.station:
            raise MappingError("missing", key="station", where="")
        if "%" not in found.time_form:
            _one_of({"time_form": found.time_form}, "time_form", TIME_FORMS, "")
    return found


def _point(name: str, given: Any, protocol: str, quantities: tuple[str, ...]) -> Point:
    if len(name) > NAME:
        raise MappingError("long_name", where=name[:60])
    if not isinstance(given, dict):
        raise MappingError("not_a_map", where=name)
    refuse_unknown(given, _POINT, name)
    quantity = _one_of(given, "quantity", quantities, name)
    channel, factor = _whole(given, "channel", name, 1, 1, 32), _number(given, "factor", name)
    if protocol == "mqtt":
        if not given.get("path"):
            raise MappingError("missing", key="path", where=name)
        return Point(name, quantity, channel, factor, path=str(given["path"]))
    function = _whole(given, "function", name, HOLDING, HOLDING, INPUT)
    parts = given.get("sum")
    if parts is None:
        parts = [{key: given[key] for key in ("register", "type", "order") if key in given}]
    if not isinstance(parts, list) or not parts:
        raise MappingError("missing", key="sum", where=name)
    found = tuple(_part(each, name) for each in parts)
    start, end = _span(found)
    if end - start > MOST:
        raise MappingError("too_far", where=name)
    return Point(name, quantity, channel, factor, function, found)


def _part(given: Any, where: str) -> Part:
    if not isinstance(given, dict):
        raise MappingError("not_a_map", where=where)
    refuse_unknown(given, _PART, where)
    if "register" not in given:
        raise MappingError("missing", key="register", where=where)
    return Part(
        _whole(given, "register", where, 0, 0, 65535),
        _one_of(given, "type", tuple(TYPES), where),
        _one_of({"order": given.get("order", "ABCD")}, "order", ORDERS, where),
        _number(given, "factor", where),
    )


def _one_of(given: Mapping[str, Any], key: str, allowed: tuple[str, ...], where: str) -> str:
    if key not in given:
        raise MappingError("missing", key=key, where=where)
    value = str(given[key])
    if value not in allowed:
        raise MappingError("not_one_of", key=key, value=value[:60], where=where, allowed=", ".join(allowed))
    return value


def _whole(given: Mapping[str, Any], key: str, where: str, default: int, least: int, most: int) -> int:
    value = given.get(key, default)
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise MappingError("not_a_number", key=key, value=str(value)[:60], where=where)
    return value


def _number(given: Mapping[str, Any], key: str, where: str) -> Decimal:
    try:
        value = Decimal(str(given.get(key, 1)))
    except InvalidOperation as error:
        raise MappingError("not_a_number", key=key, value=str(given[key])[:60], where=where) from error
    if not value.is_finite() or not value:
        raise MappingError("not_a_number", key=key, value=str(value), where=where)
    return ONE if value == ONE else value


def questions(points: Iterable[Point], unit: int) -> list[Request]:
    """The fewest questions that read all points, each whole within one: neighbours are read together."""
    found: list[Request] = []
    for function, start, end in sorted((p.function, *_span(p.parts)) for p in points if p.parts):
        last = found[-1] if found else None
        if last is not None and last.function == function and start <= last.start + last.count + GAP:
            count = max(last.count, end - last.start)
            if count <= MOST:
                found[-1] = Request(unit, function, last.start, count)
                continue
        found.append(Request(unit, function, start, end - start))
    return found


def _span(parts: tuple[Part, ...]) -> tuple[int, int]:
    return min(part.register for part in parts), max(part.register + part.count for part in parts)


def instant(value: Any, form: str) -> datetime | None:
    """The time in a message, aware; None if it is no time. Without a zone it is Beijing time."""
    try:
        if form in ("unix_s", "unix_ms"):
            return datetime.fromtimestamp(float(value) / (1000 if form == "unix_ms" else 1), UTC)
        found = datetime.fromisoformat(str(value)) if form == "iso" else datetime.strptime(str(value), form)  # noqa: DTZ007
    except (ValueError, TypeError, OverflowError, OSError):
        return None
    return found if found.tzinfo is not None else found.replace(tzinfo=BEIJING)
