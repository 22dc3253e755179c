"""What every decoder says about the bytes a station sent."""

from collections.abc import Iterable
from typing import Any, NamedTuple, Protocol


class Frame(NamedTuple):
    """A whole frame whose checksum holds: its bytes as they came, and what they say in the protocol's own message."""

    raw: bytes
    message: Any


class BadFrame(NamedTuple):
    """Bytes that are no good frame. Nothing in them is lost: `raw` is kept as it came.

    `reason` is one of: "crc" the checksum does not hold; "length" the length field cannot be true; "tail" the end
    character is missing; "junk" bytes outside any frame; "incomplete" the rest never came; "body" the frame closes
    but cannot be read as a message.
    """

    reason: str
    raw: bytes


Event = Frame | BadFrame


class Decoder(Protocol):
    """The buffer of one connection. Bytes in, events out; no exception for any bytes.

    Invariant: the `raw` of all events, joined, followed by `buffered`, equals all the bytes ever received.
    """

    def receive(self, data: bytes) -> None:
        """Store bytes as they arrived. Decides nothing."""

    def next_event(self) -> Event | None:
        """The next frame or piece of bad bytes, or None: more bytes are needed."""

    def flush(self) -> Iterable[Event]:
        """On idle or close: everything still buffered as events, a partial frame as `BadFrame("incomplete")`."""

    @property
    def buffered(self) -> bytes:
        """Bytes received that no event has carried yet."""
