"""Filling a table: what its mapping asks for is answered from the accounts and written into the superior's own workbook."""

import json
import zlib
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override
from openpyxl import Workbook
from openpyxl.cell.cell import MergedCell

from liangshui.accounting.codes import Method
from liangshui.core.periods import ONE_DAY, Period, month, plan_year, tax_quarter
from liangshui.registry.codes import IntakeKind, IntakeStatus, Sector, SourceKind, UserKind
from liangshui.registry.models import Division
from liangshui.reports.asks import Ask, Names, answers, ask_of, moved
from liangshui.reports.models import Filling, HandChange
from liangshui.reports.rules.checks import Finding, leap, rounded, sum_off
from liangshui.reports.rules.formulas import Unworkable
from liangshui.reports.rules.mapping import MEASURES, OF_TABLE, VOLUMES, Book, Cells, Mark, Says
from liangshui.reports.rules.ranges import Range, cell_name
from liangshui.reports.sheets.template import Worked, cells_of, formula_of, grow, open_template, put, used, written
from liangshui.reports.things import Thing, things

OFFICIAL = "zh-hans"
"""Tables are written in Chinese, whatever language the officer reads."""

CHOICES: dict[str, Any] = {
    "kind": IntakeKind, "status": IntakeStatus, "source": SourceKind, "sector": Sector, "user_kind": UserKind, "method": Method,
}  # fmt: skip
EMPTY_WORDS = frozenset({"", "-", "—", "/", "0", "0.0", "0.00"})
"""What may stand in a cell of an empty table that is to be filled."""


# --- periods ---


def period_of(kind: str, day: date) -> Period:
    """The month, quarter or year in which a day lies."""
    if kind == "month":
        return month(day)
    return tax_quarter(day) if kind == "quarter" else plan_year(day.year)


def before(kind: str, period: Period) -> Period:
    """The period before."""
    return period_of(kind, date.fromordinal(period.start.toordinal() - 1))


def year_before(period: Period) -> Period:
    """The same days a year ago; a period of whole months stays one."""
    return Period(
        period.start.replace(year=period.start.year - 1),
        month(period.last.replace(day=1, year=period.last.year - 1)).end,
    )


def span_of(span: str, kind: str, period: Period) -> Period:
    """The time that a mark means by "this", "to_date", "last", "last_year", "last_year_to_date", "year"."""
    if span == "to_date":
        return Period(date(period.last.year, 1, 1), period.end)
    if span == "last":
        return before(kind, period)
    if span == "last_year":
        return year_before(period)
    if span == "last_year_to_date":
        return Period(date(period.last.year - 1, 1, 1), year_before(period).end)
    return plan_year(period.last.year) if span == "year" else period


def period_words(kind: str, period: Period) -> str:
    """2026年10月, 2026年第3季度, 2026年."""
    if kind == "month":
        return _("%(month)s/%(year)s") % {"year": period.start.year, "month": period.start.month}
    if kind == "quarter":
        return _("quarter %(quarter)s of %(year)s") % {
            "year": period.start.year,
            "quarter": period.start.month // 3 + 1,
        }
    return _("year %(year)s") % {"year": period.start.year}


# --- what was filled ---


@dataclass(slots=True)
class Filled:
    """A filled figure with what it asked for: `exact` in m³, mu or pieces, `value` as written; None: not known."""

    sheet: str
    cell: str
    value: str | None
    exact: str | None
    ask: Ask
    measure: str
    places: int


@dataclass(frozen=True, slots=True)
class Days:
    """A list by intake and day, each day of an intake a row: its figures stand in the file only, and open to the day's account."""

    sheet: str
    top: int
    columns: tuple[int, ...]
    intakes: tuple[int, ...]
    start: date
    length: int
    unknown: int
    """Cells without a figure."""

    def at(self, sheet: str, row: int, column: int) -> tuple[int, date] | None:
        """The intake and day of a cell that holds a figure of the list."""
        number, day = divmod(row - self.top, self.length)
        if sheet != self.sheet or column not in self.columns or not 0 <= number < len(self.intakes):
            return None
        return self.intakes[number], self.start + day * ONE_DAY


