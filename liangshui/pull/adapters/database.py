"""Asking a view of somebody else's database, reading only."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from sqlalchemy import create_engine, text
from sqlalchemy.engine import URL, Engine, make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from liangshui.core.errors import Invalid
from liangshui.pull.adapters.guard import address_of
from liangshui.pull.rules.mapping import Database

DRIVERS = {
    "postgresql": ("postgresql+psycopg", 5432),
    "mysql": ("mysql+pymysql", 3306),
    "mssql": ("mssql+pymssql", 1433),
}
ADDRESS_OPTIONS = frozenset({"sslmode", "charset"})
"""What may stand behind ? in an address. Others name hosts (host, hostaddr) and files of this machine past the guard."""

MOST_ROWS = 500_000
PAGE = 2000
TIMEOUT_S = 60


def engine_of(mapping: Database, secret: str) -> Engine:
    """A connection to the database, not yet made: to the address that its host has now.

    Raises:
        Invalid: the address cannot be read, its kind is not known, or its host is not allowed.
    """
    try:
        url = make_url(mapping.address)
    except (ArgumentError, ValueError) as error:
        raise Invalid(_("The address of the database cannot be read; write postgresql://user@host/name.")) from error
    kind = url.get_backend_name()
    if kind not in DRIVERS or not url.host:
        raise Invalid(_("Only PostgreSQL, MySQL and SQL Server can be asked; write postgresql://user@host/name."))
    if url.query.keys() - ADDRESS_OPTIONS:
        known = ", ".join(sorted(ADDRESS_OPTIONS))
        raise Invalid(_("Behind ? in the address only these may stand: %(known)s.") % {"known": known})
    driver, port = DRIVERS[kind]
    place = URL.create(
        driver, url.username, secret or url.password, address_of(url.host, url.port or port), url.port or port, url.database, url.query
    )  # fmt: skip
    arguments: dict[str, dict[str, Any]] = {
        "postgresql": {"connect_timeout": 10, "options": f"-c default_transaction_read_only=on -c statement_timeout={TIMEOUT_S * 1000}"},
        "mysql": {"connect_timeout": 10, "read_timeout": TIMEOUT_S},
        "mssql": {"login_timeout": 10, "timeout": TIMEOUT_S},
    }  # fmt: skip
    return create_engine(place, connect_args=arguments[kind], pool_size=1, max_overflow=0)


def rows_of(mapping: Database, secret: str, since: datetime) -> Iterator[list[Any]]:
    """Rows, some at a time, each by the names of its columns.

    Raises:
        Invalid: the database cannot be reached, or refuses the statement; says what.
    """
    engine = engine_of(mapping, secret)
    asked = {"since": since} if ":since" in mapping.statement else {}
    try:
        with engine.connect() as connection:
            if engine.dialect.name == "mysql":
                connection.execute(text("SET SESSION TRANSACTION READ ONLY"))
            result = connection.execution_options(stream_results=True).execute(text(mapping.statement), asked)
            taken = 0
            for part in result.mappings().partitions(PAGE):
                taken += len(part)
                if taken > MOST_ROWS:
                    raise Invalid(_("More than %(n)s rows: narrow the statement with :since.") % {"n": MOST_ROWS})
                yield [dict(row) for row in part]
            connection.rollback()
    except SQLAlchemyError as error:
        why = str(getattr(error, "orig", None) or error).splitlines()[0][:200]
        raise Invalid(_("The database says: %(why)s") % {"why": why.replace(secret, "…") if secret else why}) from error
    finally:
        engine.dispose()
