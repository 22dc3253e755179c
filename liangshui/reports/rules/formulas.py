"""What simple formulas come to, and how references move when a row becomes many.

Enough for totals of official tables: figures, references, ranges, + - * / and brackets, SUM, ROUND, MAX, MIN, AVERAGE. Anything else is not
worked out: the spreadsheet does it when the file is opened.
"""

import re
from collections.abc import Callable, Iterator
from decimal import ROUND_HALF_UP, Decimal, DivisionByZero, InvalidOperation

from liangshui.reports.rules.ranges import LAST_COLUMN, Range, column_number

_TOKEN = re.compile(
    r"""\s*(?:
      (?P<number>\d+(?:\.\d+)?%?)
    | (?P<place>(?:(?:'[^']+'|[^\s'!:()+\-*/,&<>=^"%]+)!)?\$?[A-Za-z]{1,3}\$?\d+(?::\$?[A-Za-z]{1,3}\$?\d+)?)(?![A-Za-z0-9_(.])
    | (?P<name>[A-Za-z]+)(?=\()
    | (?P<sign>[-+*/(),])
    )""",
    re.VERBOSE,
)
MOST_CELLS = 200_000
DEEPEST = 40

Look = Callable[[str, int, int], Decimal | None]
"""The figure of a cell (sheet, row, column; "" is the formula's own sheet); None: no figure stands there."""


class Unworkable(Exception):
    """A formula beyond what is worked out here, or one that divides by zero."""


def evaluate(formula: str, look: Look) -> Decimal:
    """What a formula ("=SUM(C6:C14)+D3") comes to. Empty cells and words count as zero, as spreadsheets do.

    Raises:
        Unworkable: it holds something else.
    """
    reader = _Reader(formula.removeprefix("="), look)
    value = reader.sum()
    reader.end()
    return value


class _Reader:
    def __init__(self, text: str, look: Look) -> None:
        self._tokens = list(_tokens(text))
        self._at, self._look, self._depth = 0, look, 0

    def _peek(self) -> tuple[str, str]:
        return self._tokens[self._at] if self._at < len(self._tokens) else ("end", "")

    def _take(self, sign: str = "") -> tuple[str, str]:
        token = self._peek()
        if sign and token != ("sign", sign):
            raise Unworkable
        self._at += 1
        return token

    def end(self) -> None:
        if self._peek()[0] != "end":
            raise Unworkable

    def sum(self) -> Decimal:
        self._depth += 1
        if self._depth > DEEPEST:
            raise Unworkable
        value = self._product()
        while self._peek() in (("sign", "+"), ("sign", "-")):
            value = value + self._product() if self._take()[1] == "+" else value - self._product()
        self._depth -= 1
        return value

    def _product(self) -> Decimal:
        value = self._factor()
        try:
            while self._peek() in (("sign", "*"), ("sign", "/")):
                value = value * self._factor() if self._take()[1] == "*" else value / self._factor()
        except (DivisionByZero, InvalidOperation) as error:
            raise Unworkable from error
        return value

    def _factor(self) -> Decimal:
        kind, text = self._take()
        if kind == "number":
            return Decimal(text.rstrip("%")) / (100 if text.endswith("%") else 1)
        if kind == "place":
            cells = list(self._cells(text))
            if len(cells) != 1:
                raise Unworkable
            return cells[0] or Decimal(0)
        if (kind, text) == ("sign", "-"):
            return -self._factor()
        if (kind, text) == ("sign", "+"):
            return self._factor()
        if (kind, text) == ("sign", "("):
            value = self.sum()
            self._take(")")
            return value
        if kind == "name":
            return self._call(text.upper())
        raise Unworkable

    def _call(self, name: str) -> Decimal:
        self._take("(")
        values: list[Decimal] = []
        while True:
            if self._peek()[0] == "place" and self._after() in (("sign", ","), ("sign", ")")):
                values += [cell for cell in self._cells(self._take()[1]) if cell is not None]
            else:
                values.append(self.sum())
            if self._take() == ("sign", ")"):
                break
            if self._tokens[self._at - 1] != ("sign", ","):
                raise Unworkable
        if name == "SUM":
            return sum(values, Decimal(0))
        if name in ("MAX", "MIN"):
            return (max if name == "MAX" else min)(values, default=Decimal(0))
        if name == "AVERAGE" and values:
            return sum(values, Decimal(0)) / len(values)
        if name == "ROUND" and len(values) == 2 and -9 <= values[1] <= 9:
            return values[0].quantize(Decimal(1).scaleb(-int(values[1])), ROUND_HALF_UP)
        raise Unworkable

    def _after(self) -> tuple[str, str]:
        return self._tokens[self._at + 1] if self._at + 1 < len(self._tokens) else ("end", "")

    def _cells(self, place: str) -> Iterator[Decimal | None]:
        sheet, cut, cells = place.rpartition("!")
        block = Range.read(cells)
        if block.size > MOST_CELLS:
            raise Unworkable
        name = sheet.strip("'") if cut else ""
        for row in range(block.top, block.bottom + 1):
            for column in range(block.left, block.right + 1):
                yield self._look(name, row, column)


