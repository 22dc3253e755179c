"""Pages of the red lines: balances by node, entering allotments, the ledger behind them."""

from dataclasses import dataclass
from decimal import Decimal

from django.contrib import messages
from django.core.paginator import Paginator
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from liangshui.accounting import queries as accounts
from liangshui.accounting.workbook import workbook
from liangshui.core.access import NOWHERE, Right
from liangshui.core.errors import Invalid, NotFound
from liangshui.quota import queries, services, workbooks
from liangshui.quota.figures import NAMES as FIGURE_NAMES
from liangshui.quota.figures import SORTS, six_figures
from liangshui.quota.forms import AllotForm, AllotmentFileForm
from liangshui.quota.rules.closing import TOTAL, Node
from liangshui.quota.words import PARTS
from liangshui.records.gate import needs
from liangshui.records.listing import Column, Filter, Listing
from liangshui.registry.codes import Sector, SourceKind

SHOWN = {
    "town": lambda node: node.axes == Node(town=1).axes,
    "unit": lambda node: node.axes == Node(unit=1).axes,
    "sector": lambda node: node.axes == Node(sector="living").axes,
    "cell": lambda node: node.axes == Node(1, 1, "living").axes,
    "user": lambda node: node.user is not None and not node.fine,
    "well": lambda node: node.fine,
}
"""Which nodes a tab shows: by town, by unit, by sector, cells of the matrix, users, their villages and wells."""

OVERVIEW_PAGE = 100

TABS = [
    ("town", gettext_lazy("Towns")),
    ("unit", gettext_lazy("Management units")),
    ("sector", gettext_lazy("Uses")),
    ("cell", gettext_lazy("Unit × town × use")),
    ("user", gettext_lazy("Water users")),
    ("well", gettext_lazy("Villages and wells")),
]


@needs(Right.QUOTA_VIEW)
def overview(request: HttpRequest) -> HttpResponse:
    """Allotted, used, left, share of the year gone, expected year end, for each node that the ledger knows."""
    scope = request.scope
    territory = scope.territory(Right.QUOTA_VIEW)
    found = queries.balances(territory, scope.year, day=min(scope.today, scope.period.last))
    usual = "town" if any(SHOWN["town"](b.node) for b in found) else "user"
    tab = request.GET.get("by", usual)
    tab = tab if tab in SHOWN else usual
    page = Paginator([b for b in found if SHOWN[tab](b.node)], OVERVIEW_PAGE).get_page(request.GET.get("page"))
    kinds = []
    for kind in SourceKind:
        own = [b for b in found if b.source_kind == kind]
        if not own:
            continue
        rows = [b for b in page.object_list if b.source_kind == kind]
        total = next((b for b in own if b.node == TOTAL), None)
        kinds.append({"kind": kind, "label": kind.label, "total": total, "rows": rows})
    return render(
        request,
        "quota/overview.html",
        {
            "kinds": kinds,
            "tab": tab,
            "page": page,
            "pages": page.paginator.get_elided_page_range(page.number),
            "tabs": TABS,
            "may_allot": request.actor.may(Right.QUOTA_CHANGE),
            "year_over": scope.today > scope.period.last,
            "uncovered": accounts.uncovered(scope.year) if scope.today >= scope.period.start else "",
        },
    )


@needs(Right.QUOTA_VIEW)
def node(request: HttpRequest, source_kind: str, code: str) -> HttpResponse:
    """One balance explained line by line: its ledger rows, its parts, what is left to give."""
    scope = request.scope
    try:
        wanted = Node.of(code)
    except ValueError as error:
        raise NotFound(code) from error
    territory = scope.territory(Right.QUOTA_VIEW)
    found = queries.balances(territory, scope.year, day=min(scope.today, scope.period.last), source_kind=source_kind)
    balance = next((b for b in found if b.node == wanted), None)
    if balance is None:
        raise NotFound(code)
    parts = [{"along": _along(wanted, c.along), "closing": c} for c in balance.closings]
    rows, after = [], Decimal(0)
    for row in (
        queries.ledger(territory, scope.year).filter(source_kind=source_kind, **queries.columns(wanted)).reverse()
    ):
        after += row.change_m3
        rows.append({"row": row, "after": after})
    children = [b for b in found if b.node != wanted and wanted.holds(b.node) and b.node.depth == wanted.depth + 1]
    context = {
        "balance": balance, "parts": parts, "rows": rows[::-1], "children": children,
        "may_allot": request.actor.territory(Right.QUOTA_CHANGE).holds_path(queries.county().path),
    }  # fmt: skip
    return render(request, "quota/node.html", context)


