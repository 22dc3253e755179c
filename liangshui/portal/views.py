"""Pages of the office for what stands outside: village cards, labels, what is published, problems that people report."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy

from liangshui.core.access import Right
from liangshui.core.errors import Invalid, NotFound
from liangshui.portal import labels as paper
from liangshui.portal import queries, services
from liangshui.portal.forms import AnswerForm, PublicationForm
from liangshui.portal.models import Problem, ProblemKind, ProblemState
from liangshui.portal.phrases import WORDS, of_division
from liangshui.portal.village import card
from liangshui.records.asked import whole
from liangshui.records.gate import needs
from liangshui.records.listing import Column, Filter, Listing
from liangshui.registry.codes import DivisionLevel, IntakeStatus
from liangshui.registry.models import Division, Intake
from liangshui.registry.queries import TOWN_LEVELS, county, one, own_county, town_of, towns

SEE, CHANGE = needs(Right.ACCOUNT_VIEW), needs(Right.PORTAL_CHANGE)
MOST_LABELS = 2000


# --- village cards ---


@SEE
def villages(request: HttpRequest) -> HttpResponse:
    """Villages of the area, each with its card."""
    territory = request.scope.territory(Right.ACCOUNT_VIEW)
    rows = Division.objects.within(territory).filter(level=DivisionLevel.VILLAGE)
    here = request.scope.area
    actions = []
    if here is not None and here.level in TOWN_LEVELS:
        actions.append((reverse("village-cards", args=[here.pk]), _("Print all cards"), "printer"))
    if request.actor.may(Right.PORTAL_CHANGE):
        actions.append((reverse("mongolian"), _("Mongolian"), "language"))
    return Listing(
        key="villages",
        title=_("Villages"),
        rows=rows.select_related("parent"),
        columns=[
            Column("name", _("village"), lambda d: d.name, sort="name"),
            Column("town", _("town"), lambda d: d.parent.name if d.parent else None, sort="path"),
            Column("code", _("code"), lambda d: d.code, sort="code"),
        ],
        search=("name__icontains", "initials__contains"),
        order="path",
        empty=_("No village is in the list of divisions yet. Import the divisions, or let a ledger create them."),
        link=lambda d: reverse("village-card", args=[d.pk]),
        actions=actions,
    ).respond(request)


def _card(request: HttpRequest, found: Division) -> dict[str, Any]:
    shown = card(found, request.scope.year, min(request.scope.today, request.scope.period.last))
    return {"card": shown, "contact": queries.contact(found), "own_name": of_division(found.code),
            "town_name": of_division(town_of(found).code)}  # fmt: skip


def _villages(request: HttpRequest) -> Any:
    rows = Division.objects.within(request.actor.territory(Right.ACCOUNT_VIEW)).filter(level=DivisionLevel.VILLAGE)
    return rows.select_related("parent")


@SEE
def village(request: HttpRequest, pk: int) -> HttpResponse:
    """The card of one village, to print or to look at on the phone."""
    found = one(_villages(request), pk)
    words = {**_card(request, found), "village": found, "mongolian": queries.mongolian()}
    return render(request, "portal/village.html", words)


@SEE
def print_cards(request: HttpRequest, pk: int) -> HttpResponse:
    """The cards of all villages of a town, one A4 each, to print."""
    rows = list(_villages(request).filter(parent=pk).order_by("code"))
    if not rows:
        raise NotFound(_("There is no such record, or it is outside your area."))
    words = {"cards": [_card(request, row) for row in rows], "town": rows[0].parent, "mongolian": queries.mongolian()}
    return render(request, "portal/cards.html", words)


@CHANGE
def mongolian(request: HttpRequest) -> HttpResponse:
    """The words of the card in Mongolian, as people enter them; and whom to ask in each town."""
    territory = request.scope.territory(Right.PORTAL_CHANGE)
    here = towns(territory)
    if request.method == "POST":
        keys = {
            *WORDS,
            *(of_division(code) for code in Division.objects.within(territory).values_list("code", flat=True)),
        }
        changed = services.translate(request.actor, {k: v for k, v in request.POST.items() if k in keys})
        for town in here:
            text = request.POST.get(f"contact:{town.pk}")
            if text is not None and text.strip() != queries.contact(town):
                services.set_contact(request.actor, town, text)
                changed += 1
        messages.success(request, _("%(n)s entries were changed.") % {"n": changed})
        return redirect("mongolian")
    known = queries.mongolian()
    levels = [DivisionLevel.TOWN, DivisionLevel.AREA, DivisionLevel.VILLAGE]
    places = Division.objects.within(territory).filter(level__in=levels).select_related("parent").order_by("path")
    rows = [(key, str(text), known.get(key, "")) for key, text in WORDS.items()]
    rows += [(of_division(d.code), d.name, known.get(of_division(d.code), "")) for d in places[:1000]]
    contacts = [(town, queries.contact(town)) for town in here]
    return render(request, "portal/mongolian.html", {"rows": rows, "contacts": contacts})


# --- labels and what is published ---


def address_of(request: HttpRequest, code: str) -> str:
    """The address that a label's code holds."""
    base = settings.PUBLIC_ADDRESS or request.build_absolute_uri("/").rstrip("/")
    return f"{base}{reverse('public-well', args=[code])}"


