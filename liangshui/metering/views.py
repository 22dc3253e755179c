"""Pages of the supervision of metering: how stations report, their faults, findings about meters, demands for data."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from liangshui.core.access import Right
from liangshui.core.errors import Invalid
from liangshui.metering import findings as finding_services
from liangshui.metering import health, queries
from liangshui.metering.codes import ARTICLES, FaultKind, FaultState, FindingKind, FindingState
from liangshui.metering.forms import DemandForm, SnoozeForm
from liangshui.metering.models import Demand, Fault, Finding, Snooze
from liangshui.metering.rules.health import Day, clock_off_s
from liangshui.metering.words import fault_words, finding_words
from liangshui.parameters.queries import law
from liangshui.parameters.words import cited, title_of
from liangshui.records.gate import needs
from liangshui.records.listing import Column, Filter, Listing
from liangshui.registry.listings import town_filter
from liangshui.registry.models import MeterInstallation
from liangshui.registry.queries import one, town_of
from liangshui.telemetry import queries as telemetry
from liangshui.telemetry.codes import Quantity
from liangshui.telemetry.views import act, data, minute, state_cell

SEE, CHANGE = needs(Right.TELEMETRY_VIEW), needs(Right.TELEMETRY_CHANGE)
DAYS_SHOWN = 30


def _rate(value: float | None) -> str | None:
    return None if value is None else f"{value:g} %"


def _short(value: Any) -> str:
    """What is not to be broken in two lines."""
    return format_html('<span class="text-nowrap">{}</span>', value)


def _chart(rows: list[Any], names: list[str]) -> str:
    lines = [
        {"type": "line", "name": name, "data": [[str(day), getattr(rates, field)] for day, rates in rows], "showSymbol": False}
        for name, field in zip(names, ("arrived", "timely", "whole"), strict=True)
    ]  # fmt: skip
    chart = {
        "animation": False, "grid": {"left": 50, "right": 20, "top": 40, "bottom": 30}, "tooltip": {"trigger": "axis"},
        "legend": {"top": 5}, "xAxis": {"type": "time"}, "yAxis": {"type": "value", "min": 0, "max": 100}, "series": lines,
    }  # fmt: skip
    return json.dumps(chart, ensure_ascii=False)


@SEE
def overview(request: HttpRequest) -> HttpResponse:
    """How the stations of the area report, what is the matter, what was found."""
    territory = request.scope.territory(Right.TELEMETRY_VIEW)
    today = timezone.localdate()
    rows = queries.days(territory)
    past = rows.filter(day__gte=today - timedelta(days=DAYS_SHOWN), day__lt=today)
    by_day = queries.rates_by_day(past)
    kinds, found = dict(FaultKind.choices), dict(FindingKind.choices)
    context = {
        "yesterday": queries.rates(rows.filter(day=today - timedelta(days=1))),
        "month": queries.rates(rows.filter(day__gte=today.replace(day=1), day__lt=today)),
        "faults": [(kind, kinds[kind], n) for kind, n in queries.by_kind(queries.open_faults(territory))],
        "findings": [(kind, found[kind], n) for kind, n in queries.by_kind(queries.open_findings(territory))],
        "towns": queries.rates_by_town(past),
        "by_day": by_day,
        "chart": _chart(by_day, [_("arrived"), _("in time"), _("complete")]) if by_day else "",
        "days": DAYS_SHOWN,
        "undecided_lines": finding_services.undecided_lines(territory, today),
        "may_change": request.actor.may(Right.TELEMETRY_CHANGE),
    }
    return render(request, "metering/overview.html", context)


@SEE
def station_rates(request: HttpRequest) -> HttpResponse:
    """Stations with their rates of the last days, and open faults."""
    territory = request.scope.territory(Right.TELEMETRY_VIEW)
    today = timezone.localdate()
    past = queries.days(territory).filter(day__gte=today - timedelta(days=DAYS_SHOWN), day__lt=today)
    rates = queries.rates_by_station(past)
    rows = queries.with_faults(telemetry.with_state(telemetry.stations(territory))).select_related("division__parent")

    def of(name: str) -> Callable[[Any], Any]:
        return lambda station: _rate(getattr(rates[station.pk], name)) if station.pk in rates else None

    listing = Listing(
        key="station-rates",
        title=_("How stations reported in the last %s days") % DAYS_SHOWN,
        rows=rows,
        columns=[
            Column("name", _("station"), lambda s: s.name, sort="name"),
            Column("state", _("state"), lambda s: str(s.key), state_cell),
            Column("town", _("town"), lambda s: town_of(s.division).name, sort="division__path"),
            Column("arrived", _("arrived"), of("arrived"), numeric=True),
            Column("timely", _("in time"), of("timely"), numeric=True),
            Column("whole", _("complete"), of("whole"), numeric=True),
            Column("faults", _("open faults"), lambda s: s.faults_open, sort="faults_open", numeric=True),
            Column("heard", _("last heard"), lambda s: s.last_seen_at, lambda s: minute(s.last_seen_at), "last_seen_at"),
        ],
        search=("key__icontains", "name__icontains"),
        filters=[
            Filter("fault", _("fault"), lambda: [("1", _("with a fault"))], lambda rows, _value: rows.filter(has_fault=True)),
            town_filter(territory),
        ],
        order="key",
        empty=_("No station is in the ledger here."),
        link=lambda s: reverse("station-health", args=[s.pk]),
    )  # fmt: skip
    return listing.respond(request)


@SEE
def station_health(request: HttpRequest, pk: int) -> HttpResponse:
    """One station's days, faults, and times out of use."""
    row = telemetry.station(request.actor.territory(Right.TELEMETRY_VIEW), pk)
    today = timezone.localdate()
    days = list(row.days.filter(day__gte=today - timedelta(days=DAYS_SHOWN)).order_by("-day"))
    by_day = queries.rates_by_day(row.days.filter(day__gte=today - timedelta(days=DAYS_SHOWN), day__lt=today))
    context = {
        "station": row,
        "days": days,
        "chart": _chart(by_day, [_("arrived"), _("in time"), _("complete")]) if by_day else "",
        "device": _device(row, days),
        "faults": [(fault, fault_words(fault)) for fault in row.faults.all()[:50]],
        "snoozes": Snooze.objects.filter(station=row).order_by("-first")[:20],
        "may_change": request.actor.territory(Right.TELEMETRY_CHANGE).holds_path(row.division.path),
    }
    return render(request, "metering/station.html", context)


