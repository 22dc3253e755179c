"""Two officers (双人确认): what decides money or refusals is entered by one and binds when another has confirmed it."""

from datetime import date
from typing import Any, TypeVar

from django.utils import timezone
from django.utils.translation import gettext as _

from liangshui.core.access import Actor, Right
from liangshui.core.errors import Forbidden, Invalid
from liangshui.records import papers
from liangshui.records.models import FigureState, SecondOfficer

Row = TypeVar("Row", bound=SecondOfficer)


def entered(
    actor: Actor, room: str, *, document: str, document_number: str, issued_on: date | None, paper: bytes | str | None
) -> dict[str, Any]:
    """The columns of `ByDocument` for what an officer enters now. The paper is kept in the room's folder; as text it is the name of one that
    was kept there already.

    Raises:
        Invalid: title, number or day are missing; the day is to come; or the paper is not taken.
    """
    for field, given in (
        ("document", document.strip()),
        ("document_number", document_number.strip()),
        ("issued_on", issued_on),
    ):
        if not given:
            raise Invalid(_("Give the title, the number and the day of the document that sets it."), field=field)
    assert issued_on is not None
    if issued_on > timezone.localdate():
        raise Invalid(_("A document cannot be of a day to come."), field="issued_on")
    return {
        "document": document.strip(), "document_number": document_number.strip(), "issued_on": issued_on,
        "paper": papers.keep(room, paper) if isinstance(paper, bytes) and paper else paper or "", "entered_by_id": actor.person_id, "entered_at": timezone.now(),
    }  # fmt: skip


def decided(actor: Actor, row: Row, *, agreed: bool, words: str) -> Row:
    """The row, locked and saved as confirmed or refused. The caller has checked the right, holds a transaction, and does what follows.

    Raises:
        Invalid: it does not wait any more; it is one's own; or it is refused without words.
    """
    row = type(row)._default_manager.select_for_update().get(pk=row.pk)
    if row.state != FigureState.PROPOSED:
        raise Invalid(_("It does not wait for a decision any more."))
    if row.entered_by_id == actor.person_id or actor.person_id is None:
        raise Invalid(_("Another officer has to confirm what you entered."))
    if not agreed and not words.strip():
        raise Invalid(_("Say why it is refused."), field="words")
    row.state = FigureState.BINDING if agreed else FigureState.REFUSED
    row.decided_by_id, row.decided_at, row.words = actor.person_id, timezone.now(), words.strip()
    row.save()
    return row


def withdrawn(actor: Actor, row: Row, right: Right) -> Row:
    """The row, taken back by who entered it while it waits. The caller holds a transaction.

    Raises:
        Forbidden: another entered it.
        Invalid: it does not wait any more.
    """
    row = type(row)._default_manager.select_for_update().get(pk=row.pk)
    if row.entered_by_id != actor.person_id:
        raise Forbidden(right)
    if row.state != FigureState.PROPOSED:
        raise Invalid(_("It does not wait for a decision any more."))
    row.state = FigureState.WITHDRAWN
    row.save(update_fields=["state"])
    return row
