"""Forms of monitoring: they parse and show; what may be, is decided by the services."""

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from liangshui.core.access import Actor, Right
from liangshui.records.forms import day_field, dressed
from liangshui.registry import queries as registry
from liangshui.registry.forms import PickField, Plain, division_choices
from liangshui.registry.models import Division
from liangshui.telemetry.codes import Protocol, Quantity
from liangshui.telemetry.models import Station, StationModel


class StationPlain(Plain):
    """Choices narrowed to where the actor may change stations."""

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, actor=actor, **kwargs)
        may_change = actor.territory(Right.TELEMETRY_CHANGE)
        for field in self.fields.values():  # type: ignore[attr-defined]
            if isinstance(field, PickField):
                field.rows = registry.intakes(may_change)
            elif isinstance(field, forms.ModelChoiceField) and getattr(field.queryset, "model", None) is Division:
                field.queryset = division_choices(may_change)


class AdoptForm(StationPlain, forms.Form):
    """Few questions, filled in as far as the frames tell."""

    division = forms.ModelChoiceField(Division.objects.none(), label=_("town or village"))
    intake = PickField("intake", label=_("intake"), required=False)
    name = forms.CharField(label=_("name"), max_length=100)
    protocol = forms.ChoiceField(label=_("protocol"), choices=Protocol.choices)
    channel = forms.IntegerField(label=_("channel"), min_value=1, max_value=32, initial=1)
    interval_min = forms.IntegerField(label=_("reports every, minutes"), min_value=1, max_value=44_640, initial=60)
    model = forms.ModelChoiceField(StationModel.objects.all(), label=_("device model"), required=False)


class StationForm(StationPlain, forms.ModelForm):
    model_name = forms.CharField(
        label=_("device model"),
        required=False,
        max_length=60,
        help_text=_("Stations of one model share an element map. A new name makes a new model."),
    )

    class Meta:
        model = Station
        fields = [
            "name", "division", "protocol", "answer_form", "password", "interval_min", "series_time_is_end", "active",
        ]  # fmt: skip
        help_texts = {
            "password": _(
                "Four hexadecimal characters as the station sends them. Frames with another are kept, not answered."
            ),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.model and not self.is_bound:
            self.initial["model_name"] = self.instance.model.name


class LinkForm(StationPlain, forms.Form):
    intake = PickField("intake", label=_("intake"))
    channel = forms.IntegerField(label=_("channel"), min_value=1, max_value=32, initial=1)
    since = forms.DateTimeField(label=_("from"), required=False, help_text=_("Empty: from now on."))


class MapForm(StationPlain, forms.Form):
    element = forms.CharField(label=_("element id"), max_length=24)
    quantity = forms.ChoiceField(label=_("quantity"), choices=Quantity.choices)
    channel = forms.IntegerField(label=_("channel"), min_value=1, max_value=32, initial=1)
    factor = forms.DecimalField(
        label=_("factor"),
        max_digits=15,
        decimal_places=6,
        initial=Decimal(1),
        help_text=_("Value as sent × factor = value in the unit of the quantity. A flow in m³/s takes 3600."),
    )
    for_model = forms.BooleanField(label=_("for all stations of the device model"), required=False)


class EvidenceForm(forms.Form):
    """Which days, and what for."""

    first = day_field(_("from"))
    last = day_field(_("to"))
    reason = forms.CharField(label=_("what it is for"), max_length=200)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        dressed(self)