@dataclass(slots=True)
class Sheets:
    """The figures that were filled and can be asked for again, what is odd, and cells left alone since they hold a formula.

    Words, and figures of single days, stand in the file only.
    """

    cells: list[Filled] = field(default_factory=list)
    findings: list[tuple[str, Finding]] = field(default_factory=list)
    skipped: list[tuple[str, str]] = field(default_factory=list)
    days: list[Days] = field(default_factory=list)

    def day_at(self, sheet: str, row: int, column: int) -> tuple[int, date] | None:
        """The intake and day of a cell that holds a figure of a single day."""
        return next((found for each in self.days if (found := each.at(sheet, row, column))), None)

    def pack(self) -> bytes:
        """As it is stored."""
        raw = {
            "cells": [[c.sheet, c.cell, c.value, c.exact, c.ask.out(), c.measure, c.places] for c in self.cells],
            "findings": [[sheet, f.code, f.cell, f.params] for sheet, f in self.findings],
            "skipped": self.skipped,
            "days": [
                [d.sheet, d.top, d.columns, d.intakes, d.start.isoformat(), d.length, d.unknown] for d in self.days
            ],
        }
        return zlib.compress(json.dumps(raw, ensure_ascii=False, separators=(",", ":")).encode())

    @classmethod
    def unpack(cls, content: bytes) -> "Sheets":
        """What `pack` made."""
        raw = json.loads(zlib.decompress(content))
        return cls(
            [
                Filled(sheet, cell, value, exact, Ask.read(ask), measure, places)
                for sheet, cell, value, exact, ask, measure, places in raw["cells"]
            ],
            [(sheet, Finding(code, cell, params)) for sheet, code, cell, params in raw["findings"]],
            [(sheet, cell) for sheet, cell in raw["skipped"]],
            [
                Days(sheet, top, tuple(columns), tuple(intakes), date.fromisoformat(start), length, unknown)
                for sheet, top, columns, intakes, start, length, unknown in raw.get("days", [])
            ],
        )


@dataclass(slots=True)
class _Slot:
    """A cell to be filled, where it will stand once rows have grown."""

    sheet: str
    row: int
    column: int
    says: Says
    thing: Thing | None = None
    position: int = 0


