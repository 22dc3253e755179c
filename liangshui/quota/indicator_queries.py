"""Control indicators with their targets and actual figures. Volumes come from the account and the ledger of allotments."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property
from itertools import product
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from liangshui.accounting import queries as accounts
from liangshui.core.access import Territory
from liangshui.core.periods import Period, plan_year
from liangshui.core.quantities import M3_PER_WAN, shown
from liangshui.quota.models import (
    AT_LEAST,
    LEDGER_TARGETS,
    SINGLE,
    SOURCES,
    AllotmentEntry,
    Indicator,
    IndicatorKind,
    named,
)
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
    source_kind: str
    sector: str
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
    def what(self) -> str:
        return named(self.kind, self.source_kind, self.sector)

    @property
    def measure(self) -> str:
        return measure(self.kind)

    @property
    def target_written(self) -> str:
        return f"{'≥' if self.at_least else '≤'} {written(self.kind, self.target)}" if self.target is not None else ""

    @property
    def actual_written(self) -> str:
        return written(self.kind, self.actual)


def node_of(place: Place, sector: str = "") -> Node:
    """The node of the ledger of allotments that a place is, or a use in it."""
    if isinstance(place, ManagementUnit):
        return Node(unit=place.pk, sector=sector or None)
    return Node(town=None if place.level == DivisionLevel.COUNTY else place.pk, sector=sector or None)


def sources_of(kind: str, source_kind: str) -> frozenset[str]:
    """Whose volumes an indicator adds up."""
    return frozenset({source_kind}) if source_kind else SOURCES[IndicatorKind(kind)]


def ledger_target(node: Node, year: int, kind: str, source_kind: str) -> Decimal | None:
    """What the ledger has allotted to a node of the sources of an indicator, m³; None: nothing of any of them."""
    return _Ledger(year).target(node, kind, source_kind)


class _Ledger:
    """Allotments of a year by source kind."""

    def __init__(self, year: int) -> None:
        self._year, self._county = year, county()
        self._nodes = {kind: allotted(self._county, year, kind) for kind in SourceKind.values}
        self._onto: dict[tuple[str, tuple[bool, ...]], set[Node]] = {}

    def target(self, node: Node, kind: str, source_kind: str = "") -> Decimal | None:
        if kind not in LEDGER_TARGETS:
            return None
        known = [self._nodes[source][node] for source in self._known(node, kind, source_kind)]
        return sum(known, Decimal(0)) if known else None

    def told(self) -> set[tuple[Node, IndicatorKind, str]]:
        """Indicators that the ledger sets: of places their volumes, where it has several sources of one kind each of them, of uses
        the total; of units, which are of groundwater, only that."""
        found = set()
        for node in {node for nodes in self._nodes.values() for node in nodes}:
            kinds = {IndicatorKind.TOTAL} if node.sector else LEDGER_TARGETS
            for kind in {IndicatorKind.GROUNDWATER} if node.unit else kinds:
                known = self._known(node, kind, "")
                if not known:
                    continue
                found.add((node, kind, ""))
                if kind in SINGLE and len(known) > 1 and not node.sector:
                    found |= {(node, kind, source.value) for source in known}
        return found

    def _known(self, node: Node, kind: str, source_kind: str) -> list[SourceKind]:
        """Sources of an indicator that are allotted to its node; none, where of a use only some of those that its place has are: what is
        allotted of some is no limit for all."""
        wanted = sources_of(kind, source_kind)
        known = [source for source in SourceKind if source in wanted and node in self._nodes[source]]
        if not node.sector:
            return known
        place = node._replace(sector=None)
        there = [s for s in SourceKind if s in wanted and self._holds(place, s)]
        return known if known == there else []

    def _holds(self, place: Node, source: str) -> bool:
        """Whether anything of a source is allotted within a place."""
        key = (source, place.axes)
        if key not in self._onto:
            self._onto[key] = {other.onto(place.axes) for other in self._nodes[source]}
        return place in self._onto[key]

    def beyond(self, node: Node, kind: str, source_kind: str, used: "_Account") -> list[SourceKind]:
        """Sources of an indicator of which something was taken and nothing is allotted to its node: no limit holds for them."""
        known = self._known(node, kind, source_kind)
        return [
            s for s in SourceKind if s in sources_of(kind, source_kind) and s not in known and used.volume(node, [s])
        ]

    def words(self, node: Node, kind: str, source_kind: str) -> str:
        """Of which sources, by which documents."""
        sources = self._known(node, kind, source_kind)
        parts = [_("ledger of allotments")]
        if kind == IndicatorKind.TOTAL:
            parts.append(_(", ").join(str(source.label) for source in sources))
        documents = [each for source in sources for each in self._documents.get((source.value, node), ())]
        return " · ".join([*parts, *dict.fromkeys(documents)])

    @cached_property
    def _documents(self) -> dict[tuple[str, Node], list[str]]:
        found: dict[tuple[str, Node], list[str]] = defaultdict(list)
        rows = AllotmentEntry.objects.filter(county=self._county, year=self._year, user=None)
        for row in rows.exclude(document="").select_related("proposal").order_by("pk"):
            number = row.proposal.document_number if row.proposal else ""
            found[row.source_kind, row.node].append(" ".join(filter(None, (row.document, number))))
        return found


class _Account:
    """Abstraction of the year so far by source kind, unit, town and use, from the one account; None: nothing is known."""

    def __init__(self, territory: Territory, period: Period) -> None:
        self.uncovered = accounts.uncovered(period.start.year) if period.start <= timezone.localdate() else ""
        self._cells = accounts.abstraction_cells(territory, period, ("source_kind", "unit", "town", "sector"))
        self._without: dict[tuple[str, Node], int] = defaultdict(int)
        for well in accounts.unmeasured(territory, period):
            town = well.division.parent_id if well.division.level == DivisionLevel.VILLAGE else well.division_id
            for node in (Node(), Node(unit=well.management_unit_id), Node(town=town)):
                for sector in (None, well.sector):
                    self._without[well.source.kind, node._replace(sector=sector)] += 1

    def volume(self, node: Node, sources: Iterable[str]) -> Decimal | None:
        kinds = frozenset(sources)
        found = [
            volume
            for (kind, unit, town, use), volume in self._cells.items()
            if kind in kinds and node.holds(Node(unit, town, use))
        ]
        return accounts.together(found) if found or not self._cells else Decimal(0)

    def without(self, node: Node, sources: Iterable[str]) -> int:
        """How many intakes have no volume at all."""
        return sum(self._without.get((kind, node), 0) for kind in sources)


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
    rows = {
        (node_of(row.place, row.sector), IndicatorKind(row.kind), row.source_kind): row
        for row in current(territory).filter(year=year, ended_at=None)
    }
    asked = {*rows, *ledger.told()}
    found = []
    for place in places(territory):
        for kind, source, sector in product(IndicatorKind, ("", *SourceKind.values), ("", *Sector.values)):
            key = (node_of(place, sector), kind, source)
            if key in asked:
                found.append(_standing(place, key, rows.get(key), ledger, used, final))
    return found


def places(territory: Territory) -> list[Place]:
    """Places that have indicators, as far as the reader may see them."""
    here = county()
    towns = Division.objects.within(territory).filter(path__startswith=here.path, level__in=TOWN_LEVELS)
    if not territory.holds_path(here.path):
        return [*towns]
    return [here, *ManagementUnit.objects.filter(division=here).select_related("division"), *towns]


def _standing(
    place: Place,
    key: tuple[Node, IndicatorKind, str],
    row: Indicator | None,
    ledger: _Ledger,
    used: _Account,
    final: bool,
) -> Standing:
    node, kind, source_kind = key
    target = ledger.target(node, kind, source_kind)
    from_ledger, beyond = target is not None, list[SourceKind]()
    if from_ledger:
        target_source = ledger.words(node, kind, source_kind)
    else:
        target = row.target if row else None
        issued = f"{row.issued_on:%Y-%m-%d}" if row and row.issued_on else ""
        target_source = " · ".join(filter(None, (row.document, row.document_number, issued))) if row else ""
    doubt, closed = "", final
    if kind in SOURCES:
        sources = sources_of(kind, source_kind)
        actual, source = (
            used.volume(node, sources),
            _("account: abstraction") if final else _("account: abstraction so far"),
        )
        doubt = _without(used.without(node, sources))
        if from_ledger and (beyond := ledger.beyond(node, kind, source_kind, used)):
            names = _(", ").join(str(each.label) for each in beyond)
            doubt = _("nothing is allotted of %s") % names
        if used.uncovered:
            closed, doubt = False, used.uncovered
    else:
        closed = True
        actual, source, doubt = _typed(kind, node, row, used, final)
    answer = met(target, actual, at_least=kind in AT_LEAST, final=closed)
    if beyond and answer is False:
        answer = None
    if kind in SOURCES and used.uncovered and answer is None:
        actual = None
    return Standing(
        kind, source_kind, node.sector or "", place, row, target, target_source, actual, source, answer, doubt
    )


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
    sector = Sector.INDUSTRY if kind in OF_INDUSTRY else None
    of_use = node._replace(sector=sector)
    volume = None if used.uncovered else used.volume(of_use, SourceKind.values)
    source = _("account: abstraction") + (f" ({Sector.INDUSTRY.label})" if sector else "") + f" ÷ {row.actual_source}"
    if not final or volume is None:
        reason = used.uncovered or _("the account knows nothing of it")
        return None, source, reason if final else _("the year is not over")
    now = use_per_10k_yuan(volume, row.amount_10k_yuan)
    doubt = _without(used.without(of_use, SourceKind.values))
    if kind in YUAN:
        return now, source, doubt
    assert row.base_m3_per_10k_yuan is not None
    return fall_pct(row.base_m3_per_10k_yuan, now), f"{source} · {row.base_year}", doubt


def trail(row: Indicator) -> QuerySet[Indicator]:
    """The rows of the same indicator, the newest first."""
    names = ("year", "kind", "source_kind", "sector", "division", "unit")
    same = Indicator.objects.filter(**{name: getattr(row, name) for name in names})
    return same.select_related("entered_by", "ended_by").order_by("-pk")
