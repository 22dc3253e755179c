"""Many rows at a time into SQLite or PostgreSQL, past the ORM: one statement for a whole batch.

A statement releases Python's lock once, so that the loop of the gateway goes on while the database works. Table and
column names come from the models.
"""

import json
from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Any

from django.db import connection as django_connection
from django.db.models import Model

CHUNK = 1024
"""Rows of one SQLite statement at most. Smaller powers of two follow, so that few statements are ever prepared."""

BEGIN_WAIT_MS = 30_000

_POSTGRES_TYPES = {"bigint": "int8", "integer": "int4", "boolean": "bool"}


def table(model: type[Model]) -> str:
    """Name of a model's table."""
    return model._meta.db_table


def from_json(value: Any) -> Any:
    """A JSON column as a driver gives it: text from SQLite, read already from PostgreSQL."""
    return json.loads(value) if isinstance(value, (str, bytes)) else value


class Store(ABC):
    """A connection of either kind. Within Django's own transaction `begin` and `commit` are not called."""

    vendor = ""

    def __init__(self, connection: Any) -> None:
        self.connection = connection

    @abstractmethod
    def begin(self, durable: bool) -> None:
        """Begin to write; `durable`: the commit returns when the disk has it."""

    def commit(self) -> None:
        self.execute("COMMIT")

    def rollback(self) -> None:
        self.execute("ROLLBACK")

    @abstractmethod
    def execute(self, sql: str, params: Sequence[Any] = ()) -> Any:
        """SQL with `?` for parameters."""

    def all(self, sql: str, params: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        return self.execute(sql, params).fetchall()

    def one(self, sql: str, params: Sequence[Any] = ()) -> tuple[Any, ...] | None:
        return self.execute(sql, params).fetchone()

    def among(self, sql: str, values: Iterable[Any]) -> list[tuple[Any, ...]]:
        """Rows of a query that ends in `IN`, for any number of values."""
        values, rows = list(values), []
        for at in range(0, len(values), CHUNK):
            part = values[at : at + CHUNK]
            rows += self.all(f"{sql} ({','.join('?' * len(part))})", part)
        return rows

    @abstractmethod
    def insert(self, name: str, columns: dict[str, str], rows: list[tuple[Any, ...]], suffix: str = "") -> None:
        """Rows into a table; `columns` gives each column's type in PostgreSQL."""

    @abstractmethod
    def insert_frames(self, name: str, columns: dict[str, str], rows: list[tuple[Any, ...]]) -> list[int | None]:
        """Frames, each with a new id in front; None where its identity is there already."""

    @abstractmethod
    def raise_to(self, name: str, column: str, rows: list[tuple[int, int]]) -> None:
        """Set a column of rows (id, value) where it is null or less."""

    def close(self) -> None:
        self.connection.close()


class SqliteStore(Store):
    vendor = "sqlite"

    def begin(self, durable: bool) -> None:
        self.connection.execute(f"PRAGMA synchronous={'FULL' if durable else 'NORMAL'}")
        self.connection.execute("BEGIN IMMEDIATE")

    def execute(self, sql: str, params: Sequence[Any] = ()) -> Any:
        return self.connection.execute(sql, params)

    def rollback(self) -> None:
        if self.connection.in_transaction:
            self.connection.execute("ROLLBACK")

    def insert(self, name: str, columns: dict[str, str], rows: list[tuple[Any, ...]], suffix: str = "") -> None:
        place = "(" + ",".join("?" * len(columns)) + ")"
        head = f"INSERT INTO {name} ({','.join(columns)}) VALUES "
        # "WHERE true" would be wanted only behind SELECT: with VALUES the grammar is not ambiguous.
        at, size = 0, CHUNK
        while at < len(rows):
            while size > len(rows) - at:
                size //= 2
            part = rows[at : at + size]
            self.connection.execute(f"{head}{','.join([place] * size)} {suffix}", tuple(chain.from_iterable(part)))
            at += size

    def insert_frames(self, name: str, columns: dict[str, str], rows: list[tuple[Any, ...]]) -> list[int | None]:
        found = self.one("SELECT seq FROM sqlite_sequence WHERE name=?", (name,))
        first = (found[0] if found else 0) + 1
        numbered = [(first + i, *row) for i, row in enumerate(rows)]
        self.insert(name, {"id": "bigint"} | columns, numbered, "ON CONFLICT(identity) DO NOTHING")
        found = self.one(f"SELECT group_concat(id) FROM {name} WHERE id>=?", (first,))  # one row: one release
        kept = {int(each) for each in found[0].split(",")} if found and found[0] else set()
        return [first + i if first + i in kept else None for i in range(len(rows))]

    def raise_to(self, name: str, column: str, rows: list[tuple[int, int]]) -> None:
        for at in range(0, len(rows), CHUNK):
            part = rows[at : at + CHUNK]
            self.connection.execute(
                f"UPDATE {name} SET {column}=v.column2 FROM (VALUES {','.join(['(?,?)'] * len(part))}) AS v "
                f"WHERE {name}.id=v.column1 AND ({column} IS NULL OR {column}<v.column2)",
                tuple(chain.from_iterable(part)),
            )


class PostgresStore(Store):
    vendor = "postgresql"

    def begin(self, durable: bool) -> None:
        # Said each time: a server may be set up not to wait for its disk.
        self.connection.execute(f"BEGIN; SET LOCAL synchronous_commit={'on' if durable else 'off'}")

    def execute(self, sql: str, params: Sequence[Any] = ()) -> Any:
        return self.connection.execute(sql.replace("%", "%%").replace("?", "%s") if params else sql, params or None)

    def rollback(self) -> None:
        self.connection.execute("ROLLBACK")

    def insert(self, name: str, columns: dict[str, str], rows: list[tuple[Any, ...]], suffix: str = "") -> None:
        if not rows:
            return
        if suffix:
            arrays = ",".join(f"%s::{kind}[]" for kind in columns.values())
            sql = f"INSERT INTO {name} ({','.join(columns)}) SELECT * FROM unnest({arrays}) {suffix}"
            self.connection.execute(sql, [list(each) for each in zip(*rows, strict=True)])
        else:
            self._copy(name, columns, rows)

    def insert_frames(self, name: str, columns: dict[str, str], rows: list[tuple[Any, ...]]) -> list[int | None]:
        found = self.connection.execute(
            f"SELECT array_agg(nextval(pg_get_serial_sequence('{name}', 'id'))) FROM generate_series(1, %s)",
            [len(rows)],
        ).fetchone()
        ids = sorted(found[0])
        # Through a table of the session: COPY takes a row in a quarter of the time that arrays take.
        stage, columns = f"stage_{name}", {"id": "bigint"} | columns
        self.connection.execute(f"CREATE TEMP TABLE IF NOT EXISTS {stage} (LIKE {name}) ON COMMIT DELETE ROWS")
        self.connection.execute(f"DELETE FROM {stage}")
        self._copy(stage, columns, [(number, *row) for number, row in zip(ids, rows, strict=True)])
        stored = self.connection.execute(
            f"INSERT INTO {name} ({','.join(columns)}) SELECT {','.join(columns)} FROM {stage} "
            "ON CONFLICT(identity) DO NOTHING RETURNING id"
        ).fetchall()
        kept = {each[0] for each in stored}
        return [each if each in kept else None for each in ids]

    def _copy(self, name: str, columns: dict[str, str], rows: list[tuple[Any, ...]]) -> None:
        with (
            self.connection.cursor() as cursor,
            cursor.copy(f"COPY {name} ({','.join(columns)}) FROM STDIN (FORMAT BINARY)") as copy,
        ):
            copy.set_types([_POSTGRES_TYPES.get(kind, kind) for kind in columns.values()])
            for row in rows:
                copy.write_row(row)

    def raise_to(self, name: str, column: str, rows: list[tuple[int, int]]) -> None:
        self.connection.execute(
            f"UPDATE {name} SET {column}=v.value FROM unnest(%s::bigint[],%s::bigint[]) AS v(id,value) "
            f"WHERE {name}.id=v.id AND ({column} IS NULL OR {column}<v.value)",
            [list(each) for each in zip(*rows, strict=True)],
        )


def open_store(database: dict[str, Any]) -> Store:
    """A connection of one's own to a database as Django's settings name it."""
    if "sqlite" in database["ENGINE"]:
        import sqlite3

        connection = sqlite3.connect(
            str(database["NAME"]), isolation_level=None, check_same_thread=False, cached_statements=256
        )
        for pragma in (
            f"busy_timeout={BEGIN_WAIT_MS}",
            "journal_mode=WAL",
            "cache_size=-128000",
            "mmap_size=268435456",
            "temp_store=MEMORY",
            "wal_autocheckpoint=8000",
        ):
            connection.execute(f"PRAGMA {pragma}").fetchall()
        return SqliteStore(connection)
    import psycopg

    return PostgresStore(
        psycopg.connect(
            dbname=database["NAME"],
            user=database.get("USER") or None,
            password=database.get("PASSWORD") or None,
            host=database.get("HOST") or None,
            port=database.get("PORT") or None,
            autocommit=True,
        )
    )


def django_store() -> Store:
    """Over Django's connection, within its transaction."""
    django_connection.ensure_connection()
    kind = SqliteStore if django_connection.vendor == "sqlite" else PostgresStore
    return kind(django_connection.connection)
