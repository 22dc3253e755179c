"""Pages of cases: what is open and until when, the application, each step, the gate, letters."""

import io
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import FileResponse, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from liangshui.core.access import Right
from liangshui.core.decision import Outcome
from liangshui.core.errors import Forbidden, Invalid, NotFound
from liangshui.parameters.queries import law
from liangshui.parameters.words import cited, linked
from liangshui.permits import (
    application_paper,
    applications,
    asking,
    casework,
    filing,
    hearings,
    letters,
    offices,
    queries,
)
from liangshui.permits.case_forms import (
    ApplicationForm,
    BeginForm,
    GateForm,
    JsonForm,
    PaperForm,
    QuotaForm,
    StepForm,
    TermsForm,
)
from liangshui.permits.models import ROOM, Case, CasePaper, CaseStep, GateRecord, Letter, Permit
from liangshui.permits.rules.gate import what_would_pass
from liangshui.permits.rules.hearing import TURNED, Stance
from liangshui.permits.rules.life import CLOSED, WORKER, Act, Clock, Excluded, Kind, State, Who, after
from liangshui.permits.rules.scope import Route
from liangshui.permits.words import (
    ACTS,
    CHECKS,
    CLOCKS,
    EXCLUDED,
    FIELDS,
    KINDS,
    LEVELS,
    NO_CHANGE,
    OUTCOMES,
    ROUTES,
    STANCES,
    STATES,
    TERM_UNITS,
    WHO,
    act_words,
    change_words,
    sentence,
)
from liangshui.quota.queries import county
from liangshui.quota.words import rules_of
from liangshui.records import papers, replies
from liangshui.records.gate import needs
from liangshui.records.listing import Column, Filter, Listing
from liangshui.registry.queries import one
from liangshui.registry.views import act as act_page

SEE, APPLY = needs(Right.PERMITS_VIEW), needs(Right.PERMITS_APPLY)
ORDER = (Outcome.FAILED, Outcome.UNDECIDABLE, Outcome.NEEDS_PERSON, Outcome.PASSED)


def _cases(request: HttpRequest) -> Any:
    return queries.cases_for(request.actor).select_related(
        "applicant", "permit", "division", "management_unit", "project", "taker"
    )


def _case(request: HttpRequest, pk: int) -> Case:
    found: Case = one(_cases(request), pk)
    return found


@SEE
def case_list(request: HttpRequest) -> HttpResponse:
    """Cases: open ones first by the clock that ends first."""
    today, known = timezone.localdate(), law()
    looks: dict[int, queries.Look] = {}

    def look(case: Case) -> queries.Look:
        if case.pk not in looks:
            looks[case.pk] = queries.look(case, today, known)
        return looks[case.pk]

    def due_cell(case: Case) -> Any:
        due = look(case).due
        if due is None:
            return None
        if due.due is None:
            return format_html('<span title="{}">≈ {}</span>', due.missing, due.about)
        late = due.late(today) or due.promise_late(today)
        return format_html('<span class="badge bg-red-lt">{} {}</span>', due.due, _("late")) if late else due.due

    listing = Listing(
        key="permit-cases",
        title=_("Cases of permits"),
        rows=_cases(request).prefetch_related("steps"),
        columns=[
            Column("number", _("number"), lambda c: c.number, sort="number"),
            Column("kind", _("what is applied for"), lambda c: c.get_kind_display(), sort="kind"),
            Column("applicant", _("applicant"), lambda c: c.applicant.name, sort="applicant__name"),
            Column("place", _("town or village"), lambda c: c.division.name, shown=False),
            Column("volume", _("volume a year, m³"), lambda c: c.volume_m3, cell=lambda c: None if c.volume_m3 is None else f"{c.volume_m3:,.0f}", sort="volume_m3", numeric=True),
            Column("state", _("state"), lambda c: c.stands, sort="state"),
            Column("who", _("who has to act"), lambda c: WHO[look(c).who] if c.open else None),
            Column("due", _("due by"), lambda c: look(c).due.presses if look(c).due else None, cell=due_cell),  # type: ignore[union-attr]
            Column("received", _("received"), lambda c: c.received_on, sort="received_on"),
        ],
        search=("number__contains", "outside_number__contains", "applicant__name__contains", "applicant__initials__contains", "name__contains"),
        filters=[
            Filter("mine", _("my part"), lambda: [("1", _("waits for me"))], lambda rows, _v: rows.filter(pk__in=[c.pk for c, _l in queries.waiting_for(request.actor, today)])),
            Filter("waits", _("waits for"), lambda: [("answer", _("answers that are late")), ("hearing", _("hearings to be held"))], lambda rows, v: rows.filter(pk__in=[c.pk for c in (hearings.unanswered(request.actor, today) if v == "answer" else hearings.to_hold(request.actor))])),
            Filter("open", _("open or closed"), lambda: [("open", _("open")), ("closed", _("closed"))], lambda rows, v: rows.exclude(state__in=CLOSED) if v == "open" else rows.filter(state__in=CLOSED)),
            Filter("kind", _("what is applied for"), lambda: [(k.value, KINDS[k]) for k in Kind], "kind"),
            Filter("state", _("state"), lambda: [(s.value, STATES[s]) for s in State], "state"),
        ],
        order="-made_at",
        empty=_("There is no application yet."),
        link=lambda c: reverse("case", args=[c.pk]),
        actions=[(reverse(page), words, icon) for page, words, icon, right in ACTIONS if request.actor.may(right)],
    )  # fmt: skip
    return listing.respond(request)


