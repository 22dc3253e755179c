"""Use against conditions, everyone on the ledger, a change of law, and the pages that show them."""

import io
from datetime import date, timedelta
from decimal import Decimal as D

import pytest
from django.utils import timezone
from openpyxl import load_workbook

from liangshui.accounting.models import DayVolume
from liangshui.accounting.services import recompute
from liangshui.accounts.queries import actor_of
from liangshui.core.access import EVERYWHERE, SYSTEM
from liangshui.core.decision import Outcome
from liangshui.core.errors import Forbidden, Invalid
from liangshui.parameters.models import OwnFigure
from liangshui.parameters.queries import law, with_figure
from liangshui.permits import checks, looking, register
from liangshui.permits.models import Case, ConditionFinding, Permit, PermitVersion
from liangshui.permits.rules.campaign import Standing
from liangshui.permits.rules.conditions import LevelStep, Verdict
from liangshui.records.models import FigureState
from liangshui.registry.models import ControlZone, Intake, IrrigatedArea, Project, Source
from liangshui.telemetry.models import Observation, Series
from tests.permits.conftest import LAST_YEAR, TODAY, _volume, took

pytestmark = pytest.mark.django_db


@pytest.fixture
def stock(unit):
    register.follow_stock()
    return {p.number[0]: p for p in Permit.objects.all()}


def kept(permit, **facts):
    if facts:
        PermitVersion.objects.filter(permit=permit).update(**facts)
    (found,) = checks.kept(EVERYWHERE, TODAY.year, TODAY, permit)
    return {(f.code, f.what): f.verdict for f in found.findings}


def test_use_is_compared_with_year_month_source_and_use(stock, world):
    day = TODAY - timedelta(days=3)
    took(world.b.intake, 35_000)
    months = [""] * 12
    months[day.month - 1] = "0"
    found = kept(stock["乙"], months_m3=months, source="deep_groundwater", use="industry")
    assert found["year", ""] is Verdict.EXCEEDED
    assert found["season", str(day.month)] is Verdict.EXCEEDED
    assert found["source", "shallow_groundwater"] is Verdict.EXCEEDED
    assert found["use", "agriculture"] is Verdict.EXCEEDED
    assert kept(stock["甲"], source="shallow_groundwater", use="irrigation") == {
        ("year", ""): Verdict.KEPT, ("source", ""): Verdict.KEPT, ("use", ""): Verdict.KEPT,
    }  # fmt: skip


def test_what_is_taken_after_the_term_is_not_kept(stock, world):
    took(world.b.intake, 20_000)  # three days ago, of 30,000 a year
    permit = stock["乙"]
    assert ("term", "") not in kept(permit, expires=TODAY)
    assert kept(permit, expires=TODAY - timedelta(days=4))["term", ""] is Verdict.EXCEEDED
    (found,) = checks.kept(EVERYWHERE, TODAY.year, TODAY, permit)
    assert (found.worst, found.over_m3) == (Verdict.EXCEEDED, 20_000)
    assert kept(permit, expires=date(TODAY.year - 1, 6, 30))["term", ""] is Verdict.EXCEEDED
    asked = {
        "kind": "renewal",
        "state": "accepted",
        "received_on": date(TODAY.year - 1, 5, 1),
    }  # nobody decided in time
    Case.objects.create(
        number="2020-00009", applicant=permit.project.user, permit=permit, division=permit.project.division, **asked
    )
    assert ("term", "") not in kept(permit)


def test_a_restriction_makes_no_excess_of_what_was_taken_before_it(stock, world, sign_in):
    """30,000 m³ a year are permitted; 20,000 were taken three days ago, and yesterday the permit was restricted to 5,000."""
    took(world.b.intake, 20_000)
    permit, yesterday = stock["乙"], TODAY - timedelta(days=1)
    register.new_version(permit, yesterday, "restricted", volume_m3=D(5_000))
    assert kept(permit)["year", ""] is Verdict.UNKNOWN  # nobody has read the meter since
    DayVolume.objects.create(
        intake=world.b.intake, day=yesterday, method="register", volume_m3=0, low_m3=0, high_m3=0, readings=2, computed_at=timezone.now()
    )  # fmt: skip
    recompute(SYSTEM, [world.b.intake.pk], yesterday, TODAY, "test", volumes=False)
    assert kept(permit)["year", ""] is Verdict.KEPT
    took(world.b.intake, 31_000)  # 1,000 above what was permitted before
    (found,) = checks.kept(EVERYWHERE, TODAY.year, TODAY, permit)
    year = found.findings[0]
    assert (year.over_m3, year.limit_m3, year.parts[1].limit_m3, year.parts[1].first) == (
        1_000,
        30_000,
        5_000,
        yesterday,
    )
    register_page = sign_in(world.officer).get(f"/permits/{permit.pk}/").content.decode()
    assert f"{yesterday:%m-%d}" in register_page


