"""The first page: kept sums never hide what is happening now, and a source over its allotment is named."""

from datetime import date
from decimal import Decimal as D
from threading import Timer

from django.core.cache import caches

from liangshui.accounts.models import Appointment
from liangshui.permits.models import Permit, PermitEnd
from liangshui.quota.queries import Balance
from liangshui.quota.rules.closing import Node, Outlook
from liangshui.telemetry.models import Station
from liangshui.web import dashboard
from liangshui.web.dashboard import _against_limits


def balance(kind: str, allotted: str, used: str) -> Balance:
    return Balance(Node(town=1), "甲镇", kind, Outlook(D(allotted), D(used), D("0.5"), None), (), None)


def test_one_source_over_is_named_though_the_town_as_a_whole_is_not():
    town = _against_limits([balance("surface_water", "100", "10"), balance("shallow_groundwater", "50", "51")])
    assert (town["limit"], round(town["share"])) == (D(150), 41)
    assert len(town["over"]) == 1


def test_a_town_without_allotment_has_no_share():
    assert _against_limits([]) == {"limit": None, "share": None, "bar": 0, "over": []}


def test_the_page_shows_since_when_and_what_waits_now(world, sign_in):
    client = sign_in(world.officer)
    first = client.get("/").context["board"]
    assert [t.count for t in first.todo][:1] == [1]
    world.waiting.delete()
    second = client.get("/").context["board"]
    assert second.at == first.at
    assert all("waiting" not in t.url for t in second.todo)


def test_who_comes_while_the_sums_are_made_waits_for_the_same_sums(world, sign_in, monkeypatch):
    client = sign_in(world.officer)
    kept = {}
    monkeypatch.setattr(dashboard, "_keep", lambda key, scope: kept.setdefault(key, dashboard.Board()))
    client.get("/")
    (key, board), shared = kept.popitem(), caches["shared"]
    shared.set(key + ":making", True)
    timer = Timer(0.3, lambda: shared.set(key, board))
    timer.start()
    assert client.get("/").context["board"].at == board.at
    assert not kept, "made a second time"


def test_an_end_that_another_has_proposed_and_things_of_who_left_wait_for_the_reader(world, sign_in):
    def waiting(person, of):
        return [t.count for t in sign_in(person).get("/").context["board"].todo if t.url.endswith(of)]

    permit = Permit.objects.create(number="测1", project=world.a.project, check_code="X")
    PermitEnd.objects.create(
        permit=permit,
        end="revoked",
        day=date(2026, 1, 1),
        words="吊销",
        document="罚1号",
        paper="x.pdf",
        entered_by=world.officer,
    )
    assert waiting(world.leader, "?stand=proposed") == [1]
    assert "测1" in sign_in(world.leader).get("/permits/?stand=proposed").content.decode()
    assert waiting(world.officer, "?stand=proposed") == waiting(world.town_a, "?stand=proposed") == []
    PermitEnd.objects.update(entered_by=world.leader)
    assert waiting(world.leader, "?stand=proposed") == []  # one's own waits for somebody else
    Station.objects.filter(pk=world.a.station.pk).update(responsible=world.rightless)
    assert waiting(world.leader, "?state=left") == []  # who never had a role is in nobody's area
    Appointment.objects.filter(person=world.town_a).update(valid_to=date(2026, 1, 1))
    Station.objects.filter(pk=world.a.station.pk).update(responsible=world.town_a)
    assert waiting(world.leader, "?state=left") == [1]
    assert world.town_a.name in sign_in(world.leader).get("/people/?state=left").content.decode()
