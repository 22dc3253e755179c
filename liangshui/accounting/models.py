"""Volumes with their method and range, and the account that is summed from them.

`DayVolume` and `PeriodVolume` are the evidence, side by side where several methods exist. `AccountEntry` is what the best
evidence of each intake and month came to, with the attribution in force at the time: every total in the product is a sum over it.
"""

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from liangshui.accounting.codes import Method, Stage
from liangshui.readings.models import HandReading
from liangshui.records.fields import VolumeField
from liangshui.records.models import Dated, DatedQuerySet, Located, TerritoryQuerySet
from liangshui.registry.codes import Sector, SourceKind
from liangshui.registry.models import (
    Division,
    ImportBatch,
    Intake,
    ManagementUnit,
    PowerMeter,
    Project,
    Source,
    SupplyLink,
    WaterUser,
)


class AccountingRule(models.Model):
    """How days are cut and which method is preferred, from a day on, with the reason and who decided."""

    valid_from = models.DateField(_("from"), unique=True)
    boundary_hour = models.PositiveSmallIntegerField(
        _("the water day begins at"), choices=[(0, "00:00"), (8, "08:00")], default=0
    )
    method_order = models.JSONField(_("preferred methods, best first"))
    reason = models.CharField(_("reason"), max_length=200)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")

    class Meta:
        verbose_name = _("accounting rule")
        ordering = ["valid_from"]

    def __str__(self) -> str:
        return str(self.valid_from)


class StandingManager(models.Manager[Any]):
    """Rows that stand: not replaced by a later sheet and not taken back."""

    def get_queryset(self) -> models.QuerySet[Any]:
        return super().get_queryset().filter(ended_by=None)


class FromSheet(Located):
    """A row of an imported sheet (or, without an import, entered otherwise). It is never changed: a later sheet that says otherwise ends it and stands in its place.

    `ended_by` names the import that replaced the row, or its own import where that was taken back. `objects` are the
    rows that stand, `every` all of them.
    """

    batch = models.ForeignKey(
        ImportBatch, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("import")
    )
    row = models.CharField(_("row"), max_length=60, blank=True)
    ended_by = models.ForeignKey(
        ImportBatch, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("replaced by import")
    )
    entered_at = models.DateTimeField(_("entered"), default=timezone.now)

    objects = StandingManager.from_queryset(TerritoryQuerySet)()
    every = TerritoryQuerySet.as_manager()

    class Meta:
        abstract = True
        base_manager_name = "every"


