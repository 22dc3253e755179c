"""Pages of the control indicators (控制指标): where a year stands, entering, correcting, the trail of one."""

from decimal import Decimal
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from liangshui.accounting.workbook import workbook
from liangshui.core.access import Right
from liangshui.core.errors import Forbidden, NotFound
from liangshui.core.quantities import M3_PER_WAN
from liangshui.quota import indicator_queries as queries
from liangshui.quota import indicator_services as services
from liangshui.quota import indicator_sheets
from liangshui.quota.forms import IndicatorForm, SheetForm
from liangshui.quota.models import INPUTS, SOURCES, Indicator, IndicatorKind
from liangshui.quota.queries import county
from liangshui.quota.views import sent
from liangshui.quota.workbooks import file_sentence
from liangshui.records.gate import needs
from liangshui.registry.models import ManagementUnit
from liangshui.registry.queries import one
from liangshui.registry.sheets.problems import SheetError
from liangshui.registry.views import act

SEE, CHANGE = needs(Right.QUOTA_VIEW), needs(Right.QUOTA_CHANGE)


def _may(request: HttpRequest) -> bool:
    """Indicators are set for the whole county."""
    return request.actor.territory(Right.QUOTA_CHANGE).holds_path(county().path)


@SEE
def listed(request: HttpRequest) -> HttpResponse:
    """The indicators of a year by place: target, actual, met or not, and the source of each figure."""
    scope = request.scope
    territory = scope.territory(Right.QUOTA_VIEW)
    found = queries.standings(territory, scope.year, scope.today)
    if request.GET.get("export") == "xlsx":
        heads = [
            _("Place"), _("indicator"), _("measure"), _("target"), _("source of the target"), _("actual"),
            _("source of the actual figure"), _("standing"),
        ]  # fmt: skip
        rows = [
            [str(s.place), s.what, s.measure, s.target_written, s.target_source, s.actual_written, s.actual_source, _("open until the year is over") if s.open else WORDS[s.met]()]
            for s in found
        ]  # fmt: skip
        return workbook(_("Control indicators"), str(scope.year), heads, rows)
    places: dict[Any, list[Any]] = {}
    for standing in found:
        places.setdefault(standing.place, []).append(standing)
    context = {
        "places": places.items(),
        "may": _may(request),
        "year": scope.year,
        "year_over": scope.today > scope.period.last,
    }
    return render(request, "quota/indicators.html", context)


WORDS = {True: lambda: _("target met"), False: lambda: _("target not met"), None: lambda: _("not known")}


@CHANGE
def choose(request: HttpRequest) -> HttpResponse:
    """Which indicator is to be entered."""
    if not _may(request):
        raise Forbidden(Right.QUOTA_CHANGE)
    return render(request, "quota/indicator_kinds.html", {"kinds": IndicatorKind, "year": request.scope.year})


@CHANGE
def new(request: HttpRequest, kind: str) -> HttpResponse:
    """Enter an indicator of a kind."""
    if kind not in IndicatorKind.values:
        raise NotFound(kind)
    places = [
        (_code(place), place)
        for place in queries.places(request.actor.territory(Right.QUOTA_CHANGE))
        if kind == IndicatorKind.GROUNDWATER or not isinstance(place, ManagementUnit)
    ]
    return _form(request, IndicatorKind(kind), places, None)


@CHANGE
def correct(request: HttpRequest, pk: int) -> HttpResponse:
    """Enter an indicator anew; the old row is ended and stays to be seen."""
    row: Indicator = one(queries.current(request.actor.territory(Right.QUOTA_CHANGE)).filter(ended_at=None), pk)
    return _form(request, IndicatorKind(row.kind), [(_code(row.place), row.place)], row)


@CHANGE
def upload(request: HttpRequest) -> HttpResponse:
    """Indicators from a workbook: good rows are taken, the others are told by row and column; first only checked, if wanted."""
    if not _may(request):
        raise Forbidden(Right.QUOTA_CHANGE)
    form = SheetForm(request.POST or None, request.FILES or None)
    taken, kept = None, "take" in request.POST
    if request.method == "POST" and form.is_valid():
        try:
            taken = indicator_sheets.take(request.actor, form.cleaned_data["file"].read(), keep=kept)
        except SheetError as error:
            form.add_error("file", file_sentence(error))
    context = {"form": form, "taken": taken, "kept": kept, "year": request.scope.year}
    return render(request, "quota/indicator_upload.html", context)


@SEE
def download(request: HttpRequest) -> HttpResponse:
    """What was entered for the year, in the form that is read back; with `?empty=1` the form to fill in."""
    rows = queries.current(request.scope.territory(Right.QUOTA_VIEW)).filter(year=request.scope.year, ended_at=None)
    empty = "empty" in request.GET
    name = "indicators" if empty else f"indicators-{request.scope.year}"
    return sent(indicator_sheets.write([] if empty else rows.order_by("kind", "pk")), name)


def _code(place: Any) -> str:
    return f"{'unit' if isinstance(place, ManagementUnit) else 'division'}-{place.pk}"


def _form(request: HttpRequest, kind: IndicatorKind, places: list[Any], row: Indicator | None) -> HttpResponse:
    if not _may(request):
        raise Forbidden(Right.QUOTA_CHANGE)
    year = row.year if row else request.scope.year
    initial: dict[str, Any] = {}
    if row:
        initial = {
            name: getattr(row, name)
            for name in ("document", "document_number", "issued_on", "actual_source", *INPUTS.get(kind, ()))
        }
        if row.target is not None:
            initial["target"] = f"{(row.target / M3_PER_WAN if kind in SOURCES else row.target).normalize():f}"
    form = IndicatorForm(
        request.POST if request.method == "POST" else None, kind=kind, places=places, row=row, initial=initial
    )
    return act(
        request,
        form,
        lambda given: services.enter(request.actor, given.pop("place"), year, kind, replaces=row, **given),
        title=_("Correct an indicator") if row else _("Enter an indicator"),
        about=f"{row.what if row else kind.label} · {year}",
        back=reverse("indicator", args=[row.pk]) if row else reverse("indicators"),
        goto=lambda made: reverse("indicator", args=[made.pk]),
        done=_("Saved."),
    )


@SEE
def one_indicator(request: HttpRequest, pk: int) -> HttpResponse:
    """One indicator with all that was ever entered for it."""
    row: Indicator = one(queries.current(request.scope.territory(Right.QUOTA_VIEW)), pk)
    kind = IndicatorKind(row.kind)
    found = queries.standings(request.scope.territory(Right.QUOTA_VIEW), row.year, request.scope.today)
    standing = next((s for s in found if s.indicator == row), None)
    rows = [
        {
            "row": each,
            "target": queries.written(kind, each.target),
            "inputs": [
                (Indicator._meta.get_field(name).verbose_name, f"{Decimal(getattr(each, name)).normalize():f}")
                for name in INPUTS.get(kind, ())
                if getattr(each, name) is not None
            ],
        }
        for each in queries.trail(row)
    ]
    context = {
        "indicator": row, "kind": kind, "standing": standing, "rows": rows, "measure": queries.measure(kind),
        "may": row.ended_at is None and _may(request), "newest": rows[0]["row"],
    }  # fmt: skip
    return render(request, "quota/indicator.html", context)
