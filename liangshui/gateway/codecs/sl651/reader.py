"""Bytes of one whole SL 651-2014 frame to a `Message`. No frame whose checksum holds is refused: see `read`.

Numbers in brackets are sections of the reference, which follows the standard. High byte first everywhere.
"""

import re
from collections.abc import Callable, Iterable
from datetime import datetime
from decimal import Decimal

from liangshui.gateway.codecs.sl651.elements import BY_NAME
from liangshui.gateway.codecs.sl651.messages import (
    ASCII,
    DOWN,
    HEX,
    REPORT_FUNCTIONS,
    SERIES_FUNCTIONS,
    STATION_CLASSES,
    SYN,
    UP,
    Element,
    EventCounts,
    Gates,
    Mark,
    Message,
    Parameter,
    Parameters,
    Query,
    QuotaControl,
    Step,
    Switches,
    Version,
)

# Names of identifiers, so that none is formatted while reading.
_IDS = tuple(f"{code:02X}" for code in range(256))
_FF_IDS = tuple(f"FF{code:02X}" for code in range(256))
# Decimals are given by the low three bits of the definition byte: "003113" + "E-1" is 311.3, exactly.
_EXPONENT = tuple("" if definition & 7 == 0 else f"E-{definition & 7}" for definition in range(256))
# F4: one binary byte of 0.1 mm, FFH invalid (2.5).
_RAIN = tuple(None if byte == 0xFF else Decimal(f"{byte}E-1") for byte in range(256))
_CLASSES = {ord(letter): letter for letter in STATION_CLASSES}
_FIVE_MINUTE_VALUES = 12

_STATUS, _STEP, _STEP_DEFINITION = 0x45, 0x04, 0x18
# Identifiers whose data do not follow the plain rule "definition, then that many bytes of BCD" (2.5).
_SPECIAL = frozenset((_STATUS, _STEP, *range(0xF0, 0xFE)))


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
        send_time = _time(text[2 * begin + 4 : 2 * begin + 16])
        groups = _Groups(raw, text, begin + 8, stop, function in SERIES_FUNCTIONS)
        groups.read()
        error = groups.error
        if packets > 1 and groups.short:
            error = None  # the rest of the group is in the next packet
        if send_time is None:
            error = _and(f"send time {text[2 * begin + 4 : 2 * begin + 16]} is no time", error)
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
    send_time = _time(text[4:16])
    message = message._replace(serial=body[0] << 8 | body[1], send_time=send_time)
    if send_time is None:
        message = message._replace(body_error=f"send time {text[4:16]} is no time")
    reader = _BODIES.get((message.direction, message.function))
    if reader is None or (message.direction == DOWN and len(body) == 8):
        return message
    try:
        return reader(message, body, text)
    except _Unreadable as error:
        if message.packets > 1 and packet_no == 1:
            return message
        return message._replace(body_error=_and(message.body_error, str(error)))


class _Unreadable(Exception):
    """A body that does not have the form its function asks for. Becomes `Message.body_error`."""


def _and(first: str | None, second: str | None) -> str | None:
    return f"{first}; {second}" if first and second else first or second


def _time(digits: str) -> datetime | None:
    """YYMMDDhhmm or YYMMDDhhmmss, of this century; None if it is no time."""
    try:
        return datetime.fromisoformat(f"20{digits[:6]}T{digits[6:]}")
    except ValueError:
        return None