def _tokens(text: str) -> Iterator[tuple[str, str]]:
    at = 0
    while text[at:].strip():
        found = _TOKEN.match(text, at)
        if not found or found.lastgroup is None:
            raise Unworkable
        yield found.lastgroup, found[found.lastgroup]
        at = found.end()


# --- rows that become many ---

_REFERENCE = re.compile(
    r"""(?P<words>"[^"]*")
    | (?P<sheet>(?:'[^']+'|[\w.\u4e00-\u9fff]+)!)?(?P<c1>\$?[A-Za-z]{1,3})(?P<r1>\$?\d{1,7})(?::(?P<c2>\$?[A-Za-z]{1,3})(?P<r2>\$?\d{1,7}))?(?![A-Za-z0-9_(.!])""",
    re.VERBOSE,
)


def grown(formula: str, row: int, more: int, own: bool, sheet: str, inside: bool = False) -> str:
    """A formula after one row of a sheet became `more` rows longer: what lies below moves down, and a range that ends on the
    row takes in the new ones.

    `own`: the formula stands on the sheet that grew; elsewhere only references that name the sheet move. `inside`: it
    stands in the row itself, where a range along the row stays one row.
    """

    def move(found: re.Match[str]) -> str:
        if found["words"] is not None:
            return found[0]
        named = (found["sheet"] or "").rstrip("!").strip("'")
        if (named or (sheet if own else "")) != sheet or column_number(found["c1"].strip("$")) > LAST_COLUMN:
            return found[0]
        first, last = int(found["r1"].strip("$")), int((found["r2"] or found["r1"]).strip("$"))
        start = first + more if first > row else first
        end = last + more if last > row or (last == row and found["r2"] and not inside) else last
        text = f"{found['sheet'] or ''}{found['c1']}{_dollar(found['r1'])}{start}"
        return text if found["r2"] is None else f"{text}:{found['c2']}{_dollar(found['r2'])}{end}"

    return _REFERENCE.sub(move, formula)


def copied(formula: str, down: int) -> str:
    """A formula of the repeated row, as it reads so many rows further down."""

    def move(found: re.Match[str]) -> str:
        if found["words"] is not None or found["sheet"]:
            return found[0]
        text = f"{found['c1']}{_down(found['r1'], down)}"
        return text if found["r2"] is None else f"{text}:{found['c2']}{_down(found['r2'], down)}"

    return _REFERENCE.sub(move, formula)


def _dollar(row: str) -> str:
    return "$" if row.startswith("$") else ""


def _down(row: str, down: int) -> str:
    return row if row.startswith("$") else str(int(row) + down)
