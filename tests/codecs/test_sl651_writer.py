"""One table of (hex, message), both ways; the answers of the centre; what cannot be written."""

import json
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import pytest

from liangshui.gateway.codecs.sl651 import (
    AckEnd,
    Element,
    Mark,
    Message,
    StationOptions,
    Step,
    answer,
    ask_again,
    element,
    encode,
    keep_alive,
    read,
    report,
    series,
    status_word,
    time_step,
)

D = Decimal
ALL = json.loads(Path(__file__).with_name("vectors.json").read_text(encoding="utf-8"))
VECTORS = [
    item["hex"]
    for item in ALL
    if item["protocol"] == "SL651-2014" and "hex" in item and "error" not in item["expected"]
]

TABLE = {
    "timed report with status word and vendors' elements": (
        "7E7E010030746200001232002F024465260701060036F1F1003074620048F0F02607010600261900311345200060048138121287FF09"
        "0820FF3311020503B042",
        report(
            0x32,
            "0030746200",
            17509,
            datetime(2026, 7, 1, 6, 0, 36),
            obs_time=datetime(2026, 7, 1, 6, 0),
            station_class="H",
            password="0012",
            elements=[
                element("26", D("311.3")),
                status_word(0x00600481),
                element("38", D("12.87")),
                element("FF09", D(20), 0x08),
                element("FF33", D("20.5"), 0x11),
            ],
        ),
    ),
    "negative values": (
        "7E7E0040590235C2123432002B020002241111102942F1F140590235C25AF0F02411111029762AFF00000172772AFF0000002178220000"
        "015203BB93",
        report(
            0x32,
            "40590235C2",
            2,
            datetime(2024, 11, 11, 10, 29, 42),
            obs_time=datetime(2024, 11, 11, 10, 29),
            station_class="Z",
            center=0,
            password="1234",
            elements=[
                element("76", D("-1.72"), 0x2A),
                element("77", D("-0.21"), 0x2A),
                element("78", D("1.52"), 0x22),
            ],
        ),
    ),
    "test report": (
        "7E7E0101000000011234300033020040201126142746F1F1010000000148F0F0201126142720190000002619000000392300000075381212"
        "087A0829FFA011028803E43B",
        report(
            0x30,
            "0100000001",
            64,
            datetime(2020, 11, 26, 14, 27, 46),
            obs_time=datetime(2020, 11, 26, 14, 27),
            station_class="H",
            password="1234",
            elements=[
                element("20", D("0.0")),
                element("26", D("0.0")),
                element("39", D("0.075")),
                element("38", D("12.08")),
                element("7A", D(29), 0x08),
                element("FFA0", D("28.8"), 0x11),
            ],
        ),
    ),
    "extra report": (
        "7E7E0100307A90150000330057020063260701045606F1F100307A901548F0F0260701045522190000001A190000002019000000261900"
        "208010110246FF921900020411110325FF931900021513110344FF9419000211FF95190001501811097138121180034CBE",
        report(
            0x33,
            "00307A9015",
            99,
            datetime(2026, 7, 1, 4, 56, 6),
            obs_time=datetime(2026, 7, 1, 4, 55),
            station_class="H",
            elements=[
                element("22", D("0.0")),
                element("1A", D("0.0")),
                element("20", D("0.0")),
                element("26", D("208.0")),
                element("10", D("24.6")),
                element("FF92", D("20.4"), 0x19),
                element("11", D("32.5")),
                element("FF93", D("21.5"), 0x19),
                element("13", D("34.4")),
                element("FF94", D("21.1"), 0x19),
                element("FF95", D("15.0"), 0x19),
                element("18", D("97.1")),
                element("38", D("11.80")),
            ],
        ),
    ),
    "hourly report with four times": (
        "7E7E05001122334403E8340068020033170718110014F1F1001122334448F0F01707181005F4600500000014FFFFFFFFFF0000F0F01707"
        "1811002619000040F0F01707181005F5C0000C000C001C00310031FFFFFFFFFFFFFFFFFFFF00310031F0F0170718110039230001049020"
        "190000403812109903F502",
        report(
            0x34,
            "0011223344",
            51,
            datetime(2017, 7, 18, 11, 0, 14),
            obs_time=datetime(2017, 7, 18, 10, 5),
            station_class="H",
            center=5,
            password="03E8",
            elements=[
                series(
                    "F4",
                    [
                        D("0.5"),
                        D("0.0"),
                        D("0.0"),
                        D("0.0"),
                        D("2.0"),
                        None,
                        None,
                        None,
                        None,
                        None,
                        D("0.0"),
                        D("0.0"),
                    ],
                ),
                element("26", D("4.0"), obs_time=datetime(2017, 7, 18, 11, 0)),
                series(
                    "F5",
                    [D("0.12"), D("0.12"), D("0.28"), D("0.49"), D("0.49")] + [None] * 5 + [D("0.49"), D("0.49")],
                ),
                element("39", D("10.490"), obs_time=datetime(2017, 7, 18, 11, 0)),
                element("20", D("4.0"), obs_time=datetime(2017, 7, 18, 11, 0)),
                element("38", D("10.99"), obs_time=datetime(2017, 7, 18, 11, 0)),
            ],
        ),
    ),
    "uniform series": (
        "7E7E011506250001000031002D020007260701090005F1F1150625000149F0F026070108050418000100282B0000001234FFFFFFFFFF00"
        "00001250032587",
        report(
            0x31,
            "1506250001",
            7,
            datetime(2026, 7, 1, 9, 0, 5),
            obs_time=datetime(2026, 7, 1, 8, 5),
            elements=[
                time_step(Step(0, 1, 0)),
                series("28", [D("1.234"), None, D("1.250")], step=Step(0, 1, 0)),
            ],
        ),
    ),
    "no value, filled with FF, in a definition of three bytes": (
        "7E7E0115062500010000320020020007260701090005F1F1150625000149F0F02607010900391AFFFFFF381213380330B1",
        report(
            0x32,
            "1506250001",
            7,
            datetime(2026, 7, 1, 9, 0, 5),
            obs_time=datetime(2026, 7, 1, 9, 0),
            elements=[element("39", None, 0x1A), element("38", D("13.38"))],
        ),
    ),
    "keep-alive": (
        "7E7E01001234567812342F0008020003591011155111036BCA",
        keep_alive("0012345678", 3, datetime(2059, 10, 11, 15, 51, 11), password="1234"),
    ),
    "keep-alive in ASCII": (
        "013031313530363235303030313030303032463030313002303030373236303730313039303030350333434132",
        keep_alive("1506250001", 7, datetime(2026, 7, 1, 9, 0, 5), encoding="ASCII"),
    ),
    "timed report in ASCII": (
        "013031353031303132333435363030303033323030334502303030313236303930393038303030305354203530313031323334353620482"
        "054542032363039303930383030205A20362E33382056542031322E3530200336454241",
        report(
            0x32,
            "5010123456",
            1,
            datetime(2026, 9, 9, 8, 0, 0),
            obs_time=datetime(2026, 9, 9, 8, 0),
            station_class="H",
            encoding="ASCII",
            elements=[Element("39", None, b"6.38", D("6.38")), Element("38", None, b"12.50", D("12.50"))],
        ),
    ),
    "uniform series in ASCII": (
        "013031313530363235303030313030303033313030343502303030373236303730313039303030355354203135303632353030303120"
        "49205454203236303730313038303020445248303120513120312E323334204D20312E323530200338363239",
        report(
            0x31,
            "1506250001",
            7,
            datetime(2026, 7, 1, 9, 0, 5),
            obs_time=datetime(2026, 7, 1, 8, 0),
            encoding="ASCII",
            elements=[
                Element("04", None, b"DRH01", step=Step(0, 1, 0)),
                Element("28", None, b"1.234 M 1.250", values=(D("1.234"), None, D("1.250")), step=Step(0, 1, 0)),
            ],
        ),
    ),
}


