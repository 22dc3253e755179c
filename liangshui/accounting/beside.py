"""Evidence side by side: what each method says of an intake and month, whether it was chosen or not (一井多数)."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import Sum
from django.db.models.functions import TruncMonth

from liangshui.accounting import bulk, stated
from liangshui.accounting.codes import Method
from liangshui.accounting.entries import Evidence, rule_on, rules
from liangshui.accounting.models import DayVolume
from liangshui.accounting.rules import choose as choosing
from liangshui.core.access import Territory
from liangshui.core.periods import Period
from liangshui.registry.models import Intake

METERED = (Method.REGISTER, Method.FLOW, Method.READ)
"""Methods that read a meter, the best first."""

Volumes = dict[int, dict[date, dict[Method, Decimal]]]
"""Intake, first day of the month, method: m³."""


def volumes(intakes: Iterable[int], period: Period) -> Volumes:
    """What each method says of intakes and months; months that no method knows are left out. Whole months only."""
    found: Volumes = defaultdict(lambda: defaultdict(dict))
    for part in bulk.chunks(intakes):
        rows = DayVolume.objects.filter(
            intake__in=part, day__gte=period.start, day__lt=period.end, volume_m3__isnull=False
        )
        summed = rows.order_by().annotate(month=TruncMonth("day")).values_list("intake_id", "month", "method")
        for intake, start, method, volume in summed.annotate(v=Sum("volume_m3")):
            found[intake][start][Method(method)] = volume
        evidence = Evidence.of(part, period)
        for intake, periods in evidence.periods.items():
            _add_periods(found[intake], periods, period)
    return found


def _add_periods(
    months: dict[date, dict[Method, Decimal]], periods: list[choosing.PeriodVolume], whole: Period
) -> None:
    touched = {(m.start, one.method) for one in periods for m in Period(one.start, one.end).months()}
    for start, method in touched:
        if whole.start <= start < whole.end:
            sums = choosing.choose_month(start, {}, periods, [method])
            if sums.volume_m3 is not None:
                known = Method(method.value)
                months[start][known] = months[start].get(known, Decimal(0)) + sums.volume_m3


@dataclass(frozen=True, slots=True)
class Difference:
    """An intake and month of which two methods say different things: the one that counts, and the farthest from it."""

    intake: int
    month: date
    counts: Method
    volume_m3: Decimal
    other: Method
    other_m3: Decimal

    @property
    def off_m3(self) -> Decimal:
        """By how much the other is more (or less, below zero)."""
        return self.other_m3 - self.volume_m3

    @property
    def share(self) -> Decimal | None:
        """The same as a share of what counts; None where that is zero."""
        return self.off_m3 / self.volume_m3 if self.volume_m3 else None


def differences(territory: Territory, period: Period, user: int | None = None) -> list[Difference]:
    """Intakes and months with two methods or more, the largest difference first; of one user's intakes, if given."""
    ids = Intake.objects.within(territory).order_by("pk").values_list("pk", flat=True)
    if user is not None:
        ids = ids.filter(project__user=user)
    known, found = rules(), []
    for intake, months in volumes(ids, period).items():
        for start, by_method in months.items():
            if len(by_method) < 2:
                continue
            order = [Method(method.value) for method in rule_on(known, start).order]
            counts = min(by_method, key=order.index)
            other = max((m for m in by_method if m != counts), key=lambda m: abs(by_method[m] - by_method[counts]))
            found.append(Difference(intake, start, counts, by_method[counts], other, by_method[other]))
    return sorted(found, key=lambda d: (-abs(d.off_m3), d.intake, d.month))


@dataclass(slots=True)
class UserFigures:
    """What meters, electricity and the user itself say of a year, m³; None: that method says nothing.

    `electricity_off_m3`: electricity less meter over the intakes and months that have both; None where none has.
    """

    metered_m3: Decimal | None = None
    electricity_m3: Decimal | None = None
    reported_m3: Decimal | None = None
    electricity_off_m3: Decimal | None = None

    def add(self, name: str, volume: Decimal) -> None:
        """Add to one of them."""
        setattr(self, name, (getattr(self, name) or Decimal(0)) + volume)


def by_user(territory: Territory, period: Period) -> dict[int, UserFigures]:
    """Metered, from electricity and reported volumes of whole months, of users by their present intakes."""
    users = dict(Intake.objects.within(territory).order_by("pk").values_list("pk", "project__user_id"))
    found: dict[int, UserFigures] = defaultdict(UserFigures)
    for intake, months in volumes(users, period).items():
        figures = found[users[intake]]
        for by_method in months.values():
            metered = next((by_method[m] for m in METERED if m in by_method), None)
            electric = by_method.get(Method.ELECTRICITY)
            if metered is not None:
                figures.add("metered_m3", metered)
            if electric is not None:
                figures.add("electricity_m3", electric)
            if metered is not None and electric is not None:
                figures.add("electricity_off_m3", electric - metered)
            if Method.DECLARED in by_method:
                figures.add("reported_m3", by_method[Method.DECLARED])
    for user, volume in stated.declared_by_users(territory, period).items():
        found[user].add("reported_m3", volume)
    return found
