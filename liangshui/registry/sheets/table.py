"""A sheet as people keep it into rows of values: where the headings are, what they mean, which rows are none."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from liangshui.registry.sheets.cells import Answers, Cell, Reader, is_blank, read_period, reader, shown
from liangshui.registry.sheets.fields import Field, Kind, Part, Value
from liangshui.registry.sheets.heading_rows import HeadingRows, find_heading_rows
from liangshui.registry.sheets.headings import Headings, Match, is_counter
from liangshui.registry.sheets.places import (
    Extent,
    Place,
    System,
    find_system,
    read_pair,
    read_place,
    read_sexagesimal,
)
from liangshui.registry.sheets.problems import CellProblem, CellRefused, SheetError, TableProblem
from liangshui.registry.sheets.text import is_none_recorded, letter, squeeze, squeeze_heading, tidy
from liangshui.registry.sheets.units import Unit, find_any_unit, find_unit
from liangshui.registry.sheets.workbook import Sheet, Workbook

PLACE = "place"
"""The name under which a row's place stands among its values."""

_ASKABLE = frozenset({"zone_unknown", "zone_unclear", "unclear_choice", "unknown_choice"})
_TOTAL = re.compile(
    r"^\(?(?:(?:本页|全旗|全县|全市|全镇|全乡|全村)?(?:合计|小计|总计|共计|累计)(?:[数栏行])?)\)?$|^.{1,10}(?:合计|小计|总计)$"
)
_NOTE = re.compile(
    r"^(?:(?:备?注|说明|填表说明|注意(?:事项)?)(?:\d{0,2}[:：.、]|$)"
    r"|(?:填表|填报|制表|审核|复核|统计|校核|编制|经办|主管|单位|部门|分管)(?:人|领导|负责人|日期|时间|单位|部门)(?:[:：(]|签|$)"
    r"|(?:负责人|联系人|联系电话|日期|填报日期|报送日期)[:：]|数据来源[:：]|资料来源[:：]|第\d+页)"
)
_UNIT_LINE = re.compile(r"单位[:：]\s*([^()（）]{1,40})")
_TOWN = r"[\u3400-\u9fff]{1,12}?(?:苏木|镇|乡|街道)"
_TOWN_IN_NAME = re.compile(rf"(?:\d+年度?)?({_TOWN})")
_REPORTED_BY = re.compile(rf"(?:填报|报送|上报|所属|填表)(?:单位|部门)[:：]\s*({_TOWN})")
_GUIDES = frozenset({"填表说明", "填报说明", "填写说明"})
_ORDINALS = ("甲", "乙", "丙", "丁", "戊")


@dataclass(frozen=True, slots=True)
class Where:
    """Where places are read: the county's extent, and the system told for the whole file where the sheet tells none."""

    extent: Extent | None = None
    system: System | None = None


@dataclass(frozen=True, slots=True)
class Column:
    """One column of the sheet: heading as written, field it means (None if unknown), unit of its figures."""

    index: int
    heading: str
    field: str | None = None
    unit: str = ""

    @property
    def letter(self) -> str:
        return letter(self.index)


@dataclass(frozen=True, slots=True)
class Row:
    """One row: its number in Excel, its values by field, its problems.

    A field whose column is missing, or whose cell is refused, has no entry in `values`; None is "none recorded".
    """

    number: int
    values: dict[str, Value]
    problems: tuple[CellProblem, ...] = ()


@dataclass(frozen=True, slots=True)
class Skipped:
    """A row that is no record, why, and its first words.

    Reasons: total, note, heading, units, numbering, lone_text, no_known_cell.
    """

    number: int
    reason: str
    text: str


@dataclass(frozen=True, slots=True)
class Table:
    """What one sheet holds. With `problems` it has no rows; `notes` are for people to see before the rows are taken."""

    sheet: str
    heading_rows: tuple[int, ...] = ()
    columns: tuple[Column, ...] = ()
    rows: tuple[Row, ...] = ()
    skipped: tuple[Skipped, ...] = ()
    problems: tuple[TableProblem, ...] = ()
    notes: tuple[TableProblem, ...] = ()
    above: tuple[str, ...] = ()

    @property
    def unknown(self) -> tuple[str, ...]:
        """Headings that mean no field, as written."""
        return tuple(c.heading for c in self.columns if c.field is None and not is_counter(c.heading))

    def column_of(self, field_name: str) -> Column | None:
        """The column of a field."""
        return next((column for column in self.columns if column.field == field_name), None)


