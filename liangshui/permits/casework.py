"""Verbs of a case: draft it, hand it in, check, review, decide, build, issue. Each step is checked, written and never changed."""

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from liangshui.core.access import SYSTEM, Actor, Right
from liangshui.core.decision import Outcome
from liangshui.core.errors import Invalid, LiangshuiError
from liangshui.core.parameters import Law
from liangshui.core.periods import plan_year
from liangshui.parameters.queries import law
from liangshui.permits import asking, hearings, offices, queries, register
from liangshui.permits.models import ROOM, Case, CasePaper, CaseStep, GateRecord, Override, Permit, PermitVersion
from liangshui.permits.rules import form, scope
from liangshui.permits.rules.hearing import Stance
from liangshui.permits.rules.life import BY_HAND, CLOSED, WORKER, Act, Kind, State, Who, after
from liangshui.permits.rules.terms import lapses_on, validity_years
from liangshui.permits.words import FIELDS, sentence
from liangshui.quota.models import Norm
from liangshui.records import papers
from liangshui.records.locks import GRANTS, NUMBERS, hold
from liangshui.registry import services as registry
from liangshui.registry.models import Intake, ManagementUnit, WaterUser
from liangshui.telemetry.models import Station

ONE_DAY = timedelta(days=1)
ZERO = Decimal(0)
EDITABLE = (State.DRAFT, State.INCOMPLETE)
UNDER_REVIEW = (State.RECEIVED, State.INCOMPLETE, State.ACCEPTED)
PLACED = frozenset({"source", "division", "management_unit", "longitude", "latitude", "works", "existing"})
"""What a change, renewal, transfer or cancellation has from its permit."""


def _number(on: date) -> str:
    hold(NUMBERS)
    last = (
        Case.objects.filter(number__startswith=f"{on.year}-").order_by("-number").values_list("number", flat=True)[:1]
    )
    return f"{on.year}-{int(last[0].partition('-')[2]) + 1 if last else 1:05d}"


# --- before it is handed in ---


@transaction.atomic
def begin(
    actor: Actor, kind: Kind, applicant: WaterUser, permit: Permit | None = None, outside_number: str = ""
) -> Case:
    """Begin an application; what the permit says stands in it already. It is a draft until it is handed in.

    Raises:
        Forbidden: neither one's own application nor of one's territory.
        Invalid: there is an open case of the same kind about the permit, or the permit has ended.
    """
    if kind is not Kind.NEW and permit is None:
        raise Invalid(_("Say which permit it is about."), field="permit")
    if kind is Kind.NEW and permit is not None:
        raise Invalid(_("A new permit is not about one that is there; apply for its change."), field="permit")
    facts: dict[str, Any] = {"division": applicant.division}
    if permit is not None:
        if permit.project.user_id != applicant.pk:
            raise Invalid(_("The permit is not the applicant’s."), field="permit")
        if permit.ended_on:
            raise Invalid(_("This permit has ended."))
        if Case.objects.filter(permit=permit, kind=kind).exclude(state__in=CLOSED).exists():
            raise Invalid(_("There is an open case of this kind about the permit already."))
        facts = _facts_of(permit)
    case = Case(
        kind=kind,
        applicant=applicant,
        number=_number(timezone.localdate()),
        permit=permit,
        outside_number=outside_number,
        **facts,
    )
    offices.require(actor, Who.APPLICANT, case)
    case.responsible_id = (
        actor.person_id if not actor.territory(offices.RIGHTS[Who.APPLICANT]).holds_user(applicant.pk) else None
    )
    case.save()
    return case


def _facts_of(permit: Permit) -> dict[str, Any]:
    project, version = permit.project, queries.version_on(permit, timezone.localdate())
    intake = Intake.objects.filter(project=project).order_by("code").first()
    facts: dict[str, Any] = {"division": project.division, "project": project, "name": project.name}
    if intake:
        facts |= {
            "longitude": intake.longitude, "latitude": intake.latitude, "works": intake.kind, "existing": True,
            "management_unit": queries.unit_of_project(project) or intake.management_unit,
        }  # fmt: skip
    if version:
        names = ("use", "purpose", "volume_m3", "months_m3", "return_place", "return_m3")
        facts |= {name: getattr(version, name) for name in names}
        facts["source"] = version.source or (intake.source.kind if intake else "")
    return facts


