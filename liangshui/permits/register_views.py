"""Pages of the register of permits, its checks, its settings, and the public check page."""

from collections import defaultdict
from datetime import date
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from liangshui.accounting.workbook import workbook
from liangshui.core.access import Right
from liangshui.core.errors import Invalid, LiangshuiError, NotFound
from liangshui.parameters.models import OwnFigure
from liangshui.parameters.queries import law, with_figure
from liangshui.permits import checks, letters, offices, queries, register, sheet
from liangshui.permits.models import ROOM, Case, ConditionFinding, LetterForm, Override, Permit, PermitVersion
from liangshui.permits.register_forms import (
    CorrectForm,
    EndForm,
    EnterForm,
    KeepForm,
    LetterFormForm,
    OfficeForm,
    RestrictForm,
)
from liangshui.permits.rules.conditions import LevelStep
from liangshui.permits.rules.life import Kind
from liangshui.permits.rules.terms import renewal_by
from liangshui.permits.words import (
    CONDITIONS,
    KINDS,
    LETTERS,
    LEVEL_STEPS,
    LIVES,
    OUTCOMES,
    VERDICTS,
    differs,
)
from liangshui.quota.queries import county
from liangshui.quota.transfer_queries import unregistered
from liangshui.records import replies
from liangshui.records.gate import PUBLIC, needs
from liangshui.records.listing import Column, Filter, Listing
from liangshui.records.models import FigureState
from liangshui.registry.codes import Sector, SourceKind
from liangshui.registry.queries import one
from liangshui.registry.views import act as act_page

SEE, REVIEW, DECIDE = needs(Right.PERMITS_VIEW), needs(Right.PERMITS_REVIEW), needs(Right.PERMITS_DECIDE)
PAGE = 50


def _permits(request: HttpRequest) -> Any:
    return Permit.objects.within(request.actor.territory(Right.PERMITS_VIEW)).select_related(
        "project__user", "project__division"
    )


def _permit(request: HttpRequest, pk: int) -> Permit:
    found: Permit = one(_permits(request), pk)
    return found


def missing_of(permit: Permit, version: PermitVersion | None) -> list[Any]:
    """What the register still lacks of a permit; the stock often has number and volume alone."""
    names = ("volume_m3", "begins", "expires", "source", "use", "purpose", "return_place")
    lacking = [
        PermitVersion._meta.get_field(n).verbose_name
        for n in names
        if version is None or getattr(version, n) in (None, "")
    ]
    return lacking if permit.office else [*lacking, Permit._meta.get_field("office").verbose_name]


def _renewals(permits: Any) -> dict[int, Case]:
    return {
        c.permit_id: c
        for c in Case.objects.filter(permit__in=permits, kind=Kind.RENEWAL)
        .exclude(state="draft")
        .select_related("permit")
        .order_by("pk")
    }


