"""Pages of management units: their state with its reasons, levels against indicators, orders, and the release of a suspension."""

import json
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from liangshui.core.access import Right
from liangshui.core.errors import Forbidden
from liangshui.core.periods import Period, month
from liangshui.parameters.queries import law
from liangshui.parameters.words import linked, linked_all
from liangshui.quota import unit_forms, unit_services, units
from liangshui.quota.models import (
    LevelIndicator,
    LevelPeriod,
    LevelWell,
    Release,
    UnitOrder,
    UnitStateDay,
    UnitStateEntry,
)
from liangshui.quota.queries import county
from liangshui.quota.rules.closing import Node
from liangshui.quota.rules.levels import Indicator, Measure, Well, judge
from liangshui.quota.rules.states import Ground, Kind
from liangshui.quota.words import GROUNDS, KINDS, USES, checks_of, reasons, said
from liangshui.records import replies
from liangshui.records.asked import whole
from liangshui.records.gate import needs
from liangshui.records.models import FigureState
from liangshui.registry.codes import SourceKind
from liangshui.registry.models import ManagementUnit
from liangshui.registry.queries import one
from liangshui.registry.views import act

SEE, CHANGE = needs(Right.QUOTA_VIEW), needs(Right.QUOTA_CHANGE)
DECIDED = {"indicator": LevelIndicator, "order": UnitOrder, "release": Release}
"""What a second officer confirms, by the word of the form."""

MONTHS = 25
QUARTERS = 4


def _visible(request: HttpRequest) -> set[int]:
    """Units that a reader may see: those that touch what is theirs, for who sees the whole county all."""
    return units.touching(request.actor.territory(Right.QUOTA_VIEW))


def _whole(request: HttpRequest) -> bool:
    return bool(request.actor.territory(Right.QUOTA_VIEW).holds_path(county().path))


def _unit(request: HttpRequest, pk: int, right: Right = Right.QUOTA_VIEW) -> ManagementUnit:
    """A unit to be read, or to be changed: units lie across towns, so only who may in the whole county changes one."""
    rows = ManagementUnit.objects.select_related("division")
    if right != Right.QUOTA_VIEW and not request.actor.territory(right).holds_path(county().path):
        raise Forbidden(right)
    found: ManagementUnit = one(rows.filter(pk__in=_visible(request)), pk)
    return found


def _asked_day(request: HttpRequest) -> date:
    try:
        found = date.fromisoformat(request.GET.get("on", ""))
    except ValueError:
        return timezone.localdate()
    return min(found, timezone.localdate())


@SEE
def unit_list(request: HttpRequest) -> HttpResponse:
    """Every unit with its state and what it follows from: today as the figures are, a past day as it was written then."""
    visible, on, known = _visible(request), _asked_day(request), law()
    if on < timezone.localdate():
        past = [_told(row, day, known) for row, day in units.past(on, visible)]
        return render(request, "quota/units.html", {"past": past, "on": on, "today": timezone.localdate()})
    found = [
        {
            "it": each, "kind": KINDS[each.state.kind], "grounds": _grounds(each.state.grounds), "held": each.state.only_held,
            "reasons": linked_all(reasons(each.state, known), known, on),
            "left_m3": _left(each.totals), "over": (_left(each.totals) or 0) < 0, "level": each.level.kept,
        }
        for each in units.standings(county(), on)
        if each.unit.pk in visible
    ]  # fmt: skip
    return render(request, "quota/units.html", {"rows": found, "on": on, "today": on})


def _left(totals: Any) -> Decimal | None:
    return None if None in (totals.control_m3, totals.permitted_m3) else totals.control_m3 - totals.permitted_m3


def _grounds(found: Any) -> list[Any]:
    return [GROUNDS[ground] for ground in Ground if ground in found]


def _told(row: UnitStateEntry, day: UnitStateDay | None, known: Any) -> dict[str, Any]:
    return {
        "row": row, "day": day, "kind": KINDS[Kind(row.kind)], "held": bool(row.grounds) and set(row.grounds) == set(row.waits),
        "reasons": linked_all((said(check, known) for check in checks_of(day.reason if day else [])), known, day.day if day else row.valid_from),
    }  # fmt: skip


