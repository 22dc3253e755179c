"""Bytes of one whole SL 651-2014 frame to a `Message`. No frame whose checksum holds is refused: see `read`.

Numbers in brackets are sections of the reference, which follows the standard. High byte first everywhere.
"""

from collections.abc import Iterable

from liangshui.gateway.codecs.sl651.ascii_groups import ASCII_HEX, AsciiGroups, printable, read_ascii_time
from liangshui.gateway.codecs.sl651.bodies import BODIES, Unreadable
from liangshui.gateway.codecs.sl651.groups import Groups
from liangshui.gateway.codecs.sl651.messages import (
    ASCII,
    DOWN,
    HEX,
    REPORT_FUNCTIONS,
    SERIES_FUNCTIONS,
    SYN,
    UP,
    Message,
)
from liangshui.gateway.codecs.sl651.values import both, read_time


def read(raw: bytes) -> Message:
    """Read one whole frame, cut by its length and with a good checksum, as `Decoder` hands it over.

    Never raises for what stands in a body: an unknown function code gives the head and the raw body; what cannot be
    parsed is told in `body_error`, beside everything that could.
    """
    return _read_hex(raw) if raw[0] == 0x7E else _read_ascii(raw)


def join_packets(messages: Iterable[Message]) -> Message:
    """The packets of one M3 transfer as one message, its bodies joined by packet number and read once (2.10).

    The result has `packet_no` 0, the end character of the last packet and the joined body, without the three bytes of
    total and number. A packet that came twice counts once, the later one. Raises ValueError when packets are missing
    or do not belong together: ask `missing_packets` first.
    """
    by_number = {message.packet_no: message for message in messages}
    missing = missing_packets(by_number.values())
    if missing:
        raise ValueError(f"packets {', '.join(map(str, missing))} of {max(m.packets for m in by_number.values())} miss")
    ordered = [by_number[number] for number in sorted(by_number)]
    first, last = ordered[0], ordered[-1]
    whole = first._replace(packet_no=0, end=last.end, body=b"".join(message.body for message in ordered))
    return _read_body(_bare(whole), whole.body, 0)


def missing_packets(messages: Iterable[Message]) -> tuple[int, ...]:
    """Numbers of the packets that have not come, of those of one transfer. Raises ValueError for packets of several."""
    packets = list(messages)
    if not packets:
        raise ValueError("no packets given")
    if len({(m.station, m.function, m.packets, m.encoding) for m in packets}) > 1:
        raise ValueError("these packets differ in station, function, total or encoding: they are not one transfer")
    have = {message.packet_no for message in packets}
    return tuple(number for number in range(1, packets[0].packets + 1) if number not in have)


def _bare(message: Message) -> Message:
    """The head alone, with the body unread."""
    return message._replace(
        serial=None,
        send_time=None,
        body_station=None,
        station_class=None,
        obs_time=None,
        elements=(),
        marks=(),
        detail=None,
        body_error=None,
    )


# --- HEX frames (2.1) -------------------------------------------------------------------------------------------------


def _read_hex(raw: bytes) -> Message:
    text = raw.hex().upper()
    if raw[11] & 0xF0 == 0x80:  # going down, the station address comes before the centre address
        direction, center, station = DOWN, raw[7], text[4:14]
    else:
        direction, center, station = UP, raw[2], text[6:16]
    start = raw[13]
    begin = 14
    packets = packet_no = 0
    if start == SYN:
        packets = raw[14] << 4 | raw[15] >> 4
        packet_no = (raw[15] & 0x0F) << 8 | raw[16]
        begin = 17
    stop = len(raw) - 3
    crc = raw[-2] << 8 | raw[-1]
    function = raw[10]
    if direction is UP and function in REPORT_FUNCTIONS and packet_no < 2 and stop - begin >= 8:
        # The usual case, without a detour: everything in one go.
        send_time = read_time(text[2 * begin + 4 : 2 * begin + 16])
        groups = Groups(raw, text, begin + 8, stop, function in SERIES_FUNCTIONS)
        groups.read()
        error = groups.error
        if packets > 1 and groups.short:
            error = None  # the rest of the group is in the next packet
        if send_time is None:
            error = both(f"send time {text[2 * begin + 4 : 2 * begin + 16]} is no time", error)
        return Message(
            HEX,
            direction,
            center,
            station,
            text[16:20],
            function,
            start,
            raw[stop],
            crc,
            packets,
            packet_no,
            raw[begin:stop],
            raw[begin] << 8 | raw[begin + 1],
            send_time,
            groups.first_station,
            groups.first_class,
            groups.first_time,
            tuple(groups.elements),
            tuple(groups.marks),
            None,
            error,
        )
    message = Message(
        HEX,
        direction,
        center,
        station,
        text[16:20],
        function,
        start,
        raw[stop],
        crc,
        packets,
        packet_no,
        raw[begin:stop],
    )
    return _read_body(message, message.body, packet_no)


