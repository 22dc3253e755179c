"""Rules of the body that no vector shows (reference 2.2, 2.4, 2.5, 2.8, 2.10). Values by hand."""

from datetime import datetime
from decimal import Decimal

import pytest

from liangshui.gateway.codecs.sl651 import (
    Element,
    Mark,
    Message,
    Parameter,
    Step,
    join_packets,
    missing_packets,
    read,
    to_expected,
)
from liangshui.gateway.codecs.sl651.checksum import checksum
from liangshui.gateway.codecs.sl651.messages import EventCounts, Gates, Parameters, Query, QuotaControl, Switches

HEAD = "0007 260701090005 F1F1 1506250001 49 F0F0 2607010800 "
AT_8 = datetime(2026, 7, 1, 8, 0)


def up(groups: str, function: int = 0x32, head: str = HEAD) -> Message:
    """A frame with these element groups behind the usual head, read."""
    body = bytes.fromhex((head + groups).replace(" ", ""))
    raw = bytes.fromhex("7E7E0115062500010000") + bytes([function, 0, len(body), 0x02]) + body + b"\x03"
    return read(raw + checksum(raw).to_bytes(2, "big"))


def only(groups: str, function: int = 0x32) -> Element:
    message = up(groups, function)
    assert message.body_error is None
    (element,) = message.elements
    return element


def frame(text: str) -> Message:
    return read(bytes.fromhex(text))


# --- Numbers (2.5) ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("group", "value"),
    [
        ("39 23 00012345", "12.345"),
        ("39 20 00012345", "12345"),
        ("C1 55 00000000000001165134", "11.65134"),
        ("28 36 000000419520", "0.419520"),
        ("76 2A FF00000172", "-1.72"),
        ("76 2A FF00000000", "0.00"),
        ("76 0F 12", "0.0000012"),
        ("76 F9" + "12" * 31, "1212121212121212121212121212121212121212121212121212121212121.2"),
    ],
)
def test_definition_byte_gives_width_and_decimals_exactly(group, value):
    element = only(group)
    assert element.value == Decimal(value)
    assert str(element.value).lstrip("-") == str(Decimal(value)).lstrip("-") or element.value == 0
    assert not element.bad


@pytest.mark.parametrize("group", ["39 23 FFFFFFFF", "39 23 AAAAAAAA", "7A 08 FF", "7A 08 AA", "7A 00"])
def test_all_ff_and_all_aa_are_no_value_and_not_bad(group):
    element = only(group)
    assert element.value is None
    assert not element.bad


def test_all_ff_is_tested_before_the_sign():
    assert only("39 1A FFFFFF").value is None
    assert only("39 1A FF0001").value == Decimal("-0.01")


@pytest.mark.parametrize("data", ["0001A345", "FFFF1234", "AAAAAAA0", "FF00000A", "B0000000"])
def test_a_bad_nibble_spoils_its_element_alone(data):
    message = up(f"2019000015 3923{data} 38121250")
    rain, level, voltage = message.elements
    assert (level.value, level.bad, level.raw) == (None, True, bytes.fromhex(data))
    assert (rain.value, voltage.value) == (Decimal("1.5"), Decimal("12.50"))
    assert message.body_error is None
    assert to_expected(message)["elements"][1] == {"id": "39", "def": "23", "raw": data, "value": None, "bad": True}


def test_unknown_identifiers_are_skipped_by_definition_and_kept():
    message = up("C9 11 0051 FF A0 11 0288 FE 08 07 38 12 1250")
    assert [(e.id, e.definition, e.raw.hex(), e.value) for e in message.elements] == [
        ("C9", 0x11, "0051", Decimal("5.1")),
        ("FFA0", 0x11, "0288", Decimal("28.8")),
        ("FE", 0x08, "07", Decimal(7)),
        ("38", 0x12, "1250", Decimal("12.50")),
    ]


# --- Fixed exceptions (2.5) -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("definition", ["60", "5C", "00", "FF"])
def test_f4_is_twelve_bytes_whatever_the_definition_says(definition):
    message = up(f"F4 {definition} 00010A64FEFF000000000000 38121250")
    assert message.elements[0].values == (
        Decimal("0.0"),
        Decimal("0.1"),
        Decimal("1.0"),
        Decimal("10.0"),
        Decimal("25.4"),
        None,
        *[Decimal("0.0")] * 6,
    )
    assert message.elements[1].value == Decimal("12.50")


