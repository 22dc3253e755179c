"""Levels of management units and their states: monitoring wells, indicators, orders, releases (水位控制指标、单元状态)."""

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from liangshui.records.fields import VolumeField
from liangshui.records.models import PERSON, Dated, Located, SecondOfficer
from liangshui.registry.codes import SourceKind
from liangshui.registry.models import ManagementUnit
from liangshui.telemetry.models import Series

GROUNDWATER_CHOICES = [(each.value, each.label) for each in (SourceKind.SHALLOW, SourceKind.DEEP)]


def _source_kind() -> models.CharField:
    return models.CharField(_("source"), max_length=20, choices=GROUNDWATER_CHOICES, default=SourceKind.SHALLOW)


class LevelWell(Dated):
    """A monitoring well (监测井) by which the level of a unit is judged: by a series of a station, by hand, or by both.

    `ground_m` is the height of the ground, by which depth and level are told from each other; `weight` counts in the unit's mean.
    """

    within_division = "unit__division__path"

    unit = models.ForeignKey(
        ManagementUnit, models.PROTECT, related_name="level_wells", verbose_name=_("management unit")
    )
    source_kind = _source_kind()
    name = models.CharField(_("name"), max_length=60)
    series = models.ForeignKey(
        Series, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("series of a station")
    )
    ground_m = models.DecimalField(_("height of the ground, m"), max_digits=8, decimal_places=3, null=True, blank=True)
    weight = models.DecimalField(_("weight"), max_digits=7, decimal_places=3, default=1)
    entered_by = models.ForeignKey(settings.AUTH_USER_MODEL, verbose_name=_("entered by"), **PERSON)

    class Meta(Dated.Meta):
        verbose_name = _("monitoring well")
        ordering = ["name"]
        constraints = [
            *Dated.Meta.constraints,
            models.CheckConstraint(condition=Q(weight__gt=0), name="quota_levelwell_weight"),
        ]

    def __str__(self) -> str:
        return self.name


class LevelReading(Located):
    """A depth read by hand; only ever added. Of one day the last entered counts, and only where the station has no value."""

    within_division = "well__unit__division__path"

    well = models.ForeignKey(LevelWell, models.PROTECT, related_name="readings", verbose_name=_("monitoring well"))
    day = models.DateField(_("day"))
    depth_m = models.DecimalField(_("depth below ground, m"), max_digits=7, decimal_places=3)
    note = models.CharField(_("note"), max_length=200, blank=True)
    read_by = models.CharField(pgettext_lazy("level", "read by"), max_length=40)
    entered_by = models.ForeignKey(settings.AUTH_USER_MODEL, verbose_name=_("entered by"), **PERSON)
    entered_at = models.DateTimeField(_("entered"))

    class Meta:
        verbose_name = _("reading of a level")
        ordering = ["day", "pk"]

    def __str__(self) -> str:
        return f"{self.well_id} {self.day}"


class LevelPeriod(models.TextChoices):
    """The period of a level indicator; codes as in rules/levels.py."""

    Q1 = "Q1", _("quarter 1")
    Q2 = "Q2", _("quarter 2")
    Q3 = "Q3", _("quarter 3")
    Q4 = "Q4", _("quarter 4")
    M01 = "M01", _("January")
    M02 = "M02", _("February")
    M03 = "M03", _("March")
    M04 = "M04", _("April")
    M05 = "M05", _("May")
    M06 = "M06", _("June")
    M07 = "M07", _("July")
    M08 = "M08", _("August")
    M09 = "M09", _("September")
    M10 = "M10", _("October")
    M11 = "M11", _("November")
    M12 = "M12", _("December")
    YEAR = "Y", _("whole year")


class LevelMeasure(models.TextChoices):
    """How a threshold is written."""

    DEPTH = "depth", _("depth, not deeper than")
    LEVEL = "level", _("level, not lower than")


class LevelIndicator(SecondOfficer, Located):
    """A water-level indicator (水位控制指标, 地下水管理条例 17) of a unit, or of one of its wells, for a period, by a document.

    Of one period the last confirmed holds.
    """

    within_division = "unit__division__path"

    unit = models.ForeignKey(
        ManagementUnit, models.PROTECT, related_name="level_indicators", verbose_name=_("management unit")
    )
    source_kind = _source_kind()
    well = models.ForeignKey(
        LevelWell, models.PROTECT, null=True, blank=True, related_name="indicators", verbose_name=_("monitoring well")
    )
    year = models.PositiveSmallIntegerField(_("year"))
    period = models.CharField(_("period"), max_length=3, choices=LevelPeriod, default=LevelPeriod.Q1)
    measure = models.CharField(_("measure"), max_length=5, choices=LevelMeasure, default=LevelMeasure.DEPTH)
    threshold_m = models.DecimalField(_("threshold, m"), max_digits=8, decimal_places=3)
    document = models.CharField(_("title of the document"), max_length=120)
    document_number = models.CharField(_("document number"), max_length=60)
    issued_on = models.DateField(_("document of"))

    class Meta(SecondOfficer.Meta):
        verbose_name = _("level indicator")
        ordering = ["-year", "period", "pk"]

    def __str__(self) -> str:
        return f"{self.unit_id} {self.year} {self.period}"


