"""Six figures of a user on one line (一户六数): permitted, planned, allotted, metered, from electricity, reported."""

from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Q

from liangshui.accounting import beside
from liangshui.core.access import Territory
from liangshui.core.periods import Period
from liangshui.quota.models import AllotmentEntry
from liangshui.registry.models import Project, WaterUser

NAMES = ("permitted_m3", "planned_m3", "allotted_m3", "metered_m3", "electricity_m3", "reported_m3")


@dataclass(slots=True)
class SixFigures:
    """The six figures of a user and a year, m³; None: there is none. Planned stays None until plans are kept here."""

    user: WaterUser
    permitted_m3: Decimal | None = None
    planned_m3: Decimal | None = None
    allotted_m3: Decimal | None = None
    metered_m3: Decimal | None = None
    electricity_m3: Decimal | None = None
    reported_m3: Decimal | None = None

    @property
    def used_m3(self) -> Decimal | None:
        """The most that any evidence of use says."""
        known = [v for v in (self.metered_m3, self.electricity_m3, self.reported_m3) if v is not None]
        return max(known, default=None)

    @property
    def limit_m3(self) -> Decimal | None:
        """The least of what the user may take."""
        known = [v for v in (self.permitted_m3, self.planned_m3, self.allotted_m3) if v is not None]
        return min(known, default=None)

    @property
    def over_m3(self) -> Decimal | None:
        """By how much the most that is said of the use lies above the least that is allowed; 0 if it does not."""
        if self.used_m3 is None or self.limit_m3 is None:
            return None
        return max(self.used_m3 - self.limit_m3, Decimal(0))

    @property
    def apart_m3(self) -> Decimal | None:
        """How far metered, electric and reported volumes lie apart; None if there are not two."""
        known = [v for v in (self.metered_m3, self.electricity_m3, self.reported_m3) if v is not None]
        return max(known) - min(known) if len(known) > 1 else None


SORTS = {
    "apart": lambda line: (-(line.apart_m3 if line.apart_m3 is not None else Decimal(-1)), line.user.code),
    "over": lambda line: (-(line.over_m3 if line.over_m3 is not None else Decimal(-1)), line.user.code),
    "used": lambda line: (-(line.used_m3 if line.used_m3 is not None else Decimal(-1)), line.user.code),
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
    allotted: dict[int, Decimal] = defaultdict(Decimal)
    for user, volume in AllotmentEntry.objects.filter(year=period.start.year, user__isnull=False).values_list(
        "user_id", "change_m3"
    ):
        allotted[user] += volume
    for user, volume in allotted.items():
        if user in lines:
            lines[user].allotted_m3 = volume
    for user, figures in beside.by_user(territory, period).items():
        if user in lines:
            line = lines[user]
            line.metered_m3, line.electricity_m3, line.reported_m3 = (
                figures.metered_m3, figures.electricity_m3, figures.reported_m3,
            )  # fmt: skip
    known = [line for line in lines.values() if any(getattr(line, name) is not None for name in NAMES)]
    return sorted(known, key=SORTS[sort])