class _Groups:
    """Element groups of a HEX body, from `at` to `stop` in `raw`; `text` is the same in hexadecimal.

    `error` tells what could not be read; `stopped` that nothing after it could; `short` that only the end is missing.
    """

    __slots__ = (
        "at",
        "elements",
        "error",
        "first_class",
        "first_station",
        "first_time",
        "marks",
        "obs_time",
        "raw",
        "series",
        "short",
        "station",
        "step",
        "stop",
        "stopped",
        "text",
        "timed",
    )

    def __init__(self, raw: bytes, text: str, at: int, stop: int, series: bool) -> None:
        self.raw = raw
        self.text = text
        self.at = at
        self.stop = stop
        self.series = series  # 31H, 38H: after a time step, one element with many values
        self.elements: list[Element] = []
        self.marks: list[Mark] = []
        self.first_station: str | None = None
        self.first_class: str | None = None
        self.first_time: datetime | None = None
        self.station: str | None = None
        self.obs_time: datetime | None = None
        self.timed = False
        self.step: Step | None = None
        self.error: str | None = None
        self.stopped = False
        self.short = False

    def read(self) -> None:
        raw, text, stop, at = self.raw, self.text, self.stop, self.at
        station, obs_time, stepped = self.station, self.obs_time, False
        add = self.elements.append
        while at < stop:
            code = raw[at]
            if stepped or code in _SPECIAL:
                self.at = at
                self._read_special(code)
                if self.stopped:
                    return
                at, station, obs_time = self.at, self.station, self.obs_time
                stepped = self.series and self.step is not None
                continue
            if code == 0xFF:
                at += 1
                if at == stop:
                    self._ends_within("FF", 1, 0)
                    return
                identifier = _FF_IDS[raw[at]]
            else:
                identifier = _IDS[code]
            begin = at + 2
            if begin > stop:
                self._ends_within(identifier, 1, 0)
                return
            definition = raw[at + 1]
            at = begin + (definition >> 3)
            if at > stop:
                self._ends_within(identifier, definition >> 3, stop - begin)
                return
            digits = text[2 * begin : 2 * at]
            if digits.isdigit():
                value = Decimal(digits + _EXPONENT[definition])
                add(Element(identifier, definition, raw[begin:at], value, obs_time, station))
            else:
                odd, bad = _odd_number(digits, definition)
                add(Element(identifier, definition, raw[begin:at], odd, obs_time, station, bad))

    def _stop(self, error: str) -> None:
        self.error = _and(self.error, error)
        self.stopped = True

    def _ends_within(self, identifier: str, wanted: int, left: int) -> None:
        self.short = True
        self._stop(f"element {identifier} wants {wanted} bytes, {left} left")

    def _take(self, identifier: str, size: int) -> int | None:
        """Move over `size` bytes of data after identifier and definition; where they begin, None if they are short."""
        begin = self.at + 2
        if begin + size > self.stop:
            self._ends_within(identifier, size, max(self.stop - begin, 0))
            return None
        self.at = begin + size
        return begin

    def _read_special(self, code: int) -> None:
        if self.at + 1 >= self.stop:
            self._ends_within(_IDS[code], 1, 0)
        elif 0xF4 <= code <= 0xFC:
            self._read_five_minutes(code)
        elif code == _STATUS:
            self._read_status()
        elif code == _STEP:
            self._read_step()
        elif code in _SPECIAL:
            self._read_head(code)
        else:
            self._read_stepped_series(code)

    def _read_head(self, code: int) -> None:
        """F0F0 time, F1F1 station, F2F2 manual text, F3F3 picture, FDF6 velocities."""
        raw, stop = self.raw, self.stop
        name, second = _IDS[code], raw[self.at + 1]
        if code in (0xF0, 0xF1) and second == code:
            begin = self._take(name, 5)
            if begin is None:
                return
            digits = self.text[2 * begin : 2 * self.at]
            if code == 0xF0:
                self._set_time(digits)
            else:
                self._set_station(digits)
        elif (code in (0xF2, 0xF3) and second == code) or (code == 0xFD and second == 0xF6):
            rest = raw[self.at + 2 : stop]
            text = _manual_text(rest) if code == 0xF2 else None
            self.elements.append(Element(name, second, rest, None, self.obs_time, self.station, text=text))
            self.at = stop
        else:
            self._stop(f"{name} {_IDS[second]} begins no known group")

    def _set_time(self, digits: str) -> None:
        obs_time = _time(digits)
        if obs_time is None:  # the elements stay, without a time; the digits are in the raw body
            self.error = _and(self.error, f"observation time {digits} is no time")
        if self.timed:
            self.marks.append(Mark(len(self.elements), obs_time=obs_time))
        else:
            self.first_time = obs_time
        self.obs_time, self.timed, self.step = obs_time, True, None

    def _set_station(self, station: str) -> None:
        station_class = None
        # A class follows, unless the time follows at once: F0 is no class.
        if self.at < self.stop and self.raw[self.at] != 0xF0:
            code = self.raw[self.at]
            station_class = _CLASSES.get(code) or _IDS[code]
            self.at += 1
        if self.first_station is None:
            self.first_station, self.first_class = station, station_class
        else:
            self.marks.append(Mark(len(self.elements), station, station_class))
        self.station, self.step = station, None

    def _read_step(self) -> None:
        """04 18 and three bytes BCD of days, hours, minutes. With another definition it is read as a plain number."""
        definition = self.raw[self.at + 1]
        begin = self._take("04", definition >> 3)
        if begin is None:
            return
        digits = self.text[2 * begin : 2 * self.at]
        value, step, bad = None, None, False
        if definition != _STEP_DEFINITION:
            value, bad = _number(digits, definition)
        elif digits.isdigit():
            step = Step(int(digits[:2]), int(digits[2:4]), int(digits[4:]))
        else:
            bad = True
        self.step = step
        raw = self.raw[begin : self.at]
        self.elements.append(Element("04", definition, raw, value, self.obs_time, self.station, bad, step=step))

    def _read_status(self) -> None:
        definition = self.raw[self.at + 1]
        begin = self._take("45", definition >> 3)
        if begin is None:
            return
        raw = self.raw[begin : self.at]
        status = None if _is_fill(self.text[2 * begin : 2 * self.at]) else int.from_bytes(raw, "big")
        self.elements.append(Element("45", definition, raw, None, self.obs_time, self.station, status=status))

    def _read_five_minutes(self, code: int) -> None:
        """F4: twelve rainfalls of one byte; F5..FC: twelve levels of two bytes; whatever the definition byte says."""
        size = _FIVE_MINUTE_VALUES if code == 0xF4 else 2 * _FIVE_MINUTE_VALUES
        definition = self.raw[self.at + 1]
        begin = self._take(_IDS[code], size)
        if begin is None:
            return
        raw = self.raw[begin : self.at]
        self.elements.append(
            Element(
                _IDS[code],
                definition,
                raw,
                None,
                self.obs_time,
                self.station,
                values=_five_minute_values(raw, self.text[2 * begin : 2 * self.at]),
                step=self.step,
            )
        )

    def _read_stepped_series(self, code: int) -> None:
        """After 04 18: identifier and definition once, then values to the end, or to the next F0F0 or F1F1."""
        raw, stop = self.raw, self.stop
        identifier = _IDS[code]
        if code == 0xFF:
            self.at += 1
            identifier = _FF_IDS[raw[self.at]]
            if self.at + 1 == stop:
                self._ends_within(identifier, 1, 0)
                return
        definition = raw[self.at + 1]
        width = definition >> 3
        if width == 0:
            self._stop(f"series {identifier} has values of no bytes")
            return
        first = at = self.at + 2
        values, bad = [], False
        while at + width <= stop and raw[at : at + 2] not in (b"\xf0\xf0", b"\xf1\xf1"):
            value, odd = _number(self.text[2 * at : 2 * (at + width)], definition)
            values.append(value)
            bad = bad or odd
            at += width
        self.at = at
        self.elements.append(
            Element(
                identifier,
                definition,
                raw[first:at],
                None,
                self.obs_time,
                self.station,
                bad,
                tuple(values),
                self.step,
            )
        )
        if at < stop and raw[at : at + 2] not in (b"\xf0\xf0", b"\xf1\xf1"):
            self._ends_within(identifier, width, stop - at)


