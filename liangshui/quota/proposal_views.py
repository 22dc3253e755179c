"""Pages of proposed allotments: control totals that a second officer confirms."""

from decimal import Decimal

from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from liangshui.core.access import Right
from liangshui.quota import queries, services
from liangshui.quota.models import AllotmentProposal
from liangshui.quota.rules.closing import Node
from liangshui.records import replies
from liangshui.records.gate import needs
from liangshui.records.listing import Column, Filter, Listing
from liangshui.records.models import FigureState
from liangshui.registry.codes import SourceKind
from liangshui.registry.queries import one

SEE, CHANGE = needs(Right.QUOTA_VIEW), needs(Right.QUOTA_CHANGE)


@SEE
def listed(request: HttpRequest) -> HttpResponse:
    """Proposed allotments, the newest first."""
    return Listing(
        key="allotment-proposals",
        title=_("Proposed allotments"),
        rows=queries.proposals(request.scope.territory(Right.QUOTA_VIEW)),
        columns=[
            Column("of", _("year"), lambda p: p.year, sort="year"),
            Column("document", _("title of the document"), lambda p: p.document, sort="document"),
            Column("number", _("document number"), lambda p: p.document_number, sort="document_number"),
            Column("issued_on", _("document of"), lambda p: p.issued_on, sort="issued_on"),
            Column("counts_from", _("Counts from"), lambda p: p.counts_from, sort="counts_from"),
            Column("state", _("State"), lambda p: p.get_state_display(), sort="state"),
            Column("by", _("Entered by"), lambda p: p.entered_by),
            Column("decided", _("decided by"), lambda p: p.decided_by),
        ],
        filters=[Filter("state", _("State"), lambda: FigureState.choices, "state")],
        search=("document__contains", "document_number__contains", "reason__contains"),
        order="-pk",
        empty=_("Nothing was proposed yet. Totals of the county and of management units are entered by “Allot water”."),
        link=lambda p: reverse("proposal", args=[p.pk]),
    ).respond(request)


def _proposal(request: HttpRequest, pk: int, right: Right = Right.QUOTA_VIEW) -> AllotmentProposal:
    found: AllotmentProposal = one(queries.proposals(request.actor.territory(right)), pk)
    return found


@SEE
def proposal(request: HttpRequest, pk: int) -> HttpResponse:
    """One proposal: its document, each figure before and after, and the decision."""
    row = _proposal(request, pk)
    names, lines = queries.Names(), []
    for each in row.changes:
        before, change = Decimal(each["before_m3"]), Decimal(each["change_m3"])
        lines.append(
            {
                "source": SourceKind(each["source_kind"]).label, "label": names.label(Node.of(each["node"])),
                "before": before, "change": change, "after": before + change, "basis": each["basis"],
            }
        )  # fmt: skip
    may = request.actor.territory(Right.QUOTA_CHANGE).holds_path(row.county.path)
    waits, own = row.state == FigureState.PROPOSED, row.entered_by_id == request.actor.person_id
    context = {
        "proposal": row, "lines": lines, "may_decide": may and waits and not own, "may_withdraw": may and waits and own,
    }  # fmt: skip
    return render(request, "quota/proposal.html", context)


@SEE
def paper(request: HttpRequest, pk: int) -> FileResponse:
    """The document that was uploaded with it."""
    row = _proposal(request, pk)
    return replies.paper(services.ROOM, row.paper, row.document_number)


@CHANGE
@require_POST
def decide(request: HttpRequest, pk: int) -> HttpResponse:
    """Confirm or refuse."""
    agreed, words = request.POST.get("agreed") == "1", request.POST.get("words", "")[:200]
    row = _proposal(request, pk, Right.QUOTA_CHANGE)
    return replies.second(
        request, lambda: services.decide(request.actor, row, agreed=agreed, words=words), "proposal", pk
    )


@CHANGE
@require_POST
def withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """Take back one's own while it waits."""
    row = _proposal(request, pk, Right.QUOTA_CHANGE)
    return replies.second(request, lambda: services.withdraw(request.actor, row), "proposal", pk)
