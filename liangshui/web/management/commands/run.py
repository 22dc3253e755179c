"""`liangshui run`: everything on one machine. Web, gateway, worker and pull, and with demo data the stations too."""

import shlex
import sys

from django.conf import settings
from django.core.management import BaseCommand, call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from honcho.manager import Manager

from liangshui.demo.generate import PREFIX
from liangshui.records.installation import installation, is_demo
from liangshui.web.management.commands.web import serving


class Command(BaseCommand):
    requires_system_checks = []
    help = "Start web, gateway, worker and pull (and, with demo data, the simulated stations). Ctrl-C stops all."

    def add_arguments(self, parser):
        parser.add_argument("--empty", action="store_true", help="do not load the demo banner into a new installation")

    def handle(self, empty, **_options):
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            call_command("migrate", verbosity=0, interactive=False)
        if not installation() and not empty:
            call_command("demo")
        self.announce()
        own = f"{sys.executable} -m liangshui.cli"
        manager = Manager()
        manager.add_process("web", shlex.join(serving()))
        manager.add_process("gateway", f"{own} gateway")
        manager.add_process("worker", f"{own} worker")
        manager.add_process("pull", f"{own} pull")
        if is_demo():
            manager.add_process(
                "stations", f"{own} send --from-ledger --named {PREFIX} --to {settings.GATEWAY_ADDRESS}"
            )
        manager.loop()
        self.stdout.write("Stopped.")
        if manager.returncode not in (0, None, 130, -2):
            sys.exit(manager.returncode)

    def announce(self) -> None:
        """Addresses and, for the demo, who can sign in."""
        write = self.stdout.write
        write(
            f"\nLiangshui  http://{settings.WEB_ADDRESS}/   gateway tcp://{settings.GATEWAY_ADDRESS}   data in {settings.HOME}"
        )
        sign_ins = settings.HOME / "demo-sign-ins.txt"
        if sign_ins.exists():
            write(sign_ins.read_text(encoding="utf-8"))
        elif not installation():
            from liangshui.web.setup import setup_code

            write(f"Set it up at http://{settings.WEB_ADDRESS}/setup/ with the set-up code {setup_code()}")
        write("Ctrl-C stops all.\n")
        self.stdout.flush()
