"""Forms of the campaign."""

from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from liangshui.core.access import Actor, Right
from liangshui.permits.models import Sighting
from liangshui.permits.words import SORTED
from liangshui.records.forms import day_field, day_input, dressed
from liangshui.registry.forms import PickField, division_choices
from liangshui.registry.models import Intake


class SightingForm(forms.ModelForm):
    """What was found, usable on a phone at the place."""

    photo = forms.FileField(
        label=_("photo or paper"), required=False, widget=forms.ClearableFileInput(attrs={"accept": "image/*,.pdf"})
    )

    class Meta:
        model = Sighting
        fields = ["division", "longitude", "latitude", "kind", "how", "seen_on", "words"]
        widgets = {
            "seen_on": day_input(),
            "words": forms.Textarea(attrs={"rows": 3}),
        }

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["division"].queryset = division_choices(actor.territory(Right.SIGHTINGS_ENTER))  # type: ignore[attr-defined]
        self.fields["seen_on"].initial = timezone.localdate()
        dressed(self)


class AnswerForm(forms.Form):
    outcome = forms.ChoiceField(label=_("what it came to"), choices=Sighting.Outcome.choices)
    intake = PickField("intake", label=_("intake"), required=False)
    answer = forms.CharField(label=_("why"), required=False, max_length=300)

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["intake"].rows = Intake.objects.within(actor.territory(Right.PERMITS_REVIEW))  # type: ignore[attr-defined]
        dressed(self)


class SortingForm(forms.Form):
    decided = forms.ChoiceField(
        label=pgettext_lazy("intake", "decided"), choices=[(each.value, words) for each, words in SORTED.items()]
    )
    words = forms.CharField(label=_("reason"), max_length=300, widget=forms.Textarea(attrs={"rows": 3}))
    until = day_field(_("to be done by"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        dressed(self)