@transaction.atomic
def write(actor: Actor, case: Case, **values: Any) -> Case:
    """Write into an application while it is a draft or being completed. Whatever is given is kept, complete or not."""
    case = Case.objects.select_for_update().get(pk=case.pk)
    offices.require(actor, Who.APPLICANT, case)
    _require_own_draft(actor, case)
    if case.state not in EDITABLE:
        raise Invalid(_("The application has been handed in; it can be changed when items are asked for."))
    if told := placed(case) & set(values):
        raise Invalid(
            _("Source, place and works are those of the permit; another place needs a new permit."),
            field=sorted(told)[0],
        )
    if values.get("taker") is not None and values["taker"].pk == case.applicant_id:
        raise Invalid(_("Somebody else has to take it over."), field="taker")
    if {"quota_m3", "quota_basis"} & set(values):
        values["quota_norm"] = _norm_of(case, values)
    for name, value in values.items():
        setattr(case, name, value)
    offices.require(actor, Who.APPLICANT, case)  # also where it was moved to
    case.save()
    return case


def _norm_of(case: Case, values: dict[str, Any]) -> Norm | None:
    """The quota of the table behind a volume by quota: as it is given, or as it was where the volume and its words stay as they are."""
    same = all(values.get(name, now := getattr(case, name)) == now for name in ("quota_m3", "quota_basis"))
    found: Norm | None = values.get("quota_norm", case.quota_norm if same else None)
    return found


def _require_own_draft(actor: Actor, case: Case) -> None:
    if case.state == State.DRAFT and not offices.own(actor, case):
        raise Invalid(_("It is the applicant’s draft; nobody else writes in it."))


def placed(case: Case) -> frozenset[str]:
    """Fields that a case has from its permit and that stay so. A permit of the old stock may name no source: then it is asked for."""
    if case.permit is None:
        return frozenset()
    return PLACED if _facts_of(case.permit).get("source") else PLACED - {"source"}


@transaction.atomic
def hand_in(actor: Actor, case: Case, what: str, name: str, content: bytes) -> CasePaper:
    """Add a paper; its kind and content are looked at, and it is kept outside of what the web serves.

    Raises:
        Invalid: of another kind, too large, damaged, or with macros.
    """
    offices.require(actor, Who.APPLICANT, case)
    _require_own_draft(actor, case)
    if case.state in CLOSED:
        raise Invalid(_("The case is closed."))
    kept = papers.keep(ROOM, content)
    return CasePaper.objects.create(case=case, what=what, name=name[-120:], paper=kept, by_id=actor.person_id)


@transaction.atomic
def take_back(actor: Actor, paper: CasePaper) -> CasePaper:
    """Take a paper back while the application can be changed; it stays on record."""
    offices.require(actor, Who.APPLICANT, paper.case)
    _require_own_draft(actor, paper.case)
    if paper.case.state not in EDITABLE:
        raise Invalid(_("What has been handed in stays with the case."))
    paper.taken_back_at = timezone.now()
    paper.save()
    return paper


def open_fields(case: Case) -> list[str]:
    """Fields of the form that are still open."""
    given = {name: getattr(case, name, None) for name in form.FIELDS[Kind(case.kind)]}
    return form.missing(Kind(case.kind), given)


def _asks_anew(case: Case) -> bool:
    """Whether a change asks for more than the permit allows, or for another use."""
    version = queries.version_on(case.permit, timezone.localdate()) if case.kind == Kind.CHANGE else None
    if version is None:
        return False
    more = case.volume_m3 is not None and version.volume_m3 is not None and case.volume_m3 > version.volume_m3
    return more or bool(version.use and case.use and version.use != case.use)


def open_papers(case: Case) -> list[form.Paper]:
    """Papers that have to be there and are not."""
    there = set(case.papers.filter(taken_back_at=None).values_list("what", flat=True))
    needed = form.papers(
        Kind(case.kind),
        case.source,
        filed=case.must_be_filed,
        construction=form.construction(case.use),
        existing=case.existing,
        anew=_asks_anew(case),
    )
    return [paper for paper in needed if paper.what not in there]


# --- steps ---

Doing = Callable[[Actor, Case, date, dict[str, Any]], None]


