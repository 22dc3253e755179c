"""Closed months as the computation sees them: they stand still, and what they would say otherwise is written down."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal

from django.db.models import Sum
from django.utils.translation import gettext as _

from liangshui.accounting import bulk
from liangshui.accounting.codes import Stage
from liangshui.accounting.entries import Key
from liangshui.accounting.models import Carried, LateChange, MonthClosing
from liangshui.core.errors import Invalid
from liangshui.core.periods import Period

Place = tuple[date, int | None, int | None]
"""Month and intake; or, of what is no intake's, month and user."""

Sums = dict[Place, tuple[int, int, Decimal | None]]
"""User, division, and abstraction in m³. A shared well is one place, with the first of its users."""


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
    places = {*old, *new}
    if not places:
        return
    months, intakes = {place[0] for place in places}, {place[1] for place in places if place[1]}
    booked: dict[Place, Decimal] = defaultdict(Decimal)
    known: dict[Place, LateChange] = {}
    for part in bulk.chunks(intakes):
        rows = Carried.objects.filter(of_month__in=months, intake__in=part).values_list("of_month", "intake_id")
        for of_month, intake, volume in rows.annotate(v=Sum("volume_m3")):
            booked[of_month, intake, None] += volume
        for row in LateChange.objects.filter(month__in=months, intake__in=part):
            known[row.month, row.intake_id, None] = row
    if any(place[1] is None for place in places):
        for row in LateChange.objects.filter(month__in=months, intake=None):
            known[row.month, None, row.user_id] = row
    for place in places:
        user, division, was = old.get(place) or (*new[place][:2], None)
        now = new[place][2] if place in new else None
        before = (was or Decimal(0)) + booked[place] if booked[place] else was
        late = known.get(place)
        if (now or Decimal(0)) == (before or Decimal(0)):
            if late is not None:
                late.delete()
        elif late is None:
            LateChange.objects.create(
                month=place[0], intake_id=place[1], user_id=user, division_id=division, closed_m3=before, now_m3=now
            )
        elif (late.closed_m3, late.now_m3) != (before, now):
            late.closed_m3, late.now_m3 = before, now
            late.save()


def summed(rows: Iterable[tuple[Key, Sequence[int | None]]]) -> Sums:
    """Abstraction of entries by month and intake, or user where it is no intake's, m³."""
    found: Sums = {}
    for key, amount in sorted(rows, key=lambda row: row[0].sharer):
        if key.stage != Stage.ABSTRACTION.value:
            continue
        place = (key.month, key.intake, None if key.intake else key.user)
        user, division, volume = found.get(place, (key.user, key.division, None))
        if amount[1] is not None:
            volume = (volume or Decimal(0)) + Decimal(amount[1]).scaleb(-3)
        found[place] = (user, division, volume)
    return found
