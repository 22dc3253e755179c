"""DL/T 645-2007: an electricity meter asked and answering."""

from decimal import Decimal as D

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from liangshui.gateway.codecs.dlt645 import Dlt645Decoder, energy_kwh, read_request
from liangshui.gateway.codecs.events import Event, Frame


def answer(address: str, identifier: int, digits: str, control: int = 0x91) -> bytes:
    """An answer as a meter makes it, by hand: data + 33H, sum, 16H."""
    data = identifier.to_bytes(4, "little") + bytes.fromhex(digits)[::-1]
    head = b"\x68" + bytes.fromhex(address)[::-1] + bytes((0x68, control, len(data)))
    frame = head + bytes((b + 0x33) & 0xFF for b in data)
    return frame + bytes((sum(frame) & 0xFF, 0x16))


ANSWER = answer("202107072529", 0x00010000, "00123456")


def feed(data: bytes) -> list[Event]:
    decoder, events = Dlt645Decoder(), []
    for place in range(len(data)):
        decoder.receive(data[place : place + 1])
        while (event := decoder.next_event()) is not None:
            events.append(event)
    return events + list(decoder.flush())


def test_the_published_request_is_what_we_ask():
    assert read_request("202107072529", 0).hex().upper() == "FEFEFEFE" + "68292507072120681104333333334E16"
    with pytest.raises(ValueError):
        read_request("123", 0)


def test_an_answer_gives_its_energy():
    events = feed(b"\xfe\xfe" + ANSWER)
    assert [event.raw for event in events] == [b"\xfe\xfe", ANSWER] and isinstance(events[1], Frame)
    message = events[1].message
    assert (message.address, message.control, energy_kwh(message)) == ("202107072529", 0x91, D("1234.56"))
    assert energy_kwh(feed(answer("202107072529", 0x02010100, "00002201"))[0].message) is None
    assert energy_kwh(feed(answer("202107072529", 0, "0012345F"))[0].message) is None


@pytest.mark.parametrize(
    ("data", "reason"),
    [(ANSWER[:-2] + b"\x00\x16", "crc"), (ANSWER[:-1] + b"\x00", "tail"), (ANSWER[:-3], "incomplete"), (ANSWER[:9] + b"\xff" * 20, "length")],
)  # fmt: skip
def test_what_is_no_good_frame_says_why(data, reason):
    events = feed(data)
    assert not isinstance(events[0], Frame) and events[0].reason == reason and b"".join(e.raw for e in events) == data


@settings(max_examples=100, deadline=None)
@given(st.lists(st.one_of(st.binary(max_size=30), st.sampled_from([ANSWER, b"\xfe", b"\x68"])), max_size=6))
def test_any_bytes_come_out_again(parts):
    stream = b"".join(parts)
    assert b"".join(event.raw for event in feed(stream)) == stream
