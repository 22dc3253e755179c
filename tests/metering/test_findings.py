"""Findings kept up to date; a person decides; what was hidden in the demo banner is found and nobody sound is accused."""

from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone

from liangshui.accounting.models import DayVolume
from liangshui.accounting.rules.water_day import Mark
from liangshui.accounts.roles import Role
from liangshui.core.access import SYSTEM, Territory
from liangshui.core.errors import Forbidden, Invalid
from liangshui.core.periods import BEIJING
from liangshui.metering import findings, queries
from liangshui.metering.models import Demand, Finding
from liangshui.metering.words import finding_words
from liangshui.parameters import services
from liangshui.registry.models import Intake
from liangshui.telemetry.models import Observation, Series, Station
from tests.people import make_person

pytestmark = pytest.mark.django_db

DAY = timezone.localdate() - timedelta(days=40)


@pytest.fixture(autouse=True)
def empty(world):
    Finding.objects.all().delete()
    Demand.objects.all().delete()


@pytest.fixture
def set_back(world):
    DayVolume.objects.all().delete()
    for n in range(39):
        DayVolume.objects.create(
            intake=world.a.intake, day=DAY + timedelta(days=n), method="register", volume_m3=None if n == 5 else Decimal(10),
            low_m3=Decimal(0), high_m3=Decimal(10), readings=12, marks=Mark.FALL if n == 5 else 0, computed_at=timezone.now(),
        )  # fmt: skip
    findings.look()
    return Finding.objects.get(kind="set_back")


def test_a_finding_is_found_once_and_gone_when_the_data_are_mended(world, set_back):
    assert (set_back.intake, set_back.first, set_back.score, set_back.state) == (
        world.a.intake, DAY + timedelta(days=5), 85, "open",
    )  # fmt: skip
    findings.look()
    assert Finding.objects.filter(kind="set_back").count() == 1
    DayVolume.objects.update(marks=0)
    findings.look()
    set_back.refresh_from_db()
    assert set_back.state == "gone"
    DayVolume.objects.filter(day=DAY + timedelta(days=5)).update(marks=Mark.FALL)
    findings.look()
    set_back.refresh_from_db()
    assert set_back.state == "open"


def test_a_person_decides_once_and_says_why(world, set_back, sign_in):
    officer = world.actor(world.officer)
    for state, words in (("clue", ""), ("gone", "x"), ("punished", "x")):
        with pytest.raises(Invalid):
            findings.decide(officer, set_back, state=state, words=words)
    with pytest.raises(Forbidden):
        findings.decide(world.actor(world.auditor), set_back, state="clue", words="x")
    url = reverse("finding-decide", args=[set_back.pk])
    sign_in(world.officer).post(url, {"state": "clue", "words": "表底回拨，转执法"})
    set_back.refresh_from_db()
    assert (set_back.state, set_back.decided_by, set_back.words) == ("clue", world.officer, "表底回拨，转执法")
    with pytest.raises(Invalid):
        findings.decide(officer, set_back, state="explained", words="x")
    DayVolume.objects.update(marks=0)
    findings.look()
    set_back.refresh_from_db()
    assert set_back.state == "clue"


def test_no_meter_is_found_only_where_the_ledger_asks_for_one(world):
    Intake.objects.update(lawful_method="electricity")
    findings.look()
    assert not Finding.objects.filter(kind="no_meter").exists()
    world.b.intake.station_links.all().delete()
    Intake.objects.update(lawful_method="meter")
    findings.look()
    assert [f.intake for f in Finding.objects.filter(kind="no_meter")] == [world.b.intake]
    found = Finding.objects.get(kind="no_meter")
    findings.look(timezone.localdate() + timedelta(days=3))
    assert Finding.objects.get(kind="no_meter").first == found.first


def test_data_asked_for_and_not_given(world):
    day = timezone.localdate()
    demand = findings.demand(
        SYSTEM, world.a.intake, what="2025年取水量", document="杭水函〔2026〕1号", sent_on=day - timedelta(days=20), due_on=day - timedelta(days=5)
    )  # fmt: skip
    findings.look()
    assert Finding.objects.get(kind="refused").figures["document"] == "杭水函〔2026〕1号"
    with pytest.raises(Invalid):
        findings.answered(SYSTEM, demand, on=day + timedelta(days=1))
    findings.answered(SYSTEM, demand, on=day)
    findings.look()
    assert Finding.objects.get(kind="refused").state == "gone"
    with pytest.raises(Invalid):
        findings.demand(SYSTEM, world.a.intake, what="x", document="x", sent_on=day, due_on=day)


