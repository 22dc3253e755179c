"""Pages of monitoring: stations, their settings and series, the waiting list, raw frames."""

import copy
import json
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.forms import BaseForm
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from liangshui.core.access import Right
from liangshui.core.errors import Invalid, NotFound
from liangshui.records.fields import to_ms
from liangshui.records.gate import needs
from liangshui.records.listing import Column, Filter, Listing
from liangshui.registry.listings import town_filter
from liangshui.registry.queries import town_of
from liangshui.telemetry import quality, queries, services
from liangshui.telemetry.codes import Protocol
from liangshui.telemetry.forms import LinkForm, StationForm
from liangshui.telemetry.models import (
    DeviceEvent,
    ElementMapping,
    RawFrame,
    Series,
    SeriesEdit,
    StationLink,
    StationModel,
    pictures_folder,
)
from liangshui.telemetry.words import CHECKS

SEE, CHANGE = needs(Right.TELEMETRY_VIEW), needs(Right.TELEMETRY_CHANGE)

STATES = {
    "online": gettext_lazy("on line"),
    "silent": gettext_lazy("silent"),
    "fault": gettext_lazy("fault"),
}
SERIES_DAYS = 7
SERIES_DAYS_MOST = 366
ROWS_MOST = 2000


def act(
    request: HttpRequest,
    form: BaseForm,
    run: Callable[[dict[str, Any]], Any],
    *,
    title: Any,
    back: str,
    done: Callable[[Any], Any],
    goto: Callable[[Any], str] | None = None,
    submit: Any = None,
    about: Any = "",
) -> HttpResponse:
    """Show a form, run its service, come back."""
    if request.method == "POST" and form.is_valid():
        try:
            with transaction.atomic():
                result = run(form.cleaned_data)
        except Invalid as error:
            form.add_error(error.field if error.field in form.fields else None, error.message)
        else:
            messages.success(request, done(result))
            return redirect(goto(result) if goto else back)
    context = {"form": form, "title": title, "back": back, "submit": submit, "about": about}
    return render(request, "registry/form.html", context)


def data(request: HttpRequest) -> Any:
    return request.POST if request.method == "POST" else None


def minute(value: Any) -> str | None:
    """Beijing time to the minute, for a list."""
    return None if value is None else timezone.localtime(value).strftime("%Y-%m-%d %H:%M")


def second(value: Any) -> str | None:
    return None if value is None else timezone.localtime(value).strftime("%Y-%m-%d %H:%M:%S")


def protocol_words(protocol: str) -> Any:
    return dict(Protocol.choices).get(protocol, protocol)


def state_cell(row: Any) -> str:
    """Shape, colour and word."""
    state = queries.state_of(row)
    return format_html('<span class="state-{}">{}</span>', state, STATES[state])


def _intake_cell(row: Any) -> Any:
    if row.intake_pk is None:
        return None
    return format_html('<a href="{}">{}</a>', reverse("intake", args=[row.intake_pk]), row.intake_name)