@pytest.mark.parametrize("name", TABLE)
def test_message_to_bytes(name):
    text, message = TABLE[name]
    assert encode(message).hex().upper() == text


@pytest.mark.parametrize("name", TABLE)
def test_bytes_to_message(name):
    text, message = TABLE[name]
    assert read(bytes.fromhex(text))._replace(crc=0, body=b"") == message


def test_what_was_read_is_written_as_it_was():
    assert [encode(read(bytes.fromhex(text))).hex().upper() for text in VECTORS] == VECTORS


def test_reports_are_composed_again_from_what_they_say():
    reports = [
        text for text in VECTORS if text[20:22] in {"30", "32", "33", "34", "37", "38", "3A"} and text[22] == "0"
    ]
    assert len(reports) == 33
    again = [encode(read(bytes.fromhex(text))._replace(body=b"")).hex().upper() for text in reports]
    assert again == reports


@pytest.mark.parametrize(
    "text",
    [
        # Two stations, two times.
        "7E7E011506250001000032002F020007260701090005F1F1150625000149F0F0260701090038121200F1F1150625000250F0F0260701085520"
        "190000150328D5",
        # The same time twice: a needless F0F0 stays.
        "7E7E0115062500010000320027020007260701090005F1F1150625000149F0F0260701080538121200F0F02607010805201900001503D2DD",
    ],
)
def test_stations_and_times_are_composed_where_they_stood(text):
    assert encode(read(bytes.fromhex(text))._replace(body=b"")).hex().upper() == text


