"""Makes the workbooks of these tests, by hand and with the habits of bureaus. All names and figures are invented.

The .xls needs xlwt, which nothing else uses:  uv run --with xlwt --with openpyxl python make_workbooks.py
Running it again gives the same bytes.
"""

import io
import zipfile
from datetime import datetime
from pathlib import Path

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font

HERE = Path(__file__).parent / "workbooks"
STILL = datetime(2024, 1, 1)


def save(book: Workbook, name: str) -> None:
    """Write with fixed times inside, so that the bytes stay the same."""
    book.properties.created = book.properties.modified = STILL
    out = io.BytesIO()
    book.save(out)
    with (
        zipfile.ZipFile(io.BytesIO(out.getvalue())) as made,
        zipfile.ZipFile(HERE / name, "w", zipfile.ZIP_DEFLATED) as kept,
    ):
        for info in made.infolist():
            still = zipfile.ZipInfo(info.filename, STILL.timetuple()[:6])
            still.compress_type = zipfile.ZIP_DEFLATED
            content = made.read(info)
            if info.filename == "docProps/core.xml":
                content = content.replace(
                    content.split(b"<dcterms:modified")[1].split(b">")[1].split(b"<")[0], b"2024-01-01T00:00:00Z"
                )
            kept.writestr(still, content)


def two_heads() -> None:
    """A well ledger: merged titles, a line of units, two heads, towns merged downwards, sub-totals, notes, DMS."""
    book = Workbook()
    sheet = book.active
    sheet.title = "机井台账"
    sheet["A1"] = "演示旗农灌机井台账（2023 年）"
    sheet["A1"].font = Font(size=18, bold=True)
    sheet["A1"].alignment = Alignment(horizontal="center")
    sheet.merge_cells("A1:Q1")
    sheet["A2"] = "填报单位：演示旗水利局"
    sheet["L2"] = "单位：米、万立方米、亩"
    heads = [
        ("A", "序号", None), ("B", "苏木\n（镇）", None), ("C", "嘎查（村）", None),
        ("D", "取水口", "编号"), ("E", None, "名称"), ("F", None, "类型"),
        ("G", "用水户", "姓名"), ("H", None, "联系电话"),
        ("I", "地理位置", "东经"), ("J", None, "北纬"),
        ("K", "井深", None), ("L", "水泵", "型号"), ("M", None, "功率（ｋＷ）"),
        ("N", "单井出水量\n（m³/h）", None), ("O", "灌溉面积", None), ("P", "年许可\n取水量", None), ("Q", "备注", None),
    ]  # fmt: skip
    for column, top, below in heads:
        if top:
            sheet[f"{column}3"] = top
        if below:
            sheet[f"{column}4"] = below
        else:
            sheet.merge_cells(f"{column}3:{column}4")
    for merged in ("D3:F3", "G3:H3", "I3:J3", "L3:M3"):
        sheet.merge_cells(merged)
    rows = [
        (1, "青泉镇", "上 泉 嘎查", "0001", "上泉1号井", "机井", "张  三", 13900000001, "107°32′15.2″", "39°50′10″", 120, "250QJ100-54", 22, 50, "１８０", 1.25, None),
        (2, None, "上泉嘎查", "0002", "上泉2号井", "机井", "李四", "13900000002", "107度32分45秒", "39度50分40秒", " 1 20.5 ", "/", "１８．５", "/", 150, "1.5", "井房 已建"),
        (3, None, "上泉嘎查", "0002", "上泉2号井", "机井", "李四", "13900000002", "107度32分45秒", "39度50分40秒", "120.5", "/", "18.5", "/", 150, 1.5, "重复登记"),
        ("小计", None, None, None, None, None, None, None, None, None, None, None, None, None, 480, 4.25, None),
        (4, "白沙镇", "沙梁村", "0003", "沙梁井", "机电井", "王五", "0477-1234567", "E107 40 30", "N39 55 12", "一百二", "200QJ50", "11", "32", "1,200", "—", "/"),
        (5, "没听说过的镇", "河头村", "0004", "河头井", "机井", "赵六", None, "39°50′10″", "107°32′15″", "80米", None, "7.5", None, "12公顷", None, None),
        ("合　计", None, None, None, None, None, None, None, None, None, None, None, None, None, 1860, 4.25, None),
        ("注：本表数据为演示。", None, None, None, None, None, None, None, None, None, None, None, None, None, None, None, None),
        ("填表人：某某", None, None, "审核人：某某", None, None, None, None, None, None, None, None, None, None, None, None, None),
    ]  # fmt: skip
    for number, row in enumerate(rows, start=5):
        for column, value in zip("ABCDEFGHIJKLMNOPQ", row, strict=True):
            if value is not None:
                sheet[f"{column}{number}"] = value
    sheet.merge_cells("B5:B8")
    sheet.merge_cells("A12:Q12")
    save(book, "two_heads.xlsx")


