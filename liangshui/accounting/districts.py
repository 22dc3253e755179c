"""Irrigation districts from their head through branches to wells (灌区水量平衡): does each add up, or by how much not."""

from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal

from liangshui.accounting import queries
from liangshui.accounting.supply import link_volumes
from liangshui.core.access import Territory
from liangshui.core.periods import Period
from liangshui.registry.codes import IntakeKind
from liangshui.registry.models import Intake, IrrigationNode
from liangshui.registry.queries import nodes, supply_links

ZERO = Decimal(0)


@dataclass(slots=True)
class Branch:
    """A district, canal or association, m³: what its heads took, what it received from above, what it passed to those below,
    what wells that belong to it took. None: not known.

    `left_m3` is its own use and losses: heads and received less passed. Wells do not feed the canal; they stand beside.
    """

    node: IrrigationNode
    depth: int
    heads_m3: Decimal | None = None
    received_m3: Decimal | None = None
    passed_m3: Decimal | None = None
    wells_m3: Decimal | None = None
    wells: int = 0

    @property
    def has_m3(self) -> Decimal | None:
        """What comes into it."""
        known = [v for v in (self.heads_m3, self.received_m3) if v is not None]
        return sum(known, ZERO) if known else None

    @property
    def left_m3(self) -> Decimal | None:
        return None if self.has_m3 is None or self.passed_m3 is None else self.has_m3 - self.passed_m3


def branches(territory: Territory, period: Period) -> list[Branch]:
    """The districts of a territory, each followed by what lies below it, in the order of codes."""
    rows = list(nodes(territory).order_by("code"))
    if not rows:
        return []
    below: dict[int | None, list[IrrigationNode]] = defaultdict(list)
    known = {row.pk for row in rows}
    for row in rows:
        below[row.parent_id if row.parent_id in known else None].append(row)
    taken = {row.key: row.abstraction_m3 for row in queries.account(territory, period, "intake")}
    heads: dict[int, list[Decimal | None]] = defaultdict(list)
    wells: dict[int, list[Decimal | None]] = defaultdict(list)
    for pk, node, kind in Intake.objects.filter(node__in=known).values_list("pk", "node_id", "kind"):
        (wells if kind == IntakeKind.WELL else heads)[node].append(taken.get(pk))
    passed: dict[tuple[int, int], list[Decimal | None]] = defaultdict(list)
    for link, volume, _days in link_volumes(list(supply_links(territory)), period):
        passed[link.supplier_id, link.customer_id].append(volume)

    found: list[Branch] = []

    def add(node: IrrigationNode, depth: int, above: IrrigationNode | None) -> None:
        branch = Branch(
            node, depth, heads_m3=_sum(heads[node.pk]), wells_m3=_sum(wells[node.pk]), wells=len(wells[node.pk])
        )
        if above is not None and above.user_id and node.user_id and above.user_id != node.user_id:
            branch.received_m3 = _sum(passed[above.user_id, node.user_id])
        found.append(branch)
        place = len(found)
        for child in below[node.pk]:
            add(child, depth + 1, node)
        children = [b for b in found[place:] if b.depth == depth + 1]
        if children:
            branch.passed_m3 = _sum([b.received_m3 for b in children])

    for top in below[None]:
        add(top, 0, None)
    return found


def _sum(parts: list[Decimal | None]) -> Decimal | None:
    known = [part for part in parts if part is not None]
    return sum(known, ZERO) if known else None
