"""Who may do which step of a case here: by right and territory, and by the organisation that the settings name."""

from django.db import transaction

from liangshui.core.access import Actor, Right
from liangshui.core.errors import Forbidden
from liangshui.permits.models import Case, Office
from liangshui.permits.rules.life import Promise, Who
from liangshui.quota.queries import county

RIGHTS = {
    Who.APPLICANT: Right.PERMITS_APPLY,
    Who.ACCEPTING: Right.PERMITS_ACCEPT,
    Who.REVIEWING: Right.PERMITS_REVIEW,
    Who.DECIDING: Right.PERMITS_DECIDE,
}


def office() -> Office:
    """The settings; before any are made, the bureau does everything and promises nothing."""
    return Office.objects.filter(pk=1).first() or Office()


def promise(found: Office) -> Promise:
    """What the office promises beyond the law."""
    return Promise(found.promised_check_days, found.promised_decide_days)


def may(actor: Actor, who: Who, case: Case) -> bool:
    """Whether somebody may do the steps of a part in a case."""
    if who not in RIGHTS:
        return False
    territory = actor.territory(RIGHTS[who])
    if who is Who.APPLICANT:
        return territory.holds_path(case.division.path) or territory.holds_user(case.applicant_id)
    if not territory.holds_path(case.division.path):
        return False
    named = {Who.ACCEPTING: "accepting_id", Who.REVIEWING: "reviewing_id", Who.DECIDING: "deciding_id"}[who]
    organisation = getattr(office(), named)
    return organisation is None or actor.acts_for(RIGHTS[who], organisation)


def require(actor: Actor, who: Who, case: Case) -> None:
    """Raises Forbidden where `may` says no."""
    if not may(actor, who, case):
        raise Forbidden(RIGHTS.get(who, Right.PERMITS_DECIDE))


@transaction.atomic
def set_office(actor: Actor, **values: object) -> Office:
    """Say who accepts, reviews and decides here, what is promised, and what stands on letters. Raises Forbidden."""
    actor.require(Right.PERMITS_DECIDE, path=county().path)
    found = office()
    for name, value in values.items():
        setattr(found, name, value)
    found.save()
    return found
