"""The hand-made workbooks, each against what was written by hand beside it."""

from pathlib import Path
from typing import Any

import pytest

from liangshui.registry.sheets.ledger import find_duplicates, read_ledger
from liangshui.registry.sheets.places import Extent, Place
from liangshui.registry.sheets.table import Row, Where
from liangshui.registry.tests.sheets.expected import EXPECTED

WORKBOOKS = Path(__file__).parent / "workbooks"
COUNTY = Where(Extent(106.9, 39.3, 109.2, 40.9))
GIVEN = {"list_gbk.csv": {"town": "青泉镇"}}


def plain(value: Any) -> Any:
    if isinstance(value, Place):
        return (str(value.lon), str(value.lat), value.how, value.guessed, value.changes)
    return value


def recorded(row: Row) -> dict[str, Any]:
    return {name: plain(value) for name, value in row.values.items() if value is not None}


@pytest.mark.parametrize("name", EXPECTED)
def test_a_workbook_with_habits_gives_what_was_written_by_hand(name: str) -> None:
    expected = EXPECTED[name]
    reading = read_ledger((WORKBOOKS / name).read_bytes(), where=COUNTY, given=GIVEN.get(name))
    assert reading.left_out == expected["left_out"]
    assert [table.sheet for table in reading.tables] == list(expected["tables"])
    for table in reading.tables:
        wanted = expected["tables"][table.sheet]
        assert table.problems == ()
        assert table.heading_rows == wanted["heading_rows"]
        assert table.unknown == wanted["unknown"]
        assert [note.code for note in table.notes] == wanted["notes"]
        assert [(row.number, row.reason) for row in table.skipped] == wanted["skipped"]
        assert {row.number: recorded(row) for row in table.rows} == wanted["rows"]
        problems = [
            (p.row, p.column, p.field, p.code, p.params, p.permanent) for row in table.rows for p in row.problems
        ]
        assert problems == wanted["problems"]
    found = [(duplicate.reason, duplicate.rows) for duplicate in find_duplicates(reading.tables)]
    assert found == expected["duplicates"]


def test_a_list_without_towns_asks_for_them_by_name() -> None:
    (table,) = read_ledger((WORKBOOKS / "list_gbk.csv").read_bytes(), where=COUNTY).tables
    assert table.rows == ()
    (problem,) = table.problems
    assert (problem.code, problem.params) == ("missing_column", {"sheet": "", "field": "town", "heading": "苏木镇"})


def test_a_persons_answer_settles_an_unclear_word() -> None:
    answers = {"source": {"地下水": "deep_groundwater"}}
    (table,) = read_ledger((WORKBOOKS / "permits.xlsx").read_bytes(), where=COUNTY, answers=answers).tables
    assert table.rows[0].values["source"] == "deep_groundwater"
    assert table.rows[0].problems == ()


def test_none_recorded_is_told_from_a_missing_column_and_a_refused_cell() -> None:
    (table,) = read_ledger((WORKBOOKS / "two_heads.xlsx").read_bytes(), where=COUNTY).tables
    second, refused = table.rows[1].values, table.rows[3].values
    assert second["pump_model"] is None
    assert "station_key" not in second
    assert "depth_m" not in refused
