"""Exports of other systems: which of their columns are what, and how their rows and ours differ."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any, Generic, TypeVar

from liangshui.core.mappings import MappingError, read, refuse_unknown
from liangshui.registry.sheets.text import squeeze, squeeze_heading
from liangshui.reports.rules.mapping import MEASURES, MOST_BYTES

OF = ("intake", "project", "user")
KEYS = {
    "intake": ("national_code", "code", "name"),
    "project": ("permit_number", "code", "name"),
    "user": ("credit_code", "code", "name"),
}
"""By what a row of theirs can be told, of each kind of thing; the first that is found counts."""

FIGURES = ("abstraction", "use", "permitted", "allotted")
_TOP = {"name", "note", "of", "figure", "in", "columns", "tolerance_percent"}
TOTALS = frozenset({"合计", "小计", "总计", "共计"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Foreign:
    """How an export is read: what a row is of, which heading holds its volume and in which unit, and its keys' headings."""

    name: str
    of: str
    figure: str
    measure: str
    columns: Mapping[str, str]
    tolerance_percent: Decimal
    note: str = ""


@dataclass(frozen=True, slots=True)
class TheirRow:
    """A row of an export: where it stands, its keys as written, its volume in m³ (None: empty or no figure)."""

    sheet: str
    row: int
    keys: Mapping[str, str]
    volume_m3: Decimal | None
    unread: str = ""


def load(text: str) -> Foreign:
    """The mapping of an export from its file.

    Raises:
        MappingError: see there, and bad_value {key, value, where}.
    """
    raw = read(text, MOST_BYTES)
    refuse_unknown(raw, _TOP)
    of, figure = _one(raw, "of", OF, "intake"), _one(raw, "figure", FIGURES, "abstraction")
    columns = raw.get("columns")
    if not isinstance(columns, dict) or "volume" not in columns or not columns.keys() & set(KEYS[of]):
        raise MappingError("bad_value", key="columns", value=str(columns)[:60], where="")
    for name, heading in columns.items():
        if name not in (*KEYS[of], "volume") or not isinstance(heading, str) or not heading.strip():
            raise MappingError("bad_value", key="columns", value=f"{name}: {heading}"[:60], where="columns")
    percent = raw.get("tolerance_percent", 1)
    if isinstance(percent, bool) or not isinstance(percent, int | float) or not 0 <= percent <= 100:
        raise MappingError("bad_value", key="tolerance_percent", value=str(percent)[:60], where="")
    return Foreign(
        name=str(raw.get("name") or "")[:100], note=str(raw.get("note") or "")[:200], of=of, figure=figure,
        measure=_one(raw, "in", tuple(MEASURES), "m3"), columns=columns, tolerance_percent=Decimal(str(percent)),
    )  # fmt: skip


def _one(raw: Mapping[str, Any], key: str, allowed: Sequence[str], default: str) -> str:
    value = raw.get(key, default)
    if value not in allowed:
        raise MappingError("bad_value", key=key, value=str(value)[:60], where="")
    return str(value)


def read_rows(sheets: Iterable[tuple[str, Sequence[Sequence[Any]]]], foreign: Foreign) -> list[TheirRow]:
    """The rows of an export. Sheets without the headings are left out; totals and rows without keys too."""
    found: list[TheirRow] = []
    for title, rows in sheets:
        head = _head(rows, foreign)
        if head is None:
            continue
        at, columns = head
        for number, row in enumerate(rows[at + 1 :], at + 2):
            keys = {name: _text(_cell(row, column)) for name, column in columns.items() if name != "volume"}
            if not any(keys.values()) or any(squeeze(_text(cell)) in TOTALS for cell in row):
                continue
            volume, unread = _volume(_cell(row, columns["volume"]), foreign)
            found.append(TheirRow(title, number, keys, volume, unread))
    return found