@SEE
def permit_list(request: HttpRequest) -> HttpResponse:
    """The register of permits."""
    today, known = timezone.localdate(), law()
    rows = _permits(request).prefetch_related("versions")
    renewals = _renewals(rows)

    def version(permit: Permit) -> PermitVersion | None:
        return permit.words_on(today)

    def last(permit: Permit) -> PermitVersion | None:
        return next(iter(permit.words[::-1]), None)

    def life(permit: Permit) -> Any:
        return LIVES[queries.life_of(permit, last(permit), today, known, renewals.get(permit.pk))]

    def of(name: str) -> Any:
        return lambda permit: getattr(version(permit), name, None)

    def going_on() -> list[int]:
        return [
            c.permit_id for c in renewals.values() if c.open and queries.continued(c.permit, c.permit.words[-1], today)
        ]

    def stand(rows: Any, value: str) -> Any:
        if value == "ended":
            return rows.filter(ended_on__isnull=False)
        open_rows = rows.filter(ended_on__isnull=True)
        if value == "proposed":
            return open_rows.filter(pk__in=register.proposed_ends(request.actor).values("permit"))
        expired = open_rows.filter(versions__valid_to=None, versions__expires__lt=today).exclude(pk__in=going_on())
        if value == "continued":
            return open_rows.filter(pk__in=going_on())
        if value == "expired":
            return expired
        if value == "renew":
            last = today + queries.TOLD_BEFORE + (today - renewal_by(today, known))
            return open_rows.filter(versions__valid_to=None, versions__expires__gte=today, versions__expires__lte=last)
        return open_rows.exclude(pk__in=expired)

    listing = Listing(
        key="permits",
        title=_("Register of permits"),
        rows=rows,
        columns=[
            Column("number", _("permit number"), lambda p: p.number, sort="number"),
            Column("holder", _("holder"), lambda p: p.project.user.name, sort="project__user__name"),
            Column("project", _("abstraction project"), lambda p: p.project.name, sort="project__name"),
            Column("place", _("town or village"), lambda p: p.project.division.name, sort="project__division__path", shown=False),
            Column("volume", _("permitted volume a year, m³"), of("volume_m3"), cell=lambda p: None if (v := of("volume_m3")(p)) is None else f"{v:,.0f}", sort="project__permitted_m3", numeric=True),
            Column("expires", _("term to"), lambda p: getattr(last(p), "expires", None), sort="project__permit_to"),
            Column("life", _("state"), life),
            Column("missing", _("still missing"), lambda p: "、".join(map(str, missing_of(p, version(p)))) or None),
            Column("office", _("issuing office"), lambda p: p.office, sort="office", shown=False),
        ],
        search=("number__icontains", "project__name__icontains", "project__user__name__icontains", "project__user__initials__contains"),
        filters=[
            Filter("stand", _("state"), lambda: [*((k, LIVES[k]) for k in ("valid", "renew", "continued", "expired", "ended")), *([("proposed", _("end proposed, waits for you"))] if request.actor.may(Right.PERMITS_DECIDE) else [])], stand),
            Filter("source", _("source"), lambda: SourceKind.choices, lambda rows, v: rows.filter(versions__valid_to=None, versions__source=v)),
            Filter("missing", _("still missing"), lambda: [("term", _("term to")), ("volume", _("permitted volume a year, m³"))], lambda rows, v: rows.filter(versions__valid_to=None, **{"versions__expires" if v == "term" else "versions__volume_m3": None})),
        ],
        order="number",
        empty=_("No permit is known. Import the stock of permits, or issue the first."),
        link=lambda p: reverse("permit", args=[p.pk]),
        actions=[(reverse(page), words, icon) for page, words, icon, right in PAGES if request.actor.may(right)],
    )  # fmt: skip
    return listing.respond(request)


@SEE
def granted_list(request: HttpRequest) -> HttpResponse:
    """Permits granted in the year that is chosen, to be reported upward (AR-046)."""
    year = request.scope.year
    rows = queries.granted(request.scope.territory(Right.PERMITS_VIEW), year).select_related(
        "permit__project__division", "holder", "case"
    )
    offices_named = sorted(set(rows.values_list("permit__office", flat=True)) - {""})
    origins = [(o.value, o.label) for o in queries.GRANTED]

    def volume(version: PermitVersion) -> Any:
        return version.unrestricted_m3

    listing = Listing(
        key="permits-granted",
        title=_("Permits granted in %d") % year,
        rows=rows,
        columns=[
            Column("number", _("permit number"), lambda v: v.permit.number, sort="permit__number"),
            Column("what", _("how it came"), lambda v: v.get_origin_display(), sort="origin"),
            Column("day", _("granted on"), lambda v: v.granted_on, sort="granted_on"),
            Column("holder", _("holder"), lambda v: v.holder.name, sort="holder__name"),
            Column("project", _("abstraction project"), lambda v: v.permit.project.name, sort="permit__project__name"),
            Column("place", _("town or village"), lambda v: v.permit.project.division.name, sort="permit__project__division__path"),
            Column("source", _("source"), lambda v: v.get_source_display() or None, sort="source"),
            Column("use", _("use"), lambda v: v.get_use_display() or None, sort="use"),
            Column("purpose", _("purpose"), lambda v: v.purpose or None, shown=False),
            Column("volume", _("permitted volume a year, m³"), volume, cell=lambda v: None if volume(v) is None else f"{volume(v):,.0f}", numeric=True),
            Column("begins", _("term from"), lambda v: v.begins, sort="begins"),
            Column("expires", _("term to"), lambda v: v.expires, sort="expires"),
            Column("office", _("issuing office"), lambda v: v.permit.office or None, sort="permit__office"),
            Column("case", _("case number"), lambda v: v.case.number if v.case else None, shown=False),
        ],
        search=("permit__number__icontains", "holder__name__icontains", "permit__project__name__icontains"),
        filters=[
            Filter("what", _("how it came"), lambda: origins, "origin"),
            Filter("source", _("source"), lambda: SourceKind.choices, "source"),
            Filter("office", _("issuing office"), lambda: [(name, name) for name in offices_named], "permit__office"),
        ],
        order="granted_on",
        empty=_("No permit was granted in this year. Choose another year at the top."),
        link=lambda v: reverse("permit", args=[v.permit_id]),
    )  # fmt: skip
    return listing.respond(request)