@SEE
def station_list(request: HttpRequest) -> HttpResponse:
    """All stations, with their state."""
    territory = request.scope.territory(Right.TELEMETRY_VIEW)
    rows = queries.with_state(queries.stations(territory)).select_related("division__parent", "model")
    waiting = queries.waiting(request.actor).count()
    actions = [(reverse("frame-list"), _("Raw frames"), "binary")]
    if request.actor.may(Right.TELEMETRY_COMMAND):
        actions.append((reverse("command-list"), _("Commands"), "send"))
    if request.actor.may(Right.TELEMETRY_CHANGE):
        actions.append((reverse("equipment"), _("Equipment"), "plug"))
    if queries.sees_unplaced(request.actor):
        actions.append((reverse("seal-list"), _("Seals"), "shield-check"))
        label = _("Waiting stations (%s)") % waiting if waiting else _("Waiting stations")
        actions.insert(0, (reverse("waiting-list"), label, "user-question"))
    listing = Listing(
        key="stations",
        title=_("Stations"),
        rows=rows,
        columns=[
            Column("name", _("name"), lambda s: s.name, sort="name"),
            Column("state", _("state"), lambda s: STATES[queries.state_of(s)], state_cell),
            Column("key", _("station key"), lambda s: s.key, sort="key"),
            Column("town", _("town"), lambda s: town_of(s.division).name, sort="division__path"),
            Column(
                "heard", _("last heard"), lambda s: s.last_seen_at, lambda s: minute(s.last_seen_at), "last_seen_at"
            ),
            Column("intake", _("intake"), lambda s: s.intake_name, _intake_cell),
            Column("interval", _("every, min"), lambda s: s.interval_min, sort="interval_min", numeric=True),
            Column("protocol", _("protocol"), lambda s: s.get_protocol_display(), sort="protocol"),
            Column("model", _("device model"), lambda s: s.model.name if s.model else None, shown=False),
            Column("active", _("in service"), lambda s: _("yes") if s.active else _("no"), shown=False),
        ],
        search=("key__icontains", "name__icontains"),
        filters=[
            Filter("state", _("state"), lambda: list(STATES.items()), queries.by_state),
            Filter("protocol", _("protocol"), lambda: Protocol.choices, "protocol"),
            town_filter(territory),
        ],
        order="key",
        empty=_("No station is in the ledger here. Stations that send are found among the waiting ones."),
        link=lambda s: reverse("station", args=[s.pk]),
        actions=actions,
    )
    return listing.respond(request)


@SEE
def station(request: HttpRequest, pk: int) -> HttpResponse:
    """Everything of one station."""
    row = queries.station(request.actor.territory(Right.TELEMETRY_VIEW), pk)
    may_change = request.actor.territory(Right.TELEMETRY_CHANGE).holds_path(row.division.path)
    maps = list(ElementMapping.objects.filter(station=row).order_by("element"))
    own = {mapping.element for mapping in maps}
    if row.model:
        maps += [m for m in ElementMapping.objects.filter(model=row.model).order_by("element") if m.element not in own]
    links = row.links.select_related("intake").order_by("channel", "-linked_at")
    context = {
        "station": row,
        "town": town_of(row.division),
        "state": queries.state_of(row),
        "state_cell": state_cell(row),
        "may_change": may_change,
        "may_command": request.actor.territory(Right.TELEMETRY_COMMAND).holds_path(row.division.path),
        "commands": queries.commands(request.actor.territory(Right.TELEMETRY_VIEW)).filter(station=row)[:10],
        "pictures": row.pictures.all()[:12],
        "links": links,
        "series": queries.with_last(row.series.order_by("channel", "quantity", "element")),
        "maps": maps,
        "unmapped": row.unmapped.order_by("element"),
        "events": DeviceEvent.objects.filter(station=row).order_by("-at", "-pk")[:20],
        "frames": RawFrame.objects.filter(station_key=row.key).defer("raw", "identity").order_by("-received_at")[:20],
    }
    return render(request, "telemetry/station.html", context)


@SEE
def station_picture(request: HttpRequest, pk: int) -> FileResponse:
    """A picture as the station sent it."""
    row = queries.picture(request.actor.territory(Right.TELEMETRY_VIEW), pk)
    try:
        return FileResponse((pictures_folder() / row.path).open("rb"), content_type="image/jpeg")
    except FileNotFoundError as error:
        raise NotFound(_("The file of this picture is gone.")) from error


