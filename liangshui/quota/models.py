"""Allotments (分配水量): a ledger of dated, signed rows over management unit × town × sector, down to the well."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from liangshui.quota.rules.closing import Node
from liangshui.records.fields import VolumeField
from liangshui.records.models import Located
from liangshui.registry.codes import Sector, SourceKind
from liangshui.registry.models import Division, Intake, ManagementUnit, WaterUser


class AllotmentEntry(Located):
    """One row of the ledger: so much more (or less, negative) for a node in a year, from a day on.

    A node is told by which of unit, town, sector and user are set: none is the county's total; one or two are margins of
    the matrix; unit (none for water that is not groundwater), town and sector together a cell; with a user, the user’s share of it;
    with a village or an intake as well, the part of the user’s share that is for that village or well.
    """

    within_division = "town__path"
    within_user = "user"

    year = models.PositiveSmallIntegerField(_("year"))
    source_kind = models.CharField(_("source"), max_length=20, choices=SourceKind)
    county = models.ForeignKey(Division, models.PROTECT, related_name="+", verbose_name=_("county"))
    unit = models.ForeignKey(
        ManagementUnit,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="allotments",
        verbose_name=_("management unit"),
    )
    town = models.ForeignKey(
        Division, models.PROTECT, null=True, blank=True, related_name="allotments", verbose_name=_("town")
    )
    sector = models.CharField(_("use"), max_length=12, choices=Sector, blank=True)
    user = models.ForeignKey(
        WaterUser, models.PROTECT, null=True, blank=True, related_name="allotments", verbose_name=_("water user")
    )
    village = models.ForeignKey(
        Division, models.PROTECT, null=True, blank=True, related_name="village_allotments", verbose_name=_("village")
    )
    intake = models.ForeignKey(
        Intake, models.PROTECT, null=True, blank=True, related_name="allotments", verbose_name=_("intake")
    )
    change_m3 = VolumeField(_("change, m³"))
    counts_from = models.DateField(_("counts from"))
    document = models.CharField(_("document"), max_length=120, blank=True)
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    entered_at = models.DateTimeField(_("entered"), auto_now_add=True)
    entered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", verbose_name=_("entered by")
    )

    class Meta:
        verbose_name = _("allotment entry")
        ordering = ["entered_at"]
        indexes = [models.Index(fields=["year", "source_kind"], name="quota_year_source")]

    def __str__(self) -> str:
        return f"{self.year} {self.change_m3}"

    @property
    def node(self) -> Node:
        return Node(self.unit_id, self.town_id, self.sector or None, self.user_id, self.village_id, self.intake_id)
