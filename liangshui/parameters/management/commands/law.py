"""`liangshui law`: what the law says on a day, and worked cases."""

import json
from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from django.utils.translation import gettext as _

from liangshui.core.errors import LiangshuiError
from liangshui.core.parameters import UNKNOWN
from liangshui.parameters import cases
from liangshui.parameters.law import PLACES, calendar_of
from liangshui.parameters.queries import law_without_installation
from liangshui.parameters.words import RANKS, STATUSES, lines_of, said, told, unit_alone


class Command(BaseCommand):
    help = "Show a rule of law as of a day; run worked cases."

    def add_arguments(self, parser: CommandParser) -> None:
        doors = parser.add_subparsers(dest="door", required=True)
        show = doors.add_parser("show", help="a rule in force on a day")
        show.add_argument("rule")
        show.add_argument("--on", type=date.fromisoformat, default=None, metavar="DAY")
        show.add_argument("--json", action="store_true")
        worked = doors.add_parser("cases", help="run worked cases; exit 1 if any differs")
        worked.add_argument("file", type=Path)

    def handle(self, *args: Any, door: str, **options: Any) -> None:
        today = timezone.localdate()
        try:
            if door == "show":
                self._show(options["rule"], options["on"] or today, options["json"])
            else:
                self._cases(options["file"], today)
        except LiangshuiError as error:
            raise CommandError(error.message) from error

    def _show(self, key: str, on: date, as_json: bool) -> None:
        law = law_without_installation()
        found = told(law, key, on)
        if as_json:
            self.stdout.write(json.dumps(found, ensure_ascii=False, default=str, indent=1))
            return
        rule = law.rule(key)
        words = {
            "place": PLACES[found["place"]], "rank": RANKS[rule.instrument.rank], "status": STATUSES[rule.status],
            "unit": unit_alone(rule.unit), "value": "" if found["known"] else said(UNKNOWN),
        }  # fmt: skip
        for name, value in (found | words).items():
            self.stdout.write(f"{name:16}{value if value not in (None, '') else '—'}")
            for depth, label, text in lines_of(rule, found["value"]) if name == "value" and found["known"] else ():
                self.stdout.write(f"{'':16}{'  ' * depth}{label}{' ' if label else ''}{text}")

    def _cases(self, path: Path, today: date) -> None:
        try:
            given = json.loads(path.read_text(encoding="utf-8"))
            known = law_without_installation()
            worked = cases.work(given, known, calendar_of(known), today)
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise CommandError(_("%(path)s: no file of cases (%(error)s).") % {"path": path, "error": error}) from error
        wrong = [case for case in worked if not case.right]
        for case in wrong:
            if case.error:
                self.stdout.write(f"{case.id} {case.topic}: {case.error}")
            for name, expected, found in case.differs:
                self.stdout.write(f"{case.id} {case.topic}: {name}: expected {expected}, found {found}")
        later = sorted({case.topic for case in worked if not case.built})
        built = sum(case.built for case in worked)
        self.stdout.write(
            f"{built - len(wrong)} right, {len(wrong)} wrong; {len(worked) - built} of topics not built yet: {', '.join(later)}"
        )
        if wrong:
            raise CommandError(f"{len(wrong)} wrong")
