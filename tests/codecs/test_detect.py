"""One port for several protocols."""

import json
from collections.abc import Iterable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from liangshui.gateway.codecs import sl651, szy206
from liangshui.gateway.codecs.detect import PROTOCOLS, AutoDecoder, protocol_of
from liangshui.gateway.codecs.events import BadFrame, Event, Frame
from liangshui.gateway.codecs.stream import JUNK_LIMIT

VECTORS = json.loads((Path(__file__).parent / "vectors.json").read_text(encoding="utf-8"))
GOOD = [
    bytes.fromhex(item["hex"])
    for item in VECTORS
    if item["protocol"] in ("SL651-2014", "SZY206-2016", "SL/T 427-2021")
    and "hex" in item
    and item["checksum_verified"]
]
KEEP_ALIVE = bytes.fromhex("7E7E01001234567812342F0008020003591011155111036BCA")
ASCII = next(raw for raw in GOOD if raw[0] == 1)
LOGIN = bytes.fromhex("680868B04101220C0002F08916")
FLOW = bytes.fromhex("681A68B35303810D00C00059000000826110000001106000004508090A3516")


def feed(pieces: Iterable[bytes], flush: bool = True) -> tuple[list[Event], AutoDecoder]:
    decoder = AutoDecoder()
    events: list[Event] = []
    for piece in pieces:
        decoder.receive(piece)
        while (event := decoder.next_event()) is not None:
            events.append(event)
    if flush:
        events += decoder.flush()
    return events, decoder


def raws(events: Iterable[Event]) -> list[tuple[str, bytes]]:
    return [("frame" if isinstance(event, Frame) else event.reason, event.raw) for event in events]


@pytest.mark.parametrize(
    ("data", "protocol"),
    [
        (KEEP_ALIVE, "sl651"),
        (ASCII, "sl651"),
        (LOGIN, "szy206"),
        (b"\x68\xff\x68", "szy206"),
        (b"\x7e", None),
        (b"\x68\x08", None),
        (b"\x0112ab", None),
        (b"##0136QN=2026", "hj212"),
        (bytes.fromhex("68AAAAAAAAAAAA68"), None),
        (b"13800138000", None),
        (b"", None),
    ],
)
def test_protocol_by_first_bytes(data: bytes, protocol: str | None) -> None:
    assert protocol_of(data) == protocol


def test_protocol_is_open_until_a_frame_begins() -> None:
    decoder = AutoDecoder()
    decoder.receive(b"\x68")
    assert decoder.next_event() is None
    assert decoder.protocol is None
    assert decoder.buffered == b"\x68"
    decoder.receive(b"\x08\x68")
    assert decoder.next_event() is None
    assert decoder.buffered == b"\x68\x08\x68"
    assert feed([b"\x68\x08\x68"], flush=False)[1].protocol == "szy206"


@pytest.mark.parametrize("raw", GOOD, ids=[str(number) for number in range(len(GOOD))])
def test_every_vector_whole_and_byte_by_byte(raw: bytes) -> None:
    events, decoder = feed([raw], flush=False)
    assert raws(events) == [("frame", raw)]
    assert decoder.buffered == b""
    message_type = szy206.Message if raw[0] == 0x68 else sl651.Message
    assert isinstance(events[0], Frame)
    assert isinstance(events[0].message, message_type)
    assert feed([bytes([byte]) for byte in raw], flush=False)[0] == events


def test_all_vectors_glued_change_protocol_at_every_frame() -> None:
    mixed = [raw for pair in zip(GOOD, [LOGIN, FLOW] * 100, strict=False) for raw in pair]
    events, decoder = feed([b"".join(mixed)], flush=False)
    assert raws(events) == [("frame", raw) for raw in mixed]
    assert decoder.buffered == b""


def test_registration_of_a_dtu_is_junk_in_front_of_the_frame() -> None:
    events, decoder = feed([b"13800138000", KEEP_ALIVE], flush=False)
    assert raws(events) == [("junk", b"13800138000"), ("frame", KEEP_ALIVE)]
    assert decoder.protocol == "sl651"


def test_registration_alone_is_junk_when_the_line_falls_idle() -> None:
    assert raws(feed([b"13800138000"])[0]) == [("junk", b"13800138000")]


def test_other_protocols_are_junk() -> None:
    assert raws(feed([b"$$0136QN=2026"])[0]) == [("junk", b"$$0136QN=2026")]
    assert raws(feed([b"##0136QN=2026"])[0]) == [("incomplete", b"##0136QN=2026")]


