"""Water decides (四水四定): what a plan needs by quota against what its place may use, and what the water left would carry.

Pure arithmetic. That people, land, towns and trade are fixed by the water there is: NM-WL-004; that the volume by quota is
the main basis of what is permitted: AR-016. Every figure says where it comes from.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_FLOOR, Decimal

from liangshui.quota.rules.closing import Node
from liangshui.quota.rules.norms import Measure, need_m3, unit_m3

ZERO = Decimal(0)
WHOLE = Decimal(1)


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure and where it comes from; None: not known. `partial`: known of some intakes only, so at least so much."""

    value: Decimal | None
    source: str
    partial: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """One activity of a plan in a year: so many persons, heads, mu, units or m², at a quota with its source.

    `coefficient` is the share of the water that reaches the field (灌溉水有效利用系数), for irrigation by a net quota only.
    """

    year: int
    sector: str
    what: str
    measure: Measure
    amount: Decimal
    quota: Decimal
    source: str
    coefficient: Decimal | None = None

    @property
    def unit_m3(self) -> Decimal:
        """m³ a year that one person, head, mu, unit or m² needs at the intake."""
        return unit_m3(self.measure, self.quota, self.coefficient)

    @property
    def need_m3(self) -> Decimal:
        """m³ a year, to the litre."""
        return need_m3(self.measure, self.quota, self.amount, self.coefficient)


NOTHING = Figure(ZERO, "")


@dataclass(frozen=True, slots=True)
class Water:
    """What a place has in a year, for one sector or in all (""), m³. `closed`: what is left of it in suspended units."""

    allotted: Figure
    used: Figure
    permitted: Figure
    closed: Figure = NOTHING

    def may_use_m3(self, *, on_top: bool) -> Decimal | None:
        """What a plan may draw on: where its needs come on top of today's use, the allotment less that use; else all of it. Neither counts
        what is left in suspended units: today's use of them stays, and nothing more."""
        if self.allotted.value is None or self.closed.value is None:
            return None
        open_m3 = self.allotted.value - self.closed.value
        if not on_top:
            return open_m3
        return None if self.used.value is None else open_m3 - self.used.value


@dataclass(frozen=True, slots=True)
class Closed:
    """A suspended part of a place's water, m³ a year; None: not known. `spares`: for living a person may still let more be taken."""

    allotted_m3: Decimal | None
    used_m3: Decimal | None
    spares: bool = False

    @property
    def left_m3(self) -> Decimal | None:
        """What is allotted and not used; 0 where more is used."""
        if self.allotted_m3 is None or self.used_m3 is None:
            return None
        return max(self.allotted_m3 - self.used_m3, ZERO)


def closed_m3(parts: Iterable[Closed], living_m3: Decimal = ZERO) -> Decimal | None:
    """What is left in suspended parts and counts for nothing new, but for so much as the living of a plan may need of parts that spare
    it; None: of one part it is not known.

    Left 30,000 that spare living and 5,000 that do not, with 10,000 for living: 25,000 count for nothing.
    """
    left: dict[bool, Decimal] = {True: ZERO, False: ZERO}
    for part in parts:
        if part.left_m3 is None:
            return None
        left[part.spares] += part.left_m3
    return left[False] + max(left[True] - living_m3, ZERO)


@dataclass(frozen=True, slots=True)
class Balance:
    """Needs of a year and sector ("": all) against what may be used, m³. `left_m3` negative: short by so much."""

    year: int
    sector: str
    need_m3: Decimal
    may_use_m3: Decimal | None
    water: Water
    on_top: bool

    @property
    def left_m3(self) -> Decimal | None:
        return None if self.may_use_m3 is None else self.may_use_m3 - self.need_m3

    @property
    def above_permits_m3(self) -> Decimal | None:
        """By how much permits of today with these needs would pass the allotment (AR-020 (2)); 0: not; None: not known.

        Asked only of needs that come on top.
        """
        allotted, permitted = self.water.allotted.value, self.water.permitted.value
        if not self.on_top or allotted is None or permitted is None:
            return None
        return max(permitted + self.need_m3 - allotted, ZERO)


@dataclass(frozen=True, slots=True)
class Carried:
    """How much of an activity the water that its sector may use would carry, were all of it used so; whole units, rounded down."""

    line: Line
    amount: Decimal | None


