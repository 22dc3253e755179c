"""The buffer: whole, byte by byte, glued, in junk, with each bit flipped, and any bytes at all."""

import json
from collections.abc import Iterable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from liangshui.gateway.codecs.events import BadFrame, Event, Frame
from liangshui.gateway.codecs.sl651 import Decoder, to_expected
from liangshui.gateway.codecs.sl651.checksum import checksum

ALL = json.loads(Path(__file__).with_name("vectors.json").read_text(encoding="utf-8"))
ITEMS = [item for item in ALL if item["protocol"] == "SL651-2014" and "error" not in item["expected"]]
FRAMES = [bytes.fromhex(frame) for item in ITEMS for frame in item.get("frames", [item.get("hex")])]
KEEP_ALIVE = bytes.fromhex("7E7E01001234567812342F0008020003591011155111036BCA")
ASCII_WORDS = b"ST TT DRP DRZ1 DRN05 DRD00 ZT RGZS PIC Z M C -1.5 1. .5 00 FFFF 2607010900 1506250001 I x \xff".split()
ASCII_REPORT = bytes.fromhex(
    "013031353031303132333435363030303033323030334502303030313236303930393038303030305354203530313031323334353620482054"
    "542032363039303930383030205A20362E33382056542031322E3530200336454241"
)


def drain(decoder: Decoder) -> list[Event]:
    events = []
    while (event := decoder.next_event()) is not None:
        events.append(event)
    return events


def feed(*pieces: bytes, flush: bool = True) -> list[Event]:
    decoder = Decoder()
    events: list[Event] = []
    for piece in pieces:
        decoder.receive(piece)
        events += drain(decoder)
    if flush:
        events += decoder.flush()
        assert decoder.buffered == b""
    assert b"".join(event.raw for event in events) + decoder.buffered == b"".join(pieces)
    return events


def single_bytes(data: bytes) -> Iterable[bytes]:
    return (data[i : i + 1] for i in range(len(data)))


def frames(events: list[Event]) -> list[bytes]:
    return [event.raw for event in events if isinstance(event, Frame)]


def test_checksum_is_the_one_of_the_reference():
    assert checksum(b"123456789") == 0x4B37


def test_whole():
    for raw in FRAMES:
        assert [type(event) for event in feed(raw, flush=False)] == [Frame]


def test_byte_by_byte_says_the_same_as_whole():
    for raw in FRAMES:
        assert feed(*single_bytes(raw), flush=False) == feed(raw, flush=False)


def test_two_glued_together():
    for first, second in zip(FRAMES, FRAMES[1:] + FRAMES[:1], strict=True):
        assert frames(feed(first + second, flush=False)) == [first, second]
        assert feed(*single_bytes(first + second), flush=False) == feed(first + second, flush=False)


@pytest.mark.parametrize(
    "junk",
    [
        b"\x00",
        b"\x7e",
        b"+++ATH\r\n",
        b"\xff" * 40,
        b"\x01\x02\x03",
        b"\x0112345",
        b"##0123QN=",
        b"\x68\x1a\x68",
        b"\x16",
    ],
    ids=repr,
)
def test_junk_before_and_after(junk):
    for raw in FRAMES:
        events = feed(junk + raw + junk + raw + junk)
        assert frames(events) == [raw, raw]
        assert {event.reason for event in events if isinstance(event, BadFrame)} <= {"junk", "incomplete"}


def test_junk_is_told_at_once_and_in_one_piece():
    assert feed(b"hello" + KEEP_ALIVE, flush=False)[0] == BadFrame("junk", b"hello")


def test_a_stray_7e_between_frames_does_no_harm():
    events = feed(KEEP_ALIVE + b"\x7e" + KEEP_ALIVE + b"\x7e", flush=False)
    assert [event.raw for event in events] == [KEEP_ALIVE, b"\x7e", KEEP_ALIVE]
    assert events[1] == BadFrame("junk", b"\x7e")


