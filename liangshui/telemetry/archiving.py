"""Moving months of observations and raw frames out of the database into Parquet, and back. Reading them: `archive`.

The newest observation of each series stays in the database: lists of stations show it.
"""

import hashlib
import os
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Max, Min
from django.utils import timezone
from django.utils.translation import gettext as _

from liangshui.core.errors import Invalid
from liangshui.core.periods import BEIJING
from liangshui.records.fields import from_ms
from liangshui.records.locks import hold_accounts
from liangshui.telemetry import seals
from liangshui.telemetry.archive import COLUMNS, FRAMES, NAMES, OBSERVATIONS, PART, bounds, folder, path_of, query
from liangshui.telemetry.models import ArchivedMonth, Observation, RawFrame, Seal

FETCH = 2_000
"""Rows taken from the database at once: more do not stay in the processor's cache and take twice as long."""
ROW_GROUP = 122_880
MODELS: dict[str, Any] = {OBSERVATIONS: Observation, FRAMES: RawFrame}
TABLES: dict[str, str] = {kind: model._meta.db_table for kind, model in MODELS.items()}

# By id and not by (series_id, at): SQLite looks a pair up by walking the whole list, for every row anew.
_NEWEST = f"""
SELECT x.id FROM {TABLES[OBSERVATIONS]} x
JOIN (SELECT series_id, max(at) AS at FROM {TABLES[OBSERVATIONS]} GROUP BY series_id HAVING max(at) < %s) n
ON x.series_id = n.series_id AND x.at = n.at
"""


@dataclass(frozen=True, slots=True)
class Moved:
    """What became of a month: rows moved (or that would be), and sentences on what stays."""

    month: date
    observations: int
    frames: int
    stays: tuple[str, ...]


