"""The register of filings: who files and who takes, and an intake on file needs no permit while it lasts."""

from datetime import timedelta

import pytest
from django.urls import reverse

from liangshui.accounts.queries import actor_of
from liangshui.core.access import EVERYWHERE
from liangshui.core.errors import Forbidden, Invalid
from liangshui.permits import casework, checks, filing
from liangshui.permits.models import Filing
from liangshui.permits.rules.life import Kind
from liangshui.registry.models import Intake, Project, Source
from tests.permits.conftest import PDF, TODAY, took

pytestmark = pytest.mark.django_db


def ago(days):
    return TODAY - timedelta(days=days)


def emergency(actor, ledger, **other):
    given = {
        "user": ledger.user,
        "what": "emergency_public",
        "begins": ago(5),
        "words": "供水管爆裂应急取水",
        "intake": ledger.intake,
    }
    return filing.file(actor, **(given | other))


@pytest.fixture
def bare(world, unit):
    """Intakes of the ledger, none with a permit."""
    Project.objects.update(permit_number="", permitted_m3=None)
    took(world.b.intake, 5_000)
    return world


def line(world):
    (found,) = (x.line for x in checks.campaign(EVERYWHERE, TODAY) if x.intake == world.b.intake)
    return found.standing.value, found.why


def test_an_intake_on_file_needs_no_permit_while_it_lasts(bare, officer):
    assert line(bare) == ("missing", "")
    made = emergency(officer, bare.b)
    assert made.state == "taken" and made.number == f"{TODAY.year}-0001"
    assert line(bare) == ("not_needed", "filed_emergency_public")
    filing.finish(officer, made, ago(1))
    assert line(bare) == ("missing", "")


def test_an_own_pond_on_file_is_the_reason_and_groundwater_is_none(bare, officer):
    pond = {"what": "own_pond", "words": "乙村集体塘坝"}
    with pytest.raises(Invalid) as told:
        emergency(officer, bare.b, **pond)
    assert told.value.field == "intake"
    surface = Source.objects.create(code="S-9", name="乙塘", kind="surface")
    Intake.objects.filter(pk=bare.b.intake.pk).update(source=surface, kind="reservoir")
    bare.b.intake.refresh_from_db()
    emergency(officer, bare.b, **pond)
    assert line(bare) == ("not_needed", "filed_own_pond")


def test_what_a_user_files_counts_when_an_officer_has_taken_it(bare, officer, applicant):
    made = emergency(applicant, bare.b, filed_on=ago(300))
    assert (made.state, made.filed_on, made.number) == ("filed", TODAY, "")
    assert line(bare)[0] == "missing" and list(filing.waiting(EVERYWHERE)) == [made]
    for actor in (applicant, actor_of(bare.town_b), actor_of(bare.auditor)):
        with pytest.raises(Forbidden):
            filing.take(actor, made)
        with pytest.raises(Forbidden):
            filing.send_back(actor, made, "x")
    filing.take(officer, made, "乙备3号")
    assert line(bare)[0] == "not_needed" and not filing.waiting(EVERYWHERE).exists()
    with pytest.raises(Invalid):
        filing.take(officer, made)
    with pytest.raises(Invalid) as told:
        emergency(officer, bare.b, number="乙备3号")
    assert told.value.field == "number"
    filing.send_back(officer, made, "核实为生产取水")
    assert line(bare)[0] == "missing"


def test_nobody_files_for_another_or_what_cannot_be(bare, officer, applicant):
    for actor, ledger in ((applicant, bare.a), (actor_of(bare.town_a), bare.b), (actor_of(bare.auditor), bare.b)):
        with pytest.raises(Forbidden):
            emergency(actor, ledger)
    for wrong, field in (
        ({"words": " "}, "words"), ({"filed_on": TODAY + timedelta(days=1)}, "filed_on"), ({"ends": ago(6)}, "ends"),
        ({"intake": bare.a.intake}, "intake"), ({"intake": None, "project": bare.a.project}, "project"),
    ):  # fmt: skip
        with pytest.raises(Invalid) as told:
            emergency(officer, bare.b, **wrong)
        assert told.value.field == field
    assert not Filing.objects.exists()


def test_an_emergency_ends_once_and_not_in_the_future(bare, officer, applicant):
    made = emergency(officer, bare.b)
    assert list(filing.lasting(EVERYWHERE)) == [made]
    for day in (TODAY + timedelta(days=1), ago(6)):
        with pytest.raises(Invalid):
            filing.finish(applicant, made, day)
    with pytest.raises(Forbidden):
        filing.finish(actor_of(bare.town_a), made, ago(1))
    filing.finish(applicant, made, ago(2))
    with pytest.raises(Invalid):
        filing.finish(applicant, made, ago(1))
    assert not filing.lasting(EVERYWHERE).exists()


def test_what_was_filed_late_is_told(bare, officer, sign_in):
    made = emergency(officer, bare.b, what="emergency_works", begins=ago(60), ends=ago(40), filed_on=ago(1))
    kept = emergency(officer, bare.b, what="emergency_works", begins=ago(60), ends=ago(1), filed_on=TODAY)
    assert filing.late(made) and not filing.late(kept)
    assert "逾期备案" in sign_in(bare.officer).get(reverse("filing", args=[made.pk])).content.decode()


def test_pages_of_the_register(bare, unit, sign_in, applicant):
    client = sign_in(bare.water_user)
    need = client.get(reverse("permit-need") + "?use=emergency_public&m3_per_year=50").content.decode()
    assert reverse("filing-new") + "?what=emergency_public" in need
    page = client.get(reverse("filing-new") + "?what=emergency_public").content.decode()
    assert 'name="number"' not in page and bare.b.user.code in page
    given = {
        "what": "emergency_public",
        "user": bare.b.user.code,
        "intake": bare.b.intake.code,
        "words": "抢险",
        "begins": str(ago(3)),
    }
    answer = client.post(reverse("filing-new"), given)
    made = Filing.objects.get()
    assert answer["Location"] == reverse("filing", args=[made.pk]) and made.state == "filed"
    assert sign_in(bare.town_a).get(reverse("filing", args=[made.pk])).status_code == 404
    officer = sign_in(bare.officer)
    assert "乙用户" in officer.get(reverse("filing-list") + "?waits=waiting").content.decode()
    assert [t.count for t in officer.get("/").context["board"].todo if "filings" in t.url] == [1]
    assert officer.post(reverse("filing", args=[made.pk]), {"take": "1", "number": "应急1号"}).status_code == 302
    case = casework.begin(applicant, Kind.NEW, bare.b.user)
    assert "应急1号" in client.get(reverse("case", args=[case.pk])).content.decode()
    campaign = officer.get(reverse("campaign") + "?standing=not_needed").content.decode()
    assert "已备案" in campaign
    assert client.post(reverse("filing", args=[made.pk]), {"finish": "1", "ends": str(ago(1))}).status_code == 302
    assert officer.post(reverse("filing", args=[made.pk]), {"back": "1", "answer": ""}).status_code == 200
    officer.post(reverse("filing", args=[made.pk]), {"back": "1", "answer": "误报"})
    assert Filing.objects.get().answer == "误报"


def test_the_file_goes_to_who_may_see_it(bare, officer, sign_in):
    made = emergency(officer, bare.b, paper=PDF)
    answer = sign_in(bare.water_user).get(reverse("filing-paper", args=[made.pk]))
    assert b"".join(answer.streaming_content) == PDF
    assert sign_in(bare.town_a).get(reverse("filing-paper", args=[made.pk])).status_code == 404
