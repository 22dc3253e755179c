"""Forms of the ledger of allotments."""

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from liangshui.core.access import Territory
from liangshui.core.quantities import M3_PER_WAN
from liangshui.quota.indicator_queries import measure
from liangshui.quota.models import (
    AT_LEAST,
    INPUTS,
    LEDGER_TARGETS,
    SINGLE,
    SOURCES,
    Indicator,
    IndicatorKind,
    SavingMeasure,
)
from liangshui.quota.norm_forms import NormField, worth_field
from liangshui.quota.norm_words import brief, value_of
from liangshui.quota.queries import no_unit
from liangshui.quota.rules.closing import Node
from liangshui.quota.rules.norms import Measure, Worth
from liangshui.quota.split_queries import Basis
from liangshui.quota.transfer_queries import shares
from liangshui.quota.words import PARTS
from liangshui.records.forms import DocumentForm, PaperField, day_field, dressed
from liangshui.registry.codes import GROUNDWATER, Sector, SourceKind
from liangshui.registry.forms import PickField
from liangshui.registry.models import Division, Intake, ManagementUnit, WaterUser


def user_of(text: str) -> WaterUser:
    """The water user of a code or an exact name."""
    found = WaterUser.objects.filter(code=text).first() or WaterUser.objects.filter(name=text).first()
    if found is None:
        raise forms.ValidationError(_("No water user has this code or name."))
    return found


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
    village = forms.CharField(
        label=_("Village"), required=False, help_text=_("Code or exact name; only for a part of a water user’s share.")
    )
    intake = forms.CharField(
        label=_("Intake"), required=False, help_text=_("Its code; only for a part of a water user’s share.")
    )
    change = forms.DecimalField(
        label=_("Change, 10⁴ m³"),
        max_digits=14,
        decimal_places=7,
        help_text=_("More: positive. Less: negative, such as -2.5."),
    )
    counts_from = day_field(_("Counts from"))
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
        return user_of(text) if text else None

    def clean_village(self) -> Division | None:
        text = self.cleaned_data["village"].strip()
        if not text:
            return None
        villages = Division.objects.filter(level="village")
        found = villages.filter(code=text).first() or villages.filter(name=text).first()
        if found is None:
            raise forms.ValidationError(_("No village has this code or name."))
        return found

    def clean_intake(self) -> Intake | None:
        text = self.cleaned_data["intake"].strip()
        if not text:
            return None
        found = Intake.objects.filter(code=text).first()
        if found is None:
            raise forms.ValidationError(_("No intake has this code."))
        return found

    def clean_change(self):
        return self.cleaned_data["change"] * M3_PER_WAN

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        kind = given.get("source_kind")
        if kind and kind not in GROUNDWATER and given.get("unit") and given.get("change", 0) > 0:
            self.add_error("unit", no_unit(kind))
        return given

    @property
    def node(self) -> Node:
        """The node that is meant."""
        given = self.cleaned_data
        return Node(
            given["unit"].pk if given["unit"] else None,
            given["town"].pk if given["town"] else None,
            given["sector"] or None,
            *(given[axis].pk if given[axis] else None for axis in ("user", "village", "intake")),
        )


