"""Register readings to volumes of days: the hand-worked cases, and what must hold for any series."""

import random
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

import ibis
import pyarrow as pa
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from liangshui.accounting.rules.register import READINGS_SCHEMA, SEGMENTS_SCHEMA, day_volumes, run_duckdb
from liangshui.accounting.rules.water_day import (
    HOUR_MS,
    NEIGHBOURS_AFTER,
    NEIGHBOURS_BEFORE,
    DayRule,
    Mark,
    day_bounds,
    day_of,
    touched_days,
)

LOCAL = timezone(timedelta(hours=8))
CASES = Path(__file__).parent / "cases"
INTAKE = 77
Row = dict[str, Any]


def table(rows: list[Row], schema: pa.Schema) -> pa.Table:
    return pa.Table.from_pylist(rows, schema=schema)


def micro(text: str) -> int | None:
    return None if text == "none" else int(Decimal(text) * 1_000_000)


def instant(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=LOCAL).timestamp()) * 1000


def load_cases() -> list[tuple[str, dict[str, Any]]]:
    """All cases by name; the intake of each is its place in this list."""
    found = []
    for path in sorted(CASES.glob("*.yaml")):
        for case in yaml.load(path.read_text(encoding="utf-8"), yaml.BaseLoader):
            assert set(case) == {"case", "why", "meters", "readings", "days"}, (path.name, case.get("case"))
            assert set(case["days"]) in ({"both"}, {"boundary 0", "boundary 8"}), (path.name, case["case"])
            found.append((f"{path.stem}: {case['case']}", case))
    return found


ALL_CASES = load_cases()


def given_tables() -> tuple[pa.Table, pa.Table]:
    readings, segments = [], []
    for intake, (_, case) in enumerate(ALL_CASES):
        for place, meter in enumerate(case["meters"].values()):
            assert set(meter) <= {"unit", "capacity", "max_rate", "error"}
            segments.append(
                segment(
                    segment_id=intake * 10 + place,
                    intake_id=intake,
                    multiplier_micro=micro(meter.get("unit", "1")),
                    modulus_micro=micro(meter.get("capacity", "none")),
                    max_rate_m3_h=float(meter["max_rate"]) if "max_rate" in meter else None,
                    error_ppm=int(meter["error"]) * 1000 if "error" in meter else None,
                )
            )
        for name, at, register, *rest in case["readings"]:
            flow = rest[0] if rest else "none"
            received = instant(rest[1]) if len(rest) > 1 else instant(at) + 5000
            readings.append(
                reading(
                    instant(at),
                    micro(register),
                    segment_id=intake * 10 + list(case["meters"]).index(name),
                    intake_id=intake,
                    received_ms=received,
                    flow_micro=micro(flow),
                )
            )
    return table(readings, READINGS_SCHEMA), table(segments, SEGMENTS_SCHEMA)


@pytest.fixture(scope="module", params=[0, 8], ids=["from 0", "from 8"])
def days_of_cases(request: pytest.FixtureRequest) -> tuple[int, list[Row]]:
    return request.param, run_duckdb(*given_tables(), DayRule(boundary_hour=request.param)).to_pylist()


@pytest.mark.parametrize("intake", range(len(ALL_CASES)), ids=[name for name, _ in ALL_CASES])
def test_case(intake: int, days_of_cases: tuple[int, list[Row]]) -> None:
    boundary, rows = days_of_cases
    days = ALL_CASES[intake][1]["days"]
    expected = days["both"] if "both" in days else days[f"boundary {boundary}"]
    order = [str(mark.name) for mark in Mark]

    def written(litres: int | None) -> str:
        return "none" if litres is None else str(Decimal(litres).scaleb(-3))

    got = [
        [
            str(row["day"]),
            *(written(row[name]) for name in ("volume_l", "low_l", "high_l")),
            str(row["readings"]),
            [str(mark.name) for mark in Mark if row["marks"] & mark],
        ]
        for row in rows
        if row["intake_id"] == intake
    ]
    assert got == [[*figures, sorted(marks.split(), key=order.index)] for *figures, marks in expected]


def segment(**changes: Any) -> dict[str, Any]:
    plain = {"segment_id": 1, "intake_id": INTAKE, "multiplier_micro": 1_000_000, "modulus_micro": None}
    return {**plain, "max_rate_m3_h": 60.0, "error_ppm": None, **changes}


def reading(at_ms: int, value_micro: int | None, **changes: Any) -> dict[str, Any]:
    plain = {"segment_id": 1, "intake_id": INTAKE, "at_ms": at_ms, "received_ms": at_ms, "value_micro": value_micro}
    return {**plain, "flow_micro": None, **changes}


