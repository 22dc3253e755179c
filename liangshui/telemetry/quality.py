"""Quality control: limits of stations, flags of what came, and edited values. No observation is changed by any of it."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
from django.db import transaction
from django.db.models import Max, Min
from django.utils import timezone
from django.utils.translation import gettext as _

from liangshui.core.access import Actor, Right
from liangshui.core.errors import Invalid
from liangshui.records.fields import from_ms, to_ms
from liangshui.telemetry import queries
from liangshui.telemetry.models import (
    Observation,
    QualityFlag,
    QualityLimits,
    QualityProgress,
    Series,
    SeriesEdit,
    Station,
)
from liangshui.telemetry.rules import quality as rules
from liangshui.telemetry.rules.quality import DEFAULTS, Flag, Limits

CONTEXT = timedelta(days=8)
"""So much before what is checked is looked at, for flat lines and steps."""

FIRST_TIME = timedelta(days=7)
"""Of what was there before the first run, so much is checked."""

FAR = datetime(2200, 1, 1, tzinfo=UTC)

PART = 200_000
"""Observations of one run at most; the next goes on."""


def limits_of(series: Series, own: Mapping[tuple[int, str], dict[str, Any]] | None = None) -> Limits:
    """Limits of a series: ours for its quantity, with the station's own in their place."""
    base = DEFAULTS.get(series.quantity, Limits())
    if own is None:
        rows = QualityLimits.objects.filter(station=series.station_id, quantity=series.quantity)
        own = {(row.station_id, row.quantity): row.limits for row in rows}
    return rules.with_own(base, own.get((series.station_id, series.quantity), {}))


def flags_of(
    series: Series, limits: Limits, since: datetime, until: datetime | None = None
) -> list[tuple[datetime, str, int]]:
    """What the checks say of values from an instant on (instant, check, flag), good ones left out."""
    rows = queries.between([series.pk], since - CONTEXT, until or FAR)
    found = sorted(((o.at, o.received_at, o.value) for o in rows), key=lambda row: row[:2])
    at = [to_ms(each) for each, _r, _v in found]
    checks = rules.check(
        at, [to_ms(each) for _a, each, _v in found], [None if v is None else float(v) for _a, _r, v in found], limits
    )
    begin = np.searchsorted(np.asarray(at, dtype=np.int64), to_ms(since)) if at else 0
    told = []
    for name, flags in checks.items():
        for place in np.flatnonzero(np.isin(flags, (Flag.SUSPECT, Flag.FAIL))):
            if place >= begin:
                told.append((found[place][0], name, int(flags[place])))
    return told


def look() -> int:
    """Check what came since the last run; how many series were. Values are checked again with those that came after them."""
    progress, _made = QualityProgress.objects.get_or_create(pk=1, defaults={"last_observation_id": _beginning()})
    rows = Observation.objects.filter(pk__gt=progress.last_observation_id, pk__lte=progress.last_observation_id + PART)
    newest = Observation.objects.aggregate(newest=Max("pk"))["newest"] or 0
    spans = dict(rows.order_by().values_list("series").annotate(first=Min("at")))
    own = {(row.station_id, row.quantity): row.limits for row in QualityLimits.objects.all()}
    for series in Series.objects.filter(pk__in=list(spans)):
        first = spans[series.pk]
        told = flags_of(series, limits_of(series, own), first)
        with transaction.atomic():
            QualityFlag.objects.filter(series=series, at__gte=first).delete()
            QualityFlag.objects.bulk_create(
                QualityFlag(series=series, at=at, check_name=name, flag=flag) for at, name, flag in told
            )
    progress.last_observation_id = min(newest, progress.last_observation_id + PART)
    progress.save()
    return len(spans)


def _beginning() -> int:
    old = Observation.objects.filter(received_at__lt=timezone.now() - FIRST_TIME)
    return old.aggregate(last=Max("pk"))["last"] or 0


def set_limits(
    actor: Actor, station: Station, quantity: str, given: Mapping[str, float | None]
) -> QualityLimits | None:
    """A station's own limits for a quantity: those that differ from ours; none differ: it has none of its own.

    Raises:
        Invalid: a name that is no limit, or a low limit above its high one.
    """
    actor.require(Right.TELEMETRY_CHANGE, path=station.division.path)
    base = asdict(DEFAULTS.get(quantity, Limits()))
    try:
        limits = rules.with_own(Limits(**base), given)
    except ValueError as error:
        raise Invalid(_("There is no such limit.")) from error
    for low, high in (("fail_low", "fail_high"), ("suspect_low", "suspect_high")):
        a, b = getattr(limits, low), getattr(limits, high)
        if a is not None and b is not None and a > b:
            raise Invalid(_("The lower limit lies above the upper one."), field=low)
    own = {name: value for name, value in given.items() if value != base[name]}
    rows = QualityLimits.objects.filter(station=station, quantity=quantity)
    if not own:
        rows.delete()
        return None
    row = rows.first() or QualityLimits(station=station, quantity=quantity)
    row.limits = own
    row.save()
    return row


@transaction.atomic
def edit(actor: Actor, series: Series, at_ms: int, after: Decimal | None, reason: str) -> SeriesEdit:
    """Give a value another one, or leave it out (None). Accounts do not use edited values: they have corrections of their own."""
    actor.require(Right.TELEMETRY_CHANGE, path=series.station.division.path)
    at: Any = from_ms(at_ms)
    found = queries.between([series.pk], at, from_ms(at_ms + 1))
    if not found:
        raise Invalid(_("There is no value at this instant."))
    raw = max(found, key=lambda o: (o.received_at, o.pk))
    if not reason.strip():
        raise Invalid(_("Say why."), field="reason")
    if SeriesEdit.objects.filter(series=series, at=at, taken_back_at=None).exists():
        raise Invalid(_("This value is edited already; take that back first."))
    return SeriesEdit.objects.create(
        series=series, at=at, before=raw.value, after=after, reason=reason.strip(), made_by_id=actor.person_id, made_at=timezone.now()
    )  # fmt: skip


@transaction.atomic
def take_back(actor: Actor, made: SeriesEdit) -> SeriesEdit:
    """The raw value stands again; that it was edited stays on record."""
    actor.require(Right.TELEMETRY_CHANGE, path=made.series.station.division.path)
    made = SeriesEdit.objects.select_for_update().get(pk=made.pk)
    if made.taken_back_at is not None:
        raise Invalid(_("This was taken back already."))
    made.taken_back_at, made.taken_back_by_id = timezone.now(), actor.person_id
    made.save()
    return made
