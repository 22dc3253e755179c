"""Groups of ASCII bodies (2.2): identifier, blank, value, blank."""

import re
from datetime import datetime
from decimal import Decimal

from liangshui.gateway.codecs.sl651.elements import BY_NAME
from liangshui.gateway.codecs.sl651.messages import Element, Mark, Step
from liangshui.gateway.codecs.sl651.values import (
    CLASSES,
    FIVE_MINUTE_VALUES,
    both,
    is_fill,
    read_five_minutes,
    read_manual_text,
    read_time,
)

_ASCII_NUMBER = re.compile(rb"[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)")
_ASCII_STEP = re.compile(r"DR([DHN])([0-9]{1,2})")
_ASCII_DIGITS = re.compile(rb"[0-9]+")
ASCII_HEX = re.compile(rb"[0-9A-Fa-f]+")
_MISSING = b"M"


def read_ascii_time(token: bytes, digits: int) -> datetime | None:
    return read_time(token.decode("ascii")) if len(token) == digits and _ASCII_DIGITS.fullmatch(token) else None


def printable(token: bytes) -> str:
    return token.decode("ascii", "backslashreplace")


class AsciiGroups:
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
            self._read_group(printable(name))

    def _note(self, error: str) -> None:
        self.error = both(self.error, error)

    def _read_group(self, name: str) -> None:
        if name == "TT":
            token = self._token()
            self._set_time(read_ascii_time(token, 10), printable(token))
        elif name == "ST":
            self._set_station(printable(self._token()).upper())
        elif name in ("RGZS", "PIC", "DATA"):  # raw bytes to the end, in both wire forms
            rest, self.at = self.body[self.at :], len(self.body)
            self._add(name, rest, text=read_manual_text(rest) if name == "RGZS" else None)
        elif step := _ASCII_STEP.fullmatch(name):
            kind, count = step[1], int(step[2])
            self.step = Step(count * (kind == "D"), count * (kind == "H"), count * (kind == "N"))
            self._add("DRxnn", name.encode("ascii"), step=self.step)
        elif name == "DRP" or name.startswith("DRZ"):
            self._read_five_minutes(name)
        elif name == "ZT":
            token = self._token()
            if not ASCII_HEX.fullmatch(token):
                self._add(name, token, bad=token != _MISSING)
            else:
                digits = token.decode("ascii").upper()
                self._add(name, token, status=None if is_fill(digits) else int(digits, 16))
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
        if len(following) == 1 and following[0] in CLASSES:
            station_class = CLASSES[self._token()[0]]
        if self.first_station is None:
            self.first_station, self.first_class = station, station_class
        else:
            self.marks.append(Mark(len(self.elements), station, station_class))
        self.station, self.step = station, None

    def _read_five_minutes(self, name: str) -> None:
        token = self._token()
        wanted = (2 if name == "DRP" else 4) * FIVE_MINUTE_VALUES
        if len(token) != wanted or not ASCII_HEX.fullmatch(token):
            self._note(f"{name} wants {wanted} hexadecimal digits, not {len(token)} characters")
            self._add(name, token, bad=True)
            return
        digits = token.decode("ascii").upper()
        self._add(name, token, values=read_five_minutes(bytes.fromhex(digits), digits), step=self.step)

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
