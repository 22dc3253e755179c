"""Writing the ledger of allotments: every change is a signed, dated row, and no child set may exceed its parent.

Control totals (`Node.is_control_total`) are proposed by one officer and written when another confirms them; all else is written at once.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from liangshui.core.access import Actor, Right
from liangshui.core.errors import Invalid
from liangshui.quota import queries
from liangshui.quota.models import AllotmentEntry, AllotmentProposal
from liangshui.quota.rules.closing import Node, may_allot
from liangshui.records import second
from liangshui.registry.codes import GROUNDWATER, SourceKind
from liangshui.registry.models import Division, Intake

ROOM = "quota"


@dataclass(frozen=True)
class Change:
    """A node and by how much its allotment changes, m³; `basis`: by what the figure was found, for the reason of its row."""

    node: Node
    change_m3: Decimal
    basis: str = ""


BySource = Mapping[str, Sequence[Change]]
"""Changes by source kind."""


def waits(changes: BySource) -> bool:
    """Whether a second officer has to confirm them: one of them changes a control total."""
    return any(change.node.is_control_total for found in changes.values() for change in found)


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


def _hold(county: Division, year: int, source_kind: str) -> None:
    """Until the transaction ends nobody else changes these rows of the ledger."""
    rows = AllotmentEntry.objects.filter(county=county, year=year, source_kind=source_kind)
    list(rows.select_for_update().values("pk"))


def _wanted(
    county: Division, year: int, source_kind: str, changes: Sequence[Change], counts_from: date
) -> dict[Node, Decimal]:
    """By how much each node would change, if that may be; holds the ledger of the source until the transaction ends."""
    if counts_from.year > year:
        raise Invalid(
            _("Water of %(year)d cannot count from %(day)s on.") % {"year": year, "day": counts_from},
            field="counts_from",
        )
    _hold(county, year, source_kind)
    wanted: dict[Node, Decimal] = {}
    for change in changes:
        wanted[change.node] = wanted.get(change.node, Decimal(0)) + change.change_m3
    if source_kind not in GROUNDWATER and any(node.unit and change > 0 for node, change in wanted.items()):
        raise Invalid(queries.no_unit(source_kind), field="unit")
    _require_own(wanted)
    for day in _days(county, year, source_kind, counts_from):
        decision = may_allot(queries.allotted(county, year, source_kind, day), wanted)
        if not decision.allowed:
            words = queries.explain(decision)
            raise Invalid(
                words if day == counts_from else _("From %(day)s on: %(words)s") % {"day": day, "words": words}
            )
    if not any(wanted.values()):
        raise Invalid(_("Nothing would change: every figure is as it was."))
    return wanted


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
        Invalid: on some day a child set would exceed its parent, or a node would fall below zero; the sentence names it. Or a control
            total is among them: that is proposed.
    """
    actor.require(Right.QUOTA_CHANGE, path=county.path)
    if waits({source_kind: changes}):
        raise Invalid(
            _("The total of the county or of a management unit counts only when a second officer has confirmed it.")
        )
    return _write(
        county, year, source_kind, changes, counts_from=counts_from, document=document, reason=reason,
        entered_by=actor.person_id,
    )  # fmt: skip


def _write(
    county: Division,
    year: int,
    source_kind: str,
    changes: Sequence[Change],
    *,
    counts_from: date,
    document: str,
    reason: str,
    entered_by: int | None,
    proposal: AllotmentProposal | None = None,
) -> list[AllotmentEntry]:
    wanted = _wanted(county, year, source_kind, changes, counts_from)
    bases = {change.node: change.basis for change in changes}
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
            entered_by_id=entered_by,
            proposal=proposal,
        )
        for node, change in wanted.items()
        if change
    ]


