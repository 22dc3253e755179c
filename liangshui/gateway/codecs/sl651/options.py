"""What differs from station to station, and what follows from it for the times of a series."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from liangshui.gateway.codecs.sl651.messages import EOT, ESC, Element, Message

_FIVE_MINUTES = timedelta(minutes=5)


class AckEnd(StrEnum):
    """How an answer ends: EOT, the station may sleep; ESC, it stays on line for ten minutes and takes commands."""

    EOT = "EOT"
    ESC = "ESC"

    @property
    def byte(self) -> int:
        return EOT if self is AckEnd.EOT else ESC


class SeriesTime(StrEnum):
    """What F0F0 before a series means: the time of its first value (the standard) or of its last (in the field)."""

    FIRST = "first"
    LAST = "last"


@dataclass(frozen=True, slots=True)
class StationOptions:
    """Settings of one station. The defaults are the standard's."""

    ack_end: AckEnd = AckEnd.EOT
    series_time: SeriesTime = SeriesTime.FIRST


class SeriesTimes(NamedTuple):
    """Time of each value, None where the frame gives none; `doubtful` when F0F0 may be the hour of the report."""

    times: tuple[datetime | None, ...]
    doubtful: bool


def series_times(element: Element, message: Message, options: StationOptions) -> SeriesTimes:
    """Times of the values of a series (reference 2.4 and 7.1).

    An hourly report sent at 09:00:05 with F0F0 08:05 and twelve values: 08:05, 08:10 .. 09:00. With `SeriesTime.LAST`
    and F0F0 09:00: the same. F0F0 on the full hour that is also the hour of sending is doubtful under the standard's
    reading. Five-minute series without a step, or with a step of zero, go by five minutes; a stepped series whose step
    is zero has no times.
    """
    count = len(element.values or ())
    step = element.step.interval if element.step else timedelta(0)
    if not step and "F4" <= element.id <= "FC" and len(element.id) == 2:
        step = _FIVE_MINUTES
    stated = element.obs_time
    if stated is None or not step:
        return SeriesTimes((None,) * count, False)
    first = stated if options.series_time is SeriesTime.FIRST else stated - (count - 1) * step
    sent = message.send_time
    doubtful = (
        options.series_time is SeriesTime.FIRST
        and stated.minute == 0
        and sent is not None
        and (stated.date(), stated.hour) == (sent.date(), sent.hour)
    )
    return SeriesTimes(tuple(first + i * step for i in range(count)), doubtful)
