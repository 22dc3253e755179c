"""Code lists of monitoring."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Protocol(models.TextChoices):
    """Wire protocol and edition of a station."""

    SL651 = "sl651", _("SL 651-2014")
    SZY206 = "szy206", _("SZY206-2016 / SL 427-2008")
    SL427_2021 = "sl427-2021", _("SL/T 427-2021")


class AnswerForm(models.TextChoices):
    """How the centre answers a report; the field differs, so it is a setting of the station."""

    DEFAULT = "default", _("as the standard says")
    STAY = "stay", _("SL 651: stay on line (ESC)")
    NO_TIME = "no_time", _("SL 427: without time label")
    TIME = "time", _("SL 427: with 7-byte time label")
    SILENT = "silent", _("no answer (M1)")


class Quantity(models.TextChoices):
    """What a series measures; the unit is fixed by the quantity, conversion happens once, in the element map."""

    REGISTER = "register", _("meter register, units of the register")
    FLOW = "flow_m3_h", _("flow, m³/h")
    ENERGY = "energy_kwh", _("energy register, kWh")
    LEVEL = "level_m", _("water level, m")
    DEPTH = "depth_m", _("groundwater depth, m")
    RAIN = "rain_mm", _("cumulative rain, mm")
    PRESSURE = "pressure_kpa", _("water pressure, kPa")
    VELOCITY = "velocity_m_s", _("velocity, m/s")
    TEMPERATURE = "temperature_c", _("water temperature, °C")
    VOLTAGE = "voltage_v", _("supply voltage, V")
    SIGNAL = "signal", _("signal strength")
    OTHER = "other", _("other quantity")


class EventKind(models.TextChoices):
    """What a device says of itself."""

    MAINS_LOST = "mains_lost", _("mains lost")
    BATTERY_LOW = "battery_low", _("battery low")
    DOOR_OPEN = "door_open", _("cabinet door open")
    METER_FAULT = "meter_fault", _("flow meter fault")
    LEVEL_FAULT = "level_fault", _("level meter fault")
    LIMIT = "limit", _("value over its limit")
    LOGIN = "login", _("station came on line")
    LOGOUT = "logout", _("station went off line")


VOLUME_QUANTITIES = frozenset({Quantity.REGISTER.value, Quantity.FLOW.value, Quantity.ENERGY.value})
"""Quantities from which volumes are made: a new observation of them changes accounts."""

FAULTS = frozenset({EventKind.MAINS_LOST, EventKind.BATTERY_LOW, EventKind.METER_FAULT, EventKind.LEVEL_FAULT})
"""Events that, while they last, make a station one with a fault (故障)."""
