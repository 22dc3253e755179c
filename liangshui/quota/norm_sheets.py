"""Quotas of use from and to Excel: a row a quota."""

from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from liangshui.core.access import Actor
from liangshui.core.errors import Invalid
from liangshui.quota.models import Norm, NormDocument
from liangshui.quota.norm_services import add_norm, drop_norm, require_open
from liangshui.quota.sheets.columns import NORMS
from liangshui.quota.taking import Taken, take_rows
from liangshui.registry.sheets.table import Row
from liangshui.registry.sheets.write import SheetOut, write_workbook

TEXTS = ("trade_code", "conditions", "product_unit", "place")


@transaction.atomic
def take(actor: Actor, document: NormDocument, content: bytes, *, keep: bool) -> Taken:
    """Enter the quotas of a workbook for a document, each row by itself; without `keep` only see what would come of it. A row of a quota
    that the document has already corrects it.

    Raises:
        Forbidden: another has entered the document; Invalid: it was decided on already.
        SheetError: the file cannot be read at all.
    """
    require_open(actor, document)
    seen: dict[tuple[str, ...], int] = {}
    return take_rows(content, NORMS, lambda row: _enter(actor, document, row, seen), keep=keep)


def _enter(actor: Actor, document: NormDocument, row: Row, seen: dict[tuple[str, ...], int]) -> str:
    facts: dict[str, Any] = row.values | {name: row.values.get(name) or "" for name in TEXTS}
    wanted = Norm(of=document, **facts)
    if wanted.key in seen:
        raise Invalid(_("the same quota stands in row %(n)s already") % {"n": seen[wanted.key]}, field="what")
    seen[wanted.key] = row.number
    before = next((each for each in document.rows.all() if each.key == wanted.key), None)
    if before and all(getattr(before, name) == getattr(wanted, name) for name in facts):
        return "same"
    if before:
        drop_norm(actor, before)
    add_norm(actor, document, **facts)
    return "corrected" if before else "new"


def write(rows: Iterable[Norm]) -> bytes:
    """Quotas in the form that is read back; without any the blank sheet."""
    found = [{field.name: getattr(row, field.name) or None for field in NORMS} for row in rows]
    return write_workbook([SheetOut(_("Quotas of use"), NORMS, found)])
