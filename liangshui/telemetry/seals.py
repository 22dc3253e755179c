"""Sealing whole days of raw frames, and checking what was sealed."""

import gzip
import heapq
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from liangshui.core.errors import Invalid
from liangshui.core.periods import BEIJING
from liangshui.records.fields import to_ms
from liangshui.telemetry import archive
from liangshui.telemetry.models import GatewayProgress, RawFrame, Seal
from liangshui.telemetry.rules import sealing
from liangshui.telemetry.rules.sealing import FIRST, Difference, Digests, Frame, Sealer

PART = 2000
SHOWN = 100
"""So many differences of a day are named; more are counted."""


def folder() -> Path:
    """Where the files of days lie."""
    return Path(settings.HOME) / "seals"


def path_of(seal: Seal) -> Path:
    """The file of a day: text as in rules/sealing.py, compressed."""
    name = "".join(c if c.isalnum() or c in "-_" else "_" for c in seal.gateway)
    return folder() / name / f"{seal.day}-{seal.number:06d}.txt.gz"


def seal_days(before: date | None = None) -> list[Seal]:
    """Seal, for every gateway, what was received before a day (default today) and is not sealed yet; one seal a day.

    A frame that was received before midnight and came to the disk behind the seal belongs to the next one.
    """
    end = before or timezone.localdate()
    made = []
    for gateway in list(GatewayProgress.objects.values_list("gateway", flat=True)):
        while (seal := _seal_next(gateway, end)) is not None:
            made.append(seal)
    return made


@transaction.atomic
def _seal_next(gateway: str, end: date) -> Seal | None:
    progress = GatewayProgress.objects.select_for_update().get(gateway=gateway)
    last = Seal.objects.filter(gateway=gateway).order_by("-number").first()
    rows = RawFrame.objects.filter(gateway=gateway, pk__gt=last.last_id if last else 0, pk__lte=progress.last_frame_id)
    oldest = rows.order_by("pk").values_list("received_at", flat=True).first()
    if oldest is None:
        return None
    day = timezone.localtime(oldest, BEIJING).date()
    if last is not None:
        day = max(day, last.day + timedelta(days=1))
    if day >= end:
        return None
    midnight = datetime(day.year, day.month, day.day, tzinfo=BEIJING) + timedelta(days=1)
    upto = rows.filter(received_at__lt=midnight).order_by("-pk").values_list("pk", flat=True).first()
    if upto is None:
        return None
    seal = Seal(
        gateway=gateway,
        day=day,
        number=last.number + 1 if last else 1,
        first_id=last.last_id + 1 if last else 1,
        last_id=upto,
        previous_sha256=last.sha256 if last else FIRST.sha256,
        previous_sm3=last.sm3 if last else FIRST.sm3,
        sealed_at=timezone.now(),
    )
    path = path_of(seal)
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".part")
    sealer, count = Sealer(), -1  # the head is no frame
    with gzip.open(draft, "wb", compresslevel=6) as file:
        for text in _text(seal):
            file.write(sealer.add(text))
            count += 1
    seal.frames = count
    seal.sha256, seal.sm3 = sealer.digests()
    draft.replace(path)
    seal.save()
    return seal


def _text(seal: Seal) -> Iterator[str]:
    """The file of a seal, made of what the database holds: the head in one piece, then a line a frame."""
    yield sealing.head(seal.gateway, seal.day, Digests(seal.previous_sha256, seal.previous_sm3))
    yield from _lines(seal)


def _lines(seal: Seal) -> Iterator[str]:
    """A line a frame, from the database and the archive, by id."""
    last = 0
    archived = archive.frames(seal.gateway, seal.first_id, seal.last_id)
    for row in heapq.merge(_frames(seal), archived, key=lambda each: each[0]):
        if row[0] == last:
            continue  # it is being moved: it stands in both
        last, _gateway, received, peer, key, protocol, verdict, _identity, asked, raw = row
        yield sealing.line(Frame(last, received, peer, key, protocol, verdict, bytes(asked or b""), bytes(raw)))


