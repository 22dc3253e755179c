"""What can be wrong with a file, a heading, a cell: a code and its parameters, never a sentence."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass


class SheetError(Exception):
    """A file that cannot be read at all, such as one that is damaged or has a password.

    `permanent` is true when reading the same bytes again can never succeed.
    """

    def __init__(self, code: str, params: Mapping[str, str] | None = None, *, permanent: bool = True) -> None:
        super().__init__(code)
        self.code = code
        self.params: dict[str, str] = dict(params or {})
        self.permanent = permanent


class CellRefused(Exception):
    """A cell that does not hold what its column asks for; the table turns it into a `CellProblem`."""

    def __init__(self, code: str, params: Mapping[str, str] | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.params: dict[str, str] = dict(params or {})


@dataclass(frozen=True, slots=True)
class CellProblem:
    """What is wrong with one cell: the row counted from 1 and the column letter, as Excel shows them.

    `permanent` is false where a person's answer can make the same cell good (which zone, what a word means).
    """

    row: int
    column: str
    field: str
    code: str
    params: dict[str, str] = dataclasses.field(default_factory=dict)
    permanent: bool = True


@dataclass(frozen=True, slots=True)
class TableProblem:
    """What is wrong with a sheet's headings: as a problem it stops the sheet, as a note it is for people to see."""

    code: str
    params: dict[str, str] = dataclasses.field(default_factory=dict)
    permanent: bool = True
