"""Locks of the whole database, held until the transaction ends."""

from django.db import connection

ACCOUNTS = 715_001
"""Number of the lock under which accounts are written; on SQLite a transaction that writes is such a lock by itself."""


def hold_accounts() -> None:
    """Until the transaction ends nobody else writes accounts, or moves observations from under them."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [ACCOUNTS])