def _along(node: Node, axes: tuple[bool, ...]) -> str:
    """Along which axes the parts of a node lie, in words."""
    return " × ".join(
        str(PARTS[axis])
        for axis, mine, theirs in zip(queries.AXES, node.axes, axes, strict=True)
        if theirs and not mine
    )


@needs(Right.QUOTA_CHANGE)
def allot(request: HttpRequest) -> HttpResponse:
    """Enter a change of one node; a check page shows what would follow before it is written."""
    form = AllotForm(
        request.POST or None,
        territory=request.actor.territory(Right.QUOTA_CHANGE),
        initial={"counts_from": request.scope.today, "source_kind": SourceKind.SHALLOW},
    )
    preview = None
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        wanted = Node(
            given["unit"].pk if given["unit"] else None,
            given["town"].pk if given["town"] else None,
            given["sector"] or None,
            *(given[axis].pk if given[axis] else None for axis in ("user", "village", "intake")),
        )
        if "confirmed" in request.POST:
            try:
                services.allot(
                    request.actor,
                    queries.county(),
                    request.scope.year,
                    given["source_kind"],
                    [services.Change(wanted, given["change"])],
                    counts_from=given["counts_from"],
                    document=given["document"],
                    reason=given["reason"],
                )
            except Invalid as error:
                form.add_error(None, error.message)
            else:
                messages.success(request, _("The allotment was written into the ledger."))
                return redirect("quota")
        else:
            now = queries.allotted(queries.county(), request.scope.year, given["source_kind"]).get(wanted, Decimal(0))
            preview = {
                "label": queries.Names().label(wanted),
                "now": now,
                "after": now + given["change"],
                "change": given["change"],
            }
    return render(request, "quota/allot.html", {"form": form, "preview": preview})


@needs(Right.QUOTA_CHANGE)
def upload(request: HttpRequest) -> HttpResponse:
    """A workbook of allotments: first what it would change and which rows cannot be read, then taken as a whole."""
    form = AllotmentFileForm(request.POST or None, request.FILES or None, initial={"counts_from": request.scope.today})
    context = {"form": form}
    if request.method == "POST" and form.is_valid():
        try:
            rows = workbooks.read(form.cleaned_data["file"].read())
        except workbooks.SheetError as error:
            form.add_error("file", workbooks.file_sentence(error))
        else:
            changes = workbooks.changes(queries.county(), request.scope.year, rows)
            context |= {
                "rows": rows,
                "changes": sum(len(found) for found in changes.values()),
                "problems": [r for r in rows if r.problem],
            }
            if "take" in request.POST:
                written = _take(request, form, changes)
                if written is not None:
                    messages.success(request, _("%(n)s rows were written into the ledger.") % {"n": written})
                    return redirect("quota")
    return render(request, "quota/upload.html", context)


def _take(request: HttpRequest, form: AllotmentFileForm, changes: dict[str, list[services.Change]]) -> int | None:
    written = 0
    try:
        with transaction.atomic():
            for kind, found in changes.items():
                written += len(
                    services.allot(
                        request.actor,
                        queries.county(),
                        request.scope.year,
                        kind,
                        found,
                        counts_from=form.cleaned_data["counts_from"],
                        document=form.cleaned_data["document"],
                        reason=form.cleaned_data["file"].name,
                    )
                )
    except Invalid as error:
        form.add_error("file", error.message)
        return None
    return written


