"""Written sheets read back to the same; marked copies keep what they were."""

import io
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from liangshui.registry.sheets.divisions import DIVISIONS
from liangshui.registry.sheets.fields import Field, Kind, Value
from liangshui.registry.sheets.ledger import LEDGER, read_ledger
from liangshui.registry.sheets.places import Place
from liangshui.registry.sheets.table import Row, read_tables
from liangshui.registry.sheets.workbook import read_workbook
from liangshui.registry.sheets.write import GUIDE_SHEET, Mark, SheetOut, mark_cells, write_workbook

WORKBOOKS = Path(__file__).parent / "workbooks"

WELL: dict[str, Value] = {
    "town": "青泉镇",
    "village": "上泉嘎查",
    "user_name": "=1+1 合作社",
    "credit_code": "91150625MA0DEMO018",
    "user_kind": "collective",
    "household_numbers": ("0401000001", "0401000002"),
    "code": "0012",
    "name": "+1号井",
    "kind": "well",
    "source": "shallow_groundwater",
    "sector": "agriculture",
    "place": Place(Decimal("107.537556"), Decimal("39.836111"), "degrees"),
    "depth_m": Decimal("120.50"),
    "pipe_mm": Decimal(100),
    "register_digits": 6,
    "status": "in_use",
    "lawful_method": "electricity",
    "verification_due": date(2027, 4, 30),
    "power_meter_number": "1530001000000012345",
    "permit_number": "取水（演）字〔2020〕第 00012 号",
    "permitted_m3": Decimal("12345.678"),
    "permit_from": date(2020, 1, 1),
    "permit_to": date(2024, 12, 31),
}


def opened(content: bytes) -> Any:
    return openpyxl.load_workbook(io.BytesIO(content))


def recorded(row: Row) -> dict[str, Value]:
    return {name: value for name, value in row.values.items() if value is not None}


def test_a_ledger_reads_back_as_it_was_written() -> None:
    reading = read_ledger(write_workbook([SheetOut("台账", LEDGER, [WELL])]))
    (table,) = reading.tables
    assert reading.left_out == {GUIDE_SHEET: "guide"}
    assert (table.problems, table.notes, table.unknown, table.skipped) == ((), (), (), ())
    assert table.rows[0].problems == ()
    assert recorded(table.rows[0]) == WELL


def test_writing_what_was_read_changes_nothing() -> None:
    once = write_workbook([SheetOut("台账", LEDGER, [WELL])])
    rows = [row.values for table in read_ledger(once).tables for row in table.rows]
    again = read_ledger(write_workbook([SheetOut("台账", LEDGER, rows)]))
    assert [row.values for table in again.tables for row in table.rows] == rows


def test_a_division_list_reads_back() -> None:
    town: dict[str, Value] = {
        "code": "150625103",
        "name": "独贵塔拉镇",
        "level": "town",
        "parent": "150625",
        "aliases": ("独贵特拉镇", "独贵"),
    }
    (table,) = read_tables(read_workbook(write_workbook([SheetOut("区划", DIVISIONS, [town])])), DIVISIONS).tables
    assert recorded(table.rows[0]) == town


def test_headings_have_units_figures_have_the_ledgers_unit_and_codes_are_text() -> None:
    sheet = opened(write_workbook([SheetOut("台账", LEDGER, [WELL])]))["台账"]
    columns = {cell.value: cell.column_letter for cell in sheet[1]}
    volume, code, name = (sheet[f"{columns[h]}2"] for h in ("年许可取水量（万m³）", "取水口编号", "取水口名称"))
    assert volume.value == 1.2345678
    assert (code.value, code.data_type, code.number_format) == ("0012", "s", "@")
    assert (name.value, name.data_type) == ("+1号井", "s")
    assert sheet[f"{columns['用水户名称']}2"].data_type == "s"
    assert sheet[f"{columns['检定有效期至']}2"].number_format == "yyyy-mm-dd"
    assert sheet.freeze_panes == "A2"