def _is_fill(digits: str) -> bool:
    """All FF, or all AA: no value. Nothing at all (width 0) is no value either."""
    return digits == "F" * len(digits) or digits == "A" * len(digits)


def _number(digits: str, definition: int) -> tuple[Decimal | None, bool]:
    """Value of BCD digits, and whether they are bad."""
    if digits.isdigit():
        return Decimal(digits + _EXPONENT[definition]), False
    return _odd_number(digits, definition)


def _odd_number(digits: str, definition: int) -> tuple[Decimal | None, bool]:
    if _is_fill(digits):  # before the sign: FF FF FF is no value, not minus something
        return None, False
    magnitude = digits[2:]
    if digits.startswith("FF") and magnitude.isdigit():
        value = Decimal(f"-{magnitude}{_EXPONENT[definition]}")
        return value if value else value.copy_abs(), False
    return None, True


def _five_minute_values(raw: bytes, digits: str) -> tuple[Decimal | None, ...]:
    if _is_fill(digits):
        return (None,) * _FIVE_MINUTE_VALUES
    if len(raw) == _FIVE_MINUTE_VALUES:
        return tuple([_RAIN[byte] for byte in raw])
    words = [raw[i] << 8 | raw[i + 1] for i in range(0, len(raw), 2)]
    return tuple([None if word == 0xFFFF else Decimal(f"{word}E-2") for word in words])


