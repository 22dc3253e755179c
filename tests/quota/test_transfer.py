"""Transfers: two officers, checks made anew, two rows of the ledger, and who may see them."""

from datetime import date
from decimal import Decimal as D

import pytest
from django.urls import reverse

from liangshui.accounting.models import DayVolume
from liangshui.core.decision import Outcome
from liangshui.core.errors import Forbidden, Invalid
from liangshui.quota import queries
from liangshui.quota import transfer_queries as reads
from liangshui.quota import transfer_services as transfers
from liangshui.quota.models import AllotmentEntry, Transfer
from liangshui.quota.rules.closing import TOTAL, Node
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
    return found


def propose(world, cell, m3: str, who=None, receiver=None, **more):
    facts = {"counts_from": date(year(), 7, 1), "document": "转让协议"} | more
    giver = cell._replace(user=world.a.user.pk)
    return transfers.propose(
        world.actor(who or world.officer), year(), KIND, giver, receiver or world.a.other, D(m3), **facts
    )


@pytest.fixture
def neighbour(world, cell):
    """Another user with a share in the same cell."""
    world.a.things["other"] = world.a.supply.customer
    give(world, (cell._replace(user=world.a.other.pk), "50"))
    return world.a.other


def decide(world, row, who=None, agreed=True, words=""):
    return transfers.decide(world.actor(who or world.leader), row, agreed=agreed, words=words)


def test_approval_moves_the_water_by_two_rows(world, cell, neighbour):
    row = propose(world, cell, "500")
    assert AllotmentEntry.objects.count() == 4
    decide(world, row)
    has = queries.allotted(world.county, year(), KIND)
    assert (has[cell._replace(user=world.a.user.pk)], has[cell._replace(user=neighbour.pk)]) == (D(100), D(550))
    newest = AllotmentEntry.objects.order_by("-pk")[:2]
    assert {(r.change_m3, r.document, r.entered_by) for r in newest} == {
        (D(-500), "转让协议", world.leader),
        (D(500), "转让协议", world.leader),
    }
    row.refresh_from_db()
    assert (row.state, row.decided_by) == ("approved", world.leader)
    assert {check["outcome"] for check in row.checks} == {"passed"}


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
        "document": "协议", "price_note": "每方0.2元",
    }  # fmt: skip
    assert client.post(reverse("transfers-new"), posted).status_code == 302
    row = Transfer.objects.get()
    assert row.volume_m3 == D(10)
    page = client.get(reverse("transfer", args=[row.pk])).content.decode()
    assert "每方0.2元" in page
    assert 'name="agreed"' not in page
    leader = sign_in(world.leader)
    assert 'name="agreed"' in leader.get(reverse("transfer", args=[row.pk])).content.decode()
    leader.post(reverse("transfer-decide", args=[row.pk]), {"agreed": "1"})
    row.refresh_from_db()
    assert row.state == "approved"
    assert "甲用户" in client.get(reverse("transfers")).content.decode()
    share = cell._replace(user=world.a.user.pk)
    del posted["giver"], posted["source_kind"]
    assert client.post(f"{reverse('transfers-new')}?node={KIND}/{share.code}", posted).status_code == 302
    assert client.get(f"{reverse('transfers-new')}?node={KIND}/0-0-0-0").status_code == 404
