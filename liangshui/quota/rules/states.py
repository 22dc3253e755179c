"""Whether new groundwater may be granted in a management unit (管理单元状态), with the reasons.

Two totals are told apart (law README 1.4): what permits allow suspends when it has reached the control total (取水条例 20(2)), what
was pumped when it is above it (地下水管理条例 25(1)). A suspension that began stays until its figures no longer ask for it and two
officers release it: figures that swing about a limit do not open and shut a unit. Meanwhile no law's ground fits, so a person
decides on each application.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from liangshui.core.decision import Check, Outcome
from liangshui.core.parameters import Law
from liangshui.quota.rules.levels import Level, Measure

PASSED, FAILED, PERSON, UNKNOWN = Outcome.PASSED, Outcome.FAILED, Outcome.NEEDS_PERSON, Outcome.UNDECIDABLE

ORDER_GROUNDS = ("GW-025 (1)", "YR-051")
"""What an order of a higher authority may rest on for a refusal by it; another ground is for a person to look at."""


class Use(StrEnum):
    """What the water is for, as far as a rule turns on it."""

    LIVING = "living"
    HEATING = "heating"
    IRRIGATION = "irrigation"
    HERDING = "herding"
    INDUSTRY = "industry"
    SERVICE = "service"
    GREENING = "greening"
    WATERSCAPE = "waterscape"
    AMUSEMENT = "amusement"
    SNOW = "snow"
    ECOLOGY = "ecology"
    OTHER = "other"


class Ground(StrEnum):
    """What suspends a unit."""

    TOTAL = "total"
    LEVEL = "level"
    ORDER = "order"


class Kind(StrEnum):
    """State of a unit. `UNKNOWN`: nothing suspends it, but a total or its level is not known."""

    OPEN = "open"
    NEAR = "near"
    UNKNOWN = "unknown"
    TOTAL = "total"
    LEVEL = "level"
    BOTH = "both"
    ORDER = "order"


@dataclass(frozen=True, slots=True)
class Totals:
    """Figures of a unit and a kind of groundwater, m³ a year; None: not known. `partial`: some intakes have no volume, so that more may
    have been pumped: enough to suspend, never enough to release."""

    control_m3: Decimal | None = None
    permitted_m3: Decimal | None = None
    pumped_m3: Decimal | None = None
    partial: bool = False

    @property
    def percent(self) -> Decimal | None:
        """What was pumped of the control total, %."""
        if not self.control_m3 or self.pumped_m3 is None:
            return None
        return self.pumped_m3 * 100 / self.control_m3


@dataclass(frozen=True, slots=True)
class Order:
    """An order of a higher authority in force: its document, the article it rests on ("" for another ground), uses it spares."""

    document: str
    ground: str = ""
    spared: frozenset[Use] = frozenset()


@dataclass(frozen=True, slots=True)
class Terms:
    """Figures of law for a day: from which percent on a total is near; whether the banner's plan stands beside."""

    near_pct: Decimal | None
    plan: bool

    @classmethod
    def of(cls, law: Law, on: date) -> "Terms":
        near = any(version.holds(on) for version in law.rule("IND-STOP").versions)
        return cls(
            Decimal(law.figure("IND-STOP", "near_pct_default", on)) if near else None,
            any(version.holds(on) for version in law.rule("SEED-SUSPEND").versions),
        )


@dataclass(frozen=True, slots=True)
class UnitState:
    """State of a unit with its reasons. `lingers`: grounds that nothing asks for now, though they were not released; `waits`: those of
    them whose figures are whole, so that it may be released."""

    kind: Kind
    grounds: frozenset[Ground]
    waits: frozenset[Ground]
    because: tuple[Check, ...]
    lingers: frozenset[Ground] = frozenset()

    @property
    def suspended(self) -> bool:
        return bool(self.grounds)

    @property
    def only_held(self) -> bool:
        """Suspended, though no figure and no order asks for it any more."""
        return bool(self.grounds) and self.grounds == self.waits


