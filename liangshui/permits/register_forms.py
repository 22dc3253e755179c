"""Forms of the register of permits: ends, restrictions, corrections, permits of other offices, and the settings of the office."""

from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from liangshui.core.access import Actor, Right
from liangshui.permits import offices, queries
from liangshui.permits.case_forms import MONTHS, conditions_field, lines, not_negative, with_months
from liangshui.permits.models import Keeping, Office, Permit, PermitVersion
from liangshui.records.forms import PaperField, day_field, day_input, dressed
from liangshui.registry.forms import PickField
from liangshui.registry.models import Intake, Project


class EndForm(forms.Form):
    end = forms.ChoiceField(
        label=_("why it ends"), choices=Permit.End.choices, help_text=_("A revocation or annulment waits until another officer confirms it.")
    )  # fmt: skip
    day = day_field(_("day"))
    words = forms.CharField(label=_("reason"), max_length=300, widget=forms.Textarea(attrs={"rows": 3}))
    document = forms.CharField(label=_("document"), max_length=120)
    paper = PaperField(label=_("file of the decision"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["day"].initial = timezone.localdate()
        dressed(self)


class RestrictForm(forms.Form):
    """A restriction, or its end: the whole volume lifts it."""

    volume_m3 = forms.DecimalField(label=_("volume a year, m³"), min_value=0, max_digits=15, decimal_places=3)
    day = day_field(_("from"))
    until = day_field(_("last day"), required=False, help_text=_("Left open, it lasts until it is lifted."))
    ground = forms.ChoiceField(label=_("ground by law"), required=False)
    words = forms.CharField(label=_("reason"), max_length=300, widget=forms.Textarea(attrs={"rows": 3}))
    document = forms.CharField(label=_("document"), max_length=120)
    told_on = day_field(
        _("user told in writing on"),
        required=False,
        help_text=_("Before the restriction; its letter is on the page of the permit. Not needed to lift one."),
    )
    urgent = forms.CharField(label=_("why it could not wait for a notice"), required=False, max_length=300)

    def __init__(
        self, *args: Any, grounds: dict[str, str], whole: Decimal | None, told_on: date | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["told_on"].initial = told_on
        self.fields["day"].initial = timezone.localdate()
        self.fields["ground"].choices = [("", "—"), *grounds.items()]  # type: ignore[attr-defined]
        if whole is not None:
            self.fields["volume_m3"].help_text = (
                gettext("The permit allows %s m³; this volume lifts a restriction.") % f"{whole:,.0f}"
            )
        dressed(self)


class KeepForm(forms.Form):
    """Consent that an unused permit is kept."""

    why = forms.ChoiceField(label=_("why it is kept"), choices=Keeping.Why.choices)
    words = forms.CharField(label=_("reason"), max_length=300, widget=forms.Textarea(attrs={"rows": 3}))
    document = forms.CharField(label=_("document"), max_length=120)
    until = day_field(_("kept until"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        dressed(self)


class CorrectForm(forms.ModelForm):
    """What the register says, to be changed by hand."""

    office = forms.CharField(label=_("issuing office"), max_length=60, required=False)
    why = forms.CharField(
        label=_("reason"),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("It stands in the register of overrides, which auditors read."),
    )

    class Meta:
        model = PermitVersion
        fields = [
            "volume_m3", "begins", "expires", "source", "use", "purpose", "return_place", "return_m3", "level_station", "warn_m", "reduce_m",
            "stop_m", "resume_m", "reduced_m3_day",
        ]  # fmt: skip
        widgets = {name: day_input() for name in ("begins", "expires")}

    conditions = conditions_field()
    intakes = forms.ModelMultipleChoiceField(Intake.objects.none(), label=_("intakes that it names"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["volume_m3"] = self.instance.unrestricted_m3
        self.fields["intakes"].queryset = self.instance.permit.project.intakes.all()  # type: ignore[attr-defined]
        self.fields["intakes"].initial = list(self.instance.permit.intakes.all())
        with_months(self, self.instance.months_m3)
        self.fields["conditions"].initial = "\n".join(self.instance.conditions)
        self.fields["level_station"].queryset = queries.level_stations()  # type: ignore[attr-defined]
        not_negative(self)
        self.order_fields(
            ["office", *self.Meta.fields[:6], *MONTHS, *self.Meta.fields[6:], "conditions", "intakes", "why"]
        )
        dressed(self)

    def values(self) -> dict[str, Any]:
        given = {n: v for n, v in self.cleaned_data.items() if n not in MONTHS and n != "why"}
        months = [self.cleaned_data.get(name) for name in MONTHS]
        given["months_m3"] = (
            ["" if m is None else f"{m:f}" for m in months] if any(m is not None for m in months) else []
        )
        given["conditions"] = lines(given["conditions"])
        return given


class EnterForm(forms.ModelForm):
    """A permit that another office issued."""

    project = PickField("project", label=_("abstraction project"))
    number = forms.CharField(label=_("permit number"), max_length=40)
    office = forms.CharField(
        label=_("issuing office"), max_length=60, help_text=_("Such as the city, the region or the basin authority.")
    )
    issued_on = day_field(_("issued on"), required=False)

    class Meta:
        model = PermitVersion
        fields = ["volume_m3", "begins", "expires", "source", "use", "purpose", "return_place", "return_m3"]
        widgets = {name: day_input() for name in ("begins", "expires")}

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["project"].rows = Project.objects.within(actor.territory(Right.PERMITS_REVIEW))  # type: ignore[attr-defined]
        not_negative(self)
        self.order_fields(["project", "number", "office", "issued_on", *self.Meta.fields])
        dressed(self)

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        if given.get("begins") and given.get("expires") and given["expires"] < given["begins"]:
            self.add_error("expires", gettext("The permit ends before it begins."))
        return given


class OfficeForm(forms.ModelForm):
    class Meta:
        model = Office
        fields = [
            "accepting", "reviewing", "deciding", "promised_check_days", "promised_decide_days", "name", "sign", "phone",
            "review_name", "review_sign", "review_phone", "review_body", "court",
        ]  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in offices.PARTS:
            self.fields[name].queryset = self.fields[name].queryset.filter(kind__in=offices.AUTHORITIES)  # type: ignore[attr-defined]
            self.fields[name].empty_label = _("the bureau, as the rights say")  # type: ignore[attr-defined]
        dressed(self)


class LetterFormForm(forms.Form):
    paper = forms.FileField(label=_("your own form (docx)"), widget=forms.ClearableFileInput(attrs={"accept": ".docx"}))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        dressed(self)
