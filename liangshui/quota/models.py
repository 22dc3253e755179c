"""Red lines: allotments (分配水量), a ledger of dated, signed rows over management unit × town × sector, down to the well;
control indicators (控制指标); transfers of allotted water between users (水权转让)."""

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from liangshui.quota.norm_models import MeasureChoice, Norm, NormDocument  # noqa: F401  (Django finds models here)
from liangshui.quota.rules.closing import Node
from liangshui.quota.unit_models import (  # noqa: F401  (Django finds models here)
    LevelIndicator,
    LevelMeasure,
    LevelPeriod,
    LevelReading,
    LevelWell,
    OrderGround,
    Release,
    UnitOrder,
    UnitStateDay,
    UnitStateEntry,
)
from liangshui.records.fields import VolumeField
from liangshui.records.models import PERSON, ByDocument, Located
from liangshui.registry.codes import GROUNDWATER, Sector, SourceKind
from liangshui.registry.models import Division, Intake, ManagementUnit, WaterUser


class AllotmentProposal(ByDocument, Located):
    """Changes of the ledger of which at least one is a control total (控制总量), as a document sets them.

    The control totals are the county's and each management unit's alone: they decide refusals (permits/queries.py `rooms`). Margins of
    towns and uses and cells below them decide none and need no second officer, but what is entered together waits together. The rows
    are written when it is confirmed, so that the ledger holds only what binds. `changes`: of each node its source, its code, by
    how much, what it had when this was entered, and by what basis.
    """

    within_division = "county__path"

    year = models.PositiveSmallIntegerField(_("year"))
    county = models.ForeignKey(Division, models.PROTECT, related_name="+", verbose_name=_("county"))
    changes: Any = models.JSONField(_("changes"))
    counts_from = models.DateField(_("counts from"))
    reason = models.CharField(_("reason"), max_length=200, blank=True)

    class Meta(ByDocument.Meta):
        verbose_name = _("proposed allotment")
        ordering = ["-entered_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.year} {self.document_number}"


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
    proposal = models.ForeignKey(
        AllotmentProposal,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="entries",
        verbose_name=_("proposed allotment"),
    )
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


# --- control indicators ---


class IndicatorKind(models.TextChoices):
    """Kinds of control indicator: totals of use, and efficiency of use (IND-3RED)."""

    TOTAL = "total", _("total use")
    GROUNDWATER = "groundwater", _("groundwater use")
    SURFACE = "surface", _("surface water use")
    UNCONVENTIONAL = "unconventional", _("use of non-conventional water")
    PER_GDP = "per_gdp", _("use per 10,000 yuan of GDP")
    PER_INDUSTRY = "per_industry", _("use per 10,000 yuan of industrial value added")
    GDP_FALL = "gdp_fall", _("fall of use per 10,000 yuan of GDP")
    INDUSTRY_FALL = "industry_fall", _("fall of use per 10,000 yuan of industrial value added")
    IRRIGATION = "irrigation", _("irrigation coefficient")
    ZONES = "zones", _("compliance of water function zones")


SOURCES = {
    IndicatorKind.TOTAL: frozenset(SourceKind.values),
    IndicatorKind.GROUNDWATER: GROUNDWATER,
    IndicatorKind.SURFACE: frozenset({SourceKind.SURFACE}),
    IndicatorKind.UNCONVENTIONAL: frozenset({
        SourceKind.DRAINAGE, SourceKind.RECLAIMED, SourceKind.RAIN, SourceKind.OTHER,
    }),
}  # fmt: skip
"""Kinds that are volumes: of which sources. Their actual figure comes from the account and is never typed."""

SINGLE = {kind: SOURCES[kind] for kind in (IndicatorKind.GROUNDWATER, IndicatorKind.UNCONVENTIONAL)}
"""Kinds that may be of one of their sources alone. Of the total one source is another kind, so that no figure has two places."""

LEDGER_TARGETS = SOURCES.keys() - {IndicatorKind.UNCONVENTIONAL}
"""Kinds whose target is the ledger of allotments, where it has one. Of non-conventional water plans state a least use, which no
allotment says."""

AT_LEAST = frozenset({
    IndicatorKind.UNCONVENTIONAL, IndicatorKind.GDP_FALL, IndicatorKind.INDUSTRY_FALL, IndicatorKind.IRRIGATION, IndicatorKind.ZONES,
})  # fmt: skip
"""Kinds of which more is better; of all others the target is a limit."""

INPUTS = {
    IndicatorKind.PER_GDP: ("amount_10k_yuan",),
    IndicatorKind.PER_INDUSTRY: ("amount_10k_yuan",),
    IndicatorKind.GDP_FALL: ("amount_10k_yuan", "base_m3_per_10k_yuan", "base_year"),
    IndicatorKind.INDUSTRY_FALL: ("amount_10k_yuan", "base_m3_per_10k_yuan", "base_year"),
    IndicatorKind.IRRIGATION: ("net_m3", "gross_m3", "actual"),
    IndicatorKind.ZONES: ("actual",),
}
"""What is typed for the actual figure of a kind; the rest is computed."""


def named(kind: str, source_kind: str, sector: str) -> str:
    """An indicator in words: groundwater use · deep groundwater · industry."""
    parts = (
        IndicatorKind(kind).label,
        SourceKind(source_kind).label if source_kind else "",
        Sector(sector).label if sector else "",
    )
    return " · ".join(str(part) for part in parts if part)


class Indicator(Located):
    """A control indicator of a year and a place with what the system cannot know: its target, and inputs of its actual figure.

    A volume may be that of one source or of one use alone; empty: of all. Target and actual stand in the measure of the kind: m³, m³ per 10,000 yuan, percent, or none. A row is never changed: another
    one ends it.
    """

    year = models.PositiveSmallIntegerField(_("year"))
    kind = models.CharField(_("indicator"), max_length=16, choices=IndicatorKind)
    source_kind = models.CharField(_("source"), max_length=20, choices=SourceKind, blank=True)
    sector = models.CharField(_("use"), max_length=12, choices=Sector, blank=True)
    division = models.ForeignKey(
        Division, models.PROTECT, null=True, blank=True, related_name="indicators", verbose_name=_("county or town")
    )
    unit = models.ForeignKey(
        ManagementUnit,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="indicators",
        verbose_name=_("management unit"),
    )
    target = models.DecimalField(_("target"), max_digits=18, decimal_places=4, null=True, blank=True)
    document = models.CharField(_("title of the document"), max_length=120, blank=True)
    document_number = models.CharField(_("document number"), max_length=60, blank=True)
    issued_on = models.DateField(_("document of"), null=True, blank=True)
    actual = models.DecimalField(_("actual"), max_digits=18, decimal_places=4, null=True, blank=True)
    amount_10k_yuan = models.DecimalField(_("amount, 10⁴ yuan"), max_digits=16, decimal_places=4, null=True, blank=True)
    base_m3_per_10k_yuan = models.DecimalField(
        _("use in the base year, m³ per 10⁴ yuan"), max_digits=12, decimal_places=4, null=True, blank=True
    )
    base_year = models.PositiveSmallIntegerField(_("base year"), null=True, blank=True)
    net_m3 = VolumeField(_("net water in the root zone, m³"), null=True, blank=True)
    gross_m3 = VolumeField(_("gross water at the head, m³"), null=True, blank=True)
    actual_source = models.CharField(_("where the figures come from"), max_length=200, blank=True)
    entered_by = models.ForeignKey(settings.AUTH_USER_MODEL, verbose_name=_("entered by"), **PERSON)
    entered_at = models.DateTimeField(_("entered"), auto_now_add=True)
    ended_by = models.ForeignKey(settings.AUTH_USER_MODEL, verbose_name=_("ended by"), blank=True, **PERSON)
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)

    class Meta:
        verbose_name = _("control indicator")
        ordering = ["-entered_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(division=None, unit__isnull=False) | Q(division__isnull=False, unit=None),
                name="quota_indicator_one_place",
            ),
            models.UniqueConstraint(
                fields=["year", "kind", "source_kind", "sector", "division"],
                condition=Q(ended_at=None, unit=None),
                name="quota_indicator_division",
            ),
            models.UniqueConstraint(
                fields=["year", "kind", "source_kind", "sector", "unit"],
                condition=Q(ended_at=None, division=None),
                name="quota_indicator_unit",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.year} {self.kind}"

    @property
    def what(self) -> str:
        """The indicator in words: of which source and use."""
        return named(self.kind, self.source_kind, self.sector)

    @property
    def place(self) -> Division | ManagementUnit:
        """The county, town or unit that it is of."""
        found = self.unit or self.division
        assert found is not None
        return found


