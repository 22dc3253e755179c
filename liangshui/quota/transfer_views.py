"""Pages of transfers between users (水权转让)."""

from typing import Any

from django.contrib import messages
from django.db.models import Q
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from liangshui.core.access import Right
from liangshui.core.errors import Forbidden, NotFound
from liangshui.quota import transfer_queries as queries
from liangshui.quota import transfer_services as services
from liangshui.quota.forms import RegistrationForm, TransferForm
from liangshui.quota.models import Transfer, TransferState
from liangshui.quota.queries import Names, county
from liangshui.quota.rules.closing import Node
from liangshui.records import replies
from liangshui.records.gate import needs
from liangshui.records.listing import Column, Filter, Listing
from liangshui.registry.codes import SourceKind
from liangshui.registry.queries import one
from liangshui.registry.views import act

SEE, CHANGE = needs(Right.QUOTA_VIEW), needs(Right.QUOTA_CHANGE)

REGISTRATION = {True: gettext_lazy("to be done"), False: gettext_lazy("change registered")}
ENDS = {"giver": gettext_lazy("Giver"), "receiver": gettext_lazy("Receiver")}


def _may(request: HttpRequest) -> bool:
    return request.actor.territory(Right.QUOTA_CHANGE).holds_path(county().path)


@SEE
def listed(request: HttpRequest) -> HttpResponse:
    """Transfers of the year, and those of other years that still wait for something; the newest first."""
    territory = request.scope.territory(Right.QUOTA_VIEW)
    waits = Q(state=TransferState.PROPOSED) | Q(pk__in=queries.unregistered(territory))
    return Listing(
        key="transfers",
        title=_("Transfers of water"),
        rows=queries.visible(territory).filter(Q(year=request.scope.year) | waits),
        columns=[
            Column("giver", _("Giver"), lambda t: t.giver.name),
            Column("receiver", _("Receiver"), lambda t: t.receiver.name),
            Column("year", _("Year"), lambda t: t.year, sort="year"),
            Column("source", _("Source"), lambda t: t.get_source_kind_display()),
            Column(
                "volume",
                _("Volume, m³"),
                lambda t: t.volume_m3,
                cell=lambda t: f"{t.volume_m3:,.0f}",
                sort="volume_m3",
                numeric=True,
            ),
            Column("counts_from", _("Counts from"), lambda t: t.counts_from, sort="counts_from"),
            Column("document", _("Document"), lambda t: t.document),
            Column("state", _("State"), lambda t: t.get_state_display(), sort="state"),
            Column(
                "registration",
                _("Change of registration"),
                lambda t: REGISTRATION[bool(t.unregistered)] if t.state == TransferState.APPROVED else None,
            ),
        ],
        filters=[
            Filter("state", _("State"), lambda: TransferState.choices, "state"),
            Filter(
                "registration",
                _("Change of registration"),
                lambda: [("open", REGISTRATION[True])],
                lambda rows, _open: rows.filter(pk__in=queries.unregistered(territory)),
            ),
            Filter("source", _("Source"), lambda: SourceKind.choices, "source_kind"),
        ],
        search=("giver__name__contains", "receiver__name__contains", "document__contains"),
        order="-pk",
        empty=_("No transfer was proposed this year. It begins at the share of the user who gives."),
        link=lambda t: reverse("transfer", args=[t.pk]),
        actions=[(reverse("transfers-new"), _("Propose a transfer"), "plus")] if _may(request) else [],
    ).respond(request)


