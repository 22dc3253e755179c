"""A mapping: what it says of a cell, and what is wrong with one that cannot be read."""

from decimal import Decimal

import pytest

from liangshui.core.mappings import MappingError
from liangshui.reports.rules.mapping import Cells, Says, dump, load
from liangshui.reports.rules.ranges import Range

TABLE = """
name: 月报
period: month
in: 10k_m3
marks:
- {at: C3:D8, figure: abstraction}
- {at: 3:3, town: 锡尼镇}
- {at: 4:4, town: 巴拉贡镇, places: 0}
- {at: "C:C", source: [shallow_groundwater, deep_groundwater]}
- {at: D:D, sector: industry, span: to_date, in: m3}
- {at: D8, text: period}
sums:
- {total: C8, parts: [C3:C7]}
codes:
  source: {surface: 01}
"""


def test_a_cell_is_what_all_marks_over_it_say_together():
    cells = Cells(load(TABLE), "Sheet1")
    assert cells.at(3, 3) == Says(
        figure="abstraction", town="锡尼镇", source=("shallow_groundwater", "deep_groundwater"), span="this", measure="10k_m3"
    )  # fmt: skip
    assert cells.at(4, 4) == Says(
        figure="abstraction", town="巴拉贡镇", sector=("industry",), span="to_date", measure="m3", places=0
    )  # fmt: skip
    assert cells.at(3, 2) is None and cells.at(9, 3) is None


def test_the_smaller_block_has_the_last_word():
    cells = Cells(load(TABLE), "Sheet1")
    found = cells.at(8, 4)
    assert found is not None and (found.text, found.figure) == ("period", "")
    assert cells.named(8, 4) and not cells.named(3, 3)


def test_rows_stay_places_though_yaml_would_count_them_in_sixties():
    assert [str(mark.at) for mark in load(TABLE).marks] == ["C3:D8", "3:3", "4:4", "C:C", "D:D", "D8"]


def test_what_is_written_reads_the_same_again():
    book = load(TABLE)
    assert load(dump(book)) == book
    assert book.codes == {"source": {"surface": "01"}} and book.change_percent == Decimal(50)


@pytest.mark.parametrize(
    ("text", "code", "params"),
    [
        ("marks: [{at: C3", "not_yaml", {"line": "1"}),
        ("- a", "not_a_mapping", {}),
        ("marks: [{at: C3, figur: use}]", "unknown_key", {"key": "figur", "where": "marks 1"}),
        ("colour: red", "unknown_key", {"key": "colour", "where": ""}),
        ("marks: [{at: 3C, figure: use}]", "bad_place", {"at": "3C", "where": "marks 1"}),
        ("marks: [{at: C3, figure: water}]", "bad_value", {"key": "figure", "value": "water", "where": "marks 1"}),
        ("marks: [{at: C3, source: sea}]", "bad_value", {"key": "source", "value": "sea", "where": "marks 1"}),
        ("marks: [{at: C3, figure: use, text: name}]", "figure_and_text", {"where": "marks 1"}),
        ("marks: [{at: 3:4, each: town}]", "each_not_a_row", {"where": "marks 1"}),
        ("marks: [{at: 3:3, each: town}, {at: 3:3, each: user}]", "two_lists", {"where": "3:3"}),
        ("period: week", "bad_value", {"key": "period", "value": "week", "where": ""}),
        ("change_percent: -3", "bad_value", {"key": "change_percent", "value": "-3", "where": ""}),
        ("places: 9", "bad_value", {"key": "places", "value": "9", "where": ""}),
        ("marks: 5", "bad_value", {"key": "marks", "value": "5", "where": ""}),
        ("a: " + "[" * 3000, "not_yaml", {"line": "?"}),
        ("name: &a [x]\nnote: *a", "not_yaml", {"line": "2"}),
    ],
)
def test_what_is_wrong_is_named_with_its_place(text, code, params):
    with pytest.raises(MappingError) as caught:
        load(text)
    assert caught.value.code == code
    if code != "not_yaml":
        assert caught.value.params == params


@pytest.mark.parametrize("text", ["", "C", "3", "C3:", "C0", "C3:D", "XFE1", "C1048577", "3:C", "C3:D8:E9"])
def test_what_is_no_place_is_refused(text):
    with pytest.raises(ValueError):
        Range.read(text)


def test_places_are_written_as_they_are_read():
    for text in ("C6", "C6:H14", "6:6", "6:9", "C:C", "C:AA"):
        assert str(Range.read(text)) == text
    assert str(Range.read("$h$14:c6")) == "C6:H14"