def test_what_a_restriction_still_left_is_all_that_may_be_taken_after_it(stock, world):
    took(world.b.intake, 6_000)  # three days ago
    permit = stock["乙"]
    register.new_version(permit, TODAY - timedelta(days=10), "restricted", volume_m3=D(5_000))
    (found,) = checks.kept(EVERYWHERE, TODAY.year, TODAY, permit)
    assert (found.worst, found.over_m3) == (Verdict.EXCEEDED, 1_000)


def test_what_the_register_was_told_later_holds_for_the_whole_year(stock, world):
    took(world.b.intake, 6_000)
    PermitVersion.objects.filter(permit=stock["乙"]).update(volume_m3=None, source="")
    register.new_version(stock["乙"], TODAY, "corrected", volume_m3=D(5_000), source="surface")
    (found,) = checks.kept(EVERYWHERE, TODAY.year, TODAY, stock["乙"])
    assert {(f.code, f.what): f.over_m3 for f in found.findings} == {
        ("year", ""): 1_000, ("source", "shallow_groundwater"): 6_000,
    }  # fmt: skip


def test_where_nothing_is_known_nothing_is_kept(stock, world):
    DayVolume.objects.all().delete()
    recompute(SYSTEM, [world.b.intake.pk], TODAY - timedelta(days=3), TODAY, "test", volumes=False)
    found = kept(stock["乙"], source="shallow_groundwater", use="irrigation")
    assert found == {("year", ""): Verdict.UNKNOWN, ("source", ""): Verdict.UNKNOWN, ("use", ""): Verdict.UNKNOWN}


def test_what_a_permit_does_not_say_is_named_as_not_compared(stock):
    (found,) = checks.kept(EVERYWHERE, TODAY.year, TODAY, stock["甲"])
    assert (found.worst, found.unstated) == (Verdict.KEPT, ("use",))


def test_deep_groundwater_for_irrigation_is_found_whatever_the_permit_says(stock, world):
    took(world.b.intake, 1_000)
    Source.objects.update(kind="deep_groundwater")
    assert ("deep_irrigation", "deep_groundwater") not in kept(stock["乙"], source="deep_groundwater", use="herding")
    assert kept(stock["乙"], use="")["deep_irrigation", "deep_groundwater"] is Verdict.PERHAPS  # herds, perhaps
    assert kept(stock["乙"], use="irrigation")["deep_irrigation", "deep_groundwater"] is Verdict.EXCEEDED
    IrrigatedArea.objects.create(user=world.b.user, intake=world.b.intake, year=TODAY.year, area_mu=D(50))
    assert kept(stock["乙"], use="herding")["deep_irrigation", "deep_groundwater"] is Verdict.EXCEEDED


def test_the_most_exceeded_comes_first_and_only_ones_own_is_seen(stock, world, sign_in):
    took(world.b.intake, 35_000)
    found = checks.kept(EVERYWHERE, TODAY.year, TODAY)
    assert [k.permit.number[0] for k in found] == ["乙", "甲"] and found[0].over_m3 == 5_000
    page = sign_in(world.officer).get("/permits/conditions/").content.decode()
    assert "5,000" in page and "甲取水" in page
    page = sign_in(world.water_user).get("/permits/conditions/").content.decode()
    assert "甲取水" not in page and "乙取水" in page
    book = load_workbook(
        io.BytesIO(sign_in(world.officer).get("/permits/conditions/?verdict=exceeded&export=xlsx").content)
    )
    assert [c.value for c in list(book.active)[-1]][:4] == ["乙取水〔2024〕1号", "乙用户", 30000, 35000]


def test_a_restriction_by_level_follows_the_station(stock, world):
    series = Series.objects.create(station=world.b.station, quantity="depth_m", element="depth")
    at = (
        world.b.frame.received_at.replace(year=TODAY.year, month=TODAY.month, day=1)
        if TODAY.day > 1
        else world.b.frame.received_at
    )
    Observation.objects.create(series=series, at=at, received_at=at, value=D("15.2"), frame=world.b.frame)
    PermitVersion.objects.filter(permit=stock["乙"]).update(level_station=world.b.station, warn_m=D(10), stop_m=D(15))
    (found,) = checks.kept(EVERYWHERE, TODAY.year, TODAY, stock["乙"])
    assert (found.level or (None,))[0] in ((LevelStep.STOP,) if TODAY.day > 1 else (LevelStep.STOP, None))