@dataclass(frozen=True, slots=True)
class Reading:
    """All tables of a workbook, and the sheets left out with the reason: hidden, guide, empty, no_heading."""

    tables: tuple[Table, ...]
    left_out: dict[str, str] = field(default_factory=dict)


def read_tables(
    workbook: Workbook,
    fields: Sequence[Field],
    *,
    where: Where | None = None,
    answers: Mapping[str, Answers] | None = None,
    given: Mapping[str, Value] | None = None,
) -> Reading:
    """Read every sheet that has the headings; hidden sheets, empty ones and those without are left out, and named.

    Raises:
        SheetError: no_heading {sheets}, when no sheet has them.
    """
    headings = Headings(fields)
    tables: list[Table] = []
    left_out: dict[str, str] = {}
    for sheet in workbook.sheets:
        if sheet.hidden:
            left_out[sheet.name] = "hidden"
        elif squeeze(sheet.name) in _GUIDES:
            left_out[sheet.name] = "guide"
        elif not any(not is_blank(cell) for row in sheet.rows for cell in row):
            left_out[sheet.name] = "empty"
        else:
            table = _read(sheet, fields, headings, where or Where(), answers or {}, given or {})
            if any(problem.code == "no_heading" for problem in table.problems):
                left_out[sheet.name] = "no_heading"
            else:
                tables.append(table)
    if not tables:
        raise SheetError("no_heading", {"sheets": "、".join(left_out)})
    return Reading(tuple(tables), left_out)


def read_table(
    sheet: Sheet,
    fields: Sequence[Field],
    *,
    where: Where | None = None,
    answers: Mapping[str, Answers] | None = None,
    given: Mapping[str, Value] | None = None,
) -> Table:
    """Read one sheet.

    Args:
        sheet: as `read_workbook` gives it.
        fields: what its columns may be.
        where: the county's extent, and the coordinate system if the person has told it.
        answers: by field of kind choice, the codes that a person gave for words that no alias covers.
        given: by field, what a person told for all rows of a sheet that has no such column.
    """
    return _read(sheet, fields, Headings(fields), where or Where(), answers or {}, given or {})


def _read(
    sheet: Sheet,
    fields: Sequence[Field],
    headings: Headings,
    where: Where,
    answers: Mapping[str, Answers],
    given: Mapping[str, Value],
) -> Table:
    found = find_heading_rows(sheet, headings)
    if found is None:
        return Table(sheet.name, problems=(TableProblem("no_heading", {"sheet": sheet.name}),))
    layout = _Layout(sheet, fields, found, where, answers, given)
    columns, problems = layout.columns(), layout.problems()
    rows, skipped = ((), ()) if problems else layout.rows()
    numbers = tuple(range(found.top + 1, found.bottom + 2))
    return Table(sheet.name, numbers, columns, rows, skipped, problems, tuple(layout.notes), layout.above)


# --- the body ---


@dataclass(frozen=True, slots=True)
class _Plain:
    """A column that is read cell by cell."""

    index: int
    field: Field
    read: Reader


REMEMBERED = 2_000


def _remembering(read: Reader) -> Reader:
    """The same reader, quicker where a column repeats its words, as most do."""
    known: dict[str, Value] = {}

    def read_or_recall(cell: Cell) -> Value:
        if not isinstance(cell, str):
            return read(cell)
        if cell in known:
            return known[cell]
        value = read(cell)
        if len(known) < REMEMBERED:
            known[cell] = value
        return value

    return read_or_recall


