"""Closed months as the computation sees them: they stand still, and what they would say otherwise is written down."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal

from django.db.models import Q, Sum
from django.utils.translation import gettext as _

from liangshui.accounting.codes import Stage
from liangshui.accounting.entries import Key
from liangshui.accounting.models import Carried, LateChange, MonthClosing
from liangshui.core.errors import Invalid
from liangshui.core.periods import Period

Sums = dict[tuple[date, int | None, int], tuple[int, Decimal | None]]
"""Month, intake (None: no intake's) and user: division, and abstraction in m³."""


def closed_months(months: Iterable[date] | None = None) -> set[date]:
    """First days of the months that are closed."""
    rows = MonthClosing.objects.filter(reopened_at=None)
    return set((rows if months is None else rows.filter(month__in=list(months))).values_list("month", flat=True))


def refuse_closed(spans: Iterable[tuple[date, date]]) -> None:
    """Raises Invalid where a closed month rests on any of these spans (end not included)."""
    closed = closed_months()
    for start, end in spans:
        for each in Period(start, end).months():
            if each.start in closed:
                raise Invalid(
                    _("Month %(month)s is closed and rests on it; open it again first.")
                    % {"month": f"{each.start:%Y-%m}"}
                )


def keep_late(old: Sums, new: Sums) -> None:
    """Write down what closed months would say otherwise than they do, beyond what is booked elsewhere already."""
    keys = {*old, *new}
    if not keys:
        return
    carried: dict[tuple[date, int], Decimal] = defaultdict(Decimal)
    rows = Carried.objects.filter(of_month__in={key[0] for key in keys}).values_list("of_month", "intake_id")
    for of_month, intake, volume in rows.annotate(v=Sum("volume_m3")):
        carried[of_month, intake] += volume
    for key in keys:
        start, intake, user = key
        where = Q(month=start, user=user) & (Q(intake=intake) if intake else Q(intake=None))
        LateChange.objects.filter(where).delete()
        division, was = old.get(key, (None, None))
        here, now = new.get(key, (division, None))
        booked = carried.get((start, intake or 0), Decimal(0))
        if (now or Decimal(0)) - (was or Decimal(0)) != booked and here is not None:
            LateChange.objects.create(
                month=start, intake_id=intake, user_id=user, division_id=here, now_m3=now,
                closed_m3=(was or Decimal(0)) + booked if booked else was,
            )  # fmt: skip


def summed(rows: Iterable[tuple[Key, Sequence[int | None]]]) -> Sums:
    """Abstraction of entries by month, intake and user, m³."""
    found: Sums = {}
    for key, amount in rows:
        if key.stage != Stage.ABSTRACTION.value:
            continue
        place = (key.month, key.intake, key.user)
        _division, volume = found.get(place, (key.division, None))
        if amount[1] is not None:
            volume = (volume or Decimal(0)) + Decimal(amount[1]).scaleb(-3)
        found[place] = (key.division, volume)
    return found