@CHANGE
def labels(request: HttpRequest) -> HttpResponse:
    """Labels of the wells of a town or village, as PDF."""
    territory = request.scope.territory(Right.PORTAL_CHANGE)
    places = Division.objects.within(territory).filter(
        level__in=[DivisionLevel.TOWN, DivisionLevel.AREA, DivisionLevel.VILLAGE]
    )
    rows = Intake.objects.within(territory).exclude(status=IntakeStatus.SEALED).select_related("division")
    if request.method == "POST" and "intake" in request.POST:
        return _renew(request, rows)
    if request.method == "POST":
        place = one(places, whole(request.POST.get("place")) or 0)
        wanted = list(rows.filter(division__path__startswith=place.path).order_by("code")[: MOST_LABELS + 1])
        if not wanted or len(wanted) > MOST_LABELS:
            told = _("No well in use lies there.") if not wanted else _("More than %(n)s labels: take a smaller place.")
            messages.error(request, told % {"n": MOST_LABELS})
            return redirect("labels")
        codes, office = services.codes_for(request.actor, wanted), queries.publication().office
        made = [paper.Label(address_of(request, codes[w.pk]), w.code, w.name, office) for w in wanted]
        content = paper.large(made) if request.POST.get("size") == "large" else paper.sheet(made)
        response = HttpResponse(content, content_type="application/pdf")
        response["Content-Disposition"] = 'attachment; filename="labels.pdf"'
        return response
    words = {
        "places": places.select_related("parent").order_by("path"), "wells": rows.count(), "address": settings.PUBLIC_ADDRESS,
        "instead": request.build_absolute_uri("/").rstrip("/"),
    }  # fmt: skip
    return render(request, "portal/labels.html", words)


@CHANGE
def publication(request: HttpRequest) -> HttpResponse:
    """What everybody may see of a well."""
    place = own_county()
    request.actor.require(Right.PORTAL_CHANGE, path=place.path)
    form = PublicationForm(request.POST if request.method == "POST" else None, instance=queries.publication())
    if request.method == "POST" and form.is_valid():
        services.publish(request.actor, place, **form.cleaned_data)
        messages.success(request, _("Labels show it from now on."))
        return redirect("publication")
    return render(request, "portal/publication.html", {"form": form})


def _renew(request: HttpRequest, rows: Any) -> HttpResponse:
    """A new code for an intake; the old label leads nowhere from then on."""
    found = rows.filter(code=request.POST.get("intake", "").strip()).first()
    if found is None:
        messages.error(request, _("No intake of your area has this code."))
    else:
        services.renew_code(request.actor, found)
        messages.success(request, _("The old code is no longer valid. Print a new label."))
    return redirect("labels")


# --- problems ---


@CHANGE
def problems(request: HttpRequest) -> HttpResponse:
    """What people reported."""
    rows = queries.problems(request.scope.territory(Right.PORTAL_CHANGE))
    actions = [(reverse("labels"), _("Labels"), "qrcode")]
    place = county()
    if place and request.actor.territory(Right.PORTAL_CHANGE).holds_path(place.path):
        actions.append((reverse("publication"), _("What is published"), "eye"))
    return Listing(
        key="problems",
        title=_("Reported by the public"),
        rows=rows,
        columns=[
            Column("at", pgettext_lazy("problem", "reported"), lambda p: p.at, cell=lambda p: f"{timezone.localtime(p.at):%Y-%m-%d %H:%M}", sort="at"),
            Column("kind", _("kind"), lambda p: p.get_kind_display(), sort="kind"),
            Column("words", _("what was said"), lambda p: p.words[:60]),
            Column("intake", _("intake"), lambda p: p.intake.code, sort="intake__code"),
            Column("town", _("town"), lambda p: town_of(p.division).name, sort="division__path"),
            Column("state", _("state"), lambda p: p.get_state_display(), sort="state"),
            Column("phone", _("phone"), lambda p: p.masked_phone or None),
            Column("receipt", _("receipt"), lambda p: p.receipt),
        ],
        filters=[
            Filter("state", _("state"), lambda: ProblemState.choices, "state"),
            Filter("kind", _("kind"), lambda: ProblemKind.choices, "kind"),
        ],
        search=("words__icontains", "intake__code__icontains", "intake__name__icontains", "receipt__istartswith"),
        order="-at",
        empty=_("Nobody has reported anything yet. People scan the label of a well and write what they see."),
        link=lambda p: reverse("problem", args=[p.pk]),
        actions=actions,
    ).respond(request)  # fmt: skip


def _problem(request: HttpRequest, pk: int) -> Problem:
    return queries.problem(request.actor.territory(Right.PORTAL_CHANGE), pk)


@CHANGE
def problem(request: HttpRequest, pk: int) -> HttpResponse:
    """One problem: what was said, and the answer."""
    found = _problem(request, pk)
    form = AnswerForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            services.answer(request.actor, found, form.cleaned_data["state"], form.cleaned_data["answer"])
        except Invalid as error:
            form.add_error(error.field, error.message)
        else:
            return redirect("problem", pk)
    words = {"problem": found, "form": form, "steps": found.steps.select_related("by"), "town": town_of(found.division)}
    return render(request, "portal/problem.html", words)


@CHANGE
def photo(request: HttpRequest, pk: int) -> FileResponse:
    """The photo of a problem."""
    found = _problem(request, pk)
    path = services.folder() / found.photo
    if not found.photo or not path.is_file():
        raise NotFound(_("There is no photo."))
    return FileResponse(path.open("rb"), content_type="image/jpeg")
