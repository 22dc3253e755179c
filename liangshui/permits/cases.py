"""Worked cases of permits, as the collection of law writes them: inputs to the rules, and their answers back."""

from datetime import date
from decimal import Decimal
from typing import Any

from liangshui.core.decision import Outcome
from liangshui.parameters.cases import Bench, day
from liangshui.permits.rules import scope, terms
from liangshui.permits.rules.scope import Use


def exempt(given: dict[str, Any], bench: Bench) -> dict[str, Any]:
    words = str(given.get("use", ""))
    use = Use.HOUSEHOLD if "household" in words or "livestock" in words else Use.OTHER
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
    mainstem = "main stem" in words or "mainstem" in words
    return {"authority": scope.basin_decides(mainstem=mainstem, on=bench.today, law=bench.law)}


TOPICS = {
    "permit-exempt": exempt,
    "permit-deadline": deadline,
    "permit-renewal": renewal,
    "permit-lapse": lapse,
    "permit-disuse": disuse,
    "permit-validity": validity,
    "permit-route": route,
}
