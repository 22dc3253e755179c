"""Places on a sheet as spreadsheets write them: C6, C6:H14, whole rows 6:6, whole columns C:C."""

import re
from dataclasses import dataclass

LAST_ROW = 1_048_576
LAST_COLUMN = 16_384
_PLACE = re.compile(r"^\$?([A-Za-z]{0,3})\$?(\d{0,7})(?::\$?([A-Za-z]{0,3})\$?(\d{0,7}))?$")


def column_letter(column: int) -> str:
    """1 is A, 27 is AA."""
    letters = ""
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def column_number(letters: str) -> int:
    """A is 1, AA is 27."""
    number = 0
    for letter in letters.upper():
        number = number * 26 + ord(letter) - 64
    return number


@dataclass(frozen=True, slots=True)
class Range:
    """A block of cells, rows and columns counted from 1, the last included."""

    top: int
    left: int
    bottom: int
    right: int

    @classmethod
    def read(cls, text: str) -> "Range":
        """Of "C6", "C6:H14", "6:6", "C:C".

        Raises:
            ValueError: it is none of these.
        """
        found = _PLACE.match(text.strip())
        if not found or not text.strip():
            raise ValueError(text)
        left, top, right, bottom = found[1], found[2], found[3], found[4]
        if right is None and bottom is None:
            if not (left and top):
                raise ValueError(text)
            right, bottom = left, top
        if bool(left) != bool(right) or bool(top) != bool(bottom):
            raise ValueError(text)
        columns = sorted((column_number(left), column_number(right))) if left else [1, LAST_COLUMN]
        rows = sorted((int(top), int(bottom))) if top else [1, LAST_ROW]
        if not 1 <= rows[0] <= rows[1] <= LAST_ROW or columns[1] > LAST_COLUMN:
            raise ValueError(text)
        return cls(rows[0], columns[0], rows[1], columns[1])

    def __str__(self) -> str:
        if self.whole_rows:
            return f"{self.top}:{self.bottom}"
        left, right = column_letter(self.left), column_letter(self.right)
        if self.whole_columns:
            return f"{left}:{right}"
        if (self.top, self.left) == (self.bottom, self.right):
            return f"{left}{self.top}"
        return f"{left}{self.top}:{right}{self.bottom}"

    @property
    def whole_rows(self) -> bool:
        return (self.left, self.right) == (1, LAST_COLUMN)

    @property
    def whole_columns(self) -> bool:
        return (self.top, self.bottom) == (1, LAST_ROW)

    @property
    def size(self) -> int:
        """Number of cells."""
        return (self.bottom - self.top + 1) * (self.right - self.left + 1)

    def holds(self, row: int, column: int) -> bool:
        return self.top <= row <= self.bottom and self.left <= column <= self.right


def cell_name(row: int, column: int) -> str:
    """3, 2 is B3."""
    return f"{column_letter(column)}{row}"
