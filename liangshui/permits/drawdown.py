"""Reads of the look-ahead: which wells lie around a place, and what is known of the aquifer there."""

from dataclasses import dataclass
from datetime import date
from math import cos, radians
from typing import Any

from django.db.models import F, Q

from liangshui.core.access import Territory
from liangshui.permits.aquifer_models import AquiferFigures
from liangshui.permits.rules.drawdown import Aquifer, Range
from liangshui.registry.codes import IntakeKind, IntakeStatus
from liangshui.registry.models import Intake, ManagementUnit
from liangshui.telemetry.codes import Quantity
from liangshui.telemetry.models import Series

MOST_WELLS = 200
"""So many of the nearest are listed; how many there are is told."""

METRES_OF_DEGREE = 110_000
"""A little less than a degree of latitude anywhere: a box by it holds the whole circle."""


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A well near the place; `depth_series` where its groundwater depth is measured."""

    intake: Intake
    distance_m: float
    depth_series: int | None


@dataclass(frozen=True, slots=True)
class Around:
    """Wells in use or measured within a radius, nearest first; how many there are in all, of other water, and without a place."""

    wells: list[Neighbour]
    all_wells: int
    of_other_source: int
    without_place: int


def around(
    territory: Territory, longitude: float, latitude: float, radius_m: float, source: str, but: Intake | None = None
) -> Around:
    """Wells of the same kind of groundwater around a place, without the well that is asked about itself."""
    from pyproj import Geod

    high = radius_m / METRES_OF_DEGREE
    wide = high / cos(radians(abs(latitude) + high))
    depth = dict(
        Series.objects.filter(
            quantity=Quantity.DEPTH, station__links__unlinked_at=None, station__links__channel=F("channel"),
            station__links__intake__isnull=False,
        ).values_list("station__links__intake_id", "pk")
    )  # fmt: skip
    wells: Any = Intake.objects.within(territory).filter(
        Q(status=IntakeStatus.IN_USE) | Q(pk__in=depth), kind=IntakeKind.WELL
    )
    if but is not None:
        wells = wells.exclude(pk=but.pk)
    near = list(
        wells.filter(
            longitude__range=(longitude - wide, longitude + wide), latitude__range=(latitude - high, latitude + high)
        ).select_related("source", "division")
    )
    places = [(float(well.longitude), float(well.latitude)) for well in near]
    _to, _from, metres = Geod(ellps="WGS84").inv(
        [longitude] * len(near), [latitude] * len(near), [x for x, _y in places], [y for _x, y in places]
    )
    within = [(m, well) for m, well in zip(metres, near, strict=True) if m <= radius_m]
    same = sorted(((m, well) for m, well in within if well.source.kind == source), key=lambda each: each[0])
    return Around(
        [Neighbour(well, m, depth.get(well.pk)) for m, well in same[:MOST_WELLS]],
        len(same),
        len(within) - len(same),
        wells.filter(Q(longitude=None) | Q(latitude=None), source__kind=source).count(),
    )


def figures_on(unit: ManagementUnit | None, source: str, day: date) -> AquiferFigures | None:
    """What is known of a unit's aquifer on a day."""
    return AquiferFigures.objects.on(day).filter(unit=unit, source=source).first() if unit else None


def aquifer_of(figures: dict[str, Any]) -> Aquifer:
    """Figures as they stand in a record or a form, as the rule takes them."""
    low, best, high = (float(figures[f"transmissivity_{which}_m2_d"]) for which in ("low", "best", "high"))
    return Aquifer(
        Range(low, best, high), Range(*(float(figures[f"storativity_{which}"]) for which in ("low", "best", "high")))
    )
