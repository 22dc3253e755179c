"""Transfers between users: what is known of giver and receiver, and the decision in words."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Q, QuerySet, Sum
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from liangshui.accounting import queries as accounts
from liangshui.core.access import EVERYWHERE, Territory
from liangshui.core.decision import Check, Decision, Outcome
from liangshui.core.errors import Invalid
from liangshui.core.periods import Period, plan_year
from liangshui.parameters.queries import law
from liangshui.parameters.words import cited
from liangshui.quota import units
from liangshui.quota.models import Transfer, TransferState
from liangshui.quota.queries import allotted, county, filters
from liangshui.quota.rules.closing import Node
from liangshui.quota.rules.states import Kind
from liangshui.quota.rules.transfer import Giver, Permit, Receiver, may_transfer
from liangshui.quota.split_queries import intakes_of
from liangshui.registry.codes import GROUNDWATER, DivisionLevel
from liangshui.registry.models import ManagementUnit, Project, WaterUser

CHECKS = {
    "saved": gettext_lazy("water that the giver has saved"),
    "left": gettext_lazy("what is left of the giver’s share"),
    "permit_valid": gettext_lazy("validity of the giver’s permit"),
    "permit_volume": gettext_lazy("volume of the giver’s permit"),
    "unit": gettext_lazy("same management unit"),
    "receiver_unit": gettext_lazy("state of the receiver’s management unit"),
    "receiver_permit": gettext_lazy("permit of the receiver"),
    "use": gettext_lazy("same use of the water"),
}
OUTCOMES = {
    Outcome.PASSED: gettext_lazy("check passed"),
    Outcome.FAILED: gettext_lazy("check not passed"),
    Outcome.NEEDS_PERSON: gettext_lazy("a person decides"),
    Outcome.UNDECIDABLE: gettext_lazy("cannot be decided"),
}
FIGURES = {
    "allotted_m3": gettext_lazy("allotted"), "used_m3": gettext_lazy("used"), "left_m3": gettext_lazy("left"),
    "saved_m3": gettext_lazy("saved a year"), "given_m3": gettext_lazy("given to others"),
    "permitted_m3": gettext_lazy("permitted"), "until": gettext_lazy("valid until"), "missing": gettext_lazy("missing"),
}  # fmt: skip
MISSING = {
    "used": gettext_lazy("use so far"), "permit": gettext_lazy("a permit"), "permit days": gettext_lazy("days of the permit"),
    "permitted or used": gettext_lazy("permitted volume or use so far"), "unit": gettext_lazy("management unit of both"),
    "saving": gettext_lazy("saving measure with its evidence"), "state": gettext_lazy("state of the unit"), "use": gettext_lazy("use of both"),
}  # fmt: skip
ADVICE = {
    ("saved", Outcome.UNDECIDABLE): gettext_lazy(
        "Withdraw it and propose it anew with the saving measure and its evidence."
    ),
    ("left", Outcome.UNDECIDABLE): gettext_lazy("Enter the readings or volumes of the giver’s intakes that have none."),
    ("permit_valid", Outcome.UNDECIDABLE): gettext_lazy(
        "Only who holds a permit may give: enter the giver’s permit with its days at the project in the ledger, or see the original."
    ),
    ("permit_volume", Outcome.UNDECIDABLE): gettext_lazy(
        "Enter the volume of the giver’s permit, or the readings of its intakes that have none."
    ),
    ("unit", Outcome.UNDECIDABLE): gettext_lazy("Enter at the intakes of both in which management unit they lie."),
    ("unit", Outcome.NEEDS_PERSON): gettext_lazy(
        "Water moves to another unit: say why its total and level can bear it."
    ),
    ("receiver_unit", Outcome.UNDECIDABLE): gettext_lazy(
        "Allot the unit its control total and enter its level indicators."
    ),
    ("receiver_unit", Outcome.NEEDS_PERSON): gettext_lazy(
        "New groundwater is suspended there: say on which ground the receiver may take it all the same."
    ),
    ("receiver_permit", Outcome.UNDECIDABLE): gettext_lazy(
        "Enter the days of the receiver’s permit, or see the original."
    ),
    ("receiver_permit", Outcome.NEEDS_PERSON): gettext_lazy(
        "Without a permit that holds it may not take the water: it applies for one of its own first."
    ),
    ("use", Outcome.UNDECIDABLE): gettext_lazy("Enter at the intakes of both what the water is used for."),
    ("use", Outcome.NEEDS_PERSON): gettext_lazy("The use changes: say why it may."),
}
"""What to do where a check did not pass by itself."""


def visible(territory: Territory) -> QuerySet[Transfer]:
    """Transfers of which the reader may see the giver or the receiver: each end knows the other."""
    ends = Q(pk__in=Transfer.objects.within(territory)) | Q(receiver__in=WaterUser.objects.within(territory))
    return Transfer.objects.filter(ends).select_related("giver", "receiver", "entered_by", "decided_by")


def shares(year: int, source_kind: str) -> dict[Node, Decimal]:
    """Nodes of users (not of their villages and wells) in the ledger with what they have, m³."""
    found = allotted(county(), year, source_kind)
    return {node: m3 for node, m3 in found.items() if node.user is not None and not node.fine and m3 > 0}


def receiving(year: int, source_kind: str, giver: Node, receiver: int) -> Node:
    """The receiver’s node: the one it has in the giver’s cell, else the only one it has, else the cell in which its intakes lie.

    Raises:
        Invalid: it has several nodes or cells, or none.
    """
    own = giver._replace(user=receiver)
    known = [node for node in allotted(county(), year, source_kind) if node.user == receiver and not node.fine]
    if own in known or len(known) == 1:
        return own if own in known else known[0]
    if known:
        raise Invalid(
            _(
                "The receiver has shares in several places, none of them that of the giver. Allot it a share where the giver has its "
                "own first, or allot by hand."
            ),
            field="receiver",
        )
    cells = set()
    for intake in intakes_of(source_kind, Node(user=receiver)).select_related("division"):
        place = intake.division
        town = place.parent_id if place.level == DivisionLevel.VILLAGE else place.pk
        cell = Node(intake.management_unit_id, town, intake.sector, receiver)
        cells.add(cell.onto(own.axes))
    if len(cells) != 1:
        raise Invalid(
            _(
                "The receiver has no share yet, and its intakes of this source lie in no place or in several. Enter its intake in the "
                "ledger, or allot it a share first, then propose the transfer."
            ),
            field="receiver",
        )
    return cells.pop()


def decision(transfer: Transfer, today: date) -> Decision:
    """The checks of a transfer as things stand on a day of its year."""
    giver, receiver = Node.of(transfer.giver_node), Node.of(transfer.receiver_node)
    year, groundwater = plan_year(transfer.year), transfer.source_kind in GROUNDWATER
    unit = _unit_of(receiver, transfer.source_kind)
    has = allotted(county(), transfer.year, transfer.source_kind).get(giver, Decimal(0))
    return may_transfer(
        transfer.volume_m3,
        Giver(
            transfer.saved_m3,
            _given(transfer, evidence=transfer.evidence),
            has,
            _used(giver, transfer.source_kind, year, today),
            _used(Node(user=giver.user), transfer.source_kind, year, today),
            _given(transfer),
            _permits(transfer.giver, transfer.source_kind),
            _unit_of(giver, transfer.source_kind),
            _use_of(giver, transfer.source_kind),
        ),
        Receiver(
            _permits(transfer.receiver, transfer.source_kind),
            unit,
            _suspended(unit, transfer.source_kind, today) if groundwater else None,
            _use_of(receiver, transfer.source_kind),
        ),
        min(max(today, transfer.counts_from), year.last),
        groundwater=groundwater,
    )


def _used(node: Node, source_kind: str, year: Period, today: date) -> Decimal | None:
    """Abstraction of a node in its year up to a day; None: not known, or not of all its intakes."""
    if today < year.start:  # nothing of a year to come has been saved yet
        return None
    period = Period.inclusive(year.start, min(today, year.last))
    where = {**filters(node), "source_kind": source_kind}
    rows = accounts.account(EVERYWHERE, period, "total", where)
    row = rows[0]
    return None if row.intakes_without_volume else row.abstraction_m3


def _given(transfer: Transfer, **of: str) -> Decimal:
    """What the giver has given to others of this source and year; `evidence`: of the saving that this proves."""
    before = Transfer.objects.filter(
        giver=transfer.giver, year=transfer.year, source_kind=transfer.source_kind, state=TransferState.APPROVED, **of
    )
    found: Decimal | None = before.exclude(pk=transfer.pk).aggregate(total=Sum("volume_m3"))["total"]
    return found or Decimal(0)


def permitted(user: WaterUser, source_kind: str) -> list[Project]:
    """A user's projects with a permit that take this source; all of them where none says which source it takes."""
    projects = Project.objects.filter(user=user)
    own = projects.filter(intakes__source__kind=source_kind).distinct()
    return [
        each
        for each in (own if own.exists() else projects)
        if each.permitted_m3 is not None or each.permit_number or each.permit_from or each.permit_to
    ]


