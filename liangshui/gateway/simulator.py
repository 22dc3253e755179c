"""Stations that do not exist: they report by the real protocols, with registers that grow, and with the faults of the field."""

import asyncio
import contextlib
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import ROUND_DOWN, Decimal

from liangshui.gateway.codecs import sl651, szy206
from liangshui.gateway.codecs.detect import AutoDecoder
from liangshui.gateway.codecs.events import Frame
from liangshui.gateway.codecs.szy206 import messages as m
from liangshui.gateway.directory import EDITIONS
from liangshui.gateway.frames import beijing

FAULTS = ("split", "glued", "bitflips", "resends", "cuts")
REGISTER_ELEMENT = "C1"
"""SL 651 has no register; simulated stations send it as vendors do, under an id that must be mapped."""

REGISTER_DEFINITION = 0x33
"""Six bytes of BCD, three decimals."""

ANSWER_S = 10.0
SENDS = 3
"""A frame without answer is sent so often at most (2.10)."""

_MILLI, _ONE = Decimal("0.001"), Decimal(1)
_DAY_SHAPE = (
    0.2,
    0.2,
    0.2,
    0.2,
    0.3,
    0.6,
    1,
    1.2,
    1.3,
    1.2,
    1.1,
    1,
    0.9,
    0.9,
    1,
    1.1,
    1.2,
    1.3,
    1.2,
    1,
    0.8,
    0.6,
    0.4,
    0.3,
)


@dataclass
class SimChannel:
    """A meter at a station: its register, and how fast it runs on average (m³/h, or kWh/h if `energy`)."""

    register: Decimal = Decimal(0)
    rate: Decimal = Decimal(20)
    element: str = REGISTER_ELEMENT
    factor: Decimal = _ONE
    energy: bool = False
    flow: Decimal = Decimal(0)

    def run(self, hours: float, factor: float) -> None:
        """Let time pass."""
        self.flow = (self.rate * Decimal(factor)).quantize(_MILLI)
        self.register += self.flow * Decimal(hours)

    @property
    def sent(self) -> Decimal:
        """The register as the device shows it."""
        return (self.register / self.factor).quantize(_MILLI, ROUND_DOWN)


@dataclass
class SimStation:
    """A station that reports."""

    key: str
    protocol: str = "sl651"
    channels: list[SimChannel] = field(default_factory=lambda: [SimChannel()])
    depth_m: Decimal | None = None
    serial: int = 0
    password: str = "0000"
    last: datetime | None = None
    status: int = 0x80
    alarm: int = 0

    def report(self, now: datetime, rng: random.Random) -> bytes:
        """The frame of this moment; registers have run since the last one."""
        hours = (now - self.last).total_seconds() / 3600 if self.last else 0
        self.last = now
        for channel in self.channels:
            channel.run(hours, _DAY_SHAPE[beijing(now).hour] * rng.uniform(0.9, 1.1))
        return self._sl651(now) if self.protocol == "sl651" else self._szy206(now)

    def _sl651(self, now: datetime) -> bytes:
        local = beijing(now).replace(microsecond=0)
        self.serial = self.serial % 0xFFFF + 1
        elements = []
        for number, channel in enumerate(self.channels):
            elements.append(sl651.element(channel.element, channel.sent, REGISTER_DEFINITION))
            if not channel.energy and number < 8:
                elements.append(sl651.element(f"{0x28 + number:02X}", (channel.flow / 3600).quantize(_MILLI)))
        if self.depth_m is not None:
            elements.append(sl651.element("0E", self.depth_m))
        elements += [sl651.element("38", Decimal("12.60")), sl651.status_word(self.status)]
        message = sl651.report(
            0x32,
            self.key,
            self.serial,
            local,
            obs_time=local.replace(second=0),
            elements=elements,
            password=self.password,
        )
        return sl651.encode(message)

    def _szy206(self, now: datetime) -> bytes:
        readings = []
        energy = self.channels[0].energy and self.protocol == "sl427-2021"
        for index, channel in enumerate(self.channels, 1):
            if energy:
                readings.append(
                    m.Reading("electricity", channel.sent.quantize(Decimal("0.01"), ROUND_DOWN), "kWh", index)
                )
            else:
                volume = channel.sent.quantize(_ONE, ROUND_DOWN) % 800_000_000
                readings += [m.Reading("flow", channel.flow, "m3/h", index), m.Reading("volume", volume, "m3", index)]
        kind = m.WIND_OR_ELECTRICITY if energy else m.FLOW
        edition = EDITIONS[self.protocol]
        return szy206.encode(
            szy206.report(self.key, kind, readings, edition=edition, when=now, alarm=self.alarm, status=0x20)
        )


def station_keys(protocol: str, count: int) -> list[str]:
    """Addresses of invented stations."""
    if protocol == "sl651":
        return [f"99{number:08d}" for number in range(1, count + 1)]
    return [f"999901{number.to_bytes(2, 'little').hex().upper()}" for number in range(1, count + 1)]


