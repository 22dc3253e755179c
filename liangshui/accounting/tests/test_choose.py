"""The best method per day, and the month that is made of it."""

import time
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from liangshui.accounting import codes
from liangshui.accounting.rules.choose import (
    DayVolume,
    Method,
    MethodShare,
    PeriodVolume,
    choose_days,
    choose_month,
    choose_range,
)

MAY = date(2026, 5, 1)
JUNE = date(2026, 6, 1)
ORDER = (Method.CORRECTED, Method.REGISTER, Method.FLOW, Method.ELECTRICITY, Method.DECLARED)


def d(text: str) -> Decimal:
    return Decimal(text)


def day(volume: str | None, low: str | None = None, high: str | None = None) -> DayVolume:
    exact = None if volume is None else d(volume)
    return DayVolume(exact, d(low) if low else exact, d(high) if high else exact)


def period(volume: str, start: date = MAY, end: date = JUNE, method: Method = Method.ELECTRICITY) -> PeriodVolume:
    return PeriodVolume(method, start, end, d(volume), d(volume) * d("0.8"), d(volume) * d("1.2"))


def test_electricity_fills_the_days_the_register_does_not_know() -> None:
    """Twenty days of 20.000 by register; 310.000 by electricity in May is 10.000 a day, and eleven days are left."""
    register = {MAY + timedelta(days=k): day("20.000", "19.600", "20.400") for k in range(20)}
    account = choose_month(MAY, {Method.REGISTER: register}, [period("310.000")], ORDER)
    assert account.by_method == (
        MethodShare(Method.REGISTER, 20, d("400.000"), d("392.000"), d("408.000")),
        MethodShare(Method.ELECTRICITY, 11, d("110.000"), d("88.000"), d("132.000")),
    )
    assert (account.volume_m3, account.low_m3, account.high_m3) == (d("510.000"), d("480.000"), d("540.000"))
    assert account.days_unknown == 0


def test_a_day_without_a_known_volume_goes_to_the_next_method() -> None:
    register = {MAY: DayVolume(None, d("5.000"), None, marks=32), MAY + timedelta(days=1): day("7.000")}
    flow = {MAY: day("6.500", "6.000", "7.000")}
    account = choose_range(MAY, date(2026, 5, 4), {Method.REGISTER: register, Method.FLOW: flow}, [], ORDER)
    assert [(x.method, x.days, x.volume_m3) for x in account.by_method] == [
        (Method.REGISTER, 1, d("7.000")),
        (Method.FLOW, 1, d("6.500")),
    ]
    assert account.days_unknown == 1


def test_no_evidence_is_unknown_and_not_zero() -> None:
    account = choose_month(MAY, {}, [], ORDER)
    assert (account.by_method, account.days_unknown, account.volume_m3) == ((), 31, None)


def test_a_known_zero_is_a_volume() -> None:
    account = choose_month(MAY, {}, [period("0.000")], ORDER)
    assert (account.volume_m3, account.days_unknown) == (d("0.000"), 0)


def test_a_period_is_spread_to_the_litre() -> None:
    """10.000 over three days: 3.333, 3.334, 3.333."""
    ten = [period("10.000", MAY, date(2026, 5, 4))]
    assert [x.volume_m3 for x in choose_days(MAY, date(2026, 5, 4), {}, ten, ORDER)] == [
        d("3.333"),
        d("3.334"),
        d("3.333"),
    ]
    assert choose_range(date(2026, 5, 2), date(2026, 5, 4), {}, ten, ORDER).volume_m3 == d("6.667")


def test_a_period_over_two_months_gives_each_its_days() -> None:
    """62.000 from 16 May to 15 June (31 days): 2.000 a day, 16 days in May and 15 in June."""
    bill = [period("62.000", date(2026, 5, 16), date(2026, 6, 16))]
    assert choose_month(MAY, {}, bill, ORDER).volume_m3 == d("32.000")
    assert choose_month(MAY, {}, bill, ORDER).days_unknown == 15
    assert choose_month(JUNE, {}, bill, ORDER).volume_m3 == d("30.000")


def test_of_two_periods_of_one_method_the_shorter_is_chosen() -> None:
    """A year declared as 3650.000 is 10.000 a day; January, declared as 620.000, is known better."""
    year = period("3650.000", date(2026, 1, 1), date(2027, 1, 1), Method.DECLARED)
    january = period("620.000", date(2026, 1, 1), date(2026, 2, 1), Method.DECLARED)
    assert choose_month(date(2026, 1, 1), {}, [january, year], ORDER).volume_m3 == d("620.000")
    assert choose_month(date(2026, 2, 1), {}, [january, year], ORDER).volume_m3 == d("280.000")


