"""Reading what was moved out of the database (`archiving`): Parquet files by month, read by DuckDB.

Whoever reads both places reads the database first and drops from the archive the ids that stood there, so that each row
is met once while a month is being moved.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from django.conf import settings

from liangshui.core.periods import BEIJING
from liangshui.records.fields import from_ms, to_ms
from liangshui.telemetry.models import ArchivedMonth, Observation, RawFrame

OBSERVATIONS, FRAMES = ArchivedMonth.Kind.OBSERVATIONS, ArchivedMonth.Kind.FRAMES
COLUMNS: dict[str, tuple[str, ...]] = {
    OBSERVATIONS: ("id", "series_id", "at", "received_at", "value", "frame_id", "origin"),
    FRAMES: (
        "id", "gateway", "received_at", "peer", "station_key", "protocol", "verdict", "identity", "asked", "raw",
    ),
}  # fmt: skip
"""As the database stores them: instants in ms UTC, values in millionths or null."""

PART = 20_000

Row = tuple[Any, ...]


NAMES: dict[str, str] = {kind: ", ".join(f'"{name}"' for name in names) for kind, names in COLUMNS.items()}


def folder() -> Path:
    """Where the archive lies."""
    return Path(settings.HOME) / "archive"


def path_of(row: ArchivedMonth) -> Path:
    """Its file."""
    return folder() / row.kind / f"year={row.month:%Y}" / f"month={row.month:%m}" / f"part-{row.number}.parquet"


@cache
def bounds(month: date) -> tuple[int, int]:
    """First instant of a month (its first day is given) and of the next, Beijing time, ms."""
    following = (month.replace(day=28) + timedelta(days=4)).replace(day=1)
    first, end = (datetime(d.year, d.month, 1, tzinfo=BEIJING) for d in (month, following))
    return to_ms(first), to_ms(end)


@lru_cache(maxsize=1)
def _engine() -> Any:
    import duckdb  # loaded when first used: most pages never need it

    return duckdb.connect()


def query(sql: str, files: Sequence[ArchivedMonth | Path], params: Sequence[Any] = ()) -> Any:
    """DuckDB's answer to SQL whose first `?` is the files."""
    paths = [str(path_of(each) if isinstance(each, ArchivedMonth) else each) for each in files]
    return _engine().cursor().execute(sql, [paths, *params])


def merged(hot: Iterable[Row], old: Iterable[Row]) -> list[Row]:
    """Rows of the database (read first) and of the archive, each once. The id stands in front."""
    found = list(hot)
    there = {row[0] for row in found}
    return found + [row for row in old if row[0] not in there]


def table_of(sql: str, files: Sequence[ArchivedMonth], params: Sequence[Any] = ()) -> Any:
    """The same as an Arrow table."""
    return _engine().cursor().sql(sql, params=[[str(path_of(each)) for each in files], *params]).to_arrow_table()


