"""Flow readings to volumes of days, where a station sends no register. Pure.

Between two readings the flow runs in a straight line (trapezoid); the range takes the lesser and the greater of the two
for the whole time. A gap longer than `GAP_HOURS` is not bridged: what passed in it is unknown, so the day has no volume,
only a range. At the ends of the series a day is counted as far as readings reach (PARTIAL).

Worked: 20 m³/h at 10:00 and 40 m³/h at 11:00 is 30 m³, between 20 and 40.
"""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from liangshui.accounting.rules.water_day import DAY_MS, HOUR_MS, DayRule, Mark, day_bounds, day_of

GAP_HOURS = 3
_MICRO_MS_PER_LITRE = 3_600_000 * 1000  # flow in 10^-6 m³/h times ms, over this, is litres


@dataclass(slots=True)
class FlowDay:
    """Volume of a day, whole litres; `volume_l` none: a gap hides it; ends of the range none: nothing is known of them."""

    volume_l: int | None
    low_l: int | None
    high_l: int | None
    readings: int
    marks: int


def integrate(
    points: Sequence[tuple[int, int, int | None]], max_rate_m3_h: float | None, rule: DayRule
) -> dict[date, FlowDay]:
    """Days from (instant, arrival, flow × 10⁶) in order of instant; of one instant the last received counts."""
    marks: dict[date, int] = {}
    kept: list[tuple[int, int]] = []
    for at, received, flow in points:
        if at > received + rule.clock_tolerance_minutes * 60_000:
            _mark(marks, day_of(received, rule), Mark.CLOCK)
        elif flow is None or flow < 0:
            _mark(marks, day_of(at - 1, rule), Mark.NO_VALUE)
        elif kept and kept[-1][0] == at:
            kept[-1] = (at, flow)
        else:
            kept.append((at, flow))
    sums: dict[
        date, list[int]
    ] = {}  # litres × _MICRO_MS_PER_LITRE × 2: volume, low, high; covered ms; readings; gap ms
    for (start, flow), (end, next_flow) in itertools.pairwise(kept):
        bridged = end - start <= GAP_HOURS * HOUR_MS
        at, at_flow = start, flow
        while at < end:
            day = day_of(at, rule)
            until = min(end, day_bounds(day, rule)[1])
            until_flow = flow + (next_flow - flow) * (until - start) // (end - start)
            row = sums.setdefault(day, [0, 0, 0, 0, 0, 0])
            if bridged:
                row[0] += (at_flow + until_flow) * (until - at)
                row[1] += 2 * min(flow, next_flow) * (until - at)
                row[2] += 2 * max(flow, next_flow) * (until - at)
                row[3] += until - at
            else:
                row[5] += until - at
            at, at_flow = until, until_flow
    for at, _flow in kept:
        day = day_of(at - 1, rule)
        if day in sums:
            sums[day][4] += 1
    found = {}
    for day, (double, low, high, covered, readings, gap) in sums.items():
        mark = marks.pop(day, 0)
        most: int | None = -(-high // (2 * _MICRO_MS_PER_LITRE))
        if gap:
            mark |= Mark.GAP
            if max_rate_m3_h is None:
                most, mark = None, mark | Mark.NO_CEILING
            else:
                most = int((most or 0) + max_rate_m3_h * gap / 3600)
        if covered + gap < DAY_MS:
            mark |= Mark.PARTIAL
        volume = None if gap else (double + _MICRO_MS_PER_LITRE) // (2 * _MICRO_MS_PER_LITRE)
        found[day] = FlowDay(volume, low // (2 * _MICRO_MS_PER_LITRE), most, readings, int(mark))
    for day, mark in marks.items():
        found[day] = FlowDay(None, None, None, 0, int(mark))
    return found


def _mark(marks: dict[date, int], day: date, mark: Mark) -> None:
    marks[day] = marks.get(day, 0) | mark
