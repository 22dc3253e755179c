"""Forms of plans, their lines, studies, and of a first answer."""

from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from liangshui.conformity.models import Opinion, Plan, PlanLine, Study, StudyFigure
from liangshui.conformity.queries import cases_under_review, places, plans
from liangshui.core.access import Actor, Right
from liangshui.permits.forms import KNOWN, PlaceForm
from liangshui.permits.rules.gate import Use
from liangshui.quota.norm_forms import NormField, worth_field
from liangshui.quota.norm_words import worth_of
from liangshui.records.forms import PaperField, day_field, dressed
from liangshui.registry.queries import projects

YEARS = {"min_value": 2000, "max_value": 2100}


def _plain(value: Any) -> Any:
    """A stored figure without the noughts that its column adds."""
    return value if value is None else f"{value.normalize():f}"


class PlanForm(forms.ModelForm):
    abstracts = forms.NullBooleanField(
        label=gettext_lazy("takes its water itself"), required=False,
        widget=forms.Select(choices=[("unknown", KNOWN[0][1]), ("true", KNOWN[1][1]), ("false", KNOWN[2][1])]),
        help_text=gettext_lazy("From a river, lake or underground, not from a public network: then it needs a permit."),
    )  # fmt: skip
    first_year = forms.IntegerField(label=gettext_lazy("first year of the plan"), **YEARS)
    last_year = forms.IntegerField(label=gettext_lazy("last year of the plan"), **YEARS)

    class Meta:
        model = Plan
        fields = [
            "name", "kind", "division", "management_unit", "applicant", "first_year", "last_year", "on_top", "abstracts",
            "large_change", "note",
        ]  # fmt: skip
        help_texts = {
            "on_top": gettext_lazy("Not ticked: what is entered is all that the place will use, today’s use included."),
            "management_unit": gettext_lazy("With a unit only its groundwater is counted."),
        }

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["division"].queryset = places(actor.territory(Right.QUOTA_CHANGE))
        dressed(self)

    def _post_clean(self) -> None:
        """The service says what cannot be, not the model."""


class LineForm(forms.ModelForm):
    """A line of a plan. A quota chosen from the table brings its unit, value and source; one that is typed says its source."""

    norm, worth = NormField(), worth_field()
    year = forms.IntegerField(label=gettext_lazy("year"), **YEARS)
    amount = forms.DecimalField(label=gettext_lazy("amount"), min_value=0, max_digits=15, decimal_places=6)
    quota = forms.DecimalField(
        label=gettext_lazy("quota"), required=False, min_value=0, max_digits=13, decimal_places=6,
        help_text=gettext_lazy(
            "Persons and heads: litres a day. Land: m³ a mu. Products: m³ a unit. Green space: m³ a m² and year."
        ),
    )  # fmt: skip
    coefficient = forms.DecimalField(
        label=gettext_lazy("irrigation coefficient"), required=False, max_digits=7, decimal_places=6,
        help_text=gettext_lazy("Only where the quota counts in the field: it is divided by it. Empty: the quota counts at the intake."),
    )  # fmt: skip

    class Meta:
        model = PlanLine
        fields = [
            "year",
            "sector",
            "what",
            "measure",
            "amount",
            "product_unit",
            "quota",
            "source",
            "coefficient",
            "coefficient_source",
        ]
        help_texts = {
            "source": gettext_lazy("Document, number, table or page."),
            "coefficient_source": gettext_lazy("Document, number, table or page."),
            "product_unit": gettext_lazy("Only of a product, such as t."),
        }

    field_order = ["year", "sector", "norm", "worth"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("amount", "quota", "coefficient"):
            self.initial[name] = _plain(self.initial.get(name))
        if self.instance.norm is not None:
            self.initial["norm"] = self.instance.norm
            self.initial["worth"] = worth_of(self.instance.norm, self.instance.quota)
        for name in ("what", "measure", "source"):  # the table of quotas may say them
            self.fields[name].required = False
        dressed(self)

    def _post_clean(self) -> None:
        """The service says what cannot be, not the model."""


class StudyForm(forms.ModelForm):
    owed_since = day_field(gettext_lazy("owed since"), initial=timezone.localdate)

    class Meta:
        model = Study
        fields = ["kind", "subject", "plan", "project", "division", "owed_since", "ground"]
        help_texts = {"ground": gettext_lazy("The article or document by which it is owed.")}

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        here = actor.territory(Right.QUOTA_CHANGE)
        self.fields["division"].queryset = places(here)
        self.fields["plan"].queryset = plans(here)
        self.fields["project"].queryset = projects(here)
        dressed(self)

    def _post_clean(self) -> None:
        """The service says what cannot be, not the model."""


class StudyCaseForm(forms.ModelForm):
    """To which application a study belongs."""

    class Meta:
        model = Study
        fields = ["case"]

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["case"]
        field.queryset = cases_under_review(actor)
        field.label_from_instance = lambda case: f"{case.number} · {case.applicant.name} · {case.name or case.purpose}"
        field.empty_label = _("to none")
        dressed(self)

    def _post_clean(self) -> None:
        """The service says what cannot be, not the model."""


class _StepForm(forms.Form):
    on = day_field(gettext_lazy("date"), initial=timezone.localdate)
    number = forms.CharField(label=gettext_lazy("document number"), max_length=60, required=False)
    paper = PaperField(label=gettext_lazy("the document itself"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        dressed(self)


class HandInForm(_StepForm):
    """A study was handed in."""


class ReviewForm(_StepForm):
    """The opinion of the review."""

    opinion = forms.ChoiceField(label=gettext_lazy("opinion"), choices=Opinion.choices)
    text = forms.CharField(
        label=gettext_lazy("words of the opinion"),
        max_length=500,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    field_order = ["opinion", "text", "on", "number", "paper"]


class StudyFigureForm(forms.ModelForm):
    class Meta:
        model = StudyFigure
        fields = ["name", "value", "unit"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        dressed(self)

    def _post_clean(self) -> None:
        """The service says what cannot be, not the model."""


# --- first answer ---


class AnswerForm(PlaceForm):
    """What an investor asks for, and what an officer knows of the place."""

    applicant = forms.CharField(label=gettext_lazy("who asks"), required=False, max_length=100)
    project = forms.CharField(label=gettext_lazy("project"), required=False, max_length=100)
    field_order = (
        "applicant", "project", *(name for name in PlaceForm.field_order if name != "unit"), "design_capacity_m3",
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["use"].initial = Use.INDUSTRY.value
