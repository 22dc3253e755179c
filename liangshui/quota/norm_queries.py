"""The table of quotas of use (用水定额) on a day."""

from datetime import date

from django.db.models import Q, QuerySet
from django.utils import timezone

from liangshui.quota.models import Norm, NormDocument
from liangshui.quota.rules.norms import Measure
from liangshui.records.models import FigureState


def norms(on: date) -> list[Norm]:
    """The quotas that hold on a day: of documents that a second officer has confirmed; of the same quota in two, that of the document
    which began last, and of those that began on one day the last confirmed."""
    documents = NormDocument.objects.on(on).filter(state=FigureState.BINDING)
    rows = Norm.objects.filter(of__in=documents).select_related("of")
    found = {row.key: row for row in rows.order_by("of__valid_from", "of__decided_at", "of__pk")}
    order = list(Measure)
    return sorted(found.values(), key=lambda row: (order.index(Measure(row.measure)), row.what, row.conditions, row.pk))


def table(on: date) -> QuerySet[Norm]:
    """The same as rows to be searched and sorted."""
    return Norm.objects.filter(pk__in=[row.pk for row in norms(on)]).select_related("of")


def offered(typed: str, measure: str = "") -> QuerySet[Norm]:
    """What holds today and fits to typed words: its name, conditions or code of the trade, or its number in the table (#12)."""
    rows = table(timezone.localdate())
    if measure:
        rows = rows.filter(measure=measure)
    for word in typed.split():
        number = word.removeprefix("#")
        if word.startswith("#") and number.isdigit():
            return rows.filter(pk=int(number))
        rows = rows.filter(Q(what__icontains=word) | Q(conditions__icontains=word) | Q(trade_code__istartswith=word))
    return rows


def waiting(person: int | None) -> QuerySet[NormDocument]:
    """Documents with quotas that wait for a second officer who is not the one that entered them."""
    rows = NormDocument.objects.filter(state=FigureState.PROPOSED, rows__isnull=False).exclude(entered_by=person)
    return rows.distinct()


def days() -> list[date]:
    """Days from which the table of quotas changed, the newest first."""
    found = NormDocument.objects.filter(state=FigureState.BINDING).values_list("valid_from", "valid_to")
    return sorted({day for pair in found for day in pair if day}, reverse=True)