PAGES = [
    ("case-list", gettext_lazy("Cases"), "folders", Right.PERMITS_VIEW),
    ("condition-list", gettext_lazy("Use against permits"), "gauge", Right.PERMITS_VIEW),
    ("campaign", gettext_lazy("Intakes against permits"), "list-check", Right.PERMITS_VIEW),
    ("granted-list", gettext_lazy("Permits granted in a year"), "calendar-stats", Right.PERMITS_VIEW),
    ("filing-list", gettext_lazy("Filings"), "clipboard-text", Right.PERMITS_VIEW),
    ("permit-enter", gettext_lazy("Enter a permit of another office"), "plus", Right.PERMITS_REVIEW),
    ("override-list", gettext_lazy("Register of overrides"), "user-exclamation", Right.PERMITS_VIEW),
    ("rule-change", gettext_lazy("What a change of law touches"), "scale", Right.PERMITS_REVIEW),
    ("letter-forms", gettext_lazy("Forms of letters"), "file-text", Right.PERMITS_DECIDE),
    ("permit-office", gettext_lazy("Who decides on permits"), "settings", Right.PERMITS_DECIDE),
]
"""Pages beside the register, for whom they are."""


def _finding_rows(findings: Any, opened: dict[tuple[str, str], date] | None = None) -> list[dict[str, Any]]:
    rows = []
    for each in findings:
        what: Any = each.what
        if each.what in SourceKind.values:
            what = SourceKind(each.what).label
        elif each.code == "use":
            what = Sector(each.what).label if each.what else ""
        elif each.code == "level":
            what = LEVEL_STEPS[LevelStep(each.what)]
        elif each.code in ("month", "season"):
            what = f"{each.what}{_('mon.')}"
        limits = [_("from %(day)s on %(limit)s m³") % {"day": f"{p.first:%m-%d}", "limit": f"{p.limit_m3:,.0f}"} for p in each.parts]  # fmt: skip
        what = " · ".join(filter(None, (str(what), _("; ").join(limits))))
        since = (opened or {}).get((each.code, each.what))
        rows.append(
            {
                "finding": each,
                "label": CONDITIONS[each.code],
                "what": what,
                "verdict": VERDICTS[each.verdict],
                "since": since,
            }
        )
    return rows


