"""The SZY206 decoder on a stream: pieces, glue, junk, broken bits, anything."""

from collections.abc import Iterable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from liangshui.gateway.codecs.events import BadFrame, Event, Frame
from liangshui.gateway.codecs.stream import JUNK_LIMIT
from liangshui.gateway.codecs.szy206 import Szy206Decoder, crc8

FLOW = bytes.fromhex("681A68B35303810D00C00059000000826110000001106000004508090A3516")
LEVEL = bytes.fromhex("681468B24101220C00C0341200F00000200000300815007316")
LINK = bytes.fromhex("680868B04101220C0002F08916")
NEW = bytes.fromhex("681C68B34101220C00C000250000F089674523010000200000300815072600B516")
FRAMES = [FLOW, LEVEL, LINK, NEW]


def drain(decoder: Szy206Decoder) -> list[Event]:
    events = []
    while (event := decoder.next_event()) is not None:
        events.append(event)
    return events


def feed(pieces: Iterable[bytes], flush: bool = False) -> list[Event]:
    decoder = Szy206Decoder()
    events = []
    for piece in pieces:
        decoder.receive(piece)
        events += drain(decoder)
    return events + (list(decoder.flush()) if flush else [])


def raws(events: Iterable[Event]) -> list[tuple[str, bytes]]:
    return [("frame" if isinstance(event, Frame) else event.reason, event.raw) for event in events]


def bytewise(data: bytes) -> list[bytes]:
    return [data[i : i + 1] for i in range(len(data))]


@pytest.mark.parametrize("frame", FRAMES)
def test_whole_and_byte_by_byte(frame: bytes) -> None:
    assert raws(feed([frame])) == [("frame", frame)]
    assert feed(bytewise(frame)) == feed([frame])


def test_glued_frames_are_cut_by_their_length() -> None:
    assert raws(feed([b"".join(FRAMES)])) == [("frame", frame) for frame in FRAMES]
    assert feed(bytewise(b"".join(FRAMES))) == feed([b"".join(FRAMES)])


@pytest.mark.parametrize(
    "junk", [b"\x00", b"13800138000", b"\x68", b"\x68\x68", b"\x68\x1a", b"\x16\x68\x00\x16", b"\r\n"]
)
@pytest.mark.parametrize("frame", FRAMES)
def test_junk_around_a_frame(junk: bytes, frame: bytes) -> None:
    events = feed([junk + frame + junk], flush=True)
    assert [raw for reason, raw in raws(events) if reason == "frame"] == [frame]
    assert b"".join(event.raw for event in events) == junk + frame + junk
    assert feed(bytewise(junk + frame + junk), flush=True) == events


def test_junk_comes_as_one_event_however_it_came() -> None:
    assert raws(feed(bytewise(b"13800138000" + LINK))) == [("junk", b"13800138000"), ("frame", LINK)]


def test_68_in_front_of_a_frame_is_junk() -> None:
    assert raws(feed([b"\x68" + LINK])) == [("junk", b"\x68"), ("frame", LINK)]


@pytest.mark.parametrize("frame", FRAMES)
def test_each_bit_flipped_is_never_a_frame(frame: bytes) -> None:
    for bit in range(len(frame) * 8):
        broken = bytearray(frame)
        broken[bit // 8] ^= 1 << bit % 8
        events = feed([bytes(broken) + LINK], flush=True)
        assert b"".join(event.raw for event in events) == bytes(broken) + LINK
        assert raws(events)[-1] == ("frame", LINK)
        assert all(isinstance(event, BadFrame) for event in events[:-1])


def test_wrong_check_byte() -> None:
    broken = FLOW[:-2] + b"\x36\x16"
    assert feed([broken]) == [BadFrame("crc", broken)]


def test_wrong_end() -> None:
    broken = FLOW[:-1] + b"\x17"
    assert feed([broken]) == [BadFrame("tail", broken)]


def test_length_that_holds_no_address() -> None:
    assert feed([bytes.fromhex("680168B0B016")]) == [BadFrame("length", bytes.fromhex("680168B0B016"))]


def test_split_frame_without_room_for_a_function() -> None:
    payload = bytes.fromhex("F34101220C00C0")
    raw = b"\x68\x07\x68" + payload + bytes([crc8(payload), 0x16])
    assert feed([raw]) == [BadFrame("body", raw)]


def test_frame_inside_a_false_one_is_found() -> None:
    """A false start with L = 255 swallows what follows until 260 bytes are there, or the line falls idle."""
    stream = b"\x68\xff\x68" + LEVEL + LINK
    assert feed([stream]) == []
    assert raws(feed([stream], flush=True)) == [("incomplete", b"\x68\xff\x68"), ("frame", LEVEL), ("frame", LINK)]
    assert raws(feed([stream + bytes(260)]))[:3] == [("tail", b"\x68\xff\x68"), ("frame", LEVEL), ("frame", LINK)]


def test_energy_meter_frame_is_no_frame_here() -> None:
    """DL/T 645 has its second 68H seven bytes later, and no frame of ours begins in it."""
    meter = bytes.fromhex("68AAAAAAAAAAAA681104333333331716")
    assert raws(feed([meter], flush=True)) == [("junk", meter)]


def test_half_a_frame_waits_and_is_incomplete_when_the_line_falls_idle() -> None:
    decoder = Szy206Decoder()
    decoder.receive(FLOW[:20])
    assert decoder.next_event() is None
    assert decoder.buffered == FLOW[:20]
    assert list(decoder.flush()) == [BadFrame("incomplete", FLOW[:20])]
    assert decoder.buffered == b""
    decoder.receive(LINK)
    assert raws(drain(decoder)) == [("frame", LINK)]


def test_buffer_is_bounded() -> None:
    decoder = Szy206Decoder()
    for _ in range(100):
        decoder.receive(b"\x55" * 1000)
        assert all(len(event.raw) <= JUNK_LIMIT for event in drain(decoder))
        assert len(decoder.buffered) <= JUNK_LIMIT + 2


PIECES = st.lists(
    st.one_of(
        st.binary(max_size=40),
        st.sampled_from([*FRAMES, b"\x68", b"\x68\x1a\x68", b"\x68\x08\x68", b"\x68\xff\x68", FLOW[:9], LEVEL[5:]]),
        st.binary(min_size=7, max_size=60).map(
            lambda body: bytes([0x68, len(body), 0x68]) + body + bytes([crc8(body), 0x16])
        ),
    ),
    max_size=12,
)


@settings(max_examples=300, deadline=None)
@given(PIECES, st.data())
def test_any_bytes_in_any_pieces_lose_nothing(pieces: list[bytes], data: st.DataObject) -> None:
    stream = b"".join(pieces)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=8)))
    decoder = Szy206Decoder(data.draw(st.sampled_from([None, "szy206-2016", "sl427-2008", "sl427-2021"])))
    events: list[Event] = []
    for begin, end in zip([0, *cuts], [*cuts, len(stream)], strict=True):
        decoder.receive(stream[begin:end])
        events += drain(decoder)
        assert b"".join(event.raw for event in events) + decoder.buffered == stream[:end]
    events += decoder.flush()
    assert decoder.buffered == b""
    assert b"".join(event.raw for event in events) == stream
    assert raws(feed([stream], flush=True)) == raws(events)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from(FRAMES), min_size=1, max_size=6), st.integers(1, 40))
def test_good_frames_are_all_read_in_pieces_of_any_size(frames: list[bytes], size: int) -> None:
    stream = b"".join(frames)
    events = feed(stream[i : i + size] for i in range(0, len(stream), size))
    assert raws(events) == [("frame", frame) for frame in frames]
