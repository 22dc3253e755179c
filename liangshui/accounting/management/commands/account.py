"""`liangshui account show | recompute`: the figures of the pages, and computing them anew."""

import json
from argparse import ArgumentParser
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import override

from liangshui.accounting import queries, services
from liangshui.accounting.queries import AccountRow
from liangshui.core.access import EVERYWHERE, SYSTEM
from liangshui.core.errors import LiangshuiError
from liangshui.core.periods import Period
from liangshui.records.installation import is_demo

COLUMNS = ("abstraction_m3", "supply_m3", "use_m3", "consumption_m3", "low_m3", "high_m3")


def day(text: str) -> date:
    """A day as people write it."""
    return date.fromisoformat(text)


class Command(BaseCommand):
    help = "Show an account, or compute it anew."

    def add_arguments(self, parser: ArgumentParser) -> None:
        doors = parser.add_subparsers(dest="door", required=True, metavar="show|recompute")
        show = doors.add_parser("show", help="the account of a period")
        show.add_argument("--by", choices=queries.GROUPINGS, default="total")
        show.add_argument("--json", action="store_true", help="decimal strings; null for unknown")
        again = doors.add_parser("recompute", help="compute volumes and entries anew, and say what changed")
        again.add_argument("--engine", choices=["duckdb", "spark"], default="duckdb")
        for door in (show, again):
            door.add_argument("--from", dest="start", type=day, required=True, metavar="YYYY-MM-DD", help="first day")
            door.add_argument("--to", dest="last", type=day, required=True, metavar="YYYY-MM-DD", help="last day")

    def handle(self, door: str, start: date, last: date, **options: Any) -> None:
        if last < start:
            raise CommandError(f"--to {last} lies before --from {start}.")
        period = Period.inclusive(start, last)
        try:
            if door == "show":
                self._show(period, options["by"], options["json"])
            else:
                self._recompute(period, options["engine"])
        except LiangshuiError as error:
            raise CommandError(error.message) from error

    def _show(self, period: Period, by: str, as_json: bool) -> None:
        with override("zh-hans"):
            rows = queries.account(EVERYWHERE, period, by)
        if as_json:
            self.stdout.write(json.dumps([plain(row) for row in rows], ensure_ascii=False, indent=1))
            return
        if is_demo():
            self.stdout.write("Demo data, invented")
        heads = ["code", "name", *COLUMNS, "without volume"]
        self._table(
            [
                heads,
                *(
                    [row.code, row.name, *(cell(getattr(row, c)) for c in COLUMNS), str(row.intakes_without_volume)]
                    for row in rows
                ),
            ]
        )

    def _table(self, lines: Sequence[Sequence[str]]) -> None:
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        for line in lines:
            words = [
                text.ljust(w) if n < 2 else text.rjust(w) for n, (text, w) in enumerate(zip(line, widths, strict=True))
            ]
            self.stdout.write("  ".join(words).rstrip())

    def _recompute(self, period: Period, engine: str) -> None:
        compute = None
        if engine == "spark":
            try:
                from liangshui.accounting.spark import run_spark as compute
            except ImportError as error:
                raise CommandError(
                    "Spark is not installed here: `pip install pyspark` (and Java), or leave --engine away for DuckDB."
                ) from error
        before = {row.key: row.abstraction_m3 for row in queries.account(EVERYWHERE, period, "intake")}
        done = services.recompute(
            SYSTEM, None, period.start, period.end, f"command, {engine}", **({"compute": compute} if compute else {})
        )
        after = queries.account(EVERYWHERE, period, "intake")
        self.stdout.write(
            f"Recomputation {done.pk}: {done.intakes} intakes, {done.changed_days} days changed "
            f"({period.start} to {period.last}, {engine})"
        )
        for row in after:
            if before.get(row.key) != row.abstraction_m3:
                self.stdout.write(f"  {row.code}  {cell(before.get(row.key))} -> {cell(row.abstraction_m3)} m3")


def cell(value: Decimal | None) -> str:
    """A figure, or a dash where nothing is known."""
    return "—" if value is None else f"{value:.3f}"


def plain(row: AccountRow) -> dict[str, Any]:
    """A row as other programs read it."""
    values = {c: None if getattr(row, c) is None else f"{getattr(row, c):.3f}" for c in COLUMNS}
    return {
        "code": row.code,
        "name": row.name,
        **values,
        "by_method": {method: f"{volume:.3f}" for method, volume in row.by_method.items()},
        "intakes_without_volume": row.intakes_without_volume,
        "days_without_volume": row.days_without_volume,
    }
