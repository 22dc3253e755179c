"""Control indicators with their targets and actual figures. Volumes come from the account and the ledger of allotments."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from liangshui.accounting import queries as accounts
from liangshui.core.access import Territory
from liangshui.core.periods import Period, plan_year
from liangshui.core.quantities import M3_PER_WAN, shown
from liangshui.quota.models import AT_LEAST, LEDGER_TARGETS, SOURCES, AllotmentEntry, Indicator, IndicatorKind
from liangshui.quota.queries import allotted, county
from liangshui.quota.rules.closing import Node
from liangshui.quota.rules.efficiency import fall_pct, irrigation_coefficient, met, use_per_10k_yuan
from liangshui.registry.codes import DivisionLevel, Sector, SourceKind
from liangshui.registry.models import Division, ManagementUnit
from liangshui.registry.queries import TOWN_LEVELS

PERCENT = frozenset({IndicatorKind.GDP_FALL, IndicatorKind.INDUSTRY_FALL, IndicatorKind.ZONES})
YUAN = frozenset({IndicatorKind.PER_GDP, IndicatorKind.PER_INDUSTRY})
OF_INDUSTRY = frozenset({IndicatorKind.PER_INDUSTRY, IndicatorKind.INDUSTRY_FALL})

Place = Division | ManagementUnit


def measure(kind: str) -> str:
    """In which measure a kind is shown and typed."""
    if kind in SOURCES:
        return _("10⁴ m³")
    if kind in YUAN:
        return _("m³ per 10⁴ yuan")
    return "%" if kind in PERCENT else ""


def written(kind: str, value: Decimal | None) -> str:
    """A figure of a kind in its measure, without it; empty: there is none."""
    if value is None:
        return ""
    if kind in SOURCES:
        return shown(value / M3_PER_WAN, 2)
    return shown(value, 3 if kind == IndicatorKind.IRRIGATION else 2)


@dataclass(frozen=True)
class Standing:
    """An indicator of a place: target, actual, whether met (None: not known), and where each figure comes from."""

    kind: IndicatorKind
    place: Place
    indicator: Indicator | None
    target: Decimal | None
    target_source: str
    actual: Decimal | None
    actual_source: str
    met: bool | None
    doubt: str = ""

    @property
    def open(self) -> bool:
        """Whether target and figure are known, but the year may still change the answer."""
        return self.met is None and self.target is not None and self.actual is not None

    @property
    def at_least(self) -> bool:
        return self.kind in AT_LEAST

    @property
    def measure(self) -> str:
        return measure(self.kind)

    @property
    def target_written(self) -> str:
        return f"{'≥' if self.at_least else '≤'} {written(self.kind, self.target)}" if self.target is not None else ""

    @property
    def actual_written(self) -> str:
        return written(self.kind, self.actual)


def node_of(place: Place) -> Node:
    """The node of the ledger of allotments that a place is."""
    if isinstance(place, ManagementUnit):
        return Node(unit=place.pk)
    return Node() if place.level == DivisionLevel.COUNTY else Node(town=place.pk)


def ledger_target(place: Place, year: int, kind: str) -> Decimal | None:
    """What the ledger has allotted to a place of the sources of a kind, m³; None: to none of them."""
    return _Ledger(year).target(node_of(place), kind)


class _Ledger:
    """Allotments of a year by source kind."""

    def __init__(self, year: int) -> None:
        self._year, self._county = year, county()
        self._nodes = {kind: allotted(self._county, year, kind) for kind in SourceKind.values}

    def nodes(self) -> set[Node]:
        return {node for nodes in self._nodes.values() for node in nodes}

    def target(self, node: Node, kind: str) -> Decimal | None:
        if kind not in LEDGER_TARGETS:
            return None
        known = [self._nodes[source][node] for source in SOURCES[IndicatorKind(kind)] if node in self._nodes[source]]
        return sum(known, Decimal(0)) if known else None

    def words(self, node: Node, kind: str) -> str:
        """Of which sources, by which documents."""
        sources = [s for s in SourceKind if s in SOURCES[IndicatorKind(kind)] and node in self._nodes[s]]
        parts = [_("ledger of allotments")]
        if kind == IndicatorKind.TOTAL:
            parts.append(", ".join(str(source.label) for source in sources))
        documents = [each for source in sources for each in self._documents.get((source.value, node), ())]
        return " · ".join([*parts, *dict.fromkeys(documents)])

    @cached_property
    def _documents(self) -> dict[tuple[str, Node], list[str]]:
        found: dict[tuple[str, Node], list[str]] = defaultdict(list)
        rows = AllotmentEntry.objects.filter(county=self._county, year=self._year, sector="", user=None)
        for row in rows.exclude(document="").select_related("proposal").order_by("pk"):
            number = row.proposal.document_number if row.proposal else ""
            found[row.source_kind, row.node].append(" ".join(filter(None, (row.document, number))))
        return found


class _Account:
    """Abstraction of the year so far by source kind, unit, town and use, from the one account; None: nothing is known."""

    def __init__(self, territory: Territory, period: Period) -> None:
        self.uncovered = accounts.uncovered(period.start.year) if period.start <= timezone.localdate() else ""
        self._cells = accounts.abstraction_cells(territory, period, ("source_kind", "unit", "town", "sector"))
        self._without: dict[tuple[str, Node, str], int] = defaultdict(int)
        for well in accounts.unmeasured(territory, period):
            town = well.division.parent_id if well.division.level == DivisionLevel.VILLAGE else well.division_id
            for node in (Node(), Node(unit=well.management_unit_id), Node(town=town)):
                for sector in ("", well.sector):
                    self._without[well.source.kind, node, sector] += 1

    def volume(self, node: Node, sources: Iterable[str], sector: str = "") -> Decimal | None:
        kinds = frozenset(sources)
        found = [
            volume
            for (kind, unit, town, use), volume in self._cells.items()
            if kind in kinds and node.unit in (None, unit) and node.town in (None, town) and sector in ("", use)
        ]
        return accounts.together(found) if found or not self._cells else Decimal(0)

    def without(self, node: Node, sources: Iterable[str], sector: str = "") -> int:
        """How many intakes have no volume at all."""
        return sum(self._without.get((kind, node, sector), 0) for kind in sources)


def current(territory: Territory) -> QuerySet[Indicator]:
    """Indicators that the reader may see; those of units by readers of the whole county, since units lie across towns."""
    seen = Q(pk__in=Indicator.objects.within(territory))
    if territory.holds_path(county().path):
        seen |= Q(unit__isnull=False)
    return Indicator.objects.filter(seen).select_related("division", "unit__division", "entered_by", "ended_by")


def standings(territory: Territory, year: int, today: date) -> list[Standing]:
    """All indicators of a year, the county first, then units, then towns: those entered, and volumes that the ledger limits."""
    period = plan_year(year)
    final = today > period.last
    so_far = period if final or today < period.start else Period.inclusive(period.start, today)
    ledger, used = _Ledger(year), _Account(territory, so_far)
    rows = {(node_of(row.place), row.kind): row for row in current(territory).filter(year=year, ended_at=None)}
    asked = {*rows}
    for node in ledger.nodes():
        for kind in LEDGER_TARGETS:
            if ledger.target(node, kind) is not None and (node.unit is None or kind == IndicatorKind.GROUNDWATER):
                asked.add((node, kind))
    found = []
    for place in places(territory):
        node = node_of(place)
        for kind in IndicatorKind:
            if (node, kind) in asked:
                found.append(_standing(kind, place, rows.get((node, kind)), ledger, used, final))
    return found


def places(territory: Territory) -> list[Place]:
    """Places that have indicators, as far as the reader may see them."""
    here = county()
    towns = Division.objects.within(territory).filter(path__startswith=here.path, level__in=TOWN_LEVELS)
    if not territory.holds_path(here.path):
        return [*towns]
    return [here, *ManagementUnit.objects.filter(division=here).select_related("division"), *towns]


def _standing(
    kind: IndicatorKind, place: Place, row: Indicator | None, ledger: _Ledger, used: _Account, final: bool
) -> Standing:
    node = node_of(place)
    target = ledger.target(node, kind)
    if target is not None:
        target_source = ledger.words(node, kind)
    else:
        target = row.target if row else None
        target_source = " · ".join(filter(None, (row.document, row.document_number))) if row else ""
    doubt, closed = "", final
    if kind in SOURCES:
        sources = SOURCES[kind]
        actual, source = (
            used.volume(node, sources),
            _("account: abstraction") if final else _("account: abstraction so far"),
        )
        doubt = _without(used.without(node, sources))
        if used.uncovered:
            closed, doubt = False, used.uncovered
    else:
        closed = True
        actual, source, doubt = _typed(kind, node, row, used, final)
    answer = met(target, actual, at_least=kind in AT_LEAST, final=closed)
    if kind in SOURCES and used.uncovered and answer is None:
        actual = None
    return Standing(kind, place, row, target, target_source, actual, source, answer, doubt)


def _without(intakes: int) -> str:
    return _("%(n)s intakes have no volume") % {"n": intakes} if intakes else ""


def _typed(
    kind: IndicatorKind, node: Node, row: Indicator | None, used: _Account, final: bool
) -> tuple[Decimal | None, str, str]:
    """The actual figure of an efficiency kind, where it comes from, and what is doubtful."""
    if row is None:
        return None, "", ""
    if row.actual is not None or kind == IndicatorKind.ZONES:
        return row.actual, row.actual_source, ""
    if kind == IndicatorKind.IRRIGATION:
        pair: Any = (row.net_m3, row.gross_m3)
        return (None if None in pair else irrigation_coefficient([pair])), row.actual_source, ""
    if row.amount_10k_yuan is None:
        return None, "", ""
    sector = Sector.INDUSTRY if kind in OF_INDUSTRY else ""
    volume = None if used.uncovered else used.volume(node, SourceKind.values, sector)
    source = _("account: abstraction") + (f" ({Sector.INDUSTRY.label})" if sector else "") + f" ÷ {row.actual_source}"
    if not final or volume is None:
        reason = used.uncovered or _("the account knows nothing of it")
        return None, source, reason if final else _("the year is not over")
    now = use_per_10k_yuan(volume, row.amount_10k_yuan)
    doubt = _without(used.without(node, SourceKind.values, sector))
    if kind in YUAN:
        return now, source, doubt
    assert row.base_m3_per_10k_yuan is not None
    return fall_pct(row.base_m3_per_10k_yuan, now), f"{source} · {row.base_year}", doubt


def trail(row: Indicator) -> QuerySet[Indicator]:
    """The rows of the same indicator, the newest first."""
    same = Indicator.objects.filter(year=row.year, kind=row.kind, division=row.division, unit=row.unit)
    return same.select_related("entered_by", "ended_by").order_by("-pk")
