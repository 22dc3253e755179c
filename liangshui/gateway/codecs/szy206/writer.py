"""Messages to bytes (README sections 3.1 to 3.5): what the centre answers, and what a simulated station reports."""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Literal

from liangshui.gateway.codecs.szy206 import layouts
from liangshui.gateway.codecs.szy206 import messages as m
from liangshui.gateway.codecs.szy206.checksum import crc8
from liangshui.gateway.codecs.szy206.layouts import Field

AnswerForm = Literal["no_tp", "tp7"]
"""Answer to a report without time label, or with the 7-byte label by which a 2021 station sets its clock (3.5)."""

LinkAnswer = Literal["echo", "zero"]
"""Answer to a link test: the byte received, or 00 as one platform does (README section 7, point 6)."""


class EncodeError(ValueError):
    """A message that has no wire form; says which part, and what is allowed."""


def encode(message: m.Message) -> bytes:
    """The whole frame, from 68H to 16H.

    Raises:
        EncodeError: a value that doesn't fit its digits, readings that are not those of the type, a frame too long.
    """
    control = (0x80 if message.up else 0) | (message.fcb & 0b11) << 4 | (message.type_code & 0x0F)
    try:
        address = bytes.fromhex(message.station)
    except ValueError:
        address = b""
    if len(address) != 5:
        raise EncodeError(f"station {message.station!r}: needs ten hex characters")
    head = bytes([control]) if message.divs is None else bytes([control | 0x40, message.divs])
    payload = head + address + bytes([message.afn]) + encode_body(message)
    if len(payload) > 255:
        raise EncodeError(f"{len(payload)} bytes from C through Tp; L allows 255")
    return bytes([0x68, len(payload), 0x68]) + payload + bytes([crc8(payload), 0x16])


def encode_body(message: m.Message) -> bytes:
    """The bytes after AFN, time label included, as `encode` puts them into the frame."""
    body = message.body
    if isinstance(body, m.Link):
        return bytes([body.code])
    if isinstance(body, m.Answer):
        return bytes([body.mode]) + _tp(body.tp)
    if isinstance(body, m.Raw):
        return body.data
    values = _values(message.type_code, body.values, message.afn, body.edition)
    alarm, status = _word(body.alarm), _word(body.status)
    words_and_values = alarm + values + status if message.afn == m.ALARM_REPORT else values + alarm + status
    return words_and_values + _tp(body.tp)


def report(
    station: str,
    type_code: int,
    values: Iterable[m.Reading],
    *,
    edition: m.Edition,
    when: datetime | None,
    alarm: int = 0,
    status: int = 0,
    afn: int = m.SELF_REPORT,
    fcb: int = 3,
    delay: int = 0,
) -> m.Message:
    """A report of a station: C0H, or by `afn` 81H alarm, 82H manual; time label as the edition has it.

    Args:
        station: key, ten hex characters.
        type_code: what is measured, 1..15.
        values: readings in the order of the type (3.4): for type 3 flow, volume, flow, volume or flows only.
        edition: edition the station speaks.
        when: aware time of measurement; None leaves out the time label.
        alarm: alarm word.
        status: status word.
        afn: function code.
        fcb: resend counter, 3 for the first attempt.
        delay: permitted delay in the time label.
    """
    label = m.Tp.long if edition == "sl427-2021" else m.Tp.short
    tp = None if when is None else label(when, delay)
    return m.Message(station, afn, m.Report(tuple(values), alarm, status, tp, edition), type_code, fcb=fcb)


def link(station: str, code: int = m.KEEP_ALIVE) -> m.Message:
    """Login, logout or keep-alive of a station (3.5)."""
    return m.Message(station, m.LINK, m.Link(code))


def command(
    station: str,
    afn: int,
    data: bytes = b"",
    *,
    type_code: int = 0,
    password: str = "0000",
    label: m.Tp | None = None,
) -> m.Message:
    """A question or command of the centre: important ones (10H to 4FH, 90H to 9FH) carry the password (3.1).

    Args:
        station: key, ten hex characters.
        afn: function code.
        data: as the function has it.
        type_code: of the values asked for by B0H; else 0.
        password: four hex characters.
        label: time label; None leaves it out.
    """
    important = 0x10 <= afn <= 0x4F or 0x90 <= afn <= 0x9F
    body = data + (bytes.fromhex(password) if important else b"") + _tp(label)
    return m.Message(station, afn, m.Raw(body), type_code, up=False)


def answer(
    message: m.Message,
    *,
    answer_form: AnswerForm = "no_tp",
    now: datetime | None = None,
    mode: int = 0,
    link_answer: LinkAnswer = "echo",
) -> m.Message | None:
    """What the centre answers, or None where nothing is answered (3.5).

    The answer keeps address, AFN, FCB and DIVS; direction is down and type 0.

    Args:
        message: what the station sent.
        answer_form: setting of the station; a wrong form may set a station's clock wrong, so `no_tp` is the default.
        now: aware time of the centre; needed for "tp7".
        mode: 0 report and query, 1 report, 2 query, 3 service.
        link_answer: what a link test gets.

    Raises:
        ValueError: "tp7" without an aware `now`.
    """
    if not message.up:
        return None
    if isinstance(message.body, m.Link):
        body: m.Body = m.Link(message.body.code if link_answer == "echo" else 0)
    elif message.afn in m.REPORTS:
        if answer_form == "tp7" and now is None:
            raise ValueError("an answer with time label needs the time of the centre")
        body = m.Answer(mode, m.Tp.long(now) if answer_form == "tp7" and now is not None else None)
    else:
        return None
    return m.Message(message.station, message.afn, body, type_code=0, up=False, fcb=message.fcb, divs=message.divs)


