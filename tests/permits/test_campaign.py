"""The campaign: the gravest first, what was found on the spot, and what a person decided beside what a rule proposes."""

import io
from datetime import date, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from PIL import Image

from liangshui.accounting.models import EnergyRecord
from liangshui.accounts.queries import actor_of
from liangshui.accounts.roles import Role
from liangshui.core.access import EVERYWHERE, Right
from liangshui.core.errors import Forbidden, Invalid
from liangshui.permits import campaigning, checks, looking, register
from liangshui.permits.models import ConditionFinding, Permit, Sighting, Sorting
from liangshui.records import papers
from liangshui.registry.models import Intake, IrrigatedArea, PowerMeter, PowerSupply, Project, Source
from liangshui.telemetry.models import Quantity, Series, StationLink
from tests.people import make_person
from tests.permits.conftest import PDF, TODAY, took

pytestmark = pytest.mark.django_db


@pytest.fixture
def stock(unit):
    register.follow_stock()


def seen(world, who=None, **other):
    facts = {
        "division": world.a.village,
        "seen_on": TODAY,
        "words": "渠边一眼井在抽水",
        "kind": "well",
        "how": "inspection",
        **other,
    }
    return campaigning.see(actor_of(who or world.town_a), **facts)


def test_the_gravest_comes_first(world, stock):
    Project.objects.filter(pk=world.b.project.pk).update(permit_number="", permitted_m3=None)
    lines = checks.campaign(EVERYWHERE, TODAY)
    assert [each.intake for each in lines] == [world.b.intake, world.a.intake]
    sealed = Intake.objects.filter(pk=world.b.intake.pk)
    sealed.update(status="sealed")
    assert [each.intake for each in checks.campaign(EVERYWHERE, TODAY)] == [world.a.intake, world.b.intake]


def test_who_irrigates_with_deep_groundwater_is_to_be_mended_with_a_permit_or_without(world, stock):
    Source.objects.update(kind="deep_groundwater")
    Intake.objects.update(sector="agriculture")
    IrrigatedArea.objects.create(user=world.a.user, intake=world.a.intake, year=TODAY.year, area_mu=50)
    Project.objects.filter(pk=world.b.project.pk).update(permit_number="", permitted_m3=None)
    lines = {x.intake.code: (x.line.why, x.line.proposed.value) for x in checks.campaign(EVERYWHERE, TODAY)}
    assert lines == {"A-I": ("deep_irrigation", "mend"), "B-I": ("deep_irrigation_perhaps", "mend")}


def test_who_takes_more_than_the_permit_allows_is_to_be_mended(world, stock):
    took(world.a.intake, 50_000)
    looking.look_at_permits()
    (line,) = (x.line for x in checks.campaign(EVERYWHERE, TODAY) if x.intake == world.a.intake)
    assert (line.standing.value, line.why, line.proposed.value) == ("permit", "exceeded", "mend")


def test_what_was_found_is_entered_at_the_place_and_answered_at_the_bureau(world, stock, sign_in):
    found = seen(world, longitude="109.5", latitude="39.5", photo=PDF)
    with pytest.raises(Forbidden):
        seen(world, who=world.town_b)
    for wrong, field in (
        ({"words": " "}, "words"),
        ({"seen_on": TODAY + timedelta(days=1)}, "seen_on"),
        ({"longitude": "109"}, "latitude"),
    ):
        with pytest.raises(Invalid) as told:
            seen(world, **wrong)
        assert told.value.field == field
    officer = actor_of(world.officer)
    for given, field in (
        ({"outcome": "known", "intake": None, "answer": ""}, "intake"),
        ({"outcome": "none", "intake": None, "answer": " "}, "answer"),
    ):
        with pytest.raises(Invalid) as told:
            campaigning.answer(officer, found, **given)
        assert told.value.field == field
    with pytest.raises(Forbidden):
        campaigning.answer(actor_of(world.town_a), found, outcome="none", intake=None, answer="旧井")
    page = sign_in(world.officer).get(reverse("campaign")).content.decode()
    assert "渠边一眼井在抽水" in page
    campaigning.answer(officer, found, outcome="known", intake=world.a.intake, answer="")
    assert "渠边一眼井在抽水" not in sign_in(world.officer).get(reverse("campaign")).content.decode()
    assert sign_in(world.town_b).get(reverse("sighting", args=[found.pk])).status_code == 404
    photo = sign_in(world.town_a).get(reverse("sighting-paper", args=[found.pk]))
    assert b"".join(photo.streaming_content) == PDF