class _Layout:
    """One sheet with its headings understood: reads the rows below them."""

    def __init__(
        self,
        sheet: Sheet,
        fields: Sequence[Field],
        heading: HeadingRows,
        where: Where,
        answers: Mapping[str, Answers],
        given: Mapping[str, Value],
    ) -> None:
        self.sheet = sheet
        self.fields = fields
        self.heading = heading
        self.notes: list[TableProblem] = []
        self.above = tuple(_texts_above(sheet, heading.top))
        self._units: dict[int, Unit] = {}
        self._chosen = self._choose()
        self._extent = where.extent
        self._system = _joined(self._told_system(), where.system)
        self._plain: list[_Plain] = []
        self._periods: list[tuple[int, Field]] = []
        self._parts: dict[Part, tuple[int, str]] = {}
        for index, match in self._chosen.items():
            if match.field.kind is Kind.PLACE:
                self._parts[match.field.part] = (index, match.field.name)
            elif match.field.kind is Kind.PERIOD:
                self._periods.append((index, match.field))
            else:
                read = _remembering(reader(match.field, self._units.get(index), answers.get(match.field.name)))
                self._plain.append(_Plain(index, match.field, read))
        self._for_all = self._values_for_all(given)
        self._required = [(i, m.field.name) for i, m in self._chosen.items() if m.field.required]
        self._counters = {c for c, levels in heading.levels.items() if is_counter("".join(levels))}
        self._heading_texts = [
            {c: squeeze_heading(cell) for c, cell in enumerate(row) if isinstance(cell, str) and not is_blank(cell)}
            for row in sheet.rows[heading.top : heading.bottom + 1]
        ]

    def _choose(self) -> dict[int, Match]:
        """One column per field, the first of several; a column whose unit measures something else is not read."""
        chosen: dict[int, Match] = {}
        taken: dict[str, int] = {}
        for index, match in sorted(self.heading.matches.items()):
            name = match.field.name
            if name in taken:
                params = {"column": letter(index), "heading": self._shown(index), "first": letter(taken[name])}
                self.notes.append(TableProblem("duplicate_column", params))
            elif self._settle_unit(index, match):
                taken[name] = index
                chosen[index] = match
        return chosen

    def _settle_unit(self, index: int, match: Match) -> bool:
        """Find the unit of a column: in its heading, in the row of units, in a line above (单位：万m³), or assumed."""
        column_field = match.field
        if column_field.kind not in {Kind.DECIMAL, Kind.INTEGER} or not column_field.value_unit.symbol:
            return True
        dimension = column_field.value_unit.dimension
        unit, wrong = match.unit, match.wrong_unit
        if unit is None and not wrong and index in self.heading.units:
            unit = find_unit(self.heading.units[index], dimension)
            wrong = "" if unit else self.heading.units[index]
        told = {"column": letter(index), "heading": self._shown(index)}
        if wrong:
            self.notes.append(
                TableProblem("wrong_unit", {**told, "unit": wrong, "expected": column_field.written_unit.symbol})
            )
            return False
        if unit is None:
            unit = _unit_above(self.above, dimension)
        if unit is None:
            unit = column_field.written_unit
            self.notes.append(TableProblem("unit_assumed", {**told, "unit": unit.symbol}, permanent=False))
        self._units[index] = unit
        return True

    def _shown(self, index: int) -> str:
        return "/".join(tidy(level) for level in self.heading.levels[index])

    def _told_system(self) -> System | None:
        """The coordinate system that the headings of the place, or the lines above, tell."""
        told: System | None = None
        for index, match in self._chosen.items():
            if match.field.kind is Kind.PLACE:
                told = _joined(told, find_system(" ".join(self.heading.levels[index])))
        for text in self.above:
            told = _joined(told, find_system(text))
        return told

    def _values_for_all(self, given: Mapping[str, Value]) -> dict[str, Value]:
        """What is true of all rows where no column says it: as the sheet's name or the line of the reporting office
        tells (the town), else as the person does."""
        named = {match.field.name for match in self._chosen.values()}
        known = {one.name for one in self.fields}
        values: dict[str, Value] = {k: v for k, v in given.items() if k in known - named}
        for one in self.fields:
            if one.from_sheet_name and one.name not in named:
                found = _TOWN_IN_NAME.search(tidy(self.sheet.name))
                if found is None:
                    found = next(filter(None, (_REPORTED_BY.search(text) for text in self.above)), None)
                if found is not None:
                    values[one.name] = found[1]
        return values

    def columns(self) -> tuple[Column, ...]:
        """Every column that has a heading."""
        return tuple(
            Column(
                index,
                self._shown(index),
                self._chosen[index].field.name if index in self._chosen else None,
                self._units[index].symbol if index in self._units else "",
            )
            for index in sorted(self.heading.levels)
        )

    def problems(self) -> tuple[TableProblem, ...]:
        """Required fields that have no column."""
        present = {match.field.name for match in self._chosen.values()} | set(self._for_all)
        for _, period in self._periods:
            present.update(period.into or ())
        return tuple(
            TableProblem("missing_column", {"sheet": self.sheet.name, "field": one.name, "heading": one.heading})
            for one in self.fields
            if one.required and one.name not in present
        )

    def rows(self) -> tuple[tuple[Row, ...], tuple[Skipped, ...]]:
        """The records, and the rows that are none."""
        rows: list[Row] = []
        skipped: list[Skipped] = []
        merged = self._merged_below()
        after_heading = True
        for index in range(self.heading.bottom + 1, len(self.sheet.rows)):
            cells = self.sheet.rows[index]
            own = [c for c, cell in enumerate(cells) if cell is not None and cell != "" and not is_blank(cell)]
            if not self._is_empty(cells, own):
                reason = self._why_no_record(cells, own, after_heading)
                after_heading = reason in {"heading", "units", "numbering"}
                if reason:
                    skipped.append(Skipped(index + 1, reason, _first_words(cells, own)))
                else:
                    rows.append(self._row(index, cells, merged.get(index, {})))
        return tuple(rows), tuple(skipped)

    def _is_empty(self, cells: list[Cell], own: list[int]) -> bool:
        """Nothing but its running number, as in forms that were numbered before they were filled in."""
        return self._counters.issuperset(own) and all(_is_running_number(cells[c]) for c in own)

    def _merged_below(self) -> dict[int, dict[int, Cell]]:
        """By row and column, the value of a cell merged downwards, for the fields that it is repeated for."""
        below: dict[int, dict[int, Cell]] = {}
        for merge in self.sheet.merges:
            match = self._chosen.get(merge.left)
            if match is None or not match.field.repeat_merged or merge.top <= self.heading.bottom:
                continue
            first = self.sheet.rows[merge.top] if merge.top < len(self.sheet.rows) else []
            if merge.left < len(first):
                for row in range(merge.top + 1, min(merge.bottom + 1, len(self.sheet.rows))):
                    below.setdefault(row, {})[merge.left] = first[merge.left]
        return below

    def _why_no_record(self, cells: list[Cell], own: list[int], after_heading: bool) -> str:
        texts = [cell for cell in (cells[c] for c in own) if isinstance(cell, str)]
        if any("计" in text and len(text) <= 24 and _TOTAL.match(squeeze_heading(text)) for text in texts):
            return "total"
        if texts and len(own) <= 8 and _NOTE.match(squeeze(texts[0])):
            return "note"
        if self._is_heading_again(cells, own):
            return "heading"
        if after_heading and _all_units(cells, own):
            return "units"
        if after_heading and _is_numbering(cells, own):
            return "numbering"
        if len(own) == 1 and texts and len(self._chosen) >= 4:
            return "lone_text"
        return "" if any(c in self._chosen for c in own) else "no_known_cell"

    def _is_heading_again(self, cells: list[Cell], own: list[int]) -> bool:
        if not any(self._is_heading_text(c, cells[c]) for c in own[:4]):
            return False
        for level in self._heading_texts:
            same = 0
            for c in own:
                cell = cells[c]
                if isinstance(cell, str) and c in level and squeeze_heading(cell) == level[c]:
                    same += 1
            if same >= 2 and same * 10 >= len(own) * 6:
                return True
        return False

    def _is_heading_text(self, column: int, cell: Cell) -> bool:
        if not isinstance(cell, str):
            return False
        text = squeeze_heading(cell)
        return any(level.get(column) == text for level in self._heading_texts)

    def _row(self, index: int, cells: list[Cell], merged: Mapping[int, Cell]) -> Row:
        number, width = index + 1, len(cells)

        def cell_at(column: int) -> Cell:
            cell = cells[column] if column < width else None
            return merged.get(column) if merged and is_blank(cell) else cell

        values: dict[str, Value] = dict(self._for_all)
        problems: list[CellProblem] = []
        for plain in self._plain:
            try:
                values[plain.field.name] = plain.read(cell_at(plain.index))
            except CellRefused as refused:
                problems.append(_problem(number, plain.index, plain.field.name, refused))
        for column, period in self._periods:
            try:
                days = read_period(cell_at(column))
            except CellRefused as refused:
                problems.append(_problem(number, column, period.name, refused))
            else:
                for name, day in zip(period.into or (), days, strict=False):
                    if values.get(name) is None:
                        values[name] = day
        if self._parts:
            self._read_place(number, cell_at, values, problems)
        if self._required:
            refused_fields = {problem.field for problem in problems}
            for column, name in self._required:
                if values.get(name) is None and name not in refused_fields:
                    problems.append(CellProblem(number, letter(column), name, "required"))
        return Row(number, values, tuple(problems))

    def _read_place(
        self,
        number: int,
        cell_at: Callable[[int], Cell],
        values: dict[str, Value],
        problems: list[CellProblem],
    ) -> None:
        """The place from the first of its forms that is filled in: degrees, sexagesimal columns, metres, one cell."""
        blamed = next(iter(self._parts.values()))
        try:
            system = self._system
            if Part.SYSTEM in self._parts:
                blamed = self._parts[Part.SYSTEM]
                system = _joined(_system_of(cell_at(blamed[0])), system)
            place: Place | None = None
            for parts in _FORMS:
                if place is None and parts[0] in self._parts:
                    blamed = self._parts[parts[0]]
                    cells = [cell_at(self._parts[p][0]) if p in self._parts else None for p in parts]
                    place = _place_of(cells, system, self._extent)
            if self._parts.keys() - {Part.SYSTEM}:
                values[PLACE] = place
        except CellRefused as refused:
            problems.append(_problem(number, blamed[0], blamed[1], refused))


