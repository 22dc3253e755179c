"""Evidence sheets (证据单): everything behind the readings of an intake, so that somebody without Liangshui can check it."""

import hashlib
import json
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from liangshui.core.access import Actor, Right
from liangshui.core.errors import Invalid, NotFound
from liangshui.core.periods import BEIJING
from liangshui.records.fields import to_ms
from liangshui.records.installation import is_demo
from liangshui.registry.models import Intake
from liangshui.telemetry.archive import frames_by_id, with_archived
from liangshui.telemetry.models import EvidenceSheet, Observation, Seal, Series, StationLink
from liangshui.telemetry.rules import sealing

FORM = "liangshui-evidence 1"
MOST_READINGS = 5000
PART = 500

LOOKS: list[Callable[[Sequence[str], datetime], Iterable[tuple[datetime, str, str]]]] = []
"""Who opened which of some pages since when: brought by the room that keeps the access log."""

HOW_TO_CHECK = (
    gettext_lazy("1. Each frame has a line in the sealed file of its day. Ask for that file and unpack it with gunzip."),
    gettext_lazy("2. sha256sum and openssl dgst -sm3 of the file must give the seal of the day; compare it with the one deposited elsewhere."),
    gettext_lazy("3. The line of the frame (in the JSON of this sheet) must stand in the file, letter for letter; its last column are the bytes."),
    gettext_lazy("4. The file names the seal of the day before, so the days form a chain."),
    gettext_lazy("5. The digest at the foot of each page of the PDF is that of the JSON of this sheet."),
)  # fmt: skip
"""Without Liangshui, with what any computer has."""


def folder() -> Path:
    """Where sheets lie, outside of what the web serves."""
    return Path(settings.HOME) / "evidence"


def path_of(sheet: EvidenceSheet) -> Path:
    return folder() / f"{sheet.pk}.json"


@transaction.atomic
def make(actor: Actor, intake: Intake, first: date, last: date, reason: str) -> EvidenceSheet:
    """Make a sheet of the days from first to last, and keep it as it is now.

    Raises:
        Forbidden, or Invalid: the period is none, holds too many readings, or it is not said what the sheet is for.
    """
    actor.require(Right.TELEMETRY_VIEW, path=intake.division.path, user_id=intake.project.user_id)
    if last < first:
        raise Invalid(_("It ends before it begins."), field="last")
    if not reason.strip():
        raise Invalid(_("Say what the sheet is for."), field="reason")
    sheet = EvidenceSheet.objects.create(
        intake=intake, first=first, last=last, reason=reason.strip(), made_by_id=actor.person_id, made_at=timezone.now(), sha256=""
    )  # fmt: skip
    data = json.dumps(collect(sheet, actor), ensure_ascii=False, indent=1).encode()
    sheet.sha256 = hashlib.sha256(data).hexdigest()
    sheet.save(update_fields=["sha256"])
    folder().mkdir(parents=True, exist_ok=True)
    draft = path_of(sheet).with_suffix(".part")
    draft.write_bytes(data)
    draft.replace(path_of(sheet))
    return sheet


def read(sheet: EvidenceSheet) -> bytes:
    """A sheet as it was made.

    Raises:
        NotFound: its file is gone.
        Invalid: it is no longer what it was.
    """
    try:
        data = path_of(sheet).read_bytes()
    except OSError as error:
        raise NotFound(_("The file of this sheet is gone.")) from error
    if hashlib.sha256(data).hexdigest() != sheet.sha256:
        raise Invalid(_("The file of this sheet was changed after it was made."))
    return data


def collect(sheet: EvidenceSheet, actor: Actor) -> dict[str, Any]:
    """What stands on a sheet, as plain data. Times are Beijing time with their zone, volumes and values decimal texts."""
    intake = sheet.intake
    start = datetime(sheet.first.year, sheet.first.month, sheet.first.day, tzinfo=BEIJING)
    end = datetime(sheet.last.year, sheet.last.month, sheet.last.day, tzinfo=BEIJING) + timedelta(days=1)
    links = [
        link
        for link in StationLink.objects.filter(intake=intake, linked_at__lt=end).select_related("station__model")
        if link.unlinked_at is None or link.unlinked_at > start
    ]
    series, frame_ids = _series(links, start, end)
    frames, days = _frames(frame_ids)
    pages = [f"/intakes/{intake.pk}/", f"/account/intake/{intake.pk}/", f"/intakes/{intake.pk}/evidence/"]
    pages += [f"/series/{each['id']}/" for each in series] + [f"/frames/{pk}/" for pk in frame_ids]
    return {
        "form": FORM,
        "number": sheet.pk,
        "demo": is_demo(),
        "made_at": _time(sheet.made_at),
        "made_by": actor.name,
        "reason": sheet.reason,
        "intake": {
            "code": intake.code, "name": intake.name, "national_code": intake.national_code,
            "division": intake.division.name, "project": intake.project.name, "user": intake.project.user.name,
        },
        "from": str(sheet.first),
        "to": str(sheet.last),
        "stations": [
            {
                "key": link.station.key, "name": link.station.name, "protocol": link.station.get_protocol_display(),
                "channel": link.channel, "model": link.station.model.name if link.station.model else None,
                "from": _time(link.linked_at), "to": _time(link.unlinked_at),
            }
            for link in links
        ],
        "meters": _meters(intake, start, end),
        "series": series,
        "frames": frames,
        "seals": _seals(days),
        "looked": [
            {"at": _time(at), "who": who, "page": page} for looks in LOOKS for at, who, page in looks(pages, start)
        ],
        "how_to_check": [str(line) for line in HOW_TO_CHECK],
    }  # fmt: skip


