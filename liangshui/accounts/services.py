"""The only writers of organisations, people, appointments, delegations and tokens."""

import secrets
from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any, TypeVar

from axes.utils import reset
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Model, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from liangshui.accounts.models import (
    AccessRecord,
    ApiToken,
    Appointment,
    Delegation,
    Organisation,
    OrganisationKind,
    Person,
)
from liangshui.accounts.queries import digest_of, open_in_name, today
from liangshui.accounts.roles import ADMINISTRATORS, RIGHTS, TOKEN_RIGHTS, Role
from liangshui.core.access import Actor, Right
from liangshui.core.errors import Forbidden, Invalid
from liangshui.registry.models import Division

M = TypeVar("M", bound=Model)

EASY_TO_READ = "abcdefghjkmnpqrstuvwxyz23456789"
"""Letters and digits that nobody confuses when a first password is read out."""


def _store(thing: M, values: dict[str, Any]) -> M:
    for name, value in values.items():
        setattr(thing, name, value)
    try:
        thing.full_clean()
    except ValidationError as error:
        field, messages = next(iter(error.message_dict.items()))
        raise Invalid(messages[0], field=None if field == "__all__" else field) from error
    thing.save()
    return thing


def _over(actor: Actor, person: Person, right: str) -> None:
    """The actor must hold the right wherever the person acts or is going to act."""
    actor.require(right)
    for path in (
        Appointment.objects.filter(person=person)
        .filter(Q(valid_to=None) | Q(valid_to__gt=today()))
        .values_list("organisation__division__path", flat=True)
    ):
        actor.require(right, path=path)


def _not_oneself(actor: Actor, person: Person) -> None:
    if actor.person_id == person.pk:
        raise Invalid(_("Nobody does this to their own account. Ask another administrator."))


# --- organisations and people ---


@transaction.atomic
def save_organisation(actor: Actor, organisation: Organisation | None = None, **values: Any) -> Organisation:
    """Create or change an organisation. That of a water user names the user; its people see that user’s water alone."""
    thing = organisation or Organisation()
    if organisation is not None:
        actor.require(Right.PEOPLE_CHANGE, path=organisation.division.path)
    kind = values.get("kind", thing.kind)
    if kind == OrganisationKind.USER:
        user = values.get("water_user", thing.water_user)
        if user is None:
            raise Invalid(_("Say which water user this organisation is."), field="water_user")
        values["division"] = user.division
    else:
        values["water_user"] = None
    if values.get("division") is not None:
        actor.require(Right.PEOPLE_CHANGE, path=values["division"].path)
    elif organisation is None:
        raise Invalid(_("Say where its people work."), field="division")
    if organisation is not None:
        roles = Appointment.objects.filter(organisation=organisation).filter(Q(valid_to=None) | Q(valid_to__gt=today()))
        if kind != organisation.kind and roles.exists():
            raise Invalid(_("It has people in roles of its present kind. End those appointments first."), field="kind")
    return _store(thing, values)


def first_password() -> str:
    """A password that is handed over once, easy to read out: three groups of five."""
    return "-".join("".join(secrets.choice(EASY_TO_READ) for _i in range(5)) for _g in range(3))


@transaction.atomic
def save_person(actor: Actor, person: Person | None = None, **values: Any) -> tuple[Person, str]:
    """Create or change a person (username, name, phone). A new one gets a first password, shown this once."""
    actor.require(Right.PEOPLE_CHANGE)
    password = ""
    if person is None:
        person, password = Person(must_change_password=True), first_password()
        person.set_password(password)
    else:
        _over(actor, person, Right.PEOPLE_CHANGE)
    return _store(person, values), password


@transaction.atomic
def reset_password(actor: Actor, person: Person) -> str:
    """Give a new first password, ending every session of the person. Returns it; it is not kept anywhere."""
    _not_oneself(actor, person)
    _over(actor, person, Right.SECURITY_CHANGE)
    password = first_password()
    person.set_password(password)
    person.must_change_password = True
    person.save(update_fields=["password", "must_change_password"])
    reset(username=person.username)
    return password


def unlock(actor: Actor, person: Person) -> int:
    """Forget the wrong passwords that locked the account; number of records forgotten."""
    _not_oneself(actor, person)
    _over(actor, person, Right.SECURITY_CHANGE)
    return reset(username=person.username)


@transaction.atomic
def deactivate(actor: Actor, person: Person) -> None:
    """The person cannot sign in any more; what they did stays in the records."""
    _not_oneself(actor, person)
    _over(actor, person, Right.SECURITY_CHANGE)
    if not _security_left(Q(person=person)):
        raise Invalid(_("This is the last security administrator. Appoint another one first."))
    person.is_active = False
    person.save(update_fields=["is_active"])


