"""Pages of control zones: entered by document, confirmed by a second officer."""

from collections.abc import Callable
from typing import Any

from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from liangshui.core.access import Right
from liangshui.core.errors import Forbidden
from liangshui.records import replies
from liangshui.records.gate import needs
from liangshui.records.listing import Column, Filter, Listing
from liangshui.records.models import FigureState
from liangshui.registry import listings, queries, zone_services
from liangshui.registry.codes import ShapeKind, ZoneKind
from liangshui.registry.drawing import HEIGHT, WIDTH, paths
from liangshui.registry.forms import ZoneEndForm, ZoneForm
from liangshui.registry.models import ControlZone, Shape, ZoneProposal
from liangshui.registry.views import TABS, act
from liangshui.registry.zone_services import CONFIRM, ROOM, ZoneChange

SEE, CHANGE = needs(Right.REGISTRY_VIEW), needs(Right.REGISTRY_CHANGE)


def _may(request: HttpRequest, right: Right = Right.REGISTRY_CHANGE) -> bool:
    return request.actor.territory(right).holds_path(queries.county_path())


def _county_wide(request: HttpRequest) -> None:
    if not _may(request):
        raise Forbidden(Right.REGISTRY_CHANGE)


@SEE
def listed(request: HttpRequest) -> HttpResponse:
    """Zones that bind, and above them what waits."""
    listing = listings.zones(request.actor, request.scope.territory(Right.REGISTRY_VIEW))
    return listing.respond(request, "registry/zones.html", tabs=TABS, here="zone-list", waiting=queries.zones_waiting())


def _drawn(*geometries: Any) -> dict[str, Any]:
    """Outlines over that of the county, as the picture of a page."""
    outline = Shape.objects.filter(kind=ShapeKind.COUNTY).first()
    county, *drawn = paths([outline.geometry if outline else {}, *(each or {} for each in geometries)])
    return {"county": county, "drawn": drawn, "width": WIDTH, "height": HEIGHT}


@SEE
def zone(request: HttpRequest, pk: int) -> HttpResponse:
    """One zone: its days, its outline, and the documents by which it was set, changed and ended."""
    found: ControlZone = queries.one(ControlZone.objects.all(), pk)
    confirmed = queries.zone_proposals().filter(state=FigureState.BINDING)
    waiting = queries.zones_waiting()
    context = {
        "zone": found, "picture": _drawn(found.geometry), "may_change": _may(request),
        "by": [row for row in confirmed if any(pk in (each["zone"], each.get("made")) for each in row.changes)],
        "waiting": [row for row in waiting if any(each["zone"] == pk for each in row.changes)],
    }  # fmt: skip
    return render(request, "registry/zone.html", context)


def _enter(request: HttpRequest, form: Any, read: Callable[[dict[str, Any]], ZoneChange], **words: Any) -> HttpResponse:
    def run(typed: dict[str, Any]) -> ZoneProposal:
        by = {name: typed.pop(name) for name in ("document", "document_number", "issued_on", "paper")}
        return zone_services.propose(request.actor, [read(typed)], **by)

    return act(
        request, form, run, goto=lambda made: reverse("zone-proposal", args=[made.pk]), submit=_("Ask a second officer"),
        done=_("It waits for a second officer."), **words,
    )  # fmt: skip


def _given(request: HttpRequest) -> tuple[Any, Any]:
    return (request.POST, request.FILES) if request.method == "POST" else (None, None)


@CHANGE
def new(request: HttpRequest) -> HttpResponse:
    """A new zone by its document."""
    _county_wide(request)
    back = reverse("zone-list")
    return _enter(
        request, ZoneForm(*_given(request)), lambda typed: ZoneChange(**typed), title=_("New control zone"), back=back
    )


@CHANGE
def change(request: HttpRequest, pk: int) -> HttpResponse:
    """Another outline, name or kind from a day on, or a correction from the beginning."""
    _county_wide(request)
    found: ControlZone = queries.one(ControlZone.objects.all(), pk)
    initial = {name: getattr(found, name) for name in ("kind", "name", "valid_from", "valid_to", "geometry")}
    return _enter(
        request, ZoneForm(*_given(request), initial=initial), lambda typed: ZoneChange(**typed, zone=found),
        title=_("Change a control zone"), about=found.name, back=reverse("zone", args=[pk]),
    )  # fmt: skip


