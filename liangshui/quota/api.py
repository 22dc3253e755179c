"""Balances by API."""

from decimal import Decimal
from typing import Any

from django.utils import timezone
from ninja import Field, Router, Schema

from liangshui.core.access import Right
from liangshui.core.periods import plan_year
from liangshui.core.quantities import volume
from liangshui.quota import queries
from liangshui.records.api import REFUSALS, ListOf, Volume, Year, allowed, territory, text
from liangshui.registry.codes import SourceKind
from liangshui.registry.models import Division, Intake, ManagementUnit, WaterUser

router = Router(tags=["quota"])

FIGURES = ("allotted", "used", "left", "expected")


class BalanceOut(Schema):
    """Allotted, used and expected of one node: management unit × town × use, down to the user, its villages and wells; null
    means all."""

    label: str
    source_kind: SourceKind
    unit: str | None = Field(description="code of the management unit")
    town: str | None = Field(description="code of the town")
    sector: str | None
    user: str | None = Field(description="code of the water user")
    village: str | None = Field(description="code of the village, of a part of a user's share")
    intake: str | None = Field(description="code of the intake, of a part of a user's share")
    allotted_m3: Volume
    used_m3: Volume
    left_m3: Volume
    expected_m3: Volume
    last_year_m3: Volume
    over: bool


@router.get("/balances", response={200: ListOf[BalanceOut], **REFUSALS})
@allowed(Right.QUOTA_VIEW)
def balances(request: Any, year: Year, source_kind: SourceKind | None = None) -> Any:
    """Balances of a year up to today, of every node that the caller may see."""
    place = territory(request)
    period = plan_year(year)
    day = min(max(timezone.localdate(), period.start), period.last)
    found = queries.balances(place, year, day=day, source_kind=source_kind.value if source_kind else "")
    units = dict(ManagementUnit.objects.values_list("pk", "code"))
    places = dict(Division.objects.values_list("pk", "code"))
    intakes = dict(
        Intake.objects.filter(pk__in={b.node.intake for b in found if b.node.intake}).values_list("pk", "code")
    )
    users = dict(WaterUser.objects.filter(pk__in={b.node.user for b in found}).values_list("pk", "code"))
    return {
        "items": [
            {
                "label": b.label,
                "source_kind": b.source_kind,
                "unit": units.get(b.node.unit),
                "town": places.get(b.node.town),
                "sector": b.node.sector,
                "user": users.get(b.node.user),
                "village": places.get(b.node.village),
                "intake": intakes.get(b.node.intake),
                **{f"{n}_m3": _figure(getattr(b.outlook, f"{n}_m3")) for n in FIGURES},
                "last_year_m3": text(b.last_year_m3),
                "over": b.outlook.over,
            }
            for b in found
        ]
    }


def _figure(value: Decimal | None) -> str | None:
    """m³ to the litre; what is expected is a quotient."""
    return None if value is None else text(volume(value))
