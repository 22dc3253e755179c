"""Reads of monitoring, narrowed to a territory. Stations that nobody has placed yet are seen only by who sees a whole county."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import BigIntegerField, Exists, F, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Cast
from django.utils import timezone
from django.utils.translation import gettext as _

from liangshui.core.access import Actor, Right, Territory
from liangshui.core.errors import NotFound
from liangshui.core.periods import BEIJING
from liangshui.records.fields import to_ms
from liangshui.telemetry import archive
from liangshui.telemetry.codes import FAULTS
from liangshui.telemetry.models import (
    Command,
    DeviceEvent,
    Observation,
    Picture,
    RawFrame,
    Series,
    Station,
    StationLink,
    WaitingStation,
)

SILENT_FACTOR = 2
SILENT_GRACE_MIN = 10
"""A station is silent (静默) when nothing came for two of its intervals and ten minutes."""

FRAMES_SHOWN = timedelta(days=31)
"""The list of frames reaches so far back; older frames are found from their observations."""

_COUNTY_DEPTH = 3


def stations(territory: Territory) -> QuerySet[Station]:
    """Stations that a reader may see, each once."""
    return Station.objects.filter(pk__in=Station.objects.within(territory).values("pk"))


def with_state(rows: QuerySet[Station], now: datetime | None = None) -> QuerySet[Station]:
    """Annotated with `is_online`, `is_faulty`, and the open link's intake as `intake_name`, `intake_pk`."""
    now_ms = to_ms(now or timezone.now())
    grace = Value(now_ms - SILENT_GRACE_MIN * 60_000, output_field=BigIntegerField())
    interval = Cast(F("interval_min"), BigIntegerField()) * Value(
        SILENT_FACTOR * 60_000, output_field=BigIntegerField()
    )
    later = DeviceEvent.objects.filter(station=OuterRef("station"), kind=OuterRef("kind"), pk__gt=OuterRef("pk"))
    open_faults = DeviceEvent.objects.filter(~Exists(later), station=OuterRef("pk"), kind__in=FAULTS, began=True)
    link = StationLink.objects.filter(station=OuterRef("pk"), unlinked_at=None).order_by("channel")
    return rows.annotate(
        heard_ms=Cast(F("last_seen_at"), BigIntegerField()),
        is_faulty=Exists(open_faults),
        intake_name=Subquery(link.values("intake__name")[:1]),
        intake_pk=Subquery(link.values("intake_id")[:1]),
    ).annotate(silent_before=grace - interval)


def online(rows: Any) -> Any:
    """Of rows `with_state`: those that report."""
    return rows.filter(heard_ms__gte=F("silent_before"))


def silent(rows: Any) -> Any:
    """Of rows `with_state`: those from which nothing comes."""
    return rows.filter(Q(heard_ms=None) | Q(heard_ms__lt=F("silent_before")))


def state_of(row: Any) -> str:
    """`silent`, `fault` or `online`, of a row `with_state`."""
    if row.heard_ms is None or row.heard_ms < row.silent_before:
        return "silent"
    return "fault" if row.is_faulty else "online"


def by_state(rows: Any, state: str) -> Any:
    """Of rows `with_state`: those of one state."""
    if state == "silent":
        return silent(rows)
    return online(rows).filter(is_faulty=state == "fault")


def station(territory: Territory, pk: int) -> Station:
    """One station `with_state`; told as missing outside the territory."""
    rows = with_state(stations(territory)).select_related("division", "model", "responsible")
    found = rows.filter(pk=pk).first()
    if found is None:
        raise NotFound(_("There is no such station, or it lies outside your area."))
    return found


def series(territory: Territory, pk: int) -> Series:
    """One series of a station that the reader may see."""
    found = Series.objects.filter(pk=pk, station__in=stations(territory)).select_related("station").first()
    if found is None:
        raise NotFound(_("There is no such series, or it lies outside your area."))
    return found