@pytest.mark.parametrize("code", ["F5", "F8", "FC"])
@pytest.mark.parametrize("definition", ["C0", "5C"])
def test_f5_to_fc_are_24_bytes_whatever_the_definition_says(code, definition):
    message = up(f"{code} {definition} 0001 01AC FFFE FFFF {'0000' * 8} 38121250")
    assert message.elements[0].id == code
    assert message.elements[0].values == (Decimal("0.01"), Decimal("4.28"), Decimal("655.34"), None, *[Decimal(0)] * 8)
    assert message.elements[1].value == Decimal("12.50")


def test_five_minute_series_filled_with_aa_has_no_value():
    assert only("F4 60" + "AA" * 12).values == (None,) * 12
    assert only("F5 C0" + "AA" * 24).values == (None,) * 12


def test_status_word_is_binary():
    element = only("45 20 80000481")
    assert (element.status, element.value) == (0x80000481, None)
    assert to_expected(up("45 20 80000481"))["elements"][0]["bits"] == [0, 7, 10, 31]
    assert only("45 20 FFFFFFFF").status is None


def test_velocities_and_pictures_take_the_rest():
    assert only("FD F6 38121250").raw == bytes.fromhex("38121250")
    assert only("F3 F3 FFD8F0F0F1F1").raw == bytes.fromhex("FFD8F0F0F1F1")


def test_manual_report_may_have_no_station():
    message = up("F2F2 205A20362E3338", 0x35, head="0007 260701090005 ")
    assert message.elements == (Element("F2", 0xF2, b" Z 6.38", text=" Z 6.38"),)
    assert message.body_station is None


# --- Stepped series (2.5) ---------------------------------------------------------------------------------------------


def test_uniform_series_has_its_definition_once():
    message = frame(
        "7E7E011506250001000031002D020007260701090005F1F1150625000149F0F0260701080504180001"
        "00282B0000001234FFFFFFFFFF0000001250032587"
    )
    assert message.body_error is None
    step, flow = message.elements
    assert step.step == Step(0, 1, 0)
    assert (flow.id, flow.definition, flow.step) == ("28", 0x2B, Step(0, 1, 0))
    assert flow.values == (Decimal("1.234"), None, Decimal("1.250"))
    assert flow.obs_time == datetime(2026, 7, 1, 8, 5)
    assert to_expected(message)["elements"] == [
        {"id": "04", "def": "18", "raw": "000100", "step": {"days": 0, "hours": 1, "minutes": 0}},
        {"id": "28", "def": "2B", "raw": "0000001234FFFFFFFFFF0000001250", "values": [1.234, None, 1.25]},
    ]


def test_series_ends_at_the_next_observation_time():
    message = frame(
        "7E7E0115062500010000380033020007260701090005F1F1150625000149F0F0260701080504180000"
        "05381212001210F0F0260701090004180100002619000010038DD5"
    )
    assert message.body_error is None
    _, voltage, day, rain = message.elements
    assert voltage.values == (Decimal("12.00"), Decimal("12.10"))
    assert message.marks == (Mark(2, obs_time=datetime(2026, 7, 1, 9, 0)),)
    assert day.step == Step(1, 0, 0)
    assert rain.values == (Decimal("1.0"),)


def test_series_of_a_vendors_element():
    assert up("0418 000005 FF A0 11 0288 0289", 0x31).elements[1] == Element(
        "FFA0",
        0x11,
        bytes.fromhex("02880289"),
        None,
        AT_8,
        "1506250001",
        values=(Decimal("28.8"), Decimal("28.9")),
        step=Step(0, 0, 5),
    )


def test_series_with_a_piece_of_a_value_keeps_the_whole_values():
    message = frame(
        "7E7E0115062500010000310023020007260701090005F1F1150625000149F0F0260701080504180001003812120012101203D095"
    )
    assert message.elements[1].values == (Decimal("12.00"), Decimal("12.10"))
    assert message.body_error == "element 38 wants 2 bytes, 1 left"