def test_whoever_sees_it_on_the_spot_may_enter_it(world, stock, sign_in):
    inspector = make_person("inspector", "执法员", world.bureau, Role.ENFORCEMENT_OFFICER)
    for person in (world.leader, world.officer, inspector, world.town_a):
        assert seen(world, who=person).by == person
        assert sign_in(person).get(reverse("sighting-new")).status_code == 200
    for person in (world.auditor, world.town_b, world.water_user):
        with pytest.raises(Forbidden):
            seen(world, who=person)
    found, auditor = Sighting.objects.first(), sign_in(world.auditor)
    assert auditor.get(reverse("sighting", args=[found.pk])).status_code == 200  # as the page of the campaign links it
    listed = auditor.get(reverse("sighting-list")).content.decode()
    assert "渠边一眼井" in listed and reverse("sighting-new") not in listed
    assert auditor.get(reverse("sighting-new")).status_code == 403
    assert sign_in(world.water_user).get(reverse("sighting", args=[found.pk])).status_code == 404
    # to see a well is not to read its dial
    assert not actor_of(world.leader).may(Right.READINGS_ENTER) and not actor_of(inspector).may(Right.READINGS_ENTER)


def test_pages_of_what_was_found(world, stock, sign_in):
    client = sign_in(world.town_a)
    given = {
        "division": world.a.village.pk,
        "kind": "well",
        "how": "inspection",
        "seen_on": str(TODAY),
        "words": "新井",
        "longitude": "",
        "latitude": "",
    }
    assert client.post(reverse("sighting-new"), given).status_code == 302
    found = Sighting.objects.get()
    assert "新井" in client.get(reverse("sighting-list")).content.decode()
    assert "新井" in client.get(reverse("sighting", args=[found.pk])).content.decode()
    answer = sign_in(world.officer).post(reverse("sighting", args=[found.pk]), {"outcome": "none", "answer": "雨水窖"})
    assert answer.status_code == 302 and Sighting.objects.get().outcome == "none"


def test_a_person_decides_with_reason_and_term_and_a_later_decision_ends_it(world, stock, sign_in):
    officer, intake = actor_of(world.officer), world.a.intake
    for given, field in (
        ({"decided": "go", "words": " ", "until": TODAY}, "words"),
        ({"decided": "mend", "words": "补证", "until": None}, "until"),
    ):
        with pytest.raises(Invalid) as told:
            campaigning.sort(officer, intake, **given)
        assert told.value.field == field
    with pytest.raises(Forbidden):
        campaigning.sort(actor_of(world.town_a), intake, decided="keep", words="保留")
    campaigning.sort(officer, intake, decided="mend", words="补办许可", until=TODAY + timedelta(days=30))
    campaigning.sort(officer, intake, decided="keep", words="已补办")  # the same day: the last word counts
    assert Sorting.objects.get().words == "已补办"
    Sorting.objects.update(valid_from=TODAY - timedelta(days=5))
    campaigning.sort(officer, intake, decided="go", words="水源置换", until=TODAY)
    assert list(Sorting.objects.order_by("pk").values_list("decided", "valid_to")) == [("keep", TODAY), ("go", None)]
    page = sign_in(world.officer).get(reverse("campaign")).content.decode()
    assert "水源置换" in page
    assert sign_in(world.officer).get(reverse("campaign") + "?export=xlsx").status_code == 200


def test_a_photo_is_kept_without_what_the_phone_wrote_into_it(world, stock):
    out, exif = io.BytesIO(), Image.Exif()
    exif[0x010E] = "109.1,39.8"
    Image.new("RGB", (8, 8)).save(out, "JPEG", exif=exif)
    kept = papers.path_of("permits", seen(world, photo=out.getvalue()).paper)
    assert kept.suffix == ".jpg" and b"109.1,39.8" in out.getvalue() and b"109.1,39.8" not in kept.read_bytes()
    with pytest.raises(Invalid) as told:
        seen(world, photo=b"GIF89a")
    assert told.value.field == "photo"


def test_the_daily_look_opens_findings_once_and_ends_what_is_kept_again(world, stock):
    took(world.b.intake, 35_000)
    assert looking.look_at_permits() == 1
    row = ConditionFinding.objects.get()
    assert (row.permit.project, row.code, row.verdict, row.over_m3, row.opened_on) == (
        world.b.project,
        "year",
        "exceeded",
        5_000,
        TODAY,
    )
    ConditionFinding.objects.update(opened_on=TODAY - timedelta(days=9), seen_on=TODAY - timedelta(days=1))
    took(world.b.intake, 36_000)
    assert looking.look_at_permits() == 0
    row.refresh_from_db()
    assert (row.over_m3, row.opened_on, row.seen_on) == (6_000, TODAY - timedelta(days=9), TODAY)
    county, own = actor_of(world.officer).territory("permits.view"), actor_of(world.town_a).territory("permits.view")
    assert (looking.not_kept(county, TODAY.year), looking.not_kept(own, TODAY.year)) == (1, 0)
    took(world.b.intake, 1_000)
    assert looking.look_at_permits() == 1
    row.refresh_from_db()
    assert row.gone_on == TODAY and looking.not_kept(county, TODAY.year) == 0


