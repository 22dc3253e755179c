"""Pages of what sheets state: whose electricity a line is, all stated volumes, and evidence that differs."""

from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _

from liangshui.accounting import beside, matching, supply, taking
from liangshui.accounting.codes import Method
from liangshui.accounting.districts import branches
from liangshui.accounting.models import Statement
from liangshui.accounting.workbook import workbook
from liangshui.core.access import Right
from liangshui.core.errors import Invalid
from liangshui.records.asked import whole
from liangshui.records.gate import needs
from liangshui.records.listing import Column, Filter, Listing
from liangshui.registry import importing, queries
from liangshui.registry.models import ImportBatch, Intake, PowerMeter

PAGE = 20
DIFFERENCES = 50


def _batch(request: HttpRequest, pk: int) -> ImportBatch:
    return queries.one(importing.batches(request.actor), pk)


@needs(Right.REGISTRY_IMPORT)
def energy_matches(request: HttpRequest, pk: int) -> HttpResponse:
    """Lines of the power company's sheet that no number tells, each beside the wells that it may be; decided once."""
    batch = _batch(request, pk)
    if request.method == "POST":
        try:
            _decide(request, {line[0] for line in batch.report.get("doubtful", [])})
        except Invalid as error:
            messages.error(request, error.message)
        if not request.htmx:
            return redirect(request.get_full_path())
    page = Paginator(range(len(batch.report.get("doubtful", []))), PAGE).get_page(request.GET.get("page"))
    territory = request.actor.territory(Right.REGISTRY_CHANGE)
    lines = matching.doubtful(batch, territory, (page.number - 1) * PAGE, PAGE)
    context = {
        "batch": batch, "lines": lines, "open": matching.open_lines(batch),
        "page": page, "pages": page.paginator.get_elided_page_range(page.number), "may_decide": request.actor.may(Right.REGISTRY_CHANGE),
    }  # fmt: skip
    return render(request, "accounting/matches.html", context)


def _decide(request: HttpRequest, open_keys: set[str]) -> None:
    """One decision on a line of this file: `what` is meter:ID, well:ID, code (typed in `code`), or none."""
    post = request.POST
    if post.get("key") not in open_keys:
        raise Invalid(_("This line is not in the file."))
    what, _colon, pk = post.get("what", "").partition(":")
    meter = PowerMeter.objects.filter(pk=whole(pk)).first() if what == "meter" else None
    wells = Intake.objects.within(request.actor.territory(Right.REGISTRY_CHANGE)).select_related("division")
    intake = None
    if what == "well":
        intake = wells.filter(pk=whole(pk)).first()
    elif what == "code":
        intake = wells.filter(code=post.get("code", "").strip()).first()
    if intake is None and meter is None and what != "none":
        raise Invalid(_("No intake of the ledger has the code or name “%(text)s”.") % {"text": post.get("code", "")})
    taking.decide(
        request.actor,
        post["key"],
        meter,
        intake,
        number=post.get("meter", ""),
        household=post.get("household", ""),
    )


