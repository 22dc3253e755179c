"""A plan against the water of its place: figures from the ledgers and the account, the page, the papers, who may."""

import io
import subprocess
from datetime import date
from decimal import Decimal as D

import pytest
from django.urls import reverse
from django.utils import timezone
from docx import Document

from liangshui.accounting import services as accounting
from liangshui.accounting.models import DayVolume
from liangshui.conformity import papers, queries, services, words
from liangshui.conformity.models import PlanLine
from liangshui.core.access import SYSTEM
from liangshui.core.errors import Forbidden, Invalid
from liangshui.parameters.queries import law
from liangshui.quota.models import AllotmentEntry, UnitOrder
from liangshui.records.installation import Installation
from liangshui.registry.models import Intake, IrrigatedArea, ManagementUnit, Project

pytestmark = pytest.mark.django_db

TODAY = timezone.localdate()
YEAR, LAST = TODAY.year, TODAY.year - 1
NEXT = YEAR + 1
FACTS = {
    "kind": "project",
    "applicant": "某公司",
    "first_year": NEXT,
    "last_year": NEXT + 1,
    "on_top": True,
    "abstracts": True,
}
MAIZE = {
    "year": NEXT, "sector": "agriculture", "what": "玉米", "measure": "mu", "amount": D(100), "quota": D(180),
    "coefficient": D("0.6"), "coefficient_source": "水利公报第12页", "source": "DB15/T 385 表1 第5页", "product_unit": "",
}  # fmt: skip
METHANOL = {
    "year": NEXT, "sector": "industry", "what": "甲醇", "measure": "product", "amount": D(1000), "quota": D("7.5"),
    "coefficient": None, "coefficient_source": "", "source": "DB15/T 385 表9 第40页", "product_unit": "t",
}  # fmt: skip


def allot(world, volume, **node):
    AllotmentEntry.objects.create(
        year=YEAR, source_kind="shallow_groundwater", county=world.county, change_m3=D(volume), counts_from=date(YEAR, 1, 1), **node
    )  # fmt: skip


@pytest.fixture
def water(world):
    """Town 甲: 100,000 m³ allotted, 60,000 of it for farming, of which 40,000 were used last year; nothing for industry."""
    AllotmentEntry.objects.all().delete()
    allot(world, 100_000, town=world.a.town)
    allot(world, 60_000, town=world.a.town, unit=world.unit, sector="agriculture")
    DayVolume.objects.all().delete()
    days = ((world.a, 1, 0), (world.a, 5, 40_000), (world.b, 1, 0), (world.b, 5, 7_777))
    for ledger, month, volume in days:
        DayVolume.objects.create(
            intake=ledger.intake, day=date(LAST, month, 3), method="register", volume_m3=D(volume), low_m3=D(volume),
            high_m3=D(volume), readings=2, computed_at=timezone.now(),
        )  # fmt: skip
    accounting.recompute(SYSTEM, None, date(LAST, 1, 1), date(YEAR, 1, 1), "test", volumes=False)
    Project.objects.filter(pk=world.a.project.pk).update(permitted_m3=D(50_000), permit_from=date(LAST, 1, 1))
    return world


@pytest.fixture
def plan(water):
    actor = water.actor(water.officer)
    plan = services.save_plan(actor, None, name="甲镇项目", division=water.a.town, management_unit=None, **FACTS)
    services.save_line(actor, plan, None, **MAIZE)
    services.save_line(actor, plan, None, **METHANOL)
    return plan


def test_needs_stand_against_the_allotment_less_the_use_of_last_year(plan):
    found = {b.sector: b for b in queries.result(plan, TODAY).balances}
    farm, trade, total = found["agriculture"], found["industry"], found[""]
    assert (farm.need_m3, farm.water.allotted.value, farm.water.used.value) == (D(30_000), D(60_000), D(40_000))
    assert (farm.may_use_m3, farm.left_m3, farm.above_permits_m3) == (D(20_000), D(-10_000), D(20_000))
    assert (trade.need_m3, trade.water.allotted.value, trade.left_m3) == (D(7_500), None, None)
    assert (total.need_m3, total.may_use_m3, total.left_m3) == (D(37_500), D(60_000), D(22_500))
    assert str(YEAR) in farm.water.allotted.source and str(LAST) in farm.water.used.source