@pytest.mark.parametrize("junk", [b"\x00", b"\x7e", b"\x01", b"\x68", b"\x01A0", b"\x68\x00", b"~ok~"])
@pytest.mark.parametrize("frame", [KEEP_ALIVE, ASCII, FLOW])
def test_junk_around_a_frame(junk: bytes, frame: bytes) -> None:
    events, _ = feed([junk + frame + junk])
    assert [raw for reason, raw in raws(events) if reason == "frame"] == [frame]
    assert b"".join(event.raw for event in events) == junk + frame + junk


def test_frame_of_the_other_protocol_behind_a_broken_start_is_read() -> None:
    """7E7E and then no SL 651 head: what that codec throws away still holds a frame of SZY206."""
    events, decoder = feed([b"\x7e\x7e" + LOGIN + FLOW], flush=False)
    assert raws(events) == [("junk", b"\x7e\x7e"), ("frame", LOGIN), ("frame", FLOW)]
    assert decoder.protocol == "szy206"


def test_frame_of_the_other_protocol_in_half_a_frame_is_read_on_idle() -> None:
    events, _ = feed([b"\x68\xff\x68" + KEEP_ALIVE])
    assert raws(events) == [("incomplete", b"\x68\xff\x68"), ("frame", KEEP_ALIVE)]


def test_bad_frame_keeps_its_reason() -> None:
    broken = FLOW[:-2] + b"\x36\x16"
    assert raws(feed([broken + KEEP_ALIVE])[0]) == [("crc", broken), ("frame", KEEP_ALIVE)]


def test_edition_of_the_port_is_handed_on() -> None:
    decoder = AutoDecoder(edition="szy206-2016")
    decoder.receive(FLOW)
    event = decoder.next_event()
    assert isinstance(event, Frame)
    assert event.message.body.edition_by == "setting"


def test_buffer_is_bounded() -> None:
    decoder = AutoDecoder()
    for _ in range(100):
        decoder.receive(b"\x55" * 1000)
        while (event := decoder.next_event()) is not None:
            assert len(event.raw) <= JUNK_LIMIT
        assert len(decoder.buffered) <= JUNK_LIMIT + 24


def test_each_protocol_setting_has_its_decoder() -> None:
    assert list(PROTOCOLS) == ["sl651", "szy206", "sl427-2021", "hj212"]
    new = bytes.fromhex("681C68B34101220C00C000250000F089674523010000200000300815072600B516")
    for name, raw, edition in (("szy206", FLOW, "szy206-2016"), ("sl427-2021", new, "sl427-2021")):
        decoder = PROTOCOLS[name]()
        decoder.receive(raw)
        event = decoder.next_event()
        assert isinstance(event, Frame)
        assert (event.message.body.edition, event.message.body.edition_by) == (edition, "setting")
    assert isinstance(PROTOCOLS["sl651"](), sl651.Decoder)


PIECES = st.lists(
    st.one_of(
        st.binary(max_size=40),
        st.sampled_from([KEEP_ALIVE, ASCII, LOGIN, FLOW, b"\x7e\x7e", b"\x01", b"\x68\x1a\x68", b"\x68", ASCII[:30]]),
        st.sampled_from([KEEP_ALIVE[:-1], FLOW[:-2], b"\x7e\x7e\x01" + FLOW, b"\x68\xff\x68" + KEEP_ALIVE]),
    ),
    max_size=12,
)


@settings(max_examples=300, deadline=None)
@given(PIECES, st.data())
def test_any_bytes_in_any_pieces_lose_nothing(pieces: list[bytes], data: st.DataObject) -> None:
    stream = b"".join(pieces)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=8)))
    decoder = AutoDecoder()
    told = b""
    for begin, end in zip([0, *cuts], [*cuts, len(stream)], strict=True):
        decoder.receive(stream[begin:end])
        while (event := decoder.next_event()) is not None:
            assert event.raw
            told += event.raw
        assert told + decoder.buffered == stream[:end]
    told += b"".join(event.raw for event in decoder.flush())
    assert (told, decoder.buffered) == (stream, b"")


def test_idle_line_leaves_nothing_behind() -> None:
    events, decoder = feed([FLOW[:10]])
    assert events == [BadFrame("incomplete", FLOW[:10])]
    assert decoder.buffered == b""
