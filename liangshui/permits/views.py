"""Two quick answers for a meeting: how much may still be granted here, and which water could serve a project."""

from collections import defaultdict
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from liangshui.core.access import Right
from liangshui.core.decision import Outcome
from liangshui.core.errors import Forbidden
from liangshui.parameters.queries import law
from liangshui.parameters.words import linked, linked_all
from liangshui.permits import asking, queries
from liangshui.permits.forms import AskForm, NeedForm
from liangshui.permits.rules import scope
from liangshui.permits.rules.filing import What
from liangshui.permits.rules.gate import (
    Terms,
    decide,
    percent,
    what_would_pass,
)
from liangshui.permits.words import AFTER, CHECKS, NO_CHANGE, article, change_words, sentence
from liangshui.quota import units
from liangshui.quota.queries import county
from liangshui.quota.words import KINDS, OUTCOMES, rules_of, why
from liangshui.records.gate import needs

SEE = needs(Right.QUOTA_VIEW)
GROUNDS = ("AR-020 (2)", "GW-025 (1)")
"""What a control total that is reached, or groundwater above its total or level, refuses by."""
ORDER = (Outcome.FAILED, Outcome.UNDECIDABLE, Outcome.NEEDS_PERSON, Outcome.PASSED)


def _whole_county(request: HttpRequest) -> Any:
    """The county; units lie across towns, so only who sees all of it may ask."""
    found = county()
    if not request.actor.territory(Right.QUOTA_VIEW).holds_path(found.path):
        raise Forbidden(Right.QUOTA_VIEW)
    return found


@SEE
def room(request: HttpRequest) -> HttpResponse:
    """How much may still be granted (还能批多少): by management unit, source and use; units that touch what is the reader's, and other
    waters for who sees the whole county."""
    place, today, known = county(), timezone.localdate(), law()
    territory = request.actor.territory(Right.QUOTA_VIEW)
    whole, visible = territory.holds_path(place.path), units.touching(territory)
    found = [room for room in queries.rooms(place, today) if (room.unit.pk in visible if room.unit else whole)]
    uses: dict[tuple[int | None, str], list[queries.Room]] = defaultdict(list)
    for each in queries.by_use(place, today, found):
        uses[each.unit.pk if each.unit else None, each.source].append(each)
    rows = [
        {
            "room": each, "percent": percent(each.state), "kind": KINDS[each.standing.state.kind] if each.standing else None,
            "uses": uses[each.unit.pk if each.unit else None, each.source],
            "reasons": linked_all(why(each.standing.state, known), known, today) if each.standing and (each.suspended or each.at_most) else [],
        }
        for each in found
    ]  # fmt: skip
    return render(
        request,
        "permits/room.html",
        {
            "rows": rows,
            "today": today,
            "whole": whole,
            "grounds": [linked(article(rule, known), [rule], known, today) for rule in GROUNDS],
        },
    )


@needs(Right.PERMITS_APPLY)
def need(request: HttpRequest) -> HttpResponse:
    """Whether a permit is needed at all (是否需要办证), before anybody fills in an application."""
    form = NeedForm(request.GET if "m3_per_year" in request.GET else None)
    context: dict[str, Any] = {"form": form}
    if form.is_valid():
        given, known, on = form.cleaned_data, law(), timezone.localdate()
        use = scope.Use(given["use"])
        check = scope.needs_permit(
            use, motorised=not given["by_hand"], m3_per_year=given["m3_per_year"], on=on, law=known
        )
        after, articles = AFTER.get(use, ("", ()))
        context |= {
            "needed": check.outcome is Outcome.FAILED, "ground": article(check.article, known), "rule": check.article.partition(" ")[0],
            "files": use.value if use in set(What) else "", "after": after, "articles": [article(each, known) for each in articles], "limit": dict(check.figures).get("limit"),
        }  # fmt: skip
    return render(request, "permits/need.html", context)


@SEE
def ask(request: HttpRequest) -> HttpResponse:
    """A first answer to who asks for water: each check with its ground, what is not known, what would pass. Advice, no decision."""
    _whole_county(request)
    on = timezone.localdate()
    form = AskForm(request.GET if "volume_m3" in request.GET else None)
    context: dict[str, Any] = {"form": form, "on": on}
    if form.is_valid():
        asked, state = (
            asking.asked_by(form.cleaned_data, form.cleaned_data["source"]),
            asking.known_by(form.cleaned_data, form.cleaned_data["source"], on),
        )
        known = law()
        terms = Terms.of(known, on)
        decision = decide(asked, state, terms)
        context |= {
            "decision": decision,
            "groups": [
                (OUTCOMES[outcome], outcome.value, [(CHECKS[c.code], linked(sentence(c, known), rules_of(c), known, on), c) for c in decision.because if c.outcome is outcome])
                for outcome in ORDER
            ],
            "changes": [change_words(change) for change in what_would_pass(asked, state, terms)] or ([str(NO_CHANGE)] if decision.failed else []),
        }  # fmt: skip
    return render(request, "permits/ask.html", context)
