"""The register of permits by day: terms to come, restrictions, parts taken over, ends that take two officers."""

import re
from datetime import date, timedelta
from decimal import Decimal as D

import pytest

from liangshui.accounting.models import DayVolume
from liangshui.accounting.services import recompute
from liangshui.accounts.queries import actor_of
from liangshui.core.access import EVERYWHERE, SYSTEM
from liangshui.core.errors import Forbidden, Invalid
from liangshui.parameters.queries import law
from liangshui.permits import casework, checks, letters, queries, register
from liangshui.permits.models import Case, Override, Permit, PermitVersion
from liangshui.permits.queries import Life, life_of
from liangshui.permits.rules.life import Act, Kind
from liangshui.quota import units
from liangshui.registry import services as registry
from liangshui.registry.models import Intake, Project
from tests.people import make_person
from tests.permits.conftest import AGREED, LAST_YEAR, PDF, SOUND, TODAY, took
from tests.permits.test_letters import words_of

pytestmark = pytest.mark.django_db

FARM = {
    "address": "村",
    "reason": "用",
    "use": "irrigation",
    "quota_m3": D(90_000),
    "design_capacity_m3": D(90_000),
    "metering": "水表",
}
NEXT_YEAR = date(TODAY.year + 1, 12, 31)
"""The last day of the term of the stock of these tests."""


@pytest.fixture
def stock(unit):
    register.follow_stock()
    PermitVersion.objects.update(use="irrigation")
    return {p.number[0]: p for p in Permit.objects.all()}


def reviewed(officer, kind, user, permit, **facts):
    case = casework.begin(officer, kind, user, permit)
    casework.write(officer, case, **facts)
    casework.step(officer, case, Act.SUBMIT)
    casework.step(officer, case, Act.ACCEPT, words="当面核对")
    casework.ask_gate(officer, case, SOUND)
    return Case.objects.get(pk=case.pk)


def renewed(world, stock, officer, leader, volume):
    case = reviewed(officer, Kind.RENEWAL, world.b.user, stock["乙"], begins=TODAY, years=5, volume_m3=volume, **FARM)
    casework.step(leader, case, Act.APPROVE)
    return Permit.objects.get(pk=stock["乙"].pk)


def total(permit):
    (found,) = (each for each in units.standing(EVERYWHERE) if each.project == permit.project_id)
    return found.volume_m3


def ledger(permit):
    return Project.objects.get(pk=permit.project_id)


def test_a_renewal_counts_from_the_first_day_of_its_own_term(world, stock, officer, leader, sign_in):
    permit = renewed(world, stock, officer, leader, D(20_000))
    assert (permit.words_on(TODAY).volume_m3, permit.words_on(TODAY).expires) == (D(30_000), NEXT_YEAR)
    assert permit.words_on(NEXT_YEAR).volume_m3 == D(30_000)
    coming = permit.words_on(NEXT_YEAR + timedelta(days=1))
    assert (coming.volume_m3, coming.origin, coming.begins) == (D(20_000), "renewed", NEXT_YEAR + timedelta(days=1))
    assert (ledger(permit).permitted_m3, ledger(permit).permit_to, total(permit)) == (
        D(30_000),
        coming.expires,
        D(30_000),
    )
    assert [k.version.volume_m3 for k in checks.kept(EVERYWHERE, TODAY.year, TODAY, permit)] == [D(30_000)]
    assert life_of(permit, permit.words[-1], TODAY, law()) is Life.VALID
    page = sign_in(world.officer).get(f"/permits/{permit.pk}/").content.decode()
    assert "20,000" in page and str(NEXT_YEAR + timedelta(days=1)) in page


def test_a_next_term_that_allows_more_counts_in_the_total_at_once_and_in_the_ledger_on_its_day(
    world, stock, officer, leader, monkeypatch
):
    permit = renewed(world, stock, officer, leader, D(50_000))
    assert (ledger(permit).permitted_m3, total(permit)) == (D(30_000), D(50_000))
    before = Override.objects.count()
    monkeypatch.setattr("django.utils.timezone.localdate", lambda *a: NEXT_YEAR + timedelta(days=1))
    register.follow_stock()
    assert (ledger(permit).permitted_m3, total(permit)) == (D(50_000), D(50_000))
    assert Override.objects.filter(permit=permit).count() == 0 and Override.objects.count() == before


