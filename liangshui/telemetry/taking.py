"""Observations that others bring row by row: each is checked and answered for itself, and none sinks the others."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from liangshui.core.access import Actor, Territory
from liangshui.core.errors import Invalid, NotFound
from liangshui.records.fields import to_ms
from liangshui.registry.models import Intake
from liangshui.telemetry import archive, queries
from liangshui.telemetry.models import Observation, Station, StationLink
from liangshui.telemetry.services import LARGEST, NewObservation, record_observations

EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)


class Result(StrEnum):
    """What became of a row."""

    ACCEPTED = "accepted"
    DUPLICATE = "duplicate"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Incoming:
    """A value with the station's key, or the code of the intake that a station measures. `value` None: there was none."""

    station: str
    intake: str
    quantity: str
    at: datetime
    value: Decimal | None
    channel: int = 1


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of a row, and why it was refused. `unknown`: its station or intake is not known here."""

    result: Result
    reason: str | None = None
    unknown: bool = False


class Places:
    """Stations and channels by what a row names, each looked up once."""

    def __init__(self, place: Territory) -> None:
        self._stations = queries.stations(place).select_related("division")
        self._intakes = Intake.objects.within(place)
        self._by_key: dict[str, Station | None] = {}
        self._links: dict[str, list[StationLink] | None] = {}

    def _station(self, key: str) -> Station | None:
        if key not in self._by_key:
            self._by_key[key] = self._stations.filter(key=key).first()
        return self._by_key[key]

    def _of_intake(self, code: str) -> list[StationLink] | None:
        if code not in self._links:
            found = self._intakes.filter(code=code).first()
            rows = found.station_links.order_by("linked_at").select_related("station") if found else None
            self._links[code] = None if rows is None else list(rows)
        return self._links[code]

    def find(self, row: Incoming) -> tuple[Station, int]:
        """The station and channel of a row."""
        return self.at(row.station, row.intake, row.at, row.channel)

    def at(self, station: str, intake: str, at: datetime, channel: int) -> tuple[Station, int]:
        """By the key of a station, or the code of the intake that one measured at an instant.

        Raises:
            Invalid, NotFound: both or none are named, there is no such thing in the territory, or nothing measured it then.
        """
        if bool(station) == bool(intake):
            raise Invalid(_("Name either the station or the intake."))
        if station:
            found = self._station(station)
            if found is None:
                raise NotFound(_("There is no such station, or it lies outside your area."))
            return found, channel
        links = self._of_intake(intake)
        if links is None:
            raise NotFound(_("There is no such intake, or it lies outside your area."))
        for link in links:
            if link.linked_at <= at and (link.unlinked_at is None or at < link.unlinked_at):
                found = self._station(link.station.key)
                if found is not None:
                    return found, link.channel
        raise Invalid(_("No station of your area measured this intake at that time."))


def _check(row: Incoming) -> None:
    if any("\x00" in word for word in (row.station, row.intake)):
        raise Invalid(_("A name holds a character that no name holds."))
    if row.value is not None and not (row.value.is_finite() and -LARGEST < row.value < LARGEST):
        raise Invalid(_("%s is too large to be a value.") % row.value)
    latest = timezone.now() + timedelta(minutes=settings.CLOCK_TOLERANCE_MIN)
    if not EARLIEST <= row.at <= latest:
        raise Invalid(_("The time lies in the future, or before 2000."))


def take_rows(
    actor: Actor, territory: Territory, rows: Iterable[tuple[int, Incoming]], *, origin: str, kept: bool = False
) -> dict[int, Answer]:
    """Store rows, each under its number; what became of each.

    Args:
        actor: who brings them; must hold the right to send in the territory.
        territory: only stations and intakes in it are known.
        rows: numbers and rows.
        origin: by which way they came; the same value by the same way is a duplicate.
        kept: others kept the values meanwhile, so that a station was heard at its newest value, not now.
    """
    places = Places(territory)
    answers: dict[int, Answer] = {}
    batches: dict[int, list[tuple[int, NewObservation]]] = defaultdict(list)
    found: dict[int, Station] = {}
    for number, row in rows:
        try:
            _check(row)
            where, channel = places.find(row)
        except (Invalid, NotFound) as error:
            answers[number] = Answer(Result.REFUSED, error.message, isinstance(error, NotFound))
        else:
            found[where.pk] = where
            batches[where.pk].append((number, NewObservation(row.quantity, row.at, row.value, channel)))
    for pk, batch in batches.items():
        answers.update(_store(actor, found[pk], batch, origin, kept))
    return answers


def _known(where: Station, rows: Sequence[NewObservation], origin: str) -> set[tuple[Any, ...]]:
    """Which observations of the station came this way already, in the time of these rows."""
    instants = [row.at for row in rows]
    series = {s.pk: s for s in where.series.filter(element=origin[:12])}
    there = Observation.objects.filter(series__in=series, at__gte=min(instants), at__lte=max(instants))
    found = archive.with_archived(there, series, to_ms(min(instants)), to_ms(max(instants)) + 1)
    return {(series[o.series_id].channel, series[o.series_id].quantity, to_ms(o.at), o.value) for o in found}


def _store(
    actor: Actor, where: Station, batch: list[tuple[int, NewObservation]], origin: str, kept: bool
) -> dict[int, Answer]:
    known = _known(where, [row for _number, row in batch], origin)
    answers, new = {}, []
    for number, row in batch:
        value = row.value if row.value is None else row.value.quantize(Decimal("0.000001"))
        key = (row.channel, row.quantity, to_ms(row.at), value)
        answers[number] = Answer(Result.DUPLICATE if key in known else Result.ACCEPTED)
        if key not in known:
            new.append(NewObservation(row.quantity, row.at, value, row.channel))
        known.add(key)
    if new:
        heard = max(row.at for row in new) if kept else None
        record_observations(actor, where, new, origin=origin, heard_at=heard)
    return answers
