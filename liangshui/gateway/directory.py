"""Stations as the gateway needs them: by key, with answer form, password and the whole element map, read in two queries."""

import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from liangshui.gateway.codecs.szy206 import Edition
from liangshui.gateway.devices import read_all
from liangshui.gateway.readings import ONE, SL651_MAP, Mapping, Options
from liangshui.gateway.readings.told import KEY
from liangshui.gateway.rules.device_map import DeviceMap
from liangshui.gateway.store import Store, table
from liangshui.telemetry.codes import family
from liangshui.telemetry.models import (
    Broker,
    Dtu,
    DtuKind,
    ElementMapping,
    Station,
    StationModel,
    StationVersion,
)

log = logging.getLogger(__name__)

EDITIONS: dict[str, Edition] = {"szy206": "szy206-2016", "sl427-2021": "sl427-2021"}
"""Edition by protocol of a station."""


@dataclass(frozen=True, slots=True)
class Known:
    """Settings of a station in the ledger. `line_address` is its number on the line behind a DTU."""

    id: int
    key: str
    protocol: str
    answer_form: str
    password: str
    options: Options
    edition: Edition | None
    line_address: int | None = None


@dataclass(frozen=True, slots=True)
class KnownDtu:
    """A DTU with the stations behind it."""

    key: str
    line: str
    ask_every_s: int
    stations: tuple[Known, ...]


@dataclass(frozen=True, slots=True)
class KnownKind:
    """How a make of DTU says who it is, and what of its bytes means nothing."""

    registration: re.Pattern[bytes]
    heartbeat: re.Pattern[bytes] | None


@dataclass(frozen=True, slots=True)
class KnownBroker:
    """An MQTT broker to be listened to."""

    id: int
    name: str
    host: str
    port: int
    tls: bool
    ca: str
    username: str
    secret: str
    client_id: str
    device: DeviceMap


@dataclass(frozen=True, slots=True)
class Registration:
    """A connection that says which DTU it is. `size`: so many bytes of the data were that."""

    station: str
    size: int
    kind: KnownKind
    dtu: KnownDtu | None


REGISTRATION_MOST = 256
"""No registration packet is longer."""


class Directory:
    """All stations, DTUs and brokers at one moment; never changed, replaced as a whole."""

    def __init__(
        self,
        stations: dict[str, Known],
        version: int,
        kinds: tuple[KnownKind, ...] = (),
        dtus: dict[str, KnownDtu] | None = None,
        brokers: tuple[KnownBroker, ...] = (),
    ) -> None:
        self._stations = stations
        self._dtus = dtus or {}
        self.version, self.kinds, self.brokers = version, kinds, brokers

    def dtu(self, key: str) -> KnownDtu | None:
        return self._dtus.get(key)

    def registration(self, data: bytes) -> Registration | None:
        """Which DTU the bytes at the beginning of a connection name; None if they are no registration packet."""
        for kind in self.kinds:
            found = kind.registration.match(data[:REGISTRATION_MOST])
            if found and found.end():
                named = found.groupdict().get("key") or found.group()
                key = named.decode("ascii") if named.isalnum() and named.isascii() else named.hex().upper()
                return Registration(key[:KEY], found.end(), kind, self._dtus.get(key[:KEY]))
        return None

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
    """Everything that the gateway needs to know of stations, their maps, DTUs and brokers."""
    current = version(store)
    own: dict[int, dict[str, Mapping]] = {}
    shared: dict[int, dict[str, Mapping]] = {}
    columns = "station_id, model_id, element, quantity, channel, factor"
    for station, model, element, quantity, channel, factor in store.all(
        f"SELECT {columns} FROM {table(ElementMapping)}"
    ):
        place = own.setdefault(station, {}) if station is not None else shared.setdefault(model, {})
        place[element] = Mapping(quantity, channel, exact(factor))
    named = dict(store.all(f"SELECT id, device_map FROM {table(StationModel)} WHERE device_map<>''"))
    wanted = f"SELECT id, name, host, port, tls, ca, username, secret, client_id, device_map FROM {table(Broker)} WHERE active"
    rows = store.all(wanted)
    maps: dict[str, DeviceMap] = read_all()[0] if named or rows else {}
    stations: dict[str, Known] = {}
    behind: dict[int, list[Known]] = {}
    columns = "id, key, protocol, answer_form, password, model_id, series_time_is_end, dtu_id, line_address"
    for pk, key, protocol, form, password, model, is_end, dtu, address in store.all(
        f"SELECT {columns} FROM {table(Station)}"
    ):
        built_in = SL651_MAP if protocol == "sl651" else {}
        told = shared.get(model, {}) | own.get(pk, {})
        elements = {**built_in, **told} if told else built_in
        device = maps.get(named[model]) if model in named else None
        options = Options(elements, bool(is_end), device)
        known = Known(pk, key, protocol, form, password.upper(), options, EDITIONS.get(protocol), address)
        stations[key] = known
        if dtu is not None:
            behind.setdefault(dtu, []).append(known)
    brokers = tuple(
        KnownBroker(pk, name, host, port, bool(tls), ca, user, secret, client, maps[chosen])
        for pk, name, host, port, tls, ca, user, secret, client, chosen in rows
        if chosen in maps
    )
    return Directory(stations, current, *_read_dtus(store, behind), brokers)


def _read_dtus(store: Store, behind: dict[int, list[Known]]) -> tuple[tuple[KnownKind, ...], dict[str, KnownDtu]]:
    kinds, lines = [], {}
    for pk, name, registration, heartbeat, line in store.all(
        f"SELECT id, name, registration, heartbeat, line FROM {table(DtuKind)} ORDER BY name"
    ):
        try:
            first, beat = (re.compile(each.encode("latin-1"), re.DOTALL) for each in (registration, heartbeat))
        except (re.error, UnicodeEncodeError):
            log.exception("the packets of %s cannot be understood", name)
            continue
        kinds.append(KnownKind(first, beat if heartbeat else None))
        lines[pk] = line
    dtus = {
        key: KnownDtu(key, lines[kind], every, tuple(behind.get(pk, ())))
        for pk, key, kind, every in store.all(f"SELECT id, key, kind_id, ask_every_s FROM {table(Dtu)} WHERE active")
        if kind in lines
    }
    return tuple(kinds), dtus


def exact(factor: Any) -> Decimal:
    """A factor as the database gives it; the number one is always the same object, so that nothing is multiplied by it."""
    value = Decimal(str(factor)).quantize(Decimal("0.000001"))
    return ONE if value == ONE else value
