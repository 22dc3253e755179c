"""Forms of the ledger of allotments."""

from django import forms
from django.utils.translation import gettext_lazy as _

from liangshui.core.access import Territory
from liangshui.core.quantities import M3_PER_WAN
from liangshui.registry.codes import Sector, SourceKind
from liangshui.registry.models import Division, ManagementUnit, WaterUser


class AllotForm(forms.Form):
    """A change of one node, in 10⁴ m³ as documents state it."""

    source_kind = forms.ChoiceField(label=_("Source"), choices=SourceKind.choices)
    unit = forms.ModelChoiceField(
        ManagementUnit.objects.all(), label=_("Management unit"), required=False, empty_label=_("all")
    )
    town = forms.ModelChoiceField(Division.objects.none(), label=_("Town"), required=False, empty_label=_("all"))
    sector = forms.ChoiceField(label=_("Use"), choices=[("", _("all")), *Sector.choices], required=False)
    user = forms.CharField(
        label=_("Water user"), required=False, help_text=_("Code or exact name; empty for the whole node.")
    )
    change = forms.DecimalField(
        label=_("Change, 10⁴ m³"),
        max_digits=14,
        decimal_places=7,
        help_text=_("More: positive. Less: negative, such as -2.5."),
    )
    counts_from = forms.DateField(
        label=_("Counts from"), widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
    )
    document = forms.CharField(label=_("Document"), required=False, max_length=120)
    reason = forms.CharField(label=_("Reason"), required=False, max_length=200)

    def __init__(self, *args, territory: Territory, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["town"].queryset = Division.objects.within(territory).filter(level__in=["town", "area"])
        for field in self.fields.values():
            css = "form-select" if isinstance(field, forms.ChoiceField) else "form-control"
            field.widget.attrs.setdefault("class", css)

    def clean_user(self) -> WaterUser | None:
        text = self.cleaned_data["user"].strip()
        if not text:
            return None
        found = WaterUser.objects.filter(code=text).first() or WaterUser.objects.filter(name=text).first()
        if found is None:
            raise forms.ValidationError(_("No water user has this code or name."))
        return found

    def clean_change(self):
        return self.cleaned_data["change"] * M3_PER_WAN


class AllotmentFileForm(forms.Form):
    """A workbook of allotments."""

    file = forms.FileField(
        label=_("Workbook"), help_text=_("Columns: source, management unit, town, use, water user, volume.")
    )
    counts_from = forms.DateField(
        label=_("Counts from"),
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date", "class": "form-control"}),
    )
    document = forms.CharField(label=_("Document"), required=False, max_length=120)