def _device(row: Any, days: list[Any]) -> list[tuple[Any, Any]]:
    """What is known of the device itself: when it was heard, its power, what it says of itself, its clock, its meter's certificate."""
    facts: list[tuple[Any, Any]] = [(_("last heard"), minute(row.last_seen_at))]
    shown = telemetry.with_last(row.series.filter(quantity__in=[Quantity.VOLTAGE, Quantity.SIGNAL], channel=1))
    facts += [(series.get_quantity_display(), f"{series.last_value.normalize():f} · {minute(series.last_at)}") for series in shown if series.last_value is not None]  # fmt: skip
    for kind, since in health.said_now(row.pk).items():
        facts.append((FaultKind(kind).label, _("since %s") % minute(since) if since else _("recovered")))
    if days:
        delay = days[0].delay_s
        off = clock_off_s(Day(days[0].reports, days[0].timely, days[0].values, days[0].empty, delay))
        facts.append((_("clock"), _("off by %s s") % off if off is not None else _("right")))
    meters = MeterInstallation.objects.filter(
        intake__station_links__station=row, intake__station_links__unlinked_at=None, removed_at=None
    )
    for spell in meters.select_related("meter"):
        due = spell.meter.verification_due
        facts.append((_("verification of meter %s due") % spell.meter.number, str(due) if due else _("not entered")))
    return facts


@CHANGE
def station_snooze(request: HttpRequest, pk: int) -> HttpResponse:
    """A station need not report for a time."""
    row = telemetry.station(request.actor.territory(Right.TELEMETRY_CHANGE), pk)
    return act(
        request,
        SnoozeForm(data(request)),
        lambda given: health.snooze(request.actor, row, **given),
        title=_("Time out of use"),
        back=reverse("station-health", args=[pk]),
        done=lambda _made: _("Saved."),
        about=row.name,
    )