def test_ascii_groups_of_every_kind_are_composed():
    message = report(
        0x34,
        "1506250001",
        7,
        datetime(2026, 7, 1, 9, 0, 5),
        obs_time=datetime(2026, 7, 1, 8, 5),
        encoding="ASCII",
        elements=[
            series("F4", [D("0.5"), *[D("0.0")] * 3, D("2.0"), *[None] * 5, D("0.0"), D("0.0")]),
            status_word(0x480, datetime(2026, 7, 1, 9, 0)),
            element("39", None, obs_time=datetime(2026, 7, 1, 9, 0)),
            element("XY9", D("-1.5"), 0x19, datetime(2026, 7, 1, 9, 0)),
        ],
    )
    body = (
        b"0007260701090005ST 1506250001 I TT 2607010805 DRP 0500000014FFFFFFFFFF0000 "
        b"TT 2607010900 ZT 00000480 Z M XY9 -1.5 "
    )
    assert encode(message)[24:-5] == body
    assert read(encode(message)).body_error is None
    second_station = read(encode(message))._replace(marks=(Mark(1, "1506250002", "P"),), body=b"")
    assert encode(second_station)[24:-5] == body.replace(b"TT 2607010900", b"ST 1506250002 P")


def test_ascii_packet_has_its_numbers_in_six_characters():
    packet = keep_alive("1506250001", 7, datetime(2026, 7, 1, 9, 0, 5), encoding="ASCII")
    packet = packet._replace(function=0x36, start=0x16, end=0x17, packets=13, packet_no=2, body=b"rest")
    assert encode(packet)[19:34] == b"000A\x1600D002rest"
    assert read(encode(packet)) == packet._replace(serial=None, send_time=None, crc=read(encode(packet)).crc)


# --- Answers (2.10) ---------------------------------------------------------------------------------------------------


def reported() -> Message:
    return read(bytes.fromhex(TABLE["timed report with status word and vendors' elements"][0]))


def picture_packet() -> Message:
    """Packet 2 of 13 of a picture: it has no serial number."""
    return reported()._replace(
        station="0012345678", password="1234", function=0x36, start=0x16, packets=13, packet_no=2, serial=None
    )


def test_report_is_answered_with_eot_by_default():
    now = datetime(2026, 7, 1, 6, 0, 40, 250_000)
    assert encode(answer(reported(), now)).hex().upper() == "7E7E003074620001001232800802446526070106004004393E"


def test_report_is_answered_with_esc_where_the_station_shall_stay():
    # Published: the centre's confirmation of a test report 30H, serial number 3.
    heard = report(
        0x30,
        "0012345678",
        3,
        datetime(2059, 10, 11, 15, 49, 30),
        obs_time=datetime(2059, 10, 11, 15, 49),
        password="1234",
        elements=[],
    )
    sent = encode(answer(heard, datetime(2059, 10, 11, 15, 49, 47), StationOptions(ack_end=AckEnd.ESC)))
    assert sent.hex().upper() == "7E7E00123456780112343080080200035910111549471B75D4"


