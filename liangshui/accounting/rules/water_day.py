"""The water day: how days are cut, what may be met on one, and how far a reading reaches. Without an engine.

`register` turns readings to volumes by these; pages and services need them without loading Ibis and DuckDB.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import IntFlag

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
EPOCH = date(1970, 1, 1)

#: How many usable instants of each segment a caller must pass before the first and after the last day it wants, so that
#: those days come out as if the whole series had been passed. "Before" is at or before the day's first instant, "after"
#: at or after its end. All rows of an instant belong together; null rows and wrong clocks do not count as instants.
NEIGHBOURS_BEFORE = 3
NEIGHBOURS_AFTER = 2

#: A new reading can change the steps between the second usable instant before it and the third after it.
REACH_BEFORE = 2
REACH_AFTER = 3


class Mark(IntFlag):
    """What was met on a day. Stored as an integer: numbers are never given a second meaning."""

    FIRST = 1  #: a meter's first reading: what passed before it is not known
    EXCHANGE = 2  #: a meter took over from another on this day
    ROLLOVER = 4  #: the register passed its capacity and began again at zero
    RESET = 8  #: the register was set to zero; what passed between the last reading and the reset is not counted
    BACKWARD = 16  #: the register ran back; the step counts nothing
    STUCK = 32  #: the register stood still while a flow was reported; volume unknown
    SPIKE = 64  #: one reading left and returned; left out
    PENDING = 128  #: the last reading makes an odd step and waits for a next one to confirm it
    JUMP = 256  #: the register rose by more than can pass and stayed there; volume unknown
    FALL = 512  #: the register fell in a way that nothing explains; volume unknown
    SPLIT = 1024  #: a short step over the boundary was divided by time
    GAP = 2048  #: a long step over the boundary was divided by time; the range is none or all of it
    LATE = 4096  #: a reading came long after its instant; it counts fully
    DUPLICATE = 8192  #: a reading came more than once with the same value; it counts once
    CONFLICT = 16384  #: two values came for one instant; the later received counts
    CLOCK = 32768  #: a reading came with a clock ahead of its arrival; not used, marked on the day it arrived
    NO_VALUE = 65536  #: a report without a value (FF, AA) or with a negative one; not used
    PARTIAL = 131072  #: the readings do not reach over the whole day
    NO_CEILING = 262144  #: no upper end of the range is known, since the intake's greatest rate is not


#: A day with one of these has no volume, only a range.
UNKNOWN_VOLUME = Mark.STUCK | Mark.JUMP | Mark.FALL


@dataclass(frozen=True)
class DayRule:
    """How days are cut and what counts as odd. Each figure is a choice of the bureau, with a default of ours."""

    boundary_hour: int = 0  #: local hour at which the water day begins: 0, or 8 as in hydrology
    utc_offset_hours: int = 8  #: Asia/Shanghai, which has known no summer time since 1991
    clock_tolerance_minutes: int = 10  #: a reading may be this far ahead of its arrival
    late_minutes: int = 60  #: a reading that arrives later than this is marked LATE
    gap_hours: int = 2  #: a longer step over the boundary is a GAP
    rate_slack_minutes: int = 10  #: time added before a step is called too great: registers and clocks lag
    least_step_micro: int = 1_000_000  #: one unit: the step that a register of unknown resolution may make at once

    def __post_init__(self) -> None:
        if self.boundary_hour not in (0, 8):
            raise ValueError(f"The water day begins at 0 or 8 o'clock, not at {self.boundary_hour}.")
        if not -12 <= self.utc_offset_hours <= 14:
            raise ValueError(f"An offset from UTC lies between -12 and 14 hours, not {self.utc_offset_hours}.")
        for name in ("clock_tolerance_minutes", "late_minutes", "gap_hours", "rate_slack_minutes", "least_step_micro"):
            if getattr(self, name) < 0:
                raise ValueError(f"{name} cannot be negative: {getattr(self, name)}.")

    @property
    def shift_ms(self) -> int:
        """What to add to a UTC instant so that whole days of 24 hours are water days."""
        return (self.utc_offset_hours - self.boundary_hour) * HOUR_MS


def day_of(at_ms: int, rule: DayRule) -> date:
    """The water day in which an instant lies: with boundary 8, 07:59 local time is still the day before."""
    return EPOCH + timedelta(days=(at_ms + rule.shift_ms) // DAY_MS)


def day_bounds(day: date, rule: DayRule) -> tuple[int, int]:
    """First instant of a water day and of the next one, UTC ms."""
    start = (day - EPOCH).days * DAY_MS - rule.shift_ms
    return start, start + DAY_MS


def touched_days(instants: Sequence[int], at_ms: int, rule: DayRule) -> tuple[date, date]:
    """First and last day whose volume may change when a reading at `at_ms` comes, goes or gets another value.

    `instants` are the usable instants of the same segment around it, ascending; ``REACH_BEFORE`` before and
    ``REACH_AFTER`` after are enough. The rows to pass to `run_duckdb` are those of these days and the neighbours.
    """
    before = [instant for instant in instants if instant < at_ms][-REACH_BEFORE:]
    after = [instant for instant in instants if instant > at_ms][:REACH_AFTER]
    return day_of(min([at_ms - 1, *before]), rule), day_of(max([at_ms, *after]), rule)
