"""Terms of a permit's life (期限). Figures come from the law of the day; the working-day calendar is data."""

from datetime import date, timedelta

from liangshui.core.parameters import Law
from liangshui.core.workdays import WorkCalendar, add_years


def check_by(received: date, law: Law, calendar: WorkCalendar) -> date:
    """Last day of the check of the papers (受理审查): 5 working days from receipt (取水条例 13).

    Received on Monday 2024-03-04: 2024-03-11.
    """
    return calendar.after(received, law.figure("AR-013", "days", received))


def decide_by(accepted: date, excluded_working_days: int, law: Law, calendar: WorkCalendar) -> date:
    """Last day to decide (审批决定): 45 working days from acceptance; hearing and consultation are left out (取水条例 19).

    Accepted on 2024-03-11 with nothing left out: 2024-05-15.
    """
    return calendar.after(accepted, law.figure("AR-019-A", "days", accepted) + excluded_working_days)


def renewal_by(expires: date, law: Law) -> date:
    """Last day to apply for renewal in time (延续): 45 days before the permit ends (取水条例 25, before the general 30 of 许可法 50).

    A permit that ends on 2026-06-30: 2026-05-16.
    """
    return expires - timedelta(days=law.figure("AR-025", "renewal_apply_days_before", expires))


def lapses_on(approved: date, law: Law) -> date:
    """On which day an approval lapses if the works were not begun (批准文件失效): after 3 years (取水条例 22)."""
    return add_years(approved, law.figure("AR-022", "years", approved))


def disused_from(last_abstraction: date, law: Law) -> date:
    """From which day a permit may be cancelled for disuse (停止取水满2年): 2 full years (取水条例 44).

    Last taken on 2022-05-31: from 2024-05-31. Force majeure or a major refit may keep it, with the authority's consent.
    """
    return add_years(last_abstraction, law.figure("AR-044", "years", last_abstraction))


def validity_years(asked: int, on: date, law: Law) -> int:
    """For how many years a permit may run (有效期限): as asked, at most 10; the usual term is 5 (取水条例 25)."""
    return min(asked, int(law.figure("AR-025", "validity_years_max", on)))
