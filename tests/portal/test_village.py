"""The village card: used, left and pace of a village, and which wells to look at."""

from datetime import date
from decimal import Decimal as D

import pytest
from django.urls import reverse

from liangshui.accounting import services
from liangshui.core.access import SYSTEM
from liangshui.portal.village import card
from liangshui.quota.models import AllotmentEntry
from liangshui.quota.queries import allotted_to_users
from liangshui.registry import services as registry

pytestmark = pytest.mark.django_db


@pytest.fixture
def year(world):
    """The year of the ledger's one volume, with its account; and a second well that nobody read."""
    village = world.a.village
    registry.save_intake(
        SYSTEM, code="A-2", name="二号井", kind="well", project=world.a.project, division=village,
        source=world.a.intake.source, sector="agriculture",
    )  # fmt: skip
    day = world.a.intake.day_volumes.get().day
    services.recompute(SYSTEM, None, date(day.year, 1, 1), date(day.year + 1, 1, 1), "test", volumes=False)
    AllotmentEntry.objects.create(
        year=day.year, source_kind="shallow_groundwater", county=village.parent.parent, town=village.parent,
        user=world.a.user, change_m3=D(50), counts_from=date(day.year, 1, 1),
    )  # fmt: skip
    return day.year


def test_a_card_says_what_is_used_and_left_and_which_wells_to_look_at(world, year):
    day = world.a.intake.day_volumes.get().day
    found = card(world.a.village, year, day)
    assert (found.total.allotted_m3, found.total.used_m3, found.total.left_m3) == (D(50), D("12.5"), D("37.5"))
    assert (found.used_m3, found.wells_without_volume) == (D("12.5"), 1)
    assert found.total.share == D("0.25")
    assert found.year_gone == D((day - date(year, 1, 1)).days + 1) / ((date(year + 1, 1, 1) - date(year, 1, 1)).days)
    assert [line.user.code for line in found.users] == ["A-U"]
    assert [well.code for well in found.without_volume] == ["A-2"]
    assert {start.month: volume for start, volume, _h in found.months}[day.month] == D("12.5")


def test_the_page_is_for_those_who_may_see_the_village(world, year, sign_in):
    own, other = sign_in(world.a.person), sign_in(world.b.person)
    address = reverse("village-card", args=[world.a.village.pk]) + f"?year={year}"
    page = own.get(address).content.decode()
    assert "A-2" in page and "二号井" in page
    assert other.get(address).status_code == 404
    assert world.a.village.name in own.get(reverse("villages")).content.decode()
    assert world.a.village.name not in other.get(reverse("villages")).content.decode()


def test_a_users_parts_say_the_same_water_again(world, year):
    village, user = world.a.village, world.a.user
    for sector, volume in (("agriculture", 30), ("living", 25)):
        AllotmentEntry.objects.create(
            year=year, source_kind="shallow_groundwater", county=village.parent.parent, town=village.parent,
            sector=sector, user=user, change_m3=D(volume), counts_from=date(year, 1, 1),
        )  # fmt: skip
    AllotmentEntry.objects.create(
        year=year, source_kind="surface", county=village.parent.parent, user=user, change_m3=D(7),
        counts_from=date(year, 1, 1),
    )  # fmt: skip
    assert allotted_to_users(year, [user.pk]) == {user.pk: D(62)}  # 30 + 25 instead of 50, and 7
