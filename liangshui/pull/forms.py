"""Form of a source."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from liangshui.core.access import Territory
from liangshui.pull.models import SourceKindOf
from liangshui.records.forms import dressed
from liangshui.registry.codes import DivisionLevel
from liangshui.registry.models import Division


class SourceForm(forms.Form):
    """A source: how it is asked, what its rows mean, and for which area it may bring anything."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=60)
    kind = forms.ChoiceField(label=gettext_lazy("Kind"), choices=SourceKindOf.choices)
    division = forms.ModelChoiceField(
        Division.objects.none(), label=gettext_lazy("Area"),
        help_text=gettext_lazy("What lies outside of it is refused."), empty_label=None,
    )  # fmt: skip
    every_min = forms.IntegerField(label=gettext_lazy("Every, minutes"), min_value=1, max_value=43_200, initial=60)
    mapping = forms.CharField(
        label=gettext_lazy("Mapping"), strip=False, widget=forms.Textarea(attrs={"rows": 18, "spellcheck": "false"}),
        help_text=gettext_lazy("Where it is, how it is asked, what its rows mean. Choose a kind for an example."),
    )  # fmt: skip
    secret = forms.CharField(
        label=gettext_lazy("Password or key"), required=False, max_length=500,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=gettext_lazy("Kept encrypted and never shown. Empty keeps the one there is. For basic sign-in: name:password."),
    )  # fmt: skip

    def __init__(self, *args: Any, territory: Territory, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        levels = [DivisionLevel.COUNTY, DivisionLevel.TOWN, DivisionLevel.AREA]
        self.fields["division"].queryset = Division.objects.within(territory).filter(level__in=levels)
        dressed(self)
        self.fields["mapping"].widget.attrs["class"] += " hex"