class AllotmentFileForm(DocumentForm):
    """A workbook of allotments; number, day and paper of the document are asked of control totals only."""

    field_order = ("file", "counts_from")

    file = forms.FileField(
        label=_("Workbook"),
        help_text=_("Columns: source, management unit, town, use, water user, village, intake code, volume."),
    )
    counts_from = day_field(_("Counts from"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("document", "document_number", "issued_on"):
            self.fields[name].required = False
        self.fields["document_number"].help_text = self.fields["issued_on"].help_text = _(
            "Needed where the sheet sets a total of the county or of a management unit."
        )


class SheetForm(forms.Form):
    """A workbook that is taken row by row (taking.py)."""

    file = forms.FileField(
        label=_("Workbook"), widget=forms.FileInput(attrs={"class": "form-control", "accept": ".xlsx,.xls,.csv"})
    )


COUNTS = {Basis.AREA: Measure.MU, Basis.POPULATION: Measure.PERSON}
"""In what the quota of a basis counts."""


class SplitForm(forms.Form):
    """What is split along which axis, by what. Asked by address, so that a proposal can be sent to a colleague."""

    node = forms.ChoiceField(label=_("What is split"))
    along = forms.ChoiceField(label=_("Among"), choices=list(PARTS.items()))
    basis = forms.ChoiceField(label=_("By"), choices=Basis.choices)
    chosen, worth = NormField(), worth_field()
    norm = forms.DecimalField(
        label=_("Quota"),
        required=False,
        min_value=Decimal("0.001"),
        max_digits=9,
        decimal_places=3,
        help_text=_("m³ per mu a year for areas, litres per person a day for population."),
    )
    norm_document = forms.CharField(label=_("Document of the quota"), required=False, max_length=80)
    keep = forms.DecimalField(
        label=_("Keep in reserve, 10⁴ m³"), required=False, min_value=0, max_digits=14, decimal_places=7
    )
    step = forms.ChoiceField(
        label=_("Round to"),
        required=False,
        choices=[("1", "1 m³"), ("100", "100 m³"), ("1000", "1,000 m³"), ("10000", "10,000 m³")],
    )

    def __init__(self, *args: Any, nodes: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["node"].choices = nodes
        dressed(self)

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if given.get("basis") in COUNTS and (chosen := given.get("chosen")):
            if chosen.measure != COUNTS[given["basis"]]:
                self.add_error("chosen", _("This quota counts in something else than the basis."))
            worth = given.get("worth") or Worth.GENERAL
            given["norm"], given["norm_document"] = value_of(chosen, worth), brief(chosen, worth)
        elif given.get("norm_document"):
            given["norm_document"] = _("%s (typed)") % given["norm_document"]
        if given.get("basis") in COUNTS:
            for name in ("norm", "norm_document"):
                if name not in self.errors and not given.get(name):
                    self.add_error(name, _("This basis needs a quota and the document that sets it."))
        if (given.get("basis") == Basis.AREA and given.get("along") == "sector") or (
            given.get("basis") == Basis.POPULATION and given.get("along") not in ("town", "village")
        ):
            self.add_error("basis", _("These parts cannot be told by this basis. Choose another one."))
        return given


class RegistrationForm(forms.Form):
    """Which permit was changed after a transfer, on which day, by which document."""

    end = forms.ChoiceField(label=_("Permit"))
    day = day_field(_("Day"))
    document = forms.CharField(
        label=_("Document of the change"), max_length=120, help_text=_("Number of the case or of the changed permit.")
    )

    def __init__(self, *args: Any, ends: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["end"].choices = ends
        dressed(self)


class SharesForm(forms.Form):
    """By which document and from when the shares count."""

    counts_from = day_field(_("Counts from"))
    document = forms.CharField(label=_("Document"), max_length=120)
    reason = forms.CharField(label=_("Reason"), required=False, max_length=100)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        dressed(self)


class IndicatorForm(forms.Form):
    """Target of an indicator and what is typed of its actual figure, as its kind asks; volumes in 10⁴ m³."""

    place = forms.ChoiceField(label=_("Place"))
    source_kind = forms.ChoiceField(label=_("Source"), required=False)
    sector = forms.ChoiceField(label=_("Use"), required=False)
    target = forms.DecimalField(label=_("Target"), required=False, min_value=0, max_digits=14, decimal_places=4)
    document = forms.CharField(label=_("Title of the document"), required=False, max_length=120)
    document_number = forms.CharField(label=_("Document number"), required=False, max_length=60)
    issued_on = day_field(_("Document of"), required=False)
    amount_10k_yuan = forms.DecimalField(
        label=_("Amount, 10⁴ yuan"), required=False, min_value=Decimal("0.0001"), max_digits=16, decimal_places=4
    )
    base_m3_per_10k_yuan = forms.DecimalField(
        label=_("Use in the base year, m³ per 10⁴ yuan"),
        required=False,
        min_value=Decimal("0.0001"),
        max_digits=12,
        decimal_places=4,
    )
    base_year = forms.IntegerField(label=_("Base year"), required=False, min_value=1990, max_value=2100)
    net_m3 = forms.DecimalField(
        label=_("Net water in the root zone, m³"), required=False, min_value=0, max_digits=16, decimal_places=3
    )
    gross_m3 = forms.DecimalField(
        label=_("Gross water at the head, m³"), required=False, min_value=0, max_digits=16, decimal_places=3
    )
    actual = forms.DecimalField(label=_("Reached"), required=False, min_value=0, max_digits=10, decimal_places=4)
    actual_source = forms.CharField(
        label=_("Where the figures come from"),
        required=False,
        max_length=200,
        help_text=_("Such as the statistical bulletin, or the report of the test areas."),
    )

    def __init__(
        self,
        *args: Any,
        kind: IndicatorKind,
        places: list[tuple[str, Any]],
        row: Indicator | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.kind, inputs = kind, INPUTS.get(kind, ())
        told_by = {"source_kind": SINGLE.get(kind, ()), "sector": Sector.values if kind in SOURCES else ()}
        for name, codes in (("source_kind", SourceKind), ("sector", Sector)):
            if not told_by[name]:
                del self.fields[name]
                continue
            # which indicator it is does not change by correcting it
            known = [getattr(row, name)] if row else ["", *(each for each in codes.values if each in told_by[name])]
            self.fields[name].choices = [(each, codes(each).label if each else _("all")) for each in known]
        self._places = dict(places)
        self.fields["place"].choices = [(code, str(place)) for code, place in places]
        for name in ("amount_10k_yuan", "base_m3_per_10k_yuan", "base_year", "net_m3", "gross_m3", "actual"):
            if name not in inputs:
                del self.fields[name]
        if not inputs:
            del self.fields["actual_source"]
        unit = measure(kind)
        self.fields["target"].label = f"{_('Target')} {'≥' if kind in AT_LEAST else '≤'}{f' ({unit})' if unit else ''}"
        if kind in LEDGER_TARGETS:
            self.fields["target"].help_text = _("Only where the ledger of allotments has none.")
        if kind in (IndicatorKind.GDP_FALL, IndicatorKind.INDUSTRY_FALL):
            self.fields["amount_10k_yuan"].help_text = _("At constant prices of the base year.")
        if kind in (IndicatorKind.PER_INDUSTRY, IndicatorKind.INDUSTRY_FALL):
            self.fields["amount_10k_yuan"].label = _("Industrial value added, 10⁴ yuan")
        elif "amount_10k_yuan" in self.fields:
            self.fields["amount_10k_yuan"].label = _("GDP, 10⁴ yuan")
        dressed(self)

    def clean_place(self) -> Any:
        return self._places[self.cleaned_data["place"]]

    def clean_target(self) -> Decimal | None:
        target = self.cleaned_data["target"]
        return target * M3_PER_WAN if target is not None and self.kind in SOURCES else target


class TransferForm(forms.Form):
    """Who gives how much of which share to whom. `share` is fixed where the page of a share was left for it."""

    source_kind = forms.ChoiceField(label=_("Source"), choices=SourceKind.choices)
    giver = PickField("user", label=_("Giver"))
    receiver = PickField("user", label=_("Receiver"))
    measure = forms.ChoiceField(label=_("By what water was saved"), choices=[("", "—"), *SavingMeasure.choices])
    measure_words = forms.CharField(
        label=_("How it was saved"),
        required=False,
        max_length=200,
        help_text=_("Such as drip irrigation on 500 mu, or cooling water used again."),
    )
    saved = forms.DecimalField(
        label=_("Saved a year, 10⁴ m³"),
        min_value=Decimal("0.0000001"),
        max_digits=14,
        decimal_places=7,
        help_text=_("As measured or assessed by the evidence; what is only not used yet is not saved."),
    )
    evidence = forms.CharField(
        label=_("Evidence of the saving"),
        max_length=120,
        help_text=_(
            "Title and number of the assessment, acceptance or water balance test. Several transfers of one saving name the same."
        ),
    )
    paper = PaperField(label=_("File"), required=False)
    volume = forms.DecimalField(
        label=_("Volume, 10⁴ m³"), min_value=Decimal("0.0000001"), max_digits=14, decimal_places=7
    )
    counts_from = day_field(_("Counts from"))
    document = forms.CharField(
        label=_("Document"), max_length=120, help_text=_("The agreement, or the application to approve it.")
    )
    price_note = forms.CharField(label=_("Price and terms"), required=False, max_length=200)

    def __init__(self, *args: Any, share: tuple[str, Node] | None, year: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._share, self._year = share, year
        for name in ("giver", "receiver"):
            self.fields[name].rows = WaterUser.objects.all()
        if share:
            del self.fields["source_kind"], self.fields["giver"]
        dressed(self)

    def clean_volume(self) -> Decimal:
        return self.cleaned_data["volume"] * M3_PER_WAN

    def clean_saved(self) -> Decimal:
        return self.cleaned_data["saved"] * M3_PER_WAN

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if self._share:
            given["source_kind"], given["giver"] = self._share
        elif given.get("giver") and given.get("source_kind"):
            own = [node for node in shares(self._year, given["source_kind"]) if node.user == given["giver"].pk]
            if len(own) != 1:
                self.add_error(
                    "giver",
                    _(
                        "It has several shares of this source. Open the one that gives among the red lines, and transfer from there."
                    )
                    if own
                    else _("The giver has no such share of this year. Allot it one first, or choose another source."),
                )
            else:
                given["giver"] = own[0]
        return given