@transaction.atomic
def step(
    actor: Actor, case: Case, act: Act, *, day: date | None = None, words: str = "", data: dict[str, Any] | None = None,
    paper: bytes | None = None,
) -> CaseStep:  # fmt: skip
    """Do a step of a case.

    Raises:
        Forbidden: it is not one's part.
        Invalid: it may not follow now; the day cannot be; or what the step needs is not there. `field` says which.
    """
    case = Case.objects.select_for_update().get(pk=case.pk)
    if WORKER[act] is Who.SYSTEM:
        if actor is not SYSTEM:
            offices.require(actor, Who.SYSTEM, case)
    elif act is Act.WITHDRAW and case.state == State.DRAFT:
        offices.require(actor, Who.APPLICANT, case)
    else:
        offices.require(actor, WORKER[act], case)
    day, today = day or timezone.localdate(), timezone.localdate()
    if WORKER[act] is Who.APPLICANT and not actor.territory(Right.PERMITS_APPLY).holds_path(case.division.path):
        day = today  # only who keeps the office's books enters a day of before
    following = after(State(case.state), Kind(case.kind))
    if act not in following:
        raise Invalid(_("This step may not follow now: the case stands at “%s”.") % case.stands)
    if act is Act.ASK and case.steps.filter(act=Act.ASK).exists():
        raise Invalid(_("Missing items may be asked for only once."))
    if day > today:
        raise Invalid(_("The day lies in the future. Enter it when it has come."), field="day")
    last = case.steps.order_by("-pk").first()
    if last and day < last.day:
        raise Invalid(_("The step before was on %s.") % last.day, field="day")
    data, words = dict(data or {}), words.strip()
    if not words and (act in WORDS_NEEDED or (act is Act.ANSWER and data.get("stance") != Stance.NONE)):
        raise Invalid(_("Say why, or what it came to: it is told to the applicant."), field="words")
    if WORKER[act] is Who.APPLICANT and not offices.own(actor, case) and not words:
        raise Invalid(_("This is the applicant’s step. Say on what paper or word of theirs you do it."), field="words")
    if act is Act.HEAR and not paper:
        raise Invalid(_("Attach the record of the hearing: the decision is made by it."), field="paper")
    doubts = _doubts(case, act, day, data)
    if doubts and not words:
        raise Invalid(_("%s Say why it goes on all the same.") % doubts, field="words")
    if act in DOING:
        DOING[act](actor, case, day, data)
    case.state = following[act]
    if act is Act.SUBMIT:
        case.received_on = day
    if case.state in CLOSED:
        case.closed_on = day
    case.save()
    kept = papers.keep(ROOM, paper) if paper else ""
    if doubts:
        Override.objects.create(
            division=case.division,
            case=case,
            check_code=f"step_{act.value}",
            finding=doubts[:600],
            words=words[:500],
            by_id=actor.person_id,
        )
    return CaseStep.objects.create(
        case=case, act=act, day=day, words=words, data=data, paper=kept, by_id=actor.person_id
    )


def _doubts(case: Case, act: Act, day: date, data: dict[str, Any]) -> str:
    """What speaks against a step that is possible all the same; empty: nothing."""
    if act is Act.ACCEPT:
        missing = [CasePaper.What(paper.what).label for paper in open_papers(case)]
        return _("These papers are not here: %s.") % "、".join(map(str, missing)) if missing else ""
    trial = case.steps.filter(act=Act.TRIAL).order_by("-pk").first() if act is Act.FILE else None
    if trial:
        earliest = trial.day + timedelta(days=int(law().figure("AM-TRIAL", "days", trial.day)))
        if day < earliest:
            return _("Papers of completion may be handed in from %s on, after the trial run.") % earliest
    return hearings.doubts(case, act, day, data)


WORDS_NEEDED = frozenset({
    Act.ASK, Act.DECLINE, Act.REDIRECT, Act.OPINION, Act.FAIL, Act.VISIT, Act.CONSULT, Act.VIEWS, Act.HEAR, Act.DROP,
})  # fmt: skip


def _submit(actor: Actor, case: Case, day: date, data: dict[str, Any]) -> None:
    """What is handed in has all items of the form; papers may still be asked for."""
    missing = open_fields(case)
    if missing:
        names = "、".join(str(FIELDS[name]) for name in missing)
        raise Invalid(_("Still open: %s. What you have written is kept.") % names, field=missing[0])
    months = [Decimal(m) if m not in (None, "") else None for m in case.months_m3]
    if case.kind in (Kind.NEW, Kind.CHANGE) and form.months_differ(months, case.volume_m3):
        raise Invalid(
            _("The months do not add up to the volume of the year; give all twelve, 0 where nothing is taken."),
            field="months_m3",
        )
    if case.volume_m3 is not None and case.volume_m3 <= 0 and case.kind != Kind.CANCELLATION:
        raise Invalid(_("The volume of the year has to be above zero."), field="volume_m3")
    if (
        case.kind in (Kind.NEW, Kind.CHANGE)
        and case.volume_m3 is not None
        and (case.return_m3 or ZERO) > case.volume_m3
    ):
        raise Invalid(_("No more can be given back than is taken."), field="return_m3")
    if case.kind in (Kind.NEW, Kind.RENEWAL):
        most = validity_years(99, day, law())
        if not 0 < (case.years or 0) <= most:
            raise Invalid(_("A permit runs for at least one year and at most %d.") % most, field="years")
    if case.kind == Kind.NEW and case.begins and case.begins < (case.received_on or day):
        raise Invalid(_("Water cannot be asked for from a day before the application."), field="begins")


