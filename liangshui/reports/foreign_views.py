"""Pages of exports of other systems, and of the brief."""

from base64 import b64encode
from datetime import date
from itertools import islice
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from liangshui.accounting.workbook import workbook
from liangshui.core.access import Right
from liangshui.core.errors import Invalid
from liangshui.core.periods import Period, month
from liangshui.records.gate import needs
from liangshui.registry.queries import own_county
from liangshui.reports import foreign, papers, queries, words
from liangshui.reports.brief import brief as brief_of
from liangshui.reports.filling import before, period_words
from liangshui.reports.forms import ExportForm
from liangshui.reports.views import download

SEE, CHANGE = needs(Right.REPORTS_VIEW), needs(Right.REPORTS_CHANGE)
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
PAGES = {"intake": "intake", "project": "project", "user": "user"}
MOST = 500


@SEE
def exports(request: HttpRequest) -> HttpResponse:
    """What was read of other systems."""
    rows = queries.exports(request.actor.territory(Right.REPORTS_VIEW))
    lines = [{"export": row, "name": foreign.load(row.mapping).name} for row in rows[:200]]
    may = request.actor.may(Right.REPORTS_CHANGE)
    return render(request, "reports/exports.html", {"lines": lines, "may_change": may})


@CHANGE
def export_new(request: HttpRequest) -> HttpResponse:
    """Read an export through a mapping."""
    known = foreign.shipped()
    form = ExportForm(request.POST if request.method == "POST" else None, request.FILES or None, known=known)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        text = data["mapping"].strip() or (foreign.FOLDER / f"{data['known']}.yaml").read_text(encoding="utf-8")
        try:
            made = foreign.take(
                request.actor, own_county(), data["file"].name, data["file"].read(), text, data["kind"], data["day"]
            )
        except Invalid as error:
            form.add_error(error.field if error.field in form.fields else None, error.message)
        else:
            return redirect("export", made.pk)
    texts = {slug: (foreign.FOLDER / f"{slug}.yaml").read_text(encoding="utf-8") for slug in known}
    words_ = {"form": form, "title": _("Compare with other systems"), "back": reverse("exports"), "texts": texts}
    return render(request, "reports/export_new.html", words_)


@SEE
def export(request: HttpRequest, pk: int) -> HttpResponse:
    """Only there, only here, differing."""
    found = queries.export(request.actor.territory(Right.REPORTS_VIEW), pk)
    mapping = foreign.mapping_of(found.mapping)
    result = foreign.compared(found)
    if request.GET.get("export") == "xlsx":
        return _sheet(found, mapping, result)
    counts = {
        "differing": len(result.differing), "only_there": len(result.only_there), "several": len(result.several),
        "only_here": len(result.only_here), "same": len(result.same),
    }  # fmt: skip
    shown = request.GET.get("show", "")
    shown = shown if shown in counts else next((name for name, n in counts.items() if n), "differing")
    labels = _labels()
    return render(
        request,
        "reports/export.html",
        {
            "export": found, "mapping": mapping, "shown": shown, "tabs": [(name, labels[name], n) for name, n in counts.items()],
            "period": _period(found), "figure": words.FIGURES[mapping.figure], "page": PAGES[mapping.of],
            "last": Period(found.start, found.end).last, "rows": list(islice(getattr(result, shown), MOST)), "more": max(counts[shown] - MOST, 0),
        },
    )  # fmt: skip


def _labels() -> dict[str, str]:
    return {
        "differing": _("differing"), "only_there": _("only there"), "several": _("not clear whose"),
        "only_here": _("only here"), "same": _("the same"),
    }  # fmt: skip


def _period(found: Any) -> str:
    days = (found.end - found.start).days
    return period_words("month" if days < 32 else "quarter" if days < 100 else "year", Period(found.start, found.end))


def _sheet(found: Any, mapping: Any, result: Any) -> HttpResponse:
    labels = _labels()
    heads = [
        _("result"),
        _("code"),
        _("name"),
        _("ours, m³"),
        _("theirs, m³"),
        _("theirs less ours, m³"),
        _("sheet"),
        _("row"),
    ]
    rows: list[list[Any]] = []
    for name in ("differing", "same"):
        rows += [
            [labels[name], p.ours.thing.code, p.ours.thing.name, p.ours.volume_m3, p.theirs_m3, p.off_m3, p.theirs[0].sheet, p.theirs[0].row]
            for p in getattr(result, name)
        ]  # fmt: skip
    for name in ("only_there", "several"):
        rows += [
            [labels[name], "", " ".join(v for v in r.keys.values() if v), None, r.volume_m3, None, r.sheet, r.row]
            for r in getattr(result, name)
        ]
    rows += [
        [labels["only_here"], o.thing.code, o.thing.name, o.volume_m3, None, None, "", None] for o in result.only_here
    ]
    return workbook(
        _("Comparison"), f"{mapping.name or found.file_name} {_period(found)}".replace("/", "-"), heads, rows
    )


# --- the brief ---


def _asked(request: HttpRequest) -> date:
    today = timezone.localdate()
    try:
        day = date.fromisoformat(f"{request.GET.get('month', '')}-01")
    except ValueError:
        return before("month", month(today)).start
    return min(max(day, date(2001, 1, 1)), month(today).start)


@SEE
def brief(request: HttpRequest) -> HttpResponse:
    """The brief of a month; `as`: docx or pdf."""
    day, kind, place = _asked(request), request.GET.get("as", ""), own_county()
    request.actor.require(Right.REPORTS_VIEW, path=place.path)
    found = brief_of(place, day)
    name = f"{found.county}{day:%Y-%m}"
    if kind == "docx":
        return download(papers.as_docx(found), _("%(name)s brief.docx") % {"name": name}, DOCX)
    if kind == "pdf":
        return download(papers.as_pdf(found), _("%(name)s brief.pdf") % {"name": name}, "application/pdf")
    months = []
    span = month(timezone.localdate())
    for _number in range(14):
        months.append((f"{span.start:%Y-%m}", period_words("month", span)))
        span = before("month", span)
    drawn = [b64encode(picture).decode() for picture in papers.pictures(found)]
    words_ = {"brief": found, "months": months, "asked": f"{day:%Y-%m}", "pictures": drawn}
    return render(request, "reports/brief.html", words_)