@CHANGE
def new(request: HttpRequest) -> HttpResponse:
    """Propose a transfer; with `?node=` from that share."""
    if not _may(request):
        raise Forbidden(Right.QUOTA_CHANGE)
    year, share = request.scope.year, None
    if "node" in request.GET:
        kind, _slash, code = request.GET["node"].partition("/")
        try:
            share = kind, Node.of(code)
        except ValueError as error:
            raise NotFound(code) from error
        if kind not in SourceKind.values or share[1] not in queries.shares(year, kind):
            raise NotFound(code)
    first = share[0] if share else next((kind for kind in SourceKind.values if queries.shares(year, kind)), None)
    if first is None:
        return render(request, "quota/transfer_none.html", {"year": year})
    form = TransferForm(
        request.POST if request.method == "POST" else None,
        request.FILES if request.method == "POST" else None,
        share=share,
        year=year,
        initial={"counts_from": request.scope.today, "source_kind": first},
    )
    return act(
        request,
        form,
        lambda given: services.propose(
            request.actor, year, given["source_kind"], given["giver"], given["receiver"], given["volume"],
            measure=given["measure"], measure_words=given["measure_words"], saved_m3=given["saved"], evidence=given["evidence"],
            paper=given["paper"], counts_from=given["counts_from"], document=given["document"], price_note=given["price_note"],
        ),
        title=_("Propose a transfer"),
        about=f"{SourceKind(share[0]).label} · {Names().label(share[1])}" if share else str(year),
        back=reverse("transfers"),
        goto=lambda made: reverse("transfer", args=[made.pk]),
        submit=_("Ask a second officer"),
        done=_("It waits for a second officer."),
    )  # fmt: skip


@SEE
def one_transfer(request: HttpRequest, pk: int) -> HttpResponse:
    """One transfer: both shares, the checks as they stand now or stood at the decision, and the decision."""
    row: Transfer = one(queries.visible(request.scope.territory(Right.QUOTA_VIEW)), pk)
    waits, names = row.state == TransferState.PROPOSED, Names()
    found = queries.decision(row, timezone.localdate()) if waits else queries.read(row.checks)
    own = row.entered_by_id == request.actor.person_id
    context: dict[str, Any] = {
        "transfer": row, "lines": queries.lines(found), "waits": waits,
        "giver_label": names.label(Node.of(row.giver_node)), "receiver_label": names.label(Node.of(row.receiver_node)),
        "may_decide": waits and not own and _may(request), "may_withdraw": waits and own,
        "offices": sorted({each.permit_office for each in queries.permitted(row.giver, row.source_kind) if each.permit_office}),
        "ends": [
            {
                "label": label, "user": user, "projects": queries.permitted(user, row.source_kind), "on": on, "document": document,
            }
            for label, user, on, document in (
                (ENDS["giver"], row.giver, row.giver_registered_on, row.giver_registration),
                (ENDS["receiver"], row.receiver, row.receiver_registered_on, row.receiver_registration),
            )
        ] if row.state == TransferState.APPROVED else [],
        "may_register": bool(row.unregistered) and _may(request),
    }  # fmt: skip
    return render(request, "quota/transfer.html", context)


@CHANGE
def registered(request: HttpRequest, pk: int) -> HttpResponse:
    """The permit of the giver or the receiver was changed after the transfer."""
    row: Transfer = one(queries.visible(request.actor.territory(Right.QUOTA_CHANGE)), pk)
    if not _may(request):
        raise Forbidden(Right.QUOTA_CHANGE)
    if not row.unregistered:
        messages.info(request, _("No change of this permit waits."))
        return redirect("transfer", pk)
    ends = [(end, f"{ENDS[end]} · {getattr(row, end).name}") for end in row.unregistered]
    form = RegistrationForm(
        request.POST if request.method == "POST" else None, ends=ends, initial={"day": timezone.localdate()}
    )
    return act(
        request, form, lambda given: services.register(request.actor, row, **given), title=_("Change of registration"),
        about=str(row.document), back=reverse("transfer", args=[pk]), done=_("Saved."),
    )  # fmt: skip


@SEE
def paper(request: HttpRequest, pk: int) -> FileResponse:
    """The evidence of the saving."""
    row: Transfer = one(queries.visible(request.scope.territory(Right.QUOTA_VIEW)), pk)
    return replies.paper(services.ROOM, row.paper, f"{row.year}-{row.pk}")


@CHANGE
@require_POST
def decide(request: HttpRequest, pk: int) -> HttpResponse:
    """Approve or refuse."""
    agreed, words = request.POST.get("agreed") == "1", request.POST.get("words", "")[:200]
    row = one(queries.visible(request.actor.territory(Right.QUOTA_CHANGE)), pk)
    return replies.second(
        request, lambda: services.decide(request.actor, row, agreed=agreed, words=words), "transfer", pk
    )


@CHANGE
@require_POST
def withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """Take back one's own while it waits."""
    row = one(queries.visible(request.actor.territory(Right.QUOTA_CHANGE)), pk)
    return replies.second(request, lambda: services.withdraw(request.actor, row), "transfer", pk)
