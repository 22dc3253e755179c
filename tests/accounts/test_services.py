"""Who may appoint, delegate, hand over, unlock and issue keys; and the three administrators kept apart."""

from datetime import date, timedelta

import pytest
from auditlog.models import LogEntry
from axes.models import AccessAttempt
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from liangshui.accounts import queries, services
from liangshui.accounts.models import AccessRecord, Appointment, Organisation
from liangshui.accounts.queries import actor_of
from liangshui.accounts.roles import Role
from liangshui.core.access import Right
from liangshui.core.errors import Forbidden, Invalid
from liangshui.registry.models import ImportBatch
from liangshui.telemetry.models import Station
from tests.people import PASSWORD, World, make_person

pytestmark = pytest.mark.django_db


@pytest.fixture
def world(db) -> World:
    """The county with one of each thing in both towns."""
    return World().complete()


DAY = timedelta(days=1)


@pytest.fixture
def security(world):
    return actor_of(world.security)


@pytest.fixture
def newcomer(world):
    return make_person("new", "新人")


def today() -> date:
    return timezone.localdate()


# --- organisations and people ---


def test_organisations_are_made_by_who_may_appoint_there(world, security):
    made = services.save_organisation(security, name="丙所", kind="enforcement", division=world.a.town, active=True)
    assert made.division == world.a.town
    with pytest.raises(Forbidden):
        services.save_organisation(actor_of(world.officer), name="丁所", kind="enforcement", division=world.a.town)
    elsewhere = actor_of(world.b_everything)
    assert elsewhere.may(Right.PEOPLE_CHANGE)
    with pytest.raises(Forbidden):
        services.save_organisation(elsewhere, name="丁所", kind="enforcement", division=world.a.town)
    with pytest.raises(Forbidden):
        services.save_organisation(elsewhere, made, name="抢来", division=world.b.town)


def test_the_organisation_of_a_water_user_lies_where_the_user_does(world, security):
    made = services.save_organisation(security, name="甲公司", kind="user", water_user=world.a.user, division=None)
    assert made.division == world.a.village
    with pytest.raises(Invalid) as told:
        services.save_organisation(security, name="无户公司", kind="user", water_user=None, division=world.a.town)
    assert told.value.field == "water_user"


def test_kind_stays_while_people_are_in_roles_of_it(world, security):
    with pytest.raises(Invalid) as told:
        services.save_organisation(security, world.a.organisation, kind="user", water_user=world.a.user)
    assert told.value.field == "kind"


def test_a_new_person_must_change_the_first_password(world, security, client):
    person, password = services.enter_person(
        security, name="李四", username="lisi", phone="", organisation=world.bureau, role=Role.AUDITOR, from_day=today()
    )
    assert person.must_change_password and person.check_password(password)
    client.post("/sign-in/", {"username": "lisi", "password": password})
    assert client.get("/people/")["Location"] == "/me/password/"


def test_a_person_without_possible_role_is_not_entered_at_all(world, security):
    with pytest.raises(Invalid):
        services.enter_person(
            security, name="王", username="wang", organisation=world.bureau, role=Role.WATER_USER, from_day=today()
        )
    assert not queries.Person.objects.filter(username="wang").exists()


def test_people_of_elsewhere_are_not_changed(world):
    elsewhere = actor_of(world.b_everything)
    for act in (
        lambda: services.save_person(elsewhere, world.a.person, name="改名"),
        lambda: services.reset_password(elsewhere, world.a.person),
        lambda: services.unlock(elsewhere, world.a.person),
        lambda: services.deactivate(elsewhere, world.a.person),
        lambda: services.hand_over(elsewhere, world.a.person, world.b.person),
        lambda: services.end_appointment(elsewhere, world.a.appointment, today()),
        lambda: services.end_delegation(elsewhere, world.a.delegation),
    ):
        with pytest.raises(Forbidden):
            act()


# --- appointments ---


def test_appoint_gives_the_rights_from_the_day(world, security, newcomer):
    services.appoint(security, newcomer, world.a.organisation, Role.TOWN_OFFICER, today() + DAY)
    assert not actor_of(newcomer).may(Right.REGISTRY_VIEW)
    then = actor_of(newcomer, today() + DAY)
    assert then.territory(Right.REGISTRY_CHANGE).paths == {world.a.town.path}


