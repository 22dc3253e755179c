"""What people do that decodes kept frames again: adopting a station, mapping an element; and frames that come by other ways."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction

from liangshui.core.access import Actor
from liangshui.gateway.directory import read_directory
from liangshui.gateway.frames import Record, Transfers, events_of, record_of
from liangshui.gateway.observer import Observer, Reader, keep
from liangshui.gateway.store import django_store
from liangshui.records.fields import to_ms
from liangshui.registry.models import Division
from liangshui.telemetry import services
from liangshui.telemetry.codes import VOLUME_QUANTITIES
from liangshui.telemetry.models import (
    ChangedSpan,
    ElementMapping,
    GatewayProgress,
    Observation,
    RawFrame,
    Series,
    Station,
    UnmappedElement,
    WaitingStation,
)

PART = 2000


def adopt(
    actor: Actor, waiting: WaitingStation, *, name: str, division: Division, protocol: str, **more: Any
) -> Station:
    """Take a waiting station into the ledger and decode every frame that it sent since it was first heard."""
    with transaction.atomic():
        _hold_gateways()
        station = services.adopt_station(actor, waiting, name=name, division=division, protocol=protocol, **more)
        redecode(station)
    return station


def map_element(
    actor: Actor,
    station: Station,
    *,
    element: str,
    quantity: str,
    channel: int = 1,
    factor: Decimal = Decimal(1),
    for_model: bool = False,
) -> ElementMapping:
    """Say what an element means, and decode kept frames again for it: of the station, or of all of its model."""
    with transaction.atomic():
        _hold_gateways()
        mapping = services.map_element(
            actor,
            element=element,
            quantity=quantity,
            channel=channel,
            factor=factor,
            station=station,
            for_model=for_model,
        )
        concerned = Station.objects.filter(model=station.model) if for_model else [station]
        for each in concerned:
            redecode(each, element)
    return mapping


def redecode(station: Station, element: str = "") -> int:
    """Decode a station's kept frames with its settings of now; number of observations.

    With an element only that is decoded, and what was observed by it before is replaced: it was read wrongly.
    """
    with transaction.atomic():
        _hold_gateways()
        store = django_store()
        observer = Observer(store)
        directory = read_directory(store)
        known = directory.find(station.key, station.protocol)
        assert known is not None
        if element:
            _forget(station, element)
        elif Observation.objects.filter(series__station=station, origin="frame").exists():
            raise ValueError("frames of a station are decoded as a whole only once, when it is adopted")
        reader, count = Reader(store, directory), 0
        elements = frozenset({element}) if element else None
        for records in _decoded_frames(station.key):
            for record in records:
                reader.read(record)
            heard = [record for record in records if record.message is not None]
            count += observer.observe_again(known, heard, elements)
        if element:
            UnmappedElement.objects.filter(station=station, element=element).delete()
    return count


def _hold_gateways() -> None:
    """Gateways finish their batch and wait: a frame is decoded either by them, with the new map, or here."""
    list(GatewayProgress.objects.select_for_update())


def _decoded_frames(key: str) -> Iterable[list[Record]]:
    """Frames of a station that its gateway has passed, in order; the rest will be decoded by the gateway."""
    passed = dict(GatewayProgress.objects.values_list("gateway", "last_frame_id"))
    last = 0
    while True:
        rows = list(RawFrame.objects.filter(station_key=key, pk__gt=last).order_by("pk")[:PART])
        if not rows:
            return
        last = rows[-1].pk
        records = []
        for row in rows:
            if row.pk <= passed.get(row.gateway, 0):
                record = Record(bytes(row.raw), to_ms(row.received_at), row.peer)
                record.frame_id, record.key, record.protocol, record.verdict = row.pk, key, row.protocol, row.verdict
                records.append(record)
        yield records


def _forget(station: Station, element: str) -> None:
    for series in Series.objects.filter(station=station, element=element):
        rows = Observation.objects.filter(series=series, origin="frame")
        first, last = rows.order_by("at").first(), rows.order_by("at").last()
        if first is None or last is None:
            continue
        if series.quantity in VOLUME_QUANTITIES:
            ChangedSpan.objects.create(series_id=series.pk, start_at=first.at, end_at=last.at)
        rows.delete()


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of frames that were taken."""

    kept: int
    resent: int
    observations: int


def take_frames(frames: Iterable[tuple[datetime, str, bytes]], gateway: str = "file") -> Taken:
    """Frames that came otherwise than by the port (a capture, the demo's past): (arrival, peer, bytes), in order.

    They go the gateway's way: kept, told apart from resends, decoded. `gateway` must not be the name of a running one.
    """
    kept = resent = observations = 0
    transfers = Transfers()
    rows: list[tuple[datetime, str, bytes]] = []
    for frame in frames:
        rows.append(frame)
        if len(rows) == PART:
            taken = _take(rows, gateway, transfers)
            kept, resent, observations = kept + taken.kept, resent + taken.resent, observations + taken.observations
            rows = []
    taken = _take(rows, gateway, transfers)
    return Taken(kept + taken.kept, resent + taken.resent, observations + taken.observations)


def _take(rows: list[tuple[datetime, str, bytes]], gateway: str, transfers: Transfers) -> Taken:
    if not rows:
        return Taken(0, 0, 0)
    with transaction.atomic():
        store = django_store()
        observer = Observer(store)
        observer.reload()
        records = [
            record_of(event, to_ms(at), peer, observer.directory, transfers)
            for at, peer, raw in rows
            for event in events_of(raw)
        ]
        keep(store, gateway, records)
        new = [record for record in records if record.frame_id is not None]
        count = observer.observe(gateway, new, max((r.frame_id or 0 for r in new), default=0)) if new else 0
    return Taken(len(new), len(records) - len(new), count)
