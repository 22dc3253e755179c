"""Forms of the register of filings."""

from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from liangshui.core.access import Actor, Right
from liangshui.permits.rules.filing import What
from liangshui.permits.words import FILINGS
from liangshui.records.forms import PaperField, day_field, dressed
from liangshui.registry.forms import PickField
from liangshui.registry.models import Intake, Project, WaterUser


class FilingForm(forms.Form):
    """What is filed, by whom, for what."""

    what = forms.ChoiceField(label=_("what is filed"), choices=[(w.value, FILINGS[w]) for w in What])
    user = PickField("user", label=_("who files"))
    intake = PickField("intake", label=_("intake"), required=False)
    project = PickField("project", label=_("abstraction project"), required=False)
    words = forms.CharField(
        label=_("what it is about"), max_length=500, widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Where, how much, why; of a well its depth, of an emergency what happened."),
    )  # fmt: skip
    begins = day_field(_("begins on"), help_text=_("Of works or a well: when they are to begin."))
    ends = day_field(_("over on"), help_text=_("Of an emergency; open while it lasts."), required=False)
    filed_on = day_field(_("filed on"))
    number = forms.CharField(
        label=_("filing number"), required=False, max_length=40, help_text=_("Empty: the next one is given.")
    )
    paper = PaperField(label=_("file"), required=False)

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        territory = actor.territory(Right.PERMITS_APPLY)
        for name, model in (("user", WaterUser), ("intake", Intake), ("project", Project)):
            self.fields[name].rows = model.objects.within(territory)  # type: ignore[attr-defined]
        self.fields["filed_on"].initial = timezone.localdate()
        own = list(WaterUser.objects.filter(pk__in=territory.users)[:2])
        if not territory.paths and not territory.everywhere:
            del self.fields["number"], self.fields["filed_on"]
            if len(own) == 1:
                self.fields["user"].initial = own[0]
        dressed(self)


class AnswerFilingForm(forms.Form):
    """What an officer makes of a filing."""

    number = forms.CharField(
        label=_("filing number"), required=False, max_length=40, help_text=_("Empty: the next one is given.")
    )
    answer = forms.CharField(label=_("why it is sent back"), required=False, max_length=300)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        dressed(self)


class FinishForm(forms.Form):
    """When it ended."""

    ends = day_field(_("over on"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["ends"].initial = timezone.localdate()
        dressed(self)