class OrderGround(models.TextChoices):
    """What an order says that it rests on; only an article of a law or regulation carries a refusal by it (law README 1.14)."""

    GROUNDWATER = "GW-025 (1)", _("against the groundwater total or level (Groundwater Regulation 25 (1))")
    BASIN = "YR-051", _("overloaded area of the Yellow River basin (Yellow River Protection Law 51)")
    OTHER = "", _("another ground: a person decides on each application")


class UnitOrder(SecondOfficer, Dated):
    """An order of a higher authority (上级暂停审批文件) that suspends new groundwater in a unit, with its exceptions."""

    within_division = "unit__division__path"

    unit = models.ForeignKey(ManagementUnit, models.PROTECT, related_name="orders", verbose_name=_("management unit"))
    source_kind = models.CharField(_("source"), max_length=20, choices=GROUNDWATER_CHOICES, blank=True)
    authority = models.CharField(_("authority"), max_length=60)
    document = models.CharField(_("title of the document"), max_length=120)
    document_number = models.CharField(_("document number"), max_length=60)
    ground = models.CharField(_("ground of the order"), max_length=12, choices=OrderGround, blank=True)
    spared: Any = models.JSONField(_("uses spared"), default=list)
    exceptions = models.CharField(_("exceptions in its words"), max_length=300, blank=True)
    paper = models.CharField(_("file"), max_length=60, blank=True)
    end_document = models.CharField(_("document that ends it"), max_length=120, blank=True)

    class Meta(SecondOfficer.Meta):
        verbose_name = _("order of a higher authority")
        ordering = ["-valid_from", "-pk"]
        constraints = [*Dated.Meta.constraints, *SecondOfficer.Meta.constraints]

    def __str__(self) -> str:
        return self.document_number


class UnitStateEntry(Dated):
    """State of a unit and a kind of groundwater, from a day to a day; its figures and reasons by day are `UnitStateDay`.

    Written when the state changes. `grounds` suspend it; of them `waits` may be released. Of one day the last state counts.
    """

    within_division = "unit__division__path"

    unit = models.ForeignKey(ManagementUnit, models.PROTECT, related_name="states", verbose_name=_("management unit"))
    source_kind = _source_kind()
    kind = models.CharField(_("state"), max_length=10)
    grounds: Any = models.JSONField(_("grounds"), default=list)
    waits: Any = models.JSONField(_("grounds that may be released"), default=list)

    class Meta(Dated.Meta):
        verbose_name = _("state of a management unit")
        ordering = ["-valid_from", "-pk"]
        constraints = [
            *Dated.Meta.constraints,
            models.UniqueConstraint(
                fields=["unit", "source_kind"], condition=Q(valid_to__isnull=True), name="quota_one_state"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.unit_id} {self.kind}"


class UnitStateDay(Located):
    """Figures and reasons of a state from a day on, until the next of them; written when they change, m³ a year. Of one day the last
    count."""

    within_division = "entry__unit__division__path"

    entry = models.ForeignKey(UnitStateEntry, models.CASCADE, related_name="days", verbose_name=_("state"))
    day = models.DateField(_("day"))
    control_m3 = VolumeField(_("control total"), null=True, blank=True)
    permitted_m3 = VolumeField(_("permitted"), null=True, blank=True)
    pumped_m3 = VolumeField(_("pumped"), null=True, blank=True)
    reason: Any = models.JSONField(_("reason"), default=list)

    class Meta:
        verbose_name = _("state of a management unit by day")
        ordering = ["day"]
        constraints = [models.UniqueConstraint(fields=["entry", "day"], name="quota_one_state_a_day")]

    def __str__(self) -> str:
        return f"{self.entry_id} {self.day}"


class Release(SecondOfficer, Located):
    """Release of a suspension (解除暂停): asked for by an officer with a reason, confirmed by a second."""

    within_division = "unit__division__path"

    unit = models.ForeignKey(ManagementUnit, models.PROTECT, related_name="releases", verbose_name=_("management unit"))
    source_kind = _source_kind()
    grounds: Any = models.JSONField(_("grounds"), default=list)
    reason = models.CharField(_("reason"), max_length=200)

    class Meta(SecondOfficer.Meta):
        verbose_name = _("release of a suspension")
        ordering = ["-entered_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.unit_id} {self.entered_at:%Y-%m-%d}"
