"""Forms of the look-ahead: where and how much a well is to pump, and what is known of the aquifer."""

from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from liangshui.core.access import Territory
from liangshui.permits.aquifer_models import AQUIFERS, AquiferFigures
from liangshui.permits.queries import unit_at
from liangshui.records.forms import day_input, dressed
from liangshui.registry import queries as registry
from liangshui.registry.forms import PickField
from liangshui.registry.models import ManagementUnit

RANGES = (
    ("transmissivity_low_m2_d", "transmissivity_best_m2_d", "transmissivity_high_m2_d"),
    ("storativity_low", "storativity_best", "storativity_high"),
)
FIGURES = [name for names in RANGES for name in names]


def _order(form: Any, given: dict[str, Any]) -> None:
    """A range runs from least to most."""
    for low, best, high in RANGES:
        figures = [given.get(name) for name in (low, best, high)]
        if None not in figures and figures != sorted(figures):  # type: ignore[type-var]
            form.add_error(best, gettext("The figures run from least to most, above zero."))


class DrawdownForm(forms.Form):
    """A well, its pumping, and how far one looks; the figures of the aquifer only where they are to differ from those entered."""

    intake = PickField("intake", label=_("an existing well"), required=False)
    longitude = forms.FloatField(label=_("longitude"), required=False, min_value=70, max_value=140)
    latitude = forms.FloatField(label=_("latitude"), required=False, min_value=15, max_value=55)
    source = forms.ChoiceField(label=_("source"), choices=AQUIFERS)
    unit = forms.ModelChoiceField(
        ManagementUnit.objects.all(), label=_("management unit"), required=False, empty_label=_("by its outline")
    )
    volume_m3 = forms.DecimalField(
        label=_("volume a year, m³"), min_value=1, max_value=1_000_000_000, max_digits=15, decimal_places=3
    )
    days = forms.IntegerField(label=_("days of pumping a year"), min_value=1, max_value=365)
    years = forms.IntegerField(label=_("years looked ahead"), min_value=1, max_value=50, initial=10)
    radius_km = forms.FloatField(label=_("radius, km"), min_value=0.1, max_value=20, initial=5)

    def __init__(self, *args: Any, territory: Territory, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: dict[str, Any] = self.fields
        fields["intake"].rows = registry.intakes(territory)
        fields["intake"].help_text = _("Its place, source and unit are then taken; else give the place.")
        for name in FIGURES:
            model_field: Any = AquiferFigures._meta.get_field(name)
            fields[name] = model_field.formfield(required=False)
        dressed(self)

    @property
    def of_the_well(self) -> list[Any]:
        return [field for field in self if field.name not in FIGURES]

    @property
    def of_the_aquifer(self) -> list[Any]:
        return [self[name] for name in FIGURES]

    @property
    def typed(self) -> bool:
        """Whether figures of the aquifer are given for this calculation."""
        return self.is_bound and all(self.cleaned_data.get(name) is not None for name in FIGURES)

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        well = given.get("intake")
        if well is not None:
            self._take(well, given)
        elif "intake" not in self.errors:
            for name in ("longitude", "latitude"):
                if given.get(name) is None and name not in self.errors:
                    self.add_error(name, gettext("Give the place, or choose an existing well."))
        if given.get("unit") is None and None not in (given.get("longitude"), given.get("latitude")):
            given["unit"] = unit_at(given["longitude"], given["latitude"])
        missing = [name for name in FIGURES if given.get(name) is None and name not in self.errors]
        if len(missing) < len(FIGURES):
            for name in missing:
                self.add_error(name, gettext("Give all six figures, or none."))
        _order(self, given)
        return given

    def _take(self, well: Any, given: dict[str, Any]) -> None:
        """Place, source and unit of an existing well."""
        if well.longitude is None or well.latitude is None:
            self.add_error("intake", gettext("This well has no place in the ledger."))
        elif well.source.kind not in dict(AQUIFERS):
            self.add_error("intake", gettext("It takes no groundwater."))
        else:
            given |= {
                "longitude": float(well.longitude), "latitude": float(well.latitude), "source": well.source.kind,
                "unit": well.management_unit,
            }  # fmt: skip


class FiguresForm(forms.ModelForm):
    """What is known of a unit's aquifer, from a day on."""

    class Meta:
        model = AquiferFigures
        fields = ["unit", "source", *FIGURES, "document", "valid_from"]
        widgets = {"valid_from": day_input()}
        help_texts = {
            "document": _("Report of a pumping test or survey, with its number and page."),
            "storativity_low": _("Of unconfined water: the specific yield."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["valid_from"].initial = timezone.localdate()
        dressed(self)

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        _order(self, given)
        return given

    def validate_constraints(self) -> None:
        """The service ends the figures before; a second row is no mistake here."""