def test_a_word_changed_by_hand_goes_on_into_the_next_term_and_a_volume_of_its_own_stays(world, stock, officer, leader):
    permit = renewed(world, stock, officer, leader, D(20_000))
    PermitVersion.objects.filter(permit=permit, valid_to__isnull=False).update(valid_from=date(2024, 1, 1))
    register.correct(officer, permit, reason="核对", purpose="灌溉", volume_m3=D(29_000))
    permit = Permit.objects.get(pk=permit.pk)
    assert (permit.words_on(TODAY).purpose, permit.words_on(TODAY).volume_m3) == ("灌溉", D(29_000))
    assert (permit.words[-1].purpose, permit.words[-1].volume_m3) == ("灌溉", D(20_000))


def restrict(leader, permit, volume, **other):
    given = {"volume_m3": D(volume), "day": TODAY, "words": "旱情", "document": "限1号", "told_on": TODAY} | other
    return register.restrict(leader, permit, **given)


def test_a_restriction_ends_by_itself_on_its_last_day(stock, leader, monkeypatch):
    permit, until = stock["乙"], TODAY + timedelta(days=30)
    restrict(leader, permit, 10_000, until=until, ground="AR-041 (1)")
    permit = Permit.objects.get(pk=permit.pk)
    assert register.restriction(permit, TODAY)[1] == until
    assert (ledger(permit).permitted_m3, total(permit)) == (D(10_000), D(30_000))
    assert permit.words_on(until).volume_m3 == D(10_000)
    after = permit.words_on(until + timedelta(days=1))
    assert (after.volume_m3, after.whole_m3, after.origin) == (D(30_000), None, "lifted")
    monkeypatch.setattr("django.utils.timezone.localdate", lambda *a: until + timedelta(days=1))
    register.follow_stock()
    assert ledger(permit).permitted_m3 == D(30_000) and register.restriction(permit, until + timedelta(days=1)) is None


def test_a_restriction_is_entered_ahead_and_begins_on_its_day(stock, leader, world, sign_in, monkeypatch):
    permit, day = stock["乙"], TODAY + timedelta(days=10)
    restrict(leader, permit, 10_000, day=day, until=day + timedelta(days=5), told_on=TODAY, ground="AR-041 (1)")
    permit = Permit.objects.get(pk=permit.pk)
    assert (permit.words_on(TODAY).volume_m3, ledger(permit).permitted_m3) == (D(30_000), D(30_000))
    assert [permit.words_on(day + timedelta(days=n)).volume_m3 for n in (-1, 0, 5, 6)] == [
        D(30_000), D(10_000), D(10_000), D(30_000),
    ]  # fmt: skip
    assert total(permit) == D(30_000)
    said = "".join(words_of(letters.make_of(leader, permit, "restricted")))
    assert f"{day.year}年{day.month}月{day.day}日" in said and "10,000" in said
    assert f"自{day}起限制为" in re.sub(
        r"<[^>]*>", "", sign_in(world.officer).get(f"/permits/{permit.pk}/").content.decode()
    )
    monkeypatch.setattr("django.utils.timezone.localdate", lambda *a: day)
    register.follow_stock()
    assert ledger(permit).permitted_m3 == D(10_000) and not permit.overrides.exists()


def test_no_restriction_begins_after_the_permit_has_run_out_or_is_announced_after_today(stock, leader):
    permit = stock["乙"]
    ends = permit.words[-1].expires
    for field, wrong in (
        ("day", {"day": ends + timedelta(days=1)}),
        ("told_on", {"day": TODAY + timedelta(days=9), "told_on": TODAY + timedelta(days=1)}),
    ):
        with pytest.raises(Invalid) as told:
            restrict(leader, permit, 10_000, **wrong)
        assert told.value.field == field


def test_a_restriction_is_mended_on_its_day_and_lifted_after_a_correction(stock, leader, officer):
    permit = stock["乙"]
    restrict(leader, permit, 1_000, until=TODAY + timedelta(days=9))
    restrict(leader, permit, 10_000, document="限2号")
    words = Permit.objects.get(pk=permit.pk).words
    assert [(v.volume_m3, v.whole_m3, v.valid_to) for v in words[1:]] == [(D(10_000), D(30_000), None)]
    PermitVersion.objects.filter(pk=words[-1].pk).update(valid_from=TODAY - timedelta(days=9))
    PermitVersion.objects.filter(pk=words[0].pk).update(valid_to=TODAY - timedelta(days=9))
    register.correct(officer, permit, reason="核对", day=TODAY - timedelta(days=1), purpose="灌溉")
    assert ledger(permit).permitted_m3 == D(10_000)
    with pytest.raises(Invalid) as told:
        restrict(leader, permit, 30_001)
    assert told.value.field == "volume_m3"
    assert restrict(leader, permit, 30_000, words="旱情解除").origin == "lifted"
    assert (ledger(permit).permitted_m3, total(permit)) == (D(30_000), D(30_000))


