"""Messages to readings, by literals worked out by hand."""

from datetime import UTC, datetime
from decimal import Decimal as D

import pytest

from liangshui.gateway.codecs import hj212, sl651, szy206
from liangshui.gateway.frames import message_of
from liangshui.gateway.readings import (
    SL651_MAP,
    SZY206_MAP,
    Mapping,
    Options,
    Reading,
    Unmapped,
    readings_of,
    stations_in,
)
from liangshui.telemetry.codes import EventKind, Quantity

ARRIVAL = datetime(2026, 7, 9, 0, 46, tzinfo=UTC)
STANDARD = Options(SL651_MAP)


def sl(*elements, obs=datetime(2026, 7, 1, 8, 0), function=0x32, **more):
    frame = sl651.report(
        function, "0030746200", 7, datetime(2026, 7, 1, 8, 0, 5), obs_time=obs, elements=elements, **more
    )
    return message_of(sl651.encode(frame))


def test_flow_is_converted_from_seconds_to_hours_and_beijing_to_utc():
    told = readings_of(sl(sl651.element("27", D("0.005"))), ARRIVAL, STANDARD)
    assert told.readings == [Reading(1, "flow_m3_h", "27", datetime(2026, 7, 1, 0, 0, tzinfo=UTC), D("18.000"))]


def test_each_intake_of_a_station_is_a_channel():
    told = readings_of(
        sl(sl651.element("28", D("1")), sl651.element("2F", D("2")), sl651.element("3D", D("3.5"))), ARRIVAL, STANDARD
    )
    assert [(r.channel, r.quantity, r.value) for r in told.readings] == [
        (1, "flow_m3_h", D(3600)),
        (8, "flow_m3_h", D(7200)),
        (2, "level_m", D("3.5")),
    ]


@pytest.mark.parametrize(
    ("element", "sent", "quantity"),
    [
        ("03", "12.5", "temperature_c"),
        ("0E", "23.45", "depth_m"),
        ("26", "311.3", "rain_mm"),
        ("36", "1.234", "velocity_m_s"),
        ("37", "1.234", "velocity_m_s"),
        ("38", "12.12", "voltage_v"),
        ("39", "1021.500", "level_m"),
        ("58", "250.00", "pressure_kpa"),
    ],
)
def test_the_national_table(element, sent, quantity):
    (reading,) = readings_of(sl(sl651.element(element, D(sent))), ARRIVAL, STANDARD).readings
    assert (reading.quantity, reading.value, reading.channel) == (quantity, D(sent), 1)


def test_no_value_stays_none():
    (reading,) = readings_of(sl(sl651.element("0E", None)), ARRIVAL, STANDARD).readings
    assert reading.value is None


def test_a_dry_well_has_no_depth():
    (reading,) = readings_of(sl(sl651.element("0E", D(444))), ARRIVAL, STANDARD).readings
    assert reading.value is None


def test_a_register_needs_a_map():
    message = sl(sl651.element("C1", D("1234.5"), 0x33))
    told = readings_of(message, ARRIVAL, STANDARD)
    assert told.readings == []
    assert told.unmapped == [Unmapped("C1", bytes.fromhex("000001234500"), "1234.500")]
    mapped = Options({**SL651_MAP, "C1": Mapping("register", 2, D("0.1"))})
    told = readings_of(message, ARRIVAL, mapped)
    assert [(r.channel, r.quantity, r.value) for r in told.readings] == [(2, "register", D("123.45"))]
    assert told.unmapped == []


def test_a_value_too_large_to_store_is_shown_not_stored():
    mapped = Options({"C1": Mapping("register")})
    told = readings_of(sl(sl651.element("C1", D(10) ** 14, 0x50)), ARRIVAL, mapped)
    assert told.readings == []
    assert told.unmapped[0].element == "C1"


def test_a_series_has_a_time_for_each_value_and_the_setting_says_which_is_stated():
    step = sl651.Step(0, 0, 5)
    at = datetime(2026, 7, 1, 8, 5)
    message = sl(
        sl651.time_step(step, at), sl651.series("39", [D(1), D(2), None], obs_time=at, step=step), obs=at, function=0x31
    )
    told = readings_of(message, ARRIVAL, STANDARD)
    assert [(r.at.strftime("%H:%M"), r.value) for r in told.readings] == [
        ("00:05", D(1)),
        ("00:10", D(2)),
        ("00:15", None),
    ]
    told = readings_of(message, ARRIVAL, Options(SL651_MAP, series_time_is_end=True))
    assert [r.at.strftime("%m-%d %H:%M") for r in told.readings] == ["06-30 23:55", "07-01 00:00", "07-01 00:05"]


def test_status_word_of_sl651():
    told = readings_of(sl(sl651.status_word(0x21)), ARRIVAL, STANDARD)
    assert dict(told.states) == {
        "mains_lost": True,
        "battery_low": False,
        "limit": False,
        "meter_fault": True,
        "level_fault": False,
        "memory_fault": False,
        "ic_card": False,
        "pump_stopped": False,
        "water_low": False,
        "door_open": True,  # bit 7: 0 is open
    }
    assert dict(readings_of(sl(sl651.status_word(0x80)), ARRIVAL, STANDARD).states)["door_open"] is False


def test_worked_example_of_szy206():
    raw = bytes.fromhex("681A68B35303810D00C00059000000826110000001106000004508090A3516")
    message = szy206.read(raw[3:-2], "szy206-2016")
    told = readings_of(message, ARRIVAL, Options({}))
    at = datetime(2026, 7, 9, 0, 45, tzinfo=UTC)
    assert told.readings == [
        Reading(1, "flow_m3_h", "flow1", at, D("5.900")),
        Reading(1, "register", "volume1", at, D(106182)),
    ]
    assert [kind for kind, on in told.states if on] == ["mains_lost", "water_low", "on_battery"]


