"""A workbook of the superior (报表模板): shown as a grid, grown where a row is repeated, filled."""

import io
import re
import zipfile
from collections.abc import Iterator
from copy import copy
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from openpyxl import Workbook, load_workbook
from openpyxl.cell.cell import MergedCell
from openpyxl.utils.exceptions import InvalidFileException
from openpyxl.worksheet.cell_range import CellRange
from openpyxl.worksheet.worksheet import Worksheet

from liangshui.registry.sheets.problems import SheetError
from liangshui.registry.sheets.workbook import read_workbook
from liangshui.reports.rules.formulas import DEEPEST, Unworkable, copied, evaluate, grown
from liangshui.reports.rules.ranges import LAST_ROW, Range, column_letter

MOST_ROWS_SHOWN = 300
MOST_COLUMNS_SHOWN = 60


def open_template(content: bytes) -> Workbook:
    """A workbook that can be filled.

    Raises:
        SheetError: old_format (.xls; must be saved as .xlsx), macros, and what read_workbook raises.
    """
    found = read_workbook(content)
    if found.form != "xlsx":
        raise SheetError("old_format" if found.form == "xls" else "unknown_format", {"format": found.form})
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        if any(name.lower().endswith("vbaproject.bin") for name in archive.namelist()):
            raise SheetError("macros")
    try:
        return load_workbook(io.BytesIO(content), rich_text=True)
    except (InvalidFileException, KeyError, ValueError, TypeError, zipfile.BadZipFile) as error:
        raise SheetError("damaged") from error


def written(book: Workbook) -> bytes:
    """The workbook's file; formulas are worked out anew when it is opened."""
    if book.calculation is not None:
        book.calculation.fullCalcOnLoad = True
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


# --- for the page ---


@dataclass(slots=True)
class Box:
    """One cell as a page shows it."""

    row: int
    column: int
    text: str
    formula: str = ""
    rowspan: int = 1
    colspan: int = 1
    bold: bool = False
    align: str = ""
    places: int | None = None
    """Decimals that the cell's number format shows."""


@dataclass(slots=True)
class Grid:
    """A sheet as rows of boxes, cells that merged ranges cover left out; `more` rows are not shown."""

    sheet: str
    columns: int
    rows: list[tuple[int, list[Box]]]
    widths: list[int]
    more: int = 0


def grid(sheet: Worksheet, first: int = 1, rows: int = MOST_ROWS_SHOWN) -> Grid:
    """The part of a sheet that a page shows."""
    last, columns = used(sheet)
    stop, columns = min(last, first + rows - 1), min(max(columns, 1), MOST_COLUMNS_SHOWN)
    heads: dict[tuple[int, int], tuple[int, int]] = {}
    covered: set[tuple[int, int]] = set()
    for merged in sheet.merged_cells.ranges:
        if merged.max_row < first or merged.min_row > stop:
            continue
        heads[merged.min_row, merged.min_col] = (
            min(merged.max_row, stop) - merged.min_row + 1,
            min(merged.max_col, columns) - merged.min_col + 1,
        )
        for row in range(max(merged.min_row, first), min(merged.max_row, stop) + 1):
            covered |= {(row, column) for column in range(merged.min_col, min(merged.max_col, columns) + 1)}
    found = []
    for row in range(first, stop + 1):
        boxes = []
        for column in range(1, columns + 1):
            if (row, column) in covered and (row, column) not in heads:
                continue
            cell = sheet.cell(row, column)
            rowspan, colspan = heads.get((row, column), (1, 1))
            formula = formula_of(cell)
            boxes.append(
                Box(
                    row, column, "" if formula else shown(cell.value), formula, rowspan, colspan,
                    bool(cell.font and cell.font.b), str(cell.alignment.horizontal or "") if cell.alignment else "",
                    _places(cell.number_format),
                )
            )  # fmt: skip
        found.append((row, boxes))
    letters = [column_letter(column) for column in range(1, columns + 1)]
    widths = [round(7 * (sheet.column_dimensions[letter].width or 9)) + 5 for letter in letters]
    return Grid(sheet.title, columns, found, widths, max(last - stop, 0))


def _places(number_format: str) -> int | None:
    found = re.match(r"^[#,]*0(?:\.(0+))?(?:[_;\s].*)?$", number_format or "")
    return len(found[1] or "") if found else None


