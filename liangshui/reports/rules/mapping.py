"""What the cells of a superior's table are: a list of marks, each over a cell, a row, a column or a block.

A row says which town it is, a column which source and use, a block which figure: a cell is filled by what all marks over it
say together. Where two marks say different things of a cell, the smaller block is right. A cell is filled only if a mark
over it names a `figure` or a `text`. One row marked `each` is repeated for every user, intake, town …

The file is YAML that people can read, mend and pass on to other counties: places and things are named by name or code.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from decimal import Decimal
from typing import Any

import yaml

from liangshui.accounting.rules.choose import Method
from liangshui.core.mappings import MappingError, read, refuse_unknown
from liangshui.registry.sheets.ledger import SECTORS, SOURCES
from liangshui.reports.rules.ranges import Range

PERIODS = ("month", "quarter", "year")
"""How often a table is due."""

SPANS = ("this", "to_date", "last", "last_year", "last_year_to_date", "year")
"""Of which time a figure is: the table's own period, the year up to its end, the period before, the same a year ago, the
same year's part a year ago, the whole year."""

MEASURES = {"m3": Decimal(1), "10k_m3": Decimal(10_000), "100m_m3": Decimal(100_000_000)}
"""Units of volumes: m³, 万m³, 亿m³."""

EACH = ("town", "village", "management_unit", "user", "project", "intake", "intake_day")
"""What a repeated row stands for."""

FIGURES = (
    "abstraction", "supply", "received", "use", "returned", "consumption", "low", "high",
    "permitted", "allotted",
    "intakes", "intakes_without_volume", "intakes_with_meter", "intakes_with_station", "intakes_with_permit", "users",
    "irrigated_mu",
)  # fmt: skip
"""Figures that a cell may hold. The first line is volumes of the account, the second volumes that limit it."""

VOLUMES = frozenset(FIGURES[:10])

TEXTS = (
    "number", "code", "national_code", "name", "kind", "status", "town", "village", "management_unit", "source", "source_name",
    "sector", "user_code", "user_name", "credit_code", "industry_code", "user_kind", "project_name", "permit_number",
    "permit_from", "permit_to", "longitude", "latitude", "meter_number", "day", "method",
    "period", "year", "county", "filled_on", "filled_by",
)  # fmt: skip
"""What a cell may say in words; the last line is of the table itself, the others of the thing its row stands for."""

OF_TABLE = frozenset(TEXTS[-5:])

FILTERS = ("town", "village", "management_unit", "user", "project", "intake")
"""One thing that a figure is of, by name or code."""

CODES: dict[str, tuple[str, ...]] = {
    "source": tuple(choice.code for choice in SOURCES),
    "sector": tuple(choice.code for choice in SECTORS),
    "method": tuple(Method),
}
"""Of which a figure may be of one or several: kinds of source, uses, methods."""

