"""Headings, units and rows that are none, on small sheets."""

from datetime import date
from decimal import Decimal

import pytest

from liangshui.registry.sheets.cells import Cell
from liangshui.registry.sheets.divisions import DIVISIONS
from liangshui.registry.sheets.fields import Field, Kind
from liangshui.registry.sheets.headings import Headings
from liangshui.registry.sheets.ledger import LEDGER
from liangshui.registry.sheets.problems import SheetError
from liangshui.registry.sheets.table import Table, read_table, read_tables
from liangshui.registry.sheets.workbook import Merge, Sheet, Workbook

WELLS = (
    Field(name="name", heading="井名", required=True),
    Field(name="depth_m", heading="井深", kind=Kind.DECIMAL, unit="m"),
    Field(
        name="volume_m3", heading="年许可取水量", aliases=("许可水量",), kind=Kind.DECIMAL, unit="m³", sheet_unit="万m³"
    ),
    Field(name="capacity", heading="出水量", kind=Kind.DECIMAL, unit="m³/h"),
    Field(name="online", heading="是否在线", kind=Kind.YES_NO),
)


def read(*rows: list[Cell], merges: tuple[Merge, ...] = ()) -> Table:
    return read_table(Sheet("井", list(rows), merges), WELLS)


@pytest.mark.parametrize(
    ("heading", "cell", "value"),
    [
        ("年许可取水量(万立方米)", 1.5, Decimal(15000)),
        ("年许可取水量（ｍ³）", 1500, Decimal(1500)),
        ("年许可\n取水量【万方】", "1.5", Decimal(15000)),
        ("许可水量/m3", 1500, Decimal(1500)),
        ("许可水量，单位：万m³", 1.5, Decimal(15000)),
        ("许可水量万立方米", 1.5, Decimal(15000)),
        ("许可水量（单位：亿m³）", 0.5, Decimal(50000000)),
        ("3、许可水量(2023年,万吨)", 1, Decimal(10000)),
        ("*许可水量(m³", 1, Decimal(1)),
    ],
)
def test_the_unit_is_read_from_the_heading(heading: str, cell: Cell, value: Decimal) -> None:
    table = read(["井名", heading], ["一号井", cell])
    assert table.rows[0].values["volume_m3"] == value
    assert table.notes == ()


def test_a_heading_without_unit_is_read_in_the_ledgers_unit_and_said_so() -> None:
    table = read(["井名", "许可水量"], ["一号井", 1.5])
    assert table.rows[0].values["volume_m3"] == Decimal(15000)
    (note,) = table.notes
    assert (note.code, note.params) == ("unit_assumed", {"column": "B", "heading": "许可水量", "unit": "万m³"})


def test_a_line_above_the_table_tells_the_unit() -> None:
    table = read(["取水台账"], ["单位：m³、米"], ["井名", "许可水量", "井深"], ["一号井", 1.5, 80])
    assert table.rows[0].values == {"name": "一号井", "volume_m3": Decimal("1.5"), "depth_m": Decimal(80)}
    assert table.notes == ()


def test_a_row_of_units_below_the_heading_tells_them() -> None:
    table = read(["井名", "许可水量", "井深", "出水量"], [None, "（m³）", "厘米", "L/s"], ["一号井", 15, 8000, 10])
    assert table.rows[0].values["volume_m3"] == Decimal(15)
    assert table.rows[0].values["depth_m"] == Decimal(80)
    assert table.rows[0].values["capacity"] == Decimal(36)


def test_a_unit_that_measures_something_else_stops_the_column_only() -> None:
    table = read(["井名", "井深(万m³)"], ["一号井", 80])
    assert "depth_m" not in table.rows[0].values
    (note,) = table.notes
    assert note.code == "wrong_unit"
    assert note.params == {"column": "B", "heading": "井深(万m³)", "unit": "万m3", "expected": "m"}


def test_of_two_columns_for_one_field_the_first_is_read_and_the_other_named() -> None:
    table = read(["井名", "井深(m)", "井深(m)"], ["一号井", 80, 90])
    assert table.rows[0].values["depth_m"] == Decimal(80)
    (note,) = table.notes
    assert (note.code, note.params) == ("duplicate_column", {"column": "C", "heading": "井深(m)", "first": "B"})


def test_unknown_headings_are_listed_but_the_running_number_is_not() -> None:
    table = read(["序号", "井名", "井深(m)", "井台颜色"], [1, "一号井", 80, "蓝"])
    assert table.unknown == ("井台颜色",)
    assert len(table.rows) == 1


def test_a_missing_required_heading_is_named() -> None:
    table = read(["井深(m)", "出水量(m3/h)"], [80, 50])
    assert table.rows == ()
    assert [(p.code, p.params["heading"]) for p in table.problems] == [("missing_column", "井名")]


