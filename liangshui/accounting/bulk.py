"""Many rows at a time past the ORM, for what is recomputed by the hundred thousand. Values are as the columns store them."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, TypeVar

from django.db import connection
from django.db.models import Model

T = TypeVar("T")
CHUNK = 500
"""Values of one IN list at most."""


def chunks(values: Iterable[T], size: int = CHUNK) -> Iterator[list[T]]:
    """Lists of at most `size`."""
    source = iter(values)
    while part := list(islice(source, size)):
        yield part


def insert(model: type[Model], columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Insert rows given as the database stores them: litres, dates, ids."""
    if not rows:
        return
    table, names = connection.ops.quote_name(model._meta.db_table), ", ".join(columns)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
        else:
            cursor.executemany(f"INSERT INTO {table} ({names}) VALUES ({', '.join(['%s'] * len(columns))})", rows)


def select(
    columns: str,
    model: type[Model],
    where: str,
    params: Sequence[Any] = (),
    among: tuple[str, Iterable[int]] | None = None,
) -> list[tuple[Any, ...]]:
    """Raw rows; `among` narrows one column to any number of ids. No territory: only for what is computed for everybody."""
    sql = f"SELECT {columns} FROM {connection.ops.quote_name(model._meta.db_table)} WHERE {where}"
    found: list[tuple[Any, ...]] = []
    with connection.cursor() as cursor:
        if among is None:
            cursor.execute(sql, list(params))
            return list(cursor.fetchall())
        column, ids = among
        for part in chunks(ids):
            cursor.execute(f"{sql} AND {column} IN ({', '.join(['%s'] * len(part))})", [*params, *part])
            found += cursor.fetchall()
    return found


def delete(model: type[Model], where: str, params: Sequence[Any], among: tuple[str, Iterable[Any]]) -> None:
    """Delete rows by a column's values, past the ORM."""
    column, values = among
    sql = f"DELETE FROM {connection.ops.quote_name(model._meta.db_table)} WHERE {where}"
    with connection.cursor() as cursor:
        for part in chunks(values):
            cursor.execute(f"{sql} AND {column} IN ({', '.join(['%s'] * len(part))})", [*params, *part])