def part_of(content: bytes, title: str, first: int, rows: int = MOST_ROWS_SHOWN) -> Grid:
    """The same of a file that is too long to be opened whole: rows are read from its beginning, without merges and formulas' figures."""
    book = load_workbook(io.BytesIO(content), read_only=True)
    sheet: Any = book[title]
    last, columns = sheet.max_row or first, min(sheet.max_column or 1, MOST_COLUMNS_SHOWN)
    found = []
    for row, line in enumerate(
        sheet.iter_rows(min_row=first, max_row=min(last, first + rows - 1), max_col=columns), first
    ):
        boxes = []
        for column, cell in enumerate(line, 1):
            formula = formula_of(cell) if cell.value is not None else ""
            boxes.append(Box(row, column, "" if formula else shown(cell.value), formula))
        found.append((row, boxes))
    book.close()
    return Grid(title, columns, found, [90] * columns, max(last - first - len(found) + 1, 0))


def sheets_of(content: bytes) -> list[str]:
    """Names of the sheets of a file, without opening it whole."""
    book = load_workbook(io.BytesIO(content), read_only=True)
    names: list[str] = book.sheetnames
    book.close()
    return names


def holds_formula(content: bytes, title: str, row: int, column: int) -> bool:
    """Whether a cell of a file holds a formula."""
    book = load_workbook(io.BytesIO(content), read_only=True)
    sheet: Any = book[title]
    cells: Any = next(iter(sheet.iter_rows(min_row=row, max_row=row, min_col=column, max_col=column)), ())
    found = bool(cells) and cells[0].value is not None and bool(formula_of(cells[0]))
    book.close()
    return found


def used(sheet: Worksheet) -> tuple[int, int]:
    """Last row and column with something in them, borders included."""
    return sheet.max_row, sheet.max_column


def formula_of(cell: Any) -> str:
    """The formula of a cell ("=…"), or ""."""
    if cell.data_type != "f":
        return ""
    return str(getattr(cell.value, "text", None) or cell.value)


def shown(value: Any) -> str:
    """A cell's value as a page writes it."""
    if value is None:
        return ""
    if isinstance(value, datetime) and not (value.hour or value.minute):
        value = value.date()
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return value.isoformat(" ") if isinstance(value, datetime) else str(value)


# --- growing ---


def grow(sheet: Worksheet, row: int, count: int) -> None:
    """Make the one row into `count` rows, each like it; what stands below moves down, with its merges, heights and formulas.

    The print area grows with it. With a count of 0 or 1 nothing moves.
    """
    more = count - 1
    if more <= 0:
        return
    if sheet.max_row + more > LAST_ROW:
        raise SheetError("too_large", {"cells": str(count), "limit": str(LAST_ROW)})
    merges = _apart(sheet, row)
    last, columns = used(sheet)
    if last > row:
        sheet.move_range(CellRange(min_col=1, min_row=row + 1, max_col=columns, max_row=last), rows=more)
    _move_heights(sheet, row, more)
    _move_formulas(sheet, row, more)
    _stretch_print_area(sheet, row, more)
    pattern = [sheet.cell(row, column) for column in range(1, columns + 1)]
    height = sheet.row_dimensions[row].height
    for down in range(1, more + 1):
        if height is not None:
            sheet.row_dimensions[row + down].height = height
        for model in pattern:
            cell = sheet.cell(row + down, model.column)
            if model.has_style:
                cell._style = copy(model._style)
            formula = formula_of(model)
            if formula:
                cell.value = copied(formula, down)
            elif model.value is not None:
                cell.value = model.value
    _together(sheet, merges, row, more)
    for left, right in _merged_across(sheet, row):
        for down in range(1, more + 1):
            sheet.merge_cells(start_row=row + down, end_row=row + down, start_column=left, end_column=right)


def _merged_across(sheet: Worksheet, row: int) -> list[tuple[int, int]]:
    return [
        (merged.min_col, merged.max_col)
        for merged in sheet.merged_cells.ranges
        if merged.min_row == merged.max_row == row
    ]