def _manual_text(raw: bytes) -> str:
    return raw.decode("gb18030", "replace")


# --- Bodies other than reports (2.4, 2.8, 2.9). Each takes the message with its head and the body from the serial -----


def _after_station(message: Message, body: bytes, text: str) -> tuple[Message, int]:
    """Read `F1 F1` + station address after serial number and send time. The message, and where its content begins."""
    if body[8:10] != b"\xf1\xf1" or len(body) < 15:
        raise _Unreadable("F1F1 and the station address do not follow the send time")
    return message._replace(body_station=text[20:30]), 15


def _read_report(message: Message, body: bytes, text: str) -> Message:
    groups = _Groups(body, text, 8, len(body), message.function in SERIES_FUNCTIONS)
    return _with_groups(message, groups)


def _with_groups(message: Message, groups: _Groups) -> Message:
    groups.read()
    error = None if groups.short and message.packet_no == 1 and message.packets > 1 else groups.error
    return message._replace(
        body_station=message.body_station or groups.first_station,
        station_class=groups.first_class,
        obs_time=groups.first_time,
        elements=tuple(groups.elements),
        marks=tuple(groups.marks),
        body_error=_and(message.body_error, error),
    )


def _read_station_only(message: Message, body: bytes, text: str) -> Message:
    return _after_station(message, body, text)[0]


def _read_status_answer(message: Message, body: bytes, text: str) -> Message:
    message, at = _after_station(message, body, text)
    return _with_groups(message, _Groups(body, text, at, len(body), False))


def _read_status_command(message: Message, body: bytes, text: str) -> Message:
    return _with_groups(message, _Groups(body, text, 8, len(body), False))


def _read_parameter_answer(message: Message, body: bytes, text: str) -> Message:
    message, at = _after_station(message, body, text)
    return _with_parameters(message, body, text, at)


def _read_parameter_command(message: Message, body: bytes, text: str) -> Message:
    if body[8:10] == b"\xf1\xf1":  # some centres name the station again
        message, at = _after_station(message, body, text)
        return _with_parameters(message, body, text, at)
    return _with_parameters(message, body, text, 8)


# Parameters that are not numbers: addresses, password, channels, bits of elements, relay ranges (table D.1).
_RAW_PARAMETERS = frozenset((*range(0x01, 0x0C), 0x0D, 0x0E))
_RELAY_RANGES, _CARD_NUMBER = 0x0E, 0x0F


def _with_parameters(message: Message, body: bytes, text: str, at: int) -> Message:
    parameters: list[Parameter] = []
    error = message.body_error
    while at < len(body):
        code = body[at]
        begin = at + 2
        if begin > len(body):
            error = _and(error, f"parameter {_IDS[code]} wants a definition, 0 bytes left")
            break
        definition = body[at + 1]
        at = begin + (definition if code == _RELAY_RANGES else definition >> 3)
        raw = body[begin:at]
        if at > len(body):
            error = _and(error, f"parameter {_IDS[code]} wants {at - begin} bytes, {len(raw)} left")
            break
        if code in _RAW_PARAMETERS or not raw:
            parameters.append(Parameter(_IDS[code], definition, raw))
        elif code == _CARD_NUMBER:
            parameters.append(Parameter(_IDS[code], definition, raw, text=raw.decode("ascii", "replace")))
        else:
            value, _ = _number(text[2 * begin : 2 * at], definition)
            parameters.append(Parameter(_IDS[code], definition, raw, value))
    return message._replace(detail=Parameters(tuple(parameters)), body_error=error)


