"""Simulated stations made from the ledger, so that the demo goes on where its past ends."""

from datetime import timedelta
from decimal import Decimal

from django.db.models import Max, Prefetch

from liangshui.gateway.simulator import REGISTER_ELEMENT, SimChannel, SimStation
from liangshui.telemetry.codes import Quantity
from liangshui.telemetry.models import ElementMapping, Observation, Series, Station

REGISTERS = (Quantity.REGISTER, Quantity.ENERGY)
WINDOW = timedelta(days=3)
"""The rate at which a register runs is that of its last days."""
STILL_HEARD = timedelta(hours=12)
"""A station last heard so much before the newest one has fallen silent."""


def stations_from_ledger(protocol: str = "", limit: int | None = None, named: str = "") -> list[SimStation]:
    """Stations in service, each with its register as last observed and at its recent rate.

    `named`: only those whose name begins so. A station that had fallen silent while others went on reporting stays silent.
    """
    rows = (
        Station.objects.filter(active=True, name__startswith=named)
        .order_by("key")
        .prefetch_related(
            "mappings",
            "model__mappings",
            Prefetch("series", Series.objects.filter(quantity__in=REGISTERS).order_by("channel")),
        )
    )
    if protocol:
        rows = rows.filter(protocol=protocol)
    newest = rows.aggregate(newest=Max("last_seen_at"))["newest"]
    if newest is not None:
        rows = rows.filter(last_seen_at__gte=newest - STILL_HEARD)
    return [_station(row) for row in rows[:limit]]


def _station(row: Station) -> SimStation:
    maps: dict[str, ElementMapping] = {}
    for mapping in [*(row.model.mappings.all() if row.model else ()), *row.mappings.all()]:
        if mapping.quantity in REGISTERS:
            maps[mapping.element] = mapping
    series = {(s.channel, s.element): s for s in row.series.all()}
    channels = []
    if row.protocol == "sl651":
        for element, mapping in sorted(maps.items(), key=lambda item: item[1].channel):
            channel = _channel(series.get((mapping.channel, element)))
            channel.element, channel.factor = element, mapping.factor
            channel.energy = mapping.quantity == Quantity.ENERGY
            channels.append(channel)
    else:
        for each in series.values():
            channel = _channel(each)
            channel.energy = each.quantity == Quantity.ENERGY
            channels.append(channel)
        if any(c.energy for c in channels) != all(c.energy for c in channels):
            channels = [c for c in channels if not c.energy]
    password = row.password if len(row.password) == 4 else "0000"
    return SimStation(row.key, row.protocol, channels or [SimChannel(element=REGISTER_ELEMENT)], password=password)


def _channel(series: Series | None) -> SimChannel:
    if series is None:
        return SimChannel()
    rows = Observation.objects.filter(series=series, value__isnull=False)
    last = rows.order_by("-at").first()
    if last is None or last.value is None:
        return SimChannel()
    first = rows.filter(at__gte=last.at - WINDOW).order_by("at").first()
    hours = Decimal((last.at - first.at).total_seconds()) / 3600 if first else Decimal(0)
    grown = last.value - first.value if first and first.value is not None else Decimal(0)
    rate = grown / hours if hours and grown > 0 else Decimal(0)
    return SimChannel(last.value, rate.quantize(Decimal("0.001")))
