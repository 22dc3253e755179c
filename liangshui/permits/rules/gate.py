"""The gate (审批闸口): may this water be taken here, from this source, for this use, in this amount?

Pure: an application and what is known of the place go in, a decision with its reasons comes out. A normative document is shown
beside the law that gives the ground and never refuses alone: where only it fits, a person decides (law README 1.14). Exceptions of
the banner's plan do not lift a ground that a law gives; they keep the case open for a person where the law itself knows it.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, fields, is_dataclass, replace
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any

from liangshui.core.decision import Check, Decision, Outcome
from liangshui.core.parameters import Law
from liangshui.quota.rules.states import Order
from liangshui.quota.rules.states import Use as Use

PASSED, FAILED, PERSON, UNKNOWN = Outcome.PASSED, Outcome.FAILED, Outcome.NEEDS_PERSON, Outcome.UNDECIDABLE
ZERO = Decimal(0)


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


class Load(StrEnum):
    """How the area stands to its share of the river or aquifer (超载、临界、不超载)."""

    OVERLOADED = "overloaded"
    CRITICAL = "critical"
    NOT = "not_overloaded"


SPARED = frozenset({Use.LIVING, Use.HEATING})
"""Uses that the plan spares where a unit is suspended (城乡居民生活、供热管网补水)."""

DELIGHT = frozenset({Use.WATERSCAPE, Use.AMUSEMENT, Use.SNOW})


@dataclass(frozen=True, slots=True)
class Application:
    """What is asked for. Volumes a year; None: not stated. `increase_m3`: by how much it goes beyond what a permit allows already;
    None: all of it is new. A renewal or a change without more is no new abstraction, and totals do not stand against it.
    """

    source: Source
    use: Use
    volume_m3: Decimal
    industry: str = ""
    new: bool = True
    design_capacity_m3: Decimal | None = None
    quota_m3: Decimal | None = None
    meter_planned: bool | None = None
    filed: bool | None = None
    increase_m3: Decimal | None = None

    @property
    def more_m3(self) -> Decimal:
        return self.volume_m3 if self.increase_m3 is None else self.increase_m3


@dataclass(frozen=True, slots=True)
class Unit:
    """A management unit. `pumped_m3` is what was taken, `permitted_m3` what permits allow: different things (law README 1.4).

    `orders` are those of higher authorities in force; `held`: suspended still, though no figure asks for it, until released.
    """

    control_m3: Decimal | None
    pumped_m3: Decimal | None
    permitted_m3: Decimal | None
    level_kept: bool | None = None
    orders: tuple[Order, ...] | None = ()
    held: bool = False


@dataclass(frozen=True, slots=True)
class State:
    """What is known of the place on a day; None: not known."""

    unit: Unit | None = None
    zones: frozenset[Zone] | None = None
    network_covers: bool | None = None
    load: Load | None = None
    fragile: bool | None = None
    other_water: bool | None = None
    function_zone_harm: bool | None = None
    layout_sound: bool | None = None
    mainstem: bool | None = None
    third_parties_harm: bool | None = None


@dataclass(frozen=True, slots=True)
class Terms:
    """Figures of law that the gate uses, taken once for a day."""

    on: date
    near_pct: Decimal | None
    plan: bool
    thirsty_trades: frozenset[str]
    saving: bool
    basin: bool
    groundwater: bool

    @classmethod
    def of(cls, law: Law, on: date) -> "Terms":
        """Those in force on a day; an instrument that is not gives no check."""

        def holds(rule: str) -> bool:
            return any(version.holds(on) for version in law.rule(rule).versions)

        plan = holds("SEED-GWBAN")
        return cls(
            on=on,
            near_pct=Decimal(law.figure("IND-STOP", "near_pct_default", on)) if holds("IND-STOP") else None,
            plan=plan,
            thirsty_trades=frozenset(law.figure("SEED-GWBAN", "industries_new", on)) if plan else frozenset(),
            saving=holds("SR-034"),
            basin=holds("YR-051"),
            groundwater=holds("GW-025"),
        )


Checks = Iterator[Check]


def decide(asked: Application, state: State, terms: Terms) -> Decision:
    """All checks, in the order of the law; each says its figures and its article."""
    return Decision(tuple(check for rule in RULES for check in rule(asked, state, terms)))


def _zones(asked: Application, state: State, terms: Terms) -> Checks:
    if asked.source not in GROUNDWATER:
        return
    if state.zones is None:
        yield Check("zones", UNKNOWN, (("missing", "place"),), "AR-020 (1)")
    elif Zone.BANNED in state.zones:
        yield Check("zones", FAILED, (("zone", Zone.BANNED),), "AR-020 (1)", ("GW-035",))
    elif Zone.LIMITED in state.zones and terms.groundwater and asked.new:
        yield Check("zones", FAILED, (("zone", Zone.LIMITED),), "GW-025 (2)", ("GW-035",))
    else:
        yield Check("zones", PASSED, (), "AR-020 (1)")


def _permitted(asked: Application, state: State, terms: Terms) -> Checks:
    """What permits allow, with what is asked for, against the control total: reached is enough to refuse more (取水条例 20(2))."""
    unit = state.unit
    if asked.source in NONCONVENTIONAL and unit is None:
        return
    if unit is None or unit.control_m3 is None or unit.permitted_m3 is None:
        yield Check("permitted", UNKNOWN, (("missing", "permitted total or control total"),), "AR-020 (2)")
        return
    after = unit.permitted_m3 + asked.more_m3
    figures = (
        ("permitted_m3", f"{unit.permitted_m3:f}"), ("asked_m3", f"{asked.more_m3:f}"), ("control_m3", f"{unit.control_m3:f}"),
    )  # fmt: skip
    yield Check(
        "permitted",
        FAILED if after > unit.control_m3 and asked.more_m3 > 0 else PASSED,
        figures,
        "AR-020 (2)",
        ("AR-007",),
    )


def _pumped(asked: Application, state: State, terms: Terms) -> Checks:
    """What was pumped against the control total: above it new groundwater stops, but for residents' living and heating."""
    if asked.source not in GROUNDWATER or not terms.groundwater or not asked.more_m3:
        return
    unit, beside = state.unit, ("SEED-SUSPEND",) if terms.plan else ()
    if unit is None or unit.control_m3 is None or unit.pumped_m3 is None:
        yield Check("pumped", UNKNOWN, (("missing", "pumped total or control total"),), "GW-025 (1)", beside)
        return
    figures = (("pumped_m3", f"{unit.pumped_m3:f}"), ("control_m3", f"{unit.control_m3:f}"), ("percent", percent(unit)))
    if unit.pumped_m3 > unit.control_m3:
        yield Check("pumped", PERSON if asked.use in SPARED else FAILED, figures, "GW-025 (1)", beside)
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
    if asked.source not in GROUNDWATER or not terms.groundwater or not asked.more_m3:
        return
    beside = ("SEED-SUSPEND",) if terms.plan else ()
    kept = state.unit.level_kept if state.unit else None
    if kept is None:
        yield Check("level", UNKNOWN, (("missing", "level indicator"),), "GW-025 (1)", ("GW-017", *beside))
    elif not kept:
        yield Check("level", PERSON if asked.use in SPARED else FAILED, (), "GW-025 (1)", ("GW-017", *beside))
    else:
        yield Check("level", PASSED, (), "GW-025 (1)", ("GW-017",))


