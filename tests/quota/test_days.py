"""Sums close on each day on which rows begin to count; a use that nobody knows is not nothing."""

from datetime import date

import pytest
from django.utils import timezone

from liangshui.accounting.models import DayVolume
from liangshui.accounting.services import recompute
from liangshui.core.access import EVERYWHERE, SYSTEM
from liangshui.core.errors import Invalid
from liangshui.quota import queries
from liangshui.quota.models import AllotmentEntry
from liangshui.quota.rules.closing import TOTAL, Node
from tests.quota.water import give, year

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def nothing_yet(world):
    AllotmentEntry.objects.all().delete()


def test_sums_close_on_every_day_on_which_rows_begin_to_count(world):
    give(world, (TOTAL, "1000"))
    town = Node(town=world.a.town.pk)
    later = {"counts_from": date(year(), 10, 1), "document": "2号"}
    give(world, (TOTAL, "500"), **later)
    with pytest.raises(Invalid, match=r"1,?000"):  # the 500 count in October only
        give(world, (town, "1200"))
    give(world, (town, "1200"), **later)
    with pytest.raises(Invalid, match="10-01"):  # and from October on the total is needed
        give(world, (TOTAL, "-400"))


def test_what_no_intake_knows_is_no_use_of_nothing(world):
    DayVolume.objects.all().delete()
    give(world, (TOTAL, "1000"), (Node(town=world.a.town.pk), "300"))
    recompute(SYSTEM, None, date(year(), 1, 1), date(year() + 1, 1, 1), "test", volumes=False)
    day = timezone.localdate()
    whole, town = queries.balances(EVERYWHERE, year(), day=day)
    assert (whole.outlook.used_m3, whole.outlook.left_m3, town.outlook.used_m3) == (None, None, None)
    assert not whole.outlook.over and whole.outlook.expected_m3 is None
