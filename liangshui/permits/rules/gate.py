"""The gate (审批闸口): may this water be taken here, from this source, for this use, in this amount?

Pure: an application and what is known of the place go in, a decision with its reasons comes out. A normative document is shown
beside the law that gives the ground and never refuses alone: where only it fits, a person decides (law README 1.14). Exceptions of
the banner's plan do not lift a ground that a law gives; they keep the case open for a person.

What needs no permit never comes here: emergencies, small household use, wells for monitoring, exploration and tests (取水条例 4,
地下水管理条例 35, 48): `rules/scope.py` says so.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, fields, is_dataclass, replace
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any

from liangshui.core.decision import Check, Decision, Outcome
from liangshui.core.errors import LiangshuiError
from liangshui.core.parameters import Law
from liangshui.quota.rules.states import Order
from liangshui.quota.rules.states import Use as Use

PASSED, FAILED, PERSON, UNKNOWN = Outcome.PASSED, Outcome.FAILED, Outcome.NEEDS_PERSON, Outcome.UNDECIDABLE
ZERO = Decimal(0)

EDITION = 2
"""Which set of checks this is. A check that changes after a release joins a new edition and the old one stays beside it, so that a
kept decision comes out the same again (`EDITIONS`)."""


class Source(StrEnum):
    """Kinds of water; the codes of the ledger (registry/codes.py)."""

    SURFACE = "surface"
    SHALLOW = "shallow_groundwater"
    DEEP = "deep_groundwater"
    DRAINAGE = "mine_drainage"
    RECLAIMED = "reclaimed"
    RAIN = "rain"
    OTHER = "other"


GROUNDWATER = frozenset({Source.SHALLOW, Source.DEEP})
NONCONVENTIONAL = frozenset({Source.DRAINAGE, Source.RECLAIMED, Source.RAIN})


class Zone(StrEnum):
    """Zones at the place of the intake."""

    BANNED = "banned"
    LIMITED = "limited"
    OVERDRAFT = "overdraft"


class Load(StrEnum):
    """How the area stands to its share of the river or aquifer (超载、临界、不超载)."""

    OVERLOADED = "overloaded"
    CRITICAL = "critical"
    NOT = "not_overloaded"


LIVELIHOOD = frozenset({Use.LIVING, Use.HEATING})
"""What 黄河保护法 51 may leave out as 生活用水等民生保障; whether a case of heating is one, a person says."""

FIELDS_AND_HOMES = frozenset({Use.LIVING, Use.IRRIGATION, Use.HERDING})
"""Uses that are no project able to take other water instead (our reading of 节约用水条例 34)."""

TRADES = frozenset({Use.INDUSTRY, Use.SERVICE})


@dataclass(frozen=True, slots=True)
class Application:
    """What is asked for. Volumes a year; None: not stated.

    `increase_m3`: by how much it goes beyond what a permit allows already; None: all of it is new. A renewal or a change without more
    is no new abstraction, and totals do not stand against it; but water for another use than before (`new_use`) is new for it.
    `new`: the works are new, rebuilt or extended. `change`: a permit is changed; `large`: the change is a
    large one. `must_file`: the project has to be filed. `heat_pump`: the water is taken for its heat.
    """

    source: Source
    use: Use
    volume_m3: Decimal
    industry: str = ""
    new: bool = True
    design_capacity_m3: Decimal | None = None
    quota_m3: Decimal | None = None
    meter_planned: bool | None = None
    must_file: bool | None = None
    filed: bool | None = None
    increase_m3: Decimal | None = None
    new_use: bool = False
    change: bool = False
    large: bool | None = None
    heat_pump: bool | None = None

    @property
    def more_m3(self) -> Decimal:
        return self.volume_m3 if self.increase_m3 is None else self.increase_m3

    @property
    def fresh(self) -> bool:
        """Whether it asks for water that was not permitted for this use before."""
        return self.more_m3 > 0 or self.new_use


@dataclass(frozen=True, slots=True)
class Unit:
    """A management unit, or the county for waters that units do not have. `pumped_m3` is what was taken, `permitted_m3` what permits
    allow: different things (law README 1.4).

    `partial`: some intakes have no volume, so that more may have been pumped. `unplaced_m3`: permits for this water that count in no
    unit. `orders` are those of higher authorities in force; `held`: suspended still by what no figure asks for now, until released.
    """

    control_m3: Decimal | None
    pumped_m3: Decimal | None
    permitted_m3: Decimal | None
    level_kept: bool | None = None
    orders: tuple[Order, ...] | None = ()
    held: bool = False
    partial: bool = False
    unplaced_m3: Decimal = ZERO


NOWHERE = Unit(None, None, None, orders=None)
"""A unit of which nothing is known."""


@dataclass(frozen=True, slots=True)
class State:
    """What is known of the place on a day; None: not known.

    `unmapped`: names of zones in force that have no outline. `unit_fits`: the place lies in the outline of the unit that is named.
    `drinking_source`: the place is a central source of drinking water. `reinjected`: all that is taken for its heat goes back into the same
    aquifer, and both are metered. `thirsty`: the project is of a trade of high use. `short`: water is short here, or the land fragile. `renewable`: the deep
    groundwater renews itself. `listed`: the project stands on a list of what is not to be built or is to be given up.
    """

    unit: Unit | None = None
    zones: frozenset[Zone] | None = None
    unmapped: tuple[str, ...] = ()
    unit_fits: bool | None = None
    network_covers: bool | None = None
    load: Load | None = None
    fragile: bool | None = None
    thirsty: bool | None = None
    listed: bool | None = None
    renewable: bool | None = None
    other_water: bool | None = None
    function_zone_harm: bool | None = None
    layout_sound: bool | None = None
    mainstem: bool | None = None
    third_parties_harm: bool | None = None
    saving_kept: bool | None = None
    standards_kept: bool | None = None
    land_reclaimed: bool | None = None
    drinking_source: bool | None = None
    reinjected: bool | None = None


@dataclass(frozen=True, slots=True)
class Terms:
    """Figures of law that the gate uses, taken once for a day. `most_ground_m3`, `most_surface_m3`: up to what volume a year the county
    decides; `drainage_m3`: from which volume drained water needs a permit; None: nobody has entered it."""

    on: date
    near_pct: Decimal | None
    plan: bool
    thirsty_trades: frozenset[str]
    saving: bool
    basin: bool
    groundwater: bool
    barred: frozenset[Use] = frozenset()
    spared: frozenset[Use] = frozenset()
    overdraft: bool = False
    most_ground_m3: Decimal | None = None
    most_surface_m3: Decimal | None = None
    drainage_m3: Decimal | None = None
    edition: int = EDITION

    @classmethod
    def of(cls, law: Law, on: date) -> "Terms":
        """Those in force on a day; an instrument that is not gives no check."""

        def holds(rule: str) -> bool:
            return any(version.holds(on) for version in law.rule(rule).versions)

        def volume(rule: str, name: str) -> Decimal | None:
            try:
                return Decimal(law.figure(rule, name, on))
            except LiangshuiError:
                return None

        plan = holds("SEED-GWBAN")
        return cls(
            on=on,
            near_pct=Decimal(law.figure("IND-STOP", "near_pct_default", on)) if holds("IND-STOP") else None,
            plan=plan,
            thirsty_trades=frozenset(law.figure("SEED-GWBAN", "industries_new", on)) if plan else frozenset(),
            saving=holds("SR-034"),
            basin=holds("YR-051"),
            groundwater=holds("GW-025"),
            barred=frozenset(map(Use, law.figure("SEED-GWBAN", "barred_uses", on))) if plan else frozenset(),
            spared=frozenset(map(Use, law.figure("SEED-SUSPEND", "spared_uses", on)))
            if holds("SEED-SUSPEND")
            else frozenset(),
            overdraft=holds("IR-034"),
            most_ground_m3=volume("AR-014", "county_groundwater_m3_per_year"),
            most_surface_m3=volume("AR-014", "county_surface_m3_per_year"),
            drainage_m3=volume("GW-052", "drainage_m3_per_year"),
        )


Checks = Iterator[Check]
Rule = Callable[[Application, State, Terms], Checks]


def decide(asked: Application, state: State, terms: Terms) -> Decision:
    """All checks, in the order of the law; each says its figures and its article."""
    return Decision(tuple(check for rule in EDITIONS[terms.edition] for check in rule(asked, state, terms)))


def _volumes(**volumes: Decimal) -> tuple[tuple[str, str], ...]:
    return tuple((name, f"{volume:f}") for name, volume in volumes.items())


def _missing(what: str) -> tuple[tuple[str, str], ...]:
    return (("missing", what),)


def _competence(asked: Application, state: State, terms: Terms) -> Checks:
    """Who decides: intakes on the main stem of the Yellow River are the basin authority's (黄河保护法 50, 取水条例 14), and above the
    region's scales the city's or the region's. No ground of refusal, another door."""
    if asked.source is Source.SURFACE:
        article = "YR-050" if terms.basin else "AR-014"
        if state.mainstem is None:
            yield Check("mainstem", UNKNOWN, _missing("whether it lies on the main stem"), article)
        else:
            yield Check("mainstem", PERSON if state.mainstem else PASSED, (), article)
    if asked.source in NONCONVENTIONAL or state.mainstem:
        return
    most = terms.most_ground_m3 if asked.source in GROUNDWATER else terms.most_surface_m3
    if most is None:
        yield Check("competence", UNKNOWN, _missing("up to what volume the county decides"), "AR-014")
    else:
        figures = _volumes(asked_m3=asked.volume_m3, county_m3=most)
        yield Check("competence", PERSON if asked.volume_m3 > most else PASSED, figures, "AR-014")


