"""One port for several protocols: the first bytes tell which (README section 1)."""

import re
from collections.abc import Callable

from liangshui.gateway.codecs import sl651
from liangshui.gateway.codecs.events import BadFrame, Decoder, Event
from liangshui.gateway.codecs.hj212 import Hj212Decoder
from liangshui.gateway.codecs.stream import JUNK_LIMIT
from liangshui.gateway.codecs.szy206 import Edition, Szy206Decoder

PROTOCOLS: dict[str, Callable[[], Decoder]] = {
    "sl651": sl651.Decoder,
    "szy206": lambda: Szy206Decoder("szy206-2016"),
    "sl427-2021": lambda: Szy206Decoder("sl427-2021"),
    "hj212": Hj212Decoder,
}
"""A decoder for each protocol setting of a station."""

SLICE = 4096
"""Bytes given to a decoder at a time, so that looking at what it holds stays cheap."""

# SL 651 ASCII takes the whole head: 01H and a few hex digits are too common in what a DTU says of itself.
_WHOLE = rb"\x7e\x7e|\x01[0-9A-Fa-f]{18}[08][0-9A-Fa-f]{3}[\x02\x16]|\x68[\x00-\xff]\x68|##[0-9]{4}"
_PART = (
    rb"\x7e\Z|\x01(?:[0-9A-Fa-f]{18}[08][0-9A-Fa-f]{0,3}|[0-9A-Fa-f]{0,18})\Z|\x68[\x00-\xff]?\Z|#(?:#[0-9]{0,3})?\Z"
)
_START = re.compile(_WHOLE)
_START_OR_PART = re.compile(_WHOLE + rb"|" + _PART)
_LONGEST_START = 24
_BY_FIRST = {0x7E: "sl651", 0x01: "sl651", 0x68: "szy206", 0x23: "hj212"}


def protocol_of(data: bytes) -> str | None:
    """The protocol whose frame begins here: "sl651", "szy206" (all editions of SZY206 and SL 427), "hj212", or None.

    Only the beginning is looked at; too few bytes to be sure of it is None.
    """
    found = _START.match(data)
    return _named(found.group()) if found else None


def _named(start: bytes) -> str:
    return _BY_FIRST[start[0]]


class AutoDecoder:
    """Decides by the first bytes, then lets that protocol's decoder read; may change at every frame.

    Two stations with different protocols behind one DTU are both read. Bytes that begin no known frame come as
    `BadFrame("junk")` once a frame begins behind them, `JUNK_LIMIT` are there, or `flush` is called.
    """

    def __init__(self, edition: Edition | None = None) -> None:
        """`edition` for SZY206 and SL 427 frames; None lets the codec find it (3.2)."""
        self._edition = edition
        self._protocol: str | None = None
        self._decoder: Decoder | None = None
        self._waiting = bytearray()  # not yet given to the decoder, behind what it holds

    @property
    def protocol(self) -> str | None:
        """Protocol of the latest frame begun, as `protocol_of` names it; None before the first."""
        return self._protocol

    @property
    def buffered(self) -> bytes:
        held = self._decoder.buffered if self._decoder is not None else b""
        return held + bytes(self._waiting)

    def receive(self, data: bytes) -> None:
        self._waiting += data

    def next_event(self) -> Event | None:
        while True:
            if self._decoder is None:
                event = self._detect()
                if event is not None or self._decoder is None:
                    return event
            event = self._decoder.next_event()
            if event is not None:
                if isinstance(event, BadFrame):
                    event = self._cut(event, b"")
                self._leave_between_frames()
                return event
            if not self._waiting:
                return None
            self._decoder.receive(bytes(self._waiting[:SLICE]))
            del self._waiting[:SLICE]

    def flush(self) -> list[Event]:
        """On idle or close: everything still buffered, as events."""
        events: list[Event] = []
        while True:
            while (event := self.next_event()) is not None:
                events.append(event)
            if self._decoder is None:
                if not self._waiting:
                    return events
                found = _START_OR_PART.search(self._waiting)
                if found is None or found.start():
                    end = len(self._waiting) if found is None else found.start()
                    events.append(BadFrame("junk", self._take(min(end, JUNK_LIMIT))))
                    continue
                self._begin(_named(found.group()))
                continue
            rest = list(self._decoder.flush())
            while rest:
                event = rest.pop(0)
                if isinstance(event, BadFrame) and (cut := self._cut(event, b"".join(e.raw for e in rest))) != event:
                    events.append(cut)
                    break
                events.append(event)
            else:
                self._decoder = None

    def _detect(self) -> Event | None:
        """Begin a decoder, or say what cannot begin a frame."""
        found = _START_OR_PART.search(self._waiting, 0, JUNK_LIMIT + _LONGEST_START)
        start = len(self._waiting) if found is None else found.start()
        if start >= JUNK_LIMIT:
            return BadFrame("junk", self._take(JUNK_LIMIT))
        if found is None or not _START.match(self._waiting, start):
            return None
        if start:
            return BadFrame("junk", self._take(start))
        self._begin(_named(found.group()))
        return None

    def _begin(self, protocol: str) -> None:
        self._protocol = protocol
        self._decoder = Szy206Decoder(self._edition) if protocol == "szy206" else PROTOCOLS[protocol]()
        self._decoder.receive(bytes(self._waiting[:SLICE]))
        del self._waiting[:SLICE]

    def _leave_between_frames(self) -> None:
        """Give the decision back where the decoder holds nothing, or what cannot begin a frame of its protocol."""
        if self._decoder is None:
            return
        held = self._decoder.buffered
        if held:
            found = _START_OR_PART.match(held)
            if found and _named(found.group()) == self._protocol:
                return
        self._waiting[:0] = held
        self._decoder = None

    def _cut(self, bad: BadFrame, behind: bytes) -> BadFrame:
        """End bad bytes where a frame of another protocol begins in them, and decide again from there.

        Args:
            bad: what the decoder says.
            behind: bytes of events that the decoder has given after it.
        """
        held = behind + (self._decoder.buffered if self._decoder is not None else b"")
        rest = held + bytes(self._waiting[:_LONGEST_START])
        for found in _START.finditer(bad.raw + rest[:_LONGEST_START], 1):
            if found.start() >= len(bad.raw):
                break
            if _named(found.group()) != self._protocol:
                self._waiting[:0] = bad.raw[found.start() :] + held
                self._decoder = None
                return BadFrame(bad.reason, bad.raw[: found.start()])
        return bad

    def _take(self, size: int) -> bytes:
        raw = bytes(self._waiting[:size])
        del self._waiting[:size]
        return raw
