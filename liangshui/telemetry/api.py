"""Monitoring by API: stations, observations, frames; and observations that partners send."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

from django.utils.translation import gettext as _
from ninja import Body, Field, Query, Router, Schema
from pydantic import AwareDatetime, ConfigDict, ValidationError, WithJsonSchema

from liangshui.core.access import Right
from liangshui.core.errors import Invalid
from liangshui.records.api import (
    REFUSALS,
    Cursor,
    Envelope,
    Id,
    Limit,
    OneOf,
    PageOf,
    Word,
    allowed,
    instant,
    one_by,
    page,
    territory,
    text,
)
from liangshui.records.fields import from_ms, to_ms
from liangshui.telemetry import queries
from liangshui.telemetry.archive import Archive, observation
from liangshui.telemetry.codes import Protocol, Quantity
from liangshui.telemetry.models import Observation, RawFrame
from liangshui.telemetry.taking import Answer, Incoming, Result, take_rows

router = Router(tags=["telemetry"])

MOST_ROWS = 1000
ORIGIN = "api"


class StationOut(Schema):
    id: int
    key: str
    name: str
    protocol: Protocol
    division: str
    interval_min: int
    active: bool
    state: Literal["online", "silent", "fault"]
    last_seen_at: str | None


class SeriesOut(Schema):
    id: int
    channel: int
    quantity: Quantity
    element: str
    last_at: str | None
    last_value: str | None
    last_frame: int | None


class StationDetail(StationOut):
    intakes: list[str] = Field(description="codes of the intakes that it measures now")
    series: list[SeriesOut]


class ObservationOut(Schema):
    id: int
    series: int
    station: str
    channel: int
    quantity: Quantity
    at: str
    received_at: str
    value: str | None = Field(description="null: the device said that it had none, which is not zero")
    frame: int | None
    origin: str


class ObservationPage(Envelope):
    items: list[ObservationOut]
    next: str | None = Field(None, description="give it as `after` to read on; null at the end")


class FrameOut(Schema):
    id: int
    station: str
    received_at: str
    protocol: str
    verdict: RawFrame.Verdict
    raw: str = Field(description="the bytes as received, hexadecimal")


class ObservationIn(Schema):
    """One value that a partner sends."""

    model_config = ConfigDict(extra="forbid")

    station: str = Field("", max_length=24, description="key of the station; or give `intake`")
    intake: str = Field("", max_length=40, description="code of the intake that a station measures")
    quantity: Quantity
    at: AwareDatetime = Field(description="ISO 8601 with offset, such as 2026-05-01T08:00:00+08:00")
    value: Decimal | None = Field(description="in the unit of the quantity; null where the device had none")
    channel: int = Field(1, ge=1, le=255)


class RowAnswer(Schema):
    """What became of one row."""

    row: int = Field(description="its number, from 0")
    result: Literal["accepted", "duplicate", "refused"]
    reason: str | None = None


class SendAnswer(Envelope):
    accepted: int
    duplicate: int
    refused: int
    rows: list[RowAnswer]


def _station(s: Any) -> dict[str, Any]:
    facts = {name: getattr(s, name) for name in ("key", "name", "protocol", "interval_min", "active")}
    state = queries.state_of(s)
    return {
        "id": s.pk,
        **facts,
        "division": s.division.code,
        "state": state,
        "last_seen_at": instant(s.last_seen_at),
    }


@router.get("/stations", response={200: PageOf[StationOut], **REFUSALS})
@allowed(Right.TELEMETRY_VIEW)
def stations(
    request: Any,
    state: Literal["online", "silent", "fault"] | None = None,
    protocol: Protocol | None = None,
    after: Cursor = 0,
    limit: Limit = 100,
) -> Any:
    """Stations with their state."""
    rows = queries.with_state(queries.stations(territory(request))).select_related("division")
    if state:
        rows = queries.by_state(rows, state)
    if protocol:
        rows = rows.filter(protocol=protocol)
    return page(rows, after, limit, _station)


@router.get("/stations/{key}", response={200: OneOf[StationDetail], **REFUSALS})
@allowed(Right.TELEMETRY_VIEW)
def station(request: Any, key: Word) -> Any:
    """One station with its series and their last values."""
    rows = queries.with_state(queries.stations(territory(request))).select_related("division")
    found = one_by(rows, key=key)
    links = found.links.filter(unlinked_at=None).order_by("channel")
    series = [
        {
            "id": s.pk,
            "channel": s.channel,
            "quantity": s.quantity,
            "element": s.element,
            "last_at": instant(s.last_at),
            "last_value": text(s.last_value),
            "last_frame": s.last_frame,
        }
        for s in queries.with_last(found.series.order_by("channel", "quantity", "element"))
    ]
    return {
        "item": {**_station(found), "intakes": list(links.values_list("intake__code", flat=True)), "series": series}
    }


def _observation(o: Observation) -> dict[str, Any]:
    return {
        "id": o.pk,
        "series": o.series_id,
        "station": o.series.station.key,
        "channel": o.series.channel,
        "quantity": o.series.quantity,
        "at": instant(o.at),
        "received_at": instant(o.received_at),
        "value": text(o.value),
        "frame": o.frame_id,
        "origin": o.origin,
    }


def _edge(value: datetime, name: str) -> datetime:
    if not 2000 <= value.year <= 2100:
        raise Invalid(_("The days must lie between 2000 and 2100."), field=name)
    return value


@router.get("/observations", response={200: ObservationPage, **REFUSALS})
@allowed(Right.TELEMETRY_VIEW)
def observations(
    request: Any,
    station: Word,
    from_: Annotated[AwareDatetime, Query(alias="from")],
    to: AwareDatetime,
    quantity: Quantity | None = None,
    after: Annotated[str, Field(pattern=r"^(\d{1,15}-\d{1,18})?$")] = "",
    limit: Limit = 1000,
) -> Any:
    """Observations of one station from an instant up to another (not included), oldest first."""
    found = one_by(queries.stations(territory(request)), key=station)
    start, end = _edge(from_, "from"), _edge(to, "to")
    rows = Observation.objects.filter(series__station=found, at__gte=start, at__lt=end)
    if quantity:
        rows = rows.filter(series__quantity=quantity)
    series = {s.pk: s for s in found.series.select_related("station") if quantity in (None, s.quantity)}
    since, until, last = to_ms(start), to_ms(end), 0
    if after:
        ms, last = (int(part) for part in after.split("-"))
        if ms > until:
            return {"items": [], "next": None}
        since = max(since, ms)
        rows = rows.filter(at__gte=from_ms(ms)).exclude(at=from_ms(ms), pk__lte=last)
    hot = list(rows.select_related("series__station").order_by("at", "pk")[: limit + 1])
    past = Archive(series)
    ended = since if after else since - 1
    old = [row for row in past.between(series, since, ended + 1) if row[0] > last]  # where the page before ended
    old += past.nearest(series, ended + 1, until, limit + 1, backwards=False)
    there = {o.pk for o in hot}
    for row in old:
        if row[0] not in there:
            hot.append(observation(row))
            hot[-1].series = series[hot[-1].series_id]
    shown = sorted(hot, key=lambda o: (o.at, o.pk))[: limit + 1]
    more, shown = len(shown) > limit, shown[:limit]
    following = f"{to_ms(shown[-1].at)}-{shown[-1].pk}" if more else None
    return {"items": [_observation(o) for o in shown], "next": following}


@router.get("/frames/{id}", response={200: OneOf[FrameOut], **REFUSALS})
@allowed(Right.TELEMETRY_VIEW)
def frame(request: Any, id: Id) -> Any:
    """One frame as it was received."""
    found = queries.frame_in(request.auth, territory(request), id)
    return {
        "item": {
            "id": found.pk,
            "station": found.station_key,
            "received_at": instant(found.received_at),
            "protocol": found.protocol,
            "verdict": found.verdict,
            "raw": bytes(found.raw).hex().upper(),
        }
    }


# --- what partners send ---


def _reason(error: ValidationError) -> str:
    parts = [f"{'.'.join(str(p) for p in e['loc'])}: {e['msg']}" for e in error.errors(include_input=False)]
    return "; ".join(parts)[:300]


def _read(raw: Any) -> Incoming:
    """A row, checked by itself.

    Raises:
        Invalid: with what is wrong in it.
    """
    try:
        row = ObservationIn.model_validate(raw)
    except ValidationError as error:
        raise Invalid(_reason(error)) from error
    return Incoming(row.station, row.intake, row.quantity, row.at, row.value, row.channel)


def _row_schema() -> dict[str, Any]:
    schema = ObservationIn.json_schema()
    schema.pop("$defs", None)
    schema["properties"]["quantity"] = {"type": "string", "enum": Quantity.values}
    return schema


Rows = Annotated[list[Any], WithJsonSchema({"type": "array", "items": _row_schema(), "maxItems": MOST_ROWS})]
"""Described row by row, but read as anything: each row is checked by itself."""


@router.post("/observations", response={200: SendAnswer, **REFUSALS})
@allowed(Right.TELEMETRY_SEND)
def send(request: Any, rows: Annotated[Rows, Body()]) -> Any:
    """Store observations. Each row is answered for itself: a bad one never sinks the batch, and a row sent again is told."""
    if len(rows) > MOST_ROWS:
        raise Invalid(_("At most %d rows at once.") % MOST_ROWS)
    answers: dict[int, Answer] = {}
    good: list[tuple[int, Incoming]] = []
    for number, raw in enumerate(rows):
        try:
            good.append((number, _read(raw)))
        except Invalid as error:
            answers[number] = Answer(Result.REFUSED, error.message)
    answers |= take_rows(request.auth, territory(request), good, origin=ORIGIN)
    counts = {result.value: sum(a.result is result for a in answers.values()) for result in Result}
    told = [{"row": n, "result": answers[n].result, "reason": answers[n].reason} for n in sorted(answers)]
    return {**counts, "rows": told}
