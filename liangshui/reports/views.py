"""Pages of tables for superiors: add, map by clicking, fill, look, issue."""

from collections import Counter
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import PurePath
from typing import Any
from urllib.parse import quote

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from liangshui.accounting.closed import closed_months
from liangshui.core.access import Right, Territory
from liangshui.core.errors import Invalid
from liangshui.core.periods import Period
from liangshui.core.quantities import shown
from liangshui.records.asked import whole
from liangshui.records.gate import needs
from liangshui.registry.queries import own_county, towns
from liangshui.reports import queries, services, words
from liangshui.reports import ready as shipped
from liangshui.reports.asks import source_of
from liangshui.reports.filling import (
    Filled,
    Sheets,
    before,
    by_sheet,
    hand_values,
    period_of,
    period_words,
)
from liangshui.reports.filling import (
    differences as differing,
)
from liangshui.reports.forms import CellForm, FillForm, MappingForm, MarkForm, NewTableForm, TableForm, WorkbookForm
from liangshui.reports.models import Filling, HandChange
from liangshui.reports.rules.checks import Finding
from liangshui.reports.rules.formulas import Unworkable
from liangshui.reports.rules.mapping import Book, Cells, Mark
from liangshui.reports.rules.ranges import Range, cell_name, column_letter
from liangshui.reports.sheets.template import Box, Grid, Worked, grid, part_of, sheets_of

SEE, CHANGE = needs(Right.REPORTS_VIEW), needs(Right.REPORTS_CHANGE)
MOST_FINDINGS = 200
LONG_BYTES = 400_000
"""A longer file is not opened whole for a page."""

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def _territory(request: HttpRequest) -> Territory:
    return request.actor.territory(Right.REPORTS_VIEW)


def _may_change(request: HttpRequest) -> bool:
    return bool(request.actor.may(Right.REPORTS_CHANGE))