def _order(asked: Application, state: State, terms: Terms) -> Checks:
    """Orders of higher authorities that suspend the unit. One refuses by the article of law it rests on; by another ground, or for a
    use that it or the plan spares, a person decides (law README 1.14, 1.15)."""
    if asked.source not in GROUNDWATER or not asked.more_m3:
        return
    if state.unit is None or state.unit.orders is None:
        yield Check("order", UNKNOWN, (("missing", "management unit"),))
        return
    carried = {"GW-025 (1)": terms.groundwater, "YR-051": terms.basin}
    for order in state.unit.orders:
        figures = (("document", order.document),)
        if not carried.get(order.ground, False):
            yield Check("order", PERSON, figures)
        elif asked.use in order.spared | SPARED:
            yield Check("order", PERSON, (*figures, ("use", asked.use)), order.ground)
        else:
            yield Check("order", FAILED, figures, order.ground)
    if not state.unit.orders:
        yield Check("order", PASSED)


def _held(asked: Application, state: State, terms: Terms) -> Checks:
    """A suspension that no figure asks for any more and that nobody has released: no ground of law, so a person decides."""
    if asked.source in GROUNDWATER and asked.more_m3 and state.unit is not None and state.unit.held:
        yield Check("held", PERSON, (), "", ("SEED-SUSPEND",) if terms.plan else ())