@SEE
def permit(request: HttpRequest, pk: int) -> HttpResponse:
    """One permit: what it says and said, how its conditions are kept, its cases, letters, changes by hand."""
    found, today, known = _permit(request, pk), timezone.localdate(), law()
    versions = list(found.versions.select_related("holder", "case", "permit").order_by("-valid_from", "-pk"))
    now = found.words_on(today)
    current = None if found.ended_on else now
    life = queries.life_of(found, versions[0] if versions else None, today, known, _renewals([found]).get(found.pk))
    kept = checks.kept(request.actor.territory(Right.PERMITS_VIEW), request.scope.year, today, found) if current else []
    path = found.project.division.path
    within = request.actor.territory(Right.PERMITS_APPLY)
    may_apply = current is not None and (within.holds_path(path) or within.holds_user(found.project.user_id))
    context = {
        "permit": found, "version": current, "history": _history(versions), "life": LIVES[life], "life_key": life, "missing": missing_of(found, current) if current else [],
        "facts": sheet.facts(found, now, today) if now else [], "kept": kept[0] if kept else None,
        "findings": _finding_rows(kept[0].findings, {(f.code, f.what): f.opened_on for f in found.findings.filter(gone_on=None, year=request.scope.year)}) if kept else [], "level": LEVEL_STEPS[kept[0].level[0]] if kept and kept[0].level else None,
        "possible": letters.possible_of(found) if request.actor.territory(Right.PERMITS_DECIDE).holds_path(path) else [], "cases": queries.cases_for(request.actor).filter(permit=found), "letters": letters.shown(request.actor, found.letters.within(request.actor.territory(Right.PERMITS_VIEW)), path), "overrides": [(o, register.override_told(o)) for o in found.overrides.select_related("by")] if request.actor.territory(Right.PERMITS_VIEW).holds_path(path) else [],
        "next": next((v for v in versions[::-1] if now and v.valid_from > today and v.begins != now.begins), None), "restriction": register.restriction(found, today), "coming": next((v for v in versions[::-1] if v.valid_from > today and v.restricted and v.origin == PermitVersion.Origin.RESTRICTED), None),
        "transfers": unregistered(request.actor.territory(Right.PERMITS_VIEW), found.project.user) if current and request.actor.may(Right.QUOTA_VIEW) else [],
        "unnamed": found.project.intakes.exclude(pk__in=found.intakes.all()) if current and found.intakes.exists() else [],
        "kept_until": queries.kept_until(found, today), "proposed": found.proposed_ends.select_related("entered_by").filter(decided_at=None).first() if request.actor.territory(Right.PERMITS_DECIDE).holds_path(path) else None,
        "person": request.actor.person_id, "today": today, "may_serve": request.actor.territory(Right.PERMITS_DECIDE).holds_path(path),
        "may_review": current is not None and request.actor.territory(Right.PERMITS_REVIEW).holds_path(path),
        "may_decide": current is not None and request.actor.territory(Right.PERMITS_DECIDE).holds_path(path),
        "kinds": [(k.value, KINDS[k]) for k in Kind if k is not Kind.NEW] if may_apply else [], "year": request.scope.year,
    }  # fmt: skip
    return render(request, "permits/permit.html", context)


SHOWN = ("holder", "volume_m3", "whole_m3", "begins", "expires", "source", "use", "purpose", "months_m3", "return_place", "return_m3",
         "level_station", *register.LEVEL, "conditions")  # fmt: skip
"""What the history of a permit compares."""


def _history(versions: list[PermitVersion]) -> list[dict[str, Any]]:
    """Each version with what differs from the one before, the newest first."""
    rows = []
    for version, before in zip(versions, [*versions[1:], None], strict=True):
        changes = [
            [name, register.shown_raw(getattr(before, name)), register.shown_raw(getattr(version, name))]
            for name in SHOWN
            if before is not None and getattr(before, name) != getattr(version, name)
        ]
        rows.append({"v": version, "changes": [register.changes_told([each]) for each in changes]})
    return rows


@REVIEW
def permit_enter(request: HttpRequest) -> HttpResponse:
    """Enter a permit that another office issued."""
    form = EnterForm(request.POST or None, actor=request.actor)

    def run(given: dict[str, Any]) -> Permit:
        return register.enter(request.actor, given.pop("project"), **given)

    return act_page(
        request, form, run, title=_("Enter a permit of another office"), back=reverse("permit-list"), done=_("Saved."),
        goto=lambda made: reverse("permit", args=[made.pk]),
    )  # fmt: skip


@REVIEW
def permit_correct(request: HttpRequest, pk: int) -> HttpResponse:
    """Change the register by hand, with the reason."""
    found = _permit(request, pk)
    current = found.words_on(timezone.localdate())
    if found.ended_on or current is None:
        raise NotFound(_("This permit has ended."))
    form = CorrectForm(
        request.POST or None, instance=PermitVersion.objects.get(pk=current.pk), initial={"office": found.office}
    )
    return act_page(
        request, form, lambda given: register.correct(request.actor, found, reason=given["why"], **form.values()),
        title=_("Change the register by hand"), about=found.number, back=reverse("permit", args=[pk]), done=_("Saved."),
    )  # fmt: skip


