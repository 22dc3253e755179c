"""Balances, states of management units and control indicators by API."""

from datetime import date
from decimal import Decimal
from typing import Any, Literal

from django.utils import timezone
from ninja import Field, Router, Schema

from liangshui.core.access import Right
from liangshui.core.decision import Check
from liangshui.core.periods import plan_year
from liangshui.core.quantities import volume
from liangshui.parameters.queries import law
from liangshui.quota import indicator_queries, queries, units
from liangshui.quota.models import SOURCES, IndicatorKind
from liangshui.quota.rules.states import Ground, Kind
from liangshui.quota.words import checks_of, sentence
from liangshui.records.api import REFUSALS, ListOf, Volume, Year, allowed, territory, text
from liangshui.registry.codes import Sector, SourceKind
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


class UnitStateOut(Schema):
    """State of a management unit and a kind of groundwater on a day, with the figures and reasons that it follows from."""

    unit: str = Field(description="code of the management unit")
    name: str
    source_kind: SourceKind
    state: Kind
    since: str = Field(description="day on which the state began")
    grounds: list[Ground] = Field(description="what suspends new groundwater; empty: nothing does")
    waits: list[Ground] = Field(description="of these, what no figure asks for any more and may be released")
    figures_of: str | None = Field(description="day of the figures and reasons; null: none were written")
    control_m3: Volume
    permitted_m3: Volume
    pumped_m3: Volume
    reasons: list[str] = Field(description="every check in a sentence, with its figures and article")


@router.get("/units/states", response={200: ListOf[UnitStateOut], **REFUSALS})
@allowed(Right.QUOTA_VIEW)
def unit_states(request: Any, on: date | None = None) -> Any:
    """States of the units that touch the caller's territory: today's (without `on`) as the figures are now, those of a past day as they
    were written then."""
    visible, today = units.touching(territory(request)), timezone.localdate()
    if on is None or on >= today:
        return {
            "items": [
                _state(s.unit, s.source, s.state.kind, s.since, s.state.grounds, s.state.waits, today, s.totals, s.state.because)
                for s in units.standings(queries.county(), today)
                if s.unit.pk in visible
            ]
        }  # fmt: skip
    return {
        "items": [
            _state(
                row.unit, row.source_kind, row.kind, row.valid_from, row.grounds, row.waits, day.day if day else None, day,
                checks_of(day.reason if day else []),
            )
            for row, day in units.past(on, visible)
        ]
    }  # fmt: skip


def _state(
    unit: ManagementUnit, source: str, kind: str, since: date, grounds: Any, waits: Any, of: date | None, figures: Any,
    checks: Any,
) -> dict[str, Any]:  # fmt: skip
    known = law()
    found: list[Check] = list(checks)
    return {
        "unit": unit.code, "name": unit.name, "source_kind": source, "state": kind, "since": since.isoformat(),
        "grounds": sorted(grounds), "waits": sorted(waits), "figures_of": of.isoformat() if of else None,
        **{name: text(getattr(figures, name, None)) for name in units.FIGURES},
        "reasons": [sentence(check, known) for check in found],
    }  # fmt: skip


Measure = Literal["m3", "m3_per_10k_yuan", "percent", "ratio"]


class IndicatorOut(Schema):
    """A control indicator of a place, of all sources and uses or of one; target and actual figure in its measure."""

    kind: IndicatorKind
    source_kind: SourceKind | None
    sector: Sector | None
    division: str | None = Field(description="code of the county or town")
    unit: str | None = Field(description="code of the management unit")
    label: str
    measure: Measure
    at_least: bool = Field(description="true: more is better; false: the target is a limit")
    target: str | None
    target_source: str
    actual: str | None = Field(description="volumes: the account, of a year that runs so far; null: not known")
    actual_source: str
    met: bool | None = Field(description="null: not known, or open until the year is over")
    doubt: str


@router.get("/indicators", response={200: ListOf[IndicatorOut], **REFUSALS})
@allowed(Right.QUOTA_VIEW)
def indicators(request: Any, year: Year) -> Any:
    """Control indicators of a year against their targets, of places that the caller may see."""
    found = indicator_queries.standings(territory(request), year, timezone.localdate())
    return {
        "items": [
            {
                "kind": s.kind,
                "source_kind": s.source_kind or None,
                "sector": s.sector or None,
                "division": s.place.code if isinstance(s.place, Division) else None,
                "unit": s.place.code if isinstance(s.place, ManagementUnit) else None,
                "label": s.what,
                "measure": _measure(s.kind),
                "at_least": s.at_least,
                "target": _in_measure(s.kind, s.target),
                "target_source": s.target_source,
                "actual": _in_measure(s.kind, s.actual),
                "actual_source": s.actual_source,
                "met": s.met,
                "doubt": s.doubt,
            }
            for s in found
        ]
    }


def _measure(kind: str) -> Measure:
    if kind in SOURCES:
        return "m3"
    if kind in indicator_queries.YUAN:
        return "m3_per_10k_yuan"
    return "percent" if kind in indicator_queries.PERCENT else "ratio"


def _in_measure(kind: str, value: Decimal | None) -> str | None:
    """Volumes to the litre, other figures, which are quotients, to four places."""
    return _figure(value) if kind in SOURCES else None if value is None else text(round(value, 4))