def _zones(asked: Application, state: State, terms: Terms) -> Checks:
    if asked.source not in GROUNDWATER:
        return
    beside = ("GW-035",) if terms.groundwater else ()
    if state.zones is None:
        yield Check("zones", UNKNOWN, _missing("the place of the intake, or the map of zones"), "AR-020 (1)")
    elif Zone.BANNED in state.zones:
        yield Check("zones", FAILED, (("zone", Zone.BANNED),), "AR-020 (1)", beside)
    elif Zone.LIMITED in state.zones and terms.groundwater and asked.fresh:
        yield Check("zones", FAILED, (("zone", Zone.LIMITED),), "GW-025 (2)", beside)
    elif state.unmapped:
        yield Check("zones", PERSON, (("zone", "、".join(state.unmapped)), *_missing("its outline")), "AR-020 (1)")
    else:
        yield Check("zones", PASSED, (), "AR-020 (1)")
    if asked.use is Use.IRRIGATION and terms.overdraft and asked.fresh and Zone.OVERDRAFT in (state.zones or ()):
        yield Check("overdraft", FAILED, (("zone", Zone.OVERDRAFT),), "IR-034")
    if state.unit_fits is False:
        yield Check("unit_fits", PERSON)


def _permitted(asked: Application, state: State, terms: Terms) -> Checks:
    """What permits allow, with what is asked for, against the control total: reached is enough to refuse more (取水条例 20(2))."""
    unit = state.unit
    if asked.source in NONCONVENTIONAL and unit is None:
        return
    if unit is None or unit.control_m3 is None or unit.permitted_m3 is None:
        yield Check("permitted", UNKNOWN, _missing("permitted total or control total"), "AR-020 (2)", ("AR-007",))
        return
    control, permitted = unit.control_m3, unit.permitted_m3
    figures = _volumes(permitted_m3=permitted, asked_m3=asked.more_m3, control_m3=control)
    after = permitted + asked.more_m3
    if asked.more_m3 > 0 and after > control:
        yield Check("permitted", FAILED, figures, "AR-020 (2)", ("AR-007",))
    elif asked.more_m3 > 0 and after + unit.unplaced_m3 > control:
        yield Check(
            "permitted", UNKNOWN, (*figures, *_volumes(unplaced_m3=unit.unplaced_m3)), "AR-020 (2)", ("AR-007",)
        )
    elif asked.more_m3 > 0 and terms.near_pct is not None and permitted * 100 >= control * terms.near_pct:
        yield Check("permitted_near", PERSON, figures, "", ("IND-STOP",))
    else:
        yield Check("permitted", PASSED, figures, "AR-020 (2)", ("AR-007",))