@DECIDE
def permit_end(request: HttpRequest, pk: int) -> HttpResponse:
    """Cancel or withdraw; propose to revoke or annul."""
    found = _permit(request, pk)

    def run(given: dict[str, Any]) -> Any:
        paper = given.pop("paper") or b""
        if given["end"] in register.TWO_OFFICERS:
            return register.propose_end(request.actor, found, paper=paper, **given)
        return register.end(request.actor, found, **given)

    two = request.POST.get("end") in register.TWO_OFFICERS
    return act_page(
        request, EndForm(request.POST or None, request.FILES or None), run, title=_("End the permit"), about=found.number,
        back=reverse("permit", args=[pk]), done=_("Proposed; another officer confirms it.") if two else _("The permit has ended."),
        follows=None if two else lambda given: [
            _("Permit %(number)s ends on %(day)s; from then on nothing is permitted.") % {"number": found.number, "day": given["day"]},
        ],
    )  # fmt: skip


@DECIDE
@require_POST
def permit_end_decide(request: HttpRequest, pk: int) -> HttpResponse:
    """Confirm a proposed revocation or annulment as another officer, or drop it."""
    try:
        decided = register.decide_end(request.actor, _permit(request, pk), confirm="confirm" in request.POST)
    except Invalid as error:
        messages.error(request, error.message)
    else:
        messages.success(request, _("The permit has ended.") if decided.confirmed else _("The proposal was dropped."))
    return redirect("permit", pk)


@DECIDE
def permit_end_paper(request: HttpRequest, pk: int) -> FileResponse:
    """The file of the decision by which an end was proposed last."""
    found = _permit(request, pk).proposed_ends.first()
    if found is None:
        raise NotFound(_("No end of this permit is proposed."))
    return replies.paper(ROOM, found.paper, found.document)


@DECIDE
def permit_keep(request: HttpRequest, pk: int) -> HttpResponse:
    """Agree that a permit is kept though it is not used."""
    found = _permit(request, pk)
    return act_page(
        request, KeepForm(request.POST or None), lambda given: register.keep_disused(request.actor, found, **given),
        title=_("Keep an unused permit"), about=found.number, back=reverse("permit", args=[pk]), done=_("Saved."),
    )  # fmt: skip


@DECIDE
def permit_restrict(request: HttpRequest, pk: int) -> HttpResponse:
    """Restrict the volume, or lift a restriction."""
    found = _permit(request, pk)
    today = timezone.localdate()
    now = found.words_on(today)
    form = RestrictForm(
        request.POST or None, grounds=register.grounds_of_restriction(today), whole=now.unrestricted_m3 if now else None,
        told_on=letters.told_of_restriction(found),
    )  # fmt: skip
    return act_page(
        request, form, lambda given: register.restrict(request.actor, found, **given),
        title=_("Restrict abstraction"), about=found.number, back=reverse("permit", args=[pk]), done=_("Saved."),
    )  # fmt: skip


@DECIDE
@require_POST
def permit_letter(request: HttpRequest, pk: int) -> HttpResponse:
    """Make the letter of an end or a restriction, or record that one was served."""
    found = _permit(request, pk)
    try:
        if "served" in request.POST:
            letter = one(found.letters.filter(case=None), request.POST["served"])
            day = date.fromisoformat(request.POST.get("day", ""))
            letters.serve(request.actor, letter, day=day, how=request.POST.get("how", ""))
            messages.success(request, _("Written down."))
        else:
            words = request.POST.get("words", "")[:500]
            letters.make_of(request.actor, found, request.POST.get("letter", ""), words=words)
            messages.success(request, _("The letter was made."))
    except ValueError:
        messages.error(request, _("Enter the day."))
    except Invalid as error:
        messages.error(request, error.message)
    return redirect("permit", pk)


