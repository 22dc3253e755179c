"""What hand readings of a dial (抄表) tell: the volume between two of them, and what is doubtful about a new one.

The phone weighs a reading by the same rule without network (static/readings/phone.js); tests/readings/cases.json holds cases
that both must answer alike.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum

TOLERANCE = Decimal("1.25")
"""A pump may give this much more than its design capacity before a reading is doubted; the same for on-line registers."""

LITRE = Decimal("0.001")


class Sure(StrEnum):
    """What the reader said of a doubtful reading."""

    NOTHING = ""
    SURE = "sure"
    ROLLOVER = "rollover"
    EXCHANGE = "exchange"


@dataclass(frozen=True, slots=True)
class Dial:
    """One reading: the instant, the figure on the dial, the meter that the ledger had there (None: none), what was said."""

    at: datetime
    value: Decimal
    meter: int | None = None
    sure: Sure = Sure.NOTHING


@dataclass(frozen=True, slots=True)
class Meter:
    """m³ per unit of the dial (unit × multiplier), and its digits before it begins at zero again."""

    factor: Decimal = Decimal(1)
    digits: int | None = None


@dataclass(frozen=True, slots=True)
class Spell:
    """A meter on the intake, with its dial when it was put there and taken away, as far as that is known."""

    meter: int
    since: datetime
    first: Decimal | None
    final: Decimal | None


NO_METER = Meter()


def raised(before: Dial, after: Dial, meters: Mapping[int, Meter], spells: Sequence[Spell]) -> Decimal | None:
    """m³ between two readings of an intake; None where they do not tell it.

    Of one meter: the difference of its dial; over its end once where the reader said that it rolled over. Over an exchange: what the
    old meter ran to its end, those between, and the new one from its beginning, where the ledger knows these. A dial
    that fell, or an exchange that the ledger does not know, tells nothing.
    """
    if before.meter == after.meter:
        if after.sure is Sure.EXCHANGE:
            return None
        return _run(before.value, after.value, _meter(after.meter, meters), after.sure)
    if before.meter is None or after.meter is None:
        return None
    order = [spell for spell in sorted(spells, key=lambda s: s.since) if spell.since <= after.at]
    names = [spell.meter for spell in order]
    if before.meter not in names or after.meter not in names:
        return None
    start, end = len(names) - 1 - names[::-1].index(before.meter), len(names) - 1 - names[::-1].index(after.meter)
    total = Decimal(0)
    for place in range(start, end + 1):
        spell = order[place]
        first = before.value if place == start else spell.first
        last = after.value if place == end else spell.final
        part = None if first is None or last is None else _run(first, last, _meter(spell.meter, meters), Sure.NOTHING)
        if part is None:
            return None
        total += part
    return total if start < end else None


def _meter(meter: int | None, meters: Mapping[int, Meter]) -> Meter:
    return NO_METER if meter is None else meters.get(meter, NO_METER)


def _run(first: Decimal, last: Decimal, meter: Meter, sure: Sure) -> Decimal | None:
    units = last - first
    if units < 0 and sure is Sure.ROLLOVER and meter.digits:
        units += Decimal(10) ** meter.digits
    return (units * meter.factor).quantize(LITRE, ROUND_HALF_UP) if units >= 0 else None


@dataclass(frozen=True, slots=True)
class Doubt:
    """What is doubtful about a reading. Codes: lower {last}, fast {volume, times}, digits {digits}."""

    code: str
    params: Mapping[str, str]


def weigh(
    last: tuple[datetime, Decimal] | None, at: datetime, value: Decimal, meter: Meter, capacity_m3_h: Decimal | None
) -> list[Doubt]:
    """What is doubtful about a figure on the dial, against the reading before and what the pump can raise.

    Args:
        last: instant and figure of the reading before, of the same meter; None if there is none.
        at: when the dial was read.
        value: the figure on the dial.
        meter: its factor and digits.
        capacity_m3_h: design capacity of the pump; None if not known.
    """
    found = []
    if meter.digits and value >= Decimal(10) ** meter.digits:
        found.append(Doubt("digits", {"digits": str(meter.digits)}))
    if last is None:
        return found
    if value < last[1]:
        found.append(Doubt("lower", {"last": plain(last[1])}))
    volume = (value - last[1]) * meter.factor
    hours = Decimal((at - last[0]).total_seconds()) / 3600
    if capacity_m3_h and hours > 0 and volume > capacity_m3_h * hours * TOLERANCE:
        times = (volume / (capacity_m3_h * hours)).quantize(Decimal("0.1"), ROUND_HALF_UP)
        found.append(
            Doubt("fast", {"volume": plain(volume.quantize(Decimal(1), ROUND_HALF_UP)), "times": plain(times)})
        )
    return found


def plain(value: Decimal) -> str:
    """12.50 as 12.5, 1E+3 as 1000."""
    return f"{value.normalize():f}"
