"""Pages of people: what they show, what their forms do, and the trails."""

from datetime import timedelta

import pytest
from auditlog.models import LogEntry
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from liangshui.accounts.models import ApiToken, Appointment, Delegation, Person
from liangshui.core.access import SYSTEM
from liangshui.registry import services as registry
from tests.people import World

pytestmark = pytest.mark.django_db


@pytest.fixture
def world(db) -> World:
    """The county with one of each thing in both towns."""
    return World().complete()


def body(answer) -> str:
    return answer.content.decode()


def test_list_of_people_by_role_and_organisation(world, sign_in):
    client = sign_in(world.security)
    page = body(client.get("/people/"))
    assert "甲一人" in page and "审计" in page
    page = body(client.get("/people/?role=auditor"))
    assert "甲一人" not in page and "审计" in page
    page = body(client.get(f"/people/?organisation={world.a.organisation.pk}"))
    assert "甲一人" in page and "乙一人" not in page
    page = body(client.get("/people/?state=none"))
    assert "无权者" in page and "甲一人" not in page
    assert client.get("/people/?export=xlsx").status_code == 200


def test_new_person_sees_the_first_password_once(world, sign_in):
    client = sign_in(world.security)
    given = {"name": "赵六", "username": "zhao", "phone": "1", "organisation": world.bureau.pk, "role": "auditor"}
    answer = client.post("/people/new/", {**given, "from_day": str(timezone.localdate())})
    person = Person.objects.get(username="zhao")
    assert 'id="secret"' in body(answer) and "no-store" in answer["Cache-Control"]
    assert person.check_password(body(answer).split('id="secret">')[1].split("<")[0])
    again = client.post("/people/new/", {**given, "from_day": str(timezone.localdate())})
    assert 'id="secret"' not in body(again) and "zhao" in body(again)


def test_appoint_checks_first(world, sign_in):
    client, url = sign_in(world.security), f"/people/{world.rightless.pk}/appoint/"
    given = {"organisation": world.bureau.pk, "role": "auditor", "from_day": str(timezone.localdate())}
    assert "checked" in body(client.post(url, given))
    assert not Appointment.objects.filter(person=world.rightless).exists()
    assert client.post(url, {**given, "checked": "1"}).status_code == 302
    appointment = Appointment.objects.get(person=world.rightless)
    end = {"last_day": str(timezone.localdate() + timedelta(days=3)), "checked": "1"}
    client.post(f"/appointments/{appointment.pk}/end/", end)
    appointment.refresh_from_db()
    assert appointment.valid_to == timezone.localdate() + timedelta(days=4)


def test_the_refusal_stands_beside_its_field(world, sign_in):
    given = {"organisation": world.bureau.pk, "role": "audit_admin", "from_day": str(timezone.localdate())}
    page = body(sign_in(world.security).post(f"/people/{world.system.pk}/appoint/", given))
    assert "errorlist" in page
    assert world.system.appointments.count() == 1


def test_delegate_from_my_page(world, sign_in):
    today = timezone.localdate()
    client = sign_in(world.officer)
    given = {"taker": world.auditor.pk, "from_day": str(today), "last_day": str(today), "checked": "1"}
    assert client.post("/me/delegate/", given).status_code == 302
    made = Delegation.objects.get(giver=world.officer)
    assert made.valid_to == today + timedelta(days=1)
    assert "审计" in body(client.get("/me/"))
    assert sign_in(world.town_a).post(f"/delegations/{made.pk}/end/").status_code == 404
    assert client.post(f"/delegations/{made.pk}/end/")["Location"] == "/me/"
    assert not Delegation.objects.filter(giver=world.officer).exists()


def test_water_users_choose_among_their_own(world, sign_in):
    page = body(sign_in(world.water_user).get("/me/delegate/"))
    assert "甲一人" not in page and "局员" not in page


def test_hand_over_and_deactivate_pages(world, sign_in):
    client, pk = sign_in(world.security), world.a.person.pk
    assert "甲.xlsx" in body(client.get(f"/people/{pk}/"))
    client.post(f"/people/{pk}/hand-over/", {"taker": world.a.delegation.taker.pk, "checked": "1"})
    getattr(world.a, "import").refresh_from_db()
    assert getattr(world.a, "import").responsible == world.a.delegation.taker
    client.post(f"/people/{pk}/deactivate/")
    assert not Person.objects.get(pk=pk).is_active
    client.post(f"/people/{pk}/deactivate/")
    assert Person.objects.get(pk=pk).is_active
    assert client.post(f"/people/{world.security.pk}/deactivate/").status_code == 302
    assert Person.objects.get(pk=world.security.pk).is_active