def _permits(user: WaterUser, source_kind: str) -> tuple[Permit, ...]:
    return tuple(Permit(each.permitted_m3, each.permit_from, each.permit_to) for each in permitted(user, source_kind))


def unregistered(territory: Territory, user: WaterUser | None = None) -> QuerySet[Transfer]:
    """Approved transfers after which the permit of the giver or the receiver is still to be changed; of a user its own change."""
    giver, receiver = Q(giver_registered_on=None), Q(receiver_registered_on=None)
    if user is not None:
        giver, receiver = giver & Q(giver=user), receiver & Q(receiver=user)
    return visible(territory).filter(giver | receiver, state=TransferState.APPROVED)


def _unit_of(node: Node, source_kind: str) -> int | None:
    """The management unit of a node, or the one in which all its intakes lie."""
    if node.unit:
        return node.unit
    units = set(intakes_of(source_kind, node).values_list("management_unit_id", flat=True))
    return units.pop() if len(units) == 1 else None


def _use_of(node: Node, source_kind: str) -> str | None:
    """The use of a node, or the one of all its intakes."""
    if node.sector:
        return node.sector
    uses = set(intakes_of(source_kind, node).values_list("sector", flat=True))
    return uses.pop() if len(uses) == 1 else None


def _suspended(unit: int | None, source_kind: str, today: date) -> bool | None:
    """Whether new groundwater is suspended in a unit; None: it cannot be decided."""
    place = ManagementUnit.objects.filter(pk=unit).first() if unit else None
    if place is None:
        return None
    found = (s.state for s in units.standings(county(), today, only=place) if s.source == source_kind)
    return next((None if state.kind is Kind.UNKNOWN else state.suspended for state in found), None)


