"""Water of the county of tests/people.py: allotted this year, used in another."""

from datetime import date
from decimal import Decimal as D

from django.utils import timezone

from liangshui.accounting.models import DayVolume
from liangshui.accounting.services import recompute
from liangshui.core.access import SYSTEM
from liangshui.quota import services
from tests.people import SEEN

KIND = "shallow_groundwater"


def year() -> int:
    return timezone.localdate().year


def by_two(officer, leader, county, year, kind, changes, *, counts_from, document="1号", **more):
    """Changes written by an officer at once, or, with a control total among them, when a leader has confirmed them."""
    changes = [services.Change(node, D(m3)) for node, m3 in changes]
    if not services.waits({kind: changes}):
        return services.allot(officer, county, year, kind, changes, counts_from=counts_from, document=document, **more)
    by = {"document": document, "document_number": f"{document}文", "issued_on": date(2024, 1, 1)}
    row = services.propose(officer, county, year, {kind: changes}, counts_from=counts_from, **by, **more)
    services.decide(leader, row, agreed=True)
    return list(row.entries.all())


def give(world, *changes, who=None, **more):
    """Changes of this year's ledger, from its first day on, confirmed where that is needed."""
    facts = {"year": year(), "kind": KIND, "counts_from": date(year(), 1, 1)} | more
    return by_two(world.actor(who or world.officer), world.actor(world.leader), world.county, changes=changes, **facts)


def add_day(intake, day: date, m3: D) -> None:
    """A day's volume by the register, not yet in the account."""
    DayVolume.objects.create(
        intake=intake, day=day, method="register", volume_m3=m3, low_m3=m3, high_m3=m3, readings=2, computed_at=SEEN
    )  # fmt: skip


def used(intake, m3: str, day: date | None = None) -> None:
    """So much was used by an intake on a day, or in the year before; and nothing on the first day of that year, by a reading."""
    day = day or date(year() - 1, 6, 1)
    add_day(intake, day, D(m3))
    if not DayVolume.objects.filter(intake=intake, day=date(day.year, 1, 1)).exists():
        add_day(intake, date(day.year, 1, 1), D(0))
    recompute(SYSTEM, None, date(day.year, 1, 1), date(day.year + 1, 1, 1), "test", volumes=False)
