"""Pages of imports: upload, dry run, answers, taking with progress; and the ledger out again."""

from typing import Any
from urllib.parse import quote

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from liangshui.core.access import Right, Territory
from liangshui.core.errors import Invalid
from liangshui.records.gate import needs
from liangshui.records.listing import Column, Listing
from liangshui.registry import forms, importing, queries, sentences
from liangshui.registry.import_kinds import KINDS
from liangshui.registry.models import ImportBatch
from liangshui.registry.sheets.text import squeeze

IMPORT = needs(Right.REGISTRY_IMPORT)
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
STATUSES = ("refused", "created", "changed", "unchanged")
ASKED = {"zone_unknown", "zone_unclear"}


def _file(content: bytes, name: str) -> HttpResponse:
    response = HttpResponse(content, content_type=XLSX)
    response["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(name)}"
    return response


def _batch(request: HttpRequest, pk: int) -> ImportBatch:
    return queries.one(importing.batches(request.actor), pk)


@IMPORT
def import_list(request: HttpRequest) -> HttpResponse:
    kinds = {name: each.label for name, each in KINDS.items()}
    return Listing(
        key="imports",
        title=_("Imports"),
        rows=importing.batches(request.actor),
        columns=[
            Column("file_name", _("file"), lambda b: b.file_name, sort="file_name"),
            Column("kind", _("kind"), lambda b: kinds.get(b.kind, b.kind), sort="kind"),
            Column("state", _("state"), lambda b: b.get_state_display(), sort="state"),
            Column("by", _("by"), lambda b: b.responsible.name if b.responsible else None),
            Column(
                "created_at", _("uploaded at"), lambda b: b.created_at,
                cell=lambda b: timezone.localtime(b.created_at).strftime("%Y-%m-%d %H:%M"), sort="created_at",
            ),
        ],
        search=("file_name__icontains",),
        order="-created_at",
        empty=_("Nothing was imported yet. Upload a ledger as you keep it; a dry run shows first what would happen."),
        link=lambda b: reverse("import", args=[b.pk]),
        actions=[
            (reverse("import-new"), _("New import"), "upload"),
            (reverse("import-template"), _("Sheet to fill in"), "file-spreadsheet"),
        ],
    ).respond(request)  # fmt: skip


@IMPORT
def import_new(request: HttpRequest) -> HttpResponse:
    kind = request.POST.get("kind") or request.GET.get("kind", "")
    kind = kind if kind in KINDS else "ledger"
    form = forms.ImportForm(
        request.POST if request.method == "POST" else None, request.FILES or None, actor=request.actor, kind=kind
    )
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["file"]
        try:
            options = form.options() | {"source": file.name}
            batch = importing.receive(request.actor, file.read(), file.name, kind, options)
            importing.start_checking(request.actor, batch)
        except Invalid as error:
            form.add_error(error.field if error.field in form.fields else None, error.message)
        else:
            return redirect("import", batch.pk)
    words = {"form": form, "kind": kind, "back": reverse("import-list"), "has_sheet": bool(KINDS[kind].fields)}
    return render(request, "registry/import_new.html", words)


def _page(request: HttpRequest, batch: ImportBatch) -> dict[str, Any]:
    report = batch.report
    counts = report.get("counts", {})
    shown = request.GET.get("rows", "")
    if shown not in STATUSES:
        shown = next((s for s in STATUSES if counts.get(s)), "refused")
    good = sum(counts.get(s, 0) for s in importing.GOOD)
    rows = [row for row in report.get("rows", []) if row["status"] == shown]
    page = Paginator(rows, 50).get_page(request.GET.get("page"))
    lines = [
        {
            "row": row["row"],
            "sheet": row["sheet"],
            "title": row["title"],
            "text": sentences.row_words(row, 0) if row["problems"] else "",
            "notes": [sentences.note_words(note) for note in row["notes"]],
            "changes": [sentences.change_words(change) for change in row["changes"]],
        }
        for row in page
    ]
    first = next((row for row in report.get("rows", []) if row["problems"]), None)
    return {
        "batch": batch,
        "kind": KINDS[batch.kind].label,
        "counts": [(s, STATUS_WORDS[s](), counts.get(s, 0)) for s in STATUSES],
        "total": report.get("total", 0),
        "good": good,
        "refused": counts.get("refused", 0),
        "shown": shown,
        "page": page,
        "lines": lines,
        "summary": sentences.row_words(first, good) if first else "",
        "problems": [sentences.table_words(code, params) for code, params in report.get("table_problems", [])],
        "notes": [sentences.table_words(code, params) for code, params in report.get("table_notes", [])],
        "unknown": report.get("unknown", []),
        "skipped": [(s, n, sentences.SKIPPED.get(r, r), t) for s, n, r, t in report.get("skipped", [])],
        "left_out": [(name, sentences.SKIPPED.get(r, r)) for name, r in report.get("left_out", {}).items()],
        "questions": _questions(batch, request.actor.territory(Right.REGISTRY_CHANGE)) if report else [],
        "failed": report.get("failed", ""),
        "sheet": bool(KINDS[batch.kind].fields),
        "can_be_taken_back": batch.state == ImportBatch.State.TAKEN and KINDS[batch.kind].take_back is not None,
        "doubtful": len(report.get("doubtful", [])),
        "doubts": KINDS[batch.kind].doubts,
    }


STATUS_WORDS = {
    "refused": lambda: _("must wait"),
    "created": lambda: _("new"),
    "changed": lambda: _("changed"),
    "unchanged": lambda: _("unchanged"),
}


def _questions(batch: ImportBatch, territory: Territory) -> list[dict[str, Any]]:
    """What a person can answer so that rows become good: words of choices, the zone, a source or use left out."""
    asked: dict[tuple[str, str], dict[str, Any]] = {}
    zone = False
    for row in batch.report.get("rows", []):
        for problem in row["problems"]:
            if problem["code"] in {"unclear_choice", "unknown_choice"}:
                field = sentences.FIELDS[problem["field"]]
                word = problem["params"]["text"]
                key = (field.name, word)
                if key not in asked and len(asked) < 30:
                    asked[key] = {
                        "name": f"answer:{field.name}:{word}",
                        "label": _("%(field)s “%(word)s” means") % {"field": field.heading, "word": word},
                        "choices": [(c.code, c.label) for c in field.choices],
                        "rows": 0,
                    }
                if key in asked:
                    asked[key]["rows"] += 1
            zone = zone or problem["code"] in ASKED
    questions = list(asked.values())
    for name in batch.report.get("missing", []):
        field = sentences.FIELDS[name]
        questions.append(
            {
                "name": f"default:{name}",
                "label": _("%(field)s, where it is not given") % {"field": field.heading},
                "choices": [(c.code, c.label) for c in field.choices],
            }
        )
    if any(
        code == "missing_column" and params["field"] == "town"
        for code, params in batch.report.get("table_problems", [])
    ):
        towns = queries.towns(territory)
        questions.append(
            {
                "name": "given:town",
                "label": _("The town of all rows"),
                "choices": [(town.name, town.name) for town in towns],
            }
        )
    if zone:
        questions.append(
            {
                "name": "meridian",
                "label": _("Central meridian of X and Y"),
                "choices": [(str(m), f"{m}°") for m in range(96, 130, 3)],
            }
        )
    return questions


@IMPORT
def import_page(request: HttpRequest, pk: int) -> HttpResponse:
    """The dry run, or what came of it; answers are posted here."""
    batch = _batch(request, pk)
    if request.method == "POST":
        options: dict[str, Any] = {
            "answers": {k: dict(v) for k, v in (batch.options.get("answers") or {}).items()},
            "defaults": dict(batch.options.get("defaults") or {}),
        }
        for name, value in request.POST.items():
            kind, _colon, rest = name.partition(":")
            if not value:
                continue
            if kind == "answer":
                field, _colon, word = rest.partition(":")
                options["answers"].setdefault(field, {})[squeeze(word)] = value
            elif kind == "default":
                options["defaults"][rest] = value
            elif kind == "given":
                options["given"] = {rest: value}
            elif name == "meridian" and value.isdigit():
                options["meridian"] = int(value)
        importing.answer(request.actor, batch, options)
        return redirect("import", pk)
    return render(request, "registry/import.html", _page(request, batch))


@IMPORT
def import_progress(request: HttpRequest, pk: int) -> HttpResponse:
    """How far it is; when done, the page is loaded anew."""
    batch = _batch(request, pk)
    if not batch.working:
        response = HttpResponse()
        response["HX-Refresh"] = "true"
        return response
    percent = 100 * batch.done_rows // batch.all_rows if batch.all_rows else 0
    return render(request, "registry/progress.html", {"batch": batch, "percent": percent})


@IMPORT
@require_POST
def import_take(request: HttpRequest, pk: int) -> HttpResponse:
    batch = _batch(request, pk)
    importing.start_taking(request.actor, batch)
    if batch.state == ImportBatch.State.TAKEN:
        counts = batch.report["counts"]
        messages.success(
            request,
            _("%(created)s entered, %(changed)s changed; %(refused)s rows wait.")
            % {"created": counts["created"], "changed": counts["changed"], "refused": counts["refused"]},
        )
    return redirect("import", pk)


@IMPORT
@require_POST
def import_again(request: HttpRequest, pk: int) -> HttpResponse:
    """The worker was stopped in the middle: from the beginning, which leaves written rows as they are."""
    try:
        importing.start_again(request.actor, _batch(request, pk))
    except Invalid as error:
        messages.error(request, error.message)
    return redirect("import", pk)


@IMPORT
@require_POST
def import_drop(request: HttpRequest, pk: int) -> HttpResponse:
    importing.drop(request.actor, _batch(request, pk))
    messages.success(request, _("The import was dropped. Nothing was changed."))
    return redirect("import-list")


@IMPORT
@require_POST
def import_take_back(request: HttpRequest, pk: int) -> HttpResponse:
    """Undo a taken import; what rests on it says so."""
    try:
        importing.take_back(request.actor, _batch(request, pk))
    except Invalid as error:
        messages.error(request, error.message)
    else:
        messages.success(request, _("The import was taken back. What it had replaced stands again."))
    return redirect("import", pk)


@IMPORT
@require_POST
def import_read_again(request: HttpRequest, pk: int) -> HttpResponse:
    """A new dry run of the same file."""
    return redirect("import", importing.read_again(request.actor, _batch(request, pk)).pk)


@IMPORT
def import_marked(request: HttpRequest, pk: int) -> HttpResponse:
    batch = _batch(request, pk)
    stem = batch.file_name.rsplit(".", 1)[0]
    return _file(importing.marked_copy(batch), _("%(name)s, marked.xlsx") % {"name": stem})


@IMPORT
def template(request: HttpRequest) -> HttpResponse:
    """The empty sheet of a kind (`?kind=`), with its explanations."""
    kind = request.GET.get("kind", "ledger")
    content = importing.blank_sheet(kind)
    return _file(content, _("%(name)s, to fill in.xlsx") % {"name": KINDS[kind].sheet})


@IMPORT
def sample(request: HttpRequest) -> HttpResponse:
    """A few invented wells of this installation's own towns, to try the import with."""
    territory = request.actor.territory(Right.REGISTRY_IMPORT)
    return _file(importing.sample_ledger(territory), _("sample ledger.xlsx"))


@needs(Right.REGISTRY_VIEW)
def ledger_export(request: HttpRequest) -> HttpResponse:
    content = importing.export_ledger(request.scope.territory(Right.REGISTRY_VIEW))
    return _file(content, _("ledger of intakes %(day)s.xlsx") % {"day": timezone.localdate().strftime("%Y%m%d")})