def test_a_figure_too_long_for_excel_is_written_as_text_and_stays_exact() -> None:
    field = Field(name="volume_m3", heading="水量", kind=Kind.DECIMAL, unit="m³", required=True)
    other = Field(name="name", heading="井名")
    exact = Decimal("1234567890123.456")
    content = write_workbook([SheetOut("水量", (field, other), [{"volume_m3": exact, "name": "一号井"}])])
    (table,) = read_tables(read_workbook(content), (field, other)).tables
    assert table.rows[0].values["volume_m3"] == exact


def test_the_filling_in_sheet_explains_every_written_column() -> None:
    sheet = opened(write_workbook([SheetOut("台账", LEDGER, [])]))[GUIDE_SHEET]
    lines = {row[0]: row[1:] for row in sheet.iter_rows(min_row=2, values_only=True)}
    assert list(lines) == [field.written_heading for field in LEDGER if field.written]
    assert lines["取水口状态"] == ("取水口的状态", None, "否", "在用、备用、待封、已封填", "在用")
    assert lines["井深（m）"] == ("井口到井底", "m", "否", "数字，0 到 5000；没有的填“/”或者空着", "120")


def test_every_example_of_the_filling_in_sheet_is_itself_acceptable() -> None:
    headings = [field.written_heading for field in LEDGER if field.written]
    examples = [field.example for field in LEDGER if field.written]
    out = io.StringIO()
    out.write("\t".join(headings) + "\n" + "\t".join(examples) + "\n")
    (table,) = read_ledger(out.getvalue().encode()).tables
    assert (table.notes, table.unknown) == ((), ())
    assert table.rows[0].problems == ()


@pytest.mark.parametrize("name", ["two_heads.xlsx", "census.xls", "list_gbk.csv"])
def test_a_marked_copy_has_red_cells_with_comments_and_the_same_content(name: str) -> None:
    original = (WORKBOOKS / name).read_bytes()
    before = read_workbook(original)
    sheet = before.sheets[0].name
    marked = mark_cells(
        original, [Mark(sheet, 5, "C", "井深不是数字"), Mark(sheet, 5, "C", "还缺单位"), Mark(sheet, 30, "B", "缺")]
    )
    after = read_workbook(marked)
    cell = opened(marked).worksheets[0]["C5"]
    assert cell.fill.fgColor.rgb == "FFFF9999"
    assert cell.comment.text == "井深不是数字\n还缺单位"
    wide = max(len(row) for row in before.sheets[0].rows)
    padded = [[*row, *[""] * wide][:wide] for row in before.sheets[0].rows]
    kept = [[*row, *[""] * wide][:wide] for row in after.sheets[0].rows[: len(padded)]]
    assert kept == padded
    assert set(after.sheets[0].merges) == set(before.sheets[0].merges)


def test_a_marked_copy_keeps_formulas_styles_widths_hidden_columns_and_older_comments() -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet["A1"], sheet["A2"], sheet["A3"] = 1, 2, "=A1+A2"
    sheet["A3"].number_format = "0.00"
    sheet["A3"].comment = openpyxl.comments.Comment("旧批注", "某某")
    sheet.column_dimensions["B"].width = 33
    sheet.column_dimensions["C"].hidden = True
    book.create_sheet("藏").sheet_state = "hidden"
    out = io.BytesIO()
    book.save(out)
    copy = opened(mark_cells(out.getvalue(), [Mark("Sheet", 3, "A", "不对")]))
    assert copy["Sheet"]["A3"].value == "=A1+A2"
    assert copy["Sheet"]["A3"].number_format == "0.00"
    assert copy["Sheet"]["A3"].comment.text == "旧批注\n不对"
    assert copy["Sheet"].column_dimensions["B"].width == 33
    assert copy["Sheet"].column_dimensions["C"].hidden
    assert copy["藏"].sheet_state == "hidden"


def test_a_mark_inside_a_merged_range_stands_at_its_first_cell() -> None:
    original = (WORKBOOKS / "two_heads.xlsx").read_bytes()
    sheet = opened(mark_cells(original, [Mark("机井台账", 7, "B", "没有这个镇"), Mark("没有的表", 1, "A", "x")]))[
        "机井台账"
    ]
    assert sheet["B5"].comment.text == "没有这个镇"