_FORMS = (
    (Part.LON, Part.LAT),
    (
        Part.LON_DEGREES,
        Part.LON_MINUTES,
        Part.LON_SECONDS,
        Part.LAT_DEGREES,
        Part.LAT_MINUTES,
        Part.LAT_SECONDS,
    ),
    (Part.Y, Part.X),
    (Part.PAIR,),
)


def _place_of(cells: Sequence[Cell], system: System | None, extent: Extent | None) -> Place | None:
    match cells:
        case [pair]:
            return read_pair(pair, system=system, extent=extent)
        case [one, two]:
            return read_place(one, two, system=system, extent=extent)
        case [a, b, c, d, e, f]:
            return read_sexagesimal((a, b, c, d, e, f), system=system, extent=extent)
    return None


def _system_of(cell: Cell) -> System | None:
    """The system that a row's own cell tells.

    Raises:
        CellRefused: unknown_system {text}.
    """
    text = shown(cell)
    if is_none_recorded(text):
        return None
    system = find_system(text)
    if system is None:
        raise CellRefused("unknown_system", {"text": text})
    return system


def _joined(nearer: System | None, farther: System | None) -> System | None:
    """What the nearer words tell, and from the farther what they leave open."""
    if nearer is None or farther is None:
        return nearer or farther
    return System(nearer.datum or farther.datum, nearer.meridian or farther.meridian)


