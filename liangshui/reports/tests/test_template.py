"""A superior's workbook: what is filled, and that everything else stays as it was."""

import io
import zipfile
from decimal import Decimal as D

import pytest
from openpyxl import Workbook, load_workbook
from openpyxl.comments import Comment
from openpyxl.formatting.rule import CellIsRule
from openpyxl.styles import Border, Font, PatternFill, Side
from openpyxl.worksheet.datavalidation import DataValidation

from liangshui.registry.sheets.problems import SheetError
from liangshui.reports.rules.formulas import Unworkable
from liangshui.reports.sheets.template import Worked, grid, grow, open_template, put, written

LINE = Side(style="thin")


def superiors() -> bytes:
    """Two merged heads, a row to repeat, totals, a footnote over two merged rows, print settings, a second sheet."""
    book = Workbook()
    sheet = book.active
    sheet.title = "表1"
    for place, value in {
        "A1": "用水户取水量表", "A2": "序号", "B2": "名称", "C2": "水量", "D2": "占比", "A3": "示例", "D3": "=C3/C$4",
        "A4": "合计", "C4": "=SUM(C3:C3)", "A5": "注：单位为万m³。",
    }.items():  # fmt: skip
        sheet[place] = value
    for merged in ("A1:D1", "A4:B4", "A5:D6"):
        sheet.merge_cells(merged)
    for row in (5, 6):
        for column in range(1, 5):
            sheet.cell(row, column).border = Border(LINE, LINE, LINE, LINE)
    sheet["C3"].number_format = "#,##0.00"
    sheet["C3"].font = Font(color="FF0000", bold=True)
    sheet.row_dimensions[5].height = 40
    sheet.column_dimensions["B"].width = 31
    sheet.print_area = "A1:D6"
    sheet.print_title_rows = "1:2"
    sheet.page_setup.orientation, sheet.page_setup.paperSize = "landscape", 9
    sheet.page_margins.left = 0.3
    sheet.oddFooter.center.text = "第 &P 页"
    sheet.freeze_panes = "A3"
    sheet["B2"].comment = Comment("名称按许可证填", "市局")
    sheet.conditional_formatting.add("C3:C4", CellIsRule("greaterThan", ["100"], fill=PatternFill("solid", "FFFF00")))
    choice = DataValidation(type="list", formula1='"是,否"')
    choice.add("F1")
    sheet.add_data_validation(choice)
    other = book.create_sheet("汇总")
    other["A1"] = "=表1!C4*2"
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def filled(count: int) -> Workbook:
    book = open_template(superiors())
    sheet = book["表1"]
    grow(sheet, 3, count)
    for number in range(count):
        put(sheet, 3 + number, 3, D(number + 1), 2)
    return load_workbook(io.BytesIO(written(book)))


def test_a_grown_row_is_like_its_pattern_and_the_rest_moves_down():
    sheet = filled(5)["表1"]
    assert [sheet[f"C{row}"].value for row in range(3, 8)] == [1, 2, 3, 4, 5]
    assert sheet["D5"].value == "=C5/C$8" and sheet["C8"].value == "=SUM(C3:C7)"
    assert (
        sheet["C7"].number_format == "#,##0.00" and sheet["C7"].font.bold and sheet["C7"].font.color.rgb == "00FF0000"
    )
    assert {str(m) for m in sheet.merged_cells.ranges} == {"A1:D1", "A8:B8", "A9:D10"}
    assert sheet["A9"].value == "注：单位为万m³。" and sheet.row_dimensions[9].height == 40
    assert sheet["D10"].border.right.style == sheet["D10"].border.bottom.style == "thin"


def test_print_settings_comments_and_rules_stay():
    book = filled(5)
    sheet = book["表1"]
    assert sheet.print_area == "'表1'!$A$1:$D$10" and sheet.print_title_rows == "$1:$2"
    assert (sheet.page_setup.orientation, sheet.page_setup.paperSize, sheet.page_margins.left) == ("landscape", 9, 0.3)
    assert sheet.oddFooter.center.text == "第 &P 页" and sheet.freeze_panes == "A3"
    assert sheet.column_dimensions["B"].width == 31 and sheet["B2"].comment.text == "名称按许可证填"
    assert len(sheet.conditional_formatting) == 1 and len(sheet.data_validations.dataValidation) == 1
    assert book["汇总"]["A1"].value == "=表1!C8*2"


def test_no_row_and_one_row_move_nothing():
    for count in (0, 1):
        sheet = filled(count)["表1"]
        assert sheet["C4"].value == "=SUM(C3:C3)" and "A5:D6" in {str(m) for m in sheet.merged_cells.ranges}


def test_formulas_and_covered_cells_are_never_written():
    sheet = open_template(superiors())["表1"]
    assert not put(sheet, 4, 3, D(9), 2) and not put(sheet, 4, 2, D(9), 2)
    assert sheet["C4"].value == "=SUM(C3:C3)"


def test_a_name_that_begins_like_a_formula_is_a_name():
    book = open_template(superiors())
    put(book["表1"], 3, 2, "=HYPERLINK(1)", None)
    cell = load_workbook(io.BytesIO(written(book)))["表1"]["B3"]
    assert (cell.value, cell.data_type) == ("=HYPERLINK(1)", "s")


def test_the_figures_of_formulas_are_worked_out_over_sheets():
    book = filled(3)
    worked = Worked(book)
    assert worked.figure("汇总", 1, 1) == 12 and worked.figure("表1", 3, 2) is None
    book["表1"]["C3"] = "=C4"
    book["表1"]["C4"] = "=C3"
    with pytest.raises(Unworkable):
        Worked(book).figure("表1", 3, 3)


def test_the_grid_of_the_page_shows_heads_once():
    shown = grid(open_template(superiors())["表1"])
    assert [(b.text, b.colspan) for b in shown.rows[0][1]][:1] == [("用水户取水量表", 4)]
    assert shown.rows[2][1][2].places == 2 and shown.rows[2][1][3].formula == "=C3/C$4"
    assert shown.rows[4][1][0].rowspan == 2 and shown.rows[5][1] == []
    assert grid(open_template(superiors())["表1"], rows=2).more == 4


def test_old_formats_macros_and_damage_are_told_apart():
    macros = io.BytesIO(superiors())
    with zipfile.ZipFile(macros, "a") as archive:
        archive.writestr("xl/vbaProject.bin", b"x")
    for content, code in (
        (b"", "empty_file"), (b"PK\x03\x04 broken", "damaged"), (macros.getvalue(), "macros"), ("名,量\n".encode(), "unknown_format"),
    ):  # fmt: skip
        with pytest.raises(SheetError) as caught:
            open_template(content)
        assert caught.value.code == code
