"""What is known of the aquifers, as officers enter it from pumping tests and reports."""

from decimal import Decimal
from typing import Any

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from liangshui.records.models import PERSON, Dated
from liangshui.registry.codes import GROUNDWATER, SourceKind
from liangshui.registry.models import ManagementUnit

AQUIFERS = [(kind.value, kind.label) for kind in SourceKind if kind in GROUNDWATER]


def _transmissivity(label: Any) -> models.DecimalField:
    return models.DecimalField(label, max_digits=10, decimal_places=3, validators=[MinValueValidator(Decimal("0.001"))])


def _storativity(label: Any) -> models.DecimalField:
    validators = [MinValueValidator(Decimal("0.00000001")), MaxValueValidator(1)]
    return models.DecimalField(label, max_digits=9, decimal_places=8, validators=validators)


class AquiferFigures(Dated):
    """Transmissivity (导水系数) and storativity (贮水系数) of a unit's shallow or deep aquifer, with the paper they come from.

    A new row ends the one before. Of unconfined water the storativity is its specific yield (给水度).
    """

    within_division = "unit__division__path"

    unit = models.ForeignKey(ManagementUnit, models.PROTECT, related_name="+", verbose_name=_("management unit"))
    source = models.CharField(_("source"), max_length=20, choices=AQUIFERS)
    transmissivity_low_m2_d = _transmissivity(_("transmissivity, at least, m²/d"))
    transmissivity_best_m2_d = _transmissivity(_("transmissivity, best, m²/d"))
    transmissivity_high_m2_d = _transmissivity(_("transmissivity, at most, m²/d"))
    storativity_low = _storativity(_("storativity, at least"))
    storativity_best = _storativity(_("storativity, best"))
    storativity_high = _storativity(_("storativity, at most"))
    document = models.CharField(_("source of the figures"), max_length=200)
    entered_by = models.ForeignKey(settings.AUTH_USER_MODEL, verbose_name=_("entered by"), **PERSON)
    entered_at = models.DateTimeField(_("entered"), auto_now_add=True)

    class Meta(Dated.Meta):
        verbose_name = _("figures of an aquifer")
        ordering = ["unit__code", "source", "-valid_from"]
        constraints = [
            *Dated.Meta.constraints,
            models.UniqueConstraint(
                fields=["unit", "source"], condition=Q(valid_to=None), name="permits_one_aquifer_figures"
            ),
            models.CheckConstraint(
                condition=Q(
                    transmissivity_low_m2_d__gt=0,
                    transmissivity_best_m2_d__gte=F("transmissivity_low_m2_d"),
                    transmissivity_high_m2_d__gte=F("transmissivity_best_m2_d"),
                ),
                name="permits_transmissivity_in_order",
            ),
            models.CheckConstraint(
                condition=Q(
                    storativity_low__gt=0,
                    storativity_best__gte=F("storativity_low"),
                    storativity_high__gte=F("storativity_best"),
                    storativity_high__lte=1,
                ),
                name="permits_storativity_in_order",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.unit_id} {self.source} {self.valid_from}"