def _head(rows: Sequence[Sequence[Any]], foreign: Foreign) -> tuple[int, dict[str, int]] | None:
    wanted = {name: squeeze_heading(heading) for name, heading in foreign.columns.items()}
    for number, row in enumerate(rows[:50]):
        heads = [squeeze_heading(_text(cell)) for cell in row]
        columns = {name: heads.index(heading) for name, heading in wanted.items() if heading in heads}
        if "volume" in columns and len(columns) > 1:
            return number, columns
    return None


def _cell(row: Sequence[Any], column: int) -> Any:
    return row[column] if column < len(row) else None


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value).strip()


def _volume(value: Any, foreign: Foreign) -> tuple[Decimal | None, str]:
    text = squeeze(_text(value)).replace(",", "")
    if text in {"", "-", "—", "/", "无"}:
        return None, ""
    try:
        figure = Decimal(text)
    except InvalidOperation:
        return None, text
    return (figure * MEASURES[foreign.measure], "") if figure.is_finite() else (None, text)


# --- theirs against ours ---

T = TypeVar("T")


@dataclass(slots=True)
class Our(Generic[T]):
    """A thing of ours: its keys, and its figure in m³."""

    thing: T
    keys: Mapping[str, str]
    volume_m3: Decimal | None


@dataclass(slots=True)
class Pair(Generic[T]):
    """The same thing there and here."""

    ours: Our[T]
    theirs: list[TheirRow]

    @property
    def theirs_m3(self) -> Decimal | None:
        """Sum of its rows there; None where none holds a figure."""
        known = [row.volume_m3 for row in self.theirs if row.volume_m3 is not None]
        return sum(known, Decimal(0)) if known else None

    @property
    def off_m3(self) -> Decimal | None:
        """Theirs less ours; None where one has no figure."""
        if self.theirs_m3 is None or self.ours.volume_m3 is None:
            return None
        return self.theirs_m3 - self.ours.volume_m3


@dataclass(slots=True)
class Compared(Generic[T]):
    """Only there, only here, differing (the largest difference first), and how many agree. `several`: rows whose key is
    that of several things of ours."""

    only_there: list[TheirRow] = field(default_factory=list)
    several: list[TheirRow] = field(default_factory=list)
    only_here: list[Our[T]] = field(default_factory=list)
    differing: list[Pair[T]] = field(default_factory=list)
    same: list[Pair[T]] = field(default_factory=list)


def compare(ours: Sequence[Our[T]], theirs: Sequence[TheirRow], foreign: Foreign) -> Compared[T]:
    """Hold an export against ours. Figures agree if they differ by no more than the tolerance, of the larger one."""
    index: dict[tuple[str, str], list[int]] = {}
    for number, our in enumerate(ours):
        for name in KEYS[foreign.of]:
            if our.keys.get(name):
                index.setdefault((name, squeeze(our.keys[name])), []).append(number)
    found: Compared[T] = Compared()
    matched: dict[int, list[TheirRow]] = {}
    for row in theirs:
        hits: list[int] = []
        for name in KEYS[foreign.of]:
            hits = index.get((name, squeeze(row.keys.get(name, ""))), []) if row.keys.get(name) else []
            if hits:
                break
        if len(hits) == 1:
            matched.setdefault(hits[0], []).append(row)
        else:
            (found.several if hits else found.only_there).append(row)
    for number, our in enumerate(ours):
        if number not in matched:
            found.only_here.append(our)
            continue
        pair = Pair(our, matched[number])
        (found.same if _agree(pair, foreign.tolerance_percent) else found.differing).append(pair)
    found.differing.sort(key=lambda pair: (pair.off_m3 is None, -abs(pair.off_m3 or Decimal(0))))
    return found


def _agree(pair: Pair[T], percent: Decimal) -> bool:
    if any(row.unread for row in pair.theirs):
        return False
    if pair.off_m3 is None:
        return pair.theirs_m3 is None and pair.ours.volume_m3 is None
    larger = max(abs(pair.theirs_m3 or Decimal(0)), abs(pair.ours.volume_m3 or Decimal(0)))
    return abs(pair.off_m3) <= larger * percent / 100
