"""Exports of other systems against ours, and the leader's brief on one A4."""

import io
import re
from datetime import date
from decimal import Decimal as D

import pytest
from django.urls import reverse
from docx import Document

from liangshui.core.access import SYSTEM
from liangshui.core.errors import Invalid
from liangshui.reports import foreign, ready, services
from liangshui.reports.brief import brief
from liangshui.reports.papers import as_docx, as_pdf, pictures
from tests.people import workbook
from tests.reports.conftest import MAY, Reports, values

pytestmark = pytest.mark.django_db


def test_an_export_made_up_like_the_statistics_report(reports: Reports):
    text = (foreign.FOLDER / "statistics.yaml").read_text(encoding="utf-8")
    content = workbook(
        [["用水统计直报（编造的样例）"], ["统一社会信用代码", "名录名称", "取水总量（万立方米）"],
         ["", "用户UA", "3.4567"], ["", "用户UB", "9"], ["", "外地公司", "1"], ["", "合计", "13.4567"]]
    )  # fmt: skip
    export = foreign.take(SYSTEM, reports.county, "直报.xlsx", content, text, "month", MAY)
    found = foreign.compared(export)
    assert [p.ours.thing.code for p in found.same] == ["UA"]
    assert [(p.ours.thing.code, p.off_m3) for p in found.differing] == [("UB", D("64996.000"))]
    assert [row.keys["name"] for row in found.only_there] == ["外地公司"]
    assert [our.thing.code for our in found.only_here] == ["UM"]


def test_an_export_without_the_headings_is_refused_with_them(reports: Reports):
    with pytest.raises(Invalid, match="取水总量"):
        foreign.take(
            SYSTEM, reports.county, "x.xlsx", workbook([["名称", "数量"], ["a", 1]]),
            (foreign.FOLDER / "statistics.yaml").read_text(encoding="utf-8"), "month", MAY,
        )  # fmt: skip


def test_the_shipped_mappings_can_be_read():
    assert set(foreign.shipped()) == {"intake-platform", "statistics", "tax-office"}


def test_the_pages_of_an_export(world, sign_in):
    client = sign_in(world.officer)
    sheet = io.BytesIO(
        workbook([["取水口编码", "取水口名称", "取水量（万m³）"], ["", "甲机井", 0.00125], ["", "他井", 3]])
    )
    sheet.name = "平台.xlsx"
    answer = client.post(
        reverse("export-new"), {"file": sheet, "known": "intake-platform", "mapping": "", "kind": "month", "day": "2026-05-01"}
    )  # fmt: skip
    assert answer.status_code == 302
    sheet.seek(0)
    nothing = client.post(
        reverse("export-new"), {"file": sheet, "known": "", "mapping": " ", "kind": "month", "day": "2026-05-01"}
    )
    assert nothing.status_code == 200 and "请选择系统" in nothing.content.decode()
    page = client.get(answer["Location"]).content.decode()
    assert "他井" in client.get(answer["Location"] + "?show=only_there").content.decode() and "对方独有" in page
    assert client.get(answer["Location"] + "?export=xlsx")["Content-Type"].endswith("sheet")


@pytest.mark.parametrize("each", [each.slug for each in ready.READY])
def test_each_ready_table_fills(reports: Reports, each):
    table = ready.add(SYSTEM, reports.county, each)
    filling = services.fill(SYSTEM, table, MAY)
    found = values(services.content_of(filling), "Sheet1")
    text = " ".join(str(cell) for row in found for cell in row if cell is not None)
    assert "甲镇" in text or "WA" in text
    assert not re.search(r"样例|None", text)
    with pytest.raises(Invalid):
        ready.add(SYSTEM, reports.county, each)


def test_the_brief_says_what_the_account_says(reports: Reports):
    found = brief(reports.county, MAY)
    assert (found.month_m3, found.last_month_m3, found.year_m3) == (D("69571.000"), D("40000.000"), D("109571.000"))
    assert [(t.name, t.month_m3, t.allotted_m3) for t in found.towns] == [
        ("甲镇", D("44567.000"), D("100000.000")), ("乙镇", D("25004.000"), None),
    ]  # fmt: skip
    assert found.months[0][3:6] == [D("40000.000"), D("69571.000"), None]
    assert "环比增加 73.9%" in found.changes[0] and "甲镇 +2.46" in found.changes[1]


def test_the_brief_is_one_page_with_its_font_and_three_pictures(reports: Reports):
    found = brief(reports.county, MAY)
    pdf = as_pdf(found)
    assert len(re.findall(rb"/Type /Page\b", pdf)) == 1 and b"NotoSansSC" in pdf and pdf.count(b"/Subtype /Image") >= 3
    assert all(png.startswith(b"\x89PNG") for png in pictures(found)) and len(pictures(found)) == 3
    document = Document(io.BytesIO(as_docx(found)))
    text = "\n".join(p.text for p in document.paragraphs)
    assert "测试旗水资源管理简报（2025年5月）" in text and "{" not in text and len(document.inline_shapes) == 3
    section = document.sections[0]
    assert (round(section.page_width.mm), round(section.page_height.mm)) == (210, 297)


def test_a_month_without_anything_has_a_brief_too(reports: Reports):
    found = brief(reports.county, date(2019, 1, 1))
    assert found.month_m3 is None or found.month_m3 == 0
    assert as_pdf(found).startswith(b"%PDF") and as_docx(found)
