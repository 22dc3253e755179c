"""The mapping that an empty table's own words suggest."""

from liangshui.reports.rules.mapping import Cells, Says
from liangshui.reports.rules.ranges import Range
from liangshui.reports.sheets.guess import Word, guess

TOWNS = {"锡尼镇": "锡尼镇", "独贵特拉镇": "独贵塔拉镇"}


def words(**cells: str) -> list[Word]:
    return [Word(Range.read(place.replace("_", ":")), text) for place, text in cells.items()]


def test_towns_down_the_side_and_sources_and_uses_in_the_heads():
    book = guess(
        "2026年取水量月报", "表1",
        words(
            A1_F1="取水量月报表（单位：万立方米）", A2="苏木镇", B2_C2="地下水", B3="浅层地下水", C3="深层地下水", D2="疏干水",
            E2="农业用水量", F2="本年累计", A4="锡尼镇", A5="独贵特拉镇", A6="合计", A7="注：略",
        ),
        TOWNS, (7, 6),
    )  # fmt: skip
    cells = Cells(book, "表1")
    assert (book.period, book.measure) == ("month", "10k_m3")
    assert cells.at(4, 2) == Says(
        figure="abstraction", town="锡尼镇", source=("shallow_groundwater",), span="this", measure="10k_m3"
    )  # fmt: skip
    assert cells.at(5, 5).sector == ("agriculture",) and cells.at(5, 5).town == "独贵塔拉镇"
    assert cells.at(6, 4).source == ("mine_drainage",) and cells.at(6, 4).town == ""
    assert cells.at(4, 6).span == "to_date"
    assert cells.at(4, 1) is None and cells.at(7, 2) is None


def test_a_head_that_names_groundwater_means_both_kinds():
    book = guess("季度取水", "表", words(A3="锡尼镇", A4="独贵特拉镇", B2="地下水"), TOWNS, (4, 2))
    assert Cells(book, "表").at(3, 2).source == ("shallow_groundwater", "deep_groundwater")
    assert book.period == "quarter"


def test_towns_across_and_figures_named_in_heads():
    book = guess("机电井", "表", words(A1="锡尼镇", B1="独贵特拉镇"), TOWNS, (3, 2))
    assert [(str(m.at), m.says.town) for m in book.marks] == [("A:A", "锡尼镇"), ("B:B", "独贵塔拉镇")]


def test_a_table_that_says_nothing_known_suggests_nothing():
    assert guess("通知", "表", words(A1="附件", B2="说明"), TOWNS, (9, 9)).marks == ()