def _load(asked: Application, state: State, terms: Terms) -> Checks:
    """Areas of the basin that take more than their share (黄河保护法 51)."""
    if not terms.basin or asked.source in NONCONVENTIONAL or not asked.more_m3:
        return
    if state.load is None:
        yield Check("load", UNKNOWN, (("missing", "state of the area"),), "YR-051")
    elif state.load is Load.OVERLOADED:
        yield Check("load", PERSON if asked.use is Use.LIVING else FAILED, (("area", state.load),), "YR-051")
    else:
        yield Check("load", PERSON if state.load is Load.CRITICAL else PASSED, (("area", state.load),), "YR-051")


def _network(asked: Application, state: State, terms: Terms) -> Checks:
    """Own wells where the public network can meet the need (取水条例 20(5))."""
    if asked.source not in GROUNDWATER or asked.use in (Use.IRRIGATION, Use.HERDING):
        return
    if state.network_covers is None:
        yield Check("network", UNKNOWN, (("missing", "coverage of the network"),), "AR-020 (5)")
    else:
        yield Check("network", FAILED if state.network_covers else PASSED, (), "AR-020 (5)")


def _competence(asked: Application, state: State, terms: Terms) -> Checks:
    """Intakes on the main stem of the Yellow River are decided by the basin authority (黄河保护法 50): no ground of refusal, another door."""
    if asked.source is not Source.SURFACE or not terms.basin:
        return
    if state.mainstem is None:
        yield Check("competence", UNKNOWN, (("missing", "whether it lies on the main stem"),), "YR-050")
    else:
        yield Check("competence", PERSON if state.mainstem else PASSED, (), "YR-050")


def _use(asked: Application, state: State, terms: Terms) -> Checks:
    """Use control (用途管制): what groundwater is not for."""
    if asked.source is Source.DEEP and asked.use is Use.IRRIGATION and terms.basin:
        yield Check("deep_irrigation", FAILED, (), "YR-055")
    if asked.source not in GROUNDWATER or not terms.plan:
        return
    if asked.use in DELIGHT:
        yield Check("delight", PERSON, (("use", asked.use),), "", ("SEED-GWBAN",))
    elif asked.use is Use.GREENING:
        yield Check("greening", PERSON, (), "", ("SEED-NONCONV",))
    elif asked.use is Use.INDUSTRY and asked.new and asked.industry not in terms.thirsty_trades:
        # the trade is typed freely: whether it is one of the plan's stays a person's word
        yield Check("thirsty", PERSON, (("trade", asked.industry or "—"),), "", ("SEED-GWBAN",))
    elif asked.industry in terms.thirsty_trades and asked.new:
        figures = (("trade", asked.industry),)
        if terms.groundwater and state.fragile:
            yield Check("thirsty", FAILED, figures, "GW-025 (5)", ("SEED-GWBAN",))
        elif terms.groundwater and state.fragile is None:
            yield Check(
                "thirsty",
                UNKNOWN,
                (*figures, ("missing", "whether water is short here")),
                "GW-025 (5)",
                ("SEED-GWBAN",),
            )
        else:
            yield Check("thirsty", PERSON, figures, "", ("SEED-GWBAN",))


def _other_water(asked: Application, state: State, terms: Terms) -> Checks:
    """Who could take reclaimed or drained water, and does not (节约用水条例 34)."""
    if (
        not terms.saving
        or asked.source in NONCONVENTIONAL
        or asked.use not in (Use.INDUSTRY, Use.GREENING, Use.WATERSCAPE)
    ):
        return
    if state.other_water is None:
        yield Check("other_water", UNKNOWN, (("missing", "reclaimed or drained water at hand"),), "SR-034")
    else:
        yield Check("other_water", FAILED if state.other_water else PASSED, (), "SR-034")


