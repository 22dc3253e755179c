"""What is kept of the supervision of metering."""

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from liangshui.metering.codes import FaultKind, FaultState, FindingKind, FindingState
from liangshui.records.models import PERSON, Located
from liangshui.registry.models import Intake
from liangshui.telemetry.models import Station


class StationDay(Located):
    """How a station reported on a day (到报、及时、完整). Made anew from its observations; never written by hand."""

    within_division = "station__division__path"
    within_user = "station__links__intake__project__user"

    id = models.BigAutoField(primary_key=True)
    station = models.ForeignKey(Station, models.CASCADE, related_name="days", db_index=False)
    day = models.DateField(_("day"))
    expected = models.PositiveIntegerField(_("reports expected"))
    reports = models.PositiveIntegerField(_("reports"))
    timely = models.PositiveIntegerField(_("timely"))
    values = models.PositiveIntegerField(_("values"))
    empty = models.PositiveIntegerField(_("without a value"))
    delay_s = models.IntegerField(_("least delay, s"), null=True)

    class Meta:
        verbose_name = _("day of a station")
        constraints = [models.UniqueConstraint(fields=["station", "day"], name="metering_station_day")]
        indexes = [models.Index(fields=["day"], name="metering_day")]

    def __str__(self) -> str:
        return f"{self.station_id} {self.day}"


class Snooze(Located):
    """A station that need not report for a time (停用期), such as out of the irrigation season."""

    within_division = "station__division__path"

    station = models.ForeignKey(Station, models.CASCADE, related_name="snoozes")
    first = models.DateField(_("from"))
    last = models.DateField(_("to"))
    reason = models.CharField(_("reason"), max_length=200)
    entered_by = models.ForeignKey(settings.AUTH_USER_MODEL, verbose_name=_("entered by"), **PERSON)

    class Meta:
        verbose_name = _("time out of use")
        constraints = [models.CheckConstraint(condition=Q(last__gte=F("first")), name="metering_snooze_ends_after")]

    def __str__(self) -> str:
        return f"{self.first}–{self.last}"


class Fault(Located):
    """A fault of a device (设备故障) from being noticed to being confirmed as repaired.

    `well_since`: from when on it is no longer seen. A fault that was never sent and is no longer seen ends by itself.
    """

    within_division = "station__division__path"
    within_user = "station__links__intake__project__user"

    station = models.ForeignKey(Station, models.CASCADE, related_name="faults", verbose_name=_("station"))
    kind = models.CharField(_("kind"), max_length=16, choices=FaultKind)
    state = models.CharField(_("state"), max_length=10, choices=FaultState, default=FaultState.NOTICED)
    figures: Any = models.JSONField(default=dict)
    noticed_at = models.DateTimeField(_("noticed"))
    well_since = models.DateTimeField(_("no longer seen since"), null=True, blank=True)
    sent_at = models.DateTimeField(pgettext_lazy("fault", "sent"), null=True, blank=True)
    sent_to = models.CharField(_("sent to"), max_length=100, blank=True)
    sent_by = models.ForeignKey(settings.AUTH_USER_MODEL, verbose_name=_("sent by"), blank=True, **PERSON)
    repaired_at = models.DateTimeField(_("repaired"), null=True, blank=True)
    repair = models.CharField(_("what was done"), max_length=200, blank=True)
    confirmed_at = models.DateTimeField(_("confirmed"), null=True, blank=True)
    confirmed_by = models.ForeignKey(settings.AUTH_USER_MODEL, verbose_name=_("confirmed by"), blank=True, **PERSON)

    class Meta:
        verbose_name = _("fault of a device")
        ordering = ["-noticed_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["station", "kind"], condition=~Q(state="confirmed"), name="metering_fault_open_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.station_id} {self.kind}"


class Finding(Located):
    """A finding about the metering of an intake (计量疑点), with its figures. A person explains it or makes it a clue.

    Its water user does not see it: it is a question, not yet a reproach.
    """

    within_division = "intake__division__path"

    intake = models.ForeignKey(Intake, models.CASCADE, related_name="findings", verbose_name=_("intake"))
    kind = models.CharField(_("kind"), max_length=16, choices=FindingKind)
    first = models.DateField(_("from"))
    last = models.DateField(_("to"))
    score = models.PositiveSmallIntegerField(_("score"))
    figures: Any = models.JSONField(default=dict)
    state = models.CharField(_("state"), max_length=10, choices=FindingState, default=FindingState.OPEN)
    found_at = models.DateTimeField(_("found"))
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, verbose_name=_("decided by"), blank=True, **PERSON)
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True)
    words = models.CharField(_("words of the decision"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("finding")
        ordering = ["-score", "-last", "pk"]
        constraints = [models.UniqueConstraint(fields=["intake", "kind", "first"], name="metering_finding_once")]

    def __str__(self) -> str:
        return f"{self.intake_id} {self.kind}"


class Demand(Located):
    """Data that were asked for with a date (限期提供): unanswered behind its term, refusing to give them is a finding of its own."""

    within_division = "intake__division__path"
    within_user = "intake__project__user"

    intake = models.ForeignKey(Intake, models.CASCADE, related_name="demands", verbose_name=_("intake"))
    what = models.CharField(_("what was asked for"), max_length=200)
    document = models.CharField(_("document number"), max_length=60)
    sent_on = models.DateField(_("sent on"))
    due_on = models.DateField(_("to be given by"))
    answered_on = models.DateField(_("given on"), null=True, blank=True)
    entered_by = models.ForeignKey(settings.AUTH_USER_MODEL, verbose_name=_("entered by"), **PERSON)

    class Meta:
        verbose_name = _("demand for data")
        ordering = ["-sent_on", "-pk"]
        constraints = [models.CheckConstraint(condition=Q(due_on__gt=F("sent_on")), name="metering_demand_term")]

    def __str__(self) -> str:
        return self.document
