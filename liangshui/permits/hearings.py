"""What the steps of consultations and hearings need, and what of them is open in a case or waits for somebody."""

from contextlib import suppress
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from liangshui.core.access import Actor, Right
from liangshui.core.errors import Invalid, LiangshuiError
from liangshui.parameters.law import calendar_of
from liangshui.parameters.queries import law
from liangshui.permits import offices, queries
from liangshui.permits.models import Case
from liangshui.permits.rules import hearing as rules
from liangshui.permits.rules.hearing import Consultation, Hearing, Stance
from liangshui.permits.rules.life import WORKER, Act, State, Who, by_weeks


def consultations(case: Case) -> list[Consultation]:
    """The consultations of a case."""
    return rules.consultations(list(case.steps.all()))


def all_hearings(case: Case) -> list[Hearing]:
    """The hearings of a case, one after the other."""
    return rules.hearings(list(case.steps.all()))


def hearing(case: Case) -> Hearing | None:
    """The last hearing of a case; None: none was asked for or called."""
    return next(iter(all_hearings(case)[::-1]), None)


def possible(case: Case) -> set[Act]:
    """Acts of consultation, hearing and clock that there is something to do about."""
    return rules.possible(list(case.steps.all()))


def parties(case: Case) -> list[str]:
    """To whom notices go: the applicant (""), and third parties as the notices named them."""
    named = [name for step in case.steps.all() if step.act == Act.NOTIFY for name in step.data.get("parties", [])]
    return ["", *dict.fromkeys(named)]


def told_on(case: Case, party: str) -> date | None:
    """When somebody was told of the right to a hearing: the day on which the letter was served, else of the notice that is recorded;
    None: no notice is."""
    letter = (
        case.letters.filter(letter="hearing_offered", to=party, served_on__isnull=False).order_by("-served_on").first()
    )
    if letter is not None:
        found: date | None = letter.served_on
        return found
    notices = [s for s in case.steps.all() if s.act == Act.NOTIFY and (not party or party in s.data.get("parties", []))]
    return notices[-1].day if notices else None


def request_by(case: Case, party: str = "") -> date | None:
    """Until when somebody may ask for a hearing; None: they were not told, or the calendar of the year is not known."""
    told, known = told_on(case, party), law()
    with suppress(LiangshuiError):
        return rules.request_by(told, known, calendar_of(known)) if told else None
    return None


# --- what each step needs ---


def consult(actor: Actor, case: Case, day: date, data: dict[str, Any]) -> None:
    """An organisation is asked (取水条例 19): which, until when. The construction department has the days of the law."""
    data["body"] = str(data.get("body", "")).strip()[:100]
    if not data["body"]:
        raise Invalid(_("Name the organisation that is asked."), field="body")
    known = law()
    if data.get("city_planning") and not data.get("until"):
        with suppress(LiangshuiError):
            last = calendar_of(known).after(day, known.figure("AR-019-B", "days", day))
            data["until"] = last.isoformat()
    if not data.get("until"):
        raise Invalid(_("Say by when the answer is wanted."), field="until")
    if date.fromisoformat(data["until"]) < day:
        raise Invalid(_("The answer is wanted before the question is sent."), field="until")
    data["n"] = len(consultations(case)) + 1


def answer(actor: Actor, case: Case, day: date, data: dict[str, Any]) -> None:
    """What an organisation answered, in its words; that it did not is written down after the day on which it was wanted."""
    given = str(data.get("n", ""))
    found = next((each for each in consultations(case) if str(each.number) == given and each.open), None)
    if found is None:
        raise Invalid(_("Say which open consultation it answers."), field="n")
    data["n"] = found.number
    if data.get("stance") not in set(Stance):
        raise Invalid(_("Say what the answer comes to."), field="stance")
    if data["stance"] == Stance.NONE and day <= found.until:
        raise Invalid(_("An answer is awaited until %s.") % found.until, field="stance")


def views(actor: Actor, case: Case, day: date, data: dict[str, Any]) -> None:
    """Views of the applicant or, entered by an officer, of a third party (陈述申辩)."""
    data["party"] = _party(actor, case, data)


def request(actor: Actor, case: Case, day: date, data: dict[str, Any]) -> None:
    """The applicant, or a third party that was told, asks for a hearing within the days of 许可法 47."""
    party = data["party"] = _party(actor, case, data)
    if told_on(case, party) is None:
        raise Invalid(
            _("No notice of the right to a hearing to them is on record. Write it down first, or call a hearing on the bureau’s own account."),
            field="party",
        )  # fmt: skip
    found = hearing(case)
    if found and found.open and party in found.parties:
        raise Invalid(_("They have asked for a hearing already."), field="party")
    last = request_by(case, party)
    if last is not None and day > last:
        raise Invalid(
            _("A hearing could be asked for until %s. The bureau may call one on its own account.") % last, field="day"
        )


def _party(actor: Actor, case: Case, data: dict[str, Any]) -> str:
    """For whom somebody speaks: an applicant only for itself."""
    if not actor.territory(Right.PERMITS_APPLY).holds_path(case.division.path):
        return ""
    return str(data.get("party", "")).strip()[:100]


