"""SZY206 and SL 427: bytes and what they say, both directions, by one table; and every vector."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from liangshui.gateway.codecs.events import BadFrame, Frame
from liangshui.gateway.codecs.szy206 import (
    Answer,
    Edition,
    EncodeError,
    Link,
    Message,
    Raw,
    Reading,
    Report,
    Szy206Decoder,
    Tp,
    crc8,
    encode,
    read,
    to_expected,
)

OLD: Edition = "szy206-2016"
NEW: Edition = "sl427-2021"

VECTORS = [
    item
    for item in json.loads((Path(__file__).parent / "vectors.json").read_text(encoding="utf-8"))
    if item["protocol"] in ("SZY206-2016", "SL/T 427-2021")
]
STATION = "4101220C00"
TP5 = Tp(bytes.fromhex("0030081500"))
TP7 = Tp(bytes.fromhex("00300815072600"))


def tp5_report(*values: Reading, alarm: int = 0, status: int = 0x20) -> Report:
    return Report(values, alarm, status, TP5, OLD)


def tp7_report(*values: Reading, alarm: int = 0, status: int = 0x20) -> Report:
    return Report(values, alarm, status, TP7, NEW)


def number(quantity: str, value: str, unit: str, index: int = 1) -> Reading:
    return Reading(quantity, Decimal(value), unit, index)


# Whole frames: those of vectors.json, read by hand from README 3.4 and 3.6.
FRAMES: list[tuple[str, Edition, str, Message]] = [
    (
        "flow and volume, worked example 3.6",
        OLD,
        "681A68B35303810D00C00059000000826110000001106000004508090A3516",
        Message(
            "5303810D00",
            0xC0,
            Report(
                (number("flow", "5.900", "m3/h"), number("volume", "106182", "m3")),
                alarm=1 << 0 | 1 << 12,
                status=1 << 5 | 1 << 6,
                tp=Tp(bytes.fromhex("004508090A")),
                edition=OLD,
            ),
            type_code=3,
        ),
    ),
    (
        "flow only, filled with AA",
        OLD,
        "681568B34406070001C0AAAAAAAAAA004040000000000101E516",
        Message(
            "4406070001",
            0xC0,
            Report(
                (Reading("flow", None, "m3/h", raw=b"\xaa" * 5),),
                alarm=1 << 14,
                status=1 << 6,
                tp=Tp(bytes.fromhex("0000000101")),
                edition=OLD,
            ),
            type_code=3,
        ),
    ),
    (
        "velocity, 2021",
        NEW,
        "681568B40102030405C05545040020700030151412052600AD16",
        Message(
            "0102030405",
            0xC0,
            Report(
                (number("velocity", "44.555", "m/s"),),
                alarm=1 << 13,
                status=0x70,
                tp=Tp(bytes.fromhex("30151412052600")),
                edition=NEW,
            ),
            type_code=4,
        ),
    ),
    ("login", OLD, "680868B04101220C0002F08916", Message(STATION, 0x02, Link(0xF0))),
    (
        "level below zero",
        OLD,
        "681468B24101220C00C0341200F00000200000300815007316",
        Message(STATION, 0xC0, tp5_report(number("level", "-1.234", "m")), type_code=2),
    ),
    (
        "rain",
        OLD,
        "681368B14101220C00C02501000000200000300815000016",
        Message(STATION, 0xC0, tp5_report(number("rain", "12.5", "mm")), type_code=1),
    ),
    (
        "water temperature",
        OLD,
        "681268B94101220C00C05701000020000030081500E916",
        Message(STATION, 0xC0, tp5_report(number("water_temperature", "15.7", "C")), type_code=9),
    ),
    (
        "flow backwards in m3/h, 2021",
        NEW,
        "681C68B34101220C00C000250000F089674523010000200000300815072600B516",
        Message(
            STATION,
            0xC0,
            tp7_report(number("flow", "-2.500", "m3/h"), number("volume", "123456789", "m3")),
            type_code=3,
        ),
    ),
    (
        "answer with the centre's time, 2021",
        NEW,
        "680F68304101220C00C000003008150726005E16",
        Message(STATION, 0xC0, Answer(0, TP7), up=False),
    ),
]

# Data after AFN; the frame around it is tested above. (name, edition, type, afn, hex of data, body)
WORDS5 = "000020000030081500"
WORDS7 = "0000200000300815072600"
BODIES: list[tuple[str, Edition, int, int, str, Any]] = [
    (
        "two levels",
        OLD,
        2,
        0xC0,
        "3412000000000002" + WORDS5,
        tp5_report(number("level", "1.234", "m"), number("level", "2000.000", "m", 2)),
    ),
    (
        "two meters",
        OLD,
        3,
        0xC0,
        "0059000000826110000000010000F0AAAAAAAAAA" + WORDS5,
        tp5_report(
            number("flow", "5.900", "m3/h"),
            number("volume", "106182", "m3"),
            number("flow", "-0.100", "m3/h", 2),
            Reading("volume", None, "m3", 2, b"\xaa" * 5),
        ),
    ),
    (
        "three flows without volume",
        OLD,
        3,
        0xC0,
        "000100000000020000000003000000" + WORDS5,
        tp5_report(
            number("flow", "0.100", "m3/h"), number("flow", "0.200", "m3/h", 2), number("flow", "0.300", "m3/h", 3)
        ),
    ),
    ("flow 2021, +m3/s", NEW, 3, 0xC0, "5012000000" + WORDS7, tp7_report(number("flow", "1.250", "m3/s"))),
    ("flow 2021, +m3/h", NEW, 3, 0xC0, "5012000030" + WORDS7, tp7_report(number("flow", "1.250", "m3/h"))),
    ("flow 2021, -m3/s", NEW, 3, 0xC0, "50120000C0" + WORDS7, tp7_report(number("flow", "-1.250", "m3/s"))),
    (
        "largest volume",
        NEW,
        3,
        0xC0,
        "50120000309999999907" + WORDS7,
        tp7_report(number("flow", "1.250", "m3/h"), number("volume", "799999999", "m3")),
    ),
    ("velocity backwards", OLD, 4, 0xC0, "0015F0" + WORDS5, tp5_report(number("velocity", "-1.500", "m/s"))),
    ("gate", OLD, 5, 0xC0, "501200" + WORDS5, tp5_report(number("gate", "12.50", "m"))),
    ("power", OLD, 6, 0xC0, "563412" + WORDS5, tp5_report(number("power", "123456", "kW"))),
    ("air pressure, old", OLD, 7, 0xC0, "131000" + WORDS5, tp5_report(number("air_pressure", "1013", "hPa"))),
    (
        "weather, 2021",
        NEW,
        7,
        0xC0,
        "13100025013055F0" + WORDS7,
        tp7_report(
            number("air_pressure", "1013", "hPa"),
            number("wind_speed", "1.25", "m/s"),
            number("wind_direction", "3", ""),
            number("air_temperature", "-5.5", "C"),
        ),
    ),
    (
        "wind, old",
        OLD,
        8,
        0xC0,
        "250180" + WORDS5,
        tp5_report(number("wind_speed", "1.25", "m/s"), number("wind_direction", "8", "")),
    ),
    ("electricity, 2021", NEW, 8, 0xC0, "78563412" + WORDS7, tp7_report(number("electricity", "123456.78", "kWh"))),
    (
        "quality: pH, ammonia, coliforms of five bytes, mercury of five decimals",
        OLD,
        10,
        0xC0,
        "02020101001507000023010000210000009078563412" + WORDS5,
        tp5_report(
            number("ph", "7.15", ""),
            number("ammonia_nitrogen", "1.23", "mg/L"),
            number("mercury", "0.00021", "mg/L"),
            number("faecal_coliforms", "1234567890", "1/L"),
        ),
    ),
    (
        "quality: bit 36 is in the fifth byte",
        OLD,
        10,
        0xC0,
        "000000001056340200" + WORDS5,
        tp5_report(number("chlorophyll", "23.456", "ug/L")),
    ),
    (
        "two soil moistures, old",
        OLD,
        11,
        0xC0,
        "55016602" + WORDS5,
        tp5_report(number("soil_moisture", "15.5", "%"), number("soil_moisture", "26.6", "%", 2)),
    ),
    (
        "soil moisture and depth, 2021",
        NEW,
        11,
        0xC0,
        "55014000" + WORDS7,
        tp7_report(number("soil_moisture", "15.5", "%"), number("soil_depth", "40", "cm")),
    ),
    ("evaporation", OLD, 12, 0xC0, "320000" + WORDS5, tp5_report(number("evaporation", "3.2", "mm"))),
    ("words alone", OLD, 13, 0xC0, WORDS5, tp5_report()),
    (
        "rain of six steps of five minutes",
        OLD,
        14,
        0xC0,
        "06250100" + WORDS5,
        tp5_report(number("rain_period", "6", "5min"), number("rain_sum", "12.5", "mm")),
    ),
    (
        "rain of ten days",
        OLD,
        14,
        0xC0,
        "8A250100" + WORDS5,
        tp5_report(number("rain_period", "10", "d"), number("rain_sum", "12.5", "mm")),
    ),
    ("water pressure", OLD, 15, 0xC0, "50320000" + WORDS5, tp5_report(number("water_pressure", "32.50", "kPa"))),
    (
        "alarm report: alarm word in front",
        NEW,
        2,
        0x81,
        "040089670500200000300815072600",
        tp7_report(number("level", "56.789", "m"), alarm=1 << 2),
    ),
    ("alarm report without a value", OLD, 13, 0x81, "010020000030081500", tp5_report(alarm=1)),
    ("manual report", OLD, 1, 0x82, "250100" + WORDS5, tp5_report(number("rain", "12.5", "mm"))),
    (
        "query answer has no Tp",
        OLD,
        2,
        0xB0,
        "8967050000002000",
        Report((number("level", "56.789", "m"),), 0, 0x20, None, OLD),
    ),
    (
        "voltage in a query answer",
        OLD,
        13,
        0xB0,
        "361200002000",
        Report((number("voltage", "12.36", "V"),), 0, 0x20, None, OLD),
    ),
    ("voltage report", NEW, 13, 0x84, "3612", Report((number("voltage", "12.36", "V"),), None, None, None, NEW)),
    ("composite stays raw", OLD, 14, 0xB0, "8025010000002000", Raw(bytes.fromhex("8025010000002000"))),
    ("channels: another function", OLD, 0, 0x65, "0102", Raw(b"\x01\x02")),
    ("FF fill", OLD, 2, 0xC0, "FFFFFFFF" + WORDS5, tp5_report(Reading("level", None, "m", raw=b"\xff" * 4))),
]


@pytest.mark.parametrize(
    ("edition", "text", "message"), [each[1:] for each in FRAMES], ids=[each[0] for each in FRAMES]
)
def test_frame_says_message_and_message_makes_frame(edition: Edition, text: str, message: Message) -> None:
    raw = bytes.fromhex(text)
    decoder = Szy206Decoder(edition)
    decoder.receive(raw)
    assert decoder.next_event() == Frame(raw, message)
    assert encode(message) == raw


@pytest.mark.parametrize(
    ("edition", "type_code", "afn", "data", "body"), [each[1:] for each in BODIES], ids=[each[0] for each in BODIES]
)
def test_data_says_body_and_body_makes_data(edition: Edition, type_code: int, afn: int, data: str, body: Any) -> None:
    payload = bytes([0xB0 | type_code]) + bytes.fromhex(STATION) + bytes([afn]) + bytes.fromhex(data)
    message = Message(STATION, afn, body, type_code)
    assert read(payload, edition) == message
    assert encode(message)[3:-2] == payload


@pytest.mark.parametrize("item", VECTORS, ids=[item.get("note", item["hex"])[:40] for item in VECTORS])
def test_vector_reads_as_expected(item: dict[str, Any]) -> None:
    decoder = Szy206Decoder(NEW if item["protocol"] == "SL/T 427-2021" else OLD)
    raw = bytes.fromhex(item["hex"])
    decoder.receive(raw)
    event = decoder.next_event()
    assert decoder.buffered == b""
    if not item["checksum_verified"]:
        assert event == BadFrame("crc", raw)
        return
    assert isinstance(event, Frame)
    assert to_expected(event.message) == item["expected"]
    assert encode(event.message) == raw


def test_check_byte_of_worked_example() -> None:
    assert crc8(bytes.fromhex("B35303810D00C00059000000826110000001106000004508090A")) == 0x35


def test_check_byte_of_one_is_the_polynomial() -> None:
    assert crc8(b"") == 0
    assert crc8(b"\x01") == 0xE5
    assert crc8(b"\x02") == 0x2F  # E5 shifted once: 1CA, less the polynomial 1E5


def test_address_has_two_readings() -> None:
    message = Message("5303810D00", 0xC0, Raw(b""))
    assert (message.region, message.number_low_first, message.number_high_first) == ("530381", 13, 3328)
    coded = Message("0030746200", 0xC0, Raw(b""))
    assert (coded.region, coded.number_low_first, coded.number_high_first) == (None, None, None)
    assert to_expected(coded)["station_code"] == "30746200"


def test_words_have_names() -> None:
    body = Report((), alarm=1 << 0 | 1 << 5 | 1 << 13 | 1 << 15, status=1 << 6 | 1 << 4 | 0b01)
    assert body.alarms == ["mains_lost", "flow_meter_fault", "door", "bit_15"]
    assert (body.mode, body.ic_card, body.quota_control, body.pump_stopped, body.door_shut, body.on_battery) == (
        1,
        False,
        False,
        True,
        False,
        True,
    )


def test_piece_of_a_split_message_stays_raw() -> None:
    payload = bytes.fromhex("F302" + STATION + "83FFD8FFE0")
    assert read(payload, OLD) == Message(STATION, 0x83, Raw(bytes.fromhex("FFD8FFE0")), type_code=3, divs=2)
    assert encode(Message(STATION, 0x83, Raw(bytes.fromhex("FFD8FFE0")), type_code=3, divs=2))[3:-2] == payload


def test_split_without_room_for_the_function_is_no_message() -> None:
    assert read(bytes.fromhex("F34101220C00C0"), OLD) is None


def test_attempt_counter_is_read() -> None:
    message = read(bytes.fromhex("92" + STATION + "C034120000" + WORDS5), OLD)
    assert message is not None
    assert message.fcb == 1


@pytest.mark.parametrize(
    ("type_code", "data", "quantity"),
    [
        (1, "0A0100", "rain"),
        (2, "34120010", "level"),  # 1 is no sign
        (3, "0059000010", "flow"),  # nor is it one of an old flow
        (
            3,
            "0059000030",
            "flow",
        ),  # 2021's unit bits in a frame that is set to be old: no number rather than a wrong one
    ],
)
def test_value_that_is_no_number_is_kept_as_bytes(type_code: int, data: str, quantity: str) -> None:
    message = read(bytes.fromhex(f"B{type_code}" + STATION + "C0" + data + WORDS5), OLD)
    assert message is not None
    assert isinstance(message.body, Report)
    (reading,) = message.body.values
    assert (reading.quantity, reading.value, reading.raw.hex().upper(), reading.damaged) == (quantity, None, data, True)


def test_other_values_of_the_frame_stay_when_one_is_damaged() -> None:
    message = read(bytes.fromhex("B3" + STATION + "C000590000B08261100000" + WORDS5), OLD)
    assert message is not None
    assert isinstance(message.body, Report)
    assert [reading.value for reading in message.body.values] == [None, Decimal(106182)]


def test_fill_is_no_value_and_not_damaged() -> None:
    assert not Reading("level", None, "m", raw=b"\xff\xff\xff\xff").damaged
    assert not Reading("level", Decimal(0), "m").damaged


def test_volume_under_the_mask_of_some_readers() -> None:
    message = read(bytes.fromhex("B3" + STATION + "C000590000008261100080" + WORDS5), OLD)
    assert message is not None
    assert isinstance(message.body, Report)
    assert message.body.values[1].value == 106182


def test_minus_zero_is_zero() -> None:
    message = read(bytes.fromhex("B2" + STATION + "C0000000F0" + WORDS5), OLD)
    assert message is not None
    assert isinstance(message.body, Report)
    assert str(message.body.values[0].value) == "0.000"


def test_two_flows_without_volume_need_the_setting() -> None:
    payload = bytes.fromhex("B3" + STATION + "C000010000000002000000" + WORDS5)
    pair, flows = read(payload, OLD), read(payload, OLD, flow_only=True)
    assert pair is not None and isinstance(pair.body, Report)
    assert flows is not None and isinstance(flows.body, Report)
    assert [(r.quantity, r.index, r.value) for r in pair.body.values] == [
        ("flow", 1, Decimal("0.1")),
        ("volume", 1, Decimal(200)),
    ]
    assert [(r.quantity, r.index, r.value) for r in flows.body.values] == [
        ("flow", 1, Decimal("0.1")),
        ("flow", 2, Decimal("0.2")),
    ]


def test_data_that_fit_no_layout_stay_raw_with_the_reason() -> None:
    message = read(bytes.fromhex("B2" + STATION + "C03412" + WORDS5), OLD)
    assert message is not None
    assert message.body == Raw(
        bytes.fromhex("3412" + WORDS5), "11 bytes of data don't make values of type 2 by szy206-2016"
    )
    assert to_expected(message)["problem"] == "11 bytes of data don't make values of type 2 by szy206-2016"


def test_quality_bit_without_meaning_stays_raw() -> None:
    message = read(bytes.fromhex("BA" + STATION + "C0000000002056340200" + WORDS5), OLD)
    assert message is not None
    assert isinstance(message.body, Raw)


@pytest.mark.parametrize(
    ("body", "type_code", "error"),
    [
        (tp5_report(number("level", "10000000", "m")), 2, "level 10000000: more than 7 digits"),
        (tp5_report(number("level", "0.0001", "m")), 2, "level 0.0001: more than 3 decimals"),
        (tp5_report(number("rain", "-1", "mm")), 1, "rain -1: no sign on the wire"),
        (tp5_report(number("rain", "1", "mm")), 2, "type 2 holds level, not rain"),
        (tp5_report(number("volume", "1", "m3")), 3, "type 3 holds flow, volume, not volume"),
        (tp5_report(number("flow", "1", "m3/s")), 3, "flow in 'm3/s': szy206-2016 has m3/h"),
        (
            tp5_report(number("codmn", "1", ""), number("ph", "1", "")),
            10,
            "type 10 holds each value once, in the order",
        ),
        (
            tp5_report(number("rain_period", "64", "h"), number("rain_sum", "1", "mm")),
            14,
            "rain_period 64 is more than 63",
        ),
        (Raw(bytes(249)), 0, "256 bytes from C through Tp; L allows 255"),
    ],
)
def test_what_has_no_wire_form_is_refused_by_name(body: Any, type_code: int, error: str) -> None:
    with pytest.raises(EncodeError, match=f"^{error}"):
        encode(Message(STATION, 0xC0, body, type_code))


def test_station_of_wrong_length_is_refused() -> None:
    with pytest.raises(EncodeError, match="ten hex characters"):
        encode(Message("41", 0xC0, Raw(b"")))
