"""The only writers of stations, links and maps by people, and of observations that come otherwise than by frames."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from liangshui.core.access import Actor, Right
from liangshui.core.errors import Invalid
from liangshui.records.fields import to_ms
from liangshui.registry.models import Division, Intake
from liangshui.telemetry import archive
from liangshui.telemetry.codes import VOLUME_QUANTITIES, Quantity, family
from liangshui.telemetry.models import (
    ChangedSpan,
    ElementMapping,
    Observation,
    Series,
    Station,
    StationLink,
    StationModel,
    WaitingStation,
)

LARGEST = Decimal(9_000_000_000_000)


@dataclass(frozen=True, slots=True)
class NewObservation:
    """A value that a partner or a file gives."""

    quantity: str
    at: datetime
    value: Decimal | None
    channel: int = 1
    element: str = ""


def record_observations(
    actor: Actor,
    station: Station,
    rows: Sequence[NewObservation],
    *,
    origin: str = "api",
    received_at: datetime | None = None,
    heard_at: datetime | None = None,
) -> int:
    """Store observations of a station; number of those that are new.

    What stands there already (same series, instant and value) is not stored twice, so sending again is harmless.
    `heard_at`: when the station itself was heard, where others kept its values meanwhile; else it was heard now.

    Raises:
        Forbidden: the actor may not send for the place of the station.
        Invalid: an unknown quantity, an instant without zone, or a value too large.
    """
    actor.require(Right.TELEMETRY_SEND, path=station.division.path)
    for row in rows:
        if row.quantity not in Quantity.values:
            raise Invalid(_("“%s” is no known quantity.") % row.quantity, field="quantity")
        if timezone.is_naive(row.at):
            raise Invalid(_("A time needs its zone, such as 2026-05-01T08:00:00+08:00."), field="at")
        if row.value is not None and not -LARGEST < row.value < LARGEST:
            raise Invalid(_("%s is too large to be a value.") % row.value, field="value")
    received = received_at or timezone.now()
    with transaction.atomic():
        known: dict[tuple[int, str, str], Series] = {}
        new: dict[tuple[int, int, Decimal | None], Observation] = {}
        for row in rows:
            key = (row.channel, row.quantity, row.element or origin[:12])
            series = known.get(key)
            if series is None:
                series, _created = Series.objects.get_or_create(
                    station=station, channel=key[0], quantity=key[1], element=key[2]
                )
                known[key] = series
            new[series.pk, to_ms(row.at), row.value] = Observation(
                series=series, at=row.at, received_at=received, value=row.value, origin=origin
            )
        if not new:
            return 0
        instants = [o.at for o in new.values()]
        rows_there = Observation.objects.filter(series__in=known.values(), at__gte=min(instants), at__lte=max(instants))
        ids = [series.pk for series in known.values()]
        for there in archive.with_archived(rows_there, ids, to_ms(min(instants)), to_ms(max(instants)) + 1):
            new.pop((there.series_id, to_ms(there.at), there.value), None)
        Observation.objects.bulk_create(new.values(), batch_size=2000)
        mark_changed(new.values(), {series.pk: series.quantity for series in known.values()})
        heard = heard_at or received
        if station.last_seen_at is None or station.last_seen_at < heard:
            Station.objects.filter(pk=station.pk).update(last_seen_at=heard)
    return len(new)


def mark_changed(rows: Any, quantities: dict[int, str]) -> None:
    """Tell the accounts which part of which series changed."""
    spans: dict[int, list[datetime]] = {}
    for row in rows:
        if quantities[row.series_id] in VOLUME_QUANTITIES:
            span = spans.setdefault(row.series_id, [row.at, row.at])
            span[0], span[1] = min(span[0], row.at), max(span[1], row.at)
    ChangedSpan.objects.bulk_create(ChangedSpan(series_id=pk, start_at=s, end_at=e) for pk, (s, e) in spans.items())


def adopt_station(
    actor: Actor,
    waiting: WaitingStation,
    *,
    name: str,
    division: Division,
    protocol: str,
    intake: Intake | None = None,
    channel: int = 1,
    model: StationModel | None = None,
    interval_min: int = 60,
    linked_at: datetime | None = None,
) -> Station:
    """Take a waiting station into the ledger. gateway.services.adopt calls this and decodes its kept frames.

    The link to the intake begins when the station was first heard, unless told otherwise.
    """
    actor.require(Right.TELEMETRY_CHANGE, path=division.path)
    if Station.objects.filter(key=waiting.key).exists():
        raise Invalid(_("A station with the key %s is in the ledger already.") % waiting.key, field="protocol")
    if family(protocol) != family(waiting.protocol):
        raise Invalid(_("The station does not send by this protocol."), field="protocol")
    with transaction.atomic():
        station = Station(
            key=waiting.key,
            name=name.strip() or waiting.key,
            division=division,
            protocol=protocol,
            model=model,
            interval_min=interval_min,
            last_seen_at=waiting.last_seen_at,
        )
        station.full_clean(exclude=["division", "model", "responsible"])
        station.save()
        if intake is not None:
            link_station(actor, station, intake, channel=channel, since=linked_at or waiting.first_seen_at)
        WaitingStation.objects.filter(key=waiting.key).delete()
    return station


def set_station(actor: Actor, station: Station, **changes: Any) -> Station:
    """Change settings of a station: name, division, protocol, answer_form, password, model, interval_min,
    series_time_is_end, active, responsible. Its key is what it is."""
    actor.require(Right.TELEMETRY_CHANGE, path=station.division.path)
    if "division" in changes:
        actor.require(Right.TELEMETRY_CHANGE, path=changes["division"].path)
    unknown = set(changes) - {
        "name",
        "division",
        "protocol",
        "answer_form",
        "password",
        "model",
        "interval_min",
        "series_time_is_end",
        "active",
        "responsible",
    }
    if unknown:
        raise TypeError(f"not a setting of a station: {', '.join(sorted(unknown))}")
    with transaction.atomic():
        for field, value in changes.items():
            setattr(station, field, value)
        station.save(update_fields=list(changes))
    return station


def link_station(
    actor: Actor, station: Station, intake: Intake, *, channel: int = 1, since: datetime | None = None
) -> StationLink:
    """Say which intake a channel measures, from an instant on; ends the link that the channel had."""
    actor.require(Right.TELEMETRY_CHANGE, path=station.division.path)
    actor.require(Right.TELEMETRY_CHANGE, path=intake.division.path)
    since = since or timezone.now()
    other = StationLink.objects.filter(intake=intake, unlinked_at=None).select_related("station").first()
    if other is not None and (other.station_id, other.channel) == (station.pk, channel):
        return other
    if other is not None:
        raise Invalid(
            _("%(intake)s is measured by station %(station)s; end that first.")
            % {"intake": intake.name, "station": other.station.name},
            field="intake",
        )
    with transaction.atomic():
        current = StationLink.objects.filter(station=station, channel=channel, unlinked_at=None).first()
        if current is not None:
            _end(current, since)
        link = StationLink.objects.create(station=station, channel=channel, intake=intake, linked_at=since)
        _touch(station, channel, since)
    return link


def unlink_station(actor: Actor, link: StationLink, *, at: datetime | None = None) -> StationLink:
    """End a link."""
    actor.require(Right.TELEMETRY_CHANGE, path=link.station.division.path)
    if link.unlinked_at is not None:
        raise Invalid(_("This link has ended already."))
    at = at or timezone.now()
    with transaction.atomic():
        _end(link, at)
        _touch(link.station, link.channel, at)
    return link


def _end(link: StationLink, at: datetime) -> None:
    if at <= link.linked_at:
        raise Invalid(_("A link can only end after it began."), field="since")
    link.unlinked_at = at
    link.save(update_fields=["unlinked_at"])


def _touch(station: Station, channel: int, since: datetime) -> None:
    """The volumes of the intake change from here on, with every series of the channel."""
    now = timezone.now()
    ids = Series.objects.filter(station=station, channel=channel, quantity__in=VOLUME_QUANTITIES).values_list(
        "pk", flat=True
    )
    ChangedSpan.objects.bulk_create(ChangedSpan(series_id=pk, start_at=min(since, now), end_at=now) for pk in ids)


def map_element(
    actor: Actor,
    *,
    element: str,
    quantity: str,
    channel: int = 1,
    factor: Decimal = Decimal(1),
    station: Station,
    for_model: bool = False,
) -> ElementMapping:
    """Say what an element means, for a station or for all of its model.

    gateway.services.map_element calls this and decodes kept frames again.
    """
    actor.require(Right.TELEMETRY_CHANGE, path=station.division.path)
    if quantity not in Quantity.values:
        raise Invalid(_("“%s” is no known quantity.") % quantity, field="quantity")
    if not factor:
        raise Invalid(_("The factor must not be 0."), field="factor")
    if for_model and station.model is None:
        raise Invalid(_("The station has no device model."), field="for_model")
    if for_model:
        for other in Station.objects.filter(model=station.model).select_related("division"):
            actor.require(Right.TELEMETRY_CHANGE, path=other.division.path)
    owner: dict[str, Any] = (
        {"model": station.model, "station": None} if for_model else {"station": station, "model": None}
    )
    mapping, _created = ElementMapping.objects.update_or_create(
        **owner, element=element, defaults={"quantity": quantity, "channel": channel, "factor": factor}
    )
    return mapping


def unmap_element(actor: Actor, mapping: ElementMapping, station: Station) -> None:
    """Take a meaning back. What was observed by it stays."""
    actor.require(Right.TELEMETRY_CHANGE, path=station.division.path)
    if mapping.station_id not in (None, station.pk) or mapping.model_id not in (None, station.model_id):
        raise Invalid(_("This mapping is not one of the station."))
    mapping.delete()