def shares_as_changes(
    county: Division, year: int, source_kind: str, parent: Node, shares: Mapping[Node, tuple[Decimal, str]]
) -> list[Change]:
    """What must change so that parts of a node have what they shall have, m³, each with the words of its basis (分解).

    Parts that are not named keep what they have; what is not given stays with the node in reserve.

    Raises:
        Invalid: nothing is allotted to the node, or a share does not lie within it.
    """
    now = queries.allotted(county, year, source_kind)
    if parent not in now:
        raise Invalid(_("Nothing is allotted to this node. Allot it something first."), field="node")
    if any(node == parent or not parent.holds(node) for node in shares):
        raise Invalid(_("This node cannot be split that way."), field="along")
    return [Change(node, share - now.get(node, Decimal(0)), basis) for node, (share, basis) in shares.items()]


# --- control totals: two officers -------------------------------------------------------------------------------------


@transaction.atomic
def propose(
    actor: Actor,
    county: Division,
    year: int,
    changes: BySource,
    *,
    counts_from: date,
    document: str,
    document_number: str,
    issued_on: date | None,
    paper: bytes | None = None,
    reason: str = "",
) -> AllotmentProposal:
    """Enter control totals, and what is entered with them, by their document; the ledger has them when another officer confirms.

    Raises:
        Forbidden: as `allot`.
        Invalid: as `allot`, which is looked at now and again at the confirmation; or the document is not told, or not taken.
    """
    actor.require(Right.QUOTA_CHANGE, path=county.path)
    if not changes:
        raise Invalid(_("Nothing would change: every figure is as it was."))
    told = []
    for kind, found in changes.items():
        wanted = _wanted(county, year, kind, found, counts_from)
        now, bases = queries.allotted(county, year, kind), {change.node: change.basis for change in found}
        told += [
            {
                "source_kind": str(kind), "node": node.code, "change_m3": str(change), "before_m3": str(now.get(node, Decimal(0))),
                "basis": bases[node],
            }
            for node, change in wanted.items()
            if change
        ]  # fmt: skip
    by = second.entered(
        actor, ROOM, document=document, document_number=document_number, issued_on=issued_on, paper=paper
    )
    return AllotmentProposal.objects.create(
        year=year, county=county, changes=told, counts_from=counts_from, reason=reason.strip()[:200], **by
    )


@transaction.atomic
def decide(actor: Actor, proposal: AllotmentProposal, *, agreed: bool, words: str = "") -> AllotmentProposal:
    """Confirm what another officer has proposed, which writes its rows into the ledger, or refuse it.

    Raises:
        Forbidden: as `allot`.
        Invalid: it does not wait; it is one's own; it is refused without words; a node has changed since; or as `allot`.
    """
    actor.require(Right.QUOTA_CHANGE, path=proposal.county.path)
    row = second.decided(actor, proposal, agreed=agreed, words=words)
    if not agreed:
        return row
    by_source: dict[str, list[Change]] = defaultdict(list)
    for each in row.changes:
        by_source[each["source_kind"]].append(Change(Node.of(each["node"]), Decimal(each["change_m3"]), each["basis"]))
    for kind in by_source:
        _hold(row.county, row.year, kind)
    _require_as_it_was(row)
    for kind, found in by_source.items():
        _write(
            row.county, row.year, kind, found, counts_from=row.counts_from, document=row.document, reason=row.reason,
            entered_by=row.entered_by_id, proposal=row,
        )  # fmt: skip
    return row


def _require_as_it_was(row: AllotmentProposal) -> None:
    names = queries.Names()
    for each in row.changes:
        node, before = Node.of(each["node"]), Decimal(each["before_m3"])
        now = queries.allotted(row.county, row.year, each["source_kind"]).get(node, Decimal(0))
        if now != before:
            raise Invalid(
                _(
                    "“%(node)s” had %(before)s when this was entered and has %(now)s now. Refuse it, and have it entered anew."
                )
                % {
                    "node": f"{SourceKind(each['source_kind']).label} · {names.label(node)}",
                    "before": queries.wan(before),
                    "now": queries.wan(now),
                }
            )


@transaction.atomic
def withdraw(actor: Actor, proposal: AllotmentProposal) -> AllotmentProposal:
    """Take back what one has proposed, while it waits."""
    actor.require(Right.QUOTA_CHANGE, path=proposal.county.path)
    return second.withdrawn(actor, proposal, Right.QUOTA_CHANGE)
