"""The columns of a ledger as data: one `Field` drives reading, writing and the filling-in sheet (填表说明)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import TypeAlias

from liangshui.registry.sheets.places import Place
from liangshui.registry.sheets.units import Unit, unit

Value: TypeAlias = str | int | bool | Decimal | date | Place | tuple[str, ...] | None


class Kind(StrEnum):
    """What a column holds."""

    TEXT = "text"
    CODE = "code"
    DECIMAL = "decimal"
    INTEGER = "integer"
    YES_NO = "yes_no"
    DATE = "date"
    TIME = "time"
    PERIOD = "period"
    CHOICE = "choice"
    PLACE = "place"


class Part(StrEnum):
    """Which part of a place a column holds; the parts found in a row become its one value `place`."""

    NONE = ""
    LON = "lon"
    LAT = "lat"
    X = "x"
    Y = "y"
    PAIR = "pair"
    SYSTEM = "system"
    LON_DEGREES = "lon_degrees"
    LON_MINUTES = "lon_minutes"
    LON_SECONDS = "lon_seconds"
    LAT_DEGREES = "lat_degrees"
    LAT_MINUTES = "lat_minutes"
    LAT_SECONDS = "lat_seconds"


@dataclass(frozen=True, slots=True)
class Choice:
    """One allowed value: the code that is stored, the label that is written, other words that ledgers use for it.

    A label or alias that stands at several choices (地下水: shallow or deep?) is unclear, and a person is asked.
    """

    code: str
    label: str
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Field:
    """One column of a ledger.

    `heading` is written, `aliases` are also understood, each without unit. `unit` is the unit of the value;
    `sheet_unit` (default: the same) is the one that the ledger is written in and that a heading without unit means.
    Decimals are rounded half up to `places`. A month without day is its first day, with `month_end` its last.
    A cell merged over several rows counts for each of them if `repeat_merged`, else for the first only.
    A period fills the two fields named in `into`. `from_sheet_name`: without such a column the sheet's name says it.
    """

    name: str
    heading: str
    aliases: tuple[str, ...] = ()
    kind: Kind = Kind.TEXT
    unit: str = ""
    sheet_unit: str = ""
    required: bool = False
    several: bool = False
    choices: tuple[Choice, ...] = ()
    places: int | None = None
    minimum: Decimal | None = None
    maximum: Decimal | None = None
    max_length: int = 200
    month_end: bool = False
    repeat_merged: bool = True
    into: tuple[str, str] | None = None
    part: Part = Part.NONE
    from_sheet_name: bool = False
    written: bool = True
    width: int = 12
    meaning: str = ""
    example: str = ""

    def __post_init__(self) -> None:
        if self.kind is Kind.PERIOD and self.into is None:
            raise ValueError(f"{self.name}: a period needs the two fields that it fills")
        if (self.kind is Kind.PLACE) != (self.part is not Part.NONE):
            raise ValueError(f"{self.name}: a place column, and no other, has a part")
        if (self.kind is Kind.CHOICE) != bool(self.choices):
            raise ValueError(f"{self.name}: a choice column, and no other, has choices")

    @property
    def value_unit(self) -> Unit:
        """The unit of the value that reading gives."""
        return unit(self.unit)

    @property
    def written_unit(self) -> Unit:
        """The unit of the figures in the ledger that we write."""
        return unit(self.sheet_unit or self.unit)

    @property
    def written_heading(self) -> str:
        """The heading that we write: 年许可取水量（万m³）."""
        symbol = self.written_unit.symbol
        return f"{self.heading}（{symbol}）" if symbol else self.heading


def words(line: str) -> tuple[str, ...]:
    """The words of a line, for long lists of aliases."""
    return tuple(line.split())


def by_name(fields: Sequence[Field]) -> dict[str, Field]:
    """Fields by name.

    Raises:
        ValueError: a name stands twice.
    """
    found = {field.name: field for field in fields}
    if len(found) != len(fields):
        raise ValueError("a field name stands twice")
    return found
