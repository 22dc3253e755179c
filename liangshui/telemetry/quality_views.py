"""Pages of quality control: limits of a series, and edited values."""

from dataclasses import asdict
from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from liangshui.core.access import Right
from liangshui.core.errors import Invalid
from liangshui.records.forms import dressed
from liangshui.registry.queries import one
from liangshui.telemetry import quality, queries
from liangshui.telemetry.models import Series, SeriesEdit
from liangshui.telemetry.views import CHANGE, act, data
from liangshui.telemetry.words import LIMITS


class LimitsForm(forms.Form):
    """Empty leaves a check out; what is as ours is not kept."""

    def __init__(self, *args: Any, limits: dict[str, Any], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, label in LIMITS.items():
            self.fields[name] = forms.FloatField(label=label, required=False, initial=limits[name])
        dressed(self)


class EditForm(forms.Form):
    after = forms.DecimalField(
        label=gettext_lazy("value after"), required=False, max_digits=18, decimal_places=6,
        help_text=gettext_lazy("Empty: the value is left out."),
    )  # fmt: skip
    reason = forms.CharField(label=gettext_lazy("reason"), max_length=200)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        dressed(self)


def _series(request: HttpRequest, pk: int) -> Series:
    return queries.series(request.actor.territory(Right.TELEMETRY_CHANGE), pk)


@CHANGE
def series_limits(request: HttpRequest, pk: int) -> HttpResponse:
    """The limits by which a series is checked."""
    row = _series(request, pk)
    form = LimitsForm(data(request), limits=asdict(quality.limits_of(row)))
    return act(
        request,
        form,
        lambda given: quality.set_limits(request.actor, row.station, row.quantity, given),
        title=_("Limits of quality control"),
        back=reverse("series", args=[pk]),
        done=lambda _made: _("Saved."),
        about=f"{row.station.name} · {row.get_quantity_display()}",
    )


@CHANGE
def series_edit(request: HttpRequest, pk: int, at: int) -> HttpResponse:
    """Another value for an instant."""
    row = _series(request, pk)

    def run(given: dict[str, Any]) -> SeriesEdit:
        after: Decimal | None = given["after"]
        return quality.edit(request.actor, row, at, after, given["reason"])

    return act(
        request,
        EditForm(data(request)),
        run,
        title=_("Edit a value"),
        back=reverse("series", args=[pk]),
        done=lambda _made: _("Edited. The raw value stays, and accounts go by it."),
        about=f"{row.station.name} · {row.get_quantity_display()}",
    )


@CHANGE
@require_POST
def edit_take_back(request: HttpRequest, pk: int) -> HttpResponse:
    """The raw value stands again."""
    rows = SeriesEdit.objects.within(request.actor.territory(Right.TELEMETRY_CHANGE)).select_related(
        "series__station__division"
    )
    row = one(rows, pk)
    try:
        quality.take_back(request.actor, row)
    except Invalid as error:
        messages.error(request, error.message)
    else:
        messages.success(request, _("Taken back."))
    return redirect("series", row.series_id)
