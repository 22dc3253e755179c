"""Decisions of the gate in words: page, letter, API and command say the same."""

from collections.abc import Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from liangshui.core.decision import Check, Decision, Outcome
from liangshui.core.parameters import Law
from liangshui.permits.rules import scope
from liangshui.permits.rules.campaign import Sorted, Standing
from liangshui.permits.rules.conditions import LevelStep, Verdict
from liangshui.permits.rules.filing import What
from liangshui.permits.rules.gate import Change, Source
from liangshui.permits.rules.hearing import Stance
from liangshui.permits.rules.life import Act, Excluded, Kind, State, Unit, Who
from liangshui.quota.words import OUTCOMES, USES, article

CHECKS = {
    "mainstem": gettext_lazy("whether the basin authority decides"),
    "competence": gettext_lazy("whether the county decides on this volume"),
    "zones": gettext_lazy("banned and limited zones"),
    "overdraft": gettext_lazy("no new groundwater for irrigation in an overdraft zone"),
    "unit_fits": gettext_lazy("the place lies in the named management unit"),
    "permitted_near": gettext_lazy("permitted total near the control total"),
    "permitted": gettext_lazy("permitted total against the control total"),
    "pumped": gettext_lazy("pumped total against the control total"),
    "pumped_near": gettext_lazy("pumped total near the control total"),
    "level": gettext_lazy("groundwater level against its indicator"),
    "order": gettext_lazy("order of a higher authority"),
    "held": gettext_lazy("suspended still: figures within limits again, waits for release"),
    "load": gettext_lazy("whether the area takes more than its share of the basin"),
    "network": gettext_lazy("coverage by the public network"),
    "deep_irrigation": gettext_lazy("no deep groundwater for irrigation"),
    "delight": gettext_lazy("no groundwater for waterscape, water amusement and artificial snow"),
    "greening": gettext_lazy("greening takes reclaimed or drained water first"),
    "thirsty": gettext_lazy("no groundwater for new trades of high use"),
    "other_water": gettext_lazy("reclaimed and drained water first"),
    "quota": gettext_lazy("volume by quota"),
    "listed": gettext_lazy("lists of projects that are not to be built or are to be given up"),
    "river_irrigation": gettext_lazy("new irrigation from the Yellow River is strictly limited"),
    "renewable": gettext_lazy("groundwater that hardly renews itself"),
    "drainage": gettext_lazy("drainage from which on a permit is needed"),
    "large_change": gettext_lazy("a large change has to be studied and applied for anew"),
    "saving_rules": gettext_lazy("rules of saving water"),
    "standards": gettext_lazy("mandatory national standards"),
    "land": gettext_lazy("land reclaimed against the law"),
    "design": gettext_lazy("volume within the design of the works"),
    "meter": gettext_lazy("meter with the works"),
    "filed": gettext_lazy("filing of the project"),
    "function_zone": gettext_lazy("harm to a water function zone"),
    "layout": gettext_lazy("layout of intake and return"),
    "third_parties": gettext_lazy("harm to third parties or the public"),
    "heat_pump": gettext_lazy("groundwater taken for its heat goes back into the same aquifer"),
}
FIGURES = {
    "permitted_m3": gettext_lazy("permitted"), "asked_m3": gettext_lazy("asked for"), "control_m3": gettext_lazy("control total"),
    "pumped_m3": gettext_lazy("pumped"), "quota_m3": gettext_lazy("quota volume"), "design_m3": gettext_lazy("by design"),
    "county_m3": gettext_lazy("the county decides up to"), "unplaced_m3": gettext_lazy("permitted in no unit"), "scale_m3": gettext_lazy("scale"),
    "percent": gettext_lazy("share, %"), "zone": gettext_lazy("zone"), "area": gettext_lazy("state of the area"), "use": gettext_lazy("use"),
    "trade": gettext_lazy("trade"), "document": gettext_lazy("document"), "missing": gettext_lazy("missing"),
}  # fmt: skip
SOURCES = {
    Source.SURFACE: gettext_lazy("surface water"), Source.SHALLOW: gettext_lazy("shallow groundwater"),
    Source.DEEP: gettext_lazy("deep groundwater"), Source.DRAINAGE: gettext_lazy("mine drainage"),
    Source.RECLAIMED: gettext_lazy("reclaimed water"), Source.RAIN: gettext_lazy("rainwater"), Source.OTHER: gettext_lazy("other source"),
}  # fmt: skip
SAID = {
    "banned": gettext_lazy("banned zone"), "limited": gettext_lazy("limited zone"), "overdraft": gettext_lazy("overdraft zone"),
    "overloaded": gettext_lazy("overloaded"), "critical": gettext_lazy("critical"), "not_overloaded": gettext_lazy("not overloaded"),
    **{use.value: words for use, words in USES.items()},
    "the place of the intake, or the map of zones": gettext_lazy("the place of the intake, or the map of zones"),
    "its outline": gettext_lazy("its outline"),
    "up to what volume the county decides": gettext_lazy("up to what volume the county decides"),
    "volumes of some intakes": gettext_lazy("volumes of some intakes"),
    "the region’s scale of drainage that needs a permit": gettext_lazy("the region’s scale of drainage that needs a permit"),
    "how it will be metered": gettext_lazy("how it will be metered"),
    "whether the project has to be filed": gettext_lazy("whether the project has to be filed"),
    "filing of the project": gettext_lazy("filing of the project"),
    "whether it lies on the main stem": gettext_lazy("whether it lies on the main stem"),
    "permitted total or control total": gettext_lazy("permitted total or control total"),
    "pumped total or control total": gettext_lazy("pumped total or control total"),
    "management unit": gettext_lazy("management unit"),
    "level indicator": gettext_lazy("level indicator"),
    "state of the area": gettext_lazy("state of the area"),
    "coverage of the network": gettext_lazy("coverage of the network"),
    "whether water is short here": gettext_lazy("whether water is short here"),
    "reclaimed or drained water at hand": gettext_lazy("reclaimed or drained water at hand"),
    "whether it is taken for its heat": gettext_lazy("whether it is taken for its heat"),
    "whether it is a central source of drinking water": gettext_lazy("whether it is a central source of drinking water"),
    "whether all of it goes back into the same aquifer": gettext_lazy("whether all of it goes back into the same aquifer"),
    "quota of the trade": gettext_lazy("quota of the trade"),
    "design capacity": gettext_lazy("design capacity"),
}  # fmt: skip
KINDS = {
    Kind.NEW: gettext_lazy("new permit"), Kind.CHANGE: gettext_lazy("change of a permit"), Kind.RENEWAL: gettext_lazy("renewal of a permit"),
    Kind.TRANSFER: gettext_lazy("transfer of a permit"), Kind.CANCELLATION: gettext_lazy("cancellation of a permit"),
}  # fmt: skip
APPLICATIONS = {
    Kind.NEW: gettext_lazy("application for an abstraction permit"), Kind.CHANGE: gettext_lazy("application to change an abstraction permit"),
    Kind.RENEWAL: gettext_lazy("application to renew an abstraction permit"),
    Kind.TRANSFER: gettext_lazy("application to transfer an abstraction permit"),
    Kind.CANCELLATION: gettext_lazy("application to cancel an abstraction permit"),
}  # fmt: skip
"""What is applied for, as letters name it."""
STATES = {
    State.DRAFT: gettext_lazy("draft"), State.RECEIVED: gettext_lazy("received, papers being checked"),
    State.INCOMPLETE: gettext_lazy("waits for missing items"), State.ACCEPTED: gettext_lazy("accepted, under review"),
    State.APPROVED: gettext_lazy("approved"), State.BUILDING: gettext_lazy("works being built"), State.TRIAL: gettext_lazy("trial run"),
    State.COMPLETED: gettext_lazy("works to be accepted"), State.PASSED: gettext_lazy("works accepted, certificate due"),
    State.ISSUED: gettext_lazy("permit issued"), State.NOT_ACCEPTED: gettext_lazy("not accepted"),
    State.REDIRECTED: gettext_lazy("sent to another authority"), State.REFUSED: gettext_lazy("application refused"),
    State.WITHDRAWN: gettext_lazy("application withdrawn"), State.LAPSED: gettext_lazy("approval lapsed"),
}  # fmt: skip
ACTS = {
    Act.SUBMIT: gettext_lazy("hand in"), Act.ASK: gettext_lazy("ask for missing items"), Act.COMPLETE: gettext_lazy("hand in what was missing"),
    Act.ACCEPT: gettext_lazy("accept the application"), Act.DECLINE: gettext_lazy("do not accept"), Act.REDIRECT: gettext_lazy("send to another authority"),
    Act.VISIT: gettext_lazy("record a site visit"), Act.NOTIFY: gettext_lazy("record a notice to third parties"),
    Act.CONSULT: gettext_lazy("ask another organisation"), Act.ANSWER: gettext_lazy("record the answer of an organisation"),
    Act.VIEWS: gettext_lazy("state views"), Act.REQUEST: gettext_lazy("ask for a hearing"), Act.CALL: gettext_lazy("call a hearing"),
    Act.HEAR: gettext_lazy("record the hearing"), Act.DROP: gettext_lazy("the hearing falls away"),
    Act.EXCLUDE: gettext_lazy("stop the clock"), Act.RESUME: gettext_lazy("let the clock run again"), Act.OPINION: gettext_lazy("give the opinion of the review"),
    Act.APPROVE: gettext_lazy("approve the application"), Act.REFUSE: gettext_lazy("refuse the application"), Act.WITHDRAW: gettext_lazy("withdraw the application"),
    Act.BEGIN: gettext_lazy("works begun"), Act.TRIAL: gettext_lazy("trial run begun"), Act.FILE: gettext_lazy("hand in papers of completion"),
    Act.PASS: gettext_lazy("works pass"), Act.FAIL: gettext_lazy("works do not pass"), Act.ISSUE: gettext_lazy("issue the permit"),
    Act.LAPSE: gettext_lazy("approval lapses"),
}  # fmt: skip
ACTS_OF = {
    (Kind.CHANGE, Act.APPROVE): gettext_lazy("grant the change"), (Kind.CHANGE, Act.REFUSE): gettext_lazy("refuse the change"),
    (Kind.RENEWAL, Act.APPROVE): gettext_lazy("grant the renewal"), (Kind.RENEWAL, Act.REFUSE): gettext_lazy("refuse the renewal"),
    (Kind.TRANSFER, Act.APPROVE): gettext_lazy("grant the transfer"), (Kind.TRANSFER, Act.REFUSE): gettext_lazy("refuse the transfer"),
    (Kind.CANCELLATION, Act.APPROVE): gettext_lazy("cancel the permit"), (Kind.CANCELLATION, Act.REFUSE): gettext_lazy("do not cancel the permit"),
    (Kind.CANCELLATION, Act.ISSUE): gettext_lazy("serve the decision of cancellation"),
}  # fmt: skip
"""Acts that have another name by what was applied for."""