def _in_time(actor: Actor, case: Case, day: date, data: dict[str, Any]) -> None:
    """Items are asked for, or an application is not accepted, within the term; after it the application counts as accepted (许可法 32)."""
    seen = queries.look(case, day)
    if seen.by_silence:
        raise Invalid(
            _("Nothing was said within the term: by law it counts as accepted on %s, and this step may not follow any more. Accept it.")
            % seen.accepted, field="day",
        )  # fmt: skip


def _redirect(actor: Actor, case: Case, day: date, data: dict[str, Any]) -> None:
    """Why it goes to another authority, and to which; of several sources the highest of their authorities (取水条例 10)."""
    if data.get("route") not in set(scope.Route):
        raise Invalid(_("Say why it goes there."), field="route")
    levels = [str(each) for each in data.get("levels", [])]
    if data["route"] == scope.Route.SOURCES:
        if len(set(levels)) < 2:
            raise Invalid(_("Say which authorities decide on the several sources: two at least."), field="levels")
        data["level"] = scope.highest(levels)
    if not str(data.get("authority", "")).strip():
        raise Invalid(_("Name the authority that decides."), field="authority")


def _exclude(actor: Actor, case: Case, day: date, data: dict[str, Any]) -> None:
    if data.get("reason") not in BY_HAND:
        raise Invalid(
            _("Say what the time is left out for. That of a consultation or hearing is left out with its own step."), field="reason"
        )  # fmt: skip
    if stopped(case):
        raise Invalid(_("The clock stands already."))


def _resume(actor: Actor, case: Case, day: date, data: dict[str, Any]) -> None:
    if not stopped(case):
        raise Invalid(_("The clock runs."))


def stopped(case: Case) -> bool:
    """Whether the clock stands: time is being left out."""
    last = case.steps.filter(act__in=[Act.EXCLUDE, Act.RESUME]).order_by("-pk").first()
    return last is not None and last.act == Act.EXCLUDE


def _latest(case: Case) -> GateRecord:
    found = case.decisions.order_by("-pk").first()
    if found is None:
        raise Invalid(_("Ask the gate first: the decision rests on its checks."))
    return found


def _approve(actor: Actor, case: Case, day: date, data: dict[str, Any]) -> None:
    """The gate is asked again under lock: what fails cannot be approved; what needs a person needs that person's word on each."""
    hold(GRANTS)
    hearings.settled(case, data)
    if case.kind == Kind.NEW and form.groundwater(case.source) and case.management_unit is None:
        raise Invalid(_("Set the management unit of the place first: ask the gate with it."))
    volume = _volume(data.get("volume_m3"), case.volume_m3)
    if volume is not None and volume <= 0 and case.kind != Kind.CANCELLATION:
        raise Invalid(_("The volume of the year has to be above zero."), field="volume_m3")
    if volume is not None and case.volume_m3 is not None and volume > case.volume_m3:
        raise Invalid(_("More than was applied for cannot be approved."), field="volume_m3")
    if case.kind != Kind.CANCELLATION:
        record = asking.ask(actor, case, _latest(case).asked["answers"], timezone.localdate(), volume)
        decision = asking.decision_of(record)
        if any(check.code == "mainstem" and check.outcome is not Outcome.PASSED for check in decision.because):
            raise Invalid(
                _(
                    "The basin authority decides on intakes of the main stem: send the application there, or say that it is none."
                )
            )
        if decision.failed:
            known = law()
            raise Invalid(
                _("It cannot be approved: %s") % _("; ").join(sentence(check, known) for check in decision.failed)
            )
        _judge(actor, case, record, dict(data.get("judged", {})))
        data["decision"] = record.pk
    years = int(data.get("years") or case.years or 0)
    if case.kind in (Kind.NEW, Kind.RENEWAL):
        most = validity_years(years, day, law())
        if not 0 < years <= most:
            raise Invalid(
                _("A permit runs for at least one year and at most %d.") % validity_years(99, day, law()), field="years"
            )
        data["years"] = years
    if volume is not None:
        data["volume_m3"] = f"{volume:f}"
        if volume != case.volume_m3 and case.kind in (Kind.NEW, Kind.CHANGE):
            _without_months_asked(case)
    if case.terms and case.kind in SETS_TERMS:
        months = [Decimal(m) for m in case.terms.get("months_m3", []) if m not in (None, "")]
        if volume is not None and max(months, default=ZERO) > volume:
            raise Invalid(
                _("A month of the conditions has more than is approved for the year. Set them anew."), field="volume_m3"
            )
        data["terms"] = case.terms
    if case.kind == Kind.TRANSFER:
        data["agreement"] = _agreed(case, data)
    APPROVED[Kind(case.kind)](case, day, volume, years)


