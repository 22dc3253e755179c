"""Entering quotas of use by their document; they bind when a second officer has confirmed the document with all its rows."""

import re
from datetime import date
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from liangshui.core.access import Actor, Right
from liangshui.core.errors import Forbidden, Invalid
from liangshui.quota.models import Norm, NormDocument
from liangshui.quota.queries import county
from liangshui.quota.rules.norms import Measure
from liangshui.records import second
from liangshui.records.models import FigureState

ROOM = "quota"
TRADE = re.compile(r"[A-T]?\d{2,4}")
"""A code of GB/T 4754: a letter of the section, or none, and two to four digits."""


def may(actor: Actor) -> bool:
    """Whether somebody may enter quotas: they hold in the whole county, so the right must, too."""
    return actor.territory(Right.QUOTA_CHANGE).holds_path(county().path)


def _require(actor: Actor) -> None:
    actor.require(Right.QUOTA_CHANGE, path=county().path)


@transaction.atomic
def enter_document(
    actor: Actor, *, document: str, document_number: str, issued_on: date, valid_from: date, valid_to: date | None = None,
    paper: bytes | None = None,
) -> NormDocument:  # fmt: skip
    """Enter a document that sets quotas; its rows follow.

    Raises:
        Forbidden: without the right for the whole county.
        Invalid: the days cannot be, or the paper is not taken.
    """
    _require(actor)
    told = second.entered(
        actor, ROOM, document=document, document_number=document_number, issued_on=issued_on, paper=paper
    )
    if valid_to and valid_to <= valid_from:
        raise Invalid(_("The end lies before the beginning."), field="valid_to")
    return NormDocument.objects.create(valid_from=valid_from, valid_to=valid_to, **told)


def require_open(actor: Actor, document: NormDocument) -> NormDocument:
    """A document whose rows may still be changed, by who entered it. Raises Forbidden, Invalid."""
    _require(actor)
    found = NormDocument.objects.select_for_update().get(pk=document.pk)
    if found.entered_by_id != actor.person_id:
        raise Forbidden(Right.QUOTA_CHANGE)
    if found.state != FigureState.PROPOSED:
        raise Invalid(_("It does not wait for a decision any more."))
    return found


@transaction.atomic
def add_norm(actor: Actor, document: NormDocument, **facts: Any) -> Norm:
    """Enter a quota of a document.

    Raises:
        Forbidden: another has entered the document.
        Invalid: the document was decided on; a value, a unit or a code that cannot be; or the document has this quota already.
    """
    found = require_open(actor, document)
    row = Norm(of=found, **{name: value.strip() if isinstance(value, str) else value for name, value in facts.items()})
    if row.value <= 0:
        raise Invalid(_("A quota lies above zero."), field="value")
    if row.advanced is not None and not 0 < row.advanced <= row.value:
        raise Invalid(_("The advanced value lies above zero and is no more than the general one."), field="advanced")
    if (row.measure == Measure.PRODUCT) != bool(row.product_unit):
        raise Invalid(_("Say the unit of the product, and only of a product."), field="product_unit")
    if row.trade_code and not TRADE.fullmatch(row.trade_code):
        raise Invalid(
            _("A code of GB/T 4754 is a letter or none, and two to four digits, such as C2614."), field="trade_code"
        )
    if any(other.key == row.key for other in found.rows.all()):
        raise Invalid(_("The document has this quota already."), field="what")
    row.save()
    return row


@transaction.atomic
def drop_norm(actor: Actor, norm: Norm) -> None:
    """Take a quota out of a document that was not decided on; the audit trail keeps it."""
    require_open(actor, norm.of)
    norm.delete()


def seen(document: NormDocument) -> str:
    """What the rows of a document are, so that nobody confirms others than those that were looked at."""
    return "-".join(map(str, document.rows.order_by("pk").values_list("pk", flat=True)))


@transaction.atomic
def decide(actor: Actor, document: NormDocument, *, agreed: bool, words: str = "", rows: str = "") -> NormDocument:
    """Confirm a document with its rows that another has entered, or refuse it; `rows` are those that were looked at (`seen`).

    Raises:
        Forbidden: without the right for the whole county.
        Invalid: it does not wait any more; it is one's own; it has no rows, or others than were looked at; or it is refused without words.
    """
    _require(actor)
    found = second.decided(actor, document, agreed=agreed, words=words)
    if agreed and not found.rows.exists():
        raise Invalid(_("The document has no quota yet."))
    if agreed and rows != seen(found):
        raise Invalid(_("Its rows have changed since you opened the page. Look at them again."))
    return found


@transaction.atomic
def withdraw(actor: Actor, document: NormDocument) -> NormDocument:
    """Take back what one has entered, while it waits."""
    _require(actor)
    return second.withdrawn(actor, document, Right.QUOTA_CHANGE)


@transaction.atomic
def end_document(actor: Actor, document: NormDocument, *, day: date) -> NormDocument:
    """From a day on a document no longer holds, such as when it was repealed without another in its place.

    Raises:
        Invalid: it does not hold, or has ended by then, or the day lies before it began.
    """
    _require(actor)
    found = NormDocument.objects.select_for_update().get(pk=document.pk)
    if found.state != FigureState.BINDING or (found.valid_to and found.valid_to <= day):
        raise Invalid(_("It has ended already."))
    if day <= found.valid_from:
        raise Invalid(_("The end lies before the beginning."), field="day")
    found.valid_to = day
    found.save(update_fields=["valid_to"])
    return found
