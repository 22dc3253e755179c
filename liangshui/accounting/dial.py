"""Hand readings to volumes of the periods between them (method read). Only `services` writes with it."""

import itertools
from datetime import date, datetime

from django.db import connection

from liangshui.accounting import bulk
from liangshui.accounting.codes import Method
from liangshui.accounting.models import PeriodVolume
from liangshui.core.periods import Period, water_day
from liangshui.readings.queries import Chain, chains
from liangshui.readings.rules import raised

Made = dict[tuple[int, date, date], tuple[int, int]]
"""Intake, first day and end: litres, and the id of the reading at the end."""


def between(intake: int, chain: Chain) -> Made:
    """The volumes of an intake: from the day of each reading (included) to the day of the next (not included); days as
    the calendar has them, whatever hour the day of stations begins at.

    Of several readings of one day the last stands for the day, so that volumes add up to the difference of the dial.
    Where a reading tells nothing (the dial fell), the chain begins anew with it.
    """
    last_of_day = {water_day(dial.at, 0): (pk, dial) for pk, dial in chain.dials}
    found: Made = {}
    days = sorted(last_of_day)
    for start, end in itertools.pairwise(days):
        (_pk, first), (pk, last) = last_of_day[start], last_of_day[end]
        volume = raised(first, last, chain.meters, chain.spells)
        if volume is not None:
            found[intake, start, end] = (int(volume.scaleb(3)), pk)
    return found


def store(wanted: dict[int, Period], now: datetime) -> list[tuple[int, Period]]:
    """Replace the volumes that differ; the intakes and periods that changed."""
    made: Made = {}
    for part in bulk.chunks(wanted):
        for intake, chain in chains(part).items():
            made |= between(intake, chain)
    rows = bulk.select(
        'id, intake_id, start, "end", volume_m3, reading_id',
        PeriodVolume,
        "reading_id IS NOT NULL",
        [],
        ("intake_id", wanted),
    )
    gone, same, changed = [], set(), []
    for pk, intake, start, end, volume, reading in rows:
        if made.get((intake, start, end)) == (volume, reading):
            same.add((intake, start, end))
        else:
            gone.append(pk)
            changed.append((intake, Period(start, end)))
    bulk.delete(PeriodVolume, "1 = 1", [], ("id", gone))
    new = [(key, values) for key, values in made.items() if key not in same]
    at, as_date = connection.ops.adapt_datetimefield_value(now), connection.ops.adapt_datefield_value
    bulk.insert(
        PeriodVolume,
        (
            "intake_id",
            "start",
            '"end"',
            "method",
            "volume_m3",
            "low_m3",
            "high_m3",
            "reading_id",
            "note",
            "computed_at",
        ),
        [
            (intake, as_date(start), as_date(end), Method.READ.value, volume, volume, volume, reading, "", at)
            for (intake, start, end), (volume, reading) in new
        ],
    )
    known = {(intake, period.start, period.end) for intake, period in changed}
    return changed + [(key[0], Period(key[1], key[2])) for key, _values in new if key not in known]