@CHANGE
def end(request: HttpRequest, pk: int) -> HttpResponse:
    """A zone ends on a day."""
    _county_wide(request)
    found: ControlZone = queries.one(ControlZone.objects.all(), pk)
    return _enter(
        request, ZoneEndForm(*_given(request)),
        lambda typed: ZoneChange(
            found.kind, found.name, found.geometry, found.valid_from, typed["valid_to"], zone=found
        ),
        title=_("End a control zone"), about=found.name, back=reverse("zone", args=[pk]),
    )  # fmt: skip


# --- proposals --------------------------------------------------------------------------------------------------------


@SEE
def proposals(request: HttpRequest) -> HttpResponse:
    """Proposed control zones, the newest first."""
    return Listing(
        key="zone-proposals",
        title=_("Proposed control zones"),
        rows=queries.zone_proposals(),
        columns=[
            Column("document", _("title of the document"), lambda p: p.document, sort="document"),
            Column("number", _("document number"), lambda p: p.document_number, sort="document_number"),
            Column("issued_on", _("document of"), lambda p: p.issued_on, sort="issued_on"),
            Column("zones", _("Control zones"), lambda p: len(p.changes), numeric=True),
            Column("state", _("state"), lambda p: p.get_state_display(), sort="state"),
            Column("by", _("entered by"), lambda p: p.entered_by),
            Column("decided", _("decided by"), lambda p: p.decided_by),
        ],
        filters=[Filter("state", _("state"), lambda: FigureState.choices, "state")],
        search=("document__contains", "document_number__contains"),
        order="-pk",
        empty=_("No control zone was proposed yet. Enter one, or import their outlines."),
        link=lambda p: reverse("zone-proposal", args=[p.pk]),
    ).respond(request, "registry/simple.html", tabs=TABS, here="zone-list")


def _proposal(pk: int) -> ZoneProposal:
    found: ZoneProposal = queries.one(queries.zone_proposals(), pk)
    return found


@SEE
def proposal(request: HttpRequest, pk: int) -> HttpResponse:
    """One proposal: its document, each zone with its outline before and after, and the decision."""
    row, lines = _proposal(pk), []
    for told in row.changes:
        before = ControlZone.objects.filter(pk=told["zone"]).first() if told["zone"] else None
        if row.state != FigureState.PROPOSED:  # what was before may have changed since
            before = None
        lines.append(
            {
                "told": told, "kind": ZoneKind(told["kind"]).label, "before": before,
                "picture": _drawn(told["geometry"], before.geometry if before and before.geometry != told["geometry"] else {}),
            }
        )  # fmt: skip
    waits, own = row.state == FigureState.PROPOSED, row.entered_by_id == request.actor.person_id
    context = {
        "proposal": row, "lines": lines, "may_decide": waits and not own and _may(request, CONFIRM),
        "may_withdraw": waits and own and _may(request),
    }  # fmt: skip
    return render(request, "registry/zone_proposal.html", context)


@SEE
def paper(request: HttpRequest, pk: int) -> FileResponse:
    """The document that was uploaded with it."""
    row = _proposal(pk)
    return replies.paper(ROOM, row.paper, row.document_number)


@needs(CONFIRM)
@require_POST
def decide(request: HttpRequest, pk: int) -> HttpResponse:
    """Confirm or refuse."""
    agreed, words = request.POST.get("agreed") == "1", request.POST.get("words", "")[:200]
    if not _may(request, CONFIRM):
        raise Forbidden(CONFIRM)
    row = _proposal(pk)
    return replies.second(
        request, lambda: zone_services.decide(request.actor, row, agreed=agreed, words=words), "zone-proposal", pk
    )


@CHANGE
@require_POST
def withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """Take back one's own while it waits."""
    _county_wide(request)
    row = _proposal(pk)
    return replies.second(request, lambda: zone_services.withdraw(request.actor, row), "zone-proposal", pk)