# --- transfers ---


class TransferState(models.TextChoices):
    """The life of a transfer: the ledger moves only when a second officer has approved it."""

    PROPOSED = "proposed", _("waits for a second officer")
    APPROVED = "approved", _("approved")
    REFUSED = "refused", pgettext_lazy("decision", "refused")
    WITHDRAWN = "withdrawn", _("withdrawn")


class SavingMeasure(models.TextChoices):
    """By what water was saved, as AR-027 names it."""

    STRUCTURE = "structure", _("adjustment of products or industry")
    PROCESS = "process", _("reform of the process")
    SAVING = "saving", _("water-saving works or other saving measures")


class Transfer(Located):
    """Saved water of a year that one user gives to another (AR-027). `giver_node` and `receiver_node`: their nodes of the ledger.

    `saved_m3`: what the measure saves a year by its evidence. After approval each permit is changed (变更登记): on which day, by which
    document.
    """

    within_division = "giver__division__path"
    within_user = "giver"

    year = models.PositiveSmallIntegerField(_("year"))
    source_kind = models.CharField(_("source"), max_length=20, choices=SourceKind)
    giver = models.ForeignKey(WaterUser, models.PROTECT, related_name="transfers_given", verbose_name=_("giver"))
    receiver = models.ForeignKey(
        WaterUser, models.PROTECT, related_name="transfers_taken", verbose_name=pgettext_lazy("transfer", "receiver")
    )
    giver_node = models.CharField(_("node of the giver"), max_length=60)
    receiver_node = models.CharField(_("node of the receiver"), max_length=60)
    volume_m3 = VolumeField(_("volume, m³"))
    measure = models.CharField(_("by what water was saved"), max_length=10, choices=SavingMeasure, blank=True)
    measure_words = models.CharField(_("how it was saved"), max_length=200, blank=True)
    saved_m3 = VolumeField(_("saved a year, m³"), null=True, blank=True)
    evidence = models.CharField(_("evidence of the saving"), max_length=120, blank=True)
    paper = models.CharField(_("file"), max_length=60, blank=True)
    counts_from = models.DateField(_("counts from"))
    price_note = models.CharField(_("price and terms"), max_length=200, blank=True)
    document = models.CharField(_("document"), max_length=120)
    state = models.CharField(_("state"), max_length=10, choices=TransferState, default=TransferState.PROPOSED)
    checks: Any = models.JSONField(_("checks at the decision"), default=list)
    entered_by = models.ForeignKey(settings.AUTH_USER_MODEL, verbose_name=_("entered by"), **PERSON)
    entered_at = models.DateTimeField(_("entered"), auto_now_add=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, verbose_name=_("decided by"), blank=True, **PERSON)
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True)
    words = models.CharField(_("words of the decision"), max_length=200, blank=True)
    giver_registered_on = models.DateField(_("permit of the giver changed on"), null=True, blank=True)
    giver_registration = models.CharField(_("document of the change"), max_length=120, blank=True)
    receiver_registered_on = models.DateField(_("permit of the receiver changed on"), null=True, blank=True)
    receiver_registration = models.CharField(_("document of the change"), max_length=120, blank=True)

    class Meta:
        verbose_name = _("transfer of water")
        ordering = ["-entered_at", "-pk"]
        constraints = [
            models.CheckConstraint(condition=Q(volume_m3__gt=0), name="quota_transfer_some"),
            models.CheckConstraint(condition=~Q(giver=F("receiver")), name="quota_transfer_to_another"),
            models.CheckConstraint(
                condition=Q(decided_by__isnull=True) | Q(entered_by__isnull=True) | ~Q(decided_by=F("entered_by")),
                name="quota_transfer_second_officer",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.year} {self.giver_id} {self.receiver_id}"

    @property
    def unregistered(self) -> list[str]:
        """Of whose permits the change is still to be registered: giver, receiver."""
        if self.state != TransferState.APPROVED:
            return []
        return [end for end in ("giver", "receiver") if getattr(self, f"{end}_registered_on") is None]
