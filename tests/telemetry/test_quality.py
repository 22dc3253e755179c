"""Checks of data: the same verdicts as ioos_qc on its own example, and each check on figures by hand."""

import csv
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest

from liangshui.telemetry.rules.quality import CHECKS, DEFAULTS, Flag, Limits, check, summary, with_own

DATA = Path(__file__).parent / "data" / "water_level_qartod.csv"
HOUR = 3_600_000


@pytest.fixture(scope="module")
def example():
    with DATA.open() as file:
        rows = list(csv.DictReader(file))
    at = [int(datetime.fromisoformat(row["time"]).timestamp() * 1000) for row in rows]
    return at, [float(row["level_m"]) if row["level_m"] else None for row in rows], rows


def test_the_verdicts_of_ioos_qc(example):
    """Settings as in shared/data/README.md: the very flags of ioos_qc 3.0.0, for all 7,241 values and four checks."""
    at, values, rows = example
    limits = Limits(
        fail_low=-10, fail_high=10, suspect_low=-2, suspect_high=3, rate_per_h=0.001 * 3600, spike_suspect=0.8, spike_fail=3,
        flat_tolerance=0.001, flat_suspect_h=3, flat_fail_h=6,
    )  # fmt: skip
    found = check(at, at, values, limits)
    for name in ("gross_range", "flat_line", "rate_of_change", "spike"):
        theirs = np.array([int(row[name]) for row in rows])
        differs = np.flatnonzero(found[name] != theirs)
        assert not len(differs), f"{name}: {len(differs)} differ, first {rows[differs[0]]}"
    assert int((found["flat_line"] == Flag.FAIL).sum()) > 4000


def flags(values, limits, at=None, received=None, name="gross_range"):
    at = at or [n * HOUR for n in range(len(values))]
    return check(at, received or at, values, limits)[name].tolist()


def test_each_check_by_hand():
    limits = Limits(fail_low=0, fail_high=10, suspect_low=1, suspect_high=9)
    assert flags([0, 1, 9, 9.1, 10.1, -0.1, None], limits) == [3, 1, 1, 3, 4, 4, 9]
    assert flags([1, 4, 8], Limits(rate_per_h=3), name="rate_of_change") == [1, 1, 3]
    assert flags([1, 1, 3, 1, 1, 9, 1], Limits(spike_suspect=1, spike_fail=5), name="spike") == [2, 1, 3, 1, 3, 4, 2]
    flat = Limits(flat_tolerance=0.01, flat_suspect_h=2, flat_fail_h=4)
    assert flags([5, 1, 1, 1, 1, 1, 2], flat, name="flat_line") == [1, 1, 1, 3, 3, 4, 1]
    assert flags([5, 6, 4, 4], Limits(back=True), name="backward") == [1, 1, 3, 1]
    assert flags([1, 2, 3], Limits(gap_h=2), at=[0, HOUR, 4 * HOUR], name="gap") == [1, 1, 3]
    day = 24 * HOUR
    assert flags([1, 1, 1], Limits(), at=[day, day, day], received=[day, 0, 500 * day], name="clock") == [1, 4, 3]
    assert flags([1, 1, 2], Limits(), at=[0, HOUR, HOUR], name="duplicate") == [1, 1, 3]


def test_the_summary_is_the_worst_and_good_where_one_could_judge():
    found = check([0, HOUR, 2 * HOUR], [0, HOUR, 2 * HOUR], [7.0, None, 50.0], DEFAULTS["ph"])
    assert set(found) == set(CHECKS)
    assert summary(found).tolist() == [Flag.GOOD, Flag.MISSING, Flag.FAIL]


def test_a_station_may_have_its_own_limits():
    assert with_own(DEFAULTS["ph"], {"suspect_high": 11}).suspect_high == 11
    with pytest.raises(ValueError, match="colour"):
        with_own(DEFAULTS["ph"], {"colour": 1})


def test_nothing_to_check():
    assert {name: len(found) for name, found in check([], [], [], DEFAULTS["level_m"]).items()} == dict.fromkeys(
        CHECKS, 0
    )
