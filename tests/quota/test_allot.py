"""Allotting water: may act, may only read, another territory; the ledger, the page and Excel."""

import io
from datetime import date
from decimal import Decimal as D

import pytest
from django.urls import reverse
from openpyxl import Workbook, load_workbook

from liangshui.accounts.models import Appointment, Organisation, Person
from liangshui.accounts.queries import actor_of
from liangshui.accounts.roles import Role
from liangshui.core.access import EVERYWHERE
from liangshui.core.errors import Forbidden, Invalid
from liangshui.quota import queries
from liangshui.quota.models import AllotmentEntry
from liangshui.quota.rules.closing import TOTAL, Node
from liangshui.registry.models import Division, ManagementUnit
from tests.quota.water import by_two

pytestmark = pytest.mark.django_db
YEAR, KIND, DAY = 2026, "shallow_groundwater", date(2026, 1, 1)


@pytest.fixture
def county():
    made = Division.objects.create(code="159925", name="测试旗", level="county")
    for code, name in (("159925100", "甲镇"), ("159925101", "乙镇")):
        Division.objects.create(code=code, name=name, level="town", parent=made)
    ManagementUnit.objects.create(code="U1", name="一单元", division=made)
    return made


def person(name: str, role: str, division: Division) -> Person:
    someone = Person.objects.create_user(username=name, name=name, password="a long password 1")
    body, _made = Organisation.objects.get_or_create(
        name=f"{division.name}水利", defaults={"kind": "bureau", "division": division}
    )
    Appointment.objects.create(person=someone, organisation=body, role=role, valid_from=date(2020, 1, 1))
    return someone


@pytest.fixture
def officer(county):
    return person("officer", Role.BUREAU_OFFICER, county)


def give(actor, county, *changes, year=YEAR, counts_from=DAY):
    leader = Person.objects.filter(username="leader").first() or person("leader", Role.BUREAU_LEADER, county)
    return by_two(
        actor, actor_of(leader), county, year, KIND, changes, counts_from=counts_from, document="杭水发〔2026〕1号"
    )


def town(name: str) -> Node:
    return Node(town=Division.objects.get(name=name).pk)


def test_an_allotment_is_a_signed_row(county, officer):
    give(actor_of(officer), county, (TOTAL, "1000"), (town("甲镇"), "600"))
    give(actor_of(officer), county, (town("甲镇"), "-100.5"))
    assert queries.allotted(county, YEAR, KIND) == {TOTAL: D(1000), town("甲镇"): D("499.500")}
    newest = AllotmentEntry.objects.latest("pk")
    assert (newest.change_m3, newest.entered_by) == (D("-100.500"), officer)


def test_too_much_is_refused_with_the_figures_and_writes_nothing(county, officer):
    give(actor_of(officer), county, (TOTAL, "1000"), (town("甲镇"), "600"))
    with pytest.raises(Invalid) as refused:
        give(actor_of(officer), county, (town("乙镇"), "400.001"))
    assert "1,000 m³" in refused.value.message
    assert AllotmentEntry.objects.count() == 2


def test_what_would_fall_below_zero_is_told_in_the_measure_of_the_page(county, officer):
    with pytest.raises(Invalid, match=r"将变为负数（-98\.00 万m³），请少收回一些"):
        give(actor_of(officer), county, (Node(town=Division.objects.get(name="甲镇").pk), -980_000))


def test_what_counts_from_a_later_day_is_not_given_twice(county, officer):
    """600 of 1,000 for a town from June on: from January on only 400 are left for another, though 1,000 are free until then."""
    give(actor_of(officer), county, (TOTAL, "1000"))
    give(actor_of(officer), county, (town("乙镇"), "600"), counts_from=date(2026, 6, 1))
    with pytest.raises(Invalid, match="2026-06-01"):
        give(actor_of(officer), county, (town("甲镇"), "400.001"))
    give(actor_of(officer), county, (town("甲镇"), "400"))


def test_who_only_reads_may_not_allot(county):
    auditor = person("auditor", Role.AUDITOR, county)
    with pytest.raises(Forbidden):
        give(actor_of(auditor), county, (TOTAL, "1"))


def test_another_territory_may_not_allot_nor_see(county, officer):
    other = Division.objects.create(code="159926", name="邻旗", level="county")
    stranger = person("stranger", Role.BUREAU_OFFICER, other)
    with pytest.raises(Forbidden):
        give(actor_of(stranger), county, (TOTAL, "1"))
    give(actor_of(officer), county, (TOTAL, "1000"))
    seen = queries.balances(actor_of(stranger).territory("quota.view"), YEAR, day=date(2026, 6, 30), county=county)
    assert seen == []


def test_a_town_sees_its_own_nodes_only(county, officer):
    give(actor_of(officer), county, (TOTAL, "1000"), (town("甲镇"), "600"), (town("乙镇"), "300"))
    reader = person("reader", Role.TOWN_OFFICER, Division.objects.get(name="甲镇"))
    seen = queries.balances(actor_of(reader).territory("quota.view"), YEAR, day=date(2026, 6, 30))
    assert [b.label for b in seen] == ["甲镇"]