def state(
    totals: Totals, level: Level, orders: Iterable[Order], terms: Terms, held: frozenset[Ground] = frozenset()
) -> UnitState:
    """State of a unit by its totals, level and orders; `held`: what suspended it until now and was not released.

    Control 100, permitted 100, pumped 80: suspended by total, since permitted has reached it. Control 100, permitted 90, pumped 100:
    near, since pumped has reached it but is not above. Suspended by total with pumped 110 last, and 80 now: still suspended, waits for
    release.
    """
    checks = {
        Ground.TOTAL: (_permitted(totals, terms), _pumped(totals, terms)),
        Ground.LEVEL: _level(level, terms),
        Ground.ORDER: tuple(_order(each) for each in orders),
    }
    asks = {ground for ground, found in checks.items() if any(each.outcome is FAILED for each in found)}
    if checks[Ground.ORDER]:
        asks.add(Ground.ORDER)
    known = {g for g, found in checks.items() if all(each.outcome is not UNKNOWN for each in found)}
    if totals.partial and Ground.TOTAL in known and Ground.TOTAL not in asks:
        known.discard(Ground.TOTAL)
        checks[Ground.TOTAL] += (Check("pumped", UNKNOWN, (("missing", "volumes of some intakes"),), "GW-025 (1)"),)
    grounds = frozenset(asks) | held
    lingers = frozenset(held - asks)
    because = tuple(check for found in checks.values() for check in found)
    return UnitState(_kind(grounds, because), grounds, lingers & known, because, lingers)


def _kind(grounds: frozenset[Ground], because: tuple[Check, ...]) -> Kind:
    if Ground.ORDER in grounds:
        return Kind.ORDER
    if grounds == {Ground.TOTAL, Ground.LEVEL}:
        return Kind.BOTH
    if grounds:
        return Kind(next(iter(grounds)).value)
    outcomes = {check.outcome for check in because}
    if PERSON in outcomes:
        return Kind.NEAR
    return Kind.UNKNOWN if UNKNOWN in outcomes else Kind.OPEN


def _near(volume_m3: Decimal, control_m3: Decimal, terms: Terms) -> bool:
    return terms.near_pct is not None and volume_m3 * 100 >= control_m3 * terms.near_pct


def _permitted(totals: Totals, terms: Terms) -> Check:
    control, volume = totals.control_m3, totals.permitted_m3
    if control is None or volume is None:
        missing = (("missing", "permitted total or control total"),)
        return Check("permitted", UNKNOWN, missing, "AR-020 (2)", ("AR-007",))
    figures = (("permitted_m3", f"{volume:f}"), ("control_m3", f"{control:f}"))
    if volume >= control:
        return Check("permitted", FAILED, figures, "AR-020 (2)", ("AR-007",))
    if _near(volume, control, terms):
        return Check("permitted_near", PERSON, figures, "", ("IND-STOP",))
    return Check("permitted", PASSED, figures, "AR-020 (2)")


def _pumped(totals: Totals, terms: Terms) -> Check:
    control, volume = totals.control_m3, totals.pumped_m3
    beside = ("SEED-SUSPEND",) if terms.plan else ()
    if control is None or volume is None:
        return Check("pumped", UNKNOWN, (("missing", "pumped total or control total"),), "GW-025 (1)", beside)
    percent = () if totals.percent is None else (("percent", f"{totals.percent:.1f}"),)
    figures = (("pumped_m3", f"{volume:f}"), ("control_m3", f"{control:f}"), *percent)
    if volume > control:
        return Check("pumped", FAILED, figures, "GW-025 (1)", beside)
    if _near(volume, control, terms):
        return Check("pumped_near", PERSON, figures, "", ("IND-STOP",))
    return Check("pumped", PASSED, figures, "GW-025 (1)")


def _level(level: Level, terms: Terms) -> tuple[Check, ...]:
    beside = ("GW-017", "SEED-SUSPEND") if terms.plan else ("GW-017",)
    if not level.judged:
        return (Check("level", UNKNOWN, (("missing", "level indicator"),), "GW-025 (1)", beside),)
    found = []
    for each in level.judged:
        depth = each.indicator.measure is Measure.DEPTH
        figures = [("period", f"{each.indicator.year} {each.indicator.period}")]
        if each.name:
            figures.append(("well", each.name))
        if each.value_m is None:
            figures.append(("missing", "enough readings of the level"))
        else:
            figures.append(("depth_m" if depth else "level_m", f"{each.value_m:.4f}"))
        figures.append(("not_deeper_m" if depth else "not_lower_m", f"{each.indicator.threshold_m:f}"))
        if each.indicator.document:
            figures.append(("document", each.indicator.document))
        outcome = UNKNOWN if each.kept is None else PASSED if each.kept else FAILED
        found.append(Check("level", outcome, tuple(figures), "GW-025 (1)", beside))
    return tuple(found)


def _order(order: Order) -> Check:
    figures = (("document", order.document),)
    if order.ground in ORDER_GROUNDS:
        return Check("order", FAILED, figures, order.ground)
    return Check("order", PERSON, figures)
