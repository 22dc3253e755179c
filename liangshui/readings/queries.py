"""Hand readings as pages, phones and accounts read them."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db.models import BooleanField, Case, Count, Exists, F, OuterRef, Q, Subquery, When
from django.db.models.functions import Coalesce

from liangshui.core.access import Territory
from liangshui.core.periods import day_start, month, water_day
from liangshui.readings.models import HandReading, Round
from liangshui.readings.rules import Dial, Meter, Spell, Sure
from liangshui.registry.codes import IntakeStatus, LawfulMethod
from liangshui.registry.models import Division, Intake, MeterInstallation
from liangshui.registry.models import Meter as MeterRecord
from liangshui.registry.queries import with_meters
from liangshui.telemetry.models import StationLink

LABELS: list[Callable[[Territory], dict[str, int]]] = []
"""Codes on labels of wells, with the intake that each stands for; brought by the room that prints labels."""


def labels(territory: Territory) -> dict[int, str]:
    """The code on the label of each intake that has one."""
    return {intake: code for codes in LABELS for code, intake in codes(territory).items()}


def readings(territory: Territory) -> Any:
    """Readings of the territory, withdrawn ones included."""
    return HandReading.objects.within(territory).select_related(
        "intake__division__parent", "meter", "read_by", "withdrawn_by"
    )


def meter_on(intake: Intake, at: datetime) -> MeterRecord | None:
    """The meter that the ledger has on an intake at an instant."""
    spells = MeterInstallation.objects.filter(intake=intake, installed_at__lte=at).select_related("meter")
    found = spells.order_by("-installed_at").first()
    return found.meter if found and (found.removed_at is None or found.removed_at > at) else None


def facts_of(meter: MeterRecord | None) -> Meter:
    """What the rules need of a meter."""
    return Meter() if meter is None else Meter(meter.unit_m3 * meter.multiplier, meter.digits)


def before(intake: Intake, at: datetime, meter: MeterRecord | None) -> HandReading | None:
    """The reading before an instant, of the same meter."""
    rows = HandReading.objects.filter(intake=intake, read_at__lt=at, withdrawn_at=None, meter=meter)
    return rows.order_by("-read_at").first()


# --- what accounts need ---


@dataclass(slots=True)
class Chain:
    """The readings of an intake in order of time, its meters, and when these were put there and taken away."""

    dials: list[tuple[Any, Dial]] = field(default_factory=list)
    meters: dict[int, Meter] = field(default_factory=dict)
    spells: list[Spell] = field(default_factory=list)


def chains(intakes: Iterable[int]) -> dict[int, Chain]:
    """Of intakes that have readings: all that stand."""
    ids = list(intakes)
    found: dict[int, Chain] = defaultdict(Chain)
    rows = HandReading.objects.filter(intake__in=ids, withdrawn_at=None).order_by("read_at", "received_at")
    for pk, intake, at, dial, meter, sure in rows.values_list("pk", "intake_id", "read_at", "dial", "meter_id", "sure"):
        found[intake].dials.append((pk, Dial(at, dial, meter, Sure(sure))))
    spells = MeterInstallation.objects.filter(intake__in=list(found)).select_related("meter")
    for spell in spells:
        chain = found[spell.intake_id]
        chain.meters[spell.meter_id] = facts_of(spell.meter)
        chain.spells.append(Spell(spell.meter_id, spell.installed_at, spell.first_reading, spell.final_reading))
    for intake, chain in found.items():
        missing = {dial.meter for _pk, dial in chain.dials if dial.meter} - chain.meters.keys()
        for meter in MeterRecord.objects.filter(pk__in=missing) if missing else ():
            found[intake].meters[meter.pk] = facts_of(meter)
    return dict(found)


def neighbours(reading: HandReading) -> tuple[datetime, datetime | None]:
    """The instants of the readings before (or of itself) and after: the days between hang on this reading."""
    rows = HandReading.objects.filter(intake=reading.intake_id, withdrawn_at=None).exclude(pk=reading.pk)
    earlier = rows.filter(read_at__lte=reading.read_at).order_by("-read_at").values_list("read_at", flat=True).first()
    later = rows.filter(read_at__gte=reading.read_at).order_by("read_at").values_list("read_at", flat=True).first()
    return earlier or reading.read_at, later


def first_day() -> date | None:
    """Day of the first reading that stands."""
    oldest = HandReading.objects.filter(withdrawn_at=None).order_by("read_at").values_list("read_at", flat=True).first()
    return water_day(oldest, 0) if oldest else None


# --- rounds ---


@dataclass(slots=True)
class Well:
    """A well of a round with its last reading; `asked`: nobody else tells its volume, so it is to be read."""

    intake: Intake
    last: HandReading | None
    done: bool
    asked: bool


@dataclass(slots=True)
class VillageRound:
    """A village's wells in the order of the round."""

    village: Division
    wells: list[Well]