def _pumped(asked: Application, state: State, terms: Terms) -> Checks:
    """What was pumped against the control total: above it new groundwater stops, but for what the plan spares."""
    if asked.source not in GROUNDWATER or not terms.groundwater or not asked.fresh:
        return
    unit, beside = state.unit, ("SEED-SUSPEND",) if terms.plan else ()
    if unit is None or unit.control_m3 is None or unit.pumped_m3 is None:
        yield Check("pumped", UNKNOWN, _missing("pumped total or control total"), "GW-025 (1)", beside)
        return
    figures = (*_volumes(pumped_m3=unit.pumped_m3, control_m3=unit.control_m3), ("percent", percent(unit)))
    if unit.pumped_m3 > unit.control_m3:
        yield Check("pumped", PERSON if asked.use in terms.spared else FAILED, figures, "GW-025 (1)", beside)
    elif unit.partial:
        yield Check("pumped", UNKNOWN, (*figures, *_missing("volumes of some intakes")), "GW-025 (1)", beside)
    elif terms.near_pct is not None and unit.pumped_m3 * 100 >= unit.control_m3 * terms.near_pct:
        yield Check("pumped_near", PERSON, figures, "", ("IND-STOP",))
    else:
        yield Check("pumped", PASSED, figures, "GW-025 (1)", beside)