def test_a_user_is_told_before_a_restriction_unless_it_cannot_wait(stock, leader, world, sign_in):
    permit = stock["乙"]
    for wrong in ({"told_on": None}, {"told_on": TODAY + timedelta(days=1)}, {"told_on": None, "urgent": " "}):
        with pytest.raises(Invalid) as told:
            restrict(leader, permit, 10_000, **wrong)
        assert told.value.field == "told_on"
    with pytest.raises(Invalid):
        letters.make_of(leader, permit, "restriction_ahead")
    notice = letters.make_of(leader, permit, "restriction_ahead", words="自12月1日起压减三分之一")
    said = "".join(words_of(notice))
    assert "自12月1日起压减三分之一" in said and "30,000" in said and "复议" not in said
    letters.serve(leader, notice, day=TODAY, how="直接送达")
    page = sign_in(world.leader).get(f"/permits/{permit.pk}/restrict/").content.decode()
    assert f'name="told_on" value="{TODAY}"' in page  # the day on which the letter was served
    assert restrict(leader, permit, 10_000).told_on == TODAY
    assert any("书面告知" in line for line in words_of(letters.make_of(leader, permit, "restricted")))
    urgent = restrict(leader, permit, 9_000, told_on=None, urgent="突发断流")
    assert (urgent.told_on, urgent.urgent) == (None, "突发断流")
    lifted = restrict(leader, permit, 30_000, told_on=None)
    assert (lifted.origin, lifted.urgent) == ("lifted", "")


def test_a_restriction_keeps_its_days_and_ground_and_its_letter_says_them(stock, leader, sign_in, world):
    permit = stock["乙"]
    for wrong in ({"until": TODAY - timedelta(days=1)}, {"ground": "AR-041 (9)"}):
        with pytest.raises(Invalid) as told:
            restrict(leader, permit, 10_000, **wrong)
        assert told.value.field == next(iter(wrong))
    restrict(leader, permit, 10_000, until=TODAY + timedelta(days=30), ground="AR-041 (1)")
    assert letters.make_of(leader, permit, "restricted").permit == permit
    said = "".join(letters._restricted(permit, letters._restricting(permit), law()))
    assert all(part in said for part in ("10,000", "旱情", "限1号", str(TODAY + timedelta(days=30)), "水资源不能满足"))
    for page in (f"/permits/{permit.pk}/", f"/check/{permit.check_code}/"):
        assert "bg-orange-lt" in sign_in(world.officer).get(page).content.decode()


def test_a_part_that_was_saved_ends_with_the_term_of_who_gave_it(world, stock, officer, leader):
    took(world.b.intake, 20_000, LAST_YEAR)
    PermitVersion.objects.filter(permit=stock["乙"]).update(expires=TODAY + timedelta(days=60))
    case = reviewed(officer, Kind.TRANSFER, world.b.user, stock["乙"], taker=world.a.user, volume_m3=D(10_000), **FARM)
    casework.step(leader, case, Act.APPROVE, data=dict(AGREED))
    taker, ends = Permit.objects.get(pk=stock["甲"].pk), TODAY + timedelta(days=60)
    assert [taker.words_on(d).volume_m3 for d in (TODAY, ends, ends + timedelta(days=1))] == [
        D(50_000),
        D(50_000),
        D(40_000),
    ]
    assert (total(taker), total(stock["乙"])) == (D(50_000), D(20_000))


def test_what_was_saved_is_told_by_the_last_full_year_alone(world, stock, officer, leader):
    DayVolume.objects.filter(intake=world.b.intake, day__lt=date(TODAY.year, 1, 1)).delete()
    recompute(SYSTEM, [world.b.intake.pk], date(TODAY.year - 2, 12, 1), TODAY, "test", volumes=False)
    case = reviewed(officer, Kind.TRANSFER, world.b.user, stock["乙"], taker=world.a.user, volume_m3=D(10_000), **FARM)
    with pytest.raises(Invalid) as told:  # this year took 1,000 so far; nothing is known of the last
        casework.step(leader, case, Act.APPROVE, data=dict(AGREED))
    assert told.value.field == "volume_m3"