def test_bad_value_in_a_series_leaves_the_others():
    series = up("0418 000005 3812 1200 12A0 1210", 0x31).elements[1]
    assert series.values == (Decimal("12.00"), None, Decimal("12.10"))
    assert series.bad


@pytest.mark.parametrize(
    ("series", "error"),
    [
        ("28 03", "series 28 has values of no bytes"),
        ("FF A0", "element FFA0 wants 1 bytes, 0 left"),
        ("28", "element 28 wants 1 bytes, 0 left"),
    ],
)
def test_a_series_that_cannot_be_read_is_told_in_words(series, error):
    message = up("0418 000005" + series, 0x31)
    assert (message.body_error, len(message.elements)) == (error, 1)


def test_time_step_with_another_definition_is_a_plain_number():
    assert (only("04 10 0005", 0x31).step, only("04 10 0005", 0x31).value) == (None, Decimal(5))


def test_bad_time_step_is_marked():
    step, series = up("0418 00000B 3812 1200", 0x31).elements
    assert (step.step, step.bad) == (None, True)
    assert series.value == Decimal("12.00")


def test_time_step_outside_31_and_38_has_no_tail():
    assert [e.id for e in up("0418 000005 38121200 20190000 15").elements] == ["04", "38", "20"]


# --- Stations and times in a body (2.4) -------------------------------------------------------------------------------


def test_elements_belong_to_the_latest_station_and_time():
    message = frame(
        "7E7E011506250001000032002F020007260701090005F1F1150625000149F0F0260701090038121200"
        "F1F1150625000250F0F0260701085520190000150328D5"
    )
    voltage, rain = message.elements
    assert (voltage.station, voltage.obs_time) == ("1506250001", datetime(2026, 7, 1, 9, 0))
    assert (rain.station, rain.obs_time) == ("1506250002", datetime(2026, 7, 1, 8, 55))
    assert (message.body_station, message.station_class) == ("1506250001", "I")
    assert to_expected(message)["elements"] == [
        {"id": "38", "def": "12", "raw": "1200", "value": 12.0},
        {"station": "1506250002", "station_class": "P"},
        {"obs_time": "2026-07-01 08:55"},
        {"id": "20", "def": "19", "raw": "000015", "value": 1.5},
    ]


def test_an_observation_time_that_is_none_is_told_and_the_elements_stay():
    message = up("38121200", head="0007 260701090005 F1F1 1506250001 49 F0F0 2613010800 ")
    assert message.body_error == "observation time 2613010800 is no time"
    assert message.elements == (Element("38", 0x12, b"\x12\x00", Decimal("12.00"), None, "1506250001"),)


def test_a_send_time_that_is_none_is_told_and_the_rest_is_read():
    message = up("38121200", head="0007 FFFFFFFFFFFF F1F1 1506250001 49 F0F0 2607010800 ")
    assert (message.serial, message.send_time) == (7, None)
    assert message.body_error == "send time FFFFFFFFFFFF is no time"
    assert message.elements[0].value == Decimal("12.00")


def test_station_class_may_be_missing_or_unknown():
    assert up("38121200", head="0007 260701090005 F1F1 1506250001 F0F0 2607010800 ").station_class is None
    assert up("38121200", head="0007 260701090005 F1F1 1506250001 00 F0F0 2607010800 ").station_class == "00"


def test_a_cut_body_keeps_what_could_be_read():
    message = frame("7E7E011506250001000032001F020007260701090005F1F1150625000149F0F02607010805381212003923000003A218")
    assert [element.id for element in message.elements] == ["38"]
    assert message.body_error == "element 39 wants 4 bytes, 2 left"
    assert message.body.endswith(bytes.fromhex("39230000"))


@pytest.mark.parametrize(
    ("groups", "error"),
    [
        ("38", "element 38 wants 1 bytes, 0 left"),
        ("FF", "element FF wants 1 bytes, 0 left"),
        ("FFA0", "element FFA0 wants 1 bytes, 0 left"),
        ("F0F0 26", "element F0 wants 5 bytes, 1 left"),
        ("F460 00", "element F4 wants 12 bytes, 1 left"),
        ("F0 11 22", "F0 11 begins no known group"),
        ("F0", "element F0 wants 1 bytes, 0 left"),
        ("45 20 0000", "element 45 wants 4 bytes, 2 left"),
        ("04 18 00", "element 04 wants 3 bytes, 1 left"),
    ],
)
def test_what_cannot_be_read_is_told_in_words(groups, error):
    assert up("38121200" + groups).body_error == error
    assert up("38121200" + groups).elements[0].value == Decimal("12.00")


