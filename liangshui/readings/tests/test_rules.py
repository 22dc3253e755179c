"""What two readings of a dial tell, and what is doubtful about a new one."""

import json
from datetime import datetime
from decimal import Decimal as D
from pathlib import Path

import pytest

from liangshui.core.periods import BEIJING
from liangshui.readings.rules import Dial, Meter, Spell, Sure, raised, weigh

CASES = json.loads((Path(__file__).parent / "cases.json").read_text(encoding="utf-8"))
METERS = {1: Meter(D(1), 5), 2: Meter(D(10), 6)}


def on(day: int, value: str, meter: int | None = 1, sure: Sure = Sure.NOTHING) -> Dial:
    return Dial(datetime(2026, 5, day, 8, tzinfo=BEIJING), D(value), meter, sure)


def spell(meter: int, day: int, first: str | None, final: str | None) -> Spell:
    since = datetime(2026, 5, day, tzinfo=BEIJING)
    return Spell(meter, since, None if first is None else D(first), None if final is None else D(final))


@pytest.mark.parametrize("case", CASES, ids=[case["why"] for case in CASES])
def test_a_reading_is_weighed_against_the_one_before(case):
    last = (datetime.fromisoformat(case["last"][0]), D(case["last"][1])) if case["last"] else None
    capacity = D(case["capacity"]) if case["capacity"] else None
    meter = Meter(D(case["factor"]), case["digits"])
    found = weigh(last, datetime.fromisoformat(case["at"]), D(case["value"]), meter, capacity)
    assert [[doubt.code, dict(doubt.params)] for doubt in found] == case["doubts"]


@pytest.mark.parametrize(
    ("first", "last", "volume"),
    [
        (on(1, "100"), on(31, "450.5"), "350.500"),
        (on(1, "5", 2), on(31, "7.25", 2), "22.500"),
        (on(1, "99990"), on(31, "15", 1, Sure.ROLLOVER), "25.000"),
        (on(1, "99990"), on(31, "15"), None),
        (on(1, "99990"), on(31, "15", 1, Sure.SURE), None),
        (on(1, "100", None), on(31, "90", None, Sure.ROLLOVER), None),
        (on(1, "100"), on(31, "450", 1, Sure.EXCHANGE), None),
        (on(1, "100", None), on(31, "450"), None),
    ],
)
def test_two_readings_tell(first, last, volume):
    assert raised(first, last, METERS, []) == (None if volume is None else D(volume))


def test_over_an_exchange_both_meters_count():
    spells = [spell(1, 1, "0", "500"), spell(2, 15, "3", None)]
    # 500 - 100 by the old one, (13 - 3) × 10 by the new one
    assert raised(on(2, "100"), on(31, "13", 2), METERS, spells) == D("500.000")


@pytest.mark.parametrize(
    "spells",
    [
        [],
        [spell(1, 1, "0", None), spell(2, 15, "3", None)],
        [spell(1, 1, "0", "500"), spell(2, 15, None, None)],
        [spell(1, 1, "0", "90"), spell(2, 15, "3", None)],
    ],
)
def test_an_exchange_that_the_ledger_does_not_tell_whole_tells_nothing(spells):
    assert raised(on(2, "100"), on(31, "13", 2), METERS, spells) is None


def test_a_meter_between_counts_whole():
    spells = [spell(1, 1, "0", "500"), spell(2, 10, "0", "4"), spell(1, 20, "600", None)]
    # nothing tells which spell of meter 1 the first reading belongs to if it came back; read before its first end
    assert raised(on(2, "100", 2), on(31, "650"), METERS, [spells[1], spells[2]]) is None
    assert raised(on(11, "1", 2), on(31, "650"), METERS, spells) == D(30 + 50)
