"""Volumes and accounts by API."""

from datetime import date
from typing import Annotated, Any, Literal

from ninja import Field, Query, Router, Schema

from liangshui.accounting import evidence, queries
from liangshui.accounting.codes import Method
from liangshui.accounting.models import DayVolume
from liangshui.core.access import Right
from liangshui.records.api import REFUSALS, Envelope, ListOf, Volume, Word, allowed, days, one_by, territory, text
from liangshui.registry.codes import DivisionLevel, Sector, SourceKind
from liangshui.registry.models import Division, Intake, ManagementUnit, WaterUser

router = Router(tags=["accounting"])


class DayOut(Schema):
    """A day’s volume by one method; several methods may stand side by side."""

    day: str
    method: Method
    volume_m3: Volume
    low_m3: Volume
    high_m3: Volume
    readings: int
    marks: list[str]


class AccountOut(Schema):
    """One line of an account, m³."""

    code: str
    name: str
    abstraction_m3: Volume
    supply_m3: Volume
    received_m3: Volume
    use_m3: Volume
    returned_m3: Volume
    consumption_m3: Volume
    low_m3: Volume
    high_m3: Volume
    by_method: dict[str, str] = Field(description="m³ of the abstraction by method")
    is_estimate: bool
    intakes: int
    intakes_without_volume: int
    days_without_volume: int


class AccountAnswer(Envelope):
    items: list[AccountOut]
    version: int = Field(description="number of the recomputation that the figures stand on")


First = Annotated[date, Query(alias="from", description="first day")]
Last = Annotated[date, Query(description="last day, included")]
VOLUMES = ("abstraction", "supply", "received", "use", "returned", "consumption", "low", "high")


@router.get("/volumes/days", response={200: ListOf[DayOut], **REFUSALS})
@allowed(Right.ACCOUNT_VIEW)
def volumes(request: Any, intake: Word, from_: First, to: Last) -> Any:
    """Daily volumes of one intake by each method that tells them."""
    place = territory(request)
    found = one_by(Intake.objects.within(place), code=intake)
    period = days(from_, to)
    rows = DayVolume.objects.within(place).filter(intake=found, day__gte=period.start, day__lt=period.end)
    return {
        "items": [
            {
                "day": v.day.isoformat(),
                "method": v.method,
                "volume_m3": text(v.volume_m3),
                "low_m3": text(v.low_m3),
                "high_m3": text(v.high_m3),
                "readings": v.readings,
                "marks": evidence.mark_words(v.marks),
            }
            for v in rows.order_by("day", "method")
        ]
    }


@router.get("/accounts", response={200: AccountAnswer, **REFUSALS})
@allowed(Right.ACCOUNT_VIEW)
def accounts(
    request: Any,
    from_: First,
    to: Last,
    by: Literal[queries.GROUPINGS] = "total",
    town: Word = "",
    user: Word = "",
    unit: Word = "",
    sector: Sector | None = None,
    source_kind: SourceKind | None = None,
) -> Any:
    """The account of a period by one grouping; `town`, `user` and `unit` are codes that narrow it."""
    place = territory(request)
    towns = Division.objects.within(place).filter(level__in=[DivisionLevel.TOWN, DivisionLevel.AREA])
    filters: dict[str, Any] = {"sector": sector and sector.value, "source_kind": source_kind and source_kind.value}
    filters["town"] = one_by(towns, code=town).pk if town else None
    filters["user"] = one_by(WaterUser.objects.within(place), code=user).pk if user else None
    filters["unit"] = one_by(ManagementUnit.objects.all(), code=unit).pk if unit else None
    given = {name: value for name, value in filters.items() if value}
    rows = queries.account(place, days(from_, to), by, given)
    return {"items": [_line(row) for row in rows], "version": queries.version()}


def _line(row: queries.AccountRow) -> dict[str, Any]:
    facts = ("code", "name", "is_estimate", "intakes", "intakes_without_volume", "days_without_volume")
    return {
        **{name: getattr(row, name) for name in facts},
        **{f"{name}_m3": text(getattr(row, f"{name}_m3")) for name in VOLUMES},
        "by_method": {method: text(volume) for method, volume in row.by_method.items()},
    }
