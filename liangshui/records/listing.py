"""Lists that answer fast: search, filters as chips, sort, page, chosen columns, and an export of exactly what is filtered.

A room declares its list once; the page, its htmx refresh and its export come from the same queryset.
"""

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from html import escape
from typing import Any
from urllib.parse import quote

from django.core.paginator import Page, Paginator
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font

from liangshui.core.text import writable
from liangshui.records.installation import is_demo

PAGE_SIZE = 50


@dataclass(frozen=True)
class Column:
    """A column of a list.

    `value` gives what the export writes; `cell` the template snippet or HTML for the page (default: the value).
    `sort` is the ORM ordering, empty if the column cannot be sorted. `shown` false: hidden until chosen.
    """

    key: str
    label: Any
    value: Callable[[Any], Any]
    cell: Callable[[Any], Any] | None = None
    sort: str = ""
    numeric: bool = False
    shown: bool = True


@dataclass(frozen=True)
class Filter:
    """A filter: its values with labels, and the lookup (or function) that narrows by a chosen value."""

    key: str
    label: Any
    choices: Callable[[], list[tuple[str, Any]]]
    narrow: str | Callable[[QuerySet, str], QuerySet]

    def apply(self, rows: QuerySet, value: str) -> QuerySet:
        return rows.filter(**{self.narrow: value}) if isinstance(self.narrow, str) else self.narrow(rows, value)


@dataclass
class Listing:
    """A declared list over a queryset that is already narrowed to the reader's territory."""

    key: str
    title: Any
    rows: QuerySet
    columns: list[Column]
    search: tuple[str, ...] = ()
    filters: list[Filter] = field(default_factory=list)
    order: str = "pk"
    empty: Any = ""
    link: Callable[[Any], str] | None = None
    actions: list[tuple[str, Any, str]] = field(default_factory=list)
    """Buttons of the page: (URL, label, icon)."""

    def respond(self, request: HttpRequest, template: str = "records/list.html", **context: Any) -> HttpResponse:
        """The page, its refreshed table (htmx), or the export, as asked."""
        view = ListView(self, request)
        if request.GET.get("export") == "xlsx":
            return view.export()
        if request.GET.get("columns"):
            view.remember_columns()
        name = "records/table.html" if request.htmx and not request.htmx.boosted else template
        return render(request, name, {"list": view, **context})


