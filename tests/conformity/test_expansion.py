"""The county's list of expansion: land above the baseline, use that grew with land, by user, village and town, for who may see it."""

import io
from datetime import date
from decimal import Decimal as D

import pytest
from django.urls import reverse
from django.utils import timezone
from openpyxl import load_workbook

from liangshui.accounting import services as accounting
from liangshui.accounting.models import DayVolume
from liangshui.conformity.expansion import By, Flag, grown
from liangshui.core.access import EVERYWHERE, SYSTEM
from liangshui.registry.models import IrrigatedArea

pytestmark = pytest.mark.django_db

TODAY = timezone.localdate()
LAST = TODAY.year - 1


def area(user, year, mu, baseline=False):
    IrrigatedArea.objects.create(user=user, year=year, area_mu=D(mu), is_baseline=baseline)


def took(intake, year, volume, month=5):
    DayVolume.objects.create(
        intake=intake, day=date(year, month, 3), method="register", volume_m3=D(volume), low_m3=D(volume), high_m3=D(volume), readings=2,
        computed_at=timezone.now(),
    )  # fmt: skip


@pytest.fixture
def land(world):
    """甲用户: 550 mu of baseline, 500 and then 600 mu, with 30,000 and then 40,000 m³. 乙用户: 100 mu, no baseline; use fell."""
    DayVolume.objects.all().delete()
    area(world.a.user, 2020, 550, baseline=True)
    for user, was, now in ((world.a.user, 500, 600), (world.b.user, 90, 100)):
        area(user, LAST - 1, was)
        area(user, LAST, now)
    for intake, was, now in ((world.a.intake, 30_000, 40_000), (world.b.intake, 9_000, 8_000)):
        took(intake, LAST - 1, 0, month=1)
        took(intake, LAST - 1, was)
        took(intake, LAST, now)
    accounting.recompute(SYSTEM, None, date(LAST - 1, 1, 1), date(TODAY.year, 1, 1), "test", volumes=False)
    return world


def test_land_and_use_of_each_user_stand_against_baseline_and_the_year_before(land):
    found = grown(EVERYWHERE, TODAY, By.USER)
    a, b = found[land.a.user.pk], found[land.b.user.pk]
    assert (a.land.after_mu, a.land.over_mu, a.flags) == (D(600), D(50), {Flag.OVER, Flag.GREW})
    assert (a.growth.before.use_m3, a.growth.after.use_m3) == (D(30_000), D(40_000))
    assert (b.land.over_mu, b.growth, b.flags) == (None, None, {Flag.NO_BASELINE})


def test_villages_and_towns_add_up_their_users_and_a_baseline_of_some_is_none(land):
    for by, place in ((By.VILLAGE, land.a.village), (By.TOWN, land.a.town)):
        assert grown(EVERYWHERE, TODAY, by)[place.pk].land.over_mu == D(50)
    area(land.a.supply.customer, LAST, 10)
    row = grown(EVERYWHERE, TODAY, By.TOWN)[land.a.town.pk]
    assert (
        row.land.present.value == D(610)
        and row.land.over_mu is None
        and "2 个灌溉用水户中 1 个" in row.land.baseline.source
    )


def test_a_year_that_the_account_does_not_cover_shows_no_growth(land):
    DayVolume.objects.filter(day__lt=date(LAST - 1, 2, 1)).delete()
    accounting.recompute(SYSTEM, None, date(LAST - 1, 1, 1), date(TODAY.year, 1, 1), "test", volumes=False)
    assert grown(EVERYWHERE, TODAY, By.USER)[land.a.user.pk].flags == {Flag.OVER}


def test_the_list_is_narrowed_to_town_and_territory_and_goes_to_excel(land, sign_in):
    url = reverse("expansion")
    client = sign_in(land.officer)
    page = client.get(url).content.decode()
    assert "甲用户" in page and "乙用户" not in page and "超过灌溉面积基数" in page
    assert "乙用户" in client.get(url, {"flag": "no_baseline"}).content.decode()
    assert "甲用户" not in client.get(url, {"town": land.b.town.path}).content.decode()
    assert "甲镇" in client.get(url, {"by": "town"}).content.decode()
    sheet = load_workbook(io.BytesIO(client.get(url, {"export": "xlsx"}).content)).active
    rows = [[cell.value for cell in row] for row in sheet.iter_rows()]
    assert rows[1][:6] == ["甲用户", "甲镇", "超过灌溉面积基数；用水随面积增长", 600, 550, 50]
    assert str(LAST) in rows[1][-1] and "2020" in rows[1][-1]
    assert "甲用户" in sign_in(land.town_a).get(url).content.decode()
    assert "甲用户" not in sign_in(land.town_b).get(url, {"flag": "over"}).content.decode()
    assert sign_in(land.rightless).get(url).status_code == 403
