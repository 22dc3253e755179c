"""The form of a command has just the fields that its kind and protocol need."""

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from liangshui.core.periods import BEIJING
from liangshui.gateway.commands.kinds import fields_of
from liangshui.records.forms import dressed

WAITS = ((2, _("2 hours")), (12, _("12 hours")), (48, _("2 days")), (168, _("7 days")))


def _hour(label: Any) -> forms.Field:
    return forms.DateTimeField(
        label=label, widget=forms.DateTimeInput(format="%Y-%m-%dT%H:%M", attrs={"type": "datetime-local"})
    )


def _fields() -> dict[str, forms.Field]:
    by_maker = _("In hexadecimal, by the maker's manual: our reference has no layout for it. Empty if nothing follows.")
    return {
        "type_code": forms.IntegerField(
            label=_("type of values"), min_value=0, max_value=15, initial=3, help_text=_("3 is flow and volume, 2 level, 10 quality.")
        ),
        "afn": forms.RegexField(r"^[0-9A-Fa-f]{2}$", label=_("function code"), help_text=_("Two hexadecimal digits, such as B0.")),
        "data": forms.RegexField(r"^([0-9A-Fa-f]{2}\s*)*$", label=_("bytes behind the code"), required=False, help_text=by_maker),
        "elements": forms.CharField(
            label=_("elements"), help_text=_("Identifiers with blanks between, such as 27 39; others with their definition byte: FF09:22.")
        ),
        "element": forms.CharField(label=_("element"), help_text=_("One identifier, such as 39 (river level).")),
        "start": _hour(_("from")),
        "end": _hour(_("to")),
        "step_min": forms.IntegerField(label=_("step, minutes"), min_value=1, max_value=142_559, initial=60),
        "parameters": forms.CharField(
            label=_("parameters"), help_text=_("Identifier and definition byte of each, such as 20:08 21:08 (tables D.1 and D.4).")
        ),
        "settings": forms.CharField(
            label=_("parameters"),
            widget=forms.Textarea(attrs={"rows": 4}),
            help_text=_(
                "One a line: identifier, definition byte, value. “20 08 1” sets the timed report to every hour; basic parameters "
                "are given in hexadecimal."
            ),
        ),
        "old": forms.RegexField(r"^[0-9A-Fa-f]{4}$", label=_("old password, four hexadecimal digits")),
        "new": forms.RegexField(r"^[0-9A-Fa-f]{4}$", label=_("new password, four hexadecimal digits")),
        "on": forms.TypedChoiceField(
            label=_("on or off"), choices=[("1", _("on")), ("0", _("off"))], coerce=lambda text: text == "1"
        ),
        "switches": forms.RegexField(
            r"^[01](\s+[01])*$", label=_("state of each, number 1 first"), help_text=_("1 is running or open, 0 stopped or shut, such as 1 0.")
        ),
        "openings": forms.RegexField(
            r"^\d{1,4}(\s+\d{1,4})*$", label=_("opening of each gate in cm, number 1 first"), help_text=_("0 is shut.")
        ),
    }  # fmt: skip


class CommandForm(forms.Form):
    """`kind` and `protocol` decide which fields there are; `content` gives them as they are kept."""

    def __init__(self, *args: Any, kind: str, protocol: str, second: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        known = _fields()
        self.names = fields_of(kind, protocol) or ()
        for name in self.names:
            self.fields[name] = known[name]
        self.fields["reason"] = forms.CharField(
            label=_("reason"), max_length=200, required=second, widget=forms.Textarea(attrs={"rows": 2})
        )
        self.fields["hours"] = forms.TypedChoiceField(
            label=_("waits for the station"), choices=WAITS, coerce=int, initial=48, empty_value=48,
            help_text=_("A station that sleeps gets it with its next report."),
        )  # fmt: skip
        dressed(self)

    @property
    def content(self) -> dict[str, Any]:
        return {name: _plain(self.cleaned_data[name]) for name in self.names}

    @property
    def waits(self) -> timedelta:
        return timedelta(hours=self.cleaned_data["hours"])


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return timezone.localtime(value, BEIJING).strftime("%Y-%m-%dT%H:00")
    return value