def invented(protocol: str, count: int, rng: random.Random) -> list[SimStation]:
    """Stations that are in no ledger."""
    return [
        SimStation(
            key,
            protocol,
            [SimChannel(Decimal(rng.randrange(1000, 900_000)), Decimal(rng.randrange(5, 120)))],
            depth_m=Decimal(rng.randrange(500, 6000)).scaleb(-2) if protocol == "sl651" else None,
        )
        for key in station_keys(protocol, count)
    ]


@dataclass
class Outcome:
    """What a simulation did."""

    reports: int = 0
    answered: int = 0
    resent: int = 0
    unanswered: int = 0
    faults: int = 0


async def simulate(
    stations: Sequence[SimStation],
    host: str,
    port: int,
    *,
    interval_s: float = 60.0,
    count: int | None = None,
    faults: Sequence[str] = (),
    fault_share: float = 0.2,
    rng: random.Random | None = None,
    answer_s: float = ANSWER_S,
) -> Outcome:
    """Let stations report, each over its own connection, until each has sent `count` reports, or until cancelled."""
    rng = rng or random.Random()
    outcome = Outcome()
    lines = [_Line(s, host, port, faults, fault_share, rng, outcome, answer_s) for s in stations]
    await asyncio.gather(*(line.run(interval_s, count) for line in lines))
    return outcome


class _Line:
    """One station on its connection; connects again when it is lost."""

    def __init__(
        self,
        station: SimStation,
        host: str,
        port: int,
        faults: Sequence[str],
        share: float,
        rng: random.Random,
        outcome: Outcome,
        answer_s: float,
    ) -> None:
        self._station, self._address = station, (host, port)
        self._faults, self._share, self._rng, self._outcome = list(faults), share, rng, outcome
        self._answer_s = answer_s
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None
        self._decoder = AutoDecoder()

    async def run(self, interval_s: float, count: int | None) -> None:
        sent = 0
        await asyncio.sleep(self._rng.uniform(0, min(interval_s, 60.0)))
        try:
            while count is None or sent < count:
                began = asyncio.get_running_loop().time()
                await self._report()
                sent += 1
                rest = interval_s - (asyncio.get_running_loop().time() - began)
                if count is None or sent < count:
                    await asyncio.sleep(max(rest, 0))
        finally:
            self._close()

    async def _report(self) -> None:
        frame = self._station.report(datetime.now(UTC), self._rng)
        self._outcome.reports += 1
        fault = self._rng.choice(self._faults) if self._faults and self._rng.random() < self._share else ""
        self._outcome.faults += bool(fault)
        for attempt in range(SENDS):
            try:
                await self._connect()
                await self._send(frame, fault if attempt == 0 else "")
                if await self._answer():
                    self._outcome.answered += 1
                    if fault == "resends":
                        self._outcome.resent += 1
                        await self._send(frame, "")
                        await self._answer()
                    return
            except OSError:
                self._close()
                await asyncio.sleep(min(1.0 + attempt, self._answer_s))
            self._outcome.resent += 1
        self._outcome.unanswered += 1

    async def _send(self, frame: bytes, fault: str) -> None:
        assert self._writer is not None
        if fault == "split":
            middle = self._rng.randrange(1, len(frame))
            self._writer.write(frame[:middle])
            await self._writer.drain()
            await asyncio.sleep(0.02)
            self._writer.write(frame[middle:])
        elif fault == "glued":
            self._writer.write(b"\x00DTU" + frame + frame)
        elif fault == "bitflips":
            at = self._rng.randrange(3, len(frame))
            damaged = bytearray(frame)
            damaged[at] ^= 1 << self._rng.randrange(8)
            self._writer.write(bytes(damaged) + frame)
        elif fault == "cuts":
            self._writer.write(frame[: len(frame) // 2])
            await self._writer.drain()
            self._close()
            await self._connect()
            self._writer.write(frame)
        else:
            self._writer.write(frame)
        await self._writer.drain()

    async def _answer(self) -> bool:
        assert self._reader is not None
        try:
            async with asyncio.timeout(self._answer_s):
                while True:
                    while (event := self._decoder.next_event()) is not None:
                        if isinstance(event, Frame):
                            return True
                    data = await self._reader.read(4096)
                    if not data:
                        raise ConnectionResetError("the gateway closed the connection")
                    self._decoder.receive(data)
        except TimeoutError:
            return False

    async def _connect(self) -> None:
        if self._writer is None:
            self._reader, self._writer = await asyncio.open_connection(*self._address)
            self._decoder = AutoDecoder()

    def _close(self) -> None:
        if self._writer is not None:
            with contextlib.suppress(RuntimeError):  # the loop ends
                self._writer.close()
            self._reader = self._writer = None


def history(
    station: SimStation, start: datetime, end: datetime, step: timedelta, rng: random.Random
) -> list[tuple[datetime, bytes]]:
    """Reports of a past period, each with its time of arrival."""
    frames = []
    at = start
    while at < end:
        frames.append((at + timedelta(seconds=rng.uniform(1, 20)), station.report(at, rng)))
        at += step
    return frames