def test_use_while_stopped_by_level_is_a_finding_though_the_depth_was_reached_long_ago(stock, world):
    series = Series.objects.create(station=world.b.station, quantity="depth_m", element="depth")
    now = timezone.now()
    for at, depth in (
        (now.replace(year=TODAY.year - 1, month=8, day=20), "15.2"), (now.replace(year=TODAY.year - 1, month=11, day=30), "14.0"),
        (now - timedelta(days=4), "14.0"),
    ):  # never up to where it resumes  # fmt: skip
        Observation.objects.create(series=series, at=at, received_at=at, value=D(depth), frame=world.b.frame)
    PermitVersion.objects.filter(permit=stock["乙"]).update(
        level_station=world.b.station, stop_m=D(15), resume_m=D(13), valid_from=TODAY - timedelta(days=900)
    )
    (found,) = checks.kept(EVERYWHERE, TODAY.year, TODAY, stock["乙"])
    assert found.level[0] is LevelStep.STOP
    (level,) = (f for f in found.findings if f.code == "level")
    assert (level.verdict.value, level.what, level.over_m3) == ("exceeded", "stop", D(1_000))
    looking.look_at_permits()
    assert ConditionFinding.objects.get(code="level").over_m3 == D(1_000)


def test_a_permit_that_is_not_used_is_a_finding_that_a_person_decides_on(stock, world):
    PermitVersion.objects.update(valid_from=TODAY - timedelta(days=1200))
    for entry in (world.a.intake, world.b.intake):
        DayVolume.objects.filter(intake=entry).delete()
    days = [TODAY - timedelta(days=n) for n in range(1, 735)]
    DayVolume.objects.bulk_create(_volume(world.b.intake.pk, 0, day) for day in days)
    recompute(SYSTEM, [world.a.intake.pk, world.b.intake.pk], days[-1], TODAY, "test", volumes=False)
    (found,) = checks.kept(EVERYWHERE, TODAY.year, TODAY, stock["乙"])
    assert found.disused
    looking.look_at_permits()
    (row,) = ConditionFinding.objects.filter(code="disuse", permit=stock["乙"])
    assert row.verdict == "perhaps" and looking.disused(EVERYWHERE, TODAY.year) == 1
    assert looking.not_kept(EVERYWHERE, TODAY.year) == 0


def test_everyone_on_the_ledger_is_sorted_by_permit(stock, world, sign_in):
    lines = {x.intake.code: x.line for x in checks.campaign(EVERYWHERE, TODAY)}
    assert {code: each.standing for code, each in lines.items()} == {"A-I": Standing.PERMIT, "B-I": Standing.PERMIT}
    Project.objects.filter(pk=world.b.project.pk).update(permit_to=TODAY - timedelta(days=1))
    Project.objects.filter(pk=world.a.project.pk).update(permit_number="")
    square = {"type": "Polygon", "coordinates": [[[109, 39], [110, 39], [110, 40], [109, 40], [109, 39]]]}
    ControlZone.objects.create(kind="banned", name="禁采区", geometry=square, valid_from=date(2020, 1, 1))
    lines = {x.intake.code: x.line for x in checks.campaign(EVERYWHERE, TODAY)}
    assert (lines["B-I"].standing, lines["B-I"].proposed) == (Standing.EXPIRED, "go")
    assert (lines["A-I"].standing, lines["A-I"].proposed, lines["A-I"].why) == (Standing.MISSING, "go", "banned_zone")
    page = sign_in(world.town_b).get("/permits/campaign/").content.decode()
    assert "B-I" in page and "A-I" not in page
    book = load_workbook(
        io.BytesIO(sign_in(world.officer).get("/permits/campaign/?standing=missing&export=xlsx").content)
    )
    assert list(book.active)[-1][0].value == "A-I"


def test_a_change_of_law_tells_whom_it_touches(stock, world, sign_in):
    now, known = date(2026, 11, 1), law()
    rows, count = checks.touched((known, now), (known, now))
    assert (rows, count) == ([], 2)
    square = {"type": "Polygon", "coordinates": [[[109, 39], [110, 39], [110, 40], [109, 40], [109, 39]]]}
    ControlZone.objects.create(kind="limited", name="限采区", geometry=square, valid_from=date(2020, 1, 1))
    rows, count = checks.touched(
        (known, date(2020, 1, 1)), (known, now)
    )  # the groundwater regulation began in December 2021
    assert count == 2 and {r.number[0] for r in rows} == {"甲", "乙"}
    assert {c.code for r in rows for c in r.after.failed} == {"zones"}
    assert all(r.turned and ("zones", Outcome.PASSED, Outcome.FAILED) in r.differs for r in rows)
    page = sign_in(world.officer).get("/permits/rule-change/?before=2020-01-01&after=2026-11-01").content.decode()
    assert "乙取水〔2024〕1号" in page and "禁采区、限采区：通过 → 不通过" in page and "2份结论改变" in page
    assert sign_in(world.town_b).get("/permits/rule-change/").status_code == 403


