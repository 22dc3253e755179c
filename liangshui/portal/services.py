"""Verbs at the edge: codes for labels, what is published, problems and their answers, words in Mongolian."""

import secrets
from collections.abc import Iterable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.cache import caches
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from liangshui.core.access import Actor, Right
from liangshui.core.errors import Invalid
from liangshui.portal import queries
from liangshui.portal.models import (
    Phrase,
    Problem,
    ProblemKind,
    ProblemState,
    ProblemStep,
    Publication,
    PublicCode,
    TownContact,
)
from liangshui.records.photos import small_jpeg
from liangshui.registry.models import Division, Intake

ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
"""Without 0, O, 1 and I, which people take for each other."""

SENT_TWICE = timedelta(minutes=10)
"""The same words of the same well within this time are one report: the page was loaded again, or the button pressed twice."""

CODE_LENGTH = 10
RECEIPT_LENGTH = 8


def _random(length: int) -> str:
    return "".join(secrets.choice(ALPHABET) for _place in range(length))


@transaction.atomic
def codes_for(actor: Actor, intakes: Iterable[Intake]) -> dict[int, str]:
    """The codes of intakes for their labels; those without get one, which they keep."""
    found: dict[int, str] = {}
    wanted = list(intakes)
    for intake in wanted:
        actor.require(Right.PORTAL_CHANGE, path=intake.division.path)
    known = PublicCode.objects.filter(intake__in=[intake.pk for intake in wanted], ended_at=None)
    found |= dict(known.values_list("intake_id", "code"))
    missing = [PublicCode(intake=intake, code=_random(CODE_LENGTH)) for intake in wanted if intake.pk not in found]
    PublicCode.objects.bulk_create(missing, batch_size=500)
    return found | {each.intake_id: each.code for each in missing}


@transaction.atomic
def renew_code(actor: Actor, intake: Intake) -> PublicCode:
    """End the code of an intake, whose label was misused, and give it a new one."""
    actor.require(Right.PORTAL_CHANGE, path=intake.division.path)
    for old in PublicCode.objects.filter(intake=intake, ended_at=None):
        old.ended_at = timezone.now()
        old.save(update_fields=["ended_at"])
        caches["shared"].delete(f"published:{old.code}")
    return PublicCode.objects.create(intake=intake, code=_random(CODE_LENGTH))


def publish(actor: Actor, county: Division, **chosen: Any) -> Publication:
    """Choose what everybody may see of wells, and whom people may call."""
    actor.require(Right.PORTAL_CHANGE, path=county.path)
    found, _made = Publication.objects.update_or_create(county=county, defaults=chosen)
    for code in queries.codes(actor.territory(Right.PORTAL_CHANGE)):
        caches["shared"].delete(f"published:{code}")
    return found


def set_contact(actor: Actor, town: Division, text: str) -> None:
    """Say whom to ask in a town; an empty text takes it away."""
    actor.require(Right.PORTAL_CHANGE, path=town.path)
    if text.strip():
        TownContact.objects.update_or_create(town=town, defaults={"text": text.strip()[:120]})
    else:
        for found in TownContact.objects.filter(town=town):
            found.delete()


@transaction.atomic
def translate(actor: Actor, words: Mapping[str, str]) -> int:
    """Keep words in Mongolian by key; how many changed. An empty text takes one away. Nothing is translated by machine."""
    actor.require(Right.PORTAL_CHANGE)
    known = {phrase.key: phrase for phrase in Phrase.objects.filter(key__in=list(words))}
    changed = 0
    for key, text in words.items():
        text, there = text.strip()[:200], known.get(key)
        if (there.mongolian if there else "") == text:
            continue
        changed += 1
        if there is not None and not text:
            there.delete()
        elif there is not None:
            there.mongolian, there.entered_by_id = text, actor.person_id
            there.save()
        else:
            Phrase.objects.create(key=key, mongolian=text, entered_by_id=actor.person_id)
    return changed


# --- problems ---


def folder() -> Path:
    """Where photos lie, outside of what the web serves."""
    return Path(settings.HOME) / "files" / "problems"


def report(intake: Intake, kind: str, words: str, phone: str = "", photo: bytes = b"") -> Problem:
    """Take what somebody reports at a well. Nobody is signed in; the receipt lets the person see the answer. What is sent twice is
    one report.

    Raises:
        Invalid: nothing is said, a phone that is none, a photo that cannot be read; `field` says which.
    """
    said = words.replace("\x00", "").strip()
    if kind not in ProblemKind.values:
        raise Invalid(_("Choose what it is about."), field="kind")
    if not said:
        raise Invalid(_("Say in a few words what you saw."), field="words")
    number = "".join(c for c in phone if c.isdigit() or c in "+- ")[:30].strip()
    if phone.strip() and len([c for c in number if c.isdigit()]) < 7:
        raise Invalid(_("This is no phone number. Leave it empty if you do not want to give one."), field="phone")
    again = Problem.objects.filter(
        intake=intake, kind=kind, words=said[:500], phone=number, at__gte=timezone.now() - SENT_TWICE
    )
    known = (again.exclude(photo="") if photo else again.filter(photo="")).first()
    if known is not None:
        return known
    receipt, name = _random(RECEIPT_LENGTH), ""
    if photo:
        image = small_jpeg(photo)
        name = f"{timezone.localdate():%Y%m}/{receipt}.jpg"
        path = folder() / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(image)
    return Problem.objects.create(
        intake=intake, division=intake.division, receipt=receipt, kind=kind, words=said[:500], phone=number, photo=name
    )


@transaction.atomic
def answer(actor: Actor, problem: Problem, state: str, text: str) -> ProblemStep:
    """Say how far a problem is, and what the person who reported it is told.

    Raises:
        Invalid: an unknown state, or an end without an answer.
    """
    actor.require(Right.PORTAL_CHANGE, path=problem.division.path)
    if state not in ProblemState.values or state == ProblemState.NEW:
        raise Invalid(_("Choose how far it is."), field="state")
    if state != ProblemState.HANDLED and not text.strip():
        raise Invalid(_("Say what the person who reported it is told."), field="answer")
    problem.state = state
    problem.save(update_fields=["state"])
    return ProblemStep.objects.create(
        problem=problem, state=state, answer=text.strip()[:500], by_id=actor.person_id
    )  # fmt: skip


def invented_receipt() -> str:
    """A receipt of nothing, for robots."""
    return _random(RECEIPT_LENGTH)
