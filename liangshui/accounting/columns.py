"""Entries of the account as columns, from which every figure is added up: whole months as they are stored, parts as they are counted.

A stored month is kept in memory for as long as its edition stands (`MonthEdition`); whoever writes entries draws a new one in the same
transaction (`draw`). So a page costs the adding up, and reading only of what has changed.
"""

import secrets
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from functools import lru_cache, reduce
from threading import Lock
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from django.db.models import Max, Q

from liangshui.accounting import bulk, entries, stated
from liangshui.accounting.entries import Cube, counted_until
from liangshui.accounting.models import AccountEntry, MonthEdition, Recompute
from liangshui.core.access import Territory
from liangshui.core.periods import Period, month
from liangshui.registry.codes import DivisionLevel
from liangshui.registry.models import Division, Intake, Source

SCHEMA = pa.schema(
    [
        ("month", pa.date32()), ("stage", pa.string()), ("intake", pa.int64()), ("user", pa.int64()), ("project", pa.int64()),
        ("division", pa.int64()), ("unit", pa.int64()), ("source", pa.int64()), ("sector", pa.string()), ("method", pa.string()),
        ("sharer", pa.int32()), ("days", pa.int32()), ("volume_l", pa.int64()), ("low_l", pa.int64()), ("high_l", pa.int64()),
    ]
)  # fmt: skip
"""A `Key` of an entry and its amount; volumes in litres."""

STORED = (
    "month", "stage", "intake_id", "user_id", "project_id", "division_id", "unit_id", "source_id", "sector", "method",
    "sharer", "days", "volume_m3", "low_m3", "high_m3",
)  # fmt: skip
"""The same as `AccountEntry` stores them."""

MONTHS_KEPT = 40
"""Months kept in memory, about 3 MB each for 20,000 intakes: three years, so that a year stands beside the two before."""

FEW = ("intake", "user")
"""Narrowed to one of these a month is read from its index, not kept whole."""


class Places:
    """Divisions and sources, by which entries are gathered and filtered."""

    def __init__(self) -> None:
        rows = list(Division.objects.values_list("pk", "code", "name", "level", "parent_id", "path"))
        self.paths = {row[0]: row[5] for row in rows}
        self.names = {row[0]: (row[1], row[2]) for row in rows}
        self.town = {
            row[0]: row[4] if row[3] == DivisionLevel.VILLAGE and row[4] is not None else row[0] for row in rows
        }
        self.kinds = dict(Source.objects.values_list("pk", "kind"))

    def within(self, path: str) -> list[int]:
        """Divisions within one, itself included."""
        return [pk for pk, own in self.paths.items() if own.startswith(path)]


def draw(months: Iterable[date]) -> None:
    """Entries of these months have changed: what was kept of them no longer stands. Drawn at random, so that one which is rolled back
    never comes again."""
    rows = [MonthEdition(month=each, edition=secrets.randbits(62)) for each in sorted(set(months))]
    MonthEdition.objects.bulk_create(rows, update_conflicts=True, update_fields=["edition"], unique_fields=["month"])


def split(period: Period) -> tuple[list[date], list[Period]]:
    """Starts of whole months, and the parts of others. Days to come hold nothing, so today's month is whole."""
    whole, parts, upto = [], [], counted_until()
    for span in period.months():
        part = span.within(period)
        assert part is not None
        if part.start == span.start and (part.end == span.end or part.end >= upto):
            whole.append(span.start)
        elif part.start < upto:
            parts.append(part)
    return whole, parts


def table(territory: Territory, period: Period, filters: Mapping[str, Any], places: Places) -> pa.Table:
    """Entries of a period that a reader may see, narrowed: `SCHEMA`."""
    months, parts = split(period)
    stored = _few(months, territory, filters) if _is_few(territory, filters) else _stored(months)
    intakes = _concerned(filters) if parts else None
    counted = [_part(part.start, part.end, intakes, _newest(part)) for part in parts]
    return _narrowed(pa.concat_tables([*stored, *counted, SCHEMA.empty_table()]), territory, filters, places)


def rolled(rows: pa.Table, by: str, places: Places) -> pa.ChunkedArray:
    """The column of a grouping; towns and kinds of source are gathered from villages and sources."""
    if by == "town":
        return _mapped(rows["division"], places.town, pa.int64())
    if by == "source_kind":
        return _mapped(rows["source"], places.kinds, pa.string())
    return rows["division" if by == "village" else by]


def _mapped(column: pa.ChunkedArray, known: Mapping[int, Any], kind: pa.DataType) -> pa.ChunkedArray:
    at = pc.index_in(column, pa.array(known.keys(), pa.int64()))
    return pc.take(pa.array(known.values(), kind), at)