class Archive:
    """Archived observations of some series. A month is read when it is first wanted, for all these series at once.

    `columns` begin with id and hold series_id and at.
    """

    def __init__(self, series: Iterable[int], columns: Sequence[str] = COLUMNS[OBSERVATIONS]) -> None:
        self.series = sorted(set(series))
        self.columns = tuple(columns)
        self.at = self.columns.index("at")
        self.files: dict[date, list[ArchivedMonth]] = defaultdict(list)
        for row in ArchivedMonth.objects.filter(kind=OBSERVATIONS):
            self.files[row.month].append(row)
        self._read: dict[date, tuple[dict[int, tuple[int, int]], list[Any]]] = {}

    def between(self, series: Iterable[int], since: int, until: int, received_before: int | None = None) -> list[Row]:
        """Rows from an instant up to another (not included). Months in which nothing was received before one are left out."""
        found: list[Row] = []
        for month in self._months(since, until):
            if received_before is None or any(to_ms(f.first_received_at) < received_before for f in self.files[month]):
                found += self._of_month(month, series, since, until)
        return found

    def nearest(self, series: Iterable[int], since: int, until: int, count: int, *, backwards: bool) -> list[Row]:
        """The first (backwards: the last) `count` rows from an instant up to another (not included), in that order."""
        series, found = list(series), []
        for month in sorted(self._months(since, until), reverse=backwards):
            rows = self._of_month(month, series, since, until)
            found += sorted(rows, key=lambda row: (row[self.at], row[0]), reverse=backwards)
            if len(found) >= count:
                break
        return found[:count]

    def _months(self, since: int, until: int) -> list[date]:
        return [m for m in sorted(self.files) if bounds(m)[0] < until and bounds(m)[1] > since]

    def _of_month(self, month: date, series: Iterable[int], since: int, until: int) -> Iterator[Row]:
        import numpy as np

        places, columns = self._month(month)
        instants = columns[self.at]
        for each in series:
            first, end = places.get(each, (0, 0))
            low, high = first + np.searchsorted(instants[first:end], [since, until])
            if low < high:
                yield from zip(*(_listed(column[low:high]) for column in columns), strict=True)

    def _month(self, month: date) -> tuple[dict[int, tuple[int, int]], list[Any]]:
        """Where the rows of a series stand in the columns, and the columns: arrays, or lists where something is null."""
        import numpy as np

        if month in self._read:
            return self._read[month]
        names = ", ".join(f'"{name}"' for name in self.columns)
        table = table_of(
            f"SELECT {names}, series_id AS of_series FROM read_parquet(?) WHERE series_id BETWEEN ? AND ? "
            'AND series_id IN (SELECT unnest(?::BIGINT[])) ORDER BY series_id, "at", id',
            self.files[month],
            [self.series[0] if self.series else 0, self.series[-1] if self.series else 0, self.series],
        )
        ids, starts = np.unique(table.column("of_series").to_numpy(), return_index=True)
        ends = [*starts[1:].tolist(), table.num_rows] if len(ids) else []
        places = dict(zip(ids.tolist(), zip(starts.tolist(), ends, strict=True), strict=True))
        columns = [
            c.to_pylist() if c.null_count or name == "origin" else c.to_numpy()
            for name, c in ((name, table.column(name)) for name in self.columns)
        ]
        self._read[month] = places, columns
        return self._read[month]


def _listed(part: Any) -> list[Any]:
    return part if isinstance(part, list) else part.tolist()


def observation(row: Row) -> Observation:
    """An archived row as the record that it was; it is not saved."""
    pk, series, at, received, value, frame, origin = row
    number = None if value is None else Decimal(value).scaleb(-6)
    return Observation(
        pk=pk,
        series_id=series,
        at=from_ms(at),
        received_at=from_ms(received),
        value=number,
        frame_id=frame,
        origin=origin,
    )


def with_archived(rows: Any, past: "Archive | Iterable[int]", since: int, until: int) -> list[Observation]:
    """Observations of a queryset and those archived of some series from an instant up to another, oldest first."""
    hot = list(rows)
    there = {row.pk for row in hot}
    if not isinstance(past, Archive):
        past = Archive(past)
    found = hot + [observation(row) for row in past.between(past.series, since, until) if row[0] not in there]
    return sorted(found, key=lambda o: (o.at, o.pk))


def frames_by_id(ids: Sequence[int]) -> list[RawFrame]:
    """Frames of the database and the archive by id; the archived ones are not saved."""
    found = {row.pk: row for row in RawFrame.objects.filter(pk__in=ids)}
    missing = [pk for pk in ids if pk not in found]
    if missing:
        rows = ArchivedMonth.objects.filter(kind=FRAMES, first_id__lte=max(missing), last_id__gte=min(missing))
        if files := list(rows):
            sql = f"SELECT {NAMES[FRAMES]} FROM read_parquet(?) WHERE id IN (SELECT unnest(?::BIGINT[]))"
            for row in query(sql, files, [missing]).fetchall():
                fields = dict(zip(COLUMNS[FRAMES], row, strict=True))
                found[row[0]] = RawFrame(**fields | {"received_at": from_ms(fields["received_at"])})
    return [found[pk] for pk in sorted(found)]


def frames(gateway: str, first_id: int, last_id: int) -> Iterator[Row]:
    """Archived frames of a gateway by id, from first to last, in order."""
    files = list(ArchivedMonth.objects.filter(kind=FRAMES, first_id__lte=last_id, last_id__gte=first_id))
    if not files:
        return
    found = query(
        f"SELECT {NAMES[FRAMES]} FROM read_parquet(?) WHERE gateway = ? AND id BETWEEN ? AND ? ORDER BY id",
        files,
        [gateway, first_id, last_id],
    )
    while part := found.fetchmany(PART):
        yield from part


def first_instant() -> datetime | None:
    """Beginning of the oldest archived month of observations."""
    month = ArchivedMonth.objects.filter(kind=OBSERVATIONS).order_by("month").values_list("month", flat=True).first()
    return from_ms(bounds(month)[0]) if month else None
