"""What can be asked of a station, by protocol, and what of it needs a second officer. Pure.

The reference gives the layout of every SL 651 command. Of SZY206 and SL 427 it gives function codes only: what stands behind
the code is entered in hexadecimal by the maker's manual, except where nothing is needed.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import InvalidOperation
from types import MappingProxyType
from typing import Any

from liangshui.core.periods import BEIJING
from liangshui.gateway.codecs import sl651, szy206
from liangshui.gateway.codecs.sl651 import commands as c
from liangshui.gateway.codecs.sl651.elements import ELEMENTS

SECOND_FUNCTIONS = frozenset({0x15, 0x1B, 0x32, 0x33, 0x34, 0x92, 0x93, 0x94, 0x95})
"""SZY206: volumes and quota (15 1B 32 33 34), pumps and valves (92 to 95)."""

SECOND_PARAMETERS = frozenset(range(0x96, 0xA1))
"""SL 651 running parameters: quota volume (96) and start readings of meters (99 to A0)."""


@dataclass(frozen=True, slots=True)
class Kind:
    """Function codes of the two families (None: it has none), the fields of the form, whether a second officer decides."""

    sl651: int | None = None
    szy206: int | None = None
    sl651_fields: tuple[str, ...] = ()
    szy206_fields: tuple[str, ...] = ()
    second: bool = False


KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        "query_now": Kind(c.QUERY_NOW, 0xB0, (), ("type_code",)),
        "query_elements": Kind(c.QUERY_ELEMENTS, None, ("elements",)),
        "query_period": Kind(c.QUERY_PERIOD, 0xB1, ("start", "end", "step_min", "element"), ("type_code", "data")),
        "query_buffered": Kind(None, 0xB2, (), ("type_code", "data")),
        "picture": Kind(c.PICTURE, 0x61, (), ("data",)),
        "read_clock": Kind(c.READ_CLOCK, 0x51),
        "set_clock": Kind(c.SET_CLOCK, 0x11, (), ("data",)),
        "status": Kind(c.STATUS, 0x5E),
        "events": Kind(c.EVENTS, 0x5D),
        "motor": Kind(c.MOTOR, 0x5F),
        "version": Kind(c.VERSION),
        "read_basic": Kind(c.READ_BASIC, None, ("parameters",)),
        "read_running": Kind(c.READ_RUNNING, None, ("parameters",)),
        "write_basic": Kind(c.WRITE_BASIC, None, ("settings",)),
        "write_running": Kind(c.WRITE_RUNNING, None, ("settings",)),
        "password": Kind(c.PASSWORD, 0x96, ("old", "new"), ("data",)),
        "ic_card": Kind(c.IC_CARD, 0x30, ("on",), ("on",)),
        "clear_memory": Kind(c.CLEAR_MEMORY, 0x91, (), ("data",)),
        "factory_reset": Kind(c.FACTORY_RESET, 0x90, (), ("data",)),
        "pump": Kind(c.PUMP, 0x92, ("switches",), ("on", "data"), second=True),
        "valve": Kind(c.VALVE, 0x92, ("switches",), ("on", "data"), second=True),
        "gate": Kind(c.GATE, None, ("openings",), (), second=True),
        "quota_control": Kind(c.QUOTA, 0x32, ("on",), ("on",), second=True),
        "quota": Kind(None, 0x34, (), ("data",), second=True),
        "recharge": Kind(None, 0x15, (), ("data",), second=True),
        "remaining": Kind(None, 0x55),
        "function": Kind(None, 0x00, (), ("afn", "type_code", "data")),
    }
)

_OFF = {0x30: 0x31, 0x32: 0x33, 0x92: 0x93}
"""SZY206 has a function for on and the next one for off."""


@dataclass(frozen=True, slots=True)
class Speaker:
    """What of a station decides how a command is written."""

    key: str
    protocol: str
    password: str = ""
    answer_form: str = "default"
    center: int = 1
    encoding: str = "HEX"


@dataclass(frozen=True, slots=True)
class Written:
    """A command on the wire, and the function by which its answer is known."""

    frame: bytes = field(repr=False)
    function: int


class Unfit(ValueError):
    """What is given for a command does not fit: `code` says how (services.UNFIT has the words), `about` which part of it."""

    def __init__(self, code: str, about: str = "") -> None:
        super().__init__(f"{code}: {about}")
        self.code, self.about = code, about


def fields_of(kind: str, protocol: str) -> tuple[str, ...] | None:
    """Names of what has to be given for a kind; None: the protocol has no such command."""
    found = KINDS[kind]
    if protocol == "sl651":
        return None if found.sl651 is None else found.sl651_fields
    if protocol in ("szy206", "sl427-2021"):
        return None if found.szy206 is None else found.szy206_fields
    return None


def needs_second(kind: str, protocol: str, content: Mapping[str, Any]) -> bool:
    """Whether a second officer decides: it switches a pump, valve or gate, or changes a quota or a register."""
    if KINDS[kind].second:
        return True
    if kind == "function":
        return int(content["afn"], 16) in SECOND_FUNCTIONS
    if kind == "write_running":
        return any(int(identifier, 16) in SECOND_PARAMETERS for identifier, _d, _v in _settings(content["settings"]))
    return False


def write(kind: str, speaker: Speaker, content: Mapping[str, Any], now: datetime) -> Written:
    """The frame of a command. `now`: aware time of the centre, which a clock is set to.

    Raises:
        Unfit: what is given does not fit.
    """
    if fields_of(kind, speaker.protocol) is None:
        raise Unfit("protocol")
    try:
        if speaker.protocol == "sl651":
            return _sl651(kind, speaker, content, now)
        return _szy206(kind, speaker, content, now)
    except Unfit:
        raise
    except (KeyError, ValueError, InvalidOperation, OverflowError) as error:
        raise Unfit("value", str(error).partition(":")[0]) from error


def _sl651(kind: str, speaker: Speaker, content: Mapping[str, Any], now: datetime) -> Written:
    function = KINDS[kind].sl651
    assert function is not None
    local = now.astimezone(BEIJING).replace(tzinfo=None, microsecond=0)
    password = speaker.password or "0000"
    body = _content(kind, content)
    message = c.command(
        function, speaker.key, local, body, center=speaker.center, password=password, encoding=speaker.encoding
    )
    return Written(sl651.encode(message), function)


def _content(kind: str, content: Mapping[str, Any]) -> bytes:
    """What stands behind serial number and send time."""
    if kind == "query_elements":
        return c.wanted(_identifiers(content["elements"]))
    if kind == "query_period":
        start, end = datetime.fromisoformat(content["start"]), datetime.fromisoformat(content["end"])
        if end <= start:
            raise Unfit("period")
        minutes = int(content["step_min"])
        step = sl651.Step(minutes // 1440, minutes // 60 % 24, minutes % 60)
        (element,) = _identifiers(content["element"])
        return c.period(start, end, step, element)
    if kind in ("read_basic", "read_running"):
        return c.wanted(_identifiers(content["parameters"]))
    if kind in ("write_basic", "write_running"):
        return c.parameters(_settings(content["settings"]))
    if kind == "password":
        return c.new_password(content["old"], content["new"])
    if kind == "ic_card":
        return c.ic_card(bool(content["on"]))
    if kind == "quota_control":
        return c.quota_control(bool(content["on"]))
    if kind in ("pump", "valve"):
        return c.switches(tuple(bool(int(each)) for each in content["switches"].split()))
    if kind == "gate":
        return c.gates(tuple(int(each) for each in content["openings"].split()))
    return {"clear_memory": c.CLEAR, "factory_reset": c.RESET}.get(kind, b"")


def _identifiers(text: str) -> list[tuple[str, int]]:
    """`27 39 FF09:22`: identifiers, with their definition where the national table has none."""
    found = []
    for word in text.upper().split():
        identifier, _colon, definition = word.partition(":")
        known = ELEMENTS.get(identifier)
        if definition:
            found.append((identifier, int(definition, 16)))
        elif known is not None and known.digits:
            found.append((identifier, known.definition))
        else:
            raise Unfit("definition", identifier)
    if not found:
        raise Unfit("nothing")
    return found


def _settings(text: str) -> list[tuple[str, int, str]]:
    """A parameter a line: identifier, definition byte, value."""
    found = []
    for line in filter(None, map(str.strip, text.splitlines())):
        words = line.split()
        if len(words) != 3:
            raise Unfit("line", line)
        found.append((words[0].upper(), int(words[1], 16), words[2]))
    if not found:
        raise Unfit("nothing")
    return found


def _szy206(kind: str, speaker: Speaker, content: Mapping[str, Any], now: datetime) -> Written:
    function = KINDS[kind].szy206
    assert function is not None
    if kind == "function":
        function = int(content["afn"], 16)
        if not 0 < function < 0xFF:
            raise Unfit("function", content["afn"])
    if "on" in content and not content["on"]:
        function = _OFF[function]
    timed = speaker.answer_form == "time" or (speaker.answer_form != "no_time" and speaker.protocol == "sl427-2021")
    label = szy206.Tp.long(now) if timed else None
    message = szy206.command(
        speaker.key,
        function,
        bytes.fromhex(content.get("data") or ""),
        type_code=int(content.get("type_code") or 0),
        password=speaker.password or "0000",
        label=label,
    )
    return Written(szy206.encode(message), function)


def answers(message: Any, function: int) -> bool:
    """Whether a message of the station answers a command with this function."""
    if isinstance(message, sl651.Message):
        return message.direction == "up" and message.function == function
    return isinstance(message, szy206.Message) and message.up and message.afn == function
