"""Forms of the account: the rule in force, and asking for a recomputation."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from liangshui.accounting.codes import Method
from liangshui.accounting.entries import Rule

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

    field_order = ["valid_from", "boundary_hour", "order_1", "order_2", "order_3", "order_4", "order_5", "order_6",
                   "order_7", "reason"]  # fmt: skip

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