def _read_body(message: Message, body: bytes, packet_no: int) -> Message:
    if packet_no > 1:  # only packet 1 carries the serial number and the other head fields (2.10)
        return message
    if message.encoding == ASCII:
        return _read_ascii_body(message, body)
    if len(body) < 8:
        return message._replace(body_error=f"the body has {len(body)} bytes, too few for serial number and send time")
    text = body.hex().upper()
    send_time = read_time(text[4:16])
    message = message._replace(serial=body[0] << 8 | body[1], send_time=send_time)
    if send_time is None:
        message = message._replace(body_error=f"send time {text[4:16]} is no time")
    if body[8:10] == b"\xf1\xf1" and len(body) >= 15:
        message = message._replace(body_station=text[20:30])
    reader = BODIES.get((message.direction, message.function))
    if reader is None or (message.direction == DOWN and len(body) == 8):
        return message
    try:
        return reader(message, body, text)
    except Unreadable as error:
        if message.packets > 1 and packet_no == 1:
            return message
        return message._replace(body_error=both(message.body_error, str(error)))


# --- ASCII frames (2.2) -----------------------------------------------------------------------------------------------


def _read_ascii(raw: bytes) -> Message:
    head = raw[1:23].decode("ascii").upper()
    if head[18] == "8":
        direction, station, center = DOWN, head[:10], head[10:12]
    else:
        direction, center, station = UP, head[:2], head[2:12]
    start, begin, stop = raw[23], 24, len(raw) - 5
    packets = packet_no = 0
    error = None
    if start == SYN:
        numbers = raw[24:30]
        begin = 30
        if ASCII_HEX.fullmatch(numbers):
            packets, packet_no = int(numbers[:3], 16), int(numbers[3:], 16)
        else:
            error = "packet total and number are no hexadecimal digits"
    message = Message(
        ASCII,
        direction,
        int(center, 16),
        station,
        head[12:16],
        int(head[16:18], 16),
        start,
        raw[stop],
        int(raw[-4:], 16),
        packets,
        packet_no,
        raw[begin:stop],
        body_error=error,
    )
    return message if error else _read_body(message, message.body, packet_no)


def _read_ascii_body(message: Message, body: bytes) -> Message:
    serial, time = body[:4], body[4:16]
    if len(serial) < 4 or not ASCII_HEX.fullmatch(serial):
        return message._replace(body_error="the body does not begin with a serial number of four hexadecimal digits")
    send_time = read_ascii_time(time, 12)
    message = message._replace(serial=int(serial, 16), send_time=send_time)
    if send_time is None:
        message = message._replace(body_error=f"send time {printable(time)} is no time")
    if message.direction == DOWN or message.function not in REPORT_FUNCTIONS:
        return message  # what commands and their answers carry in ASCII stays in `body`
    groups = AsciiGroups(body, 16, message.function in SERIES_FUNCTIONS)
    groups.read()
    error = None if message.packets > 1 and message.packet_no == 1 else groups.error
    return message._replace(
        body_station=groups.first_station,
        station_class=groups.first_class,
        obs_time=groups.first_time,
        elements=tuple(groups.elements),
        marks=tuple(groups.marks),
        body_error=both(message.body_error, error),
    )
