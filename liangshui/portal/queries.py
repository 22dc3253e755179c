"""Reading what stands outside the office."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.core.cache import caches
from django.utils import timezone

from liangshui.accounting import queries as accounts
from liangshui.core.access import Territory
from liangshui.core.errors import NotFound
from liangshui.core.periods import Period, plan_year
from liangshui.portal.models import Phrase, Problem, ProblemState, Publication, PublicCode, TownContact
from liangshui.quota.queries import allotted_to_users
from liangshui.registry.models import Division, Intake
from liangshui.registry.queries import county, one, town_of

FRESH_S = 600
"""A public page may be so old: the public cannot make the accounts work."""


def codes(territory: Territory) -> dict[str, int]:
    """Codes on labels, with the intake that each stands for."""
    rows = PublicCode.objects.within(territory).filter(ended_at=None)
    return dict(rows.values_list("code", "intake_id"))


def problems(territory: Territory) -> Any:
    """What people reported in the territory."""
    return Problem.objects.within(territory).select_related("intake", "division__parent")


def problem(territory: Territory, pk: int) -> Problem:
    """One of them. Raises NotFound."""
    found: Problem = one(problems(territory), pk)
    return found


def new_problems(territory: Territory) -> int:
    """How many wait for somebody to look at them."""
    return int(problems(territory).filter(state=ProblemState.NEW).count())


def publication() -> Publication:
    """What is published; before the bureau chose, nothing but the number."""
    place = county()
    found = Publication.objects.filter(county=place).first() if place else None
    return found or Publication(county=place)


def contact(division: Division) -> str:
    """Whom to ask in the town of a village."""
    found = TownContact.objects.filter(town=town_of(division)).first()
    return found.text if found else ""


def mongolian() -> dict[str, str]:
    """Words of the card by key."""
    return dict(Phrase.objects.values_list("key", "mongolian"))


# --- the public page ---


@dataclass(frozen=True, slots=True)
class Published:
    """What everybody may see of a well: only what the bureau chose; the rest is empty or None."""

    code: str
    number: str = ""
    name: str = ""
    place: str = ""
    purpose: str = ""
    holder: str = ""
    permit: str = ""
    """"yes", "no", "ended", or "" where it is not published."""
    permit_to: date | None = None
    permitted_m3: Decimal | None = None
    share: Decimal | None = None
    day: date | None = None
    office: str = ""
    phone: str = ""


def intake_of(code: str) -> Intake:
    """The intake of a code that stands. Raises NotFound for one that does not, and one that ended."""
    found = (
        PublicCode.objects.filter(code=code, ended_at=None)
        .select_related("intake__division__parent", "intake__project__user", "intake__source")
        .first()
    )
    if found is None:
        raise NotFound("")
    return found.intake


def published(code: str) -> Published:
    """What is shown of a code's well; kept for some minutes. Raises NotFound."""
    key = f"published:{code}"
    found: Published | None = caches["shared"].get(key)
    if found is None:
        found = _published(code, intake_of(code), publication(), timezone.localdate())
        caches["shared"].set(key, found, FRESH_S)
    return found


def _published(code: str, intake: Intake, chosen: Publication, today: date) -> Published:
    project = intake.project
    town = town_of(intake.division)
    place = town.name if town.pk == intake.division_id else f"{town.name} {intake.division.name}"
    permit = (
        "no" if not project.permit_number else "ended" if project.permit_to and project.permit_to < today else "yes"
    )
    return Published(
        code=code,
        number=intake.code if chosen.number else "",
        name=intake.name if chosen.name else "",
        place=place if chosen.village else "",
        purpose=str(intake.sector) if chosen.purpose else "",
        holder=project.user.name if chosen.holder else "",
        permit=permit if chosen.permit else "",
        permit_to=project.permit_to if chosen.permit and permit != "no" else None,
        permitted_m3=project.permitted_m3 if chosen.permitted else None,
        share=_share(intake, today) if chosen.share else None,
        day=today,
        office=chosen.office,
        phone=chosen.phone,
    )


def _share(intake: Intake, today: date) -> Decimal | None:
    """What the project used of its permit this year; without one, what its user used of what is allotted."""
    project = intake.project
    here = Territory(users=frozenset({project.user_id}))
    so_far = Period.inclusive(plan_year(today.year).start, today)
    if project.permitted_m3:
        rows, limit = accounts.account(here, so_far, "project", {"project": project.pk}), project.permitted_m3
    else:
        rows, limit = (
            accounts.account(here, so_far, "user"),
            allotted_to_users(today.year, [project.user_id]).get(project.user_id),
        )
    taken = [row.abstraction_m3 for row in rows if row.abstraction_m3 is not None]
    return sum(taken, Decimal(0)) / limit if taken and limit else None
