"""Code lists of the ledger (台账代码): what may stand in a column, with its Chinese label in the translations."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class DivisionLevel(models.TextChoices):
    """Levels of administrative division; functional areas (开发区) are statistical, not administrative."""

    PROVINCE = "province", _("province")
    CITY = "city", _("city")
    COUNTY = "county", _("county")
    TOWN = "town", _("town")
    VILLAGE = "village", _("village")
    AREA = "area", _("functional area")


class SourceKind(models.TextChoices):
    """Sources of water (水源类型)."""

    SURFACE = "surface", _("surface water")
    SHALLOW = "shallow_groundwater", _("shallow groundwater")
    DEEP = "deep_groundwater", _("deep groundwater")
    DRAINAGE = "mine_drainage", _("mine drainage")
    RECLAIMED = "reclaimed", _("reclaimed water")
    RAIN = "rain", _("rainwater")
    OTHER = "other", _("other source")


GROUNDWATER = frozenset({SourceKind.SHALLOW, SourceKind.DEEP})


class Sector(models.TextChoices):
    """Sectors of the plan of 2023 (生活、工业、农牧业、生态)."""

    LIVING = "living", _("living")
    INDUSTRY = "industry", _("industry")
    AGRICULTURE = "agriculture", _("agriculture and herding")
    ECOLOGY = "ecology", _("ecology")


class UserKind(models.TextChoices):
    """Kinds of water user (用水户类型)."""

    COMPANY = "company", _("company")
    PUBLIC = "public", _("public body")
    WATERWORKS = "waterworks", _("waterworks")
    IRRIGATION = "irrigation_district", _("irrigation district")
    ASSOCIATION = "association", _("water users' association")
    COLLECTIVE = "collective", _("village collective")
    HOUSEHOLD = "household", _("household")
    OTHER = "other", _("other user")


class IntakeKind(models.TextChoices):
    """Kinds of intake (取水口类型)."""

    WELL = "well", _("well")
    CANAL = "canal", _("canal head")
    PUMP = "pump", _("pump station")
    RESERVOIR = "reservoir", _("reservoir outlet")
    NETWORK = "network", _("network connection")
    MINE = "mine_outlet", _("mine outlet")
    RECLAIMED = "reclaimed_outlet", _("reclaimed-water outlet")


class IntakeStatus(models.TextChoices):
    """State of an intake (取水口状态)."""

    IN_USE = "in_use", _("in use")
    STANDBY = "standby", _("standby")
    TO_BE_SEALED = "to_be_sealed", _("to be sealed")
    SEALED = "sealed", _("sealed")


class LawfulMethod(models.TextChoices):
    """How the volume of an intake is lawfully found (MO-WELL, GM-027): by meter, electricity or sample wells."""

    METER = "meter", _("by meter")
    ELECTRICITY = "electricity", _("by electricity")
    SAMPLE = "sample", _("by sample wells")
    UNSET = "unset", _("not decided")


class ZoneKind(models.TextChoices):
    """Control zones of groundwater (禁采区、限采区、超采区)."""

    BANNED = "banned", _("banned zone")
    LIMITED = "limited", _("limited zone")
    OVERDRAFT = "overdraft", _("overdraft zone")


class NodeKind(models.TextChoices):
    """Nodes of an irrigation district (灌区节点)."""

    DISTRICT = "district", _("irrigation district")
    CANAL = "canal", _("canal")
    ASSOCIATION = "association", _("water users' association")


class ShapeKind(models.TextChoices):
    """What an outline on the map shows."""

    COUNTY = "county", _("county outline")
    DIVISION = "division", _("town outline")
    RIVER = "river", _("river")
    OTHER = "other", _("other outline")
