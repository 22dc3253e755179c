"""A first mapping from the words of an empty table: towns down the side, sources and uses in the heads, its unit and period.

Only a proposal: the officer sees it on the table and corrects it there.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from liangshui.registry.sheets.fields import Choice
from liangshui.registry.sheets.ledger import SECTORS, SOURCES
from liangshui.registry.sheets.text import squeeze
from liangshui.reports.rules.mapping import Book, Mark, Says
from liangshui.reports.rules.ranges import LAST_COLUMN, LAST_ROW, Range

SPANS = {
    "本月": "this", "本期": "this", "本季": "this", "本季度": "this", "当月": "this", "本年累计": "to_date", "累计": "to_date",
    "本年度累计": "to_date", "年初至今": "to_date", "自年初累计": "to_date", "上月": "last", "上期": "last", "上季度": "last",
    "上年同期": "last_year", "去年同期": "last_year", "同期": "last_year", "上年同期累计": "last_year_to_date", "全年": "year",
}  # fmt: skip
FIGURES = {
    "取水量": "abstraction", "取用水量": "abstraction", "实际取水量": "abstraction", "开采量": "abstraction", "用水量": "use",
    "实际用水量": "use", "供水量": "supply", "耗水量": "consumption", "退水量": "returned", "许可水量": "permitted",
    "许可取水量": "permitted", "年许可水量": "permitted", "批准水量": "permitted", "分配水量": "allotted", "控制指标": "allotted",
    "取水口数": "intakes", "取水口数量": "intakes", "机电井数": "intakes", "机电井数量": "intakes", "井数": "intakes",
    "取水户数": "users", "用水户数": "users", "灌溉面积": "irrigated_mu", "已装表": "intakes_with_meter",
    "安装计量设施数": "intakes_with_meter", "在线计量数": "intakes_with_station", "已办证": "intakes_with_permit",
    "办理取水许可数": "intakes_with_permit",
}  # fmt: skip
MEASURES = (("亿m3", "100m_m3"), ("亿立方米", "100m_m3"), ("万m3", "10k_m3"), ("万立方米", "10k_m3"), ("万方", "10k_m3"), ("m3", "m3"),
            ("立方米", "m3"))  # fmt: skip
PERIODS = (("季", "quarter"), ("月", "month"), ("年", "year"))
_BRACKETS = re.compile(r"[(（].*?[)）]")


@dataclass(frozen=True, slots=True)
class Word:
    """A cell with words, and the block that it covers."""

    at: Range
    text: str


def guess(name: str, sheet: str, words: Sequence[Word], towns: Mapping[str, str], last: tuple[int, int]) -> Book:
    """The mapping that the words of a sheet suggest.

    Args:
        name: of the table.
        sheet: its title.
        words: cells with words.
        towns: names of towns as tables write them (squeezed), to the name that a mark gives.
        last: last row and column of the sheet.
    """
    marks: list[Mark] = []
    named = [(word, towns[squeeze(word.text)]) for word in words if squeeze(word.text) in towns]
    down, across = _along(word.at.left for word, _town in named), _along(word.at.top for word, _town in named)
    for word, town in named:
        if word.at.left == down:
            marks.append(Mark(at=_rows(word.at), says=Says(town=town)))
        elif word.at.top == across:
            marks.append(Mark(at=_columns(word.at), says=Says(town=town)))
    side = {mark.at.top for mark in marks if mark.at.whole_rows}
    first = min(side, default=LAST_ROW)
    heads = [word for word in words if word.at.bottom < first] if side else [w for w in words if w.at.top < last[0]]
    columns: set[int] = set()
    for word in heads:
        says = _meaning(word.text)
        if says != Says() and word.at.left != down:
            marks.append(Mark(at=_columns(word.at), says=says))
            columns |= set(range(word.at.left, word.at.right + 1))
    for word in words:  # uses or sources down the side
        if not side and word.at.right == word.at.left and (says := _meaning(word.text)) != Says() and word.at.top > 1:
            below = [w for w in words if w.at.left == word.at.left and _meaning(w.text) != Says()]
            if len(below) > 1 and not any(m.at.holds(word.at.top, word.at.left) for m in marks):
                marks.append(Mark(at=_rows(word.at), says=says))
    if side and columns:
        total = _total_row(words, side, last[0])
        block = Range(min(side), min(columns), max(side | total), max(columns))
        marks.insert(0, Mark(at=block, says=Says(figure=_figure(name, words))))
    text = " ".join((name, *(word.text for word in words)))
    return Book(name=name, sheet=sheet, period=_period(name, words), measure=_measure(text), marks=tuple(marks))


def _along(places: Iterable[int]) -> int:
    """The row or column in which most stand, if at least two do; 0 otherwise."""
    counts: dict[int, int] = defaultdict(int)
    for place in places:
        counts[place] += 1
    best = max(counts, key=lambda place: counts[place], default=0)
    return best if counts[best] > 1 else 0


def _rows(at: Range) -> Range:
    return Range(at.top, 1, at.bottom, LAST_COLUMN)


def _columns(at: Range) -> Range:
    return Range(1, at.left, LAST_ROW, at.right)


def _meaning(text: str) -> Says:
    """What a head says: a source, a use, a time, or a figure."""
    plain = _BRACKETS.sub("", squeeze(text))
    for end in ("用水量", "取水量", "用水", "取水"):
        shorter = plain.removesuffix(end)
        sources, sectors = _codes(SOURCES, shorter), _codes(SECTORS, shorter)
        if shorter and (sources or sectors):
            return Says(source=sources, sector=sectors)
    sources, sectors = _codes(SOURCES, plain), _codes(SECTORS, plain)
    if sources or sectors:
        return Says(source=sources, sector=sectors)
    if plain in SPANS:
        return Says(span=SPANS[plain])
    return Says(figure=FIGURES.get(plain, ""))


def _codes(choices: Sequence[Choice], word: str) -> tuple[str, ...]:
    return tuple(c.code for c in choices if word in {squeeze(w) for w in (c.label, *c.aliases)})


def _figure(name: str, words: Sequence[Word]) -> str:
    text = squeeze(name + "".join(word.text for word in words if word.at.top <= 2))
    return "use" if "用水量" in text and "取" not in text else "abstraction"


def _total_row(words: Sequence[Word], side: set[int], last: int) -> set[int]:
    """The row of the total, where it stands next to the towns."""
    rows = {w.at.top for w in words if squeeze(w.text) in {"合计", "总计", "全旗", "全县", "全区", "总"}}
    return {row for row in rows if min(side) - 1 <= row <= max(side) + 1 <= last + 1}


def _measure(text: str) -> str:
    plain = squeeze(text)
    return next((measure for word, measure in MEASURES if word in plain), "10k_m3")


def _period(name: str, words: Sequence[Word]) -> str:
    text = squeeze(name + "".join(word.text for word in words if word.at.top <= 2))
    return next((kind for word, kind in PERIODS if word in text), "month")