def test_flow_of_2021_in_seconds():
    raw = bytes.fromhex("681C68B34101220C00C000250000F0896745230100002000003008150726")
    full = bytes.fromhex(next(v for v in vectors() if v.startswith(raw.hex().upper())))
    told = readings_of(szy206.read(full[3:-2], "sl427-2021"), ARRIVAL, Options({}))
    assert (told.readings[0].quantity, told.readings[1].quantity) == ("flow_m3_h", "register")


def vectors():
    from tests.gateway.conftest import VECTORS

    return [item["hex"] for item in VECTORS if "hex" in item]


def test_instruments_are_channels_and_a_map_overrides():
    readings = [
        szy206.Reading("flow", D("1"), "m3/s", 1),
        szy206.Reading("volume", D(10), "m3", 1),
        szy206.Reading("flow", D("2"), "m3/h", 2),
        szy206.Reading("volume", None, "m3", 2),
    ]
    message = szy206.report("5303810D00", 3, readings, edition="sl427-2021", when=ARRIVAL)
    told = readings_of(message, ARRIVAL, Options({"volume1": Mapping("register", 5, D(10))}))
    assert [(r.channel, r.quantity, r.value) for r in told.readings] == [
        (1, "flow_m3_h", D(3600)),
        (5, "register", D(100)),
        (2, "flow_m3_h", D(2)),
        (2, "register", None),
    ]


def test_a_flow_without_known_unit_is_not_guessed():
    message = szy206.report("5303810D00", 3, [szy206.Reading("flow", D(1), "")], edition=None, when=ARRIVAL)
    told = readings_of(message, ARRIVAL, Options({}))
    assert told.readings == []
    assert told.unmapped[0].element == "flow1"


def hj(text):
    return message_of(hj212.frame(text))


def test_factors_of_hj212_with_their_marks_and_units():
    """Flow in L/s becomes m³/h; what is not marked N is no measurement; a kind that is no value waits for a map."""
    told = readings_of(
        hj(
            "QN=20260701080000001;ST=21;CN=2011;PW=123456;MN=A1;Flag=5;CP=&&DataTime=20260701080000;"
            "w00000-Rtd=10.5,w00000-Flag=N;w01001-Rtd=7.21,w01001-Flag=N;w21003-Rtd=0.5,w21003-Flag=D;"
            "w99999-Rtd=3,w99999-Flag=N;w01018-Max=40,w01018-Flag=N&&"
        ),
        ARRIVAL,
        Options({}),
    )
    at = datetime(2026, 7, 1, 0, 0, tzinfo=UTC)
    assert told.readings == [
        Reading(1, "flow_m3_h", "w00000-Rtd", at, D("37.80")),
        Reading(1, "ph", "w01001-Rtd", at, D("7.21")),
        Reading(1, "nh3n_mg_l", "w21003-Rtd", at, None),
    ]
    assert [(u.element, u.value) for u in told.unmapped] == [("w99999-Rtd", "3"), ("w01018-Max", "40")]


def test_a_mean_of_an_hour_is_a_series_of_its_own_and_qn_gives_the_time_where_datatime_is_missing():
    told = readings_of(
        hj("QN=20260701090000001;ST=21;CN=2061;MN=A1;Flag=4;CP=&&w01018-Avg=21.5,w01018-Flag=N&&"), ARRIVAL, Options({})
    )
    assert told.readings == [Reading(1, "cod_mg_l", "w01018-Avg/h", datetime(2026, 7, 1, 1, 0, tzinfo=UTC), D("21.5"))]


def test_quality_of_sl651_and_a_picture():
    jpeg = sl651.Element("F3", 0xF3, b"\xff\xd8picture")
    told = readings_of(sl(sl651.element("46", D("7.20")), jpeg, function=0x36), ARRIVAL, STANDARD)
    assert [(r.quantity, r.value) for r in told.readings] == [("ph", D("7.20"))]
    assert told.pictures == (b"\xff\xd8picture",)


def test_login_and_logout():
    assert readings_of(szy206.link("5303810D00", 0xF0), ARRIVAL, Options({})).happened == ["login"]
    assert readings_of(szy206.link("5303810D00", 0xF1), ARRIVAL, Options({})).happened == ["logout"]
    assert readings_of(szy206.link("5303810D00", 0xF2), ARRIVAL, Options({})).happened == []


def test_values_of_another_station_in_the_same_frame_are_its_own():
    message = sl(sl651.element("39", D(1)), sl651.element("39", D(2)))
    other = message.elements[1]._replace(station="0011223344")
    message = message._replace(
        elements=(message.elements[0], other), marks=(sl651.Mark(1, station="0011223344", station_class="H"),)
    )
    assert stations_in(message) == ("0030746200", "0011223344")
    assert [r.value for r in readings_of(message, ARRIVAL, STANDARD).readings] == [D(1)]
    assert [r.value for r in readings_of(message, ARRIVAL, STANDARD, "0011223344").readings] == [D(2)]


def test_codes_are_those_of_the_models():
    assert {mapping.quantity for mapping in SL651_MAP.values()} | set(SZY206_MAP.values()) <= set(Quantity.values)
    told = readings_of(sl(sl651.status_word(0)), ARRIVAL, STANDARD)
    assert {kind for kind, _ in told.states} <= set(EventKind.values)
