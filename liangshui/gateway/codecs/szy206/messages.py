"""What an SZY206-2016, SL 427-2008 or SL/T 427-2021 frame says, without its wire form."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Literal

from liangshui.core.periods import BEIJING

Edition = Literal["szy206-2016", "sl427-2008", "sl427-2021"]
"""The edition a station speaks. The two old ones are read alike; 2021 differs in Tp, flow unit, types 7, 8 and 11."""

EditionBy = Literal["setting", "frame", "unknown"]
"""How the edition was found: a setting of the station, guessed from the frame itself (3.2), or not at all."""

LINK = 0x02
ALARM_REPORT = 0x81
MANUAL_REPORT = 0x82
PICTURE_REPORT = 0x83
VOLTAGE_REPORT = 0x84
QUERY_NOW = 0xB0
SELF_REPORT = 0xC0

REPORTS = frozenset({ALARM_REPORT, MANUAL_REPORT, PICTURE_REPORT, VOLTAGE_REPORT, SELF_REPORT})
"""Functions that a station sends by itself and that the centre answers with one data byte (3.5)."""

LOGIN, LOGOUT, KEEP_ALIVE = 0xF0, 0xF1, 0xF2
LINK_NAMES = {LOGIN: "login", LOGOUT: "logout", KEEP_ALIVE: "keepalive"}

RAIN, LEVEL, FLOW, VELOCITY, GATE, POWER, WEATHER, WIND_OR_ELECTRICITY = 1, 2, 3, 4, 5, 6, 7, 8
WATER_TEMPERATURE, QUALITY, SOIL, EVAPORATION, ALARM_OR_STATUS, STATISTICS_RAIN, WATER_PRESSURE = (
    9,
    10,
    11,
    12,
    13,
    14,
    15,
)

ALARM_NAMES = {
    0: "mains_lost",
    1: "battery_low",
    2: "level_limit",
    3: "flow_limit",
    4: "quality_limit",
    5: "flow_meter_fault",
    6: "pump_state",
    7: "level_meter_fault",
    8: "pressure_limit",
    9: "temperature",
    10: "ic_card",
    11: "quota_control",
    12: "remaining_water_low",
    13: "door",
}
"""Bits of the alarm word (3.4), bit 0 = lowest bit of the byte sent first; 14 and 15 are spare."""


@dataclass(frozen=True, slots=True)
class Reading:
    """One number of one instrument.

    `value` None is "no value" (缺测: AA or FF fill) or a value that is no BCD number; `raw` then keeps its bytes,
    else it is empty. `unit` is the unit on the wire; for flow it is "" where neither setting nor frame tells m3/h
    from m3/s. `index` counts instruments of the frame from 1.
    """

    quantity: str
    value: Decimal | None
    unit: str = ""
    index: int = 1
    raw: bytes = b""

    @property
    def damaged(self) -> bool:
        """True if bytes were sent that are neither a number nor a fill."""
        return bool(self.raw) and set(self.raw) not in ({0xAA}, {0xFF})


@dataclass(frozen=True, slots=True)
class Tp:
    """Time label (3.2) as sent: 5 bytes, without month and year, or 7. In up-frames it is the time of measurement."""

    raw: bytes

    @classmethod
    def short(cls, when: datetime, delay: int = 0) -> "Tp":
        """Second, minute, hour, day in BCD and the permitted delay; for SZY206-2016 and SL 427-2008."""
        return cls(bytes.fromhex(f"{_local(when):%S%M%H%d}") + bytes([delay]))

    @classmethod
    def long(cls, when: datetime, delay: int = 0) -> "Tp":
        """Second, minute, hour, day, month, year in BCD and the permitted delay in minutes; for SL/T 427-2021."""
        return cls(bytes.fromhex(f"{_local(when):%S%M%H%d%m%y}") + bytes([delay]))

    @property
    def delay(self) -> int:
        """Permitted delay as sent; 0 = do not check."""
        return self.raw[-1]

    @property
    def clock(self) -> tuple[int, ...] | None:
        """(second, minute, hour, day) or (second, minute, hour, day, month, year 0..99); None if that is no time."""
        text = self.raw[:-1].hex()
        if not text.isdecimal():
            return None
        second, minute, hour, day, *rest = parts = tuple(int(text[i : i + 2]) for i in range(0, len(text), 2))
        possible = second < 60 and minute < 60 and hour < 24 and 1 <= day <= 31 and (not rest or 1 <= rest[0] <= 12)
        return parts if possible else None


@dataclass(frozen=True, slots=True)
class Link:
    """Link test 02H: `code` F0 login, F1 logout, F2 keep-alive; the answer echoes it, or is 00 (3.5)."""

    code: int


@dataclass(frozen=True, slots=True)
class Report:
    """C0H, 81H, 82H, 84H of a station, or its B0H answer: values, alarm word, status word and time label (3.4).

    `alarm` and `status` are None in 84H, which has none; `tp` is None where the frame carries no time.
    """

    values: tuple[Reading, ...]
    alarm: int | None = 0
    status: int | None = 0
    tp: Tp | None = None
    edition: Edition | None = None
    edition_by: EditionBy = "setting"

    @property
    def alarm_bits(self) -> list[int]:
        return _bits(self.alarm)

    @property
    def status_bits(self) -> list[int]:
        return _bits(self.status)

    @property
    def alarms(self) -> list[str]:
        """Names of the alarm bits that are set (`ALARM_NAMES`); a spare bit is `bit_14`, `bit_15`."""
        return [ALARM_NAMES.get(bit, f"bit_{bit}") for bit in self.alarm_bits]

    @property
    def mode(self) -> int | None:
        """Working mode: 0 report and query, 1 report with answer, 2 query, 3 service."""
        return None if self.status is None else self.status & 0b11

    @property
    def ic_card(self) -> bool | None:
        return self._flag(2)

    @property
    def quota_control(self) -> bool | None:
        return self._flag(3)

    @property
    def pump_stopped(self) -> bool | None:
        return self._flag(4)

    @property
    def door_shut(self) -> bool | None:
        return self._flag(5)

    @property
    def on_battery(self) -> bool | None:
        return self._flag(6)

    def _flag(self, bit: int) -> bool | None:
        return None if self.status is None else bool(self.status >> bit & 1)


@dataclass(frozen=True, slots=True)
class Answer:
    """The centre's answer to a report: the mode to take, and by 2021 the time from which the RTU sets its clock."""

    mode: int = 0
    tp: Tp | None = None


