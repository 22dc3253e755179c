"""`liangshui demo [--seed N] [--intakes N]`: the invented demo banner into an empty installation."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from liangshui.core.errors import LiangshuiError
from liangshui.demo.generate import Size
from liangshui.demo.load import SEED, load_demo

LEAST, MOST = 60, 30_000


class Command(BaseCommand):
    help = "Load the invented demo banner into an empty installation; its sign-ins are printed."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--seed", type=int, default=SEED, help="the same seed gives the same banner (%(default)s)")
        parser.add_argument("--intakes", type=int, default=Size().intakes, help="how many intakes (%(default)s)")

    def handle(self, *args: Any, **options: Any) -> None:
        if not LEAST <= options["intakes"] <= MOST:
            raise CommandError(f"--intakes: from {LEAST} to {MOST}")
        if options["seed"] < 0:
            raise CommandError("--seed: zero or more")

        def out(line: str) -> None:
            self.stdout.write(line)
            self.stdout.flush()

        try:
            load_demo(
                options["seed"], timezone.localdate(), out, size=Size.of(options["intakes"]), until=timezone.now()
            )
        except LiangshuiError as error:
            raise CommandError(error.message) from error
        out((settings.HOME / "demo-sign-ins.txt").read_text(encoding="utf-8"))
