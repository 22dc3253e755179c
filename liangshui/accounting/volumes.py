"""From observations and electricity records to volumes of days and periods. Only `services` writes with it."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from itertools import chain
from typing import Any

from django.db import connection
from django.db.models import Q

from liangshui.accounting import bulk
from liangshui.accounting.codes import Method
from liangshui.accounting.flow import integrate
from liangshui.accounting.models import DayVolume
from liangshui.accounting.rules.water_day import NEIGHBOURS_AFTER, NEIGHBOURS_BEFORE, DayRule, day_bounds
from liangshui.core.periods import Period
from liangshui.records.fields import to_ms
from liangshui.registry.models import Intake, MeterInstallation
from liangshui.telemetry.archive import Archive, merged
from liangshui.telemetry.codes import Quantity
from liangshui.telemetry.models import Observation, Series, StationLink

RATE_TOLERANCE = 1.25
"""A pump may give this much more than its design capacity before a step counts as too great."""

FOREVER = 2**62
_LINK_SEGMENTS = 10**12

Compute = Callable[[Any, Any, DayRule], Any]
"""Tables of readings and segments (pyarrow) to a table of days, as `rules.register.run_duckdb`."""
DayKey = tuple[int, date, str]
DayValues = tuple[int | None, int | None, int | None, int, int]
"""Volume, low, high (litres), marks, readings."""


def duckdb(readings: Any, segments: Any, rule: DayRule) -> Any:
    """The engine in process. Loaded when first used: it takes a second that no page needs to wait for."""
    from liangshui.accounting.rules.register import run_duckdb

    return run_duckdb(readings, segments, rule)


@dataclass(slots=True)
class Span:
    """A stretch of time in which a channel of a station read one segment of an intake."""

    start: int
    end: int
    segment: int
    channel: tuple[int, int]


@dataclass(slots=True)
class Measured:
    """How an intake was measured: its spans in order of time, its segments, and readings that people wrote down."""

    intake: int
    max_rate: float | None
    spans: list[Span] = field(default_factory=list)
    segments: dict[int, tuple[int, int | None, int | None]] = field(default_factory=dict)
    written: list[tuple[int, int, int]] = field(default_factory=list)


def measured(intakes: Iterable[int]) -> list[Measured]:
    """The intakes among these that a station or a written reading measures."""
    ids = list(intakes)
    found: dict[int, Measured] = {}
    links, meters = defaultdict(list), defaultdict(list)
    for part in bulk.chunks(ids):
        for link in StationLink.objects.filter(intake__in=part).order_by("linked_at"):
            links[link.intake_id].append(link)
        rows = MeterInstallation.objects.filter(intake__in=part).filter(
            Q(intake__station_links__isnull=False) | Q(first_reading__isnull=False) | Q(final_reading__isnull=False)
        )
        for meter in rows.select_related("meter").order_by("installed_at").distinct():
            meters[meter.intake_id].append(meter)
        rates = Intake.objects.filter(pk__in=[i for i in part if i in links or i in meters])
        for pk, capacity in rates.values_list("pk", "capacity_m3_h"):
            found[pk] = Measured(pk, float(capacity) * RATE_TOLERANCE if capacity else None)
    for pk, one in found.items():
        _lay_out(one, links[pk], meters[pk])
    return list(found.values())


def _lay_out(one: Measured, links: list[StationLink], meters: list[MeterInstallation]) -> None:
    for meter in meters:
        factor = int(meter.meter.multiplier * meter.meter.unit_m3 * 1_000_000)
        modulus = 10**meter.meter.digits * 1_000_000 if meter.meter.digits else None
        error = meter.meter.error_percent
        one.segments[meter.pk] = (factor, modulus, None if error is None else int(error * 10_000))
        for reading, at in ((meter.first_reading, meter.installed_at), (meter.final_reading, meter.removed_at)):
            if reading is not None and at is not None:
                one.written.append((meter.pk, to_ms(at), int(reading * 1_000_000)))
    for link in links:
        at, end = to_ms(link.linked_at), _ms(link.unlinked_at)
        channel = (link.station_id, link.channel)
        number = 0
        for meter in meters:
            since, until = max(at, to_ms(meter.installed_at)), min(end, _ms(meter.removed_at))
            if since >= until:
                continue
            if at < since:
                _unmetered(one, at, since, link.pk, number, channel)
                number += 1
            one.spans.append(Span(since, until, meter.pk, channel))
            at = until
        if at < end:
            _unmetered(one, at, end, link.pk, number, channel)
    one.spans.sort(key=lambda span: span.start)


def _unmetered(one: Measured, start: int, end: int, link: int, number: int, channel: tuple[int, int]) -> None:
    """A station reads, but no meter is recorded: a segment of its own, in m³, of unknown width."""
    segment = _LINK_SEGMENTS + link * 1000 + number
    one.segments[segment] = (1_000_000, None, None)
    one.spans.append(Span(start, end, segment, channel))


def _ms(instant: datetime | None) -> int:
    return FOREVER if instant is None else to_ms(instant)


@dataclass(slots=True)
class Channels:
    """Series of channels by quantity."""

    register: dict[tuple[int, int], list[int]] = field(default_factory=lambda: defaultdict(list))
    flow: dict[tuple[int, int], list[int]] = field(default_factory=lambda: defaultdict(list))

    def readings(self, more: Iterable[int] = ()) -> "Readings":
        """What there is of these series and of more."""
        known = chain.from_iterable([*self.register.values(), *self.flow.values()])
        return Readings(chain(known, more))


def channels(stations: Iterable[int]) -> Channels:
    """Register and flow series of stations."""
    found = Channels()
    for part in bulk.chunks(set(stations)):
        rows = Series.objects.filter(station__in=part, quantity__in=[Quantity.REGISTER, Quantity.FLOW])
        for pk, station, channel, quantity in rows.values_list("pk", "station_id", "channel", "quantity"):
            (found.register if quantity == Quantity.REGISTER else found.flow)[station, channel].append(pk)
    return found


COLUMNS = ("id", "series_id", "at", "received_at", "value")
"""What is read of an observation, raw."""

Rows = list[tuple[Any, ...]]
_OBSERVATIONS, _SERIES = Observation._meta.db_table, Series._meta.db_table


class Readings:
    """Readings of some series, of the database and the archive. The database is asked only for times in which it can have any."""

    def __init__(self, series: Iterable[int]) -> None:
        self.archive = Archive(series, COLUMNS)
        self.extent = {pk: (first, last) for pk, first, last in _extents(self.archive.series) if first is not None}

    def rows(
        self, series: Sequence[int], since: int, until: int, received: tuple[int, int] | None = None
    ) -> list[tuple[int, int, int | None]]:
        """(at, received, value × 10⁶) of some series from an instant up to another.

        `received`: only what arrived from an instant up to another.
        """
        where, params = "", []
        if received:
            where, params = " AND received_at >= %s AND received_at < %s", [*received]
        hot = self._hot(series, since, until, where, params)
        old = self.archive.between(series, since, until, received[1] if received else None)
        if received:
            old = [row for row in old if received[0] <= row[3] < received[1]]
        return [row[2:] for row in (merged(hot, old) if old else hot)]

    def usable_instants(
        self, series: Sequence[int], at: int, limit: tuple[int, int], count: int, rule: DayRule, *, backwards: bool
    ) -> list[int]:
        """The `count` usable instants at or before `at` (backwards), or at or after it, within the limits, nearest first."""
        size = 2 * count + 8
        since, until = (limit[0], at + 1) if backwards else (at, limit[1])
        tolerance = rule.clock_tolerance_minutes * 60_000
        while True:
            hot = self._hot(series, since, until, f" ORDER BY at {'DESC' if backwards else 'ASC'} LIMIT {size}")
            if len(hot) == size:  # what lies beyond these is not wanted
                near = (hot[-1][2], until) if backwards else (since, hot[-1][2] + 1)
            else:
                near = (since, until)
            old = self.archive.nearest(series, *near, size, backwards=backwards)
            rows = sorted(merged(hot, old), key=lambda row: row[2], reverse=backwards) if old else hot
            usable = list(
                dict.fromkeys(a for _id, _s, a, r, v in rows[:size] if v is not None and v >= 0 and a <= r + tolerance)
            )
            if len(usable) >= count or (len(hot) < size and len(old) < size):
                return usable[:count]
            size *= 4

    def _hot(self, series: Sequence[int], since: int, until: int, tail: str = "", params: Sequence[int] = ()) -> Rows:
        """`COLUMNS` of some series in the database."""
        there = [
            pk for pk in series if pk in self.extent and self.extent[pk][0] < until and self.extent[pk][1] >= since
        ]
        if not there:
            return []
        among = ", ".join(["%s"] * len(there))
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT {', '.join(COLUMNS)} FROM {_OBSERVATIONS} "
                f"WHERE series_id IN ({among}) AND at >= %s AND at < %s{tail}",
                [*there, since, until, *params],
            )
            return list(cursor.fetchall())


def _extents(series: Iterable[int]) -> Rows:
    """Series with their first and last instant in the database, null where it has none."""
    ends = [f"(SELECT {end}(at) FROM {_OBSERVATIONS} WHERE series_id = {_SERIES}.id)" for end in ("min", "max")]
    return bulk.select(f"id, {', '.join(ends)}", Series, "1 = 1", (), ("id", series))


def _read_from(
    past: Readings, one: Measured, known: dict[tuple[int, int], list[int]], start: int, rule: DayRule
) -> int:
    """From which instant rows are needed so that days from `start` come out whole."""
    earliest, counts = start, defaultdict(int)
    alive = {span.segment for span in one.spans if span.end > start}
    for span in reversed(one.spans):
        missing = NEIGHBOURS_BEFORE - counts[span.segment]
        if span.start > start or span.segment not in alive or missing <= 0:
            continue
        at = min(start, span.end - 1)
        series = known.get(span.channel, [])
        found = past.usable_instants(series, at, (span.start, span.end), missing, rule, backwards=True)
        counts[span.segment] += len(found)
        earliest = min([earliest, *found])
    return earliest


def _read_to(past: Readings, one: Measured, known: dict[tuple[int, int], list[int]], end: int, rule: DayRule) -> int:
    """Up to which instant (included)."""
    latest, counts = end, defaultdict(int)
    alive = {span.segment for span in one.spans if span.start < end}
    for span in one.spans:
        missing = NEIGHBOURS_AFTER - counts[span.segment]
        if span.end <= end or span.segment not in alive or missing <= 0:
            continue
        series, at = known.get(span.channel, []), max(end, span.start)
        found = past.usable_instants(series, at, (span.start, span.end), missing, rule, backwards=False)
        counts[span.segment] += len(found)
        latest = max([latest, *found])
    return latest


def _window(
    past: Readings, one: Measured, known: dict[tuple[int, int], list[int]], period: Period, rule: DayRule
) -> list[tuple[Span, list[tuple[int, int, int | None]]]]:
    """Rows of each span that the days of a period need: theirs, their neighbours', and those with a clock ahead."""
    start, end = day_bounds(period.start, rule)[0], day_bounds(period.last, rule)[1]
    first, last = _read_from(past, one, known, start, rule), _read_to(past, one, known, end, rule)
    found = []
    for span in one.spans:
        series = known.get(span.channel)
        if not series or span.end <= first:
            continue
        since, until = max(first, span.start), min(last + 1, span.end)
        rows = past.rows(series, since, until) if since < until else []
        if span.end > end:
            rows += past.rows(series, max(until, span.start, end), span.end, (start, end))
        if rows:
            found.append((span, rows))
    return found