class Filler:
    """Fills one workbook for one period."""

    def __init__(self, county: Division, book: Book, workbook: Workbook, period: Period, by: str) -> None:
        self._county, self._book, self._workbook = county, book, workbook
        self._period, self._by = period, by
        self._names = Names(county)
        self._made = Sheets()
        self._grown: dict[str, list[tuple[int, int]]] = {}

    def fill(self) -> Sheets:
        """Fill the workbook; what was written, and what is odd about it.

        Raises:
            UnknownName: a mark names something that this county does not have.
            Invalid: a list is too long.
        """
        with override(OFFICIAL):
            slots = [slot for sheet in self._workbook.worksheets for slot in self._prepare(sheet)]
            asked = {id(slot): self._ask(slot) for slot in slots if slot.says.figure}
            earlier = self._earlier(asked.values())
            known = answers(self._county, {a for a in (*asked.values(), *earlier) if a is not None})
            for slot in slots:
                self._write(slot, asked.get(id(slot)), known)
            self._check(known)
        return self._made

    # what there is to fill

    def _prepare(self, sheet: Any) -> Iterator[_Slot]:
        """The cells of a sheet that are to be filled; its repeated rows grow."""
        cells, last = Cells(self._book, sheet.title), used(sheet)
        plans = [(mark, self._things(cells, mark)) for mark in self._book.lists(sheet.title)]
        lists = {mark.at.top for mark, _found in plans}
        slots: list[_Slot] = []
        reach = cells.reach()
        for row in range(1, max(last[0], min(reach[0], 2000)) + 1):
            down = sum(max(len(found) - 1, 0) for mark, found in plans if mark.at.top < row)
            if row not in lists:
                for column, says in self._row(sheet, cells, row, max(last[1], min(reach[1], 200))):
                    slots.append(_Slot(sheet.title, row + down, column, says))
        for mark, found in plans:
            row = mark.at.top
            down = sum(max(len(f) - 1, 0) for m, f in plans if m.at.top < row)
            pattern = list(self._row(sheet, cells, row, max(last[1], min(reach[1], 200))))
            for position, thing in enumerate(found, 1):
                slots += [_Slot(sheet.title, row + down + position - 1, c, s, thing, position) for c, s in pattern]
            if found and found[0].is_day:
                intakes, first = tuple(dict.fromkeys(thing.pk for thing in found)), found[0].words["day"]
                assert isinstance(first, date)
                figures = tuple(column for column, says in pattern if says.figure)
                unknown = sum(thing.volume_m3 is None for thing in found) * len(figures)
                self._made.days.append(
                    Days(sheet.title, row + down, figures, intakes, first, len(found) // len(intakes), unknown)
                )
        for mark, found in reversed(plans):
            grow(sheet, mark.at.top, len(found))
        self._grown[sheet.title] = [(mark.at.top, len(found)) for mark, found in plans]
        yield from slots

    def _things(self, cells: Cells, mark: Mark) -> list[Thing]:
        return things(self._county, mark.each, mark.says, self._period, self._names)

    def _row(self, sheet: Any, cells: Cells, row: int, columns: int) -> Iterator[tuple[int, Says]]:
        """Columns of a row that are to be filled: empty ones, and such with words that a mark names alone."""
        for column in range(1, columns + 1):
            says = cells.at(row, column)
            if says is None:
                continue
            cell = sheet.cell(row, column)
            if isinstance(cell, MergedCell):
                continue
            if formula_of(cell):
                self._made.skipped.append((sheet.title, cell_name(row, column)))
            elif str(cell.value if cell.value is not None else "").strip() in EMPTY_WORDS or cells.named(row, column):
                yield column, says

    def _ask(self, slot: _Slot) -> Ask | None:
        if slot.thing is not None and slot.thing.is_day:
            return None
        period = span_of(slot.says.span, self._book.period, self._period)
        thing = (slot.thing.kind, slot.thing.pk) if slot.thing else None
        return ask_of(slot.says, period, self._names, thing)

    # writing

    def _write(self, slot: _Slot, ask: Ask | None, known: dict[Ask, Decimal | None]) -> None:
        name = cell_name(slot.row, slot.column)
        sheet = self._workbook[slot.sheet]
        if not slot.says.figure:
            put(sheet, slot.row, slot.column, self._words(slot), None)
            return
        exact = known[ask] if ask else slot.thing.volume_m3 if slot.thing else None
        places = self._places(slot.says)
        measure = slot.says.measure if slot.says.figure in VOLUMES else "m3"
        value = None if exact is None else rounded(exact, MEASURES[measure], places)
        put(sheet, slot.row, slot.column, value if value is not None else self._book.unknown or None, places)
        if ask:
            stated, full = (None, None) if value is None else (str(value), str(exact))
            self._made.cells.append(Filled(slot.sheet, name, stated, full, ask, measure, places))

    def _places(self, says: Says) -> int:
        if says.places is not None:
            return says.places
        return self._book.places if says.figure in VOLUMES or says.figure == "irrigated_mu" else 0

    def _words(self, slot: _Slot) -> Any:
        text = slot.says.text
        if text in OF_TABLE:
            return self._of_table(text)
        if slot.thing is None:
            return None
        if text == "number":
            return slot.position
        value = slot.thing.words.get(text)
        if text in self._book.codes and value:
            return self._book.codes[text].get(str(value), str(value))
        choices = UserKind if text == "kind" and slot.thing.kind == "user" else CHOICES.get(text)
        if choices is not None and value:
            return str(choices(str(value)).label)
        if isinstance(value, date):
            return value.isoformat()
        return value if value not in ("", None) else None

    def _of_table(self, text: str) -> str:
        if text == "period":
            return period_words(self._book.period, self._period)
        if text == "year":
            return str(self._period.last.year)
        if text == "county":
            return self._county.name
        today = timezone.localdate()
        return self._by if text == "filled_by" else today.isoformat()

    # checking

    def _earlier(self, asks: Iterable[Ask | None]) -> list[Ask]:
        """The same figures of the period before and of the year before, of those that are of this period."""
        now = [ask for ask in asks if ask is not None and ask.period == self._period and ask.figure in VOLUMES]
        return [moved(ask, period) for ask in now for period in self._compared()]

    def _compared(self) -> tuple[Period, ...]:
        last, year = before(self._book.period, self._period), year_before(self._period)
        return (last,) if last == year else (last, year)

    def _check(self, known: dict[Ask, Decimal | None]) -> None:
        found = self._made.findings
        for cell in self._made.cells:
            if cell.value is None:
                found.append((cell.sheet, Finding("unknown", cell.cell, {})))
            elif Decimal(cell.value) < 0:
                found.append((cell.sheet, Finding("negative", cell.cell, {"now": cell.value})))
            if cell.ask.period == self._period and cell.ask.figure in VOLUMES and cell.exact is not None:
                for against, period in zip(("last", "last_year"), self._compared(), strict=False):
                    was = known.get(moved(cell.ask, period))
                    percent = leap(was, Decimal(cell.exact), self._book.change_percent)
                    if percent is not None and was is not None:
                        told = rounded(was, MEASURES[cell.measure], cell.places)
                        params = {
                            "before": str(told),
                            "now": cell.value or "",
                            "percent": f"{percent:+.0f}",
                            "against": against,
                        }
                        found.append((cell.sheet, Finding("leap", cell.cell, params)))
        self._check_sums()

    def _check_sums(self) -> None:
        worked = Worked(self._workbook)
        for each in self._book.sums:
            for sheet in self._workbook.worksheets:
                if (each.sheet or self._book.sheet) not in ("", sheet.title):
                    continue
                grown = self._grown[sheet.title]
                total = moved_range(each.total, grown)
                parts = [cell for part in each.parts for cell in cells_of(sheet, moved_range(part, grown))]
                try:
                    stated = worked.figure(sheet.title, total.top, total.left)
                    off = sum_off(stated, [worked.figure(sheet.title, *cell) for cell in parts])
                except Unworkable:
                    continue
                if off:
                    params = {"total": str(stated), "parts": str((stated or 0) - off), "off": str(off)}
                    self._made.findings.append((sheet.title, Finding("sum", cell_name(total.top, total.left), params)))


def moved_range(block: Range, grown: Iterable[tuple[int, int]]) -> Range:
    """A block of the empty table where it stands after rows have grown; one that ends on such a row takes in the new ones."""
    top, bottom = block.top, block.bottom
    for row, count in grown:
        more = max(count - 1, 0)
        top += more if block.top > row else 0
        bottom += more if block.bottom >= row else 0
    return Range(top, block.left, bottom, block.right)


# --- a filled table again ---


def hand_values(filling: Filling) -> dict[tuple[str, str], HandChange]:
    """The change by hand that counts, by sheet and cell; one that was given back does not."""
    found: dict[tuple[str, str], HandChange] = {}
    for change in filling.changes.select_related("changed_by"):
        found[change.sheet, change.cell] = change
    return {key: change for key, change in found.items() if change.value}


def _typed(text: str) -> Decimal | str:
    try:
        value = Decimal(text)
    except ArithmeticError:
        return text
    return value if value.is_finite() else text


def with_changes(content: bytes, by_hand: dict[tuple[str, str], HandChange]) -> bytes:
    """A filled file with the changes by hand in it."""
    if not by_hand:
        return content
    workbook = open_template(content)
    for (sheet, name), change in by_hand.items():
        place = Range.read(name)
        put(workbook[sheet], place.top, place.left, _typed(change.value), None)
    return written(workbook)


@dataclass(frozen=True, slots=True)
class Difference:
    """A cell that data of today would fill otherwise."""

    sheet: str
    cell: str
    was: str | None
    now: str | None


def differences(county: Division, sheets: Sheets) -> list[Difference]:
    """What the same table would say today: cells whose written figure would be another. Lists are not drawn up anew."""
    known = answers(county, {cell.ask for cell in sheets.cells})
    found = []
    for cell in sheets.cells:
        exact = known[cell.ask]
        now = None if exact is None else str(rounded(exact, MEASURES[cell.measure], cell.places))
        if now != cell.value:
            found.append(Difference(cell.sheet, cell.cell, cell.value, now))
    return found


def by_sheet(findings: Iterable[tuple[str, Finding]]) -> dict[tuple[str, str], list[Finding]]:
    """Findings by sheet and cell."""
    found: dict[tuple[str, str], list[Finding]] = defaultdict(list)
    for sheet, finding in findings:
        found[sheet, finding.cell].append(finding)
    return found