def _frames(seal: Seal) -> Iterator[archive.Row]:
    at = seal.first_id - 1
    while True:
        rows = RawFrame.objects.filter(gateway=seal.gateway, pk__gt=at, pk__lte=seal.last_id).order_by("pk")
        part = list(rows.values_list(*archive.COLUMNS[archive.FRAMES])[:PART])
        for pk, gateway, received, *rest in part:
            yield (pk, gateway, to_ms(received), *rest)
        if len(part) < PART:
            return
        at = part[-1][0]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What checking a day found. `faults` are sentences; empty: everything is as it was sealed."""

    seal: Seal
    faults: tuple[str, ...]


def verify(first: date, last: date, deposited: dict[tuple[str, str], str] | None = None) -> Iterator[Verdict]:
    """Check the days from first to last (included) of all gateways, in order.

    `deposited`: SHA-256 by gateway and day as they were kept elsewhere (`read_deposited`), which a rewritten chain cannot match.
    """
    before: dict[str, Seal | None] = {}
    for seal in Seal.objects.filter(day__gte=first, day__lte=last).order_by("gateway", "number"):
        if seal.gateway not in before:
            before[seal.gateway] = (
                Seal.objects.filter(gateway=seal.gateway, number__lt=seal.number).order_by("-number").first()
            )
        yield Verdict(seal, tuple(_faults(seal, before[seal.gateway], deposited)))
        before[seal.gateway] = seal
    for (gateway, day), _digest in (deposited or {}).items():
        if first <= date.fromisoformat(day) <= last and not Seal.objects.filter(gateway=gateway, day=day).exists():
            missing = Seal(gateway=gateway, day=date.fromisoformat(day), number=0)
            yield Verdict(missing, (_("This day was deposited, but has no seal here."),))


def _faults(seal: Seal, previous: Seal | None, deposited: dict[tuple[str, str], str] | None) -> Iterator[str]:
    expected = Digests(previous.sha256, previous.sm3) if previous else FIRST
    if (seal.previous_sha256, seal.previous_sm3) != expected or seal.number != (previous.number + 1 if previous else 1):
        yield _("The chain is broken: this day does not continue the seal of the day before.")
    if deposited is not None:
        kept = deposited.get((seal.gateway, str(seal.day)))
        if kept is None:
            yield _("This day is not among the deposited seals.")
        elif kept != seal.sha256:
            yield _("The seal differs from the one that was deposited.")
    sealer = Sealer()
    for text in _text(seal):
        sealer.add(text)
    sealed = Digests(seal.sha256, seal.sm3)
    if sealer.digests() == sealed:
        return
    whole = _file_is(seal, sealed)
    if whole is None:
        yield _("The frames are not as they were sealed. The file of the day is missing, so it cannot be said which.")
        return
    if not whole:
        yield _("The file of the day was changed too; what follows is the difference to it.")
    named = 0
    for found in sealing.differences(_file_lines(seal), _lines(seal)):
        named += 1
        if named <= SHOWN:
            yield difference_words(found)
    if named > SHOWN:
        yield _("and %s more") % (named - SHOWN)
    if not named:
        yield _("The frames are as in the file of the day, but neither has the digests of the seal.")


def difference_words(found: Difference) -> str:
    """A difference as a sentence."""
    if found.what == "missing":
        return _("Frame %s is missing.") % found.frame_id
    if found.what == "added":
        return _("Frame %s was added.") % found.frame_id
    return _("Frame %(id)s was changed: %(field)s, byte %(at)s, sealed %(sealed)s, now %(now)s.") % {
        "id": found.frame_id,
        "field": found.field,
        "at": found.at,
        "sealed": found.sealed or "—",
        "now": found.now or "—",
    }


def _file_is(seal: Seal, sealed: Digests) -> bool | None:
    """Whether the file has the digests of the seal; None: there is none that can be read."""
    sealer = Sealer()
    try:
        with gzip.open(path_of(seal), "rt", encoding="utf-8", newline="") as file:
            for text in file:
                sealer.add(text)
    except (OSError, EOFError, UnicodeDecodeError):
        return None
    return sealer.digests() == sealed


def _file_lines(seal: Seal) -> Iterator[str]:
    with gzip.open(path_of(seal), "rt", encoding="utf-8", newline="") as file:
        for number, text in enumerate(file):
            if number >= sealing.HEAD_LINES:
                yield text


def export(first: date, last: date) -> list[dict[str, Any]]:
    """Seals as they are deposited elsewhere: a few hundred bytes a day."""
    return [
        {
            "gateway": seal.gateway,
            "day": str(seal.day),
            "number": seal.number,
            "frames": seal.frames,
            "previous_sha256": seal.previous_sha256,
            "previous_sm3": seal.previous_sm3,
            "sha256": seal.sha256,
            "sm3": seal.sm3,
            "sealed_at": seal.sealed_at.isoformat(),
        }
        for seal in Seal.objects.filter(day__gte=first, day__lte=last).order_by("gateway", "number")
    ]


def read_deposited(data: bytes) -> dict[tuple[str, str], str]:
    """What `export` gave, as it was kept elsewhere.

    Raises:
        Invalid: it is no such list.
    """
    try:
        return {(each["gateway"], each["day"]): each["sha256"] for each in json.loads(data)}
    except (ValueError, TypeError, KeyError) as error:
        raise Invalid(_("This is no list of seals as they are exported here.")) from error