ACTIONS = [
    ("case-new", gettext_lazy("New application"), "plus", Right.PERMITS_APPLY),
    ("permit-need", gettext_lazy("Is a permit needed?"), "help", Right.PERMITS_APPLY),
    ("case-file", gettext_lazy("Applications from a file"), "upload", Right.PERMITS_ACCEPT),
]


@needs(Right.PERMITS_ACCEPT)
def case_file(request: HttpRequest) -> HttpResponse:
    """Applications of a one-stop service from a file: what became of each."""
    form, rows, fault = JsonForm(request.POST or None, request.FILES or None), [], ""
    if request.method == "POST" and form.is_valid():
        try:
            rows = list(applications.take_file(request.actor, form.cleaned_data["paper"].read()))
        except Invalid as error:
            fault = error.message
    return render(request, "permits/case_file.html", {"form": form, "rows": rows, "fault": fault})


@APPLY
def case_new(request: HttpRequest) -> HttpResponse:
    """Begin an application."""
    initial = {n: request.GET.get(n, "") for n in ("kind", "permit")}
    number = initial["permit"]
    if number:
        permit = Permit.objects.within(request.actor.territory(Right.PERMITS_APPLY)).filter(number=number).first()
        if permit:
            initial["applicant"] = permit.project.user  # type: ignore[assignment]
    return act_page(
        request,
        BeginForm(request.POST or None, actor=request.actor, initial={k: v for k, v in initial.items() if v}),
        lambda given: casework.begin(request.actor, Kind(given["kind"]), given["applicant"], given["permit"]),
        title=_("New application"),
        back=reverse("case-list"),
        goto=lambda case: reverse("case-form", args=[case.pk]),
        submit=_("Go on to the form"),
        done=_("A draft was begun. It is kept until you hand it in."),
    )


