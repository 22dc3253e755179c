"""`liangshui backup FOLDER`: the database and the files of the home folder, with a manifest."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from liangshui.core.errors import Invalid
from liangshui.web import backup


class Command(BaseCommand):
    requires_system_checks = []
    help = "Copy the whole installation into a new folder. Everything may go on meanwhile."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path)
        parser.add_argument("--with-key", action="store_true", help="the secret key too: then keep the folder secret")

    def handle(self, **options: Any) -> None:
        try:
            manifest = backup.backup(options["folder"], with_key=options["with_key"])
        except (Invalid, OSError) as error:
            raise CommandError(getattr(error, "message", str(error))) from error
        size = sum(facts["bytes"] for facts in manifest["files"].values())
        self.stdout.write(f"{len(manifest['files'])} files, {size / 2**20:.1f} MB in {options['folder']}")
        if not options["with_key"]:
            self.stdout.write("Without the secret key: kept passwords of brokers and services must be entered again.")
