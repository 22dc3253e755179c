"""Closing rule of allotments (分配闭合): a child set never exceeds its parent; rows and columns both close.

Pure arithmetic over nodes; no article alone carries it, it is what 总量控制 (水法 47) means for parts of a total.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from liangshui.core.decision import Check, Decision, Outcome
from liangshui.core.periods import Period


class Node(NamedTuple):
    """One node of the matrix by ids; None stands for "all". Unit, town and sector are the axes; user refines a cell, and
    village and intake (well) refine a user."""

    unit: int | None = None
    town: int | None = None
    sector: str | None = None
    user: int | None = None
    village: int | None = None
    intake: int | None = None

    @property
    def code(self) -> str:
        """The node as text, for addresses: unit-town-sector-user, 0 for "all"; -village-intake follow where one is set."""
        parts = self if self.fine else self[:4]
        return "-".join(str(part or 0) for part in parts)

    @classmethod
    def of(cls, code: str) -> "Node":
        """The node of a code. Raises ValueError for anything else."""
        parts = code.split("-")
        if len(parts) not in (4, 6):
            raise ValueError(code)
        unit, town, sector, *finer = parts
        return cls(
            int(unit) or None, int(town) or None, None if sector == "0" else sector, *(int(x) or None for x in finer)
        )

    @property
    def fine(self) -> bool:
        """Whether it is a village or a well."""
        return self.village is not None or self.intake is not None

    @property
    def depth(self) -> int:
        """How many axes are fixed."""
        return sum(part is not None for part in self)

    @property
    def is_control_total(self) -> bool:
        """Whether it is a control total (控制总量), the county's or a management unit's: by these the gate refuses."""
        return self == Node(unit=self.unit)

    def holds(self, other: "Node") -> bool:
        """Whether `other` lies within this node (a node holds itself)."""
        return all(mine is None or mine == theirs for mine, theirs in zip(self, other, strict=True))

    def onto(self, axes: tuple[bool, ...]) -> "Node":
        """The coarser node along these axes that holds this one."""
        return Node._make(part if fixed else None for part, fixed in zip(self, axes, strict=True))

    @property
    def axes(self) -> tuple[bool, ...]:
        """Which axes are fixed."""
        return tuple(part is not None for part in self)


TOTAL = Node()


@dataclass(frozen=True, slots=True)
class Closing:
    """How the parts of one node add up along one set of axes, in m³; `rest_m3` negative means too much was given."""

    node: Node
    along: tuple[bool, ...]
    allotted_m3: Decimal
    given_m3: Decimal

    @property
    def rest_m3(self) -> Decimal:
        return self.allotted_m3 - self.given_m3


def closings(allotted: Mapping[Node, Decimal]) -> list[Closing]:
    """For each node with parts: what it has, and what its parts got, for each finer set of axes in use.

    Parts are added along equal axes: the towns of the total, the units of the total, the sectors of a town, the users of a cell, the
    villages or the wells of a user. To these are added parts along other axes that share no water with any of them: beside town A
    with 100, industry of town B with 5 makes 105 of the total, but agriculture of the whole county may lie in town A. So no m³ counts
    twice, and none is left out because it was entered more finely.
    """
    by_axes: dict[tuple[bool, ...], list[Node]] = defaultdict(list)
    for node in allotted:
        by_axes[node.axes].append(node)
    found = []
    for coarse, wholes in by_axes.items():
        for fine, parts in by_axes.items():
            if coarse == fine or not all(f or not c for c, f in zip(coarse, fine, strict=True)):
                continue
            apart = [parts]
            for axes, others in sorted(by_axes.items()):
                if axes not in (coarse, fine) and all(a or not c for c, a in zip(coarse, axes, strict=True)):
                    apart.append(_apart(others, apart, coarse))
            given = totals((part.onto(coarse), allotted[part]) for some in apart for part in some)
            found += [Closing(node, fine, allotted[node], given[node]) for node in wholes if node in given]
    return found


def _apart(others: list[Node], chosen: list[list[Node]], coarse: tuple[bool, ...]) -> list[Node]:
    """Those of equal axes that differ from every chosen node in an axis that both fix, beyond the axes of their parent."""
    left = others
    for nodes in chosen:
        if nodes and left:
            common = tuple(a and b for a, b in zip(nodes[0].axes, left[0].axes, strict=True))
            taken = {node.onto(common) for node in nodes}
            left = [node for node in left if node.onto(common) not in taken] if common != coarse else []
    return left


def may_allot(allotted: Mapping[Node, Decimal], changes: Mapping[Node, Decimal]) -> Decision:
    """Whether changes (m³, signed) keep every child set within its parent and every node at zero or above.

    With 100 for the total and towns of 60 and 30, raising the second town by 10 passes, by 11 fails.
    """
    after = dict(allotted)
    for node, change in changes.items():
        after[node] = after.get(node, Decimal(0)) + change
    checks = [
        Check("below_zero", Outcome.FAILED, (("node", node.code), ("after_m3", str(after[node]))))
        for node in changes
        if after[node] < 0
    ]
    touched = set(changes)
    for closing in closings(after):
        if closing.rest_m3 < 0 and any(closing.node.holds(node) for node in touched):
            checks.append(
                Check(
                    "over_parent",
                    Outcome.FAILED,
                    (
                        ("node", closing.node.code),
                        ("allotted_m3", str(closing.allotted_m3)),
                        ("given_m3", str(closing.given_m3)),
                        ("over_m3", str(-closing.rest_m3)),
                    ),
                )
            )
    return Decision(tuple(checks) or (Check("closes", Outcome.PASSED),))


@dataclass(frozen=True, slots=True)
class Outlook:
    """Where a node's year stands. `used_m3` is None where no intake has a volume; `expected_m3` where neither last year's shape nor use
    so far can tell."""

    allotted_m3: Decimal | None
    used_m3: Decimal | None
    year_share: Decimal
    expected_m3: Decimal | None

    @property
    def left_m3(self) -> Decimal | None:
        return None if self.allotted_m3 is None or self.used_m3 is None else self.allotted_m3 - self.used_m3

    @property
    def used_share(self) -> Decimal | None:
        return self.used_m3 / self.allotted_m3 if self.allotted_m3 and self.used_m3 is not None else None

    @property
    def over(self) -> bool:
        """Used more than allotted; equal is not over."""
        left = self.left_m3
        return left is not None and left < 0


def outlook(
    allotted_m3: Decimal | None,
    used_m3: Decimal | None,
    year: Period,
    day: date,
    last_year_total_m3: Decimal | None,
    last_year_so_far_m3: Decimal | None,
) -> Outlook:
    """Balance of a node on a day, with the expected year end by last year's shape.

    If by this day last year 40 of 100 had been used, 50 now are expected to become 125. Without a last year the share of
    days gone stands in; on the first day of the year nothing is expected.
    """
    gone = min(max((day - year.start).days + 1, 0), year.length)
    year_share = Decimal(gone) / year.length
    if used_m3 is None:
        expected = None
    elif last_year_total_m3 and last_year_so_far_m3:
        expected = used_m3 * last_year_total_m3 / last_year_so_far_m3
    elif gone > 1:
        expected = used_m3 / year_share
    else:
        expected = None
    return Outlook(allotted_m3, used_m3, year_share, expected.quantize(Decimal(1)) if expected is not None else None)


def totals(rows: Iterable[tuple[Node, Decimal]]) -> dict[Node, Decimal]:
    """Sum of ledger rows by node."""
    total: dict[Node, Decimal] = defaultdict(Decimal)
    for node, change in rows:
        total[node] += change
    return dict(total)
