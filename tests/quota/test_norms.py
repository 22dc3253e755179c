"""The table of quotas of use: entered by a document with two officers, as it holds on a day, chosen in plans, shares and applications."""

import re
from datetime import date, timedelta
from decimal import Decimal as D

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from liangshui.conformity import services as conformity
from liangshui.core.errors import Forbidden, Invalid
from liangshui.permits import casework
from liangshui.permits.rules.life import Kind
from liangshui.quota import norm_services as services
from liangshui.quota import norm_sheets
from liangshui.quota.models import AllotmentEntry, Norm
from liangshui.quota.norm_queries import norms
from liangshui.quota.taking import Taken
from tests.people import workbook

pytestmark = pytest.mark.django_db

TODAY = timezone.localdate()
HEAD = {"document": "行业用水定额", "document_number": "DB15/T 385—2020", "issued_on": date(2020, 1, 1)}
MAIZE = {
    "measure": "mu", "what": "玉米", "trade_code": "", "conditions": "滴灌", "product_unit": "", "value": D(180), "advanced": D(160),
    "place": "表 3",
}  # fmt: skip
PEOPLE = MAIZE | {
    "measure": "person",
    "what": "城镇居民",
    "conditions": "",
    "value": D(100),
    "advanced": None,
    "place": "表 9",
}
METHANOL = PEOPLE | {
    "measure": "product",
    "what": "甲醇",
    "trade_code": "C2614",
    "product_unit": "t",
    "value": D("7.5"),
}


@pytest.fixture
def officer(world):
    return world.actor(world.officer)


@pytest.fixture
def leader(world):
    return world.actor(world.leader)


def binding(officer, leader, *rows, since=date(2020, 2, 1), **head):
    document = services.enter_document(officer, **(HEAD | head), valid_from=since)
    for row in rows:
        services.add_norm(officer, document, **row)
    return services.decide(leader, document, agreed=True, rows=services.seen(document))


def test_quotas_bind_from_their_day_when_another_officer_has_confirmed_what_he_saw(world, officer, leader):
    document = services.enter_document(officer, **HEAD, valid_from=date(2020, 2, 1))
    with pytest.raises(Invalid):
        services.decide(leader, document, agreed=True, rows="")
    services.add_norm(officer, document, **MAIZE)
    looked = services.seen(document)
    services.add_norm(officer, document, **PEOPLE)
    assert norms(TODAY) == []
    with pytest.raises(Invalid):
        services.decide(officer, document, agreed=True, rows=services.seen(document))
    with pytest.raises(Invalid):
        services.decide(leader, document, agreed=True, rows=looked)
    services.decide(leader, document, agreed=True, rows=services.seen(document))
    assert [str(norm) for norm in norms(TODAY)] == ["城镇居民", "玉米 滴灌"]
    assert norms(date(2020, 1, 31)) == []
    with pytest.raises(Invalid):
        services.add_norm(officer, document, **METHANOL)


def test_what_waits_stands_on_the_first_page_of_who_may_confirm_it(world, officer, sign_in):
    def waits(person):
        return f"{reverse('norm-documents')}?state=proposed" in sign_in(person).get("/").content.decode()

    document = services.enter_document(officer, **HEAD, valid_from=date(2020, 2, 1))
    assert not waits(world.leader)  # nothing to look at yet
    services.add_norm(officer, document, **MAIZE)
    assert waits(world.leader) and not waits(world.officer) and not waits(world.town_a)


def test_a_later_document_ends_the_quotas_that_it_names_and_leaves_the_others(world, officer, leader):
    binding(officer, leader, MAIZE, PEOPLE)
    later = binding(
        officer, leader, MAIZE | {"value": D(170)}, since=date(2024, 1, 1), document_number="DB15/T 385—2023"
    )
    assert {norm.what: norm.value for norm in norms(TODAY)} == {"玉米": D(170), "城镇居民": D(100)}
    assert {norm.what: norm.value for norm in norms(date(2023, 12, 31))} == {"玉米": D(180), "城镇居民": D(100)}
    services.end_document(officer, later, day=date(2025, 1, 1))
    assert {norm.what: norm.value for norm in norms(TODAY)} == {"玉米": D(180), "城镇居民": D(100)}


@pytest.mark.parametrize(
    ("wrong", "field"),
    [({"value": D(0)}, "value"), ({"advanced": D(181)}, "advanced"), ({"product_unit": "t"}, "product_unit"),
     ({"trade_code": "玉"}, "trade_code"), ({}, "what")],
)  # fmt: skip
def test_a_row_that_cannot_be_is_refused(world, officer, wrong, field):
    document = services.enter_document(officer, **HEAD, valid_from=date(2020, 2, 1))
    services.add_norm(officer, document, **MAIZE)
    with pytest.raises(Invalid) as told:
        services.add_norm(officer, document, **((MAIZE | {"what": "小麦"} | wrong) if wrong else MAIZE))
    assert told.value.field == field


