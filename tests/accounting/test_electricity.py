"""Water from electricity: its range, its weights, its coefficients, and that it yields to a meter."""

from decimal import Decimal

from liangshui.accounting import evidence, services
from liangshui.accounting.entries import DEFAULT_ORDER
from liangshui.accounting.models import PeriodVolume
from liangshui.core.access import EVERYWHERE, SYSTEM
from tests.accounting.conftest import MAY, at, follow, may, total, volumes

D = Decimal


def test_electricity_times_coefficient_with_its_range(place):
    well = place.well("W1", place.user("U1"))
    place.power("310", (well, "1"))
    place.coefficient(well, "2.5")
    follow()
    row = total()
    assert (row.abstraction_m3, row.low_m3, row.high_m3) == (D(775), D(620), D(930))
    assert row.by_method == {"electricity": D(775)} and row.is_estimate


def test_electricity_yields_to_days_that_a_meter_tells(place):
    well = place.well("W1", place.user("U1"))
    place.power("310", (well, "1"))
    place.coefficient(well, "2.5")
    place.read(place.station(well), *((at(d), 5 * d) for d in range(1, 12)))
    follow()
    row = total()
    assert row.by_method == {"register": D(50), "electricity": D(525)}
    assert (row.abstraction_m3, row.low_m3, row.high_m3) == (D(575), D(470), D(680))
    assert row.days_without_volume == 0
    (line,) = [x for x in evidence.intake_months(well, 2025, EVERYWHERE) if x.month == may(1)]
    assert [(m, v) for m, _label, v in line.side_by_side] == [("register", D(50)), ("electricity", D(775))]
    days = evidence.day_rows(well, MAY)
    assert (days[9].method, days[9].volume_m3, days[10].method, days[10].volume_m3) == (
        "register", D(5), "electricity", D(25),
    )  # fmt: skip
    assert days[10].spread and days[9].beside == {"register": D(5), "electricity": D(25)}


def test_kwh_are_split_by_weights_and_add_up(place):
    first, second = place.well("W1", place.user("U1")), place.well("W2", place.user("U2"))
    place.power("310", (first, "1"), (second, "2"))
    place.coefficient(first, "2.5")
    place.coefficient(second, "2.5")
    follow()
    assert volumes("intake") == {"W1": D("258.333"), "W2": D("516.668")}


def test_a_coefficient_that_changes_splits_the_period_by_days(place):
    well = place.well("W1", place.user("U1"))
    place.power("310", (well, "1"))
    place.coefficient(well, "2.5", end=may(11))
    place.coefficient(well, "2.0", start=may(11))
    follow()
    rows = PeriodVolume.objects.filter(intake=well).order_by("start")
    assert [(r.start.day, r.volume_m3) for r in rows] == [(1, D(250)), (11, D(420))]
    assert total().abstraction_m3 == D(670)


def test_no_coefficient_no_volume(place):
    well = place.well("W1", place.user("U1"))
    record = place.power("310", (well, "1"))
    follow()
    assert total().abstraction_m3 is None
    place.coefficient(well, "2.5")
    follow()
    assert total().abstraction_m3 == D(775)
    record.kwh = D(620)
    record.save()
    follow()
    assert total().abstraction_m3 == D(1550)
    record.delete()
    follow()
    assert total().abstraction_m3 is None


def test_the_order_of_methods_is_a_rule_with_its_reason(place):
    well = place.well("W1", place.user("U1"))
    place.power("310", (well, "1"))
    place.coefficient(well, "2.5")
    place.read(place.station(well), (at(1), 0), (at(2), 5))
    follow()
    assert total().abstraction_m3 == D(755)
    order = sorted((m.value for m in DEFAULT_ORDER), key=lambda m: m != "electricity")
    services.set_rule(SYSTEM, may(1), 0, order, "水表待检定")
    follow()
    assert total().abstraction_m3 == D(775)
