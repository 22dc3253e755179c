"""Volumes that sheets state: which period a cell means, how sure it is, how a long period is spread over its months."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from liangshui.core.periods import Period
from liangshui.core.quantities import split, volume

ZERO = Decimal(0)


class Sureness(StrEnum):
    """What a kind of statement says of its own range where the sheet states no uncertainty."""

    AS_STATED = "as_stated"
    AT_MOST = "at_most"
    OPEN = "open"


@dataclass(frozen=True, slots=True)
class Stated:
    """A volume and its range, m3; `high_m3` None: no upper end is known."""

    volume_m3: Decimal
    low_m3: Decimal
    high_m3: Decimal | None


def with_range(volume_m3: Decimal, uncertainty: Decimal | None, sureness: Sureness) -> Stated:
    """The range of a stated volume.

    With an uncertainty (a share, 0.2 for 20 %) it is volume ± that share. Without: read, certified and declared volumes
    stand as stated; a volume by capacity is the most that can have been taken; an estimate says nothing of its range.
    """
    if uncertainty is not None:
        off = volume(volume_m3 * uncertainty)
        return Stated(volume_m3, max(ZERO, volume_m3 - off), volume_m3 + off)
    if sureness is Sureness.AS_STATED:
        return Stated(volume_m3, volume_m3, volume_m3)
    return Stated(volume_m3, volume(ZERO), volume_m3 if sureness is Sureness.AT_MOST else None)


def over_months(period: Period, total: Stated, weights: Sequence[Decimal | int]) -> list[tuple[Period, Stated]]:
    """A longer period cut into its months by weights (twelve, January first); without weights it stays whole.

    The parts add up to the whole, to the litre. A period all of whose months weigh nothing stays whole.
    """
    months = list(period.months())
    own = [Decimal(weights[m.start.month - 1]) for m in months] if weights else []
    if len(months) < 2 or not any(own) or period.start.day != 1 or period.end.day != 1:
        return [(period, total)]
    volumes, lows = split(total.volume_m3, own), split(total.low_m3, own)
    highs: list[Decimal | None] = [None] * len(own)
    if total.high_m3 is not None:
        highs = [*split(total.high_m3, own)]
    return [(m, Stated(part, low, high)) for m, part, low, high in zip(months, volumes, lows, highs, strict=True)]


def shared(total: Stated, weights: Sequence[Decimal | int]) -> list[Stated]:
    """A volume among wells by weights, to the litre.

    Raises:
        ValueError: no weights, or none above zero.
    """
    highs: list[Decimal | None] = [None] * len(weights) if total.high_m3 is None else [*split(total.high_m3, weights)]
    parts = zip(split(total.volume_m3, weights), split(total.low_m3, weights), highs, strict=True)
    return [Stated(*part) for part in parts]