@APPLY
def case_form(request: HttpRequest, pk: int) -> HttpResponse:
    """The application form. It is kept as one types (`keep`, static/permits/form.js), by “Save”, and when it is handed in."""
    case = _case(request, pk)
    if not offices.may(request.actor, Who.APPLICANT, case):
        raise Forbidden(Right.PERMITS_APPLY)
    if request.method != "POST":
        return _form_page(request, case, ApplicationForm(instance=Case.objects.get(pk=pk), actor=request.actor))
    keeping = "keep" in request.POST
    try:
        with transaction.atomic():
            instance = Case.objects.select_for_update().get(pk=pk)
            form = ApplicationForm(request.POST, instance=instance, actor=request.actor)
            form.is_valid()
            changed, others = form.changed(), form.others()
            case = _write(request, case, form)
        faults = form.faults()
        form.recall(case)
        if keeping:
            return JsonResponse({
                "kept": {name: form.there(name) for name in changed if name not in faults and name not in others},
                "said": _("Kept at %s") % timezone.localtime().strftime("%H:%M:%S"), "faults": faults, "others": others,
                "papers": render_to_string("permits/form_papers.html", _papers_of(case), request),
            })  # fmt: skip
        for name, words in others.items():
            form.add_error(
                name, _("Another window has written “%s” here since. Save again if yours is to stand.") % words
            )
        if faults or others:
            return _form_page(request, case, form)
        if "hand_in" not in request.POST:
            messages.success(request, _("Kept. It is not handed in yet."))
            return redirect("case-form", pk)
        casework.step(request.actor, case, Act.COMPLETE if case.state == State.INCOMPLETE else Act.SUBMIT)
    except Invalid as error:
        if keeping:
            return JsonResponse({"fault": error.message}, status=409)
        return _form_page(request, case, form, error.message)
    messages.success(request, _("Handed in. You can follow it here."))
    return redirect("case", pk)


@APPLY
def case_quota(request: HttpRequest, pk: int) -> HttpResponse:
    """Work out the volume by quota of an application by the table of quotas."""
    found = _case(request, pk)

    def run(given: dict[str, Any]) -> Case:
        told = {"quota_m3": given["quota_m3"], "quota_basis": given["quota_basis"], "quota_norm": given["norm"]}
        return casework.write(request.actor, found, **told)

    return act_page(
        request, QuotaForm(request.POST if request.method == "POST" else None), run, title=_("Volume by quota"),
        about=f"{found.number} · {found.applicant.name}", back=reverse("case-form", args=[pk]), done=_("Saved."),
    )  # fmt: skip


def _write(request: HttpRequest, case: Case, form: ApplicationForm) -> Case:
    """Keep what can be kept: a field that the service refuses is a fault of the form, and the others are kept."""
    try:
        return casework.write(request.actor, case, **form.values())
    except Invalid as error:
        if error.field not in form.values():
            raise
        form.add_error(error.field, error.message)
        return _write(request, case, form)


def _papers_of(case: Case) -> dict[str, Any]:
    """Papers that the application needs and those that are with it."""
    labels = dict(CasePaper.What.choices)
    opened = [(paper.what, labels[paper.what]) for paper in casework.open_papers(case)]
    return {
        "case": case,
        "papers": case.papers.filter(taken_back_at=None),
        "open_papers": opened,
        "accept": papers.ACCEPT,
    }


def _form_page(request: HttpRequest, case: Case, form: ApplicationForm, fault: str = "") -> HttpResponse:
    words = {
        "not_kept": _("Not kept: %s"), "yet": _("Not kept yet"), "offline": _("There is no connection. What you wrote stays on this device and is sent when there is one."),
        "signed_out": _("You have been signed out. Sign in again in another window; what you wrote stays here and is sent then."),
        "server": _("The server did not take it (%s). What you wrote stays on this device; it is tried again."),
        "full": _("This device cannot keep it, either: do not close the page."),
        "other": _("Another window has written “%s” here since."), "empty": _("nothing"), "mine": _("Keep mine"), "theirs": _("Take the other"),
        "offer": _("This text had not reached the office when the page was left:"), "now": _("now there: “%s”"), "back": _("Put it back"), "drop": _("Throw it away"),
    }  # fmt: skip
    context = {"case": case, "form": form, "fault": fault, "words": words, **_papers_of(case)}
    return render(request, "permits/case_form.html", context)


@SEE
def case_application(request: HttpRequest, pk: int, suffix: str) -> FileResponse:
    """The application form on paper, to print and sign, as the draft stands."""
    found = _case(request, pk)
    if suffix not in application_paper.FORMS:
        raise NotFound(suffix)
    content = application_paper.FORMS[suffix](application_paper.paper_of(found))
    return FileResponse(
        io.BytesIO(content), as_attachment=True, filename=f"{_('Application form')}-{found.number}.{suffix}"
    )


