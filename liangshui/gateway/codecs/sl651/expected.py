"""A message as plain data, in the form of `expected` in vectors.json (reference, section 8).

`liangshui decode` prints it. Numbers are JSON numbers here, for people and comparison; the exact `Decimal` is in the
message.
"""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any

from liangshui.gateway.codecs.sl651.elements import ELEMENTS
from liangshui.gateway.codecs.sl651.messages import (
    ASCII,
    CONTROL_NAMES,
    REPORT_FUNCTIONS,
    UP,
    Detail,
    Element,
    EventCounts,
    Gates,
    Mark,
    Message,
    Parameters,
    Query,
    QuotaControl,
    Step,
    Switches,
    Version,
)
from liangshui.gateway.codecs.sl651.reader import join_packets

_PICTURE, _VELOCITIES, _MANUAL, _STEP, _STATUS = "F3", "FD", "F2", "04", "45"


def to_expected(message: Message) -> dict[str, Any]:
    """One frame. `body_error` is present only where something could not be read."""
    packet_head = 0 if not message.packet_no else 6 if message.encoding == ASCII else 3
    plain: dict[str, Any] = {
        "encoding": message.encoding,
        "direction": message.direction,
        "center": message.center,
        "station": message.station,
        "password": message.password,
        "func": f"{message.function:02X}",
        "body_len": len(message.body) + packet_head,
        "start": CONTROL_NAMES[message.start],
        "end": CONTROL_NAMES.get(message.end, f"{message.end:02X}"),
        "crc": f"{message.crc:04X}",
    }
    if message.packets:
        plain |= {"packets": message.packets, "packet_no": message.packet_no}
    if message.serial is not None:
        plain |= {"serial": message.serial, "send_time": _to_second(message.send_time)}
    if message.body_station is not None:
        plain["body_station"] = message.body_station
    if message.station_class is not None:
        plain["station_class"] = message.station_class
    if message.obs_time is not None:
        plain["obs_time"] = _to_minute(message.obs_time)
    is_report = message.direction == UP and message.function in REPORT_FUNCTIONS and message.packet_no < 2
    if message.elements or message.marks or is_report:
        plain["elements"] = _elements(message)
    if message.detail is not None:
        plain |= _detail(message.detail)
    if message.body_error is not None:
        plain["body_error"] = message.body_error
    return plain


def to_expected_packets(messages: Iterable[Message]) -> dict[str, Any]:
    """All packets of one M3 transfer, in the order they came. Raises ValueError when some are missing."""
    packets = list(messages)
    joined = join_packets(packets)
    first = next(message for message in packets if message.packet_no == 1)
    plain: dict[str, Any] = {
        "func": f"{joined.function:02X}",
        "station": joined.station,
        "packets": joined.packets,
        "first": to_expected(first),
        "packet_nos": [message.packet_no for message in packets],
        "ends": [CONTROL_NAMES[message.end] for message in packets],
        "reassembled_body_len": len(joined.body),
        "joined": to_expected(joined),
    }
    picture = next((element for element in joined.elements if element.id == _PICTURE), None)
    if picture is not None:
        plain["jpeg_starts"] = picture.raw[:3].hex().upper()
    return plain


def _elements(message: Message) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = []
    marks = list(message.marks)
    for number, element in enumerate(message.elements):
        while marks and marks[0].at <= number:
            items.append(_mark(marks.pop(0)))
        items.append(_element(element))
    return items + [_mark(mark) for mark in marks]


def _mark(mark: Mark) -> dict[str, Any]:
    if mark.station is None:
        return {"obs_time": _to_minute(mark.obs_time)}
    return {"station": mark.station, "station_class": mark.station_class}


def _element(element: Element) -> dict[str, Any]:
    kind = ELEMENTS.get(element.id)
    if element.definition is None:
        plain: dict[str, Any] = {"id": kind.name if kind else element.id}
    else:
        plain = {"id": element.id}
    if element.id == _MANUAL:
        return plain | {"text": element.text}
    if element.id in (_PICTURE, _VELOCITIES):
        return plain | {"bytes": len(element.raw), "head": element.raw[:4].hex().upper()}
    if element.definition is not None:
        plain |= {"def": f"{element.definition:02X}", "raw": element.raw.hex().upper()}
    if element.id == _STATUS:
        status = element.status
        plain |= {"status": status, "bits": [] if status is None else _set_bits(status)}
    elif element.id == _STEP and element.value is None:
        plain["step"] = _step(element.step)
    elif element.values is not None:
        plain["values"] = [_number(value) for value in element.values]
        if kind and 0xF4 <= int(kind.id, 16) <= 0xFC:
            plain["unit"] = kind.unit
    else:
        plain["value"] = _number(element.value)
    if element.bad:
        plain["bad"] = True
    return plain


def _detail(detail: Detail) -> dict[str, Any]:
    match detail:
        case Parameters(parameters):
            params = []
            for parameter in parameters:
                plain: dict[str, Any] = {
                    "id": parameter.id,
                    "def": f"{parameter.definition:02X}",
                    "raw": parameter.raw.hex().upper(),
                }
                if parameter.value is not None:
                    plain["value"] = _number(parameter.value)
                if parameter.text is not None:
                    plain["text"] = parameter.text
                params.append(plain)
            return {"params": params}
        case Version(text):
            return {"version": text}
        case EventCounts(counts):
            return {"events": list(counts)}
        case Switches(on):
            return {"on": list(on)}
        case Gates(opened, openings):
            gates = [{"open": o, "opening_cm": cm} for o, cm in zip(opened, openings, strict=True)]
            return {"gates": gates}
        case QuotaControl(on):
            return {"quota_control": on}
        case Query(wanted, start, end, step):
            query: dict[str, Any] = {"ids": [name for name, _ in wanted]}
            if start is not None:
                query |= {"period_start": _to_hour(start), "period_end": _to_hour(end), "step": _step(step)}
            return query


def _number(value: Decimal | None) -> int | float | None:
    if value is None:
        return None
    return int(value) if value.as_tuple().exponent == 0 else float(value)


def _set_bits(status: int) -> list[int]:
    return [bit for bit in range(status.bit_length()) if status >> bit & 1]


def _step(step: Step | None) -> dict[str, int] | None:
    return None if step is None else {"days": step.days, "hours": step.hours, "minutes": step.minutes}


def _to_second(time: datetime | None) -> str | None:
    return None if time is None else f"{time:%Y-%m-%d %H:%M:%S}"


def _to_minute(time: datetime | None) -> str | None:
    return None if time is None else f"{time:%Y-%m-%d %H:%M}"


def _to_hour(time: datetime | None) -> str | None:
    return None if time is None else f"{time:%Y-%m-%d %H}"