def day_volumes(wanted: dict[int, Period], rule: DayRule, compute: Compute = duckdb) -> dict[DayKey, DayValues]:
    """Volumes of the wanted days of each intake by register, or by flow where a station sends no register."""
    intakes = measured(wanted)
    series = channels(span.channel[0] for one in intakes for span in one.spans)
    past = series.readings()
    found: dict[DayKey, DayValues] = {}
    columns: tuple[list[Any], ...] = ([], [], [], [], [], [])
    segments: list[tuple[int, int, int, int | None, float | None, int | None]] = []
    for one in intakes:
        period = wanted[one.intake]
        for segment, at, value in one.written:
            for column, cell in zip(columns, (segment, one.intake, at, at, value, None), strict=True):
                column.append(cell)
        for span, rows in _window(past, one, series.register, period, rule):
            flows = _flows(past, series.flow.get(span.channel), rows)
            count = len(rows)
            columns[0].extend([span.segment] * count)
            columns[1].extend([one.intake] * count)
            columns[2].extend([row[0] for row in rows])
            columns[3].extend([row[1] for row in rows])
            columns[4].extend([row[2] for row in rows])
            columns[5].extend([flows.get(row[0]) for row in rows] if flows else [None] * count)
        segments += [(pk, one.intake, *facts[:2], one.max_rate, facts[2]) for pk, facts in one.segments.items()]
        if not any(series.register.get(span.channel) for span in one.spans):
            found.update(_by_flow(past, one, series, period, rule))
    if columns[0]:
        days = compute(*_tables(columns, list(zip(*segments, strict=True))), rule).to_pydict()
        for intake, day, volume, low, high, marks, readings in zip(
            *(days[n] for n in ("intake_id", "day", "volume_l", "low_l", "high_l", "marks", "readings")), strict=True
        ):
            if day in wanted[intake]:
                found[intake, day, Method.REGISTER.value] = (volume, low, high, marks, readings)
    return found


