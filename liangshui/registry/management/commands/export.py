"""`liangshui export ledger FILE`: the ledger as the sheet that can be filled in and imported again."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from liangshui.core.access import EVERYWHERE
from liangshui.registry import importing


class Command(BaseCommand):
    help = "Write the ledger of intakes as an Excel sheet."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("what", choices=["ledger"])
        parser.add_argument("file")

    def handle(self, *args: Any, **options: Any) -> None:
        content = importing.export_ledger(EVERYWHERE)
        Path(options["file"]).write_bytes(content)
        self.stdout.write(options["file"])
