"""Exports of other systems: read through a mapping, held against ours."""

from decimal import Decimal as D

import pytest

from liangshui.core.mappings import MappingError
from liangshui.reports.sheets.foreign import Our, compare, load, read_rows

PLATFORM = load(
    """
name: 平台
of: intake
in: 10k_m3
columns: {national_code: 取水口编码, name: 取水口名称, volume: 取水量（万m³）}
tolerance_percent: 1
"""
)
ROWS = [
    ["国家取水口平台导出", None, None],
    ["取水口编码", "取水口名称", "取水量(万m3)"],
    ["N1", "一号井", "1.2"],
    ["N1", "一号井", 0.3],
    ["", "二号井", "２．０"],
    ["N9", "别处的井", 7],
    ["N4", "四号井", "待核"],
    ["N5", "五号井", None],
    ["", "同名井", 1],
    ["合计", None, 99],
]


def test_rows_are_read_by_their_headings_wherever_these_stand():
    found = read_rows([("说明", [["一些话"]]), ("导出", ROWS)], PLATFORM)
    assert [(row.row, row.keys["national_code"], row.volume_m3, row.unread) for row in found] == [
        (3, "N1", D("12000.0"), ""), (4, "N1", D("3000.0"), ""), (5, "", D("20000"), ""), (6, "N9", D(70000), ""),
        (7, "N4", None, "待核"), (8, "N5", None, ""), (9, "", D(10000), ""),
    ]  # fmt: skip


def test_only_there_only_here_differing_and_the_same():
    ours = [
        Our("一", {"national_code": "N1", "name": "一号井"}, D(15000)),
        Our("二", {"national_code": "N2", "name": "二号井"}, D(19500)),
        Our("三", {"national_code": "N3", "name": "三号井"}, D(5)),
        Our("四", {"national_code": "N4", "name": "四号井"}, None),
        Our("五", {"national_code": "N5", "name": "五号井"}, None),
        Our("甲", {"national_code": "", "name": "同名井"}, D(1)),
        Our("乙", {"national_code": "", "name": "同名井"}, D(2)),
    ]
    found = compare(ours, read_rows([("导出", ROWS)], PLATFORM), PLATFORM)
    assert [(pair.ours.thing, pair.off_m3) for pair in found.same] == [("一", D("0.0")), ("五", None)]
    assert [(pair.ours.thing, pair.off_m3) for pair in found.differing] == [("二", D(500)), ("四", None)]
    assert [row.keys["national_code"] for row in found.only_there] == ["N9"]
    assert [our.thing for our in found.only_here] == ["三", "甲", "乙"]
    assert [row.keys["name"] for row in found.several] == ["同名井"]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("columns: {volume: 水量}", "bad_value"), ("columns: {name: 名称}", "bad_value"), ("of: river", "bad_value"),
        ("colour: red", "unknown_key"), ("[", "not_yaml"), ("5", "not_a_mapping"),
        ("columns: {name: 名称, volume: 5}", "bad_value"), ("tolerance_percent: -1\ncolumns: {name: a, volume: b}", "bad_value"),
    ],
)  # fmt: skip
def test_a_mapping_that_cannot_be_used_is_refused(text, code):
    with pytest.raises(MappingError) as caught:
        load(text)
    assert caught.value.code == code
