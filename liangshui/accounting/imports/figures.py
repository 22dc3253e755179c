"""What sheets of figures by period have in common: the period of each, its range, and the rows that stand already."""

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from liangshui.accounting.codes import Method
from liangshui.accounting.rules.stated import Stated, Sureness, with_range
from liangshui.accounting.sheets.periods import PeriodError, periods_in, read_period, year_in
from liangshui.core.access import Actor
from liangshui.core.periods import Period
from liangshui.core.quantities import volume
from liangshui.registry.import_kinds import SheetRows
from liangshui.registry.ledger_plan import Refused, as_text
from liangshui.registry.sheets.fields import Value
from liangshui.registry.sheets.text import squeeze

Key = tuple[Any, ...]
"""Of whom, of which period, by which method: one row stands for each."""

Told = tuple[Any, ...]


class Standing(NamedTuple):
    """A row that stands: its id, and what it says."""

    pk: int
    told: Told


SURENESS = {Method.CAPACITY: Sureness.AT_MOST, Method.QUOTA: Sureness.OPEN, Method.ESTIMATE: Sureness.OPEN}
"""Of statements without an uncertainty; the others stand as stated."""


class FigureRows(SheetRows):
    """Rows of which each states figures of one or several periods, against the rows that stand."""

    def __init__(self, actor: Actor, content: bytes, options: Mapping[str, Any]) -> None:
        super().__init__(actor, content, options)
        self.year: int | None = None
        self.years: dict[str, int | None] = {}
        self.method = str(options.get("method") or "")
        self.new: list[Any] = []
        self.gone: list[int] = []
        self._seen: dict[Key, str] = {}
        self._standing: dict[Key, Standing] = {}
        self._read_years: set[int] = set()
        for table in self.reading.tables:
            titles = " ".join((table.sheet, *table.above))
            self.years[table.sheet] = year_in(titles) or (int(options["year"]) if options.get("year") else None)

    def weigh(self, index: int) -> dict[str, Any]:
        table, row = self.items[index]
        stated = row.values.get("stated_year")
        self.year = stated if isinstance(stated, int) else self.years[table.sheet]
        return super().weigh(index)

    @abstractmethod
    def read_standing(self, year: int) -> dict[Key, Standing]:
        """Rows that stand, of periods that begin in a year."""

    @abstractmethod
    def told(self, row: Any) -> Told:
        """What a row says, the figure first: two rows that say the same are the same."""

    def replaced(self, row: Any, pk: int) -> None:
        """A row takes the place of one that stands."""
        self.gone.append(pk)

    def settle(
        self, label: str, report: dict[str, Any], made: Sequence[tuple[Key, Period, Any]], unit: str = ""
    ) -> str:
        """Take the rows of one line of the sheet: new ones, and such as say something else than those that stand.

        Returns:
            created, changed or unchanged; what changes is told in the report.

        Raises:
            Refused: an earlier line stated one of the periods; then none of the line is taken.
        """
        for key, period, _row in made:
            if key in self._seen:
                raise Refused("period_again", "stated_period", period=period_words(period), first=self._seen[key])
        created = changed = 0
        for key, period, row in made:
            self._seen[key] = label
            before, now = self._stands(key, period.start), self.told(row)
            if before is None:
                created += 1
            elif before.told == now:
                continue
            else:
                changed += 1
                report["changes"].append(["", period_words(period) + unit, as_text(before.told[0]), as_text(now[0])])
                self.replaced(row, before.pk)
            self.new.append(row)
        return outcome(created, changed)

    def _stands(self, key: Key, start: date) -> Standing | None:
        if start.year not in self._read_years:
            self._read_years.add(start.year)
            self._standing |= self.read_standing(start.year)
        return self._standing.get(key)

    def stated_method(self, values: Mapping[str, Value]) -> Method:
        """How the volumes of a row were found: as it says, or as was said for the file. Raises Refused."""
        method = str(values.get("stated_method") or self.method)
        if not method:
            raise Refused("no_method", "stated_method")
        return Method(method)

    def ranged(self, values: Mapping[str, Value], method: Method, figure: Decimal) -> Stated:
        """A stated volume with its range."""
        percent = values.get("uncertainty_percent")
        off = percent / 100 if isinstance(percent, Decimal) else None
        return with_range(volume(figure), off, SURENESS.get(method, Sureness.AS_STATED))

    def figures(self, values: Mapping[str, Value], single: str) -> list[tuple[str, Period, Decimal]]:
        """Field, period and figure of each filled cell: of the month columns, or of the one column and its period.

        Raises:
            Refused: no period, no figure, or a period that cannot be read.
        """
        try:
            wide = periods_in(values, self.year)
            if wide:
                return wide
            figure = values.get(single)
            text = values.get("stated_period")
            if isinstance(figure, Decimal):
                if text:
                    return [(single, read_period(squeeze(str(text)), self.year), figure)]
                if self.year:
                    return [(single, read_period(str(self.year)), figure)]
                raise Refused("no_period", "stated_period")
            total = values.get("year_m3")
            if isinstance(total, Decimal) and self.year:
                return [("year_m3", read_period(str(self.year)), total)]
        except PeriodError as error:
            said = squeeze(str(values.get("stated_period") or ""))
            raise Refused(error.code, "stated_period", text=said, year=said[:4]) from error
        raise Refused("no_figure", single)


def outcome(created: int, changed: int) -> str:
    """What a line of a sheet did, in one word."""
    if changed:
        return "changed"
    return "created" if created else "unchanged"


def period_words(period: Period) -> str:
    """2023, 2023-04, 2023-04–2023-06."""
    if period.start.month == 1 and period.end == date(period.start.year + 1, 1, 1):
        return str(period.start.year)
    first, last = f"{period.start:%Y-%m}", f"{period.last:%Y-%m}"
    return first if first == last else f"{first}–{last}"