def act_words(act: Act, kind: Kind) -> Any:
    """A step as it is called in a case of a kind."""
    return ACTS_OF.get((kind, act), ACTS[act])


def state_words(state: State, kind: Kind) -> Any:
    """Where a case of a kind stands: a cancellation ends in no permit."""
    return gettext_lazy("permit cancelled") if (state, kind) == (State.ISSUED, Kind.CANCELLATION) else STATES[state]


WHO = {
    Who.APPLICANT: gettext_lazy("the applicant"), Who.ACCEPTING: gettext_lazy("who accepts"), Who.REVIEWING: gettext_lazy("who reviews"),
    Who.DECIDING: gettext_lazy("who decides"), Who.SYSTEM: gettext_lazy("the system"), Who.NOBODY: gettext_lazy("nobody"),
}  # fmt: skip
CLOCKS = {
    "check": gettext_lazy("papers to be checked"), "decide": gettext_lazy("decision due"), "before_expiry": gettext_lazy("decision before the permit ends"),
    "city_planning": gettext_lazy("opinion of the construction department due"), "hearing": gettext_lazy("hearing to be held"),
    "begin": gettext_lazy("works to be begun, else the approval lapses"), "trial": gettext_lazy("papers of completion may be handed in from"),
    "forward": gettext_lazy("to be sent on to the basin authority with an opinion"),
    "works": gettext_lazy("works to be accepted on the site"), "paper": gettext_lazy("permit to be served"),
}  # fmt: skip
TERM_UNITS = {
    Unit.WORKING_DAYS: gettext_lazy("%d working days"), Unit.DAYS: gettext_lazy("%d days, every day counted"), Unit.YEARS: gettext_lazy("%d years"),
}  # fmt: skip
EXCLUDED = {
    Excluded.CONSULTATION: gettext_lazy("consultation of other departments"),
    Excluded.CITY_PLANNING: gettext_lazy("groundwater in an urban planning area: construction department asked"),
    Excluded.HEARING: gettext_lazy("public hearing"), Excluded.EXPERTS: gettext_lazy("examination by experts"),
    Excluded.DISPUTE: gettext_lazy("dispute with third parties"),
}  # fmt: skip
STANCES = {
    Stance.AGREE: gettext_lazy("agrees"), Stance.CONDITIONS: gettext_lazy("agrees with conditions"), Stance.DISAGREE: gettext_lazy("does not agree"),
    Stance.NONE: gettext_lazy("no answer came"),
}  # fmt: skip
VERDICTS = {
    Verdict.KEPT: gettext_lazy("condition kept"), Verdict.EXCEEDED: gettext_lazy("condition exceeded"), Verdict.PERHAPS: gettext_lazy("perhaps exceeded"),
    Verdict.UNKNOWN: gettext_lazy("not known"),
}  # fmt: skip
CONDITIONS = {
    "year": gettext_lazy("volume of the year"), "term": gettext_lazy("taken after the permit ran out"), "month": gettext_lazy("volume of the month"), "season": gettext_lazy("out of season"),
    **{code: CHECKS[code] for code in ("deep_irrigation", "delight", "greening")}, "return": gettext_lazy("water given back"), "source": gettext_lazy("source used"), "use": gettext_lazy("use made of the water"),
    "level": gettext_lazy("taken while restricted by level"), "disuse": gettext_lazy("nothing taken for two years"),
}  # fmt: skip
LEVEL_STEPS = {
    LevelStep.FREE: gettext_lazy("no restriction by level"), LevelStep.WARN: gettext_lazy("warned by level"), LevelStep.REDUCE: gettext_lazy("reduced by level"),
    LevelStep.STOP: gettext_lazy("stopped by level"),
}  # fmt: skip
STANDINGS = {
    Standing.NOT_NEEDED: gettext_lazy("needs no permit"), Standing.PERMIT: gettext_lazy("has a permit"), Standing.EXPIRED: gettext_lazy("permit expired"),
    Standing.MISSING: gettext_lazy("permit needed and missing"), Standing.UNDECIDED: gettext_lazy("cannot be told yet"),
}  # fmt: skip
SORTED = {
    Sorted.KEEP: gettext_lazy("to stay"), Sorted.MEND: gettext_lazy("to be mended"), Sorted.GO: gettext_lazy("to go"),
}  # fmt: skip
SCOPES = {
    scope.Use.OTHER: gettext_lazy("production or any other use"),
    scope.Use.HOUSEHOLD: gettext_lazy("household, scattered or penned livestock"),
    scope.Use.OWN_POND: gettext_lazy("a rural collective and its members, from the collective’s own pond or reservoir"),
    scope.Use.EMERGENCY_WORKS: gettext_lazy("emergency drainage for the safety of underground works, such as a mine"),
    scope.Use.EMERGENCY_PUBLIC: gettext_lazy("emergency for public safety or interest"),
    scope.Use.EMERGENCY_DROUGHT: gettext_lazy("emergency for drought relief of farms or to protect ecology"),
}  # fmt: skip
ROUTES = {
    scope.Route.MAINSTEM: gettext_lazy("main stem of the Yellow River: the basin authority decides"),
    scope.Route.SCALE: gettext_lazy("above the volume on which the county decides"),
    scope.Route.SOURCES: gettext_lazy("several sources with different authorities: the highest of them"),
    scope.Route.OTHER: gettext_lazy("another reason, said below"),
}  # fmt: skip
LEVELS = {
    "county": gettext_lazy("the county’s authority"), "city": gettext_lazy("the city’s authority"), "region": gettext_lazy("the region’s authority"),
    "basin": gettext_lazy("the basin authority"),
}  # fmt: skip
FILINGS = {
    **{what: SCOPES[scope.Use(what.value)] for what in (What.OWN_POND, What.EMERGENCY_WORKS, What.EMERGENCY_PUBLIC, What.EMERGENCY_DROUGHT)},
    What.MONITORING: gettext_lazy("well for monitoring or exploration, before it is drilled"),
    What.WORKS_PLAN: gettext_lazy("plan of deep underground works, or of works that drain much, before they begin"),
}  # fmt: skip
AFTER = {
    scope.Use.EMERGENCY_WORKS: (gettext_lazy("Report it promptly; groundwater within 5 working days after it ends."), ("AR-004", "GW-052")),
    scope.Use.EMERGENCY_PUBLIC: (gettext_lazy("Report it promptly."), ("AR-004",)),
    scope.Use.EMERGENCY_DROUGHT: (gettext_lazy("Ask the water department for its consent before."), ("AR-004",)),
}  # fmt: skip
"""What an abstraction without a permit still asks for."""
WHY = {
    "sealed": gettext_lazy("sealed"), "no_abstraction": gettext_lazy("takes water from a network or plant, not from nature"),
    "small": gettext_lazy("household or scattered livestock within the region’s limit"), "by_hand": gettext_lazy("drawn by hand or animal"),
    "exceeded": gettext_lazy("takes more than its permit allows"), "deep_irrigation": gettext_lazy("irrigates with deep groundwater"),
    "deep_irrigation_perhaps": gettext_lazy("takes deep groundwater for farming; whether it irrigates is to be seen"),
    "delight_perhaps": gettext_lazy("takes groundwater for waterscape, water amusement or snow"),
    "greening_perhaps": gettext_lazy("takes groundwater for greening"),
    "banned_zone": gettext_lazy("lies in a banned zone"), "no_volume": gettext_lazy("no volume is known"),
    "below_scale": gettext_lazy("drainage below the region’s scale"),
    **{f"filed_{what}": format_lazy("{}: {}", gettext_lazy("on file"), words) for what, words in FILINGS.items()},
    "unnamed": gettext_lazy("the permit of its project names other intakes"),
    "no_scale": gettext_lazy("the region’s scale of drainage that needs a permit is not entered"), "": "",
}  # fmt: skip
FIELDS = {
    "applicant": gettext_lazy("applicant"), "address": gettext_lazy("address of the applicant"), "reason": gettext_lazy("why water is needed"),
    "begins": gettext_lazy("to be taken from"), "years": gettext_lazy("for years"), "use": gettext_lazy("use"), "purpose": gettext_lazy("purpose"),
    "volume_m3": gettext_lazy("volume a year, m³"), "months_m3": gettext_lazy("volume by month, m³"), "source": gettext_lazy("source"),
    "division": gettext_lazy("town or village"), "longitude": gettext_lazy("longitude"), "latitude": gettext_lazy("latitude"),
    "works": gettext_lazy("works"), "metering": gettext_lazy("how it will be metered"), "saving": gettext_lazy("how water will be saved"),
    "return_place": gettext_lazy("place of return"), "taker": gettext_lazy("who takes it over"),
}  # fmt: skip
QUESTIONS = {
    "network_covers": gettext_lazy("the public network can meet the need"), "fragile": gettext_lazy("water is short here, or the land fragile"),
    "other_water": gettext_lazy("reclaimed or drained water is at hand"), "function_zone_harm": gettext_lazy("a water function zone may suffer major harm"),
    "mainstem": gettext_lazy("the intake lies on the main stem of the Yellow River"),
    "layout_sound": gettext_lazy("intake and return are laid out reasonably"), "third_parties_harm": gettext_lazy("third parties or the public may suffer major harm"),
    "must_file": gettext_lazy("the project has to be filed"), "filed": gettext_lazy("the project has been filed"),
    "meter_planned": gettext_lazy("a meter is planned"), "thirsty": gettext_lazy("the project is of a trade of high use"),
    "listed": gettext_lazy("the project is on a negative list or a list of what is given up"),
    "renewable": gettext_lazy("this deep groundwater renews itself"), "saving_kept": gettext_lazy("rules of saving water are kept"),
    "standards_kept": gettext_lazy("mandatory national standards are kept"),
    "land_reclaimed": gettext_lazy("the land was reclaimed against the law"),
    "large": gettext_lazy("it is a large change of what was permitted"),
    "level_kept": gettext_lazy("the level of the unit keeps to its indicator"),
    "heat_pump": gettext_lazy("the water is taken for its heat (heat pump, geothermal)"),
    "drinking_source": gettext_lazy("the place is a central source of drinking water"),
    "reinjected": gettext_lazy("all of it goes back into the same aquifer, and both are metered"),
}  # fmt: skip
LIVES = {
    "valid": gettext_lazy("valid"), "renew": gettext_lazy("renewal to be applied for"), "continued": gettext_lazy("continues, renewal not decided in time"),
    "expired": gettext_lazy("expired"), "ended": gettext_lazy("ended"),
}  # fmt: skip
LETTERS = {
    "incomplete": gettext_lazy("Notice to complete an application"),
    "accepted": gettext_lazy("Notice of acceptance of an application"),
    "not_accepted": gettext_lazy("Decision not to accept an application"),
    "redirected": gettext_lazy("Notice that an application is not accepted here"),
    "excluded": gettext_lazy("Notice of time not counted"),
    "approved": gettext_lazy("Decision to grant a permit"),
    "approved_2": gettext_lazy("Decision to grant a permit, second form"),
    "refused": gettext_lazy("Decision to refuse a permit"),
    "change": gettext_lazy("Decision to grant a change"),
    "no_change": gettext_lazy("Decision to refuse a change"),
    "renewed": gettext_lazy("Decision to grant a renewal"),
    "not_renewed": gettext_lazy("Decision to refuse a renewal"),
    "cancelled": gettext_lazy("Decision to cancel a permit"),
    "views": gettext_lazy("Notice that views may be stated"),
    "hearing_offered": gettext_lazy("Notice of the right to a hearing"),
    "hearing_called": gettext_lazy("Call to a hearing"),
    "hearing_public": gettext_lazy("Public notice of a hearing"),
    "hearing_public_2": gettext_lazy("Public notice of a hearing, second form"),
    "consultation": gettext_lazy("Request for an opinion"),
    "extended": gettext_lazy("Notice that a decision is put off"),
    "lapsed": gettext_lazy("Notice that an approval has lapsed"),
    "restricted": gettext_lazy("Decision to change a permit"),
    "restriction_ahead": gettext_lazy("Notice of a coming restriction"),
    "withdrawn": gettext_lazy("Decision to withdraw a permit"),
    "annulled": gettext_lazy("Decision to annul a permit"),
    "struck_off": gettext_lazy("Decision to strike a permit off"),
}


