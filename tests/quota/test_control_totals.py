"""Control totals: two officers, looked at twice; by page, by splitting and by Excel; and what waits is shown."""

from datetime import date
from decimal import Decimal as D

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction
from django.urls import reverse

from liangshui.core.errors import Forbidden, Invalid
from liangshui.permits import queries as permits
from liangshui.quota import queries, services
from liangshui.quota.models import AllotmentEntry, AllotmentProposal
from liangshui.quota.rules.closing import TOTAL, Node
from tests.people import workbook
from tests.quota.water import KIND, give, year

pytestmark = pytest.mark.django_db

PDF = b"%PDF-1.4 %%EOF"
PAPER = {"document": "关于下达用水总量的通知", "document_number": "测水发1号", "issued_on": date(2024, 1, 5)}


@pytest.fixture(autouse=True)
def nothing_yet(world):
    AllotmentEntry.objects.all().delete()
    AllotmentProposal.objects.all().delete()


def propose(world, *changes, who=None, kind=KIND, **more):
    found = [services.Change(node, D(m3)) for node, m3 in changes]
    facts = {"counts_from": date(year(), 1, 1), **PAPER, **more}
    return services.propose(world.actor(who or world.officer), world.county, year(), {kind: found}, **facts)


def decide(world, row, who=None, agreed=True, words=""):
    return services.decide(world.actor(who or world.leader), row, agreed=agreed, words=words)


def has(world, kind=KIND):
    return queries.allotted(world.county, year(), kind)


def test_a_total_counts_when_a_second_officer_has_confirmed_it(world):
    unit = Node(unit=world.unit.pk)
    row = propose(world, (TOTAL, "1000"), (unit, "600"), paper=PDF, reason="年度")
    assert has(world) == {}
    assert row.paper.endswith(".pdf")
    decide(world, row)
    assert has(world) == {TOTAL: D(1000), unit: D(600)}
    entry = AllotmentEntry.objects.first()
    assert (entry.entered_by, entry.proposal, entry.proposal.decided_by) == (world.officer, row, world.leader)
    assert (entry.document, entry.proposal.document_number) == ("关于下达用水总量的通知", "测水发1号")


def test_the_gate_reads_only_what_is_confirmed(world):
    unit = Node(unit=world.unit.pk)
    row = propose(world, (unit, "600"))

    def control():
        room = permits.room_of(world.county, world.unit, KIND, date(year(), 6, 1))
        return room.state.control_m3 if room else None

    assert control() is None
    decide(world, row)
    assert control() == D(600)


def test_nothing_else_writes_a_control_total(world):
    for node in (TOTAL, Node(unit=world.unit.pk)):
        with pytest.raises(Invalid):
            services.allot(
                world.actor(world.officer), world.county, year(), KIND, [services.Change(node, D(5))],
                counts_from=date(year(), 1, 1),
            )  # fmt: skip
    assert not AllotmentEntry.objects.exists()


def test_what_is_hopeless_is_told_at_once(world):
    give(world, (TOTAL, "1000"))
    with pytest.raises(Invalid, match="1,000"):
        propose(world, (Node(unit=world.unit.pk), "1001"))
    assert AllotmentProposal.objects.filter(state="proposed").count() == 0


def test_sums_are_looked_at_again_when_it_is_confirmed(world):
    give(world, (TOTAL, "1000"))
    row = propose(world, (TOTAL, "-600"))
    give(world, (Node(town=world.a.town.pk), "500"))
    with pytest.raises(Invalid, match="500"):
        decide(world, row)
    row.refresh_from_db()
    assert (row.state, has(world)[TOTAL]) == ("proposed", D(1000))


def test_what_has_changed_since_is_entered_anew(world):
    row = propose(world, (TOTAL, "1000"))
    give(world, (TOTAL, "300"))
    with pytest.raises(Invalid, match="300"):
        decide(world, row)
    assert has(world) == {TOTAL: D(300)}


