"""What the centre asks of a station or tells it to do (M4): the bodies of down-frames (2.4, 2.8, 2.9).

`command` makes the frame of any function; the other functions give what stands behind serial number and send time. The
station answers with the same function; the centre closes with `writer.answer`.
"""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal

from liangshui.gateway.codecs.sl651.messages import DOWN, ENQ, HEX, STX, Message, Step
from liangshui.gateway.codecs.sl651.writer import bcd

PICTURE, QUERY_NOW, QUERY_PERIOD, QUERY_ELEMENTS = 0x36, 0x37, 0x38, 0x3A
WRITE_BASIC, READ_BASIC, WRITE_RUNNING, READ_RUNNING = 0x40, 0x41, 0x42, 0x43
MOTOR, VERSION, STATUS, CLEAR_MEMORY, FACTORY_RESET, PASSWORD, SET_CLOCK, IC_CARD = (
    0x44,
    0x45,
    0x46,
    0x47,
    0x48,
    0x49,
    0x4A,
    0x4B,
)
PUMP, VALVE, GATE, QUOTA, EVENTS, READ_CLOCK = 0x4C, 0x4D, 0x4E, 0x4F, 0x50, 0x51

CLEAR, RESET = b"\x97\x00", b"\x98\x00"
"""What 47H and 48H carry, so that they are not sent by a slip."""

_RAW_BELOW = 0x10
"""Basic parameters (table D.1) are addresses, channels and bits: written as they are given, not as numbers."""


def command(
    function: int,
    station: str,
    now: datetime,
    content: bytes = b"",
    *,
    center: int = 1,
    password: str = "0000",
    encoding: str = HEX,
) -> Message:
    """A question or command, ended by ENQ. `now`: naive Beijing time of the centre; with 4AH the time to set.

    Raises:
        ValueError: content for a station that speaks ASCII; only questions without content have that form here.
    """
    if content and encoding != HEX:
        raise ValueError("Commands with content are written in the HEX form only.")
    stamp = f"{now:%y%m%d%H%M%S}"
    body = b"\0\0" + bytes.fromhex(stamp) + content if encoding == HEX else f"0000{stamp}".encode("ascii")
    return Message(encoding, DOWN, center, station, password, function, STX, ENQ, 0, 0, 0, body, 0, now)


def wanted(elements: Iterable[tuple[str, int]]) -> bytes:
    """3AH, 41H, 43H: identifier and definition of each."""
    return b"".join(bytes.fromhex(identifier) + bytes([definition]) for identifier, definition in elements)


def period(start: datetime, end: datetime, step: Step, element: tuple[str, int]) -> bytes:
    """38H: from hour to hour, the step, one element."""
    days = f"{step.days:02d}{step.hours:02d}{step.minutes:02d}"
    return bytes.fromhex(f"{start:%y%m%d%H}{end:%y%m%d%H}0418{days}") + wanted([element])


def parameters(given: Iterable[tuple[str, int, str]]) -> bytes:
    """40H, 42H: identifier, definition and value of each; a basic one in hexadecimal, a running one as a number.

    Raises:
        ValueError: a value that does not fit its definition; it says which.
    """
    return b"".join(_parameter(*each) for each in given)


def _parameter(identifier: str, definition: int, value: str) -> bytes:
    code, width = int(identifier, 16), definition >> 3
    raw = bytes.fromhex(value) if code < _RAW_BELOW else bcd(identifier, Decimal(value), definition)
    if code < _RAW_BELOW and len(raw) != (definition if code == 0x0E else width):
        raise ValueError(f"{identifier}: the definition wants {width} bytes, not {len(raw)}")
    return bytes([code, definition]) + raw


def new_password(old: str, new: str) -> bytes:
    """49H: the old and the new password, four hexadecimal characters each."""
    return b"".join(b"\x03\x10" + bytes.fromhex(each) for each in (old, new))


def ic_card(on: bool) -> bytes:
    """4BH: of the status word only the bit of the IC card acts."""
    return b"\x45\x20" + (0x200 if on else 0).to_bytes(4, "big")


def switches(on: tuple[bool, ...]) -> bytes:
    """4CH pumps, 4DH valves: number 1 first."""
    bits = sum(1 << number for number, each in enumerate(on) if each)
    return bytes([len(on)]) + bits.to_bytes((len(on) + 7) // 8, "little")


def gates(openings_cm: tuple[int, ...]) -> bytes:
    """4EH: how far each gate is to be open, 0 is shut."""
    if any(not 0 <= each <= 9999 for each in openings_cm):
        raise ValueError("an opening has four digits, in cm")
    return switches(tuple(each > 0 for each in openings_cm)) + b"".join(
        bytes.fromhex(f"{each:04d}") for each in openings_cm
    )


def quota_control(on: bool) -> bytes:
    """4FH: control by volume on or off."""
    return b"\xff" if on else b"\0"
