"""Pages of plans against the water there is, of studies, and of the first answer to an investor."""

from typing import Any
from urllib.parse import quote

from django.contrib import messages
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from liangshui.conformity import answers, papers, queries, services, words
from liangshui.conformity.expansion import By, Flag, Grown, grown
from liangshui.conformity.forms import (
    AnswerForm,
    HandInForm,
    LineForm,
    PlanForm,
    ReviewForm,
    StudyCaseForm,
    StudyFigureForm,
    StudyForm,
)
from liangshui.conformity.models import (
    Opinion,
    Plan,
    PlanKind,
    PlanLine,
    StudyFigure,
    StudyKind,
    StudyState,
    StudyStep,
)
from liangshui.core.access import NOWHERE, Right
from liangshui.core.errors import Forbidden, Invalid
from liangshui.parameters.queries import law
from liangshui.parameters.words import linked, linked_all
from liangshui.quota.queries import county
from liangshui.quota.words import standing_sources
from liangshui.records import replies
from liangshui.records.asked import whole
from liangshui.records.gate import needs
from liangshui.records.listing import Column, Filter, Listing
from liangshui.registry.codes import DivisionLevel
from liangshui.registry.models import Division, WaterUser
from liangshui.registry.queries import one, towns
from liangshui.registry.views import act

SEE, CHANGE = needs(Right.QUOTA_VIEW), needs(Right.QUOTA_CHANGE)


def _may(request: HttpRequest, path: str) -> bool:
    return bool(request.actor.territory(Right.QUOTA_CHANGE).holds_path(path))


def _plan(request: HttpRequest, pk: int, right: Right = Right.QUOTA_VIEW) -> Plan:
    return one(queries.plans(request.actor.territory(right)), pk)


