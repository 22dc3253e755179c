"""The best method per day, by hand-worked months."""

from datetime import date
from decimal import Decimal as D

from hypothesis import given
from hypothesis import strategies as st

from liangshui.accounting.rules.choose import Chosen, DayEvidence, PeriodEvidence, choose, day_parts
from liangshui.core.periods import Period, month

JUNE = month(date(2026, 6, 1))


def day(number: int) -> date:
    return date(2026, 6, number)


def metered(volume: str | None) -> DayEvidence:
    return DayEvidence(None if volume is None else D(volume), None, None)


def electricity(volume: str, start: date = JUNE.start, end: date = JUNE.end) -> PeriodEvidence:
    value = D(volume)
    return PeriodEvidence("electricity", start, end, value, value * D("0.8"), value * D("1.2"))


def test_a_month_of_electricity_alone():
    assert choose(JUNE, {}, [electricity("300")]) == [Chosen("electricity", 30, D(300), D(240), D(360))]


def test_electricity_yields_to_the_days_that_a_register_tells():
    found = choose(JUNE, {"register": {day(n): metered("5") for n in range(1, 11)}}, [electricity("300")])
    assert found == [
        Chosen("register", 10, D(50), D(50), D(50)),
        Chosen("electricity", 20, D(200), D(160), D(240)),
    ]


def test_days_that_nothing_tells_stay_unknown():
    found = choose(JUNE, {"register": {day(1): metered("5"), day(2): metered(None)}}, [])
    assert found == [Chosen("register", 1, D(5), D(5), D(5)), Chosen("", 29, None, None, None)]


def test_a_real_zero_is_known():
    assert choose(Period(day(1), day(2)), {"register": {day(1): metered("0")}}, []) == [
        Chosen("register", 1, D(0), D(0), D(0))
    ]


def test_the_order_decides():
    evidence = {"register": {day(1): metered("5")}, "flow": {day(1): metered("7")}}
    one = Period(day(1), day(2))
    assert choose(one, evidence, [])[0].volume_m3 == D(5)
    assert choose(one, evidence, [], ("flow", "register"))[0].volume_m3 == D(7)


def test_part_of_a_month_takes_its_days_of_the_period():
    found = choose(Period(day(1), day(11)), {}, [electricity("100")])
    assert found == [Chosen("electricity", 10, D("33.333"), D("26.667"), D(40))]


def test_parts_of_a_period_add_up_to_the_litre():
    parts = day_parts(electricity("100"))
    assert parts[0][1] == D("3.333")
    assert sum(p[1] for p in parts) == D(100)


@given(
    st.integers(0, 10**7),
    st.dictionaries(st.integers(1, 30), st.one_of(st.none(), st.integers(0, 10**6)), max_size=30),
    st.integers(2, 30),
)
def test_two_halves_add_up_to_the_whole(litres, registers, cut):
    daily = {
        "register": {day(n): DayEvidence(None if v is None else D(v) / 1000, None, None) for n, v in registers.items()}
    }
    period = [electricity(str(D(litres) / 1000))]

    def total(days: Period) -> D:
        return sum((c.volume_m3 or D(0) for c in choose(days, daily, period)), D(0))

    assert total(Period(JUNE.start, day(cut))) + total(Period(day(cut), JUNE.end)) == total(JUNE)
    assert sum(c.days for c in choose(JUNE, daily, period)) == 30
