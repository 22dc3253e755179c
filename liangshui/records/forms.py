"""How forms look: Tabler's classes on the widgets of any form."""

from decimal import Decimal
from typing import Any

from django import forms
from django.core.validators import MinValueValidator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from liangshui.records import papers


def dressed(form: Any) -> Any:
    """The same form, its boxes, lists and ticks with Tabler's classes. A least value that only means “more than nothing” is said so."""
    for field in form.fields.values():
        for rule in field.validators:
            if (
                isinstance(rule, MinValueValidator)
                and isinstance(rule.limit_value, Decimal)
                and 0 < rule.limit_value < 1
            ):
                rule.message = gettext_lazy("Enter a number above zero.")
        if isinstance(field.widget, forms.CheckboxInput | forms.CheckboxSelectMultiple):
            style = "form-check-input"
        elif isinstance(field.widget, forms.Select):
            style = "form-select"
        else:
            style = "form-control"
        field.widget.attrs["class"] = style
    return form


class PaperField(forms.FileField):
    """A document of which the bytes are wanted; what it holds is looked at when it is kept (records/papers.py)."""

    widget = forms.FileInput

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("help_text", gettext_lazy("PDF, photo, Word or Excel without macros, up to 20 MB."))
        super().__init__(**kwargs)
        self.widget.attrs["accept"] = papers.ACCEPT

    def clean(self, data: Any, initial: Any = None) -> bytes | None:
        given = super().clean(data, initial)
        if not given:
            return None
        if given.size > papers.MOST_BYTES:
            raise forms.ValidationError(_("The file is larger than 20 MB. Scan it at a lower resolution."))
        return bytes(given.read())


def day_input() -> forms.DateInput:
    """A box in which a day is picked."""
    return forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})


def day_field(label: Any, **kwargs: Any) -> forms.DateField:
    """A day, picked."""
    return forms.DateField(label=label, widget=day_input(), **kwargs)


class DocumentForm(forms.Form):
    """By which document something is entered (records/second.py)."""

    document = forms.CharField(label=gettext_lazy("title of the document"), max_length=120)
    document_number = forms.CharField(label=gettext_lazy("document number"), max_length=60)
    issued_on = day_field(gettext_lazy("document of"))
    paper = PaperField(label=gettext_lazy("the document itself"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        dressed(self)