def test_a_figure_that_waits_can_be_tried_before_it_binds(stock, world):
    took(world.b.intake, 50_000)
    figure = OwnFigure.objects.create(
        rule="IND-STOP", value={"near_pct_default": "50"}, since=date(2024, 1, 1), document="通知", document_number="1号", issued_on=date(2024, 1, 1),
        state=FigureState.PROPOSED, entered_at=world.own.entered_at,
    )  # fmt: skip
    assert law().figure("IND-STOP", "near_pct_default", TODAY) == "90"
    assert with_figure(law(), figure).figure("IND-STOP", "near_pct_default", TODAY) == "50"
    rows, count = checks.touched((law(), TODAY), (with_figure(law(), figure), TODAY))
    assert count == 2 and {c.code for r in rows for c in r.after.because} >= {"pumped_near"} and len(rows) == 2


def test_a_document_that_only_adds_a_question_touches_permits_too(stock):
    PermitVersion.objects.filter(permit=stock["甲"]).update(use="waterscape")
    rows, _count = checks.touched((law(), date(2023, 4, 20)), (law(), date(2023, 4, 21)))
    (row,) = (r for r in rows if "delight" in {c.code for c in r.after.because})
    assert row.number[0] == "甲" and "delight" not in {c.code for c in row.before.because}
    assert ("delight", None, Outcome.NEEDS_PERSON) in row.differs


def test_intakes_of_a_project_without_permit_are_asked_for(stock, world):
    Project.objects.filter(pk=world.a.project.pk).update(permit_number="", permitted_m3=None)
    Intake.objects.filter(pk=world.a.intake.pk).update(status="sealed")
    lines = {x.intake.code: x.line.why for x in checks.campaign(EVERYWHERE, TODAY)}
    assert lines["A-I"] == "sealed"


def test_a_permit_that_took_nothing_for_two_years_is_told_and_what_is_not_known_is_not(stock, world, sign_in):
    PermitVersion.objects.update(valid_from=date(2020, 1, 1))
    day = TODAY - timedelta(days=3)
    took(world.a.intake, 0)
    found = {k.permit.number[0]: k.disused for k in checks.kept(EVERYWHERE, TODAY.year, TODAY)}
    assert found == {"甲": True, "乙": False}
    page = sign_in(world.officer).get("/permits/conditions/?verdict=disused").content.decode()
    assert "甲取水" in page and "乙取水" not in page
    PermitVersion.objects.update(valid_from=day)  # a young permit is not asked
    assert not any(k.disused for k in checks.kept(EVERYWHERE, TODAY.year, TODAY))


def test_a_permit_of_another_office_is_entered_with_its_office(unit, world, sign_in, officer):
    Project.objects.filter(pk=world.b.project.pk).update(permit_number="", permitted_m3=None)
    client = sign_in(world.officer)
    given = {"project": world.b.project.code, "number": "国黄字〔2020〕1号", "office": "黄河水利委员会", "volume_m3": "25000", "source": "surface", "begins": "2020-01-01", "expires": "2029-12-31"}  # fmt: skip
    assert client.post("/permits/enter/", {**given, "office": ""}).status_code == 200
    assert client.post("/permits/enter/", {**given, "expires": "2019-01-01"}).status_code == 200
    assert not Permit.objects.exists()
    assert client.post("/permits/enter/", given).status_code == 302
    permit = Permit.objects.get()
    assert (permit.office, permit.project.permit_number) == ("黄河水利委员会", "国黄字〔2020〕1号")
    with pytest.raises(Invalid):
        register.enter(officer, world.b.project, number="x", office="y")
    with pytest.raises(Forbidden):
        register.enter(actor_of(world.town_b), world.a.project, number="x", office="y")


def test_what_was_answered_for_a_permit_is_known_when_it_is_decided_anew(permit, world):
    for intake in Intake.objects.filter(project=permit.project):
        for day in (LAST_YEAR, TODAY - timedelta(days=3)):
            took(intake, 0, day)
    took(world.b.intake, 60_000)
    figure = OwnFigure.objects.create(
        rule="IND-STOP", value={"near_pct_default": "50"}, since=date(2024, 1, 1), document="通知", document_number="1号", issued_on=date(2024, 1, 1),
        state=FigureState.PROPOSED, entered_at=world.own.entered_at,
    )  # fmt: skip
    rows, _count = checks.touched((law(), TODAY), (with_figure(law(), figure), TODAY))
    row = next(each for each in rows if each.pk == permit.pk)
    assert row.before.outcome is Outcome.PASSED and row.after.outcome is not Outcome.PASSED