def _narrowed(rows: pa.Table, territory: Territory, filters: Mapping[str, Any], places: Places) -> pa.Table:
    masks: list[Any] = []
    if not territory.everywhere:
        here = [pk for path in territory.paths for pk in places.within(path)]
        masks.append(pc.or_(_among(rows["division"], here), _among(rows["user"], territory.users)))
    for name, value in filters.items():
        if name == "town":
            path = places.paths.get(value)
            masks.append(_among(rows["division"], places.within(path) if path else ()))
        elif name == "source_kind":
            masks.append(_among(rows["source"], [pk for pk, kind in places.kinds.items() if kind == value]))
        else:
            column = rows["division" if name == "village" else name]
            masks.append(_among(column, value) if isinstance(value, frozenset) else pc.equal(column, value))
    return rows.filter(reduce(pc.and_, masks)) if masks else rows


def _ids(value: Any) -> frozenset[int]:
    """The ids of a filter by one or by several."""
    return value if isinstance(value, frozenset) else frozenset({value})


def _among(column: pa.ChunkedArray, ids: Iterable[int]) -> pa.ChunkedArray:
    return pc.is_in(column, pa.array(list(ids), pa.int64()))


# --- stored months ---

_READING = Lock()
"""So that two requests do not read the same month beside each other."""


def _stored(months: Sequence[date]) -> list[pa.Table]:
    editions = dict(MonthEdition.objects.filter(month__in=months).values_list("month", "edition"))
    with _READING:
        return [_month(each, editions.get(each, 0)) for each in months]


@lru_cache(maxsize=MONTHS_KEPT)
def _month(start: date, _edition: int) -> pa.Table:
    return _columns(bulk.select(", ".join(STORED), AccountEntry, "month = %s", [start]))


def _is_few(territory: Territory, filters: Mapping[str, Any]) -> bool:
    own = not territory.everywhere and not territory.paths
    return own or any(name in filters for name in FEW)


def _few(months: Sequence[date], territory: Territory, filters: Mapping[str, Any]) -> list[pa.Table]:
    """Entries of one intake or of some users."""
    if not months:
        return []
    name = next((name for name in FEW if name in filters), "")
    among = (f"{name}_id", _ids(filters[name])) if name else ("user_id", territory.users)
    span = [months[0], months[-1]]
    return [_columns(bulk.select(", ".join(STORED), AccountEntry, "month >= %s AND month <= %s", span, among))]


def _columns(rows: Sequence[Sequence[Any]]) -> pa.Table:
    values = zip(*rows, strict=True) if rows else [()] * len(SCHEMA)
    return pa.table([pa.array(each, f.type) for each, f in zip(values, SCHEMA, strict=True)], schema=SCHEMA)


# --- parts of months ---


def _newest(part: Period) -> tuple[Any, ...]:
    """What a part of a month was counted from: days may have moved within the month, so its edition alone does not tell."""
    span = month(part.start)
    newest = Recompute.objects.filter(start__lt=span.end, end__gt=span.start).aggregate(n=Max("pk"))["n"]
    return (
        newest,
        MonthEdition.objects.filter(month=span.start).values_list("edition", flat=True).first(),
        counted_until(span.end),
    )


def _concerned(filters: Mapping[str, Any]) -> frozenset[int] | None:
    """The intakes that a narrowing leaves, so that no others are counted for it; None: it is to none of some."""
    if "intake" in filters:
        return _ids(filters["intake"])
    if "project" not in filters:
        return None
    found: set[int] = set()
    for part in bulk.chunks(_ids(filters["project"])):
        there = Intake.objects.filter(Q(project__in=part) | Q(attributions__project__in=part))
        found.update(there.values_list("pk", flat=True))
    return frozenset(found)


@lru_cache(maxsize=64)
def _part(start: date, end: date, intakes: frozenset[int] | None, _version: tuple[Any, ...]) -> pa.Table:
    """A part of a month, kept until accounts of that month are computed anew."""
    whole, known = month(start), entries.rules()
    ids = sorted(intakes) if intakes is not None else list(Intake.objects.values_list("pk", flat=True))
    facts, evidence = entries.Facts.of(ids), entries.Evidence.of(ids, whole)

    def count(stop: date) -> Cube:
        cube = entries.abstraction(dict.fromkeys(ids, (whole.start,)), stop, facts, evidence, known)
        return cube | entries.passed_on([whole], stop, known) | stated.with_users([whole], stop, known)

    upto = counted_until(end)
    cube = entries.less(count(upto), count(start)) if start > whole.start else count(upto)
    return _columns([(*key, *amount) for key, amount in cube.items()])