def _without_months_asked(case: Case) -> None:
    """Another volume is approved than was applied for: the months applied for, which make up that one, are no condition of the permit; those
    that the review set otherwise are. What was applied for stays in the application."""
    terms = proposed_terms(case)
    proposed, asked = ([Decimal(m or 0) for m in months] for months in (terms["months_m3"], case.months_m3))
    if proposed == asked:
        case.terms = terms | {"months_m3": []}


def _agreed(case: Case, data: dict[str, Any]) -> str:
    """That who takes a permit over agrees: as a paper of the case, or in the words of who decides."""
    words = str(data.get("agreement", "")).strip()[:300]
    if not words and not case.papers.filter(what=CasePaper.What.AGREEMENT, taken_back_at=None).exists():
        raise Invalid(
            _("Who takes it over has to agree: add their agreement to the papers, or write down how they gave it."), field="agreement"
        )  # fmt: skip
    return words


SETS_TERMS = (Kind.NEW, Kind.CHANGE, Kind.RENEWAL)
"""Cases in which the review proposes conditions of the permit."""


def terms_of(data: dict[str, Any]) -> dict[str, Any]:
    """Conditions as fields of a version from how a case keeps them; empty: none were set."""
    kept = dict(data.get("terms") or {})
    for name in register.LEVEL:
        if name in kept:
            kept[name] = None if kept[name] is None else Decimal(kept[name])
    if "level_station" in kept:
        kept["level_station"] = Station.objects.filter(pk=kept["level_station"]).first()
    return kept


def _volume(given: Any, other: Decimal | None) -> Decimal | None:
    if given in (None, ""):
        return other
    try:
        volume = Decimal(str(given))
    except InvalidOperation as error:
        raise Invalid(_("“%s” is not a volume.") % given, field="volume_m3") from error
    if not volume.is_finite() or volume < 0:
        raise Invalid(_("“%s” is not a volume.") % given, field="volume_m3")
    return volume


def _judge(actor: Actor, case: Case, record: GateRecord, judged: dict[str, str]) -> None:
    known = law()
    for check in asking.decision_of(record).because:
        if check.outcome in (Outcome.NEEDS_PERSON, Outcome.UNDECIDABLE):
            words = str(judged.get(check.code, "")).strip()
            if not words:
                raise Invalid(
                    _("A person has to say how this is judged, and why: %s") % sentence(check, known),
                    field=f"judged_{check.code}",
                )
            Override.objects.create(
                division=case.division, case=case, check_code=check.code, finding=sentence(check, known)[:600], words=words[:500],
                by_id=actor.person_id,
            )  # fmt: skip


def _approve_new(case: Case, day: date, volume: Decimal | None, years: int) -> None:
    """From the approval on the volume counts against the totals, though the certificate comes after the works."""
    facts: dict[str, Any] = {
        "permitted_m3": volume, "permit_from": day, "permit_to": None, "permit_number": "", "permit_source": case.source,
        "permit_unit": case.management_unit,
    }  # fmt: skip
    if case.project is None:
        case.project = registry.save_project(
            SYSTEM, code=f"P-{case.number}", name=case.name or case.purpose or case.number, user=case.applicant, division=case.division,
            **facts,
        )  # fmt: skip
    else:
        if case.project.permit_number:
            raise Invalid(_("The project has a permit already; apply for its change."))
        registry.save_project(SYSTEM, case.project, **facts)


def _permit(case: Case) -> Permit:
    """The permit that a case is about; all but a new one are about one."""
    if case.permit is None:
        raise Invalid(_("Say which permit it is about."), field="permit")
    return case.permit


def _filled_in(case: Case, present: PermitVersion) -> dict[str, str]:
    """Use and source, where a permit of the old stock names none and its case does."""
    return {name: getattr(case, name) for name in ("use", "source") if not getattr(present, name)}


