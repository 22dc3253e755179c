"""Pages of the law: every rule on any day, and the figures that the county enters itself."""

from datetime import date
from itertools import groupby
from typing import Any

from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from liangshui.core.access import Right
from liangshui.core.errors import NotFound
from liangshui.core.parameters import NotInForce, Rule, Status
from liangshui.parameters import queries, services
from liangshui.parameters.forms import FigureForm
from liangshui.parameters.law import PLACES
from liangshui.parameters.models import OwnFigure
from liangshui.parameters.words import (
    RANKS,
    SETTERS,
    STATUSES,
    TOPICS,
    asked_as,
    cited,
    figure_with,
    lines_of,
    numbered,
    title_of,
    titled,
    unit_alone,
)
from liangshui.records import replies
from liangshui.records.gate import SIGNED_IN, needs
from liangshui.records.listing import Column, Filter, Listing
from liangshui.records.models import FigureState
from liangshui.registry.queries import one
from liangshui.registry.views import act

SEE, CHANGE = needs(SIGNED_IN), needs(Right.LAW_CHANGE)


def _asked_day(request: HttpRequest) -> date:
    try:
        return date.fromisoformat(request.GET.get("on", ""))
    except ValueError:
        return timezone.localdate()


def _rule(key: str) -> Rule:
    try:
        return queries.law().rule(key)
    except NotInForce as error:
        raise NotFound(_("There is no such rule.")) from error


@SEE
def law_list(request: HttpRequest) -> HttpResponse:
    """All rules of a day by instrument, narrowed by words, topic, or to those that have to be entered."""
    law, on = queries.law(), _asked_day(request)
    text, topic = request.GET.get("q", "").strip().lower(), request.GET.get("topic", "")
    missing = {rule.id for rule in law.unknown(on)}
    only_missing = request.GET.get("missing") == "1"
    rows = []
    for rule in law.rules.values():
        head = rule.instrument
        words = f"{rule.id} {rule.title} {rule.english} {head.title} {rule.article}".lower()
        if (text and text not in words) or (topic and rule.topic != topic) or (only_missing and rule.id not in missing):
            continue
        try:
            version = law.on(rule.id, on)
        except NotInForce:
            if not text:
                continue
            version = None
        asked = law.missing(rule.id, on) if rule.id in missing else []
        rows.append(
            {
                "rule": rule, "title": title_of(rule), "in_force": version, "missing": bool(asked), "own": rule.id in law.own,
                "asked": _("; ").join(asked_as(name) if name else figure_with(rule.unit) for name in asked),
                "setter": SETTERS[rule.set_by] if asked and rule.set_by else "",
            }
        )  # fmt: skip
    groups = [
        {
            "head": head,
            "title": titled(head),
            "number": numbered(head),
            "rank": RANKS[head.rank],
            "place": PLACES[head.binds],
            "rows": list(part),
        }
        for head, part in groupby(rows, key=lambda row: row["rule"].instrument)
    ]
    waiting = OwnFigure.objects.filter(state=FigureState.PROPOSED).count()
    context = {
        "groups": groups, "count": len(rows), "on": on, "q": request.GET.get("q", ""), "topic": topic, "topics": TOPICS.items(),
        "missing": only_missing, "missing_count": len(missing), "waiting": waiting, "statuses": STATUSES,
    }  # fmt: skip
    return render(request, "parameters/list.html", context)


@SEE
def rule(request: HttpRequest, rule: str) -> HttpResponse:
    """One rule on a day: its figures, its instrument and how it was seen, and what the county has entered."""
    found, law, on = _rule(rule), queries.law(), _asked_day(request)
    try:
        version = law.on(rule, on)
        value = lines_of(found, version.value) if version.known else []
    except NotInForce:
        version, value = None, []
    head = found.instrument
    context = {
        "rule": found, "title": title_of(found), "cited": cited(found), "on": on, "version": version, "lines": value, "rank": RANKS[head.rank],
        "status": STATUSES[found.status], "read": STATUSES[head.read], "place": PLACES[head.binds],
        "topic": TOPICS.get(found.topic, found.topic), "setter": SETTERS.get(found.set_by, ""),
        "instrument": titled(head), "number": numbered(head), "unit": unit_alone(found.unit),
        "own": version is not None and version not in found.versions,
        "figures": OwnFigure.objects.filter(rule=rule).select_related("entered_by", "decided_by"),
        "may_enter": found.may_be_entered and services.may(request.actor),
    }  # fmt: skip
    return render(request, "parameters/rule.html", context)


