"""Worked cases of permits, as the collection of law writes them: inputs to the rules, and their answers back."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from liangshui.core.decision import Outcome
from liangshui.parameters.cases import Bench, day
from liangshui.permits.rules import gate, scope, terms
from liangshui.permits.rules.gate import Application, Load, Source, State, Terms, Unit
from liangshui.permits.rules.scope import Use

EXEMPT = {
    "pond": Use.OWN_POND, "reservoir": Use.OWN_POND, "drought": Use.EMERGENCY_DROUGHT, "ecolog": Use.EMERGENCY_DROUGHT,
    "underground": Use.EMERGENCY_WORKS, "mine": Use.EMERGENCY_WORKS, "works": Use.EMERGENCY_WORKS, "emergency": Use.EMERGENCY_PUBLIC,
    "household": Use.HOUSEHOLD, "livestock": Use.HOUSEHOLD, "domestic": Use.HOUSEHOLD,
}  # fmt: skip
USES = {
    "waterscape": gate.Use.WATERSCAPE, "landscape": gate.Use.WATERSCAPE, "amusement": gate.Use.AMUSEMENT, "snow": gate.Use.SNOW,
    "irrigat": gate.Use.IRRIGATION, "farm": gate.Use.IRRIGATION, "crop": gate.Use.IRRIGATION, "domestic": gate.Use.LIVING,
    "household": gate.Use.LIVING, "village": gate.Use.LIVING, "living": gate.Use.LIVING, "heating": gate.Use.HEATING,
    "green": gate.Use.GREENING, "livestock": gate.Use.HERDING, "herd": gate.Use.HERDING, "service": gate.Use.SERVICE,
    "industr": gate.Use.INDUSTRY, "plant": gate.Use.INDUSTRY,
}  # fmt: skip
SOURCES = {
    "deep": Source.DEEP, "ground": Source.SHALLOW, "well": Source.SHALLOW, "mine": Source.DRAINAGE, "drain": Source.DRAINAGE,
    "reclaim": Source.RECLAIMED, "rain": Source.RAIN, "surface": Source.SURFACE, "river": Source.SURFACE,
}  # fmt: skip
"""Words of the worked cases, the more telling first."""


def _word(words: Any, meanings: Mapping[str, Any], otherwise: Any) -> Any:
    text = str(words or "").lower()
    return next((meaning for word, meaning in meanings.items() if word in text), otherwise)


def exempt(given: dict[str, Any], bench: Bench) -> dict[str, Any]:
    use = _word(given.get("use"), EXEMPT, Use.OTHER)
    volume = Decimal(str(given.get("m3_per_year", 0)))
    motorised = bool(given.get("motorised", True))
    check = scope.needs_permit(use, motorised=motorised, m3_per_year=volume, on=bench.today, law=bench.law)
    return {"permit_required": check.outcome is Outcome.FAILED}


def deadline(given: dict[str, Any], bench: Bench) -> dict[str, Any]:
    found: dict[str, Any] = {}
    accepted: date | None = None
    if "received" in given:
        accepted = found["check_by"] = terms.check_by(day(given["received"]), bench.law, bench.calendar)
    if "accepted" in given:
        accepted = day(given["accepted"])
    if accepted:
        excluded = int(given.get("excluded_working_days", 0))
        found["decide_by"] = terms.decide_by(accepted, excluded, bench.law, bench.calendar)
    return found


def renewal(given: dict[str, Any], bench: Bench) -> dict[str, Any]:
    last = terms.renewal_by(day(given["expires"]), bench.law)
    found: dict[str, Any] = {"apply_by": last}
    if "applied" in given:
        found["in_time"] = day(given["applied"]) <= last
    return found


def lapse(given: dict[str, Any], bench: Bench) -> dict[str, Any]:
    return {"lapses_on": None if given.get("works_started") else terms.lapses_on(day(given["approved"]), bench.law)}


def disuse(given: dict[str, Any], bench: Bench) -> dict[str, Any]:
    last = day(given["last_abstraction"])
    exceptions = bench.law.figure("AR-044", "exceptions", last)
    return {
        "cancellable_from": terms.disused_from(last, bench.law),
        "force_majeure_can_keep": "force majeure" in exceptions,
    }


def validity(given: dict[str, Any], bench: Bench) -> dict[str, Any]:
    asked = int(given["asked_years"])
    most = bench.law.figure("AR-025", "validity_years_max", bench.today)
    return {
        "max_years": most,
        "default_years": bench.law.figure("AR-025", "validity_years_default", bench.today),
        "granted_years": terms.validity_years(asked, bench.today, bench.law),
    }


def route(given: dict[str, Any], bench: Bench) -> dict[str, Any]:
    words = str(given.get("source", "")).lower()
    levels = [str(each) for each in given.get("levels", [])]
    if levels:  # several sources: the highest of their authorities (AR-010-A)
        return {"authority": scope.highest(levels)}
    mainstem = "main stem" in words or "mainstem" in words
    return {"authority": scope.basin_decides(mainstem=mainstem, on=bench.today, law=bench.law)}


def _fine(source: Source) -> State:
    """A place at which nothing is the matter."""
    unit = Unit(control_m3=Decimal(10**9), pumped_m3=Decimal(0), permitted_m3=Decimal(0), level_kept=True)
    return State(
        unit=unit, zones=frozenset(), network_covers=False, load=Load.NOT, fragile=True, other_water=False, thirsty=False, listed=False,
        renewable=True, function_zone_harm=False, layout_sound=True, third_parties_harm=False, mainstem=False, saving_kept=True,
        standards_kept=True, land_reclaimed=False,
    )  # fmt: skip


def _asked(source: Source, use: gate.Use, **more: Any) -> Application:
    one = Decimal(1)
    return Application(
        source=source,
        use=use,
        volume_m3=one,
        design_capacity_m3=one,
        quota_m3=one,
        meter_planned=True,
        must_file=False,
        heat_pump=False,
        **more,
    )


def refusal(given: dict[str, Any], bench: Bench) -> dict[str, Any]:
    """Water in a short and fragile area, in a unit within its total and level, but for what the case says."""
    source = _word(given.get("source"), SOURCES, Source.SHALLOW)
    use = _word(given.get("use"), USES, gate.Use.INDUSTRY)
    asked = _asked(source, use, industry=str(given.get("industry", "")), new=bool(given.get("new", True)))
    state = _fine(source)
    if "zone" in given:
        zones = {each.value: each for each in gate.Zone}
        state = replace(state, zones=frozenset({_word(given["zone"], zones, gate.Zone.BANNED)}))
    if "load" in given:
        state = replace(state, load=Load(given["load"]))
    answered: Any = {
        name: bool(given[name])
        for name in ("network_covers", "other_water", "fragile", "renewable", "listed")
        if name in given
    }
    decision = gate.decide(asked, replace(state, **answered), _within_county(bench))
    word = {Outcome.FAILED: "refuse", Outcome.PASSED: "approve", Outcome.NEEDS_PERSON: "needs a person"}
    return {"decision": word.get(decision.outcome, decision.outcome.value), "grounds": decision.grounds}


def _within_county(bench: Bench) -> Terms:
    """The terms of the day, the volume being one that the county decides on."""
    return replace(Terms.of(bench.law, bench.today), most_ground_m3=Decimal(10**9), most_surface_m3=Decimal(10**9))


def suspension(given: dict[str, Any], bench: Bench) -> dict[str, Any]:
    """New groundwater in a unit by what was pumped of its indicator."""
    control, pumped = Decimal(given["indicator_m3"]), Decimal(given["pumped_m3"])
    unit = Unit(
        control, pumped, Decimal(str(given.get("permitted_m3", 0))), level_kept=bool(given.get("level_kept", True))
    )
    state, terms_of_day = replace(_fine(Source.SHALLOW), unit=unit), _within_county(bench)
    farm, village, heating = (
        gate.decide(_asked(Source.SHALLOW, use), state, terms_of_day)
        for use in (gate.Use.IRRIGATION, gate.Use.LIVING, gate.Use.HEATING)
    )
    word = {
        Outcome.FAILED: "suspend", Outcome.PASSED: "open", Outcome.NEEDS_PERSON: "may be examined", Outcome.UNDECIDABLE: "cannot be decided",
    }  # fmt: skip
    return {
        "ratio_pct": gate.percent(unit),
        "farm": word[farm.outcome],
        "village_domestic": word[village.outcome],
        "heating": word[heating.outcome],
        "grounds": farm.grounds,
    }


TOPICS = {
    "permit-exempt": exempt,
    "permit-deadline": deadline,
    "permit-renewal": renewal,
    "permit-lapse": lapse,
    "permit-disuse": disuse,
    "permit-validity": validity,
    "permit-route": route,
    "permit-refusal": refusal,
    "permit-suspend": suspension,
}
