"""`liangshui check application.json`: the gate's decision as JSON. Without a file it is Django's own check of the settings."""

import json
from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError
from django.core.management.commands.check import Command as SystemCheck
from django.utils import timezone
from django.utils.translation import gettext as _

from liangshui.core.errors import LiangshuiError
from liangshui.parameters.queries import law_without_installation
from liangshui.permits.asking import versions
from liangshui.permits.rules.gate import Application, State, Terms, decide, of_plain, what_would_pass
from liangshui.permits.words import told


class Command(SystemCheck):
    help = "Decide on an application: {“application”: {…}, “state”: {…}, “on”: “2026-11-25”}; null means not known."

    def handle(self, *app_labels: Any, **options: Any) -> None:
        if len(app_labels) == 1 and ("." in app_labels[0] or "/" in app_labels[0]):
            self._decide(Path(app_labels[0]))
        else:
            super().handle(*app_labels, **options)

    def _decide(self, file: Path) -> None:
        try:
            given = json.loads(file.read_text(encoding="utf-8"))
            on = date.fromisoformat(given["on"]) if "on" in given else timezone.localdate()
            if unknown := sorted(set(given) - {"application", "state", "on"}):
                raise ValueError(f"unknown {', '.join(unknown)}; known are application, state, on")
            asked, state = of_plain(Application, given["application"]), of_plain(State, given.get("state") or {})
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise CommandError(_("%(path)s: no application (%(error)s).") % {"path": file, "error": error}) from error
        known = law_without_installation()
        try:
            terms = Terms.of(known, on)
        except LiangshuiError as error:
            raise CommandError(error.message) from error
        decision = decide(asked, state, terms)
        found = told(decision, what_would_pass(asked, state, terms), known)
        told_of = {"on": str(on), "versions": versions(decision, known, on)} | found
        self.stdout.write(json.dumps(told_of, ensure_ascii=False, indent=1))