def _buttons(request: HttpRequest, case: Case) -> list[tuple[str, Any, str]]:
    """Steps that the reader may do now: address, words, look."""
    found, possible = [], hearings.possible(case)
    for act in after(State(case.state), Kind(case.kind)):
        if act in (Act.SUBMIT, Act.COMPLETE) or not offices.may(request.actor, WORKER[act], case):
            continue
        if act in TURNED and act not in possible:
            continue
        if act is Act.REQUEST and not _may_ask(request, case):
            continue
        look = "btn-primary" if act in MAIN else "btn-outline-danger" if act in HARD else ""
        found.append((reverse("case-step", args=[case.pk, act.value]), act_words(act, Kind(case.kind)), look))
    return found


def _may_ask(request: HttpRequest, case: Case) -> bool:
    """Whether a hearing may still be asked for: an applicant within its days, an officer for third parties, too."""
    last = hearings.request_by(case)
    return not _own(request, case) or last is None or timezone.localdate() <= last


MAIN = frozenset(
    {Act.REQUEST, Act.ACCEPT, Act.APPROVE, Act.ISSUE, Act.PASS, Act.FILE, Act.BEGIN, Act.TRIAL, Act.OPINION}
)
HARD = frozenset({Act.REFUSE, Act.DECLINE})


def _clock_row(clock: Clock, today: date, known: Any) -> dict[str, Any]:
    return {
        "clock": clock, "label": CLOCKS[clock.code], "article": cited(known.rule(clock.article)),
        "term": TERM_UNITS[clock.unit] % clock.count if clock.unit and clock.count is not None else "", "who": WHO[clock.who], "late": clock.late(today),
        "promise_late": clock.promise_late(today),
    }  # fmt: skip


def checks_of(record: GateRecord, known: Any) -> dict[str, Any]:
    """A kept decision for the page: checks by outcome in their words, and what would pass."""
    decision = asking.decision_of(record)
    groups = [
        (
            OUTCOMES[o],
            o.value,
            [
                (CHECKS[c.code], linked(sentence(c, known), rules_of(c), known, record.on))
                for c in decision.because
                if c.outcome is o
            ],
        )
        for o in ORDER
    ]
    changes = (
        [change_words(c) for c in what_would_pass(*asking.parts_of(record))] or [str(NO_CHANGE)]
        if decision.failed
        else []
    )
    return {"record": record, "decision": decision, "groups": groups, "changes": changes}


@SEE
def case(request: HttpRequest, pk: int) -> HttpResponse:
    """One case: what is asked for, where it stands, its clocks, steps, papers, the gate's decision, letters."""
    found, today, known = _case(request, pk), timezone.localdate(), law()
    look = queries.look(found, today, known)
    record = found.decisions.order_by("-pk").first()
    reviewing = offices.may(request.actor, Who.REVIEWING, found)
    applicant = offices.may(request.actor, Who.APPLICANT, found)
    editable = found.state in casework.EDITABLE and applicant
    renew_by = queries.renew_by(found, known)
    steps = found.steps.select_related("by").order_by("-pk")
    context = {
        "renew_by": renew_by, "renew_late": renew_by is not None and (found.received_on or today) > renew_by,
        "case": found, "look": look, "who": WHO[look.who], "clocks": [_clock_row(c, today, known) for c in look.clocks], "due": look.due, "today": today,
        "facts": _facts(found), "months": found.months_m3, "papers": found.papers.filter(taken_back_at=None), "open_papers": [p for p in CasePaper.What.choices if p[0] in {x.what for x in casework.open_papers(found)}],
        "steps": [(step, _said_in(step)) for step in (steps.exclude(act__in=INSIDE) if _own(request, found) else steps)], "acts": ACTS, "buttons": _buttons(request, found), "editable": editable,
        "may_hand_in": applicant and found.state not in CLOSED,
        "gate": checks_of(record, known) if record and (reviewing or found.state in CLOSED or not applicant) else None,
        "consultations": [(each, STANCES[each.stance] if each.stance else "", each.late(today)) for each in hearings.consultations(found)],
        "hearing": hearings.hearing(found), "ask_by": hearings.request_by(found) if found.state == State.ACCEPTED else None,
        "filings": filing.sparing(found.applicant.filings.all(), today) if found.kind == Kind.NEW and found.open else [],
        "own": _own(request, found), "may_answer": reviewing and found.state == State.ACCEPTED,
        "terms": queries.terms_told(found.terms), "may_set_terms": reviewing and found.state == State.ACCEPTED and found.kind in casework.SETS_TERMS,
        "may_ask": reviewing and found.state == State.ACCEPTED, "letters": [(each, letters.may_serve(request.actor, each)) for each in letters.shown(request.actor, found.letters.select_related("case__division"), found.division.path)],
        "possible": letters.possible(found, request.actor),
        "overrides": found.overrides.select_related("by") if not _own(request, found) else [], "paper_form": PaperForm(),
    }  # fmt: skip
    return render(request, "permits/case.html", context)