def test_a_body_too_short_for_its_head():
    message = up("", 0x32, head="0007 26 ")
    assert message.serial is None
    assert message.body_error == "the body has 3 bytes, too few for serial number and send time"


# --- Other functions (2.4, 2.8, 2.9) ----------------------------------------------------------------------------------


def test_unknown_function_gives_head_and_raw_body():
    message = frame("7E7E0115062500010000E5000C020007260701090005DEADBEEF03104A")
    assert (message.function, message.serial, message.send_time) == (0xE5, 7, datetime(2026, 7, 1, 9, 0, 5))
    assert message.body == bytes.fromhex("0007260701090005DEADBEEF")
    assert (message.elements, message.detail, message.body_error) == ((), None, None)


def test_status_answer():
    message = frame("7E7E0115062500010000460015020007260701090005F1F11506250001452000000480032D00")
    assert message.body_station == "1506250001"
    assert to_expected(message)["elements"] == [
        {"id": "45", "def": "20", "raw": "00000480", "status": 1152, "bits": [7, 10]}
    ]


@pytest.mark.parametrize(
    ("text", "detail"),
    [
        # Ten pumps, bits 05H 02H: 1, 3 and 10 run.
        (
            "7E7E01150625000100004C0012020007260701090005F1F115062500010A050203565F",
            Switches((True, False, True, False, False, False, False, False, False, True)),
        ),
        ("7E7E01150625000100004D0011020007260701090005F1F11506250001020303C21D", Switches((True, True))),
        ("7E7E15062500010100004C800A020000260701090005020105EFA4", Switches((True, False))),
        # Two gates, the first open by 150 cm; 444 is "shut" in the standard.
        (
            "7E7E01150625000100004E0015020007260701090005F1F1150625000102010150044403E785",
            Gates((True, False), (150, 444)),
        ),
        ("7E7E01150625000100004F0010020007260701090005F1F11506250001FF03D25A", QuotaControl(True)),
        ("7E7E15062500010100004F800902000026070109000500054169", QuotaControl(False)),
        (
            "7E7E150625000101000038801702000026070109000526063008260701080418000100392305E1E0",
            Query((("39", 0x23),), datetime(2026, 6, 30, 8), datetime(2026, 7, 1, 8), Step(0, 1, 0)),
        ),
        (
            "7E7E1506250001010000428013020000260701090005200801993300001234560005BBE4",
            Parameters(
                (
                    Parameter("20", 0x08, b"\x01", Decimal(1)),
                    Parameter("99", 0x33, bytes.fromhex("000012345600"), Decimal("12345.600")),
                )
            ),
        ),
        (
            "7E7E1506250001010000498010020000260701090005031012340310432105DE01",
            Parameters((Parameter("03", 0x10, b"\x12\x34"), Parameter("03", 0x10, b"\x43\x21"))),
        ),
        ("7E7E150625000101000047800A02000026070109000597000554FE", Parameters((Parameter("97", 0x00, b""),))),
        ("7E7E150625000101000037800802000026070109000505EE9D", None),
    ],
)
def test_control_and_settings(text, detail):
    message = frame(text)
    assert message.detail == detail
    assert message.body_error is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("7E7E01150625000100004D0011020007260701090005F1F11506250001020303C21D", {"on": [True, True]}),
        (
            "7E7E01150625000100004E0015020007260701090005F1F1150625000102010150044403E785",
            {"gates": [{"open": True, "opening_cm": 150}, {"open": False, "opening_cm": 444}]},
        ),
        ("7E7E01150625000100004F0010020007260701090005F1F11506250001FF03D25A", {"quota_control": True}),
        (
            "7E7E150625000101000038801702000026070109000526063008260701080418000100392305E1E0",
            {
                "ids": ["39"],
                "period_start": "2026-06-30 08",
                "period_end": "2026-07-01 08",
                "step": {"days": 0, "hours": 1, "minutes": 0},
            },
        ),
    ],
)
def test_control_and_settings_as_plain_data(text, expected):
    assert to_expected(frame(text)).items() >= expected.items()


