"""Indicators by Excel: a bad row never sinks the file and is told by row and column; twice the same file changes nothing."""

import io
from datetime import date
from decimal import Decimal as D

import pytest
from django.urls import reverse

from liangshui.core.errors import Forbidden
from liangshui.quota import indicator_sheets as sheets
from liangshui.quota.models import Indicator
from liangshui.quota.rules.closing import TOTAL
from tests.people import workbook
from tests.quota.water import give, year

pytestmark = pytest.mark.django_db

HEADS = ["年份", "地区", "指标", "水源", "用途", "目标值", "文件名称", "文号", "发文日期", "实际值", "数据来源"]
GOOD = [
    [2025, "测试旗", "地表水", None, None, "12.5", "控制指标的通知", "1号", "2025-01-06", None, None],
    [2025, "测试旗", "非常规水利用量", "再生水", "工业", 3, "控制指标的通知", "1号", None, None, None],
    [2025, "甲镇", "水功能区达标率", None, None, 95, "控制指标的通知", None, None, "96.5", "监测年报"],
    [2025, "U1", "地下水用水量", "浅层地下水", None, 0, "控制指标的通知", None, None, None, None],
]


@pytest.fixture(autouse=True)
def nothing_yet(world):
    Indicator.objects.all().delete()


def take(world, rows, who=None, keep=True):
    return sheets.take(world.actor(who or world.officer), workbook([HEADS, *rows]), keep=keep)


def test_rows_become_indicators_and_twice_the_same_file_changes_nothing(world):
    only_looked = take(world, GOOD, keep=False)
    assert (only_looked.new, Indicator.objects.count()) == (4, 0)
    taken = take(world, GOOD)
    assert (taken.new, taken.corrected, taken.same, taken.problems) == (4, 0, 0, ())
    assert Indicator.objects.get(kind="surface").target == D(125_000)
    reclaimed, unit = Indicator.objects.get(source_kind="reclaimed"), Indicator.objects.get(unit=world.unit)
    assert (reclaimed.sector, reclaimed.target) == ("industry", D(30_000))
    assert (unit.source_kind, unit.target) == ("shallow_groundwater", D(0))
    assert Indicator.objects.get(kind="zones").actual == D("96.5")
    again = take(world, GOOD)
    assert (again.new, again.corrected, again.same, Indicator.objects.count()) == (0, 0, 4, 4)


def test_a_row_corrects_what_it_says_and_leaves_the_rest(world):
    take(world, GOOD)
    row = [2025, "甲镇", "水功能区达标率", None, None, 96, "调整指标的通知", None, None, None, None]
    assert take(world, [row]).corrected == 1
    found = Indicator.objects.get(kind="zones", ended_at=None)
    assert (found.target, found.document, found.actual, found.actual_source) == (
        D(96),
        "调整指标的通知",
        D("96.5"),
        "监测年报",
    )
    assert Indicator.objects.get(kind="zones", ended_by=world.officer).target == D(95)


def test_a_bad_row_is_told_by_row_and_column_and_the_others_are_taken(world):
    give(world, (TOTAL, "5"), year=2025, counts_from=date(2025, 1, 1))
    bad = [
        [2025, "丙镇", "地表水", None, None, 1, "x", None, None, None, None],
        [2025, "甲镇", "地表水", None, None, "很多", "x", None, None, None, None],
        [2025, "甲镇", "水质", None, None, 1, "x", None, None, None, None],
        [2025, "测试旗", "用水总量", None, None, 1, "x", None, None, None, None],
        [2025, "测试旗", "地表水", None, None, 1, "x", None, None, None, None],
        [2025, "乙镇", "水功能区达标率", "雨水", None, 1, "x", None, None, None, None],
        [2025, "乙镇", "水功能区达标率", None, None, 1, None, None, None, None, None],
        [None, "乙镇", "地表水", None, None, 1, "x", None, None, None, None],
    ]
    taken = take(world, [*GOOD, *bad])
    assert taken.new == 4
    assert [(each.row, each.column) for each in taken.problems] == [
        (6, "B"), (7, "F"), (8, "C"), (9, "F"), (10, ""), (11, "D"), (12, "G"), (13, "A"),
    ]  # fmt: skip
    assert "丙镇" in taken.problems[0].words and "目标值" in taken.problems[1].words


def test_a_sheet_without_a_column_that_it_needs_is_told(world):
    taken = sheets.take(
        world.actor(world.officer), workbook([["年份", "地区", "目标值", "文号"], [2025, "甲镇", 1, "1号"]]), keep=True
    )
    assert (taken.new, len(taken.problems)) == (0, 1) and "指标" in taken.problems[0].words


def test_what_is_downloaded_is_read_back_as_it_is(world, sign_in):
    take(world, [[year(), *row[1:]] for row in GOOD])
    client = sign_in(world.officer)
    out = client.get(reverse("indicators-download") + f"?year={year()}").content
    taken = sheets.take(world.actor(world.officer), out, keep=True)
    assert (taken.new, taken.corrected, taken.same, taken.problems) == (0, 0, 4, ())
    empty = sheets.take(
        world.actor(world.officer), client.get(reverse("indicators-download") + "?empty=1").content, keep=True
    )
    assert (empty.new, empty.same, empty.problems) == (0, 0, ())


def test_the_page_checks_and_takes_and_who_may(world, sign_in):
    client, address = sign_in(world.officer), reverse("indicators-upload")

    def send(content, **more):
        file = io.BytesIO(content)
        file.name = "指标.xlsx"
        return client.post(address, {"file": file, **more}).content.decode()

    assert "只检查" in send(workbook([HEADS, *GOOD])) and not Indicator.objects.exists()
    page = send(workbook([HEADS, *GOOD, [2025, "丙镇", "地表水", *[None] * 8]]), take="1")
    assert Indicator.objects.count() == 4 and "丙镇" in page
    assert "errorlist" in send(b"no workbook")
    for person in (world.auditor, world.town_a, world.b_everything):
        with pytest.raises(Forbidden):
            take(world, GOOD, who=person)
        assert sign_in(person).get(address).status_code == 403
    # who only reads downloads what lies in the own town
    out = sign_in(world.town_b).get(reverse("indicators-download") + "?year=2025").content
    assert sheets.take(world.actor(world.officer), out, keep=False).same == 0
