"""Verbs of tables for superiors: add, map, fill, change by hand, issue; and exports of other systems."""

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django_tasks import task

from liangshui.core.access import Actor, Right, Territory
from liangshui.core.errors import Invalid, LiangshuiError
from liangshui.core.mappings import MappingError
from liangshui.core.periods import Period
from liangshui.registry.importing import packed, unpacked
from liangshui.registry.models import Division, Intake
from liangshui.registry.queries import towns
from liangshui.registry.sheets.problems import SheetError
from liangshui.registry.sheets.text import squeeze
from liangshui.reports import words
from liangshui.reports.asks import UnknownName
from liangshui.reports.filling import Filler, Sheets, hand_values, period_of, with_changes
from liangshui.reports.models import Filling, HandChange, Table, TableVersion
from liangshui.reports.rules.mapping import Book, Mark, Says, dump, load
from liangshui.reports.rules.ranges import Range, cell_name
from liangshui.reports.sheets.guess import Word, guess
from liangshui.reports.sheets.template import (
    formula_of,
    holds_formula,
    open_template,
    sheets_of,
    shown,
    used,
    written,
)

MOST_BYTES = 20 * 2**20


def book_of(text: str) -> Book:
    """A mapping from its file. Raises Invalid with what is wrong, and where."""
    try:
        return load(text)
    except MappingError as error:
        raise Invalid(words.mapping_words(error), field="mapping") from error


def workbook_of(content: bytes) -> Any:
    """A workbook that can be filled. Raises Invalid with what is wrong."""
    if len(content) > MOST_BYTES:
        raise Invalid(_("The workbook is larger than 20 MB."), field="file")
    try:
        return open_template(content)
    except SheetError as error:
        raise Invalid(words.sheet_words(error), field="file") from error


# --- the table and its mapping ---


@transaction.atomic
def add_table(
    actor: Actor, county: Division, name: str, file_name: str, content: bytes, mapping: str = "", **facts: Any
) -> Table:
    """Add a table by its empty workbook; without a mapping one is proposed from its words.

    Raises:
        Invalid: the workbook or mapping cannot be used, or there is a table of this name.
    """
    actor.require(Right.REPORTS_CHANGE, path=county.path)
    workbook = workbook_of(content)
    book = book_of(mapping) if mapping.strip() else proposed(county, name, workbook)
    if Table.objects.filter(division=county, name=name).exists():
        raise Invalid(_("There is a table of this name. Choose another, or change its workbook there."), field="name")
    table = Table.objects.create(division=county, name=name, period=book.period, **{"office": book.office} | facts)
    TableVersion.objects.create(
        table=table, number=1, file_name=file_name[:200], content=content, mapping=dump(replace(book, name=name)),
        made_by_id=actor.person_id,
    )  # fmt: skip
    return table


def proposed(county: Division, name: str, workbook: Any) -> Book:
    """The mapping that the words of the first sheet suggest."""
    sheet = workbook.worksheets[0]
    named: dict[str, str] = {}
    for town in towns(Territory(paths=frozenset({county.path}))):
        for word in (town.name, *town.aliases.values_list("name", flat=True)):
            named[squeeze(word)] = town.name
    merged = {
        (m.min_row, m.min_col): Range(m.min_row, m.min_col, m.max_row, m.max_col) for m in sheet.merged_cells.ranges
    }
    found = []
    last = used(sheet)
    for line in sheet.iter_rows(max_row=min(last[0], 300), max_col=min(last[1], 100)):
        for cell in line:
            if cell.value is not None and not formula_of(cell) and not isinstance(cell.value, int | float):
                at = merged.get((cell.row, cell.column), Range(cell.row, cell.column, cell.row, cell.column))
                found.append(Word(at, shown(cell.value)))
    return guess(name, sheet.title, found, named, last)


def current(table: Table) -> TableVersion:
    """The newest version."""
    return table.versions.order_by("-number")[0]


@transaction.atomic
def set_mapping(actor: Actor, table: Table, mapping: str) -> TableVersion:
    """Take a mapping; once something was filled by the present version, it becomes a new one.

    Raises:
        Invalid: it cannot be read, or names what this county does not have.
    """
    actor.require(Right.REPORTS_CHANGE, path=table.division.path)
    book = book_of(mapping)
    version = current(table)
    sheets = workbook_of(bytes(version.content)).sheetnames
    for named in {book.sheet, *(mark.sheet for mark in book.marks), *(each.sheet for each in book.sums)} - {""}:
        if named not in sheets:
            raise Invalid(_("The workbook has no sheet “%(name)s”.") % {"name": named}, field="mapping")
    version = _open_version(actor, version)
    version.mapping = dump(book)
    version.save(update_fields=["mapping"])
    if table.period != book.period:
        if table.fillings.exists():
            raise Invalid(
                _("Periods of this table were filled already; how often it is due cannot change."), field="mapping"
            )
        table.period = book.period
        table.save(update_fields=["period"])
    return version