@SEE
def unit(request: HttpRequest, pk: int) -> HttpResponse:
    """One unit: state with every check, levels of its wells, the year before, history, orders, and what waits."""
    found, known, today = _unit(request, pk), law(), timezone.localdate()
    standings = units.standings(found.division, today, only=found)
    wells = list(LevelWell.objects.filter(unit=found).select_related("series__station__division"))
    whole_county = _whole(request)
    shown = {} if whole_county else {"state": FigureState.BINDING}  # what waits is the business of who may confirm it
    indicators, orders, releases = (
        list(model.objects.filter(unit=found, **shown).select_related(*with_it, "entered_by", "decided_by"))
        for model, with_it in ((LevelIndicator, ["well"]), (UnitOrder, []), (Release, []))
    )
    may = unit_services.may(request.actor, found)
    stations = request.actor.territory(Right.TELEMETRY_VIEW)
    waiting = [
        {
            "what": what,
            "row": row,
            "own": row.entered_by_id == request.actor.person_id,
            "words": _waiting_words(what, row),
        }
        for what, rows in (("indicator", indicators), ("order", orders), ("release", releases))
        for row in rows
        if row.state == FigureState.PROPOSED
    ]
    context = {
        "whole": whole_county,
        "unit": found, "node_code": Node(unit=found.pk).code,
        "states": [
            {
                "it": each, "kind": KINDS[each.state.kind], "held": each.state.only_held, "waits": _grounds(each.state.waits),
                "checks": [
                    (linked(*said(check, known), known, today), check.outcome.value) for check in each.state.because
                ],
                "left_m3": _left(each.totals), "over": (_left(each.totals) or 0) < 0,
            }
            for each in standings
        ],
        "wells": [(well, well.series is not None and stations.holds_path(well.series.station.division.path)) for well in wells],
        "indicators": indicators, "releases": releases, "may_change": may, "waiting": waiting,
        "orders": [(row, [USES[use] for use in USES if use in row.spared]) for row in orders],
        "current_wells": [well for well in wells if well.valid_to is None],
        "orders_in_force": [row for row in orders if row.state == FigureState.BINDING and not (row.valid_to and row.valid_to <= today)],
        "history": [
            _told(row, next(iter(row.days.all()), None), known)
            for row in UnitStateEntry.objects.filter(unit=found).prefetch_related("days")
        ],
        "levels": _levels(found, wells, indicators, today),
        "compared": _compared(found, today),
    }  # fmt: skip
    return render(request, "quota/unit.html", context)


def _waiting_words(what: str, row: Any) -> str:
    if what == "indicator":
        measured = f"{row.get_measure_display()} {row.threshold_m.normalize():f} m"
        return f"{row.year} {row.get_period_display()} · {row.well or _('unit')} · {measured} · {row.document_number}"
    if what == "order":
        return f"{row.authority} · {row.document} · {row.document_number} · {row.get_ground_display()}"
    return f"{row.get_source_kind_display()} · {row.reason}"


def _levels(
    found: ManagementUnit, wells: list[LevelWell], rows: list[LevelIndicator], today: date
) -> list[dict[str, Any]]:
    """By kind of groundwater a chart and a table of monthly means; months with too few readings stay empty."""
    months = [month(today)]
    while len(months) < MONTHS:
        months.insert(0, month(months[0].start - timedelta(days=1)))
    known = units.indicators(rows)
    drawn = [e.span for each in known.values() for e in each if e.span.start < today and e.span.end > months[0].start]
    measured = units.wells(min((span.start for span in drawn), default=months[0].start), today, wells)
    made = []
    for source in units.SOURCES:
        own = measured.get((found.pk, source), [])
        if not own:
            continue
        set_ = known.get((found.pk, source), [])
        measure = next((each.measure for each in set_ if each.well is None), set_[0].measure if set_ else Measure.DEPTH)
        lines = [(well.name, [well.mean(measure, span).value_m for span in months]) for well in own]
        of_measure = [each for each in set_ if each.measure is measure]
        judged, thresholds = _judged(of_measure, own, months, today), _thresholds(of_measure, own, months)
        columns = lines + judged + thresholds
        made.append(
            {
                "label": SourceKind(source).label, "measure": measure.value, "judged": bool(judged),
                "heads": [name for name, _v in columns],
                "rows": [(span.start, [values[n] for _name, values in columns]) for n, span in reversed(list(enumerate(months)))],
                "chart": json.dumps(_chart(months, lines, judged, thresholds, measure), ensure_ascii=False),
                "any": any(value is not None for _name, values in lines for value in values),
            }
        )  # fmt: skip
    return made


def _thresholds(
    rows: list[Indicator], wells: list[Well], months: list[Period]
) -> list[tuple[str, list[Decimal | None]]]:
    """Lines of thresholds: of the unit, and of each well that has its own."""
    names = {None: _("threshold of the unit"), **{well.id: _("threshold of %s") % well.name for well in wells}}
    return _by_indicator(rows, names, months, lambda each: each.threshold_m)


