"""What is filed instead of permitted (备案): until when, and whether a filing stands for the permit that an abstraction would need."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from liangshui.core.parameters import Law
from liangshui.core.workdays import WorkCalendar


class What(StrEnum):
    """What is filed. The codes of what needs no permit are those of `scope.Use`."""

    OWN_POND = "own_pond"
    EMERGENCY_WORKS = "emergency_works"
    EMERGENCY_PUBLIC = "emergency_public"
    EMERGENCY_DROUGHT = "emergency_drought"
    MONITORING = "monitoring"
    WORKS_PLAN = "works_plan"


ARTICLES = {
    What.OWN_POND: ("AR-004 (1)",), What.EMERGENCY_WORKS: ("AR-004 (3)", "GW-052"), What.EMERGENCY_PUBLIC: ("AR-004 (4)",),
    What.EMERGENCY_DROUGHT: ("AR-004 (5)",), What.MONITORING: ("GW-048-B",), What.WORKS_PLAN: ("GW-026",),
}  # fmt: skip
EMERGENCIES = frozenset({What.EMERGENCY_WORKS, What.EMERGENCY_PUBLIC, What.EMERGENCY_DROUGHT})
BEFOREHAND = frozenset({What.EMERGENCY_DROUGHT, What.MONITORING, What.WORKS_PLAN})
"""What is filed, or agreed to, before it begins."""


@dataclass(frozen=True, slots=True)
class Filed:
    """A filing: of what, when it began or is to begin, when it ended (None: it goes on), and on which day it was filed."""

    what: What
    begins: date
    ends: date | None
    filed_on: date


def file_by(filed: Filed, law: Law, calendar: WorkCalendar) -> date | None:
    """The last day on which it is filed in time; None: the law says “promptly”, or it has not ended yet.

    Emergency drainage is filed within 5 working days after it ends (地下水管理条例 52): ended on Monday 2024-03-04, filed by 2024-03-11.
    """
    if filed.what in BEFOREHAND:
        return filed.begins
    if filed.what is What.EMERGENCY_WORKS and filed.ends is not None:
        return calendar.after(filed.ends, law.figure("GW-052", "days", filed.ends))
    return None


def spares(filed: Filed, on: date) -> bool:
    """Whether what was filed needs no permit on a day: while it lasts. A works plan stands for no permit, and to what asks for consent
    before, consent that comes later is none (取水条例 4(5))."""
    if filed.what is What.WORKS_PLAN or (filed.what is What.EMERGENCY_DROUGHT and filed.filed_on > filed.begins):
        return False
    return filed.begins <= on and (filed.ends is None or on <= filed.ends)