def test_another_officer_confirms_and_only_once(world):
    row = propose(world, (TOTAL, "1000"))
    for wrong in ({"who": world.officer}, {"agreed": False}):
        with pytest.raises(Invalid):
            decide(world, row, **wrong)
    for person in (world.auditor, world.town_a, world.b_everything):
        with pytest.raises(Forbidden):
            decide(world, row, who=person)
    decide(world, row, agreed=False, words="数字有误")
    with pytest.raises(Invalid):
        decide(world, row)
    assert has(world) == {}


def test_the_database_keeps_the_two_officers_apart(world):
    row = propose(world, (TOTAL, "1000"))
    with pytest.raises(IntegrityError), transaction.atomic():
        AllotmentProposal.objects.filter(pk=row.pk).update(decided_by=world.officer)


def test_who_may_propose_and_take_back(world):
    for person in (world.auditor, world.town_a, world.b_everything):
        with pytest.raises(Forbidden):
            propose(world, (TOTAL, "1000"), who=person)
    row = propose(world, (TOTAL, "1000"))
    with pytest.raises(Forbidden):
        services.withdraw(world.actor(world.leader), row)
    assert services.withdraw(world.actor(world.officer), row).state == "withdrawn"


def test_the_document_is_told(world):
    for missing in ({"document": " "}, {"document_number": ""}, {"issued_on": None}):
        with pytest.raises(Invalid) as refused:
            propose(world, (TOTAL, "1000"), **missing)
        assert refused.value.field == next(iter(missing))
    with pytest.raises(Invalid) as refused:
        propose(world, (TOTAL, "1000"), paper=b"MZ")
    assert refused.value.field == "paper"


def test_the_page_of_allotting_asks_the_document_of_a_total(world, sign_in):
    client, at = sign_in(world.officer), reverse("quota-allot")
    posted = {
        "source_kind": KIND,
        "change": "0.1",
        "counts_from": f"{year()}-01-01",
        "document": "通知",
        "reason": "年度",
    }
    check = client.post(at, posted).content.decode()
    assert 'name="document_number"' in check and 'name="paper"' in check
    again = client.post(at, {**posted, "confirmed": "1"})
    assert again.context["papers"].errors.keys() == {"document_number", "issued_on"}
    file = SimpleUploadedFile("红头.pdf", PDF)
    sent = {**posted, "confirmed": "1", "document_number": "测水发1号", "issued_on": "2024-01-05", "paper": file}
    answer = client.post(at, sent)
    row = AllotmentProposal.objects.get(state="proposed")
    assert answer["Location"] == reverse("proposal", args=[row.pk])
    assert (row.document, row.reason, has(world)) == ("通知", "年度", {})
    page = client.get(reverse("proposal", args=[row.pk])).content.decode()
    assert 'name="agreed"' not in page and "测水发1号" in page
    assert client.get(reverse("proposal-paper", args=[row.pk])).getvalue() == PDF
    leader = sign_in(world.leader)
    assert 'name="agreed"' in leader.get(reverse("proposal", args=[row.pk])).content.decode()
    leader.post(reverse("proposal-decide", args=[row.pk]), {"agreed": "1"})
    assert has(world) == {TOTAL: D(1000)}
    trail = client.get(reverse("quota-node", args=[KIND, TOTAL.code])).content.decode()
    for told in ("测水发1号", "2024-01-05", reverse("proposal-paper", args=[row.pk]), "局员", "局长"):
        assert told in trail


def test_splitting_among_units_waits(world, sign_in):
    give(world, (TOTAL, "1000"))
    client = sign_in(world.officer)
    at = f"{reverse('quota-split')}?node={KIND}/{TOTAL.code}&along=unit&basis=hand"
    posted = {
        "shares": "1",
        "counts_from": f"{year()}-01-01",
        "document": "分解",
        "reason": "",
        f"s-{world.unit.pk}": "0.06",
    }
    assert 'name="document_number"' in client.post(at, posted).content.decode()
    assert "papers" in client.post(at, {**posted, "confirmed": "1"}).context
    sent = {**posted, "confirmed": "1", "document_number": "测水发2号", "issued_on": "2024-01-05"}
    assert client.post(at, sent).status_code == 302
    row = AllotmentProposal.objects.get(state="proposed")
    assert (has(world), row.changes[0]["change_m3"]) == ({TOTAL: D(1000)}, "600.000")
    decide(world, row)
    assert has(world)[Node(unit=world.unit.pk)] == D(600)