@dataclass(frozen=True, slots=True)
class VillageCount:
    """How many wells of a village are to be read, and how many of these were read in the month."""

    village: Division
    asked: int
    done: int

    @property
    def left(self) -> int:
        return self.asked - self.done


def _wells(territory: Territory, day: date) -> Any:
    """Intakes in use, with `asked` (to be read by hand) and `done` (read in the month of a day).

    Wells that a station reads, and those whose volume is lawfully found by electricity, need not be read by hand.
    """
    span = month(day)
    mine = HandReading.objects.filter(intake=OuterRef("pk"), withdrawn_at=None)
    station = StationLink.objects.filter(intake=OuterRef("pk"), unlinked_at=None)
    return (
        Intake.objects.within(territory)
        .filter(status__in=[IntakeStatus.IN_USE, IntakeStatus.TO_BE_SEALED])
        .annotate(
            asked=Case(
                When(Q(lawful_method=LawfulMethod.ELECTRICITY) | Exists(station), then=False),
                default=True,
                output_field=BooleanField(),
            ),
            done=Exists(mine.filter(read_at__gte=day_start(span.start, 0), read_at__lt=day_start(span.end, 0))),
        )
    )


def counts(territory: Territory, day: date) -> list[VillageCount]:
    """Villages (or towns, of wells that lie in no village) that have wells to read, in the order of their path."""
    rows = (
        _wells(territory, day)
        .filter(asked=True)
        .order_by()
        .values("division")
        .annotate(wells=Count("pk"), read=Count("pk", filter=Q(done=True)))
    )
    found = {row["division"]: row for row in rows}
    villages = Division.objects.filter(pk__in=list(found)).select_related("parent").order_by("path")
    return [VillageCount(each, found[each.pk]["wells"], found[each.pk]["read"]) for each in villages]


def count(territory: Territory, day: date) -> int:
    """All wells in use, to be read or not."""
    return int(_wells(territory, day).count())


def rounds(
    territory: Territory, day: date, village: Division | None = None, most: int | None = None
) -> list[VillageRound]:
    """The same villages (or the one) with all their wells in use, each with its present meter and last reading, in the order of the round.

    `most`: no more wells than these, in the order of villages.
    """
    newest = HandReading.objects.filter(intake=OuterRef("pk"), withdrawn_at=None).order_by("-read_at")
    rows = (
        with_meters(_wells(territory, day))
        .select_related("division__parent", "project__user")
        .annotate(newest=Subquery(newest.values("pk")[:1]))
        .order_by(Coalesce(F("division__path"), F("code")), "code")
    )
    wells = list(rows[:most] if village is None else rows.filter(division=village))
    last = HandReading.objects.in_bulk([well.newest for well in wells if well.newest])
    by_village: dict[int, VillageRound] = {}
    for well in wells:
        found = by_village.setdefault(well.division_id, VillageRound(well.division, []))
        found.wells.append(Well(well, last.get(well.newest) if well.newest else None, well.done, well.asked))
    for order in Round.objects.filter(village__in=list(by_village)):
        places = {code: number for number, code in enumerate(order.order)}
        by_village[order.village_id].wells.sort(key=lambda w: (places.get(w.intake.code, len(places)), w.intake.code))
    return list(by_village.values())