def test_nobody_appoints_themselves(world, security):
    with pytest.raises(Invalid):
        services.appoint(security, world.security, world.bureau, Role.BUREAU_OFFICER, today())


def test_only_who_may_appoint_appoints_and_only_there(world, newcomer):
    for person in (world.officer, world.system, world.audit_admin, world.auditor, world.b_everything):
        with pytest.raises(Forbidden):
            services.appoint(actor_of(person), newcomer, world.a.organisation, Role.VILLAGE_OFFICER, today())


@pytest.mark.parametrize("second", [Role.SYSTEM_ADMIN, Role.AUDIT_ADMIN])
def test_no_one_is_two_of_the_three_administrators(world, security, newcomer, second):
    first = services.appoint(security, newcomer, world.bureau, Role.SECURITY_ADMIN, today())
    with pytest.raises(Invalid) as told:
        services.appoint(security, newcomer, world.bureau, second, today() + 30 * DAY)
    assert told.value.field == "role"
    services.end_appointment(security, first, today() + 30 * DAY)
    services.appoint(security, newcomer, world.bureau, second, today() + 30 * DAY)


def test_delegation_does_not_bring_two_administrators_together(world, security):
    last = today() + 5 * DAY
    with pytest.raises(Invalid):
        services.delegate(security, world.system, world.audit_admin, today(), last)
    services.delegate(security, world.system, world.officer, today(), last)
    with pytest.raises(Invalid):
        services.appoint(security, world.officer, world.bureau, Role.AUDIT_ADMIN, today())
    with pytest.raises(Invalid):
        services.delegate(security, world.audit_admin, world.officer, today(), last)


def test_roles_fit_their_organisation_and_are_given_once(world, security, newcomer):
    with pytest.raises(Invalid):
        services.appoint(security, newcomer, world.bureau, Role.WATER_USER, today())
    own = Organisation.objects.get(name="乙用户公司")
    with pytest.raises(Invalid):
        services.appoint(security, newcomer, own, Role.AUDITOR, today())
    services.appoint(security, newcomer, own, Role.WATER_USER, today())
    with pytest.raises(Invalid):
        services.appoint(security, newcomer, own, Role.WATER_USER, today())
    with pytest.raises(Invalid):
        services.appoint(security, newcomer, world.bureau, "emperor", today())


def test_an_appointment_ends_or_is_taken_back(world, security):
    services.end_appointment(security, world.a.appointment, today())
    assert not actor_of(world.a.person).may(Right.REGISTRY_VIEW)
    fresh = services.appoint(security, world.a.person, world.a.organisation, Role.TOWN_OFFICER, today())
    services.end_appointment(security, fresh, today())
    assert not Appointment.objects.filter(pk=fresh.pk).exists()


def test_the_last_security_administrator_stays(world, security, newcomer):
    Appointment.objects.filter(person=world.b_everything, role=Role.SECURITY_ADMIN).delete()
    with pytest.raises(Invalid):
        services.end_appointment(security, world.security.appointments.get(), today())
    services.appoint(security, newcomer, world.bureau, Role.SECURITY_ADMIN, today())
    with pytest.raises(Invalid):
        services.deactivate(security, world.security)
    services.end_appointment(actor_of(newcomer), world.security.appointments.get(), today())


# --- delegation ---


def test_one_gives_own_powers_and_no_others(world):
    giver, taker = world.officer, world.auditor
    services.delegate(actor_of(giver), giver, taker, today(), today() + DAY, "出差")
    acting = actor_of(taker)
    assert acting.may(Right.REGISTRY_CHANGE) and giver.name in {g.origin for g in acting.grants}
    assert not actor_of(taker, today() + DAY).may(Right.REGISTRY_CHANGE)
    with pytest.raises(Forbidden):
        services.delegate(actor_of(taker), world.town_a, taker, today(), today() + DAY)
    with pytest.raises(Invalid):
        services.delegate(actor_of(giver), giver, taker, today(), today() + DAY)
    for wrong in ((giver, giver, today(), today() + DAY), (giver, taker, today(), today())):
        with pytest.raises(Invalid):
            services.delegate(actor_of(giver), *wrong)


def test_nobody_takes_powers_by_their_own_hand(world, security):
    with pytest.raises(Invalid) as told:
        services.delegate(security, world.officer, world.security, today(), today() + DAY)
    assert told.value.field == "taker"


