"""Readings of loggers from Excel or CSV: once, not written over, taken back; and the account follows."""

from datetime import UTC, date, datetime
from decimal import Decimal as D

import pytest
from django.utils import timezone

from liangshui.accounting.models import DayVolume
from liangshui.accounting.services import follow_changes
from liangshui.core.access import SYSTEM
from liangshui.registry import importing
from liangshui.telemetry.models import Observation
from liangshui.telemetry.sheets.times import read_time
from tests.accounting.test_sheets import book

pytestmark = pytest.mark.django_db

HEAD = ("站码", "时间", "累计读数", "瞬时流量(L/s)", "水温(℃)")


def check(world, *rows, head=HEAD, actor=SYSTEM):
    return importing.check(actor, book(head, *rows), "记录仪.xlsx", "observations")


def rows_of(batch):
    return [(row["status"], [p["code"] for p in row["problems"]]) for row in batch.report["rows"]]


def test_a_loggers_file_fills_the_account_once(world):
    key = world.a.station.key
    day = [(key, f"2026-04-{d:02d} 08:00", 1000 + 24 * d, 0.5, 11.5) for d in range(1, 6)]
    batch = importing.take(SYSTEM, check(world, *day))
    assert batch.state == "taken"
    file_rows = Observation.objects.filter(series__element="file")
    assert file_rows.count() == 15
    flow = file_rows.filter(series__quantity="flow_m3_h").first()
    assert (flow.value, flow.at, flow.origin) == (
        D("1.8"),
        datetime(2026, 4, 1, 0, 0, tzinfo=UTC),
        f"import {batch.pk}",
    )
    again = check(world, *day)
    assert (again.report["counts"]["unchanged"], again.report["rows"]) == (5, [])
    while follow_changes():
        pass
    assert DayVolume.objects.get(intake=world.a.intake, day=date(2026, 4, 3), method="register").volume_m3 == D(24)
    importing.take_back(SYSTEM, batch)
    assert not file_rows.exists()
    while follow_changes():
        pass
    assert not DayVolume.objects.filter(intake=world.a.intake, day=date(2026, 4, 3), method="register").exists()


def test_another_value_for_the_same_instant_is_not_written_over(world):
    key = world.a.station.key
    importing.take(SYSTEM, check(world, (key, "2026-04-01 08:00", 10, None, None)))
    changed = check(world, (key, "2026-04-01 08:00", 11, None, None), (key, "2026-04-01 09:00", 12, None, None))
    assert rows_of(changed) == [("refused", ["value_stands"]), ("created", [])]


def test_rows_that_cannot_be_are_told_each_for_itself(world):
    future = (timezone.now() + timezone.timedelta(days=2)).strftime("%Y-%m-%d %H:%M")
    key = world.a.station.key
    batch = check(
        world,
        (key, "昨天", 1, None, None),
        (key, future, 1, None, None),
        ("0000000000", "2026-04-01 08:00", 1, None, None),
        ("", "2026-04-01 08:00", 1, None, None),
        (key, "2026-04-01 08:00", None, None, None),
        (key, datetime(2026, 4, 1, 8, 0), 1, None, None),
    )
    assert [codes for _status, codes in rows_of(batch)] == [
        ["not_a_time"],
        ["time_out_of_range"],
        ["unknown_station"],
        ["no_station"],
        ["no_values"],
        [],
    ]


def test_by_intake_and_only_in_ones_own_area(world):
    head = ("取水口编号", "时间", "埋深")
    good = check(world, (world.a.intake.code, "2026-04-01 08:00", 23.4), head=head)
    assert rows_of(good) == [("created", [])]
    other = check(
        world, (world.a.intake.code, "2026-04-01 08:00", 23.4), head=head, actor=world.actor(world.b_everything)
    )
    assert rows_of(other)[0][0] == "refused"


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026-05-01 08:00", "2026-05-01T00:00:00"),
        ("2026/5/1 8:05:30", "2026-05-01T00:05:30"),
        ("2026.05.01 23:59:59.9", "2026-05-01T15:59:59"),
        ("2026年5月1日8时", "2026-05-01T00:00:00"),
        ("2026年5月1日 8时30分", "2026-05-01T00:30:00"),
        ("20260501080000", "2026-05-01T00:00:00"),
        ("202605010800", "2026-05-01T00:00:00"),
        ("2026-05-01T00:00:00Z", "2026-05-01T00:00:00"),
        ("2026-05-01 08:00:00+08:00", "2026-05-01T00:00:00"),
        ("46143.333333", "2026-05-01T00:00:00"),
    ],
)
def test_times_as_they_are_written(text, instant):
    assert read_time(text) == datetime.fromisoformat(f"{instant}+00:00")


@pytest.mark.parametrize("text", ["", "2026-05-01", "2026-13-01 08:00", "08:00", "2026-05-01 25:00", "1", "20260501"])
def test_what_is_no_time_of_day_is_refused(text):
    assert read_time(text) is None
