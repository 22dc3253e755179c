"""Volumes of periods from electricity: what a power meter says, split by weights and days, times each coefficient in force.

Where a power meter drives several intakes its kWh are split by the weights of the days; where a weight or a coefficient
changes within the period, by days first. The parts add up to the record. Without a coefficient there is no volume.
"""

from collections import defaultdict
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

from django.db import connection

from liangshui.accounting import bulk
from liangshui.accounting.codes import Method
from liangshui.accounting.entries import FAR
from liangshui.accounting.models import Coefficient, EnergyRecord, PeriodVolume
from liangshui.accounting.rules.electricity import Coefficient as Tested
from liangshui.accounting.rules.electricity import CoefficientError, volume_from_energy
from liangshui.core.periods import Period
from liangshui.core.quantities import split
from liangshui.registry.models import PowerSupply

REACH = timedelta(days=800)
"""No record of electricity is longer: pieces of one lie so near to the days that it touches."""

Made = dict[tuple[int, date, date], tuple[int, int, int, int, int]]
"""(intake, start, end): volume, low, high (litres), energy record, coefficient."""


def period_volumes(wanted: dict[int, Period]) -> Made:
    """Volumes from every record that touches a wanted period of an intake."""
    supplies, coefficients = _supplies(wanted), defaultdict(list)
    for part in bulk.chunks(wanted):
        rows = Coefficient.objects.filter(intake__in=part).order_by("valid_from")
        for row in rows:
            try:
                tested = Tested(row.m3_per_kwh, row.uncertainty, row.tested_on, row.valid_from, row.valid_to)
            except CoefficientError:
                continue  # refused where it is entered; one that came otherwise gives no volume
            coefficients[row.intake_id].append((row.valid_from, row.valid_to or FAR, row.pk, tested))
    if not supplies or not coefficients:
        return {}
    start, end = min(p.start for p in wanted.values()), max(p.end for p in wanted.values())
    made: Made = {}
    for part in bulk.chunks(supplies):
        records = EnergyRecord.objects.filter(power_meter__in=part, start__lt=end, end__gt=start, kwh__gte=0).order_by(
            "pk"
        )
        for pk, meter, first, until, kwh in records.values_list("pk", "power_meter_id", "start", "end", "kwh"):
            for intake, piece, energy in _split(Period(first, until), kwh, supplies[meter]):
                if intake in wanted and Period(first, until).within(wanted[intake]):
                    _convert(made, pk, intake, piece, energy, coefficients.get(intake, []))
    return made


def _supplies(wanted: dict[int, Period]) -> dict[int, list[tuple[date, date, int, Decimal]]]:
    """All intakes that the power meters of the wanted ones drive, by meter."""
    meters: set[int] = set()
    for part in bulk.chunks(wanted):
        meters |= set(PowerSupply.objects.filter(intake__in=part).values_list("power_meter_id", flat=True))
    found = defaultdict(list)
    for part in bulk.chunks(meters):
        rows = PowerSupply.objects.filter(power_meter__in=part).order_by("pk")
        for meter, start, end, intake, weight in rows.values_list(
            "power_meter_id", "valid_from", "valid_to", "intake_id", "weight"
        ):
            found[meter].append((start, end or FAR, intake, weight))
    return found


def _split(
    period: Period, kwh: Decimal, supplies: list[tuple[date, date, int, Decimal]]
) -> list[tuple[int, Period, Decimal]]:
    """A record among intakes: (intake, days, kWh)."""
    found = []
    for piece, part in _by_days(period, kwh, [day for row in supplies for day in row[:2]]):
        driven = [(intake, weight) for start, end, intake, weight in supplies if start <= piece.start < end]
        if driven:
            parts = split(part, [weight for _intake, weight in driven])
            found += [(intake, piece, energy) for (intake, _weight), energy in zip(driven, parts, strict=True)]
    return found


def _by_days(period: Period, kwh: Decimal, days: list[date]) -> list[tuple[Period, Decimal]]:
    """kWh of the pieces between some days, by their length."""
    cuts = sorted({period.start, period.end, *(day for day in days if period.start < day < period.end)})
    pieces = [Period(start, end) for start, end in pairwise(cuts)]
    if len(pieces) == 1:
        return [(period, kwh)]
    return list(zip(pieces, split(kwh, [p.length for p in pieces]), strict=True))


def _convert(made: Made, record: int, intake: int, piece: Period, kwh: Decimal, coefficients: list[Any]) -> None:
    for part, energy in _by_days(piece, kwh, [day for row in coefficients for day in row[:2]]):
        row = next((row for row in coefficients if row[0] <= part.start < row[1]), None)
        if row is None:
            continue
        _start, _end, pk, tested = row
        found = volume_from_energy(energy, tested)
        volumes = [int(v.scaleb(3)) for v in (found.volume_m3, found.low_m3, found.high_m3)]
        key = (intake, part.start, part.end)
        before = made.get(key)
        if before:  # a second power meter of the same intake over the same days
            volumes = [a + b for a, b in zip(volumes, before[:3], strict=True)]
        made[key] = (volumes[0], volumes[1], volumes[2], record, pk)


def store_periods(wanted: dict[int, Period], made: Made, now: datetime) -> list[tuple[int, Period]]:
    """Replace the rows that differ; the intakes and periods that changed."""
    start, end = min(p.start for p in wanted.values()), max(p.end for p in wanted.values())
    gone, same, changed = [], set(), []
    rows = bulk.select(
        'id, intake_id, start, "end", volume_m3, low_m3, high_m3, energy_id, coefficient_id',
        PeriodVolume,
        'method = %s AND energy_id IS NOT NULL AND start < %s AND "end" > %s',
        [Method.ELECTRICITY.value, end + REACH, start - REACH],
        ("intake_id", wanted),
    )
    records: dict[int, Period] = {}
    for part in bulk.chunks({row[7] for row in rows}):
        for pk, of, to in EnergyRecord.every.filter(pk__in=part).values_list("pk", "start", "end"):
            records[pk] = Period(of, to)
    for pk, intake, of, to, *values in rows:
        if not records[values[3]].within(wanted[intake]):
            continue
        if made.get((intake, of, to)) == tuple(values):
            same.add((intake, of, to))
        else:
            gone.append(pk)
            changed.append((intake, Period(of, to)))
    bulk.delete(PeriodVolume, "1 = 1", [], ("id", gone))
    new = [(key, values) for key, values in made.items() if key not in same]
    at, as_date = connection.ops.adapt_datetimefield_value(now), connection.ops.adapt_datefield_value
    bulk.insert(
        PeriodVolume,
        ("intake_id", "start", '"end"', "method", "volume_m3", "low_m3", "high_m3", "energy_id", "coefficient_id", "note",
         "computed_at"),
        [
            (intake, as_date(first), as_date(until), Method.ELECTRICITY.value, *values, "", at)
            for (intake, first, until), values in new
        ],
    )  # fmt: skip
    known = {(intake, period.start, period.end) for intake, period in changed}
    return changed + [(key[0], Period(key[1], key[2])) for key, _values in new if key not in known]
