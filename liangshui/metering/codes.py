"""Code lists of the supervision of metering."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class FaultKind(models.TextChoices):
    """What is the matter with a device."""

    SILENT = "silent", _("silent")
    SCARCE = "scarce", _("reports missing")
    CLOCK = "clock", _("clock wrong")
    BATTERY = "battery_low", _("battery low")
    MAINS = "mains_lost", _("mains lost")
    DOOR = "door_open", _("cabinet door open")
    METER = "meter_fault", _("flow meter fault")
    LEVEL = "level_fault", _("level meter fault")
    MEMORY = "memory_fault", _("memory fault")


SAID = (FaultKind.BATTERY, FaultKind.MAINS, FaultKind.DOOR, FaultKind.METER, FaultKind.LEVEL, FaultKind.MEMORY)
"""Faults that the device tells of itself; the kinds are those of its events."""


class FaultState(models.TextChoices):
    """The life of a fault."""

    NOTICED = "noticed", _("noticed")
    SENT = "sent", _("sent to be repaired")
    REPAIRED = "repaired", _("repaired, as is said")
    CONFIRMED = "confirmed", _("confirmed")


class FindingKind(models.TextChoices):
    """What about a meter does not agree, or is missing. None of it is proof."""

    NO_METER = "no_meter", _("no meter")
    NO_ONLINE = "no_online", _("no on-line meter")
    VERIFICATION = "verification", _("verification overdue")
    NOT_RUNNING = "not_running", _("meter stood still while power was drawn")
    TOO_LITTLE = "too_little", _("meter shows less than its power says")
    SET_BACK = "set_back", _("register set back")
    STUCK = "stuck", _("register stuck while water flowed")
    BACKWARD = "backward", _("register ran backward")
    RESET = "reset", _("register began again at zero")
    JUMP = "jump", _("register leapt further than can pass")
    SPIKE = "spike", _("single odd readings")
    ALWAYS_ON = "always_on", _("ran every day without a pause")
    ALWAYS_OFF = "always_off", _("showed nothing for a year while its station reported")
    GAP = "gap", _("days without readings")
    CLOCK = "clock", _("readings with a wrong clock")
    FLAT = "flat", _("stood still in the season, neighbours took water")
    DECLARED = "declared", _("declared less than metered or than power says")
    UNLIKE = "unlike", _("declared far less than its neighbours took")
    REFUSED = "refused", _("data asked for and not given")


ACCUSING = frozenset(
    {FindingKind.NO_METER, FindingKind.NO_ONLINE, FindingKind.NOT_RUNNING, FindingKind.TOO_LITTLE, FindingKind.SET_BACK, FindingKind.FLAT,
     FindingKind.DECLARED, FindingKind.UNLIKE, FindingKind.REFUSED}
)  # fmt: skip
"""Findings that may speak against somebody; the others are about the device."""


class FindingState(models.TextChoices):
    """What has become of a finding: a person decides."""

    OPEN = "open", _("open")
    EXPLAINED = "explained", _("explained")
    CLUE = "clue", _("made a clue")
    GONE = "gone", _("no longer found")


ARTICLES: dict[str, tuple[str, ...]] = {
    FindingKind.NO_METER: ("GW-022-A", "GW-056-1", "AR-053-1", "MO-WELL"),
    FindingKind.NO_ONLINE: ("GW-022-B", "YR-053", "YR-115-1A"),
    FindingKind.VERIFICATION: ("GW-056-2", "AR-053-2"),
    FindingKind.NOT_RUNNING: ("AM-050", "SR-046", "T24-CAPACITY"),
    FindingKind.TOO_LITTLE: ("SR-046", "T24-CAPACITY", "AR-052"),
    FindingKind.SET_BACK: ("SR-046", "AR-052"),
    FindingKind.STUCK: ("GW-056-2", "AR-053-2"),
    FindingKind.BACKWARD: ("GW-056-2", "AR-053-2"),
    FindingKind.RESET: ("GW-056-2", "AR-053-2"),
    FindingKind.FLAT: ("AM-050",),
    FindingKind.DECLARED: ("AR-052", "YD-039"),
    FindingKind.UNLIKE: ("AR-052", "YD-039"),
    FindingKind.REFUSED: ("AR-052", "AM-050"),
}
"""Rules that a finding may touch, by their ids in the collection of law; which one fits, a person decides (law README 1.2)."""
