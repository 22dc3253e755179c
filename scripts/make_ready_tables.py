#!/usr/bin/env python3
"""Draw the empty workbooks of the tables that come with Liangshui (liangshui/reports/ready/*.xlsx).

They are made up in the manner of such tables, and belong to the mappings (*.yaml) beside them.
"""

from pathlib import Path

from openpyxl import Workbook
from openpyxl.styles import Alignment, Border, Font, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

FOLDER = Path(__file__).resolve().parent.parent / "liangshui" / "reports" / "ready"
THIN = Side(style="thin")
BOX = Border(left=THIN, right=THIN, top=THIN, bottom=THIN)
CENTRE = Alignment(horizontal="center", vertical="center", wrap_text=True)


def page(title: str, columns: int, widths: list[int]) -> tuple[Workbook, Worksheet]:
    """A landscape A4 sheet with its title."""
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "Sheet1"
    sheet["A1"] = title
    sheet["A1"].font = Font(size=16, bold=True)
    sheet["A1"].alignment = CENTRE
    sheet.merge_cells(start_row=1, end_row=1, start_column=1, end_column=columns)
    sheet.row_dimensions[1].height = 30
    for number, width in enumerate(widths, 1):
        sheet.column_dimensions[get_column_letter(number)].width = width
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.paperSize = sheet.PAPERSIZE_A4
    sheet.page_setup.fitToWidth = 1
    sheet.page_setup.fitToHeight = 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    return book, sheet


def boxed(sheet: Worksheet, top: int, bottom: int, columns: int, heads: int) -> None:
    """Lines round the cells; heads bold and centred, repeated on each printed page."""
    for row in sheet.iter_rows(min_row=top, max_row=bottom, max_col=columns):
        for cell in row:
            cell.border = BOX
            if cell.row < top + heads:
                cell.font, cell.alignment = Font(bold=True), CENTRE
    sheet.print_title_rows = f"1:{top + heads - 1}"
    sheet.freeze_panes = f"A{top + heads}"


def foot(sheet: Worksheet, row: int, columns: int) -> None:
    sheet.cell(row, 1, "填报人：")
    sheet.cell(row, max(columns - 2, 4), "填报日期：")
    sheet.print_area = f"A1:{get_column_letter(columns)}{row}"


def monthly_abstraction() -> Workbook:
    """Month by source and use, a row a town."""
    book, sheet = page("月度取水量统计表（按水源和用途）", 14, [6, 24, *[11] * 12])
    sheet["A2"], sheet["G2"], sheet["M2"] = "填报单位：", "填报月份：", "单位：万m³"
    for place, text in {
        "A3": "序号", "B3": "苏木镇", "C3": "本月取水量合计", "D3": "按水源", "J3": "按用途", "N3": "本年累计取水量",
        "D4": "地表水", "E4": "浅层地下水", "F4": "深层地下水", "G4": "疏干水", "H4": "再生水", "I4": "其他水源",
        "J4": "生活", "K4": "工业", "L4": "农牧业", "M4": "生态", "C5": "=SUM(D5:I5)", "A6": "合计", "C6": "=SUM(C5:C5)",
    }.items():  # fmt: skip
        sheet[place] = text
    for letter in "DEFGHIJKLMN":
        sheet[f"{letter}6"] = f"=SUM({letter}5:{letter}5)"
    for merged in ("A3:A4", "B3:B4", "C3:C4", "D3:I3", "J3:M3", "N3:N4", "A6:B6"):
        sheet.merge_cells(merged)
    boxed(sheet, 3, 6, 14, 2)
    foot(sheet, 7, 14)
    for row in (5, 6):
        for column in range(3, 15):
            sheet.cell(row, column).number_format = "0.00"
    return book


def table(title: str, about: str, heads: list[str], widths: list[int], sums: str = "", formats: str = "") -> Workbook:
    """One head, one repeated row, a total where there is one."""
    book, sheet = page(title, len(heads), widths)
    sheet["A2"] = "填报单位："
    sheet.cell(2, len(heads) - 1, about)
    for column, head in enumerate(heads, 1):
        sheet.cell(3, column, head)
    last = 4
    if sums:
        last = 5
        sheet["A5"] = "合计"
        for letter in sums:
            sheet[f"{letter}5"] = f"=SUM({letter}4:{letter}4)"
    for letter in formats:
        for row in range(4, last + 1):
            sheet[f"{letter}{row}"].number_format = "0.00"
    boxed(sheet, 3, last, len(heads), 1)
    foot(sheet, last + 1, len(heads))
    return book


BOOKS = {
    "monthly-abstraction": monthly_abstraction,
    "users-yearly": lambda: table(
        "取用水户年度名录", "单位：万m³",
        ["序号", "取用水户", "统一社会信用代码", "行业代码", "苏木镇", "取水许可证编号", "许可水量", "分配水量", "取水量", "其中计量", "取水口数"],
        [6, 28, 22, 10, 16, 30, 11, 11, 11, 11, 10], "GHIJK", "GHIJ",
    ),
    "wells-by-town": lambda: table(
        "灌溉机电井统计表（按苏木镇）", "水量单位：万m³",
        ["序号", "苏木镇", "机电井数（眼）", "其中已装表", "其中在线", "其中已办证", "灌溉面积（亩）", "本年取水量", "无水量井数（眼）"],
        [6, 24, 14, 12, 12, 12, 14, 13, 14], "CDEFGHI", "GH",
    ),
    "city-monthly": lambda: table(
        "取水口月取水量明细（报市平台）", "单位：m³",
        ["序号", "取水口编码", "国家取水口编码", "取水口名称", "取水口类型", "水源", "用途", "苏木镇", "嘎查村", "取用水户", "统一社会信用代码",
         "月份", "取水量"],
        [6, 20, 20, 22, 10, 14, 10, 14, 14, 24, 22, 12, 14],
    ),
    "city-daily": lambda: table(
        "取水口日取水量明细（报市平台）", "单位：m³",
        ["序号", "取水口编码", "国家取水口编码", "取水口名称", "水源", "用途", "日期", "取水量", "计量方式"],
        [8, 20, 20, 22, 14, 10, 12, 14, 14],
    ),
}  # fmt: skip

if __name__ == "__main__":
    for slug, make in BOOKS.items():
        make().save(FOLDER / f"{slug}.xlsx")
