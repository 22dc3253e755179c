"""`liangshui verify-seal`: are the raw frames as they were sealed?"""

import sys
from argparse import ArgumentParser
from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from liangshui.core.errors import Invalid
from liangshui.telemetry import seals
from liangshui.telemetry.models import Seal


def day(text: str) -> date:
    """A day of the command line; argparse says what is wrong with another."""
    return date.fromisoformat(text)


class Command(BaseCommand):
    requires_system_checks = []
    help = "Check the chain of raw frames, day by day. Exit status 1 if anything was changed, is missing or was added."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--from", dest="first", type=day, metavar="D", help="first day (default: the first sealed)")
        parser.add_argument("--to", dest="last", type=day, metavar="D", help="last day (default: today)")
        parser.add_argument(
            "--deposited", type=Path, metavar="FILE", help="seals as they were kept elsewhere (liangshui seal --export)"
        )

    def handle(self, **options: Any) -> None:
        deposited = None
        if options["deposited"] is not None:
            try:
                deposited = seals.read_deposited(options["deposited"].read_bytes())
            except (OSError, Invalid) as error:
                raise CommandError(f"{options['deposited']}: {getattr(error, 'message', error)}") from error
        oldest = Seal.objects.order_by("day").values_list("day", flat=True).first()
        if oldest is None and not deposited:
            self.stdout.write("Nothing is sealed yet: the worker seals each day after midnight (or: liangshui seal).")
            return
        first = options["first"] or oldest or date.min
        faults = days = 0
        for verdict in seals.verify(first, options["last"] or timezone.localdate(), deposited):
            days += 1
            seal = verdict.seal
            for fault in verdict.faults:
                faults += 1
                self.stdout.write(f"{seal.day} {seal.gateway}: {fault}")
            if not verdict.faults:
                self.stdout.write(f"{seal.day} {seal.gateway}: {seal.frames} frames as sealed, SHA-256 {seal.sha256}")
        self.stdout.write(f"{days} days checked, {faults} faults")
        if faults:
            sys.exit(1)
