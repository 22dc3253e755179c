"""What an SL 651-2014 frame says. Values only: nothing here reads or writes bytes.

Times are naive and Beijing time, as the stations send them. Values are exact `Decimal`; None is "no value", never zero.
"""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

# Control characters (annex A).
STX, ETX, EOT, ENQ, ACK, NAK, SYN, ETB, ESC = 0x02, 0x03, 0x04, 0x05, 0x06, 0x15, 0x16, 0x17, 0x1B
CONTROL_NAMES = {
    STX: "STX",
    ETX: "ETX",
    EOT: "EOT",
    ENQ: "ENQ",
    ACK: "ACK",
    NAK: "NAK",
    SYN: "SYN",
    ETB: "ETB",
    ESC: "ESC",
}
ENDS = frozenset((ETX, ETB, ENQ, ACK, NAK, EOT, ESC))

HEX, ASCII = "HEX", "ASCII"
UP, DOWN = "up", "down"

KEEP_ALIVE = 0x2F
SERIES_FUNCTIONS = frozenset((0x31, 0x38))
# Up-bodies made of F1F1 station, class, F0F0 time and element groups (or F2F2 manual text).
REPORT_FUNCTIONS = frozenset((0x30, 0x31, 0x32, 0x33, 0x34, 0x35, 0x36, 0x37, 0x38, 0x39, 0x3A, 0x44))

STATION_CLASSES = "PHKZDTMGQIO"


class Step(NamedTuple):
    """Time between two values of a series (id 04H). All zero where only a fixed five-minute series follows."""

    days: int
    hours: int
    minutes: int

    @property
    def interval(self) -> timedelta:
        return timedelta(days=self.days, hours=self.hours, minutes=self.minutes)


class Element(NamedTuple):
    """One element group (2.5 of the reference): what was measured, its value, and the time it counts for.

    `id` is the identifier of table 2.6 in hexadecimal ("39", "FF09"), also in ASCII frames where the table knows the
    name; else the name as sent. `definition` is the byte of length and decimals, None in ASCII. `raw` are the data
    bytes as they came. `value` is in the unit of the table; None is "no value" (filled with FF or AA), and with `bad`
    it is "cannot be read". `values` is filled for series, five-minute and stepped; `status` for the status word 45H;
    `text` for a manual report F2. `obs_time` is the latest F0F0 before it, `station` the latest F1F1.
    """

    id: str
    definition: int | None
    raw: bytes
    value: Decimal | None = None
    obs_time: datetime | None = None
    station: str | None = None
    bad: bool = False
    values: tuple[Decimal | None, ...] | None = None
    step: Step | None = None
    status: int | None = None
    text: str | None = None


class Mark(NamedTuple):
    """A second or later F1F1 (`station` and its class) or F0F0 (`obs_time`) in front of element number `at`."""

    at: int
    station: str | None = None
    station_class: str | None = None
    obs_time: datetime | None = None


class Parameter(NamedTuple):
    """One parameter group of functions 40H..43H and 49H (tables D.1 and D.4). `value` or `text` where it has one."""

    id: str
    definition: int
    raw: bytes
    value: Decimal | None = None
    text: str | None = None


class Parameters(NamedTuple):
    """Settings read, written or, in a write command, wanted."""

    parameters: tuple[Parameter, ...]


class Version(NamedTuple):
    """45H: the software version of the RTU."""

    text: str


class EventCounts(NamedTuple):
    """50H: how often each event ERC1..ERC32 was recorded."""

    counts: tuple[int, ...]


class Switches(NamedTuple):
    """4CH pumps, 4DH valves: number 1 first, True = running or open."""

    on: tuple[bool, ...]


class Gates(NamedTuple):
    """4EH: gate 1 first; open or not, and the opening in cm (None = cannot be read)."""

    open: tuple[bool, ...]
    openings: tuple[int | None, ...]


class QuotaControl(NamedTuple):
    """4FH: control by volume, on or off. None: neither FFH nor 00H."""

    on: bool | None


class Query(NamedTuple):
    """A down-frame 38H, 3AH, 41H or 43H: the elements or parameters wanted, as (id, definition); 38H has a period."""

    wanted: tuple[tuple[str, int], ...]
    period_start: datetime | None = None
    period_end: datetime | None = None
    step: Step | None = None


Detail = Parameters | Version | EventCounts | Switches | Gates | QuotaControl | Query


class Message(NamedTuple):
    """One frame, read. What a body does not carry is None or empty.

    `center` is the centre address, `station` the ten hexadecimal characters in the head (upper case, the device key),
    `password` four hexadecimal characters. `start` is STX or SYN and `end` the end character. With SYN, `packets` is
    the total and `packet_no` counts from 1; 0 in both means a single frame, and a joined message has `packet_no` 0.
    Packets after the first have only `body`. `body_station`, `station_class` and `obs_time` are the first in the body;
    later ones are `marks`. `body_error` says, in words, what in the body could not be read; the rest of it was.
    """

    encoding: str
    direction: str
    center: int
    station: str
    password: str
    function: int
    start: int
    end: int
    crc: int
    packets: int
    packet_no: int
    body: bytes
    serial: int | None = None
    send_time: datetime | None = None
    body_station: str | None = None
    station_class: str | None = None
    obs_time: datetime | None = None
    elements: tuple[Element, ...] = ()
    marks: tuple[Mark, ...] = ()
    detail: Detail | None = None
    body_error: str | None = None
