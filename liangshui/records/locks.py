"""Locks of the whole database, held until the transaction ends."""

from django.db import connection

ACCOUNTS = 715_001
"""Number of the lock under which accounts are written; on SQLite a transaction that writes is such a lock by itself."""


NUMBERS, GRANTS = 715_002, 715_003
"""Under which running numbers are given out, and water is granted: two may not count from the same last number or the same rest."""


def hold_accounts() -> None:
    """Until the transaction ends nobody else writes accounts, or moves observations from under them."""
    hold(ACCOUNTS)


def hold(number: int) -> None:
    """Until the transaction ends nobody else holds this lock."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [number])
