"""Verbs of the campaign (应登尽登): what was found on the spot, what it came to, and what a person decided of an intake."""

from datetime import date
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from liangshui.core.access import Actor, Right
from liangshui.core.errors import Invalid
from liangshui.permits.models import ROOM, Sighting, Sorting
from liangshui.records import papers
from liangshui.records.photos import small_jpeg
from liangshui.registry.models import Division, Intake


@transaction.atomic
def see(
    actor: Actor, *, division: Division, seen_on: date, words: str, photo: bytes | None = None, **facts: Any
) -> Sighting:
    """Enter an abstraction that was found on the spot.

    Raises:
        Forbidden: the place is not in the actor's area.
        Invalid: the day lies in the future, half a place is given, nothing is said, or the photo is not taken.
    """
    actor.require(Right.SIGHTINGS_ENTER, path=division.path)
    if seen_on > timezone.localdate():
        raise Invalid(_("The day lies in the future. Enter it when it has come."), field="seen_on")
    if (facts.get("longitude") is None) != (facts.get("latitude") is None):
        raise Invalid(_("A place needs both longitude and latitude."), field="latitude")
    if not words.strip():
        raise Invalid(_("Say what was seen."), field="words")
    if photo and not photo.startswith(b"%PDF-"):
        photo = small_jpeg(photo)  # without the place and time that a phone writes into it
    kept = papers.keep(ROOM, photo) if photo else ""
    return Sighting.objects.create(
        division=division, seen_on=seen_on, words=words.strip(), paper=kept, by_id=actor.person_id, **facts
    )


@transaction.atomic
def answer(actor: Actor, found: Sighting, *, outcome: str, intake: Intake | None, answer: str) -> Sighting:
    """Say what a sighting came to: an intake of the ledger, or no abstraction.

    Raises:
        Forbidden: without the right to review permits there.
        Invalid: the intake is missing, or the reason why it is none.
    """
    actor.require(Right.PERMITS_REVIEW, path=found.division.path)
    found = Sighting.objects.select_for_update().get(pk=found.pk)
    if outcome == Sighting.Outcome.KNOWN and intake is None:
        raise Invalid(_("Say which intake it is; enter it in the ledger first if it is not there."), field="intake")
    if outcome == Sighting.Outcome.NONE and not answer.strip():
        raise Invalid(_("Say why it is no abstraction."), field="answer")
    found.outcome, found.answer = outcome, answer.strip()
    found.intake = intake if outcome == Sighting.Outcome.KNOWN else None
    found.save()
    return found


@transaction.atomic
def sort(actor: Actor, intake: Intake, *, decided: str, words: str, until: date | None = None) -> Sorting:
    """Decide whether an intake stays, is mended or goes; the decision before ends.

    Raises:
        Forbidden: without the right to review permits there.
        Invalid: without a reason, or a term for what is to be done.
    """
    actor.require(Right.PERMITS_REVIEW, path=intake.division.path)
    today = timezone.localdate()
    if not words.strip():
        raise Invalid(_("Say why."), field="words")
    if decided != "keep" and until is None:
        raise Invalid(_("Say by when it is to be done."), field="until")
    before = Sorting.objects.select_for_update().filter(intake=intake, valid_to=None).first()
    if before is not None and before.valid_from >= today:
        for name, value in {
            "decided": decided,
            "words": words.strip(),
            "until": until,
            "by_id": actor.person_id,
        }.items():
            setattr(before, name, value)
        before.save()
        return before
    if before is not None:
        before.valid_to = today
        before.save()
    return Sorting.objects.create(
        intake=intake, decided=decided, words=words.strip(), until=until, valid_from=today, by_id=actor.person_id
    )
