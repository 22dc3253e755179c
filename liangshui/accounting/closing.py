"""Closing of months (月结): what is still open, closing by one officer, what came late, and the two ways to mend it.

Entries of a closed month stand still. What would change them since is kept as a late change; an officer either books it
into an open month as a correction, or opens the month again with a reason. Nothing changes silently.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Count, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from liangshui.accounting import beside, matching, queries
from liangshui.accounting.closed import closed_months
from liangshui.accounting.models import AccountEntry, Carried, ChangedIntake, LateChange, MonthClosing
from liangshui.accounting.services import mark_changed
from liangshui.core.access import EVERYWHERE, Actor, Right, Territory
from liangshui.core.errors import Forbidden, Invalid
from liangshui.core.periods import ONE_DAY, day_start, month
from liangshui.records.locks import hold_accounts
from liangshui.registry.models import ImportBatch, Intake
from liangshui.registry.queries import county_path
from liangshui.telemetry.models import ChangedSpan

FAR_APART = Decimal("0.5")
"""Two methods that differ by more than this share are listed as doubtful. Ours, to look at; no law says it."""


def _needs_whole_county(actor: Actor) -> None:
    actor.require(Right.ACCOUNT_CHANGE)
    if not actor.territory(Right.ACCOUNT_CHANGE).holds_path(county_path()):
        raise Forbidden(_("Only who may change accounts of the whole county closes its months."))


@dataclass(frozen=True, slots=True)
class Check:
    """One line of the checklist: how many are open, and where they are."""

    code: str
    label: str
    open: int
    page: str


def checklist(start: date) -> list[Check]:
    """What is missing, doubtful or unmatched in a month of the whole county, and what accounts have not followed yet."""
    period = month(start)
    far = sum(
        1 for found in beside.differences(EVERYWHERE, period) if found.share is None or abs(found.share) > FAR_APART
    )
    first, end = (day_start(day, 0) for day in (period.start - ONE_DAY, period.end + ONE_DAY))
    waiting = (
        ChangedIntake.objects.filter(Q(until=None) | Q(until__gt=period.start), since__lt=period.end).count()
        + ChangedSpan.objects.filter(start_at__lt=end, end_at__gte=first).count()
    )
    return [
        Check("missing", _("intakes of which nothing tells a volume"), queries.unmeasured(EVERYWHERE, period).count(), "unmeasured"),
        Check("doubtful", _("intakes of which two methods differ by more than half"), far, "differences"),
        Check("unmatched", _("lines of electricity without a well"), matching.open_lines(), "import-list"),
        Check(
            "imports", _("imports checked but not taken"),
            ImportBatch.objects.filter(state=ImportBatch.State.CHECKED).count(), "import-list",
        ),
        Check("following", _("changes that accounts have not followed yet"), waiting, "recomputes"),
    ]  # fmt: skip


def close(actor: Actor, start: date) -> MonthClosing:
    """Close a month of the county, with the checklist as it stood.

    Raises:
        Invalid: the month is not over, is closed already, has no account, or changes are still being followed.
    """
    _needs_whole_county(actor)
    start = month(start).start
    if month(start).end > timezone.localdate():
        raise Invalid(_("The month is not over yet."))
    with transaction.atomic():
        hold_accounts()
        if start in closed_months([start]):
            raise Invalid(_("The month is closed already."))
        if not AccountEntry.objects.filter(month=start).exists():
            raise Invalid(_("The month has no account yet."))
        checks = checklist(start)
        if any(check.open for check in checks if check.code == "following"):
            raise Invalid(_("Accounts still follow changes; wait a moment, then close."))
        return MonthClosing.objects.create(
            month=start, closed_by_id=actor.person_id, checklist={check.code: check.open for check in checks}
        )


def reopen(actor: Actor, start: date, reason: str) -> MonthClosing:
    """Open a closed month again; its account follows what came late.

    Raises:
        Invalid: it is not closed, no reason is given, or a correction of it was booked in another month.
    """
    _needs_whole_county(actor)
    if not reason.strip():
        raise Invalid(_("Say why."), field="reason")
    with transaction.atomic():
        hold_accounts()
        row = MonthClosing.objects.filter(month=start, reopened_at=None).first()
        if row is None:
            raise Invalid(_("The month is not closed."))
        if Carried.objects.filter(of_month=start).exists():
            raise Invalid(
                _("Corrections of this month are booked in later months already; opening it would count them twice.")
            )
        row.reopened_at, row.reopened_by_id, row.reason = timezone.now(), actor.person_id, reason.strip()
        row.save()
        LateChange.objects.filter(month=start).delete()
        intakes = Intake.objects.order_by("pk").values_list("pk", flat=True)
        mark_changed([*intakes, None], start, month(start).end)  # where it counts, and what is passed on, follow too
    return row


def carry(actor: Actor, of_month: date, reason: str) -> int:
    """Book the late changes of a closed month's intakes into the oldest open month behind it; how many.

    Raises:
        Invalid: there are none, no reason is given, or no month behind it is open yet.
    """
    _needs_whole_county(actor)
    if not reason.strip():
        raise Invalid(_("Say why."), field="reason")
    with transaction.atomic():
        hold_accounts()
        late = list(LateChange.objects.filter(month=of_month, intake__isnull=False).select_for_update())
        closed = closed_months()
        into = month(of_month).end
        while into in closed:
            into = month(into).end
        if not late or into > timezone.localdate():
            raise Invalid(_("There is nothing to book, or no open month behind this one."))
        for change in late:
            assert change.intake_id is not None
            Carried.objects.create(
                intake_id=change.intake_id, of_month=of_month, into_month=into, reason=reason.strip(),
                volume_m3=(change.now_m3 or Decimal(0)) - (change.closed_m3 or Decimal(0)), booked_by_id=actor.person_id,
            )  # fmt: skip
            change.delete()
        mark_changed({change.intake_id for change in late}, into, month(into).end)
    return len(late)


def late_changes(territory: Territory, start: date) -> Any:
    """Late changes of a closed month that nobody has booked."""
    return LateChange.objects.within(territory).filter(month=start).select_related("intake", "user").order_by("pk")


def months_of(year: int) -> list[dict[str, Any]]:
    """The months of a year that have an account, newest first: closed when and by whom, late changes, corrections."""
    start, end = date(year, 1, 1), date(year + 1, 1, 1)
    known = AccountEntry.objects.filter(month__gte=start, month__lt=end).order_by().values_list("month", flat=True)
    closings = {
        c.month: c
        for c in MonthClosing.objects.filter(reopened_at=None, month__gte=start, month__lt=end).select_related(
            "closed_by"
        )
    }
    late = dict(
        LateChange.objects.filter(month__gte=start, month__lt=end)
        .order_by()
        .values_list("month")
        .annotate(n=Count("pk"))
    )
    carried = dict(
        Carried.objects.filter(of_month__gte=start, of_month__lt=end)
        .order_by()
        .values_list("of_month")
        .annotate(n=Count("pk"))
    )
    over = timezone.localdate()
    return [
        {
            "month": each, "closing": closings.get(each), "late": late.get(each, 0), "carried": carried.get(each, 0),
            "over": month(each).end <= over,
        }
        for each in sorted(set(known), reverse=True)
    ]  # fmt: skip