@dataclass(frozen=True, slots=True)
class Raw:
    """Data after AFN that this codec doesn't take apart; `problem` says why where a report was expected."""

    data: bytes
    problem: str = ""


Body = Link | Report | Answer | Raw


@dataclass(frozen=True, slots=True)
class Message:
    """One frame. `station` is the key of the station: the 10 hex characters of A as received (3.1).

    `fcb` is the resend counter (3 first, 0 the last attempt); `divs` is set in split frames and counts down to 1.
    `joined` are the bytes from C on of a message put together from such pieces.
    """

    station: str
    afn: int
    body: Body
    type_code: int = 0
    up: bool = True
    fcb: int = 3
    divs: int | None = None
    joined: bytes | None = None

    @property
    def region(self) -> str | None:
        """County code (GB/T 2260), or None for an address of the form 00 + station code."""
        return None if self.station.startswith("00") else self.station[:6]

    @property
    def number_low_first(self) -> int | None:
        """Station number, low byte first as the standard says."""
        return None if self.region is None else int(self.station[8:] + self.station[6:8], 16)

    @property
    def number_high_first(self) -> int | None:
        """Station number as devices that put the high byte first mean it."""
        return None if self.region is None else int(self.station[6:], 16)


def resolve_tp(tp: Tp | None, arrival: datetime) -> datetime | None:
    """The full time of a label, Beijing time, or None if the label is missing or is no time.

    A 7-byte label says everything. For a 5-byte label month and year come from the arrival (3.2): if the day is later
    than today's by more than one, it is last month. Arrived on 15 July: day 15 is 15 July, day 16 is 16 July (clock
    ahead), day 17 is 17 June. A day that a month doesn't have makes it the month before: arrived on 30 April, day 31 is
    31 March. Arrived on 31 July 23:59:58 with day 1, 00:00:03: the clock is ahead by seconds, so it is 1 August; only
    up to one hour ahead is read so, since otherwise it is 1 July by the rule.

    Args:
        tp: the label.
        arrival: aware time at which the frame came.
    """
    clock = tp.clock if tp is not None else None
    if clock is None:
        return None
    now = _local(arrival)
    if len(clock) == 6:
        second, minute, hour, day, month, year = clock
        return _time(2000 + year, month, day, hour, minute, second)
    second, minute, hour, day = clock
    soon = now + timedelta(hours=1)
    if soon.month != now.month and day == soon.day:
        ahead = _time(soon.year, soon.month, day, hour, minute, second)
        if ahead is not None and ahead <= soon:
            return ahead
    if day <= now.day + 1:
        this_month = _time(now.year, now.month, day, hour, minute, second)
        if this_month is not None:
            return this_month
    before = now.replace(day=1) - timedelta(days=1)
    return _time(before.year, before.month, day, hour, minute, second)


def _time(year: int, month: int, day: int, hour: int, minute: int, second: int) -> datetime | None:
    try:
        return datetime(year, month, day, hour, minute, second, tzinfo=BEIJING)
    except ValueError:
        return None


def _local(when: datetime) -> datetime:
    if when.tzinfo is None:
        raise ValueError(f"time without zone: {when}; give an aware datetime")
    return when.astimezone(BEIJING)


def _bits(word: int | None) -> list[int]:
    return [] if word is None else [bit for bit in range(16) if word >> bit & 1]
