"""`liangshui doctor`: what is wrong with this installation, and how to mend it."""

import shutil
import socket
import sys
from collections.abc import Iterator

from django.conf import settings
from django.core.management import BaseCommand
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

LEAST_FREE_GB = 2


class Command(BaseCommand):
    help = "Say what is wrong with this installation and how to mend it."

    def handle(self, **_options):
        wrong = 0
        for good, what, mend in self.checks():
            mark = "ok   " if good else "WRONG"
            self.stdout.write(f"{mark} {what}" + ("" if good else f"\n      → {mend}"))
            wrong += not good
        if wrong:
            sys.exit(1)

    def checks(self) -> Iterator[tuple[bool, str, str]]:
        """Each check: is it well, what was looked at, how to mend it."""
        yield sys.version_info >= (3, 11), f"Python {sys.version.split()[0]}", "install Python 3.11 or newer"
        key = settings.HOME / "secret-key"
        private = not key.exists() or key.stat().st_mode & 0o077 == 0
        yield private, "the secret key can be read by its owner only", f"chmod 600 {key}"
        free = shutil.disk_usage(settings.HOME).free / 2**30
        yield (
            free >= LEAST_FREE_GB,
            f"{free:.1f} GB free in {settings.HOME}",
            f"free at least {LEAST_FREE_GB} GB; without room frames are not answered",
        )
        static = (settings.CHECKOUT / "node_modules/@tabler/core/dist").exists()
        yield static, "page components are installed", "run `make setup`"
        compiled = any((settings.CHECKOUT / "liangshui").glob("*/locale/*/LC_MESSAGES/*.mo"))
        yield compiled, "translations are compiled", "run `make setup`"
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1")
        except DatabaseError as error:
            yield False, f"the database answers ({error})", "check LIANGSHUI_DATABASE_URL, and that the server runs"
            return
        yield True, f"the database answers ({connection.vendor})", ""
        executor = MigrationExecutor(connection)
        pending = executor.migration_plan(executor.loader.graph.leaf_nodes())
        yield not pending, "the database has the present form", "run `liangshui migrate`"
        if pending:
            return
        yield from self.data_checks()

    def data_checks(self) -> Iterator[tuple[bool, str, str]]:
        """Checks that need the tables."""
        from liangshui.accounts.models import Appointment
        from liangshui.accounts.roles import Role
        from liangshui.records.installation import installation
        from liangshui.telemetry.models import ChangedSpan

        yield (
            installation() is not None,
            "the installation is set up",
            "run `liangshui init --county CODE`, or open the page",
        )
        admins = Appointment.objects.on(timezone.localdate()).filter(role=Role.SECURITY_ADMIN, person__is_active=True)
        yield admins.exists(), "there is a security administrator", "run `liangshui init`, or appoint one"
        waiting = ChangedSpan.objects.count()
        yield waiting < 100_000, f"{waiting} changes wait for the accounts", "start the worker: `liangshui worker`"
        for name, address in (("web", settings.WEB_ADDRESS), ("gateway", settings.GATEWAY_ADDRESS)):
            yield answers(address), f"{name} listens on {address}", f"start it: `liangshui run` (or `liangshui {name}`)"


def answers(address: str) -> bool:
    """Whether something listens there."""
    host, port = address.rsplit(":", 1)
    try:
        with socket.create_connection((host, int(port)), timeout=1):
            return True
    except OSError:
        return False
