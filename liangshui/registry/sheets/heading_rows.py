"""Where the headings of a sheet are: below merged titles, on one to three levels, with or without a row of units."""

from dataclasses import dataclass, replace

from liangshui.registry.sheets.cells import is_blank
from liangshui.registry.sheets.headings import Headings, Match
from liangshui.registry.sheets.text import is_none_recorded
from liangshui.registry.sheets.units import find_any_unit
from liangshui.registry.sheets.workbook import Sheet

LOOKED_THROUGH = 40
MOST_HEADING_ROWS = 3


@dataclass(frozen=True, slots=True)
class HeadingRows:
    """Heading rows `top` to `bottom` (from 0, the last included): levels and meaning by column."""

    top: int
    bottom: int
    levels: dict[int, tuple[str, ...]]
    matches: dict[int, Match]
    units: dict[int, str]

    @property
    def score(self) -> tuple[int, int, int]:
        """How many different fields it names, for how many it took more than one level, and how few rows it is."""
        fields = {match.field.name for match in self.matches.values()}
        levels = sum(match.levels > 1 for match in self.matches.values())
        return len(fields), levels, self.top - self.bottom


def find_heading_rows(sheet: Sheet, headings: Headings) -> HeadingRows | None:
    """The rows among the first forty that name the most fields; the first and fewest of equals.

    Two named fields are needed, or all the cells there are: a title may hold one by chance.
    """
    best: HeadingRows | None = None
    grid = _heading_grid(sheet)
    for top in range(min(len(grid), LOOKED_THROUGH)):
        for height in range(1, MOST_HEADING_ROWS + 1):
            if top + height > len(grid):
                break
            found = _heading_at(grid, top, height, headings, filled=not sheet.merges)
            if found is not None and (best is None or found.score > best.score):
                best = found
    if best is None:
        return None
    named, cells = best.score[0], len(best.levels)
    return _with_unit_row(sheet, best) if named >= 2 or named == cells else None


def _heading_grid(sheet: Sheet) -> list[list[str]]:
    """The texts of the first rows, merged ranges filled; a number or date is no heading."""
    depth = LOOKED_THROUGH + MOST_HEADING_ROWS
    grid = [
        [cell if isinstance(cell, str) and not is_blank(cell) else "" for cell in row] for row in sheet.rows[:depth]
    ]
    for merge in sheet.merges:
        if merge.top >= len(grid) or merge.left >= len(grid[merge.top]):
            continue
        text = grid[merge.top][merge.left]
        for r in range(merge.top, min(merge.bottom + 1, len(grid))):
            for c in range(merge.left, min(merge.right + 1, len(grid[r]))):
                grid[r][c] = text
    return grid


def _heading_at(
    grid: list[list[str]], top: int, height: int, headings: Headings, *, filled: bool
) -> HeadingRows | None:
    rows = grid[top : top + height]
    if filled and height > 1:
        rows = [*_filled_right(rows), rows[-1]]
    levels: dict[int, tuple[str, ...]] = {}
    matches: dict[int, Match] = {}
    for column in range(max(map(len, rows))):
        texts = [row[column] for row in rows if column < len(row) and row[column]]
        levels_here = tuple(dict.fromkeys(texts))
        if not levels_here:
            continue
        levels[column] = levels_here
        match = headings.find(levels_here)
        if match is not None:
            matches[column] = match
    if not matches:
        return None
    return HeadingRows(top, top + height - 1, levels, matches, {})


def _filled_right(rows: list[list[str]]) -> list[list[str]]:
    """Upper heading rows of a file without merges: a blank above a lower heading continues what is left of it."""
    lower = rows[-1]
    filled = []
    for row in rows[:-1]:
        left, out = "", []
        for column in range(max(len(row), len(lower))):
            text = row[column] if column < len(row) else ""
            below = lower[column] if column < len(lower) else ""
            left = text or left
            out.append(text or (left if below else ""))
        filled.append(out)
    return filled


def _with_unit_row(sheet: Sheet, heading: HeadingRows) -> HeadingRows:
    """A row below the headings that holds nothing but units belongs to them."""
    below = heading.bottom + 1
    if below >= len(sheet.rows):
        return heading
    units: dict[int, str] = {}
    for column, cell in enumerate(sheet.rows[below]):
        if is_blank(cell) or (isinstance(cell, str) and is_none_recorded(cell)):
            continue
        if not isinstance(cell, str) or find_any_unit(cell) is None:
            return heading
        units[column] = cell
    if not units:
        return heading
    return replace(heading, bottom=below, units=units)
