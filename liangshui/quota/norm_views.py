"""Pages of quotas of use (用水定额): the table on a day, the documents that set it, and what other forms are offered."""

from collections.abc import Callable
from datetime import date
from typing import Any

from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from liangshui.core.access import Right
from liangshui.core.errors import Forbidden, Invalid
from liangshui.quota import norm_queries as queries
from liangshui.quota import norm_services as services
from liangshui.quota import norm_sheets as sheets
from liangshui.quota.forms import SheetForm
from liangshui.quota.models import MeasureChoice, Norm, NormDocument
from liangshui.quota.norm_forms import NormDocumentForm, NormEndForm, NormForm
from liangshui.quota.norm_words import label, plain, quota_unit
from liangshui.quota.views import sent
from liangshui.quota.workbooks import file_sentence
from liangshui.records import replies
from liangshui.records.gate import needs
from liangshui.records.listing import Column, Filter, Listing
from liangshui.records.models import FigureState
from liangshui.registry.queries import one
from liangshui.registry.sheets.problems import SheetError
from liangshui.registry.views import act

SEE, CHANGE = needs(Right.QUOTA_VIEW), needs(Right.QUOTA_CHANGE)
OFFERED = 20


@SEE
def listed(request: HttpRequest) -> HttpResponse:
    """The table of quotas as it holds on a day, each with its document."""
    try:
        on = date.fromisoformat(request.GET.get("on", ""))
    except ValueError:
        on = timezone.localdate()
    listing = Listing(
        key="norms",
        title=_("Quotas of use"),
        rows=queries.table(on),
        columns=[
            Column("measure", _("counted in"), lambda n: n.get_measure_display(), sort="measure"),
            Column("what", _("crop, trade, product, persons or livestock"), lambda n: n.what, sort="what"),
            Column("code", _("code of the trade (GB/T 4754)"), lambda n: n.trade_code or None, sort="trade_code"),
            Column("conditions", _("holds for"), lambda n: n.conditions or None),
            Column("value", _("general value"), lambda n: n.value, cell=lambda n: plain(n.value), sort="value", numeric=True),
            Column("advanced", _("advanced value"), lambda n: n.advanced, cell=lambda n: plain(n.advanced) if n.advanced is not None else None, numeric=True),
            Column("unit", _("unit"), lambda n: quota_unit(n.measure, n.product_unit)),
            Column("document", _("title of the document"), lambda n: n.of.document),
            Column("number", _("document number"), lambda n: n.of.document_number, sort="of__document_number"),
            Column("place", _("table or page"), lambda n: n.place or None),
            Column("from", _("in force from"), lambda n: n.of.valid_from, sort="of__valid_from"),
        ],
        search=("what__icontains", "conditions__icontains", "trade_code__istartswith"),
        filters=[
            Filter("measure", _("counted in"), lambda: MeasureChoice.choices, "measure"),
            Filter("on", _("as it held from"), lambda: [(day.isoformat(), day.isoformat()) for day in queries.days()], lambda rows, _day: rows),
        ],
        order="measure",
        empty=_(
            "No quota holds. The figures of the region’s standard (DB15/T 385) are not among the instruments read here: enter its document "
            "with its rows, or take them from Excel."
        ),
        link=lambda n: reverse("norm-document", args=[n.of_id]),
        actions=[(reverse("norm-documents"), _("Documents of quotas"), "file-text")],
    )  # fmt: skip
    return listing.respond(request)


@SEE
def pick(request: HttpRequest) -> HttpResponse:
    """Quotas that fit to typed words, as options of a text box."""
    typed = next((v for k, v in request.GET.items() if k not in {"area", "year", "measure"}), "").strip()
    rows = queries.offered(typed, request.GET.get("measure", ""))[:OFFERED]
    return HttpResponse(format_html_join("", '<option value="{}">', ((label(row),) for row in rows)))


@SEE
def documents(request: HttpRequest) -> HttpResponse:
    """Documents that set quotas, those that wait for a second officer included."""
    listing = Listing(
        key="norm-documents",
        title=_("Documents of quotas"),
        rows=NormDocument.objects.select_related("entered_by", "decided_by").prefetch_related("rows"),
        columns=[
            Column("document", _("title of the document"), lambda d: d.document, sort="document"),
            Column("number", _("document number"), lambda d: d.document_number, sort="document_number"),
            Column("from", _("in force from"), lambda d: d.valid_from, sort="valid_from"),
            Column("to", _("no longer in force from"), lambda d: d.valid_to),
            Column("rows", _("quotas"), lambda d: len(d.rows.all()), numeric=True),
            Column("state", _("state"), lambda d: d.get_state_display(), sort="state"),
            Column("by", _("entered by"), lambda d: d.entered_by.name if d.entered_by else None),
            Column("decided", _("decided by"), lambda d: d.decided_by.name if d.decided_by else None),
        ],
        search=("document__icontains", "document_number__icontains"),
        filters=[Filter("state", _("state"), lambda: FigureState.choices, "state")],
        order="-valid_from",
        empty=_("No document is entered yet. Enter one with its number and days; its quotas follow on its page."),
        link=lambda d: reverse("norm-document", args=[d.pk]),
        actions=[
            *([(reverse("norm-document-new"), _("Enter a document of quotas"), "plus")] if services.may(request.actor) else []),
            (reverse("norms"), _("Quotas of use"), "table"),
        ],
    )  # fmt: skip
    return listing.respond(request)


