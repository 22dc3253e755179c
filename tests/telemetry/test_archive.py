"""Months are moved to Parquet and back: accounts, pages and seals are the same before, while and after."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse
from django.utils import timezone

from liangshui.accounting import services
from liangshui.accounting.evidence import behind_day
from liangshui.accounting.models import DayVolume
from liangshui.core.access import SYSTEM, Right
from liangshui.core.errors import Invalid
from liangshui.core.periods import BEIJING
from liangshui.records.jobs import JOBS
from liangshui.telemetry import archive, archiving, evidence, queries, seals
from liangshui.telemetry.models import ArchivedMonth, EvidenceSheet, GatewayProgress, Observation, RawFrame
from liangshui.telemetry.services import NewObservation, record_observations
from tests.accounting.conftest import Place, follow

pytestmark = pytest.mark.django_db

APRIL, MAY, JUNE = date(2026, 4, 1), date(2026, 5, 1), date(2026, 6, 1)


@pytest.fixture
def place(db) -> Place:
    return Place()


class Well:
    """A well read four times a day from 20 April to 10 June, with flow beside it, a gap, a fault, a resent and a late value."""

    def __init__(self, place: Place) -> None:
        self.intake = place.well("W1", place.user("U1"))
        self.series = place.station(self.intake)
        self.place = place
        first = datetime(2026, 4, 20, 1, 30, tzinfo=BEIJING)
        rows = []
        for n in range(51 * 4):
            at = first + timedelta(hours=6 * n)
            if 60 < n < 66:  # no reading for a day and a half
                continue
            value: Decimal | None = Decimal(1000) + Decimal("7.123457") * n
            if n == 100:
                value = None
            if n == 120:
                value = Decimal(3)  # a spike
            rows.append((at, value))
        place.read(self.series, *rows)
        place.read(self.series, (rows[70][0], rows[70][1] + 1), late=True)  # the same instant, another value
        place.read(self.series, (datetime(2026, 5, 25, 12, tzinfo=BEIJING), Decimal("1005.5")), late=True)
        GatewayProgress.objects.create(gateway="main", last_frame_id=RawFrame.objects.latest("pk").pk)
        seals.seal_days(date(2026, 7, 1))
        # The late frame came today; nobody needs it for what is tested here.
        RawFrame.objects.filter(received_at__gte=datetime(2026, 7, 1, tzinfo=BEIJING)).delete()
        follow()


@pytest.fixture
def well(place: Place) -> Well:
    return Well(place)


def volumes() -> list[tuple]:
    rows = DayVolume.objects.order_by("intake", "day", "method")
    return list(rows.values_list("intake", "day", "method", "volume_m3", "low_m3", "high_m3", "marks", "readings"))


def recount() -> None:
    """All days from the readings anew, as if none had been known."""
    DayVolume.objects.all().delete()
    services.recompute(SYSTEM, None, APRIL, date(2026, 7, 1), "test")


def seen(well: Well) -> tuple:
    """What the page of the series and those of days show."""
    shown = queries.observations([well.series.pk], APRIL, date(2026, 6, 30))
    days = [behind_day(well.intake, date(2026, 4, 25) + timedelta(days=n)).readings for n in range(0, 45, 4)]
    return [(o.pk, o.at, o.received_at, o.value, o.frame_id, o.origin) for o in shown], days


def seal_faults() -> list[str]:
    return [fault for v in seals.verify(APRIL, date(2026, 6, 30)) for fault in v.faults]


def test_a_month_is_counted_the_same_before_and_after(well: Well):
    before, shown = volumes(), seen(well)
    assert len(before) > 45 and len({marks for *_rest, marks, _count in before}) > 3
    hot = Observation.objects.count()
    moved = {m.month: m for m in archiving.archive(MAY)}
    assert list(moved) == [APRIL, MAY] and not any(m.stays for m in moved.values())
    assert moved[MAY].observations > 100 and moved[MAY].frames > 100
    assert Observation.objects.count() == hot - sum(m.observations for m in moved.values())
    assert not Observation.objects.filter(at__lt=datetime(2026, 6, 1, tzinfo=BEIJING)).exists()
    assert seen(well) == shown
    recount()
    assert volumes() == before
    assert list(archiving.archive(MAY)) == []


def test_what_comes_late_for_an_archived_month_moves_its_days_as_it_would_have(well: Well):
    late = (datetime(2026, 5, 14, 3, tzinfo=BEIJING), Decimal("1697.5"))
    list(archiving.archive(MAY))
    well.place.read(well.series, late)
    follow()
    with_late = volumes()
    recount()
    assert volumes() == with_late
    archiving.restore(MAY), archiving.restore(APRIL)
    recount()
    assert volumes() == with_late
    # the late value goes into a second file of the month
    GatewayProgress.objects.update(last_frame_id=RawFrame.objects.latest("pk").pk)
    seals.seal_days()
    list(archiving.archive(MAY))
    well.place.read(well.series, (datetime(2026, 5, 14, 4, tzinfo=BEIJING), Decimal("1698.5")))
    RawFrame.objects.latest("pk").delete()
    list(archiving.archive(MAY))
    assert list(ArchivedMonth.objects.filter(kind="observations", month=MAY).values_list("number", "rows"))[1] == (2, 1)
    follow()
    there = volumes()
    recount()
    assert volumes() == there


def test_while_rows_are_removed_each_is_met_once(well: Well, monkeypatch):
    before, shown = volumes(), seen(well)

    class Killed(Exception):
        pass

    def stopped(row):
        raise Killed

    real = archiving._remove
    monkeypatch.setattr(archiving, "_remove", stopped)
    with pytest.raises(Killed):
        list(archiving.archive(APRIL))
    (row,) = ArchivedMonth.objects.all()
    assert not row.removed
    # some are gone, most stand in both places
    Observation.objects.filter(at__lt=datetime(2026, 4, 24, tzinfo=BEIJING)).delete()
    assert seen(well) == shown
    recount()
    assert volumes() == before
    monkeypatch.setattr(archiving, "_remove", real)
    list(archiving.archive(APRIL))
    assert not Observation.objects.filter(at__lt=datetime(2026, 5, 1, tzinfo=BEIJING)).exists()
    assert ArchivedMonth.objects.filter(removed=False).count() == 0 and seen(well) == shown


def test_restored_rows_are_those_that_were_moved(well: Well):
    def everything():
        return list(Observation.objects.order_by("pk").values()), [
            {k: bytes(v) if isinstance(v, memoryview) else v for k, v in f.items()}
            for f in RawFrame.objects.order_by("pk").values()
        ]

    before = everything()
    frame = RawFrame.objects.filter(received_at__lt=datetime(2026, 5, 1, tzinfo=BEIJING)).first()
    RawFrame.objects.filter(pk=frame.pk).update(identity=b"\x00identity\xff")
    before = everything()
    list(archiving.archive(APRIL))
    assert [bytes(f.identity) for f in archive.frames_by_id([frame.pk, 10**9])] == [b"\x00identity\xff"]
    observations, frames = archiving.restore(APRIL)
    assert (observations, frames) == (44, 44) and everything() == before
    assert not ArchivedMonth.objects.exists() and not list(archive.folder().rglob("*.parquet"))
    with pytest.raises(Invalid):
        archiving.restore(APRIL)


def test_seals_are_checked_over_the_archive(well: Well):
    list(archiving.archive(MAY))
    assert seal_faults() == []
    row = ArchivedMonth.objects.get(kind="frames", month=MAY)
    path = str(archive.path_of(row))
    forged = path + ".forged"
    archive.query(
        f"COPY (SELECT * REPLACE (CASE WHEN id = {row.first_id} THEN 'x'::BLOB ELSE raw END AS raw) FROM read_parquet(?)) "
        f"TO '{forged}' (FORMAT parquet)",
        [row],
    )
    archive.path_of(row).with_name(archive.path_of(row).name + ".forged").replace(path)
    (fault,) = seal_faults()
    assert str(row.first_id) in fault
    with pytest.raises(Invalid):
        archiving.restore(MAY)


def test_an_evidence_sheet_holds_what_is_archived(well: Well):
    # eleven days of four readings, less the three of 5 May that the gap took
    def sheet():
        asked = EvidenceSheet(
            intake=well.intake, first=date(2026, 4, 25), last=date(2026, 5, 5), reason="核对", made_at=timezone.now()
        )
        found = evidence.collect(asked, SYSTEM)
        return found["series"], found["frames"], found["seals"]

    before = sheet()
    assert len(before[1]) == 41 and before[1][0]["sealed_in"] == "2026-04-25"
    list(archiving.archive(MAY))
    assert sheet() == before


def test_a_frame_of_a_day_that_was_tampered_with_stays(well: Well):
    frame = (
        RawFrame.objects.filter(received_at__gte=datetime(2026, 5, 3, tzinfo=BEIJING)).order_by("received_at").first()
    )
    RawFrame.objects.filter(pk=frame.pk).update(raw=b"forged")
    (_april, may) = archiving.archive(MAY)
    assert len(may.stays) == 1 and "2026-05-03" in may.stays[0]
    left = RawFrame.objects.filter(received_at__lt=datetime(2026, 6, 1, tzinfo=BEIJING))
    assert {f.received_at.astimezone(BEIJING).date() for f in left} == {date(2026, 5, 3)}


def test_what_is_not_sealed_or_not_over_is_not_moved(well: Well):
    RawFrame.objects.create(
        gateway="other", received_at=datetime(2026, 5, 5, tzinfo=UTC), peer="p", station_key="1", protocol="sl651",
        verdict="good", raw=b"~",
    )  # fmt: skip
    (_april, may) = archiving.archive(MAY)
    assert may.observations == 0 and "other" in may.stays[0]
    with pytest.raises(Invalid):
        list(archiving.archive(timezone.localdate()))


def test_a_value_that_is_archived_is_not_taken_twice(well: Well):
    at = datetime(2026, 4, 21, tzinfo=UTC)
    station = well.series.station
    rows = [NewObservation("register", at, Decimal("5.5"))]
    assert record_observations(SYSTEM, station, rows) == 1
    assert record_observations(SYSTEM, station, [NewObservation("register", at + timedelta(days=90), Decimal(6))]) == 1
    list(archiving.archive(MAY))
    assert record_observations(SYSTEM, station, rows) == 0


def test_the_newest_value_of_a_silent_station_stays_in_lists(well: Well, place: Place):
    silent = place.station(place.well("W2", place.user("U2")))
    place.read(silent, (datetime(2026, 4, 3, tzinfo=BEIJING), 4), (datetime(2026, 4, 4, tzinfo=BEIJING), 5))
    RawFrame.objects.filter(station_key=silent.station.key).delete()
    list(archiving.archive(MAY))
    assert queries.with_last(silent.station.series.all()).get().last_value == 5
    assert [o.value for o in queries.observations([silent.pk], APRIL, MAY)] == [4, 5]


def test_the_worker_moves_only_what_the_setting_says(well: Well, settings):
    settings.KEEP_MONTHS = 0
    assert archiving.archive_kept() == []
    settings.KEEP_MONTHS = 3
    assert archiving.through_kept(date(2026, 9, 2)) == MAY
    assert archiving.through_kept(date(2027, 1, 31)) == date(2026, 9, 1)
    (job,) = (job for job in JOBS if job.name == "archive")
    job.run()
    through = archiving.through_kept(timezone.localdate())
    assert set(ArchivedMonth.objects.values_list("month", flat=True)) == {m for m in (APRIL, MAY, JUNE) if m <= through}


def test_the_command(well: Well):
    out = StringIO()
    call_command("archive", "--through", "2026-05", "--dry-run", stdout=out)
    assert "2026-04: 44 observations, 44 frames would be moved" in out.getvalue() and not ArchivedMonth.objects.exists()
    call_command("archive", "--through", "2026-05", stdout=out)
    assert "2026-04: 44 observations, 44 frames moved" in out.getvalue()
    call_command("archive", "--restore", "2026-04", stdout=out)
    assert "2026-04: 44 observations, 44 frames taken back" in out.getvalue()
    for args in (["--restore", "2026-04"], ["--through", "2026-5"], []):
        with pytest.raises(CommandError):
            call_command("archive", *args, stdout=out)


def test_pages_and_the_interface_show_archived_frames_and_values(world, sign_in, client):
    a, b = world.a, world.b
    for one in (a, b):
        Observation.objects.create(series=one.series, at=timezone.now(), received_at=timezone.now(), value=6)
    GatewayProgress.objects.update_or_create(
        gateway="main", defaults={"last_frame_id": RawFrame.objects.latest("pk").pk}
    )
    seals.seal_days()
    list(archiving.archive(MAY))
    assert not RawFrame.objects.filter(pk=a.frame.pk).exists()
    there = sign_in(a.person)
    assert there.get(reverse("frame", args=[a.frame.pk])).status_code == 200
    assert there.get(reverse("frame", args=[b.frame.pk])).status_code == 404
    page = there.get(reverse("series", args=[a.series.pk]) + "?from=2026-05-01&to=2026-05-02").content.decode()
    assert f"#{a.frame.pk}" in page
    key = world.key(Right.TELEMETRY_VIEW)
    path = f"/api/v1/observations?station={a.station.key}&from=2026-04-01T00:00:00Z&to=2030-01-01T00:00:00Z&limit=1"
    first = client.get(path, headers=key).json()
    assert first["items"][0]["value"] == "5.000000"
    second = client.get(f"{path}&after={first['next']}", headers=key).json()
    assert [i["value"] for i in second["items"]] == ["6.000000"] and second["next"] is None