def percent(unit: Unit) -> str:
    """What was pumped of the control total, %, to a tenth."""
    if not unit.control_m3 or unit.pumped_m3 is None:
        return ""
    return f"{(unit.pumped_m3 * 100 / unit.control_m3):.1f}"


def _level(asked: Application, state: State, terms: Terms) -> Checks:
    """The level indicator of the unit (地下水管理条例 17); the comparison with last year never comes here."""
    if asked.source not in GROUNDWATER or not terms.groundwater or not asked.fresh:
        return
    beside = ("GW-017", "SEED-SUSPEND") if terms.plan else ("GW-017",)
    kept = state.unit.level_kept if state.unit else None
    if kept is None:
        yield Check("level", UNKNOWN, _missing("level indicator"), "GW-025 (1)", beside)
    elif not kept:
        yield Check("level", PERSON if asked.use in terms.spared else FAILED, (), "GW-025 (1)", beside)
    else:
        yield Check("level", PASSED, (), "GW-025 (1)", ("GW-017",))


def _order(asked: Application, state: State, terms: Terms) -> Checks:
    """Orders of higher authorities that suspend the unit. One refuses by the article of law it rests on; by another ground, or for a
    use that it, the article or the plan spares, a person decides (law README 1.14, 1.15)."""
    if asked.source not in GROUNDWATER or not asked.fresh:
        return
    if state.unit is None or state.unit.orders is None:
        yield Check("order", UNKNOWN, _missing("management unit"))
        return
    carried = {"GW-025 (1)": (terms.groundwater, terms.spared), "YR-051": (terms.basin, LIVELIHOOD)}
    for order in state.unit.orders:
        figures = (("document", order.document),)
        in_force, spared = carried.get(order.ground, (False, frozenset()))
        if not in_force:
            yield Check("order", PERSON, figures)
        elif asked.use in order.spared | spared:
            yield Check("order", PERSON, (*figures, ("use", asked.use)), order.ground)
        else:
            yield Check("order", FAILED, figures, order.ground)
    if not state.unit.orders:
        yield Check("order", PASSED)


def _held(asked: Application, state: State, terms: Terms) -> Checks:
    """A suspension that no figure asks for any more and that nobody has released: no ground of law, so a person decides."""
    if asked.source in GROUNDWATER and asked.fresh and state.unit is not None and state.unit.held:
        yield Check("held", PERSON, (), "", ("SEED-SUSPEND",) if terms.plan else ())


def _load(asked: Application, state: State, terms: Terms) -> Checks:
    """Areas of the basin that take more than their share (黄河保护法 51)."""
    if not terms.basin or asked.source in NONCONVENTIONAL or not asked.fresh:
        return
    if state.load is None:
        yield Check("load", UNKNOWN, _missing("state of the area"), "YR-051")
    elif state.load is Load.OVERLOADED:
        yield Check("load", PERSON if asked.use in LIVELIHOOD else FAILED, (("area", state.load),), "YR-051")
    else:
        yield Check("load", PERSON if state.load is Load.CRITICAL else PASSED, (("area", state.load),), "YR-051")


