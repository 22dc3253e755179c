"""Reads of the supervision of metering, narrowed to the reader's territory."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Count, Exists, OuterRef, QuerySet, Subquery, Sum

from liangshui.core.access import Territory
from liangshui.metering.codes import FaultState, FindingState
from liangshui.metering.models import Demand, Fault, Finding, StationDay
from liangshui.metering.rules.health import percent
from liangshui.registry.codes import DivisionLevel
from liangshui.registry.models import Division
from liangshui.telemetry.queries import stations


@dataclass(frozen=True, slots=True)
class Rates:
    """到报率、及时率、完整率 of some stations and days, percent; None where nothing was expected."""

    arrived: float | None
    timely: float | None
    whole: float | None
    expected: int
    came: int


def _rates(row: dict[str, Any]) -> Rates:
    expected, came = row["wanted"] or 0, row["got"] or 0
    values, empty = row["told"] or 0, row["empty_values"] or 0
    return Rates(
        percent(came, expected),
        percent(row["prompt"] or 0, expected),
        percent(round((values - empty) / values * came) if values else 0, expected),
        expected,
        came,
    )


SUMS = {
    "wanted": Sum("expected"), "got": Sum("reports"), "prompt": Sum("timely"), "told": Sum("values"),
    "empty_values": Sum("empty"),
}  # fmt: skip


def days(territory: Territory) -> QuerySet[StationDay]:
    """Days of stations that the reader may see."""
    return StationDay.objects.filter(station__in=stations(territory))


def rates(rows: QuerySet[StationDay]) -> Rates:
    """Of all rows together."""
    return _rates(rows.aggregate(**SUMS))


def rates_by_day(rows: QuerySet[StationDay]) -> list[tuple[date, Rates]]:
    return [(row["day"], _rates(row)) for row in rows.order_by("day").values("day").annotate(**SUMS)]


def rates_by_station(rows: QuerySet[StationDay]) -> dict[int, Rates]:
    return {row["station"]: _rates(row) for row in rows.order_by().values("station").annotate(**SUMS)}


def rates_by_town(rows: QuerySet[StationDay]) -> list[tuple[str, str, Rates, int]]:
    """Code, name, rates and stations of each town, the worst first."""
    by_path: dict[str, dict[str, Any]] = {}
    towns = {town.path: town for town in Division.objects.filter(level__in=[DivisionLevel.TOWN, DivisionLevel.AREA])}
    places: Any = rows.order_by().values("station__division__path")
    for row in places.annotate(stations=Count("station", distinct=True), **SUMS):
        path = next((p for p in towns if row["station__division__path"].startswith(p)), "")
        total = by_path.setdefault(path, dict.fromkeys((*SUMS, "stations"), 0))
        for name in total:
            total[name] += row[name] or 0
    found = [
        (towns[path].code if path else "", towns[path].name if path else "—", _rates(total), total["stations"])
        for path, total in by_path.items()
    ]
    return sorted(found, key=lambda each: each[2].arrived if each[2].arrived is not None else 101)


def faults(territory: Territory) -> QuerySet[Fault]:
    return Fault.objects.filter(station__in=stations(territory)).select_related(
        "station__division__parent", "sent_by", "confirmed_by"
    )


def open_faults(territory: Territory) -> QuerySet[Fault]:
    return faults(territory).exclude(state=FaultState.CONFIRMED)


def findings(territory: Territory) -> QuerySet[Finding]:
    """Findings about intakes that lie in the territory; a water user sees none about its own."""
    return Finding.objects.within(territory).select_related(
        "intake__division__parent", "intake__project__user", "decided_by"
    )


def open_findings(territory: Territory) -> QuerySet[Finding]:
    return findings(territory).filter(state=FindingState.OPEN)


def demands(territory: Territory) -> QuerySet[Demand]:
    return Demand.objects.within(territory).select_related("intake__division__parent", "entered_by")


def with_faults(rows: Any) -> Any:
    """Stations with `faults_open`."""
    mine = Fault.objects.filter(station=OuterRef("pk")).exclude(state=FaultState.CONFIRMED)
    count = mine.order_by().values("station").annotate(n=Count("pk")).values("n")
    return rows.annotate(faults_open=Subquery(count), has_fault=Exists(mine))


def by_kind(rows: Any) -> list[tuple[str, int]]:
    """How many of each kind, most first."""
    found = rows.order_by().values_list("kind").annotate(n=Count("pk")).order_by("-n")
    return list(found)
