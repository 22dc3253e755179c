"""HEX bodies by direction and function code (2.4, 2.8, 2.9).

Each takes the message with its head, serial number and send time, the body from the serial number on, and the same in
hexadecimal.
"""

from collections.abc import Callable
from datetime import datetime

from liangshui.gateway.codecs.sl651.groups import Groups
from liangshui.gateway.codecs.sl651.messages import (
    DOWN,
    REPORT_FUNCTIONS,
    SERIES_FUNCTIONS,
    UP,
    EventCounts,
    Gates,
    Message,
    Parameter,
    Parameters,
    Query,
    QuotaControl,
    Step,
    Switches,
    Version,
)
from liangshui.gateway.codecs.sl651.values import FF_IDS, IDS, both, read_number, read_time


class Unreadable(Exception):
    """A body that does not have the form its function asks for. Becomes `Message.body_error`."""


def _after_station(message: Message) -> int:
    """Where the content begins behind serial number, send time and `F1 F1` + station address, which the reader took."""
    if message.body_station is None:
        raise Unreadable("F1F1 and the station address do not follow the send time")
    return 15


def _read_report(message: Message, body: bytes, text: str) -> Message:
    groups = Groups(body, text, 8, len(body), message.function in SERIES_FUNCTIONS)
    return _with_groups(message, groups)


def _with_groups(message: Message, groups: Groups) -> Message:
    groups.read()
    error = None if groups.short and message.packet_no == 1 and message.packets > 1 else groups.error
    return message._replace(
        body_station=message.body_station or groups.first_station,
        station_class=groups.first_class,
        obs_time=groups.first_time,
        elements=tuple(groups.elements),
        marks=tuple(groups.marks),
        body_error=both(message.body_error, error),
    )


def _read_station_only(message: Message, body: bytes, text: str) -> Message:
    _after_station(message)
    return message


def _read_status_answer(message: Message, body: bytes, text: str) -> Message:
    at = _after_station(message)
    return _with_groups(message, Groups(body, text, at, len(body), False))


def _read_status_command(message: Message, body: bytes, text: str) -> Message:
    return _with_groups(message, Groups(body, text, 8, len(body), False))


def _read_parameter_answer(message: Message, body: bytes, text: str) -> Message:
    at = _after_station(message)
    return _with_parameters(message, body, text, at)


def _read_parameter_command(message: Message, body: bytes, text: str) -> Message:
    # Some centres name the station again.
    return _with_parameters(message, body, text, 8 if message.body_station is None else 15)


# Parameters that are not numbers: addresses, password, channels, bits of elements, relay ranges (table D.1).
_RAW_PARAMETERS = frozenset((*range(0x01, 0x0C), 0x0D, 0x0E))
_RELAY_RANGES, _CARD_NUMBER = 0x0E, 0x0F


def _with_parameters(message: Message, body: bytes, text: str, at: int) -> Message:
    parameters: list[Parameter] = []
    error = message.body_error
    while at < len(body):
        code = body[at]
        begin = at + 2
        if begin > len(body):
            error = both(error, f"parameter {IDS[code]} wants a definition, 0 bytes left")
            break
        definition = body[at + 1]
        at = begin + (definition if code == _RELAY_RANGES else definition >> 3)
        raw = body[begin:at]
        if at > len(body):
            error = both(error, f"parameter {IDS[code]} wants {at - begin} bytes, {len(raw)} left")
            break
        if code in _RAW_PARAMETERS or not raw:
            parameters.append(Parameter(IDS[code], definition, raw))
        elif code == _CARD_NUMBER:
            parameters.append(Parameter(IDS[code], definition, raw, text=raw.decode("ascii", "replace")))
        else:
            value, _ = read_number(text[2 * begin : 2 * at], definition)
            parameters.append(Parameter(IDS[code], definition, raw, value))
    return message._replace(detail=Parameters(tuple(parameters)), body_error=error)


def _read_version(message: Message, body: bytes, text: str) -> Message:
    at = _after_station(message)
    content = _counted(body, at)
    return message._replace(detail=Version(content.decode("gb18030", "replace")))


def _counted(body: bytes, at: int) -> bytes:
    """A count byte and that many bytes."""
    if at >= len(body):
        raise Unreadable("the count is missing")
    content = body[at + 1 : at + 1 + body[at]]
    if len(content) < body[at]:
        raise Unreadable(f"{body[at]} bytes are announced, {len(content)} left")
    return content