def _network(asked: Application, state: State, terms: Terms) -> Checks:
    """Own works where the public network can meet the need (取水条例 20(5)); a waterworks may be that network, so a person says."""
    if asked.source not in GROUNDWATER or asked.use in (Use.IRRIGATION, Use.HERDING) or not asked.fresh:
        return
    if state.network_covers is None:
        yield Check("network", UNKNOWN, _missing("coverage of the network"), "AR-020 (5)")
    elif state.network_covers:
        yield Check("network", PERSON if asked.use is Use.LIVING else FAILED, (), "AR-020 (5)")
    else:
        yield Check("network", PASSED, (), "AR-020 (5)")


def _use(asked: Application, state: State, terms: Terms) -> Checks:
    """Use control (用途管制): what groundwater is not for."""
    if asked.source not in GROUNDWATER:
        return
    if asked.source is Source.DEEP and asked.use is Use.IRRIGATION and terms.basin:
        yield Check("deep_irrigation", FAILED, (), "YR-055")
    if asked.source is Source.DEEP and terms.groundwater:
        outcome = PERSON if state.renewable is None or asked.use is Use.LIVING else FAILED
        yield Check("renewable", PASSED if state.renewable else outcome, (), "GW-027")
    if asked.use in terms.barred:
        yield Check("delight", PERSON, (("use", asked.use),), "", ("SEED-GWBAN",))
    if asked.use is Use.GREENING and terms.plan:
        yield Check("greening", PERSON, (), "", ("SEED-NONCONV",))


def _thirsty(asked: Application, state: State, terms: Terms) -> Checks:
    """New, rebuilt or extended projects of high use where water is short (地下水管理条例 25(5)); which trades are of high use the
    plan says for groundwater, and a person for all others."""
    if asked.source not in GROUNDWATER or not terms.groundwater or not (asked.new or asked.fresh):
        return
    thirsty = True if asked.industry in terms.thirsty_trades else state.thirsty
    if asked.use not in TRADES and not thirsty:
        return
    figures, beside = (("trade", asked.industry or "—"),), ("SEED-GWBAN",) if terms.plan else ()
    if thirsty is None:  # the trade is typed freely: whether it is of high use is a person's word
        yield Check("thirsty", PERSON, figures, "GW-025 (5)", beside)
    elif not thirsty:
        yield Check("thirsty", PASSED, figures, "GW-025 (5)")
    elif state.fragile is None:
        yield Check("thirsty", UNKNOWN, (*figures, *_missing("whether water is short here")), "GW-025 (5)", beside)
    elif state.fragile:
        yield Check("thirsty", FAILED, figures, "GW-025 (5)", beside)
    else:
        yield Check("thirsty", PERSON if terms.plan else PASSED, figures, "" if terms.plan else "GW-025 (5)", beside)


def _listed(asked: Application, state: State, terms: Terms) -> Checks:
    """Projects on the negative list or the list of what is given up; new irrigation from the river (黄河保护法 54)."""
    if not terms.basin or not asked.fresh:
        return
    if asked.use in TRADES:
        yield Check("listed", PERSON if state.listed is None else FAILED if state.listed else PASSED, (), "YR-054")
    if asked.source is Source.SURFACE and asked.use is Use.IRRIGATION:
        yield Check("river_irrigation", PERSON, (), "YR-054")


def _other_water(asked: Application, state: State, terms: Terms) -> Checks:
    """Who could take reclaimed or drained water, and does not, where water is short (节约用水条例 34)."""
    if not terms.saving or asked.source in NONCONVENTIONAL or asked.use in FIELDS_AND_HOMES or not asked.fresh:
        return
    if state.other_water is None:
        yield Check("other_water", UNKNOWN, _missing("reclaimed or drained water at hand"), "SR-034")
    elif not state.other_water:
        yield Check("other_water", PASSED, (), "SR-034")
    elif state.fragile is None:
        yield Check("other_water", UNKNOWN, _missing("whether water is short here"), "SR-034")
    else:
        yield Check("other_water", FAILED if state.fragile else PERSON, (), "SR-034")


