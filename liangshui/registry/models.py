"""The ledger (台账): places, people, intakes and devices, and who owned or served what from when to when.

Current attributes stand on the record itself; where accounts of past days depend on them, a dated row keeps them as they
were (`Attribution`, `Holding`). Both are written by the same service and never by hand.
"""

from datetime import timedelta
from decimal import Decimal

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from liangshui.records.fields import VolumeField
from liangshui.records.models import ByDocument, Dated, Located, Responsible
from liangshui.registry.codes import (
    DivisionLevel,
    IntakeKind,
    IntakeStatus,
    LawfulMethod,
    NodeKind,
    Sector,
    ShapeKind,
    SourceKind,
    UserKind,
    ZoneKind,
)

PLACE = {"max_digits": 9, "decimal_places": 6, "null": True, "blank": True}


class Division(Located):
    """Administrative division (行政区划) down to the village (嘎查村), or a functional area.

    `code` is the statistical code, `mca_code` that of civil affairs; the two sets disagree for some towns, so
    towns are matched by name and alias, never by one code alone.
    """

    within_division = "path"

    code = models.CharField(_("statistical code"), max_length=12, unique=True)
    mca_code = models.CharField(_("civil-affairs code"), max_length=12, blank=True, db_index=True)
    name = models.CharField(_("name"), max_length=60)
    initials = models.CharField(_("pinyin initials"), max_length=60, blank=True, editable=False)
    level = models.CharField(_("level"), max_length=10, choices=DivisionLevel)
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="children", verbose_name=_("part of")
    )
    path = models.CharField(_("path"), max_length=80, unique=True, editable=False)
    note = models.CharField(_("note"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("division")
        ordering = ["path"]

    def __str__(self) -> str:
        return self.name

    def save(self, *args, **kwargs) -> None:
        self.path = (self.parent.path if self.parent else "") + self.code + "/"
        super().save(*args, **kwargs)


class DivisionAlias(models.Model):
    """Another name under which ledgers know a division (旧写法、别名)."""

    division = models.ForeignKey(Division, models.CASCADE, related_name="aliases")
    name = models.CharField(_("alias"), max_length=60)

    class Meta:
        verbose_name = _("division alias")
        constraints = [models.UniqueConstraint(fields=["division", "name"], name="registry_alias_once")]

    def __str__(self) -> str:
        return self.name


class Shape(Located):
    """An outline for the map: county, town or river. GeoJSON geometry, WGS-84. Not survey data."""

    within_division = None

    kind = models.CharField(_("kind"), max_length=10, choices=ShapeKind)
    name = models.CharField(_("name"), max_length=60)
    division = models.ForeignKey(Division, models.CASCADE, null=True, blank=True, related_name="shapes")
    geometry = models.JSONField(_("geometry"))
    source = models.CharField(_("where it comes from"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("outline")
        constraints = [models.UniqueConstraint(fields=["kind", "name"], name="registry_shape_once")]

    def __str__(self) -> str:
        return self.name


class ManagementUnit(Located):
    """Groundwater management unit (地下水管理单元): hydrogeological unit cut by the county boundary (NM-GW-008)."""

    within_division = None

    code = models.CharField(_("code"), max_length=30, unique=True)
    name = models.CharField(_("name"), max_length=60)
    division = models.ForeignKey(Division, models.PROTECT, related_name="management_units", verbose_name=_("county"))
    geometry = models.JSONField(_("geometry"), null=True, blank=True)

    class Meta:
        verbose_name = _("management unit")
        ordering = ["code"]

    def __str__(self) -> str:
        return self.name


class ZoneProposal(ByDocument, Located):
    """Control zones as a document sets, changes or ends them. `ControlZone` gets them when a second officer has confirmed it, and so holds
    only what binds.

    `changes`: of each zone its kind, name, outline and days; of one that stands already its id (`zone`) and the proposal by which it
    stood when this was entered (`stood_by`).
    """

    within_division = None

    changes = models.JSONField(_("changes"))

    class Meta(ByDocument.Meta):
        verbose_name = _("proposed control zones")
        ordering = ["-entered_at", "-pk"]

    def __str__(self) -> str:
        return self.document_number


class ControlZone(Dated):
    """A banned, limited or overdraft zone (禁采区、限采区、超采区), in force by dates, with the document that set it.

    `proposal`: the last one that set, changed or ended it; rows from before there were two officers have none.
    """

    within_division = None

    kind = models.CharField(_("kind"), max_length=10, choices=ZoneKind)
    name = models.CharField(_("name"), max_length=60)
    geometry = models.JSONField(_("geometry"))
    document = models.CharField(_("document"), max_length=120, blank=True)
    proposal = models.ForeignKey(
        ZoneProposal,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="zones",
        verbose_name=_("proposed control zones"),
    )

    class Meta(Dated.Meta):
        verbose_name = _("control zone")

    def __str__(self) -> str:
        return self.name


class Source(Located):
    """A source of water (水源): an aquifer, river reach, reservoir, mine or plant, of one kind."""

    within_division = None

    code = models.CharField(_("code"), max_length=30, unique=True)
    name = models.CharField(_("name"), max_length=60)
    kind = models.CharField(_("kind"), max_length=20, choices=SourceKind)

    class Meta:
        verbose_name = _("source")
        ordering = ["code"]

    def __str__(self) -> str:
        return self.name


class WaterUser(Located):
    """Water user (用水户、取用水户)."""

    within_user = "pk"

    code = models.CharField(_("code"), max_length=30, unique=True)
    name = models.CharField(_("name"), max_length=100)
    initials = models.CharField(_("pinyin initials"), max_length=100, blank=True, editable=False, db_index=True)
    kind = models.CharField(_("kind"), max_length=20, choices=UserKind)
    industry_code = models.CharField(_("industry (GB/T 4754)"), max_length=5, blank=True)
    credit_code = models.CharField(_("unified credit code"), max_length=18, blank=True, db_index=True)
    division = models.ForeignKey(
        Division, models.PROTECT, related_name="water_users", verbose_name=_("town or village")
    )
    contact = models.CharField(_("contact"), max_length=60, blank=True)
    phone = models.CharField(_("phone"), max_length=30, blank=True)
    note = models.CharField(_("note"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("water user")
        ordering = ["code"]

    def __str__(self) -> str:
        return self.name


class HouseholdNumber(models.Model):
    """A household number (户号) of the power company that belongs to a water user."""

    user = models.ForeignKey(WaterUser, models.CASCADE, related_name="household_numbers")
    number = models.CharField(_("household number"), max_length=20, unique=True)

    class Meta:
        verbose_name = _("household number")

    def __str__(self) -> str:
        return self.number


class Project(Located):
    """Abstraction project (取水项目): what a permit belongs to. One permit, many wells. `permit_counted_m3`: with how much it counts in the
    totals where that is not what it allows today: it is restricted, or its next term allows more."""

    within_user = "user"

    code = models.CharField(_("code"), max_length=40, unique=True)
    name = models.CharField(_("name"), max_length=100)
    initials = models.CharField(_("pinyin initials"), max_length=100, blank=True, editable=False, db_index=True)
    user = models.ForeignKey(WaterUser, models.PROTECT, related_name="projects", verbose_name=_("water user"))
    division = models.ForeignKey(Division, models.PROTECT, related_name="projects", verbose_name=_("town or village"))
    permit_number = models.CharField(_("permit number"), max_length=40, blank=True, db_index=True)
    permitted_m3 = VolumeField(_("permitted volume a year, m³"), null=True, blank=True)
    permit_counted_m3 = VolumeField(_("counts in totals with, m³ a year"), null=True, blank=True, editable=False)
    permit_from = models.DateField(_("permit valid from"), null=True, blank=True)
    permit_to = models.DateField(_("permit valid to"), null=True, blank=True)
    permit_office = models.CharField(_("issuing office"), max_length=60, blank=True)
    permit_purpose = models.CharField(_("purpose by the permit"), max_length=120, blank=True)
    permit_source = models.CharField(_("source by the permit"), max_length=20, choices=SourceKind, blank=True)
    permit_unit = models.ForeignKey(
        ManagementUnit,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("management unit by the permit"),
    )
    note = models.CharField(_("note"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("abstraction project")
        ordering = ["code"]

    def __str__(self) -> str:
        return self.name


class Holding(Dated):
    """Which water user held a project, from when to when."""

    within_division = "project__division__path"
    within_user = "user"

    project = models.ForeignKey(Project, models.CASCADE, related_name="holdings")
    user = models.ForeignKey(WaterUser, models.PROTECT, related_name="holdings")
    document = models.CharField(_("document"), max_length=120, blank=True)

    class Meta(Dated.Meta):
        verbose_name = _("holder of a project")
        constraints = [
            *Dated.Meta.constraints,
            models.UniqueConstraint(fields=["project"], condition=Q(valid_to=None), name="registry_one_holder"),
        ]

    def __str__(self) -> str:
        return f"{self.project_id} {self.valid_from}"


class IrrigationNode(Located):
    """Irrigation district, canal or water users' association (灌区、渠道、用水者协会), each below another."""

    code = models.CharField(_("code"), max_length=30, unique=True)
    name = models.CharField(_("name"), max_length=60)
    kind = models.CharField(_("kind"), max_length=12, choices=NodeKind)
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="children", verbose_name=_("part of")
    )
    user = models.ForeignKey(
        WaterUser, models.PROTECT, null=True, blank=True, related_name="irrigation_nodes", verbose_name=_("run by")
    )
    division = models.ForeignKey(
        Division, models.PROTECT, related_name="irrigation_nodes", verbose_name=_("town or village")
    )

    class Meta:
        verbose_name = _("irrigation node")
        ordering = ["code"]

    def __str__(self) -> str:
        return self.name


class Intake(Located):
    """Intake (取水口): a well, canal head, pump, reservoir outlet, network connection or outlet that water is taken at."""

    within_user = "project__user"

    code = models.CharField(_("intake code"), max_length=40, unique=True)
    national_code = models.CharField(_("national intake code"), max_length=30, blank=True, db_index=True)
    name = models.CharField(_("name"), max_length=100)
    initials = models.CharField(_("pinyin initials"), max_length=100, blank=True, editable=False, db_index=True)
    kind = models.CharField(_("kind"), max_length=20, choices=IntakeKind)
    status = models.CharField(_("status"), max_length=15, choices=IntakeStatus, default=IntakeStatus.IN_USE)
    project = models.ForeignKey(Project, models.PROTECT, related_name="intakes", verbose_name=_("abstraction project"))
    division = models.ForeignKey(Division, models.PROTECT, related_name="intakes", verbose_name=_("town or village"))
    management_unit = models.ForeignKey(
        ManagementUnit, models.PROTECT, null=True, blank=True, related_name="intakes", verbose_name=_("management unit")
    )
    source = models.ForeignKey(Source, models.PROTECT, related_name="intakes", verbose_name=_("source"))
    sector = models.CharField(_("use"), max_length=12, choices=Sector)
    node = models.ForeignKey(
        IrrigationNode,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="intakes",
        verbose_name=_("irrigation node"),
    )
    longitude = models.DecimalField(_("longitude"), **PLACE)
    latitude = models.DecimalField(_("latitude"), **PLACE)
    place_guessed = models.BooleanField(_("place is guessed"), default=False)
    depth_m = models.DecimalField(_("depth, m"), max_digits=7, decimal_places=2, null=True, blank=True)
    pipe_mm = models.PositiveIntegerField(_("pipe diameter, mm"), null=True, blank=True)
    pump_model = models.CharField(_("pump"), max_length=60, blank=True)
    pump_kw = models.DecimalField(_("pump power, kW"), max_digits=7, decimal_places=2, null=True, blank=True)
    capacity_m3_h = models.DecimalField(
        _("design capacity, m³/h"), max_digits=10, decimal_places=2, null=True, blank=True
    )
    max_m3_d = models.DecimalField(
        _("maximum daily capacity, m³"), max_digits=12, decimal_places=2, null=True, blank=True
    )
    lawful_method = models.CharField(_("volume found"), max_length=12, choices=LawfulMethod, default=LawfulMethod.UNSET)
    sealed_on = models.DateField(_("sealed on"), null=True, blank=True)
    note = models.CharField(_("note"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("intake")
        ordering = ["code"]
        indexes = [models.Index(fields=["status", "code"], name="registry_intake_status")]

    def __str__(self) -> str:
        return self.name


class Attribution(Dated):
    """To which project, place, unit, source and use the water of an intake counted, from when to when (归属)."""

    within_user = "project__user"

    intake = models.ForeignKey(Intake, models.CASCADE, related_name="attributions")
    project = models.ForeignKey(Project, models.PROTECT, related_name="+")
    division = models.ForeignKey(Division, models.PROTECT, related_name="+")
    management_unit = models.ForeignKey(ManagementUnit, models.PROTECT, null=True, related_name="+")
    source = models.ForeignKey(Source, models.PROTECT, related_name="+")
    sector = models.CharField(_("use"), max_length=12, choices=Sector)
    reason = models.CharField(_("reason"), max_length=200, blank=True)

    class Meta(Dated.Meta):
        verbose_name = _("attribution of an intake")
        constraints = [
            *Dated.Meta.constraints,
            models.UniqueConstraint(fields=["intake"], condition=Q(valid_to=None), name="registry_one_attribution"),
        ]

    def __str__(self) -> str:
        return f"{self.intake_id} {self.valid_from}"


class Share(Dated):
    """A household's share of a common well (一井多户): weights, divided by their sum."""

    within_division = "intake__division__path"
    within_user = "user"

    intake = models.ForeignKey(Intake, models.CASCADE, related_name="shares")
    user = models.ForeignKey(WaterUser, models.PROTECT, related_name="shares", verbose_name=_("water user"))
    weight = models.DecimalField(
        _("weight"), max_digits=9, decimal_places=3, validators=[MinValueValidator(Decimal("0.001"))]
    )

    class Meta(Dated.Meta):
        verbose_name = _("share of a well")

    def __str__(self) -> str:
        return f"{self.intake_id} {self.user_id}"


class IrrigatedArea(Located):
    """Irrigated area (灌溉面积) of a user, and of a well where known, by year; one year is the baseline (基数)."""

    within_division = "user__division__path"
    within_user = "user"

    user = models.ForeignKey(WaterUser, models.CASCADE, related_name="areas")
    intake = models.ForeignKey(Intake, models.CASCADE, null=True, blank=True, related_name="areas")
    year = models.PositiveSmallIntegerField(_("year"))
    area_mu = models.DecimalField(_("area, mu"), max_digits=10, decimal_places=2)
    is_baseline = models.BooleanField(_("baseline"), default=False)

    class Meta:
        verbose_name = _("irrigated area")
        constraints = [
            models.UniqueConstraint(
                fields=["user", "intake", "year", "is_baseline"],
                condition=Q(intake__isnull=False),
                name="registry_well_area_once",
            ),
            models.UniqueConstraint(
                fields=["user", "year", "is_baseline"], condition=Q(intake=None), name="registry_user_area_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.year}"


class SupplyLink(Dated):
    """Water passed on (转供): what a waterworks, mine, plant or canal head gives to another user. Not abstraction."""

    within_division = "supplier__division__path"
    within_user = "supplier"

    code = models.CharField(_("code"), max_length=40, unique=True)
    supplier = models.ForeignKey(WaterUser, models.PROTECT, related_name="supplies_to", verbose_name=_("supplier"))
    customer = models.ForeignKey(WaterUser, models.PROTECT, related_name="supplied_by", verbose_name=_("receiver"))
    source = models.ForeignKey(Source, models.PROTECT, related_name="+", verbose_name=_("source"))
    sector = models.CharField(_("use"), max_length=12, choices=Sector)

    class Meta(Dated.Meta):
        verbose_name = _("supply link")
        constraints = [
            *Dated.Meta.constraints,
            models.CheckConstraint(condition=~Q(supplier=F("customer")), name="registry_supply_to_another"),
        ]

    def __str__(self) -> str:
        return self.code


class Meter(Located):
    """Water meter (水表). The register counts in units of `unit_m3`, wraps after `digits` digits."""

    within_division = None

    number = models.CharField(_("meter number"), max_length=40, unique=True)
    model = models.CharField(_("model"), max_length=60, blank=True)
    digits = models.PositiveSmallIntegerField(_("register digits"), null=True, blank=True)
    unit_m3 = models.DecimalField(_("m³ per unit of the register"), max_digits=9, decimal_places=3, default=Decimal(1))
    multiplier = models.DecimalField(_("multiplier"), max_digits=9, decimal_places=3, default=Decimal(1))
    error_percent = models.DecimalField(
        _("permissible error, %"), max_digits=5, decimal_places=2, null=True, blank=True
    )
    verification_due = models.DateField(_("verification due"), null=True, blank=True)

    class Meta:
        verbose_name = _("water meter")
        ordering = ["number"]

    def __str__(self) -> str:
        return self.number


class MeterVerification(Located):
    """A verification of a meter (检定): its certificate, by whom, until when, and whether the meter passed."""

    within_division = "meter__installations__intake__division__path"
    within_user = "meter__installations__intake__project__user"

    meter = models.ForeignKey(Meter, models.PROTECT, related_name="verifications")
    certificate = models.CharField(_("certificate number"), max_length=60)
    office = models.CharField(_("verified by"), max_length=100)
    verified_on = models.DateField(_("verified on"))
    valid_until = models.DateField(_("valid until"), null=True, blank=True)
    error_percent = models.DecimalField(_("error found, %"), max_digits=6, decimal_places=2, null=True, blank=True)
    passed = models.BooleanField(_("passed"), default=True)

    class Meta:
        verbose_name = _("verification of a meter")
        ordering = ["-verified_on", "-pk"]
        constraints = [models.UniqueConstraint(fields=["meter", "certificate"], name="registry_certificate_once")]

    def __str__(self) -> str:
        return self.certificate


class MeterInstallation(Located):
    """A meter on an intake from an instant to an instant, with its first and final reading in units of the register."""

    within_division = "intake__division__path"
    within_user = "intake__project__user"

    meter = models.ForeignKey(Meter, models.PROTECT, related_name="installations")
    intake = models.ForeignKey(Intake, models.PROTECT, related_name="meter_installations")
    installed_at = models.DateTimeField(_("installed at"))
    removed_at = models.DateTimeField(_("removed at"), null=True, blank=True)
    first_reading = models.DecimalField(_("first reading"), max_digits=16, decimal_places=3, null=True, blank=True)
    final_reading = models.DecimalField(_("final reading"), max_digits=16, decimal_places=3, null=True, blank=True)

    class Meta:
        verbose_name = _("meter installation")
        ordering = ["installed_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(removed_at=None) | Q(removed_at__gt=F("installed_at")), name="registry_meter_removed_after"
            ),
            models.UniqueConstraint(fields=["intake"], condition=Q(removed_at=None), name="registry_one_meter"),
            models.UniqueConstraint(fields=["meter"], condition=Q(removed_at=None), name="registry_meter_one_place"),
        ]

    def __str__(self) -> str:
        return f"{self.meter_id}"


class PowerMeter(Located):
    """Power meter (电表) with the household number of the power company."""

    within_division = None

    number = models.CharField(_("power meter number"), max_length=40, unique=True)
    household_number = models.CharField(_("household number"), max_length=20, blank=True, db_index=True)
    multiplier = models.DecimalField(_("multiplier"), max_digits=9, decimal_places=2, default=Decimal(1))

    class Meta:
        verbose_name = _("power meter")
        ordering = ["number"]

    def __str__(self) -> str:
        return self.number


class PowerSupply(Dated):
    """Which power meter drives an intake, and with what share where one meter drives several."""

    within_division = "intake__division__path"
    within_user = "intake__project__user"

    power_meter = models.ForeignKey(PowerMeter, models.PROTECT, related_name="supplies")
    intake = models.ForeignKey(Intake, models.PROTECT, related_name="power_supplies")
    weight = models.DecimalField(_("weight"), max_digits=9, decimal_places=3, default=Decimal(1))

    class Meta(Dated.Meta):
        verbose_name = _("power supply of an intake")

    def __str__(self) -> str:
        return f"{self.power_meter_id}"


class ImportBatch(Responsible, Located):
    """One upload of a sheet: kept as received, with the report on each row, until its good rows are taken."""

    within_division = None
    LONGEST_REST = timedelta(minutes=3)

    class State(models.TextChoices):
        CHECKING = "checking", _("being checked")
        CHECKED = "checked", _("checked, not yet taken")
        TAKING = "taking", _("being taken")
        TAKEN = "taken", _("taken")
        TAKEN_BACK = "taken_back", _("taken back")
        DROPPED = "dropped", _("dropped")

    kind = models.CharField(_("kind"), max_length=20)
    file_name = models.CharField(_("file"), max_length=200)
    digest = models.CharField(_("SHA-256"), max_length=64)
    content = models.BinaryField(_("content"))
    options = models.JSONField(_("options"), default=dict)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.CHECKING)
    report = models.JSONField(_("report"), default=dict)
    done_rows = models.PositiveIntegerField(_("rows done"), default=0)
    all_rows = models.PositiveIntegerField(_("rows"), default=0)
    created_at = models.DateTimeField(_("uploaded at"), auto_now_add=True)
    moved_at = models.DateTimeField(_("last progress"), auto_now_add=True)
    taken_at = models.DateTimeField(_("taken at"), null=True, blank=True)
    taken_back_at = models.DateTimeField(_("taken back at"), null=True, blank=True)

    class Meta:
        verbose_name = _("import")
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return self.file_name

    @property
    def working(self) -> bool:
        """Whether it is being checked or taken, or waits for the worker to do so."""
        return self.state in (self.State.CHECKING, self.State.TAKING)

    @property
    def stuck(self) -> bool:
        """Whether nothing has moved for so long that the worker must have been stopped in the middle."""
        return self.working and timezone.now() - self.moved_at > self.LONGEST_REST

    @classmethod
    def open_items(cls) -> models.QuerySet["ImportBatch"]:
        return cls.objects.filter(state=cls.State.CHECKED)
