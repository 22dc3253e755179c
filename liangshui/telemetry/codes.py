"""Code lists of monitoring."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class Protocol(models.TextChoices):
    """Wire protocol and edition of a station."""

    SL651 = "sl651", _("SL 651-2014")
    SZY206 = "szy206", _("SZY206-2016 / SL 427-2008")
    SL427_2021 = "sl427-2021", _("SL/T 427-2021")
    HJ212 = "hj212", _("HJ 212 (2005, 2017, plain 2025)")
    MODBUS = "modbus", _("Modbus behind a DTU")
    DLT645 = "dlt645", _("DL/T 645-2007 behind a DTU")
    MQTT = "mqtt", _("MQTT JSON")


def family(protocol: str) -> str:
    """Protocols that a frame's first bytes cannot tell apart go by one name."""
    return "szy206" if protocol == "sl427-2021" else protocol


class LineKind(models.TextChoices):
    """What is spoken behind a DTU (数传终端)."""

    THROUGH = "through", _("frames that name their station")
    MODBUS_RTU = "modbus_rtu", _("Modbus RTU")
    MODBUS_TCP = "modbus_tcp", _("Modbus TCP")
    DLT645 = "dlt645", _("DL/T 645-2007")


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
    PH = "ph", _("pH")
    OXYGEN = "do_mg_l", _("dissolved oxygen, mg/L")
    CONDUCTIVITY = "cond_us_cm", _("conductivity, µS/cm")
    TURBIDITY = "turbidity", _("turbidity")
    REDOX = "orp_mv", _("redox potential, mV")
    COD = "cod_mg_l", _("chemical oxygen demand, mg/L")
    CODMN = "codmn_mg_l", _("permanganate index, mg/L")
    BOD5 = "bod5_mg_l", _("biochemical oxygen demand (5 days), mg/L")
    AMMONIA = "nh3n_mg_l", _("ammonia nitrogen, mg/L")
    TOTAL_NITROGEN = "tn_mg_l", _("total nitrogen, mg/L")
    TOTAL_PHOSPHORUS = "tp_mg_l", _("total phosphorus, mg/L")
    FLUORIDE = "fluoride_mg_l", _("fluoride, mg/L")
    OTHER = "other", _("other quantity")


class EventKind(models.TextChoices):
    """What a device says of itself."""

    MAINS_LOST = "mains_lost", _("mains lost")
    BATTERY_LOW = "battery_low", _("battery low")
    DOOR_OPEN = "door_open", _("cabinet door open")
    METER_FAULT = "meter_fault", _("flow meter fault")
    LEVEL_FAULT = "level_fault", _("level meter fault")
    MEMORY_FAULT = "memory_fault", _("memory fault")
    LIMIT = "limit", _("value over its limit")
    WATER_LOW = "water_low", _("remaining water low")
    PUMP_STOPPED = "pump_stopped", _("pump stopped")
    PUMP_ALARM = "pump_alarm", _("pump alarm")
    IC_CARD = "ic_card", _("IC card in force")
    QUOTA_CONTROL = "quota_control", _("control by quota in force")
    ON_BATTERY = "on_battery", _("runs on its battery")
    LOGIN = "login", _("station came on line")
    LOGOUT = "logout", _("station went off line")


class CommandKind(models.TextChoices):
    """What the centre asks of a station, or tells it to do."""

    QUERY_NOW = "query_now", _("ask for the values of now")
    QUERY_ELEMENTS = "query_elements", _("ask for named elements")
    QUERY_PERIOD = "query_period", _("ask for a past period")
    QUERY_BUFFERED = "query_buffered", _("ask for reports not sent yet")
    PICTURE = "picture", _("ask for a picture")
    READ_CLOCK = "read_clock", _("read the clock")
    SET_CLOCK = "set_clock", _("set the clock")
    STATUS = "status", _("read status and alarms")
    EVENTS = "events", _("read event records")
    MOTOR = "motor", _("read motor data of the pump")
    VERSION = "version", _("read the software version")
    READ_BASIC = "read_basic", _("read basic parameters")
    READ_RUNNING = "read_running", _("read running parameters")
    WRITE_BASIC = "write_basic", _("write basic parameters")
    WRITE_RUNNING = "write_running", _("write running parameters")
    PASSWORD = "password", _("change the password")
    IC_CARD = "ic_card", _("IC card in force or not")
    CLEAR_MEMORY = "clear_memory", _("clear the memory")
    FACTORY_RESET = "factory_reset", _("reset to factory settings")
    PUMP = "pump", _("switch pumps")
    VALVE = "valve", _("switch valves")
    GATE = "gate", _("move gates")
    QUOTA_CONTROL = "quota_control", _("control by quota on or off")
    QUOTA = "quota", _("set the quota volume")
    RECHARGE = "recharge", _("set the recharged volume")
    REMAINING = "remaining", _("read recharged and remaining volume")
    FUNCTION = "function", _("another function, by its code")


class CommandState(models.TextChoices):
    """The life of a command."""

    PROPOSED = "proposed", _("waits for a second officer")
    QUEUED = "queued", _("waits for the station")
    SENT = "sent", _("sent")
    ANSWERED = "answered", _("answered")
    REFUSED = "refused", pgettext_lazy("decision", "refused")
    EXPIRED = "expired", _("expired")
    WITHDRAWN = "withdrawn", _("withdrawn")


VOLUME_QUANTITIES = frozenset({Quantity.REGISTER.value, Quantity.FLOW.value, Quantity.ENERGY.value})
"""Quantities from which volumes are made: a new observation of them changes accounts."""

FAULTS = frozenset(
    {EventKind.MAINS_LOST, EventKind.BATTERY_LOW, EventKind.METER_FAULT, EventKind.LEVEL_FAULT, EventKind.MEMORY_FAULT}
)
"""Events that, while they last, make a station one with a fault (故障)."""
