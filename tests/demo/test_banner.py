"""What the loaded demo banner holds."""

import json
from collections import Counter, defaultdict
from decimal import Decimal
from itertools import pairwise

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from liangshui.accounting.models import AccountEntry, EnergyRecord
from liangshui.accounting.queries import GROUPINGS, account
from liangshui.accounts.models import Appointment, Person
from liangshui.accounts.roles import Role
from liangshui.core.access import EVERYWHERE
from liangshui.core.errors import Invalid
from liangshui.core.periods import Period
from liangshui.demo.load import load_demo
from liangshui.demo.people import sign_ins
from liangshui.gateway.decode import decode_bytes, is_refused
from liangshui.quota.models import AllotmentEntry, LevelIndicator, LevelWell, UnitOrder, UnitStateEntry
from liangshui.quota.queries import allotted
from liangshui.quota.rules.closing import TOTAL, closings
from liangshui.records.installation import is_demo
from liangshui.registry.codes import DivisionLevel, IntakeKind, SourceKind
from liangshui.registry.models import (
    Attribution,
    ControlZone,
    Division,
    Holding,
    Intake,
    IrrigatedArea,
    ManagementUnit,
    PowerMeter,
    Project,
    Shape,
    Source,
    SupplyLink,
)
from liangshui.telemetry.models import ChangedSpan, Observation, RawFrame, Station, UnmappedElement, WaitingStation
from tests.demo.conftest import SMALL, TODAY

REAL_PROVINCES = {str(n) for n in (*range(11, 16), *range(21, 24), *range(31, 38), *range(41, 47), *range(50, 55))}


def hidden(home):
    return json.loads((home / "demo-hidden.json").read_text(encoding="utf-8"))["hidden"]


def password(home):
    return (home / "demo-sign-ins.txt").read_text(encoding="utf-8").splitlines()[0].split()[-1]


def test_ledger_has_the_wanted_size_and_says_that_it_is_invented(banner):
    assert is_demo()
    made = Intake.objects.filter(project__code__startswith="P-").count()  # at the issue of a permit
    assert (Intake.objects.count() - made, Station.objects.count()) == (SMALL.intakes, SMALL.stations)
    assert made <= 1
    towns = Division.objects.filter(level=DivisionLevel.TOWN)
    assert towns.count() == 8
    assert all(6 <= town.children.count() <= 10 for town in towns)
    assert all(division.name.startswith("演示") for division in Division.objects.all())
    assert ManagementUnit.objects.count() == 6
    assert set(Source.objects.values_list("kind", flat=True)) == set(SourceKind.values)
    assert sorted(ControlZone.objects.values_list("kind", flat=True)) == ["banned", "limited", "overdraft"]
    assert Shape.objects.count() == 11  # county, river, eight towns, development zone
    assert {"well", "mine_outlet", "reclaimed_outlet", "canal", "pump"} == {
        str(kind) for kind in Intake.objects.values_list("kind", flat=True)
    }


def test_divisions_are_no_real_ones_and_their_paths_hold(banner):
    for division in Division.objects.select_related("parent"):
        assert division.code.startswith("1590") or division.code.startswith("1599")
        assert division.path == (division.parent.path if division.parent else "") + division.code + "/"
        assert division.initials.startswith("ys")


def test_every_intake_lies_in_its_town_and_unit_and_is_attributed_as_it_stands(banner):
    import shapely

    towns = {s.division_id: shapely.geometry.shape(s.geometry) for s in Shape.objects.filter(kind="division")}
    for intake in Intake.objects.select_related("division", "management_unit", "source"):
        division = intake.division
        town = division.parent_id if division.level == DivisionLevel.VILLAGE else division.pk
        point = shapely.Point(float(intake.longitude), float(intake.latitude))
        assert towns[town].buffer(1e-4).contains(point), intake.name
        underground = "groundwater" in intake.source.kind
        assert underground == (intake.management_unit is not None)
        if underground:
            assert shapely.geometry.shape(intake.management_unit.geometry).buffer(1e-4).contains(point)
        row = Attribution.objects.get(intake=intake)
        assert (row.project_id, row.division_id, row.management_unit_id, row.source_id, row.sector) == (
            intake.project_id,
            division.pk,
            intake.management_unit_id,
            intake.source_id,
            intake.sector,
        )
    for project in Project.objects.all():
        assert Holding.objects.get(project=project).user_id == project.user_id