FOUND = {
    "network": gettext_lazy("the public network can meet the need"), "other_water": gettext_lazy("other water could be used and is not"),
    "level": gettext_lazy("the level does not keep to its indicator"), "filed": gettext_lazy("the project has not been filed"),
    "function_zone": gettext_lazy("a water function zone may suffer major harm"),
    "layout": gettext_lazy("intake and return are not laid out reasonably"),
    "third_parties": gettext_lazy("third parties or the public may suffer major harm"),
    "listed": gettext_lazy("the project is on a negative list or a list of what is given up"),
    "renewable": gettext_lazy("the groundwater hardly renews itself"), "saving_rules": gettext_lazy("rules of saving water are not kept"),
    "standards": gettext_lazy("mandatory national standards are not kept"), "land": gettext_lazy("the land was reclaimed against the law"),
    "heat_pump": gettext_lazy("water is taken for its heat at a central source of drinking water"),
}  # fmt: skip
"""What was found where a check without figures is not passed."""


def sentence(check: Check, law: Law) -> str:
    """A check in a sentence: what was looked at, how it ended, by which figures, on which ground, and what stands beside it."""
    parts = [_("%(label)s: %(words)s") % {"label": CHECKS[check.code], "words": OUTCOMES[check.outcome]}]
    if check.outcome is Outcome.FAILED and check.code in FOUND:
        parts.append(str(FOUND[check.code]))
    figures = pgettext("clauses", ", ").join(f"{FIGURES[name]} {_shown(name, value)}" for name, value in check.figures)
    if figures:
        parts.append(figures)
    if check.article:
        parts.append(_("ground: %s") % article(check.article, law))
    if check.beside:
        parts.append(_("beside it: %s") % _(", ").join(article(each, law) for each in check.beside))
    return _("; ").join(parts)