def test_a_water_user_does_not_see_the_question_about_its_well(world, set_back):
    own = Territory(users=frozenset({world.a.intake.project.user_id}))
    assert Intake.objects.within(own).exists()
    assert not queries.findings(own).exists()


def test_a_declared_volume_far_below_its_electricity(world):
    from liangshui.accounting.models import PeriodVolume

    span = {"start": date(2026, 4, 1), "end": date(2026, 5, 1), "intake": world.a.intake}
    for method, volume, low in (("declared", 100, 100), ("electricity", 400, 360)):
        PeriodVolume.objects.create(
            method=method, volume_m3=Decimal(volume), low_m3=Decimal(low), **span, computed_at=timezone.now()
        )
    findings.look(date(2026, 6, 1))
    assert Finding.objects.get(kind="declared").figures == {
        "declared_m3": "100.000", "least_m3": "360.000", "way": "electricity",
    }  # fmt: skip


def test_how_far_the_groundwater_of_a_town_sank(world):
    town = "/".join(world.a.village.path.split("/")[:4])
    first, last = DAY, DAY + timedelta(days=30)
    assert findings.sunk_m(town, first, last) is None
    for number, (before, after) in enumerate([("10.00", "10.80"), ("20.10", "20.50"), ("5.00", None)]):
        station = Station.objects.create(key=f"{number:010}", name="监测井", protocol="sl651", division=world.a.village)
        well = Series.objects.create(station=station, quantity="depth_m", element="0E")
        for day, depth in ((first + timedelta(days=1), before), (last, after)):
            noon = datetime(day.year, day.month, day.day, 12, tzinfo=BEIJING)
            value = None if depth is None else Decimal(depth)
            Observation.objects.create(series=well, at=noon, received_at=noon, value=value)
    assert findings.sunk_m(town, first, last) == Decimal("0.80")  # of 0.40 and 0.80 the greater: the middle of two
    assert findings.sunk_m(world.b.village.path, first, last) is None


def confirmed(world, rule, value):
    second = make_person(f"second-{rule}", "另一局员", world.bureau, Role.BUREAU_OFFICER)
    made = services.propose(
        world.actor(world.officer), rule, value=value, since=date(2025, 1, 1), document="通知", document_number="1号",
        issued_on=date(2025, 1, 1),
    )  # fmt: skip
    services.decide(world.actor(second), made, agreed=True, words="")


def test_the_scale_is_not_decided_until_the_county_has_entered_it(world, sign_in):
    world.a.intake.station_links.all().delete()
    Intake.objects.update(lawful_method="meter")
    project = world.a.intake.project
    project.permitted_m3 = Decimal(50_000)
    project.save()
    everywhere = Territory(everywhere=True)
    today = timezone.localdate()
    findings.look(today)
    assert not Finding.objects.filter(kind="no_online").exists()
    assert findings.undecided_lines(everywhere, today) == 1
    assert "不能判定" in sign_in(world.officer).get("/metering/").content.decode()
    confirmed(world, "GW-022-B", {"threshold_m3_per_year": 50_000})
    findings.look(today)
    found = Finding.objects.get(kind="no_online")
    assert (found.intake, found.figures["scale_m3"]) == (world.a.intake, "50000")
    assert findings.undecided_lines(everywhere, today) == 0
    page = sign_in(world.officer).get(reverse("finding", args=[found.pk])).content.decode()
    assert "《地下水管理条例》第22(2)条" in page and "50,000" in page


def test_within_the_countys_term_existing_works_without_a_meter_are_no_finding(world):
    world.a.intake.station_links.all().delete()
    world.a.intake.meter_installations.all().delete()
    Intake.objects.filter(pk=world.a.intake.pk).update(lawful_method="meter")
    findings.look()
    found = Finding.objects.get(kind="no_meter", intake=world.a.intake)
    assert "未录入" in finding_words(found)
    confirmed(world, "GW-022-A", {"existing_works_by": str(timezone.localdate() + timedelta(days=1))})
    findings.look()
    found.refresh_from_db()
    assert found.state == "gone"