SHOWN = (
    "name", *(name for name in FIELDS if name not in ("applicant", "months_m3")), "existing", "return_m3", "pollutants", "quota_m3", "quota_basis",
    "design_capacity_m3", "industry", "must_be_filed", "other",
)  # fmt: skip
"""What an application says, in the order in which its pages show it."""


def _facts(case: Case) -> list[tuple[Any, Any]]:
    told = [(Case._meta.get_field(name).verbose_name, _shown(case, name)) for name in SHOWN]
    return [(label, value) for label, value in told if value not in (None, "", "—")]


def _summary(case: Case, known: Any) -> dict[str, Any]:
    """What an officer needs before the eyes at a step: what is asked for and open, the gate, the opinion, conditions, room, terms."""
    today, record = timezone.localdate(), case.decisions.order_by("-pk").first()
    room = queries.room_of(county(), case.management_unit, case.source, today)
    told = case.state not in (State.DRAFT, State.RECEIVED, State.INCOMPLETE)
    return {
        "case": case, "facts": _facts(case), "months": case.months_m3, "open_papers": [CasePaper.What(p.what).label for p in casework.open_papers(case)],
        "open_fields": [FIELDS[name] for name in casework.open_fields(case)], "gate": checks_of(record, known) if record else None,
        "opinions": case.steps.filter(act__in=[Act.OPINION, Act.VISIT, Act.VIEWS, Act.HEAR]).select_related("by").order_by("-pk"),
        "terms": queries.terms_told(case.terms), "due": queries.look(case, today, known).due, "told": told,
        "room": room, "consultations": [(each, STANCES[each.stance] if each.stance else "", each.late(today)) for each in hearings.consultations(case)],
    }  # fmt: skip


def _said_in(step: CaseStep) -> list[tuple[Any, Any]]:
    """What a step says besides its words: what was approved, which number was given, why the clock stands, who was told."""
    told: list[tuple[Any, Any]] = []
    if step.data.get("volume_m3") not in (None, ""):
        told.append((_("volume a year, m³"), f"{Decimal(step.data['volume_m3']):,.0f}"))
    if step.data.get("years"):
        told.append((_("for years"), step.data["years"]))
    if step.data.get("number"):
        told.append((_("permit number"), step.data["number"]))
    if step.data.get("reason") in set(Excluded):
        told.append((_("what the time is left out for"), EXCLUDED[Excluded(step.data["reason"])]))
    if step.data.get("route"):
        told.append((_("why it goes there"), ROUTES[Route(step.data["route"])]))
    if step.data.get("level"):
        told.append(
            (
                _("of several sources: authorities that decide on them"),
                "、".join(str(LEVELS[each]) for each in step.data["levels"]),
            )
        )
    if step.data.get("authority"):
        told.append((_("authority that decides"), step.data["authority"]))
    data = step.data
    if data.get("body"):
        told.append((_("organisation that is asked"), data["body"]))
    if data.get("until"):
        told.append((_("answer wanted by"), data["until"]))
    if data.get("stance"):
        asked = next((c.body for c in hearings.consultations(step.case) if c.number == data.get("n")), "")
        told.append((asked, STANCES[Stance(data["stance"])]))
    if data.get("party"):
        told.append((_("whose word it is"), data["party"]))
    if data.get("host"):
        told += [
            (_("day of the hearing"), f"{data['on']} {data['at']}"), (_("place of the hearing"), data["place"]), (_("host of the hearing"), data["host"]),
            (_("held in public"), _("yes") if data.get("public") else _("no")),
        ]  # fmt: skip
    if data.get("participants"):
        told.append((_("who else is called"), "、".join(data["participants"])))
    if data.get("heard"):
        told.append((_("how the decision follows from the record of the hearing"), data["heard"]))
    if step.data.get("parties"):
        told.append((_("third parties that are told"), "、".join(step.data["parties"])))
    if step.data.get("article"):
        told.append((_("article that carries the refusal"), step.data["article"]))
    if step.data.get("why"):
        told.append((_("why"), step.data["why"]))
    return told