def differs(code: str, was: Outcome | None, now: Outcome | None) -> str:
    """How a check ends by another law, such as “数量与定额：通过→不通过”; None: it is not made."""
    if was is now:
        return _("%(label)s: %(words)s") % {"label": CHECKS[code], "words": _("another ground")}
    before, after = (_("not made") if each is None else OUTCOMES[each] for each in (was, now))
    return _("%(label)s: %(words)s") % {"label": CHECKS[code], "words": f"{before} → {after}"}


LEVEL_TERMS = {
    "warn_m": gettext_lazy("warned from %s m"), "reduce_m": gettext_lazy("reduced from %s m"), "stop_m": gettext_lazy("stopped from %s m"),
    "resume_m": gettext_lazy("resumed at %s m"), "reduced_m3_day": gettext_lazy("while reduced %s m³ a day"),
}  # fmt: skip


def level_words(station: Any, depths: Mapping[str, Any]) -> str:
    """A restriction by level: from which depths on it warns, reduces, stops, and where it resumes; empty where there is none."""
    said = [
        str(words) % f"{Decimal(depths[name]).normalize():f}"
        for name, words in LEVEL_TERMS.items()
        if depths.get(name) is not None
    ]
    return _("%(label)s: %(words)s") % {"label": station, "words": pgettext("clauses", ", ").join(said)} if said else ""


