"""What a message of an MQTT broker says, by a device map."""

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any

from liangshui.gateway.readings.told import KEY, Mapping, Options, Told, add
from liangshui.gateway.rules.device_map import DeviceMap, instant

_STATION = "{station}"


@dataclass(frozen=True, slots=True)
class Message:
    """The rows of a message, each the key of its station and the JSON that is about it; there is one at least."""

    rows: tuple[tuple[str, Any], ...]
    device: DeviceMap

    @property
    def station(self) -> str:
        return self.rows[0][0]

    @property
    def stations(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(key for key, _row in self.rows))


def told_by(message: Message, arrival: datetime, options: Options, station: str) -> Told:
    """What the rows of a station say. A point that is not there says nothing; one that is no number has no value."""
    told = Told([], [], (), [], arrival)
    for key, row in message.rows:
        if key == station:
            _row(told, row, message.device, arrival, options)
    return told


def _row(told: Told, row: Any, device: DeviceMap, arrival: datetime, options: Options) -> None:
    at = instant(dig(row, device.time), device.time_form) if device.time else arrival
    at = (at or arrival).astimezone(UTC)
    for point in device.points:
        found = dig(row, point.path, missing=MISSING)
        if found is MISSING:
            continue
        mapping = options.elements.get(point.name) or Mapping(point.quantity, point.channel, point.factor)
        add(told, mapping, point.name, at, _number(found), str(found).encode()[:40])


def topic_filter(device: DeviceMap) -> str:
    """The topics of a map as MQTT asks for them: the station is one level."""
    return re.sub(r"[^/]*\{station\}[^/]*", "+", device.topic)


@lru_cache(maxsize=256)
def _pattern(topic: str) -> re.Pattern[str]:
    parts = [re.escape(part).replace(r"\+", "[^/]+").replace(r"\#", ".*") for part in topic.split(_STATION)]
    return re.compile("(?P<station>[^/]+)".join(parts) + r"\Z")


def message_in(device: DeviceMap, topic: str, payload: bytes) -> Message | None:
    """The rows of a message; None if it is no JSON, or names no station."""
    try:
        told = json.loads(payload)
    except (ValueError, RecursionError):
        return None
    found = _pattern(device.topic).match(topic)
    named = found.groupdict().get("station") if found else None
    rows = dig(told, device.rows)
    keyed = []
    for row in rows if isinstance(rows, list) else [rows]:
        key = dig(row, device.station) if device.station else named
        if isinstance(key, (str, int)) and str(key).strip():
            keyed.append((str(key).strip()[:KEY], row))
    return Message(tuple(keyed), device) if keyed else None


MISSING = object()


def dig(value: Any, path: str, missing: Any = None) -> Any:
    """What lies at a path (a.b.0); `missing` if nothing does, or the message itself for the empty path."""
    for name in path.split(".") if path else ():
        if isinstance(value, dict) and name in value:
            value = value[name]
        elif isinstance(value, list) and name.isdigit() and int(name) < len(value):
            value = value[int(name)]
        else:
            return missing
    return value


def _number(found: Any) -> Decimal | None:
    if isinstance(found, bool) or found is None:
        return None
    try:
        value = Decimal(str(found).strip())
    except InvalidOperation:
        return None
    return value if value.is_finite() else None
