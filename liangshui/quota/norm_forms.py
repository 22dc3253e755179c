"""Forms of quotas of use, and the boxes by which other forms choose one."""

from decimal import Decimal
from typing import Any

from django import forms
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from liangshui.quota.models import Norm
from liangshui.quota.norm_queries import offered
from liangshui.quota.norm_words import WORTHS, label, reckoned
from liangshui.quota.rules.norms import Worth
from liangshui.records.forms import DocumentForm, day_field, dressed
from liangshui.registry.forms import PickInput


class NormInput(PickInput):
    """Offers quotas as one types."""

    def address(self) -> str:
        return reverse("norm-pick") + (f"?measure={self.what}" if self.what else "")


class NormField(forms.CharField):
    """A quota of the table as it stands today, by what is offered (“#12 玉米 180”) or by a name that only it has."""

    def __init__(self, measure: str = "", **kwargs: Any) -> None:
        super().__init__(
            widget=NormInput(measure),
            label=_("quota of the table"), required=False,
            help_text=_("Type a part of its name or of the trade’s code, and choose. Empty: a quota is typed below."), **kwargs,
        )  # fmt: skip
        self.measure = measure

    def prepare_value(self, value: Any) -> Any:
        return label(value) if isinstance(value, Norm) else value

    def clean(self, value: Any) -> Norm | None:
        text = (super().clean(value) or "").strip()
        if not text:
            return None
        rows = offered(text.split(" ", 1)[0] if text.startswith("#") else text, self.measure)
        found = list(rows.filter(what=text)[:2]) or list(rows[:2])
        if len(found) != 1:
            raise forms.ValidationError(
                gettext("Several quotas are called %(text)s; choose one that is offered.") % {"text": text}
                if found
                else gettext("No quota that holds today is called %(text)s; choose one that is offered.")
                % {"text": text}
            )
        return found[0]


def worth_field() -> forms.ChoiceField:
    """Which value of a quota."""
    choices = [(worth.value, words) for worth, words in WORTHS.items()]
    return forms.ChoiceField(label=_("value of the quota"), choices=choices, required=False, initial=Worth.GENERAL)


class ByNorm(forms.Form):
    """Boxes of a form that asks for the volume by quota (`quota_m3`, `quota_basis`): quota of the table × amount, or a volume typed with
    its source. What is chosen stands before what is typed."""

    norm = NormField()
    worth = worth_field()
    norm_amount = forms.DecimalField(
        label=_("amount"), required=False, min_value=0, max_digits=15, decimal_places=6,
        help_text=_("So many mu, persons, heads, units of product or m², as the quota counts."),
    )  # fmt: skip

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or self.cleaned_data
        norm, amount = given.get("norm"), given.get("norm_amount")
        if norm and amount is None:
            self.add_error("norm_amount", gettext("Say how many of them."))
        elif norm:
            given["quota_m3"], given["quota_basis"] = reckoned(norm, given.get("worth") or Worth.GENERAL, amount)
        return given


class NormDocumentForm(DocumentForm):
    """A document that sets quotas."""

    valid_from = day_field(_("in force from"))
    valid_to = day_field(_("no longer in force from"), required=False)


class NormForm(forms.ModelForm):
    """A row of the document."""

    value = forms.DecimalField(label=_("general value"), min_value=Decimal("0.000001"), max_digits=13, decimal_places=6)
    advanced = forms.DecimalField(
        label=_("advanced value"), required=False, min_value=0, max_digits=13, decimal_places=6,
        help_text=_("Only where the document has both."),
    )  # fmt: skip

    class Meta:
        model = Norm
        fields = ["measure", "what", "trade_code", "conditions", "product_unit", "value", "advanced", "place"]
        help_texts = {
            "measure": _("Land: m³ a mu. Persons and heads: litres a day. Products: m³ a unit. Green space: m³ a m² and year."),
            "conditions": _("Region, type of year, way of watering."), "product_unit": _("Only of a product, such as t."),
        }  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        dressed(self)

    def _post_clean(self) -> None:
        """The service says what cannot be, not the model."""


class NormEndForm(forms.Form):
    """From when a document no longer holds."""

    day = day_field(_("no longer in force from"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        dressed(self)
