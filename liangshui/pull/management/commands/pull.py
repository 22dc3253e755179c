"""`liangshui pull`: ask the sources whose time has come, again and again; or one, once."""

import signal
import threading
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError, close_old_connections, connection

from liangshui.pull import services
from liangshui.pull.models import PullSource

LOOK_AGAIN = 10.0


class Command(BaseCommand):
    requires_system_checks = []
    help = "Ask sources on their schedule (services, databases, folders). With a name: that one, once."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("source", nargs="?", default="", help="name of a source, to be run now")
        parser.add_argument("--once", action="store_true", help="run what is due, then end")
        parser.add_argument("--interval", type=float, default=LOOK_AGAIN, help="seconds between looks (default 10)")

    def handle(self, source: str, once: bool, interval: float, **_options: Any) -> None:
        if source:
            found = PullSource.objects.filter(name=source).first()
            if found is None:
                raise CommandError(f"There is no source “{source}”.")
            self._told(services.run(found.pk))
            return
        if once:
            for pk in services.due():
                self._told(services.run(pk))
            return
        ended = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_signal: ended.set())
        self.stdout.write("Pull runs.")
        self.stdout.flush()
        while not ended.is_set():
            try:
                close_old_connections()
                for pk in services.due():
                    if ended.is_set():
                        break
                    services.run(pk)
            except OperationalError:
                ended.wait(5)
            ended.wait(interval)
        connection.close()

    def _told(self, run: Any) -> None:
        if run is None:
            self.stdout.write("It is running already.")
        else:
            self.stdout.write(
                f"{run.source.name}: {run.outcome}, new {run.taken}, known {run.known}, refused {run.refused} {run.fault}"
            )
