"""Search over everything that the reader may see: users, intakes, projects with permits, stations."""

from dataclasses import dataclass

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _

from liangshui.core.access import Actor, Right
from liangshui.registry.models import Intake, Project, WaterUser
from liangshui.telemetry.models import Station

EACH = 6


@dataclass(frozen=True)
class Found:
    """One thing found: its kind, how it is called, what tells it apart, and its page."""

    kind: str
    label: str
    detail: str
    url: str


def find(actor: Actor, text: str) -> list[Found]:
    """At most a few of each kind; an empty or one-letter Latin text finds nothing."""
    text = text.strip()
    if len(text) < 2 and text.isascii():
        return []
    found: list[Found] = []
    ledger = actor.territory(Right.REGISTRY_VIEW)
    named = Q(name__contains=text) | Q(initials__startswith=text.lower()) | Q(code__startswith=text)
    for user in WaterUser.objects.within(ledger).filter(named | Q(credit_code=text)).select_related("division")[:EACH]:
        found.append(Found(_("water user"), user.name, user.division.name, reverse("user", args=[user.pk])))
    match = named | Q(national_code=text)
    for intake in Intake.objects.within(ledger).filter(match).select_related("division")[:EACH]:
        found.append(
            Found(
                _("intake"), intake.name, f"{intake.code} · {intake.division.name}", reverse("intake", args=[intake.pk])
            )
        )
    match = named | Q(permit_number__startswith=text)
    for project in Project.objects.within(ledger).filter(match)[:EACH]:
        found.append(Found(_("project"), project.name, project.permit_number, reverse("project", args=[project.pk])))
    stations = actor.territory(Right.TELEMETRY_VIEW)
    match = Q(name__contains=text) | Q(key__startswith=text.upper())
    for station in Station.objects.within(stations).filter(match).distinct()[:EACH]:
        found.append(Found(_("station"), station.name, station.key, reverse("station", args=[station.pk])))
    return found