def _drainage(asked: Application, state: State, terms: Terms) -> Checks:
    """Drained mine water is planned as non-conventional, yet from the region's scale on it needs a permit (地下水管理条例 52)."""
    if asked.source is not Source.DRAINAGE or not terms.groundwater:
        return
    if terms.drainage_m3 is None:
        yield Check("drainage", UNKNOWN, _missing("the region’s scale of drainage that needs a permit"), "GW-052")
    else:
        yield Check("drainage", PASSED, _volumes(asked_m3=asked.volume_m3, scale_m3=terms.drainage_m3), "GW-052")


def _amount(asked: Application, state: State, terms: Terms) -> Checks:
    """By quota (取水条例 16), and not above what the works are designed for (20(2))."""
    article, volume = ("GW-025 (3)" if asked.source in GROUNDWATER and terms.groundwater else "AR-016"), asked.volume_m3
    beside = ("AR-016",) if article != "AR-016" else ()
    if asked.quota_m3 is None:
        yield Check("quota", UNKNOWN, _missing("quota of the trade"), article, beside)
    else:
        figures = _volumes(asked_m3=volume, quota_m3=asked.quota_m3)
        yield Check("quota", FAILED if volume > asked.quota_m3 else PASSED, figures, article, beside)
    if asked.design_capacity_m3 is None:
        yield Check("design", UNKNOWN, _missing("design capacity"), "AR-020-CAP")
    else:
        figures = _volumes(asked_m3=volume, design_m3=asked.design_capacity_m3)
        yield Check("design", FAILED if volume > asked.design_capacity_m3 else PASSED, figures, "AR-020-CAP")


def _papers(asked: Application, state: State, terms: Terms) -> Checks:
    """Metering with new, altered or enlarged works (地下水管理条例 22), filing (取水条例 20(7)), and a change so large that it has to be
    studied and applied for anew (22(2))."""
    if asked.source in GROUNDWATER and terms.groundwater and asked.new:
        met = {True: PASSED, False: PERSON, None: UNKNOWN}[asked.meter_planned]
        yield Check(
            "meter", met, () if asked.meter_planned is not None else _missing("how it will be metered"), "GW-022-A"
        )
    if asked.must_file is None:
        if asked.fresh:
            yield Check("filed", PERSON, _missing("whether the project has to be filed"), "AR-020 (7)")
    elif asked.must_file and asked.filed is None:
        yield Check("filed", UNKNOWN, _missing("filing of the project"), "AR-020 (7)")
    elif asked.must_file:
        yield Check("filed", PASSED if asked.filed else FAILED, (), "AR-020 (7)")
    if asked.change and asked.fresh:
        yield Check("large_change", PASSED if asked.large is False else PERSON, (), "AR-022-B")


def _heat(asked: Application, state: State, terms: Terms) -> Checks:
    """Water taken for its heat (地热能, 水源热泵) goes back into the same aquifer, both metered, and never at a central source of drinking
    water (地下水管理条例 51)."""
    if asked.source not in GROUNDWATER or not terms.groundwater or asked.heat_pump is False:
        return
    if asked.heat_pump is None:
        if asked.use is Use.HEATING:
            yield Check("heat_pump", PERSON, _missing("whether it is taken for its heat"), "GW-051")
    elif state.drinking_source:
        yield Check("heat_pump", FAILED, (), "GW-051")
    elif state.drinking_source is None:
        yield Check("heat_pump", UNKNOWN, _missing("whether it is a central source of drinking water"), "GW-051")
    elif state.reinjected is None:
        yield Check("heat_pump", UNKNOWN, _missing("whether all of it goes back into the same aquifer"), "GW-051")
    else:
        yield Check("heat_pump", PASSED if state.reinjected else PERSON, (), "GW-051")


