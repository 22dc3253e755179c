"""Forms at the edge."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from liangshui.portal.models import ProblemKind, ProblemState, Publication
from liangshui.records.forms import dressed


class PublicationForm(forms.ModelForm):
    """What everybody may see."""

    class Meta:
        model = Publication
        fields = [
            "office", "phone", "number", "name", "village", "purpose", "holder", "permit", "permitted", "share",
        ]  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        dressed(self)


class ProblemForm(forms.Form):
    """What somebody reports. `website` is for robots: people do not see it."""

    kind = forms.ChoiceField(label=gettext_lazy("What is it about?"), choices=ProblemKind.choices)
    words = forms.CharField(
        label=gettext_lazy("What did you see?"),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 4, "maxlength": 500}),
    )
    phone = forms.CharField(
        label=gettext_lazy("Your phone, if you want to be called"), max_length=30, required=False,
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "tel"}),
    )  # fmt: skip
    photo = forms.FileField(
        label=gettext_lazy("Photo"), required=False, widget=forms.ClearableFileInput(attrs={"accept": "image/*"})
    )
    website = forms.CharField(required=False)
    token = forms.CharField(required=False, widget=forms.HiddenInput)


class AnswerForm(forms.Form):
    """How far a problem is, and what the person is told."""

    state = forms.ChoiceField(
        label=gettext_lazy("How far it is"), choices=[c for c in ProblemState.choices if c[0] != ProblemState.NEW]
    )
    answer = forms.CharField(
        label=gettext_lazy("What the person who reported it is told"), max_length=500, required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        dressed(self)