def test_a_cell_merged_downwards_counts_for_each_of_its_rows() -> None:
    fields = (
        Field(name="town", heading="镇"),
        Field(name="name", heading="井名"),
        Field(name="area", heading="面积", repeat_merged=False),
    )
    rows: list[list[Cell]] = [["镇", "井名", "面积"], ["甲镇", "一", "9"], [None, "二", None], ["乙镇", "三", "7"]]
    table = read_table(Sheet("井", rows, (Merge(1, 0, 2, 0), Merge(1, 2, 2, 2))), fields)
    assert [(row.values["town"], row.values["area"]) for row in table.rows] == [
        ("甲镇", "9"),
        ("甲镇", None),
        ("乙镇", "7"),
    ]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (["合计", 200], "total"),
        ([None, None, None, "总 计："], "total"),
        (["甲镇小计", 90], "total"),
        (["注：井深以实测为准", None], "note"),
        (["备注：1.数据截至年底", None], "note"),
        (["填表人：某某", None, "审核人：某某"], "note"),
        (["填报日期：2023.12.31", None], "note"),
        (["井  名", "井深(m)", "出水量(m3/h)"], "heading"),
        (["二、某某镇"], "lone_text"),
        ([None, None, None, None, "草稿", 3], "no_known_cell"),
    ],
)
def test_rows_that_are_no_record_are_left_out_with_their_reason(row: list[Cell], reason: str) -> None:
    table = read(
        ["井名", "井深(m)", "出水量(m3/h)", "是否在线"], ["一号井", 80, 50, "是"], row, ["二号井", 90, 50, "否"]
    )
    assert [r.number for r in table.rows] == [2, 4]
    assert [(s.number, s.reason) for s in table.skipped] == [(3, reason)]


@pytest.mark.parametrize("name", ["合计农场井", "计量站井", "统计局院内井", "注水井", "说明书井"])
def test_names_that_only_look_like_totals_and_notes_are_kept(name: str) -> None:
    table = read(["井名", "井深(m)"], [name, 80])
    assert [row.values["name"] for row in table.rows] == [name]


def test_empty_rows_and_rows_numbered_in_advance_are_not_even_listed() -> None:
    table = read(
        ["序号", "井名", "井深(m)"], [1, "一号井", 80], [2, None, None], [None, " ", None], [], ["4", None, ""]
    )
    assert [row.number for row in table.rows] == [2]
    assert table.skipped == ()


def test_a_sheet_without_headings_has_none_found() -> None:
    table = read(["今天天气很好"], ["一号井", 80])
    assert [problem.code for problem in table.problems] == ["no_heading"]


def test_a_workbook_without_any_table_is_refused_with_its_sheets() -> None:
    book = Workbook("xlsx", (Sheet("甲", [["x", "y"]]), Sheet("乙", [])))
    with pytest.raises(SheetError) as caught:
        read_tables(book, WELLS)
    assert (caught.value.code, caught.value.params) == ("no_heading", {"sheets": "甲、乙"})


def test_a_period_of_one_cell_fills_two_fields() -> None:
    rows: list[list[Cell]] = [["用水户", "镇", "井名", "有效期"], ["张三", "甲镇", "一号井", "2023.1.1-2027.12.31"]]
    values = read_table(Sheet("井", rows), LEDGER).rows[0].values
    assert (values["permit_from"], values["permit_to"]) == (date(2023, 1, 1), date(2027, 12, 31))


def test_the_town_comes_from_the_line_of_the_reporting_office() -> None:
    rows: list[list[Cell]] = [["填报单位：红柳苏木人民政府"], ["用水户", "井名"], ["张三", "一号井"]]
    assert read_table(Sheet("Sheet1", rows), LEDGER).rows[0].values["town"] == "红柳苏木"


def test_the_central_meridian_comes_from_a_line_above() -> None:
    rows: list[list[Cell]] = [
        ["CGCS2000，中央经线108°"],
        ["镇", "用水户", "井名", "X", "Y"],
        ["甲镇", "张三", "一号井", 4429529.03, 500000],
    ]
    place = read_table(Sheet("井", rows), LEDGER).rows[0].values["place"]
    assert (str(place.lon), str(place.lat), place.guessed) == ("108.000000", "40.000000", False)  # type: ignore[union-attr]


def test_no_two_fields_answer_to_one_heading() -> None:
    Headings(LEDGER)
    Headings(DIVISIONS)
    with pytest.raises(ValueError, match="both answer"):
        Headings((Field(name="a", heading="名称"), Field(name="b", heading="名 称")))


@pytest.mark.parametrize(
    ("levels", "field"),
    [
        (("取水口", "名称"), "name"),
        (("用水户", "名称"), "user_name"),
        (("取水许可", "证号"), "permit_number"),
        (("水表", "编号"), "meter_number"),
        (("电表", "户号"), "power_household_number"),
        (("户号",), "household_numbers"),
        (("地理坐标", "东经", "度"), "place_lon_degrees"),
        (("水泵", "功率（kW）"), "pump_kw"),
        (("有效期", "起"), "permit_from"),
        (("苏木\n(镇)",), "town"),
        (("10.取水用途*",), "sector"),
    ],
)
def test_headings_of_real_ledgers_mean_these_fields(levels: tuple[str, ...], field: str) -> None:
    match = Headings(LEDGER).find(levels)
    assert match is not None
    assert match.field.name == field


def test_a_division_list_reads_by_its_english_and_chinese_headings() -> None:
    for heading in (
        ["code", "name", "level", "parent", "mca_code", "note"],
        ["区划代码", "名称", "级别", "上级代码", "民政代码", "备注"],
    ):
        rows: list[list[Cell]] = [[*heading], ["150625103", "独贵塔拉镇", "town", 150625.0, "150625104", None]]
        values = read_table(Sheet("区划", rows), DIVISIONS).rows[0].values
        assert values == {
            "code": "150625103",
            "name": "独贵塔拉镇",
            "level": "town",
            "parent": "150625",
            "mca_code": "150625104",
            "note": None,
        }