def test_one_bit_flipped_never_gives_other_content():
    for raw in FRAMES:
        good = to_expected(feed(raw)[0].message)
        for bit in range(8 * len(raw)):
            flipped = bytearray(raw)
            flipped[bit // 8] ^= 1 << bit % 8
            for event in feed(bytes(flipped)):
                # A letter of the ASCII checksum may change its case: then all is as before.
                assert isinstance(event, BadFrame) or to_expected(event.message) == good


def test_a_flipped_frame_does_not_hide_the_next():
    for bit in range(8 * len(KEEP_ALIVE)):
        flipped = bytearray(KEEP_ALIVE)
        flipped[bit // 8] ^= 1 << bit % 8
        assert frames(feed(bytes(flipped) + ASCII_REPORT)) == [ASCII_REPORT]


def test_bad_checksum_drops_the_frame_and_tells_it_whole():
    bad = KEEP_ALIVE[:-1] + b"\x00"
    assert feed(bad + KEEP_ALIVE, flush=False) == [BadFrame("crc", bad), feed(KEEP_ALIVE)[0]]


def test_bad_checksum_digits_in_ascii():
    bad = ASCII_REPORT[:-4] + b"zzzz"
    assert feed(bad + ASCII_REPORT)[0] == BadFrame("crc", bad)


def test_good_checksum_with_no_end_character_is_a_bad_tail():
    bad = bytes.fromhex("7E7E01001234567812342F0008020003591011155111") + b"\x41"
    bad += checksum(bad).to_bytes(2, "big")
    assert feed(bad) == [BadFrame("tail", bad)]


def test_length_that_cannot_be():
    neither_up_nor_down = bytes.fromhex("7E7E01001234567812342F5008020003591011155111036BCA")
    assert feed(neither_up_nor_down)[0] == BadFrame("length", neither_up_nor_down)
    packet_without_its_number = bytes.fromhex("7E7E0100123456781234360002160001030000")
    assert feed(packet_without_its_number)[0] == BadFrame("length", packet_without_its_number)


def test_16_bits_of_length_are_not_believed_with_a_packet_number_that_cannot_be():
    head = bytes.fromhex("7E7E0100123456781234361234" + "16" + "001002")
    assert feed(head, flush=False) == [BadFrame("length", head)]
    assert feed(*single_bytes(head), flush=False) == feed(head, flush=False)


def test_ascii_length_and_tail():
    too_short = b"\x01" + b"0115062500010000320005" + b"\x16"
    assert feed(too_short) == [BadFrame("length", too_short)]
    no_end = b"\x01" + b"0115062500010000320000" + b"\x02A"
    no_end += f"{checksum(no_end):04X}".encode()
    assert feed(no_end) == [BadFrame("tail", no_end)]


def test_partial_frame_waits_and_is_incomplete_on_flush():
    decoder = Decoder()
    decoder.receive(KEEP_ALIVE[:20])
    assert decoder.next_event() is None
    assert decoder.buffered == KEEP_ALIVE[:20]
    assert decoder.flush() == [BadFrame("incomplete", KEEP_ALIVE[:20])]
    assert decoder.buffered == b""
    decoder.receive(KEEP_ALIVE)
    assert frames(drain(decoder)) == [KEEP_ALIVE]


def test_half_a_frame_then_its_resend():
    assert feed(KEEP_ALIVE[:20] + KEEP_ALIVE, flush=False)[-1].raw == KEEP_ALIVE


def test_flush_finds_a_good_frame_behind_a_head_that_claims_too_much():
    claims_4095 = bytes.fromhex("7E7E01001234567812343 20FFF02".replace(" ", ""))
    assert feed(claims_4095 + KEEP_ALIVE, flush=False) == []
    assert feed(claims_4095 + KEEP_ALIVE) == [BadFrame("incomplete", claims_4095), feed(KEEP_ALIVE)[0]]


def test_packet_length_of_16_bits_is_read_where_12_cannot_be_meant():
    body = bytes.fromhex("001001 0005 591011161118 F1F1 0012345678 48 F0F0 5910111611 F3F3 FFD8".replace(" ", ""))
    body += bytes(0x1234 - len(body))
    raw = bytes.fromhex("7E7E0100123456781234361234" + "16") + body + b"\x03"
    raw += checksum(raw).to_bytes(2, "big")
    (event,) = feed(raw, flush=False)
    assert isinstance(event, Frame)
    assert (event.message.packets, event.message.packet_no, len(event.message.body)) == (1, 1, 0x1231)


def test_drained_decoder_holds_no_more_than_one_frame():
    decoder = Decoder()
    for _ in range(300):
        decoder.receive(b"\x7e\x7e\x01\x00\x12\x34\x56\x78\x12\x34\x32\x0f\xff\x02" * 100)
        drain(decoder)
        assert len(decoder.buffered) <= 4095 + 17


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_any_bytes_in_any_pieces_give_events_and_lose_nothing(data):
    piece = st.one_of(
        st.binary(max_size=40),
        st.sampled_from(FRAMES),
        st.sampled_from(FRAMES).flatmap(lambda raw: st.integers(0, len(raw)).map(lambda n: raw[:n])),
        st.sampled_from([b"\x7e", b"\x7e\x7e", b"\x01", b"\x0101501012345600003200", b"\x16", b"0A1b"]),
    )
    stream = b"".join(data.draw(st.lists(piece, max_size=6)))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=8)))
    pieces = [stream[a:b] for a, b in zip([0, *cuts], [*cuts, len(stream)], strict=True)]
    feed(*pieces)


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from([0x30, 0x31, 0x32, 0x34, 0x35, 0x36, 0x38, 0x3A, *range(0x40, 0x52), 0xE5]),
    st.booleans(),
    st.sampled_from([0x02, 0x16]),
    st.binary(max_size=90),
    st.booleans(),
)
def test_any_body_behind_a_good_checksum_is_a_frame(function, down, start, rest, with_station):
    body = bytes.fromhex("001001" if start == 0x16 else "") + bytes.fromhex("0007260701090005")
    body += (bytes.fromhex("F1F1150625000149F0F02607010900") if with_station else b"") + rest
    raw = bytes.fromhex("7E7E150625000115FFFF") + bytes([function, 0x80 * down, len(body), start]) + body + b"\x03"
    raw += checksum(raw).to_bytes(2, "big")
    (event,) = feed(raw, flush=False)
    assert isinstance(event, Frame)
    assert event.message.serial == 7
    to_expected(event.message)


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from(["2F", "31", "34", "36", "45"]),
    st.sampled_from([b"\x02", b"\x16001001"]),
    st.one_of(
        st.binary(max_size=60),
        st.lists(st.sampled_from(ASCII_WORDS)).map(b" ".join),
    ),
)
def test_any_ascii_body_behind_a_good_checksum_is_a_frame(function, start, rest):
    body = b"0007260701090005" + rest
    head = f"0115062500010000{function}{len(body) + len(start) - 1:04X}"
    raw = b"\x01" + head.encode() + start + body + b"\x03"
    raw += f"{checksum(raw):04X}".encode()
    (event,) = feed(raw, flush=False)
    assert isinstance(event, Frame)
    assert event.message.serial == 7
    to_expected(event.message)
