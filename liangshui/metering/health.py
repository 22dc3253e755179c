"""Days of stations measured, faults noticed, and what people do about them."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import BigIntegerField, Count, ExpressionWrapper, F, Min, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from liangshui.core.access import Actor, Right
from liangshui.core.errors import Invalid
from liangshui.core.periods import BEIJING
from liangshui.metering.codes import SAID, FaultKind, FaultState
from liangshui.metering.models import Fault, Snooze, StationDay
from liangshui.metering.rules import health
from liangshui.telemetry.models import DeviceEvent, Observation, RawFrame, Station

KEPT_DAYS = 400
BEHIND_DAYS = 2
"""Days are measured again for so long, since reports may come late."""

ONE_DAY = timedelta(days=1)


def measure(first: date, last: date) -> int:
    """Make the days of all stations in service from first to last anew; how many."""
    stations = dict(Station.objects.filter(active=True).values_list("pk", "interval_min"))
    done = 0
    day = first
    while day <= last:
        rows = _rows(day, stations)
        with transaction.atomic():
            StationDay.objects.filter(day=day).delete()
            StationDay.objects.bulk_create(rows, batch_size=2000)
        done += len(rows)
        day += ONE_DAY
    return done


def _rows(day: date, stations: dict[int, int]) -> list[StationDay]:
    start = datetime(day.year, day.month, day.day, tzinfo=BEIJING)
    end = min(start + ONE_DAY, timezone.now())
    minutes = int((end - start).total_seconds() // 60)
    if minutes <= 0:
        return []
    asleep = set(Snooze.objects.filter(first__lte=day, last__gte=day).values_list("station_id", flat=True))
    came = _came(start, end)
    return [
        StationDay(
            station_id=pk,
            day=day,
            expected=0 if pk in asleep else health.expected(interval, minutes),
            reports=row["reports"] if (row := came.get(pk)) else 0,
            timely=row["prompt"] if row else 0,
            values=row["told"] if row else 0,
            empty=row["empty"] if row else 0,
            delay_s=None if row is None or row["least"] is None else int(row["least"] // 1000),
        )
        for pk, interval in stations.items()
    ]


def _came(start: datetime, end: datetime) -> dict[int, dict[str, Any]]:
    """Of each station what came of instants in a span."""
    delay: Any = ExpressionWrapper(F("received_at") - F("at"), output_field=BigIntegerField())
    rows = (
        Observation.objects.filter(at__gte=start, at__lt=end)
        .annotate(waited=delay)
        .order_by()
        .values("series__station")
        .annotate(
            reports=Count("at", distinct=True),
            prompt=Count("at", distinct=True, filter=Q(waited__lte=health.TIMELY_MS)),
            told=Count("pk"),
            empty=Count("pk", filter=Q(value=None)),
            least=Min("waited"),
        )
    )
    return {row["series__station"]: dict(row) for row in rows}


def look(today: date | None = None) -> int:
    """At any time: measure the last days, notice faults, see which are gone. How many are open.

    Days before the first frame of this installation are not measured: what is there of them was brought otherwise.
    """
    today = today or timezone.localdate()
    heard = RawFrame.objects.order_by("pk").values_list("received_at", flat=True).first()
    if heard is None:
        return notice(today)
    newest = StationDay.objects.order_by("-day").values_list("day", flat=True).first()
    begin = (
        today - timedelta(days=35)
        if newest is None
        else max(newest, today - timedelta(days=35)) - timedelta(days=BEHIND_DAYS)
    )
    measure(max(begin, timezone.localtime(heard).date()), today)
    StationDay.objects.filter(day__lt=today - timedelta(days=KEPT_DAYS)).delete()
    return notice(today)


@transaction.atomic
def notice(today: date) -> int:
    """Open a fault for each that is seen and not open yet; mark those that are seen no more."""
    now = timezone.now()
    seen = _seen(today, now)
    open_faults = {(f.station_id, f.kind): f for f in Fault.objects.exclude(state=FaultState.CONFIRMED)}
    for key, figures in seen.items():
        fault = open_faults.get(key)
        if fault is None:
            Fault.objects.create(station_id=key[0], kind=key[1], figures=figures, noticed_at=now)
        elif fault.well_since is not None or fault.figures != figures:
            fault.well_since, fault.figures = None, figures
            fault.save(update_fields=["well_since", "figures"])
    for key, fault in open_faults.items():
        if key in seen:
            continue
        if fault.state == FaultState.NOTICED:
            fault.state, fault.confirmed_at = FaultState.CONFIRMED, now
            fault.well_since = fault.well_since or now
            fault.save(update_fields=["state", "confirmed_at", "well_since"])
        elif fault.well_since is None:
            fault.well_since = now
            fault.save(update_fields=["well_since"])
    return Fault.objects.exclude(state=FaultState.CONFIRMED).count()


def _seen(today: date, now: datetime) -> dict[tuple[int, str], dict[str, Any]]:
    """Faults as they show now, with their figures."""
    found: dict[tuple[int, str], dict[str, Any]] = {}
    asleep = set(Snooze.objects.filter(first__lte=today, last__gte=today).values_list("station_id", flat=True))
    stations = Station.objects.filter(active=True).exclude(pk__in=asleep)
    alive = {}
    for pk, interval, heard in stations.values_list("pk", "interval_min", "last_seen_at"):
        quiet = None if heard is None else (now - heard).total_seconds() / 60
        if quiet is None or health.is_silent(quiet, interval):
            found[pk, FaultKind.SILENT] = {
                "heard": None if heard is None else heard.astimezone(BEIJING).isoformat("T", "minutes")
            }
        else:
            alive[pk] = interval
    days: dict[int, list[StationDay]] = {}
    since = today - timedelta(days=health.SCARCE_DAYS)
    for row in StationDay.objects.filter(day__gte=since, day__lt=today, station__in=list(alive)).order_by("day"):
        days.setdefault(row.station_id, []).append(row)
    for pk, rows in days.items():
        counted = [(row.reports, row.expected) for row in rows if row.expected]
        if health.is_scarce(counted):
            came, wanted = sum(c for c, _w in counted), sum(w for _c, w in counted)
            found[pk, FaultKind.SCARCE] = {"percent": health.percent(came, wanted)}
        row = rows[-1]
        off = health.clock_off_s(health.Day(row.reports, row.timely, row.values, row.empty, row.delay_s))
        if off is not None:
            found[pk, FaultKind.CLOCK] = {"off_s": off}
    return found | _said(stations.values_list("pk", flat=True))  # of silent ones too: a low battery may be why


def _said(stations: Iterable[int]) -> dict[tuple[int, str], dict[str, Any]]:
    """What devices say of themselves and have not taken back."""
    last: dict[tuple[int, str], tuple[bool, datetime]] = {}
    rows = DeviceEvent.objects.filter(kind__in=[kind.value for kind in SAID], station__in=list(stations)).order_by("pk")
    for station, kind, began, at in rows.values_list("station_id", "kind", "began", "at"):
        last[station, kind] = began, at
    return {
        key: {"since": at.astimezone(BEIJING).isoformat("T", "minutes")} for key, (began, at) in last.items() if began
    }


def said_now(station: int) -> dict[str, datetime | None]:
    """What a device has told of itself, by kind: since when it is so, None: it is over."""
    rows = DeviceEvent.objects.filter(kind__in=[kind.value for kind in SAID], station=station).order_by("pk")
    return {kind: at if began else None for kind, began, at in rows.values_list("kind", "began", "at")}


# --- what people do ---


@transaction.atomic
def send(actor: Actor, fault: Fault, *, to: str) -> Fault:
    """Somebody is told to repair it."""
    fault = _held(actor, fault, FaultState.NOTICED, FaultState.SENT)
    if not to.strip():
        raise Invalid(_("Say who is to repair it."), field="to")
    fault.state, fault.sent_to, fault.sent_at, fault.sent_by_id = (
        FaultState.SENT,
        to.strip(),
        timezone.now(),
        actor.person_id,
    )
    fault.save()
    return fault


@transaction.atomic
def repaired(actor: Actor, fault: Fault, *, what: str) -> Fault:
    """The repairer says that it is done."""
    fault = _held(actor, fault, FaultState.NOTICED, FaultState.SENT)
    if not what.strip():
        raise Invalid(_("Say what was done."), field="what")
    fault.state, fault.repair, fault.repaired_at = FaultState.REPAIRED, what.strip(), timezone.now()
    fault.save()
    return fault


@transaction.atomic
def confirm(actor: Actor, fault: Fault) -> Fault:
    """An officer sees that it is gone.

    Raises:
        Invalid: it still shows; or nobody said that it is repaired.
    """
    fault = _held(actor, fault, FaultState.REPAIRED, FaultState.SENT)
    if fault.well_since is None:
        raise Invalid(_("The data still show it. It can be confirmed when they no longer do."))
    fault.state, fault.confirmed_at, fault.confirmed_by_id = FaultState.CONFIRMED, timezone.now(), actor.person_id
    fault.save()
    return fault


def _held(actor: Actor, fault: Fault, *states: str) -> Fault:
    actor.require(Right.TELEMETRY_CHANGE, path=fault.station.division.path)
    fault = Fault.objects.select_for_update().get(pk=fault.pk)
    if fault.state not in states:
        raise Invalid(_("This fault has gone on meanwhile; look at it again."))
    return fault


def snooze(actor: Actor, station: Station, *, first: date, last: date, reason: str) -> Snooze:
    """A station need not report for a time."""
    actor.require(Right.TELEMETRY_CHANGE, path=station.division.path)
    if last < first:
        raise Invalid(_("It ends before it begins."), field="last")
    if not reason.strip():
        raise Invalid(_("Say why it need not report."), field="reason")
    return Snooze.objects.create(
        station=station, first=first, last=last, reason=reason.strip(), entered_by_id=actor.person_id
    )
