"""A closed month stands still; what comes late is written down, booked elsewhere, or let in again with a reason."""

from datetime import date
from decimal import Decimal as D

import pytest
from django.urls import reverse

from liangshui.accounting import closing
from liangshui.accounting.models import Carried, LateChange, MonthClosing
from liangshui.core.access import SYSTEM, Actor, Grant, Right, Territory
from liangshui.core.errors import Forbidden, Invalid
from liangshui.core.periods import Period, plan_year
from liangshui.registry import importing
from liangshui.registry.models import ImportBatch
from tests.accounting.conftest import MAY, follow, total, volumes
from tests.accounting.test_sheets import installed, take, world_officer  # noqa: F401

JUNE = Period(date(2025, 6, 1), date(2025, 7, 1))
HEADS = ("取水口编号", "月份", "取水量", "水量来源")


@pytest.fixture
def well(place):
    made = place.well("W1", place.user("U1"))
    take("volumes", HEADS, ("W1", "2025-05", 100, "抄表"), ("W1", "2025-06", 60, "抄表"))
    return made


def late(**changes):
    return take("volumes", HEADS, ("W1", "2025-05", changes.get("may", 130), "抄表"), ("W1", "2025-06", 70, "抄表"))


def test_a_closed_month_stands_still_and_says_what_came_late(well):
    closing.close(SYSTEM, MAY.start)
    late()
    assert total(MAY).abstraction_m3 == D(100) and total(JUNE).abstraction_m3 == D(70)
    (change,) = LateChange.objects.all()
    assert (change.intake, change.month, change.closed_m3, change.now_m3) == (well, MAY.start, D(100), D(130))
    late(may=100)
    assert not LateChange.objects.exists()


def test_a_late_change_is_booked_into_the_next_open_month(well):
    closing.close(SYSTEM, MAY.start)
    late(may=90)
    assert closing.carry(SYSTEM, MAY.start, "复核抄表") == 1
    follow()
    assert (Carried.objects.get().volume_m3, Carried.objects.get().into_month) == (D(-10), JUNE.start)
    assert total(MAY).abstraction_m3 == D(100)
    assert total(JUNE).by_method == {"corrected": D(-10), "read": D(70)}
    assert volumes("intake", plan_year(2025)) == {"W1": D(160)}
    assert not LateChange.objects.exists()
    late(may=95)
    (change,) = LateChange.objects.all()
    assert (change.closed_m3, change.now_m3) == (D(90), D(95))  # with what is booked already
    with pytest.raises(Invalid):
        closing.reopen(SYSTEM, MAY.start, "重算")


def test_opened_again_with_a_reason_the_account_follows(well):
    closing.close(SYSTEM, MAY.start)
    late()
    with pytest.raises(Invalid):
        closing.reopen(SYSTEM, MAY.start, " ")
    closing.reopen(SYSTEM, MAY.start, "抄错了")
    follow()
    assert total(MAY).abstraction_m3 == D(130) and not LateChange.objects.exists()
    row = MonthClosing.objects.get()
    assert row.reopened_at is not None and row.reason == "抄错了"
    closing.close(SYSTEM, MAY.start)
    with pytest.raises(Invalid):
        closing.close(SYSTEM, MAY.start)


def test_what_a_closed_month_rests_on_is_not_taken_back(well):
    batch = ImportBatch.objects.get()
    closing.close(SYSTEM, MAY.start)
    with pytest.raises(Invalid, match="2025-05"):
        importing.take_back(SYSTEM, batch)
    closing.reopen(SYSTEM, MAY.start, "撤回")
    importing.take_back(SYSTEM, batch)
    follow()
    assert total(MAY).abstraction_m3 is None


def test_a_volume_that_stays_with_the_user_stands_still_too(place):
    user = place.user("U1")
    place.well("W1", user)
    place.well("W2", user)
    take("volumes", ("用水户", "月份", "取水量"), ("用户U1", "2025-05", 100), method="declared")
    closing.close(SYSTEM, MAY.start)
    take("volumes", ("用水户", "月份", "取水量"), ("用户U1", "2025-05", 140), method="declared")
    assert total(MAY).abstraction_m3 == D(100)
    (change,) = LateChange.objects.all()
    assert (change.intake, change.user, change.closed_m3, change.now_m3) == (None, user, D(100), D(140))


def test_who_may_close_and_when(well, place):
    town = Actor(
        "镇", None, (Grant(frozenset({Right.ACCOUNT_CHANGE}), Territory(paths=frozenset({place.town_a.path}))),)
    )
    with pytest.raises(Forbidden):
        closing.close(town, MAY.start)
    with pytest.raises(Invalid):
        closing.close(SYSTEM, date(2090, 1, 1))
    with pytest.raises(Invalid):
        closing.close(SYSTEM, date(2019, 1, 1))


def test_the_pages_close_book_and_open_again(well, world_officer):  # noqa: F811
    client = world_officer
    page, act = reverse("closing", args=[2025, 5]), reverse("closing-act", args=[2025, 5])
    assert "2025-05" in client.get(reverse("closings") + "?year=2025").content.decode()
    assert client.get(page).status_code == 200
    client.post(act, {"do": "close"})
    late()
    assert "130" in client.get(page).content.decode()
    client.post(act, {"do": "carry", "reason": "迟到"})
    follow()
    assert total(JUNE).by_method == {"corrected": D(30), "read": D(70)}
    assert "迟到" in client.get(page).content.decode()
    client.post(act, {"do": "reopen", "reason": "x"})
    assert MonthClosing.objects.get().reopened_at is None