def _flows(past: Readings, series: list[int] | None, rows: list[tuple[int, int, int | None]]) -> dict[int, int]:
    """Flow of the same instants."""
    if not series:
        return {}
    instants = [row[0] for row in rows]
    found = sorted(past.rows(series, min(instants), max(instants) + 1), key=lambda row: row[1])
    return {at: value for at, _received, value in found if value is not None}


def _by_flow(past: Readings, one: Measured, series: Channels, period: Period, rule: DayRule) -> dict[DayKey, DayValues]:
    points: list[tuple[int, int, int | None]] = []
    for _span, rows in _window(past, one, series.flow, period, rule):
        points += rows
    points.sort(key=lambda row: row[:2])
    return {
        (one.intake, day, Method.FLOW.value): (d.volume_l, d.low_l, d.high_l, d.marks, d.readings)
        for day, d in integrate(points, one.max_rate, rule).items()
        if day in period
    }


def _tables(readings: Sequence[Sequence[Any]], segments: Sequence[Sequence[Any]]) -> list[Any]:
    """Columns of readings and segments as the tables that the rule takes; no columns give empty tables."""
    import pyarrow as pa

    from liangshui.accounting.rules.register import READINGS_SCHEMA, SEGMENTS_SCHEMA

    return [
        pa.table(
            [pa.array(cells, kind) for cells, kind in zip(columns or [[]] * len(schema), schema.types, strict=True)],
            schema=schema,
        )
        for columns, schema in ((readings, READINGS_SCHEMA), (segments, SEGMENTS_SCHEMA))
    ]