def _problem(row: int, column: int, field_name: str, refused: CellRefused) -> CellProblem:
    return CellProblem(row, letter(column), field_name, refused.code, refused.params, refused.code not in _ASKABLE)


def _texts_above(sheet: Sheet, top: int) -> Iterator[str]:
    for row in sheet.rows[:top]:
        for cell in row:
            if isinstance(cell, str) and not is_blank(cell):
                yield tidy(cell)


def _unit_above(above: Sequence[str], dimension: str) -> Unit | None:
    """The unit of a dimension that a line like 单位：万m³、米 states; None if it states two."""
    found: dict[str, Unit] = {}
    for text in above:
        for line in _UNIT_LINE.findall(text):
            for part in re.split(r"[、，,;；\s]+", line):
                unit = find_unit(part, dimension)
                if unit is not None:
                    found[unit.symbol] = unit
    return next(iter(found.values())) if len(found) == 1 else None


def _is_running_number(cell: Cell) -> bool:
    return isinstance(cell, (int, float)) or (isinstance(cell, str) and squeeze(cell).isdigit())


def _first_words(cells: list[Cell], own: list[int]) -> str:
    return " ".join(shown(cells[c]) for c in own[:3])[:60]


def _all_units(cells: list[Cell], own: list[int]) -> bool:
    texts = [cells[c] for c in own]
    return all(isinstance(t, str) and (find_any_unit(t) is not None or is_none_recorded(t)) for t in texts)


def _is_numbering(cells: list[Cell], own: list[int]) -> bool:
    """Whether a row only numbers the columns: 1 2 3 4, or 甲 乙 1 2."""
    words = [shown(cells[c]).strip("()（）") for c in own]
    while words and words[0] in _ORDINALS:
        words.pop(0)
    return len(own) >= 4 and words == [str(n) for n in range(1, len(words) + 1)]