@SEE
def permit_sheet(request: HttpRequest, pk: int) -> HttpResponse:
    """The register sheet as PDF."""
    found = _permit(request, pk)
    version = found.words_on(timezone.localdate())
    if version is None:
        raise NotFound(_("The register knows no words of this permit."))
    address = request.build_absolute_uri(reverse("permit-check", args=[found.check_code]))
    answer = HttpResponse(sheet.pdf(found, version, address, timezone.localdate()), content_type="application/pdf")
    answer["Content-Disposition"] = f'attachment; filename="permit-{found.pk}.pdf"'
    return answer


@never_cache
@needs(PUBLIC)
def permit_check(request: HttpRequest, public: str) -> HttpResponse:
    """Whether the register still says what a sheet says: number, holder, volume, term, state. Nobody signs in."""
    found = Permit.objects.filter(check_code=public).select_related("project__user").first()
    if found is None:
        return render(request, "permits/check.html", {"permit": None}, status=404)
    version = found.words_on(timezone.localdate())
    life = queries.life_of(
        found, next(iter(found.words[::-1]), None), timezone.localdate(), law(), _renewals([found]).get(found.pk)
    )
    context = {
        "permit": found,
        "version": version,
        "life": LIVES[life],
        "life_key": life,
        "restriction": register.restriction(found, timezone.localdate()),
        "today": timezone.localdate(),
        "office": offices.office(),
    }
    return render(request, "permits/check.html", context)


@SEE
def condition_list(request: HttpRequest) -> HttpResponse:
    """Use against the conditions of all permits, the most exceeded first."""
    found = checks.kept(request.scope.territory(Right.PERMITS_VIEW), request.scope.year, timezone.localdate())
    chosen = request.GET.get("verdict", "")
    shown = [k for k in found if not chosen or (k.disused is True if chosen == "disused" else k.worst == chosen)]
    if request.GET.get("export") == "xlsx":
        heads = [
            _("permit number"),
            _("holder"),
            _("permitted volume a year, m³"),
            _("taken this year, m³"),
            _("exceeded for certain by, m³"),
            _("worst finding"),
        ]
        rows = [
            [k.permit.number, k.version.holder.name, k.version.volume_m3, k.taken_m3, k.over_m3, str(VERDICTS[k.worst])]
            for k in shown
        ]
        return workbook(_("Use against permits"), str(request.scope.year), heads, rows)
    page = Paginator(shown, PAGE).get_page(request.GET.get("page"))
    since: dict[int, dict[tuple[str, str], date]] = defaultdict(dict)
    for kept in ConditionFinding.objects.filter(
        permit__in=[k.permit for k in page], year=request.scope.year, gone_on=None
    ):
        since[kept.permit_id][kept.code, kept.what] = kept.opened_on
    counts = {v: sum(k.worst == v for k in found) for v in VERDICTS}
    context = {
        "page": page, "pages": page.paginator.get_elided_page_range(page.number), "total": len(shown), "chosen": chosen,
        "disused": sum(k.disused is True for k in found),
        "verdicts": [(v.value, VERDICTS[v], counts[v]) for v in VERDICTS],
        "rows": [
            {"kept": k, "verdict": VERDICTS[k.worst], "bad": [r for r in _finding_rows(k.findings, since.get(k.permit.pk)) if r["finding"].verdict in ("exceeded", "perhaps")],
             "unstated": [CONDITIONS[code] for code in k.unstated], "level": LEVEL_STEPS[k.level[0]] if k.level else ""}
            for k in page
        ],
    }  # fmt: skip
    return render(request, "permits/conditions.html", context)


def _asked(request: HttpRequest, name: str, default: date) -> date:
    try:
        return date.fromisoformat(request.GET.get(name, ""))
    except ValueError:
        return default


