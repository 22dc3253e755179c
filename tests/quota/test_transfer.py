"""Transfers: two officers, checks made anew, two rows of the ledger, and who may see them."""

from datetime import date
from decimal import Decimal as D

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from liangshui.accounting.models import DayVolume
from liangshui.core.decision import Outcome
from liangshui.core.errors import Forbidden, Invalid
from liangshui.quota import queries
from liangshui.quota import transfer_queries as reads
from liangshui.quota import transfer_services as transfers
from liangshui.quota.models import AllotmentEntry, Transfer, UnitOrder
from liangshui.quota.rules.closing import TOTAL, Node
from liangshui.registry.models import Project
from tests.quota.water import KIND, give, used, year

pytestmark = pytest.mark.django_db


@pytest.fixture
def cell(world):
    """The cell of town A with 1000, of which the user has 600; its well used 100 this year."""
    AllotmentEntry.objects.all().delete()
    Transfer.objects.all().delete()
    DayVolume.objects.all().delete()
    found = Node(world.unit.pk, world.a.town.pk, "agriculture")
    give(world, (TOTAL, "2000"), (found, "1000"), (found._replace(user=world.a.user.pk), "600"))
    used(world.a.intake, "100", date(year(), 1, 1))
    project = world.a.project
    project.permitted_m3, project.permit_from, project.permit_to = D(700), date(2024, 1, 1), date(2099, 1, 1)
    project.save()
    Project.objects.filter(user=world.a.supply.customer).delete()
    held = Project.objects.filter(user=world.b.user)
    held.update(permitted_m3=D(700), permit_from=date(2024, 1, 1), permit_to=date(2099, 1, 1))
    return found


def propose(world, cell, m3: str, who=None, receiver=None, **more):
    facts = {
        "counts_from": date(year(), 7, 1), "document": "转让协议", "measure": "saving", "saved_m3": D(1000), "evidence": "节水评估报告1号",
    } | more  # fmt: skip
    giver = cell._replace(user=world.a.user.pk)
    return transfers.propose(
        world.actor(who or world.officer), year(), KIND, giver, receiver or world.a.other, D(m3), **facts
    )


@pytest.fixture
def neighbour(world, cell):
    """Another user with a share in the same cell."""
    world.a.things["other"] = world.a.supply.customer
    give(world, (cell._replace(user=world.a.other.pk), "50"))
    Project.objects.create(
        code="A-VP", name="甲二户项目", user=world.a.other, division=world.a.village, permit_number="证2", permitted_m3=D(10),
        permit_from=date(2024, 1, 1), permit_to=date(2099, 1, 1),
    )  # fmt: skip
    return world.a.other


def decide(world, row, who=None, agreed=True, words=""):
    return transfers.decide(world.actor(who or world.leader), row, agreed=agreed, words=words)


def test_approval_moves_the_water_by_two_rows(world, cell, neighbour):
    row = propose(world, cell, "500")
    assert AllotmentEntry.objects.count() == 4
    decide(world, row, words="单元总量未分配")  # the state of the unit cannot be decided here
    has = queries.allotted(world.county, year(), KIND)
    assert (has[cell._replace(user=world.a.user.pk)], has[cell._replace(user=neighbour.pk)]) == (D(100), D(550))
    newest = AllotmentEntry.objects.order_by("-pk")[:2]
    assert {(r.change_m3, r.document, r.entered_by) for r in newest} == {
        (D(-500), "转让协议", world.leader),
        (D(500), "转让协议", world.leader),
    }
    row.refresh_from_db()
    assert (row.state, row.decided_by) == ("approved", world.leader)
    assert {c["code"] for c in row.checks if c["outcome"] != "passed"} == {"receiver_unit"}


def test_what_is_not_used_yet_is_not_saved(world, cell, neighbour):
    with pytest.raises(Invalid) as refused:
        propose(world, cell, "100.001", saved_m3=D(100))
    assert "100" in refused.value.message and refused.value.field == "volume"
    decide(world, propose(world, cell, "60", saved_m3=D(100)), words="同意")
    with pytest.raises(Invalid):
        propose(world, cell, "41", saved_m3=D(100))
    assert propose(world, cell, "41", saved_m3=D(100), evidence="节水评估报告2号").saved_m3 == D(100)  # another saving
    for field, wrong in (
        ("measure", {"measure": "rain"}), ("saved", {"saved_m3": D(0)}), ("evidence", {"evidence": " "}),
    ):  # fmt: skip
        with pytest.raises(Invalid) as told:
            propose(world, cell, "1", **wrong)
        assert told.value.field == field


