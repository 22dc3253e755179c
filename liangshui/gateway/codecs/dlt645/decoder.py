"""The buffer of one connection on which a DL/T 645 meter answers."""

from collections.abc import Iterable

from liangshui.gateway.codecs.dlt645.frames import read
from liangshui.gateway.codecs.events import BadFrame, Event, Frame

START, END = 0x68, 0x16
HEAD = 10
"""68, six bytes of address, 68, control, length."""

LONGEST = 200
JUNK_LIMIT = 1024


def find_start(data: bytes | bytearray, begin: int) -> int:
    """Where from `begin` 68H stands with another seven bytes behind, or may at the end of the data; `len(data)` if nowhere."""
    at = data.find(START, begin)
    while at >= 0:
        if at + 7 >= len(data) or data[at + 7] == START:
            return at
        at = data.find(START, at + 1)
    return len(data)


class Dlt645Decoder:
    """Bytes in, events out; any bytes give events, never an exception. Wake-up bytes (FE) in front of a frame are junk."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    @property
    def buffered(self) -> bytes:
        return bytes(self._buffer)

    def receive(self, data: bytes) -> None:
        self._buffer += data

    def next_event(self) -> Event | None:
        buffer = self._buffer
        start = find_start(buffer, 0)
        if start:
            if start >= JUNK_LIMIT:
                return BadFrame("junk", self._take(JUNK_LIMIT))
            return BadFrame("junk", self._take(start)) if start + 7 < len(buffer) else None
        if len(buffer) < HEAD:
            return None
        length = buffer[9]
        if length > LONGEST:
            return self._refuse("length", HEAD)
        size = HEAD + length + 2
        if len(buffer) < size:
            return None
        if buffer[size - 1] != END:
            return self._refuse("tail", size)
        if sum(buffer[: size - 2]) & 0xFF != buffer[size - 2]:
            return self._refuse("crc", size)
        raw = self._take(size)
        return Frame(raw, read(raw))

    def flush(self) -> Iterable[Event]:
        """Everything still buffered, as events; a frame that was waiting for its rest is "incomplete"."""
        events: list[Event] = []
        while self._buffer:
            event = self.next_event()
            if event is None:
                start = find_start(self._buffer, 0)
                if start:
                    event = BadFrame("junk", self._take(min(start, JUNK_LIMIT)))
                else:
                    event = self._refuse("incomplete", len(self._buffer))
            events.append(event)
        return events

    def _refuse(self, reason: str, size: int) -> BadFrame:
        return BadFrame(reason, self._take(find_start(self._buffer[:size], 1)))

    def _take(self, size: int) -> bytes:
        raw = bytes(self._buffer[:size])
        del self._buffer[:size]
        return raw
