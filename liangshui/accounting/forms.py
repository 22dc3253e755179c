"""Forms of the account: the rule in force, and asking for a recomputation."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from liangshui.accounting.codes import Method
from liangshui.accounting.entries import Rule
from liangshui.accounting.models import Split
from liangshui.accounting.sheets.columns import METHODS

DAY = {"widget": forms.DateInput(attrs={"type": "date", "class": "form-control"}, format="%Y-%m-%d")}


class RuleForm(forms.Form):
    """Boundary of the day and order of methods, from the first of a month on, with the reason."""

    valid_from = forms.DateField(label=_("from"), help_text=_("The first of a month."), **DAY)
    boundary_hour = forms.TypedChoiceField(
        label=_("the water day begins at"),
        coerce=int,
        choices=[(0, "00:00"), (8, "08:00")],
        widget=forms.Select(attrs={"class": "form-select"}),
    )
    reason = forms.CharField(label=_("reason"), max_length=200, widget=forms.TextInput(attrs={"class": "form-control"}))

    field_order = ["valid_from", "boundary_hour", *(f"order_{n}" for n in range(1, len(Method) + 1)), "reason"]

    def __init__(self, *args: Any, rule: Rule, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for number, method in enumerate(rule.order, 1):
            self.fields[f"order_{number}"] = forms.ChoiceField(
                label=_("method %(number)s") % {"number": number},
                choices=Method.choices,
                initial=method.value,
                widget=forms.Select(attrs={"class": "form-select"}),
            )
        self.fields["boundary_hour"].initial = rule.boundary_hour
        self.order_fields(self.field_order)

    def order(self) -> list[str]:
        """The methods, best first."""
        return [self.cleaned_data[f"order_{n}"] for n in range(1, len(Method) + 1)]


class RecomputeForm(forms.Form):
    """Which days to compute anew."""

    start = forms.DateField(label=_("from"), **DAY)
    last = forms.DateField(label=_("to, included"), **DAY)

    def clean(self) -> dict[str, Any]:
        """The last day may not lie before the first."""
        data = super().clean() or {}
        if data.get("start") and data.get("last") and data["last"] < data["start"]:
            self.add_error("last", _("The last day lies before the first."))
        return data


class WeightsField(forms.CharField):
    """Twelve numbers, January first, as a list."""

    def to_python(self, value: Any) -> list[int]:
        found = (value or "").replace("，", " ").replace(",", " ").replace("、", " ").split()
        if not found:
            return []
        if len(found) != 12 or not all(each.isdigit() for each in found) or not any(int(each) for each in found):
            raise forms.ValidationError(
                _("Write twelve whole numbers, January first, such as 0 0 0 5 20 25 20 15 10 5 0 0.")
            )
        return [int(each) for each in found]


YEAR = {"min_value": 1990, "max_value": 2100, "required": False}


def asked_of_volumes() -> dict[str, forms.Field]:
    """How volumes of a sheet were found, and what becomes of those of several wells and of long periods."""
    return {
        "method": forms.ChoiceField(
            label=_("how the volumes were found"),
            choices=[("", _("as the file says")), *((c.code, Method(c.code).label) for c in METHODS)],
            required=False,
        ),
        "year": forms.IntegerField(label=_("year of months that name none"), **YEAR),
        "split": forms.ChoiceField(
            label=_("a user's volume over several wells"), choices=Split.choices, required=False,
            help_text=_("What stays with the user counts only in months in which none of the wells has a volume of its own."),
        ),
        "weights": WeightsField(
            label=_("spread a quarter or year over its months"), required=False,
            help_text=_("Twelve numbers, January first; empty: evenly. For display only: the law's measured month is never taken from it."),
        ),
    }  # fmt: skip


def asked_of_energy() -> dict[str, forms.Field]:
    """What a sheet of the power company may leave open."""
    return {"year": forms.IntegerField(label=_("year of months that name none"), **YEAR)}


def asked_of_supplies() -> dict[str, forms.Field]:
    """What a sheet of water passed on may leave open."""
    asked = asked_of_volumes()
    return {name: asked[name] for name in ("method", "year")}


def asked_of_coefficients() -> dict[str, forms.Field]:
    """What a sheet of coefficients may leave open."""
    return {
        "from_day": forms.DateField(label=_("counts from"), required=False),
        "uncertainty_percent": forms.DecimalField(
            label=_("uncertainty, percent"), min_value=0, max_value=99, decimal_places=1, required=False
        ),
    }