@needs(Right.QUOTA_VIEW)
def download(request: HttpRequest) -> HttpResponse:
    """All allotments of the year that the reader may see, in the form that is read back."""
    scope = request.scope
    found = queries.balances(scope.territory(Right.QUOTA_VIEW), scope.year, day=min(scope.today, scope.period.last))
    rows = [(b.source_kind, b.node, b.outlook.allotted_m3 or Decimal(0)) for b in found]
    return sent(workbooks.write(rows), f"allotments-{scope.year}")


def sent(content: bytes, name: str) -> HttpResponse:
    """A workbook as a file."""
    response = HttpResponse(content, content_type="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")
    response["Content-Disposition"] = f'attachment; filename="{name}.xlsx"'
    return response


@dataclass(frozen=True)
class _Cell:
    """Words of a ledger row."""

    names: queries.Names

    def node(self, row) -> str:
        return self.names.label(row.node)


@needs(Right.QUOTA_VIEW)
def ledger(request: HttpRequest) -> HttpResponse:
    """Every signed row: who gave how much to which node, counting from when, by which document."""
    words = _Cell(queries.Names())
    return Listing(
        key="allotments",
        title=_("Ledger of allotments"),
        rows=queries.ledger(request.scope.territory(Right.QUOTA_VIEW), request.scope.year),
        columns=[
            Column("counts_from", _("Counts from"), lambda r: r.counts_from, sort="counts_from"),
            Column("source", _("Source"), lambda r: r.get_source_kind_display()),
            Column("node", _("Node"), words.node),
            Column(
                "change",
                _("Change, m³"),
                lambda r: r.change_m3,
                cell=lambda r: f"{r.change_m3:+,.3f}",
                sort="change_m3",
                numeric=True,
            ),
            Column("document", _("Document"), lambda r: r.document),
            Column("reason", _("Reason"), lambda r: r.reason),
            Column("by", _("Entered by"), lambda r: r.entered_by),
            Column(
                "at",
                _("Entered"),
                lambda r: r.entered_at,
                cell=lambda r: f"{r.entered_at:%Y-%m-%d %H:%M}",
                sort="entered_at",
            ),
        ],
        filters=[
            Filter("source", _("Source"), lambda: SourceKind.choices, "source_kind"),
            Filter("sector", _("Use"), lambda: Sector.choices, "sector"),
        ],
        search=("document__contains", "reason__contains", "user__name__contains", "town__name__contains"),
        order="-pk",
        empty=_("No water has been allotted for this year. Enter the county’s total first, then its parts."),
    ).respond(request)


SORTED = [
    ("apart", gettext_lazy("evidence farthest apart")),
    ("over", gettext_lazy("most above the limit")),
    ("used", gettext_lazy("largest use")),
    ("name", gettext_lazy("name")),
]
FIGURES_PAGE = 50


@needs(Right.QUOTA_VIEW)
def figures(request: HttpRequest) -> HttpResponse:
    """Permitted, planned, allotted, metered, from electricity, reported: a line a user, the largest difference first."""
    sort = request.GET.get("sort", "")
    sort = sort if sort in SORTS else "apart"
    scope = request.scope
    territory = scope.territory(Right.QUOTA_VIEW) if request.actor.may(Right.ACCOUNT_VIEW) else NOWHERE
    found = six_figures(territory, scope.period, sort)
    if request.GET.get("export") == "xlsx":
        heads = [
            _("code"), _("water user"), _("permitted"), _("planned"), _("allotted"), _("metered"), _("from electricity"),
            _("reported"), _("counted"), _("electricity less meter"), _("reported less counted"), _("above the limit"),
        ]  # fmt: skip
        names = (*FIGURE_NAMES, "counted_m3", "electricity_off_m3", "reported_off_m3", "over_m3")
        rows = [[f.user.code, f.user.name, *(getattr(f, name) for name in names)] for f in found]
        return workbook(_("Six figures of a user"), f"{scope.year}, m³", heads, rows)
    page = Paginator(found, FIGURES_PAGE).get_page(request.GET.get("page"))
    return render(
        request,
        "quota/figures.html",
        {
            "page": page,
            "pages": page.paginator.get_elided_page_range(page.number),
            "total": len(found),
            "sort": sort,
            "sorts": SORTED,
        },
    )