class Coefficient(FromSheet, Dated):
    """Water raised per kWh (以电折水系数) of an intake, with its test and its uncertainty.

    `general`: stated for all wells of a place, not for this one; one of its own stands above it.
    """

    within_division = "intake__division__path"
    within_user = "intake__project__user"

    intake = models.ForeignKey(Intake, models.CASCADE, related_name="coefficients")
    m3_per_kwh = models.DecimalField(_("m³ per kWh"), max_digits=8, decimal_places=4)
    uncertainty = models.DecimalField(_("uncertainty, share"), max_digits=4, decimal_places=3)
    tested_on = models.DateField(_("tested on"), null=True, blank=True)
    source = models.CharField(_("where it comes from"), max_length=120, blank=True)
    general = models.BooleanField(_("for all wells of a place"), default=False)

    objects = StandingManager.from_queryset(DatedQuerySet)()
    every = DatedQuerySet.as_manager()

    class Meta(Dated.Meta):
        verbose_name = _("electricity coefficient")
        base_manager_name = "every"
        constraints = [
            *Dated.Meta.constraints,
            models.CheckConstraint(condition=Q(m3_per_kwh__gt=0), name="accounting_coefficient_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.intake_id} {self.m3_per_kwh}"


class EnergyRecord(FromSheet):
    """Electricity of a power meter over a period, as the power company states it (kWh, multiplier applied)."""

    within_division = None

    power_meter = models.ForeignKey(PowerMeter, models.PROTECT, related_name="energy")
    start = models.DateField(_("from"))
    end = models.DateField(_("to (not included)"))
    kwh = models.DecimalField(_("kWh"), max_digits=12, decimal_places=2)

    class Meta(FromSheet.Meta):
        verbose_name = _("electricity of a period")
        constraints = [
            models.CheckConstraint(condition=Q(end__gt=F("start")), name="accounting_energy_period"),
            models.UniqueConstraint(
                fields=["power_meter", "start", "end"], condition=Q(ended_by=None), name="accounting_energy_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.power_meter_id} {self.start}"


class PowerMatch(Located):
    """Whose electricity a line of the power company's sheet is, where its numbers do not tell: a person decided once.

    `key` is what the line says of itself (household number, meter number, name, place; squeezed). Without a power meter:
    not one of our wells.
    """

    within_division = None

    key = models.CharField(_("line of the sheet"), max_length=200, unique=True)
    power_meter = models.ForeignKey(PowerMeter, models.CASCADE, null=True, blank=True, related_name="matches")
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    decided_at = models.DateTimeField(_("decided"), auto_now_add=True)

    class Meta:
        verbose_name = _("match of electricity")

    def __str__(self) -> str:
        return self.key


class Split(models.TextChoices):
    """By what a volume stated for several wells is shared among them."""

    NONE = "", _("not shared: it stays with the user")
    AREA = "area", _("by irrigated area")
    CAPACITY = "capacity", _("by capacity")
    EQUAL = "equal", _("in equal parts")


class Statement(FromSheet):
    """A volume that a sheet states of an intake, a project or a user over a month, quarter or year (填报水量).

    Of a project or user with several wells it is shared by `split`, or stays with the user; `source_kind` and `sector`
    narrow which of the wells are meant. `weights`: how a quarter or year is spread over its months, for display only.
    The volume is what was stated; at least and at most say how sure it is (equal where the sheet states no more).
    """

    within_division = None

    intake = models.ForeignKey(Intake, models.PROTECT, null=True, blank=True, related_name="statements")
    project = models.ForeignKey(Project, models.PROTECT, null=True, blank=True, related_name="statements")
    user = models.ForeignKey(WaterUser, models.PROTECT, null=True, blank=True, related_name="statements")
    source_kind = models.CharField(_("source"), max_length=20, choices=SourceKind, blank=True)
    sector = models.CharField(_("use"), max_length=12, choices=Sector, blank=True)
    start = models.DateField(_("from"))
    end = models.DateField(_("to (not included)"))
    method = models.CharField(_("method"), max_length=12, choices=Method)
    volume_m3 = VolumeField(_("volume, m³"))
    low_m3 = VolumeField(_("at least, m³"))
    high_m3 = VolumeField(_("at most, m³"), null=True)
    split = models.CharField(_("shared among wells"), max_length=10, choices=Split, blank=True)
    weights = models.JSONField(_("spread over months"), default=list, blank=True)

    class Meta(FromSheet.Meta):
        verbose_name = _("stated volume")
        constraints = [
            models.CheckConstraint(condition=Q(end__gt=F("start")), name="accounting_statement_period"),
            models.CheckConstraint(
                condition=Q(intake__isnull=False, project=None, user=None)
                | Q(intake=None, project__isnull=False, user=None)
                | Q(intake=None, project=None, user__isnull=False),
                name="accounting_statement_of_one",
            ),
            *(
                models.UniqueConstraint(
                    fields=[subject, "source_kind", "sector", "start", "end", "method"],
                    condition=Q(ended_by=None),
                    name=f"accounting_statement_of_{subject}",
                )
                for subject in ("intake", "project", "user")
            ),
        ]
        indexes = [models.Index(fields=["batch"], name="accounting_statement_batch")]

    def __str__(self) -> str:
        return f"{self.intake_id or self.project_id or self.user_id} {self.start} {self.method}"


class DayVolume(Located):
    """Volume of one intake and water day by one method. `volume_m3` null: there were readings, but none that tell it."""

    within_division = "intake__division__path"
    within_user = "intake__project__user"

    id = models.BigAutoField(primary_key=True)
    intake = models.ForeignKey(Intake, models.CASCADE, related_name="day_volumes", db_index=False)
    day = models.DateField(_("day"))
    method = models.CharField(_("method"), max_length=12, choices=Method)
    volume_m3 = VolumeField(_("volume, m³"), null=True)
    low_m3 = VolumeField(_("at least, m³"), null=True)
    high_m3 = VolumeField(_("at most, m³"), null=True)
    marks = models.PositiveIntegerField(_("marks"), default=0)
    readings = models.PositiveIntegerField(_("readings"), default=0)
    computed_at = models.DateTimeField(_("computed"))

    class Meta:
        verbose_name = _("volume of a day")
        constraints = [models.UniqueConstraint(fields=["intake", "day", "method"], name="accounting_day_once")]

    def __str__(self) -> str:
        return f"{self.intake_id} {self.day}"


class PeriodVolume(Located):
    """Volume of one intake over a period by one method, such as a month of electricity, with what it was computed from.

    `reading`: the hand reading at its end; a sheet may state the same period as read too, and both are kept.
    """

    within_division = "intake__division__path"
    within_user = "intake__project__user"

    id = models.BigAutoField(primary_key=True)
    intake = models.ForeignKey(Intake, models.CASCADE, related_name="period_volumes")
    start = models.DateField(_("from"))
    end = models.DateField(_("to (not included)"))
    method = models.CharField(_("method"), max_length=12, choices=Method)
    volume_m3 = VolumeField(_("volume, m³"))
    low_m3 = VolumeField(_("at least, m³"))
    high_m3 = VolumeField(_("at most, m³"), null=True)
    energy = models.ForeignKey(EnergyRecord, models.CASCADE, null=True, related_name="volumes")
    coefficient = models.ForeignKey(Coefficient, models.PROTECT, null=True, related_name="volumes")
    statement = models.ForeignKey(Statement, models.CASCADE, null=True, related_name="volumes")
    reading = models.ForeignKey(HandReading, models.PROTECT, null=True, related_name="volumes")
    note = models.CharField(_("note"), max_length=200, blank=True)
    computed_at = models.DateTimeField(_("computed"))

    class Meta:
        verbose_name = _("volume of a period")
        constraints = [
            models.CheckConstraint(condition=Q(end__gt=F("start")), name="accounting_period"),
            models.UniqueConstraint(
                fields=["intake", "start", "end", "method"], condition=Q(reading=None), name="accounting_period_once"
            ),
            models.UniqueConstraint(
                fields=["intake", "start", "end"],
                condition=Q(reading__isnull=False),
                name="accounting_read_period_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.intake_id} {self.start}"


class SupplyVolume(FromSheet):
    """What passed along a supply link (转供) over a period."""

    within_division = "link__supplier__division__path"
    within_user = "link__supplier"

    link = models.ForeignKey(SupplyLink, models.CASCADE, related_name="volumes")
    start = models.DateField(_("from"))
    end = models.DateField(_("to (not included)"))
    method = models.CharField(_("method"), max_length=12, choices=Method)
    volume_m3 = VolumeField(_("volume, m³"))
    low_m3 = VolumeField(_("at least, m³"))
    high_m3 = VolumeField(_("at most, m³"))

    class Meta(FromSheet.Meta):
        verbose_name = _("volume passed on")
        constraints = [
            models.UniqueConstraint(
                fields=["link", "start", "end"], condition=Q(ended_by=None), name="accounting_supply_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.link_id} {self.start}"


class ReturnVolume(FromSheet):
    """What a project gave back to nature (退水) over a period: consumption is abstraction less return."""

    within_division = "project__division__path"
    within_user = "project__user"

    project = models.ForeignKey(Project, models.CASCADE, related_name="returns")
    start = models.DateField(_("from"))
    end = models.DateField(_("to (not included)"))
    method = models.CharField(_("method"), max_length=12, choices=Method)
    volume_m3 = VolumeField(_("volume, m³"))
    low_m3 = VolumeField(_("at least, m³"))
    high_m3 = VolumeField(_("at most, m³"))

    class Meta(FromSheet.Meta):
        verbose_name = _("return flow")
        constraints = [
            models.UniqueConstraint(
                fields=["project", "start", "end"], condition=Q(ended_by=None), name="accounting_return_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.project_id} {self.start}"


class AccountEntry(Located):
    """A month's volume of one intake (or supply link, or return) for one user by the method chosen, as attributed then.

    `method` empty: days without any volume; they count in `days`, never as zero m³. Where several users share a well, each
    has rows with all its days; `sharer` numbers them, so that days of the well itself are those of sharer 0.
    """

    within_user = "user"

    id = models.BigAutoField(primary_key=True)
    month = models.DateField(_("month"))
    stage = models.CharField(_("stage"), max_length=12, choices=Stage)
    intake = models.ForeignKey(Intake, models.CASCADE, null=True, related_name="+", db_index=False)
    user = models.ForeignKey(WaterUser, models.CASCADE, related_name="+", db_index=False)
    project = models.ForeignKey(Project, models.CASCADE, null=True, related_name="+", db_index=False)
    division = models.ForeignKey(Division, models.CASCADE, related_name="+", db_index=False)
    unit = models.ForeignKey(ManagementUnit, models.CASCADE, null=True, related_name="+", db_index=False)
    source = models.ForeignKey(Source, models.CASCADE, related_name="+", db_index=False)
    sector = models.CharField(_("use"), max_length=12, choices=Sector)
    method = models.CharField(_("method"), max_length=12, choices=Method, blank=True)
    sharer = models.PositiveSmallIntegerField(default=0)
    days = models.PositiveSmallIntegerField(_("days"))
    volume_m3 = VolumeField(_("volume, m³"), null=True)
    low_m3 = VolumeField(_("at least, m³"), null=True)
    high_m3 = VolumeField(_("at most, m³"), null=True)

    class Meta:
        verbose_name = _("entry of the account")
        indexes = [
            models.Index(fields=["month", "stage"], name="accounting_entry_month"),
            models.Index(fields=["intake", "month"], name="accounting_entry_intake"),
            models.Index(fields=["user", "month"], name="accounting_entry_user"),
            models.Index(fields=["unit", "month"], name="accounting_entry_unit"),
        ]

    def __str__(self) -> str:
        return f"{self.intake_id} {self.month}"


class MonthEdition(models.Model):
    """Which edition of the entries of a month is stored: a number drawn anew whenever one of them changes, by which readers know that what
    they keep still stands."""

    month = models.DateField(_("month"), primary_key=True)
    edition = models.BigIntegerField()

    class Meta:
        verbose_name = _("edition of a month’s entries")

    def __str__(self) -> str:
        return f"{self.month}"


class MonthClosing(models.Model):
    """A month that one officer closed (月结): its entries stand still, until somebody opens it again with a reason."""

    month = models.DateField(_("month"))
    closed_at = models.DateTimeField(_("closed at"), auto_now_add=True)
    closed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    checklist = models.JSONField(_("checklist"), default=dict)
    reopened_at = models.DateTimeField(_("opened again at"), null=True, blank=True)
    reopened_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    reason = models.CharField(_("reason"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("closing of a month")
        ordering = ["-month", "-closed_at"]
        constraints = [
            models.UniqueConstraint(fields=["month"], condition=Q(reopened_at=None), name="accounting_closed_once"),
            models.CheckConstraint(
                condition=Q(reopened_at=None) | ~Q(reason=""), name="accounting_reopened_with_reason"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.month:%Y-%m}"


class LateChange(Located):
    """What a closed month would say otherwise by now, of an intake (or of a user, where it is no intake's)."""

    within_user = "user"

    month = models.DateField(_("month"))
    intake = models.ForeignKey(Intake, models.CASCADE, null=True, related_name="+")
    user = models.ForeignKey(WaterUser, models.CASCADE, related_name="+")
    division = models.ForeignKey(Division, models.CASCADE, related_name="+")
    closed_m3 = VolumeField(_("as closed, m³"), null=True)
    now_m3 = VolumeField(_("as of now, m³"), null=True)
    found_at = models.DateTimeField(_("found"), auto_now=True)

    class Meta:
        verbose_name = _("late change of a closed month")
        indexes = [models.Index(fields=["month", "intake"], name="accounting_late_month")]

    def __str__(self) -> str:
        return f"{self.month:%Y-%m} {self.intake_id or self.user_id}"


class Carried(Located):
    """A late change of a closed month, booked into an open one by an officer (更正): m³ more, or less below zero."""

    within_division = "intake__division__path"
    within_user = "intake__project__user"

    intake = models.ForeignKey(Intake, models.PROTECT, related_name="carried")
    of_month = models.DateField(_("of the month"))
    into_month = models.DateField(_("booked in"))
    volume_m3 = VolumeField(_("more or less, m³"))
    reason = models.CharField(_("reason"), max_length=200)
    booked_at = models.DateTimeField(_("booked"), auto_now_add=True)
    booked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")

    class Meta:
        verbose_name = _("correction carried over")
        constraints = [models.CheckConstraint(condition=Q(into_month__gt=F("of_month")), name="accounting_carried_on")]

    def __str__(self) -> str:
        return f"{self.intake_id} {self.of_month:%Y-%m}"


class ChangedIntake(models.Model):
    """An intake whose ledger facts changed, and from which day its account must follow (an outbox, as `ChangedSpan`).

    `intake_id` empty: water passed on or given back changed.
    """

    id = models.BigAutoField(primary_key=True)
    intake_id = models.BigIntegerField(null=True)
    since = models.DateField()
    until = models.DateField(null=True)

    class Meta:
        verbose_name = _("change that accounts follow")

    def __str__(self) -> str:
        return f"{self.intake_id} {self.since}"


class Recompute(models.Model):
    """One recomputation: why, what it touched and what it changed; the newest is the account's version."""

    at = models.DateTimeField(_("at"), auto_now_add=True)
    reason = models.CharField(_("reason"), max_length=120)
    start = models.DateField(_("from"), null=True)
    end = models.DateField(_("to (not included)"), null=True)
    intakes = models.PositiveIntegerField(_("intakes"))
    changed_days = models.PositiveIntegerField(_("days changed"))
    actor = models.CharField(_("by"), max_length=60)

    class Meta:
        verbose_name = _("recomputation")
        ordering = ["-at"]

    def __str__(self) -> str:
        return f"#{self.pk}"
