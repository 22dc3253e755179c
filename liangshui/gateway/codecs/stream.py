"""What decoders have in common whose frames begin with a mark and say how long they are."""

from abc import ABC, abstractmethod
from collections.abc import Iterable

from liangshui.gateway.codecs.events import BadFrame, Event

JUNK_LIMIT = 1024
"""Bytes outside any frame are held so that they come as one event, but no more than these."""


class StreamDecoder(ABC):
    """Bytes in, events out; any bytes give events, never an exception. The events don't depend on how bytes were cut.

    A bad frame is reported up to the next start inside it, and reading goes on there (README section 1), so a false start
    in front of a good frame costs nothing but the wait for its length. At most one frame, or `JUNK_LIMIT` bytes, stays
    buffered when `next_event` has returned None.
    """

    START_SIZE: int
    """So many bytes tell for certain that a frame begins."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    @staticmethod
    @abstractmethod
    def find_start(data: bytes | bytearray, begin: int, end: int) -> int:
        """Where from `begin` to `end` a frame begins, or may begin at the end of the data; `len(data)` if nowhere."""

    @abstractmethod
    def _next_frame(self, buffer: bytearray) -> Event | None:
        """The frame at the head of the buffer, taken from it; None: more bytes are needed."""

    @property
    def buffered(self) -> bytes:
        return bytes(self._buffer)

    def receive(self, data: bytes) -> None:
        self._buffer += data

    def next_event(self) -> Event | None:
        buffer = self._buffer
        start = self.find_start(buffer, 0, JUNK_LIMIT)
        if start:
            if start >= JUNK_LIMIT:
                return BadFrame("junk", self._take(JUNK_LIMIT))
            return BadFrame("junk", self._take(start)) if start + self.START_SIZE <= len(buffer) else None
        return self._next_frame(buffer) if len(buffer) >= self.START_SIZE else None

    def flush(self) -> Iterable[Event]:
        """Everything still buffered, as events; a frame that was waiting for its rest is "incomplete"."""
        events: list[Event] = []
        while self._buffer:
            event = self.next_event()
            if event is None:
                start = self.find_start(self._buffer, 0, JUNK_LIMIT)
                if start:
                    event = BadFrame("junk", self._take(min(start, JUNK_LIMIT)))
                else:
                    event = self._refuse("incomplete", len(self._buffer))
            events.append(event)
        return events

    def _refuse(self, reason: str, size: int) -> BadFrame:
        """Give up the frame at the head, up to the next start within it."""
        return BadFrame(reason, self._take(self.find_start(self._buffer[:size], 1, size)))

    def _take(self, size: int) -> bytes:
        raw = bytes(self._buffer[:size])
        del self._buffer[:size]
        return raw