def test_a_receiver_in_a_suspended_unit_for_another_use_or_without_permit_needs_a_person(world, cell, neighbour):
    def outcomes(row):
        return {check.code: check.outcome.value for check in reads.decision(row, timezone.localdate()).because}

    row = propose(world, cell, "10")
    found = outcomes(row)
    assert (found["use"], found["receiver_permit"], found["receiver_unit"]) == ("passed", "passed", "undecidable")
    order = {"document": "通知", "document_number": "9号", "authority": "市", "entered_at": timezone.now()}
    UnitOrder.objects.create(unit=world.unit, state="binding", valid_from=date(2024, 1, 1), **order)
    Project.objects.filter(user=neighbour).update(permit_to=date(2024, 12, 31))
    Transfer.objects.filter(pk=row.pk).update(receiver_node=cell._replace(sector="industry", user=neighbour.pk).code)
    row.refresh_from_db()
    found = outcomes(row)
    assert (found["use"], found["receiver_permit"], found["receiver_unit"]) == ("needs_person",) * 3
    with pytest.raises(Invalid):
        decide(world, row)


def test_after_approval_both_permits_wait_for_the_change_of_registration(world, cell, neighbour, sign_in):
    row = propose(world, cell, "10")
    today = timezone.localdate()
    officer = world.actor(world.officer)
    county = officer.territory("quota.view")
    with pytest.raises(Invalid):
        transfers.register(officer, row, "giver", day=today, document="变更1号")
    row = decide(world, row, words="同意")
    assert row.unregistered == ["giver", "receiver"] and list(reads.unregistered(county)) == [row]
    assert list(reads.unregistered(county, neighbour)) == [row] and not reads.unregistered(county, world.b.user)
    for field, wrong in (
        ("end", {"end": "both"}), ("day", {"day": date(2099, 1, 1)}), ("day", {"day": date(2020, 1, 1)}), ("document", {"document": " "}),
    ):  # fmt: skip
        with pytest.raises(Invalid) as told:
            transfers.register(officer, row, **({"end": "giver", "day": today, "document": "变更1号"} | wrong))
        assert told.value.field == field
    for person in (world.auditor, world.town_a, world.b_everything):
        with pytest.raises(Forbidden):
            transfers.register(world.actor(person), row, "giver", day=today, document="变更1号")
    transfers.register(officer, row, "giver", day=today, document="变更1号")
    assert not reads.unregistered(county, world.a.user) and list(reads.unregistered(county)) == [row]
    client = sign_in(world.officer)
    todo = {line.url: line.count for line in client.get("/").context["board"].todo}
    assert todo["/quota/transfers/?registration=open"] == 1
    page = client.get(reverse("transfer", args=[row.pk])).content.decode()
    assert "变更1号" in page and "证2" in page and reverse("transfer-registered", args=[row.pk]) in page
    posted = {"end": "receiver", "day": str(today), "document": "变更2号"}
    assert client.post(reverse("transfer-registered", args=[row.pk]), posted).status_code == 302
    row.refresh_from_db()
    assert (row.unregistered, row.receiver_registration) == ([], "变更2号")
    assert not reads.unregistered(county)
    assert client.get(reverse("transfer-registered", args=[row.pk])).status_code == 302


def test_without_any_share_the_page_says_what_to_do(world, sign_in):
    AllotmentEntry.objects.all().delete()
    page = sign_in(world.officer).get(reverse("transfers-new")).content.decode()
    assert reverse("quota-allot") in page and '<form method="post" class="card' not in page


def test_more_than_is_saved_is_refused_at_once(world, cell, neighbour):
    with pytest.raises(Invalid) as refused:
        propose(world, cell, "500.001")
    assert "500" in refused.value.message
    assert not Transfer.objects.exists()


def test_what_was_used_meanwhile_counts_at_the_decision(world, cell, neighbour):
    row = propose(world, cell, "500")
    used(world.a.intake, "1", date(year(), 1, 2))
    with pytest.raises(Invalid):
        decide(world, row)
    assert AllotmentEntry.objects.count() == 4
    row.refresh_from_db()
    assert row.state == "proposed"


