"""Writing the ledger of allotments: every change is a signed, dated row, and no child set may exceed its parent."""

from collections.abc import Iterable, Mapping, Sequence
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
from liangshui.registry.models import Division, Intake


@dataclass(frozen=True)
class Change:
    """A node and by how much its allotment changes, m³; `basis`: by what the figure was found, for the reason of its row."""

    node: Node
    change_m3: Decimal
    basis: str = ""


def _require_own(nodes: Iterable[Node]) -> None:
    """Villages and wells refine a user's share: the user's own wells, each in its village, each village in its town."""
    fine = [node for node in nodes if node.fine]
    towns = dict(Division.objects.filter(pk__in={n.village for n in fine}).values_list("pk", "parent_id"))
    wells = Intake.objects.filter(pk__in={n.intake for n in fine}).prefetch_related("shares")
    known = {
        well.pk: (well.division_id, {user, *(s.user_id for s in well.shares.all())})
        for well, user in ((w, w.project.user_id) for w in wells.select_related("project"))
    }
    for node in fine:
        if node.user is None:
            raise Invalid(
                _("A village or a well takes part in the share of a water user: name the user."), field="user"
            )
        if node.village and node.town and towns.get(node.village) not in (node.town, None):
            raise Invalid(_("The village does not lie in this town."), field="village")
        if node.intake:
            place, users = known[node.intake]
            if node.user not in users:
                raise Invalid(_("The intake does not belong to this water user."), field="intake")
            if node.village and place != node.village:
                raise Invalid(_("The intake does not lie in this village."), field="intake")


def _days(county: Division, year: int, source_kind: str, counts_from: date) -> list[date]:
    """From when on a change counts, and each later day on which other rows begin to count: on all of them the sums close."""
    later = AllotmentEntry.objects.filter(
        county=county, year=year, source_kind=source_kind, counts_from__gt=counts_from
    )
    return [counts_from, *later.order_by("counts_from").values_list("counts_from", flat=True).distinct()]


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
        Invalid: on some day a child set would exceed its parent, or a node would fall below zero; the sentence names it.
    """
    actor.require(Right.QUOTA_CHANGE, path=county.path)
    if counts_from.year > year:
        raise Invalid(
            _("Water of %(year)d cannot count from %(day)s on.") % {"year": year, "day": counts_from},
            field="counts_from",
        )
    list(
        AllotmentEntry.objects.select_for_update()
        .filter(county=county, year=year, source_kind=source_kind)
        .values("pk")
    )
    wanted: dict[Node, Decimal] = {}
    for change in changes:
        wanted[change.node] = wanted.get(change.node, Decimal(0)) + change.change_m3
    _require_own(wanted)
    bases = {change.node: change.basis for change in changes}
    for day in _days(county, year, source_kind, counts_from):
        decision = may_allot(queries.allotted(county, year, source_kind, day), wanted)
        if not decision.allowed:
            words = queries.explain(decision)
            raise Invalid(
                words if day == counts_from else _("From %(day)s on: %(words)s") % {"day": day, "words": words}
            )
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
            village_id=node.village,
            intake_id=node.intake,
            change_m3=change,
            counts_from=counts_from,
            document=document,
            reason=" · ".join(filter(None, (reason, bases.get(node, ""))))[:200],
            entered_by_id=actor.person_id,
        )
        for node, change in wanted.items()
        if change
    ]


@transaction.atomic
def split(
    actor: Actor,
    county: Division,
    year: int,
    source_kind: str,
    parent: Node,
    shares: Mapping[Node, tuple[Decimal, str]],
    *,
    counts_from: date,
    document: str,
    reason: str = "",
) -> list[AllotmentEntry]:
    """Give parts of a node what they shall have, m³, each with the words of its basis: the differences become rows (分解).

    Parts that are not named keep what they have; what is not given stays with the node in reserve.

    Raises:
        Forbidden: as `allot`.
        Invalid: as `allot`; nothing is allotted to the node; or a share does not lie within it.
    """
    now = queries.allotted(county, year, source_kind)
    if parent not in now:
        raise Invalid(_("Nothing is allotted to this node. Allot it something first."), field="node")
    if any(node == parent or not parent.holds(node) for node in shares):
        raise Invalid(_("This node cannot be split that way."), field="along")
    changes = [Change(node, share - now.get(node, Decimal(0)), basis) for node, (share, basis) in shares.items()]
    return allot(actor, county, year, source_kind, changes, counts_from=counts_from, document=document, reason=reason)