@lru_cache(maxsize=8)
def warm_up(rule: DayRule) -> None:
    """Load the engine before a transaction begins: its first call takes seconds in which nobody else could write."""
    duckdb(*_tables((), ()), rule)


def store_days(wanted: dict[int, Period], made: dict[DayKey, DayValues], now: datetime) -> set[tuple[int, date]]:
    """Replace the rows that differ; which intakes and days changed."""
    start, end = min(p.start for p in wanted.values()), max(p.end for p in wanted.values())
    rows = bulk.select(
        "id, intake_id, day, method, volume_m3, low_m3, high_m3, marks, readings",
        DayVolume,
        "day >= %s AND day < %s AND method IN (%s, %s)",
        [start, end, Method.REGISTER.value, Method.FLOW.value],
        ("intake_id", wanted),
    )
    gone, changed, same = [], set(), set()
    for pk, intake, day, method, *values in rows:
        if day not in wanted[intake]:
            continue
        if made.get((intake, day, method)) == tuple(values):
            same.add((intake, day, method))
        else:
            gone.append(pk)
            changed.add((intake, day))
    bulk.delete(DayVolume, "1 = 1", [], ("id", gone))
    at, as_date = connection.ops.adapt_datetimefield_value(now), connection.ops.adapt_datefield_value
    new = [
        (intake, as_date(day), method, *values, at)
        for (intake, day, method), values in made.items()
        if (intake, day, method) not in same
    ]
    bulk.insert(
        DayVolume,
        ("intake_id", "day", "method", "volume_m3", "low_m3", "high_m3", "marks", "readings", "computed_at"),
        new,
    )
    return changed | {(intake, day) for intake, day, method in made if (intake, day, method) not in same}


def litres(volume: Decimal | None) -> int | None:
    """As the database stores a volume."""
    return None if volume is None else int(volume * 1000)


def cubic(volume_l: int | None) -> Decimal | None:
    """m³ of litres."""
    return None if volume_l is None else Decimal(volume_l).scaleb(-3)