JUDGED: tuple[tuple[str, str, Callable[[State], bool | None], Callable[[Application, Terms], bool]], ...] = (
    ("function_zone", "AR-020 (3)", lambda state: state.function_zone_harm, lambda asked, terms: True),
    ("layout", "AR-020 (4)", lambda state: _not(state.layout_sound), lambda asked, terms: True),
    ("third_parties", "AR-020 (6)", lambda state: state.third_parties_harm, lambda asked, terms: True),
    (
        "saving_rules",
        "GW-025 (3)",
        lambda state: _not(state.saving_kept),
        lambda asked, terms: _of_groundwater(asked, terms),
    ),
    (
        "standards",
        "GW-025 (4)",
        lambda state: _not(state.standards_kept),
        lambda asked, terms: _of_groundwater(asked, terms),
    ),
    (
        "land",
        "GW-025 (6)",
        lambda state: state.land_reclaimed,
        lambda asked, terms: _of_groundwater(asked, terms) and asked.use is Use.IRRIGATION,
    ),
)
"""What a person has to judge, by which article, the answer that refuses, and where it is asked."""


def _not(answer: bool | None) -> bool | None:
    return None if answer is None else not answer


def _of_groundwater(asked: Application, terms: Terms) -> bool:
    return asked.source in GROUNDWATER and terms.groundwater


def _judged(asked: Application, state: State, terms: Terms) -> Checks:
    for code, article, refuses, concerns in JUDGED:
        if concerns(asked, terms):
            answer = refuses(state)
            yield Check(code, PERSON if answer is None else FAILED if answer else PASSED, (), article)


LEAST_M3 = Decimal("0.001")
"""The least that can be asked for, one litre: what stands against it stands against any more water."""


def of_unit(unit: Unit, use: Use, terms: Terms) -> Decision:
    """How a management unit answers to the least more groundwater for a use, by the gate's own checks of totals, level and orders."""
    asked, state = Application(Source.SHALLOW, use, LEAST_M3), State(unit=unit)
    return Decision(
        tuple(check for rule in (_permitted, _pumped, _level, _order, _held) for check in rule(asked, state, terms))
    )


EDITIONS: dict[int, tuple[Rule, ...]] = {
    1: (
        _competence, _zones, _permitted, _pumped, _level, _order, _held, _load, _network, _use, _thirsty, _listed, _other_water, _drainage,
        _amount, _papers, _judged,
    ),
}  # fmt: skip
EDITIONS[2] = (*EDITIONS[1], _heat)


@dataclass(frozen=True, slots=True)
class Change:
    """What would lift every ground of refusal: less volume, filing, another place or another source, alone or together."""

    parts: tuple[tuple[str, str], ...]
    decision: Decision


OF_UNIT = frozenset({"permitted", "pumped", "level", "order"})
"""Checks that another unit may pass."""


def what_would_pass(asked: Application, state: State, terms: Terms) -> list[Change]:
    """The smallest changes that leave no check failed: one alone before two or three together, and those that would then be decided before
    those of which something would still be unknown. Empty where none is refused, or none would help.

    Other waters are named only where such water is at hand; another aquifer has its own unit figures, which are not known here.
    """
    first = decide(asked, state, terms)
    if not first.failed:
        return []
    failed = {check.code for check in first.failed}
    moves: list[tuple[tuple[tuple[str, str], ...], Application, State]] = [((), asked, state)]
    if failed & ({"zones", "overdraft"} | OF_UNIT):
        elsewhere = replace(state, zones=frozenset(), unmapped=(), unit_fits=None)
        if failed & OF_UNIT:
            elsewhere = replace(elsewhere, unit=NOWHERE)
        moves.append(((("place", "elsewhere" if failed & OF_UNIT else "outside"),), asked, elsewhere))
    for source in Source:
        if source in (asked.source, Source.OTHER) or (source in NONCONVENTIONAL and not state.other_water):
            continue
        unit = NOWHERE if source in GROUNDWATER else None
        there = replace(state, unit=unit, mainstem=None)
        moves.append(((("source", source.value),), replace(asked, source=source), there))
    if asked.must_file and asked.filed is False:
        filed = [((("filed", "yes"), *parts), replace(other, filed=True), place) for parts, other, place in moves]
        moves = [each for pair in zip(moves, filed, strict=True) for each in pair]
    options = []
    for parts, other, place in moves:
        less = _less(other, place)
        if less:
            options.append(((("volume", f"{less.volume_m3:f}"), *parts), less, place))
        options.append((parts, other, place))
    for size in (1, 2, 3):
        tried = [Change(parts, decide(other, place, terms)) for parts, other, place in options if len(parts) == size]
        found = [change for change in tried if not change.decision.failed]
        if found:
            return sorted(found, key=lambda change: change.decision.outcome is UNKNOWN)
    return []