def test_water_is_passed_on_by_waterworks_mine_plant_and_canal_heads(banner):
    kinds = Counter(SupplyLink.objects.values_list("source__kind", flat=True))
    assert kinds.keys() >= {"deep_groundwater", "mine_drainage", "reclaimed", "surface"}
    assert Intake.objects.filter(kind=IntakeKind.MINE).exists()
    assert IrrigatedArea.objects.filter(is_baseline=True).exists()


def test_energy_has_a_season_and_no_day_twice(banner):
    by_meter = defaultdict(list)
    for row in EnergyRecord.objects.order_by("start"):
        by_meter[row.power_meter_id].append(row)
    assert len(by_meter) == PowerMeter.objects.count()
    for rows in by_meter.values():
        assert rows[0].start == banner.start and rows[-1].end == TODAY
        assert all(first.end == second.start for first, second in pairwise(rows))


@pytest.mark.parametrize("year", [2026])
def test_allotments_close_exactly(banner, year):
    county = Division.objects.get(level=DivisionLevel.COUNTY)
    kinds = set(AllotmentEntry.objects.filter(year=year).values_list("source_kind", flat=True))
    assert SourceKind.SHALLOW in kinds and SourceKind.SURFACE in kinds
    for kind in kinds:
        nodes = allotted(county, year, kind)
        assert nodes[TOTAL] > 0
        found = closings(nodes)
        assert found and {closing.rest_m3 for closing in found} == {Decimal(0)}
        assert any(node.user for node in nodes)
    totals = AllotmentEntry.objects.filter(year=year, town=None, sector="", user=None)
    assert {row.proposal.state for row in totals} == {"binding"}


def test_hidden_list_names_only_what_exists(banner, home):
    items = hidden(home)
    models = {"intake": (Intake, "code"), "station": (Station, "key"), "power_meter": (PowerMeter, "number")}
    models["project"] = (Project, "code")
    for item in items:
        assert any(item[name] for name in models), item
        for name, (model, field) in models.items():
            assert not item[name] or model.objects.filter(**{field: item[name]}).exists(), item
        assert not item["start"] or item["start"] < str(TODAY)
    assert {item["group"] for item in items} >= {"fault", "fraud", "illegal"}
    stations = [item["station"] for item in items if item["station"] and item["group"] != "ledger"]
    assert len(stations) == len(set(stations)) < SMALL.stations  # one thing at a station, and some are sound


def test_hidden_list_and_sign_ins_are_for_the_owner_only(banner, home):
    for name in ("demo-hidden.json", "demo-sign-ins.txt"):
        assert (home / name).stat().st_mode & 0o777 == 0o600


def test_every_role_can_sign_in(banner, home):
    assert set(Appointment.objects.values_list("role", flat=True)) == set(Role.values)
    names = [username for username, _role, _name in sign_ins()]
    assert {"shuiliju", "juzhang", "zhen1", "cun1", "zhifa", "yonghu1", "shenji"} <= set(names)
    assert {"xitong", "anquan", "shenjiguanli"} <= set(names)
    assert len(names) == len(set(names)) == Person.objects.count()
    for role in Role.values:
        username = Appointment.objects.filter(role=role).first().person.username
        client = Client()
        answer = client.post("/sign-in/", {"username": username, "password": password(home)})
        assert answer.status_code == 302, username
        assert "_auth_user_id" in client.session


