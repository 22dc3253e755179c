"""Pages of the red lines: balances by node, entering allotments, the ledger behind them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db import transaction
from django.http import HttpRequest, HttpResponse, QueryDict
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
from liangshui.quota.models import AllotmentProposal
from liangshui.quota.rules.closing import TOTAL, Node
from liangshui.quota.words import PARTS
from liangshui.records.forms import DocumentForm
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
            "waiting": queries.waiting(territory, scope.year),
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
        "balance": balance, "waiting": [p for p in queries.waiting(territory, scope.year) if _touches(p, source_kind, wanted)],
        "parts": parts, "rows": rows[::-1], "children": children,
        "may_allot": request.actor.territory(Right.QUOTA_CHANGE).holds_path(queries.county().path),
    }  # fmt: skip
    return render(request, "quota/node.html", context)


def _touches(proposal: AllotmentProposal, source_kind: str, node: Node) -> bool:
    return any((each["source_kind"], each["node"]) == (source_kind, node.code) for each in proposal.changes)


def _along(node: Node, axes: tuple[bool, ...]) -> str:
    """Along which axes the parts of a node lie, in words."""
    return " × ".join(
        str(PARTS[axis])
        for axis, mine, theirs in zip(queries.AXES, node.axes, axes, strict=True)
        if theirs and not mine
    )


@needs(Right.QUOTA_CHANGE)
def allot(request: HttpRequest) -> HttpResponse:
    """Enter a change of one node; a check page shows what would follow before it is written, and asks the document of a control total."""
    form = AllotForm(
        request.POST or None,
        territory=request.actor.territory(Right.QUOTA_CHANGE),
        initial={"counts_from": request.scope.today, "source_kind": SourceKind.SHALLOW},
    )
    context: dict[str, Any] = {"form": form}
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        changes = {given["source_kind"]: [services.Change(form.node, given["change"])]}
        papers = document_form(request, changes, given["document"])
        if "confirmed" in request.POST and (papers is None or papers.is_valid()):
            try:
                return entered(request, changes, given, papers, goto="quota")
            except Invalid as error:
                told = papers if papers and error.field in papers.fields else form
                told.add_error(error.field if error.field in told.fields else None, error.message)
        if form.is_valid():
            now = queries.allotted(queries.county(), request.scope.year, given["source_kind"]).get(
                form.node, Decimal(0)
            )
            context |= {
                "preview": {"label": queries.Names().label(form.node), "now": now, "after": now + given["change"], "change": given["change"]},
                "papers": papers, "posted": posted(request.POST, papers),
            }  # fmt: skip
    return render(request, "quota/allot.html", context)


def document_form(request: HttpRequest, changes: services.BySource, document: str) -> DocumentForm | None:
    """What a check page asks of the document where a control total is among the changes; None: nothing."""
    if not services.waits(changes):
        return None
    if "confirmed" in request.POST:
        return DocumentForm(request.POST, request.FILES)
    return DocumentForm(initial={"document": document})


def posted(post: QueryDict, papers: DocumentForm | None) -> list[tuple[str, Any]]:
    """What was posted, for the hidden boxes of a check page that asks the rest."""
    asked = {"csrfmiddlewaretoken", "confirmed", *(papers.fields if papers else ())}
    return [(key, value) for key, value in post.items() if key not in asked]


def entered(
    request: HttpRequest,
    changes: services.BySource,
    given: Mapping[str, Any],
    papers: DocumentForm | None,
    *,
    goto: str,
    at: Sequence[Any] = (),
) -> HttpResponse:
    """Changes written into the ledger, or made wait where a control total is among them; all or none."""
    county, year = queries.county(), request.scope.year
    facts = {"counts_from": given["counts_from"], "reason": given["reason"]}
    if services.waits(changes):
        by = papers.cleaned_data if papers else {}
        asked = {name: by.get(name) or "" for name in ("document", "document_number")}
        made = services.propose(
            request.actor, county, year, changes, **facts, **asked, issued_on=by.get("issued_on"), paper=by.get("paper")
        )
        messages.success(request, _("It waits for a second officer."))
        return redirect("proposal", made.pk)
    with transaction.atomic():
        rows = [
            services.allot(request.actor, county, year, kind, found, **facts, document=given["document"])
            for kind, found in changes.items()
        ]
    messages.success(request, _("%(n)s rows were written into the ledger.") % {"n": sum(map(len, rows))})
    return redirect(goto, *at)


@needs(Right.QUOTA_CHANGE)
def upload(request: HttpRequest) -> HttpResponse:
    """A workbook of allotments: first what it would change and which rows cannot be read, then taken as a whole."""
    form = AllotmentFileForm(request.POST or None, request.FILES or None, initial={"counts_from": request.scope.today})
    context: dict[str, Any] = {"form": form}
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
                "waits": services.waits(changes),
                "problems": [r for r in rows if r.problem],
            }
            if "take" in request.POST and not changes:
                form.add_error("file", _("Nothing would change: every figure is as it was, or could not be read."))
            elif "take" in request.POST:
                given = {**form.cleaned_data, "reason": form.cleaned_data["file"].name}
                try:
                    return entered(request, changes, given, form, goto="quota")
                except Invalid as error:
                    form.add_error(error.field if error.field in form.fields else "file", error.message)
    return render(request, "quota/upload.html", context)


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
            Column("number", _("document number"), lambda r: r.proposal and r.proposal.document_number),
            Column("reason", _("Reason"), lambda r: r.reason),
            Column("by", _("Entered by"), lambda r: r.entered_by),
            Column("confirmed", _("confirmed by"), lambda r: r.proposal and r.proposal.decided_by),
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
