"""Hand readings (抄表), and the order in which the wells of a village are visited (抄表路线)."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from liangshui.records.models import PERSON, Located
from liangshui.registry.models import Division, Intake, Meter


class SureOf(models.TextChoices):
    """What the reader said of a doubtful reading; the words are those of `rules.Sure`."""

    NOTHING = "", _("nothing was doubtful")
    SURE = "sure", _("looked again, it is so")
    ROLLOVER = "rollover", _("the dial began at zero again")
    EXCHANGE = "exchange", _("the meter was exchanged")


class HandReading(Located):
    """The dial of an intake's meter as a person read it. A wrong one is withdrawn with its reason, never changed.

    The key is made on the phone, so that a reading sent twice is one. `meter` is the one that the ledger had there then.
    """

    within_division = "intake__division__path"
    within_user = "intake__project__user"

    key = models.UUIDField(_("key"), unique=True, default=uuid.uuid4, editable=False)
    intake = models.ForeignKey(Intake, models.PROTECT, related_name="hand_readings", verbose_name=_("intake"))
    meter = models.ForeignKey(
        Meter, models.PROTECT, null=True, blank=True, related_name="hand_readings", verbose_name=_("water meter")
    )
    read_at = models.DateTimeField(_("read at"))
    dial = models.DecimalField(_("dial"), max_digits=16, decimal_places=3)
    photo = models.CharField(_("photo"), max_length=80, blank=True)
    longitude = models.DecimalField(_("longitude"), max_digits=9, decimal_places=6, null=True, blank=True)
    latitude = models.DecimalField(_("latitude"), max_digits=8, decimal_places=6, null=True, blank=True)
    accuracy_m = models.PositiveIntegerField(_("accuracy, m"), null=True, blank=True)
    note = models.CharField(_("note"), max_length=200, blank=True)
    doubts = models.JSONField(_("doubts"), default=list, blank=True)
    sure = models.CharField(pgettext_lazy("dial", "confirmed"), max_length=10, choices=SureOf, blank=True)
    read_by = models.ForeignKey(settings.AUTH_USER_MODEL, verbose_name=pgettext_lazy("dial", "read by"), **PERSON)
    received_at = models.DateTimeField(_("received"), auto_now_add=True)
    withdrawn_at = models.DateTimeField(_("withdrawn"), null=True, blank=True)
    withdrawn_by = models.ForeignKey(settings.AUTH_USER_MODEL, verbose_name=_("withdrawn by"), blank=True, **PERSON)
    reason = models.CharField(_("reason of the withdrawal"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("hand reading")
        ordering = ["-read_at"]
        indexes = [
            models.Index(fields=["intake", "read_at"], condition=Q(withdrawn_at=None), name="readings_of_intake"),
            models.Index(fields=["read_at"], name="readings_read_at"),
        ]

    def __str__(self) -> str:
        return f"{self.intake_id} {self.read_at:%Y-%m-%d} {self.dial}"


class Round(Located):
    """The wells of a village in the order in which they are visited; those not named follow by their codes."""

    village = models.OneToOneField(Division, models.CASCADE, related_name="reading_round", verbose_name=_("village"))
    order = models.JSONField(_("order"), default=list)

    within_division = "village__path"

    class Meta:
        verbose_name = _("reading round")

    def __str__(self) -> str:
        return str(self.village)
