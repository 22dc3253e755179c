"""The village card (嘎查进度卡): one page that says how much a village used, how much is left, and which wells to look at."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import Sum

from liangshui.accounting import queries as accounts
from liangshui.core.access import Territory
from liangshui.core.periods import Period, month, plan_year
from liangshui.quota.models import AllotmentEntry
from liangshui.registry.models import Division, Intake, WaterUser

ZERO = Decimal(0)


@dataclass(slots=True)
class UserLine:
    """A user of the village: allotted and used so far, m³; None: nothing allotted, or no volume known."""

    user: WaterUser
    allotted_m3: Decimal | None
    used_m3: Decimal | None

    @property
    def left_m3(self) -> Decimal | None:
        return None if self.allotted_m3 is None else self.allotted_m3 - (self.used_m3 or ZERO)

    @property
    def share(self) -> Decimal | None:
        """Used as a share of what is allotted."""
        return (self.used_m3 or ZERO) / self.allotted_m3 if self.allotted_m3 else None

    @property
    def bar(self) -> float:
        """Length of the bar in percent."""
        return float(min((self.share or ZERO) * 100, Decimal(100)))


@dataclass(slots=True)
class VillageCard:
    """A village and a year up to a day."""

    village: Division
    year: Period
    day: date
    total: UserLine
    users: list[UserLine]
    months: list[tuple[date, Decimal | None, float]]
    without_volume: list[Intake]

    @property
    def year_gone(self) -> Decimal:
        """Which share of the year is over."""
        return Decimal((min(self.day, self.year.last) - self.year.start).days + 1) / self.year.length

    @property
    def ahead(self) -> bool:
        """Whether water goes faster than the year."""
        return self.total.share is not None and self.total.share > self.year_gone


def card(village: Division, year: int, day: date) -> VillageCard:
    """The card of a village. Whether the reader may see it is asked before."""
    whole, here = plan_year(year), Territory(paths=frozenset({village.path}))
    so_far = Period.inclusive(whole.start, min(max(day, whole.start), whole.last))
    rows = [row for row in accounts.account(here, so_far, "user") if row.intakes or row.abstraction_m3]
    used = {row.key: row.abstraction_m3 for row in rows}
    users = {user.pk: user for user in WaterUser.objects.within(here)}
    users |= {user.pk: user for user in WaterUser.objects.filter(pk__in=[pk for pk in used if pk not in users])}
    allotted = dict(
        AllotmentEntry.objects.filter(year=year, user__in=users)
        .order_by()
        .values_list("user_id")
        .annotate(total=Sum("change_m3"))
    )
    lines = [UserLine(user, allotted.get(pk), used.get(pk)) for pk, user in users.items()]
    lines = [line for line in lines if line.allotted_m3 is not None or line.user.pk in used]
    known = [line.allotted_m3 for line in lines if line.allotted_m3 is not None]
    taken = [line.used_m3 for line in lines if line.used_m3 is not None]
    total = UserLine(WaterUser(), sum(known, ZERO) if known else None, sum(taken, ZERO) if taken else None)
    months = next(iter(accounts.monthly(here, year)), (None, "", {}))[2]
    most = max((volume for volume in months.values() if volume), default=Decimal(1))
    columns = [
        (span.start, months.get(span.start), float((months.get(span.start) or ZERO) / most)) for span in whole.months()
    ]
    last = month(min(day, whole.last))
    missing = accounts.unmeasured(here, last).order_by("code")
    lines.sort(key=lambda line: (-(line.share or ZERO), -(line.used_m3 or ZERO), line.user.code))
    return VillageCard(village, whole, day, total, lines, columns, list(missing[:200]))