@SEE
def fault_list(request: HttpRequest) -> HttpResponse:
    """Faults of devices."""
    territory = request.scope.territory(Right.TELEMETRY_VIEW)
    listing = Listing(
        key="faults",
        title=_("Faults of devices"),
        rows=queries.faults(territory),
        columns=[
            Column("station", _("station"), lambda f: f.station.name, sort="station__name"),
            Column("kind", _("fault"), lambda f: f.get_kind_display(), sort="kind"),
            Column("shows", _("what shows it"), fault_words),
            Column("state", _("state"), lambda f: f.get_state_display(), sort="state"),
            Column("town", _("town"), lambda f: town_of(f.station.division).name, sort="station__division__path"),
            Column("noticed", _("noticed"), lambda f: f.noticed_at, lambda f: minute(f.noticed_at), "noticed_at"),
            Column(
                "well", _("no longer seen since"), lambda f: f.well_since, lambda f: minute(f.well_since), "well_since"
            ),
        ],
        search=("station__name__icontains", "station__key__icontains"),
        filters=[
            Filter("state", _("state"), lambda: [("open", _("open")), *FaultState.choices], _fault_state),
            Filter("kind", _("fault"), lambda: FaultKind.choices, "kind"),
            town_filter(territory, "station__division__path__startswith"),
        ],
        order="-noticed_at",
        empty=_("No device has a fault that is known."),
        link=lambda f: reverse("fault", args=[f.pk]),
    )
    return listing.respond(request)


def _fault_state(rows: Any, value: str) -> Any:
    return rows.exclude(state=FaultState.CONFIRMED) if value == "open" else rows.filter(state=value)


@SEE
def fault(request: HttpRequest, pk: int) -> HttpResponse:
    """One fault and its life."""
    row = one(queries.faults(request.actor.territory(Right.TELEMETRY_VIEW)), pk)
    context = {
        "fault": row,
        "words": fault_words(row),
        "may_change": request.actor.territory(Right.TELEMETRY_CHANGE).holds_path(row.station.division.path),
    }
    return render(request, "metering/fault.html", context)


@CHANGE
@require_POST
def fault_act(request: HttpRequest, pk: int) -> HttpResponse:
    """Sent, repaired, confirmed."""
    row: Fault = one(queries.faults(request.actor.territory(Right.TELEMETRY_CHANGE)), pk)
    words = request.POST.get("words", "")[:200]
    what = request.POST.get("do", "")
    acts: dict[str, Callable[[], Any]] = {
        "send": lambda: health.send(request.actor, row, to=words[:100]),
        "repaired": lambda: health.repaired(request.actor, row, what=words),
        "confirm": lambda: health.confirm(request.actor, row),
    }
    _told(request, acts.get(what, lambda: None))
    return redirect("fault", pk)


def _told(request: HttpRequest, run: Callable[[], Any]) -> None:
    try:
        run()
    except Invalid as error:
        messages.error(request, error.message)
    else:
        messages.success(request, _("Saved."))


@SEE
def finding_list(request: HttpRequest) -> HttpResponse:
    """Findings about meters, the surest first."""
    territory = request.scope.territory(Right.TELEMETRY_VIEW)
    listing = Listing(
        key="findings",
        title=_("Findings about meters"),
        rows=queries.findings(territory),
        columns=[
            Column("intake", _("intake"), lambda f: f.intake.name, sort="intake__name"),
            Column("kind", _("finding"), lambda f: f.get_kind_display(), sort="kind"),
            Column("score", _("score"), lambda f: f.score, sort="score", numeric=True),
            Column("first", _("from"), lambda f: f.first, lambda f: _short(f.first), "first"),
            Column("last", _("to"), lambda f: f.last, lambda f: _short(f.last), "last"),
            Column("figures", _("figures"), finding_words),
            Column("town", _("town"), lambda f: town_of(f.intake.division).name, sort="intake__division__path"),
            Column("user", _("water user"), lambda f: f.intake.project.user.name, shown=False),
            Column(
                "state", _("state"), lambda f: f.get_state_display(), lambda f: _short(f.get_state_display()), "state"
            ),
        ],
        search=("intake__name__icontains", "intake__code__icontains", "intake__initials__startswith"),
        filters=[
            Filter("state", _("state"), lambda: FindingState.choices, "state"),
            Filter("kind", _("finding"), lambda: FindingKind.choices, "kind"),
            town_filter(territory, "intake__division__path__startswith"),
        ],
        order="-score",
        empty=_("Nothing was found that does not agree."),
        link=lambda f: reverse("finding", args=[f.pk]),
    )
    return listing.respond(request)


