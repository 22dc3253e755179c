"""Days of stations, faults and their life, and who may do what."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from liangshui.core.access import SYSTEM
from liangshui.core.errors import Forbidden, Invalid
from liangshui.metering import health, queries
from liangshui.metering.models import Fault, StationDay
from liangshui.telemetry.models import DeviceEvent, Observation, Station

pytestmark = pytest.mark.django_db


@pytest.fixture
def station(world):
    Fault.objects.all().delete()
    Station.objects.exclude(pk=world.a.station.pk).update(active=False)
    Station.objects.filter(pk=world.a.station.pk).update(last_seen_at=timezone.now())
    return world.a.station


def observe(series, at, late=timedelta(seconds=20), value=1):
    Observation.objects.create(series=series, at=at, received_at=at + late, value=value)


def noon(days_ago):
    day = timezone.localdate() - timedelta(days=days_ago)
    return timezone.make_aware(timezone.datetime(day.year, day.month, day.day, 0, 30))


def test_a_day_counts_instants_those_in_time_and_values(world, station):
    for hour in range(20):
        observe(
            world.a.series, noon(1) + timedelta(hours=hour), timedelta(hours=2) if hour < 3 else timedelta(seconds=40)
        )
    observe(world.a.series, noon(1), value=None)  # said again, without a value
    yesterday = timezone.localdate() - timedelta(days=1)
    health.measure(yesterday, yesterday)
    row = StationDay.objects.get(station=station, day=yesterday)
    assert (row.expected, row.reports, row.timely, row.values, row.empty, row.delay_s) == (24, 20, 18, 21, 1, 20)
    rates = queries.rates(StationDay.objects.filter(day=yesterday))
    assert (rates.arrived, rates.timely, rates.whole) == (83.3, 75.0, 79.2)


def test_a_fault_from_being_noticed_to_being_confirmed(world, station):
    officer = world.actor(world.officer)
    DeviceEvent.objects.create(station=station, at=timezone.now(), kind="battery_low", began=True)
    assert health.notice(timezone.localdate()) == 1
    fault = Fault.objects.get(kind="battery_low")
    health.send(officer, fault, to="维护公司")
    with pytest.raises(Invalid):
        health.confirm(officer, fault)  # the data still show it
    DeviceEvent.objects.create(station=station, at=timezone.now(), kind="battery_low", began=False)
    health.notice(timezone.localdate())
    health.repaired(officer, fault, what="换电池")
    fault = health.confirm(officer, fault)
    assert (fault.state, fault.sent_to, fault.repair, fault.confirmed_by_id) == (
        "confirmed",
        "维护公司",
        "换电池",
        world.officer.pk,
    )
    DeviceEvent.objects.create(station=station, at=timezone.now(), kind="battery_low", began=True)
    health.notice(timezone.localdate())
    assert Fault.objects.filter(kind="battery_low").count() == 2


def test_a_fault_that_nobody_was_sent_for_ends_by_itself(world, station):
    Station.objects.filter(pk=station.pk).update(last_seen_at=timezone.now() - timedelta(hours=13))
    health.notice(timezone.localdate())
    assert Fault.objects.get().kind == "silent"
    Station.objects.filter(pk=station.pk).update(last_seen_at=timezone.now())
    assert health.notice(timezone.localdate()) == 0
    assert Fault.objects.get().confirmed_by is None


def test_a_station_out_of_use_is_neither_expected_nor_silent(world, station):
    Station.objects.filter(pk=station.pk).update(last_seen_at=None)
    today = timezone.localdate()
    health.snooze(SYSTEM, station, first=today - timedelta(days=9), last=today + timedelta(days=9), reason="非灌溉季")
    assert health.look(today) == 0
    assert set(StationDay.objects.filter(day__gte=today - timedelta(days=9)).values_list("expected", flat=True)) == {0}


def test_a_wrong_clock_and_missing_reports_show_in_the_days(world, station):
    for ago in (3, 2, 1):
        for hour in range(5):
            observe(world.a.series, noon(ago) + timedelta(hours=hour), timedelta(minutes=-10))
    health.look()
    assert {f.kind: f.figures for f in Fault.objects.all()} == {"scarce": {"percent": 20.8}, "clock": {"off_s": -600}}


def test_only_who_may_change_stations_acts(world, station, sign_in):
    fault = Fault.objects.create(station=station, kind="silent", noticed_at=timezone.now())
    with pytest.raises(Forbidden):
        health.send(world.actor(world.auditor), fault, to="x")
    client = sign_in(world.officer)
    url = reverse("fault-act", args=[fault.pk])
    assert client.post(url, {"do": "send", "words": ""}, follow=True).status_code == 200
    fault.refresh_from_db()
    assert fault.state == "noticed"
    client.post(url, {"do": "send", "words": "维护公司"})
    fault.refresh_from_db()
    assert fault.state == "sent"