def _document(pk: int) -> NormDocument:
    found: NormDocument = one(NormDocument.objects.select_related("entered_by", "decided_by"), pk)
    return found


def _may(request: HttpRequest) -> None:
    if not services.may(request.actor):
        raise Forbidden(Right.QUOTA_CHANGE)


@CHANGE
def document_new(request: HttpRequest) -> HttpResponse:
    """Enter a document; its rows follow."""
    _may(request)
    given = (request.POST, request.FILES) if request.method == "POST" else ()
    return act(
        request, NormDocumentForm(*given), lambda typed: services.enter_document(request.actor, **typed),
        title=_("Enter a document of quotas"), back=reverse("norm-documents"), done=_("Saved. Enter its quotas now."),
        goto=lambda made: reverse("norm-document", args=[made.pk]),
    )  # fmt: skip


@SEE
def document(request: HttpRequest, pk: int) -> HttpResponse:
    """One document with its quotas: rows are entered by who entered it, and another officer confirms all of them at once."""
    found = _document(pk)
    may, waits = services.may(request.actor), found.state == FigureState.PROPOSED
    own = found.entered_by_id == request.actor.person_id
    context = {
        "document": found, "seen": services.seen(found), "may_write": may and waits and own, "may_decide": may and waits and not own,
        "may_end": may and found.state == FigureState.BINDING,
        "rows": [(row, quota_unit(row.measure, row.product_unit), plain(row.value), plain(row.advanced) if row.advanced is not None else "—") for row in found.rows.all()],
    }  # fmt: skip
    return render(request, "quota/norm_document.html", context)


def _enter(request: HttpRequest, pk: int, form: Any, run: Callable[[NormDocument, Any], Any], *, title: Any, again: bool = False) -> HttpResponse:  # fmt: skip
    _may(request)
    found = _document(pk)
    given = (request.POST, request.FILES) if request.method == "POST" else ()
    back = reverse("norm-document", args=[pk])
    return act(
        request, form(*given), lambda typed: run(found, typed), title=title, about=str(found), back=back, done=_("Saved."),
        goto=(lambda _made: reverse("norm-new", args=[pk])) if again else None,
    )  # fmt: skip


@CHANGE
def norm_new(request: HttpRequest, pk: int) -> HttpResponse:
    """Enter a quota of a document; the next one follows."""
    return _enter(
        request, pk, NormForm, lambda found, typed: services.add_norm(request.actor, found, **typed), title=_("Enter a quota"), again=True
    )  # fmt: skip


@CHANGE
def norm_sheet(request: HttpRequest, pk: int) -> HttpResponse:
    """Quotas of a document from a workbook: good rows are taken, the others are told by row and column; first only checked, if wanted."""
    _may(request)
    found, form = _document(pk), SheetForm(request.POST or None, request.FILES or None)
    taken, kept = None, "take" in request.POST
    if request.method == "POST" and form.is_valid():
        try:
            taken = sheets.take(request.actor, found, form.cleaned_data["file"].read(), keep=kept)
        except SheetError as error:
            form.add_error("file", file_sentence(error))
        except Invalid as error:
            form.add_error(None, error.message)
    return render(request, "quota/norm_upload.html", {"document": found, "form": form, "taken": taken, "kept": kept})


@SEE
def norm_excel(request: HttpRequest, pk: int) -> HttpResponse:
    """The quotas of a document in the form that is read back; the blank sheet where it has none."""
    found = _document(pk)
    return sent(sheets.write(found.rows.all()), f"norms-{found.pk}")


@CHANGE
@require_POST
def norm_drop(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a quota out."""
    row: Norm = one(Norm.objects.select_related("of"), pk)
    _may(request)
    return replies.second(request, lambda: services.drop_norm(request.actor, row), "norm-document", row.of_id)


@CHANGE
@require_POST
def document_decide(request: HttpRequest, pk: int) -> HttpResponse:
    """Confirm, refuse or withdraw a document with its quotas."""
    found, do = _document(pk), request.POST.get("do")
    words, rows = request.POST.get("words", "")[:200], request.POST.get("rows", "")
    _may(request)

    def act() -> None:
        if do == "withdraw":
            services.withdraw(request.actor, found)
        else:
            services.decide(request.actor, found, agreed=do == "confirm", words=words, rows=rows)

    return replies.second(request, act, "norm-document", pk)


@CHANGE
def document_end(request: HttpRequest, pk: int) -> HttpResponse:
    """From when a document no longer holds."""
    return _enter(
        request, pk, NormEndForm, lambda found, typed: services.end_document(request.actor, found, **typed),
        title=_("End a document of quotas"),
    )  # fmt: skip


@SEE
def document_paper(request: HttpRequest, pk: int) -> FileResponse:
    """The document itself."""
    found = _document(pk)
    return replies.paper(services.ROOM, found.paper, found.document_number)