def month_words(months: Sequence[Any]) -> str:
    """Volumes by month that are set, m³, such as “4月 1,000、5月 2,000”; empty where none is."""
    set_ones = [(n, Decimal(m)) for n, m in enumerate(months, 1) if m not in (None, "")]
    return "、".join(f"{n}{_('mon.')} {m:,.0f}" for n, m in set_ones)


NO_CHANGE = gettext_lazy(
    "Neither less water nor another place, another water that is at hand or filing would let it pass."
)
"""What is said where no change that was tried would pass (rules/gate.py, what_would_pass)."""


def change_words(change: Change) -> str:
    """A change that would lift every ground of refusal, in words."""
    words = _(" and ").join(_change_part(*part) for part in change.parts)
    if change.decision.outcome is Outcome.PASSED:
        return words
    return _("%(change)s (then still: %(outcome)s)") % {"change": words, "outcome": OUTCOMES[change.decision.outcome]}


def _change_part(kind: str, value: str) -> str:
    if kind == "volume":
        return _("no more than %s a year") % _shown("asked_m3", value)
    if kind == "source":
        return _("%s instead") % SOURCES[Source(value)]
    if kind == "filed":
        return _("the project filed")
    if value == "elsewhere":
        return _("a place in another management unit that is open")
    return _("a place outside of banned, limited and overdraft zones")


def _shown(name: str, value: str) -> str:
    if name.endswith("_m3"):
        return f"{Decimal(value).quantize(Decimal(1), ROUND_HALF_UP):,} m³"
    return str(SAID.get(value, value))


def told(decision: Decision, changes: list[Change], law: Law) -> dict[str, Any]:
    """A decision as the API and the command tell it."""
    return {
        "outcome": decision.outcome.value,
        "grounds": list(decision.grounds),
        "checks": [
            {
                "code": check.code, "outcome": check.outcome.value, "article": check.article, "beside": list(check.beside),
                "figures": dict(check.figures), "words": sentence(check, law),
            }
            for check in decision.because
        ],
        "what_would_pass": [
            {
                "changes": [{"change": kind, "to": value} for kind, value in change.parts], "outcome": change.decision.outcome.value,
                "words": change_words(change),
            }
            for change in changes
        ],
    }  # fmt: skip