def test_ascii_report_is_answered_in_ascii():
    heard = read(bytes.fromhex(TABLE["timed report in ASCII"][0]))
    sent = encode(answer(heard, datetime(2026, 9, 9, 8, 0, 3)))
    assert sent.hex().upper() == (
        "013530313031323334353630313030303033323830313002303030313236303930393038303030330437333037"
    )


def test_transfer_is_answered_once_with_number_equal_to_total():
    joined = picture_packet()._replace(packet_no=0, serial=5)
    sent = encode(answer(joined, datetime(2059, 10, 11, 16, 11, 20), StationOptions(ack_end=AckEnd.ESC)))
    assert sent.hex().upper() == "7E7E001234567801123436800B1600D00D00055910111611201B523C"


def test_nak_names_one_packet():
    sent = encode(ask_again(picture_packet(), 3, datetime(2059, 10, 11, 16, 11, 20), serial=5))
    assert sent.hex().upper() == "7E7E001234567801123436800B1600D00300055910111611201563DC"
    with pytest.raises(ValueError, match="packet 14 is not one of the 13 packets"):
        ask_again(picture_packet(), 14, datetime(2059, 10, 11, 16, 11, 20))


def test_keep_alive_gets_no_answer():
    with pytest.raises(ValueError, match="gets no answer"):
        answer(keep_alive("0012345678", 3, datetime(2026, 7, 1)), datetime(2026, 7, 1))


# --- What does not fit ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: element("38", D("100.00")), "38: 100.00 does not fit in 2 bytes with 2 decimals"),
        (lambda: element("39", D("-123456.789")), "39: -123456.789 does not fit in 4 bytes"),
        (lambda: element("38", D("12.345")), "38: 12.345 has more than 2 decimals"),
        (lambda: element("7A", D(1)), "element 7A has no nominal format"),
        (lambda: series("F4", [D("0.5")]), "F4 has 12 five-minute values, not 1"),
        (lambda: series("F4", [D("25.5")] * 12), "F4: 25.5 does not fit"),
        (lambda: series("F5", [D("-0.01")] * 12), "F5: -0.01 does not fit"),
        (lambda: time_step(Step(0, 100, 0)), "a time step has two digits"),
        (lambda: encode(keep_alive("123", 1, datetime(2026, 7, 1))), "'123' has ten hexadecimal characters"),
        (lambda: encode(keep_alive("0012345678", 65536, datetime(2026, 7, 1))), "serial number 65536 is not two bytes"),
        (lambda: encode(keep_alive("0012345678", 1, datetime(1999, 7, 1))), "no two-digit year"),
        (lambda: encode(keep_alive("0012345678", 1, datetime(2026, 7, 1), center=256)), "centre address 256"),
        (
            lambda: encode(keep_alive("0012345678", 1, datetime(2026, 7, 1))._replace(serial=None)),
            "needs a serial number",
        ),
        (
            lambda: encode(reported()._replace(elements=(Element("39", None, b"6.38", D("6.38")),), body=b"")),
            "element 39 has no definition byte",
        ),
        (
            lambda: encode(
                reported()._replace(encoding="ASCII", elements=(time_step(Step(1, 2, 0)),), marks=(), body=b"")
            ),
            "in ASCII a time step is a number of days, hours or minutes",
        ),
        (lambda: encode(reported()._replace(body=bytes(4096))), "does not fit in one frame"),
    ],
)
def test_what_does_not_fit_is_refused_in_words(make, words):
    with pytest.raises(ValueError, match=words):
        make()


def test_nothing_is_rounded():
    assert element("26", D("1.10")).raw == bytes.fromhex("000011")
    long = D("1234567890123456789012345678901234567890.5")
    assert element("C1", long, 0xA9 | 0x01).raw.hex() == "012345678901234567890123456789012345678905"
