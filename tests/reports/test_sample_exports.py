"""Sample files in the manner of other systems' exports (made up, tests/books) against a ledger from the bureau's own sheets."""

from datetime import date
from decimal import Decimal as D
from pathlib import Path

import pytest

from liangshui.accounting import services as accounting
from liangshui.core.access import SYSTEM
from liangshui.records.installation import Installation
from liangshui.registry import importing
from liangshui.registry.models import Division
from liangshui.reports import foreign

pytestmark = pytest.mark.django_db
BOOKS = Path(__file__).resolve().parents[1] / "books"


@pytest.fixture
def county():
    county = Division.objects.create(code="989925", name="演示旗", level="county")
    Installation.objects.create(county_code=county.code, county_name=county.name)
    for kind, name in (
        ("divisions", "divisions.csv"), ("ledger", "ledger.xlsx"), ("permits", "permits.xlsx"), ("volumes", "two_heads.xlsx"),
    ):  # fmt: skip
        importing.take(SYSTEM, importing.check(SYSTEM, (BOOKS / name).read_bytes(), name, kind))
    while accounting.follow_changes():
        pass
    return county


def compared(county, name: str, mapping: str):
    text = (foreign.FOLDER / f"{mapping}.yaml").read_text(encoding="utf-8")
    export = foreign.take(SYSTEM, county, name, (BOOKS / name).read_bytes(), text, "year", date(2025, 1, 1))
    return foreign.compared(export)


def test_the_statistics_report(county):
    found = compared(county, "export_statistics.xlsx", "statistics")
    assert {p.ours.thing.name: p.ours.volume_m3 for p in found.same} == {
        "白杨矿业有限公司": D(53000),
        "东台养殖合作社": D(1600),
    }
    assert [(p.ours.thing.name, p.theirs[0].unread) for p in found.differing] == [("下滩村集体经济组织", "未报")]
    assert [row.keys["name"] for row in found.only_there] == ["外旗的一家公司"]
    assert sorted(our.thing.name for our in found.only_here) == ["张三", "李四"]


def test_the_national_platform(county):
    found = compared(county, "export_intakes.xlsx", "intake-platform")
    assert [(p.ours.thing.code, p.theirs_m3, p.ours.volume_m3) for p in found.differing] == [
        ("QS-001", D(9000), None), ("QS-002", D(4000), None),
    ]  # fmt: skip
    assert [row.keys["national_code"] for row in found.only_there] == ["150625999"] and len(found.only_here) == 6


def test_the_tax_office(county):
    found = compared(county, "export_tax.xlsx", "tax-office")
    assert [(p.ours.keys["permit_number"], p.off_m3) for p in found.differing] == [("D989925G2022-0007", D(-1000))]
    assert [row.keys["permit_number"] for row in found.only_there] == ["没有这个证号"]