def _read_event_counts(message: Message, body: bytes, text: str) -> Message:
    at = _after_station(message)
    content = body[at : at + 64]
    counts = tuple(int.from_bytes(content[i : i + 2], "big") for i in range(0, len(content) - 1, 2))
    message = message._replace(detail=EventCounts(counts))
    if len(content) < 64:
        return message._replace(body_error=both(message.body_error, f"32 counters are 64 bytes, {len(content)} left"))
    return message


def _bits(body: bytes, at: int, count: int) -> tuple[bool, ...]:
    """Bits of machine 1..count, D0 of the first byte = number 1."""
    size = (count + 7) // 8
    if at + size > len(body):
        raise Unreadable(f"{count} bits are {size} bytes, {len(body) - at} left")
    return tuple(bool(body[at + i // 8] >> i % 8 & 1) for i in range(count))


def _read_switches(message: Message, body: bytes, text: str) -> Message:
    at = _control(message)
    if at >= len(body):
        raise Unreadable("the count is missing")
    return message._replace(detail=Switches(_bits(body, at + 1, body[at])))


def _read_gates(message: Message, body: bytes, text: str) -> Message:
    at = _control(message)
    if at >= len(body):
        raise Unreadable("the number of gates is missing")
    count = body[at]
    states = _bits(body, at + 1, count)
    at += 1 + (count + 7) // 8
    if at + 2 * count > len(body):
        raise Unreadable(f"{count} gate openings are {2 * count} bytes, {len(body) - at} left")
    digits = [text[2 * i : 2 * i + 4] for i in range(at, at + 2 * count, 2)]
    return message._replace(detail=Gates(states, tuple(int(d) if d.isdigit() else None for d in digits)))


def _read_quota_control(message: Message, body: bytes, text: str) -> Message:
    at = _control(message)
    if at >= len(body):
        raise Unreadable("the byte of quota control is missing")
    return message._replace(detail=QuotaControl({0xFF: True, 0x00: False}.get(body[at])))


def _control(message: Message) -> int:
    """Answers name the station before the control bytes, commands do not."""
    return 8 if message.direction == DOWN else _after_station(message)


def _read_period_query(message: Message, body: bytes, text: str) -> Message:
    """38H down: start and end (YYMMDDhh each), 04 18 dhm, then one identifier and definition."""
    start, end = _hour(text[16:24]), _hour(text[24:32])
    if start is None or end is None:
        raise Unreadable(f"period {text[16:24]} to {text[24:32]} is no period")
    step, at = None, 16
    if body[16:18] == b"\x04\x18" and text[36:42].isdigit() and len(body) >= 21:
        step, at = Step(int(text[36:38]), int(text[38:40]), int(text[40:42])), 21
    return message._replace(detail=Query(_wanted(body, at), start, end, step))


def _hour(digits: str) -> datetime | None:
    return read_time(digits + "00") if len(digits) == 8 else None


def _read_query(message: Message, body: bytes, text: str) -> Message:
    return message._replace(detail=Query(_wanted(body, 8)))


def _wanted(body: bytes, at: int) -> tuple[tuple[str, int], ...]:
    wanted = []
    while at < len(body):
        name, size = (FF_IDS[body[at + 1]], 3) if body[at] == 0xFF and at + 1 < len(body) else (IDS[body[at]], 2)
        if at + size > len(body):
            raise Unreadable(f"{name} has no definition")
        wanted.append((name, body[at + size - 1]))
        at += size
    return tuple(wanted)


BODIES: dict[tuple[str, int], Callable[[Message, bytes, str], Message]] = {
    **{(UP, function): _read_report for function in REPORT_FUNCTIONS},
    **{(UP, function): _read_station_only for function in (0x47, 0x48, 0x4A, 0x51)},
    **{(UP, function): _read_parameter_answer for function in (0x40, 0x41, 0x42, 0x43, 0x49)},
    **{(UP, function): _read_status_answer for function in (0x46, 0x4B)},
    **{(way, function): _read_switches for way in (UP, DOWN) for function in (0x4C, 0x4D)},
    **{(way, 0x4E): _read_gates for way in (UP, DOWN)},
    **{(way, 0x4F): _read_quota_control for way in (UP, DOWN)},
    (UP, 0x45): _read_version,
    (UP, 0x50): _read_event_counts,
    (DOWN, 0x38): _read_period_query,
    **{(DOWN, function): _read_query for function in (0x3A, 0x41, 0x43)},
    **{(DOWN, function): _read_parameter_command for function in (0x40, 0x42, 0x47, 0x48, 0x49)},
    (DOWN, 0x4B): _read_status_command,
}
