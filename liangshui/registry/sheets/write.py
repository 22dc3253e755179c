"""Rows back into a workbook that reads back to the same rows, and an uploaded workbook with its bad cells marked."""

import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from openpyxl import Workbook as OpenpyxlWorkbook
from openpyxl import load_workbook
from openpyxl.cell import MergedCell, WriteOnlyCell
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import column_index_from_string
from openpyxl.worksheet.datavalidation import DataValidation

from liangshui.registry.sheets.cells import Cell
from liangshui.registry.sheets.fields import Field, Kind, Part, Value
from liangshui.registry.sheets.places import Datum, Place
from liangshui.registry.sheets.table import PLACE
from liangshui.registry.sheets.text import letter, storable
from liangshui.registry.sheets.units import convert
from liangshui.registry.sheets.workbook import Workbook, read_workbook

GUIDE_SHEET = "填表说明"
GUIDE_HEADINGS = ("栏目", "含义", "单位", "是否必填", "可填的值或者写法", "示例")
YES, NO = "是", "否"
MOST_EXACT_DIGITS = 15
DECIMALS_OF_PLACE = 6
LONGEST_DROP_DOWN = 255
LONGEST_COMMENT = 2000
_TEXT = "@"
_HEAD_FILL = PatternFill("solid", fgColor="FFE8EEF4")
_NEEDED_FILL = PatternFill("solid", fgColor="FFFCE4D6")
_BAD_FILL = PatternFill("solid", fgColor="FFFF9999")
_THIN = Side(style="thin", color="FFB0B7BF")
_BOX = Border(left=_THIN, right=_THIN, top=_THIN, bottom=_THIN)
_HEAD_FONT = Font(bold=True)
_HEAD_ALIGNMENT = Alignment(horizontal="center", vertical="center", wrap_text=True)
_WRAPPED = Alignment(vertical="top", wrap_text=True)


@dataclass(frozen=True, slots=True)
class SheetOut:
    """One sheet to write: the fields in the order of their columns, the rows as reading gives their values.

    A place stands in a row under `place`, whatever columns it is written in.
    """

    name: str
    fields: Sequence[Field]
    rows: Iterable[Mapping[str, Value]]


@dataclass(frozen=True, slots=True)
class Mark:
    """A cell to mark: sheet, row from 1, column letter, and the sentence that says what to do."""

    sheet: str
    row: int
    column: str
    text: str


def write_workbook(sheets: Sequence[SheetOut], *, guide: bool = True, label: str = "") -> bytes:
    """The sheets as .xlsx, with a sheet 填表说明 that explains every column.

    Read by the same fields, it gives the same values. Codes and texts are text cells; figures stand in the ledger's
    unit; a figure of more than 15 digits, which Excel would round, is written as text. `label` stands above the headings
    of each sheet; reading passes it over as a title.
    """
    book = OpenpyxlWorkbook(write_only=True)
    explained: dict[str, Field] = {}
    for sheet in sheets:
        fields = [field for field in sheet.fields if field.written]
        explained.update((field.name, field) for field in fields)
        _write_sheet(book, sheet.name, fields, sheet.rows, label)
    if guide:
        _write_guide(book, list(explained.values()))
    return _saved(book)


def _saved(book: OpenpyxlWorkbook) -> bytes:
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _write_sheet(
    book: Any, name: str, fields: Sequence[Field], rows: Iterable[Mapping[str, Value]], label: str
) -> None:
    sheet = book.create_sheet(_sheet_name(name))
    sheet.freeze_panes = "A3" if label else "A2"
    sheet.print_title_rows = "1:2" if label else "1:1"
    sheet.page_setup.orientation = "landscape"
    for index, field in enumerate(fields):
        sheet.column_dimensions[letter(index)].width = max(field.width, 2 * len(field.heading) + 4)
        _offer_choices(sheet, letter(index), field)
    if label:
        sheet.append([label])
    sheet.append([_head(sheet, field) for field in fields])
    pens = _Pens(sheet)
    for row in rows:
        sheet.append([_cell(pens, column, field, row) for column, field in enumerate(fields)])


def _sheet_name(name: str) -> str:
    """A name that Excel takes: at most 31 characters, none of []:*?/\\."""
    return "".join(" " if c in "[]:*?/\\'" else c for c in storable(name))[:31].strip() or "Sheet1"


def _head(sheet: Any, field: Field) -> Any:
    cell = _text_cell(sheet, field.written_heading)
    cell.font, cell.alignment, cell.border = _HEAD_FONT, _HEAD_ALIGNMENT, _BOX
    cell.fill = _NEEDED_FILL if field.required else _HEAD_FILL
    return cell