def _file(content: bytes, name: str, kind: str) -> HttpResponse:
    response = HttpResponse(content, content_type=papers.TYPES[kind])
    response["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(f'{name}.{kind}')}"
    return response


# --- plans ---


@SEE
def plan_list(request: HttpRequest) -> HttpResponse:
    """Plans and projects whose water is looked at."""
    listing = Listing(
        key="conformity",
        title=_("Water sets the limits"),
        rows=queries.plans(request.scope.territory(Right.QUOTA_VIEW)),
        columns=[
            Column("name", _("name"), lambda p: p.name, sort="name"),
            Column("kind", _("kind"), lambda p: p.get_kind_display(), sort="kind"),
            Column("place", _("place"), lambda p: p.division.name, sort="division__path"),
            Column("unit", _("management unit"), lambda p: p.management_unit and p.management_unit.name),
            Column("applicant", _("applying organisation"), lambda p: p.applicant, sort="applicant"),
            Column("years", _("planning years"), lambda p: f"{p.first_year}–{p.last_year}", sort="first_year"),
            Column("entered", _("entered"), lambda p: timezone.localtime(p.entered_at).date(), sort="entered_at"),
        ],
        search=("name__icontains", "applicant__icontains"),
        filters=[Filter("kind", _("kind"), lambda: list(PlanKind.choices), "kind")],
        order="-entered_at",
        empty=_("No plan is entered yet. Enter one to see whether the water of its place does."),
        link=lambda p: reverse("conformity-plan", args=[p.pk]),
        actions=[
            *([(reverse("conformity-new"), _("Enter a plan or project"), "plus")] if request.actor.may(Right.QUOTA_CHANGE) else []),
            (reverse("study-list"), _("Studies of water"), "file-text"),
            (reverse("expansion"), _("Expansion of irrigation"), "trending-up"),
            (reverse("norms"), _("Quotas of use"), "table"),
            *([(reverse("answer"), _("First answer to an investor"), "building-factory-2")] if _sees_county(request) else []),
        ],
    )  # fmt: skip
    return listing.respond(request)


@SEE
def plan(request: HttpRequest, pk: int) -> HttpResponse:
    """A plan, what it needs, and how that stands to the water of its place."""
    found = _plan(request, pk)
    today, known = timezone.localdate(), law()
    result = queries.result(found, today)
    colour, verdict = words.verdict(result)
    context = {
        "plan": found, "result": result, "colour": colour, "verdict": verdict, "basis": papers.basis(found),
        "lines": [
            {"row": row, "need": carried.line.need_m3, "carried": words.plain(carried.amount), "unit": words.unit(row),
             "per": words.per(row), "amount": words.plain(row.amount), "quota": words.plain(row.quota),
             "coefficient": words.plain(row.coefficient) if row.coefficient else "", "coefficient_source": words.coefficient_source(row)}
            for row, carried in zip(result.rows, result.carried, strict=True)
        ],
        "balances": [(words.sector(each.sector), each) for each in result.balances],
        "units": [each | {"reasons": linked_all(each["reasons"], known, today)} for each in words.units(result, known)], "suspended": bool(result.suspended),
        "sources": words.sources(result), "land": words.land(result),
        "carries_note": papers.carries_note(), "amounts_note": papers.amounts_note(found), "standing_sources": standing_sources(today),
        "grounds": [linked(words.ground(each, known), [each], known, today) for each in words.GROUNDS],
        "duties": [
            (each, linked(words.duty(each, known), filter(None, [each.article]), known, today), StudyKind(each.kind.value))
            for each in result.duties
        ],
        "studies": found.studies.all(), "may_change": _may(request, found.division.path),
    }  # fmt: skip
    return render(request, "conformity/plan.html", context)


@SEE
def plan_paper(request: HttpRequest, pk: int, kind: str) -> HttpResponse:
    """The report on a plan as Word or PDF."""
    found = _plan(request, pk)
    paper = papers.conformity(queries.result(found, timezone.localdate()), law())
    return _file(papers.KINDS[kind](paper), paper.title, kind)


def _plan_page(request: HttpRequest, found: Plan | None) -> HttpResponse:
    given = request.POST if request.method == "POST" else None
    back = reverse("conformity-plan", args=[found.pk]) if found else reverse("conformity")
    return act(
        request, PlanForm(given, actor=request.actor, instance=found),
        lambda typed: services.save_plan(request.actor, found, **typed),
        title=_("Change a plan or project") if found else _("Enter a plan or project"), back=back,
        goto=lambda made: reverse("conformity-plan", args=[made.pk]), done=_("Saved."),
    )  # fmt: skip


@CHANGE
def plan_new(request: HttpRequest) -> HttpResponse:
    """Enter a plan."""
    return _plan_page(request, None)


@CHANGE
def plan_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change a plan."""
    return _plan_page(request, _plan(request, pk, Right.QUOTA_CHANGE))


def _line_page(request: HttpRequest, found: Plan, line: PlanLine | None) -> HttpResponse:
    given = request.POST if request.method == "POST" else None
    last = found.lines.last()
    initial = {"year": last.year if last else found.first_year, "source": last.source if last else ""}
    return act(
        request, LineForm(given, instance=line, initial={} if line else initial),
        lambda typed: services.save_line(request.actor, found, line, **typed),
        title=_("Change a line") if line else _("Enter what needs water"), about=found.name,
        back=reverse("conformity-plan", args=[found.pk]), done=_("Saved."),
    )  # fmt: skip


@CHANGE
def line_new(request: HttpRequest, pk: int) -> HttpResponse:
    """Enter a line of a plan."""
    return _line_page(request, _plan(request, pk, Right.QUOTA_CHANGE), None)


def _line(request: HttpRequest, pk: int) -> PlanLine:
    here = request.actor.territory(Right.QUOTA_CHANGE)
    return one(PlanLine.objects.within(here).select_related("plan__division"), pk)


@CHANGE
def line_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change a line of a plan."""
    line = _line(request, pk)
    return _line_page(request, line.plan, line)


@CHANGE
@require_POST
def line_drop(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a line out."""
    line = _line(request, pk)
    services.drop_line(request.actor, line)
    messages.success(request, _("The line was taken out."))
    return redirect("conformity-plan", line.plan_id)


# --- expansion of irrigation ---

TABS = {By.USER: gettext_lazy("water users"), By.VILLAGE: gettext_lazy("villages"), By.TOWN: gettext_lazy("towns")}
FLAGS = {
    Flag.OVER: gettext_lazy("more land than the baseline"), Flag.GREW: gettext_lazy("use grew with land"),
    Flag.NO_BASELINE: gettext_lazy("no whole baseline"),
}  # fmt: skip


@SEE
def expansion(request: HttpRequest) -> HttpResponse:
    """Who irrigates more than the baseline, and where use grew with land (扩灌): the whole county, by user, village or town."""
    by = By(asked) if (asked := request.GET.get("by", "")) in set(By) else By.USER
    territory = request.scope.territory(Right.QUOTA_VIEW) if request.actor.may(Right.ACCOUNT_VIEW) else NOWHERE
    found = grown(territory, timezone.localdate(), by)
    flag = request.GET.get("flag", "")
    wanted = {Flag(flag)} if flag in set(Flag) else {Flag.OVER, Flag.GREW}
    shown = [key for key, each in found.items() if each.flags & wanted]
    rows: Any = WaterUser.objects.filter(pk__in=shown).select_related("division__parent")
    if by is not By.USER:
        rows = Division.objects.filter(pk__in=shown).select_related("parent")
    path = "division__path" if by is By.USER else "path"

    def town(row: Any) -> str:
        place = row.division if by is By.USER else row
        return place.parent.name if place.level == DivisionLevel.VILLAGE else place.name

    def figure(name: str, label: Any, value: Any) -> Column:
        return Column(
            name,
            label,
            lambda row: value(found[row.pk]),
            cell=lambda row: words.plain(value(found[row.pk])),
            numeric=True,
        )

    def of_pair(name: str, label: Any, value: Any) -> Column:
        return figure(name, label, lambda each: value(each.growth) if each.growth else None)

    towns_here = [(each.path, each.name) for each in towns(territory)]
    listing = Listing(
        key=f"expansion-{by}",
        title=_("Expansion of irrigation"),
        rows=rows,
        columns=[
            Column("name", TABS[by], lambda row: row.name, sort="name"),
            Column("town", _("town"), town, sort=path),
            Column("flags", _("what stands out"), lambda row: _("; ").join(str(FLAGS[f]) for f in Flag if f in found[row.pk].flags)),
            figure("present", _("irrigated now, mu"), lambda each: each.land.present.value),
            figure("baseline", _("baseline, mu"), lambda each: each.land.baseline.value),
            figure("over", _("above the baseline, mu"), lambda each: each.land.over_mu),
            Column("years", _("years in which both grew"), lambda row: _pair_years(found[row.pk])),
            of_pair("area_was", _("land before, mu"), lambda pair: pair.before.area_mu),
            of_pair("area_now", _("land after, mu"), lambda pair: pair.after.area_mu),
            of_pair("use_was", _("farm use before, m³"), lambda pair: pair.before.use_m3),
            of_pair("use_now", _("farm use after, m³"), lambda pair: pair.after.use_m3),
            Column("sources", _("sources"), lambda row: words.land_sources(found[row.pk])),
        ],
        search=("name__icontains", *(("code__icontains", "initials__contains") if by is By.USER else ())),
        filters=[
            Filter("by", _("listed by"), lambda: [(each.value, label) for each, label in TABS.items()], lambda rows, _by: rows),
            Filter("flag", _("what stands out"), lambda: [(each.value, label) for each, label in FLAGS.items()], lambda rows, _flag: rows),
            Filter("town", _("town"), lambda: towns_here, lambda rows, chosen: rows.filter(**{f"{path}__startswith": chosen})),
        ],
        order="code",
        empty=_("Nobody irrigates more than the baseline, and nowhere did use grow with land, as far as the ledger knows areas of both."),
        link=(lambda row: reverse("user", args=[row.pk])) if by is By.USER else None,
        actions=[(reverse("conformity"), _("Water decides"), "droplet-search")],
    )  # fmt: skip
    return listing.respond(request)


def _pair_years(each: Grown) -> str | None:
    return f"{each.growth.before.year}–{each.growth.after.year}" if each.growth else None


# --- studies ---


@SEE
def study_list(request: HttpRequest) -> HttpResponse:
    """The register of studies of water, those owed longest first."""
    listing = Listing(
        key="studies",
        title=_("Studies of water"),
        rows=queries.studies(request.scope.territory(Right.QUOTA_VIEW)),
        columns=[
            Column("subject", _("plan or project"), lambda s: s.subject, sort="subject"),
            Column("kind", _("kind"), lambda s: s.get_kind_display(), sort="kind"),
            Column("place", _("place"), lambda s: s.division.name, sort="division__path"),
            Column("owed", _("owed since"), lambda s: s.owed_since, sort="owed_since"),
            Column("state", _("state"), lambda s: s.get_state_display(), sort="state"),
            Column("opinion", _("opinion"), lambda s: s.get_opinion_display() or None, sort="opinion"),
            Column("ground", _("legal ground"), lambda s: s.ground, shown=False),
        ],
        search=("subject__icontains", "ground__icontains"),
        filters=[
            Filter("kind", _("kind"), lambda: list(StudyKind.choices), "kind"),
            Filter("state", _("state"), lambda: list(StudyState.choices), "state"),
            Filter("opinion", _("opinion"), lambda: list(Opinion.choices), "opinion"),
        ],
        order="owed_since",
        empty=_("No study is registered yet. The page of a plan says which it owes."),
        link=lambda s: reverse("study", args=[s.pk]),
        actions=[
            *([(reverse("study-new"), _("Register a study"), "plus")] if request.actor.may(Right.QUOTA_CHANGE) else []),
            (reverse("conformity"), _("Water sets the limits"), "droplet-search"),
        ],
    )  # fmt: skip
    return listing.respond(request)


@SEE
def study(request: HttpRequest, pk: int) -> HttpResponse:
    """One study: what happened to it, and the figures that became conditions."""
    found = _study(request, pk)
    may = _may(request, found.division.path)
    context = {
        "study": found, "steps": found.steps.select_related("entered_by"), "figures": found.figures.all(), "may_change": may,
        "may_hand_in": may and (found.state == StudyState.OWED or found.opinion == Opinion.MEND),
        "may_review": may and found.state == StudyState.HANDED_IN,
        "may_take_up": may and found.opinion == Opinion.AGREED,
    }  # fmt: skip
    return render(request, "conformity/study.html", context)


def _study(request: HttpRequest, pk: int, right: Right = Right.QUOTA_VIEW) -> Any:
    return one(queries.studies(request.actor.territory(right)), pk)


@CHANGE
def study_new(request: HttpRequest) -> HttpResponse:
    """Register that a study is owed; from a plan's page with what is known of it."""
    initial: dict[str, Any] = {}
    number = whole(request.GET.get("plan"))
    if number is not None:
        found = _plan(request, number, Right.QUOTA_CHANGE)
        known, kind = law(), request.GET.get("kind", "")
        ground = next(
            (d.article for d in queries.duties(queries.subject_of(found)) if d.kind == kind and d.article), ""
        )
        initial = {
            "plan": found, "subject": found.name, "division": found.division, "kind": kind,
            "ground": words.ground(ground, known) if ground else "",
        }  # fmt: skip
    given = request.POST if request.method == "POST" else None
    return act(
        request, StudyForm(given, actor=request.actor, initial=initial),
        lambda typed: services.owe(request.actor, **typed),
        title=_("Register a study"), back=reverse("study-list"), done=_("Saved."),
        goto=lambda made: reverse("study", args=[made.pk]),
    )  # fmt: skip


def _step_page(request: HttpRequest, pk: int, form: Any, verb: Any, title: Any) -> HttpResponse:
    found = _study(request, pk, Right.QUOTA_CHANGE)
    given = (request.POST, request.FILES) if request.method == "POST" else ()
    return act(
        request, form(*given), lambda typed: verb(request.actor, found, **typed), title=title, about=str(found),
        back=reverse("study", args=[pk]), done=_("Saved."),
    )  # fmt: skip


@CHANGE
def study_hand_in(request: HttpRequest, pk: int) -> HttpResponse:
    """A study was handed in."""
    return _step_page(request, pk, HandInForm, services.hand_in, _("The study was handed in"))


@CHANGE
def study_review(request: HttpRequest, pk: int) -> HttpResponse:
    """Enter the opinion of the review."""
    return _step_page(request, pk, ReviewForm, services.review, _("Opinion of the review"))


@CHANGE
def study_case(request: HttpRequest, pk: int) -> HttpResponse:
    """Say to which application a study belongs: its conditions go there."""
    found = _study(request, pk, Right.QUOTA_CHANGE)
    form = StudyCaseForm(request.POST or None, actor=request.actor, initial={"case": found.case_id})
    return act(
        request, form, lambda typed: services.belong(request.actor, found, typed["case"]), title=_("Application that the study belongs to"),
        about=str(found), back=reverse("study", args=[pk]), done=_("Saved."),
    )  # fmt: skip


@CHANGE
def study_figure_new(request: HttpRequest, pk: int) -> HttpResponse:
    """Enter a figure of a study."""
    return _step_page(request, pk, StudyFigureForm, services.add_figure, _("Enter a figure of the study"))


@CHANGE
@require_POST
def study_figure_take(request: HttpRequest, pk: int) -> HttpResponse:
    """A figure became a condition, or is none any more."""
    here = request.actor.territory(Right.QUOTA_CHANGE)
    figure = one(StudyFigure.objects.within(here).select_related("study__division"), pk)
    try:
        services.take_up(request.actor, figure, taken_up=request.POST.get("taken_up") == "1")
    except Invalid as error:
        messages.error(request, error.message)
    else:
        messages.success(request, _("Saved."))
    return redirect("study", figure.study_id)


@SEE
def study_paper(request: HttpRequest, pk: int) -> FileResponse:
    """The paper that was handed in, or the opinion."""
    step = one(StudyStep.objects.within(request.actor.territory(Right.QUOTA_VIEW)).select_related("study"), pk)
    return replies.paper(services.ROOM, step.paper, f"{step.study.subject}-{step.on}")


# --- first answer ---


def _sees_county(request: HttpRequest) -> bool:
    return bool(request.actor.territory(Right.QUOTA_VIEW).holds_path(county().path))


def _whole_county(request: HttpRequest) -> Any:
    """The county; units lie across towns, so only who sees all of it may ask."""
    if not _sees_county(request):
        raise Forbidden(Right.QUOTA_VIEW)
    return county()


@SEE
def answer(request: HttpRequest) -> HttpResponse:
    """Which waters could serve a project, which not and why, what is to be applied for: advice, no decision."""
    place, on = _whole_county(request), timezone.localdate()
    form = AnswerForm(request.GET if "volume_m3" in request.GET else None)
    context: dict[str, Any] = {"form": form, "on": on}
    if form.is_valid():
        known = law()
        found = answers.answers(form.cleaned_data, place, on, known)
        context |= {
            "answers": answers.shown(found, known, on), "query": request.GET.urlencode(), "quota": papers.quota_words(form.cleaned_data),
            "standing_sources": standing_sources(on),
        }  # fmt: skip
    return render(request, "conformity/answer.html", context)


@SEE
def answer_paper(request: HttpRequest, kind: str) -> HttpResponse:
    """The same on one A4."""
    place, on = _whole_county(request), timezone.localdate()
    form = AnswerForm(request.GET)
    if not form.is_valid():
        return redirect("answer")
    known = law()
    paper = papers.investor(form.cleaned_data, answers.answers(form.cleaned_data, place, on, known), known, on)
    return _file(papers.KINDS[kind](paper), form.cleaned_data["project"] or paper.title, kind)
