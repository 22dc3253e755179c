"""`liangshui import KIND FILE`: the same dry run and the same rows as the page; prints the report on each row."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from liangshui.core.access import SYSTEM
from liangshui.core.errors import LiangshuiError
from liangshui.registry import importing, sentences, services
from liangshui.registry.import_asks import OUTLINES
from liangshui.registry.import_kinds import KINDS

MOST_LINES = 200


class Command(BaseCommand):
    help = "Import a file of a kind, as the page does; --dry-run only tells what would happen."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("what", choices=sorted(KINDS))
        parser.add_argument("file", help="a file; for divisions also the six digits of a county that is shipped")
        parser.add_argument("--dry-run", action="store_true", help="tell what would happen, change nothing")
        parser.add_argument("--gcj02", action="store_true", help="coordinates were picked on a GCJ-02 map")
        parser.add_argument("--meridian", type=int, help="central meridian of Gauss x and y without a zone")
        parser.add_argument("--kind", choices=[kind for kind, _label in OUTLINES], help="what the outlines are")
        parser.add_argument("--create-villages", action="store_true", help="create villages that are unknown")
        parser.add_argument("--from-day", help="from when changes count, such as 2026-01-01")
        parser.add_argument("--document", help="title of the document that sets zones")
        parser.add_argument("--document-number", help="its number")
        parser.add_argument("--issued-on", help="its day, such as 2026-01-01")
        parser.add_argument("--source", help="what a row without source means, such as shallow_groundwater")
        parser.add_argument("--sector", help="what a row without use means, such as agriculture")
        parser.add_argument("--year", type=int, help="the year of months that name none")
        parser.add_argument("--method", help="how volumes were found where the sheet does not say, such as declared")
        parser.add_argument("--split", help="share a user's volume among the wells: area, capacity or equal")
        parser.add_argument("--uncertainty", help="of coefficients, in percent, where the sheet does not say")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["what"] == "divisions" and options["file"].isdigit():
            counts = services.load_county(SYSTEM, options["file"])
            self.stdout.write(" ".join(f"{name}={n}" for name, n in counts.items()))
            return
        path = Path(options["file"])
        if not path.is_file():
            raise CommandError(_("There is no file %(path)s.") % {"path": path})
        chosen = {
            "system": "GCJ02" if options["gcj02"] else "",
            "meridian": options["meridian"],
            "outline": options["kind"],
            "create_villages": options["create_villages"],
            "from_day": options["from_day"],
            "document": options["document"],
            "document_number": options["document_number"],
            "issued_on": options["issued_on"],
            "defaults": {name: options[name] for name in ("source", "sector") if options[name]},
            "source": path.name,
            "year": options["year"],
            "method": options["method"],
            "split": options["split"],
            "uncertainty_percent": options["uncertainty"],
        }
        chosen = {name: value for name, value in chosen.items() if value}
        try:
            batch = importing.check(SYSTEM, path.read_bytes(), path.name, options["what"], chosen)
            if not options["dry_run"]:
                batch = importing.take(SYSTEM, batch)
        except LiangshuiError as error:
            raise CommandError(error.message) from error
        self._print(batch)

    def _print(self, batch: Any) -> None:
        report = batch.report
        for code, params in report["table_problems"] + report["table_notes"]:
            self.stdout.write(sentences.table_words(code, params))
        for row in report["rows"][:MOST_LINES]:
            where = f"{row['sheet']} {row['row']}".strip()
            self.stdout.write(f"{where}\t{row['status']}\t{row['title']}")
            for problem in row["problems"]:
                self.stdout.write("\t" + sentences.cell_words(problem))
            for change in row["changes"]:
                words = sentences.change_words(change)
                self.stdout.write(f"\t{words['label']}: {words['before']} → {words['after']}")
            for note in row["notes"]:
                self.stdout.write("\t" + sentences.note_words(note))
        if len(report["rows"]) > MOST_LINES:
            self.stdout.write("…")
        self.stdout.write(" ".join(f"{name}={n}" for name, n in report["counts"].items()))
