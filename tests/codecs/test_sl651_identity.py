"""A resend is the frame again; another frame is another."""

from datetime import datetime
from decimal import Decimal

import pytest

from liangshui.gateway.codecs.sl651 import element, encode, identity, keep_alive, read, report

SENT = datetime(2026, 7, 1, 9, 0, 5)


def heard(function=0x32, station="1506250001", serial=7, sent=SENT, flow="1.234", **more):
    message = report(
        function,
        station,
        serial,
        sent,
        obs_time=datetime(2026, 7, 1, 9, 0),
        elements=[element("28", Decimal(flow))],
        **more,
    )
    return read(encode(message))


def test_a_resend_is_the_same_even_to_another_centre():
    assert identity(heard()) == identity(heard())
    assert identity(heard()) == identity(heard(center=2, password="1234"))
    assert len(identity(heard())) == 16


@pytest.mark.parametrize(
    "change",
    [
        {"function": 0x33},
        {"station": "1506250002"},
        {"serial": 8},
        {"sent": datetime(2026, 7, 1, 9, 0, 6)},
        {"flow": "1.235"},
    ],
    ids=str,
)
def test_another_station_function_serial_time_or_content_is_another_frame(change):
    assert identity(heard(**change)) != identity(heard())


def test_a_keep_alive_has_none():
    assert identity(read(encode(keep_alive("1506250001", 7, SENT)))) is None


def test_a_packet_after_the_first_has_none():
    assert identity(heard()._replace(packets=3, packet_no=2)) is None
    assert identity(heard()._replace(packets=3, packet_no=1)) is not None
