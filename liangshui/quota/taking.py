"""Sheets of the red lines taken row by row: a bad row never sinks the file and is told by row and column."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from django.db import transaction

from liangshui.core.errors import Invalid
from liangshui.registry.sentences import cell_words, table_words
from liangshui.registry.sheets.fields import Field, by_name
from liangshui.registry.sheets.table import Row, Table, read_tables
from liangshui.registry.sheets.workbook import read_workbook


@dataclass(frozen=True)
class Problem:
    """Why a row is not taken, and the letter of its column where it is one cell's; without row: why a column or sheet is not read."""

    sheet: str
    row: int | None
    column: str
    words: str


@dataclass(frozen=True)
class Taken:
    """What a file came to: rows that are new, that correct what was there, that say nothing new, and those not taken."""

    new: int
    corrected: int
    same: int
    problems: tuple[Problem, ...]


def take_rows(content: bytes, fields: Sequence[Field], enter: Callable[[Row], str], *, keep: bool) -> Taken:
    """Enter the rows of a workbook, each by itself; without `keep` only see what would come of it.

    Args:
        enter: takes a row whose cells can be read, and says what it was: "new", "corrected" or "same". It raises Invalid with the field.

    Raises:
        SheetError: the file cannot be read at all.
    """
    problems: list[Problem] = []
    counts: Counter[str] = Counter()
    known = by_name(fields)
    with transaction.atomic():
        for table in read_tables(read_workbook(content), fields).tables:
            of_sheet = [*table.problems, *(note for note in table.notes if note.permanent)]
            problems += [Problem(table.sheet, None, "", table_words(each.code, each.params)) for each in of_sheet]
            for row in table.rows:
                if row.problems:
                    problems += [_of_cell(table, known, each) for each in row.problems]
                    continue
                try:
                    with transaction.atomic():
                        counts[enter(row)] += 1
                except Invalid as error:
                    column = table.column_of(error.field) if error.field else None
                    problems.append(Problem(table.sheet, row.number, column.letter if column else "", error.message))
        if not keep:
            transaction.set_rollback(True)
    return Taken(counts["new"], counts["corrected"], counts["same"], tuple(problems))


def _of_cell(table: Table, known: dict[str, Field], problem: Any) -> Problem:
    told, field = asdict(problem), known[problem.field]
    told["params"] = {"field": field.heading, "example": field.example, **problem.params}
    return Problem(table.sheet, problem.row, problem.column, cell_words(told))