def _judged(
    rows: list[Indicator], wells: list[Well], months: list[Period], today: date
) -> list[tuple[str, list[Decimal | None]]]:
    """Lines of what the rule holds against the thresholds: the mean of a whole period, as soon as it is over."""
    names = {None: _("judged: mean of the unit"), **{well.id: _("judged: mean of %s") % well.name for well in wells}}
    return _by_indicator(rows, names, months, lambda e: judge(e, wells).value_m if e.span.end <= today else None)


def _by_indicator(
    rows: list[Indicator],
    names: dict[int | None, str],
    months: list[Period],
    value: Callable[[Indicator], Decimal | None],
) -> list[tuple[str, list[Decimal | None]]]:
    """A line of the unit and of each well with indicators of its own; of a month the shortest period that holds it counts."""
    found = []
    for well, name in names.items():
        own = sorted((each for each in rows if each.well == well), key=lambda each: each.span.length)
        of_month = [next((each for each in own if m.start in each.span), None) for m in months]
        known = {each: value(each) for each in of_month if each}
        values = [known[each] if each else None for each in of_month]
        if any(value is not None for value in values):
            found.append((name, values))
    return found


def _chart(months: list[Period], lines: Any, judged: Any, thresholds: Any, measure: Measure) -> dict[str, Any]:
    def points(values: list[Decimal | None]) -> list[float | None]:
        return [None if value is None else round(float(value), 3) for value in values]

    return {
        "animation": False,
        "grid": {"left": 60, "right": 20, "top": 60, "bottom": 30},
        "legend": {"type": "scroll", "top": 4},
        "tooltip": {"trigger": "axis"},
        "xAxis": {"type": "category", "data": [f"{span.start:%Y-%m}" for span in months]},
        "yAxis": {
            "type": "value", "scale": True, "inverse": measure is Measure.DEPTH, "nameLocation": "start" if measure is Measure.DEPTH else "end",
            "name": _("mean depth, m") if measure is Measure.DEPTH else _("mean level, m"),
        },
        "series": [
            *({"type": "line", "name": name, "data": points(values), "connectNulls": False} for name, values in lines),
            *(
                {
                    "type": "line", "name": name, "data": points(values), "connectNulls": False, "step": "middle", "showSymbol": False,
                    "lineStyle": {"width": 4}, "z": 3,
                }
                for name, values in judged
            ),
            *(
                {
                    "type": "line", "name": name, "data": points(values), "connectNulls": False, "step": "middle", "showSymbol": False,
                    "lineStyle": {"type": "dashed", "color": "#c92a2a"}, "itemStyle": {"color": "#c92a2a"},
                }
                for name, values in thresholds
            ),
        ],
    }  # fmt: skip


def _all_wells() -> list[LevelWell]:
    return list(LevelWell.objects.select_related("series", "unit"))


def _compared(found: ManagementUnit, today: date) -> list[dict[str, Any]]:
    """Of the last quarters: depth, a year before, fall, rank among all units."""
    made = []
    for each in units.year_on_year(units.quarters_before(today, QUARTERS), _all_wells()):
        ranked = sum(change.rank is not None for change in each.units)
        made += [
            {"year": each.year, "period": LevelPeriod(each.period).label, "source": SourceKind(change.key[1]).label, "change": change, "fell": (change.fall_m or 0) > 0, "of": ranked}
            for change in each.units
            if change.key[0] == found.pk
        ]  # fmt: skip
    return made


@SEE
def unit_levels(request: HttpRequest) -> HttpResponse:
    """Units and wells of a quarter by how far their water fell within a year: it ranks and warns, and suspends nothing."""
    visible = _visible(request)
    choices = units.quarters_before(timezone.localdate(), 8)
    asked = next((each for each in choices if f"{each[0]}{each[1]}" == request.GET.get("quarter")), choices[0])
    wells = _all_wells()
    (compared,) = units.year_on_year([asked], wells)
    names = dict(ManagementUnit.objects.values_list("pk", "name"))
    by_pk = {well.pk: well for well in wells}
    context = {
        "quarters": [(f"{year}{code}", f"{year} {LevelPeriod(code).label}") for year, code in choices],
        "asked": f"{asked[0]}{asked[1]}",
        "units": [
            (c.key[0], names[c.key[0]], SourceKind(c.key[1]).label, c, (c.fall_m or 0) > 0)
            for c in compared.units
            if c.key[0] in visible
        ],
        "wells": [(by_pk[c.key], c, (c.fall_m or 0) > 0) for c in compared.wells if by_pk[c.key].unit_id in visible],
    }
    return render(request, "quota/unit_levels.html", context)


# --- entering ---------------------------------------------------------------------------------------------------------