def _tp(tp: m.Tp | None) -> bytes:
    return b"" if tp is None else tp.raw


def _word(word: int | None) -> bytes:
    return b"" if word is None else word.to_bytes(2, "little")  # 3.4: low byte first


def _values(type_code: int, readings: tuple[m.Reading, ...], afn: int, edition: m.Edition | None) -> bytes:
    if not readings:
        return b""
    if type_code == m.QUALITY and afn != m.VOLTAGE_REPORT:
        return _quality(readings)
    if afn == m.VOLTAGE_REPORT:
        fields = layouts.NEW[m.ALARM_OR_STATUS]
    elif type_code == m.FLOW and all(reading.quantity == "flow" for reading in readings):
        fields = (layouts.FLOW,)
    else:
        fields = (layouts.NEW if edition == "sl427-2021" else layouts.OLD).get(type_code, ())
    names = [name for field in fields for name in field.quantities]
    given = [reading.quantity for reading in readings]
    if not names or len(given) % len(names) or given != names * (len(given) // len(names)):
        raise EncodeError(f"type {type_code} holds {', '.join(names) or 'no values'}, not {', '.join(given)}")
    parts: list[bytes] = []
    rest = iter(readings)
    while len(parts) * len(names) < len(readings) * len(fields):
        for field in fields:
            parts.append(_value(field, [next(rest) for _ in field.quantities], edition))
    return b"".join(parts)


def _quality(readings: tuple[m.Reading, ...]) -> bytes:
    bits = 0
    parts = []
    names = [field.quantity for field in layouts.QUALITY]
    for reading in readings:
        if reading.quantity not in names:
            raise EncodeError(f"type 10 has no {reading.quantity}")
        bit = names.index(reading.quantity)
        if bits >> bit:
            raise EncodeError("type 10 holds each value once, in the order of the bits")
        bits |= 1 << bit
        parts.append(_value(layouts.QUALITY[bit], [reading], None))
    return bits.to_bytes(layouts.QUALITY_BITS, "little") + b"".join(parts)


def _value(field: Field, readings: list[m.Reading], edition: m.Edition | None) -> bytes:
    """BCD, low byte first; without a value its bytes as they came, else AA (3.4)."""
    last = readings[-1]
    missing = next((reading for reading in readings if reading.value is None), None)
    if missing is not None:
        return missing.raw if len(missing.raw) == field.size else b"\xaa" * field.size
    width = field.size * 2
    if field.form == "plain":
        text = _digits(last, field.decimals, width)
    elif field.form == "volume":
        text = "0" + _digits(last, 0, width - 1)
    elif field.form == "wind":
        text = _digits(last, 0, 1) + _digits(readings[0], field.decimals, width - 1)
    elif field.form == "statistics":
        if readings[0].unit not in layouts.PERIOD_UNITS:
            raise EncodeError(f"rain_period in {readings[0].unit!r}; one of {', '.join(layouts.PERIOD_UNITS)}")
        period = int(_digits(readings[0], 0, 2))
        if period > 0x3F:
            raise EncodeError(f"rain_period {period} is more than 63")
        text = (
            _digits(last, field.decimals, width - 2)
            + f"{layouts.PERIOD_UNITS.index(readings[0].unit) << 6 | period:02x}"
        )
    else:
        nibble = _flow_nibble(last, edition) if field.form == "flow" else "f" if _negative(last) else "0"
        text = nibble + _digits(last, field.decimals, width - 1, signed=True)
    return bytes.fromhex(text)[::-1]


def _flow_nibble(reading: m.Reading, edition: m.Edition | None) -> str:
    """3.4: the sign alone in m3/h by the old editions; 2021 has sign and unit."""
    if edition is None:
        nibbles = {"": "0f", "m3/h": "3f", "m3/s": "0c"}  # as the reader finds them where the edition isn't known
    elif edition == "sl427-2021":
        nibbles = {"m3/h": "3f", "m3/s": "0c"}
    else:
        nibbles = {"m3/h": "0f"}
    if reading.unit not in nibbles:
        raise EncodeError(f"flow in {reading.unit!r}: {edition or 'no edition'} has {', '.join(nibbles)}")
    return nibbles[reading.unit][_negative(reading)]


def _negative(reading: m.Reading) -> bool:
    return reading.value is not None and reading.value < 0


def _digits(reading: m.Reading, decimals: int, width: int, signed: bool = False) -> str:
    value = reading.value if reading.value is not None else Decimal(0)
    if value < 0 and not signed:
        raise EncodeError(f"{reading.quantity} {value}: no sign on the wire")
    scaled = abs(value).scaleb(decimals)
    if scaled != int(scaled):
        raise EncodeError(f"{reading.quantity} {value}: more than {decimals} decimals")
    text = f"{int(scaled):0{width}d}"
    if len(text) > width:
        raise EncodeError(f"{reading.quantity} {value}: more than {width} digits")
    return text
