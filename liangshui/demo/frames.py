"""The last days of the demo as bytes, written by the same codecs that read them, with the small troubles of the field."""

from datetime import datetime, timedelta
from decimal import Decimal

import numpy as np

from liangshui.core.periods import BEIJING
from liangshui.demo.generate import World
from liangshui.demo.measure import STEPS, Trace
from liangshui.gateway.codecs import sl651, szy206
from liangshui.gateway.codecs.szy206 import Edition
from liangshui.gateway.codecs.szy206 import messages as m
from liangshui.gateway.directory import EDITIONS
from liangshui.gateway.simulator import station_keys
from liangshui.telemetry.codes import Quantity

REGISTER_DEFINITION, FLOW_DEFINITION, OTHER_DEFINITION = 0x33, 0x2B, 0x23
"""Lengths and decimals of the vendors' elements: six bytes, five and four with three decimals each."""

UNKNOWN_ELEMENT = "C9"
"""Sent by one model and explained by nobody."""

_DOOR_SHUT, _BATTERY_LOW = 0x80, 0x02

Arrival = tuple[datetime, str, bytes]


def arrivals(world: World, traces: list[Trace]) -> list[Arrival]:
    """Frames of all stations in order of arrival: some sent twice, a few damaged, and two stations in no ledger."""
    rng = np.random.default_rng([world.seed, 1])
    found = [arrival for trace in traces for arrival in _of_station(world, trace)]
    for at, peer, raw in [found[i] for i in rng.choice(len(found), len(found) // 200, replace=False).tolist()]:
        found.append((at + timedelta(seconds=int(rng.integers(15, 60))), peer, raw))
    for at, peer, raw in [found[i] for i in rng.choice(len(found), len(found) // 1500, replace=False).tolist()]:
        bad = bytearray(raw)
        bad[len(bad) // 2] ^= 1 << int(rng.integers(8))
        found.append((at - timedelta(seconds=5), peer, bytes(bad)))
    found += _strangers(world, traces[0].t[-1])
    return sorted(found, key=lambda arrival: arrival[0])


def _of_station(world: World, trace: Trace) -> list[Arrival]:
    rng = trace.rng
    n = trace.number
    peer = f"10.159.{n // 250}.{n % 250 + 1}:{int(rng.integers(20000, 60000))}"
    serial = int(rng.integers(1, 60_000))
    places = [i for i in range(trace.split, len(trace.t)) if trace.present[i]]
    delays = rng.integers(8, 55, len(places)).tolist()
    milli, flow, depth = trace.milli.tolist(), trace.flow_milli.tolist(), trace.depth.round(2).tolist()
    start, found = world.at(0), []
    for place, delay in zip(places, delays, strict=True):
        true = start + timedelta(minutes=round(float(trace.t[place]) * 1440))
        told = true + timedelta(minutes=int(trace.offset_min[place]))
        low = bool(trace.battery_low[place])
        value, running = Decimal(milli[place]).scaleb(-3), Decimal(flow[place]).scaleb(-3)
        if trace.is_sl651:
            serial = serial % 0xFFFF + 1
            raw = _sl651(trace, serial, told, value, running, f"{depth[place]:.2f}", low)
        else:
            raw = _szy206(trace, told, value, running, low)
        found.append((true + timedelta(seconds=delay), peer, raw))
    return found


def _sl651(trace: Trace, serial: int, when: datetime, register: Decimal, flow: Decimal, depth: str, low: bool) -> bytes:
    local = when.astimezone(BEIJING).replace(tzinfo=None)
    elements = [sl651.element(trace.elements[Quantity.REGISTER], register, REGISTER_DEFINITION)]
    code = trace.elements[Quantity.FLOW]
    elements.append(sl651.element(code, flow, None if code == "28" else FLOW_DEFINITION))
    if code != "28":
        elements.append(sl651.element(UNKNOWN_ELEMENT, Decimal(serial % 500).scaleb(-1), OTHER_DEFINITION))
    if Quantity.DEPTH in trace.elements:
        elements.append(sl651.element("0E", Decimal(depth)))
    elements.append(sl651.element("38", Decimal("10.60") if low else Decimal("12.60") + Decimal(serial % 9) / 100))
    elements.append(sl651.status_word(_DOOR_SHUT | (_BATTERY_LOW if low else 0)))
    message = sl651.report(
        0x32, trace.station.key, serial, local + timedelta(seconds=4), obs_time=local, elements=elements
    )
    return sl651.encode(message)


def _szy206(trace: Trace, when: datetime, register: Decimal, flow: Decimal, low: bool) -> bytes:
    edition: Edition = EDITIONS[trace.station.protocol]
    readings = [m.Reading("flow", flow, "m3/h"), m.Reading("volume", register.quantize(Decimal(1)), "m3")]
    alarm = _BATTERY_LOW if low else 0
    return szy206.encode(
        szy206.report(trace.station.key, m.FLOW, readings, edition=edition, when=when, alarm=alarm, status=0x20)
    )


def _strangers(world: World, last: float) -> list[Arrival]:
    """Two stations that nobody has taken into the ledger, heard since yesterday."""
    found = []
    for number, key in enumerate(station_keys("sl651", 2)):
        for step in range(STEPS):
            local = world.at(last - step / STEPS).replace(tzinfo=None)
            elements = [sl651.element("C1", Decimal(4000 + 9 * (STEPS - step)), REGISTER_DEFINITION)]
            message = sl651.report(0x32, key, 100 - step, local, obs_time=local, elements=elements)
            at = world.at(last - step / STEPS) + timedelta(seconds=21 + number)
            found.append((at, f"10.159.9.{number + 1}:40100", sl651.encode(message)))
    return found