def _offer_choices(sheet: Any, column: str, field: Field) -> None:
    if field.kind is Kind.YES_NO:
        offered = f"{YES},{NO}"
    elif field.kind is Kind.CHOICE and not field.several:
        offered = ",".join(choice.label for choice in field.choices)
    else:
        return
    if len(offered) <= LONGEST_DROP_DOWN:
        rule = DataValidation("list", formula1=f'"{offered}"', allow_blank=True, showErrorMessage=False)
        rule.add(f"{column}2:{column}1048576")
        sheet.data_validations.append(rule)


def _text_cell(sheet: Any, text: str) -> Any:
    """A cell that stays text, even if it looks like a number or a formula."""
    cell = WriteOnlyCell(sheet)
    cell.number_format = _TEXT
    _put_text(cell, text)
    return cell


def _put_text(cell: Any, text: str) -> None:
    cell.value = storable(text)[:32767]
    cell.data_type = "s"


class _Pens:
    """One cell for each number format, used over and over: rows are written out as they are appended."""

    def __init__(self, sheet: Any) -> None:
        self._sheet = sheet
        self._by_format: dict[tuple[int, str], Any] = {}

    def text(self, column: int, text: str) -> Any:
        pen = self._pen(column, _TEXT)
        _put_text(pen, text)
        return pen

    def value(self, column: int, value: float | int | date, number_format: str) -> Any:
        pen = self._pen(column, number_format)
        pen.value = value
        pen.number_format = number_format  # a date sets its own
        return pen

    def _pen(self, column: int, number_format: str) -> Any:
        key = (column, number_format)
        if key not in self._by_format:
            pen = WriteOnlyCell(self._sheet)
            pen.number_format = number_format
            self._by_format[key] = pen
        return self._by_format[key]


def _cell(pens: _Pens, column: int, field: Field, row: Mapping[str, Value]) -> Any:
    value = _part(field.part, row.get(PLACE)) if field.kind is Kind.PLACE else row.get(field.name)
    if value is None:
        return None
    if isinstance(value, tuple):
        return pens.text(column, "、".join(_label(field, one) for one in value))
    if isinstance(value, bool):
        return pens.text(column, YES if value else NO)
    if isinstance(value, (Decimal, int)):
        return _figure_cell(pens, column, field, Decimal(value))
    if isinstance(value, date):
        return pens.value(column, value, "yyyy-mm-dd")
    return pens.text(column, _label(field, str(value)))


def _label(field: Field, code: str) -> str:
    return next((choice.label for choice in field.choices if choice.code == code), code)


def _part(part: Part, place: Value) -> Value:
    if not isinstance(place, Place):
        return None
    match part:
        case Part.LON:
            return place.lon
        case Part.LAT:
            return place.lat
        case Part.SYSTEM:
            return str(Datum.CGCS2000)
    return None


def _figure_cell(pens: _Pens, column: int, field: Field, value: Decimal) -> Any:
    if field.kind is not Kind.PLACE:
        value = convert(value, field.value_unit, field.written_unit)
    digits = value.normalize().as_tuple()
    if len(digits.digits) > MOST_EXACT_DIGITS:
        return pens.text(column, format(value, "f"))
    decimals = DECIMALS_OF_PLACE if field.kind is Kind.PLACE else max(0, -int(digits.exponent))
    if decimals == 0:
        return pens.value(column, int(value), "0")
    return pens.value(column, float(value), "0." + "0" * decimals)


# --- the filling-in sheet ---


def _write_guide(book: Any, fields: Sequence[Field]) -> None:
    sheet = book.create_sheet(GUIDE_SHEET)
    sheet.freeze_panes = "A2"
    for column, width in zip("ABCDEF", (20, 44, 10, 10, 56, 28), strict=True):
        sheet.column_dimensions[column].width = width
    heads = [_text_cell(sheet, heading) for heading in GUIDE_HEADINGS]
    for head in heads:
        head.font, head.alignment, head.border, head.fill = _HEAD_FONT, _HEAD_ALIGNMENT, _BOX, _HEAD_FILL
    sheet.append(heads)
    for field in fields:
        line = (
            field.written_heading,
            field.meaning,
            field.written_unit.symbol,
            YES if field.required else NO,
            _allowed(field),
            field.example,
        )
        cells = [_text_cell(sheet, text) for text in line]
        for cell in cells:
            cell.alignment, cell.border = _WRAPPED, _BOX
        sheet.append(cells)