@transaction.atomic
def reactivate(actor: Actor, person: Person) -> None:
    """The person may sign in again, with the appointments that are still in force."""
    _not_oneself(actor, person)
    _over(actor, person, Right.SECURITY_CHANGE)
    person.is_active = True
    person.save(update_fields=["is_active"])


# --- appointments ---


def _security_left(without: Q) -> bool:
    """Whether a security administrator remains today if some appointments are gone, or there was none anyway."""
    held = Appointment.objects.on(today()).filter(
        role=Role.SECURITY_ADMIN, person__is_active=True, organisation__active=True
    )
    return held.exclude(without).exists() or not held.exists()


def _administrator_roles(people: Iterable[int], start: date, end: date | None) -> set[str]:
    rows = Appointment.objects.between(start, end or date.max).filter(person__in=people, role__in=ADMINISTRATORS)
    return set(rows.values_list("role", flat=True))


def _keep_apart(roles: set[str]) -> None:
    """三员分立: no one holds two of the three administrators’ roles, themselves or for another."""
    if len(roles & ADMINISTRATORS) > 1:
        names = ", ".join(sorted(str(Role(r).label) for r in roles & ADMINISTRATORS))
        raise Invalid(
            _("One person cannot be %(roles)s: the three administrators are three people.") % {"roles": names},
            field="role",
        )


@transaction.atomic
def appoint(
    actor: Actor, person: Person, organisation: Organisation, role: str, from_day: date, document: str = ""
) -> Appointment:
    """Put a person into a role of an organisation, from a day on.

    Raises:
        Invalid: themselves; a role that the organisation cannot give; the same twice; two of the three administrators.
    """
    actor.require(Right.PEOPLE_CHANGE, path=organisation.division.path)
    if actor.person_id == person.pk:
        raise Invalid(_("Nobody appoints themselves. Ask another security administrator."), field="role")
    if role not in RIGHTS:
        raise Invalid(_("There is no such role."), field="role")
    if not person.is_active or not organisation.active:
        raise Invalid(_("The person or the organisation is not active."), field="organisation")
    if (role == Role.WATER_USER) != (organisation.kind == OrganisationKind.USER):
        raise Invalid(
            _(
                "The role “water user” belongs to the organisation of a water user, and that organisation gives no other."
            ),
            field="role",
        )
    still = Appointment.objects.between(from_day, date.max).filter(person=person)
    if still.filter(organisation=organisation, role=role).exists():
        raise Invalid(_("The person is in this role already."), field="role")
    if role in ADMINISTRATORS:
        linked = Delegation.objects.between(from_day, date.max)
        acting_for = [person.pk, *linked.filter(taker=person).values_list("giver", flat=True)]
        _keep_apart({role} | _administrator_roles(acting_for, from_day, None))
        for taker in linked.filter(giver=person).values_list("taker", flat=True):
            _keep_apart({role} | _administrator_roles([taker], from_day, None))
    return _store(
        Appointment(),
        {"person": person, "organisation": organisation, "role": role, "valid_from": from_day, "document": document},
    )


@transaction.atomic
def end_appointment(actor: Actor, appointment: Appointment, to_day: date) -> None:
    """End it: `to_day` is the first day without the role. One that ends no later than it began is taken back whole."""
    actor.require(Right.PEOPLE_CHANGE, path=appointment.organisation.division.path)
    if appointment.valid_to is not None and appointment.valid_to <= to_day:
        raise Invalid(_("This appointment ends on %s already.") % appointment.valid_to, field="to_day")
    if appointment.role == Role.SECURITY_ADMIN and not _security_left(Q(pk=appointment.pk)):
        raise Invalid(_("This is the last security administrator. Appoint another one first."))
    if to_day <= appointment.valid_from:
        appointment.delete()
    else:
        _store(appointment, {"valid_to": to_day})


@transaction.atomic
def enter_person(
    actor: Actor,
    *,
    organisation: Organisation,
    role: str,
    from_day: date,
    document: str = "",
    **values: Any,
) -> tuple[Person, str]:
    """A new person with the first role, or neither. Returns the person and the first password."""
    person, password = save_person(actor, **values)
    appoint(actor, person, organisation, role, from_day, document)
    return person, password


# --- delegations ---