@needs(Right.ACCOUNT_VIEW)
def statements(request: HttpRequest) -> HttpResponse:
    """All stated volumes of the area, with the file and row that state them; those that no longer stand are marked."""
    territory = request.scope.territory(Right.ACCOUNT_VIEW)
    wells, users = Intake.objects.within(territory), queries.users(territory)
    rows = Statement.every.filter(intake__in=wells) | Statement.every.filter(user__in=users)
    rows |= Statement.every.filter(project__in=queries.projects(territory))
    rows = rows.filter(start__lt=request.scope.period.end, end__gt=request.scope.period.start).select_related(
        "intake", "project", "user", "batch", "ended_by"
    )
    methods = dict(Method.choices)

    def about(row: Statement) -> Any:
        return row.intake or row.project or row.user

    def link(row: Statement) -> Any:
        if row.intake:
            return format_html(
                '<a href="{}">{} {}</a>',
                reverse("intake-account", args=[row.intake_id]),
                row.intake.code,
                row.intake.name,
            )
        return about(row).name

    return Listing(
        key="statements",
        title=_("Stated volumes"),
        rows=rows,
        columns=[
            Column("about", _("about"), lambda r: about(r).name, cell=link),
            Column("start", _("from"), lambda r: r.start, cell=lambda r: r.start.isoformat(), sort="start"),
            Column("end", _("to"), lambda r: r.end, cell=lambda r: r.end.isoformat(), sort="end"),
            Column("method", _("method"), lambda r: methods[r.method], sort="method"),
            Column("volume_m3", _("volume, m³"), lambda r: r.volume_m3, cell=lambda r: f"{r.volume_m3:,.0f}", sort="volume_m3", numeric=True),
            Column("split", _("shared among wells"), lambda r: r.get_split_display() if not r.intake_id else None),
            Column("batch", _("import"), lambda r: r.batch.file_name if r.batch else None, cell=_batch_link, sort="batch__file_name"),
            Column("row", _("row"), lambda r: r.row),
            Column(
                "stands", _("stands"),
                lambda r: None if r.ended_by_id is None else _("taken back") if r.ended_by_id == r.batch_id else _("replaced by %(file)s") % {"file": r.ended_by.file_name},
                cell=_stands,
            ),
        ],
        search=("intake__code__icontains", "intake__name__icontains", "user__name__icontains", "project__name__icontains"),
        filters=[
            Filter("method", _("method"), lambda: list(Method.choices), "method"),
            Filter(
                "stands", _("stands"), lambda: [("yes", _("stands")), ("no", _("no longer"))],
                lambda rows, value: rows.filter(ended_by__isnull=value == "yes"),
            ),
        ],
        order="-start",
        empty=_("No sheet has stated a volume of this area and year. Import one: by user, project or intake and month."),
        actions=[(reverse("import-new") + "?kind=volumes", _("Import"), "table-import")] if request.actor.may(Right.REGISTRY_IMPORT) else [],
    ).respond(request)  # fmt: skip


def _batch_link(row: Statement) -> Any:
    return row.batch and format_html('<a href="{}">{}</a>', reverse("import", args=[row.batch_id]), row.batch.file_name)


def _stands(row: Statement) -> Any:
    if row.ended_by_id is None:
        return _("yes")
    if row.ended_by_id == row.batch_id:
        return format_html('<span class="text-secondary">{}</span>', _("taken back"))
    words = _("replaced by %(file)s") % {"file": row.ended_by.file_name}
    return format_html('<span class="text-secondary">{}</span>', words)


@needs(Right.ACCOUNT_VIEW)
def differences(request: HttpRequest) -> HttpResponse:
    """Intakes and months of which two methods say different things, the largest difference first."""
    territory = request.scope.territory(Right.ACCOUNT_VIEW)
    found = beside.differences(territory, request.scope.period, whole(request.GET.get("user")))
    if request.GET.get("export") == "xlsx":
        wells = _wells(found)
        heads = [_("code"), _("name"), _("month"), _("counts"), "m³", _("beside it"), "m³", _("difference, m³")]
        rows: list[list[Any]] = [
            [
                wells[d.intake].code, wells[d.intake].name, f"{d.month:%Y-%m}", str(d.counts.label), d.volume_m3,
                str(d.other.label), d.other_m3, d.off_m3,
            ]
            for d in found
        ]  # fmt: skip
        return workbook(_("Two methods, two volumes"), str(request.scope.year), heads, rows)
    page = Paginator(found, DIFFERENCES).get_page(request.GET.get("page"))
    wells = _wells(page.object_list)
    largest = max((abs(d.off_m3) for d in page.object_list), default=Decimal(0)) or Decimal(1)
    lines = [{"d": d, "well": wells[d.intake], "bar": float(abs(d.off_m3) / largest * 100)} for d in page.object_list]
    pages = page.paginator.get_elided_page_range(page.number)
    return render(request, "accounting/differences.html", {"lines": lines, "page": page, "pages": pages})


@needs(Right.ACCOUNT_VIEW)
def passed_on(request: HttpRequest) -> HttpResponse:
    """Suppliers of the area: what they took and received against what they passed on and gave back."""
    territory, period = request.scope.territory(Right.ACCOUNT_VIEW), request.scope.so_far
    words = {"balances": supply.balances(territory, period), "branches": branches(territory, period)}
    words["may_import"] = request.actor.may(Right.REGISTRY_IMPORT)
    return render(request, "accounting/supply.html", words)


def _wells(found: Any) -> dict[int, Intake]:
    ids = {d.intake for d in found}
    return {well.pk: well for well in Intake.objects.filter(pk__in=ids).select_related("division", "project__user")}
