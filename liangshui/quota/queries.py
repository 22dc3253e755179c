"""Reading allotments and balances. Use comes from the one account (accounting.queries), never counted here anew."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Q, QuerySet, Sum
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from liangshui.accounting import queries as accounts
from liangshui.core.access import Territory
from liangshui.core.decision import Decision
from liangshui.core.errors import NotFound
from liangshui.core.periods import Period, month, plan_year
from liangshui.core.quantities import M3_PER_WAN
from liangshui.quota.models import AllotmentEntry, AllotmentProposal
from liangshui.quota.rules.closing import TOTAL, Closing, Node, Outlook, closings, outlook
from liangshui.records.models import FigureState
from liangshui.registry.codes import Sector, SourceKind
from liangshui.registry.models import Division, Intake, ManagementUnit, WaterUser

KEY = ("unit_id", "town_id", "sector", "user_id", "village_id", "intake_id")
"""Columns of the ledger that tell the node, in the order of its axes."""

AXES = ("unit", "town", "sector", "user", "village", "intake")
"""The same axes as groupings of the account."""


def filters(node: Node) -> dict[str, Any]:
    """What a node holds, as filters of the account."""
    return {axis: part for axis, part in zip(AXES, node, strict=True) if part is not None}


def columns(node: Node) -> dict[str, Any]:
    """A node as what the columns of the ledger hold of it."""
    return dict(zip(KEY, node._replace(sector=node.sector or ""), strict=True))


def county() -> Division:
    """The county of this installation. Raises NotFound before it is set up."""
    found = Division.objects.filter(level="county").order_by("path").first()
    if found is None:
        raise NotFound("county")
    return found


def allotted(county: Division, year: int, source_kind: str, day: date | None = None) -> dict[Node, Decimal]:
    """m³ by node as the ledger stands, or as it counted on a day."""
    rows = AllotmentEntry.objects.filter(county=county, year=year, source_kind=source_kind)
    if day:
        rows = rows.filter(counts_from__lte=day)
    found = rows.values_list(*KEY).annotate(total=Sum("change_m3")).order_by()
    return {_node(*key): total for *key, total in found}


def _node(unit: int | None, town: int | None, sector: str, *finer: int | None) -> Node:
    return Node(unit, town, sector or None, *finer)


def allotted_to_users(year: int, users: Iterable[int] | None = None) -> dict[int, Decimal]:
    """m³ of a year by user, all sources together.

    A user may stand in the ledger by itself and again by its parts (unit, town, use, well), which say the same water anew: of
    each source the largest of these sums counts, and none is added to another.
    """
    rows = AllotmentEntry.objects.filter(year=year, user__isnull=False)
    if users is not None:
        rows = rows.filter(user__in=users)
    by_axes: dict[tuple[int, str, tuple[bool, ...]], Decimal] = defaultdict(Decimal)
    for kind, *key, total in rows.order_by().values_list("source_kind", *KEY).annotate(total=Sum("change_m3")):
        node = _node(*key)
        assert node.user is not None
        by_axes[node.user, kind, node.axes] += total
    largest: dict[tuple[int, str], Decimal] = {}
    for (user, kind, _axes), total in by_axes.items():
        largest[user, kind] = max(total, largest.get((user, kind), total))
    found: dict[int, Decimal] = defaultdict(Decimal)
    for (user, _kind), total in largest.items():
        found[user] += total
    return dict(found)


class Names:
    """Names of the ids in nodes; users, villages and wells are looked up when first asked for, all that the ledger knows at once."""

    def __init__(self) -> None:
        self.units = dict(ManagementUnit.objects.values_list("pk", "name"))
        self.towns = dict(Division.objects.exclude(level="village").values_list("pk", "name"))

    @cached_property
    def _users(self) -> dict[int, str]:
        return dict(WaterUser.objects.filter(allotments__isnull=False).distinct().values_list("pk", "name"))

    def user(self, pk: int) -> str:
        """Name of a water user, also of one that the ledger does not know yet."""
        if pk not in self._users:
            self._users.update(WaterUser.objects.filter(pk=pk).values_list("pk", "name"))
        return self._users[pk]

    @cached_property
    def villages(self) -> dict[int, str]:
        return dict(Division.objects.filter(level="village").values_list("pk", "name"))

    @cached_property
    def _intakes(self) -> dict[int, str]:
        return dict(Intake.objects.filter(allotments__isnull=False).distinct().values_list("pk", "name"))

    def intake(self, pk: int) -> str:
        """Name of an intake, also of one that the ledger does not know yet."""
        if pk not in self._intakes:
            self._intakes.update(Intake.objects.filter(pk=pk).values_list("pk", "name"))
        return self._intakes[pk]

    def part(self, axis: str, key: Any) -> str:
        """Name of one part along an axis."""
        if axis == "sector":
            return str(Sector(key).label)
        if axis in ("user", "intake"):
            return str(getattr(self, axis)(key))
        names: dict[int, str] = getattr(self, f"{axis}s")
        return names.get(key) or self.towns.get(key, "")

    def label(self, node: Node) -> str:
        """A node in words: 锡尼单元 · 甲镇 · 农牧业 · 用水户 · 嘎查 · 机井."""
        if node == TOTAL:
            return _("whole county")
        return " · ".join(self.part(axis, key) for axis, key in filters(node).items())


def explain(decision: Decision) -> str:
    """Why an allotment was refused, in words, with what to do: of each node one sentence, by where it is exceeded most."""
    names, worst, sentences = Names(), dict[str, dict[str, str]](), []
    for check in decision.failed:
        figures = dict(check.figures)
        code = figures["node"]
        if check.code == "below_zero":
            sentences.append(
                _("“%(node)s” would fall below zero (%(after)s). Take back less.")
                % {"node": names.label(Node.of(code)), "after": wan(Decimal(figures["after_m3"]))}
            )
        elif code not in worst or Decimal(figures["over_m3"]) > Decimal(worst[code]["over_m3"]):
            worst[code] = figures
    for code, figures in worst.items():
        sentences.append(
            _(
                "The parts of “%(node)s” would come to %(given)s, but it has only %(allotted)s: %(over)s too much. "
                "Raise it first, or give less."
            )
            % {
                "node": names.label(Node.of(code)),
                "given": wan(Decimal(figures["given_m3"])),
                "allotted": wan(Decimal(figures["allotted_m3"])),
                "over": wan(Decimal(figures["over_m3"])),
            }
        )
    return " ".join(sentences)


def no_unit(source_kind: str) -> str:
    """Why water of a source is not allotted to a management unit."""
    return _("Management units are of groundwater; %(source)s has none. Leave the unit empty.") % {
        "source": SourceKind(source_kind).label
    }


def wan(value: Decimal) -> str:
    """A volume in words: 1,234 m³, or 12.34 万m³ from ten thousand on."""
    if abs(value) < M3_PER_WAN:
        return f"{value:,.0f} m³"
    return f"{value / M3_PER_WAN:,.2f} {_('10⁴ m³')}"


@dataclass(frozen=True)
class Balance:
    """Balance of one node and source in a year."""

    node: Node
    label: str
    source_kind: str
    outlook: Outlook
    closings: tuple[Closing, ...]
    last_year_m3: Decimal | None

    @property
    def kind_label(self) -> str:
        return str(SourceKind(self.source_kind).label)

    def _bar(self, value: Decimal | None) -> float | None:
        """Length in percent of a bar whose full length is the allotment, or the greatest of the three figures."""
        known = [v for v in (self.outlook.allotted_m3, self.outlook.used_m3) if v]
        return None if value is None or not known else float(min(value / max(known) * 100, Decimal(100)))

    @property
    def used_bar(self) -> float:
        return self._bar(self.outlook.used_m3) or 0.0

    @property
    def expected_bar(self) -> float | None:
        return self._bar(self.outlook.expected_m3)

    @property
    def last_bar(self) -> float | None:
        return self._bar(self.last_year_m3)


def balances(
    territory: Territory,
    year: int,
    *,
    day: date,
    source_kind: str = "",
    county: Division | None = None,
    axes: tuple[bool, ...] | None = None,
) -> list[Balance]:
    """Allotted, used and expected for every node that the ledger knows and the reader may see, the county's total first.

    Used is abstraction up to `day` within the node, by the account. Nodes without a town are shown to readers of the whole
    county only, since they add up what lies elsewhere too.
    """
    county = county or Division.objects.filter(level="county").order_by("path").first()
    if county is None:
        return []
    period = plan_year(year)
    names = Names()
    places = set(Division.objects.within(territory).exclude(level="county").values_list("pk", flat=True))
    whole = territory.holds_path(county.path)
    known = set(
        AllotmentEntry.objects.filter(county=county, year=year)
        .order_by()
        .values_list("source_kind", flat=True)
        .distinct()
    )
    kinds = [kind for kind in SourceKind.values if kind in known and source_kind in ("", kind)]
    ledgers = {kind: allotted(county, year, kind) for kind in kinds}
    used = Used(territory, period, day, {axes for nodes in ledgers.values() for axes in {n.axes for n in nodes}})
    found = []
    for kind, nodes in ledgers.items():
        parts: dict[Node, list[Closing]] = defaultdict(list)
        for closing in closings(nodes):
            parts[closing.node].append(closing)
        visible = [
            node
            for node in nodes
            if (axes is None or node.axes == axes)
            and (
                whole
                or node.town in places
                or node.village in places
                or (node.user is not None and territory.holds_user(node.user))
            )
        ]
        for node in sorted(visible, key=lambda n: (n.depth, tuple(str(p or "") for p in n))):
            now, last, so_far = used.of(kind, node, at_least=nodes[node])
            found.append(
                Balance(
                    node,
                    names.label(node),
                    kind,
                    outlook(nodes[node], now, period, day, last, so_far),
                    tuple(parts[node]),
                    last,
                )
            )
    return found


class Used:
    """Abstraction by source kind and node, from one grouped account a period: a whole matrix costs four sums.

    Now, last year, and last year up to the same day: its months before this one, and of this one the share of days gone,
    which is enough for an expectation. A year that has not begun has used nothing, nor has a node without intakes; None: there are
    some, and none of them has a volume, or the account does not cover the year from its first day.
    """

    def __init__(self, territory: Territory, year: Period, day: date, asked: Iterable[tuple[bool, ...]]) -> None:
        """`asked`: along which axes it will be asked, since villages and wells are read only where a ledger goes down to them."""
        self._parts = AXES if any(any(axes[4:]) for axes in asked) else AXES[:4]
        self._grouped: dict[tuple[int, str, tuple[bool, ...]], dict[Node, Decimal | None]] = {}
        last = plan_year(year.start.year - 1)
        periods: list[Period | None] = [None, last, None, None]
        self._month_share = Decimal(0)
        self._whole = day < year.start or not accounts.uncovered(year.start.year)
        self._whole_last = not accounts.uncovered(last.start.year)
        if day >= year.start:
            same_day = min(day, year.last)
            this_month = month(same_day.replace(day=1, year=last.start.year))
            periods[0] = Period.inclusive(year.start, same_day)
            periods[2] = Period(last.start, this_month.start) if this_month.start > last.start else None
            periods[3] = this_month
            self._month_share = Decimal(same_day.day) / month(same_day).length
        self._cells = [self._read(territory, period) if period else {} for period in periods]

    def _read(self, territory: Territory, period: Period) -> dict[str, dict[Node, Decimal | None]]:
        cells = accounts.abstraction_cells(territory, period, ("source_kind", *self._parts))
        found: dict[str, dict[Node, Decimal | None]] = defaultdict(dict)
        for (kind, *node), volume in cells.items():
            found[kind][Node(*node)] = volume
        return found

    def _sum(self, which: int, kind: str, node: Node) -> Decimal | None:
        key = (which, kind, node.axes)
        if key not in self._grouped:
            grouped: dict[Node, Decimal | None] = {}
            for cell, volume in self._cells[which].get(kind, {}).items():
                whole = cell.onto(node.axes)
                grouped[whole] = accounts.together((grouped.get(whole), volume))
            self._grouped[key] = grouped
        return self._grouped[key].get(node, Decimal(0))

    def of(
        self, kind: str, node: Node, at_least: Decimal | None = None
    ) -> tuple[Decimal | None, Decimal | None, Decimal | None]:
        """Used now, last year, and last year up to the same day, m³. `at_least`: a part of a year that is more than this is told all
        the same, since the whole can only be more."""
        now, month_of_last = self._sum(0, kind, node), self._sum(3, kind, node)
        if not self._whole and (now is None or at_least is None or now <= at_least):
            now = None
        if kind not in self._cells[1] or not self._whole_last:
            return now, None, None
        part = None if month_of_last is None else month_of_last * self._month_share
        return now, self._sum(1, kind, node), accounts.together((self._sum(2, kind, node), part))


def ledger(territory: Territory, year: int) -> QuerySet[AllotmentEntry]:
    """The rows of the ledger that a reader may see, newest first; rows without a town to who sees the whole county."""
    seen = AllotmentEntry.objects.within(territory)
    counties = [c.pk for c in Division.objects.filter(level="county") if territory.holds_path(c.path)]
    return (
        AllotmentEntry.objects.filter(Q(pk__in=seen.values("pk")) | Q(county__in=counties), year=year)
        .select_related("entered_by", "proposal__decided_by")
        .order_by("-entered_at", "-pk")
    )


def proposals(territory: Territory) -> QuerySet[AllotmentProposal]:
    """Proposed allotments, to who sees the whole county."""
    return AllotmentProposal.objects.within(territory).select_related("county", "entered_by", "decided_by")


def waiting(territory: Territory, year: int | None = None, without: int | None = None) -> QuerySet[AllotmentProposal]:
    """Those that wait for a second officer: of a year, and not those that a person entered."""
    found = proposals(territory).filter(state=FigureState.PROPOSED)
    found = found if year is None else found.filter(year=year)
    return found if without is None else found.exclude(entered_by=without)