def test_relay_ranges_count_all_eight_bits_of_the_definition():
    parameters = up("0E 09 112233445566778899 0C 08 02", 0x41, head="0007 260701090005 F1F1 1506250001 ").detail
    assert parameters == Parameters(
        (Parameter("0E", 0x09, bytes.fromhex("112233445566778899")), Parameter("0C", 0x08, b"\x02", Decimal(2)))
    )


def test_event_counters_cut_short_keep_those_that_came():
    message = up("0001 0002 03", 0x50, head="0007 260701090005 F1F1 1506250001 ")
    assert message.detail == EventCounts((1, 2))
    assert message.body_error == "32 counters are 64 bytes, 5 left"


@pytest.mark.parametrize("function", [0x40, 0x45, 0x46, 0x47, 0x4C, 0x4E, 0x4F, 0x50, 0x51])
def test_an_answer_without_its_station_keeps_head_and_body(function):
    message = up("", function, head="0007 260701090005 ")
    assert message.serial == 7
    assert message.body_error == "F1F1 and the station address do not follow the send time"


@pytest.mark.parametrize(
    ("function", "error"),
    [
        (0x4C, "the count is missing"),
        (0x4E, "the number of gates is missing"),
        (0x4F, "the byte of quota control is missing"),
        (0x45, "the count is missing"),
    ],
)
def test_an_answer_without_its_content(function, error):
    message = up("", function, head="0007 260701090005 F1F1 1506250001 ")
    assert (message.body_station, message.body_error) == ("1506250001", error)


@pytest.mark.parametrize(
    ("function", "content", "error"),
    [
        (0x4C, "0A 05", "10 bits are 2 bytes, 1 left"),
        (0x4E, "02 01 0150 04", "2 gate openings are 4 bytes, 3 left"),
        (0x45, "05 5631", "5 bytes are announced, 2 left"),
        (0x41, "02 28 1234", "parameter 02 wants 5 bytes, 2 left"),
        (0x41, "02", "parameter 02 wants a definition, 0 bytes left"),
    ],
)
def test_an_answer_cut_short(function, content, error):
    assert up(content, function, head="0007 260701090005 F1F1 1506250001 ").body_error == error


def test_a_settings_answer_with_a_bad_send_time():
    message = up("", 0x47, head="0007 261301090005 F1F1 1506250001 ")
    assert (message.body_station, message.body_error) == ("1506250001", "send time 261301090005 is no time")


# --- Packets (2.10) ---------------------------------------------------------------------------------------------------


def packet(number: int, total: int, body: str, end: str = "17") -> Message:
    content = (total << 12 | number).to_bytes(3, "big") + bytes.fromhex(body.replace(" ", ""))
    raw = bytes.fromhex("7E7E011506250001000032") + len(content).to_bytes(2, "big") + b"\x16" + content
    raw += bytes.fromhex(end)
    return read(raw + checksum(raw).to_bytes(2, "big"))


def test_packets_are_joined_by_number_and_read_once():
    first = packet(1, 3, HEAD + "3812 12")
    second = packet(2, 3, "50 2019 0000")
    third = packet(3, 3, "15", "03")
    assert (first.serial, first.body_error) == (7, None)  # the rest of 38H is in the next packet
    assert (second.serial, second.elements) == (None, ())
    joined = join_packets([third, first, second, second])
    assert [element.value for element in joined.elements] == [Decimal("12.50"), Decimal("1.5")]
    assert (joined.packets, joined.packet_no, joined.end, joined.body_error) == (3, 0, 0x03, None)


def test_missing_packets_are_named():
    some = [packet(3, 4, "15"), packet(1, 4, HEAD)]
    assert missing_packets(some) == (2, 4)
    with pytest.raises(ValueError, match="packets 2, 4 of 4 miss"):
        join_packets(some)


def test_packets_of_two_transfers_are_not_joined():
    with pytest.raises(ValueError, match="no packets given"):
        missing_packets([])
    with pytest.raises(ValueError, match="not one transfer"):
        missing_packets([packet(1, 2, HEAD), packet(2, 3, "15")])


