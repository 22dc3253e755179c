"""Pages of evidence: sheets of an intake, and the seals of all days."""

from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy

from liangshui.core.access import Right
from liangshui.core.errors import Invalid, NotFound
from liangshui.records.gate import needs
from liangshui.records.listing import Column, Listing
from liangshui.registry.queries import intake_or_404, one
from liangshui.telemetry import evidence, queries, seals
from liangshui.telemetry.evidence_paper import pdf
from liangshui.telemetry.forms import EvidenceForm
from liangshui.telemetry.models import EvidenceSheet, Seal

SEE = needs(Right.TELEMETRY_VIEW)


@SEE
def intake_evidence(request: HttpRequest, pk: int) -> HttpResponse:
    """Sheets of an intake; make one."""
    territory = request.actor.territory(Right.TELEMETRY_VIEW)
    intake = intake_or_404(territory, pk)
    day = timezone.localdate()
    form = EvidenceForm(
        request.POST if request.method == "POST" else None, initial={"first": day.replace(day=1), "last": day}
    )
    if request.method == "POST" and form.is_valid():
        try:
            sheet = evidence.make(request.actor, intake, **form.cleaned_data)
        except Invalid as error:
            form.add_error(error.field if error.field in form.fields else None, error.message)
        else:
            return redirect("evidence", sheet.pk)
    sheets = EvidenceSheet.objects.within(territory).filter(intake=intake).select_related("made_by")
    return render(request, "telemetry/evidence_new.html", {"intake": intake, "form": form, "sheets": sheets})


def _sheet(request: HttpRequest, pk: int) -> EvidenceSheet:
    rows = EvidenceSheet.objects.within(request.actor.territory(Right.TELEMETRY_VIEW)).select_related(
        "intake", "made_by"
    )
    return one(rows, pk)


@SEE
def evidence_sheet(request: HttpRequest, pk: int) -> HttpResponse:
    """One sheet, with its files."""
    return render(request, "telemetry/evidence.html", {"sheet": _sheet(request, pk)})


@SEE
def evidence_file(request: HttpRequest, pk: int, form: str) -> HttpResponse:
    """The sheet as JSON or PDF."""
    sheet = _sheet(request, pk)
    data = evidence.read(sheet)
    if form == "json":
        answer = HttpResponse(data, content_type="application/json")
    elif form == "pdf":
        answer = HttpResponse(pdf(data, sheet.sha256), content_type="application/pdf")
    else:
        raise NotFound(_("There is no such page."))
    answer["Content-Disposition"] = f'attachment; filename="evidence-{sheet.pk}.{form}"'
    return answer


@SEE
def seal_list(request: HttpRequest) -> HttpResponse:
    """The chain of seals; for who sees a whole county."""
    rows = Seal.objects.all() if queries.sees_unplaced(request.actor) else Seal.objects.none()
    listing = Listing(
        key="seals",
        title=_("Seals of raw frames"),
        rows=rows,
        columns=[
            Column("day", _("day"), lambda s: s.day, sort="day"),
            Column("gateway", _("gateway"), lambda s: s.gateway, sort="gateway"),
            Column("frames", _("frames"), lambda s: s.frames, sort="frames", numeric=True),
            Column("sha256", _("SHA-256"), lambda s: s.sha256),
            Column("sm3", _("SM3"), lambda s: s.sm3),
            Column("sealed", pgettext_lazy("frames", "sealed"), lambda s: s.sealed_at, sort="sealed_at"),
        ],
        search=("sha256__startswith", "sm3__startswith"),
        filters=[],
        order="-day",
        empty=_("Nothing is sealed yet: each day is sealed after midnight."),
        link=lambda s: reverse("seal-file", args=[s.pk]),
    )
    return listing.respond(request)


@SEE
def seal_file(request: HttpRequest, pk: int) -> FileResponse:
    """The file of a day, to be kept elsewhere or checked."""
    rows = Seal.objects.all() if queries.sees_unplaced(request.actor) else Seal.objects.none()
    path = seals.path_of(one(rows, pk))
    try:
        return FileResponse(path.open("rb"), as_attachment=True, filename=path.name)
    except OSError as error:
        raise NotFound(_("The file of this day is missing.")) from error
