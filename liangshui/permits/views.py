"""Two quick answers for a meeting: how much may still be granted here, and which water could serve a project."""

from dataclasses import replace
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from liangshui.core.access import Right
from liangshui.core.decision import Outcome
from liangshui.core.errors import Forbidden
from liangshui.parameters.queries import law
from liangshui.permits import queries
from liangshui.permits.forms import AskForm
from liangshui.permits.rules.gate import (
    GROUNDWATER,
    Application,
    Load,
    Source,
    State,
    Terms,
    Unit,
    Use,
    decide,
    percent,
    what_would_pass,
)
from liangshui.permits.words import CHECKS, change_words, sentence
from liangshui.quota.queries import county
from liangshui.quota.words import KINDS, OUTCOMES
from liangshui.records.gate import needs

SEE = needs(Right.QUOTA_VIEW)
ANSWERS = {"yes": True, "no": False, "": None}
ORDER = (Outcome.FAILED, Outcome.UNDECIDABLE, Outcome.NEEDS_PERSON, Outcome.PASSED)


def _whole_county(request: HttpRequest) -> Any:
    """The county; units lie across towns, so only who sees all of it may ask."""
    found = county()
    if not request.actor.territory(Right.QUOTA_VIEW).holds_path(found.path):
        raise Forbidden(Right.QUOTA_VIEW)
    return found


@SEE
def room(request: HttpRequest) -> HttpResponse:
    """How much may still be granted (还能批多少): by management unit and kind of groundwater."""
    found = queries.rooms(_whole_county(request), timezone.localdate())
    rows = [{"room": each, "percent": percent(each.state), "kind": KINDS[each.standing.state.kind]} for each in found]
    return render(request, "permits/room.html", {"rows": rows, "today": timezone.localdate()})


@SEE
def ask(request: HttpRequest) -> HttpResponse:
    """A first answer to who asks for water: each check with its ground, what is not known, what would pass. Advice, no decision."""
    place, on = _whole_county(request), timezone.localdate()
    form = AskForm(request.GET if "volume_m3" in request.GET else None)
    context: dict[str, Any] = {"form": form, "on": on}
    if form.is_valid():
        asked, state = _asked(form.cleaned_data), _state_of(form.cleaned_data, place, on)
        known = law()
        terms = Terms.of(known, on)
        decision = decide(asked, state, terms)
        context |= {
            "decision": decision,
            "groups": [
                (OUTCOMES[outcome], outcome.value, [(CHECKS[c.code], sentence(c, known), c) for c in decision.because if c.outcome is outcome])
                for outcome in ORDER
            ],
            "changes": [change_words(change) for change in what_would_pass(asked, state, terms)],
            "left": queries.Room(form.cleaned_data["unit"], asked.source, state.unit).left_m3 if state.unit else None,
        }  # fmt: skip
    return render(request, "permits/ask.html", context)


def _asked(given: dict[str, Any]) -> Application:
    return Application(
        source=Source(given["source"]), use=Use(given["use"]), volume_m3=given["volume_m3"], industry=given["industry"].strip(),
        new=given["new"], design_capacity_m3=given["design_capacity_m3"], quota_m3=given["quota_m3"],
        meter_planned=ANSWERS[given["meter_planned"]],
    )  # fmt: skip


def _state_of(given: dict[str, Any], place: Any, on: Any) -> State:
    unit = queries.unit_state(place, given["unit"], given["source"], on) if given["unit"] else None
    if unit is None and Source(given["source"]) in GROUNDWATER:
        unit = Unit(None, None, None, orders=() if given["unit"] else None)
    if unit is not None and given["level_kept"]:
        unit = replace(unit, level_kept=ANSWERS[given["level_kept"]])
    placed = given["longitude"] is not None and given["latitude"] is not None
    return State(
        unit=unit,
        zones=queries.zones_at(given["longitude"], given["latitude"], on) if placed else None,
        network_covers=ANSWERS[given["network_covers"]],
        load=Load(given["load"]) if given["load"] else None,
        fragile=ANSWERS[given["fragile"]],
        other_water=ANSWERS[given["other_water"]],
    )
