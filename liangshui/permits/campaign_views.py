"""Pages of the campaign: intakes against permits, what was found on the spot, and what a person decided."""

from typing import Any

from django.core.paginator import Paginator
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy

from liangshui.accounting.workbook import workbook
from liangshui.core.access import Right
from liangshui.permits import campaigning, checks
from liangshui.permits.campaign_forms import AnswerForm, SightingForm, SortingForm
from liangshui.permits.models import ROOM, Sighting, Sorting
from liangshui.permits.words import SORTED, STANDINGS, WHY
from liangshui.records import replies
from liangshui.records.gate import needs
from liangshui.records.listing import Column, Filter, Listing
from liangshui.registry.models import Intake
from liangshui.registry.queries import one
from liangshui.registry.views import act as act_page

SEE, REVIEW, ENTER = needs(Right.PERMITS_VIEW), needs(Right.PERMITS_REVIEW), needs(Right.SIGHTINGS_ENTER)
PAGE = 50


@SEE
def campaign(request: HttpRequest) -> HttpResponse:
    """Everyone on the ledger: intakes against permits, the gravest first; what is proposed, and what a person decided."""
    territory = request.scope.territory(Right.PERMITS_VIEW)
    found = checks.campaign(territory, timezone.localdate())
    counts = checks.tally(found)
    standing, proposed = request.GET.get("standing", ""), request.GET.get("proposed", "")
    shown = [
        x
        for x in found
        if (not standing or x.line.standing == standing) and (not proposed or x.line.proposed == proposed)
    ]
    sorted_by = {s.intake_id: s for s in Sorting.objects.within(territory).filter(valid_to=None).select_related("by")}
    if request.GET.get("export") == "xlsx":
        heads = [
            _("intake code"), _("intake"), _("town or village"), _("water user"), _("volume a year, m³"), _("permit number"),
            _("how it stands to permits"), _("why"), _("proposed"), pgettext_lazy("intake", "decided"), _("reason"), _("to be done by"),
        ]  # fmt: skip
        rows = []
        for x in shown:
            decided = sorted_by.get(x.intake.pk)
            rows.append(
                [x.intake.code, x.intake.name, x.intake.division.name, x.intake.project.user.name, x.m3_per_year, x.intake.project.permit_number,
                 str(STANDINGS[x.line.standing]), str(WHY[x.line.why]), str(SORTED[x.line.proposed]),
                 decided.get_decided_display() if decided else "", decided.words if decided else "", decided.until if decided else None]
            )  # fmt: skip
        return workbook(_("Intakes against permits"), str(timezone.localdate()), heads, rows)
    page = Paginator(shown, PAGE).get_page(request.GET.get("page"))
    meters, stations = checks.unlinked(territory)
    context: dict[str, Any] = {
        "page": page, "pages": page.paginator.get_elided_page_range(page.number), "total": len(shown), "standing": standing, "proposed": proposed,
        "table": [(s.value, STANDINGS[s], [counts.get((s, p), 0) for p in SORTED], sum(counts.get((s, p), 0) for p in SORTED)) for s in STANDINGS],
        "proposals": [(p.value, SORTED[p]) for p in SORTED], "all": len(found), "meters": meters, "stations": stations,
        "sightings": checks.sightings(territory).select_related("division"),
        "may_sort": request.actor.may(Right.PERMITS_REVIEW), "may_enter": request.actor.may(Right.SIGHTINGS_ENTER),
        "rows": [
            {"x": x, "standing": STANDINGS[x.line.standing], "why": WHY[x.line.why], "proposed": SORTED[x.line.proposed], "decided": sorted_by.get(x.intake.pk)}
            for x in page
        ],
    }  # fmt: skip
    return render(request, "permits/campaign.html", context)


@REVIEW
def sorting(request: HttpRequest, pk: int) -> HttpResponse:
    """Decide whether an intake stays, is mended or goes."""
    intake: Intake = one(Intake.objects.within(request.actor.territory(Right.PERMITS_REVIEW)), pk)
    return act_page(
        request, SortingForm(request.POST or None), lambda given: campaigning.sort(request.actor, intake, **given),
        title=_("Decide on an intake"), about=f"{intake.code} · {intake.name}", back=reverse("campaign"), done=_("Saved."),
    )  # fmt: skip


@SEE
def sighting_list(request: HttpRequest) -> HttpResponse:
    """What was found on the spot."""
    listing = Listing(
        key="sightings",
        title=_("Abstractions found on the spot"),
        rows=Sighting.objects.within(request.actor.territory(Right.PERMITS_VIEW)).select_related(
            "division", "intake", "by"
        ),
        columns=[
            Column("day", _("day"), lambda s: s.seen_on, sort="seen_on"),
            Column("place", _("town or village"), lambda s: s.division.name),
            Column("kind", _("works"), lambda s: s.get_kind_display()),
            Column("words", _("what was seen"), lambda s: s.words),
            Column("outcome", _("what it came to"), lambda s: s.get_outcome_display()),
            Column("intake", _("intake"), lambda s: s.intake.name if s.intake else None),
            Column("how", _("how it was found"), lambda s: s.get_how_display(), shown=False),
            Column("by", _("by"), lambda s: s.by.name if s.by else None, shown=False),
        ],
        search=("words__icontains", "division__name__contains"),
        filters=[Filter("outcome", _("what it came to"), lambda: Sighting.Outcome.choices, "outcome")],
        order="-seen_on",
        empty=_("Nothing was found yet that is not on the ledger."),
        link=lambda s: reverse("sighting", args=[s.pk]),
        actions=[(reverse("sighting-new"), _("Enter what was found"), "plus")]
        if request.actor.may(Right.SIGHTINGS_ENTER)
        else [],
    )
    return listing.respond(request)


@ENTER
def sighting_new(request: HttpRequest) -> HttpResponse:
    """Enter an abstraction that was found on the spot."""
    form = SightingForm(request.POST or None, request.FILES or None, actor=request.actor)

    def run(given: dict[str, Any]) -> Sighting:
        photo = given.pop("photo")
        return campaigning.see(request.actor, photo=photo.read() if photo else None, **given)

    return act_page(
        request, form, run, title=_("Enter what was found"), back=reverse("sighting-list"), done=_("Saved."),
        goto=lambda made: reverse("sighting", args=[made.pk]), template="permits/sighting_new.html",
    )  # fmt: skip


def _sighting(request: HttpRequest, pk: int) -> Sighting:
    rows = Sighting.objects.within(request.actor.territory(Right.PERMITS_VIEW))
    found: Sighting = one(rows.select_related("division", "intake", "by"), pk)
    return found


@SEE
def sighting(request: HttpRequest, pk: int) -> HttpResponse:
    """One sighting, and what it came to."""
    found = _sighting(request, pk)
    may = request.actor.territory(Right.PERMITS_REVIEW).holds_path(found.division.path)
    form = AnswerForm(request.POST or None, actor=request.actor) if may else None
    if form is None:
        return render(request, "permits/sighting.html", {"found": found})
    return act_page(
        request, form, lambda given: campaigning.answer(request.actor, found, **given), title=_("Abstraction found on the spot"),
        back=reverse("sighting-list"), done=_("Saved."), template="permits/sighting.html", more={"found": found},
    )  # fmt: skip


@SEE
def sighting_paper(request: HttpRequest, pk: int) -> FileResponse:
    """The photo."""
    found = _sighting(request, pk)
    return replies.paper(ROOM, found.paper, f"{found.seen_on}-{found.pk}")