def test_a_sheet_with_a_total_waits_as_a_whole(world, sign_in):
    client, at = sign_in(world.officer), reverse("quota-upload")
    content = workbook(
        [
            ["水源", "管理单元", "苏木镇", "用途", "用水户", "分配水量（万m³）"],
            ["浅层地下水", None, None, None, None, 10],
            ["浅层地下水", None, "甲镇", None, None, 6],
            ["地表水", None, "甲镇", None, None, 1],
        ]
    )

    def post(**more):
        return client.post(
            at, {"file": SimpleUploadedFile("分配.xlsx", content), "counts_from": f"{year()}-01-01", **more}
        )

    assert post().context["waits"]
    assert post(take="1").context["form"].errors.keys() == {"document"}
    assert post(take="1", document="方案", document_number="测水发3号", issued_on="2024-01-05").status_code == 302
    assert not AllotmentEntry.objects.exists()
    row = AllotmentProposal.objects.get()
    assert (len(row.changes), row.reason) == (3, "分配.xlsx")
    decide(world, row)
    assert has(world) == {TOTAL: D(100_000), Node(town=world.a.town.pk): D(60_000)}
    assert has(world, "surface") == {Node(town=world.a.town.pk): D(10_000)}


def test_units_are_of_groundwater(world, sign_in):
    unit = Node(unit=world.unit.pk)
    for kind in ("surface", "mine_drainage"):
        with pytest.raises(Invalid) as refused:
            propose(world, (unit, "5"), kind=kind)
        assert refused.value.field == "unit"
    with pytest.raises(Invalid):
        give(world, (unit._replace(town=world.a.town.pk, sector="living"), "5"), kind="surface")
    client = sign_in(world.officer)
    posted = {"source_kind": "surface", "unit": world.unit.pk, "change": "1", "counts_from": f"{year()}-01-01"}
    assert client.post(reverse("quota-allot"), posted).context["form"].errors.keys() == {"unit"}
    content = workbook([["水源", "管理单元", "苏木镇", "分配水量（万m³）"], ["地表水", "公共单元", None, 10]])
    file = SimpleUploadedFile("分配.xlsx", content)
    page = client.post(reverse("quota-upload"), {"file": file, "counts_from": f"{year()}-01-01", "take": "1"})
    assert len(page.context["problems"]) == 1
    assert not AllotmentEntry.objects.exists() and not AllotmentProposal.objects.exists()


def test_what_waits_is_shown_where_one_looks_for_it(world, sign_in):
    give(world, (TOTAL, "1000"))
    row = propose(world, (TOTAL, "5"))
    link = reverse("proposal", args=[row.pk])
    for at in (reverse("quota"), reverse("quota-node", args=[KIND, TOTAL.code]), reverse("proposals")):
        assert link in sign_in(world.leader).get(at).content.decode()
        assert link not in sign_in(world.town_a).get(at).content.decode()
    assert sign_in(world.town_a).get(link).status_code == 404

    def waits(person):
        page = sign_in(person).get("/").content.decode()
        return f"{reverse('proposals')}?state=proposed" in page

    assert waits(world.leader) and not waits(world.officer)


def test_a_node_that_is_exceeded_along_several_ways_is_told_once(world):
    town, cell = world.a.town.pk, Node(world.unit.pk, world.a.town.pk, "agriculture")
    give(world, (TOTAL, "1000"))
    with pytest.raises(Invalid) as refused:
        give(world, (Node(unit=world.unit.pk), "1100"), (Node(town=town), "1100"), (cell, "1100"))
    assert refused.value.message.count("“whole county”") + refused.value.message.count("“全旗") <= 1
    assert refused.value.message.count("1,100 m³") == 1
