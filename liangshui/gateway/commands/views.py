"""Pages of commands: all of them, asking for one, deciding on one."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from liangshui.core.access import Right
from liangshui.core.errors import Invalid, NotFound
from liangshui.gateway.commands import services
from liangshui.gateway.commands.forms import CommandForm
from liangshui.gateway.commands.kinds import KINDS, fields_of
from liangshui.records.gate import needs
from liangshui.records.listing import Column, Filter, Listing
from liangshui.telemetry import queries
from liangshui.telemetry.codes import CommandKind, CommandState
from liangshui.telemetry.models import Command
from liangshui.telemetry.views import act, data, minute

MAY = needs(Right.TELEMETRY_COMMAND)


@needs(Right.TELEMETRY_VIEW)
def command_list(request: HttpRequest) -> HttpResponse:
    """Commands to stations, newest first."""
    rows = queries.commands(request.scope.territory(Right.TELEMETRY_VIEW))
    listing = Listing(
        key="commands",
        title=_("Commands to stations"),
        rows=rows,
        columns=[
            Column("asked", _("asked"), lambda c: c.asked_at, lambda c: minute(c.asked_at), "asked_at"),
            Column("station", _("station"), lambda c: c.station.name, sort="station__name"),
            Column("kind", _("command"), lambda c: c.get_kind_display(), sort="kind"),
            Column("state", _("state"), lambda c: c.get_state_display(), sort="state"),
            Column("by", _("asked by"), lambda c: c.asked_by.name if c.asked_by else None),
            Column("ended", _("ended"), lambda c: c.ended_at, lambda c: minute(c.ended_at), "ended_at"),
        ],
        search=("station__name__icontains", "station__key__icontains"),
        filters=[
            Filter("state", _("state"), lambda: CommandState.choices, "state"),
            Filter("kind", _("command"), lambda: CommandKind.choices, "kind"),
        ],
        order="-asked_at",
        empty=_("No station was asked anything. Open a station and choose “Command”."),
        link=lambda c: reverse("command", args=[c.pk]),
    )
    return listing.respond(request)


@MAY
def station_command(request: HttpRequest, pk: int) -> HttpResponse:
    """What the protocol of a station offers; then the form of one command."""
    row = queries.station(request.actor.territory(Right.TELEMETRY_COMMAND), pk)
    kind = request.GET.get("kind", "")
    if kind not in KINDS or fields_of(kind, row.protocol) is None:
        offered = [
            {"kind": each.value, "label": each.label, "second": KINDS[each].second}
            for each in CommandKind
            if fields_of(each, row.protocol) is not None
        ]
        return render(request, "gateway/commands.html", {"station": row, "offered": offered})
    form = CommandForm(data(request), kind=kind, protocol=row.protocol, second=KINDS[kind].second)

    def run(_given: dict[str, Any]) -> Command:
        return services.ask(
            request.actor, row, kind, form.content, reason=form.cleaned_data["reason"], waits=form.waits
        )

    return act(
        request,
        form,
        run,
        title=CommandKind(kind).label,
        back=reverse("station-command", args=[pk]),
        goto=lambda command: reverse("command", args=[command.pk]),
        done=lambda command: (
            _("It waits for a second officer.")
            if command.state == CommandState.PROPOSED
            else _("It is sent as soon as the station listens.")
        ),
        submit=_("Ask a second officer") if KINDS[kind].second else _("Send"),
        about=row.name,
    )


def _command(request: HttpRequest, right: Right, pk: int) -> Command:
    found = queries.commands(request.actor.territory(right)).filter(pk=pk).first()
    if found is None:
        raise NotFound(_("There is no such command, or it lies outside your area."))
    return found


@needs(Right.TELEMETRY_VIEW)
def command(request: HttpRequest, pk: int) -> HttpResponse:
    """One command: what was asked, by whom, what became of it."""
    row = _command(request, Right.TELEMETRY_VIEW, pk)
    may = request.actor.territory(Right.TELEMETRY_COMMAND).holds_path(row.station.division.path)
    names = fields_of(row.kind, row.station.protocol) or ()
    form = CommandForm(kind=row.kind, protocol=row.station.protocol, second=False)
    secret = {"old", "new"}
    context = {
        "command": row,
        "content": [(form.fields[name].label, "····" if name in secret else row.content.get(name)) for name in names],
        "sent": bytes(row.sent).hex(" ").upper() if row.sent else "",
        "may_withdraw": may and row.state in (CommandState.PROPOSED, CommandState.QUEUED),
        "may_decide": may and row.state == CommandState.PROPOSED and row.asked_by_id != request.actor.person_id,
        "waits_for_other": row.state == CommandState.PROPOSED and row.asked_by_id == request.actor.person_id,
    }
    return render(request, "gateway/command.html", context)


@MAY
@require_POST
def command_decide(request: HttpRequest, pk: int) -> HttpResponse:
    """A second officer's word."""
    row = _command(request, Right.TELEMETRY_COMMAND, pk)
    allowed = request.POST.get("allowed") == "1"
    return _done(
        request,
        pk,
        lambda: services.decide(request.actor, row, allowed=allowed, words=request.POST.get("words", "")[:200]),
        _("It is sent as soon as the station listens.") if allowed else _("The command is refused."),
    )


@MAY
@require_POST
def command_withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """Take it back."""
    row = _command(request, Right.TELEMETRY_COMMAND, pk)
    return _done(request, pk, lambda: services.withdraw(request.actor, row), _("The command is withdrawn."))


def _done(request: HttpRequest, pk: int, run: Any, words: str) -> HttpResponse:
    try:
        run()
    except Invalid as error:
        messages.error(request, error.message)
    else:
        messages.success(request, words)
    return redirect("command", pk)
