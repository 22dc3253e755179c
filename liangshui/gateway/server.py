"""The asyncio process that hears stations: many on one port, the protocol told by the first bytes."""

import asyncio
import contextlib
import gc
import logging
import resource
import socket
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any

from django.conf import settings

from liangshui.gateway.codecs.detect import AutoDecoder, protocol_of
from liangshui.gateway.codecs.events import BadFrame
from liangshui.gateway.commands.orders import BROKER, Note, Order, Orders
from liangshui.gateway.directory import REGISTRATION_MOST, Registration
from liangshui.gateway.frames import Answers, Record, Transfers, events_of, record_of, registered, whole_frame
from liangshui.gateway.lines import DECODERS, Line, without_own_words
from liangshui.gateway.mqtt import Brokers
from liangshui.gateway.sink import Sink
from liangshui.records.fields import from_ms

log = logging.getLogger(__name__)

SWEEP_S = 5.0
SAY_AGAIN_S = 60.0


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of what stations may cost; the main ones are set by LIANGSHUI_GATEWAY_… in the environment (web/settings.py)."""

    idle_s: int = 4000
    """A connection that says nothing for so long is closed; hourly reporters must fit."""

    half_frame_s: int = 60
    """The rest of a frame must come within this time."""

    buffer_bytes: int = 131_072
    """So much without a frame in it is given up."""

    bad_bytes: int = 65_536
    """So many bad bytes with no good frame between them close the connection."""

    stranger_s: int = 600
    """Who has sent no good frame for so long since connecting is closed."""

    half_frames: int = 3
    """So many frames cut off by time, with no good one between them, close the connection: bytes that trickle in."""

    underway: int = 256
    """Frames of one connection that wait for the disk; beyond that it is not read, and the others are."""

    connections: int = 20_000
    connections_per_address: int = 5_000
    """Stations behind one provider often share an address, so this is generous."""

    offences: int = 20
    """Connections of one address that were closed for sending nothing good within `penalty_s`; then it is refused as long."""

    penalty_s: int = 300
    backlog: int = 20_000
    """Frames waiting for the disk; beyond that no more are read."""

    @classmethod
    def from_settings(cls) -> "Limits":
        given = {field.name: settings.GATEWAY_LIMITS.get(field.name) for field in fields(cls)}
        return cls(**{name: value for name, value in given.items() if value is not None})


class Connection(asyncio.Protocol):
    """One station, or a DTU with several behind it."""

    def __init__(self, gateway: "Gateway") -> None:
        self._gateway = gateway
        self._decoder = AutoDecoder()
        self._unread = 0
        self._bad = 0
        self._part_since = 0.0
        self._half = 0
        self._known = False
        self.underway = 0
        self.address = ""
        self.began = time.monotonic()
        self._first: bytes | None = b""
        self._registration: Registration | None = None
        self._line: Line | None = None
        self.heard = time.monotonic()
        self.peer = ""
        self.transport: Any = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        address = transport.get_extra_info("peername") or ("?", 0)
        self.peer = f"{address[0]}:{address[1]}"[:60]
        self.address = str(address[0])
        if not self._gateway.admit(self):
            self.transport.abort()
            return
        sock = transport.get_extra_info("socket")
        if sock is not None:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)

    def data_received(self, data: bytes) -> None:
        gateway = self._gateway
        self.heard = time.monotonic()
        received = time.time_ns() // 1_000_000
        if self._line is not None:
            self._line.receive(data, received)
            return
        if self._registration is not None:
            data = without_own_words(data, self._registration)
        elif self._first is not None:
            data = self._begin(data, received)
            if not data:
                return
        if not self._unread and (frame := whole_frame(data, gateway.sink.directory)) is not None:
            self._take(frame, received)
            if gateway.full:
                gateway.pause(self)
            return
        decoder = self._decoder
        decoder.receive(data)
        self._unread += len(data)
        told = False
        while (event := decoder.next_event()) is not None:
            self._take(event, received)
            told = True
        if told:
            self._unread = len(decoder.buffered)
        if self._unread and (told or not self._part_since):
            self._part_since = self.heard
        elif not self._unread:
            self._part_since = 0.0
        if self._unread > gateway.limits.buffer_bytes:
            self.flush()
        if gateway.full:
            gateway.pause(self)

    def _begin(self, data: bytes, received: int) -> bytes:
        """The first bytes of a connection: a DTU that says who it is, or a frame. What is left to be read."""
        directory = self._gateway.sink.directory
        data = (self._first or b"") + data
        if not directory.kinds or protocol_of(data):
            self._first = None
            return data
        found = directory.registration(data)
        if found is None:
            wait = len(data) < REGISTRATION_MOST
            self._first = data if wait else None
            return b"" if wait else data
        self._first, self._registration, self._known = None, found, True
        self._gateway.take_record(registered(found, data[: found.size], received, self.peer))
        rest = without_own_words(data[found.size :], found)
        if found.dtu is not None and found.dtu.line in DECODERS:
            self._line = Line(found, self, self._gateway.take_record, lambda: self._gateway.sink.directory)
            self._line.receive(rest, received)
            return b""
        return rest

    def connection_lost(self, error: Exception | None) -> None:
        self.flush()
        if self._line is not None:
            self._line.close()
        self._gateway.leave(self)

    def flush(self) -> None:
        """The rest will not come: keep what there is."""
        received = time.time_ns() // 1_000_000
        if self._first:
            self._decoder.receive(self._first)
        self._first = None
        for event in self._decoder.flush():
            self._take(event, received)
        self._unread, self._part_since = 0, 0.0

    def check(self, now: float) -> None:
        """Close who is silent for too long, who never sent a frame, and who lets frames trickle in."""
        limits = self._gateway.limits
        since = self._part_since or (self.began if self._first else 0.0)
        if since and now - since > limits.half_frame_s:
            self._half += 1
            self.flush()
            if self._half >= limits.half_frames:
                self._refuse("frames do not come to their end")
                return
        if now - self.heard > limits.idle_s:
            self.transport.close()
        elif not self._known and self._line is None and now - self.began > limits.stranger_s:
            self._refuse("no frame has come")

    def durable(self) -> None:
        """One of its frames is on the disk."""
        self.underway -= 1
        if self.underway == self._gateway.limits.underway // 2:
            self._gateway.resume(self)

    def _refuse(self, why: str) -> None:
        if not self.transport.is_closing():
            log.warning("%s is closed: %s", self.peer, why)
            self._gateway.offended(self.address)
            self.transport.close()

    def _take(self, event: Any, received: int) -> None:
        if type(event) is BadFrame:
            self._bad += len(event.raw)
        else:
            self._bad = self._half = 0
            self._known = True
        self.underway += 1
        self._gateway.take(event, received, self)
        if self.underway > self._gateway.limits.underway:
            self._gateway.pause(self)
        if self._bad > self._gateway.limits.bad_bytes:
            self._refuse("it sends no frames")


class Datagrams(asyncio.DatagramProtocol):
    """Stations that speak by UDP, on the same number of port: a datagram holds whole frames.

    Where the disk is behind, datagrams are dropped: a station without an answer sends again.
    """

    def __init__(self, gateway: "Gateway") -> None:
        self._gateway = gateway
        self._transport: Any = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def datagram_received(self, data: bytes, address: tuple[Any, ...]) -> None:
        if self._gateway.full:
            return
        received = time.time_ns() // 1_000_000
        sender = Sender(self._transport, address)
        for event in events_of(data):
            self._gateway.take(event, received, sender)


class Sender:
    """Who sent a datagram: what is written goes back there."""

    def __init__(self, transport: Any, address: tuple[Any, ...]) -> None:
        self.peer = f"udp {address[0]}:{address[1]}"[:60]
        self.transport = self
        self._transport, self._address = transport, address

    def durable(self) -> None:
        """Nothing is held back for it: a datagram that finds the disk behind is dropped."""

    def is_closing(self) -> bool:
        return bool(self._transport.is_closing())

    def write(self, data: bytes) -> None:
        self._transport.sendto(data, self._address)


class Gateway:
    """Connections in front, the sink behind."""

    def __init__(self, database: dict[str, Any] | None = None, name: str = "", limits: Limits | None = None) -> None:
        self.limits = limits or Limits.from_settings()
        self._connections: set[Connection] = set()
        self._paused: set[Connection] = set()
        self._addresses: Counter[str] = Counter()
        self._offences: dict[str, list[float]] = {}
        self._said_full = -SAY_AGAIN_S
        self._transfers = Transfers()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._server: asyncio.Server | None = None
        self._datagrams: asyncio.DatagramTransport | None = None
        self._sweeper: asyncio.Task[None] | None = None
        self.answered = 0
        name = name or settings.GATEWAY_NAME
        self.sink = Sink(database or settings.DATABASES["default"], name, self._durable, self._ordered)
        self._orders = Orders(name, self.sink.put, self._soon)
        self._brokers = Brokers(self.take_record, self._of_broker, self._soon)

    async def start(self, host: str, port: int) -> tuple[str, int]:
        """Listen; gives the address, with the port that was free if 0 was asked for."""
        _many_files()
        sys.setswitchinterval(0.001)  # the writer comes back from the database often, and briefly
        gc.set_threshold(100_000, 50, 50)  # messages hold no cycles, and thousands are on their way at once
        self._loop = asyncio.get_running_loop()
        await asyncio.to_thread(self.sink.start)
        self._server = await self._loop.create_server(lambda: Connection(self), host, port, backlog=4096)
        self._sweeper = asyncio.create_task(self._sweep())
        address = self._server.sockets[0].getsockname()
        self._datagrams, _protocol = await self._loop.create_datagram_endpoint(
            lambda: Datagrams(self), local_addr=address[:2]
        )
        return address[0], address[1]

    async def stop(self) -> None:
        """Take no more, write and answer what came, then close."""
        if self._server is not None:
            self._server.close()
        if self._sweeper is not None:
            self._sweeper.cancel()
        self._brokers.stop()
        for connection in self._connections:
            with contextlib.suppress(RuntimeError):
                connection.transport.pause_reading()
            connection.flush()
        await asyncio.to_thread(self.sink.stop)
        await asyncio.sleep(0)  # answers of the last batch
        if self._datagrams is not None:
            self._datagrams.close()
        for connection in list(self._connections):
            connection.transport.close()
        await asyncio.sleep(0)

    @property
    def full(self) -> bool:
        return self.sink.backlog > self.limits.backlog

    def admit(self, connection: Connection) -> bool:
        """Whether a connection may stay: there is room for it, and its address has not misbehaved lately."""
        address, limits = connection.address, self.limits
        if len(self._connections) >= limits.connections or self._addresses[address] >= limits.connections_per_address:
            self._say_full(connection.peer)
            return False
        since = time.monotonic() - limits.penalty_s
        offences = self._offences.get(address)
        if offences and len(offences) >= limits.offences and offences[-limits.offences] > since:
            return False
        self._connections.add(connection)
        self._addresses[address] += 1
        return True

    def _say_full(self, peer: str) -> None:
        """Once a minute: whoever is refused tries again and again."""
        now = time.monotonic()
        if now - self._said_full >= SAY_AGAIN_S:
            self._said_full = now
            log.warning(
                "too many connections (%s in all); %s is refused, as others will be", len(self._connections), peer
            )

    def offended(self, address: str) -> None:
        """A connection of an address was closed for sending nothing good."""
        offences = self._offences.setdefault(address, [])
        offences.append(time.monotonic())
        del offences[: -self.limits.offences]
        if len(offences) == self.limits.offences:
            log.warning("%s is refused for %s s: it sends nothing good", address, self.limits.penalty_s)

    def leave(self, connection: Connection) -> None:
        if connection in self._connections:
            self._connections.discard(connection)
            self._addresses[connection.address] -= 1
            if not self._addresses[connection.address]:
                del self._addresses[connection.address]
        self._paused.discard(connection)
        self._orders.left(connection)

    def pause(self, connection: Connection) -> None:
        if connection not in self._paused and not connection.transport.is_closing():
            connection.transport.pause_reading()
            self._paused.add(connection)

    def resume(self, connection: Connection) -> None:
        """Read a connection again, unless all wait for the disk."""
        if connection in self._paused and not self.full:
            self._paused.discard(connection)
            connection.transport.resume_reading()

    def take(self, event: Any, received: int, connection: Connection | Sender) -> None:
        """One frame or piece of bad bytes, on its way to the disk."""
        try:
            record = record_of(event, received, connection.peer, self.sink.directory, self._transfers, connection)
        except Exception:
            log.exception("a frame from %s could not be read and is kept as it came", connection.peer)
            record = Record(event.raw, received, connection.peer, connection)
            record.verdict = "body"
        self.sink.put(record)

    def take_record(self, record: Record) -> None:
        """One that is read already: from behind a DTU, from a broker."""
        self.sink.put(record)

    def _soon(self, call: Callable[..., Any], *given: Any) -> None:
        """Run something in the loop, from the writer's thread."""
        assert self._loop is not None
        self._loop.call_soon_threadsafe(call, *given)

    def _durable(self, records: list[Record]) -> None:
        self._soon(self._answer, records)

    def _ordered(self, orders: list[Order]) -> None:
        self._soon(self._orders.renew, orders, self.sink.directory)
        self._soon(self._brokers.renew, self.sink.directory)

    def _of_broker(self, pk: int, values: dict[str, Any]) -> None:
        self.sink.put(Note(BROKER, pk, values))

    def _answer(self, records: list[Record]) -> None:
        directory = self.sink.directory
        answers = Answers(from_ms(time.time_ns() // 1_000_000))
        orders = self._orders
        for record in records:
            if record.durable is not None:
                record.durable()
            if record.connection is None:
                continue
            record.connection.durable()
            if record.message is None and record.reply is None:
                continue
            transport = record.connection.transport
            if transport.is_closing():
                continue
            if record.reply is not None:
                try:
                    known = directory.find(record.key, record.protocol)
                    data = answers.to(record, known, orders.waits(record.key))
                except ValueError:
                    log.exception("no answer could be made for frame %s", record.frame_id)
                    continue
                if data:
                    self.answered += 1
                    transport.write(data)
            orders.heard(record, directory)
        if self._paused and not self.full:
            for connection in [each for each in self._paused if each.underway <= self.limits.underway // 2]:
                self._paused.discard(connection)
                connection.transport.resume_reading()

    async def _sweep(self) -> None:
        while True:
            await asyncio.sleep(SWEEP_S)
            now = time.monotonic()
            self._orders.chase(self.sink.directory)
            self._transfers.drop_old(time.time_ns() // 1_000_000)
            for connection in list(self._connections):
                connection.check(now)
            old = now - self.limits.penalty_s
            for address in [each for each, when in self._offences.items() if when[-1] < old]:
                del self._offences[address]


def _many_files() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < hard:
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