def test_balance_without_use(county, officer):
    give(actor_of(officer), county, (TOTAL, "1000"))
    (balance,) = queries.balances(EVERYWHERE, YEAR, day=date(2026, 6, 30))
    # without an account nothing is known of the use, and so nothing of what is left
    assert (balance.outlook.allotted_m3, balance.outlook.used_m3, balance.outlook.left_m3) == (D(1000), None, None)


def test_the_page_checks_before_it_writes(county, officer, client):
    client.force_login(officer, backend="django.contrib.auth.backends.ModelBackend")
    form = {
        "source_kind": KIND,
        "change": "2.5",
        "counts_from": "2026-01-01",
        "unit": "",
        "town": str(Division.objects.get(name="甲镇").pk),
        "sector": "",
        "user": "",
    }
    page = client.post(reverse("quota-allot") + "?year=2026", form)
    assert "25,000" in page.content.decode() or "2.50" in page.content.decode()
    assert not AllotmentEntry.objects.exists()
    wrong = form | {"source_kind": "no", "unit": str(ManagementUnit.objects.get().pk), "confirmed": "1"}
    assert client.post(reverse("quota-allot") + "?year=2026", wrong).status_code == 200  # told beside the source
    assert client.post(reverse("quota-allot") + "?year=2026", form | {"confirmed": "1"}).status_code == 302
    assert AllotmentEntry.objects.get().change_m3 == D(25000)


def sheet(*rows) -> bytes:
    book = Workbook()
    book.active.append(["测试旗2026年水量分配表"])
    book.active.append(["水源", "管理单元", "苏木镇", "用途", "用水户", "分配水量（万m³）"])
    for row in rows:
        book.active.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def upload(client, content: bytes, **more):
    file = io.BytesIO(content)
    file.name = "分配.xlsx"
    return client.post(reverse("quota-upload") + "?year=2026", {"file": file, "counts_from": "2026-01-01", **more})


def test_a_workbook_is_read_checked_and_taken_and_twice_changes_nothing(county, officer, client):
    client.force_login(officer, backend="django.contrib.auth.backends.ModelBackend")
    content = sheet(
        ["浅层地下水", None, None, None, None, 100],
        ["浅层地下水", None, "甲镇", None, None, 60.5],
        ["浅层地下水", None, "丙镇", None, None, 1],
    )
    page = upload(client, content)
    assert "丙镇" in page.content.decode()
    assert not AllotmentEntry.objects.exists()
    give(actor_of(officer), county, (TOTAL, "1000000"))
    upload(client, content, take="1")
    assert queries.allotted(county, YEAR, KIND) == {TOTAL: D(1_000_000), town("甲镇"): D(605_000)}
    upload(client, content, take="1")
    assert AllotmentEntry.objects.count() == 2


def test_what_is_exported_reads_back_without_change(county, officer, client):
    give(actor_of(officer), county, (TOTAL, "1234567.891"), (town("甲镇"), "600000"))
    client.force_login(officer, backend="django.contrib.auth.backends.ModelBackend")
    out = client.get(reverse("quota-download") + "?year=2026").content
    assert load_workbook(io.BytesIO(out)).worksheets[0].max_row >= 3
    upload(client, out, take="1")
    assert AllotmentEntry.objects.count() == 2


def test_next_years_allotment_can_be_looked_at_before_the_year_begins(county, officer, client):
    give(actor_of(officer), county, (TOTAL, "1000"), year=2027, counts_from=date(2026, 12, 1))
    (balance,) = queries.balances(EVERYWHERE, 2027, day=date(2026, 12, 15))
    assert (balance.outlook.used_m3, balance.outlook.expected_m3, balance.outlook.year_share) == (D(0), None, D(0))


def test_leap_day_has_its_day_last_year(county, officer):
    give(actor_of(officer), county, (TOTAL, "1000"), year=2024, counts_from=date(2024, 1, 1))
    (balance,) = queries.balances(EVERYWHERE, 2024, day=date(2024, 2, 29))
    assert (balance.outlook.allotted_m3, balance.outlook.left_m3) == (D(1000), None)


def test_the_overview_opens_on_towns_and_comes_in_pages(county, officer, client, monkeypatch):
    client.force_login(officer, backend="django.contrib.auth.backends.ModelBackend")
    town = Division.objects.get(name="甲镇")
    give(actor_of(officer), county, (TOTAL, "1000"), (Node(town=town.pk), "600"))
    context = client.get(f"/quota/?year={YEAR}").context
    assert context["tab"] == "town"
    assert [b.label for kind in context["kinds"] for b in kind["rows"]] == ["甲镇"]
    monkeypatch.setattr("liangshui.quota.views.OVERVIEW_PAGE", 1)
    give(actor_of(officer), county, (Node(sector="living"), "5"), (Node(sector="industry"), "6"))
    for page in (1, 2):
        shown = client.get(f"/quota/?year={YEAR}&by=sector&page={page}").context
        assert sum(len(kind["rows"]) for kind in shown["kinds"]) == 1 and shown["page"].paginator.num_pages == 2
