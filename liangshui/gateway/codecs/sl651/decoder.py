"""The buffer of one SL 651-2014 connection, for both wire forms (reference 1, 2.1, 2.2). No sockets, no clock."""

import re

from liangshui.gateway.codecs.events import BadFrame, Event, Frame
from liangshui.gateway.codecs.sl651.checksum import checksum
from liangshui.gateway.codecs.sl651.messages import ENDS, STX, SYN
from liangshui.gateway.codecs.sl651.reader import read

_HEX_HEAD, _ASCII_HEAD = 14, 24  # bytes up to and with STX or SYN
_HEX_REST, _ASCII_REST = 3, 5  # end character and checksum

MAX_FRAME = _HEX_HEAD + 0xFFFF + _HEX_REST
"""Bytes of the longest frame there can be: the most a drained decoder holds back."""

# Where a frame may begin: a whole start, or the part of one that ends the buffer.
_START = re.compile(
    rb"\x7e(?:\x7e|\Z)"
    rb"|\x01(?:[0-9A-Fa-f]{18}[08][0-9A-Fa-f]{3}[\x02\x16]|[0-9A-Fa-f]{18}[08][0-9A-Fa-f]{0,3}\Z|[0-9A-Fa-f]{0,18}\Z)"
)
_ASCII_CHECKSUM = re.compile(rb"[0-9A-Fa-f]{4}")


class Decoder:
    """Bytes of a stream to frames. Any bytes, in any pieces, give events and never an exception.

    Call `receive` for what arrived, then `next_event` until it says None. The `raw` of all events, joined, then
    `buffered`, are the bytes received. A drained decoder (None was said) holds at most one partial frame, never more
    than `MAX_FRAME` bytes. After a bad byte the search goes on at the very next one, so a good frame behind, or
    inside, a bad one is found; the bytes up to where it may begin come as one `BadFrame`.
    """

    def __init__(self) -> None:
        self._chunks: list[bytes] = []  # received, not yet joined to the buffer
        self._buffer = b""
        self._at = 0  # everything before is told
        self._size = 0  # bytes untold, in buffer and chunks
        self._need = 1  # bytes untold before anything new can be said

    @property
    def buffered(self) -> bytes:
        """Bytes received that no event has carried yet."""
        return b"".join((self._buffer[self._at :], *self._chunks))

    def receive(self, data: bytes) -> None:
        """Store bytes as they arrived."""
        if data:
            self._chunks.append(bytes(data))
            self._size += len(data)

    def next_event(self) -> Event | None:
        """The next `Frame` or `BadFrame`, or None: more bytes are needed."""
        if self._size < self._need:
            return None
        if self._chunks:
            self._buffer = self.buffered
            self._chunks = []
            self._at = 0
        found = _examine(self._buffer, self._at)
        if type(found) is Frame:
            taken = len(found.raw)
            self._at += taken
            self._size -= taken
            self._need = 1
            return found
        if type(found) is int:
            self._need = found
            return None
        return self._reject(str(found), pending_too=False)

    def flush(self) -> list[Event]:
        """On idle or close: say everything. A partial frame is `BadFrame("incomplete")`, those behind it are read."""
        events: list[Event] = []
        while self._size:
            events.append(self.next_event() or self._reject("incomplete", pending_too=True))
        return events

    def _reject(self, reason: str, pending_too: bool) -> BadFrame:
        """Give up the byte at the front and what follows it, up to where the next frame may begin."""
        buffer, end = self._buffer, self._at + 1
        while True:
            start = _START.search(buffer, end)
            if start is None:
                end = len(buffer)
                break
            end = start.start()
            found = _examine(buffer, end)
            if found not in ("junk", "length") and not (pending_too and type(found) is int):
                break
            end += 1
        raw = buffer[self._at : end]
        self._at = end
        self._size -= len(raw)
        self._need = 1
        return BadFrame(reason, raw)


def _examine(buffer: bytes, at: int) -> Frame | int | str:
    """What begins at `at`: a frame; or how many bytes it takes to know; or the reason why it is none."""
    left = len(buffer) - at
    if buffer[at] == 0x7E:
        if left > 1 and buffer[at + 1] != 0x7E:
            return "junk"
        if left < _HEX_HEAD:
            return _HEX_HEAD
        start = buffer[at + 13]
        if start != STX and start != SYN:
            return "junk"
        high = buffer[at + 11]
        size = (high & 0x0F) << 8 | buffer[at + 12]
        if high & 0x70:  # neither up (0) nor down (8)
            size = high << 8 | buffer[at + 12]
            if start != SYN:
                return "length"
            if left < _HEX_HEAD + 3:
                return _HEX_HEAD + 3
            # 2.10 [U]: the length of packets may have 16 bits. Believed only with a packet number that can be.
            total = buffer[at + 14] << 4 | buffer[at + 15] >> 4
            if not 1 <= (buffer[at + 15] & 0x0F) << 8 | buffer[at + 16] <= total:
                return "length"
        if start == SYN and size < 3:
            return "length"
        size += _HEX_HEAD + _HEX_REST
        if left < size:
            return size
        raw = buffer[at : at + size]
        if checksum(raw[:-2]) != raw[-2] << 8 | raw[-1]:
            return "crc"
        if raw[-3] not in ENDS:
            return "tail"
        return Frame(raw, read(raw))
    if buffer[at] != 0x01 or not _START.match(buffer, at):
        return "junk"
    if left < _ASCII_HEAD:
        return _ASCII_HEAD
    size = int(buffer[at + 20 : at + 23], 16)
    if buffer[at + 23] == SYN and size < 6:
        return "length"
    size += _ASCII_HEAD + _ASCII_REST
    if left < size:
        return size
    raw = buffer[at : at + size]
    if not _ASCII_CHECKSUM.fullmatch(raw, size - 4) or checksum(raw[:-4]) != int(raw[-4:], 16):
        return "crc"
    if raw[-5] not in ENDS:
        return "tail"
    return Frame(raw, read(raw))