Waters = Mapping[tuple[int, str], Water]


def balances(lines: Sequence[Line], waters: Waters, *, on_top: bool) -> list[Balance]:
    """By year each sector of the lines, then the year's sum ("")."""
    needs: dict[tuple[int, str], Decimal] = defaultdict(lambda: ZERO)
    for line in lines:
        needs[line.year, line.sector] += line.need_m3
        needs[line.year, ""] += line.need_m3
    ordered = sorted(needs, key=lambda key: (key[0], key[1] == "", key[1]))
    return [Balance(*key, needs[key], waters[key].may_use_m3(on_top=on_top), waters[key], on_top) for key in ordered]


def carried(lines: Sequence[Line], waters: Waters, *, on_top: bool) -> list[Carried]:
    """The other way round (承载能力): for each line, how many people, heads, mu or units its sector's water would carry.

    10,000 m³ at 36.5 m³ a person carry 273 people. No more is carried where nothing is left.
    """
    found = []
    for line in lines:
        may_use = waters[line.year, line.sector].may_use_m3(on_top=on_top)
        amount = None
        if may_use is not None and line.unit_m3:
            amount = (max(may_use, ZERO) / line.unit_m3).quantize(WHOLE, ROUND_FLOOR)
        found.append(Carried(line, amount))
    return found


def allotted_at(ledger: Mapping[Node, Decimal], node: Node) -> Decimal | None:
    """What a ledger of one year and source gives a node: its own row, or else the largest sum of its parts along equal axes.

    Parts never exceed the whole, so the sum says at least so much; parts along different axes say the same water anew.
    """
    if node in ledger:
        return ledger[node]
    sums: dict[tuple[bool, ...], Decimal] = defaultdict(lambda: ZERO)
    for part, value in ledger.items():
        if node.holds(part):
            sums[part.axes] += value
    return max(sums.values(), default=None)


# --- land ---


@dataclass(frozen=True, slots=True)
class Expansion:
    """The irrigated land of a year by the plan against the baseline of the ledger (灌溉面积基数), mu."""

    year: int
    planned_mu: Decimal
    present: Figure
    baseline: Figure
    on_top: bool

    @property
    def after_mu(self) -> Decimal | None:
        """Irrigated land with the plan: what it adds on top of the present, or what it says in all."""
        if not self.on_top:
            return self.planned_mu
        return None if self.present.value is None else self.present.value + self.planned_mu

    @property
    def over_mu(self) -> Decimal | None:
        """By how much it lies above the baseline (扩灌); 0: it does not; None: not known."""
        if self.after_mu is None or self.baseline.value is None:
            return None
        return max(self.after_mu - self.baseline.value, ZERO)


def expansions(lines: Iterable[Line], present: Figure, baseline: Figure, *, on_top: bool) -> list[Expansion]:
    """For each year in which the plan irrigates."""
    by_year: dict[int, Decimal] = defaultdict(lambda: ZERO)
    for line in lines:
        if line.measure is Measure.MU:
            by_year[line.year] += line.amount
    return [Expansion(year, by_year[year], present, baseline, on_top) for year in sorted(by_year)]


@dataclass(frozen=True, slots=True)
class YearOfLand:
    """Irrigated area (mu) and farm use (m³) of a place in a year; None: not known."""

    place: str
    year: int
    area_mu: Decimal | None
    use_m3: Decimal | None


@dataclass(frozen=True, slots=True)
class Growth:
    """Two years one after the other in which land and use both grew."""

    before: YearOfLand
    after: YearOfLand


def growth(years: Iterable[YearOfLand]) -> list[Growth]:
    """Where use grew with the land (随面积增长), place by place; a year without either figure is compared with nothing."""
    found, last = [], None
    for now in sorted(years, key=lambda each: (each.place, each.year)):
        if last and (last.place, last.year + 1) == (now.place, now.year) and _grew(last, now):
            found.append(Growth(last, now))
        last = now
    return found


def _grew(before: YearOfLand, after: YearOfLand) -> bool:
    pairs = ((before.area_mu, after.area_mu), (before.use_m3, after.use_m3))
    return all(was is not None and now is not None and now > was for was, now in pairs)
