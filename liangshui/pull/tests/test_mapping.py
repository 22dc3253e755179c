"""Mappings of sources: what is wrong with one, and what a row of theirs tells."""

from datetime import UTC, datetime
from decimal import Decimal as D
from pathlib import Path

import pytest

from liangshui.core.mappings import MappingError
from liangshui.pull.rules.mapping import RowRefused, instant, load, values_of, written

EXAMPLES = Path(__file__).resolve().parents[1] / "examples"
GOOD = """
address: https://a.example/x?from={since}
rows: data.list
place: code
place_is: intake
places: {甲: W1}
time: at
values: [{field: total, quantity: register, factor: 10}, {field: deep.flow, quantity: flow}]
nulls: ["--"]
"""


def http(text: str = GOOD):
    return load("http", text, ("register", "flow"), ("volumes",))


def test_the_examples_can_be_read():
    for kind, name in (("http", "vendor-cloud"), ("database", "database-view"), ("folder", "folder")):
        load(kind, (EXAMPLES / f"{name}.yaml").read_text(encoding="utf-8"), ("register", "flow"), ("electricity",))


def test_a_row_tells_its_values():
    told = list(
        values_of(
            {"code": "甲", "at": "2026-05-01 08:00:00", "total": "1,234.5", "deep": {"flow": "--"}}, http().meaning
        )
    )
    assert [(t.intake, t.quantity, t.value) for t in told] == [("W1", "register", D("12345.0")), ("W1", "flow", None)]
    assert told[0].at == datetime(2026, 5, 1, tzinfo=UTC)
    assert [
        t.quantity for t in values_of({"code": "W2", "at": "2026-05-01T00:00:00Z", "total": 5}, http().meaning)
    ] == ["register"]


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ({"at": "2026-05-01T00:00:00Z", "total": 5}, "no_place"), ({"code": " ", "at": "2026-05-01T00:00:00Z"}, "no_place"),
        ({"code": "W1", "at": "gestern", "total": 5}, "no_time"), ({"code": "W1", "total": 5}, "no_time"),
        ({"code": "W1", "at": "2026-05-01T00:00:00Z", "total": "五"}, "no_figure"),
        ({"code": "W1", "at": "2026-05-01T00:00:00Z", "total": True}, "no_figure"),
        ({"code": "W1", "at": "2026-05-01T00:00:00Z", "total": float("nan")}, "no_figure"), ("no object", "no_place"),
    ],
)  # fmt: skip
def test_a_row_that_tells_nothing_is_refused_by_itself(row, code):
    with pytest.raises(RowRefused) as caught:
        list(values_of(row, http().meaning))
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("pattern", "raw"),
    [
        ("iso", "2026-05-01T08:00:00+08:00"),
        ("unix", 1777593600),
        ("unix_ms", "1777593600000"),
        ("%Y%m%d%H", "2026050108"),
    ],
)
def test_times_of_many_kinds(pattern, raw):
    meaning = http(GOOD + f'time_format: "{pattern}"\n').meaning
    assert instant(raw, meaning) == datetime(2026, 5, 1, tzinfo=UTC)
    assert instant(instant(raw, meaning), meaning) == datetime(2026, 5, 1, tzinfo=UTC)


def test_a_zone_stays_what_it_is_though_yaml_would_count_it_in_sixties():
    assert instant("2026-05-01T10:00:00", http(GOOD + "zone: +10:00\n").meaning) == datetime(2026, 5, 1, tzinfo=UTC)


def test_times_are_written_as_the_other_side_wants_them():
    at = datetime(2026, 5, 1, tzinfo=UTC)
    assert (
        written(at, "iso", "+08:00") == "2026-05-01T08:00:00+08:00"
        and written(at, "unix_ms", "+08:00") == "1777593600000"
    )
    assert written(at, "%Y-%m-%d %H:%M", "+08:00") == "2026-05-01 08:00"


@pytest.mark.parametrize(
    ("kind", "text", "code"),
    [
        ("http", "[", "not_yaml"), ("http", "- a", "not_a_mapping"), ("http", GOOD + "colour: red", "unknown_key"),
        ("http", "address: https://x", "missing"), ("http", GOOD.replace("https", "file"), "bad_value"),
        ("http", GOOD.replace("register", "river"), "bad_value"), ("http", GOOD + "zone: Peking", "bad_value"),
        ("http", GOOD + "overlap_hours: -1", "bad_value"), ("http", GOOD.replace("factor: 10", "factor: ten"), "bad_value"),
        ("http", GOOD.replace("a.example", "a.example:port"), "bad_value"), ("http", GOOD.replace("a.example", "[::1"), "bad_value"),
        ("folder", "path: sftp://u@h:99999/x\nimports: volumes\nfingerprint: x", "bad_value"), ("http", "a: &a [1]\nb: *a", "not_yaml"),
        ("database", "address: postgresql://h/d\nstatement: DELETE FROM x\nplace: a\ntime: b\nvalues: [{field: c, quantity: flow}]", "not_one_select"),
        ("database", "address: postgresql://h/d\nstatement: SELECT 1; DROP TABLE x\nplace: a\ntime: b\nvalues: [{field: c, quantity: flow}]", "not_one_select"),
        ("folder", "path: x\nimports: rivers", "bad_value"), ("folder", "path: sftp://u@h/x\nimports: volumes", "missing"),
        ("folder", "path: x\nimports: volumes\npattern: '('", "bad_value"), ("folder", "path: x\nimports: volumes\ntake: maybe", "bad_value"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_mapping_is_named(kind, text, code):
    with pytest.raises(MappingError) as caught:
        load(kind, text, ("register", "flow"), ("volumes",))
    assert caught.value.code == code
