"""Which edition a frame is of, when it was measured, and whether it came before (README 3.2, 3.5)."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from liangshui.core.periods import BEIJING
from liangshui.gateway.codecs.szy206 import (
    Answer,
    Edition,
    Link,
    Message,
    Raw,
    Reading,
    Report,
    Tp,
    answer,
    encode,
    identity,
    link,
    read,
    report,
    resolve_tp,
    to_expected,
)

STATION = "4101220C00"
NOW = datetime(2026, 7, 15, 8, 31, 5, tzinfo=BEIJING)


def body_of(type_code: int, data: str, edition: Edition | None = None, afn: str = "C0") -> Report | Raw:
    message = read(bytes.fromhex(f"B{type_code:X}{STATION}{afn}{data}"), edition)
    assert message is not None
    assert isinstance(message.body, Report | Raw)
    return message.body


@pytest.mark.parametrize(
    ("name", "type_code", "data", "edition", "tp", "quantities"),
    [
        ("old flow", 3, "00590000008261100000000020000030081500", "szy206-2016", 5, ["flow", "volume"]),
        ("new flow", 3, "005900000082611000000000200000300815072600", "sl427-2021", 7, ["flow", "volume"]),
        ("old level", 2, "34120000000020000030081500", "szy206-2016", 5, ["level"]),
        ("new level", 2, "341200000000200000300815072600", "sl427-2021", 7, ["level"]),
        ("old wind", 8, "250130000020000030081500", "szy206-2016", 5, ["wind_speed", "wind_direction"]),
        ("electricity", 8, "785634120000200000300815072600", "sl427-2021", 7, ["electricity"]),
        # Also two temperatures and a short label; then minute 30 would be a spare bit of the status word.
        ("new temperature", 9, "57010000200000300815072600", "sl427-2021", 7, ["water_temperature"]),
        # Read as one temperature and a long label, the second temperature would be an alarm word with spare bits.
        ("two old ones", 9, "57015882000020000030081500", "szy206-2016", 5, ["water_temperature"] * 2),
        # Both labels are times, both pairs of words are clean: the fewer values.
        ("doubtful", 9, "57010000200000000812072600", "sl427-2021", 7, ["water_temperature"]),
        # Fits also as flow and volume without label; every report has one, so a label that is a time is believed.
        ("flow only", 3, "AAAAAAAAAA004040000000000101", "szy206-2016", 5, ["flow"]),
    ],
)
def test_edition_is_found_by_the_time_label(
    name: str, type_code: int, data: str, edition: str, tp: int, quantities: list[str]
) -> None:
    body = body_of(type_code, data)
    assert isinstance(body, Report)
    assert (body.edition, body.edition_by) == (edition, "frame")
    assert len(body.tp.raw if body.tp else b"") == tp
    assert [reading.quantity for reading in body.values] == quantities


def test_flow_unit_is_the_edition_s() -> None:
    """Nibble 0 is m3/h in an old frame and m3/s in a new one (3.4)."""
    old = body_of(3, "0059000000000020000030081500")
    new = body_of(3, "00590000000000200000300815072600")
    assert isinstance(old, Report) and isinstance(new, Report)
    assert [(r.value, r.unit) for r in old.values] == [(Decimal("5.900"), "m3/h")]
    assert [(r.value, r.unit) for r in new.values] == [(Decimal("5.900"), "m3/s")]


def test_without_label_and_setting_the_unit_of_a_flow_is_open() -> None:
    body = body_of(3, "0059000000826110000000002000", afn="B0")
    assert body == Report(
        (Reading("flow", Decimal("5.900"), ""), Reading("volume", Decimal(106182), "m3")),
        0,
        0x20,
        None,
        None,
        "unknown",
    )
    in_hours = body_of(3, "0059000030826110000000002000", afn="B0")
    assert isinstance(in_hours, Report)
    assert in_hours.values[0] == Reading("flow", Decimal("5.900"), "m3/h")


def test_without_label_and_setting_a_layout_of_two_editions_stays_raw() -> None:
    body = body_of(11, "5501660200002000", afn="B0")
    assert body == Raw(
        bytes.fromhex("5501660200002000"), "type 11 differs by edition, and no time label tells which this is"
    )


def test_setting_wins_over_the_label() -> None:
    body = body_of(2, "341200000000200000300815072600", "szy206-2016")
    assert isinstance(body, Raw)


def test_setting_2008_reads_like_2016() -> None:
    body = body_of(2, "34120000000020000030081500", "sl427-2008")
    assert isinstance(body, Report)
    assert (body.edition, body.edition_by) == ("sl427-2008", "setting")
    assert body.values == (Reading("level", Decimal("1.234"), "m"),)


def test_edition_found_in_the_frame_is_reported() -> None:
    message = read(bytes.fromhex(f"B2{STATION}C034120000000020000030081500"))
    assert message is not None
    told = to_expected(message)
    assert (told["edition"], told["edition_by"], told["tp_bytes"]) == ("szy206-2016", "frame", 5)


@pytest.mark.parametrize(
    ("name", "label", "arrival", "resolved"),
    [
        ("the same day", "0030081500", "2026-07-15 08:31", "2026-07-15 08:30"),
        ("yesterday, buffered", "0030081400", "2026-07-15 08:31", "2026-07-14 08:30"),
        ("clock ahead by a day", "0030081600", "2026-07-15 08:31", "2026-07-16 08:30"),
        ("later by two days: last month", "0030081700", "2026-07-15 08:31", "2026-06-17 08:30"),
        ("over New Year", "0050233100", "2026-01-01 00:01", "2025-12-31 23:50"),
        ("last of February", "0050232800", "2026-03-01 00:01", "2026-02-28 23:50"),
        ("leap day", "0050232900", "2028-03-01 00:01", "2028-02-29 23:50"),
        ("no such day", "0050232900", "2026-03-01 00:01", None),
        ("31 on the 30th: the month before", "0000083100", "2026-04-30 08:31", "2026-03-31 08:00"),
        ("clock ahead over the month", "0305000100", "2026-07-31 23:58", "2026-08-01 00:05:03"),
        ("first of this month, not of the next", "0000080100", "2026-07-31 23:58", "2026-07-01 08:00"),
        ("seven bytes need no arrival", "00300815072600", "2031-01-01 00:00", "2026-07-15 08:30"),
        ("seven bytes, 30 February", "00300830022600", "2026-03-01 00:00", None),
        ("filled", "AAAAAAAAAA", "2026-07-15 08:31", None),
        ("hour 24", "0000241500", "2026-07-15 08:31", None),
        ("day 0", "0000080000", "2026-07-15 08:31", None),
    ],
)
def test_full_time_of_a_label(name: str, label: str, arrival: str, resolved: str | None) -> None:
    arrived = datetime.fromisoformat(arrival).replace(tzinfo=BEIJING)
    expected = None if resolved is None else datetime.fromisoformat(resolved).replace(tzinfo=BEIJING)
    assert resolve_tp(Tp(bytes.fromhex(label)), arrived) == expected


def test_arrival_counts_in_beijing_time() -> None:
    """00:30 of 1 August in Beijing is still 31 July in UTC."""
    arrived = datetime(2026, 7, 31, 16, 30, tzinfo=UTC)
    assert resolve_tp(Tp(bytes.fromhex("0025000100")), arrived) == datetime(2026, 8, 1, 0, 25, tzinfo=BEIJING)


def test_no_label_has_no_time() -> None:
    assert resolve_tp(None, NOW) is None


def test_time_without_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="time without zone"):
        resolve_tp(Tp(bytes.fromhex("0030081500")), datetime(2026, 7, 15))


def level(data: str = "34120000000020000030081500", control: str = "B2", station: str = STATION) -> Message:
    message = read(bytes.fromhex(f"{control}{station}C0{data}"), "szy206-2016")
    assert message is not None
    return message


def test_resend_counts_down_and_is_the_same() -> None:
    first = identity(level(), NOW)
    assert first is not None and len(first) == 16
    for control in ("A2", "92", "82"):
        assert identity(level(control=control), NOW + timedelta(minutes=9)) == first


def test_same_label_a_month_later_is_another() -> None:
    assert identity(level(), NOW) != identity(level(), NOW + timedelta(days=31))


def test_other_value_station_time_and_function_are_others() -> None:
    others = [
        level(),
        level("35120000000020000030081500"),
        level("34120000010020000030081500"),
        level("34120000000020000035081500"),
        level(station="4101220D00"),
        report(STATION, 2, level().body.values, edition="szy206-2016", when=NOW, afn=0x82, status=0x20),  # type: ignore[union-attr]
    ]
    assert len({identity(message, NOW) for message in others}) == 6


def test_pieces_of_a_split_message_are_others() -> None:
    pieces = [Message(STATION, 0x83, Raw(b"\x00"), divs=divs) for divs in (3, 2, 1)]
    assert len({identity(message, NOW) for message in pieces}) == 3


def test_without_label_the_five_minutes_of_arrival_count() -> None:
    message = Message(STATION, 0xB0, Raw(b"\x00"))
    at_30, at_34, at_35 = (identity(message, NOW.replace(minute=minute, second=59)) for minute in (30, 34, 35))
    assert at_30 == at_34 != at_35


def test_link_and_down_frames_have_no_identity() -> None:
    assert identity(link(STATION), NOW) is None
    assert identity(Message(STATION, 0xC0, Answer(), up=False), NOW) is None


def test_identity_is_known_for_every_edition_by_frame() -> None:
    for data in ("0059000030826110000000002000", "00590000C0826110000000002000"):
        message = read(bytes.fromhex(f"B3{STATION}B0{data}"))
        assert message is not None
        assert identity(message, NOW) is not None


def test_answer_without_label() -> None:
    reply = answer(level())
    assert reply == Message(STATION, 0xC0, Answer(0), type_code=0, up=False, fcb=3)
    # C with DIR 0 and FCB kept, one data byte, a frame of 13 bytes (3.5)
    assert encode(reply)[:-2].hex().upper() == "680868304101220C00C000"
    assert len(encode(reply)) == 13


def test_answer_keeps_the_attempt_counter() -> None:
    reply = answer(level(control="92"))
    assert reply is not None
    assert reply.fcb == 1


def test_answer_with_the_centre_s_time_is_that_of_the_vector() -> None:
    reply = answer(level(), answer_form="tp7", now=datetime(2026, 7, 15, 0, 30, tzinfo=UTC))
    assert reply is not None
    assert encode(reply).hex().upper() == "680F68304101220C00C000003008150726005E16"


def test_answer_with_time_needs_the_time() -> None:
    with pytest.raises(ValueError, match="needs the time of the centre"):
        answer(level(), answer_form="tp7")


@pytest.mark.parametrize(("link_answer", "code"), [("echo", 0xF2), ("zero", 0)])
def test_link_answer(link_answer: str, code: int) -> None:
    reply = answer(link(STATION), link_answer=link_answer)  # type: ignore[arg-type]
    assert reply == Message(STATION, 0x02, Link(code), up=False)


def test_answer_to_a_piece_carries_its_number() -> None:
    reply = answer(Message(STATION, 0x83, Raw(b"\x00"), type_code=3, divs=7))
    assert reply == Message(STATION, 0x83, Answer(), up=False, divs=7)
    assert encode(reply)[3:5].hex().upper() == "7007"


def test_what_is_no_report_gets_no_answer() -> None:
    assert answer(Message(STATION, 0xB0, Raw(b""))) is None
    assert answer(Message(STATION, 0xC0, Answer(), up=False)) is None


def test_simulated_report_of_each_edition() -> None:
    when = datetime(2026, 7, 15, 8, 30, tzinfo=BEIJING)
    rain = report(STATION, 1, [Reading("rain", Decimal("12.5"), "mm")], edition="szy206-2016", when=when, status=0x20)
    assert encode(rain).hex().upper() == "681368B14101220C00C02501000000200000300815000016"
    values = [Reading("flow", Decimal("-2.5"), "m3/h"), Reading("volume", Decimal(123456789), "m3")]
    flow = report(STATION, 3, values, edition="sl427-2021", when=when, status=0x20)
    assert encode(flow).hex().upper() == "681C68B34101220C00C000250000F089674523010000200000300815072600B516"
    assert encode(link(STATION, 0xF0)).hex().upper() == "680868B04101220C0002F08916"
