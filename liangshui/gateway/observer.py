"""The second step behind the answer: from kept frames to observations, device events and the waiting list.

Everything that a batch makes is written in one transaction together with the progress of the gateway, so that after a crash
the frames that follow it are decoded again, each exactly once.
"""

import logging
from collections.abc import Iterable, Sequence
from decimal import ROUND_HALF_UP
from typing import Any

from liangshui.gateway.codecs import dlt645, hj212, modbus, sl651, szy206
from liangshui.gateway.codecs.events import Frame
from liangshui.gateway.directory import EMPTY, Directory, Known, read_directory, version
from liangshui.gateway.frames import TRANSFER_MS, Record, Transfers, events_by, message_of, reread
from liangshui.gateway.mqtt import peer_of
from liangshui.gateway.readings import Told, readings_of, stations_in
from liangshui.gateway.readings.mqtt import message_in
from liangshui.gateway.store import Store, table
from liangshui.records.fields import from_ms, to_ms
from liangshui.telemetry.codes import VOLUME_QUANTITIES, family
from liangshui.telemetry.models import (
    ChangedSpan,
    DeviceEvent,
    GatewayProgress,
    Observation,
    Picture,
    RawFrame,
    Series,
    Station,
    UnmappedElement,
    WaitingStation,
    pictures_folder,
)

log = logging.getLogger(__name__)

FRAME, OBSERVATION, SERIES, STATION = table(RawFrame), table(Observation), table(Series), table(Station)
EVENT, SPAN, WAITING = table(DeviceEvent), table(ChangedSpan), table(WaitingStation)
PICTURE = table(Picture)
UNMAPPED, PROGRESS = table(UnmappedElement), table(GatewayProgress)

FRAME_COLUMNS = {
    "gateway": "text",
    "received_at": "bigint",
    "peer": "text",
    "station_key": "text",
    "protocol": "text",
    "verdict": "text",
    "identity": "bytea",
    "asked": "bytea",
    "raw": "bytea",
}
_OBSERVATION = {
    "series_id": "integer",
    "at": "bigint",
    "received_at": "bigint",
    "value": "bigint",
    "frame_id": "bigint",
    "origin": "text",
}
_SERIES = {"station_id": "integer", "channel": "integer", "quantity": "text", "element": "text"}
_EVENT = {"station_id": "integer", "at": "bigint", "kind": "text", "began": "boolean", "frame_id": "bigint"}
_PICTURE = {"station_id": "integer", "at": "bigint", "frame_id": "bigint", "path": "text"}
_SPAN = {"series_id": "bigint", "start_at": "bigint", "end_at": "bigint"}
_UNMAPPED = {"station_id": "integer", "element": "text", "raw": "text", "value": "text", "seen_at": "bigint"}

SEEN_AGAIN_MS = 5_000
"""A station's `last_seen_at`, and an unmapped element seen again, are written at most so often."""

_MICRO = 6


def keep(store: Store, gateway: str, records: Sequence[Record]) -> None:
    """Insert raw frames; `frame_id` stays None where the same frame is kept already."""
    rows = [(gateway, r.received, r.peer, r.key, r.protocol, r.verdict, r.identity, r.asked, r.raw) for r in records]
    for record, frame_id in zip(records, store.insert_frames(FRAME, FRAME_COLUMNS, rows), strict=True):
        record.frame_id = frame_id


def kept_after(store: Store, gateway: str, frame_id: int, limit: int) -> list[Record]:
    """Frames of a gateway behind its progress, to be decoded."""
    return _kept(store, "gateway=? AND id>? ORDER BY id LIMIT ?", (gateway, frame_id, limit))


def _kept(store: Store, where: str, params: Sequence[Any]) -> list[Record]:
    columns = "id, received_at, peer, station_key, protocol, verdict, asked, raw"
    records = []
    for pk, received, peer, key, protocol, verdict, asked, raw in store.all(
        f"SELECT {columns} FROM {FRAME} WHERE {where}", params
    ):
        record = Record(bytes(raw), received, peer)
        record.frame_id, record.key, record.protocol, record.verdict = pk, key, protocol, verdict
        record.asked = None if asked is None else bytes(asked)
        records.append(record)
    return records