# --- ASCII (2.2) ------------------------------------------------------------------------------------------------------


def ascii_frame(function: str, body: bytes) -> Message:
    raw = b"\x01" + f"0115062500010000{function}{len(body):04X}".encode() + b"\x02" + body + b"\x03"
    return read(raw + f"{checksum(raw):04X}".encode())


def test_ascii_uniform_series_with_a_missing_value():
    message = frame(
        "013031313530363235303030313030303033313030343502303030373236303730313039303030355354203135303632353030303120"
        "49205454203236303730313038303020445248303120513120312E323334204D20312E323530200338363239"
    )
    assert message.body_error is None
    step, flow = message.elements
    assert (step.id, step.step) == ("04", Step(0, 1, 0))
    assert (flow.id, flow.values, flow.obs_time) == ("28", (Decimal("1.234"), None, Decimal("1.250")), AT_8)
    assert to_expected(message)["elements"][1] == {"id": "Q1", "values": [1.234, None, 1.25]}


def test_ascii_blank_after_the_send_time_hex_series_status_and_odd_groups():
    message = frame(
        "013031313530363235303030313030303033343030364302303030373236303730313039303030352053542031353036323530303031"
        "204920545420323630373031303830352044525020303530303030303031344646464646464646464630303030205A54203030303030"
        "34383020585939202D312E35205A2061626320504A204D200333394346"
    )
    rain, status, vendor, level, current = message.elements
    assert rain.values == (
        *[Decimal("0.5"), Decimal("0.0"), Decimal("0.0"), Decimal("0.0"), Decimal("2.0")],
        *[None] * 5,
        *[Decimal("0.0")] * 2,
    )
    assert status.status == 0x480
    assert (vendor.id, vendor.value) == ("XY9", Decimal("-1.5"))
    assert (level.id, level.value, level.bad, level.raw) == ("39", None, True, b"abc")
    assert (current.id, current.value, current.bad) == ("20", None, False)
    assert message.body_error is None


def test_ascii_manual_report_and_picture_are_raw_to_the_end():
    manual = ascii_frame("35", b"0007260701090005RGZS Z 6.38 PJ 02")
    assert manual.elements[0].text == "Z 6.38 PJ 02"
    picture = ascii_frame("36", b"0007260701090005ST 1506250001 I TT 2607010800 PIC \xff\xd8 \x00\x01")
    assert (picture.elements[0].id, picture.elements[0].raw) == ("F3", b"\xff\xd8 \x00\x01")


def test_ascii_two_times_and_two_stations():
    message = ascii_frame(
        "32",
        b"0007260701090005ST 1506250001 I TT 2607010800 Z 6.38 TT 2607010900 Z 6.39 ST 1506250002 P PJ 0.5 ",
    )
    assert message.marks == (
        Mark(1, obs_time=datetime(2026, 7, 1, 9, 0)),
        Mark(2, "1506250002", "P"),
    )
    assert [element.station for element in message.elements] == ["1506250001", "1506250001", "1506250002"]


def test_ascii_body_without_a_serial_number():
    message = ascii_frame("32", b"00")
    assert message.body_error == "the body does not begin with a serial number of four hexadecimal digits"


def test_ascii_body_with_a_bad_send_time():
    message = ascii_frame("32", b"0007261301090005ST 1506250001 I TT 2607010800 Z 6.38 ")
    assert message.body_error == "send time 261301090005 is no time"
    assert message.elements[0].value == Decimal("6.38")


def test_ascii_answer_of_the_centre_is_read():
    message = frame("013530313031323334353630313030303033323830313002303030313236303930393038303030330437333037")
    assert (message.direction, message.station, message.center, message.end) == ("down", "5010123456", 1, 0x04)
    assert (message.serial, message.send_time) == (1, datetime(2026, 9, 9, 8, 0, 3))


def test_ascii_packet_with_no_readable_number():
    raw = b"\x01" + b"0115062500010000320006" + b"\x16" + b"00x001" + b"\x03"
    message = read(raw + f"{checksum(raw):04X}".encode())
    assert message.body_error == "packet total and number are no hexadecimal digits"
