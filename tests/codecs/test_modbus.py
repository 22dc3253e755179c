"""Modbus behind DTUs: against pymodbus's own frames, fed in pieces, with junk; numbers in registers by hand."""

import struct
from decimal import Decimal as D

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymodbus.framer import FramerRTU, FramerSocket
from pymodbus.pdu import DecodePDU, ExceptionResponse
from pymodbus.pdu.register_message import ReadHoldingRegistersRequest, ReadHoldingRegistersResponse

from liangshui.gateway.codecs import modbus
from liangshui.gateway.codecs.events import BadFrame, Frame
from liangshui.gateway.rules.device_map import Part, Point, questions

RTU, TCP = FramerRTU(DecodePDU(False)), FramerSocket(DecodePDU(False))
ANSWER = ReadHoldingRegistersResponse(registers=[1, 2, 65535], dev_id=7, transaction_id=9)
REFUSAL = ExceptionResponse(3, 2)
REFUSAL.dev_id, REFUSAL.transaction_id = 7, 9


def feed(decoder, pieces):
    events = []
    for piece in pieces:
        decoder.receive(piece)
        while (event := decoder.next_event()) is not None:
            events.append(event)
    return events + list(decoder.flush())


@pytest.mark.parametrize("form", ["rtu", "tcp"])
def test_questions_are_those_that_pymodbus_writes(form):
    framer = RTU if form == "rtu" else TCP
    theirs = framer.buildFrame(ReadHoldingRegistersRequest(address=8, count=4, dev_id=7, transaction_id=9))
    assert modbus.encode(modbus.Request(7, 3, 8, 4), form, 9) == theirs


@pytest.mark.parametrize(("framer", "decoder"), [(RTU, modbus.RtuDecoder), (TCP, modbus.TcpDecoder)])
def test_answers_of_pymodbus_whole_and_byte_by_byte_and_with_junk(framer, decoder):
    raw = framer.buildFrame(ANSWER)
    for pieces in ([raw], [bytes([b]) for b in raw], [b"\xff\xfe" + raw]):
        events = feed(decoder(), pieces)
        (frame,) = [event for event in events if isinstance(event, Frame)]
        assert (frame.message.unit, frame.message.function, frame.message.data.hex()) == (7, 3, "00010002ffff")
        assert b"".join(event.raw for event in events) == b"".join(pieces)
    (refused,) = feed(decoder(), [framer.buildFrame(REFUSAL)])
    assert (refused.message.function, refused.message.exception) == (3, 2)


@pytest.mark.parametrize(("framer", "decoder"), [(RTU, modbus.RtuDecoder), (TCP, modbus.TcpDecoder)])
def test_each_flipped_bit_is_noticed_or_another_answer(framer, decoder):
    raw = framer.buildFrame(ANSWER)
    for bit in range(8 * len(raw)):
        bad = bytearray(raw)
        bad[bit // 8] ^= 1 << bit % 8
        events = feed(decoder(), [bytes(bad)])
        if decoder is modbus.RtuDecoder:
            assert all(isinstance(event, BadFrame) for event in events)
        assert b"".join(event.raw for event in events) == bytes(bad)


@given(
    st.lists(
        st.one_of(st.binary(max_size=40), st.sampled_from([RTU.buildFrame(ANSWER), TCP.buildFrame(ANSWER)])), max_size=6
    )
)
def test_any_bytes_give_events_and_nothing_is_lost(pieces):
    for decoder in (modbus.RtuDecoder(), modbus.TcpDecoder()):
        assert b"".join(event.raw for event in feed(decoder, pieces)) == b"".join(pieces)


@pytest.mark.parametrize(
    ("kind", "order", "raw", "value"),
    [
        ("uint16", "ABCD", struct.pack(">H", 1234), D(1234)),
        ("int16", "ABCD", struct.pack(">h", -5), D(-5)),
        ("uint16", "BADC", struct.pack("<H", 1234), D(1234)),
        ("uint32", "ABCD", bytes.fromhex("0001E240"), D(123456)),
        ("uint32", "CDAB", bytes.fromhex("E2400001"), D(123456)),
        ("uint32", "BADC", bytes.fromhex("010040E2"), D(123456)),
        ("uint32", "DCBA", bytes.fromhex("40E20100"), D(123456)),
        ("float32", "CDAB", bytes.fromhex("00004148"), D("12.5")),
        ("float64", "ABCD", struct.pack(">d", 1234567.875), D("1234567.875")),
        ("float32", "ABCD", struct.pack(">f", float("nan")), None),
        ("bcd32", "ABCD", bytes.fromhex("00123456"), D(123456)),
        ("bcd32", "ABCD", bytes.fromhex("0012345A"), None),
        ("uint32", "ABCD", b"\xff" * 4, None),
        ("uint64", "DCBA", (123456789012).to_bytes(8, "little"), D(123456789012)),
    ],
)
def test_numbers_in_registers(kind, order, raw, value):
    assert modbus.value(raw, kind, order) == value


def test_points_are_asked_for_in_the_fewest_questions():
    def point(name, *registers, function=3):
        return Point(name, "register", function=function, parts=tuple(Part(r, "uint32") for r in registers))

    asked = questions([point("a", 0), point("b", 8, 10), point("c", 300), point("d", 4, function=4)], 7)
    assert asked == [modbus.Request(7, 3, 0, 12), modbus.Request(7, 3, 300, 2), modbus.Request(7, 4, 4, 2)]


def test_what_cannot_be_asked_is_refused():
    for request in (modbus.Request(7, 3, 0, 126), modbus.Request(7, 3, 65536, 1), modbus.Request(256, 3, 0, 1)):
        with pytest.raises(ValueError, match="cannot be asked"):
            modbus.encode(request, "rtu")