def _change(case: Case, day: date, volume: Decimal | None, years: int) -> None:
    present = register.standing_version(_permit(case))
    register.new_version(
        _permit(case), day, PermitVersion.Origin.CHANGED, case=case, volume_m3=volume, purpose=case.purpose,
        return_place=case.return_place, return_m3=case.return_m3,
        **(_filled_in(case, present) | {"use": case.use, "months_m3": case.months_m3} | terms_of({"terms": case.terms})),
    )  # fmt: skip


def _renew(case: Case, day: date, volume: Decimal | None, years: int) -> None:
    """The next term follows the last, and its words count from its first day; until then the present ones stand."""
    present = register.last_version(_permit(case))
    begins = day
    if present.expires and (present.expires >= day or queries.timely(case, present.expires, law())):
        begins = present.expires + ONE_DAY
    months = present.months_m3 if volume == present.unrestricted_m3 else []
    terms: dict[str, Any] = {"months_m3": months} | terms_of({"terms": case.terms})
    register.new_version(
        _permit(case),
        max(begins, day),
        PermitVersion.Origin.RENEWED,
        case=case,
        volume_m3=volume,
        begins=begins,
        expires=register.last_day(begins, years),
        **(_filled_in(case, present) | terms),
    )


def _transfer(case: Case, day: date, volume: Decimal | None, years: int) -> None:
    """The whole permit goes to another holder, or a saved part to another's permit of the same source and unit until the term of the
    giver's ends (取水条例 27)."""
    permit = _permit(case)
    version = register.standing_version(permit)
    allowed = version.unrestricted_m3
    if case.taker is None:
        raise Invalid(_("Say who takes it over."), field="taker")
    if version.expires and version.expires < day:
        raise Invalid(_("The permit has run out; nothing can be transferred."))
    if allowed is None or volume is None or volume > allowed:
        raise Invalid(_("No more can be transferred than the permit allows."), field="volume_m3")
    if volume == allowed:
        registry.change_owner(SYSTEM, permit.project, case.taker, day, document=case.number)
        more: dict[str, Any] = _filled_in(case, version)
        register.new_version(permit, day, PermitVersion.Origin.TRANSFERRED, case=case, holder=case.taker, **more)
        return
    if register.last_version(permit).begins != version.begins:
        raise Invalid(_("The next term of the permit is granted already: a part can be transferred when it has begun."))
    if volume > (saved := _saved(permit, allowed, day)):
        raise Invalid(
            _("Only what has been saved may be transferred: by the last full year no more than %s m³.") % f"{saved:,.0f}", field="volume_m3"
        )  # fmt: skip
    other = queries.permit_of(case.taker, version.source, permit.project)
    if other is None:
        raise Invalid(
            _("The taker has no permit for the same source and management unit: let them apply for one."), field="taker"
        )
    receiving = register.standing_version(other)
    ends = [each for each in (version.expires, receiving.expires) if each]
    register.new_version(
        permit, day, PermitVersion.Origin.TRANSFERRED, case=case, months_m3=[], volume_m3=allowed - volume
    )
    register.new_version(
        other, day, PermitVersion.Origin.TRANSFERRED, case=case, until=min(ends, default=None),
        volume_m3=(receiving.unrestricted_m3 or ZERO) + volume,
    )  # fmt: skip


def _saved(permit: Permit, allowed: Decimal, day: date) -> Decimal:
    """What a permit leaves unused by its last full year, or by this year where that took more already."""
    last = plan_year(day.year - 1)
    since = register.unbroken_since(permit, register.last_version(permit))
    if since is not None and since > last.start:
        raise Invalid(
            _("The permit does not cover a full year yet: what has been saved cannot be told."), field="volume_m3"
        )
    used, so_far = queries.taken_in(permit.project, last), queries.taken_this_year(permit.project, day)
    if used is None:
        raise Invalid(
            _("What was taken in %s is not known of every intake: what has been saved cannot be told.") % last.start.year, field="volume_m3"
        )  # fmt: skip
    return max(ZERO, allowed - max(used, so_far or ZERO))


def _cancel(case: Case, day: date, volume: Decimal | None, years: int) -> None:
    register.close(_permit(case), Permit.End.CANCELLED, day, case.reason, case.number)


APPROVED: dict[Kind, Callable[[Case, date, Decimal | None, int], None]] = {
    Kind.NEW: _approve_new, Kind.CHANGE: _change, Kind.RENEWAL: _renew, Kind.TRANSFER: _transfer, Kind.CANCELLATION: _cancel,
}  # fmt: skip