def test_a_delegation_is_ended_by_either(world):
    services.end_delegation(actor_of(world.a.delegation.taker), world.a.delegation)
    assert not queries.delegations(world.a.person).exists()


# --- hand-over ---


def test_everything_open_goes_over_in_one_step(world, security):
    Station.objects.filter(pk=world.a.station.pk).update(responsible=world.a.person)
    groups = queries.open_in_name(world.a.person)
    assert sorted(g.count for g in groups) == [1, 1]
    assert services.hand_over(security, world.a.person, world.officer) == 2
    assert queries.open_in_name(world.a.person) == []
    assert ImportBatch.objects.get(pk=getattr(world.a, "import").pk).responsible == world.officer
    entries = LogEntry.objects.filter(changes__has_key="responsible")
    assert {e.content_type.model for e in entries} >= {"station", "importbatch"}


def test_nobody_without_role_takes_over(world, security):
    with pytest.raises(Invalid):
        services.hand_over(security, world.a.person, world.rightless)
    with pytest.raises(Invalid):
        services.hand_over(security, world.a.person, world.a.person)
    with pytest.raises(Forbidden):
        services.hand_over(actor_of(world.officer), world.a.person, world.officer)


# --- locking ---


def test_wrong_passwords_lock_and_the_security_administrator_unlocks(world, security):
    client = Client()
    for _attempt in range(6):
        client.post("/sign-in/", {"username": "officer", "password": "wrong"})
    assert "officer" in queries.locked_usernames()
    answer = client.post("/sign-in/", {"username": "officer", "password": PASSWORD})
    assert answer.status_code == 429 or answer.status_code == 403
    with pytest.raises(Forbidden):
        services.unlock(actor_of(world.system), world.officer)
    services.unlock(security, world.officer)
    assert not AccessAttempt.objects.filter(username="officer").exists()
    assert client.post("/sign-in/", {"username": "officer", "password": PASSWORD}).status_code == 302


def test_deactivated_people_are_out_at_once(world, security, sign_in):
    client = sign_in(world.officer)
    assert client.get("/intakes/").status_code == 200
    services.deactivate(security, world.officer)
    assert client.get("/intakes/").status_code == 302
    services.reactivate(security, world.officer)
    with pytest.raises(Invalid):
        services.deactivate(security, world.security)


def test_a_reset_password_ends_the_sessions(world, security, sign_in):
    client = sign_in(world.officer)
    password = services.reset_password(security, world.officer)
    assert client.get("/intakes/").status_code == 302
    world.officer.refresh_from_db()
    assert world.officer.check_password(password) and world.officer.must_change_password
    shown = str(list(LogEntry.objects.values_list("changes", flat=True)))
    assert password not in shown and world.officer.password not in shown


# --- tokens ---


def test_a_key_opens_what_it_was_issued_for_until_it_is_stopped(world, security):
    token, key = services.issue_token(security, "市平台", world.a.town, [Right.REGISTRY_VIEW], today())
    assert token.digest != key and key not in str(list(LogEntry.objects.values_list("changes", flat=True)))
    actor = queries.token_actor(key)
    assert actor.territory(Right.REGISTRY_VIEW).paths == {world.a.town.path}
    assert not actor.may(Right.REGISTRY_CHANGE)
    services.stop_token(security, token)
    assert queries.token_actor(key) is None


def test_keys_carry_no_powers_of_people(world, security):
    with pytest.raises(Forbidden):
        services.issue_token(security, "x", world.county, [Right.PEOPLE_CHANGE])
    with pytest.raises(Forbidden):
        services.issue_token(actor_of(world.officer), "x", world.county, [Right.REGISTRY_VIEW])
    with pytest.raises(Forbidden):
        services.stop_token(actor_of(world.b_everything), world.a.token)
    for wrong in ({"rights": []}, {"rights": [Right.REGISTRY_VIEW], "expires_on": today() - DAY}):
        with pytest.raises(Invalid):
            services.issue_token(security, "x", world.county, **wrong)


# --- access log ---


def test_old_access_records_are_purged_and_none_younger(world, settings):
    now = timezone.now()
    for age in (1, settings.ACCESS_LOG_DAYS - 1, settings.ACCESS_LOG_DAYS + 1):
        AccessRecord.objects.create(at=now - age * DAY, who="x", address="", method="GET", path="/", status=200)
    call_command("purge-access-log", verbosity=0)
    assert AccessRecord.objects.count() == 2