def test_who_enters_who_only_reads_and_who_is_elsewhere(world, officer, leader, sign_in):
    document = binding(officer, leader, MAIZE)
    page, new = reverse("norm-document", args=[document.pk]), reverse("norm-document-new")
    given = {"document": "x", "document_number": "1号", "issued_on": "2020-01-01", "valid_from": "2020-02-01"}
    for person in (world.town_a, world.town_b, world.auditor):
        client = sign_in(person)
        assert client.get(reverse("norms")).status_code == client.get(page).status_code == 200
        assert client.post(new, given).status_code == 403
    with pytest.raises(Forbidden):
        services.enter_document(world.actor(world.town_a), **HEAD, valid_from=TODAY)
    client = sign_in(world.officer)
    answer = client.post(new, given)
    made = answer["Location"]
    row = {"measure": "mu", "what": "苜蓿", "value": "150"}
    assert client.post(f"{made}new/", row).status_code == 302 and Norm.objects.filter(what="苜蓿").exists()
    assert "苜蓿" in client.get(made).content.decode()
    norm = Norm.objects.get(what="苜蓿")
    assert (
        sign_in(world.leader).post(reverse("norm-drop", args=[norm.pk])).status_code == 302
    )  # another’s: told, not done
    assert Norm.objects.filter(what="苜蓿").exists()
    decide = f"{made}decide/"
    seen = services.seen(norm.of)
    assert sign_in(world.leader).post(decide, {"do": "confirm", "rows": seen}).status_code == 302
    table = client.get(reverse("norms")).content.decode()
    assert "苜蓿" in table and "玉米" in table and "DB15/T 385—2020" in table
    before = client.get(reverse("norms"), {"on": "2020-01-01"}).content.decode()
    assert "没有现行定额" in before


def test_good_rows_of_a_sheet_are_taken_and_bad_ones_told_and_twice_the_same_changes_nothing(world, officer, sign_in):
    document = services.enter_document(officer, **HEAD, valid_from=date(2020, 2, 1))
    client, sheet = sign_in(world.officer), reverse("norm-sheet", args=[document.pk])
    heads = ["类别", "名称", "行业代码", "适用条件", "产品单位", "通用值", "先进值", "表号或页码"]
    maize = ["作物", "玉米", "", "滴灌", "", 180, 160, "表 3"]
    rows = [heads, maize, ["产品", "甲醇", "C2614", "", "t", 7.5, "", "表 9"]]
    bad = [["产品", "乙烯", "C2614", "", "", 9, "", ""], ["作物", "小麦", "", "", "", "很多", "", ""], maize]

    def send(found, **more):
        return client.post(sheet, {"file": SimpleUploadedFile("a.xlsx", workbook(found)), **more}).content.decode()

    assert "只检查" in send(rows) and not document.rows.exists()
    page = send([*rows, *bad], take="1")
    assert list(document.rows.order_by("pk").values_list("what", "value", "advanced")) == [
        ("玉米", D(180), D(160)),
        ("甲醇", D("7.5"), None),
    ]
    told = re.findall(r'data-label="行号?">(\d+)</td><td data-label="列">([A-H—])', page)
    assert told == [("4", "E"), ("5", "F"), ("6", "B")]
    kept = list(document.rows.values_list("pk", flat=True))
    back = client.get(reverse("norm-excel", args=[document.pk])).content
    assert norm_sheets.take(officer, document, back, keep=True) == Taken(0, 0, 2, ())
    assert list(document.rows.values_list("pk", flat=True)) == kept
    assert "1" in send([heads, [*maize[:5], 170, 160, "表 3"]], take="1")
    assert document.rows.get(what="玉米").value == D(170)
    assert "errorlist" in client.post(sheet, {"file": SimpleUploadedFile("a.xlsx", b"no workbook")}).content.decode()


def test_what_fits_to_typed_words_is_offered(world, officer, leader, sign_in):
    binding(officer, leader, MAIZE, PEOPLE, METHANOL)
    client = sign_in(world.water_user)
    asked = client.get(reverse("norm-pick"), {"norm": "玉米"}).content.decode()
    assert "玉米 滴灌 180 m³/亩" in asked and "甲醇" not in asked
    assert "甲醇" in client.get(reverse("norm-pick"), {"norm": "C26"}).content.decode()
    assert "甲醇" not in client.get(reverse("norm-pick"), {"measure": "mu", "norm": ""}).content.decode()


