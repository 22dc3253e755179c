"""The buffer of one connection that speaks HJ 212 (README sections 1 and 4)."""

from collections.abc import Iterable

from liangshui.gateway.codecs.events import BadFrame, Event, Frame
from liangshui.gateway.codecs.hj212.checksum import crc
from liangshui.gateway.codecs.hj212.reader import read

START = b"##"
HEAD = 6
"""## and four digits."""

BEHIND = 6
"""Four digits of the checksum, CR, LF."""

JUNK_LIMIT = 1024


def find_start(data: bytes | bytearray, begin: int) -> int:
    """Where from `begin` a frame begins (`##` and four digits), or may begin at the end of the data; `len(data)` if nowhere."""
    at = data.find(b"#", begin)
    while at >= 0:
        head = bytes(data[at : at + HEAD])
        if head == b"#" or (head[:2] == START and (len(head) == 2 or head[2:].isdigit())):
            return at
        at = data.find(b"#", at + 1)
    return len(data)


class Hj212Decoder:
    """Bytes in, events out; any bytes give events, never an exception. The events don't depend on how bytes were cut.

    A bad frame is given up to the next `##` and four digits inside it, and reading goes on there.
    """

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
            return BadFrame("junk", self._take(start)) if start + HEAD <= len(buffer) else None
        if len(buffer) < HEAD:
            return None
        size = HEAD + int(buffer[2:HEAD]) + BEHIND
        if len(buffer) < size:
            return None
        if buffer[size - 2 : size] != b"\r\n":
            return self._refuse("tail", size)
        segment, stated = bytes(buffer[HEAD : size - BEHIND]), bytes(buffer[size - BEHIND : size - 2])
        if stated.upper() != b"%04X" % crc(segment):
            return self._refuse("crc", size)
        message = read(segment, stated.decode("ascii").upper())
        raw = self._take(size)
        return BadFrame("body", raw) if message is None else Frame(raw, message)

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
