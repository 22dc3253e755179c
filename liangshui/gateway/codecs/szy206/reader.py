"""Bytes from C through Tp to a message (README sections 3.1 to 3.5)."""

from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

from liangshui.gateway.codecs.szy206 import layouts
from liangshui.gateway.codecs.szy206 import messages as m
from liangshui.gateway.codecs.szy206.layouts import Field

SHORTEST = 7
"""C, A and AFN: no frame has a smaller L."""

WORDS = 4
"""Alarm word and status word."""

SHORT_TP, LONG_TP = 5, 7


_FLOW_NIBBLES: dict[bool | None, dict[str, tuple[str, str]]] = {
    False: {"0": ("0", "m3/h"), "f": ("f", "m3/h")},
    True: {"0": ("0", "m3/s"), "3": ("0", "m3/h"), "c": ("f", "m3/s"), "f": ("f", "m3/h")},
    None: {"0": ("0", ""), "3": ("0", "m3/h"), "c": ("f", "m3/s"), "f": ("f", "")},
}
"""3.4, by "is it 2021": top nibble of a flow to sign and unit. Edition unknown: 0 and F leave the unit open."""


class _Fit(NamedTuple):
    """One way to cut the data of a report into values, words and time label."""

    edition: m.Edition
    fields: tuple[Field, ...]
    tp: m.Tp | None
    alarm: int
    status: int
    values: bytes


def read(payload: bytes, edition: m.Edition | None = None, flow_only: bool = False) -> m.Message | None:
    """The message of a frame whose check byte holds.

    Args:
        payload: the L bytes from C through Tp.
        edition: edition the station speaks; None finds it by length and form of the time label, and the report says so.
        flow_only: type 3 holds flows without volumes, 5 bytes each (3.4).

    Returns:
        None if the payload is too short for the fields that it says it has.
    """
    control = payload[0] if payload else 0
    start = 2 if control & 0x40 else 1  # D6 DIV: one more byte DIVS follows C
    if len(payload) < start + 6:
        return None
    up, type_code, afn = control >= 0x80, control & 0x0F, payload[start + 5]
    divs = payload[1] if start == 2 else None
    data = payload[start + 6 :]
    return m.Message(
        station=payload[start : start + 5].hex().upper(),
        afn=afn,
        body=_body(up, afn, type_code, data, divs, edition, flow_only),
        type_code=type_code,
        up=up,
        fcb=control >> 4 & 0b11,
        divs=divs,
    )


def join(pieces: Iterable[m.Message], edition: m.Edition | None = None) -> m.Message | None:
    """The message that was sent in pieces (DIV, 3.5), or None while one is missing.

    DIVS is the number of pieces in the first and 1 in the last; what stands behind AFN is put together and read as one.
    """
    parts: dict[int, bytes] = {}
    last: m.Message | None = None
    for each in pieces:
        if each.divs is not None and isinstance(each.body, m.Raw):
            parts[each.divs] = each.body.data
            last = each if each.divs == 1 else last
    total = max(parts, default=0)
    if last is None or set(parts) != set(range(1, total + 1)):
        return None
    data = b"".join(parts[number] for number in range(total, 0, -1))
    control = (0x80 if last.up else 0) | (last.fcb & 0b11) << 4 | last.type_code
    payload = bytes([control]) + bytes.fromhex(last.station) + bytes([last.afn]) + data
    joined = read(payload, edition)
    return None if joined is None else replace(joined, joined=payload)


def _body(
    up: bool, afn: int, type_code: int, data: bytes, divs: int | None, edition: m.Edition | None, flow_only: bool
) -> m.Body:
    if afn == m.LINK and len(data) == 1:
        return m.Link(data[0])
    if not up:
        if afn in m.REPORTS and len(data) in (1, 1 + SHORT_TP, 1 + LONG_TP):
            return m.Answer(data[0], m.Tp(data[1:]) if len(data) > 1 else None)
        return m.Raw(data)
    if divs is not None:
        return m.Raw(data)  # a piece: values may be cut anywhere
    if afn == m.VOLTAGE_REPORT and len(data) == 2:  # 3.3: two bytes, neither words nor Tp
        (field,) = layouts.NEW[m.ALARM_OR_STATUS]
        by: m.EditionBy = "setting" if edition is not None else "unknown"
        return m.Report(tuple(_readings(field, data, 1, None)), None, None, None, edition, by)
    if afn in (m.SELF_REPORT, m.ALARM_REPORT, m.MANUAL_REPORT):
        return _report(afn, type_code, data, edition, flow_only)
    if (
        afn == m.QUERY_NOW and type_code != m.STATISTICS_RAIN
    ):  # composite: order of values not known (README 7, point 8)
        return _report(afn, type_code, data, edition, flow_only)
    return m.Raw(data)