def test_what_is_undecided_is_approved_with_words_only(world, cell, neighbour):
    world.a.project.permit_to = None
    world.a.project.save()
    row = propose(world, cell, "10")
    with pytest.raises(Invalid):
        decide(world, row)
    row = decide(world, row, words="见许可证原件")
    lines = {line["title"]: line["advice"] for line in reads.lines(reads.read(row.checks)) if line["advice"]}
    assert any("许可证" in str(advice) for advice in lines.values())
    assert reads.read(row.checks).outcome is Outcome.UNDECIDABLE
    assert (row.state, row.words) == ("approved", "见许可证原件")


def test_a_permit_that_has_run_out_gives_nothing(world, cell, neighbour):
    world.a.project.permit_to = date(year() - 1, 12, 31)
    world.a.project.save()
    with pytest.raises(Invalid):
        propose(world, cell, "10")


def test_a_second_officer_decides_and_only_once(world, cell, neighbour):
    row = propose(world, cell, "10")
    for wrong in ({"who": world.officer}, {"agreed": False}):
        with pytest.raises(Invalid):
            decide(world, row, **wrong)
    with pytest.raises(Forbidden):
        decide(world, row, who=world.auditor)
    decide(world, row, agreed=False, words="不同意")
    with pytest.raises(Invalid):
        decide(world, row)
    assert AllotmentEntry.objects.count() == 4


def test_a_transfer_is_withdrawn_by_who_proposed_it(world, cell, neighbour):
    row = propose(world, cell, "10")
    with pytest.raises(Forbidden):
        transfers.withdraw(world.actor(world.leader), row)
    assert transfers.withdraw(world.actor(world.officer), row).state == "withdrawn"
    with pytest.raises(Invalid):
        decide(world, row)


def test_who_may_propose(world, cell, neighbour):
    for person in (world.auditor, world.town_a, world.b_everything):
        with pytest.raises(Forbidden):
            propose(world, cell, "10", who=person)


def test_a_user_without_share_takes_it_where_its_intakes_lie(world, cell):
    # town B’s cell has nothing allotted, so that the ledger would not be held; but the town is another one
    row = propose(world, cell, "10", receiver=world.b.user)
    assert row.receiver_node == Node(world.unit.pk, world.b.town.pk, "agriculture", world.b.user.pk).code
    with pytest.raises(Invalid):
        propose(world, cell, "10", receiver=world.a.supply.customer)  # no share and no intake


def test_both_ends_see_it_and_nobody_else(world, cell, neighbour):
    inner = propose(world, cell, "10")
    across = propose(world, cell, "10", receiver=world.b.user)

    def seen(person):
        return set(reads.visible(world.actor(person).territory("quota.view")))

    assert seen(world.town_a) == seen(world.auditor) == {inner, across}
    assert seen(world.town_b) == seen(world.water_user) == {across}


def test_the_pages_propose_show_and_decide(world, cell, neighbour, sign_in):
    client = sign_in(world.officer)
    posted = {
        "source_kind": KIND, "giver": "A-U", "receiver": "A-V", "volume": "0.001", "counts_from": f"{year()}-07-01",
        "document": "协议", "price_note": "每方0.2元", "measure": "saving", "measure_words": "滴灌500亩", "saved": "0.01",
        "evidence": "节水评估报告1号", "paper": SimpleUploadedFile("评估.pdf", b"%PDF-1.4 %%EOF"),
    }  # fmt: skip
    assert client.post(reverse("transfers-new"), posted).status_code == 302
    row = Transfer.objects.get()
    assert row.volume_m3 == D(10)
    page = client.get(reverse("transfer", args=[row.pk])).content.decode()
    assert "每方0.2元" in page and "滴灌500亩" in page and "节水评估报告1号" in page
    assert client.get(reverse("transfer-paper", args=[row.pk])).status_code == 200
    assert sign_in(world.town_b).get(reverse("transfer-paper", args=[row.pk])).status_code == 404
    assert 'name="agreed"' not in page
    leader = sign_in(world.leader)
    assert 'name="agreed"' in leader.get(reverse("transfer", args=[row.pk])).content.decode()
    leader.post(reverse("transfer-decide", args=[row.pk]), {"agreed": "1", "words": "同意"})
    row.refresh_from_db()
    assert row.state == "approved"
    assert "甲用户" in client.get(reverse("transfers")).content.decode()
    share = cell._replace(user=world.a.user.pk)
    del posted["giver"], posted["source_kind"], posted["paper"]
    assert client.post(f"{reverse('transfers-new')}?node={KIND}/{share.code}", posted).status_code == 302
    assert client.get(f"{reverse('transfers-new')}?node={KIND}/0-0-0-0").status_code == 404
