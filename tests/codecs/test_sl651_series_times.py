"""When the values of a series were measured (reference 2.4, 2.5, 7.1)."""

from datetime import datetime
from decimal import Decimal

from liangshui.gateway.codecs.sl651 import Message, SeriesTime, StationOptions, Step, report, series, series_times

RAIN = [Decimal("0.1")] * 12
SENT = datetime(2026, 7, 1, 9, 0, 5)
STANDARD = StationOptions()
LAST = StationOptions(series_time=SeriesTime.LAST)


def hourly(obs_time: datetime) -> Message:
    return report(0x34, "1506250001", 7, SENT, obs_time=obs_time, elements=[series("F4", RAIN)])


def test_by_the_standard_the_time_is_that_of_the_first_value():
    message = hourly(datetime(2026, 7, 1, 8, 5))
    found = series_times(message.elements[0], message, STANDARD)
    assert found.times == (
        datetime(2026, 7, 1, 8, 5),
        datetime(2026, 7, 1, 8, 10),
        datetime(2026, 7, 1, 8, 15),
        datetime(2026, 7, 1, 8, 20),
        datetime(2026, 7, 1, 8, 25),
        datetime(2026, 7, 1, 8, 30),
        datetime(2026, 7, 1, 8, 35),
        datetime(2026, 7, 1, 8, 40),
        datetime(2026, 7, 1, 8, 45),
        datetime(2026, 7, 1, 8, 50),
        datetime(2026, 7, 1, 8, 55),
        datetime(2026, 7, 1, 9, 0),
    )
    assert not found.doubtful


def test_the_full_hour_of_sending_is_doubtful():
    message = hourly(datetime(2026, 7, 1, 9, 0))
    found = series_times(message.elements[0], message, STANDARD)
    assert (found.times[0], found.doubtful) == (datetime(2026, 7, 1, 9, 0), True)


def test_the_full_hour_before_is_not_doubtful():
    message = hourly(datetime(2026, 7, 1, 8, 0))
    assert not series_times(message.elements[0], message, STANDARD).doubtful


def test_where_the_station_sends_the_report_hour_it_is_the_last_value():
    message = hourly(datetime(2026, 7, 1, 9, 0))
    found = series_times(message.elements[0], message, LAST)
    assert (found.times[0], found.times[-1]) == (datetime(2026, 7, 1, 8, 5), datetime(2026, 7, 1, 9, 0))
    assert not found.doubtful


def test_stepped_series_goes_by_its_step_across_midnight():
    flow = series("28", [Decimal("1.000"), None, Decimal("1.002")], step=Step(0, 12, 0))
    message = report(0x31, "1506250001", 7, SENT, obs_time=datetime(2026, 6, 30, 20, 0), elements=[flow])
    assert series_times(message.elements[0], message, STANDARD).times == (
        datetime(2026, 6, 30, 20, 0),
        datetime(2026, 7, 1, 8, 0),
        datetime(2026, 7, 1, 20, 0),
    )


def test_a_step_of_zero_is_five_minutes_for_five_minute_series_only():
    zero = Step(0, 0, 0)
    rain, flow = series("F4", RAIN, step=zero), series("28", [Decimal("1.000")] * 2, step=zero)
    message = report(0x38, "1506250001", 7, SENT, obs_time=datetime(2026, 7, 1, 8, 5), elements=[rain, flow])
    assert series_times(message.elements[0], message, STANDARD).times[1] == datetime(2026, 7, 1, 8, 10)
    assert series_times(message.elements[1], message, STANDARD).times == (None, None)
