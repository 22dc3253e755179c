"""Stations as the gateway needs them: by key, with answer form, password and the whole element map, read in two queries."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from liangshui.gateway.codecs.szy206 import Edition
from liangshui.gateway.readings import ONE, SL651_MAP, Mapping, Options
from liangshui.gateway.store import Store, table
from liangshui.telemetry.models import ElementMapping, Station, StationVersion

EDITIONS: dict[str, Edition] = {"szy206": "szy206-2016", "sl427-2021": "sl427-2021"}
"""Edition by protocol of a station."""


def family(protocol: str) -> str:
    """Protocols that a frame's first bytes cannot tell apart."""
    return "szy206" if protocol == "sl427-2021" else protocol


@dataclass(frozen=True, slots=True)
class Known:
    """Settings of a station in the ledger."""

    id: int
    key: str
    protocol: str
    answer_form: str
    password: str
    options: Options
    edition: Edition | None


class Directory:
    """All stations at one moment; never changed, replaced as a whole."""

    def __init__(self, stations: dict[str, Known], version: int) -> None:
        self._stations = stations
        self.version = version

    def __iter__(self) -> Iterator[Known]:
        return iter(self._stations.values())

    def find(self, key: str, protocol: str) -> Known | None:
        """A station by key; one of the other family with the same key is another device."""
        known = self._stations.get(key)
        return known if known is not None and family(known.protocol) == family(protocol) else None


EMPTY = Directory({}, -1)


def version(store: Store) -> int:
    """Rises with every change of a station or map."""
    found = store.one(f"SELECT version FROM {table(StationVersion)} WHERE id=1")
    return found[0] if found else 0


def read_directory(store: Store) -> Directory:
    """All stations and their maps."""
    current = version(store)
    own: dict[int, dict[str, Mapping]] = {}
    shared: dict[int, dict[str, Mapping]] = {}
    columns = "station_id, model_id, element, quantity, channel, factor"
    for station, model, element, quantity, channel, factor in store.all(
        f"SELECT {columns} FROM {table(ElementMapping)}"
    ):
        place = own.setdefault(station, {}) if station is not None else shared.setdefault(model, {})
        place[element] = Mapping(quantity, channel, exact(factor))
    stations = {}
    columns = "id, key, protocol, answer_form, password, model_id, series_time_is_end"
    for pk, key, protocol, form, password, model, is_end in store.all(f"SELECT {columns} FROM {table(Station)}"):
        built_in = SL651_MAP if protocol == "sl651" else {}
        told = shared.get(model, {}) | own.get(pk, {})
        elements = {**built_in, **told} if told else built_in
        options = Options(elements, bool(is_end))
        stations[key] = Known(pk, key, protocol, form, password.upper(), options, EDITIONS.get(protocol))
    return Directory(stations, current)


def exact(factor: Any) -> Decimal:
    """A factor as the database gives it; the number one is always the same object, so that nothing is multiplied by it."""
    value = Decimal(str(factor)).quantize(Decimal("0.000001"))
    return ONE if value == ONE else value
