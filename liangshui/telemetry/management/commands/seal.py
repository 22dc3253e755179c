"""`liangshui seal`: seal the days that are over, and give seals out to be deposited elsewhere."""

import json
from argparse import ArgumentParser
from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from liangshui.telemetry import seals


class Command(BaseCommand):
    requires_system_checks = []
    help = "Seal the raw frames of all days that are over (the worker does so each night)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--export", type=Path, metavar="FILE", help="write all seals as JSON, to be kept elsewhere")

    def handle(self, **options: Any) -> None:
        for seal in seals.seal_days():
            self.stdout.write(f"{seal.day} {seal.gateway}: {seal.frames} frames sealed, SHA-256 {seal.sha256}")
        if options["export"] is not None:
            found = seals.export(date.min, date.max)
            options["export"].write_text(json.dumps(found, indent=1), encoding="utf-8")
            self.stdout.write(f"{len(found)} seals written to {options['export']}")
