"""HJ 212 on a stream, its factors, its answers; the vectors are read in test_decode.py."""

from decimal import Decimal as D

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from liangshui.gateway.codecs.events import BadFrame, Event, Frame
from liangshui.gateway.codecs.hj212 import Hj212Decoder, Message, answer, crc, factors, frame

HOUR = frame(
    "QN=20160801085857534;ST=32;CN=2061;PW=123456;MN=010000A8900016F000169DC0;Flag=7;PNUM=2;PNO=1;CP=&&DataTime=20160801080000;"
    "w00000-Cou=63.0,w00000-Avg=17.5,w00000-Flag=N;w01018-Avg=--,w01018-Flag=D&&"
)
REAL = frame("QN=1;ST=21;CN=2011;PW=1;MN=A;Flag=4;CP=&&DataTime=20250131202809;w01001-Rtd=7.1;Flag=N&&")
FRAMES = [HOUR, REAL]


def feed(pieces: list[bytes]) -> list[Event]:
    decoder, events = Hj212Decoder(), []
    for piece in pieces:
        decoder.receive(piece)
        while (event := decoder.next_event()) is not None:
            events.append(event)
    return events + list(decoder.flush())


def raws(events: list[Event]) -> list[tuple[str, bytes]]:
    return [("frame" if isinstance(event, Frame) else event.reason, event.raw) for event in events]


def message(data: bytes) -> Message:
    (event,) = feed([data])
    assert isinstance(event, Frame)
    return event.message


def test_the_standards_own_checksum():
    # annex A's example
    segment = b"QN=20160801085857223;ST=32;CN=1062;PW=100000;MN=010000A8900016F000169DC0;Flag=5;CP=&&RtdInterval=30&&"
    assert crc(segment) == 0x1C80 and frame(segment.decode()) == b"##0101" + segment + b"1C80\r\n"


def test_pieces_and_glue_give_the_same_frames():
    glued = b"".join(FRAMES)
    assert raws(feed([glued])) == [("frame", each) for each in FRAMES]
    assert feed([glued[i : i + 1] for i in range(len(glued))]) == feed([glued])


@pytest.mark.parametrize("junk", [b"\x00", b"#", b"##", b"##12", b"##x", b"\r\n", b"ABC##00", b"###"])
def test_junk_around_a_frame_costs_no_frame(junk):
    events = feed([junk + REAL + junk])
    assert ("frame", REAL) in raws(events) and b"".join(event.raw for event in events) == junk + REAL + junk


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (REAL[:-6] + b"0000\r\n", "crc"), (REAL[:-2] + b"xx", "tail"), (REAL[:-9], "incomplete"), (frame("nothing"), "body"),
        (frame("ST=1;CN;CP=&&&&"), "body"),
    ],
)  # fmt: skip
def test_what_is_no_good_frame_says_why(data, reason):
    events = feed([data])
    assert raws(events)[0][0] == reason and b"".join(event.raw for event in events) == data


def test_factors_have_their_marks_and_no_figure_is_none():
    assert [(f.code, f.kind, f.value, f.mark) for f in factors(message(HOUR))] == [
        ("w00000", "Cou", D("63.0"), "N"), ("w00000", "Avg", D("17.5"), "N"), ("w01018", "Avg", None, "D"),
    ]  # fmt: skip
    assert [(f.code, f.mark) for f in factors(message(REAL))] == [("w01001", "N")]  # the bare Flag=N is the factor's


def test_flag_bits():
    found = message(HOUR)
    assert (found.version, found.split, found.wants_answer) == (1, True, True)
    assert message(frame("ST=31;CN=2011;MN=8;CP=&&a-Rtd=1&&")).version is None  # 2005 without Flag


def test_each_packet_that_wants_an_answer_gets_its_own():
    told = answer(message(HOUR))
    assert told is not None
    assert dict(message(told).head) == {
        "QN": "20160801085857534", "ST": "91", "CN": "9014", "PW": "123456", "MN": "010000A8900016F000169DC0", "Flag": "4",
    }  # fmt: skip
    assert answer(message(REAL)) is None and answer(message(told)) is None
    notice = answer(message(frame("QN=1;ST=21;CN=1013;PW=1;MN=A;Flag=5;CP=&&&&")))
    assert notice is not None and message(notice).head["CN"] == "9013"


def test_chinese_of_either_kind_and_an_encrypted_part_are_kept():
    assert message(frame("ST=21;CN=2011;MN=站;CP=&&a-Info=流量计&&")).groups == ((("a-Info", "流量计"),),)
    segment = "ST=21;CN=2011;MN=站;CP=&&a-Info=流量&&".encode("gb18030")
    gbk = b"##%04d" % len(segment) + segment + b"%04X\r\n" % crc(segment)
    assert message(gbk).head["MN"] == "站"
    sealed = message(frame("QN=1;ST=21;CN=2011;PW=1;MN=A;Flag=9;CP=7F3A55"))
    assert (sealed.version, sealed.groups, sealed.sealed) == (2, (), "7F3A55")


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.one_of(st.binary(max_size=40), st.sampled_from([*FRAMES, b"##", b"##0010", b"\r\n"])), max_size=8),
    st.data(),
)
def test_any_bytes_come_out_again_and_never_an_exception(parts, data):
    stream = b"".join(parts)
    cut = data.draw(st.integers(0, len(stream)))
    decoder, seen = Hj212Decoder(), b""
    for piece in (stream[:cut], stream[cut:]):
        decoder.receive(piece)
        while (event := decoder.next_event()) is not None:
            seen += event.raw
    assert seen + decoder.buffered == stream
    assert seen + b"".join(event.raw for event in decoder.flush()) == stream


def test_bad_bytes_are_events_too():
    assert isinstance(feed([b"nothing"])[0], BadFrame)