def _less(asked: Application, state: State) -> Application | None:
    """The same for as much as quota, works and the control total allow; None: that is nothing, or all of it."""
    limits = [each for each in (asked.quota_m3, asked.design_capacity_m3) if each is not None]
    unit = state.unit
    if asked.more_m3 > 0 and unit and unit.control_m3 is not None and unit.permitted_m3 is not None:
        limits.append(asked.volume_m3 - asked.more_m3 + max(ZERO, unit.control_m3 - unit.permitted_m3))
    most = min(limits, default=ZERO)
    if not ZERO < most < asked.volume_m3:
        return None
    cut = asked.volume_m3 - most
    increase = None if asked.increase_m3 is None else max(ZERO, asked.increase_m3 - cut)
    return replace(asked, volume_m3=most, increase_m3=increase)


def plain(value: Any) -> Any:
    """An application, state or terms as plain values, such as for JSON; `of_plain` reads them back."""
    if is_dataclass(value) and not isinstance(value, type):
        return {each.name: plain(getattr(value, each.name)) for each in fields(value)}
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, frozenset):
        return sorted(str(each) for each in value)
    if isinstance(value, tuple):
        return [plain(each) for each in value]
    if isinstance(value, date):
        return value.isoformat()
    return value.value if isinstance(value, StrEnum) else value


def checks_plain(decision: Decision) -> list[list[Any]]:
    """The checks of a decision as plain values, to be kept and compared."""
    return [
        [c.code, c.outcome.value, [[n, str(v)] for n, v in c.figures], c.article, list(c.beside)]
        for c in decision.because
    ]


def checks_of_plain(kept: Iterable[Any]) -> Decision:
    """A decision from what `checks_plain` kept."""
    return Decision(
        tuple(
            Check(code, Outcome(outcome), tuple((n, v) for n, v in figures), article, tuple(beside))
            for code, outcome, figures, article, beside in kept
        )
    )


def of_plain(kind: Any, given: dict[str, Any]) -> Any:
    """An application, unit or state from plain values, such as of a JSON file.

    Raises:
        ValueError: an unknown key, or a value that cannot be.
    """
    makers: dict[str, Callable[[Any], Any]] = {
        "source": Source, "use": Use, "load": Load, "zones": lambda v: frozenset(map(Zone, v)), "unit": lambda v: of_plain(Unit, v),
        "industry": str, "on": date.fromisoformat, "near_pct": Decimal, "thirsty_trades": frozenset,
        "orders": lambda v: tuple(of_plain(Order, each) for each in v), "document": str, "ground": str,
        "spared": lambda v: frozenset(map(Use, v)), "barred": lambda v: frozenset(map(Use, v)), "unmapped": lambda v: tuple(map(str, v)),
        "edition": int,
    }  # fmt: skip
    open_fields = {each.name for each in fields(kind) if "None" in str(each.type)}
    names = set(kind.__dataclass_fields__)
    if unknown := set(given) - names:
        raise ValueError(
            f"{kind.__name__.lower()}: unknown {', '.join(sorted(unknown))}; known are {', '.join(sorted(names))}"
        )

    def made(name: str, value: Any) -> Any:
        if value is None:
            if name not in open_fields:
                raise ValueError(f"{name}: it has to be said; null is not taken")
            return None
        if name in makers:
            return makers[name](value)
        if name.endswith("_m3"):
            volume = Decimal(str(value))
            if not volume.is_finite() or volume < 0:
                raise ValueError(f"{name}: {value} is no volume")
            return volume
        if not isinstance(value, bool):
            raise ValueError(f"{name}: true, false or null, not {value}")
        return value

    try:
        return kind(**{name: made(name, value) for name, value in given.items()})
    except (TypeError, ArithmeticError) as error:
        raise ValueError(f"{kind.__name__.lower()}: {error}") from error