@REVIEW
def rule_change(request: HttpRequest) -> HttpResponse:
    """Which standing permits another day's law, or a figure that waits for confirmation, would decide otherwise."""
    request.actor.require(Right.PERMITS_REVIEW, path=county().path)
    today, known = timezone.localdate(), law()
    waiting = list(OwnFigure.objects.filter(state=FigureState.PROPOSED))
    figure = next((f for f in waiting if str(f.pk) == request.GET.get("figure")), None)
    before_day, after_day = _asked(request, "before", today), _asked(request, "after", today)
    context: dict[str, Any] = {"waiting": waiting, "figure": figure, "before": before_day, "after": after_day}
    if figure or "after" in request.GET:
        try:
            rows, count = checks.touched(
                (known, before_day),
                (
                    with_figure(known, figure) if figure else known,
                    max(after_day, figure.since) if figure else after_day,
                ),
            )
        except LiangshuiError as error:
            messages.error(request, error.message)
        else:
            context |= {
                "count": count, "found": len(rows), "turned": sum(t.turned for t in rows),
                "rows": [
                    {"t": t, "before": OUTCOMES[t.before.outcome], "after": OUTCOMES[t.after.outcome], "differs": [differs(*each) for each in t.differs]}
                    for t in rows[:500]
                ],
            }  # fmt: skip
    return render(request, "permits/rule_change.html", context)


@SEE
def override_list(request: HttpRequest) -> HttpResponse:
    """The register of overrides: whose word stands in the place of a finding of the system, or against it."""
    listing = Listing(
        key="overrides",
        title=_("Register of overrides"),
        rows=Override.objects.within(request.actor.territory(Right.PERMITS_VIEW)).select_related(
            "case", "permit", "by"
        ),
        columns=[
            Column(
                "at",
                _("entered"),
                lambda o: o.at,
                cell=lambda o: f"{timezone.localtime(o.at):%Y-%m-%d %H:%M}",
                sort="at",
            ),
            Column("about", _("about"), lambda o: o.case.number if o.case else o.permit.number if o.permit else None),
            Column("finding", _("its finding"), register.override_told),
            Column("words", _("reason"), lambda o: o.words),
            Column("by", _("by"), lambda o: o.by.name if o.by else _("the system")),
        ],
        search=("finding__icontains", "words__icontains", "case__number__contains", "permit__number__icontains"),
        order="-pk",
        empty=_("Nobody has decided against or in the place of a finding yet."),
        link=lambda o: (
            reverse("case", args=[o.case_id])
            if o.case_id
            else reverse("permit", args=[o.permit_id])
            if o.permit_id
            else ""
        ),
    )
    return listing.respond(request)


@DECIDE
def office(request: HttpRequest) -> HttpResponse:
    """Who accepts, reviews and decides here; promised terms; words on letters."""
    request.actor.require(Right.PERMITS_DECIDE, path=county().path)
    form = OfficeForm(request.POST or None, instance=offices.office())
    return act_page(
        request, form, lambda given: offices.set_office(request.actor, **given), title=_("Who decides on permits"), back=reverse("permit-list"),
        about=_("Left open, the rights of each person decide."), done=_("Saved."),
    )  # fmt: skip


@DECIDE
def letter_forms(request: HttpRequest) -> HttpResponse:
    """Forms of letters: ours to download, the bureau's own in their place."""
    request.actor.require(Right.PERMITS_DECIDE, path=county().path)
    own = {f.letter: f for f in LetterForm.objects.select_related("by")}
    rows = [{"key": key, "title": title, "own": own.get(key)} for key, title in LETTERS.items()]
    return render(request, "permits/letter_forms.html", {"rows": rows, "form": LetterFormForm()})


@DECIDE
def letter_form(request: HttpRequest, slug: str) -> HttpResponse:
    """Download the form of a letter that is in use."""
    if slug not in LETTERS:
        raise NotFound(_("There is no such letter."))
    kind = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
    answer = HttpResponse(letters.form_of(slug), content_type=kind)
    answer["Content-Disposition"] = f'attachment; filename="{slug}.docx"'
    return answer


@DECIDE
@require_POST
def letter_form_set(request: HttpRequest, slug: str) -> HttpResponse:
    """Take the bureau's own form, or ours again."""
    form = LetterFormForm(request.POST, request.FILES)
    try:
        if "ours" in request.POST:
            letters.set_form(request.actor, slug, None)
        elif form.is_valid():
            letters.set_form(request.actor, slug, form.cleaned_data["paper"].read())
        else:
            raise Invalid(_("Choose a file first."))
    except Invalid as error:
        messages.error(request, error.message)
    else:
        messages.success(request, _("Saved."))
    return redirect("letter-forms")
