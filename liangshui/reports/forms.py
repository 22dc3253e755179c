"""Forms of tables for superiors."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from liangshui.accounting.codes import Method
from liangshui.records.forms import day_field, dressed
from liangshui.registry.codes import Sector, SourceKind
from liangshui.registry.models import Division
from liangshui.reports import words
from liangshui.reports.models import PeriodKind
from liangshui.reports.rules.mapping import FILTERS, Says

XLSX = {"accept": ".xlsx,.xls,application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}


class TableForm(forms.Form):
    """A table's name, to whom it is owed, and when."""

    name = forms.CharField(label=gettext_lazy("Table"), max_length=100)
    office = forms.CharField(label=gettext_lazy("Owed to"), max_length=100, required=False)
    due_day = forms.IntegerField(
        label=gettext_lazy("Due on day"), required=False, min_value=1, max_value=31,
        help_text=gettext_lazy("Day of the month after the period; empty if no day is set."),
    )  # fmt: skip
    active = forms.BooleanField(label=gettext_lazy("In use"), required=False, initial=True)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        dressed(self)


class NewTableForm(TableForm):
    """A new table, by its empty workbook."""

    file = forms.FileField(
        label=gettext_lazy("Empty workbook"), widget=forms.ClearableFileInput(attrs=XLSX),
        help_text=gettext_lazy("As the superior gave it (.xlsx), without figures. Its look, formulas and print settings stay."),
    )  # fmt: skip
    mapping = forms.FileField(
        label=gettext_lazy("Mapping"), required=False,
        help_text=gettext_lazy("A file (.yaml) of this table from another county, if you have one. Without it one is proposed."),
    )  # fmt: skip
    field_order = ["file", "name", "office", "due_day", "mapping"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self.fields["active"]
        self.fields["name"].required = False
        self.fields["name"].help_text = _("Empty: the name of the file.")

    def clean_mapping(self) -> str:
        file = self.cleaned_data["mapping"]
        if not file:
            return ""
        try:
            return str(file.read(1_000_000).decode("utf-8-sig"))
        except UnicodeDecodeError as error:
            raise ValidationError(_("The mapping is no text in UTF-8.")) from error


class WorkbookForm(forms.Form):
    """A new empty workbook of the same table."""

    file = forms.FileField(label=gettext_lazy("Empty workbook"), widget=forms.ClearableFileInput(attrs=XLSX))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        dressed(self)


def _choices(known: dict[str, Any], first: Any) -> list[tuple[str, Any]]:
    return [("", first), *known.items()]


class MarkForm(forms.Form):
    """What the chosen cells of a table are."""

    sheet = forms.CharField(widget=forms.HiddenInput)
    at = forms.CharField(label=gettext_lazy("Chosen"), max_length=40)
    figure = forms.ChoiceField(label=gettext_lazy("Figure"), required=False)
    text = forms.ChoiceField(label=gettext_lazy("Or words"), required=False)
    town = forms.ChoiceField(label=gettext_lazy("Town"), required=False)
    source = forms.MultipleChoiceField(
        label=gettext_lazy("Source"), required=False, widget=forms.CheckboxSelectMultiple
    )
    sector = forms.MultipleChoiceField(label=gettext_lazy("Use"), required=False, widget=forms.CheckboxSelectMultiple)
    span = forms.ChoiceField(label=gettext_lazy("Of which time"), required=False)
    measure = forms.ChoiceField(label=gettext_lazy("Unit"), required=False)
    places = forms.IntegerField(label=gettext_lazy("Decimals"), required=False, min_value=0, max_value=6)
    each = forms.ChoiceField(label=gettext_lazy("Repeat this row for"), required=False)
    method = forms.MultipleChoiceField(
        label=gettext_lazy("Only by method"), required=False, widget=forms.CheckboxSelectMultiple
    )
    kind = forms.ChoiceField(label=gettext_lazy("One thing alone"), required=False)
    thing = forms.CharField(label=gettext_lazy("Its code or name"), required=False, max_length=100)

    def __init__(self, *args: Any, towns: Iterable[Division] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = {
            "figure": _choices(words.FIGURES, "—"), "text": _choices(words.TEXTS, "—"),
            "town": [("", "—"), *((town.name, town.name) for town in towns)],
            "source": SourceKind.choices, "sector": Sector.choices, "method": Method.choices,
            "span": _choices(words.SPANS, "—"), "measure": _choices(words.MEASURES, "—"),
            "each": _choices(words.EACH, _("no, it is one row")),
            "kind": [("", "—"), *((k, v) for k, v in words.FILTERS.items() if k != "town")],
        }  # fmt: skip
        for name, known in choices.items():
            self.fields[name].choices = known
        dressed(self)
        for name in ("source", "sector", "method"):
            self.fields[name].widget.attrs["class"] = "form-check-input"

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        if data.get("figure") and data.get("text"):
            raise ValidationError(_("A cell is a figure or words, not both."))
        if bool(data.get("kind")) != bool(data.get("thing")):
            raise ValidationError(_("Say which one it is: kind, and code or name."))
        return data

    def says(self) -> Says:
        """What the officer said."""
        data = self.cleaned_data
        named = dict.fromkeys(FILTERS, "") | {"town": data["town"]}
        if data["kind"]:
            named[data["kind"]] = data["thing"].strip()
        return Says(
            figure=data["figure"], text=data["text"], source=tuple(data["source"]), sector=tuple(data["sector"]),
            method=tuple(data["method"]), span=data["span"], measure=data["measure"], places=data["places"], **named,
        )  # fmt: skip


class MappingForm(forms.Form):
    """The mapping as text."""

    mapping = forms.CharField(
        label=gettext_lazy("Mapping"), widget=forms.Textarea(attrs={"rows": 18, "spellcheck": "false"}), strip=False
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        dressed(self)
        self.fields["mapping"].widget.attrs["class"] += " hex"


class FillForm(forms.Form):
    """The period to fill: a day within it."""

    day = forms.DateField()


class CellForm(forms.Form):
    """A cell written over by hand."""

    value = forms.CharField(label=gettext_lazy("Value"), max_length=200, required=False)
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=200)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        dressed(self)


class ExportForm(forms.Form):
    """An export of another system, its mapping and its period."""

    file = forms.FileField(
        label=gettext_lazy("File of the other system"),
        help_text=gettext_lazy("As it was exported: .xlsx, .xls or .csv."),
    )
    known = forms.ChoiceField(label=gettext_lazy("Which system"), required=False)
    mapping = forms.CharField(
        label=gettext_lazy("Mapping"), required=False, widget=forms.Textarea(attrs={"rows": 8, "spellcheck": "false"}), strip=False,
        help_text=gettext_lazy("Which headings are what. Change it where your file has other headings; keep it for next time."),
    )  # fmt: skip
    kind = forms.ChoiceField(label=gettext_lazy("Period"), choices=PeriodKind.choices, initial="year")
    day = day_field(gettext_lazy("A day of the period"))

    def __init__(self, *args: Any, known: dict[str, Any], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["known"].choices = [(slug, each.name) for slug, each in known.items()]
        dressed(self)
        self.fields["mapping"].widget.attrs["class"] += " hex"

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        if not data.get("known") and not data.get("mapping", "").strip():
            self.add_error("mapping", _("Choose a system, or say which headings are what."))
        return data