START = instant("2026-04-30 19:00")
small = settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@small
@given(
    steps=st.lists(st.tuples(st.integers(1, 60 * HOUR_MS), st.integers(0, 30_000_000)), min_size=1, max_size=30),
    first=st.integers(0, 10**14),
    multiplier=st.sampled_from([1_000, 1_000_000, 999_999, 10_000_000, 100_000_000]),
    boundary=st.sampled_from([0, 8]),
)
def test_days_of_a_clean_series_sum_to_last_less_first(
    steps: list[tuple[int, int]], first: int, multiplier: int, boundary: int
) -> None:
    """In litres as the register stands at both ends, however the series was sampled."""
    at, value, rows = START, first, [reading(START, first)]
    for time, rise in steps:
        at, value = at + time, value + rise
        rows.append(reading(at, value))
    meter = segment(max_rate_m3_h=None, multiplier_micro=multiplier)
    days = run_duckdb(table(rows, READINGS_SCHEMA), table([meter], SEGMENTS_SCHEMA), DayRule(boundary_hour=boundary))
    total = value * multiplier // 10**9 - first * multiplier // 10**9
    assert sum(x or 0 for x in days["volume_l"].to_pylist()) == total
    assert {Mark(int(x)) & ~(Mark.FIRST | Mark.SPLIT | Mark.GAP | Mark.PARTIAL) for x in days["marks"].to_pylist()} == {
        Mark(0)
    }
    assert all(
        low <= volume <= high
        for volume, low, high in zip(*(days[c].to_pylist() for c in ("volume_l", "low_l", "high_l")), strict=True)
        if volume is not None
    )


KINDS = ["on", "on", "on", "on", "still", "up", "down", "back", "reset", "none", "ahead", "wild"]