_WRITTEN_AS = {
    Kind.TEXT: "文字",
    Kind.CODE: "按文本填写，保留前面的 0",
    Kind.DECIMAL: "数字",
    Kind.INTEGER: "整数",
    Kind.YES_NO: "是、否",
    Kind.TIME: "日期和时刻，如 2023-04-05 08:00",
    Kind.DATE: "日期，如 2023-04-05、2023.4.5、2023年4月5日",
    Kind.PERIOD: "起止日期，如 2023.1.1-2027.12.31",
    Kind.CHOICE: "",
    Kind.PLACE: "坐标",
}


def _allowed(field: Field) -> str:
    if field.kind is Kind.CHOICE:
        return "、".join(choice.label for choice in field.choices)
    text = _WRITTEN_AS[field.kind]
    if field.minimum is not None and field.maximum is not None:
        text += f"，{field.minimum} 到 {field.maximum}"
    if field.several:
        text += "；几个之间用顿号"
    return text + "；没有的填“/”或者空着"


# --- the marked copy ---


def mark_cells(original: bytes, marks: Iterable[Mark]) -> bytes:
    """A copy of an uploaded file as .xlsx, its bad cells filled red with a comment that says what to do.

    An .xlsx keeps its values, formulas, styles, widths, merges, hidden columns and sheets; drawings that openpyxl does
    not know are lost. An .xls or CSV becomes an .xlsx with the same cells in the same places. A mark inside a merged
    range stands at the range's first cell.

    Raises:
        SheetError: as `read_workbook`.
    """
    workbook = read_workbook(original)
    book = _opened(original) if workbook.form == "xlsx" else None
    if book is None:
        book = _copied(workbook)
    by_cell: dict[tuple[str, int, int], list[str]] = {}
    for mark in marks:
        key = (mark.sheet, mark.row, column_index_from_string(mark.column))
        texts = by_cell.setdefault(key, [])
        if mark.text not in texts:
            texts.append(mark.text)
    titles = {sheet.name: title for sheet, title in zip(workbook.sheets, _titles(book, workbook), strict=False)}
    placed: dict[tuple[str, str], list[str]] = {}
    for (name, row, column), texts in by_cell.items():
        if name in titles:
            cell = _first_of_merge(book[titles[name]], row, column)
            placed.setdefault((titles[name], cell.coordinate), []).extend(texts)
    for (title, coordinate), texts in placed.items():
        cell = book[title][coordinate]
        cell.fill = _BAD_FILL
        before = [cell.comment.text] if cell.comment is not None else []
        text = storable("\n".join([*before, *texts]))[:LONGEST_COMMENT]
        cell.comment = Comment(text, "Liangshui", height=40 + 20 * text.count("\n") + len(text), width=260)
    return _saved(book)


def _opened(original: bytes) -> OpenpyxlWorkbook | None:
    """The file in openpyxl, or None where it is stricter than the reader (odd styles of other office programs)."""
    try:
        return load_workbook(io.BytesIO(original))
    except MemoryError:
        raise
    except Exception:
        return None


def _titles(book: OpenpyxlWorkbook, workbook: Workbook) -> list[str]:
    if all(sheet.name in book.sheetnames for sheet in workbook.sheets):
        return [sheet.name for sheet in workbook.sheets]
    return list(book.sheetnames)[: len(workbook.sheets)]


def _copied(workbook: Workbook) -> OpenpyxlWorkbook:
    book = OpenpyxlWorkbook()
    book.remove(book.worksheets[0])
    for sheet in workbook.sheets:
        out = book.create_sheet(_sheet_name(sheet.name))
        for r, row in enumerate(sheet.rows, start=1):
            for c, value in enumerate(row, start=1):
                if value is not None and value != "":
                    _put(out.cell(r, c), value)
        for merge in sheet.merges:
            out.merge_cells(
                start_row=merge.top + 1,
                start_column=merge.left + 1,
                end_row=merge.bottom + 1,
                end_column=merge.right + 1,
            )
        if sheet.hidden and len(workbook.sheets) > 1:
            out.sheet_state = "hidden"
    return book


def _put(cell: Any, value: Cell) -> None:
    if isinstance(value, str):
        cell.value = storable(value)[:32767]
        cell.data_type = "s"
        cell.number_format = _TEXT
    else:
        cell.value = value
        if isinstance(value, date) and not isinstance(value, datetime):
            cell.number_format = "yyyy-mm-dd"
        elif isinstance(value, (time, timedelta)):
            cell.number_format = "hh:mm:ss"


def _first_of_merge(sheet: Any, row: int, column: int) -> Any:
    cell = sheet.cell(row, column)
    if isinstance(cell, MergedCell):
        for merge in sheet.merged_cells.ranges:
            if cell.coordinate in merge:
                return sheet.cell(merge.min_row, merge.min_col)
    return cell
