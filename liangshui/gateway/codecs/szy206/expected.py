"""A message in the form of `expected` in vectors.json (README section 8)."""

from decimal import Decimal
from typing import Any

from liangshui.gateway.codecs.szy206 import messages as m
from liangshui.gateway.codecs.szy206.writer import encode_body

NAMES = {
    "rain": "rain_mm",
    "level": "level_m",
    "volume": "volume_m3",
    "velocity": "velocity_m_s",
    "gate": "gate_m",
    "power": "power_kW",
    "air_pressure": "air_pressure_hPa",
    "wind_speed": "wind_speed_m_s",
    "air_temperature": "air_temp_C",
    "electricity": "electricity_kWh",
    "water_temperature": "water_temp_C",
    "soil_moisture": "soil_moisture_pct",
    "soil_depth": "soil_depth_cm",
    "evaporation": "evaporation_mm",
    "voltage": "voltage_V",
    "rain_sum": "rain_mm",
    "water_pressure": "water_pressure_kPa",
}


def to_expected(message: m.Message) -> dict[str, Any]:
    """The message as a dictionary that JSON can hold; numbers are int or float, no value is None.

    Where the edition was not a setting, `edition` and `edition_by` say which one was used and how it was found (3.2).
    """
    fields: dict[str, Any] = {"direction": "up" if message.up else "down", "div": int(message.divs is not None)}
    if message.divs is not None:
        fields["divs"] = message.divs
    fields |= {"fcb": message.fcb, "type_code": message.type_code, "address_hex": message.station}
    if message.region is None:
        fields["station_code"] = message.station[2:]
    else:
        fields |= {"region": message.region, "station_no_le": message.number_low_first}
    fields["afn"] = f"{message.afn:02X}"
    body = message.body
    if isinstance(body, m.Report):
        return fields | _report(body)
    if isinstance(body, m.Link) and message.up and body.code in m.LINK_NAMES:
        return fields | {"link": m.LINK_NAMES[body.code]}
    fields["data_hex"] = encode_body(message).hex().upper()
    if isinstance(body, m.Raw) and body.problem:
        fields["problem"] = body.problem
    return fields


def _report(report: m.Report) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    if report.edition_by != "setting":
        fields |= {"edition": report.edition, "edition_by": report.edition_by}
    fields["tp_bytes"] = 0 if report.tp is None else len(report.tp.raw)
    if report.tp is not None:
        fields |= {"tp_raw": report.tp.raw.hex().upper(), "tp": _tp(report.tp)}
    if report.alarm is not None and report.status is not None:
        fields |= {"alarm_bits": report.alarm_bits, "status_bits": report.status_bits, "mode": report.mode}
    values: dict[int, dict[str, Any]] = {}
    for reading in report.values:
        of_instrument = values.setdefault(reading.index, {})
        of_instrument[NAMES.get(reading.quantity, reading.quantity)] = _number(reading.value)
        if reading.value is None:
            continue
        if reading.quantity == "flow":
            of_instrument |= _flow_unit(reading, report.edition)
        elif reading.quantity == "rain_period":
            of_instrument["rain_period_unit"] = reading.unit
    return fields | {"values": list(values.values())}


def _flow_unit(reading: m.Reading, edition: m.Edition | None) -> dict[str, Any]:
    """2021 says the unit; elsewhere the two bits are shown as they came: only the edition gives them a meaning."""
    if edition == "sl427-2021" or (edition is None and reading.unit):
        return {"flow_unit": reading.unit}
    return {"flow_unit_bits": 3 if reading.value is not None and reading.value < 0 else 0}


def _tp(tp: m.Tp) -> dict[str, Any] | None:
    clock = tp.clock
    if clock is None:
        return None
    if len(clock) == 4:
        second, minute, hour, day = clock
        return {"day": day, "hour": hour, "minute": minute, "second": second, "delay_raw": tp.delay}
    second, minute, hour, day, month, year = clock
    time = f"20{year:02d}-{month:02d}-{day:02d} {hour:02d}:{minute:02d}:{second:02d}"
    return {"time": time, "delay_min": tp.delay}


def _number(value: Decimal | None) -> int | float | None:
    if value is None:
        return None
    return int(value) if value.as_tuple().exponent == 0 else float(value)
