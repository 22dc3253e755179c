"""The village card (嘎查进度卡): one page that says how much a village used, how much is left, and which wells to look at."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from liangshui.accounting import queries as accounts
from liangshui.core.access import Territory
from liangshui.core.periods import Period, month, plan_year
from liangshui.quota.queries import allotted_to_users
from liangshui.quota.rules.closing import outlook
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
    """A village and a year up to a day. Used is what its wells took; left is of users who have an allotment."""

    village: Division
    year: Period
    day: date
    used_m3: Decimal | None
    users: list[UserLine]
    months: list[tuple[date, Decimal | None, float]]
    without_volume: list[Intake]
    wells_without_volume: int
    expected_m3: Decimal | None
    """Expected at year end of the users who have an allotment, by last year's shape, as the red lines expect it."""

    @property
    def total(self) -> UserLine:
        """Allotted and used of the users who have an allotment."""
        known = [line for line in self.users if line.allotted_m3 is not None]
        if not known:
            return UserLine(WaterUser(), None, None)
        taken = [line.used_m3 for line in known if line.used_m3 is not None]
        allotted = sum((line.allotted_m3 or ZERO for line in known), ZERO)
        return UserLine(WaterUser(), allotted, sum(taken, ZERO) if taken else None)

    @property
    def year_gone(self) -> Decimal:
        """Which share of the year is over."""
        return Decimal((min(self.day, self.year.last) - self.year.start).days + 1) / self.year.length

    @property
    def ahead(self) -> bool:
        """Whether water goes faster than the year."""
        return self.total.share is not None and self.total.share > self.year_gone


def card(village: Division, year: int, day: date) -> VillageCard:
    """The card of a village. Whether the reader may see it is asked before.

    Users are those seated in the village, with all their wells, and others who have wells in it.
    """
    whole, here = plan_year(year), Territory(paths=frozenset({village.path}))
    so_far = Period.inclusive(whole.start, min(max(day, whole.start), whole.last))
    rows = [row for row in accounts.account(here, so_far, "user") if row.intakes or row.abstraction_m3]
    users = {user.pk: user for user in WaterUser.objects.within(here)}
    users |= {user.pk: user for user in WaterUser.objects.filter(pk__in=[r.key for r in rows if r.key not in users])}
    own = accounts.account(Territory(users=frozenset(users)), so_far, "user")
    used = {row.key: row.abstraction_m3 for row in own if row.intakes or row.abstraction_m3}
    allotted = allotted_to_users(year, users)
    lines = [
        UserLine(user, allotted.get(pk), used.get(pk)) for pk, user in users.items() if pk in allotted or pk in used
    ]
    lines.sort(key=lambda line: (-(line.share or ZERO), -(line.used_m3 or ZERO), line.user.code))
    taken = [row.abstraction_m3 for row in rows if row.abstraction_m3 is not None]
    months = next(iter(accounts.monthly(here, year)), (None, "", {}))[2]
    most = max((volume for volume in months.values() if volume), default=Decimal(1))
    columns = [
        (span.start, months.get(span.start), float((months.get(span.start) or ZERO) / most)) for span in whole.months()
    ]
    known = [line for line in lines if line.allotted_m3 is not None]
    so_far_m3 = sum((line.used_m3 or ZERO for line in known), ZERO)
    ago = [_year_ago([line.user.pk for line in known], period) for period in (plan_year(year - 1), _part(so_far))]
    told = any(line.used_m3 is not None for line in known)
    future = outlook(None, so_far_m3, whole, so_far.last, *ago) if told else None
    missing = accounts.unmeasured(here, month(min(day, whole.last))).order_by("code")
    return VillageCard(
        village, whole, day, sum(taken, ZERO) if taken else None, lines, columns, list(missing[:200]), missing.count(),
        future.expected_m3 if future else None,
    )  # fmt: skip


def _part(so_far: Period) -> Period:
    """The same days a year ago."""
    last = so_far.last
    day = 28 if (last.month, last.day) == (2, 29) else last.day
    return Period.inclusive(so_far.start.replace(year=so_far.start.year - 1), date(last.year - 1, last.month, day))


def _year_ago(users: list[int], period: Period) -> Decimal | None:
    rows = accounts.account(Territory(users=frozenset(users)), period, "user")
    taken = [row.abstraction_m3 for row in rows if row.abstraction_m3 is not None]
    return sum(taken, ZERO) if taken else None
