"""Transfers of allotted water between users (水权转让): proposed by one officer, approved by another."""

from datetime import date
from decimal import Decimal

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from liangshui.core.access import Actor, Right
from liangshui.core.decision import Outcome
from liangshui.core.errors import Forbidden, Invalid
from liangshui.quota import transfer_queries as queries
from liangshui.quota.models import SavingMeasure, Transfer, TransferState
from liangshui.quota.queries import county
from liangshui.quota.rules.closing import Node
from liangshui.quota.services import Change, allot
from liangshui.records import papers
from liangshui.registry.models import WaterUser

ROOM = "quota"


@transaction.atomic
def propose(
    actor: Actor,
    year: int,
    source_kind: str,
    giver: Node,
    receiver: WaterUser,
    volume_m3: Decimal,
    *,
    measure: str,
    saved_m3: Decimal,
    evidence: str,
    counts_from: date,
    document: str,
    measure_words: str = "",
    price_note: str = "",
    paper: bytes | None = None,
) -> Transfer:
    """Propose that a user gives some of a share of the ledger to another, of what a measure saves by its evidence; nothing moves
    before it is approved.

    Raises:
        Forbidden: the actor may not allot water in the whole county.
        Invalid: the giver has no such share; the receiver is the giver, or has no place; the saving or its evidence is
            missing, or its paper is not taken; or a check has failed.
    """
    actor.require(Right.QUOTA_CHANGE, path=county().path)
    if giver not in queries.shares(year, source_kind) or giver.user is None:
        raise Invalid(
            _("The giver has no such share of this year. Allot it one first, or choose another source."), field="giver"
        )
    if giver.user == receiver.pk:
        raise Invalid(_("The receiver must be another water user."), field="receiver")
    if volume_m3 <= 0:
        raise Invalid(_("The volume must be above zero."), field="volume")
    if measure not in SavingMeasure.values:
        raise Invalid(_("Say by what the water was saved."), field="measure")
    if saved_m3 <= 0:
        raise Invalid(_("The volume must be above zero."), field="saved")
    if not evidence.strip():
        raise Invalid(_("Name the evidence of the saving, such as the report of its assessment."), field="evidence")
    if counts_from.year != year:
        raise Invalid(_("The day must lie in the year of the allotment."), field="counts_from")
    made = Transfer(
        year=year, source_kind=source_kind, giver_id=giver.user, receiver=receiver, giver_node=giver.code,
        receiver_node=queries.receiving(year, source_kind, giver, receiver.pk).code, volume_m3=volume_m3,
        measure=measure, measure_words=measure_words.strip(), saved_m3=saved_m3, evidence=evidence.strip(), counts_from=counts_from, document=document.strip(), price_note=price_note.strip(), entered_by_id=actor.person_id,
    )  # fmt: skip
    _require_no_failure(made)
    made.paper = papers.keep(ROOM, paper) if paper else ""
    made.save()
    return made


@transaction.atomic
def decide(actor: Actor, transfer: Transfer, *, agreed: bool, words: str) -> Transfer:
    """Approve a transfer that another has proposed, which moves the water in the ledger, or refuse it.

    The checks are made anew, since water may have been used meanwhile. What is undecided, or needs a person, may be approved
    with words only.

    Raises:
        Forbidden: as `propose`.
        Invalid: it does not wait; it is one's own; words are missing; a check has failed; or the ledger would not close.
    """
    actor.require(Right.QUOTA_CHANGE, path=county().path)
    transfer = Transfer.objects.select_for_update().get(pk=transfer.pk)
    if transfer.state != TransferState.PROPOSED:
        raise Invalid(_("It does not wait for a decision any more."))
    if transfer.entered_by_id == actor.person_id or actor.person_id is None:
        raise Invalid(_("Another officer has to decide on what you entered."))
    if not agreed and not words.strip():
        raise Invalid(_("Say why it is refused."), field="words")
    found = queries.decision(transfer, timezone.localdate())
    if agreed:
        _require_no_failure(transfer)
        if not found.allowed and not words.strip():
            raise Invalid(_("Not every check could be made: say on what you approve it."), field="words")
        allot(
            actor, county(), transfer.year, transfer.source_kind,
            [
                Change(Node.of(transfer.giver_node), -transfer.volume_m3, _("transfer no. %s, given") % transfer.pk),
                Change(Node.of(transfer.receiver_node), transfer.volume_m3, _("transfer no. %s, received") % transfer.pk),
            ],
            counts_from=transfer.counts_from, document=transfer.document,
        )  # fmt: skip
    transfer.state = TransferState.APPROVED if agreed else TransferState.REFUSED
    transfer.checks = queries.kept(found)
    transfer.decided_by_id, transfer.decided_at, transfer.words = actor.person_id, timezone.now(), words.strip()
    transfer.save()
    return transfer


@transaction.atomic
def withdraw(actor: Actor, transfer: Transfer) -> Transfer:
    """Take back what one has proposed, while it waits."""
    transfer = Transfer.objects.select_for_update().get(pk=transfer.pk)
    if transfer.entered_by_id != actor.person_id:
        raise Forbidden(Right.QUOTA_CHANGE)
    if transfer.state != TransferState.PROPOSED:
        raise Invalid(_("It does not wait for a decision any more."))
    transfer.state = TransferState.WITHDRAWN
    transfer.save(update_fields=["state"])
    return transfer


@transaction.atomic
def register(actor: Actor, transfer: Transfer, end: str, *, day: date, document: str) -> Transfer:
    """Say that the permit of the giver or the receiver was changed (变更登记), or that the receiver got one of its own.

    Raises:
        Forbidden: the actor may not allot water in the whole county.
        Invalid: nothing waits at this end; the day lies before the approval or in the future; or the document is missing.
    """
    actor.require(Right.QUOTA_CHANGE, path=county().path)
    transfer = Transfer.objects.select_for_update().get(pk=transfer.pk)
    if end not in transfer.unregistered:
        raise Invalid(_("No change of this permit waits."), field="end")
    assert transfer.decided_at is not None
    if not timezone.localdate(transfer.decided_at) <= day <= timezone.localdate():
        raise Invalid(_("The day lies before the approval, or in the future."), field="day")
    if not document.strip():
        raise Invalid(_("Name the document of the change."), field="document")
    setattr(transfer, f"{end}_registered_on", day)
    setattr(transfer, f"{end}_registration", document.strip())
    transfer.save(update_fields=[f"{end}_registered_on", f"{end}_registration"])
    return transfer


def _require_no_failure(transfer: Transfer) -> None:
    failed = [
        line
        for line in queries.lines(queries.decision(transfer, timezone.localdate()))
        if line["outcome"] == Outcome.FAILED
    ]
    if failed:
        raise Invalid(_("; ").join(_("%(title)s: %(words)s (%(figures)s)") % line for line in failed), field="volume")
