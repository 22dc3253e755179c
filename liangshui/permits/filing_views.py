"""Pages of the register of filings."""

from typing import Any

from django.contrib import messages
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _

from liangshui.core.access import Right
from liangshui.core.errors import Invalid
from liangshui.parameters.queries import law
from liangshui.permits import filing
from liangshui.permits.filing_forms import AnswerFilingForm, FilingForm, FinishForm
from liangshui.permits.models import ROOM, Filing
from liangshui.permits.rules.filing import EMERGENCIES, What
from liangshui.permits.words import FILINGS, article
from liangshui.records import replies
from liangshui.records.gate import needs
from liangshui.records.listing import Column, Filter, Listing
from liangshui.registry.queries import one
from liangshui.registry.views import act as act_page

SEE, APPLY = needs(Right.PERMITS_VIEW), needs(Right.PERMITS_APPLY)


def _filings(request: HttpRequest) -> Any:
    rows = Filing.objects.within(request.actor.territory(Right.PERMITS_VIEW))
    return rows.select_related("division", "user", "intake", "project", "by", "decided_by")


@SEE
def filing_list(request: HttpRequest) -> HttpResponse:
    """The register of filings."""
    territory = request.actor.territory(Right.PERMITS_VIEW)
    kinds = {
        "waiting": (_("filed, to be taken"), filing.waiting), "lasting": (_("emergencies that are not over"), filing.lasting),
    }  # fmt: skip

    def in_time(found: Filing) -> Any:
        last = filing.file_by(found)
        if last is None:
            return None
        return (
            format_html('<span class="badge bg-red-lt">{} {}</span>', last, _("late"))
            if found.filed_on > last
            else last
        )

    listing = Listing(
        key="filings",
        title=_("Filings"),
        rows=_filings(request),
        columns=[
            Column("number", _("filing number"), lambda f: f.number or None, sort="number"),
            Column("what", _("what is filed"), lambda f: f.get_what_display(), sort="what"),
            Column("user", _("who files"), lambda f: f.user.name, sort="user__name"),
            Column("place", _("town or village"), lambda f: f.division.name, sort="division__path", shown=False),
            Column("about", _("intake"), lambda f: f.intake.name if f.intake else f.project.name if f.project else None),
            Column("filed", _("filed on"), lambda f: f.filed_on, sort="filed_on"),
            Column("by", _("to be filed by"), filing.file_by, cell=in_time),
            Column("begins", _("begins on"), lambda f: f.begins, sort="begins"),
            Column("ends", _("over on"), lambda f: f.ends, sort="ends"),
            Column("state", _("state"), lambda f: f.get_state_display(), sort="state"),
        ],
        search=("number__contains", "user__name__contains", "words__contains", "intake__name__contains", "project__name__contains"),
        filters=[
            Filter("what", _("what is filed"), lambda: [(w.value, FILINGS[w]) for w in What], "what"),
            Filter("state", _("state"), lambda: Filing.State.choices, "state"),
            Filter("waits", _("waits for"), lambda: [(key, words) for key, (words, _rows) in kinds.items()], lambda rows, value: rows.filter(pk__in=kinds[value][1](territory).values("pk"))),
        ],
        order="-filed_on",
        empty=_("Nothing is on file yet. Emergencies, own ponds, wells for monitoring and plans of underground works are entered here."),
        link=lambda f: reverse("filing", args=[f.pk]),
        actions=[(reverse("filing-new"), _("New filing"), "plus")] if request.actor.may(Right.PERMITS_APPLY) else [],
    )  # fmt: skip
    return listing.respond(request)


@APPLY
def filing_new(request: HttpRequest) -> HttpResponse:
    """File something."""
    initial = {"what": request.GET.get("what", "")}
    form = FilingForm(request.POST or None, request.FILES or None, actor=request.actor, initial=initial)

    def run(given: dict[str, Any]) -> Filing:
        return filing.file(request.actor, **given)

    return act_page(
        request, form, run, title=_("New filing"), back=reverse("filing-list"), done=_("Saved."),
        goto=lambda made: reverse("filing", args=[made.pk]),
    )  # fmt: skip


@SEE
def filing_one(request: HttpRequest, pk: int) -> HttpResponse:
    """One filing; an officer takes it or sends it back, who filed it says when it ended."""
    found: Filing = one(_filings(request), pk)
    within = request.actor.territory(Right.PERMITS_APPLY)
    reviews = request.actor.territory(Right.PERMITS_REVIEW).holds_path(found.division.path)
    own = within.holds_path(found.division.path) or within.holds_user(found.user_id)
    answering = reviews and found.state != Filing.State.RETURNED
    finishing = (
        own and found.state != Filing.State.RETURNED and (found.ends is None or found.ends > timezone.localdate())
    )
    finish = FinishForm(request.POST if "finish" in request.POST else None)
    answer = AnswerFilingForm(request.POST if {"take", "back"} & set(request.POST) else None)
    if request.method == "POST":
        form = finish if finish.is_bound else answer
        try:
            if finish.is_bound and finish.is_valid():
                filing.finish(request.actor, found, finish.cleaned_data["ends"])
            elif answer.is_bound and answer.is_valid() and "take" in request.POST:
                filing.take(request.actor, found, answer.cleaned_data["number"])
            elif answer.is_bound and answer.is_valid():
                filing.send_back(request.actor, found, answer.cleaned_data["answer"])
            else:
                request.actor.require(Right.PERMITS_APPLY, path=found.division.path, user_id=found.user_id)
                raise Invalid(_("Enter the day."))
        except Invalid as error:
            form.add_error(
                error.field if error.field in form.fields else None, error.message
            ) if form.is_bound else None
            messages.error(request, error.message)
        else:
            messages.success(request, _("Written down."))
            return redirect("filing", pk)
    known = law()
    context = {
        "found": found, "answer": answer if answering else None, "finish": finish if finishing else None,
        "emergency": found.what in EMERGENCIES, **filing.shown(found), "grounds": [(a.partition(" ")[0], article(a, known)) for a in filing.shown(found)["articles"]],
    }  # fmt: skip
    return render(request, "permits/filing.html", context)


@SEE
def filing_paper(request: HttpRequest, pk: int) -> FileResponse:
    """The file that was handed in with it."""
    found: Filing = one(_filings(request), pk)
    return replies.paper(ROOM, found.paper, f"{found.number or found.pk}")
