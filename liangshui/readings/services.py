"""Taking hand readings, withdrawing them, and the order of a round."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from liangshui.core.access import Actor, Right
from liangshui.core.errors import Invalid, NotFound
from liangshui.readings import queries
from liangshui.readings.models import HandReading, Round
from liangshui.readings.rules import Sure, weigh
from liangshui.records.photos import small_jpeg
from liangshui.registry.models import Division, Intake

EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)


def folder() -> Path:
    """Where photos lie, outside of what the web serves."""
    return Path(settings.HOME) / "files" / "readings"


@dataclass(frozen=True, slots=True)
class Sent:
    """A reading as a phone sends it, not yet looked at."""

    id: str
    intake: int
    read_at: str
    dial: str
    sure: str = ""
    longitude: str = ""
    latitude: str = ""
    accuracy_m: str = ""
    note: str = ""


def take(actor: Actor, sent: Sent, photo: bytes = b"") -> tuple[HandReading, bool]:
    """Store a reading; whether it is new (False: this very one was sent before, and is as it was).

    What is doubtful about it is written beside it, and never a reason to lose it.

    Raises:
        Forbidden: the reader may not enter readings.
        NotFound: the well is not in the reader's area.
        Invalid: a figure, time or photo that cannot be; `field` says which.
    """
    actor.require(Right.READINGS_ENTER)
    intake = Intake.objects.within(actor.territory(Right.READINGS_ENTER)).filter(pk=sent.intake).first()
    if intake is None:
        raise NotFound(_("There is no such well, or it is outside your area."))
    key, at, dial, sure = _key(sent.id), _instant(sent.read_at), _dial(sent.dial), _sure(sent.sure)
    known = HandReading.objects.filter(key=key).first()
    if known is not None:
        if known.intake_id != intake.pk or known.read_by_id != actor.person_id:
            raise Invalid(_("This reading was sent before, for another well or by another person."), field="id")
        return known, False
    image = small_jpeg(photo) if photo else b""
    meter = queries.meter_on(intake, at)
    last = queries.before(intake, at, meter)
    doubts = weigh((last.read_at, last.dial) if last else None, at, dial, queries.facts_of(meter), intake.capacity_m3_h)
    name = f"{at:%Y%m}/{key}.jpg" if image else ""
    if image:  # before the row: a row never names a photo that is not there
        path = folder() / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(image)
    with transaction.atomic():
        made, new = HandReading.objects.get_or_create(
            key=key,
            defaults={
                "intake": intake, "meter": meter, "read_at": at, "dial": dial, "sure": sure.value, "photo": name,
                "longitude": _degrees(sent.longitude, 180), "latitude": _degrees(sent.latitude, 90),
                "accuracy_m": _accuracy(sent.accuracy_m), "note": sent.note.replace("\x00", "")[:200],
                "doubts": [{"code": doubt.code, "params": dict(doubt.params)} for doubt in doubts],
                "read_by_id": actor.person_id,
            },
        )  # fmt: skip
    return made, new


def _key(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise Invalid(_("The reading has no valid number of its own."), field="id") from error


def _instant(text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise Invalid(_("The time of the reading cannot be read."), field="read_at") from error
    if at.tzinfo is None:
        raise Invalid(_("The time of the reading cannot be read."), field="read_at")
    if not EARLIEST <= at <= timezone.now() + timedelta(minutes=settings.CLOCK_TOLERANCE_MIN):
        raise Invalid(
            _("The time lies in the future, or before 2000: look at the clock of the phone."), field="read_at"
        )
    return at


def _dial(text: str) -> Decimal:
    try:
        value = Decimal(text.strip())
    except InvalidOperation as error:
        raise Invalid(
            _("“%(text)s” is no figure. Type the figures on the dial.") % {"text": text[:20]}, field="dial"
        ) from error
    if not value.is_finite() or not 0 <= value < 10**12:
        raise Invalid(_("“%(text)s” cannot stand on a dial.") % {"text": text[:20]}, field="dial")
    return value.quantize(Decimal("0.001"))


def _sure(text: str) -> Sure:
    try:
        return Sure(text)
    except ValueError as error:
        raise Invalid(_("The confirmation cannot be read."), field="sure") from error


def _degrees(text: str, most: int) -> Decimal | None:
    """A place is a help, not a duty: one that cannot be read is left out."""
    try:
        value = Decimal(text)
    except InvalidOperation:
        return None
    return value.quantize(Decimal("0.000001")) if value.is_finite() and abs(value) <= most else None


def _accuracy(text: str) -> int | None:
    value = _degrees(text, 1_000_000)
    return None if value is None or value < 0 else int(value)


@transaction.atomic
def withdraw(actor: Actor, reading: HandReading, reason: str) -> HandReading:
    """Take a wrong reading out of the accounts; it stays to be seen, with the reason.

    Raises:
        Invalid: it is withdrawn already, or no reason is given.
    """
    actor.require(Right.READINGS_ENTER, path=reading.intake.division.path)
    if reading.withdrawn_at is not None:
        raise Invalid(_("This reading is withdrawn already."))
    if not reason.strip():
        raise Invalid(_("Say why the reading is withdrawn."), field="reason")
    reading.withdrawn_at, reading.withdrawn_by_id, reading.reason = (
        timezone.now(),
        actor.person_id,
        reason.strip()[:200],
    )
    reading.save(update_fields=["withdrawn_at", "withdrawn_by", "reason"])
    return reading


def set_order(actor: Actor, village: Division, codes: Sequence[str]) -> Round:
    """Say in which order the wells of a village are visited."""
    actor.require(Right.READINGS_ENTER, path=village.path)
    known = set(Intake.objects.filter(division=village, code__in=list(codes)).values_list("code", flat=True))
    values: dict[str, Any] = {"order": [code for code in dict.fromkeys(codes) if code in known]}
    return Round.objects.update_or_create(village=village, defaults=values)[0]
