"""Which period a cell means, and how a stated volume is spread and shared: worked by hand."""

from datetime import date
from decimal import Decimal as D

import pytest

from liangshui.accounting.rules.stated import Stated, Sureness, over_months, shared, with_range
from liangshui.accounting.sheets.periods import PeriodError, periods_in, read_period, year_in
from liangshui.core.periods import Period

YEAR = Period(date(2023, 1, 1), date(2024, 1, 1))


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("2023-04", (2023, 4), (2023, 5)), ("2023年4月", (2023, 4), (2023, 5)), ("2023年04月份", (2023, 4), (2023, 5)),
        ("202304", (2023, 4), (2023, 5)), ("2023.4", (2023, 4), (2023, 5)), ("2023.10", (2023, 10), (2023, 11)),
        ("2023/12", (2023, 12), (2024, 1)), ("4月", (2022, 4), (2022, 5)), ("12", (2022, 12), (2023, 1)),
        ("2023年二季度", (2023, 4), (2023, 7)), ("第四季度", (2022, 10), (2023, 1)), ("2023q1", (2023, 1), (2023, 4)),
        ("2023年", (2023, 1), (2024, 1)), ("2023", (2023, 1), (2024, 1)), ("2023年度", (2023, 1), (2024, 1)),
        ("上半年", (2022, 1), (2022, 7)), ("2023年下半年", (2023, 7), (2024, 1)), ("2023-04-15", (2023, 4), (2023, 5)),
        ("2023-01至2023-03", (2023, 1), (2023, 4)), ("2023年11月-12月".replace("-", "至"), (2023, 11), (2024, 1)),
    ],
)  # fmt: skip
def test_periods_as_people_write_them(text, start, end):
    assert read_period(text, 2022) == Period(date(*start, 1), date(*end, 1))


@pytest.mark.parametrize(
    ("text", "code"),
    [("2023.1", "unclear_month"), ("4月", "year_wanted"), ("去年", "not_a_month"), ("2023-13", "not_a_month"),
     ("2023-05至2023-03", "month_reversed"), ("2023-02-30", "not_a_month"), ("", "not_a_month")],
)  # fmt: skip
def test_what_is_no_period_says_why(text, code):
    with pytest.raises(PeriodError) as error:
        read_period(text)
    assert error.value.code == code


def test_a_year_beside_its_months_is_their_sum_and_counts_once():
    values = {
        "month 1": D(5),
        "month 2": D(6),
        "quarter 2": D(20),
        "quarter 1": D(11),
        "year 2023": D(31),
        "code": "W1",
    }
    found = [(name, period.start.month, figure) for name, period, figure in periods_in(values, 2023)]
    assert found == [("month 1", 1, D(5)), ("month 2", 2, D(6)), ("quarter 2", 4, D(20))]
    assert [n for n, _p, _f in periods_in({"year 2023": D(31)}, None)] == ["year 2023"]
    with pytest.raises(PeriodError):
        periods_in({"month 1": D(5)}, None)


@pytest.mark.parametrize(
    ("text", "year"), [("2023年机井", 2023), ("机井水量", None), ("2022年和2023年", None), ("第2023号", None)]
)
def test_the_year_of_a_title(text, year):
    assert year_in(text) == year


def test_ranges_by_what_is_known():
    assert with_range(D(100), D("0.2"), Sureness.OPEN) == Stated(D(100), D(80), D(120))
    assert with_range(D(100), None, Sureness.AS_STATED) == Stated(D(100), D(100), D(100))
    assert with_range(D(100), None, Sureness.AT_MOST) == Stated(D(100), D(0), D(100))
    assert with_range(D(100), None, Sureness.OPEN) == Stated(D(100), D(0), None)


def test_a_year_over_its_months_by_weights_adds_up():
    total = Stated(D("1000.001"), D("900.000"), None)
    parts = over_months(YEAR, total, [0, 0, 0, 1, 2, 3, 3, 1, 0, 0, 0, 0])
    assert sum(p.volume_m3 for _m, p in parts) == D("1000.001") and sum(p.low_m3 for _m, p in parts) == D("900.000")
    assert [p.volume_m3 for _m, p in parts][3:8] == [
        D("100.000"),
        D("200.000"),
        D("300.001"),
        D("300.000"),
        D("100.000"),
    ]
    assert all(p.high_m3 is None for _m, p in parts)
    assert over_months(YEAR, total, []) == [(YEAR, total)]
    july = Period(date(2023, 7, 1), date(2023, 8, 1))
    assert over_months(july, total, [1] * 12) == [(july, total)]
    winter = Period(date(2023, 1, 1), date(2023, 4, 1))
    assert over_months(winter, total, [0, 0, 0, *[1] * 9]) == [(winter, total)]


def test_shares_of_wells_add_up():
    parts = shared(Stated(D(10), D(9), D(11)), [1, 1, 1])
    assert [p.volume_m3 for p in parts] == [D("3.333"), D("3.334"), D("3.333")]
    assert sum(p.high_m3 for p in parts) == D(11)
