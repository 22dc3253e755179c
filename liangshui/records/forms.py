"""How forms look: Tabler's classes on the widgets of any form."""

from typing import Any

from django import forms


def dressed(form: Any) -> Any:
    """The same form, its boxes, lists and ticks with Tabler's classes."""
    for field in form.fields.values():
        if isinstance(field.widget, forms.CheckboxInput | forms.CheckboxSelectMultiple):
            style = "form-check-input"
        elif isinstance(field.widget, forms.Select):
            style = "form-select"
        else:
            style = "form-control"
        field.widget.attrs["class"] = style
    return form