def with_last(rows: QuerySet[Series]) -> QuerySet[Series]:
    """Series with `last_at` and `last_value` (and the frame it came by)."""
    last = Observation.objects.filter(series=OuterRef("pk")).order_by("-at", "-pk")
    return rows.annotate(
        last_at=Subquery(last.values("at")[:1]),
        last_value=Subquery(last.values("value")[:1]),
        last_frame=Subquery(last.values("frame_id")[:1]),
    )


def span(first: date, last: date) -> tuple[datetime, datetime]:
    """From the beginning of a day to the end of another, Beijing time; the end is not included."""
    start = datetime(first.year, first.month, first.day, tzinfo=BEIJING)
    return start, datetime(last.year, last.month, last.day, tzinfo=BEIJING) + timedelta(days=1)


def observations(series_ids: Iterable[int], first: date, last: date) -> list[Observation]:
    """Observations from the beginning of a day to the end of another, Beijing time, oldest first; archived ones too."""
    start, end = span(first, last)
    return between(list(series_ids), start, end)


def between(series_ids: list[int], start: datetime, end: datetime) -> list[Observation]:
    """The same from an instant to another, which is not included."""
    rows = Observation.objects.filter(series__in=series_ids, at__gte=start, at__lt=end)
    return archive.with_archived(rows, series_ids, to_ms(start), to_ms(end))


def commands(territory: Territory) -> QuerySet[Command]:
    """Commands to stations that lie in the territory; water users see none."""
    return Command.objects.within(territory).select_related("station__division", "asked_by", "decided_by")


def picture(territory: Territory, pk: int) -> Picture:
    """A picture of a station that the reader may see."""
    found = Picture.objects.filter(pk=pk, station__in=stations(territory)).first()
    if found is None:
        raise NotFound(_("There is no such picture, or it lies outside your area."))
    return found


def sees_unplaced(actor: Actor) -> bool:
    """Whether someone may see stations and bytes that lie nowhere yet: who adopts stations, or sees a whole county."""
    if actor.may(Right.TELEMETRY_CHANGE):
        return True
    territory = actor.territory(Right.TELEMETRY_VIEW)
    return territory.everywhere or any(path.count("/") <= _COUNTY_DEPTH for path in territory.paths)


def waiting(actor: Actor) -> QuerySet[WaitingStation]:
    """Stations that wait to be adopted."""
    return WaitingStation.objects.all() if sees_unplaced(actor) else WaitingStation.objects.none()


def waiting_station(actor: Actor, pk: int) -> WaitingStation:
    """One of them."""
    found = waiting(actor).filter(pk=pk).first()
    if found is None:
        raise NotFound(_("This station does not wait any more: somebody has adopted it, or it is gone."))
    return found


def frames(actor: Actor, territory: Territory) -> QuerySet[RawFrame]:
    """Frames of stations in the territory, and those of nobody for who sees the unplaced."""
    if territory.everywhere:
        return RawFrame.objects.all()
    mine = Q(station_key__in=stations(territory).values("key"))
    if sees_unplaced(actor):
        mine |= ~Q(station_key__in=Station.objects.values("key"))
    return RawFrame.objects.filter(mine)


def _sees_station(actor: Actor, territory: Territory, key: str) -> bool:
    """Whether frames of a station key are among `frames`."""
    if territory.everywhere or stations(territory).filter(key=key).exists():
        return True
    return sees_unplaced(actor) and not Station.objects.filter(key=key).exists()


def recent_frames(actor: Actor, territory: Territory) -> QuerySet[RawFrame]:
    """The same, of the last `FRAMES_SHOWN`, without the bytes."""
    return frames(actor, territory).filter(received_at__gte=timezone.now() - FRAMES_SHOWN).defer("raw", "identity")


def frame(actor: Actor, pk: int) -> RawFrame:
    """One frame, archived ones too."""
    return frame_in(actor, actor.territory(Right.TELEMETRY_VIEW), pk)


def frame_in(actor: Actor, territory: Territory, pk: int) -> RawFrame:
    """One frame of a station in a territory, or of nobody for who sees the unplaced."""
    found = next(iter(archive.frames_by_id([pk])), None)
    if found is not None and not _sees_station(actor, territory, found.station_key):
        found = None
    if found is None:
        raise NotFound(_("There is no such frame, or it lies outside your area."))
    return found
