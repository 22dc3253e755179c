"""The buffer of one connection that speaks SZY206 or SL 427 (README sections 1 and 3.1)."""

from collections.abc import Iterable

from liangshui.gateway.codecs.events import BadFrame, Event, Frame
from liangshui.gateway.codecs.szy206.checksum import crc8
from liangshui.gateway.codecs.szy206.messages import Edition
from liangshui.gateway.codecs.szy206.reader import SHORTEST, read

START, END = 0x68, 0x16
AROUND = 5
"""Bytes of a frame that L doesn't count: 68 L 68 in front, CS 16 behind."""

JUNK_LIMIT = 1024
"""Bytes outside any frame are held so that they come as one event, but no more than these."""


def find_start(data: bytes | bytearray, begin: int, end: int) -> int:
    """Where from `begin` to `end` `68 L 68` begins, or may begin at the end of the data; `len(data)` if nowhere."""
    at = data.find(START, begin, end)
    while at >= 0:
        if at + 2 >= len(data) or data[at + 2] == START:
            return at
        at = data.find(START, at + 1, end)
    return len(data)


class Szy206Decoder:
    """Bytes in, events out; any bytes give events, never an exception. The events don't depend on how bytes were cut.

    A bad frame is reported up to the next `68 L 68` inside it, and reading goes on there (section 1), so a false start
    in front of a good frame costs nothing but the wait for its length. At most one frame, or `JUNK_LIMIT` bytes, stays
    buffered when `next_event` has returned None.
    """

    def __init__(self, edition: Edition | None = None, flow_only: bool = False) -> None:
        """Settings of the station; see `reader.read`."""
        self._edition = edition
        self._flow_only = flow_only
        self._buffer = bytearray()

    @property
    def buffered(self) -> bytes:
        return bytes(self._buffer)

    def receive(self, data: bytes) -> None:
        self._buffer += data

    def next_event(self) -> Event | None:
        buffer = self._buffer
        start = find_start(buffer, 0, JUNK_LIMIT)
        if start:
            if start >= JUNK_LIMIT:
                return BadFrame("junk", self._take(JUNK_LIMIT))
            if start + 2 < len(buffer):
                return BadFrame("junk", self._take(start))
            return None
        if len(buffer) < 3:
            return None
        length = buffer[1]
        if len(buffer) < length + AROUND:
            return None
        payload = bytes(buffer[3 : 3 + length])
        if length < SHORTEST:
            return self._refuse("length", length + AROUND)
        if buffer[length + AROUND - 1] != END:
            return self._refuse("tail", length + AROUND)
        if buffer[length + 3] != crc8(payload):
            return self._refuse("crc", length + AROUND)
        message = read(payload, self._edition, self._flow_only)
        raw = self._take(length + AROUND)
        return BadFrame("body", raw) if message is None else Frame(raw, message)

    def flush(self) -> Iterable[Event]:
        """Everything still buffered, as events; a frame that was waiting for its rest is "incomplete"."""
        events: list[Event] = []
        while self._buffer:
            event = self.next_event()
            if event is None:
                start = find_start(self._buffer, 0, JUNK_LIMIT)
                if start:
                    event = BadFrame("junk", self._take(min(start, JUNK_LIMIT)))
                else:
                    event = self._refuse("incomplete", len(self._buffer))
            events.append(event)
        return events

    def _refuse(self, reason: str, size: int) -> BadFrame:
        """Give up the frame at the head, up to the next start within it."""
        return BadFrame(reason, self._take(find_start(self._buffer[:size], 1, size)))

    def _take(self, size: int) -> bytes:
        raw = bytes(self._buffer[:size])
        del self._buffer[:size]
        return raw
