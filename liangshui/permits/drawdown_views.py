"""Whom a new well would touch: drawdown around it, by what is known of the aquifer."""

import json
from typing import Any

from django.forms import model_to_dict
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from liangshui.core.access import Right
from liangshui.permits import drawdown as queries
from liangshui.permits.aquifer_models import AquiferFigures
from liangshui.permits.aquifer_services import enter_figures
from liangshui.permits.drawdown_forms import RANGES, DrawdownForm, FiguresForm
from liangshui.permits.rules.drawdown import DAYS_OF_YEAR, Aquifer, Drawdown, Step, drawdown, seasons
from liangshui.permits.views import SEE, _whole_county
from liangshui.quota.queries import county
from liangshui.records.gate import needs
from liangshui.registry.views import act

NEAREST_M = 1
"""Nearer than this two wells are one; in a well itself the formula says nothing."""

CURVE_FROM_M, CURVE_POINTS = 10, 25


@SEE
def look_ahead(request: HttpRequest) -> HttpResponse:
    """Drawdown at the wells around a new well after some years, least to most. A first look, no ground of a decision alone."""
    place, on = _whole_county(request), timezone.localdate()
    asked = request.GET if "days" in request.GET else None
    form = DrawdownForm(asked, initial=request.GET.dict(), territory=request.actor.territory(Right.REGISTRY_VIEW))
    context: dict[str, Any] = {
        "form": form,
        "may_change": request.actor.territory(Right.QUOTA_CHANGE).holds_path(place.path),
        "entered": [
            (each, *_words(model_to_dict(each)))
            for each in AquiferFigures.objects.on(on).select_related("unit", "entered_by")
        ],
    }
    if form.is_valid():
        given = form.cleaned_data
        known = None if form.typed else queries.figures_on(given["unit"], given["source"], on)
        context |= {
            "asked": given,
            "source_label": dict(form.fields["source"].choices)[given["source"]],
            "known": known,
        }
        if form.typed or known is not None:
            known_as = given if known is None else model_to_dict(known)
            context |= _result(request, given, queries.aquifer_of(known_as))
            context["transmissivity"], context["storativity"] = _words(known_as)
    return render(request, "permits/drawdown.html", context)


def _words(given: dict[str, Any]) -> list[str]:
    """Both ranges as one reads them: 0.0005 – 0.002 – 0.01."""
    return [" – ".join(f"{given[name].normalize():f}" for name in names) for names in RANGES]


def _result(request: HttpRequest, given: dict[str, Any], aquifer: Aquifer) -> dict[str, Any]:
    steps = seasons(float(given["volume_m3"]), given["days"], given["years"])
    season_end = (given["years"] - 1) * DAYS_OF_YEAR + given["days"]
    radius_m = given["radius_km"] * 1000
    found = queries.around(
        request.actor.territory(Right.REGISTRY_VIEW), given["longitude"], given["latitude"], radius_m, given["source"],
        given["intake"],
    )  # fmt: skip
    rests = given["days"] < DAYS_OF_YEAR
    rows = [(well, *_at(steps, aquifer, well.distance_m, season_end, rests, given["years"])) for well in found.wells]
    # nearest first is by drawdown, too: the same rate falls less farther off
    ratio = max(radius_m / CURVE_FROM_M, 1) ** (1 / (CURVE_POINTS - 1))
    curve = [
        (m, drawdown(steps, aquifer, m, season_end)) for m in (CURVE_FROM_M * ratio**n for n in range(CURVE_POINTS))
    ]
    return {
        "around": found, "rows": rows, "rests": rests, "curve": curve,
        "chart": _chart(curve, rows), "rate_m3_d": steps[0].change_m3_d,
    }  # fmt: skip


def _at(
    steps: tuple[Step, ...], aquifer: Aquifer, distance_m: float, season_end: int, rests: bool, years: int
) -> tuple[Drawdown | None, Drawdown | None]:
    """At the end of the last season, and of the rest after it; None where the formula says nothing."""
    if distance_m < NEAREST_M:
        return None, None
    end = drawdown(steps, aquifer, distance_m, season_end)
    return end, drawdown(steps, aquifer, distance_m, years * DAYS_OF_YEAR) if rests else end


def _chart(curve: list[tuple[float, Drawdown]], rows: list[Any]) -> str:
    """Drawdown, downwards, against distance: lines of least, best and most, and the wells on the best."""
    lines = [
        {
            "type": "line", "name": name, "showSymbol": False, "lineStyle": {"type": kind}, "itemStyle": {"color": colour},
            "data": [[round(m), round(getattr(fall, which), 3)] for m, fall in curve],
        }
        for which, name, kind, colour in (
            ("least_m", _("least"), "dotted", "#8a8f98"),
            ("best_m", _("best"), "solid", "#1f6fb2"),
            ("most_m", _("most"), "dashed", "#3a4c63"),
        )
    ]  # fmt: skip
    wells = [
        {"name": well.intake.name, "value": [round(well.distance_m), round(fall.best_m, 3)]}
        for well, fall, _rest in rows
        if fall is not None and well.distance_m >= CURVE_FROM_M
    ]
    return json.dumps(
        {
            "animation": False,
            "grid": {"left": 60, "right": 20, "top": 36, "bottom": 48},
            "legend": {"top": 0, "left": 0},
            "tooltip": {"trigger": "item"},
            "toolbox": {"feature": {"saveAsImage": {"title": _("Save as picture")}}},
            "xAxis": {
                "type": "log", "name": _("distance, m"), "nameLocation": "middle", "nameGap": 28, "position": "bottom",
                "min": CURVE_FROM_M, "max": round(curve[-1][0]), "axisLine": {"onZero": False},
            },
            "yAxis": {"type": "value", "name": _("drawdown, m"), "inverse": True, "min": 0, "nameLocation": "middle", "nameGap": 36},
            "series": [*lines, {"type": "scatter", "name": _("wells around"), "symbolSize": 6, "data": wells, "itemStyle": {"color": "#c2570c"}}],
        },
        ensure_ascii=False,
    )  # fmt: skip


@needs(Right.QUOTA_CHANGE)
def figures(request: HttpRequest) -> HttpResponse:
    """What is known of a unit's aquifer, entered with its paper; it holds from a day on and ends what held before."""
    request.actor.require(Right.QUOTA_CHANGE, path=county().path)
    given = {name: request.GET[name] for name in ("unit", "source") if name in request.GET}
    return act(
        request,
        FiguresForm(request.POST if request.method == "POST" else None, initial=given),
        lambda data: enter_figures(request.actor, **data),
        title=_("Figures of an aquifer"),
        back=reverse("drawdown"),
        done=_("Saved. They hold for every look-ahead in this unit from now on."),
    )
