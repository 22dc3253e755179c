"""How much may still be granted, and the first answer to a project, by what the ledger knows."""

from datetime import date
from decimal import Decimal as D

import pytest
from django.utils import timezone

from liangshui.permits import queries
from liangshui.permits.rules.gate import Zone
from liangshui.quota.models import AllotmentEntry
from liangshui.registry.models import ControlZone, Intake, Project

pytestmark = pytest.mark.django_db

TODAY = timezone.localdate()
SQUARE = {"type": "Polygon", "coordinates": [[[108, 40], [109, 40], [109, 41], [108, 41], [108, 40]]]}


@pytest.fixture
def unit(world):
    """A unit with a control total of 100,000 m³ this year, in which two permits allow 70,000 m³."""
    AllotmentEntry.objects.all().delete()
    AllotmentEntry.objects.create(
        year=TODAY.year, source_kind="shallow_groundwater", county=world.county, unit=world.unit, change_m3=D(100_000),
        counts_from=date(TODAY.year, 1, 1),
    )  # fmt: skip
    Intake.objects.update(management_unit=world.unit)
    Project.objects.update(permitted_m3=None)
    for ledger, volume in ((world.a, 40_000), (world.b, 30_000)):
        Project.objects.filter(pk=ledger.intake.project_id).update(
            permitted_m3=volume, permit_from=date(2024, 1, 1), permit_to=None
        )
    return world.unit


def test_what_is_left_is_the_total_less_the_permits_valid_today(world, unit):
    (room,) = (r for r in queries.rooms(world.county, TODAY) if r.unit == unit)
    assert (room.state.control_m3, room.state.permitted_m3, room.left_m3) == (D(100_000), D(70_000), D(30_000))
    Project.objects.filter(pk=world.a.intake.project_id).update(permit_to=date(2025, 1, 1))
    (room,) = (r for r in queries.rooms(world.county, TODAY) if r.unit == unit)
    assert room.left_m3 == D(70_000)
    AllotmentEntry.objects.all().delete()
    (room,) = (r for r in queries.rooms(world.county, TODAY) if r.unit == unit)
    assert room.left_m3 is None


def test_the_page_shows_it_to_who_sees_the_unit_and_asking_is_for_who_sees_the_whole_county(world, unit, sign_in):
    page = sign_in(world.officer).get("/permits/room/").content.decode()
    assert "公共单元" in page and "30,000" in page
    AllotmentEntry.objects.create(
        year=TODAY.year,
        source_kind="surface",
        county=world.county,
        change_m3=D(77_000),
        counts_from=date(TODAY.year, 1, 1),
    )
    assert "77,000" in sign_in(world.officer).get("/permits/room/").content.decode()
    for person in (world.town_a, world.water_user):
        page = sign_in(person).get("/permits/room/").content.decode()
        assert "公共单元" in page and "77,000" not in page and "/permits/ask/" not in page
        assert sign_in(person).get("/permits/ask/").status_code == 403
    assert sign_in(world.rightless).get("/permits/room/").status_code == 403


def test_what_is_left_of_a_unit_that_cannot_be_judged_is_told_as_at_most(world, unit, sign_in):
    (room,) = (r for r in queries.rooms(world.county, TODAY) if r.unit == unit)
    assert room.at_most and "≤</span>" in sign_in(world.officer).get("/permits/room/").content.decode()


def test_a_suspended_unit_says_why_with_links_to_the_rules(world, unit, sign_in):
    Project.objects.filter(pk=world.a.project.pk).update(permitted_m3=D(90_000))
    for path in ("/permits/room/", "/quota/units/", f"/quota/units/{unit.pk}/"):
        page = sign_in(world.officer).get(path).content.decode()
        assert "总量超控暂停" in page and f'href="/law/AR-020/?on={TODAY}"' in page, path


def test_a_zone_holds_its_edge_and_only_while_in_force(world):
    ControlZone.objects.all().delete()
    zone = ControlZone.objects.create(kind="banned", name="禁采区", geometry=SQUARE, valid_from=date(2024, 1, 1))
    assert queries.zones_at(108.5, 40.5, TODAY) == {Zone.BANNED} and queries.zones_at(108, 40, TODAY) == {Zone.BANNED}
    assert queries.zones_at(107.9, 40.5, TODAY) == frozenset()
    assert queries.zones_at(108.5, 40.5, date(2023, 12, 31)) is None  # no zone was in force: nobody has told
    zone.kind = "limited"
    zone.save()
    assert queries.zones_at(108.5, 40.5, TODAY) == {Zone.LIMITED}


def test_a_first_answer_refuses_by_the_ledger_and_says_what_would_pass(world, unit, sign_in):
    ControlZone.objects.all().delete()
    asked = {
        "source": "shallow_groundwater", "unit": unit.pk, "use": "irrigation", "new": "on", "volume_m3": "50000", "quota_m3": "60000",
        "design_capacity_m3": "60000", "longitude": "108.5", "latitude": "40.5", "load": "not_overloaded", "level_kept": "yes",
        "meter_planned": "yes", "fragile": "", "network_covers": "", "other_water": "",
    }  # fmt: skip
    client = sign_in(world.officer)
    page = client.get("/permits/ask/", asked).content.decode()
    assert "按此申请应不予批准" in page and "第20条 (2)" in page and "70,000 m³" in page
    assert "年取水不超过 30,000 m³" in page
    page = client.get("/permits/ask/", asked | {"volume_m3": "30000"}).content.decode()
    assert "按此申请应不予批准" not in page and "须人工判断" in page
    page = client.get("/permits/ask/", asked | {"volume_m3": "30000", "longitude": "", "unit": ""}).content.decode()
    assert "情况不明" in page and "缺少" in page
    page = client.get("/permits/ask/", asked | {"load": "overloaded"}).content.decode()
    assert "按此申请应不予批准" in page and "均不能使其通过" in page
    assert "volume_m3" in client.get("/permits/ask/", asked | {"volume_m3": "-1"}).content.decode()