def test_what_is_left_would_carry_so_much_land(plan):
    maize, methanol = queries.result(plan, TODAY).carried
    assert (maize.amount, methanol.amount) == (D(66), None)  # 20,000 / 300


def test_a_plan_that_says_all_use_stands_against_the_whole_allotment(plan, water):
    plan.on_top = False
    farm = next(b for b in queries.result(plan, TODAY).balances if b.sector == "agriculture")
    assert (farm.may_use_m3, farm.left_m3) == (D(60_000), D(30_000))


def test_with_a_management_unit_only_its_part_counts(plan, water):
    plan.management_unit = water.unit
    found = {b.sector: b for b in queries.result(plan, TODAY).balances}
    assert found[""].water.allotted.value == D(60_000)


def test_land_above_the_baseline_is_told_and_a_baseline_of_some_users_only_is_none(plan, water):
    def area(user, year, mu, baseline=False):
        IrrigatedArea.objects.create(user=user, year=year, area_mu=D(mu), is_baseline=baseline)

    area(water.a.user, LAST, 500)
    area(water.b.user, LAST, 9_000)
    (one,) = queries.result(plan, TODAY).expansions
    assert (one.after_mu, one.over_mu) == (D(600), None)
    area(water.a.user, 2023, 550, baseline=True)
    (one,) = queries.result(plan, TODAY).expansions
    assert (one.baseline.value, one.over_mu) == (D(550), D(50))


def test_use_that_grew_with_the_land_is_told_by_town(plan, water):
    for year, mu in ((LAST - 1, 400), (LAST, 500)):
        IrrigatedArea.objects.create(user=water.a.user, year=year, area_mu=D(mu))
    for month, volume in ((1, 0), (5, 30_000)):
        DayVolume.objects.create(
            intake=water.a.intake, day=date(LAST - 1, month, 3), method="register", volume_m3=D(volume), low_m3=D(volume),
            high_m3=D(volume), readings=2, computed_at=timezone.now(),
        )  # fmt: skip
    accounting.recompute(SYSTEM, None, date(LAST - 1, 1, 1), date(YEAR, 1, 1), "test", volumes=False)
    (grown,) = queries.result(plan, TODAY).growth
    assert (grown.before.place, grown.before.year, grown.after.area_mu) == ("甲镇", LAST - 1, D(500))
    assert (grown.before.use_m3, grown.after.use_m3) == (D(30_000), D(40_000))


def test_a_line_without_source_outside_the_years_or_with_an_odd_coefficient_is_refused(plan, water):
    actor = water.actor(water.officer)
    for wrong, field in (
        ({"source": " "}, "source"), ({"year": NEXT + 2}, "year"), ({"coefficient": D("1.2")}, "coefficient"),
        ({"measure": "person"}, "coefficient"), ({"product_unit": "t"}, "product_unit"),
        ({"coefficient_source": " "}, "coefficient_source"), ({"coefficient": None}, "coefficient_source"),
    ):  # fmt: skip
        with pytest.raises(Invalid) as told:
            services.save_line(actor, plan, None, **(MAIZE | wrong))
        assert told.value.field == field
    with pytest.raises(Invalid):
        services.save_plan(actor, plan, name="x", division=water.a.town, **(FACTS | {"first_year": NEXT + 1}))
    assert PlanLine.objects.filter(plan=plan).count() == 2


def test_who_enters_who_only_reads_and_who_is_elsewhere(plan, water, sign_in):
    page = reverse("conformity-plan", args=[plan.pk])
    given = {**MAIZE, "amount": "50", "quota": "180", "coefficient": "", "coefficient_source": ""}
    new = reverse("conformity-line-new", args=[plan.pk])
    assert sign_in(water.town_a).get(page).status_code == 200  # reads
    assert sign_in(water.town_a).post(new, given).status_code == 403
    assert sign_in(water.town_b).get(page).status_code == 404
    assert sign_in(water.town_b).post(new, given).status_code in (403, 404)
    with pytest.raises(Forbidden):
        services.save_line(water.actor(water.town_b), plan, None, **MAIZE)
    assert sign_in(water.officer).post(new, given).status_code == 302
    line = plan.lines.get(amount=50)
    edit = reverse("conformity-line-edit", args=[line.pk])
    assert 'value="180"' in sign_in(water.officer).get(edit).content.decode()
    assert sign_in(water.officer).post(edit, given | {"amount": "60"}).status_code == 302
    line.refresh_from_db()
    assert line.as_line.need_m3 == D(10_800)
    assert sign_in(water.officer).post(reverse("conformity-line-drop", args=[line.pk])).status_code == 302
    assert plan.lines.count() == 2