def test_a_revocation_takes_two_officers_and_the_file(world, stock, leader, officer):
    permit, given = stock["乙"], {"end": "revoked", "day": TODAY, "words": "情节严重", "document": "罚1号"}
    with pytest.raises(Invalid):
        register.end(leader, permit, **given)
    with pytest.raises(Forbidden):
        register.propose_end(officer, permit, paper=PDF, **given)
    with pytest.raises(Invalid) as told:
        register.propose_end(leader, permit, paper=b"", **given)
    assert told.value.field == "paper"
    register.propose_end(leader, permit, paper=PDF, **given)
    with pytest.raises(Invalid):
        register.decide_end(leader, permit, confirm=True)
    assert ledger(permit).permitted_m3 == D(30_000)
    body = world.leader.appointments.get().organisation
    second = actor_of(make_person("leader-two", "副局长", body, world.leader.appointments.get().role))
    register.decide_end(second, permit, confirm=True)
    permit.refresh_from_db()
    assert (permit.end, ledger(permit).permitted_m3) == ("revoked", None)


def test_a_permit_kept_with_consent_is_not_called_disused(world, stock, leader, officer):
    given = {"why": "refit", "words": "技改", "document": "函1号", "until": TODAY}
    with pytest.raises(Forbidden):
        register.keep_disused(officer, stock["乙"], **given)
    with pytest.raises(Invalid):
        register.keep_disused(leader, stock["乙"], **given | {"until": TODAY - timedelta(days=1)})
    register.keep_disused(leader, stock["乙"], **given)
    assert queries.kept_until(stock["乙"], TODAY).document == "函1号"
    assert queries.kept_until(stock["乙"], TODAY + timedelta(days=1)) is None


def test_a_new_permit_brings_its_intake_into_the_ledger_and_tells_others(world, permit, sign_in):
    (made,) = permit.intakes.all()
    assert (made.kind, made.longitude, made.sector, made.source.kind) == (
        "well",
        D("109.1"),
        "agriculture",
        "shallow_groundwater",
    )
    assert made.project_id == permit.project_id and Intake.objects.filter(project=permit.project).count() == 1
    registry.save_intake(
        SYSTEM, code="B-9", name="乙新井", kind="well", project=made.project, division=made.division, source=made.source, sector="agriculture"
    )  # fmt: skip
    page = sign_in(world.officer).get(f"/permits/{permit.pk}/").content.decode()
    assert "乙新井" in page


def test_an_override_says_what_was_and_what_is(stock, officer):
    register.correct(officer, stock["乙"], reason="核对", source="surface", purpose="灌溉")
    entry = Override.objects.get(permit=stock["乙"])
    assert ["purpose", "", "灌溉"] in entry.changes
    told = register.override_told(entry)
    assert "source" not in told and "purpose" not in told and "→ 灌溉" in told


def test_a_letter_of_a_permit_is_served_on_its_page(world, stock, leader, sign_in):
    restrict(leader, stock["乙"], 10_000)
    letter = letters.make_of(leader, stock["乙"], "restricted")
    sign_in(world.leader).post(
        f"/permits/{stock['乙'].pk}/letter/", {"served": letter.pk, "day": str(TODAY), "how": "邮寄"}
    )
    letter.refresh_from_db()
    assert (letter.served_on, letter.served_how) == (TODAY, "邮寄")


def test_a_permit_ends_by_expiry_or_disuse_only_where_that_is_so(world, stock, leader):
    permit, given = stock["乙"], {"day": TODAY, "words": "到期", "document": "注字1号"}
    permit.versions.update(expires=TODAY)
    with pytest.raises(Invalid) as told:
        register.end(leader, permit, end="expired", **given)
    assert told.value.field == "end"
    kept = {"why": "refit", "words": "技改", "document": "同意1号", "until": TODAY}
    register.keep_disused(leader, permit, **kept)
    with pytest.raises(Invalid) as told:
        register.end(leader, permit, end="disused", **given)
    assert told.value.field == "end"
    permit.keepings.all().delete()
    took(world.b.intake, 500)
    register.end(leader, permit, end="disused", **given)
    assert "500" in Override.objects.get(check_code="disuse").finding
