"""Frames as text to plain data: what `liangshui decode` shows. Pure; the command only reads arguments and prints.

The result has the form of `expected` in vectors.json (README section 8); a refused frame has `error` and `detail`.
"""

import re
from collections.abc import Iterable
from typing import Any

from fastcrc import crc16

from liangshui.gateway.codecs import dlt645, hj212, sl651, szy206
from liangshui.gateway.codecs.detect import PROTOCOLS, AutoDecoder
from liangshui.gateway.codecs.events import BadFrame, Decoder, Event, Frame

CHOICES = ("auto", "sl651", "szy206", "sl427-2021", "hj212", "dlt645")
"""Protocols that the door names."""

_NAMES = {
    "auto": "auto",
    "sl651": "sl651",
    "sl6512014": "sl651",
    "szy206": "szy206",
    "szy2062016": "szy206",
    "sl4272008": "sl427-2008",
    "sl4272021": "sl427-2021",
    "slt4272021": "sl427-2021",
    "hj212": "hj212",
    "hj2122005": "hj212",
    "hj2122017": "hj212",
    "hj2122025": "hj212",
    "dlt645": "dlt645",
    "dlt6452007": "dlt645",
}
_REASONS = {
    "crc": "the checksum does not hold",
    "length": "the length field cannot be true",
    "tail": "the end character is missing where the length field puts it",
    "junk": "no frame of a known protocol begins here",
    "incomplete": "the frame ends before its length says",
    "body": "the frame closes but cannot be read as a message",
}
STRAY = 2
"""So few bytes behind a whole frame are no beginning of another: some stations send a 7EH or CR LF more (section 1)."""


def decode_item(item: dict[str, Any]) -> dict[str, Any]:
    """One item of a vectors file: `protocol` ("auto" if absent) and `hex`, `text`, or `frames` (hex of packets)."""
    protocol = item.get("protocol", "auto")
    if not isinstance(protocol, str):
        return _refused("unsupported", f"protocol must be text, not {protocol!r}")
    frames, text = item.get("frames"), item.get("text")
    if isinstance(frames, list) and all(isinstance(part, str) for part in frames):
        return decode_hex(" ".join(frames), protocol)
    if isinstance(item.get("hex"), str):
        return decode_hex(item["hex"], protocol)
    if isinstance(text, str):
        return decode_bytes(text.encode(), protocol)
    return _refused("junk", "an item needs `hex`, `text`, or a list of hex in `frames`")


def decode_hex(text: str, protocol: str = "auto") -> dict[str, Any]:
    """Bytes written in hexadecimal, with blanks, colons, hyphens or 0x between them or without."""
    try:
        data = bytes.fromhex(re.sub(r"0[xX]|[\s:,-]", "", text))
    except ValueError:
        return _refused("junk", f"not hexadecimal, or half a byte: {_short(text)}")
    return decode_bytes(data, protocol)


def decode_bytes(data: bytes, protocol: str = "auto") -> dict[str, Any]:
    """What the bytes say.

    One frame gives its dictionary; junk around it is skipped. Packets of one SL 651 transfer give the joined message.
    Other several frames give `{"frames": [...]}`, where refused ones stand in their place. No whole frame gives the
    first error.
    """
    name = _NAMES.get(re.sub(r"[^a-z0-9]", "", protocol.lower()))
    if name is None:
        return _refused("unsupported", f"protocol {protocol!r} is not known; one of {', '.join(CHOICES)}")
    if name == "auto" and re.match(rb"(?:\xfe)*\x68[\s\S][^\x68][\s\S]{4}\x68", data):
        name = "dlt645"
    if not data:
        return _refused("incomplete", "no bytes")
    events = _events(_decoder(name), data)
    frames = [event.message for event in events if isinstance(event, Frame)]
    if not frames:
        bad = [event for event in events if isinstance(event, BadFrame)]
        return _bad(next((event for event in bad if event.reason != "junk"), bad[0]))
    told = [event for event in events if isinstance(event, Frame) or not _is_stray(event)]
    if len(told) == 1:
        return _message(frames[0])
    if len(told) == len(frames) and all(isinstance(each, sl651.Message) and each.packets for each in frames):
        try:
            return sl651.to_expected_packets(frames)
        except ValueError as error:
            return _refused("incomplete", str(error))
    return {"frames": [_message(event.message) if isinstance(event, Frame) else _bad(event) for event in told]}


def is_refused(result: dict[str, Any]) -> bool:
    """True if the result, or a frame in it, is an error."""
    return "error" in result or any(is_refused(each) for each in result.get("frames", ()))


def _decoder(name: str) -> Decoder:
    if name == "auto":
        return AutoDecoder()
    if name == "sl427-2008":
        return szy206.Szy206Decoder("sl427-2008")
    if name == "dlt645":
        return dlt645.Dlt645Decoder()
    return PROTOCOLS[name]()


def _events(decoder: Decoder, data: bytes) -> list[Event]:
    decoder.receive(data)
    events: list[Event] = []
    while (event := decoder.next_event()) is not None:
        events.append(event)
    return events + list(decoder.flush())


def _message(message: Any) -> dict[str, Any]:
    for codec in (szy206, hj212, dlt645):
        if isinstance(message, codec.Message):
            return codec.to_expected(message)
    return sl651.to_expected(message)


def _is_stray(bad: BadFrame) -> bool:
    return bad.reason == "junk" or (bad.reason == "incomplete" and len(bad.raw) <= STRAY)


def _bad(bad: BadFrame) -> dict[str, Any]:
    detail = f"{_REASONS.get(bad.reason, bad.reason)}: {_short(bad.raw.hex().upper())}"
    return _refused(bad.reason, detail) | (_checksums(bad.raw) if bad.reason == "crc" else {})


def _checksums(raw: bytes) -> dict[str, Any]:
    """What the frame says and what it should say; nothing where the bytes don't reach to the checksum."""
    if raw[:2] == b"\x7e\x7e" and len(raw) > 13:
        end = 15 + (int.from_bytes(raw[11:13], "big") & 0x0FFF)
        stated = raw[end : end + 2].hex().upper()
    elif raw[:1] == b"\x01" and len(raw) > 24:
        end = 25 + int(raw[20:23], 16)
        stated = raw[end : end + 4].decode("latin-1")
    elif raw[:2] == b"##" and len(raw) > 12:
        segment = raw[6:-6]
        return {"crc_in_frame": raw[-6:-2].decode("latin-1").upper(), "crc_computed": f"{hj212.crc(segment):04X}"}
    elif raw[:1] == b"\x68" and len(raw) > 5 and len(raw) == raw[1] + 5:
        return {"crc_in_frame": f"{raw[-2]:02X}", "crc_computed": f"{szy206.crc8(raw[3:-2]):02X}"}
    else:
        return {}
    if not stated or len(raw) <= end + 1:
        return {}
    return {"crc_in_frame": stated, "crc_computed": f"{crc16.modbus(raw[:end]):04X}"}


def _refused(error: str, detail: str) -> dict[str, Any]:
    return {"error": error, "detail": detail}


def _short(text: str, size: int = 80) -> str:
    return text if len(text) <= size else f"{text[:size]}... ({len(text)} characters)"


def decode_items(items: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """All items, in order."""
    return [decode_item(item) for item in items]