def _refuse(actor: Actor, case: Case, day: date, data: dict[str, Any]) -> None:
    """A refusal rests on what the gate found to fail; or on an article that a person names, of a law, regulation or rule."""
    hearings.settled(case, data)
    known, asked = law(), case.decisions.order_by("-pk").first()
    if asked is not None:
        record = asking.ask(actor, case, asked.asked["answers"], timezone.localdate())
        data["decision"] = record.pk
        decision = asking.decision_of(record)
        if decision.failed:
            data["grounds"] = list(decision.grounds)
            return
    rule, words = str(data.get("article", "")).strip(), str(data.get("why", "")).strip()
    _require_ground(rule, day, known)
    if not words:
        raise Invalid(_("Say why: the system found no ground."), field="why")
    data["grounds"] = [rule]
    Override.objects.create(
        division=case.division, case=case, check_code="gate", finding=_("The gate finds no ground of refusal."), words=words[:500],
        by_id=actor.person_id,
    )  # fmt: skip


def _require_ground(cited: str, day: date, known: Law) -> None:
    """A ground of refusal that a person names is an article of a law, regulation or rule that was seen, in force on the day, and of the
    kind that refuses; where it counts its grounds, the item exists. Raises Invalid."""
    key, _blank, item = cited.partition(" ")
    try:
        rule, version = known.rule(key), known.on(key, day)
    except LiangshuiError as error:
        raise Invalid(
            _("The gate finds no ground. Name the article that carries the refusal."), field="article"
        ) from error
    if not rule.instrument.rank.is_ground:
        raise Invalid(
            _("A normative document alone carries no refusal. Name the law, regulation or rule."), field="article"
        )
    if not rule.status.seen or not version.known or rule.kind not in GROUNDS or rule.topic in ("procedure", "plan"):
        raise Invalid(_("%s is no ground on which an application is refused. Name one that is.") % key, field="article")
    items = (
        {f"({each['number']})" for each in version.value if "number" in each}
        if isinstance(version.value, list)
        else set()
    )
    if item and items and item not in items:
        raise Invalid(_("%(rule)s has no item %(item)s.") % {"rule": key, "item": item}, field="article")


GROUNDS = frozenset({"refusal_grounds", "ban", "limit"})
"""Kinds of rule that may carry a refusal."""


def _withdraw(actor: Actor, case: Case, day: date, data: dict[str, Any]) -> None:
    if case.state in (State.APPROVED, State.BUILDING, State.TRIAL) and case.project and not case.project.permit_number:
        registry.save_project(
            SYSTEM, case.project, permitted_m3=None, permit_from=None, permit_unit=None, permit_source=""
        )


def _file(actor: Actor, case: Case, day: date, data: dict[str, Any]) -> None:
    if case.state == State.APPROVED and not case.existing:
        raise Invalid(_("The works have to be built and run on trial first."))
    if not case.papers.filter(what=CasePaper.What.COMPLETION, taken_back_at=None).exists():
        raise Invalid(_("Hand in the papers of completion and trial run."), field="paper")


def _issue(actor: Actor, case: Case, day: date, data: dict[str, Any]) -> None:
    if case.kind != Kind.NEW:
        return
    number = str(data.get("number", "")).strip()
    if not number:
        raise Invalid(_("Enter the number of the permit as the permit system gave it."), field="number")
    if Permit.objects.filter(number=number).exists():
        raise Invalid(_("There is a permit of this number."), field="number")
    approved = case.steps.get(act=Act.APPROVE)
    permit = register.issue(
        case, number, day, Decimal(approved.data["volume_m3"]), int(approved.data["years"]), terms_of(approved.data)
    )
    case.permit = permit


DOING: dict[Act, Doing] = {
    Act.SUBMIT: _submit, Act.COMPLETE: _submit, Act.ASK: _in_time, Act.DECLINE: _in_time, Act.REDIRECT: _redirect, Act.EXCLUDE: _exclude, Act.RESUME: _resume, Act.APPROVE: _approve,
    Act.OPINION: hearings.opinion, Act.CONSULT: hearings.consult, Act.ANSWER: hearings.answer, Act.VIEWS: hearings.views,
    Act.REQUEST: hearings.request, Act.CALL: hearings.call, Act.HEAR: hearings.hear, Act.DROP: hearings.drop,
    Act.REFUSE: _refuse, Act.WITHDRAW: _withdraw, Act.LAPSE: _withdraw, Act.FILE: _file, Act.ISSUE: _issue,
}  # fmt: skip


@transaction.atomic
def ask_gate(actor: Actor, case: Case, answers: dict[str, Any]) -> GateRecord:
    """The reviewer answers what is known of the place, and the gate decides on it. Raises Forbidden, Invalid."""
    case = Case.objects.get(pk=case.pk)
    offices.require(actor, Who.REVIEWING, case)
    if case.state in CLOSED:
        raise Invalid(_("The case is closed."))
    return asking.ask(actor, case, answers, timezone.localdate())


