"""DTUs (数传终端): connections on which the centre asks and the devices behind answer, one question at a time (README 5.1)."""

import asyncio
import logging
import time
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from liangshui.gateway.codecs import dlt645, modbus
from liangshui.gateway.codecs.events import Decoder, Frame
from liangshui.gateway.directory import Directory, Known, Registration
from liangshui.gateway.frames import Record
from liangshui.gateway.rules.device_map import questions

log = logging.getLogger(__name__)

ANSWER_S = 5.0
TRIES = 2
"""A question is asked so often; then the device is silent until the next round."""

DECODERS: dict[str, Callable[[], Decoder]] = {
    "modbus_rtu": modbus.RtuDecoder,
    "modbus_tcp": modbus.TcpDecoder,
    "dlt645": dlt645.Dlt645Decoder,
}


def without_own_words(data: bytes, registration: Registration) -> bytes:
    """Bytes without the registration packet in front of them and without heartbeats: some DTUs repeat both all the time."""
    while data:
        kind = registration.kind
        found = kind.registration.match(data) or (kind.heartbeat.match(data) if kind.heartbeat else None)
        if found is None or not found.end():
            return data
        data = data[found.end() :]
    return data


class Line:
    """One DTU's connection while it is open."""

    def __init__(
        self,
        registration: Registration,
        connection: Any,
        take: Callable[[Record], None],
        directory: Callable[[], Directory],
    ) -> None:
        assert registration.dtu is not None
        self._registration, self._connection, self._take, self._directory = registration, connection, take, directory
        self.dtu = registration.dtu
        self._decoder = DECODERS[self.dtu.line]()
        self._waits: asyncio.Future[Frame] | None = None
        self._fits: Callable[[Any], bool] = lambda _message: False
        self._transaction = 0
        self._task = asyncio.get_running_loop().create_task(self._ask_all())

    def close(self) -> None:
        self._task.cancel()

    def receive(self, data: bytes, received: int) -> None:
        """Bytes from behind the DTU: the answer that is waited for, or something that is only kept."""
        self._decoder.receive(without_own_words(data, self._registration))
        while (event := self._decoder.next_event()) is not None:
            self._event(event, received)

    def _event(self, event: Any, received: int) -> None:
        if (
            isinstance(event, Frame)
            and self._waits is not None
            and not self._waits.done()
            and self._fits(event.message)
        ):
            self._waits.set_result(event)
            return
        record = self._record(event.raw, received)
        record.verdict = "junk" if isinstance(event, Frame) else event.reason
        self._take(record)

    def _record(self, raw: bytes, received: int) -> Record:
        record = Record(raw, received, self._connection.peer)
        record.protocol = "dlt645" if self.dtu.line == "dlt645" else "modbus"
        return record

    async def _ask_all(self) -> None:
        while True:
            began = time.monotonic()
            dtu = self._directory().dtu(self.dtu.key)
            if dtu is None or dtu.line != self.dtu.line:
                self._connection.transport.close()
                return
            self.dtu = dtu
            for station in dtu.stations:
                try:
                    await self._ask_station(station)
                except ValueError:
                    log.exception("station %s cannot be asked", station.key)
            await asyncio.sleep(max(1.0, dtu.ask_every_s - (time.monotonic() - began)))

    async def _ask_station(self, station: Known) -> None:
        for frame, fits, read in self._questions(station):
            event = await self._ask(frame, fits)
            if event is None:
                return  # silent: the others are asked meanwhile
            record = self._record(event.raw, time.time_ns() // 1_000_000)
            record.key, record.asked, record.message = station.key, frame, read(event.message)
            self._take(record)

    async def _ask(self, frame: bytes, fits: Callable[[Any], bool]) -> Frame | None:
        for _attempt in range(TRIES):
            self._waits, self._fits = asyncio.get_running_loop().create_future(), fits
            self._connection.transport.write(frame)
            try:
                return await asyncio.wait_for(self._waits, ANSWER_S)
            except TimeoutError:
                for event in self._decoder.flush():
                    self._event(event, time.time_ns() // 1_000_000)
            finally:
                self._waits = None
        return None

    def _questions(self, station: Known) -> Iterable[tuple[bytes, Callable[[Any], bool], Callable[[Any], Any]]]:
        """Frames that ask for everything of a station: the frame, what its answer is, and what that says."""
        if self.dtu.line == "dlt645":
            frame = dlt645.read_request(station.key, dlt645.FORWARD_ENERGY)
            yield frame, lambda message: message.station == station.key, lambda message: message
            return
        if station.options.device is None or station.line_address is None:
            return
        form: modbus.Form = "tcp" if self.dtu.line == "modbus_tcp" else "rtu"
        for request in questions(station.options.device.points, station.line_address):
            self._transaction = (self._transaction + 1) & 0xFFFF
            yield (
                modbus.encode(request, form, self._transaction),
                partial(modbus.answers, request=request, transaction=self._transaction),
                partial(modbus.Exchange, station.key, request),
            )