def kept_message(record: Record, directory: Directory) -> Any | None:
    """What a kept frame says: of devices that only answer, together with what they were asked."""
    if record.protocol == "modbus":
        return modbus.exchange(record.key, record.asked or b"", record.raw)
    if record.protocol == "dlt645":
        return next((e.message for e in events_by(dlt645.Dlt645Decoder(), record.raw) if isinstance(e, Frame)), None)
    if record.protocol == "mqtt":
        broker = next((each for each in directory.brokers if record.peer == peer_of(each)), None)
        topic = (record.asked or b"").decode("utf-8", "replace")
        return None if broker is None else message_in(broker.device, topic, record.raw)
    if record.protocol == "dtu":
        return None
    return message_of(record.raw)


def is_down(message: Any) -> bool:
    """Whether it was sent by a centre; such frames are kept and say nothing here."""
    if type(message) is sl651.Message:
        return message.direction == "down"
    return type(message) is szy206.Message and not message.up


class Reader:
    """Gives kept frames their messages again, packets joined."""

    def __init__(self, store: Store, directory: Directory) -> None:
        self._store, self._directory, self._transfers = store, directory, Transfers()

    def read(self, record: Record) -> None:
        if record.verdict not in ("good", "body"):
            return
        message = kept_message(record, self._directory)
        if message is None or is_down(message):
            return
        if type(message) is sl651.Message and message.packets:
            if message not in self._transfers and message.packet_no > 1:
                self._earlier(record)
            message = self._transfers.add(message, record.received)
        elif type(message) is szy206.Message and message.divs is not None:
            if message.divs == 1:
                self._earlier(record)
            message = self._transfers.add_piece(message, record.received)
        elif type(message) is hj212.Message and message.head.get("CN", "").startswith("90"):
            return
        record.message = message if type(message) is not tuple else None

    def _earlier(self, record: Record) -> None:
        """Packets before this one that were passed already."""
        where = "station_key=? AND received_at>=? AND id<? AND verdict='good' ORDER BY id"
        for earlier in _kept(self._store, where, (record.key, record.received - TRANSFER_MS, record.frame_id)):
            message = message_of(earlier.raw)
            if type(message) is sl651.Message and message.packets and message.direction != "down":
                self._transfers.add(message, earlier.received)
            elif type(message) is szy206.Message and message.divs is not None and message.up:
                self._transfers.add_piece(message, earlier.received)


def save_picture(path: str, picture: bytes) -> None:
    """As a file that is whole or not there; written again it is the same."""
    place = pictures_folder() / path
    place.parent.mkdir(parents=True, exist_ok=True)
    draft = place.with_suffix(".part")
    draft.write_bytes(picture)
    draft.replace(place)