@transaction.atomic
def set_workbook(actor: Actor, table: Table, file_name: str, content: bytes) -> TableVersion:
    """Take a new empty workbook of the same table; the mapping stays."""
    actor.require(Right.REPORTS_CHANGE, path=table.division.path)
    workbook_of(content)
    version = _open_version(actor, current(table))
    version.content, version.file_name = content, file_name[:200]
    version.save(update_fields=["content", "file_name"])
    return version


def _open_version(actor: Actor, version: TableVersion) -> TableVersion:
    """The version itself while nothing was filled by it, else a new one like it."""
    if not version.fillings.exists():
        return version
    return TableVersion.objects.create(
        table=version.table, number=version.number + 1, file_name=version.file_name, content=version.content,
        mapping=version.mapping, made_by_id=actor.person_id,
    )  # fmt: skip


def mark(actor: Actor, table: Table, sheet: str, at: str, says: Says, each: str = "") -> TableVersion:
    """Say what a block of the table is; an earlier mark of the same block is replaced, an empty one taken away.

    Raises:
        Invalid: the place cannot be read.
    """
    book = book_of(current(table).mapping)
    try:
        block = Range.read(at)
    except ValueError as error:
        raise Invalid(
            _("“%(at)s” is no place on a sheet; write C6, C6:H14, 6:6 or C:C.") % {"at": at[:40]}, field="at"
        ) from error
    if each and block.top != block.bottom:
        raise Invalid(_("Only a single row can be repeated: click its number."), field="at")
    kept = [m for m in book.marks if not (m.at == block and (m.sheet or book.sheet or sheet) == sheet)]
    if says != Says() or each:
        named = "" if book.sheet == sheet else sheet
        kept.append(Mark(at=block, says=says, sheet=named, each=each))
    return set_mapping(actor, table, dump(replace(book, marks=tuple(kept))))


def set_facts(actor: Actor, table: Table, **facts: Any) -> Table:
    """Change name, office, due day, or whether it is in use."""
    actor.require(Right.REPORTS_CHANGE, path=table.division.path)
    if (
        "name" in facts
        and Table.objects.filter(division=table.division, name=facts["name"]).exclude(pk=table.pk).exists()
    ):
        raise Invalid(_("There is a table of this name. Choose another, or change its workbook there."), field="name")
    for name, value in facts.items():
        setattr(table, name, value)
    table.save()
    return table


# --- a period ---


@transaction.atomic
def fill(actor: Actor, table: Table, day: date) -> Filling:
    """Fill the table for the period in which a day lies. A draft is filled anew, with its changes by hand kept.

    Raises:
        Invalid: the period is issued (correct it instead), not begun, or the mapping names what is not there.
    """
    actor.require(Right.REPORTS_CHANGE, path=table.division.path)
    period = period_of(table.period, day)
    if period.start > timezone.localdate():
        raise Invalid(_("This period has not begun yet."))
    list(Table.objects.select_for_update().filter(pk=table.pk).values("pk"))
    known = table.fillings.filter(start=period.start).order_by("-number").first()
    if known is not None and known.issued_at is not None:
        raise Invalid(_("The table of this period is issued. To correct it, say why on its page."))
    version = current(table)
    draft, sheets = _filled(actor, version, period)
    if known is None:
        known = Filling(table=table, start=period.start, end=period.end)
    known.version, known.draft, known.cells = version, draft, sheets.pack()
    known.filled_at, known.filled_by_id = timezone.now(), actor.person_id
    known.save()
    return known


LARGE_ROWS = 3000
"""A list that is longer is filled by the worker, and found again on the table's page."""
GIVEN_UP = timedelta(minutes=30)
"""After so long a filling that has not ended is taken for broken off, and may be started again."""


def is_large(table: Table, day: date) -> bool:
    """Whether filling takes so long that the worker should do it."""
    each = {mark.each for mark in book_of(current(table).mapping).marks}
    if not each & {"intake", "intake_day"}:
        return False
    wells = Intake.objects.within(Territory(paths=frozenset({table.division.path}))).count()
    return wells * (period_of(table.period, day).length if "intake_day" in each else 1) > LARGE_ROWS


def start_filling(actor: Actor, table: Table, day: date) -> None:
    """Let the worker fill a table; what goes wrong is kept for its page."""
    actor.require(Right.REPORTS_CHANGE, path=table.division.path)
    now = timezone.now()
    free = Table.objects.filter(Q(filling_since=None) | Q(filling_since__lt=now - GIVEN_UP), pk=table.pk)
    if not free.update(filling_since=now, fault=""):
        raise Invalid(_("This table is being filled already. Wait until it is done."))
    fill_in_background.enqueue(table.pk, day.isoformat(), packed(actor))


@task()
def fill_in_background(pk: int, day: str, actor: dict[str, Any]) -> None:
    """Fill a table by the worker."""
    fault = ""
    try:
        fill(unpacked(actor), Table.objects.select_related("division").get(pk=pk), date.fromisoformat(day))
    except LiangshuiError as error:
        fault = error.message[:300]
    finally:
        Table.objects.filter(pk=pk).update(filling_since=None, fault=fault)


