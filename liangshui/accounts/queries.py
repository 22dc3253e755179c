"""From a person or token to an actor: what they may do, and where, on a day; and reads of people and trails."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from axes.models import AccessAttempt
from django.apps import apps
from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from liangshui.accounts.audit import audited_models
from liangshui.accounts.models import (
    AccessRecord,
    ApiToken,
    Appointment,
    Delegation,
    Organisation,
    OrganisationKind,
    Person,
)
from liangshui.accounts.roles import RIGHTS
from liangshui.core.access import Actor, Grant, Right, Territory
from liangshui.core.errors import NotFound
from liangshui.records.models import Responsible
from liangshui.registry.queries import county_path


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
    return [
        Grant(RIGHTS[a.role], _territory(a), on_behalf_of or a.get_role_display(), a.organisation_id)
        for a in appointments
    ]


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


def one(rows: QuerySet, pk: int) -> Any:
    """The row with this id among those that the reader may see."""
    found = rows.filter(pk=pk).first()
    if found is None:
        raise NotFound(_("There is no such record, or it is outside your area."))
    return found


def people(actor: Actor, territory: Territory | None = None) -> QuerySet[Person]:
    """People who have or had an appointment in the reader’s area; those without any for who may appoint them."""
    territory = actor.territory(Right.PEOPLE_VIEW) if territory is None else territory
    seen = Q(Exists(Appointment.objects.within(territory).filter(person=OuterRef("pk"))))
    if actor.may(Right.PEOPLE_CHANGE) and territory:
        seen |= ~Q(Exists(Appointment.objects.filter(person=OuterRef("pk"))))
    return Person.objects.filter(seen)


def with_roles(rows: QuerySet[Person]) -> QuerySet[Person]:
    """The same people, each with today’s appointments in `roles_today`."""
    held = Appointment.objects.on(today()).select_related("organisation")
    return rows.prefetch_related(Prefetch("appointments", held, to_attr="roles_today"))


def organisations(territory: Territory) -> QuerySet[Organisation]:
    return Organisation.objects.within(territory).select_related("division__parent", "water_user")


def colleagues(actor: Actor, person: Person) -> QuerySet[Person]:
    """Whom someone may let act for them: people of the same organisations, and those that they may see."""
    mine = Appointment.objects.on(today()).filter(person=person).values("organisation")
    same = Appointment.objects.on(today()).filter(organisation__in=mine, person=OuterRef("pk"))
    seen = people(actor).values("pk")
    return Person.objects.filter(Q(Exists(same)) | Q(pk__in=seen), is_active=True).exclude(pk=person.pk)


def delegations(person: Person) -> QuerySet[Delegation]:
    """To and from a person, the newest first."""
    rows = Delegation.objects.filter(Q(giver=person) | Q(taker=person)).select_related("giver", "taker")
    return rows.order_by("-valid_from", "-pk")


def locked_usernames() -> set[str]:
    """User names that wrong passwords have locked at the moment."""
    since = timezone.now() - timedelta(hours=settings.AXES_COOLOFF_TIME)
    rows = AccessAttempt.objects.filter(failures_since_start__gte=settings.AXES_FAILURE_LIMIT, attempt_time__gte=since)
    return {name for name in rows.values_list("username", flat=True) if name}


@dataclass(frozen=True)
class OpenItems:
    """Things of one kind that lie open in a person’s name."""

    label: str
    rows: QuerySet[Any]
    count: int


def open_in_name(person: Person) -> list[OpenItems]:
    """Everything open in a person’s name, over all rooms, by kind."""
    found = []
    for model in apps.get_models():
        if issubclass(model, Responsible):
            rows = model.open_items().filter(responsible=person)
            count = rows.count()
            if count:
                found.append(OpenItems(str(model._meta.verbose_name), rows, count))
    return found


def left_behind(rows: QuerySet[Person]) -> QuerySet[Person]:
    """Those of some people who can work no more, deactivated or without a role today, while things lie open in their names."""
    owners: set[int] = set()
    for model in apps.get_models():
        if issubclass(model, Responsible):
            owners |= set(model.open_items().exclude(responsible=None).values_list("responsible", flat=True))
    working = Appointment.objects.on(today()).filter(person=OuterRef("pk"), organisation__active=True)
    return rows.filter(pk__in=owners).exclude(Q(Exists(working)), is_active=True)


def tokens(territory: Territory) -> QuerySet[ApiToken]:
    return ApiToken.objects.within(territory).select_related("division")


# --- trails ---


def _whole(territory: Territory) -> bool:
    return territory.everywhere or bool(county_path() and territory.holds_path(county_path()))


def trail(territory: Territory) -> QuerySet[Any]:
    """The audit trail: all of it for who sees the county; else that of what lies in the reader’s area."""
    from auditlog.models import LogEntry

    rows = LogEntry.objects.select_related("actor", "content_type")
    if _whole(territory):
        return rows
    allowed = Q(pk__in=[])
    for model in audited_models():
        if getattr(model, "within_division", None):
            ids = model._default_manager.within(territory).values("pk")
            allowed |= Q(content_type=ContentType.objects.get_for_model(model), object_id__in=ids)
    return rows.filter(allowed)


def access_records(territory: Territory) -> QuerySet[AccessRecord]:
    """The access log: all of it for who sees the county, else that of the people of the reader’s area."""
    if _whole(territory):
        return AccessRecord.objects.all()
    return AccessRecord.objects.filter(person__in=Appointment.objects.within(territory).values("person"))


def who_looked(pages: Sequence[str], since: datetime) -> list[tuple[datetime, str, str]]:
    """Who opened which of some pages since when, by the access log, oldest first."""
    rows = AccessRecord.objects.filter(at__gte=since, path__in=pages, status=200).order_by("at")
    return list(rows.values_list("at", "who", "path"))
