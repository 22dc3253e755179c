"""What a message says, in terms of this product: readings, elements that no map explains, what the device says of itself."""

from collections.abc import Mapping as Map
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from liangshui.gateway.rules.device_map import DeviceMap

ONE = Decimal(1)
LARGEST = Decimal(9_000_000_000_000)
"""Values beyond do not fit the stored form (millionths in 64 bits) and are no reading of anything here."""


KEY = 40
"""Characters of a station's key at most."""


class Mapping(NamedTuple):
    """What an element means: value × factor in the unit of the quantity."""

    quantity: str
    channel: int = 1
    factor: Decimal = ONE


class Options(NamedTuple):
    """Settings of a station that decide what its messages mean. `elements`: its whole map, the built-in one included; `device`
    the map of its make, where registers or JSON are read by one."""

    elements: Map[str, Mapping]
    series_time_is_end: bool = False
    device: DeviceMap | None = None


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
    pictures: tuple[bytes, ...] = ()


def add(told: Told, mapping: Mapping, element: str, at: datetime, value: Decimal | None, raw: bytes) -> None:
    """A value by its map; one too large to be stored is shown as unmapped."""
    if value is not None and mapping.factor is not ONE:
        value *= mapping.factor
    if value is not None and not -LARGEST < value < LARGEST:
        told.unmapped.append(Unmapped(element, raw, f"{value:f}"))
    else:
        told.readings.append(Reading(mapping.channel, mapping.quantity, element, at, value))


def words(values: tuple[Decimal | None, ...]) -> str:
    """Values for the page of unmapped elements; nothing where there is none."""
    return (
        " ".join("-" if value is None else f"{value:f}" for value in values)
        if any(value is not None for value in values)
        else ""
    )
