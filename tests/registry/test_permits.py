"""The permit stock from Excel: matched to projects, listed where it cannot be, and taken back."""

from datetime import date
from decimal import Decimal as D

import pytest

from liangshui.core.access import SYSTEM
from liangshui.core.errors import Invalid
from liangshui.registry import importing, services
from liangshui.registry.models import Project, WaterUser
from tests.accounting.test_sheets import book

HEADS = (
    "取水许可证号",
    "取水权人",
    "苏木镇",
    "取水项目名称",
    "年许可取水量（万立方米）",
    "许可有效期",
    "发证机关",
    "取水口编号",
    "证照状态",
)


@pytest.fixture
def wells(place):
    user = services.save_user(SYSTEM, code="U1", name="青泉合作社", kind="company", division=place.spring)
    project = services.save_project(SYSTEM, code="P1", name="青泉灌溉", user=user, division=place.spring)
    return [
        services.save_intake(
            SYSTEM, code=f"W{n}", name=f"{n}号井", kind="well", project=project, division=place.spring,
            source=place.shallow, sector="agriculture", capacity_m3_h=D(50),
        )
        for n in (1, 2)
    ]  # fmt: skip


def check(*rows):
    return importing.check(SYSTEM, book(("取水许可证台账",), HEADS, *rows), "证.xlsx", "permits")


def problems(batch):
    return [p["code"] for row in batch.report["rows"] for p in row["problems"]]


def test_one_permit_for_two_wells_and_back(wells):
    row = (
        "D980101G2021-0001",
        "青泉合作社",
        "青泉镇",
        None,
        12.5,
        "2021-05-01至2026-04-30",
        "演示旗水利局",
        "W1、W2",
        "有效",
    )
    batch = importing.take(SYSTEM, check(row))
    project = Project.objects.get()
    assert (project.permit_number, project.permitted_m3, project.permit_office) == (
        "D980101G2021-0001", D(125_000), "演示旗水利局",
    )  # fmt: skip
    assert (project.permit_from, project.permit_to) == (date(2021, 5, 1), date(2026, 4, 30))
    assert [n["code"] for r in batch.report["rows"] for n in r["notes"]] == ["permit_expired"]
    assert check(row).report["counts"]["unchanged"] == 1
    importing.take_back(SYSTEM, batch)
    project.refresh_from_db()
    assert (project.permit_number, project.permitted_m3, project.permit_to) == ("", None, None)
    again = importing.take(SYSTEM, check(row))
    services.save_project(SYSTEM, project, permitted_m3=D(1))
    with pytest.raises(Invalid, match="青泉灌溉"):
        importing.take_back(SYSTEM, again)


def test_a_holder_that_nobody_listed_is_entered_with_its_project(place):
    batch = importing.take(SYSTEM, check(("A1", "白沙矿业有限公司", "白沙镇", "矿井疏干", 30, None, None, None, None)))
    project = Project.objects.get()
    assert (project.user.name, project.user.kind, project.division, project.name) == (
        "白沙矿业有限公司", "company", place.sand, "矿井疏干",
    )  # fmt: skip
    importing.take_back(SYSTEM, batch)
    assert not Project.objects.exists() and WaterUser.objects.count() == 1


def test_doubled_impossible_and_ended_ones_wait(wells, place):
    other = services.save_user(SYSTEM, code="U2", name="王某", kind="household", division=place.sand)
    services.save_project(SYSTEM, code="P2", name="王某", user=other, division=place.sand, permit_number="B2")
    batch = check(
        ("A1", "青泉合作社", "青泉镇", None, 1, "2025-05-01至2021-04-30", None, None, None),
        ("A2", "青泉合作社", "青泉镇", None, 0, None, None, None, None),
        ("A3", "青泉合作社", "青泉镇", None, 1, None, None, None, "注销"),
        ("A4", "青泉合作社", "青泉镇", None, 1, None, None, "W9", None),
        ("B2", "青泉合作社", "青泉镇", None, 1, None, None, None, None),
        ("A5", "李某", None, None, 1, None, None, None, None),
        ("A6", "青泉合作社", "青泉镇", None, 100_000, "2021-05-01至2099-04-30", None, None, None),
        ("A6", "青泉合作社", "青泉镇", None, 1, None, None, None, None),
        ("A7", "青泉合作社", "青泉镇", None, 1, None, None, "W1", None),
        ("A8", "王某", "白沙镇", None, 1, None, None, "W1", None),
    )
    assert problems(batch) == [
        "period_reversed", "permit_of_nothing", "permit_ended", "unknown_intake", "permit_of_other",
        "holder_without_place", "permit_twice", "permit_second", "well_of_other",
    ]  # fmt: skip
    notes = [n for r in batch.report["rows"] for n in r["notes"]]
    assert [n["code"] for n in notes] == ["above_capacity"] and notes[0]["params"]["most"] == "876000"
