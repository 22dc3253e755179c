"""Flow to volume where a station sends no register."""

from decimal import Decimal

from liangshui.accounting.flow import integrate
from liangshui.accounting.models import DayVolume
from liangshui.accounting.rules.water_day import DayRule, Mark
from liangshui.records.fields import to_ms
from tests.accounting.conftest import at, days_of, follow, may

D = Decimal


def points(*rows):
    return [(to_ms(instant), to_ms(instant), None if flow is None else flow * 1_000_000) for instant, flow in rows]


def test_between_two_readings_the_flow_runs_straight():
    found = integrate(points((at(2, 10), 20), (at(2, 11), 40)), None, DayRule())
    day = found[may(2)]
    assert (day.volume_l, day.low_l, day.high_l, day.readings) == (30_000, 20_000, 40_000, 2)
    assert day.marks == Mark.PARTIAL


def test_a_step_over_midnight_is_cut_there():
    found = integrate(points((at(2, 23), 20), (at(3, 1), 40)), None, DayRule())
    assert (found[may(2)].volume_l, found[may(3)].volume_l) == (25_000, 35_000)


def test_a_long_gap_leaves_the_day_unknown_between_what_is_sure_and_what_can_pass():
    found = integrate(points((at(2, 1), 10), (at(2, 2), 10), (at(2, 10), 10)), 50.0, DayRule())
    day = found[may(2)]
    assert (day.volume_l, day.low_l, day.high_l) == (None, 10_000, 410_000)
    assert day.marks & Mark.GAP
    assert integrate(points((at(2, 1), 10), (at(2, 9), 10)), None, DayRule())[may(2)].high_l is None


def test_a_station_with_flow_only_makes_days_by_flow(place):
    well = place.well("W1", place.user("U1"))
    place.read(place.station(well, "flow_m3_h"), *((at(1 + h // 24, h % 24), 10) for h in range(49)))
    follow()
    assert days_of(well, "flow") == {1: D(240), 2: D(240)}
    assert DayVolume.objects.get(intake=well, day=may(1)).marks == 0


def test_without_value_there_is_a_day_but_no_volume(place):
    well = place.well("W1", place.user("U1"))
    place.read(place.station(well, "flow_m3_h"), (at(1, 5), None))
    follow()
    assert days_of(well, "flow") == {1: None}