def test_organisations(world, sign_in):
    client = sign_in(world.security)
    assert "甲镇政府" in body(client.get("/organisations/"))
    given = {"name": "执法队", "kind": "enforcement", "division": world.county.pk, "active": "on"}
    answer = client.post("/organisations/new/", given)
    assert "执法队" in body(client.get(answer["Location"]))
    edit = {**given, "name": "执法大队"}
    assert client.post(answer["Location"] + "edit/", edit).status_code == 302
    assert "执法大队" in body(client.get(answer["Location"]))
    user = {"name": "甲公司", "kind": "user", "water_user": "A-U"}
    assert client.post("/organisations/new/", user).status_code == 302


def test_a_key_is_shown_once_and_stopped(world, sign_in):
    client = sign_in(world.security)
    given = {"name": "合作方", "division": world.county.pk, "rights": ["registry.view", "telemetry.send"]}
    answer = client.post("/tokens/new/", given)
    key = body(answer).split('id="secret">')[1].split("<")[0]
    headers = {"Authorization": f"Bearer {key}"}
    assert client.get("/api/v1/units", headers=headers).status_code == 200
    token = ApiToken.objects.get(name="合作方")
    assert key not in body(client.get("/tokens/"))
    client.post(f"/tokens/{token.pk}/")
    client.logout()
    assert client.get("/api/v1/units", headers=headers).status_code == 401


def test_rules_of_sign_in_are_shown(world, sign_in):
    page = body(sign_in(world.auditor).get("/security/"))
    assert "LIANGSHUI_SESSION_MINUTES" in page and "安全员" in page


def test_the_trail_tells_before_and_after(world, sign_in):
    officer = sign_in(world.officer)
    change = {"code": "A-U", "name": "甲新名", "kind": "company", "division": world.a.village.pk}
    assert officer.post(f"/users/{world.a.user.pk}/edit/", change).status_code == 302
    client = sign_in(world.audit_admin)
    page = body(client.get(f"/audit/?object=registry.wateruser:{world.a.user.pk}"))
    assert "甲用户" in page and "<b>甲新名</b>" in page and "局员" in page
    assert "pinyin" not in page and "jxm" not in page
    assert f"<b>{world.bureau}</b>" in body(client.get("/audit/?model=accounts.appointment"))
    assert "甲新名" in body(client.get(f"/audit/?person={world.officer.pk}&action=1&model=registry.wateruser"))
    today = timezone.localdate()
    assert "甲新名" in body(client.get(f"/audit/?day={today}"))
    assert "甲新名" not in body(client.get(f"/audit/?day={today - timedelta(days=3)}"))
    assert client.get("/audit/?export=xlsx").status_code == 200
    registry.save_user(SYSTEM, world.a.user, name="甲/[乙]: *?")
    assert client.get(f"/audit/?export=xlsx&object=registry.wateruser:{world.a.user.pk}").status_code == 200
    for wrong in ("nothing", "registry.wateruser:x", "registry.nothing:1", "registry.wateruser:" + "9" * 30):
        assert client.get(f"/audit/?object={wrong}").status_code == 404
    assert client.get("/audit/?day=2026-99-99").status_code == 200


def test_the_trail_of_a_town_is_narrowed(world, sign_in):
    registry.save_user(SYSTEM, world.a.user, note="改")
    page = body(sign_in(world.b_everything).get("/audit/"))
    assert "乙用户" in page and "甲" not in page


def test_secrets_are_masked_in_the_trail(world, sign_in):
    world.officer.set_password("Another-water-2026")
    world.officer.save()
    entry = LogEntry.objects.filter(object_pk=world.officer.pk, changes__has_key="password").first()
    assert world.officer.password not in str(entry.changes)


def test_access_log_page(world, sign_in):
    sign_in(world.officer).get("/intakes/?q=x")
    page = body(sign_in(world.audit_admin).get("/access-log/"))
    assert "/intakes/?q=x" in page
    assert "/intakes/?q=x" not in body(sign_in(world.b_everything).get("/access-log/"))


def test_who_signs_in_with_a_first_password_chooses_their_own_and_goes_on(world):
    person = world.officer
    person.set_password("first-password-1")
    person.must_change_password = True
    person.save()
    client = Client()
    assert (
        client.post(reverse("sign-in"), {"username": person.username, "password": "first-password-1"}).status_code
        == 302
    )
    assert client.get("/").url == reverse("change-password")
    own = {"old_password": "first-password-1", "new_password1": "shui-liang-77", "new_password2": "shui-liang-77"}
    short = client.post(reverse("change-password"), own | {"new_password1": "ab1", "new_password2": "ab1"})
    assert "密码太短" in short.content.decode()
    assert client.post(reverse("change-password"), own).url == reverse("home")
    person.refresh_from_db()
    assert not person.must_change_password and client.get("/").status_code == 200


def test_an_installation_that_is_not_set_up_leads_to_its_set_up(db):
    assert Client().get("/").url == reverse("setup")
    page = Client().get(reverse("setup")).content.decode()
    assert "form-control" in page