@CHANGE
def station_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Settings."""
    row = queries.station(request.actor.territory(Right.TELEMETRY_CHANGE), pk)
    form = StationForm(data(request), instance=copy.copy(row), actor=request.actor)

    def run(given: dict[str, Any]) -> Any:
        name = given.pop("model_name").strip()
        given["model"] = StationModel.objects.get_or_create(name=name)[0] if name else None
        return services.set_station(request.actor, row, **given)

    back = reverse("station", args=[pk])
    return act(
        request, form, run, title=_("Settings of a station"), back=back, done=lambda _s: _("Saved."), about=row.name
    )


@CHANGE
def station_link(request: HttpRequest, pk: int) -> HttpResponse:
    """Which intake a channel measures from now on."""
    row = queries.station(request.actor.territory(Right.TELEMETRY_CHANGE), pk)
    form = LinkForm(data(request), actor=request.actor)
    return act(
        request,
        form,
        lambda given: services.link_station(
            request.actor, row, given["intake"], channel=given["channel"], since=given["since"]
        ),
        title=_("Link to an intake"),
        back=reverse("station", args=[pk]),
        done=lambda link: (
            _("Channel %(channel)s measures %(intake)s.") % {"channel": link.channel, "intake": link.intake.name}
        ),
        about=row.name,
    )


@CHANGE
@require_POST
def station_unlink(request: HttpRequest, pk: int) -> HttpResponse:
    """End a link now."""
    link = StationLink.objects.filter(pk=pk).select_related("station__division", "intake").first()
    if link is None or not request.actor.territory(Right.TELEMETRY_CHANGE).holds_path(link.station.division.path):
        raise NotFound(_("There is no such station, or it lies outside your area."))
    services.unlink_station(request.actor, link)
    messages.success(request, _("The link to %s has ended.") % link.intake.name)
    return redirect("station", link.station_id)


@CHANGE
@require_POST
def station_unmap(request: HttpRequest, pk: int, mapping: int) -> HttpResponse:
    """Take the meaning of an element back."""
    row = queries.station(request.actor.territory(Right.TELEMETRY_CHANGE), pk)
    found = ElementMapping.objects.filter(pk=mapping).first()
    if found is not None:
        services.unmap_element(request.actor, found, row)
        messages.success(
            request, _("Element %s means nothing any more. What was observed by it stays.") % found.element
        )
    return redirect("station", pk)


@SEE
def waiting_list(request: HttpRequest) -> HttpResponse:
    """Stations that send but are in no ledger."""
    may_adopt = request.actor.may(Right.TELEMETRY_CHANGE)

    def button(row: Any) -> Any:
        if not may_adopt:
            return None
        return format_html(
            '<a class="btn btn-sm btn-primary" href="{}">{}</a>', reverse("waiting-adopt", args=[row.pk]), _("Adopt")
        )

    def frames(row: Any) -> str:
        return format_html('<a href="{}?q={}">{}</a>', reverse("frame-list"), row.key, row.frames)

    listing = Listing(
        key="waiting",
        title=_("Waiting stations"),
        rows=queries.waiting(request.actor),
        columns=[
            Column("key", _("station key"), lambda w: w.key, sort="key"),
            Column("adopt", "", lambda w: None, button),
            Column("protocol", _("protocol"), lambda w: protocol_words(w.protocol), sort="protocol"),
            Column(
                "first", _("first heard"), lambda w: w.first_seen_at, lambda w: minute(w.first_seen_at), "first_seen_at"
            ),
            Column("last", _("last heard"), lambda w: w.last_seen_at, lambda w: minute(w.last_seen_at), "last_seen_at"),
            Column("frames", _("frames"), lambda w: w.frames, frames, "frames", numeric=True),
            Column("peer", _("from address"), lambda w: w.peer),
        ],
        search=("key__icontains", "peer__icontains"),
        filters=[Filter("protocol", _("protocol"), lambda: Protocol.choices, "protocol")],
        order="-last_seen_at",
        empty=_("Every station that sends is in the ledger."),
    )
    return listing.respond(request)


@SEE
def frame_list(request: HttpRequest) -> HttpResponse:
    """Raw frames of the last month."""
    rows = queries.recent_frames(request.actor, request.scope.territory(Right.TELEMETRY_VIEW))

    def verdict(row: Any) -> str:
        shown = row.get_verdict_display()
        return shown if row.verdict == "good" else format_html('<span class="warn-orange">{}</span>', shown)

    listing = Listing(
        key="frames",
        title=_("Raw frames of the last 31 days"),
        rows=rows,
        columns=[
            Column("id", _("number"), lambda f: f.pk, sort="pk"),
            Column("received", _("received"), lambda f: f.received_at, lambda f: second(f.received_at), "received_at"),
            Column("key", _("station key"), lambda f: f.station_key, sort="station_key"),
            Column("verdict", _("verdict"), lambda f: f.get_verdict_display(), verdict, "verdict"),
            Column("protocol", _("protocol"), lambda f: protocol_words(f.protocol)),
            Column("peer", _("from address"), lambda f: f.peer),
            Column("gateway", _("gateway"), lambda f: f.gateway, shown=False),
        ],
        search=("station_key__icontains", "peer__startswith"),
        filters=[Filter("verdict", _("verdict"), lambda: RawFrame.Verdict.choices, "verdict")],
        order="-received_at",
        empty=_("Nothing was received."),
        link=lambda f: reverse("frame", args=[f.pk]),
    )
    return listing.respond(request)


@SEE
def series(request: HttpRequest, pk: int) -> HttpResponse:
    """Observations of some days, as a chart and as a table with the frame of each."""
    row = queries.series(request.actor.territory(Right.TELEMETRY_VIEW), pk)
    last = _day(request, "to") or timezone.localdate()
    first = _day(request, "from") or last - timedelta(days=SERIES_DAYS - 1)
    first = min(max(first, last - timedelta(days=SERIES_DAYS_MOST - 1)), last)
    found = queries.observations([row.pk], first, last)
    flags, edits = _quality(row, first, last)
    points = [
        [timezone.localtime(at).strftime("%Y-%m-%d %H:%M:%S"), None if value is None else float(value)]
        for at, value in ((o.at, o.value) for o in found)
    ]
    chart = {
        "animation": False,
        "grid": {"left": 70, "right": 20, "top": 30, "bottom": 60},
        "tooltip": {"trigger": "axis"},
        "toolbox": {"feature": {"saveAsImage": {"title": _("Save as picture")}}},
        "dataZoom": [{"type": "inside"}, {"type": "slider", "height": 18, "bottom": 8}],
        "xAxis": {"type": "time"},
        "yAxis": {"type": "value", "scale": True},
        "series": [
            {
                "type": "line",
                "name": str(row.get_quantity_display()),
                "data": points,
                "showSymbol": len(points) < 200,
                "connectNulls": False,
            },
            *_marks(points, flags, edits),
        ],
    }
    context = {
        "series": row,
        "first": first,
        "last": last,
        "chart": json.dumps(chart, ensure_ascii=False),
        "count": len(points),
        "rows": [(o, flags.get(o.at, []), edits.get(o.at), to_ms(o.at)) for o in found[::-1][:ROWS_MOST]],
        "odd": len(flags),
        "may_change": request.actor.territory(Right.TELEMETRY_CHANGE).holds_path(row.station.division.path),
        "cut": len(points) > ROWS_MOST,
        "most": ROWS_MOST,
    }
    return render(request, "telemetry/series.html", context)


def _quality(row: Series, first: date, last: date) -> tuple[dict[datetime, list[Any]], dict[datetime, SeriesEdit]]:
    """By instant what is not good, in words with its flag; and edited values."""
    since, until = queries.span(first, last)
    flags: dict[datetime, list[Any]] = {}
    for at, name, flag in quality.flags_of(row, quality.limits_of(row), since, until):
        flags.setdefault(at, []).append((CHECKS[name], flag))
    edits = row.edits.filter(at__gte=since, at__lt=until, taken_back_at=None).select_related("made_by")
    return flags, {made.at: made for made in edits}


def _marks(
    points: list[Any], flags: dict[datetime, list[Any]], edits: dict[datetime, SeriesEdit]
) -> list[dict[str, Any]]:
    """What is marked in the chart: suspect values, and edited ones."""
    odd = {timezone.localtime(at).strftime("%Y-%m-%d %H:%M:%S") for at in flags}
    marks = [
        {"type": "scatter", "name": _("suspect"), "symbol": "triangle", "symbolSize": 9, "itemStyle": {"color": "#b35c00"},
         "data": [point for point in points if point[0] in odd and point[1] is not None]},
        {"type": "scatter", "name": _("edited"), "symbol": "diamond", "symbolSize": 9, "itemStyle": {"color": "#3a4c63"},
         "data": [[timezone.localtime(at).strftime("%Y-%m-%d %H:%M:%S"), float(made.after)] for at, made in edits.items()
                  if made.after is not None]},
    ]  # fmt: skip
    return [mark for mark in marks if mark["data"]]


def _day(request: HttpRequest, name: str) -> date | None:
    try:
        found = date.fromisoformat(request.GET.get(name, ""))
    except ValueError:
        return None
    return found if 2000 <= found.year <= 2100 else None