def odd_series(odd: list[tuple[int, str, bool]]) -> list[Row]:
    """Readings from minutes after the last one, what happens to the register, and whether it comes late."""
    at, true, rows = START, 900_000_000, []
    for k, (minutes, kind, late) in enumerate(odd):
        at += minutes * 60_000
        value: int | None = true
        if kind in ("on", "ahead"):
            value = true = true + minutes * 400_000
        elif kind == "back":
            value = true = max(true - 3_000_000, 0)
        elif kind == "reset":
            value = true = 2_000_000
        elif kind == "none":
            value = None
        elif kind != "still":
            value = {"up": true + 10**10, "down": true // 2, "wild": 5 * 10**9}[kind]
        ahead = 2 * 24 * HOUR_MS if kind == "ahead" else 0
        received = at + (7 * HOUR_MS if late else 1000) + k
        rows.append(reading(at + ahead, value, received_ms=received, flow_micro=30_000_000))
    return rows


def run_series(many: list[list[Row]], rule: DayRule, rate: float | None) -> list[list[Row]]:
    """The days of several series, each as an intake of its own, in one run."""
    rows = [{**row, "segment_id": k, "intake_id": k} for k, series in enumerate(many) for row in series]
    meters = [segment(segment_id=k, intake_id=k, max_rate_m3_h=rate, modulus_micro=10**9) for k in range(len(many))]
    found: list[list[Row]] = [[] for _ in many]
    for day in run_duckdb(table(rows, READINGS_SCHEMA), table(meters, SEGMENTS_SCHEMA), rule).to_pylist():
        found[day.pop("intake_id")].append(day)
    return found


def odd_many(count: int, seed: int) -> list[list[Row]]:
    """Many series with faults of every kind, some of them dense at a boundary, always the same."""
    dice = random.Random(seed)
    many = []
    for _ in range(count):
        minutes = dice.choice([[60, 60, 180], [200, 300, 400], [0, 60, 600, 1500], [1500, 4000]])
        kinds = dice.choice([["on", "up", "down"], ["on", "on", "up", "down", "back", "still"], KINDS])
        odd = [(dice.choice(minutes), dice.choice(kinds), dice.random() < 0.2) for _ in range(dice.randint(3, 24))]
        many.append(odd_series(odd))
    return many


def usable_instants(rows: list[Row], rule: DayRule) -> list[int]:
    tolerance = rule.clock_tolerance_minutes * 60_000
    valued = [x for x in rows if x["value_micro"] is not None]
    return sorted({x["at_ms"] for x in valued if x["at_ms"] <= x["received_ms"] + tolerance})


def window_of(rows: list[Row], day: date, rule: DayRule) -> list[Row]:
    """What a worker passes for one day: its rows, and the neighbours of the segment."""
    start, end = day_bounds(day, rule)
    usable = usable_instants(rows, rule)
    near = {x for x in usable if start < x < end}
    near.update([x for x in usable if x <= start][-NEIGHBOURS_BEFORE:])
    near.update([x for x in usable if x >= end][:NEIGHBOURS_AFTER])
    return [x for x in rows if x["at_ms"] in near or start <= x["at_ms"] <= end or start <= x["received_ms"] < end]


@pytest.mark.parametrize("boundary", [0, 8])
@pytest.mark.parametrize("rate", [60.0, None])
def test_a_window_with_its_neighbours_gives_the_same_days(boundary: int, rate: float | None) -> None:
    rule = DayRule(boundary_hour=boundary)
    many = odd_many(400, seed=20260501 + boundary)
    wanted = [(k, day) for k, rows in enumerate(many) for day in sorted({day_of(x["at_ms"], rule) for x in rows})]
    whole = run_series(many, rule, rate)
    cut = run_series([window_of(many[k], day, rule) for k, day in wanted], rule, rate)
    for (k, day), window in zip(wanted, cut, strict=True):
        assert [x for x in window if x["day"] == day] == [x for x in whole[k] if x["day"] == day]


@pytest.mark.parametrize("boundary", [0, 8])
def test_a_new_reading_changes_no_day_outside_those_it_touches(boundary: int) -> None:
    rule = DayRule(boundary_hour=boundary)
    many = odd_many(400, seed=20260601 + boundary)
    pairs = [(k, new) for k, rows in enumerate(many) for new in rows if usable_instants([new], rule)]
    whole = run_series(many, rule, 60.0)
    without = run_series([[x for x in many[k] if x is not new] for k, new in pairs], rule, 60.0)
    for (k, new), days in zip(pairs, without, strict=True):
        others = usable_instants([x for x in many[k] if x is not new], rule)
        first, last = touched_days(others, new["at_ms"], rule)
        changed = [x["day"] for x in [*days, *whole[k]] if (x in days) != (x in whole[k])]
        assert all(first <= day <= last for day in changed)


def test_intakes_and_segments_do_not_mix() -> None:
    rows = [
        reading(
            START + hour * HOUR_MS, (1000 * meter + hour * meter) * 1_000_000, segment_id=meter, intake_id=meter % 2
        )
        for hour in range(3)
        for meter in (1, 2, 3)
    ]
    meters = [segment(segment_id=meter, intake_id=meter % 2) for meter in (3, 1, 2)]
    days = run_duckdb(table(rows, READINGS_SCHEMA), table(meters, SEGMENTS_SCHEMA), DayRule())
    assert [(x["intake_id"], x["volume_l"]) for x in days.to_pylist()] == [(0, 4000), (1, 8000)]


def test_readings_of_an_unknown_segment_are_left_out() -> None:
    rows = [reading(START, 1_000_000, segment_id=9), reading(START + HOUR_MS, 2_000_000, segment_id=9)]
    days = run_duckdb(table(rows, READINGS_SCHEMA), table([segment()], SEGMENTS_SCHEMA), DayRule())
    assert days.num_rows == 0


def test_no_readings_give_no_days() -> None:
    assert run_duckdb(table([], READINGS_SCHEMA), table([], SEGMENTS_SCHEMA), DayRule()).num_rows == 0


def test_a_register_with_many_digits_is_exact() -> None:
    """Nine digits at 1 m3, six decimals: 999999998.999999 to 999999999.999999 is 1 m3 to the litre."""
    rows = [reading(START, 999_999_998_999_999), reading(START + HOUR_MS, 999_999_999_999_999)]
    days = run_duckdb(table(rows, READINGS_SCHEMA), table([segment()], SEGMENTS_SCHEMA), DayRule())
    assert days["volume_l"].to_pylist() == [1000]


def test_a_wrong_column_type_is_refused() -> None:
    readings = ibis.table({**ibis.Schema.from_pyarrow(READINGS_SCHEMA), "at_ms": "float64"}, name="r")
    segments = ibis.table(ibis.Schema.from_pyarrow(SEGMENTS_SCHEMA), name="s")
    with pytest.raises(ValueError, match="Column at_ms of the table of readings must be int64, not float64"):
        day_volumes(readings, segments, DayRule())


def test_spark_can_write_the_same_definition() -> None:
    """The expression has a Spark spelling; that Spark's answers are equal is for the machine that has a Spark."""
    pytest.importorskip("pyspark")
    readings = ibis.table(ibis.Schema.from_pyarrow(READINGS_SCHEMA), name="r")
    segments = ibis.table(ibis.Schema.from_pyarrow(SEGMENTS_SCHEMA), name="s")
    assert "LAG(" in ibis.to_sql(day_volumes(readings, segments, DayRule()), dialect="pyspark")


def test_the_boundary_is_0_or_8() -> None:
    with pytest.raises(ValueError, match="0 or 8"):
        DayRule(boundary_hour=6)
    with pytest.raises(ValueError, match="gap_hours cannot be negative"):
        replace(DayRule(), gap_hours=-1)


def test_a_day_begins_at_the_boundary() -> None:
    eight = DayRule(boundary_hour=8)
    assert day_of(instant("2026-05-01 07:59"), eight) == date(2026, 4, 30)
    assert day_of(instant("2026-05-01 08:00"), eight) == date(2026, 5, 1)
    assert day_bounds(date(2026, 5, 1), eight) == (instant("2026-05-01 08:00"), instant("2026-05-02 08:00"))
    assert day_of(instant("2026-05-01 00:00"), DayRule()) == date(2026, 5, 1)


def test_threads_do_not_see_each_others_batches() -> None:
    """The worker's threads share one DuckDB."""

    def volume(intake: int) -> list[tuple[int, int]]:
        rows = [reading(START + hour * HOUR_MS, hour * intake * 1_000_000, intake_id=intake) for hour in range(2)]
        meters = table([segment(intake_id=intake)], SEGMENTS_SCHEMA)
        days = run_duckdb(table(rows, READINGS_SCHEMA), meters, DayRule()).to_pylist()
        return [(x["intake_id"], x["volume_l"]) for x in days]

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(volume, range(1, 9))) == [[(intake, intake * 1000)] for intake in range(1, 9)]
