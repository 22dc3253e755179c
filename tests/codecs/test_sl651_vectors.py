"""Every SL 651 vector of the reference decodes to what is expected of it."""

import json
from pathlib import Path
from typing import Any

import pytest

from liangshui.gateway.codecs.events import BadFrame, Frame
from liangshui.gateway.codecs.sl651 import Decoder, join_packets, to_expected, to_expected_packets

ALL = json.loads(Path(__file__).with_name("vectors.json").read_text(encoding="utf-8"))
VECTORS = [(number, item) for number, item in enumerate(ALL) if item["protocol"] == "SL651-2014"]


def decode(*frames: str) -> list[Frame | BadFrame]:
    decoder = Decoder()
    for frame in frames:
        decoder.receive(bytes.fromhex(frame))
    events = []
    while (event := decoder.next_event()) is not None:
        events.append(event)
    return events + decoder.flush()


def differences(expected: Any, found: Any, where: str = "") -> list[str]:
    """What is expected and not found; keys found beside the expected ones are allowed."""
    if isinstance(expected, dict) and isinstance(found, dict):
        return [
            line
            for key, value in expected.items()
            for line in (
                differences(value, found[key], f"{where}.{key}") if key in found else [f"{where}.{key} missing"]
            )
        ]
    if isinstance(expected, list) and isinstance(found, list) and len(expected) == len(found):
        pairs = enumerate(zip(expected, found, strict=True))
        return [line for i, (e, f) in pairs for line in differences(e, f, f"{where}[{i}]")]
    if isinstance(expected, int | float) and isinstance(found, int | float):
        return [] if abs(expected - found) < 1e-9 else [f"{where}: {expected} expected, {found} found"]
    return [] if expected == found else [f"{where}: {expected!r} expected, {found!r} found"]


def test_all_62_vectors_are_here():
    assert len(VECTORS) == 62


@pytest.mark.parametrize(
    "item", [item for _, item in VECTORS if "hex" in item], ids=[str(n) for n, item in VECTORS if "hex" in item]
)
def test_frame_decodes_as_expected(item):
    (event,) = decode(item["hex"])
    assert event.raw == bytes.fromhex(item["hex"])
    if "error" in item["expected"]:
        assert item["expected"]["error"] == "crc"
        assert event == BadFrame("crc", bytes.fromhex(item["hex"]))
    else:
        assert isinstance(event, Frame)
        assert event.message.body_error is None
        assert differences(item["expected"], to_expected(event.message)) == []


@pytest.mark.parametrize(
    "item", [item for _, item in VECTORS if "frames" in item], ids=[str(n) for n, item in VECTORS if "frames" in item]
)
def test_packets_decode_as_expected(item):
    events = decode(*item["frames"])
    assert [event.raw.hex().upper() for event in events] == item["frames"]
    messages = [event.message for event in events]
    assert differences(item["expected"], to_expected_packets(messages)) == []
    picture = join_packets(reversed(messages)).elements[0].raw
    # 3338 bytes of body less 25 before the picture; two bytes stand behind its end mark FFD9.
    assert len(picture) == 3313
    assert picture.endswith(bytes.fromhex("FFD900B7"))
