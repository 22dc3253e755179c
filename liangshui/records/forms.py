"""How forms look: Tabler's classes on the widgets of any form."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _

from liangshui.records import papers


def dressed(form: Any) -> Any:
    """The same form, its boxes, lists and ticks with Tabler's classes."""
    for field in form.fields.values():
        if isinstance(field.widget, forms.CheckboxInput):
            style = "form-check-input"
        elif isinstance(field.widget, forms.Select):
            style = "form-select"
        else:
            style = "form-control"
        field.widget.attrs["class"] = style
    return form


def read_paper(given: Any) -> bytes | None:
    """The bytes of a paper that was sent, which are looked at when they are kept; None: none was. Raises ValidationError: too large."""
    if given is None:
        return None
    if given.size > papers.MOST_BYTES:
        raise forms.ValidationError(_("The file is larger than 20 MB. Scan it at a lower resolution."))
    return bytes(given.read())