INSIDE = (Act.OPINION, Act.ANSWER)
"""Steps whose words are the office's own while it decides: an applicant sees that there is an answer, not what it says."""


def _own(request: HttpRequest, case: Case) -> bool:
    """Whether the reader is the applicant and no officer of the place."""
    return not request.actor.territory(Right.PERMITS_VIEW).holds_path(case.division.path)


def _shown(case: Case, name: str) -> Any:
    field = Case._meta.get_field(name)
    value = getattr(case, name)
    if name == "quota_m3" and value is not None and case.quota_norm_id is None:
        return _("%s (typed)") % f"{value:,.0f} m³"
    if getattr(field, "choices", None):
        return getattr(case, f"get_{name}_display")()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, bool):
        return _("yes") if value else ""
    if name.endswith("_m3") and value is not None:
        return f"{value:,.0f} m³"
    return value


@APPLY
@require_POST
def case_paper(request: HttpRequest, pk: int) -> HttpResponse:
    """Hand in a paper."""
    found = _case(request, pk)
    form = PaperForm(request.POST, request.FILES)
    if form.is_valid():
        file = form.cleaned_data["paper"]
        try:
            casework.hand_in(request.actor, found, form.cleaned_data["what"], file.name, file.read())
        except Invalid as error:
            messages.error(request, error.message)
        else:
            messages.success(request, _("The paper is with the case."))
    else:
        messages.error(request, _("Choose a file first."))
    return redirect(
        request.POST.get("back")
        if request.POST.get("back") in (reverse("case-form", args=[pk]),)
        else reverse("case", args=[pk])
    )


@SEE
def casepaper(request: HttpRequest, pk: int) -> FileResponse:
    """A paper as it was handed in."""
    paper: CasePaper = one(CasePaper.objects.filter(case__in=queries.cases_for(request.actor)), pk)
    return replies.paper(ROOM, paper.paper, Path(paper.name).stem)