def _amount(asked: Application, state: State, terms: Terms) -> Checks:
    """By quota (取水条例 16), and not above what the works are designed for (20(2))."""
    article, volume = ("GW-025 (3)" if asked.source in GROUNDWATER and terms.groundwater else "AR-016"), asked.volume_m3
    if asked.quota_m3 is None:
        yield Check("quota", UNKNOWN, (("missing", "quota of the trade"),), article)
    else:
        figures = (("asked_m3", f"{volume:f}"), ("quota_m3", f"{asked.quota_m3:f}"))
        yield Check(
            "quota",
            FAILED if volume > asked.quota_m3 else PASSED,
            figures,
            article,
            ("AR-016",) if article != "AR-016" else (),
        )
    if asked.design_capacity_m3 is None:
        yield Check("design", UNKNOWN, (("missing", "design capacity"),), "AR-020-CAP")
    else:
        figures = (("asked_m3", f"{volume:f}"), ("design_m3", f"{asked.design_capacity_m3:f}"))
        yield Check("design", FAILED if volume > asked.design_capacity_m3 else PASSED, figures, "AR-020-CAP")


def _papers(asked: Application, state: State, terms: Terms) -> Checks:
    """Metering with new, altered or enlarged works (地下水管理条例 22), and filing (取水条例 20(7))."""
    if asked.source in GROUNDWATER and terms.groundwater and asked.new:
        yield Check(
            "meter",
            PASSED if asked.meter_planned else UNKNOWN if asked.meter_planned is None else PERSON,
            (),
            "GW-022-A",
        )
    if asked.filed is not None:
        yield Check("filed", PASSED if asked.filed else FAILED, (), "AR-020 (7)")


JUDGED = (
    ("function_zone", "AR-020 (3)", lambda state: state.function_zone_harm),
    ("layout", "AR-020 (4)", lambda state: None if state.layout_sound is None else not state.layout_sound),
    ("third_parties", "AR-020 (6)", lambda state: state.third_parties_harm),
)  # type: tuple[tuple[str, str, Callable[[State], bool | None]], ...]
"""What a person has to judge, with the answer that refuses."""


def _judged(asked: Application, state: State, terms: Terms) -> Checks:
    for code, article, refuses in JUDGED:
        answer = refuses(state)
        yield Check(code, PERSON if answer is None else FAILED if answer else PASSED, (), article)


RULES: tuple[Callable[[Application, State, Terms], Checks], ...] = (
    _competence, _zones, _permitted, _pumped, _level, _order, _held, _load, _network, _use, _other_water, _amount, _papers, _judged,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Change:
    """The smallest change that would lift every ground of refusal: less volume, another source, or another place."""

    kind: str
    value: str
    decision: Decision


def what_would_pass(asked: Application, state: State, terms: Terms) -> list[Change]:
    """Changes that leave no check failed, the smallest first; empty where none is refused, or none would help."""
    if not decide(asked, state, terms).failed:
        return []
    found = []
    limits: list[Decimal] = [each for each in (asked.quota_m3, asked.design_capacity_m3) if each is not None]
    unit = state.unit
    if unit and unit.control_m3 is not None and unit.permitted_m3 is not None:
        limits.append(unit.control_m3 - unit.permitted_m3)
    most = min(limits, default=ZERO)
    options: list[tuple[str, str, Application, State]] = []
    if ZERO < most < asked.volume_m3:
        options.append(("volume", f"{most:f}", replace(asked, volume_m3=most), state))
    for source in Source:
        if source is not asked.source and source is not Source.OTHER:
            elsewhere = replace(state, unit=None) if source not in GROUNDWATER else state
            options.append(("source", source.value, replace(asked, source=source), elsewhere))
    if state.zones:
        options.append(("place", "outside", asked, replace(state, zones=frozenset())))
    for kind, value, other, place in options:
        decision = decide(other, place, terms)
        if not decision.failed:
            found.append(Change(kind, value, decision))
    return found


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
        "spared": lambda v: frozenset(map(Use, v)),
    }  # fmt: skip
    names = set(kind.__dataclass_fields__)
    if unknown := set(given) - names:
        raise ValueError(
            f"{kind.__name__.lower()}: unknown {', '.join(sorted(unknown))}; known are {', '.join(sorted(names))}"
        )

    def made(name: str, value: Any) -> Any:
        if value is None:
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