def through_kept(today: date) -> date | None:
    """The last month older than the months that are kept (LIANGSHUI_KEEP_MONTHS); None: all are kept."""
    if not settings.KEEP_MONTHS:
        return None
    number = today.year * 12 + today.month - 1 - settings.KEEP_MONTHS - 1
    return date(number // 12, number % 12 + 1, 1)


def archive_kept() -> list[Moved]:
    """What the worker does once a day: nothing where no months to keep are set."""
    through = through_kept(timezone.localdate())
    return list(archive(through)) if through else []


def archive(through: date, *, dry: bool = False) -> Iterator[Moved]:
    """Move the months up to one (the first day of it, included) that have rows, oldest first.

    Raises:
        Invalid: the month is not over; or a file is not as the database, which then keeps its rows.
    """
    through = through.replace(day=1)
    if through >= timezone.localdate().replace(day=1):
        raise Invalid(_("%s is not over: choose an earlier month.") % f"{through:%Y-%m}")
    if not dry:
        for row in ArchivedMonth.objects.filter(removed=False):
            _remove(row)
    for month in _months(through):
        unsealed = _unsealed(month)
        if unsealed:
            yield Moved(month, 0, 0, (_("Not moved: frames of %s are not sealed yet.") % ", ".join(unsealed),))
            continue
        where, params = _observations_of(month)
        frames, frame_params, stays = _frames_of(month)
        if dry:
            yield Moved(month, _count(OBSERVATIONS, where, params), _count(FRAMES, frames, frame_params), tuple(stays))
            continue
        yield Moved(
            month,
            _move(OBSERVATIONS, month, where, params, 'series_id, "at", id'),
            _move(FRAMES, month, frames, frame_params, "id"),
            tuple(stays),
        )


def _months(through: date) -> list[date]:
    """Months with observations or sealed frames in the database."""
    end, found, since = bounds(through)[1], set(), None
    while True:
        rows = Observation.objects.filter(at__lt=from_ms(end))
        first = (rows.filter(at__gte=from_ms(since)) if since is not None else rows).aggregate(at=Min("at"))["at"]
        if first is None:
            break
        month = timezone.localtime(first, BEIJING).date().replace(day=1)
        found.add(month)
        since = bounds(month)[1]
    oldest = RawFrame.objects.aggregate(pk=Min("pk"))["pk"]
    if oldest is not None:
        days = Seal.objects.filter(day__lt=from_ms(end).astimezone(BEIJING).date(), last_id__gte=oldest)
        found |= {day.replace(day=1) for day in days.values_list("day", flat=True)}
    return sorted(found)


def _unsealed(month: date) -> list[str]:
    """Gateways that have frames of a month that no seal covers."""
    start, end = (from_ms(ms) for ms in bounds(month))
    rows = RawFrame.objects.filter(received_at__gte=start, received_at__lt=end)
    found = []
    for gateway, last in rows.values_list("gateway").annotate(last=Max("pk")):
        sealed = Seal.objects.filter(gateway=gateway).aggregate(last=Max("last_id"))["last"] or 0
        if last > sealed:
            found.append(gateway)
    return found


def _observations_of(month: date) -> tuple[str, list[Any]]:
    start, end = bounds(month)
    top = Observation.objects.aggregate(pk=Max("pk"))["pk"] or 0
    return f"at >= %s AND at < %s AND id <= %s AND id NOT IN ({_NEWEST})", [start, end, top, end]


def _frames_of(month: date) -> tuple[str, list[Any], list[str]]:
    """Frames of the days whose seal verifies; sentences on the days that stay."""
    where, params, stays = [], [], []
    last = from_ms(bounds(month)[1] - 1).astimezone(BEIJING).date()
    for verdict in seals.verify(month, last):
        seal = verdict.seal
        if verdict.faults:
            stays.append(
                _("Frames of %(gateway)s of %(day)s stay: %(fault)s")
                % {"gateway": seal.gateway, "day": seal.day, "fault": verdict.faults[0]}
            )
            continue
        where.append("(gateway = %s AND id BETWEEN %s AND %s)")
        params += [seal.gateway, seal.first_id, seal.last_id]
    return " OR ".join(where) or "1 = 0", params, stays


def _count(kind: ArchivedMonth.Kind, where: str, params: Sequence[Any]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {TABLES[kind]} WHERE {where}", params)
        return int(cursor.fetchone()[0])


_FIGURES: dict[str, str] = {
    OBSERVATIONS: 'count(*), count(value), count(frame_id), sum(id), sum(series_id), sum("at" / 1000), sum("at" % 1000), '
    "sum(received_at / 1000), sum(value / 1000000), sum(value % 1000000)",
    FRAMES: "count(*), count(identity), count(asked), sum(id), sum(received_at / 1000), sum(received_at % 1000), "
    "sum({size}(raw)), sum(length(peer)), sum(length(station_key))",
}
"""Figures that the database and the file must have in common; parts, so that no sum leaves 64 bits."""


def figures(kind: ArchivedMonth.Kind, source: str, *, in_file: bool) -> str:
    """SQL of the figures over the database or over a file, which divides whole numbers by `//`."""
    text = _FIGURES[kind]
    if in_file:
        return f"SELECT {text.replace(' / ', ' // ').format(size='octet_length')} FROM {source}"
    size = "octet_length" if connection.vendor == "postgresql" else "length"
    return f"SELECT {text.replace(' % ', ' %% ').format(size=size)} FROM {source}"


def _schema(kind: ArchivedMonth.Kind) -> Any:
    import pyarrow as pa

    types = {"id": pa.int64(), "series_id": pa.int64(), "at": pa.int64(), "received_at": pa.int64(), "value": pa.int64(),
             "frame_id": pa.int64(), "identity": pa.binary(), "asked": pa.binary(), "raw": pa.binary()}  # fmt: skip
    return pa.schema([(name, types.get(name, pa.string())) for name in COLUMNS[kind]])


def _tables(kind: ArchivedMonth.Kind, where: str, params: Sequence[Any]) -> Iterator[Any]:
    """Rows of the database as Arrow tables."""
    import pyarrow as pa

    schema = _schema(kind)
    sql = f"SELECT {NAMES[kind]} FROM {TABLES[kind]} WHERE {where}"
    with closing(connection.chunked_cursor()) as cursor:
        cursor.execute(sql, params)
        batches = []
        while part := cursor.fetchmany(FETCH):
            columns = zip(*part, strict=True)
            arrays = [pa.array(c, t) for c, t in zip(columns, schema.types, strict=True)]
            batches.append(pa.record_batch(arrays, schema=schema))
            if len(batches) * FETCH >= ROW_GROUP:
                yield pa.Table.from_batches(batches)
                batches.clear()
        if batches:
            yield pa.Table.from_batches(batches)


def write(kind: ArchivedMonth.Kind, tables: Iterator[Any], order: str, draft: Path) -> Path:
    """Tables into a sorted Parquet file in a draft folder."""
    import pyarrow.parquet as pq

    unsorted, final = draft / "unsorted.parquet", draft / "part.parquet"
    draft.mkdir(parents=True, exist_ok=True)
    with pq.ParquetWriter(unsorted, _schema(kind), compression="lz4") as writer:
        for table in tables:
            writer.write_table(table)
    target = str(final).replace("'", "''")
    query(
        f"COPY (SELECT * FROM read_parquet(?) ORDER BY {order}) TO '{target}' "
        f"(FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {ROW_GROUP})",
        [unsorted],
    )
    unsorted.unlink()
    return final


def _move(kind: ArchivedMonth.Kind, month: date, where: str, params: Sequence[Any], order: str) -> int:
    draft = folder() / f"draft-{kind}-{month:%Y-%m}"
    final = write(kind, _tables(kind, where, params), order, draft)
    try:
        written = query(figures(kind, "read_parquet(?)", in_file=True), [final]).fetchone()
        with connection.cursor() as cursor:
            cursor.execute(figures(kind, f"{TABLES[kind]} WHERE {where}", in_file=False), params)
            if tuple(cursor.fetchone()) != written:
                raise Invalid(_("The archive of %s is not as the database; nothing was removed. Try again.") % month)
        if not written[0]:
            return 0
        number = ArchivedMonth.objects.filter(kind=kind, month=month).aggregate(n=Max("number"))["n"] or 0
        first, last, received = query(
            "SELECT min(id), max(id), min(received_at) FROM read_parquet(?)", [final]
        ).fetchone()
        row = ArchivedMonth(
            kind=kind, month=month, number=number + 1, rows=written[0], first_id=first, last_id=last,
            first_received_at=from_ms(received), sha256=_digest(final), archived_at=timezone.now(),
        )  # fmt: skip
        path = path_of(row)
        path.parent.mkdir(parents=True, exist_ok=True)
        _to_disk(final)
        final.replace(path)
        _to_disk(path.parent)
        row.save()
    finally:
        final.unlink(missing_ok=True)
        draft.rmdir()
    _remove(row)
    return row.rows


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _to_disk(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _remove(row: ArchivedMonth) -> None:
    """Remove from the database what the file has, part by part; what is gone already does no harm."""
    if _digest(path_of(row)) != row.sha256:
        raise Invalid(_("%s is not as it was written; nothing was removed.") % path_of(row))
    among = "= ANY(%s)" if connection.vendor == "postgresql" else "IN (SELECT value FROM json_each(%s))"
    found = query("SELECT id FROM read_parquet(?) ORDER BY id", [row])
    while part := [each[0] for each in found.fetchmany(PART)]:
        with transaction.atomic(), connection.cursor() as cursor:
            hold_accounts()
            values = part if connection.vendor == "postgresql" else str(part)
            cursor.execute(f"DELETE FROM {TABLES[ArchivedMonth.Kind(row.kind)]} WHERE id {among}", [values])
    row.removed = True
    row.save(update_fields=["removed"])


def restore(month: date) -> tuple[int, int]:
    """Take a month back into the database; numbers of observations and frames that were put back.

    Raises:
        Invalid: the month is not archived, or a file is missing or is not as it was written.
    """
    rows = list(ArchivedMonth.objects.filter(month=month))
    if not rows:
        raise Invalid(_("%s is not archived.") % f"{month:%Y-%m}")
    for row in rows:
        if not path_of(row).exists() or _digest(path_of(row)) != row.sha256:
            raise Invalid(_("%s is missing or is not as it was written; nothing was taken back.") % path_of(row))
    counts = {OBSERVATIONS: 0, FRAMES: 0}
    for row in sorted(rows, key=lambda r: r.kind, reverse=True):
        kind = ArchivedMonth.Kind(row.kind)
        if not row.removed:
            _remove(row)
        with transaction.atomic():
            hold_accounts()
            found = query(f"SELECT {NAMES[kind]} FROM read_parquet(?) ORDER BY id", [row])
            while part := found.fetchmany(PART):
                _insert(kind, part)
            row.delete()
        path_of(ArchivedMonth(kind=kind, month=month, number=row.number)).unlink()
        counts[kind] += row.rows
    return counts[OBSERVATIONS], counts[FRAMES]


def _insert(kind: ArchivedMonth.Kind, rows: list[tuple[Any, ...]]) -> None:
    names, table = NAMES[kind], TABLES[kind]
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
        else:
            cursor.executemany(f"INSERT INTO {table} ({names}) VALUES ({', '.join(['%s'] * len(rows[0]))})", rows)