def test_a_plan_is_entered_and_changed_on_the_page(water, sign_in):
    given = {
        "name": "新园区", "kind": "plan", "division": water.a.town.pk, "applicant": "管委会", "first_year": NEXT,
        "last_year": NEXT, "on_top": "on", "abstracts": "unknown",
    }  # fmt: skip
    client = sign_in(water.officer)
    answer = client.post(reverse("conformity-new"), given)
    page = client.get(answer["Location"]).content.decode()
    assert answer.status_code == 302 and "新园区" in page and "凭记忆" in page
    pk = int(answer["Location"].rstrip("/").split("/")[-1])
    edit = reverse("conformity-edit", args=[pk])
    assert "早于" in client.post(edit, given | {"last_year": NEXT - 1}).content.decode()
    assert client.post(edit, given | {"name": "新区"}).status_code == 302
    assert "新区" in client.get(reverse("conformity")).content.decode()


def test_the_page_says_where_each_figure_comes_from(plan, water, sign_in):
    page = sign_in(water.officer).get(reverse("conformity-plan", args=[plan.pk])).content.decode()
    for text in (
        "-10,000",
        "22,500",
        "DB15/T 385 表1 第5页",
        f"{YEAR} 年水量分配账",
        f"{LAST} 年水账",
        "论证报告书",
        "66",
    ):
        assert text in page, text


def suspend(world, ground="GW-025 (1)", **facts):
    UnitOrder.objects.create(
        unit=world.unit, authority="上级", document="暂停通知", document_number="停1号", ground=ground, valid_from=date(LAST, 1, 1),
        state="binding", entered_at=timezone.now(), **facts,
    )  # fmt: skip


DRINKING = {
    "year": NEXT, "sector": "living", "what": "居民", "measure": "person", "amount": D(1000), "quota": D(100), "coefficient": None,
    "source": "DB15/T 385", "product_unit": "",
}  # fmt: skip


def test_nothing_of_a_suspended_unit_counts_for_more_and_use_of_today_stays(plan, water):
    plan.lines.filter(sector="industry").delete()
    plan.lines.update(amount=D(50))
    Project.objects.update(permitted_m3=D(30_000))
    assert words.verdict(queries.result(plan, TODAY))[0] == "success"
    suspend(water)
    result = queries.result(plan, TODAY)
    found = {b.sector: b for b in result.balances}
    assert (found["agriculture"].water.closed.value, found["agriculture"].may_use_m3) == (D(20_000), D(0))
    assert (found[""].water.closed.value, found[""].left_m3) == (D(60_000), D(-15_000))
    colour, said = words.verdict(result)
    assert colour == "danger" and "公共单元浅层地下水：上级文件暂停" in said and "现有合法用水不受影响" in said
    assert result.carried[0].amount == D(0)
    plan.on_top = False
    farm = next(b for b in queries.result(plan, TODAY).balances if b.sector == "agriculture")
    assert (farm.may_use_m3, farm.left_m3) == (D(40_000), D(25_000))


def test_a_unit_that_is_suspended_leaves_no_plain_fits_to_what_other_water_serves(plan, water):
    plan.lines.all().delete()
    services.save_line(water.actor(water.officer), plan, None, **METHANOL)
    AllotmentEntry.objects.create(
        year=YEAR, source_kind="reclaimed", county=water.county, town=water.a.town, sector="industry", change_m3=D(90_000),
        counts_from=date(YEAR, 1, 1),
    )  # fmt: skip
    assert words.verdict(queries.result(plan, TODAY))[0] == "success"
    suspend(water)
    result = queries.result(plan, TODAY)
    assert not result.short and words.verdict(result)[0] == "warning"


