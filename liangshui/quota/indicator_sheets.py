"""Control indicators from and to Excel: a row an indicator. Target with its document, and figures of what was reached with their
source, are each taken whole; what the sheet leaves empty stays as it was."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from liangshui.core.access import Actor, Right
from liangshui.core.errors import Invalid
from liangshui.core.quantities import M3_PER_WAN
from liangshui.quota import indicator_queries as queries
from liangshui.quota.indicator_services import TYPED, enter
from liangshui.quota.models import SOURCES, Indicator
from liangshui.quota.queries import county
from liangshui.quota.sheets.columns import INDICATORS
from liangshui.registry.models import Division
from liangshui.registry.sentences import cell_words, table_words
from liangshui.registry.sheets.fields import by_name
from liangshui.registry.sheets.table import Row as SheetRow
from liangshui.registry.sheets.table import Table, read_tables
from liangshui.registry.sheets.workbook import read_workbook
from liangshui.registry.sheets.write import SheetOut, write_workbook

FIELDS = by_name(INDICATORS)
PARTS = (("target", "document", "document_number", "issued_on"), (*TYPED, "actual_source"))
"""Figures with their sources: what the row says of one of them replaces all of them."""


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


def take(actor: Actor, content: bytes, *, keep: bool) -> Taken:
    """Enter the indicators of a workbook, each row by itself; without `keep` only see what would come of it.

    Raises:
        Forbidden: the actor may not allot water in the whole county.
        SheetError: the file cannot be read at all.
    """
    actor.require(Right.QUOTA_CHANGE, path=county().path)
    tables = read_tables(read_workbook(content), INDICATORS).tables
    seen: dict[tuple[Any, ...], int] = {}
    places = _places(actor)
    problems: list[Problem] = []
    counts: Counter[str] = Counter()
    with transaction.atomic():
        for table in tables:
            of_sheet = [*table.problems, *(note for note in table.notes if note.permanent)]
            problems += [Problem(table.sheet, None, "", table_words(each.code, each.params)) for each in of_sheet]
            for row in table.rows:
                try:
                    with transaction.atomic():
                        counts[_enter(actor, row, places, seen)] += 1
                except Invalid as error:
                    column = table.column_of(error.field) if error.field else None
                    problems.append(Problem(table.sheet, row.number, column.letter if column else "", error.message))
                except _BadCells:
                    problems += [_of_cell(table, each) for each in row.problems]
        if not keep:
            transaction.set_rollback(True)
    return Taken(counts["new"], counts["corrected"], counts["same"], tuple(problems))


class _BadCells(Exception):
    """A row whose cells cannot be read."""


def _of_cell(table: Table, problem: Any) -> Problem:
    told = asdict(problem)
    field = FIELDS[problem.field]
    told["params"] = {"field": field.heading, "example": field.example, **problem.params}
    return Problem(table.sheet, problem.row, problem.column, cell_words(told))


def _places(actor: Actor) -> dict[str, list[queries.Place]]:
    """Places by name, other name and code."""
    found: dict[str, list[queries.Place]] = defaultdict(list)
    for place in queries.places(actor.territory(Right.QUOTA_CHANGE)):
        others = place.aliases.values_list("name", flat=True) if isinstance(place, Division) else ()
        for name in {place.name, place.code, *others}:
            found[name].append(place)
    return found


def _enter(
    actor: Actor, row: SheetRow, places: dict[str, list[queries.Place]], seen: dict[tuple[Any, ...], int]
) -> str:
    if row.problems:
        raise _BadCells
    given: dict[str, Any] = {name: _filled(value) for name, value in row.values.items()}
    year, kind = given["year"], given["kind"]
    source_kind, sector = given.get("source_kind") or "", given.get("sector") or ""
    called = places.get(given["place"], [])
    if len(called) != 1:
        raise Invalid(
            (_("several places are called “%(name)s”; write the code") if called else _("there is no place “%(name)s”"))
            % {"name": given["place"]},
            field="place",
        )
    place = called[0]
    key = (queries.node_of(place, sector), year, kind, source_kind)
    if key in seen:
        raise Invalid(_("the same indicator stands in row %(n)s already") % {"n": seen[key]})
    seen[key] = row.number
    if given.get("target") is not None and kind in SOURCES:
        given["target"] *= M3_PER_WAN
    of_place = {"division": place, "unit": None} if isinstance(place, Division) else {"division": None, "unit": place}
    which = {"year": year, "kind": kind, "source_kind": source_kind, "sector": sector, **of_place}
    before = Indicator.objects.filter(ended_at=None, **which).first()
    facts: dict[str, Any] = {}
    for names in PARTS:
        filled = any(given.get(name) is not None for name in names)
        facts |= {name: given.get(name) if filled else getattr(before, name, None) for name in names}
    if before and all(_filled(facts[name]) == _filled(getattr(before, name)) for name in facts):
        return "same"
    words: dict[str, Any] = {name: facts.pop(name) or "" for name in ("document", "document_number", "actual_source")}
    enter(actor, place, year, kind, source_kind=source_kind, sector=sector, replaces=before, **words, **facts)
    return "corrected" if before else "new"


def _filled(value: Any) -> Any:
    """Text that is empty is none; a figure of 0 is a figure."""
    return None if value == "" else value


def write(rows: Iterable[Indicator]) -> bytes:
    """Indicators in the form that is read back; none of them: the form to fill in."""
    names = [name for part in PARTS for name in part]
    found = []
    for row in rows:
        facts = {name: getattr(row, name) for name in ("year", "kind", "source_kind", "sector", *names)}
        if row.target is not None and row.kind in SOURCES:
            facts["target"] = row.target / M3_PER_WAN
        found.append({name: _filled(value) for name, value in facts.items()} | {"place": row.place.name})
    return write_workbook([SheetOut(_("Control indicators"), INDICATORS, found)])