def _entered(rule: str) -> Any:
    """What the county has entered for a rule and is in force today."""
    own, today = queries.law().own.get(rule, ()), timezone.localdate()
    return next((version.value for version in own if version.holds(today)), None)


@CHANGE
def figure_new(request: HttpRequest, rule: str) -> HttpResponse:
    """Enter a figure with its document."""
    found = _rule(rule)
    if not found.may_be_entered:
        raise NotFound(_("The figure of this rule is fixed by its instrument and was read in full."))
    given = (request.POST, request.FILES) if request.method == "POST" else (None, None)
    shape = next((version.value for version in reversed(found.versions) if version.known), None)
    return act(
        request,
        FigureForm(
            *given,
            shape=shape,
            blank=not found.versions[-1].known,
            fixed=found.status is Status.FULL_TEXT,
            now=_entered(rule),
        ),
        lambda typed: services.propose(request.actor, rule, **typed),
        title=_("Enter the figure of %s") % rule,
        about=_("%(title)s. Set by: %(setter)s.") % {"title": title_of(found), "setter": SETTERS[found.set_by]}
        if found.set_by
        else title_of(found),
        back=reverse("law-rule", args=[rule]),
        goto=lambda made: reverse("own-figure", args=[made.pk]),
        submit=_("Ask a second officer"),
        done=_("It waits for a second officer."),
    )


@SEE
def figure_list(request: HttpRequest) -> HttpResponse:
    """What the county has entered, the newest first."""
    listing = Listing(
        key="own-figures",
        title=_("Figures entered here"),
        rows=OwnFigure.objects.select_related("entered_by", "decided_by"),
        columns=[
            Column("rule", _("rule"), lambda f: f.rule, sort="rule"),
            Column("title", _("title"), lambda f: title_of(_rule(f.rule))),
            Column("since", _("in force from"), lambda f: f.since, sort="since"),
            Column("number", _("document number"), lambda f: f.document_number, sort="document_number"),
            Column("state", _("state"), lambda f: f.get_state_display(), sort="state"),
            Column("by", _("entered by"), lambda f: f.entered_by.name if f.entered_by else None),
            Column("decided", _("decided by"), lambda f: f.decided_by.name if f.decided_by else None),
        ],
        search=("rule__icontains", "document__icontains", "document_number__icontains"),
        filters=[Filter("state", _("state"), lambda: FigureState.choices, "state")],
        order="-since",
        empty=_("Nothing has been entered yet. Rules that need a figure are marked in the list of the law."),
        link=lambda f: reverse("own-figure", args=[f.pk]),
    )
    return listing.respond(request)


def _figure(pk: int) -> OwnFigure:
    found: OwnFigure = one(OwnFigure.objects.select_related("entered_by", "decided_by"), pk)
    return found


@SEE
def figure(request: HttpRequest, pk: int) -> HttpResponse:
    """One entered figure; another officer confirms it or refuses it."""
    row = _figure(pk)
    may, waits = services.may(request.actor), row.state == FigureState.PROPOSED
    own = row.entered_by_id == request.actor.person_id
    context = {
        "figure": row, "rule": _rule(row.rule), "title": title_of(_rule(row.rule)), "lines": lines_of(_rule(row.rule), row.value),
        "may_decide": may and waits and not own, "may_withdraw": may and waits and own,
    }  # fmt: skip
    return render(request, "parameters/figure.html", context)


@SEE
def figure_paper(request: HttpRequest, pk: int) -> FileResponse:
    """The document that was uploaded with it."""
    row = _figure(pk)
    return replies.paper(services.ROOM, row.paper, f"{row.rule}-{row.since}")


@CHANGE
@require_POST
def figure_decide(request: HttpRequest, pk: int) -> HttpResponse:
    """Confirm or refuse."""
    agreed, words = request.POST.get("agreed") == "1", request.POST.get("words", "")[:200]
    row = _figure(pk)
    return replies.second(
        request, lambda: services.decide(request.actor, row, agreed=agreed, words=words), "own-figure", pk
    )


@CHANGE
@require_POST
def figure_withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """Take back one's own while it waits."""
    row = _figure(pk)
    return replies.second(request, lambda: services.withdraw(request.actor, row), "own-figure", pk)