def _filled(actor: Actor, version: TableVersion, period: Period) -> tuple[bytes, Sheets]:
    """The filled file, and its figures."""
    book = book_of(version.mapping)
    if not any(mark.says.fills for mark in book.marks):
        raise Invalid(_("No cell of the table is mapped yet: say first what its cells are."))
    workbook = workbook_of(bytes(version.content))
    try:
        sheets = Filler(version.table.division, book, workbook, period, actor.name).fill()
        return written(workbook), sheets
    except UnknownName as error:
        raise Invalid(words.name_words(error)) from error


@transaction.atomic
def change_cell(actor: Actor, filling: Filling, sheet: str, cell: str, value: str, reason: str) -> HandChange:
    """Write over a cell of a draft, with the reason; an empty value gives it back to what was filled.

    Raises:
        Invalid: it is issued, there is no such cell, it is a formula, or no reason is given.
    """
    actor.require(Right.REPORTS_CHANGE, path=filling.table.division.path)
    if filling.issued_at is not None:
        raise Invalid(_("This table is issued and stands as it is. Correct it by a new one."))
    if not reason.strip():
        raise Invalid(_("Say why the cell is changed."), field="reason")
    draft = bytes(filling.draft)
    try:
        place = Range.read(cell)
    except ValueError as error:
        raise Invalid(_("There is no such cell."), field="cell") from error
    if sheet not in sheets_of(draft) or place.size != 1:
        raise Invalid(_("There is no such cell."), field="cell")
    if holds_formula(draft, sheet, place.top, place.left):
        raise Invalid(
            _("%(cell)s is a formula of the table; change the cells that it adds up.") % {"cell": cell}, field="cell"
        )
    return HandChange.objects.create(
        filling=filling, sheet=sheet, cell=cell_name(place.top, place.left), value=value.strip()[:200],
        reason=reason.strip()[:200], changed_by_id=actor.person_id,
    )  # fmt: skip


def content_of(filling: Filling) -> bytes:
    """The file of a filled table: the frozen one if it is issued, else as it stands now."""
    if filling.issued is not None:
        return bytes(filling.issued)
    return with_changes(bytes(filling.draft), hand_values(filling))


@transaction.atomic
def issue(actor: Actor, filling: Filling) -> Filling:
    """Issue a filled table: its file is frozen with its digest.

    Raises:
        Invalid: it is issued already, or its period is not over.
    """
    actor.require(Right.REPORTS_CHANGE, path=filling.table.division.path)
    filling = Filling.objects.select_for_update().select_related("table__division", "version").get(pk=filling.pk)
    if filling.issued_at is not None:
        raise Invalid(_("This table is issued already."))
    if filling.end > timezone.localdate():
        raise Invalid(_("The period is not over yet; the table can be issued from %(day)s on.") % {"day": filling.end})
    content = content_of(filling)
    filling.issued, filling.digest = content, hashlib.sha256(content).hexdigest()
    filling.issued_at, filling.issued_by_id = timezone.now(), actor.person_id
    filling.save()
    return filling


@transaction.atomic
def correct(actor: Actor, filling: Filling, reason: str) -> Filling:
    """Begin a correction of an issued table: a new draft of the same period, filled from the data of today.

    Raises:
        Invalid: it is not issued, a correction is open already, or no reason is given.
    """
    actor.require(Right.REPORTS_CHANGE, path=filling.table.division.path)
    if not reason.strip():
        raise Invalid(_("Say why the table is corrected."), field="reason")
    newest = filling.table.fillings.filter(start=filling.start).order_by("-number")[0]
    if newest.issued_at is None:
        raise Invalid(_("A correction of this table is open already."))
    version = current(filling.table)
    draft, sheets = _filled(actor, version, Period(filling.start, filling.end))
    return Filling.objects.create(
        table=filling.table, version=version, start=filling.start, end=filling.end, number=newest.number + 1,
        reason=reason.strip()[:200], draft=draft, cells=sheets.pack(), filled_at=timezone.now(), filled_by_id=actor.person_id,
    )  # fmt: skip


def drop(actor: Actor, filling: Filling) -> None:
    """Throw a draft away. Raises Invalid if it is issued."""
    actor.require(Right.REPORTS_CHANGE, path=filling.table.division.path)
    if filling.issued_at is not None:
        raise Invalid(_("This table is issued and stands as it is. Correct it by a new one."))
    filling.delete()


def due(tables: Sequence[Table], today: date) -> dict[int, tuple[Period, date | None]]:
    """Of each table the last period that is over and not issued, and the day by which it is due."""
    found: dict[int, tuple[Period, date | None]] = {}
    for table in tables:
        period = period_of(table.period, date.fromordinal(period_of(table.period, today).start.toordinal() - 1))
        if table.fillings.filter(start=period.start, issued_at__isnull=False).exists():
            continue
        by = None
        if table.due_day:
            last = period_of("month", period.end).length
            by = period.end.replace(day=min(table.due_day, last))
        found[table.pk] = (period, by)
    return found