def sheet_a_town() -> None:
    """One sheet a town and no column for it; metres; hidden columns; headings again after each printed page."""
    book = Workbook()
    book.remove(book.active)
    heading = ["序号", "机井编号", "井主姓名", "户号", "水源类型", "X坐标", "Y坐标", "井深(m)", "管径(cm)", "管理单元", "使用情况", "安装水表", "计量方式"]  # fmt: skip
    first = book.create_sheet("1青泉镇")
    first.append(["青泉镇机井统计表（CGCS2000）"])
    first.merge_cells("A1:M1")
    first.append(heading)
    first.append(
        [
            1,
            "QQ-001",
            "张三",
            "0401000001、0401000002",
            "潜水",
            4429529.03,
            500000,
            100,
            10,
            "GW-1",
            "正常",
            "是",
            "以电折水",
        ]
    )
    first.append(
        [2, "QQ-002", "李四", 401000003, "承压水", 4429529.03, 36500000, 200, "DN100", "GW-1", "报废", "否", "/"]
    )
    first.append(["青泉镇机井统计表（CGCS2000）"])
    first.append(heading)
    first.append([3, "QQ-003", "王五", "/", "深层", 36500000, 4429529.03, "60.0", 15, "GW-2", "备用", "√", "流量计"])
    first.append([4, None, None, None, None, None, None, None, None, None, None, None, None])
    first.append([5, "QQ-005", "赵六", None, "浅层", 4429529.03, 700000, 60, None, None, "待封填", "×", None])
    first.column_dimensions["J"].hidden = True
    first.column_dimensions["D"].hidden = True
    second = book.create_sheet("白沙镇")
    second.append([None, *heading[1:]])
    second.append([None, "BS-001", "钱七", None, "地下水", 500000, None, 60, 10, None, "在用", "有", None])
    second.append([None, "BS-002", "孙八", "0401000009", "雨水", None, None, None, None, None, "不知道", "大概", None])
    words = book.create_sheet("字典")
    words.append(["苏木镇", "用水户名称"])
    words.append(["青泉镇", "张三"])
    words.sheet_state = "hidden"
    book.create_sheet("Sheet3")
    note = book.create_sheet("说明")
    note.append(["本工作簿由各镇填报"])
    save(book, "sheet_a_town.xlsx")