def call(actor: Actor, case: Case, day: date, data: dict[str, Any]) -> None:
    """A hearing is called: day, time and place told 7 working days before, by a host who did not review the application (许可法 48)."""
    if not data.get("on"):
        raise Invalid(_("Say on which day the hearing is held."), field="on")
    for name, words in (("at", _("Say at what time.")), ("place", _("Say where.")), ("host", _("Name the host."))):
        data[name] = str(data.get(name, "")).strip()[:100]
        if not data[name]:
            raise Invalid(words, field=name)
    asked = hearing(case)
    data["why"] = str(data.get("why", "")).strip()[:300]
    if not data["why"] and not (asked and asked.open and asked.requests):
        raise Invalid(_("Nobody has asked for a hearing: say why the bureau holds one."), field="why")
    known, on = law(), date.fromisoformat(data["on"])
    first = rules.earliest(day, known, by_weeks(calendar_of(known)))
    if on < first:
        raise Invalid(
            _("Applicant and third parties are told 7 working days before: called on %(day)s, it can be held from %(first)s on.")
            % {"day": day, "first": first}, field="on",
        )  # fmt: skip
    if data["host"] in reviewers(case) | {actor.name}:
        raise Invalid(_("%s reviews this application. Somebody else has to be the host.") % data["host"], field="host")


def reviewers(case: Case) -> set[str]:
    """Names of who has reviewed a case: did a step of the review, or asked the gate."""
    acts = [
        act.value for act, who in WORKER.items() if who is Who.REVIEWING and act not in (Act.CALL, Act.HEAR, Act.DROP)
    ]
    names = set(case.steps.filter(act__in=acts).values_list("by__name", flat=True))
    return {name for name in names | set(case.decisions.values_list("by__name", flat=True)) if name}


def hear(actor: Actor, case: Case, day: date, data: dict[str, Any]) -> None:
    """The hearing was held, on the day for which it was called."""
    found = hearing(case)
    if found is None or not found.open or found.on is None:
        raise Invalid(_("No hearing is called."))
    if day != found.on:
        raise Invalid(
            _("The hearing is called for %s. If it is held on another day, call it anew.") % found.on, field="day"
        )


def drop(actor: Actor, case: Case, day: date, data: dict[str, Any]) -> None:
    """The hearing falls away: whoever asked for it took the request back, or the bureau needs none any more."""
    found = hearing(case)
    if found is None or not found.open:
        raise Invalid(_("No hearing is open."))


def opinion(actor: Actor, case: Case, day: date, data: dict[str, Any]) -> None:
    """Who hosts the hearing of a case gives no opinion on it."""
    found = hearing(case)
    if found and found.call and found.call.data.get("host") == actor.name:
        raise Invalid(_("You are the host of its hearing: somebody else gives the opinion."))


# --- what a decision has to look at ---


def settled(case: Case, data: dict[str, Any]) -> None:
    """Before a decision: the hearing that was asked for or called has been held, and the decision says how it follows from its record
    (许可法 48, 案卷排他). Raises Invalid."""
    found = hearing(case)
    if found and found.open:
        raise Invalid(_("A hearing is still to be held. Hold it, or write down why it falls away."))
    if found and found.held:
        data["heard"] = str(data.get("heard", "")).strip()[:500]
        if not data["heard"]:
            raise Invalid(_("A hearing was held: say how the decision follows from its record."), field="heard")


def doubts(case: Case, act: Act, day: date, data: dict[str, Any]) -> str:
    """What consultations and the term of a hearing say against a step that is possible all the same; empty: nothing."""
    if act is Act.APPROVE:
        asked = consultations(case)
        waiting = "、".join(each.body for each in asked if each.open)
        against = "、".join(each.body for each in asked if each.stance is Stance.DISAGREE)
        said = [_("Asked and not answered yet: %s.") % waiting] if waiting else []
        return " ".join([*said, *([_("These do not agree: %s.") % against] if against else [])])
    found = hearing(case) if act is Act.CALL else None
    if found and found.open and found.requests and data.get("on"):
        with suppress(LiangshuiError):
            last = rules.hold_by(found.requests[0].day, law(), calendar_of(law()))
            if date.fromisoformat(data["on"]) > last:
                return _("The hearing was asked for and has to be held by %s.") % last
    return ""


# --- who has to act ---


def _reviewed(actor: Actor) -> list[Case]:
    """Cases under review that are the reader's part to review."""
    rows = queries.cases_for(actor).filter(state=State.ACCEPTED).select_related("division").prefetch_related("steps")
    return [case for case in rows if offices.may(actor, Who.REVIEWING, case)]


def unanswered(actor: Actor, on: date) -> list[Case]:
    """Cases in the reader's part with a consultation that is open after the day on which its answer was wanted."""
    return [case for case in _reviewed(actor) if any(each.late(on) for each in consultations(case))]


def to_hold(actor: Actor) -> list[Case]:
    """Cases in the reader's part with a hearing that is asked for or called, and not held."""
    return [case for case in _reviewed(actor) if (found := hearing(case)) and found.open]
