"""A file's bytes into sheets of rows: .xlsx and .xls by calamine, CSV in UTF-8, GBK or UTF-16."""

import csv
import io
import re
import zipfile
import zlib
from dataclasses import dataclass, field

from openpyxl.utils import column_index_from_string
from python_calamine import CalamineSheet, CalamineWorkbook, PasswordError, SheetTypeEnum, SheetVisibleEnum

from liangshui.registry.sheets.cells import Cell
from liangshui.registry.sheets.problems import SheetError

MOST_CELLS = 8_000_000
MOST_BYTES_UNPACKED = 600_000_000
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_MARKUP = re.compile(rb"^\s*(?:<\?xml|<!doctype|<html|<table|<meta|<head)", re.IGNORECASE)
_OUR_OWN = (KeyboardInterrupt, SystemExit, GeneratorExit, MemoryError)


@dataclass(frozen=True, slots=True)
class Merge:
    """A merged range, rows and columns counted from 0, the last included."""

    top: int
    left: int
    bottom: int
    right: int


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet: all rows from the first, so `rows[0][0]` is A1. Hidden columns and rows are read like others."""

    name: str
    rows: list[list[Cell]]
    merges: tuple[Merge, ...] = ()
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class Workbook:
    """The sheets of a file, and what it was: xlsx, xls or csv."""

    form: str
    sheets: tuple[Sheet, ...] = field(default=())


def read_workbook(content: bytes) -> Workbook:
    """Read a file by what it holds, whatever its name says.

    Raises:
        SheetError: empty_file, damaged, password, too_large {cells, limit}, unknown_format {format}.
    """
    if not content.strip(b"\x00 \t\r\n"):
        raise SheetError("empty_file")
    if content.startswith(b"PK"):
        _refuse_giants(content)
        return _calamine(content, "xlsx")
    if content.startswith(_OLE):
        if _ENCRYPTED in content:
            raise SheetError("password")
        return _calamine(content, "xls")
    for form, start in (("pdf", b"%PDF"), ("rar", b"Rar!"), ("7z", b"7z\xbc\xaf"), ("gzip", b"\x1f\x8b")):
        if content.startswith(start):
            raise SheetError("unknown_format", {"format": form})
    if _MARKUP.match(content.removeprefix(b"\xef\xbb\xbf")[:200]):
        raise SheetError("unknown_format", {"format": "html"})
    return Workbook("csv", (Sheet("", _csv_rows(content)),))


def _calamine(content: bytes, form: str) -> Workbook:
    try:
        with CalamineWorkbook.from_filelike(io.BytesIO(content)) as book:
            sheets = tuple(
                _sheet(book.get_sheet_by_name(meta.name), hidden=meta.visible is not SheetVisibleEnum.Visible)
                for meta in book.sheets_metadata
                if meta.typ is SheetTypeEnum.WorkSheet
            )
    except PasswordError:
        raise SheetError("password") from None
    except SheetError:
        raise
    except BaseException as error:  # a panic of the Rust reader is no Exception
        if isinstance(error, _OUR_OWN):
            raise
        raise SheetError("damaged") from error
    return Workbook(form, sheets)


def _sheet(sheet: CalamineSheet, *, hidden: bool) -> Sheet:
    if sheet.total_height * sheet.total_width > 2 * MOST_CELLS:
        raise _too_large(sheet.total_height * sheet.total_width)
    rows: list[list[Cell]] = [[*row] for row in sheet.to_python(skip_empty_area=False)]
    merges = tuple(Merge(top, left, bottom, right) for (top, left), (bottom, right) in sheet.merged_cell_ranges or ())
    return Sheet(sheet.name, rows, merges, hidden)


def _too_large(cells: int) -> SheetError:
    return SheetError("too_large", {"cells": str(cells), "limit": str(MOST_CELLS)})


_ROW_NUMBER = re.compile(rb'<(?:\w+:)?row [^>]*?\br="(\d+)"')
_CELL_COLUMN = re.compile(rb'<(?:\w+:)?c r="([A-Za-z]{1,3})\d')


def _refuse_giants(content: bytes) -> None:
    """A cell far to the lower right makes the reader lay out every cell before it, by the gigabyte: look first."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            infos = archive.infolist()
            if any(info.flag_bits & 1 for info in infos):
                raise SheetError("password")
            if sum(info.file_size for info in infos) > MOST_BYTES_UNPACKED:
                raise SheetError("too_large", {"cells": "", "limit": str(MOST_CELLS)})
            for info in infos:
                if info.filename.startswith("xl/worksheets/") and info.filename.endswith(".xml"):
                    _refuse_giant_sheet(archive.read(info))
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError, ValueError, RuntimeError) as error:
        raise SheetError("damaged") from error


def _refuse_giant_sheet(markup: bytes) -> None:
    rows = max((int(number[:9]) for number in _ROW_NUMBER.findall(markup)), default=0)
    columns = max((column_index_from_string(name.decode()) for name in set(_CELL_COLUMN.findall(markup))), default=0)
    if rows * columns > MOST_CELLS:
        raise _too_large(rows * columns)


def _csv_rows(content: bytes) -> list[list[Cell]]:
    text = _decoded(content)
    head = text[:4000]
    delimiter = max(",\t;", key=head.count)
    try:
        csv.field_size_limit(1_000_000)
        rows: list[list[Cell]] = [list(row) for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)]
    except csv.Error as error:
        raise SheetError("damaged") from error
    if sum(map(len, rows)) > MOST_CELLS:
        raise _too_large(sum(map(len, rows)))
    return rows


def _decoded(content: bytes) -> str:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        encodings = ["utf-16"]
    else:
        encodings = ["utf-8-sig", "gb18030"]
    for encoding in encodings:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\x00" not in text:
            return text
    raise SheetError("unknown_format", {"format": "binary"})