MOST_MARKS = 2_000
MOST_BYTES = 400_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Says:
    """What a mark says, and what all marks over a cell say together; empty: it says nothing of that."""

    figure: str = ""
    text: str = ""
    town: str = ""
    village: str = ""
    management_unit: str = ""
    user: str = ""
    project: str = ""
    intake: str = ""
    source: tuple[str, ...] = ()
    sector: tuple[str, ...] = ()
    method: tuple[str, ...] = ()
    span: str = ""
    measure: str = ""
    places: int | None = None

    def over(self, other: "Says") -> "Says":
        """This, and what the other says where this is silent. A figure and a text do not stand together."""
        said = {f.name: getattr(self, f.name) for f in fields(self) if getattr(self, f.name) not in ("", (), None)}
        if "figure" in said:
            said.setdefault("text", "")
        elif "text" in said:
            said.setdefault("figure", "")
        return replace(other, **said)

    @property
    def fills(self) -> bool:
        return bool(self.figure or self.text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """What a block of a sheet is. `each`: its one row is repeated for every such thing."""

    at: Range
    says: Says = Says()
    sheet: str = ""
    each: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sum:
    """A cell that must be the sum of others (合计)."""

    total: Range
    parts: tuple[Range, ...]
    sheet: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Book:
    """A mapping: the table's name and period, what holds for all its cells, its marks, and what is checked."""

    name: str = ""
    office: str = ""
    note: str = ""
    period: str = "month"
    measure: str = "10k_m3"
    places: int = 2
    unknown: str = ""
    sheet: str = ""
    marks: tuple[Mark, ...] = ()
    sums: tuple[Sum, ...] = ()
    change_percent: Decimal = Decimal(50)
    codes: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    @property
    def default(self) -> Says:
        """What holds where no mark says otherwise. Places are left to the kind of figure: counts have none."""
        return Says(span="this", measure=self.measure)

    def lists(self, sheet: str) -> list[Mark]:
        """Rows of a sheet that are repeated, from above."""
        found = [mark for mark in self.marks if mark.each and (mark.sheet or self.sheet) in ("", sheet)]
        return sorted(found, key=lambda mark: mark.at.top)


class Cells:
    """What each cell of one sheet is to hold."""

    def __init__(self, book: Book, sheet: str) -> None:
        marks = [m for m in book.marks if (m.sheet or book.sheet) in ("", sheet)]
        self._default = book.default
        # the larger first, so that the smaller has the last word
        self._marks = sorted(marks, key=lambda mark: -mark.at.size)
        self._filling = [mark.at for mark in self._marks if mark.says.fills]

    def at(self, row: int, column: int) -> Says | None:
        """What all marks over a cell say together; None if it is not to be filled."""
        if not any(at.holds(row, column) for at in self._filling):
            return None
        says = self._default
        for mark in self._marks:
            if mark.at.holds(row, column):
                says = mark.says.over(says)
        return says

    def named(self, row: int, column: int) -> bool:
        """Whether a mark is of this one cell alone."""
        return any(mark.at == Range(row, column, row, column) for mark in self._marks)

    def reach(self) -> tuple[int, int]:
        """Last row and column in which anything can be filled, whole rows and columns aside."""
        bounded = [at for at in self._filling if not at.whole_columns]
        return (
            max((at.bottom for at in bounded), default=0),
            max((at.right for at in self._filling if not at.whole_rows), default=0),
        )


# --- reading and writing the file ---


_TOP = {
    "name",
    "office",
    "note",
    "period",
    "in",
    "places",
    "unknown",
    "sheet",
    "marks",
    "sums",
    "change_percent",
    "codes",
}
_IN_MARK = {"at", "sheet", "each", "in", *(f.name for f in fields(Says))} - {"measure"}


def load(text: str) -> Book:
    """A mapping from its file.

    Raises:
        MappingError: see there, and bad_place {at, where}, bad_value {key, value, where}, figure_and_text {where},
            each_not_a_row {where}, two_lists {where}.
    """
    raw = read(text, MOST_BYTES)
    refuse_unknown(raw, _TOP)
    marks = _list(raw, "marks")
    if len(marks) > MOST_MARKS:
        raise MappingError("too_long")
    book = Book(
        name=_word(raw, "name"), office=_word(raw, "office"), note=_word(raw, "note"),
        period=_one(raw, "period", PERIODS, "", default="month"),
        measure=_one(raw, "in", MEASURES, "", default="10k_m3"),
        places=_places(raw, "") if raw.get("places") is not None else 2,
        unknown=_word(raw, "unknown"), sheet=_word(raw, "sheet"),
        marks=tuple(_mark(item, f"marks {n}") for n, item in enumerate(marks, 1)),
        sums=tuple(_sum(item, f"sums {n}") for n, item in enumerate(_list(raw, "sums"), 1)),
        change_percent=_percent(raw),
        codes=_codes(raw),
    )  # fmt: skip
    lists: set[tuple[str, int]] = set()
    for mark in book.marks:
        if mark.each:
            where = (mark.sheet or book.sheet, mark.at.top)
            if where in lists:
                raise MappingError("two_lists", where=str(mark.at))
            lists.add(where)
    return book


def _list(raw: Mapping[str, Any], key: str) -> list[Any]:
    value = raw.get(key) or []
    if not isinstance(value, list):
        raise MappingError("bad_value", key=key, value=str(value)[:60], where="")
    return value


def _word(raw: Mapping[str, Any], key: str, where: str = "") -> str:
    value = raw.get(key)
    if value is None:
        return ""
    if isinstance(value, dict | list) or len(str(value)) > 200:
        raise MappingError("bad_value", key=key, value=str(value)[:60], where=where)
    return str(value)


def _one(raw: Mapping[str, Any], key: str, allowed: Iterable[str], where: str, default: str = "") -> str:
    value = raw.get(key, default)
    if value not in ("", *allowed):
        raise MappingError("bad_value", key=key, value=str(value)[:60], where=where)
    return str(value) or default


def _several(raw: Mapping[str, Any], key: str, where: str) -> tuple[str, ...]:
    value = raw.get(key) or []
    items = value if isinstance(value, list) else [value]
    if not all(isinstance(item, str) and item in CODES[key] for item in items):
        raise MappingError("bad_value", key=key, value=str(value)[:60], where=where)
    return tuple(items)


def _places(raw: Mapping[str, Any], where: str) -> int:
    value = raw["places"]
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= 6:
        raise MappingError("bad_value", key="places", value=str(value)[:60], where=where)
    return value


def _percent(raw: Mapping[str, Any]) -> Decimal:
    value = raw.get("change_percent", 50)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= 100_000:
        raise MappingError("bad_value", key="change_percent", value=str(value)[:60], where="")
    return Decimal(str(value))


def _codes(raw: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    value = raw.get("codes") or {}
    if not isinstance(value, dict):
        raise MappingError("bad_value", key="codes", value=str(value)[:60], where="")
    found: dict[str, dict[str, str]] = {}
    for key, table in value.items():
        if key not in TEXTS or not isinstance(table, dict):
            raise MappingError("bad_value", key="codes", value=str(key)[:60], where="codes")
        found[key] = {str(word): str(code) for word, code in table.items()}
    return found


def _range(value: Any, where: str) -> Range:
    try:
        return Range.read(str(value))
    except ValueError as error:
        raise MappingError("bad_place", at=str(value)[:40], where=where) from error


def _mark(raw: Any, where: str) -> Mark:
    if not isinstance(raw, dict):
        raise MappingError("bad_value", key="marks", value=str(raw)[:60], where=where)
    refuse_unknown(raw, _IN_MARK, where)
    at = _range(raw.get("at", ""), where)
    said: dict[str, Any] = {name: _word(raw, name, where) for name in FILTERS}
    said |= {name: _several(raw, name, where) for name in CODES}
    says = Says(
        figure=_one(raw, "figure", FIGURES, where),
        text=_one(raw, "text", TEXTS, where),
        span=_one(raw, "span", SPANS, where),
        measure=_one(raw, "in", MEASURES, where),
        places=_places(raw, where) if raw.get("places") is not None else None,
        **said,
    )
    if says.figure and says.text:
        raise MappingError("figure_and_text", where=where)
    each = _one(raw, "each", EACH, where)
    if each and at.top != at.bottom:
        raise MappingError("each_not_a_row", where=where)
    return Mark(at=at, says=says, sheet=_word(raw, "sheet", where), each=each)


def _sum(raw: Any, where: str) -> Sum:
    if not isinstance(raw, dict):
        raise MappingError("bad_value", key="sums", value=str(raw)[:60], where=where)
    refuse_unknown(raw, {"total", "parts", "sheet"}, where)
    parts = raw.get("parts", "")
    return Sum(
        total=_range(raw.get("total", ""), where),
        parts=tuple(_range(part, where) for part in (parts if isinstance(parts, list) else [parts])),
        sheet=_word(raw, "sheet", where),
    )


def dump(book: Book) -> str:
    """The file of a mapping; `load` gives the same mapping again."""
    raw: dict[str, Any] = {name: getattr(book, name) for name in ("name", "office", "note", "period")}
    raw |= {"in": book.measure, "places": book.places, "unknown": book.unknown, "sheet": book.sheet}
    raw["change_percent"] = int(book.change_percent) if book.change_percent % 1 == 0 else float(book.change_percent)
    raw["marks"] = [_mark_out(mark) for mark in book.marks]
    raw["sums"] = [
        _filled({"sheet": s.sheet, "total": str(s.total), "parts": _short([str(part) for part in s.parts])})
        for s in book.sums
    ]
    raw["codes"] = {key: dict(table) for key, table in book.codes.items()}
    return yaml.safe_dump(_filled(raw), allow_unicode=True, sort_keys=False, width=120)


def _mark_out(mark: Mark) -> dict[str, Any]:
    said = {f.name: getattr(mark.says, f.name) for f in fields(mark.says)}
    said["in"] = said.pop("measure")
    for name in CODES:
        said[name] = _short(list(said[name]))
    return _filled({"at": str(mark.at), "sheet": mark.sheet, "each": mark.each, **said})


def _short(items: Sequence[str]) -> Any:
    return items[0] if len(items) == 1 else list(items)


def _filled(raw: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in raw.items() if value not in ("", None, [], {})}