def _time(value: datetime | None) -> str | None:
    return None if value is None else value.astimezone(BEIJING).isoformat(timespec="seconds")


def _meters(intake: Intake, start: datetime, end: datetime) -> list[dict[str, Any]]:
    spells = intake.meter_installations.filter(installed_at__lt=end).select_related("meter")
    return [
        {
            "number": spell.meter.number, "model": spell.meter.model, "digits": spell.meter.digits,
            "unit_m3": f"{spell.meter.unit_m3:f}", "multiplier": f"{spell.meter.multiplier:f}",
            "installed_at": _time(spell.installed_at), "removed_at": _time(spell.removed_at),
            "verifications": [
                {
                    "certificate": v.certificate, "office": v.office, "verified_on": str(v.verified_on),
                    "valid_until": str(v.valid_until) if v.valid_until else None, "passed": v.passed,
                    "error_percent": None if v.error_percent is None else f"{v.error_percent:f}",
                }
                for v in spell.meter.verifications.all()
            ],
        }
        for spell in spells.prefetch_related("meter__verifications")
        if spell.removed_at is None or spell.removed_at > start
    ]  # fmt: skip


def _series(links: Sequence[StationLink], start: datetime, end: datetime) -> tuple[list[dict[str, Any]], list[int]]:
    found: list[dict[str, Any]] = []
    frame_ids: set[int] = set()
    count = 0
    for link in links:
        since = max(start, link.linked_at)
        until = end if link.unlinked_at is None else min(end, link.unlinked_at)
        for series in Series.objects.filter(station=link.station, channel=link.channel).order_by("quantity", "element"):
            rows = Observation.objects.filter(series=series, at__gte=since, at__lt=until).order_by("at", "pk")
            most = MOST_READINGS + 1 - count
            readings = with_archived(rows[:most], [series.pk], to_ms(since), to_ms(until))[:most]
            told: list[dict[str, Any]] = [
                {"at": _time(o.at), "received_at": _time(o.received_at), "value": None if o.value is None else f"{o.value:f}",
                 "frame": o.frame_id, "came_by": o.origin}
                for o in readings
            ]  # fmt: skip
            count += len(told)
            if count > MOST_READINGS:
                raise Invalid(
                    _("A sheet holds %s readings at most; choose a shorter period.") % MOST_READINGS, field="last"
                )
            frame_ids.update(row["frame"] for row in told if row["frame"] is not None)
            if told:
                found.append(
                    {
                        "id": series.pk, "station": link.station.key, "channel": series.channel, "quantity": series.quantity,
                        "element": series.element, "readings": told,
                    }
                )  # fmt: skip
    return found, sorted(frame_ids)


def _frames(ids: Sequence[int]) -> tuple[list[dict[str, Any]], set[tuple[str, date]]]:
    found: list[dict[str, Any]] = []
    days: set[tuple[str, date]] = set()
    seals = {
        gateway: _Seals(gateway) for gateway in Seal.objects.order_by().values_list("gateway", flat=True).distinct()
    }
    for at in range(0, len(ids), PART):
        for row in frames_by_id(ids[at : at + PART]):
            kept = sealing.Frame(
                row.pk, to_ms(row.received_at), row.peer, row.station_key, row.protocol, row.verdict,
                bytes(row.asked or b""), bytes(row.raw),
            )  # fmt: skip
            day = seals[row.gateway].day_of(row.pk) if row.gateway in seals else None
            if day is not None:
                days.add((row.gateway, day))
            found.append(
                {
                    "id": row.pk, "received_at": _time(row.received_at), "gateway": row.gateway, "raw": bytes(row.raw).hex(),
                    "line": sealing.line(kept).rstrip("\n"), "sealed_in": str(day) if day else None,
                }
            )  # fmt: skip
    return found, days


class _Seals:
    """The seals of a gateway, by which day a frame was sealed."""

    def __init__(self, gateway: str) -> None:
        self._rows = list(
            Seal.objects.filter(gateway=gateway).order_by("number").values_list("first_id", "last_id", "day")
        )

    def day_of(self, frame_id: int) -> date | None:
        return next((day for first, last, day in self._rows if first <= frame_id <= last), None)


def _seals(days: set[tuple[str, date]]) -> list[dict[str, Any]]:
    rows = Seal.objects.filter(day__in={day for _gateway, day in days}).order_by("gateway", "day")
    return [
        {
            "gateway": seal.gateway, "day": str(seal.day), "number": seal.number, "frames": seal.frames, "sha256": seal.sha256,
            "sm3": seal.sm3, "previous_sha256": seal.previous_sha256, "previous_sm3": seal.previous_sm3,
            "sealed_at": _time(seal.sealed_at),
        }
        for seal in rows
        if (seal.gateway, seal.day) in days
    ]  # fmt: skip