@APPLY
@require_POST
def casepaper_back(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a paper back while the application can be changed."""
    paper: CasePaper = one(
        CasePaper.objects.filter(case__in=queries.cases_for(request.actor)).select_related("case"), pk
    )
    try:
        casework.take_back(request.actor, paper)
    except Invalid as error:
        messages.error(request, error.message)
    return redirect("case", paper.case_id)


@SEE
def casestep_paper(request: HttpRequest, pk: int) -> FileResponse:
    """The file of a step, such as minutes of a site visit."""
    step: CaseStep = one(
        CaseStep.objects.within(request.actor.territory(Right.PERMITS_VIEW)).select_related("case__division"), pk
    )
    if step.act in INSIDE and _own(request, step.case):
        raise NotFound(_("There is no document with it."))
    return replies.paper(ROOM, step.paper, f"{step.case.number}-{step.act}-{step.day}")


@SEE
def case_step(request: HttpRequest, pk: int, act: str) -> HttpResponse:
    """Do a step: its day, its words, and what it needs."""
    found, known = _case(request, pk), law()
    try:
        wanted = Act(act)
    except ValueError as error:
        raise NotFound(act) from error
    follows = wanted in after(State(found.state), Kind(found.kind))
    if request.method == "GET" and not (follows and offices.may(request.actor, WORKER[wanted], found)):
        return redirect("case", pk)
    offices.require(request.actor, WORKER[wanted], found)
    initial = {"n": request.GET.get("n", "")} if wanted is Act.ANSWER else None
    form = StepForm(
        request.POST or None,
        request.FILES or None,
        case=found,
        act=wanted,
        known=known,
        actor=request.actor,
        initial=initial,
    )

    def run(given: dict[str, Any]) -> CaseStep:
        return casework.step(
            request.actor,
            found,
            wanted,
            day=given["day"],
            words=given["words"],
            data=form.data_of_step(),
            paper=given["paper"],
        )

    return act_page(
        request, form, run, title=str(act_words(wanted, Kind(found.kind))), about=f"{found.number} · {found.applicant.name}", back=reverse("case", args=[pk]),
        submit=act_words(wanted, Kind(found.kind)), done=_("Written down."), template="permits/case_step.html",
        more=_summary(found, known) if WORKER[wanted] is not Who.APPLICANT else {},
    )  # fmt: skip


@needs(Right.PERMITS_REVIEW)
def case_gate(request: HttpRequest, pk: int) -> HttpResponse:
    """Answer what is known of the place, and ask the gate."""
    found = _case(request, pk)
    offices.require(request.actor, Who.REVIEWING, found)
    form = GateForm(request.POST or None, case=found)

    def run(given: dict[str, Any]) -> GateRecord:
        told = {name: given.get(name, "") for name in ("use", "source")}
        by = (given["quota_m3"], given["quota_basis"])
        casework.place(request.actor, found, given["management_unit"], *by, quota_norm=given["norm"], **told)
        return casework.ask_gate(request.actor, found, form.answers())

    return act_page(
        request, form, run, title=_("Ask the gate"), about=f"{found.number} · {found.applicant.name}", back=reverse("case", args=[pk]),
        submit=_("Ask the gate"), done=_("The gate has decided; see its checks below."),
    )  # fmt: skip


@needs(Right.PERMITS_REVIEW)
def case_terms(request: HttpRequest, pk: int) -> HttpResponse:
    """What the review proposes as conditions of the permit."""
    found = _case(request, pk)
    offices.require(request.actor, Who.REVIEWING, found)
    form = TermsForm(request.POST or None, terms=casework.proposed_terms(found))
    return act_page(
        request, form, lambda _given: casework.set_terms(request.actor, found, **form.values()), title=_("Conditions of the permit"),
        about=f"{found.number} · {found.applicant.name}", back=reverse("case", args=[pk]), done=_("Saved."),
    )  # fmt: skip


@SEE
@require_POST
def case_letter(request: HttpRequest, pk: int) -> HttpResponse:
    """Make a letter."""
    found = _case(request, pk)
    try:
        letters.make(
            request.actor,
            found,
            request.POST.get("letter", ""),
            to=request.POST.get("to", ""),
            number=request.POST.get("number", "")[:60],
            words=request.POST.get("words", "")[:500],
        )
    except Invalid as error:
        messages.error(request, error.message)
    else:
        messages.success(request, _("The letter was made."))
    return redirect("case", pk)


@SEE
def letter(request: HttpRequest, pk: int) -> FileResponse:
    """A letter as it was made."""
    rows = Letter.objects.within(request.actor.territory(Right.PERMITS_VIEW)).select_related("division")
    found: Letter = one(rows, pk)
    found = one(letters.shown(request.actor, rows, found.division.path), pk)
    return replies.paper(ROOM, found.paper, found.number)


@SEE
@require_POST
def letter_serve(request: HttpRequest, pk: int) -> HttpResponse:
    """Record that a letter was served."""
    found: Letter = one(Letter.objects.within(request.actor.territory(Right.PERMITS_VIEW)).select_related("case"), pk)
    try:
        day = date.fromisoformat(request.POST.get("day", ""))
        letters.serve(request.actor, found, day=day, how=request.POST.get("how", ""))
    except ValueError:
        messages.error(request, _("Enter the day."))
    except Invalid as error:
        messages.error(request, error.message)
    return redirect("case", found.case_id) if found.case_id else redirect("case-list")
