"""Forms of the supervision of metering."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from liangshui.core.access import Actor, Right
from liangshui.records.forms import day_field, dressed
from liangshui.registry import queries as registry
from liangshui.registry.forms import PickField


class SnoozeForm(forms.Form):
    first = day_field(_("from"))
    last = day_field(_("to"))
    reason = forms.CharField(label=_("reason"), max_length=200)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        dressed(self)


class DemandForm(forms.Form):
    intake = PickField("intake", label=_("intake"))
    what = forms.CharField(label=_("what was asked for"), max_length=200)
    document = forms.CharField(label=_("document number"), max_length=60)
    sent_on = day_field(_("sent on"))
    due_on = day_field(_("to be given by"))

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["intake"].rows = registry.intakes(actor.territory(Right.TELEMETRY_CHANGE))
        dressed(self)