def test_password_is_no_ones_own_and_need_not_be_changed(banner, home):
    assert not Person.objects.filter(must_change_password=True).exists()
    assert not Person.objects.get(username="shuiliju").check_password("shuiliju")
    assert Person.objects.get(username="shuiliju").check_password(password(home))
    assert password(home) not in str(list(Person.objects.values()))


def test_frames_are_real_ones_and_were_read_by_the_gateway(banner):
    frames = list(RawFrame.objects.all())
    verdicts = Counter(frame.verdict for frame in frames)
    assert verdicts["good"] > 0.98 * len(frames)
    assert len(frames) > 0.85 * SMALL.stations * 14 * 12
    assert {frame.protocol for frame in frames if frame.verdict == "good"} == {"sl651", "szy206", "sl427-2021"}
    for frame in frames[::7]:
        assert is_refused(decode_bytes(bytes(frame.raw))) == (frame.verdict != "good")
    read = set(Observation.objects.exclude(frame=None).values_list("frame_id", flat=True))
    known = set(Station.objects.values_list("key", flat=True))
    good = {frame.pk for frame in frames if frame.verdict == "good" and frame.station_key in known}
    assert good == read
    assert WaitingStation.objects.count() == 2
    assert UnmappedElement.objects.filter(element="C9").exists()
    assert not ChangedSpan.objects.exists()


def test_registers_of_sound_stations_go_on_from_the_archive_to_the_frames(banner, home):
    wrong = {item["station"] for item in hidden(home) if item["group"] != "ledger"}
    sound = Station.objects.exclude(key__in=wrong)
    assert sound.exists()
    for station in sound:
        series = station.series.get(quantity="register")
        rows = list(series.observations.order_by("at").values_list("value", "origin"))
        values = [value for value, _origin in rows]
        assert values == sorted(values)
        assert {origin for _value, origin in rows} == {"archive", "frame"}


def test_account_is_the_same_by_every_grouping(banner):
    assert AccountEntry.objects.exists()
    period = Period(banner.start, TODAY)
    sums = {by: sum(row.abstraction_m3 or 0 for row in account(EVERYWHERE, period, by)) for by in GROUPINGS}
    assert len(set(sums.values())) == 1
    true = sum(int(litres) for litres in banner.taken[:, : banner.days - 1].sum(axis=1)) / 1000
    assert 0.7 * true < float(sums["total"]) < 1.2 * true


def test_supplied_water_is_received_and_not_taken_again(banner):
    (row,) = account(EVERYWHERE, Period(banner.start, TODAY), "total")
    assert row.supply_m3 and row.supply_m3 == row.received_m3
    assert row.use_m3 == row.abstraction_m3
    for source in account(EVERYWHERE, Period(banner.start, TODAY), "source"):
        assert source.supply_m3 <= source.abstraction_m3, source.name
    assert row.returned_m3 and row.consumption_m3 == row.abstraction_m3 - row.returned_m3


def test_second_load_is_refused(banner):
    with pytest.raises(Invalid):
        load_demo(1, TODAY, lambda line: None, size=SMALL)
    with pytest.raises(CommandError):
        call_command("demo", intakes=60)
    with pytest.raises(CommandError):
        call_command("demo", intakes=5)


def test_a_unit_is_suspended_by_an_order_that_two_officers_entered(banner):
    order = UnitOrder.objects.get()
    assert {order.entered_by.username, order.decided_by.username} == {"shuiliju", "juzhang"}
    kinds = dict(
        UnitStateEntry.objects.current().values_list("unit__code", "kind").filter(source_kind=order.source_kind)
    )
    assert kinds[order.unit.code] == "order"
    wells = list(LevelWell.objects.select_related("series", "unit"))
    assert all(well.series.quantity == "depth_m" for well in wells)
    assert {row.unit_id for row in LevelIndicator.objects.all()} == {well.unit_id for well in wells}