def _read_version(message: Message, body: bytes, text: str) -> Message:
    message, at = _after_station(message, body, text)
    content = _counted(body, at)
    return message._replace(detail=Version(content.decode("gb18030", "replace")))


def _counted(body: bytes, at: int) -> bytes:
    """A count byte and that many bytes."""
    if at >= len(body):
        raise _Unreadable("the count is missing")
    content = body[at + 1 : at + 1 + body[at]]
    if len(content) < body[at]:
        raise _Unreadable(f"{body[at]} bytes are announced, {len(content)} left")
    return content


def _read_event_counts(message: Message, body: bytes, text: str) -> Message:
    message, at = _after_station(message, body, text)
    content = body[at : at + 64]
    counts = tuple(int.from_bytes(content[i : i + 2], "big") for i in range(0, len(content) - 1, 2))
    message = message._replace(detail=EventCounts(counts))
    if len(content) < 64:
        return message._replace(body_error=_and(message.body_error, f"32 counters are 64 bytes, {len(content)} left"))
    return message


def _bits(body: bytes, at: int, count: int) -> tuple[bool, ...]:
    """Bits of machine 1..count, D0 of the first byte = number 1."""
    size = (count + 7) // 8
    if at + size > len(body):
        raise _Unreadable(f"{count} bits are {size} bytes, {len(body) - at} left")
    return tuple(bool(body[at + i // 8] >> i % 8 & 1) for i in range(count))


def _read_switches(message: Message, body: bytes, text: str) -> Message:
    message, at = _control(message, body, text)
    if at >= len(body):
        raise _Unreadable("the count is missing")
    return message._replace(detail=Switches(_bits(body, at + 1, body[at])))


def _read_gates(message: Message, body: bytes, text: str) -> Message:
    message, at = _control(message, body, text)
    if at >= len(body):
        raise _Unreadable("the number of gates is missing")
    count = body[at]
    states = _bits(body, at + 1, count)
    at += 1 + (count + 7) // 8
    if at + 2 * count > len(body):
        raise _Unreadable(f"{count} gate openings are {2 * count} bytes, {len(body) - at} left")
    digits = [text[2 * i : 2 * i + 4] for i in range(at, at + 2 * count, 2)]
    return message._replace(detail=Gates(states, tuple(int(d) if d.isdigit() else None for d in digits)))


def _read_quota_control(message: Message, body: bytes, text: str) -> Message:
    message, at = _control(message, body, text)
    if at >= len(body):
        raise _Unreadable("the byte of quota control is missing")
    return message._replace(detail=QuotaControl({0xFF: True, 0x00: False}.get(body[at])))


def _control(message: Message, body: bytes, text: str) -> tuple[Message, int]:
    """Answers name the station before the control bytes, commands do not."""
    return (message, 8) if message.direction == DOWN else _after_station(message, body, text)


def _read_period_query(message: Message, body: bytes, text: str) -> Message:
    """38H down: start and end (YYMMDDhh each), 04 18 dhm, then one identifier and definition."""
    start, end = _hour(text[16:24]), _hour(text[24:32])
    if start is None or end is None:
        raise _Unreadable(f"period {text[16:24]} to {text[24:32]} is no period")
    step, at = None, 16
    if body[16:18] == b"\x04\x18" and text[36:42].isdigit() and len(body) >= 21:
        step, at = Step(int(text[36:38]), int(text[38:40]), int(text[40:42])), 21
    return message._replace(detail=Query(_wanted(body, at), start, end, step))


def _hour(digits: str) -> datetime | None:
    return _time(digits + "00") if len(digits) == 8 else None


def _read_query(message: Message, body: bytes, text: str) -> Message:
    return message._replace(detail=Query(_wanted(body, 8)))


def _wanted(body: bytes, at: int) -> tuple[tuple[str, int], ...]:
    wanted = []
    while at < len(body):
        name, size = (_FF_IDS[body[at + 1]], 3) if body[at] == 0xFF and at + 1 < len(body) else (_IDS[body[at]], 2)
        if at + size > len(body):
            raise _Unreadable(f"{name} has no definition")
        wanted.append((name, body[at + size - 1]))
        at += size
    return tuple(wanted)


_BODIES: dict[tuple[str, int], Callable[[Message, bytes, str], Message]] = {
    **{(UP, function): _read_report for function in REPORT_FUNCTIONS},
    **{(UP, function): _read_station_only for function in (0x47, 0x48, 0x4A, 0x51)},
    **{(UP, function): _read_parameter_answer for function in (0x40, 0x41, 0x42, 0x43, 0x49)},
    **{(UP, function): _read_status_answer for function in (0x46, 0x4B)},
    **{(way, function): _read_switches for way in (UP, DOWN) for function in (0x4C, 0x4D)},
    **{(way, 0x4E): _read_gates for way in (UP, DOWN)},
    **{(way, 0x4F): _read_quota_control for way in (UP, DOWN)},
    (UP, 0x45): _read_version,
    (UP, 0x50): _read_event_counts,
    (DOWN, 0x38): _read_period_query,
    **{(DOWN, function): _read_query for function in (0x3A, 0x41, 0x43)},
    **{(DOWN, function): _read_parameter_command for function in (0x40, 0x42, 0x47, 0x48, 0x49)},
    (DOWN, 0x4B): _read_status_command,
}


# --- ASCII frames (2.2) -----------------------------------------------------------------------------------------------

_ASCII_NUMBER = re.compile(rb"[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)")
_ASCII_STEP = re.compile(r"DR([DHN])([0-9]{1,2})")
_ASCII_DIGITS = re.compile(rb"[0-9]+")
_ASCII_HEX = re.compile(rb"[0-9A-Fa-f]+")
_MISSING = b"M"


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
        if _ASCII_HEX.fullmatch(numbers):
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
    if len(serial) < 4 or not _ASCII_HEX.fullmatch(serial):
        return message._replace(body_error="the body does not begin with a serial number of four hexadecimal digits")
    send_time = _ascii_time(time, 12)
    message = message._replace(serial=int(serial, 16), send_time=send_time)
    if send_time is None:
        message = message._replace(body_error=f"send time {_printable(time)} is no time")
    if message.direction == DOWN or message.function not in REPORT_FUNCTIONS:
        return message  # what commands and their answers carry in ASCII stays in `body`
    groups = _AsciiGroups(body, 16, message.function in SERIES_FUNCTIONS)
    groups.read()
    error = None if message.packets > 1 and message.packet_no == 1 else groups.error
    return message._replace(
        body_station=groups.first_station,
        station_class=groups.first_class,
        obs_time=groups.first_time,
        elements=tuple(groups.elements),
        marks=tuple(groups.marks),
        body_error=_and(message.body_error, error),
    )


def _ascii_time(token: bytes, digits: int) -> datetime | None:
    return _time(token.decode("ascii")) if len(token) == digits and _ASCII_DIGITS.fullmatch(token) else None


def _printable(token: bytes) -> str:
    return token.decode("ascii", "backslashreplace")


class _AsciiGroups:
    """Groups `identifier blank value blank`, from `at` on. Several values after one identifier are a series."""

    def __init__(self, body: bytes, at: int, series: bool) -> None:
        self.body = body
        self.at = at
        self.series = series
        self.elements: list[Element] = []
        self.marks: list[Mark] = []
        self.first_station: str | None = None
        self.first_class: str | None = None
        self.first_time: datetime | None = None
        self.station: str | None = None
        self.obs_time: datetime | None = None
        self.timed = False
        self.step: Step | None = None
        self.error: str | None = None

    def _token(self) -> bytes:
        """The next word, moving over it and the blank after it; empty at the end."""
        while self.body.startswith(b" ", self.at):
            self.at += 1
        end = self.body.find(b" ", self.at)
        end = len(self.body) if end < 0 else end
        token = self.body[self.at : end]
        self.at = min(end + 1, len(self.body))
        return token

    def _peek(self) -> bytes:
        at = self.at
        token = self._token()
        self.at = at
        return token

    def read(self) -> None:
        while name := self._token():
            self._read_group(_printable(name))

    def _note(self, error: str) -> None:
        self.error = _and(self.error, error)

    def _read_group(self, name: str) -> None:
        if name == "TT":
            token = self._token()
            self._set_time(_ascii_time(token, 10), _printable(token))
        elif name == "ST":
            self._set_station(_printable(self._token()).upper())
        elif name in ("RGZS", "PIC", "DATA"):  # raw bytes to the end, in both wire forms
            rest, self.at = self.body[self.at :], len(self.body)
            self._add(name, rest, text=_manual_text(rest) if name == "RGZS" else None)
        elif step := _ASCII_STEP.fullmatch(name):
            kind, count = step[1], int(step[2])
            self.step = Step(count * (kind == "D"), count * (kind == "H"), count * (kind == "N"))
            self._add("DRxnn", name.encode("ascii"), step=self.step)
        elif name == "DRP" or name.startswith("DRZ"):
            self._read_five_minutes(name)
        elif name == "ZT":
            token = self._token()
            if not _ASCII_HEX.fullmatch(token):
                self._add(name, token, bad=token != _MISSING)
            else:
                digits = token.decode("ascii").upper()
                self._add(name, token, status=None if _is_fill(digits) else int(digits, 16))
        else:
            self._read_values(name)

    def _set_time(self, obs_time: datetime | None, digits: str) -> None:
        if obs_time is None:
            self._note(f"observation time {digits} is no time")
        if self.timed:
            self.marks.append(Mark(len(self.elements), obs_time=obs_time))
        else:
            self.first_time = obs_time
        self.obs_time, self.timed, self.step = obs_time, True, None

    def _set_station(self, station: str) -> None:
        station_class = None
        following = self._peek()
        if len(following) == 1 and following[0] in _CLASSES:
            station_class = _CLASSES[self._token()[0]]
        if self.first_station is None:
            self.first_station, self.first_class = station, station_class
        else:
            self.marks.append(Mark(len(self.elements), station, station_class))
        self.station, self.step = station, None

    def _read_five_minutes(self, name: str) -> None:
        token = self._token()
        wanted = (2 if name == "DRP" else 4) * _FIVE_MINUTE_VALUES
        if len(token) != wanted or not _ASCII_HEX.fullmatch(token):
            self._note(f"{name} wants {wanted} hexadecimal digits, not {len(token)} characters")
            self._add(name, token, bad=True)
            return
        digits = token.decode("ascii").upper()
        self._add(name, token, values=_five_minute_values(bytes.fromhex(digits), digits), step=self.step)

    def _read_values(self, name: str) -> None:
        tokens = [self._token()]
        while (following := self._peek()) == _MISSING or _ASCII_NUMBER.fullmatch(following):
            tokens.append(self._token())
        if tokens == [b""]:
            self._note(f"{name} has no value")
        numbers = [Decimal(token.decode("ascii")) if _ASCII_NUMBER.fullmatch(token) else None for token in tokens]
        bad = any(
            number is None and token not in (_MISSING, b"") for number, token in zip(numbers, tokens, strict=True)
        )
        raw = b" ".join(tokens)
        if len(tokens) > 1 or (self.series and self.step is not None):
            self._add(name, raw, bad=bad, values=tuple(numbers), step=self.step)
        else:
            self._add(name, raw, numbers[0], bad=bad)

    def _add(
        self,
        name: str,
        raw: bytes,
        value: Decimal | None = None,
        *,
        bad: bool = False,
        values: tuple[Decimal | None, ...] | None = None,
        step: Step | None = None,
        status: int | None = None,
        text: str | None = None,
    ) -> None:
        kind = BY_NAME.get(name)
        identifier = kind.id if kind else name
        self.elements.append(
            Element(identifier, None, raw, value, self.obs_time, self.station, bad, values, step, status, text)
        )
