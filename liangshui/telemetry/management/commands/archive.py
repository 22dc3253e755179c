"""`liangshui archive`: move months of observations and raw frames into Parquet, or take one back."""

from argparse import ArgumentParser, ArgumentTypeError
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from liangshui.core.errors import Invalid
from liangshui.telemetry import archiving


def month(text: str) -> date:
    """A month of the command line, as its first day."""
    try:
        return date.fromisoformat(f"{text}-01")
    except ValueError as error:
        raise ArgumentTypeError(f"“{text}” is no month: write 2026-05") from error


class Command(BaseCommand):
    requires_system_checks = []
    help = "Move the observations and sealed frames of whole months from the database to LIANGSHUI_HOME/archive."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--through", type=month, metavar="YYYY-MM", help="last month (default: LIANGSHUI_KEEP_MONTHS)"
        )
        parser.add_argument("--dry-run", action="store_true", help="only tell what would be moved")
        parser.add_argument("--restore", type=month, metavar="YYYY-MM", help="take a month back into the database")

    def handle(self, **options: Any) -> None:
        try:
            if options["restore"]:
                observations, frames = archiving.restore(options["restore"])
                self.stdout.write(
                    f"{options['restore']:%Y-%m}: {observations} observations, {frames} frames taken back"
                )
                return
            through = options["through"] or archiving.through_kept(timezone.localdate())
            if through is None:
                raise CommandError("Say up to which month (--through YYYY-MM), or set LIANGSHUI_KEEP_MONTHS.")
            moved = 0
            for each in archiving.archive(through, dry=options["dry_run"]):
                moved += 1
                verb = "would be moved" if options["dry_run"] else "moved"
                self.stdout.write(f"{each.month:%Y-%m}: {each.observations} observations, {each.frames} frames {verb}")
                for sentence in each.stays:
                    self.stdout.write(f"  {sentence}")
            if not moved:
                self.stdout.write(f"Nothing up to {through:%Y-%m} is left in the database.")
        except Invalid as error:
            raise CommandError(error.message) from error
