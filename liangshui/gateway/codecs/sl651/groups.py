"""Element groups of HEX bodies (2.5): the loop that nearly every report goes through."""

from datetime import datetime
from decimal import Decimal

from liangshui.gateway.codecs.sl651.messages import Element, Mark, Step
from liangshui.gateway.codecs.sl651.values import (
    CLASSES,
    EXPONENT,
    FF_IDS,
    FIVE_MINUTE_VALUES,
    IDS,
    both,
    is_fill,
    read_five_minutes,
    read_manual_text,
    read_number,
    read_odd_number,
    read_time,
)

_STATUS, _STEP, _STEP_DEFINITION = 0x45, 0x04, 0x18
# Identifiers whose data do not follow the plain rule "definition, then that many bytes of BCD" (2.5).
_SPECIAL = frozenset((_STATUS, _STEP, *range(0xF0, 0xFE)))


class Groups:
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
                identifier = FF_IDS[raw[at]]
            else:
                identifier = IDS[code]
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
                value = Decimal(digits + EXPONENT[definition])
                add(Element(identifier, definition, raw[begin:at], value, obs_time, station))
            else:
                odd, bad = read_odd_number(digits, definition)
                add(Element(identifier, definition, raw[begin:at], odd, obs_time, station, bad))

    def _stop(self, error: str) -> None:
        self.error = both(self.error, error)
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
            self._ends_within(IDS[code], 1, 0)
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
        name, second = IDS[code], raw[self.at + 1]
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
            text = read_manual_text(rest) if code == 0xF2 else None
            self.elements.append(Element(name, second, rest, None, self.obs_time, self.station, text=text))
            self.at = stop
        else:
            self._stop(f"{name} {IDS[second]} begins no known group")

    def _set_time(self, digits: str) -> None:
        obs_time = read_time(digits)
        if obs_time is None:  # the elements stay, without a time; the digits are in the raw body
            self.error = both(self.error, f"observation time {digits} is no time")
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
            station_class = CLASSES.get(code) or IDS[code]
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
            value, bad = read_number(digits, definition)
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
        status = None if is_fill(self.text[2 * begin : 2 * self.at]) else int.from_bytes(raw, "big")
        self.elements.append(Element("45", definition, raw, None, self.obs_time, self.station, status=status))

    def _read_five_minutes(self, code: int) -> None:
        """F4: twelve rainfalls of one byte; F5..FC: twelve levels of two bytes; whatever the definition byte says."""
        size = FIVE_MINUTE_VALUES if code == 0xF4 else 2 * FIVE_MINUTE_VALUES
        definition = self.raw[self.at + 1]
        begin = self._take(IDS[code], size)
        if begin is None:
            return
        raw = self.raw[begin : self.at]
        self.elements.append(
            Element(
                IDS[code],
                definition,
                raw,
                None,
                self.obs_time,
                self.station,
                values=read_five_minutes(raw, self.text[2 * begin : 2 * self.at]),
                step=self.step,
            )
        )

    def _read_stepped_series(self, code: int) -> None:
        """After 04 18: identifier and definition once, then values to the end, or to the next F0F0 or F1F1."""
        raw, stop = self.raw, self.stop
        identifier = IDS[code]
        if code == 0xFF:
            self.at += 1
            identifier = FF_IDS[raw[self.at]]
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
            value, odd = read_number(self.text[2 * at : 2 * (at + width)], definition)
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
