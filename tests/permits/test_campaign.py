"""The campaign: the gravest first, what was found on the spot, and what a person decided beside what a rule proposes."""

from datetime import timedelta

import pytest
from django.urls import reverse

from liangshui.accounts.queries import actor_of
from liangshui.core.access import EVERYWHERE
from liangshui.core.errors import Forbidden, Invalid
from liangshui.permits import campaigning, checks, looking, register
from liangshui.permits.models import Sighting, Sorting
from liangshui.registry.models import PowerMeter, Project
from tests.permits.conftest import PDF, TODAY, took

pytestmark = pytest.mark.django_db


@pytest.fixture
def stock(unit):
    register.follow_stock()


def seen(world, who=None, **other):
    facts = {
        "division": world.a.village,
        "seen_on": TODAY,
        "words": "渠边一眼井在抽水",
        "kind": "well",
        "how": "inspection",
        **other,
    }
    return campaigning.see(actor_of(who or world.town_a), **facts)


def test_the_gravest_comes_first(world, stock):
    Project.objects.filter(pk=world.b.project.pk).update(permit_number="", permitted_m3=None)
    lines = checks.campaign(EVERYWHERE, TODAY)
    order = [checks.GRAVEST.index(each.line.standing) for each in lines]
    assert order == sorted(order) and lines[0].intake == world.b.intake


def test_who_takes_more_than_the_permit_allows_is_to_be_mended(world, stock):
    took(world.a.intake, 50_000)
    looking.look_at_permits()
    (line,) = (x.line for x in checks.campaign(EVERYWHERE, TODAY) if x.intake == world.a.intake)
    assert (line.standing.value, line.why, line.proposed.value) == ("permit", "exceeded", "mend")


def test_what_was_found_is_entered_at_the_place_and_answered_at_the_bureau(world, stock, sign_in):
    found = seen(world, longitude="109.5", latitude="39.5", photo=PDF)
    with pytest.raises(Forbidden):
        seen(world, who=world.town_b)
    for wrong, field in (
        ({"words": " "}, "words"),
        ({"seen_on": TODAY + timedelta(days=1)}, "seen_on"),
        ({"longitude": "109"}, "latitude"),
    ):
        with pytest.raises(Invalid) as told:
            seen(world, **wrong)
        assert told.value.field == field
    officer = actor_of(world.officer)
    for given, field in (
        ({"outcome": "known", "intake": None, "answer": ""}, "intake"),
        ({"outcome": "none", "intake": None, "answer": " "}, "answer"),
    ):
        with pytest.raises(Invalid) as told:
            campaigning.answer(officer, found, **given)
        assert told.value.field == field
    with pytest.raises(Forbidden):
        campaigning.answer(actor_of(world.town_a), found, outcome="none", intake=None, answer="旧井")
    page = sign_in(world.officer).get(reverse("campaign")).content.decode()
    assert "渠边一眼井在抽水" in page
    campaigning.answer(officer, found, outcome="known", intake=world.a.intake, answer="")
    assert "渠边一眼井在抽水" not in sign_in(world.officer).get(reverse("campaign")).content.decode()
    assert sign_in(world.town_b).get(reverse("sighting", args=[found.pk])).status_code == 404
    photo = sign_in(world.town_a).get(reverse("sighting-paper", args=[found.pk]))
    assert b"".join(photo.streaming_content) == PDF


def test_pages_of_what_was_found(world, stock, sign_in):
    client = sign_in(world.town_a)
    given = {
        "division": world.a.village.pk,
        "kind": "well",
        "how": "inspection",
        "seen_on": str(TODAY),
        "words": "新井",
        "longitude": "",
        "latitude": "",
    }
    assert client.post(reverse("sighting-new"), given).status_code == 302
    found = Sighting.objects.get()
    assert "新井" in client.get(reverse("sighting-list")).content.decode()
    assert "新井" in client.get(reverse("sighting", args=[found.pk])).content.decode()
    answer = sign_in(world.officer).post(reverse("sighting", args=[found.pk]), {"outcome": "none", "answer": "雨水窖"})
    assert answer.status_code == 302 and Sighting.objects.get().outcome == "none"


def test_a_person_decides_with_reason_and_term_and_a_later_decision_ends_it(world, stock, sign_in):
    officer, intake = actor_of(world.officer), world.a.intake
    for given, field in (
        ({"decided": "go", "words": " ", "until": TODAY}, "words"),
        ({"decided": "mend", "words": "补证", "until": None}, "until"),
    ):
        with pytest.raises(Invalid) as told:
            campaigning.sort(officer, intake, **given)
        assert told.value.field == field
    with pytest.raises(Forbidden):
        campaigning.sort(actor_of(world.town_a), intake, decided="keep", words="保留")
    campaigning.sort(officer, intake, decided="mend", words="补办许可", until=TODAY + timedelta(days=30))
    campaigning.sort(officer, intake, decided="keep", words="已补办")  # the same day: the last word counts
    assert Sorting.objects.get().words == "已补办"
    Sorting.objects.update(valid_from=TODAY - timedelta(days=5))
    campaigning.sort(officer, intake, decided="go", words="水源置换", until=TODAY)
    assert list(Sorting.objects.order_by("pk").values_list("decided", "valid_to")) == [("keep", TODAY), ("go", None)]
    page = sign_in(world.officer).get(reverse("campaign")).content.decode()
    assert "水源置换" in page
    assert sign_in(world.officer).get(reverse("campaign") + "?export=xlsx").status_code == 200


def test_meters_that_drive_nothing_lie_in_no_town(world, stock):
    meter = PowerMeter.objects.create(number="D-9999")
    assert meter in checks.unlinked(actor_of(world.officer).territory("permits.view"))[0]
    assert checks.unlinked(actor_of(world.town_a).territory("permits.view"))[0] == []