def permits() -> None:
    """Permits beside intakes: a row of units, a row of numbers, periods in one cell, codes that Excel took as numbers."""
    book = Workbook()
    sheet = book.active
    sheet.title = "取水口"
    sheet.append(["取 水 口 台 账"])
    sheet.append(["坐标采用高德地图拾取"])
    sheet.append(
        ["取水权人名称", "统一社会信用代码", "所在乡镇", "取水口编码", "取水口名称", "水源类型", "取水用途", "经纬度", "许可证编号", "许可取水量", "最大日取水能力", "有效期限", "检定有效期至", "表号", "是否在线", "字轮位数"]
    )  # fmt: skip
    sheet.append([None, None, None, None, None, None, None, "度", None, "万m³/a", "m³/s", None, None, None, None, "位"])
    sheet.append(["甲", "乙", *range(1, 15)])
    sheet.append(
        [
            "演示供水有限公司",
            "91150000MA0DEMO01X",
            "青泉镇",
            150625001,
            "一水厂取水口",
            "地下水",
            "城乡生活",
            "107.504096,39.801404",
            "取水（演）字〔2020〕第 00012 号",
            365,
            0.25,
            "2020.1.1-2024.12.31",
            "2027.4",
            20230001,
            "是",
            6,
        ]
    )
    sheet.append(
        [
            "演示矿业有限公司",
            911500001234567890,
            "青泉镇",
            "150625002",
            "主井排水口",
            "矿坑（井）水",
            "工业",
            "107.504096 39.801404",
            "Ｄ１５０６２５Ｇ２０２１－０００１",
            "１２０",
            "/",
            "2021年5月1日至2026年4月30日",
            45021,
            "0020",
            None,
            6.5,
        ]
    )
    sheet.append(
        [
            "演示灌区管理所",
            None,
            "红柳苏木",
            "150625003",
            "北干渠渠首",
            "黄河水",
            "农业灌溉",
            "不详",
            "/",
            "3650万方",
            1.5,
            "长期",
            2023.1,
            "/",
            None,
            None,
        ]
    )
    sheet.append(
        [
            None,
            None,
            "红柳苏木",
            None,
            None,
            "黄河水",
            "农业灌溉",
            "x",
            None,
            -1,
            None,
            "2026.1.1-2021.1.1",
            "二〇二三年",
            None,
            None,
            None,
        ]
    )
    sheet.append(["总计", None, None, None, None, None, None, None, None, 4135])
    save(book, "permits.xlsx")


CSV = """演示旗取水口清单,,,,,,,,
用水户,,取水口,,坐标,,,年用水量(万m3),备注
名称,类型,名称,类型,经度,纬度,坐标系,,
演示合作社,合作社,北滩1号井,机井,108.123456,39.912345,CGCS2000,3.5,
演示合作社,合作社,北滩2号井,机井,39.912399,108.123499,WGS84,3.6,经纬度写反
演示学校,学校,学校井,机井,507000,4420000,1954北京坐标系,0.5,旧坐标
演示学校,学校,操场井,机井,0,0,,0.5,
演示农场,企业,,机井,108.5,,,,
"""


def flat_csv() -> None:
    """A list out of another program: GBK, two heads without merges, towns nowhere but in the person's head."""
    (HERE / "list_gbk.csv").write_bytes(CSV.replace("\n", "\r\n").encode("gb18030"))


def old_xls() -> None:
    """A file of 2003: degrees, minutes and seconds in three columns, a merged town, a total."""
    import xlwt

    book = xlwt.Workbook(encoding="utf-8")
    sheet = book.add_sheet("机井普查")
    sheet.write_merge(0, 0, 0, 11, "演示旗机井普查成果表")
    for column, text in (
        (0, "乡镇"),
        (1, "行政村"),
        (2, "机井名称"),
        (3, "产权人"),
        (10, "成井深度/m"),
        (11, "出水口管径mm"),
    ):
        sheet.write_merge(1, 2, column, column, text)
    sheet.write_merge(1, 1, 4, 6, "东经")
    sheet.write_merge(1, 1, 7, 9, "北纬")
    for column, text in enumerate("度分秒度分秒", start=4):
        sheet.write(2, column, text)
    body = [
        ("青泉镇", "上泉嘎查", "上泉1号井", "张三", 107, 32, 15.2, 39, 50, 10, 120, 100),
        (None, "上泉嘎查", "上泉2号井", "李四", 107, 32, 75, 39, 50, 10, 120.55, 100),
        (None, "下泉嘎查", "下泉井", "王五", "/", "/", "/", "/", "/", "/", "/", "/"),
    ]
    for number, row in enumerate(body, start=3):
        for column, value in enumerate(row):
            if value is not None and not (column == 0 and number == 3):
                sheet.write(number, column, value)
    sheet.write_merge(3, 5, 0, 0, "青泉镇")
    sheet.write(6, 0, "总 计")
    sheet.write(6, 10, 240.55)
    book.save(str(HERE / "census.xls"))


if __name__ == "__main__":
    HERE.mkdir(exist_ok=True)
    two_heads()
    sheet_a_town()
    permits()
    flat_csv()
    old_xls()
