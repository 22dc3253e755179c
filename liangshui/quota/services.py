"""Writing the ledger of allotments: every change is a signed, dated row, and no child set may exceed its parent."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from liangshui.core.access import Actor, Right
from liangshui.core.errors import Invalid
from liangshui.quota import queries
from liangshui.quota.models import AllotmentEntry
from liangshui.quota.rules.closing import Node, may_allot
from liangshui.registry.models import Division


@dataclass(frozen=True)
class Change:
    """A node and by how much its allotment changes, m³."""

    node: Node
    change_m3: Decimal


@transaction.atomic
def allot(
    actor: Actor,
    county: Division,
    year: int,
    source_kind: str,
    changes: Sequence[Change],
    *,
    counts_from: date,
    document: str = "",
    reason: str = "",
) -> list[AllotmentEntry]:
    """Add rows to the ledger, all or none.

    Raises:
        Forbidden: the actor may not allot water in this county.
        Invalid: a child set would exceed its parent, or a node would fall below zero; the sentence names it.
    """
    actor.require(Right.QUOTA_CHANGE, path=county.path)
    list(
        AllotmentEntry.objects.select_for_update()
        .filter(county=county, year=year, source_kind=source_kind)
        .values("pk")
    )
    wanted: dict[Node, Decimal] = {}
    for change in changes:
        wanted[change.node] = wanted.get(change.node, Decimal(0)) + change.change_m3
    decision = may_allot(queries.allotted(county, year, source_kind), wanted)
    if not decision.allowed:
        raise Invalid(queries.explain(decision))
    if not any(wanted.values()):
        raise Invalid(_("Nothing would change: every figure is as it was."))
    return [
        AllotmentEntry.objects.create(
            county=county,
            year=year,
            source_kind=source_kind,
            unit_id=node.unit,
            town_id=node.town,
            sector=node.sector or "",
            user_id=node.user,
            change_m3=change,
            counts_from=counts_from,
            document=document,
            reason=reason,
            entered_by_id=actor.person_id,
        )
        for node, change in wanted.items()
        if change
    ]