@SEE
def finding(request: HttpRequest, pk: int) -> HttpResponse:
    """One finding: its figures, the way back to the account, the rules that it may touch; a person decides."""
    row: Finding = one(queries.findings(request.actor.territory(Right.TELEMETRY_VIEW)), pk)
    may = request.actor.territory(Right.TELEMETRY_CHANGE).holds_path(row.intake.division.path)
    context = {
        "finding": row,
        "words": finding_words(row),
        "articles": [
            (rule, cited(known), title_of(known)) for rule in ARTICLES.get(row.kind, ()) if (known := law().rule(rule))
        ],
        "may_decide": may and row.state == FindingState.OPEN,
        "days": row.last - row.first < timedelta(days=62),
    }
    return render(request, "metering/finding.html", context)


@CHANGE
@require_POST
def finding_decide(request: HttpRequest, pk: int) -> HttpResponse:
    """Explained, or made a clue."""
    row: Finding = one(queries.findings(request.actor.territory(Right.TELEMETRY_CHANGE)), pk)
    state, words = request.POST.get("state", ""), request.POST.get("words", "")[:300]
    _told(request, lambda: finding_services.decide(request.actor, row, state=state, words=words))
    return redirect("finding", pk)


@SEE
def demand_list(request: HttpRequest) -> HttpResponse:
    """Data that were asked for with a date."""
    territory = request.scope.territory(Right.TELEMETRY_VIEW)
    may = request.actor.territory(Right.TELEMETRY_CHANGE)

    def given(row: Demand) -> Any:
        if row.answered_on is not None or not may.holds_path(row.intake.division.path):
            return row.answered_on
        url = reverse("demand-answered", args=[row.pk])
        return format_html('<a class="btn btn-sm" href="{}">{}</a>', url, _("Given today"))

    listing = Listing(
        key="demands",
        title=_("Demands for data"),
        rows=queries.demands(territory),
        columns=[
            Column("document", _("document number"), lambda d: d.document, sort="document"),
            Column("intake", _("intake"), lambda d: d.intake.name, sort="intake__name"),
            Column("what", _("what was asked for"), lambda d: d.what),
            Column("sent", _("sent on"), lambda d: d.sent_on, sort="sent_on"),
            Column("due", _("to be given by"), lambda d: d.due_on, sort="due_on"),
            Column("given", _("given on"), lambda d: d.answered_on, given, "answered_on"),
        ],
        search=("document__icontains", "intake__name__icontains"),
        filters=[],
        order="-sent_on",
        empty=_("No data were asked for with a date."),
        actions=[(reverse("demand-new"), _("Enter a demand"), "plus")]
        if request.actor.may(Right.TELEMETRY_CHANGE)
        else [],
    )
    return listing.respond(request)


@CHANGE
def demand_new(request: HttpRequest) -> HttpResponse:
    """Enter a demand."""
    return act(
        request,
        DemandForm(data(request), actor=request.actor),
        lambda given: finding_services.demand(request.actor, **given),
        title=_("Demand for data"),
        back=reverse("demand-list"),
        done=lambda _made: _("Saved."),
    )


@CHANGE
def demand_answered(request: HttpRequest, pk: int) -> HttpResponse:
    """The data came today; asked once more before it is written."""
    row = one(queries.demands(request.actor.territory(Right.TELEMETRY_CHANGE)), pk)
    if request.method == "POST":
        _told(request, lambda: finding_services.answered(request.actor, row, on=timezone.localdate()))
        return redirect("demand-list")
    return render(request, "metering/demand.html", {"demand": row})
