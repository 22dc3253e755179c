"""What a node may be split into, by which figures, and what that proposes."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from liangshui.accounting import queries as accounts
from liangshui.core.access import Territory
from liangshui.core.errors import Invalid
from liangshui.core.periods import plan_year
from liangshui.core.quantities import shown
from liangshui.quota.queries import AXES, Names, allotted, filters
from liangshui.quota.rules.closing import Node
from liangshui.quota.rules.split import area_need_m3, by_need, population_need_m3, split
from liangshui.registry.codes import GROUNDWATER, DivisionLevel, IntakeStatus, Sector
from liangshui.registry.models import Division, Intake, IrrigatedArea, ManagementUnit
from liangshui.registry.queries import TOWN_LEVELS


class Basis(models.TextChoices):
    """By what an allotment is split."""

    LAST_YEAR = "last_year", gettext_lazy("use of the year before")
    AREA = "area", gettext_lazy("irrigated area × quota")
    POPULATION = "population", gettext_lazy("population × quota")
    HAND = "hand", pgettext_lazy("share", "by hand")


@dataclass(frozen=True)
class Part:
    """One part: its figure by the basis (m³ of use, mu, persons), what is proposed for it and what it has now, m³."""

    node: Node
    key: Any
    name: str
    figure: Decimal | None
    proposed_m3: Decimal | None
    now_m3: Decimal
    words: str


@dataclass(frozen=True)
class Plan:
    """A node with its parts along one axis. Parts whose figure is not known keep what they have and get no proposal.

    `enough`: by need, the total reached for all and the rest stays in reserve.
    """

    node: Node
    label: str
    source_kind: str
    axis: str
    basis: str
    allotted_m3: Decimal
    parts: tuple[Part, ...]
    problem: str = ""
    enough: bool = False
    warning: str = ""

    @property
    def proposed_m3(self) -> Decimal:
        return sum((part.proposed_m3 or Decimal(0) for part in self.parts), Decimal(0))


def axes_of(node: Node, source_kind: str) -> list[str]:
    """Along which axes a node can be split: villages and wells belong to a user, units to groundwater only."""
    if node.intake:
        return []
    if node.user:
        return ["intake"] if node.village else ["village", "intake"]
    free = [axis for axis, part in zip(AXES[:4], node[:4], strict=True) if part is None]
    return [axis for axis in free if axis != "unit" or source_kind in GROUNDWATER]


def plan(
    county: Division,
    year: int,
    source_kind: str,
    node: Node,
    axis: str,
    basis: str,
    *,
    norm: Decimal = Decimal(0),
    norm_document: str = "",
    keep_m3: Decimal = Decimal(0),
    step_m3: Decimal = Decimal(1),
    persons: Mapping[Any, Decimal] | None = None,
) -> Plan:
    """The parts of a node along an axis with what a basis proposes for each.

    Args:
        norm: m³ per mu and year for areas, litres per person and day for population.
        keep_m3: what the node keeps in reserve.
        persons: population by part.

    Raises:
        Invalid: the node has nothing, cannot be split along this axis, or keeps more than it has.
    """
    ledger = allotted(county, year, source_kind)
    if node not in ledger:
        raise Invalid(_("Nothing is allotted to this node. Allot it something first."), field="node")
    if axis not in axes_of(node, source_kind):
        raise Invalid(_("This node cannot be split that way."), field="along")
    if keep_m3 > ledger[node]:
        raise Invalid(_("More would be kept in reserve than is allotted."), field="keep")
    names = Names()
    now = {getattr(n, axis): m3 for n, m3 in ledger.items() if n == node._replace(**{axis: getattr(n, axis)}) != node}
    keys = [*dict.fromkeys([*_candidates(county, source_kind, node, axis), *now])]
    figures = _figures(county, year, source_kind, node, axis, basis, keys, persons or {})
    told = [key for key in keys if key in figures]
    untold = sum((now.get(key, Decimal(0)) for key in keys if key not in figures), Decimal(0))
    days, total = plan_year(year).length, max(ledger[node] - keep_m3 - untold, Decimal(0))
    weights = [figures[key] for key in told]
    shares: list[Decimal] | None = None
    problem = ""
    try:
        if basis == Basis.LAST_YEAR:
            shares = split(total, weights, step_m3)
        elif basis == Basis.AREA:
            shares = by_need(total, [area_need_m3(weight, norm) for weight in weights], step_m3)
        elif basis == Basis.POPULATION and persons:
            shares = by_need(total, [population_need_m3(weight, norm, days) for weight in weights], step_m3)
    except ValueError:
        problem = str(NOTHING[Basis(basis)])
    if basis == Basis.LAST_YEAR and (why := accounts.uncovered(year - 1)):
        problem = _("The use of %(year)s is not known as a whole: %(why)s. Choose another basis.") % {
            "year": year - 1,
            "why": why,
        }
    proposed = dict(zip(told, shares or (), strict=shares is not None))
    words = {
        Basis.LAST_YEAR: lambda n: _("use of %(year)s: %(m3)s m³") % {"year": year - 1, "m3": shown(n)},
        Basis.AREA: lambda n: (
            _("%(area)s mu × %(norm)s m³/mu (%(document)s)")
            % {"area": shown(n, 2), "norm": _plain(norm), "document": norm_document}
        ),
        Basis.POPULATION: lambda n: (
            _("%(persons)s persons × %(norm)s L a day (%(document)s)")
            % {"persons": shown(n), "norm": _plain(norm), "document": norm_document}
        ),
    }
    parts = [
        Part(
            node._replace(**{axis: key}),
            key,
            names.part(axis, key),
            figures.get(key),
            proposed.get(key),
            now.get(key, Decimal(0)),
            words[Basis(basis)](figures[key]) if key in figures else "",
        )
        for key in keys
    ]
    enough = basis in (Basis.AREA, Basis.POPULATION) and shares is not None and sum(shares) < total
    warning = ""
    if basis == Basis.AREA and node.sector != Sector.AGRICULTURE:
        warning = _(
            "Irrigated area tells the need of agriculture only, but this node is for more uses than that. Split it among uses first, or "
            "add by hand what the others need."
        )
    return Plan(node, names.label(node), source_kind, axis, basis, ledger[node], tuple(parts), problem, enough, warning)


NOTHING = {
    Basis.LAST_YEAR: gettext_lazy("Nothing is known of the use of the year before for any part. Choose another basis."),
    Basis.AREA: gettext_lazy(
        "No irrigated area is recorded for any part. Record it in the ledger, or choose another basis."
    ),
    Basis.POPULATION: gettext_lazy("The population of at least one part must be above zero."),
}
"""Why a basis proposes nothing, and what to do."""


def _plain(value: Decimal) -> str:
    return f"{value.normalize():f}"


def intakes_of(source_kind: str, node: Node) -> Any:
    """The intakes of a node that take water of a source and are not sealed, with those that a user has a share of."""
    rows = Intake.objects.filter(source__kind=source_kind).exclude(status=IntakeStatus.SEALED)
    if node.unit:
        rows = rows.filter(management_unit=node.unit)
    if node.town:
        path = Division.objects.values_list("path", flat=True).get(pk=node.town)
        rows = rows.filter(division__path__startswith=path)
    if node.sector:
        rows = rows.filter(sector=node.sector)
    if node.village:
        rows = rows.filter(division=node.village)
    if node.user:
        rows = rows.filter(Q(project__user=node.user) | Q(shares__user=node.user, shares__valid_to=None))
    return rows.order_by("code").distinct()


def _candidates(county: Division, source_kind: str, node: Node, axis: str) -> list[Any]:
    if axis == "unit":
        return list(ManagementUnit.objects.filter(division=county).values_list("pk", flat=True))
    if axis == "town":
        towns = Division.objects.filter(path__startswith=county.path, level__in=TOWN_LEVELS)
        return list(towns.values_list("pk", flat=True))
    if axis == "sector":
        return [str(sector) for sector in Sector.values]
    rows = intakes_of(source_kind, node)
    if axis == "user":
        held = rows.order_by("project__user__code").values_list("project__user_id", flat=True)
        shared = rows.filter(shares__valid_to=None, shares__isnull=False).order_by("shares__user__code")
        return [*dict.fromkeys([*held, *shared.values_list("shares__user_id", flat=True)])]
    if axis == "village":
        villages = rows.filter(division__level=DivisionLevel.VILLAGE).order_by("division__path")
        return [*dict.fromkeys(villages.values_list("division_id", flat=True))]
    return list(rows.values_list("pk", flat=True))


def _figures(
    county: Division,
    year: int,
    source_kind: str,
    node: Node,
    axis: str,
    basis: str,
    keys: Iterable[Any],
    persons: Mapping[Any, Decimal],
) -> dict[Any, Decimal]:
    """Figures by part; a part whose figure is not known is left out. A part that had no intake in the year before used nothing."""
    if basis == Basis.LAST_YEAR:
        if accounts.uncovered(year - 1):
            return {}
        here = Territory(paths=frozenset({county.path}))
        rows = accounts.account(here, plan_year(year - 1), axis, {**filters(node), "source_kind": source_kind})
        used = {row.key: row.abstraction_m3 for row in rows if row.intakes or row.abstraction_m3}
        found = {key: used.get(key, Decimal(0)) for key in keys} if used else {}
        return {key: volume for key, volume in found.items() if volume is not None}
    if basis == Basis.AREA:
        return _areas(year, source_kind, node, axis)
    return dict(persons) if basis == Basis.POPULATION else {}


def _areas(year: int, source_kind: str, node: Node, axis: str) -> dict[Any, Decimal]:
    """Irrigated area by part, mu: of the year, else the baseline. Areas of wells count where the well lies; a user’s own figure
    counts where no well of the user has one, and only to a part that all its wells of the node share."""
    columns = {"unit": "management_unit_id", "sector": "sector", "village": "division_id", "intake": "pk"}
    town_of = {
        pk: parent if level == DivisionLevel.VILLAGE else pk
        for pk, parent, level in Division.objects.values_list("pk", "parent_id", "level")
    }
    part_of: dict[int, Any] = {}
    wells: dict[int, list[int]] = defaultdict(list)
    for well in intakes_of(source_kind, node).select_related("project"):
        user = node.user or well.project.user_id
        wells[user].append(well.pk)
        if axis == "user":
            part_of[well.pk] = user
        elif axis == "town":
            part_of[well.pk] = town_of[well.division_id]
        else:
            part_of[well.pk] = getattr(well, columns[axis])
    rows = IrrigatedArea.objects.filter(user__in=wells).filter(Q(year=year, is_baseline=False) | Q(is_baseline=True))
    best: dict[tuple[int, int | None], Decimal] = {}
    for row in rows.order_by("-is_baseline", "year"):  # what is of the year comes last and stays
        best[row.user_id, row.intake_id] = row.area_mu
    by_well = {user for user, well in best if well in part_of}
    found: dict[Any, Decimal] = defaultdict(Decimal)
    for (user, well), area in best.items():
        if well in part_of:
            found[part_of[well]] += area
        elif well is None and user not in by_well:
            places = {part_of[pk] for pk in wells[user]}
            if len(places) == 1:
                found[places.pop()] += area
    return {part: area for part, area in found.items() if part is not None}