@transaction.atomic
def delegate(actor: Actor, giver: Person, taker: Person, from_day: date, to_day: date, reason: str = "") -> Delegation:
    """Let `taker` act for `giver` from a day up to `to_day` (not included), with all the giver’s own appointments.

    By the giver, or by who may appoint where the giver acts; never to oneself from somebody else.
    """
    if actor.person_id is None or actor.person_id != giver.pk:
        _over(actor, giver, Right.PEOPLE_CHANGE)
        if actor.person_id == taker.pk:
            raise Invalid(_("Nobody takes another’s powers by their own hand."), field="taker")
    if giver.pk == taker.pk:
        raise Invalid(_("Choose somebody else to act."), field="taker")
    if not taker.is_active:
        raise Invalid(_("This person cannot sign in."), field="taker")
    if to_day <= from_day:
        raise Invalid(_("The last day lies before the first."), field="to_day")
    if to_day <= today():
        raise Invalid(_("These days are past."), field="to_day")
    if Delegation.objects.between(from_day, to_day).filter(giver=giver, taker=taker).exists():
        raise Invalid(_("%s acts for this person in these days already.") % taker.name, field="taker")
    given = Delegation.objects.between(from_day, to_day).filter(taker=taker).values_list("giver", flat=True)
    try:
        _keep_apart(_administrator_roles({giver.pk, taker.pk, *given}, from_day, to_day))
    except Invalid as error:
        raise Invalid(error.message, field="taker") from error
    return _store(
        Delegation(),
        {"giver": giver, "taker": taker, "valid_from": from_day, "valid_to": to_day, "reason": reason},
    )


@transaction.atomic
def end_delegation(actor: Actor, delegation: Delegation) -> None:
    """End it from today on; by either of the two, or by who may appoint where the giver acts."""
    if actor.person_id is None or actor.person_id not in {delegation.giver_id, delegation.taker_id}:
        _over(actor, delegation.giver, Right.PEOPLE_CHANGE)
    if delegation.valid_to is not None and delegation.valid_to <= today():
        raise Invalid(_("This delegation has ended already."))
    if delegation.valid_from >= today():
        delegation.delete()
    else:
        _store(delegation, {"valid_to": today()})


# --- what lies open in a person's name ---


@transaction.atomic
def hand_over(actor: Actor, giver: Person, taker: Person) -> int:
    """Put everything open in the giver’s name into the taker’s, in one step; number of things handed over."""
    _over(actor, giver, Right.PEOPLE_CHANGE)
    _over(actor, taker, Right.PEOPLE_CHANGE)
    if giver.pk == taker.pk:
        raise Invalid(_("Choose somebody else to take over."), field="taker")
    if not taker.is_active or not Appointment.objects.on(today()).filter(person=taker).exists():
        raise Invalid(_("This person has no role today and could not work on it."), field="taker")
    moved = 0
    for group in open_in_name(giver):
        for item in group.rows:
            item.responsible = taker
            item.save(update_fields=["responsible"])
            moved += 1
    return moved


# --- tokens ---


@transaction.atomic
def issue_token(
    actor: Actor, name: str, division: Division, rights: Iterable[str], expires_on: date | None = None
) -> tuple[ApiToken, str]:
    """A key for a machine. Returns it this once; only its digest is kept."""
    actor.require(Right.SECURITY_CHANGE, path=division.path)
    wanted = sorted({str(right) for right in rights})
    if not wanted:
        raise Invalid(_("Choose at least one right."), field="rights")
    if not set(wanted) <= TOKEN_RIGHTS:
        raise Forbidden(", ".join(sorted(set(wanted) - TOKEN_RIGHTS)))
    if expires_on is not None and expires_on < today():
        raise Invalid(_("This day is past."), field="expires_on")
    key = "ls_" + secrets.token_urlsafe(32)
    token = _store(
        ApiToken(digest=digest_of(key), prefix=key[:8]),
        {"name": name.strip(), "division": division, "rights": wanted, "expires_on": expires_on},
    )
    return token, key


@transaction.atomic
def stop_token(actor: Actor, token: ApiToken) -> None:
    """The key opens nothing any more."""
    actor.require(Right.SECURITY_CHANGE, path=token.division.path)
    token.active = False
    token.save(update_fields=["active"])


# --- access log ---


def purge_access_log(actor: Actor) -> int:
    """Delete access records older than the days that they are kept (setting, at least six months); number deleted."""
    actor.require(Right.SYSTEM_CHANGE)
    old = timezone.now() - timedelta(days=settings.ACCESS_LOG_DAYS)
    return AccessRecord.objects.filter(at__lt=old).delete()[0]