def kept(found: Decision) -> list[dict[str, Any]]:
    """A decision as it is kept with the transfer."""
    return [
        {"code": check.code, "outcome": check.outcome.value, "figures": dict(check.figures), "article": check.article}
        for check in found.because
    ]


def read(rows: Iterable[dict[str, Any]]) -> Decision:
    """A decision that was kept."""
    return Decision(
        tuple(
            Check(row["code"], Outcome(row["outcome"]), tuple(row["figures"].items()), row["article"]) for row in rows
        )
    )


def lines(found: Decision) -> list[dict[str, Any]]:
    """The checks in words: what was looked at, how it ended, by which figures, on which ground."""
    known = law()
    return [
        {
            "title": CHECKS[check.code],
            "outcome": check.outcome.value,
            "words": OUTCOMES[check.outcome],
            "figures": pgettext("clauses", ", ").join(
                f"{FIGURES[name]} {_figure(name, value)}" for name, value in check.figures
            ),
            "article": cited(known.rule(check.article)) if check.article else "",
            "rule": check.article,
            "advice": ADVICE.get((check.code, check.outcome), ""),
        }
        for check in found.because
    ]


def _figure(name: str, value: str) -> str:
    if name.endswith("_m3"):
        whole, _point, rest = value.partition(".")
        return f"{int(whole):,}{'.' + rest.rstrip('0') if rest.strip('0') else ''} m³"
    return str(MISSING.get(value, value))