class Observer:
    """Decodes and stores; remembers series, states and what it wrote last, so that most batches need no query."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.directory: Directory = EMPTY
        self.forget()

    def forget(self) -> None:
        """After a failed transaction: what was remembered may not be in the database."""
        self._series: dict[tuple[int, int, str, str], int] = {}
        self._states: dict[int, dict[str, bool]] = {}
        self._told: dict[int, tuple[tuple[str, bool], ...]] = {}
        self._seen: dict[int, int] = {}
        self._shown: dict[tuple[int, str], tuple[bytes, int]] = {}

    def refresh(self) -> None:
        """Read stations and maps again if they changed."""
        if self.directory.version != version(self.store):
            self.reload()

    def reload(self) -> None:
        self.directory = read_directory(self.store)
        self._states.clear()
        self._told.clear()

    def observe(self, gateway: str, records: Sequence[Record], upto: int) -> int:
        """Store what the frames of a gateway say and that it has come `upto` this frame; number of observations."""
        self.store.insert(
            PROGRESS,
            {"gateway": "text", "last_frame_id": "bigint"},
            [(gateway, upto)],
            "ON CONFLICT(gateway) DO UPDATE SET last_frame_id=excluded.last_frame_id",
        )  # first: on PostgreSQL its lock lets a map be changed either before or behind this batch
        self.refresh()
        if not self._states:
            self._read_states()
        batch = _Batch()
        strangers = []
        for record in records:
            if record.message is not None and not self._hear(record, batch):
                strangers.append(record)
        if strangers and self.store.among(f"SELECT id FROM {STATION} WHERE key IN", {r.key for r in strangers}):
            self.reload()  # written past the signals, by an import
            strangers = [record for record in strangers if not self._hear(record, batch)]
        self._wait(strangers)
        return self._write(batch)

    def observe_again(self, known: Known, records: Iterable[Record], elements: frozenset[str] | None = None) -> int:
        """Store what kept frames say of a station now; only some elements of it, if given, and then no events."""
        batch = _Batch()
        for record in records:
            message = reread(record.raw, record.message, known.edition)
            if known.key not in stations_in(message) and known.key != record.key:
                continue
            self._tell(
                known, record, readings_of(message, from_ms(record.received), known.options, known.key), batch, elements
            )
        return self._write(batch)

    def _hear(self, record: Record, batch: "_Batch") -> bool:
        known = self.directory.find(record.key, record.protocol)
        if known is None:
            return False
        arrival = from_ms(record.received)
        message = reread(record.raw, record.message, known.edition)
        if record.received > self._seen.get(known.id, 0) + SEEN_AGAIN_MS:
            batch.seen[known.id] = self._seen[known.id] = record.received
        self._tell(known, record, readings_of(message, arrival, known.options), batch)
        others = stations_in(message)[1:]
        if others:
            for key in others:
                other = self.directory.find(key, known.protocol)
                if other is not None:
                    self._tell(other, record, readings_of(message, arrival, other.options, key), batch)
        return True

    def _tell(
        self, known: Known, record: Record, told: Told, batch: "_Batch", elements: frozenset[str] | None = None
    ) -> None:
        pk, received, frame_id = known.id, record.received, record.frame_id
        last_time, at = None, 0
        for channel, quantity, element, time, value in told.readings:
            if elements is not None and element not in elements:
                continue
            if time is not last_time:
                last_time, at = time, to_ms(time)
            key = (pk, channel, quantity, element)
            micro = None if value is None else int(value.scaleb(_MICRO).to_integral_value(ROUND_HALF_UP))
            batch.observations.append((key, at, received, micro, frame_id))
        if elements is not None:
            return
        for element, raw, words in told.unmapped:
            shown, when = self._shown.get((pk, element), (b"", 0))
            if (shown != raw and received > when) or received > when + SEEN_AGAIN_MS:
                self._shown[pk, element] = (raw, received)
                batch.unmapped[pk, element[:24]] = (raw.hex().upper()[:80], words[:40], received)
        if told.states and self._told.get(pk) is not told.states:  # the same object for the same status word
            self._told[pk] = told.states
            states = self._states.get(pk)
            if states is None:
                states = self._states[pk] = self._states_of(pk)
            for kind, on in told.states:
                if states.get(kind, False) is not on:
                    states[kind] = on
                    batch.events.append((pk, to_ms(told.at), kind, on, frame_id))
        for number, picture in enumerate(told.pictures, 1):
            path = f"{pk}/{frame_id}-{number}.jpg"
            save_picture(path, picture)
            batch.pictures.append((pk, to_ms(told.at), frame_id, path))
        for kind in told.happened:
            batch.events.append((pk, received, kind, True, frame_id))

    def _read_states(self) -> None:
        """What every station said last of itself."""
        newest = f"SELECT max(id) FROM {EVENT} GROUP BY station_id, kind"
        for station, kind, began in self.store.all(
            f"SELECT station_id, kind, began FROM {EVENT} WHERE id IN ({newest})"
        ):
            self._states.setdefault(station, {})[kind] = bool(began)
        for known in self.directory:
            self._states.setdefault(known.id, {})

    def _states_of(self, station_id: int) -> dict[str, bool]:
        rows = self.store.all(f"SELECT kind, began FROM {EVENT} WHERE station_id=? ORDER BY id", (station_id,))
        return {kind: bool(began) for kind, began in rows}

    def _write(self, batch: "_Batch") -> int:
        store = self.store
        self._know_series({key for key, *_ in batch.observations})
        rows: list[tuple[Any, ...]] = []
        spans: dict[int, list[int]] = {}
        series_of = self._series
        for key, at, received, value, frame_id in batch.observations:
            series = series_of[key]
            rows.append((series, at, received, value, frame_id, "frame"))
            if key[2] in VOLUME_QUANTITIES:
                span = spans.get(series)
                if span is None:
                    spans[series] = [at, at]
                elif at < span[0]:
                    span[0] = at
                elif at > span[1]:
                    span[1] = at
        rows.sort()  # neighbours in the index are written together
        store.insert(OBSERVATION, _OBSERVATION, rows)
        store.insert(SPAN, _SPAN, [(series, start, end) for series, (start, end) in spans.items()])
        if batch.events:
            store.insert(EVENT, _EVENT, batch.events)
        if batch.pictures:
            store.insert(PICTURE, _PICTURE, batch.pictures, "ON CONFLICT(path) DO NOTHING")
        if batch.unmapped:
            store.insert(
                UNMAPPED,
                _UNMAPPED,
                [(*key, *shown) for key, shown in batch.unmapped.items()],
                "ON CONFLICT(station_id, element) DO UPDATE SET raw=excluded.raw, value=excluded.value, "
                "seen_at=excluded.seen_at",
            )
        if batch.seen:
            store.raise_to(STATION, "last_seen_at", list(batch.seen.items()))
        return len(rows)

    def _know_series(self, keys: set[tuple[int, int, str, str]]) -> None:
        unknown = [key for key in keys if key not in self._series]
        if not unknown:
            return
        self.store.insert(SERIES, _SERIES, unknown, "ON CONFLICT(station_id, channel, quantity, element) DO NOTHING")
        columns = "id, station_id, channel, quantity, element"
        stations = {key[0] for key in unknown}
        for pk, *key in self.store.among(f"SELECT {columns} FROM {SERIES} WHERE station_id IN", stations):
            self._series[tuple(key)] = pk

    def _wait(self, records: list[Record]) -> None:
        """Count frames of stations that nobody knows."""
        found: dict[tuple[str, str], list[Record]] = {}
        for record in records:
            found.setdefault((record.key, family(record.protocol)), []).append(record)
        if not found:
            return
        rows = self.store.among(f"SELECT id, key, protocol FROM {WAITING} WHERE key IN", {key for key, _ in found})
        waiting = {(key, family(protocol)): (pk, protocol) for pk, key, protocol in rows}
        for (key, kind), heard in found.items():
            last = heard[-1]
            told = next((r.protocol for r in heard if r.protocol == "sl427-2021"), last.protocol)
            pk, protocol = waiting.get((key, kind), (None, told))
            protocol = told if told == "sl427-2021" else protocol
            if pk is None:
                values: tuple[Any, ...] = (
                    key,
                    protocol,
                    heard[0].received,
                    last.received,
                    len(heard),
                    last.peer,
                    last.frame_id,
                )
                self.store.execute(
                    f"INSERT INTO {WAITING} (key, protocol, first_seen_at, last_seen_at, frames, peer, last_frame_id) "
                    "VALUES (?,?,?,?,?,?,?)",
                    values,
                )
            else:
                self.store.execute(
                    f"UPDATE {WAITING} SET protocol=?, last_seen_at=?, frames=frames+?, peer=?, last_frame_id=? WHERE id=?",
                    (protocol, last.received, len(heard), last.peer, last.frame_id, pk),
                )


class _Batch:
    def __init__(self) -> None:
        self.observations: list[tuple[tuple[int, int, str, str], int, int, int | None, int | None]] = []
        self.events: list[tuple[int, int, str, bool, int | None]] = []
        self.pictures: list[tuple[int, int, int | None, str]] = []
        self.unmapped: dict[tuple[int, str], tuple[str, str, int]] = {}
        self.seen: dict[int, int] = {}