def test_the_later_given_of_two_equal_periods_is_chosen() -> None:
    assert choose_month(MAY, {}, [period("10.000"), period("12.000")], ORDER).volume_m3 == d("12.000")


def test_a_correction_stands_before_the_register() -> None:
    register = {MAY: day("20.000")}
    corrected = {MAY: day("18.000")}
    account = choose_range(MAY, date(2026, 5, 2), {Method.REGISTER: register, Method.CORRECTED: corrected}, [], ORDER)
    assert [(x.method, x.volume_m3) for x in account.by_method] == [(Method.CORRECTED, d("18.000"))]


def test_a_method_outside_the_order_is_not_used() -> None:
    assert choose_month(MAY, {}, [period("10.000", method=Method.CAPACITY)], ORDER).volume_m3 is None


def test_a_day_without_an_upper_end_leaves_the_month_without_one() -> None:
    register = {MAY: DayVolume(d("20.000"), None, None)}
    account = choose_month(MAY, {Method.REGISTER: register}, [period("310.000")], ORDER)
    assert (account.volume_m3, account.low_m3, account.high_m3) == (d("320.000"), d("240.000"), None)


def test_the_methods_are_those_that_are_stored() -> None:
    assert [str(method) for method in Method] == codes.Method.values


def test_mistaken_calls_are_refused() -> None:
    with pytest.raises(ValueError, match="first day, not on 2026-05-02"):
        choose_month(date(2026, 5, 2), {}, [], ORDER)
    with pytest.raises(ValueError, match="must end after it"):
        choose_range(MAY, MAY, {}, [], ORDER)
    with pytest.raises(ValueError, match="must end after it"):
        period("1.000", JUNE, MAY)
    with pytest.raises(ValueError, match="three decimals"):
        choose_month(MAY, {}, [period("1.0005", MAY, date(2026, 7, 1))], ORDER)


litres = st.integers(0, 10**9).map(lambda x: Decimal(x).scaleb(-3))
some_day = st.integers(-3, 40).map(lambda k: MAY + timedelta(days=k))
day_volume = st.builds(DayVolume, st.none() | litres, st.none() | litres, st.none() | litres)
day_evidence = st.dictionaries(st.sampled_from(Method), st.dictionaries(some_day, day_volume, max_size=34), max_size=3)
period_evidence = st.lists(
    st.builds(
        lambda method, start, length, volume, low, high: PeriodVolume(
            method, start, start + timedelta(days=length), volume, low, high
        ),
        st.sampled_from(Method),
        some_day,
        st.integers(1, 60),
        litres,
        litres,
        st.none() | litres,
    ),
    max_size=4,
)


@settings(max_examples=150, deadline=None)
@given(days=day_evidence, periods=period_evidence, order=st.permutations(list(Method)), cut=st.integers(1, 30))
def test_a_month_is_the_sum_of_its_days_and_of_its_parts(
    days: dict[Method, dict[date, DayVolume]], periods: list[PeriodVolume], order: list[Method], cut: int
) -> None:
    account = choose_month(MAY, days, periods, order)
    chosen = choose_days(MAY, JUNE, days, periods, order)
    assert account.days_unknown == sum(x.method is None for x in chosen)
    for share in account.by_method:
        mine = [x for x in chosen if x.method is share.method]
        assert share.days == len(mine)
        assert share.volume_m3 == sum(x.volume_m3 for x in mine if x.volume_m3 is not None)
        assert share.low_m3 == sum(x.low_m3 for x in mine if x.low_m3 is not None)
        assert (share.high_m3 is None) == any(x.high_m3 is None for x in mine)
        assert share.high_m3 is None or share.high_m3 == sum(x.high_m3 for x in mine if x.high_m3 is not None)
    assert account.days_unknown + sum(share.days for share in account.by_method) == 31
    middle = MAY + timedelta(days=cut)
    parts = [choose_range(a, b, days, periods, order) for a, b in ((MAY, middle), (middle, JUNE))]
    assert sum(x.volume_m3 or 0 for x in parts) == (account.volume_m3 or 0)
    assert sum(x.days_unknown for x in parts) == account.days_unknown


def test_the_countys_year_takes_about_a_second() -> None:
    """3,000 intakes by 12 months: a month of electricity each, or a month full of register days. Ten times slack."""
    electricity = [period("310.000")]
    register = {Method.REGISTER: {MAY + timedelta(days=k): day("20.000") for k in range(31)}}
    began = time.process_time()
    for _ in range(18_000):
        choose_month(MAY, {}, electricity, ORDER)
        choose_month(MAY, register, [], ORDER)
    assert time.process_time() - began < 10
