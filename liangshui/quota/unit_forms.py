"""Forms of management units; a kind of groundwater is chosen in each, since shallow and deep have indicators of their own."""

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from liangshui.quota.unit_models import (
    GROUNDWATER_CHOICES,
    LevelMeasure,
    LevelPeriod,
    LevelWell,
    OrderGround,
    UnitOrder,
)
from liangshui.quota.words import USES
from liangshui.records.forms import PaperField, day_field, dressed
from liangshui.registry.models import ManagementUnit
from liangshui.telemetry.models import Series


def _source(*, required: bool = True) -> forms.ChoiceField:
    choices = GROUNDWATER_CHOICES if required else [("", _("all groundwater")), *GROUNDWATER_CHOICES]
    return forms.ChoiceField(label=_("source"), choices=choices, required=required)


class UnitForm(forms.Form):
    """Any form about a unit."""

    def __init__(self, *args: Any, unit: ManagementUnit, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.unit = unit
        self.narrow()
        dressed(self)

    def narrow(self) -> None:
        """Choices of this unit only."""

    def _wells(self) -> QuerySet[LevelWell]:
        return LevelWell.objects.current().filter(unit=self.unit)


class SeriesField(forms.ModelChoiceField):
    def label_from_instance(self, obj: Any) -> str:
        return f"{obj.station.name} · {obj.get_quantity_display()}"


class WellForm(UnitForm):
    source_kind = _source()
    name = forms.CharField(label=_("name"), max_length=60)
    series = SeriesField(
        Series.objects.none(), label=_("series of a station"), required=False, empty_label=_("none, read by hand")
    )
    ground_m = forms.DecimalField(
        label=_("height of the ground, m"), required=False, max_digits=8, decimal_places=3,
        help_text=_("Needed only where depth and level are told from each other."),
    )  # fmt: skip
    weight = forms.DecimalField(
        label=_("weight"), initial=1, max_digits=7, decimal_places=3, help_text=_("In the mean of the unit.")
    )
    valid_from = day_field(_("counts from"))

    def narrow(self) -> None:
        self.fields["series"].queryset = Series.objects.filter(quantity__in=["depth_m", "level_m"]).select_related(
            "station"
        )
        self.fields["valid_from"].initial = timezone.localdate().replace(month=1, day=1)


class WellEndForm(UnitForm):
    well = forms.ModelChoiceField(LevelWell.objects.none(), label=_("monitoring well"))
    day = day_field(_("no longer counts from"))

    def narrow(self) -> None:
        self.fields["well"].queryset = self._wells()


class ReadingForm(UnitForm):
    well = forms.ModelChoiceField(LevelWell.objects.none(), label=_("monitoring well"))
    day = day_field(_("day"))
    depth_m = forms.DecimalField(label=_("depth below ground, m"), max_digits=7, decimal_places=3)
    read_by = forms.CharField(label=pgettext_lazy("level", "read by"), max_length=40)
    note = forms.CharField(label=_("note"), max_length=200, required=False)

    def narrow(self) -> None:
        self.fields["well"].queryset = self._wells()
        self.fields["day"].initial = timezone.localdate()


class IndicatorForm(UnitForm):
    source_kind = _source()
    well = forms.ModelChoiceField(
        LevelWell.objects.none(), label=_("monitoring well"), required=False, empty_label=_("weighted mean of all wells of the unit"),
    )  # fmt: skip
    year = forms.IntegerField(label=_("year"), min_value=2000, max_value=2100)
    period = forms.ChoiceField(label=_("period"), choices=LevelPeriod.choices)
    measure = forms.ChoiceField(label=_("measure"), choices=LevelMeasure.choices)
    threshold_m = forms.DecimalField(label=_("threshold, m"), max_digits=8, decimal_places=3)
    document = forms.CharField(label=_("title of the document"), max_length=120)
    document_number = forms.CharField(label=_("document number"), max_length=60)
    issued_on = day_field(_("document of"))

    def narrow(self) -> None:
        self.fields["well"].queryset = self._wells()
        self.fields["year"].initial = timezone.localdate().year


class OrderForm(UnitForm):
    source_kind = _source(required=False)
    authority = forms.CharField(label=_("authority"), max_length=60)
    document = forms.CharField(label=_("title of the document"), max_length=120)
    document_number = forms.CharField(label=_("document number"), max_length=60)
    ground = forms.ChoiceField(
        label=_("ground of the order"), required=False, choices=OrderGround.choices,
        help_text=_("An order refuses an application by itself only where it rests on one of these articles."),
    )  # fmt: skip
    valid_from = day_field(_("from"))
    valid_to = day_field(_("no longer in force from"), required=False)
    spared = forms.MultipleChoiceField(
        label=_("uses spared"), required=False, choices=[(use.value, words) for use, words in USES.items()],
        help_text=_("Hold Ctrl to choose several."),
    )  # fmt: skip
    exceptions = forms.CharField(label=_("exceptions in its words"), max_length=300, required=False)
    paper = PaperField(label=_("file"), required=False)


class OrderEndForm(UnitForm):
    order = forms.ModelChoiceField(UnitOrder.objects.none(), label=_("order of a higher authority"))
    day = day_field(_("no longer in force from"))
    end_document = forms.CharField(label=_("document that ends it"), max_length=120)

    def narrow(self) -> None:
        rows = UnitOrder.objects.filter(unit=self.unit, state="binding")
        self.fields["order"].queryset = rows.exclude(valid_to__lte=timezone.localdate())


class ReleaseForm(UnitForm):
    source_kind = _source()
    reason = forms.CharField(label=_("reason"), max_length=200)
