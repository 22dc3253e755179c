"""A `Message` to bytes: reports as a station sends them, and the answers of the centre. Both wire forms.

Build a message with `report`, `keep_alive`, `answer` or `ask_again`, then `encode` it. Numbers in brackets are sections
of the reference.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Context, Decimal

from liangshui.gateway.codecs.sl651.checksum import checksum
from liangshui.gateway.codecs.sl651.elements import ELEMENTS
from liangshui.gateway.codecs.sl651.messages import (
    DOWN,
    ETX,
    HEX,
    KEEP_ALIVE,
    NAK,
    STX,
    SYN,
    UP,
    Element,
    Mark,
    Message,
    Step,
)
from liangshui.gateway.codecs.sl651.options import StationOptions

_STANDARD = StationOptions()
_EXACT = Context(prec=99)  # 31 bytes of BCD are 62 digits


# --- Messages to send -------------------------------------------------------------------------------------------------


def report(
    function: int,
    station: str,
    serial: int,
    send_time: datetime,
    *,
    obs_time: datetime,
    elements: Iterable[Element],
    station_class: str = "I",
    center: int = 1,
    password: str = "0000",
    encoding: str = HEX,
) -> Message:
    """A report of a station (30H..34H and the like): one station, one or several observation times.

    An element made with a time of its own gets F0F0 in front of it where the time changes; the others count for
    `obs_time`. Times are Beijing time; seconds of observation times are not sent.
    """
    placed: list[Element] = []
    marks: list[Mark] = []
    current = obs_time
    for element in elements:
        wanted = element.obs_time or obs_time
        if wanted != current:
            marks.append(Mark(len(placed), obs_time=wanted))
            current = wanted
        placed.append(element._replace(obs_time=wanted, station=station))
    return _single(UP, function, station, center, password, encoding, ETX, serial, send_time)._replace(
        body_station=station,
        station_class=station_class,
        obs_time=obs_time,
        elements=tuple(placed),
        marks=tuple(marks),
    )


def keep_alive(
    station: str, serial: int, send_time: datetime, *, center: int = 1, password: str = "0000", encoding: str = HEX
) -> Message:
    """2FH: the station is on line. `serial` repeats that of the last data frame (2.10). The centre does not answer."""
    return _single(UP, KEEP_ALIVE, station, center, password, encoding, ETX, serial, send_time)


def answer(message: Message, now: datetime, options: StationOptions = _STANDARD) -> Message:
    """The centre's confirmation of a report, or of a joined transfer of packets (2.10).

    Same function, the station's serial number and the centre's time (Beijing), ended as the station's options say.
    A transfer (`packets` given) is answered once, in M3 form, with total and number = total. Raises ValueError for a
    keep-alive, which gets no answer.
    """
    if message.function == KEEP_ALIVE:
        raise ValueError("a keep-alive 2FH gets no answer")
    return _down(message, message.serial or 0, now, options.ack_end.byte, message.packets)


def ask_again(message: Message, packet_no: int, now: datetime, *, serial: int = 0) -> Message:
    """NAK: asks for packet number `packet_no` of the transfer that `message`, any packet of it, belongs to (2.10).

    `serial` is that of packet 1 if it has come. The station sends that one packet again, at most twice.
    """
    if not 1 <= packet_no <= message.packets:
        raise ValueError(f"packet {packet_no} is not one of the {message.packets} packets")
    return _down(message, message.serial or serial, now, NAK, packet_no)


def _down(message: Message, serial: int, now: datetime, end: int, packet_no: int) -> Message:
    single = _single(
        DOWN,
        message.function,
        message.station,
        message.center,
        message.password,
        message.encoding,
        end,
        serial,
        now.replace(microsecond=0),
    )
    if not message.packets:
        return single
    return single._replace(start=SYN, packets=message.packets, packet_no=packet_no)


def _single(
    direction: str,
    function: int,
    station: str,
    center: int,
    password: str,
    encoding: str,
    end: int,
    serial: int,
    send_time: datetime,
) -> Message:
    return Message(
        encoding,
        direction,
        center,
        station,
        password,
        function,
        STX,
        end,
        crc=0,
        packets=0,
        packet_no=0,
        body=b"",
        serial=serial,
        send_time=send_time,
    )


# --- Elements to send -------------------------------------------------------------------------------------------------


def element(
    identifier: str, value: Decimal | None, definition: int | None = None, obs_time: datetime | None = None
) -> Element:
    """A number. Without `definition` the format of table 2.6 is taken. None is sent as FF fill.

    Raises ValueError when the value does not fit: too many digits, or decimals that would be lost.
    """
    definition = _definition(identifier, definition)
    return Element(identifier, definition, bcd(identifier, value, definition), value, obs_time)


def series(
    identifier: str,
    values: Sequence[Decimal | None],
    definition: int | None = None,
    obs_time: datetime | None = None,
    step: Step | None = None,
) -> Element:
    """Many values of one element: after `time_step` in 31H, or the twelve of F4 (0.1 mm) and F5..FC (0.01 m)."""
    if "F4" <= identifier <= "FC" and len(identifier) == 2:
        if len(values) != 12:
            raise ValueError(f"{identifier} has 12 five-minute values, not {len(values)}")
        size, scale = (1, 1) if identifier == "F4" else (2, 2)
        definition = 0x60 if size == 1 else 0xC0
        raw = b"".join(_binary(identifier, value, size, scale) for value in values)
    else:
        definition = _definition(identifier, definition)
        raw = b"".join(bcd(identifier, value, definition) for value in values)
    return Element(identifier, definition, raw, None, obs_time, values=tuple(values), step=step)


def time_step(step: Step, obs_time: datetime | None = None) -> Element:
    """04 18 and days, hours, minutes."""
    if not all(0 <= part <= 99 for part in step):
        raise ValueError(f"a time step has two digits for days, hours and minutes, not {tuple(step)}")
    raw = bytes.fromhex(f"{step.days:02d}{step.hours:02d}{step.minutes:02d}")
    return Element("04", 0x18, raw, None, obs_time, step=step)


def status_word(status: int, obs_time: datetime | None = None) -> Element:
    """45H: the bits of `elements.STATUS_BITS`."""
    return Element("45", 0x20, status.to_bytes(4, "big"), None, obs_time, status=status)


def _definition(identifier: str, definition: int | None) -> int:
    if definition is not None:
        return definition
    kind = ELEMENTS.get(identifier)
    if kind is None or not kind.digits:
        raise ValueError(f"element {identifier} has no nominal format: give its definition byte")
    return kind.definition


def _scaled(identifier: str, value: Decimal, decimals: int) -> int:
    scaled = value.scaleb(decimals, _EXACT)
    if scaled != int(scaled):
        raise ValueError(f"{identifier}: {value} has more than {decimals} decimals")
    return int(scaled)


def bcd(identifier: str, value: Decimal | None, definition: int) -> bytes:
    """A number in the bytes of its definition; None is FF fill.

    Raises:
        ValueError: it does not fit.
    """
    width = definition >> 3
    if value is None:
        return b"\xff" * width
    number = _scaled(identifier, value, definition & 7)
    digits = 2 * width if number >= 0 else 2 * width - 2  # the sign FF counts in the length (2.5)
    text = f"{abs(number):0{digits}d}" if digits > 0 else "0" * 99
    if len(text) > digits:
        raise ValueError(f"{identifier}: {value} does not fit in {width} bytes with {definition & 7} decimals")
    return bytes.fromhex(text if number >= 0 else f"FF{text}")


def _binary(identifier: str, value: Decimal | None, size: int, decimals: int) -> bytes:
    if value is None:
        return b"\xff" * size
    number = _scaled(identifier, value, decimals)
    if not 0 <= number < (1 << 8 * size) - 1:  # the highest number is the mark of "no value"
        raise ValueError(f"{identifier}: {value} does not fit in {size} binary bytes with {decimals} decimals")
    return number.to_bytes(size, "big")


# --- Bytes ------------------------------------------------------------------------------------------------------------


def encode(message: Message) -> bytes:
    """The frame on the wire. A message that was read is written as it was read; `crc` is always computed.

    A filled `body` is written as it is; an empty one is composed from serial number, send time, station, observation
    times and elements. Raises ValueError when a field does not fit, naming it.
    """
    body = message.body or (_hex_body(message) if message.encoding == HEX else _ascii_body(message))
    if not 0 <= message.center <= 0xFF:
        raise ValueError(f"centre address {message.center} is not one byte")
    if len(message.station) != 10 or len(message.password) != 4:
        raise ValueError(f"station {message.station!r} has ten hexadecimal characters, a password four")
    return _hex_frame(message, body) if message.encoding == HEX else _ascii_frame(message, body)


def _hex_frame(message: Message, body: bytes) -> bytes:
    if message.start == SYN:
        body = (message.packets << 12 | message.packet_no).to_bytes(3, "big") + body
    center, station = bytes([message.center]), bytes.fromhex(message.station)
    frame = b"".join(
        (
            b"\x7e\x7e",
            station + center if message.direction == DOWN else center + station,
            bytes.fromhex(message.password),
            bytes([message.function]),
            _length(message, body).to_bytes(2, "big"),
            bytes([message.start]),
            body,
            bytes([message.end]),
        )
    )
    return frame + checksum(frame).to_bytes(2, "big")


def _ascii_frame(message: Message, body: bytes) -> bytes:
    if message.start == SYN:
        body = f"{message.packets:03X}{message.packet_no:03X}".encode("ascii") + body
    center = f"{message.center:02X}"
    addresses = message.station + center if message.direction == DOWN else center + message.station
    head = f"{addresses}{message.password}{message.function:02X}{_length(message, body):04X}"
    frame = b"".join((b"\x01", head.encode("ascii"), bytes([message.start]), body, bytes([message.end])))
    return frame + f"{checksum(frame):04X}".encode("ascii")


def _length(message: Message, body: bytes) -> int:
    """Direction in the top four bits, length of the body in the other twelve."""
    if len(body) > 0xFFF:
        raise ValueError(f"a body of {len(body)} bytes does not fit in one frame (4095): send it in packets")
    return (0x8000 if message.direction == DOWN else 0) | len(body)


def _head_fields(message: Message) -> tuple[int, datetime]:
    if message.serial is None or message.send_time is None:
        raise ValueError("a body needs a serial number and a send time")
    if not 0 <= message.serial <= 0xFFFF:
        raise ValueError(f"serial number {message.serial} is not two bytes")
    return message.serial, message.send_time


def _to_minute(time: datetime) -> str:
    if not 2000 <= time.year <= 2099:
        raise ValueError(f"{time} has no two-digit year: frames carry 2000 to 2099")
    return f"{time:%y%m%d%H%M}"


def _to_second(time: datetime) -> str:
    return f"{_to_minute(time)}{time.second:02d}"


def _hex_body(message: Message) -> bytes:
    serial, send_time = _head_fields(message)
    parts = [serial.to_bytes(2, "big"), bytes.fromhex(_to_second(send_time))]
    if message.body_station is not None:
        parts.append(_hex_station(message.body_station, message.station_class))
    if message.obs_time is not None:
        parts.append(_hex_time(message.obs_time))
    marks = list(message.marks)
    for number, part in enumerate(message.elements):
        while marks and marks[0].at <= number:
            mark = marks.pop(0)
            if mark.station is not None:
                parts.append(_hex_station(mark.station, mark.station_class))
            if mark.obs_time is not None:
                parts.append(_hex_time(mark.obs_time))
        if part.definition is None:
            raise ValueError(f"element {part.id} has no definition byte: it was made for an ASCII frame")
        parts.append(bytes.fromhex(part.id) + bytes([part.definition]) + part.raw)
    return b"".join(parts)


def _hex_station(station: str, station_class: str | None) -> bytes:
    letter = (station_class or "").encode("ascii")
    return b"\xf1\xf1" + bytes.fromhex(station) + (letter if len(letter) < 2 else bytes.fromhex(letter.decode()))


def _hex_time(time: datetime) -> bytes:
    return b"\xf0\xf0" + bytes.fromhex(_to_minute(time))


def _ascii_body(message: Message) -> bytes:
    serial, send_time = _head_fields(message)
    words = []
    if message.body_station is not None:
        words += ["ST", message.body_station, message.station_class or ""]
    if message.obs_time is not None:
        words += ["TT", _to_minute(message.obs_time)]
    marks = list(message.marks)
    for number, part in enumerate(message.elements):
        while marks and marks[0].at <= number:
            mark = marks.pop(0)
            if mark.station is not None:
                words += ["ST", mark.station, mark.station_class or ""]
            if mark.obs_time is not None:
                words += ["TT", _to_minute(mark.obs_time)]
        words += _ascii_group(part)
    groups = "".join(f"{word} " for word in words if word)
    return f"{serial:04X}{_to_second(send_time)}{groups}".encode("ascii")


def _ascii_group(part: Element) -> list[str]:
    kind = ELEMENTS.get(part.id)
    name = kind.name if kind else part.id
    if part.status is not None:
        return [name, f"{part.status:08X}"]
    if part.id == "04" and part.step is not None:
        given = [(letter, count) for letter, count in zip("DHN", part.step, strict=True) if count]
        if len(given) != 1:
            raise ValueError(f"in ASCII a time step is a number of days, hours or minutes, not {tuple(part.step)}")
        return [f"DR{given[0][0]}{given[0][1]:02d}"]
    if kind and len(part.id) == 2 and "F4" <= part.id <= "FC":
        digits = part.raw.hex().upper() if part.definition is not None else part.raw.decode("ascii")
        return [name, digits]
    values = part.values if part.values is not None else (part.value,)
    return [name, *("M" if value is None else f"{value:f}" for value in values)]
