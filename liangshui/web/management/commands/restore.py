"""`liangshui restore FOLDER`: make this installation what a backup holds."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from liangshui.core.errors import Invalid
from liangshui.web import backup


class Command(BaseCommand):
    requires_system_checks = []
    help = "Restore a backup into LIANGSHUI_HOME and its database. Stop gateway, worker and web before."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path)
        parser.add_argument("--force", action="store_true", help="even if there is an installation: it is moved aside")

    def handle(self, **options: Any) -> None:
        try:
            manifest = backup.restore(options["folder"], force=options["force"])
        except (Invalid, OSError) as error:
            raise CommandError(getattr(error, "message", str(error))) from error
        self.stdout.write(
            f"Backup of {manifest['made_at']} restored into {settings.HOME}. Now: liangshui migrate, liangshui verify-seal."
        )
