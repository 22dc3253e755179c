"""Readings of loggers and hand-held readers from Excel or CSV (补录): a row an instant, a column a quantity."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext_lazy

from liangshui.core.access import Actor, Right
from liangshui.core.errors import Invalid, NotFound
from liangshui.records.fields import to_ms
from liangshui.registry import import_kinds as kinds
from liangshui.registry import sentences
from liangshui.registry.ledger_plan import Refused, as_text
from liangshui.registry.models import ImportBatch
from liangshui.registry.sheets.fields import Value, by_name
from liangshui.telemetry.models import Observation, Series, Station
from liangshui.telemetry.services import NewObservation, mark_changed, record_observations
from liangshui.telemetry.sheets.columns import OBSERVATIONS, QUANTITIES
from liangshui.telemetry.sheets.times import read_time
from liangshui.telemetry.taking import EARLIEST, Places

ORIGIN = "file"
"""Element of the series that files fill, whatever the file; an observation's origin names the import."""


def origin_of(batch: ImportBatch) -> str:
    """By what observations of an import are told apart."""
    return f"import {batch.pk}"


class ObservationRows(kinds.SheetRows):
    """Readings, each stored once; what stands with another value at the same instant is not written over."""

    fields = OBSERVATIONS

    def __init__(self, actor: Actor, content: bytes, options: Mapping[str, Any]) -> None:
        super().__init__(actor, content, options)
        self.places = Places(actor.territory(Right.TELEMETRY_SEND))
        self.latest = timezone.now() + timedelta(minutes=settings.CLOCK_TOLERANCE_MIN)
        self.standing: dict[int, dict[tuple[int, str, int], Decimal | None]] = {}
        self.stations: dict[int, Station] = {}
        self.new: dict[int, list[NewObservation]] = {}

    def weigh_row(self, label: str, values: Mapping[str, Value], report: dict[str, Any]) -> str:
        text = str(values["time"])
        at = read_time(text)
        if at is None:
            raise Refused("not_a_time", "time", text=text)
        if not EARLIEST <= at <= self.latest:
            raise Refused("time_out_of_range", "time", text=text)
        station, channel = self._place(values, at)
        report["title"] = f"{station.name} {text}"
        rows = [(name, values[name]) for name in (f.name for f in QUANTITIES) if isinstance(values.get(name), Decimal)]
        if not rows:
            raise Refused("no_values", "time")
        standing = self._standing(station)
        made = []
        for quantity, value in rows:
            assert isinstance(value, Decimal)
            key = (channel, quantity, to_ms(at))
            if key not in standing:
                made.append(NewObservation(quantity, at, value, channel, ORIGIN))
            elif standing[key] != value:
                raise Refused("value_stands", quantity, before=as_text(standing[key]), now=as_text(value))
        for row in made:
            standing[row.channel, row.quantity, to_ms(at)] = row.value
        self.stations[station.pk] = station
        self.new.setdefault(station.pk, []).extend(made)
        return "created" if made else "unchanged"

    def _place(self, values: Mapping[str, Value], at: datetime) -> tuple[Station, int]:
        station, code = str(values.get("station_key") or "").upper(), str(values.get("code") or "")
        channel = values.get("channel")
        if not station and not code:
            raise Refused("no_station", "station_key")
        try:
            found, linked = self.places.at(station, "" if station else code, at, int(channel or 1))  # type: ignore[arg-type]
        except (Invalid, NotFound) as error:
            raise Refused(
                "unknown_station", "station_key" if station else "code", text=station or code, why=error.message
            ) from error
        return found, linked

    def _standing(self, station: Station) -> dict[tuple[int, str, int], Decimal | None]:
        if station.pk not in self.standing:
            rows = Observation.objects.filter(series__station=station, series__element=ORIGIN)
            self.standing[station.pk] = {
                (channel, quantity, to_ms(at)): value
                for channel, quantity, at, value in rows.values_list(
                    "series__channel", "series__quantity", "at", "value"
                )
            }
        return self.standing[station.pk]

    def write(self, actor: Actor) -> None:
        assert self.batch is not None
        for pk, rows in self.new.items():
            if rows:
                heard = max(row.at for row in rows)
                record_observations(actor, self.stations[pk], rows, origin=origin_of(self.batch), heard_at=heard)
        self.new = {}


def take_back(actor: Actor, batch: ImportBatch) -> None:
    """The observations of an import away again; the accounts follow."""
    rows = Observation.objects.filter(series__element=ORIGIN, origin=origin_of(batch))
    found = list(rows.only("series_id", "at"))
    quantities = dict(Series.objects.filter(pk__in={row.series_id for row in found}).values_list("pk", "quantity"))
    mark_changed(found, quantities)
    rows.delete()


def register() -> None:
    """Bring the kind, with its columns and words, to the imports; called once when Django is ready."""
    kinds.KINDS["observations"] = kinds.ImportKind(
        gettext_lazy("readings of loggers and hand-held readers"), ObservationRows, OBSERVATIONS, "读数补录",
        take_back=take_back,
    )  # fmt: skip
    sentences.add(by_name(OBSERVATIONS), CELLS, {})


CELLS = {
    "not_a_time": gettext_lazy("“%(text)s” is no time; write 2026-05-01 08:00."),
    "time_out_of_range": gettext_lazy("“%(text)s” lies in the future, or before 2000."),
    "no_station": gettext_lazy("Neither station key nor intake is given; fill in one of them."),
    "unknown_station": gettext_lazy("“%(text)s”: %(why)s"),
    "no_values": gettext_lazy("The row has a time, but no value."),
    "value_stands": gettext_lazy(
        "A file gave %(before)s for this instant, this one says %(now)s; readings are not written over. Take the other import back "
        "first, if it was wrong."
    ),
}  # fmt: skip