@transaction.atomic
def place(
    actor: Actor,
    case: Case,
    unit: ManagementUnit | None,
    quota_m3: Decimal | None,
    quota_basis: str,
    *,
    quota_norm: Norm | None = None,
    use: str = "",
    source: str = "",
) -> Case:
    """What a reviewer sets in an application: the management unit of the place, the volume by quota with the quota of the table that it
    was worked out by, or else with what it rests on; use and source where it names none, as applications about permits of the old stock.

    Raises:
        Invalid: the volume by quota is typed and says not what it rests on; or the case is not under review.
    """
    if quota_m3 is not None and not quota_basis.strip():
        raise Invalid(
            _("Say what the volume by quota rests on: document, number, page, and the amount."), field="quota_basis"
        )
    case = _under_review(actor, case)
    if case.kind == Kind.NEW:
        case.management_unit = unit
    case.use, case.source = case.use or use, case.source or source
    basis = quota_basis.strip()
    case.quota_norm = quota_norm or _norm_of(case, {"quota_m3": quota_m3, "quota_basis": basis})
    case.quota_m3, case.quota_basis = quota_m3, basis
    case.save()
    return case


@transaction.atomic
def set_terms(
    actor: Actor,
    case: Case,
    *,
    months_m3: Sequence[Decimal | None] = (),
    level_station: Station | None = None,
    conditions: Sequence[str] = (),
    **depths: Decimal | None,
) -> Case:
    """What the review proposes as conditions of the permit: volumes by month, restriction by level, further ones a sentence each.

    Raises:
        Forbidden: it is not one's part.
        Invalid: the case is not under review, a month asks for more than the year, or the levels contradict each other.
    """
    case = _under_review(actor, case)
    months = list(months_m3)
    if any(m is not None and case.volume_m3 is not None and m > case.volume_m3 for m in months):
        raise Invalid(_("A month cannot have more than the year."), field="m1")
    register.require_ordered(depths | {"level_station": level_station})
    case.terms = {
        "months_m3": ["" if m is None else f"{m:f}" for m in months] if any(m is not None for m in months) else [],
        "level_station": level_station.pk if level_station else None,
        **{name: None if depths.get(name) is None else f"{depths[name]:f}" for name in register.LEVEL},
        "conditions": [line for line in (each.strip()[:300] for each in conditions) if line],
    }
    case.save()
    return case


@transaction.atomic
def add_condition(actor: Actor, case: Case, words: str, *, kept: bool = True) -> Case:
    """Take one more condition up among those that the review proposes, or drop it; such as a figure of a study.

    Raises:
        Forbidden: it is not one's part.
        Invalid: the case is not under review.
    """
    case = _under_review(actor, case)
    if not case.terms:
        case.terms = proposed_terms(case)
    others = [each for each in case.terms.get("conditions", []) if each != words]
    case.terms = case.terms | {"conditions": [*others, words] if kept else others}
    case.save()
    return case


def proposed_terms(case: Case) -> dict[str, Any]:
    """The conditions from which the review goes on: those it has written, else those of the permit, else the months applied for."""
    if case.terms:
        return dict(case.terms)
    version = queries.version_on(case.permit, timezone.localdate())
    depths = {name: getattr(version, name) if version else None for name in register.LEVEL}
    return {
        "months_m3": case.months_m3 or (version.months_m3 if version and case.kind == Kind.RENEWAL else []),
        "level_station": version.level_station_id if version else None,
        **{name: None if depth is None else f"{depth:f}" for name, depth in depths.items()},
        "conditions": version.conditions if version else [],
    }


def _under_review(actor: Actor, case: Case) -> Case:
    case = Case.objects.select_for_update(of=("self",)).get(pk=case.pk)
    offices.require(actor, Who.REVIEWING, case)
    if case.state not in UNDER_REVIEW:
        raise Invalid(_("The case is not under review."))
    return case


def lapse_due() -> int:
    """Let approvals lapse whose works were not begun within the term (取水条例 22); how many. Works that are there already have begun."""
    today, known, count = timezone.localdate(), law(), 0
    for case in Case.objects.filter(kind=Kind.NEW, state=State.APPROVED, existing=False):
        approved = case.steps.get(act=Act.APPROVE)
        if lapses_on(approved.day, known) < today:
            step(SYSTEM, case, Act.LAPSE)
            count += 1
    return count
