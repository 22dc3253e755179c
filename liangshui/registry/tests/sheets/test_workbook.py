"""Bytes of files: what they are, and what cannot be read."""

import io
import zipfile
from pathlib import Path

import openpyxl
import pytest

from liangshui.registry.sheets.problems import SheetError
from liangshui.registry.sheets.workbook import Merge, read_workbook

WORKBOOKS = Path(__file__).parent / "workbooks"


def xlsx(**cells: object) -> bytes:
    book = openpyxl.Workbook()
    for coordinate, value in cells.items():
        book.active[coordinate] = value
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def refusal(content: bytes) -> tuple[str, dict[str, str]]:
    with pytest.raises(SheetError) as caught:
        read_workbook(content)
    return caught.value.code, caught.value.params


def test_rows_begin_at_a1_even_if_the_sheet_does_not() -> None:
    (sheet,) = read_workbook(xlsx(B3="井名", C3=1.5)).sheets
    assert sheet.rows[2][1:] == ["井名", 1.5]
    assert len(sheet.rows) == 3


def test_xls_gives_the_same_kind_of_sheet() -> None:
    book = read_workbook((WORKBOOKS / "census.xls").read_bytes())
    assert book.form == "xls"
    assert Merge(3, 0, 5, 0) in book.sheets[0].merges


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
def test_csv_is_read_in_the_encodings_of_office_programs(encoding: str, delimiter: str) -> None:
    content = f"井名{delimiter}井深\r\n上泉井{delimiter}80\r\n".encode(encoding)
    book = read_workbook(content)
    assert book.form == "csv"
    assert book.sheets[0].rows == [["井名", "井深"], ["上泉井", "80"]]


def test_a_truncated_file_is_damaged() -> None:
    whole = (WORKBOOKS / "two_heads.xlsx").read_bytes()
    old = (WORKBOOKS / "census.xls").read_bytes()
    assert refusal(whole[:3000]) == ("damaged", {})
    assert refusal(old[:1500]) == ("damaged", {})
    assert refusal(b"PK\x03\x04 and nothing else") == ("damaged", {})


def test_a_zip_that_is_no_workbook_is_damaged() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("readme.txt", "hello")
    assert refusal(out.getvalue()) == ("damaged", {})


def test_a_workbook_with_a_password_is_told_from_a_damaged_one() -> None:
    # Excel packs an encrypted .xlsx into an OLE container with a stream of this name
    ole = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(500) + "EncryptedPackage".encode("utf-16-le") + bytes(500)
    assert refusal(ole) == ("password", {})


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", ("empty_file", {})),
        (b"\x00\x00 \n", ("empty_file", {})),
        (b"%PDF-1.7 ...", ("unknown_format", {"format": "pdf"})),
        (b"<html><table><tr><td>1</td></tr></table></html>", ("unknown_format", {"format": "html"})),
        (b"\xef\xbb\xbf<?xml version='1.0'?><Workbook/>", ("unknown_format", {"format": "html"})),
        (b"Rar!\x1a\x07\x00", ("unknown_format", {"format": "rar"})),
        (b"\x89PNG\x00\xff\xfe\x00\xff", ("unknown_format", {"format": "binary"})),
    ],
)
def test_what_is_no_workbook_is_refused_by_name(content: bytes, expected: tuple[str, dict[str, str]]) -> None:
    assert refusal(content) == expected


def test_one_stray_cell_far_away_does_not_eat_the_memory() -> None:
    assert refusal(xlsx(A1=1, XFD20000=2)) == ("too_large", {"cells": "327680000", "limit": "8000000"})
