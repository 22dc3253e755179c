"""The range of a month and year has no upper end as soon as one part of it has none."""

from datetime import date
from decimal import Decimal as D

from liangshui.accounting.evidence import MonthLine


def line() -> MonthLine:
    return MonthLine(date(2025, 5, 1), None, None, None, {}, 0, {})


def test_parts_add_up():
    month = line()
    month.add("register", D(50), D(49), D(51))
    month.add("electricity", D(200), D(160), D(240))
    assert (month.volume_m3, month.low_m3, month.high_m3) == (D(250), D(209), D(291))
    assert month.by_method == {"register": D(50), "electricity": D(200)}


def test_an_unbounded_part_leaves_the_month_unbounded_in_either_order():
    for parts in ((D(51), None), (None, D(51))):
        month = line()
        for high in parts:
            month.add("register", D(50), D(49), high)
        assert (month.volume_m3, month.low_m3, month.high_m3) == (D(100), D(98), None)
