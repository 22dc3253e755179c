"""Water passed on, held against what there is to pass on: waterworks, mines, plants, irrigation districts (转供平衡)."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from django.db.models import Q

from liangshui.accounting import queries
from liangshui.accounting.models import SupplyVolume
from liangshui.accounting.rules.choose import Method, PeriodVolume, choose_range
from liangshui.core.access import Territory
from liangshui.core.periods import Period
from liangshui.registry.models import SupplyLink, WaterUser
from liangshui.registry.queries import supply_links

ZERO = Decimal(0)


@dataclass(slots=True)
class Passed:
    """What one link passed on; None: no volume is known, or not for all its days (`partly`)."""

    link: SupplyLink
    volume_m3: Decimal | None
    days_unknown: int

    @property
    def partly(self) -> bool:
        return self.volume_m3 is not None and self.days_unknown > 0


@dataclass(slots=True)
class SupplyBalance:
    """A supplier's water of a period, m³: taken and received, against passed on and given back.

    What is left is its own use and its losses. Below zero it passes on more than it has: a link, a meter or the account is
    wrong. None where a part is unknown.
    """

    user: WaterUser
    taken_m3: Decimal | None
    received_m3: Decimal | None
    passed_m3: Decimal | None
    returned_m3: Decimal | None
    links: list[Passed] = field(default_factory=list)

    @property
    def available_m3(self) -> Decimal | None:
        """Taken and received."""
        return None if self.taken_m3 is None or self.received_m3 is None else self.taken_m3 + self.received_m3

    @property
    def left_m3(self) -> Decimal | None:
        """Own use and losses."""
        if self.available_m3 is None or self.passed_m3 is None:
            return None
        return self.available_m3 - self.passed_m3 - (self.returned_m3 or ZERO)

    @property
    def left_share(self) -> Decimal | None:
        """The same as a share of what was available."""
        return self.left_m3 / self.available_m3 if self.left_m3 is not None and self.available_m3 else None

    @property
    def complete(self) -> bool:
        """Whether every link has a volume for all its days."""
        return all(passed.volume_m3 is not None and not passed.days_unknown for passed in self.links)


def link_volumes(links: Sequence[SupplyLink], period: Period) -> list[tuple[SupplyLink, Decimal | None, int]]:
    """Of each link in force in the period: what it passed on (None: not known), and days without volume."""
    volumes: dict[int, list[PeriodVolume]] = defaultdict(list)
    stored = SupplyVolume.objects.filter(
        link__in=[link.pk for link in links], start__lt=period.end, end__gt=period.start
    )
    for row in stored:
        volumes[row.link_id].append(
            PeriodVolume(Method(row.method), row.start, row.end, row.volume_m3, row.low_m3, row.high_m3)
        )
    found = []
    for link in links:
        days = period.within(Period(link.valid_from, link.valid_to or date.max))
        if days is not None:
            sums = choose_range(days.start, days.end, {}, volumes[link.pk], list(Method))
            found.append((link, sums.volume_m3, sums.days_unknown))
    return found


def balances(territory: Territory, period: Period) -> list[SupplyBalance]:
    """Each supplier of the territory that passes water on in the period, those that do not add up first."""
    links = list(
        supply_links(territory).filter(Q(valid_to=None) | Q(valid_to__gt=period.start), valid_from__lt=period.end)
    )
    accounts = {account.key: account for account in queries.account(territory, period, "user")}
    found: dict[int, SupplyBalance] = {}
    for link, volume, days in link_volumes(links, period):
        account = accounts.get(link.supplier_id)
        balance = found.setdefault(
            link.supplier_id,
            SupplyBalance(
                link.supplier,
                account.abstraction_m3 if account else None,
                account.received_m3 if account else None,
                account.supply_m3 if account else None,
                account.returned_m3 if account else None,
            ),
        )
        balance.links.append(Passed(link, volume, days))
    for balance in found.values():
        balance.links.sort(key=lambda p: (-(p.volume_m3 or ZERO), p.link.code))
    return sorted(
        found.values(), key=lambda b: (b.left_m3 is not None and b.left_m3 >= 0, b.left_m3 is None, b.user.code)
    )