def test_living_water_of_a_suspended_unit_is_left_to_a_person_where_the_gate_leaves_it(plan, water):
    plan.lines.all().delete()
    services.save_line(water.actor(water.officer), plan, None, **DRINKING)
    allot(water, 40_000, town=water.a.town, unit=water.unit, sector="living")
    suspend(water)
    found = {b.sector: b for b in queries.result(plan, TODAY).balances}
    assert (found["living"].left_m3, found[""].left_m3) == (D(3_500), D(0))  # all is closed but the 36,500 for living
    colour, said = words.verdict(queries.result(plan, TODAY))
    assert colour == "warning" and "由人员判定" in said
    UnitOrder.objects.all().delete()
    allot(water, 50_000, unit=water.unit)  # what permits allow has reached the total: the gate knows no exception
    found = {b.sector: b for b in queries.result(plan, TODAY).balances}
    assert found["living"].left_m3 == D(-36_500)


def test_a_place_of_two_units_counts_what_lies_in_the_open_one(plan, water):
    other = ManagementUnit.objects.create(code="U2", name="另一单元", division=water.county)
    AllotmentEntry.objects.filter(sector="").delete()
    allot(water, 30_000, town=water.a.town, unit=other, sector="agriculture")
    suspend(water)
    farm = next(b for b in queries.result(plan, TODAY).balances if b.sector == "agriculture")
    assert (farm.water.allotted.value, farm.water.closed.value, farm.may_use_m3) == (D(90_000), D(20_000), D(30_000))
    allot(
        water, 95_000, town=water.a.town, sector="agriculture"
    )  # 5,000 of it in no unit: nobody can tell where they lie
    farm = next(b for b in queries.result(plan, TODAY).balances if b.sector == "agriculture")
    assert farm.may_use_m3 is None and "未说明" in farm.water.closed.source


def test_a_place_in_no_unit_is_told_as_not_known(plan, water):
    Intake.objects.update(management_unit=None)
    AllotmentEntry.objects.filter(unit__isnull=False).delete()
    result = queries.result(plan, TODAY)
    assert result.units is None and "不能判断" in words.suspension(result)


def test_page_and_papers_show_each_unit_with_its_state_and_why(plan, water, sign_in):
    suspend(water)
    client = sign_in(water.officer)
    page = client.get(reverse("conformity-plan", args=[plan.pk])).content.decode()
    for text in ("所在管理单元", "上级文件暂停", "停1号", f'href="/law/GW-025/?on={TODAY}"', "暂停单元内剩余"):
        assert text in page, text
    document = Document(io.BytesIO(client.get(reverse("conformity-docx", args=[plan.pk])).content))
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    text = "".join(p.text for p in document.paragraphs)
    assert {"公共单元", "上级文件暂停", "60,000"} <= set(cells) and any("停1号" in cell for cell in cells)
    assert "现有合法用水不受影响" in text and "减" in text


@pytest.mark.parametrize("demo", [False, True])
def test_the_papers_hold_the_figures_with_their_sources(plan, water, sign_in, demo, tmp_path):
    installation = Installation.objects.get()
    installation.demo = demo
    installation.save()
    paper = papers.conformity(queries.result(plan, TODAY), law())
    for client in (sign_in(water.officer),):
        pdf = client.get(reverse("conformity-pdf", args=[plan.pk]))
        word = client.get(reverse("conformity-docx", args=[plan.pk]))
    document = Document(io.BytesIO(word.content))
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    text = "".join(p.text for p in document.paragraphs) + document.sections[0].footer.paragraphs[0].text
    assert {
        "-10,000",
        "30,000",
        "22,500",
        "DB15/T 385 表1 第5页（手工录入） · 灌溉水有效利用系数：水利公报第12页",
    } <= set(cells)
    assert paper.title in text and f"{LAST} 年水账" in text and ("演示数据" in text) is demo
    assert "数量：某公司规划数" in text and f"控制总量：{YEAR} 年分配水量台账" in text
    (tmp_path / "a.pdf").write_bytes(pdf.content)
    said = subprocess.run(["pdftotext", "-layout", tmp_path / "a.pdf", "-"], capture_output=True, text=True, check=True).stdout  # fmt: skip
    assert pdf.content.startswith(b"%PDF") and "-10,000" in said and ("演示数据" in said) is demo