def test_a_line_of_a_plan_takes_quota_and_source_of_the_table_and_a_typed_one_says_so(world, officer, leader, sign_in):
    binding(officer, leader, MAIZE)
    norm = Norm.objects.get()
    plan = conformity.save_plan(
        officer, None, name="规划", kind="plan", division=world.a.town, management_unit=None, applicant="某局", first_year=TODAY.year,
        last_year=TODAY.year, on_top=True,
    )  # fmt: skip
    client, new = sign_in(world.officer), reverse("conformity-line-new", args=[plan.pk])
    given = {
        "year": TODAY.year,
        "sector": "agriculture",
        "norm": f"#{norm.pk} 玉米",
        "worth": "advanced",
        "amount": "100",
    }
    assert client.post(new, given).status_code == 302
    line = plan.lines.get()
    assert (line.norm, line.measure, line.quota, line.what) == (norm, "mu", D(160), "玉米")
    assert line.source == "《行业用水定额》DB15/T 385—2020 表 3 先进值" and line.as_line.need_m3 == D(16_000)
    edit = client.get(reverse("conformity-line-edit", args=[line.pk])).content.decode()
    assert f'value="#{norm.pk} 玉米 滴灌 180 m³/亩"' in edit
    nothing = client.post(new, given | {"norm": "", "measure": "mu"}).content.decode()
    assert "手工录入并写明出处" in nothing
    typed = given | {"norm": "", "measure": "mu", "what": "小麦", "quota": "200", "source": "地方标准第 2 页"}
    assert client.post(new, typed).status_code == 302
    page = client.get(reverse("conformity-plan", args=[plan.pk])).content.decode()
    assert page.count("手工录入") == 1 and reverse("norm-document", args=[norm.of_id]) in page


def test_a_split_by_area_takes_the_quota_of_the_table(world, officer, leader, sign_in):
    binding(officer, leader, MAIZE, PEOPLE)
    AllotmentEntry.objects.create(
        year=TODAY.year,
        source_kind="shallow_groundwater",
        county=world.county,
        change_m3=D(900_000),
        counts_from=date(TODAY.year, 1, 1),
    )
    maize, people = Norm.objects.get(what="玉米"), Norm.objects.get(what="城镇居民")
    client = sign_in(world.officer)
    asked = {"node": "shallow_groundwater/0-0-0-0", "along": "town", "basis": "area", "chosen": f"#{maize.pk}"}
    page = client.get(reverse("quota-split"), asked)
    assert page.context["form"].cleaned_data["norm"] == D(180)
    assert page.context["form"].cleaned_data["norm_document"] == "DB15/T 385—2020 表 3 通用值"
    wrong = client.get(reverse("quota-split"), asked | {"chosen": f"#{people.pk}"})
    assert "不一致" in wrong.content.decode()
    typed = client.get(reverse("quota-split"), asked | {"chosen": "", "norm": "200", "norm_document": "文"})
    assert typed.context["form"].cleaned_data["norm_document"] == "文（手工录入）"


def test_the_volume_by_quota_of_an_application_is_worked_out_by_the_table_and_keeps_its_source(
    world, officer, leader, sign_in
):
    binding(officer, leader, MAIZE)
    norm = Norm.objects.get()
    applicant = world.actor(world.water_user)
    case = casework.begin(applicant, Kind.NEW, world.b.user)
    client = sign_in(world.water_user)
    given = {"norm": f"#{norm.pk}", "worth": "general", "norm_amount": "50"}
    assert client.post(reverse("case-quota", args=[case.pk]), given).status_code == 302
    case.refresh_from_db()
    assert (case.quota_m3, case.quota_norm) == (D(9_000), norm)
    assert case.quota_basis == "玉米 滴灌：50 亩灌溉面积 × 180 m³/亩，《行业用水定额》DB15/T 385—2020 表 3 通用值"
    casework.write(applicant, case, reason="灌溉", quota_m3=D(9_000), quota_basis=case.quota_basis)
    case.refresh_from_db()
    assert case.quota_norm == norm
    casework.write(applicant, case, quota_m3=D(9_500))
    case.refresh_from_db()
    assert (
        case.quota_norm is None
        and "9,500 m³（手工录入）" in client.get(reverse("case", args=[case.pk])).content.decode()
    )
    assert sign_in(world.town_a).post(reverse("case-quota", args=[case.pk]), given).status_code == 404


def test_the_first_answer_works_out_the_volume_by_quota(world, officer, leader, sign_in):
    binding(officer, leader, METHANOL, since=TODAY - timedelta(days=1))
    norm = Norm.objects.get()
    asked = {
        "source": "shallow_groundwater", "use": "industry", "industry": "化工", "volume_m3": "8000", "norm": f"#{norm.pk}", "norm_amount": "1000",
    }  # fmt: skip
    page = sign_in(world.officer).get(reverse("ask"), asked).content.decode()
    assert "定额水量 7,500 m³" in page
