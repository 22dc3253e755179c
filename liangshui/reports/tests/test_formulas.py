"""What simple formulas come to, and how they read after rows have grown."""

from decimal import Decimal as D

import pytest

from liangshui.reports.rules.formulas import Unworkable, copied, evaluate, grown

CELLS = {(3, 3): D("1.5"), (4, 3): D(2), (5, 3): None, (6, 3): D(4)}


def look(sheet, row, column):
    return CELLS.get((row, column)) if sheet in ("", "表1") else D(100)


@pytest.mark.parametrize(
    ("formula", "value"),
    [
        ("=SUM(C3:C6)", D("7.5")),
        ("=SUM(C3,C4)+10", D("13.5")),
        ("=C3+C5*2", D("1.5")),
        ("=(C3+C4)/2-1", D("0.75")),
        ("=-C4*50%", D(-1)),
        ("=ROUND(C3/7,2)", D("0.21")),
        ("=MAX(C3:C6)-MIN(C3:C6)", D("2.5")),
        ("=AVERAGE(C3:C6)", D("2.5")),
        ("='表1'!C3+汇总!A1", D("101.5")),
        ("=SUM($C$3:$C$4)", D("3.5")),
    ],
)
def test_it_comes_to(formula, value):
    assert evaluate(formula, look) == value


@pytest.mark.parametrize(
    "formula",
    ["=C3/C9", '=IF(C3>1,"a","b")', "=VLOOKUP(C3,A1:B9,2)", "=C3:C6", "=", "=SUM(C3:C6", "=C3&C4", "=" + "(" * 60 + "1" + ")" * 60],
)  # fmt: skip
def test_anything_else_is_left_to_the_spreadsheet(formula):
    with pytest.raises(Unworkable):
        evaluate(formula, look)


@pytest.mark.parametrize(
    ("formula", "after"),
    [
        ("=SUM(C5:C5)", "=SUM(C5:C9)"),
        ("=SUM(C3:C5)/C6", "=SUM(C3:C9)/C10"),
        ("=C5+$C$6", "=C5+$C$10"),
        ('="C6"&C7', '="C6"&C11'),
        ("=表2!C6+C6", "=表2!C6+C10"),
        ("=SUM(C3:C4)", "=SUM(C3:C4)"),
    ],
)
def test_below_a_grown_row_references_move(formula, after):
    assert grown(formula, 5, 4, True, "表1") == after


def test_other_sheets_move_only_what_names_the_grown_one():
    assert grown("=表1!C6+C6+'表1'!A2", 5, 4, False, "表1") == "=表1!C10+C6+'表1'!A2"


def test_in_the_row_itself_a_range_along_it_stays_one_row():
    assert grown("=SUM(D5:I5)/C6", 5, 4, True, "表1", inside=True) == "=SUM(D5:I5)/C10"


def test_a_copied_row_reads_its_own_cells():
    assert copied("=SUM(D5:I5)/C$6+表2!A5", 3) == "=SUM(D8:I8)/C$6+表2!A5"
