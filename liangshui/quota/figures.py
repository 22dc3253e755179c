"""Six figures of a user on one line (一户六数): permitted, planned, allotted, metered, from electricity, reported."""

from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Q

from liangshui.accounting import beside
from liangshui.accounting import queries as accounts
from liangshui.core.access import Territory
from liangshui.core.periods import Period
from liangshui.quota.queries import allotted_to_users
from liangshui.registry.models import Project, WaterUser

NAMES = ("permitted_m3", "planned_m3", "allotted_m3", "metered_m3", "electricity_m3", "reported_m3")


@dataclass(slots=True)
class SixFigures:
    """The six figures of a user and a year, m³, and what the account counts; None: there is none.

    Planned stays None until plans are kept here. `electricity_off_m3` compares only intakes and months that have a meter
    and electricity both.
    """

    user: WaterUser
    permitted_m3: Decimal | None = None
    planned_m3: Decimal | None = None
    allotted_m3: Decimal | None = None
    metered_m3: Decimal | None = None
    electricity_m3: Decimal | None = None
    reported_m3: Decimal | None = None
    counted_m3: Decimal | None = None
    electricity_off_m3: Decimal | None = None

    @property
    def reported_off_m3(self) -> Decimal | None:
        """Reported less counted."""
        return None if self.reported_m3 is None or self.counted_m3 is None else self.reported_m3 - self.counted_m3

    @property
    def apart_m3(self) -> Decimal | None:
        """The larger of the two differences, without sign; None where nothing can be compared."""
        known = [abs(v) for v in (self.electricity_off_m3, self.reported_off_m3) if v is not None]
        return max(known, default=None)

    @property
    def over_m3(self) -> Decimal | None:
        """By how much the account lies above the least of what the user may take; 0 if it does not."""
        limits = [v for v in (self.permitted_m3, self.planned_m3, self.allotted_m3) if v is not None]
        if self.counted_m3 is None or not limits:
            return None
        return max(self.counted_m3 - min(limits), Decimal(0))


SORTS = {
    "apart": lambda line: (-(line.apart_m3 if line.apart_m3 is not None else Decimal(-1)), line.user.code),
    "over": lambda line: (-(line.over_m3 if line.over_m3 is not None else Decimal(-1)), line.user.code),
    "used": lambda line: (-(line.counted_m3 if line.counted_m3 is not None else Decimal(-1)), line.user.code),
    "name": lambda line: (line.user.name, line.user.code),
}
"""By what the lines are ordered: the largest difference first, unless by name."""


def six_figures(territory: Territory, period: Period, sort: str = "apart") -> list[SixFigures]:
    """A line for each user of the territory of whom any of the figures is known. `period`: a plan year."""
    users = {user.pk: user for user in WaterUser.objects.within(territory).select_related("division__parent")}
    lines = {pk: SixFigures(user) for pk, user in users.items()}
    valid = Q(permit_from=None) | Q(permit_from__lt=period.end), Q(permit_to=None) | Q(permit_to__gte=period.start)
    for user, volume in Project.objects.filter(*valid, permitted_m3__isnull=False).values_list(
        "user_id", "permitted_m3"
    ):
        if user in lines and volume is not None:
            lines[user].permitted_m3 = (lines[user].permitted_m3 or Decimal(0)) + volume
    for user, volume in allotted_to_users(period.start.year).items():
        if user in lines:
            lines[user].allotted_m3 = volume
    for user, figures in beside.by_user(territory, period).items():
        if user in lines:
            line = lines[user]
            line.metered_m3, line.electricity_m3 = figures.metered_m3, figures.electricity_m3
            line.reported_m3, line.electricity_off_m3 = figures.reported_m3, figures.electricity_off_m3
    for row in accounts.account(territory, period, "user"):
        if row.key in lines:
            lines[row.key].counted_m3 = row.abstraction_m3
    known = [line for line in lines.values() if any(getattr(line, name) is not None for name in NAMES)]
    return sorted(known, key=SORTS[sort])