def download(content: bytes, name: str, kind: str = XLSX) -> HttpResponse:
    """A file to keep."""
    response = HttpResponse(content, content_type=kind)
    response["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(name)}"
    return response


# --- tables ---


@SEE
def tables(request: HttpRequest) -> HttpResponse:
    """All tables that the county owes, with what is due."""
    rows = list(queries.tables(_territory(request)).order_by("-active", "name"))
    today = timezone.localdate()
    due = services.due([row for row in rows if row.active], today)
    newest: dict[int, Filling] = {}
    for each in queries.fillings(_territory(request)).order_by("start", "number"):
        newest[each.table_id] = each
    lines = []
    for row in rows:
        period, by = due.get(row.pk, (None, None))
        last = newest.get(row.pk)
        lines.append(
            {
                "table": row, "last": last, "last_words": period_words(row.period, Period(last.start, last.end)) if last else "",
                "due": period_words(row.period, period) if period else "", "by": by, "late": bool(by and by < today),
            }
        )  # fmt: skip
    lines.sort(
        key=lambda line: (
            not line["table"].active,
            not line["late"],
            line["by"] or today.replace(year=9999),
            line["table"].name,
        )
    )
    known = {row.name for row in rows}
    words_ = {"lines": lines, "ready": shipped.READY, "known": known, "may_change": _may_change(request)}
    return render(request, "reports/tables.html", words_)


@CHANGE
def new(request: HttpRequest) -> HttpResponse:
    """Add a table by its empty workbook."""
    form = NewTableForm(request.POST if request.method == "POST" else None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        data, file = form.cleaned_data, form.cleaned_data["file"]
        name = data["name"].strip() or PurePath(file.name).stem[:100]
        try:
            made = services.add_table(
                request.actor, own_county(), name, file.name, file.read(), data["mapping"], due_day=data["due_day"],
                **({"office": data["office"]} if data["office"] else {}),
            )  # fmt: skip
        except Invalid as error:
            form.add_error(error.field if error.field in form.fields else None, error.message)
        else:
            messages.success(
                request, _("The table was added. Look at what its cells were taken for, and correct it by clicking.")
            )
            return redirect("table-map", made.pk)
    return render(request, "reports/form.html", {"form": form, "title": _("New table"), "back": reverse("reports")})


@CHANGE
@require_POST
def ready(request: HttpRequest, slug: str) -> HttpResponse:
    """Add one of the tables that come with Liangshui."""
    try:
        made = shipped.add(request.actor, own_county(), slug)
    except Invalid as error:
        messages.error(request, error.message)
        return redirect("reports")
    messages.success(request, _("The table was added. Hold it against your superior's own form before you use it."))
    return redirect("table", made.pk)


@SEE
def table(request: HttpRequest, pk: int) -> HttpResponse:
    """One table: its periods, what is filled and issued."""
    found = queries.table(_territory(request), pk)
    rows = list(queries.fillings(_territory(request)).filter(table=found).order_by("-start", "-number"))
    today = timezone.localdate()
    period, offered = period_of(found.period, today), []
    filled = Counter(row.start for row in rows)
    for _number in range(14 if found.period == "month" else 8):
        offered.append({"start": period.start, "words": period_words(found.period, period), "open": period.end > today})
        period = before(found.period, period)
    version = services.current(found)
    book = services.book_of(version.mapping)
    return render(
        request,
        "reports/table.html",
        {
            "table": found, "version": version, "book": book, "marks": len(book.marks),
            "offered": [each for each in offered if not filled[each["start"]]],
            "chosen": next((each["start"] for each in offered if not each["open"] and not filled[each["start"]]), None),
            "rows": [{"filling": row, "words": period_words(found.period, Period(row.start, row.end))} for row in rows],
            "form": WorkbookForm(), "may_change": _may_change(request),
        },
    )  # fmt: skip


@CHANGE
def settings(request: HttpRequest, pk: int) -> HttpResponse:
    """Name, to whom it is owed, due day, in use."""
    found = queries.table(request.actor.territory(Right.REPORTS_CHANGE), pk)
    initial = {name: getattr(found, name) for name in TableForm.base_fields}
    form = TableForm(request.POST if request.method == "POST" else None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            services.set_facts(request.actor, found, **form.cleaned_data)
        except Invalid as error:
            form.add_error(error.field if error.field in form.fields else None, error.message)
        else:
            return redirect("table", pk)
    return render(
        request, "reports/form.html", {"form": form, "title": found.name, "back": reverse("table", args=[pk])}
    )


@CHANGE
def workbook(request: HttpRequest, pk: int) -> HttpResponse:
    """The empty workbook: download it, or put a new one in its place."""
    found = queries.table(request.actor.territory(Right.REPORTS_CHANGE), pk)
    if request.method != "POST":
        version = services.current(found)
        return download(bytes(version.content), version.file_name)
    form = WorkbookForm(request.POST, request.FILES)
    try:
        if not form.is_valid():
            raise Invalid(_("Choose the empty workbook."))
        file = form.cleaned_data["file"]
        services.set_workbook(request.actor, found, file.name, file.read())
        messages.success(request, _("The new workbook is in place. Check that its cells are still the same."))
    except Invalid as error:
        messages.error(request, error.message)
        return redirect("table", pk)
    return redirect("table-map", pk)


# --- mapping ---


@CHANGE
def mapping(request: HttpRequest, pk: int) -> HttpResponse:
    """The empty table; cells, rows and columns are clicked and said what they are."""
    found = queries.table(request.actor.territory(Right.REPORTS_CHANGE), pk)
    version = services.current(found)
    file = services.workbook_of(bytes(version.content))
    title = request.POST.get("sheet") or request.GET.get("sheet") or file.sheetnames[0]
    title = title if title in file.sheetnames else file.sheetnames[0]
    here = towns(Territory(paths=frozenset({found.division.path})))
    form = MarkForm(request.POST if request.method == "POST" else None, towns=here, initial={"sheet": title})
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            services.mark(request.actor, found, title, data["at"], form.says(), data["each"])
        except Invalid as error:
            form.add_error(error.field if error.field in form.fields else None, error.message)
        else:
            return redirect(f"{reverse('table-map', args=[pk])}?sheet={quote(title)}")
    book = services.book_of(version.mapping)
    said = {str(m.at): _said(m) for m in book.marks if (m.sheet or book.sheet) in ("", title)}
    return render(
        request,
        "reports/map.html",
        {
            "table": found, "form": form, "sheet": title, "sheets": file.sheetnames,
            "grid": _mapped(file[title], book), "letters": _letters(grid(file[title], rows=1)),
            "marks": [(at, each["words"]) for at, each in said.items()], "said": said,
            "text": MappingForm(initial={"mapping": version.mapping}), "book": book,
            "measure": words.MEASURES[book.measure],
        },
    )  # fmt: skip


def _said(mark: Mark) -> dict[str, Any]:
    """A mark in words, and as the form has it."""
    says = asdict(mark.says)
    kind = next((name for name in words.FILTERS if name != "town" and says[name]), "")
    form = {name: says[name] if says[name] is not None else "" for name in MarkForm.base_fields if name in says}
    form |= {"each": mark.each, "kind": kind, "thing": says.get(kind, "")}
    return {"words": words.says_words(mark.says, mark.each), "says": form}


def _letters(part: Grid) -> list[tuple[str, int]]:
    """Column letters with their widths in pixels."""
    return [(column_letter(number), width) for number, width in enumerate(part.widths, 1)]


def _mapped(sheet: Any, book: Book) -> list[dict[str, Any]]:
    """Rows of the empty table with what each cell is taken for."""
    cells = Cells(book, sheet.title)
    repeated = {mark.at.top: words.EACH[mark.each] for mark in book.lists(sheet.title)}
    rows = []
    for number, boxes in grid(sheet).rows:
        line = []
        for box in boxes:
            says = cells.at(box.row, box.column)
            line.append({"box": box, "name": cell_name(box.row, box.column), "says": words.says_words(says) if says else "",
                         "short": _short(says) if says and not box.text and not box.formula else ""})  # fmt: skip
        rows.append({"number": number, "cells": line, "each": repeated.get(number, "")})
    return rows


def _short(says: Any) -> str:
    return str(words.FIGURES[says.figure] if says.figure else words.TEXTS[says.text])


@CHANGE
def mapping_file(request: HttpRequest, pk: int) -> HttpResponse:
    """The mapping as a file: download it, or take it as text."""
    found = queries.table(request.actor.territory(Right.REPORTS_CHANGE), pk)
    if request.method != "POST":
        return download(
            services.current(found).mapping.encode(), f"{found.name}.yaml", "application/yaml; charset=utf-8"
        )
    form = MappingForm(request.POST)
    if form.is_valid():
        try:
            services.set_mapping(request.actor, found, form.cleaned_data["mapping"])
            messages.success(request, _("The mapping was taken."))
            return redirect("table-map", pk)
        except Invalid as error:
            form.add_error("mapping", error.message)
    words_ = {"form": form, "title": found.name, "back": reverse("table-map", args=[pk])}
    return render(request, "reports/form.html", words_)


# --- a period ---


@CHANGE
@require_POST
def fill(request: HttpRequest, pk: int) -> HttpResponse:
    """Fill the table for a period."""
    found = queries.table(request.actor.territory(Right.REPORTS_CHANGE), pk)
    form = FillForm(request.POST)
    try:
        if not form.is_valid():
            raise Invalid(_("Choose a period."))
        if services.is_large(found, form.cleaned_data["day"]):
            services.start_filling(request.actor, found, form.cleaned_data["day"])
            return redirect("table", pk)
        made = services.fill(request.actor, found, form.cleaned_data["day"])
    except Invalid as error:
        messages.error(request, error.message)
        return redirect("table", pk)
    return redirect("filling", made.pk)


@dataclass(slots=True)
class FilledBox:
    """A cell of a filled table as its page shows it."""

    box: Box
    name: str
    text: str
    filled: Filled | None
    change: HandChange | None
    findings: list[Finding]
    computed: bool
    of_day: bool = False


@SEE
def filling(request: HttpRequest, pk: int) -> HttpResponse:
    """A filled table: every filled cell opens; what is odd about it; issue it."""
    found = queries.filling(_territory(request), pk)
    sheets, by_hand = Sheets.unpack(bytes(found.cells)), hand_values(found)
    content = services.content_of(found)
    names = sheets_of(content)
    title = request.GET.get("sheet", "")
    title = title if title in names else names[0]
    first = max(whole(request.GET.get("from")) or 1, 1)
    long = len(content) > LONG_BYTES
    file = None if long else services.workbook_of(content)
    part = part_of(content, title, first) if file is None else grid(file[title], first)
    findings = by_sheet(sheets.findings)
    cells = {(cell.sheet, cell.cell): cell for cell in sheets.cells}
    worked = None if file is None else Worked(file)
    rows = []
    for number, boxes in part.rows:
        line = []
        for box in boxes:
            name = cell_name(box.row, box.column)
            key = (title, name)
            known = cells.get(key)
            text = _worked(worked, title, box) if box.formula else box.text
            if known is not None and key not in by_hand:
                text = known.value or ""
            of_day = sheets.day_at(title, box.row, box.column) is not None
            line.append(
                FilledBox(box, name, text, known, by_hand.get(key), findings.get(key, []), bool(box.formula), of_day)
            )
        rows.append({"number": number, "cells": line})
    period = Period(found.start, found.end)
    unclosed = [m.start for m in period.months() if m.start not in closed_months([m.start for m in period.months()])]
    counts = Counter(finding.code for _sheet, finding in sheets.findings)
    return render(
        request,
        "reports/filling.html",
        {
            "filling": found, "table": found.table, "words": period_words(found.table.period, period), "sheet": title,
            "sheets": names, "rows": rows, "more": part.more, "next": first + len(part.rows),
            "letters": _letters(part),
            "findings": [
                {"sheet": sheet, "finding": f, "words": words.finding_words(f)} for sheet, f in sheets.findings if f.code != "unknown"
            ][:MOST_FINDINGS],
            "odd": counts.total() - counts["unknown"], "unknown": counts["unknown"] + sum(each.unknown for each in sheets.days), "blanks": not long, "changes": list(by_hand.values()), "unclosed": unclosed,
            "skipped": sheets.skipped[:50], "over": found.end <= timezone.localdate(),
            "may_change": _may_change(request), "open": _may_change(request) and found.issued_at is None, "others": queries.fillings(_territory(request)).filter(table=found.table, start=found.start).exclude(pk=pk),
        },
    )  # fmt: skip


def _worked(worked: Worked | None, sheet: str, box: Box) -> str:
    if worked is None:
        return "…"
    try:
        value = worked.figure(sheet, box.row, box.column)
    except Unworkable:
        return "…"
    if value is None:
        return ""
    return f"{round(value, 6).normalize():f}" if box.places is None else shown(value, box.places).replace(",", "")


@SEE
def cell(request: HttpRequest, pk: int) -> HttpResponse:
    """One cell of a filled table: its figure, where it comes from, what is odd, and writing over it."""
    found = queries.filling(_territory(request), pk)
    sheets, by_hand = Sheets.unpack(bytes(found.cells)), hand_values(found)
    key = (request.GET.get("sheet", ""), request.GET.get("cell", ""))
    filled = next((c for c in sheets.cells if (c.sheet, c.cell) == key), None)
    of_day = _of_day(sheets, *key)
    form = CellForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            services.change_cell(request.actor, found, *key, form.cleaned_data["value"], form.cleaned_data["reason"])
        except Invalid as error:
            form.add_error(error.field if error.field in form.fields else None, error.message)
        else:
            return redirect(f"{reverse('filling', args=[pk])}?sheet={quote(key[0])}")
    may = request.actor.territory(Right.REPORTS_CHANGE).holds_path(found.table.division.path)
    return render(
        request,
        "reports/cell.html",
        {
            "filling": found, "key": key, "filled": filled, "change": by_hand.get(key), "form": form,
            "source": source_of(filled.ask) if filled else reverse("intake-day", args=of_day) if of_day else "",
            "ask": _ask_words(filled.ask) if filled else str(of_day[1]) if of_day else "",
            "findings": [words.finding_words(f) for sheet, f in sheets.findings if (sheet, f.cell) == key],
            "history": found.changes.filter(sheet=key[0], cell=key[1]).select_related("changed_by"),
            "may_change": may and found.issued_at is None,
        },
    )  # fmt: skip


def _of_day(sheets: Sheets, sheet: str, cell: str) -> tuple[int, date] | None:
    try:
        place = Range.read(cell)
    except ValueError:
        return None
    return sheets.day_at(sheet, place.top, place.left)


def _ask_words(ask: Any) -> str:
    return f"{words.FIGURES[ask.figure]} · {ask.period.start} – {ask.period.last}"


@SEE
def file(request: HttpRequest, pk: int) -> HttpResponse:
    """The filled workbook."""
    found = queries.filling(_territory(request), pk)
    period = period_words(found.table.period, Period(found.start, found.end)).replace("/", "-")
    state = "" if found.issued_at else _(" (draft)")
    return download(services.content_of(found), f"{found.table.name} {period}{state}.xlsx")


@SEE
def differences(request: HttpRequest, pk: int) -> HttpResponse:
    """What an issued table would say otherwise by the data of today."""
    found = queries.filling(_territory(request), pk)
    rows = differing(found.table.division, Sheets.unpack(bytes(found.cells)))
    period = period_words(found.table.period, Period(found.start, found.end))
    return render(request, "reports/differences.html", {"filling": found, "rows": rows, "words": period})


def _draft(request: HttpRequest, pk: int) -> Filling:
    return queries.filling(request.actor.territory(Right.REPORTS_CHANGE), pk)


@CHANGE
@require_POST
def issue(request: HttpRequest, pk: int) -> HttpResponse:
    """Issue the table; it stands from then on."""
    try:
        services.issue(request.actor, _draft(request, pk))
        messages.success(request, _("The table is issued. Its file is kept as it is now."))
    except Invalid as error:
        messages.error(request, error.message)
    return redirect("filling", pk)


@CHANGE
@require_POST
def correct(request: HttpRequest, pk: int) -> HttpResponse:
    """Begin a correction of an issued table."""
    try:
        made = services.correct(request.actor, _draft(request, pk), request.POST.get("reason", ""))
    except Invalid as error:
        messages.error(request, error.message)
        return redirect("filling", pk)
    return redirect("filling", made.pk)


@CHANGE
@require_POST
def drop(request: HttpRequest, pk: int) -> HttpResponse:
    """Throw a draft away."""
    found = _draft(request, pk)
    try:
        services.drop(request.actor, found)
        messages.success(request, _("The draft was thrown away."))
    except Invalid as error:
        messages.error(request, error.message)
        return redirect("filling", pk)
    return redirect("table", found.table_id)