@dataclass(slots=True)
class _Merge:
    """A merged range that moves or grows, with the looks of its cells (their borders), which taking it apart would lose."""

    block: CellRange
    looks: list[tuple[int, int, Any]]


def _apart(sheet: Worksheet, row: int) -> list[_Merge]:
    """Take apart the merges that lie below the row or hold it and others, so that only plain cells move."""
    found = []
    for merged in list(sheet.merged_cells.ranges):
        block = CellRange(merged.coord)
        if block.max_row < row or block.min_row == block.max_row == row:
            continue
        looks = [(r, c, copy(sheet.cell(r, c)._style)) for r, c in block.cells]
        sheet.unmerge_cells(merged.coord)
        found.append(_Merge(block, looks))
    return found


def _together(sheet: Worksheet, merges: list[_Merge], row: int, more: int) -> None:
    """Merge again, moved down or grown."""
    for merge in merges:
        for r, c, look in merge.looks:
            sheet.cell(r + more if r > row else r, c)._style = look
        if merge.block.min_row > row:
            merge.block.shift(row_shift=more)
        else:
            merge.block.expand(down=more)
        sheet.merge_cells(merge.block.coord)


def _move_heights(sheet: Worksheet, row: int, more: int) -> None:
    heights = {number: d.height for number, d in sheet.row_dimensions.items() if number > row and d.height is not None}
    for number in heights:
        sheet.row_dimensions[number].height = None
    for number, height in heights.items():
        sheet.row_dimensions[number + more].height = height


def _move_formulas(sheet: Worksheet, row: int, more: int) -> None:
    for other in sheet.parent.worksheets:
        for line in other.iter_rows():
            for cell in line:
                formula = formula_of(cell)
                if formula and isinstance(cell.value, str):
                    inside = other is sheet and cell.row == row
                    cell.value = grown(formula, row, more, other is sheet, sheet.title, inside)


def _stretch_print_area(sheet: Worksheet, row: int, more: int) -> None:
    area = sheet.print_area
    if not area:
        return
    parts = []
    for part in area.split(","):
        block = CellRange(part.rpartition("!")[2].replace("$", ""))
        if block.min_row > row:
            block.shift(row_shift=more)
        elif block.max_row >= row:
            block.expand(down=more)
        parts.append(block.coord)
    sheet.print_area = parts


# --- filling ---


def put(sheet: Worksheet, row: int, column: int, value: Decimal | int | str | date | None, places: int | None) -> bool:
    """Write a value unless the cell is a formula or covered by a merge; whether it was written."""
    cell = sheet.cell(row, column)
    if isinstance(cell, MergedCell) or formula_of(cell):
        return False
    cell.value = value
    if isinstance(value, Decimal) and cell.number_format == "General" and places is not None:
        cell.number_format = "0" if not places else "0." + "0" * places
    if isinstance(value, str):
        cell.data_type = "s"  # a name that begins with "=" is no formula
    return True


def cells_of(sheet: Worksheet, block: Range) -> Iterator[tuple[int, int]]:
    """The cells of a block that lie in the used part of the sheet."""
    last, columns = used(sheet)
    for row in range(block.top, min(block.bottom, last) + 1):
        for column in range(block.left, min(block.right, columns) + 1):
            yield row, column


class Worked:
    """The figures of a filled workbook, formulas worked out as far as that goes here."""

    def __init__(self, book: Workbook) -> None:
        self._book = book
        self._known: dict[tuple[str, int, int], Decimal | None] = {}
        self._deep = 0

    def figure(self, sheet: str, row: int, column: int) -> Decimal | None:
        """The figure in a cell; None: it holds none.

        Raises:
            Unworkable: it is a formula beyond what is worked out here, or goes in a circle.
        """
        key = (sheet, row, column)
        if key not in self._known:
            if sheet not in self._book.sheetnames or self._deep > DEEPEST:
                raise Unworkable
            self._deep += 1
            try:
                self._known[key] = self._work(sheet, self._book[sheet].cell(row, column))
            finally:
                self._deep -= 1
        return self._known[key]

    def _work(self, sheet: str, cell: Any) -> Decimal | None:
        formula = formula_of(cell)
        if formula:
            return evaluate(formula, lambda name, row, column: self.figure(name or sheet, row, column))
        value = cell.value
        if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
            return None
        return Decimal(str(value))
