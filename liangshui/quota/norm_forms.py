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
from liangshui.records import papers
from liangshui.records.forms import dressed
from liangshui.registry.forms import PickInput


def _day(text: Any, *, required: bool = True, help_text: Any = "") -> forms.DateField:
    widget = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
    return forms.DateField(label=text, required=required, widget=widget, help_text=help_text)


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


class NormDocumentForm(forms.Form):
    """A document that sets quotas."""

    document = forms.CharField(label=_("title of the document"), max_length=100)
    document_number = forms.CharField(label=_("document number"), max_length=40)
    issued_on = _day(_("document of"))
    valid_from = _day(_("in force from"))
    valid_to = _day(_("no longer in force from"), required=False)
    paper = forms.FileField(
        label=_("the document itself"), required=False, help_text=_("PDF, photo, Word or Excel without macros, up to 20 MB."),
        widget=forms.ClearableFileInput(attrs={"accept": papers.ACCEPT}),
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        dressed(self)

    def clean_paper(self) -> bytes | None:
        """The bytes of the paper, looked at when they are kept."""
        given = self.cleaned_data["paper"]
        if given is None:
            return None
        if given.size > papers.MOST_BYTES:
            raise forms.ValidationError(gettext("The file is larger than 20 MB. Scan it at a lower resolution."))
        return bytes(given.read())


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


class NormSheetForm(forms.Form):
    """A sheet of quotas."""

    file = forms.FileField(label=_("Workbook"), widget=forms.FileInput(attrs={"accept": ".xlsx,.xls,.csv"}))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        dressed(self)


class NormEndForm(forms.Form):
    """From when a document no longer holds."""

    day = _day(_("no longer in force from"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        dressed(self)