def _report(afn: int, type_code: int, data: bytes, edition: m.Edition | None, flow_only: bool) -> m.Report | m.Raw:
    """Cut by setting, or by the rule of 3.2 where there is none."""
    tried: tuple[tuple[m.Edition, int], ...]
    if edition is None:
        tried = (("szy206-2016", SHORT_TP), ("sl427-2021", LONG_TP), ("szy206-2016", 0), ("sl427-2021", 0))
    else:
        tried = ((edition, LONG_TP if edition == "sl427-2021" else SHORT_TP), (edition, 0))
    fits: list[_Fit] = []
    for tried_edition, tp_size in tried:
        if afn == m.QUERY_NOW and tp_size:
            continue  # 3.4: a B0H answer has no Tp
        fit = _fit(afn, type_code, data, tried_edition, tp_size, flow_only)
        if fit is None:
            continue
        fits.append(fit)
        if edition is not None and fit.tp is not None and fit.tp.clock is not None:
            break  # nothing is likelier
    if not fits:
        wanted = edition or "any edition"
        return m.Raw(data, f"{len(data)} bytes of data don't make values of type {type_code} by {wanted}")
    fit = fits[0] if len(fits) == 1 else max(fits, key=_likelihood)
    found: m.Edition | None = fit.edition
    by: m.EditionBy = "setting" if edition is not None else "frame"
    if edition is None and fit.tp is None:
        layouts_without_time = [each.fields for each in fits if each.tp is None]
        if len(layouts_without_time) == 2:
            if layouts_without_time[0] != layouts_without_time[1]:
                return m.Raw(data, f"type {type_code} differs by edition, and no time label tells which this is")
            found, by = None, "unknown"
    is_new = None if found is None else found == "sl427-2021"
    values: list[m.Reading] = []
    seen: dict[str, int] = {}
    offset = 0
    for field in fit.fields:
        index = seen[field.quantity] = seen.get(field.quantity, 0) + 1
        values += _readings(field, fit.values[offset : offset + field.size], index, is_new)
        offset += field.size
    return m.Report(tuple(values), fit.alarm, fit.status, fit.tp, found, by)


def _likelihood(fit: _Fit) -> tuple[bool, bool, bool, int]:
    """Where several ways fit: a label that is a time (3.2); no spare bit set in the words; any label; fewer values."""
    timed = fit.tp is not None and fit.tp.clock is not None
    return timed, fit.alarm < 1 << 14 and fit.status < 1 << 7, fit.tp is not None, -len(fit.fields)


def _fit(afn: int, type_code: int, data: bytes, edition: m.Edition, tp_size: int, flow_only: bool) -> _Fit | None:
    size = len(data) - WORDS - tp_size
    if size < 0:
        return None
    if afn == m.ALARM_REPORT:  # 81H: alarm word in front
        alarm, values, status = data[:2], data[2 : 2 + size], data[2 + size : 4 + size]
    else:
        values, alarm, status = data[:size], data[size : size + 2], data[size + 2 : size + 4]
    fields: tuple[Field, ...] | None
    if not values:
        # An alarm may concern no value, and type 13 is the words alone.
        fields = () if afn == m.ALARM_REPORT or type_code == m.ALARM_OR_STATUS else None
    elif type_code == m.QUALITY:
        bits, values = values[: layouts.QUALITY_BITS], values[layouts.QUALITY_BITS :]
        fields = layouts.quality_fields(bits)
        if fields is not None and sum(field.size for field in fields) != len(values):
            fields = None
    else:
        fields = _fields(type_code, size, edition, flow_only)
    if fields is None:
        return None
    tp = m.Tp(data[size + WORDS :]) if tp_size else None
    return _Fit(edition, fields, tp, alarm[0] | alarm[1] << 8, status[0] | status[1] << 8, values)


@lru_cache(maxsize=4096)
def _fields(type_code: int, size: int, edition: m.Edition, flow_only: bool) -> tuple[Field, ...] | None:
    """The instruments, one after another, that fill so many bytes exactly; None if none do."""
    if type_code == m.FLOW and (flow_only or size % 10):
        unit: tuple[Field, ...] | None = (layouts.FLOW,)
    else:
        unit = (layouts.NEW if edition == "sl427-2021" else layouts.OLD).get(type_code)
    if unit is None:
        return None
    count, rest = divmod(size, sum([field.size for field in unit]))
    return None if rest else unit * count


def _readings(field: Field, raw: bytes, index: int, is_new: bool | None) -> list[m.Reading]:
    """The reading or two readings of one value."""
    quantity, unit, _, decimals, form = field
    digits = raw[::-1].hex()
    top = digits[0]
    if form == "wind":
        speed = _number(digits[1:], decimals)
        direction = Decimal(top) if speed is not None and top <= "8" else None
        return [_reading("wind_speed", speed, unit, index, raw), _reading("wind_direction", direction, "", index, raw)]
    if form == "statistics":
        rain = _number(digits[:-2], decimals)
        period = None if rain is None else Decimal(raw[0] & 0x3F)
        period_unit = layouts.PERIOD_UNITS[raw[0] >> 6]
        return [_reading("rain_period", period, period_unit, index, raw), _reading("rain_sum", rain, unit, index, raw)]
    if form == "plain":
        value = _number(digits, decimals)
    elif form == "volume":
        value = _number(digits[1:], decimals) if top in "08" else None  # 8: some readers mask the last byte with 7FH
    else:
        if form == "flow":
            sign, unit = _FLOW_NIBBLES[is_new].get(top, ("", unit))
        else:
            sign = top
        value = _number(digits[1:], decimals) if sign in ("0", "f") else None
        if value and sign == "f":
            value = -value
    return [_reading(quantity, value, unit, index, raw)]


def _reading(quantity: str, value: Decimal | None, unit: str, index: int, raw: bytes) -> m.Reading:
    return m.Reading(quantity, value, unit, index, raw if value is None else b"")


def _number(digits: str, decimals: int) -> Decimal | None:
    """The BCD number; None for AA or FF fill and for any other nibble above 9."""
    if not digits.isdecimal():
        return None
    return Decimal(f"{digits[:-decimals]}.{digits[-decimals:]}" if decimals else digits)
