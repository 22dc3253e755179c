"""Drawdown (降深) around a pumped well by Theis (泰斯公式): a first look at whom a new well touches, no groundwater model.

The aquifer is taken as confined, homogeneous and without bounds, the well as fully penetrating; nothing recharges it.
"""

import math
from dataclasses import dataclass
from itertools import product

DAYS_OF_YEAR = 365
PARTS = 5
"""Into how many equal ratios the range of transmissivity is parted: drawdown may be most, or least, between its ends."""

EULER_GAMMA = 0.5772156649015329
SERIES_UP_TO = 1.0
TERMS_MOST = 200
PRECISION = 1e-15


@dataclass(frozen=True, slots=True)
class Range:
    """A figure that is known from–to, with the one held to be best."""

    low: float
    best: float
    high: float

    def __post_init__(self) -> None:
        if not 0 < self.low <= self.best <= self.high:
            raise ValueError("a range runs from low to best to high, above zero")


@dataclass(frozen=True, slots=True)
class Aquifer:
    """What is known of an aquifer: transmissivity (导水系数), m² a day, and storativity (贮水系数), without unit."""

    transmissivity_m2_d: Range
    storativity: Range


@dataclass(frozen=True, slots=True)
class Step:
    """A change of the rate of pumping at the beginning of a day, counted from the first day of pumping."""

    day: float
    change_m3_d: float


@dataclass(frozen=True, slots=True)
class Drawdown:
    """By how much the water level falls, in m: the least, best and most of what the aquifer may be."""

    least_m: float
    best_m: float
    most_m: float


def well_function(u: float) -> float:
    """W(u) of Theis, the exponential integral E1: by its series up to 1, beyond by its continued fraction.

    Raises:
        ValueError: u is not above zero.
    """
    if not u > 0:
        raise ValueError("u must be above zero")
    if u <= SERIES_UP_TO:
        total, power = -EULER_GAMMA - math.log(u), -1.0
        for n in range(1, TERMS_MOST):
            power *= -u / n
            total += power / n
            if abs(power) < PRECISION:
                break
        return total
    # Lentz: exp(-u) / (u + 1 - 1 / (u + 3 - 4 / (u + 5 - ...)))
    below = u + 1
    d = 1 / below
    c, fraction = math.inf, d
    for n in range(1, TERMS_MOST):
        below += 2
        d = 1 / (below - n * n * d)
        c = below - n * n / c
        fraction *= c * d
        if abs(c * d - 1) < PRECISION:
            break
    return fraction * math.exp(-u)


def theis_m(
    pumping_m3_d: float, *, transmissivity_m2_d: float, storativity: float, distance_m: float, days: float
) -> float:
    """Drawdown at a distance after days of steady pumping: s = Q / (4πT) · W(r²S / 4Tt); before it begins none.

    Raises:
        ValueError: transmissivity, storativity or distance is not above zero.
    """
    if min(transmissivity_m2_d, storativity, distance_m) <= 0:
        raise ValueError("transmissivity, storativity and distance must be above zero")
    if days <= 0:
        return 0.0
    u = distance_m**2 * storativity / (4 * transmissivity_m2_d * days)
    return pumping_m3_d / (4 * math.pi * transmissivity_m2_d) * well_function(u)


def seasons(volume_m3: float, days: int, years: int) -> tuple[Step, ...]:
    """Steps of a well that takes a volume each year, evenly on the first days of the year, and rests for what is left.

    100,000 m³ on 100 days for 2 years: +1000 m³ a day on days 0 and 365, -1000 on days 100 and 465.

    Raises:
        ValueError: the days are not 1 to 365.
    """
    if not 1 <= days <= DAYS_OF_YEAR:
        raise ValueError("a year has 1 to 365 days of pumping")
    rate_m3_d = volume_m3 / days
    if days == DAYS_OF_YEAR:
        return (Step(0, rate_m3_d),)
    starts = [year * DAYS_OF_YEAR for year in range(years)]
    return tuple(step for start in starts for step in (Step(start, rate_m3_d), Step(start + days, -rate_m3_d)))


def superposed_m(
    steps: tuple[Step, ...], *, transmissivity_m2_d: float, storativity: float, distance_m: float, day: float
) -> float:
    """Drawdown on a day after steps of pumping and rest: each step is a well of its own from its day on."""
    return sum(
        theis_m(
            step.change_m3_d, transmissivity_m2_d=transmissivity_m2_d, storativity=storativity, distance_m=distance_m,
            days=day - step.day,
        )
        for step in steps
    )  # fmt: skip


def drawdown(steps: tuple[Step, ...], aquifer: Aquifer, distance_m: float, day: float) -> Drawdown:
    """Drawdown on a day: the best, and the least and most of all corners of what transmissivity and storativity may be.

    More storativity always draws less. More transmissivity draws less near the well and more far from it, so that the most
    may lie between two corners: some transmissivities between them are tried, too.
    """
    t, s = aquifer.transmissivity_m2_d, aquifer.storativity

    def at(transmissivity_m2_d: float, storativity: float) -> float:
        return superposed_m(
            steps, transmissivity_m2_d=transmissivity_m2_d, storativity=storativity, distance_m=distance_m, day=day
        )

    best_m = at(t.best, s.best)
    tried = {t.low, t.high, *(t.low * (t.high / t.low) ** (part / PARTS) for part in range(1, PARTS))}
    found = [best_m, *(at(*each) for each in product(sorted(tried), (s.low, s.high)))]
    return Drawdown(min(found), best_m, max(found))