def _enter(
    request: HttpRequest, pk: int, form: Any, run: Callable[[ManagementUnit, dict[str, Any]], Any], *, title: Any, done: Any,
    submit: Any = None,
) -> HttpResponse:  # fmt: skip
    found = _unit(request, pk, Right.QUOTA_CHANGE)
    given = (request.POST, request.FILES) if request.method == "POST" else (None, None)
    initial = {"source_kind": request.GET["source"]} if "source" in request.GET else None
    return act(
        request,
        form(*given, unit=found, initial=initial),
        lambda typed: run(found, typed),
        title=title,
        about=found.name,
        back=reverse("unit-state", args=[pk]),
        submit=submit,
        done=done,
    )


@CHANGE
def unit_well_new(request: HttpRequest, pk: int) -> HttpResponse:
    """A monitoring well."""
    return _enter(
        request, pk, unit_forms.WellForm, lambda u, typed: unit_services.add_well(request.actor, u, **typed),
        title=_("Add a monitoring well"), done=_("Saved."),
    )  # fmt: skip


@CHANGE
def unit_well_end(request: HttpRequest, pk: int) -> HttpResponse:
    """A monitoring well no longer counts."""
    return _enter(
        request, pk, unit_forms.WellEndForm, lambda u, typed: unit_services.end_well(request.actor, typed["well"], day=typed["day"]),
        title=_("End a monitoring well"), done=_("Saved."),
    )  # fmt: skip


@CHANGE
def unit_reading_new(request: HttpRequest, pk: int) -> HttpResponse:
    """A depth read by hand."""
    return _enter(
        request, pk, unit_forms.ReadingForm,
        lambda u, typed: unit_services.add_reading(request.actor, typed.pop("well"), **typed),
        title=_("Enter a depth read by hand"), done=_("Saved."),
    )  # fmt: skip


@CHANGE
def unit_indicator_new(request: HttpRequest, pk: int) -> HttpResponse:
    """A level indicator by its document."""
    return _enter(
        request, pk, unit_forms.IndicatorForm, lambda u, typed: unit_services.propose_indicator(request.actor, u, **typed),
        title=_("Enter a level indicator"), done=_("It waits for a second officer."), submit=_("Ask a second officer"),
    )  # fmt: skip


@CHANGE
def unit_order_new(request: HttpRequest, pk: int) -> HttpResponse:
    """An order of a higher authority."""
    return _enter(
        request, pk, unit_forms.OrderForm, lambda u, typed: unit_services.propose_order(request.actor, u, **typed),
        title=_("Enter an order of a higher authority"), done=_("It waits for a second officer."), submit=_("Ask a second officer"),
    )  # fmt: skip


@CHANGE
def unit_order_end(request: HttpRequest, pk: int) -> HttpResponse:
    """An order is ended by a document."""
    return _enter(
        request, pk, unit_forms.OrderEndForm,
        lambda u, typed: unit_services.end_order(request.actor, typed.pop("order"), **typed),
        title=_("End an order"), done=_("Saved."),
    )  # fmt: skip


@CHANGE
def unit_release_new(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask to release a suspension."""
    return _enter(
        request, pk, unit_forms.ReleaseForm, lambda u, typed: unit_services.ask_release(request.actor, u, **typed),
        title=_("Release a suspension"), done=_("It waits for a second officer."), submit=_("Ask a second officer"),
    )  # fmt: skip


@CHANGE
@require_POST
def unit_decide(request: HttpRequest, pk: int) -> HttpResponse:
    """Confirm, refuse or withdraw what waits for a second officer."""
    found = _unit(request, pk, Right.QUOTA_CHANGE)
    model, number = DECIDED.get(request.POST.get("what", "")), whole(request.POST.get("row"))
    row = model.objects.filter(unit=found, pk=number).first() if model and number is not None else None
    if row is None:
        messages.error(request, _("It does not wait for a decision any more."))
        return redirect("unit-state", pk)

    def act() -> None:
        if request.POST.get("do") == "withdraw":
            unit_services.withdraw(request.actor, row)
        else:
            agreed, words = request.POST.get("do") == "confirm", request.POST.get("words", "")[:200]
            unit_services.decide(request.actor, row, agreed=agreed, words=words)

    return replies.second(request, act, "unit-state", pk)


@SEE
def order_paper(request: HttpRequest, pk: int) -> FileResponse:
    """The document of an order."""
    rows = UnitOrder.objects.filter(unit__in=_visible(request))
    row = one(rows if _whole(request) else rows.filter(state=FigureState.BINDING), pk)
    return replies.paper(unit_services.ROOM, row.paper, row.document_number)