class ListView:
    """One request's look at a list; read by the template."""

    def __init__(self, listing: Listing, request: HttpRequest) -> None:
        self.listing, self.request = listing, request
        self.text = request.GET.get("q", "").strip()
        self.sorted_by = request.GET.get("sort", "")

    @cached_property
    def rows(self) -> QuerySet:
        """All rows that pass search and filters, in order."""
        rows = self.listing.rows
        for word in self.text.split():
            match = Q()
            for lookup in self.listing.search:
                match |= Q(**{lookup: word.lower() if "initials" in lookup else word})
            rows = rows.filter(match)
        for chosen, value, _label in self._chosen:
            rows = chosen.apply(rows, value)
        return rows.order_by(*self._order)

    @property
    def _order(self) -> list[str]:
        key = self.sorted_by.lstrip("-")
        for column in self.listing.columns:
            if column.key == key and column.sort:
                return [("-" if self.sorted_by.startswith("-") else "") + column.sort, "pk"]
        return [self.listing.order]

    @cached_property
    def _chosen(self) -> list[tuple[Filter, str, Any]]:
        chosen = []
        for filter_ in self.listing.filters:
            value = self.request.GET.get(filter_.key, "")
            labels = dict(filter_.choices()) if value else {}
            if value in labels:
                chosen.append((filter_, value, labels[value]))
        return chosen

    @property
    def chips(self) -> list[dict[str, Any]]:
        """Filters in force, each with the address that removes it."""
        return [
            {"label": f.label, "value": label, "without": self.address(**{f.key: "", "page": ""})}
            for f, _v, label in self._chosen
        ]

    @property
    def filters(self) -> list[dict[str, Any]]:
        return [
            {"key": f.key, "label": f.label, "choices": f.choices(), "value": self.request.GET.get(f.key, "")}
            for f in self.listing.filters
        ]

    @cached_property
    def page(self) -> Page:
        return Paginator(self.rows, PAGE_SIZE).get_page(self.request.GET.get("page"))

    @property
    def pages(self) -> Iterator[Any]:
        return self.page.paginator.get_elided_page_range(self.page.number, on_each_side=1, on_ends=1)

    @property
    def total(self) -> int:
        return self.page.paginator.count

    @cached_property
    def _keys(self) -> list[str]:
        known = [c.key for c in self.listing.columns]
        asked = [k for k in self.request.GET.get("columns", "").split(",") if k in known]
        if asked:
            return asked
        kept = (
            [k for k in self.request.user.columns.get(self.listing.key, []) if k in known]
            if self.request.user.is_authenticated
            else []
        )
        return kept or [c.key for c in self.listing.columns if c.shown]

    @property
    def columns(self) -> list[Column]:
        return [c for c in self.listing.columns if c.key in self._keys]

    @property
    def all_columns(self) -> list[dict[str, Any]]:
        return [{"key": c.key, "label": c.label, "on": c.key in self._keys} for c in self.listing.columns]

    @property
    def heads(self) -> list[dict[str, Any]]:
        heads = []
        for column in self.columns:
            down = self.sorted_by == column.key
            heads.append(
                {
                    "column": column,
                    "sorted": "asc" if down else "desc" if self.sorted_by == "-" + column.key else "",
                    "address": self.address(sort=("-" if down else "") + column.key, page="") if column.sort else "",
                }
            )
        return heads

    @property
    def lines(self) -> Iterator[dict[str, Any]]:
        """Each row's page and its cells as HTML: joined here, since a template loop over cells takes thrice as long."""
        columns = [(c.cell or c.value, mark_safe('<td class="num">' if c.numeric else "<td>")) for c in self.columns]
        for row in self.page:
            url = self.listing.link(row) if self.listing.link else ""
            cells = []
            for number, (cell, opening) in enumerate(columns):
                value = cell(row)
                shown = "—" if value is None else escape(value) if type(value) is str else conditional_escape(value)
                if number == 0 and url:
                    shown = format_html('<a href="{}">{}</a>', url, mark_safe(shown))
                cells.append(f"{opening}{shown}</td>")
            yield {"url": url, "cells": mark_safe("".join(cells))}

    def address(self, **changes: Any) -> str:
        """This list with some parameters changed; an empty value removes one."""
        params = self.request.GET.copy()
        for name, value in changes.items():
            if value in ("", None):
                params.pop(name, None)
            else:
                params[name] = value
        params.pop("export", None)
        return "?" + params.urlencode()

    def page_address(self, number: int) -> str:
        return self.address(page=number)

    @property
    def export_address(self) -> str:
        return self.address(page="") + "&export=xlsx"

    def remember_columns(self) -> None:
        """Keep the chosen columns with the person."""
        user = self.request.user
        if user.is_authenticated and user.columns.get(self.listing.key) != self._keys:
            user.columns[self.listing.key] = self._keys
            user.save(update_fields=["columns"])

    def export(self) -> HttpResponse:
        """An Excel workbook of all filtered rows and the shown columns, in the same order."""
        book = Workbook(write_only=True)
        sheet = book.create_sheet(str(self.listing.title)[:31])
        sheet.freeze_panes = "A3" if is_demo() else "A2"
        if is_demo():
            sheet.append([_("Demo data, invented")])
        heads = []
        for column in self.columns:
            cell = WriteOnlyCell(sheet, str(column.label))
            cell.font = Font(bold=True)
            heads.append(cell)
        sheet.append(heads)
        for row in self.rows.iterator(chunk_size=2000):
            sheet.append([exportable(c.value(row)) for c in self.columns])
        out = io.BytesIO()
        book.save(out)
        response = HttpResponse(
            out.getvalue(), content_type="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
        )
        name = f"{self.listing.title}-{timezone.localdate():%Y%m%d}.xlsx"
        response["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(name)}"
        return response


def exportable(value: Any) -> Any:
    """A value as Excel takes it: instants in Beijing time without zone, lazy words as text, formulas disarmed, no control characters."""
    if isinstance(value, datetime):
        return timezone.localtime(value).replace(tzinfo=None) if timezone.is_aware(value) else value
    if value is None or isinstance(value, bool | int | float | Decimal | date):
        return value
    text = writable(str(value))
    return "'" + text if text[:1] in "=+-@" and not text.lstrip("+-").replace(".", "", 1).isdigit() else text