def test_findings_of_another_year_and_of_ended_permits_stay(world, stock):
    took(world.b.intake, 35_000)
    looking.look_at_permits()
    before = ConditionFinding.objects.get()
    before.pk, before.year = None, TODAY.year - 2
    before.save()
    Permit.objects.filter(project=world.b.project).update(ended_on=TODAY, end="cancelled")
    assert looking.look_at_permits() == 0
    assert ConditionFinding.objects.filter(gone_on=None).count() == 2


def test_the_first_page_counts_what_waits(world, stock, sign_in):
    took(world.b.intake, 35_000)
    looking.look_at_permits()
    Project.objects.filter(pk=world.b.project.pk).update(permit_to=TODAY - timedelta(days=1))
    Project.objects.filter(pk=world.a.project.pk).update(permit_number="", permitted_m3=None)
    seen(world)

    def todo(who):
        return {line.url: line.count for line in sign_in(who).get("/").context["board"].todo}

    county = {
        "/permits/conditions/?verdict=exceeded": 1, "/permits/campaign/?standing=expired": 1,
        "/permits/campaign/?standing=missing": 1, "/permits/found/?outcome=open": 1,
    }  # fmt: skip
    assert county.items() <= todo(world.officer).items()
    own = todo(world.town_a)
    assert own["/permits/campaign/?standing=missing"] == 1
    assert not {url for url in own if "verdict=exceeded" in url or "standing=expired" in url}


def test_the_page_says_since_when_a_condition_is_not_kept(world, stock, sign_in):
    took(world.b.intake, 35_000)
    looking.look_at_permits()
    ConditionFinding.objects.update(opened_on=date(TODAY.year, 1, 2))
    page = sign_in(world.officer).get("/permits/conditions/?verdict=exceeded").content.decode()
    assert f"{TODAY.year}-01-02" in page


def test_a_meter_taken_off_its_well_is_told_where_it_lay_only_if_electricity_went_through_it_since(world, stock):
    meter, off = PowerMeter.objects.create(number="D-1"), TODAY - timedelta(days=60)
    spell = PowerSupply.objects.create(power_meter=meter, intake=world.a.intake, valid_from=date(2024, 1, 1))
    town_a, town_b = (actor_of(p).territory("permits.view") for p in (world.town_a, world.town_b))
    EnergyRecord.objects.create(power_meter=meter, start=off, end=TODAY, kwh=500)
    assert checks.unlinked(town_a)[0] == []  # it drives a well
    PowerSupply.objects.filter(pk=spell.pk).update(valid_to=off + timedelta(days=30))
    assert checks.unlinked(town_a)[0] == []  # the electricity was the well's
    PowerSupply.objects.filter(pk=spell.pk).update(valid_to=off)
    assert checks.unlinked(town_a)[0] == [meter] and checks.unlinked(town_b)[0] == []


def test_a_station_taken_off_its_intake_is_told(world, stock):
    Series.objects.create(station=world.a.station, quantity=Quantity.FLOW, element="flow-x")
    own = actor_of(world.town_a).territory("permits.view")
    assert world.a.station not in checks.unlinked(own)[1]
    StationLink.objects.filter(station=world.a.station).update(unlinked_at=timezone.now())
    assert world.a.station in checks.unlinked(own)[1]
    assert world.a.station not in checks.unlinked(actor_of(world.town_b).territory("permits.view"))[1]


def test_the_form_takes_the_place_of_the_phone(world, stock, sign_in):
    page = sign_in(world.town_a).get(reverse("sighting-new")).content.decode()
    assert 'id="here"' in page and "permits/position.js" in page and 'id="id_longitude"' in page


def test_meters_that_drive_nothing_lie_in_no_town(world, stock):
    meter = PowerMeter.objects.create(number="D-9999")
    assert meter in checks.unlinked(actor_of(world.officer).territory("permits.view"))[0]
    assert checks.unlinked(actor_of(world.town_a).territory("permits.view"))[0] == []


def test_a_permit_covers_only_the_intakes_that_it_names(world, stock):
    permit = Permit.objects.get(project=world.b.project)
    other = Intake.objects.get(pk=world.b.intake.pk)
    other.pk, other._state.adding, other.code = None, True, "B-I-9"
    other.save()
    assert checks.missing(EVERYWHERE, TODAY) == 0  # the register does not know which it names
    permit.intakes.set([world.b.intake])
    lines = {x.intake.code: (x.line.standing.value, x.line.why) for x in checks.campaign(EVERYWHERE, TODAY)}
    assert lines["B-I"] == ("permit", "") and lines["B-I-9"] == ("missing", "unnamed")
    assert checks.missing(EVERYWHERE, TODAY) == 1
