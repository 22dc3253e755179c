"""Reads that more than one page needs. Those that lie somewhere take the reader's territory and are narrowed by it."""

from typing import Any, TypeVar

from django.db.models import Model, Prefetch, Q, QuerySet
from django.utils.translation import gettext as _

from liangshui.core.access import Territory
from liangshui.core.errors import NotFound
from liangshui.records.installation import installation
from liangshui.records.models import FigureState, TerritoryQuerySet
from liangshui.registry.codes import DivisionLevel, IntakeStatus
from liangshui.registry.models import (
    Division,
    Intake,
    IrrigationNode,
    ManagementUnit,
    MeterInstallation,
    Project,
    Source,
    SupplyLink,
    WaterUser,
    ZoneProposal,
)

M = TypeVar("M", bound=Model)
TOWN_LEVELS = (DivisionLevel.TOWN, DivisionLevel.AREA)


def one(rows: Any, pk: int) -> Any:
    """The row with this id among those that the reader may see.

    Raises:
        NotFound: there is none, or it lies outside the reader's territory (the two are told alike).
    """
    found = rows.filter(pk=pk).first()
    if found is None:
        raise NotFound(_("There is no such record, or it is outside your area."))
    return found


def intakes(territory: Territory) -> TerritoryQuerySet:
    """Intakes with what a list shows of them."""
    return Intake.objects.within(territory).select_related(
        "project__user", "division__parent", "management_unit", "source"
    )


def with_meters(rows: TerritoryQuerySet) -> TerritoryQuerySet:
    """The same intakes, each with its present meter in `open_meters`."""
    present = MeterInstallation.objects.filter(removed_at=None).select_related("meter")
    return rows.prefetch_related(Prefetch("meter_installations", present, to_attr="open_meters"))


def intake_or_404(territory: Territory, pk: int) -> Intake:
    return one(intakes(territory), pk)


def users(territory: Territory) -> TerritoryQuerySet:
    return WaterUser.objects.within(territory).select_related("division__parent")


def user_or_404(territory: Territory, pk: int) -> WaterUser:
    return one(users(territory), pk)


def projects(territory: Territory) -> TerritoryQuerySet:
    return Project.objects.within(territory).select_related("user", "division__parent")


def project_or_404(territory: Territory, pk: int) -> Project:
    return one(projects(territory), pk)


def nodes(territory: Territory) -> TerritoryQuerySet:
    return IrrigationNode.objects.within(territory).select_related("parent", "user", "division__parent")


def supply_links(territory: Territory) -> Any:
    """Links of which the reader may see either end."""
    rows = SupplyLink.objects.select_related("supplier", "customer", "source")
    if territory.everywhere:
        return rows
    ends = Q(pk__in=[])
    for end in ("supplier", "customer"):
        ends |= Q(**{f"{end}__in": territory.users})
        for path in territory.paths:
            ends |= Q(**{f"{end}__division__path__startswith": path})
    return rows.filter(ends)


def divisions(territory: Territory) -> TerritoryQuerySet:
    return Division.objects.within(territory).select_related("parent")


def towns(territory: Territory) -> list[Division]:
    """Towns and functional areas, in the order of their codes; for a reader within one village, its town."""
    rows = list(Division.objects.within(territory).filter(level__in=TOWN_LEVELS))
    if rows or not territory.paths:
        return rows
    above = {path.split("/")[-3] for path in territory.paths if path.count("/") > 4}
    return list(Division.objects.filter(level__in=TOWN_LEVELS, code__in=above))


def units() -> Any:
    """All management units: they are published, so everybody who may see the ledger may see them."""
    return ManagementUnit.objects.select_related("division")


def sources() -> Any:
    """All sources, likewise."""
    return Source.objects.all()


def town_of(division: Division) -> Division:
    """The town in which a division lies: itself, or its parent if it is a village. Takes no query if the parent is loaded."""
    return division.parent if division.level == DivisionLevel.VILLAGE and division.parent else division


def county() -> Division | None:
    """The county of this installation."""
    found = installation()
    return Division.objects.filter(code=found.county_code).first() if found else None


def own_county() -> Division:
    """The county of this installation. Raises NotFound before it is set up."""
    found = county()
    if found is None:
        raise NotFound(_("This installation has no county yet."))
    return found


def county_path() -> str:
    """Where records of the whole county lie: its path, or "" (only within everywhere) before it is set up."""
    found = county()
    return found.path if found else ""


def zone_proposals() -> QuerySet[ZoneProposal]:
    """Proposed control zones; whoever sees the ledger of the county may see them, and their rooms decide who that is."""
    return ZoneProposal.objects.select_related("entered_by", "decided_by")


def zones_waiting(without: int | None = None) -> QuerySet[ZoneProposal]:
    """Those that wait for a second officer, and not those that a person entered."""
    found = zone_proposals().filter(state=FigureState.PROPOSED)
    return found if without is None else found.exclude(entered_by=without)


def state_counts(territory: Territory) -> dict[str, int]:
    """How many intakes there are in each state."""
    from django.db.models import Count

    rows = Intake.objects.within(territory).order_by().values_list("status").annotate(n=Count("pk"))
    found = dict(rows)
    return {status: found.get(status, 0) for status in IntakeStatus.values}
