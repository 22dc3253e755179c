"""From a person or token to an actor: what they may do, and where, on a day."""

import hashlib
from datetime import date

from django.utils import timezone

from liangshui.accounts.models import ApiToken, Appointment, Delegation, OrganisationKind, Person
from liangshui.accounts.roles import RIGHTS
from liangshui.core.access import Actor, Grant, Territory


def today() -> date:
    """Today, Beijing time."""
    return timezone.localdate()


def actor_of(person: Person, day: date | None = None) -> Actor:
    """The actor that a person is on a day: own appointments, and those of people who delegated to them.

    Delegation is one step: what was delegated to the giver is not passed on.
    """
    day = day or today()
    grants = list(_grants(person, day, ""))
    for delegation in Delegation.objects.on(day).filter(taker=person).select_related("giver"):
        if delegation.giver.is_active:
            grants += _grants(delegation.giver, day, delegation.giver.name)
    return Actor(person.name, person.pk, tuple(grants))


def _grants(person: Person, day: date, on_behalf_of: str) -> list[Grant]:
    appointments = (
        Appointment.objects.on(day)
        .filter(person=person, organisation__active=True)
        .select_related("organisation__division")
    )
    return [Grant(RIGHTS[a.role], _territory(a), on_behalf_of or a.get_role_display()) for a in appointments]


def _territory(appointment: Appointment) -> Territory:
    organisation = appointment.organisation
    if organisation.kind == OrganisationKind.USER:
        return Territory(users=frozenset({organisation.water_user_id} - {None}))
    return Territory(paths=frozenset({organisation.division.path}))


def digest_of(key: str) -> str:
    """What is kept of a token's key."""
    return hashlib.sha256(key.encode()).hexdigest()


def token_actor(key: str) -> Actor | None:
    """The actor of an API key; None if it is unknown, stopped or past its day."""
    token = ApiToken.objects.select_related("division").filter(digest=digest_of(key), active=True).first()
    if token is None or (token.expires_on and token.expires_on < today()):
        return None
    now = timezone.now()
    if token.last_used_at is None or (now - token.last_used_at).total_seconds() > 60:
        ApiToken.objects.filter(pk=token.pk).update(last_used_at=now)
    territory = Territory(paths=frozenset({token.division.path}))
    return Actor(token.name, None, (Grant(frozenset(token.rights), territory, "token"),))
