"""Who may do which step of a case here: by right and territory, and by the organisation that the settings name."""

from typing import Any, NamedTuple

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from liangshui.core.access import Actor, Right
from liangshui.core.errors import Forbidden, Invalid
from liangshui.parameters.queries import law
from liangshui.permits.models import Case, Office
from liangshui.permits.rules.life import Promise, Who
from liangshui.quota.queries import county

RIGHTS = {
    Who.APPLICANT: Right.PERMITS_APPLY,
    Who.ACCEPTING: Right.PERMITS_ACCEPT,
    Who.REVIEWING: Right.PERMITS_REVIEW,
    Who.DECIDING: Right.PERMITS_DECIDE,
}


PARTS = ("accepting", "reviewing", "deciding")
AUTHORITIES = ("bureau", "department", "zone", "town", "enforcement")
"""Kinds of organisation to which a part may be given: not water users, villages or superiors."""


def office() -> Office:
    """The settings; before any are made, the bureau does everything and promises nothing."""
    return Office.objects.filter(pk=1).first() or Office()


def promise(found: Office) -> Promise:
    """What the office promises beyond the law."""
    return Promise(found.promised_check_days, found.promised_decide_days)


class Head(NamedTuple):
    """Which office a letter is of, the sign of its document numbers, and whom to ask."""

    name: str
    sign: str
    phone: str


def head(who: Who) -> Head:
    """The office of the letters of a part: the review has one of its own where the settings name it (行政审批局 decides, the bureau reviews)."""
    found = office()
    if who is Who.REVIEWING and found.review_name:
        return Head(found.review_name, found.review_sign, found.review_phone)
    return Head(found.name or county().name, found.sign, found.phone)


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


def own(actor: Actor, case: Case) -> bool:
    """Whether the applicant's steps are somebody's own: the applicant's, or of who keeps the books of a case that came on paper or from
    a one-stop service."""
    territory = actor.territory(RIGHTS[Who.APPLICANT])
    on_paper = case.responsible_id is not None or bool(case.outside_number)
    return territory.holds_user(case.applicant_id) or (on_paper and territory.holds_path(case.division.path))


def require(actor: Actor, who: Who, case: Case) -> None:
    """Raises Forbidden where `may` says no."""
    if not may(actor, who, case):
        raise Forbidden(RIGHTS.get(who, Right.PERMITS_DECIDE))


@transaction.atomic
def set_office(actor: Actor, **values: Any) -> Office:
    """Say who accepts, reviews and decides here, what is promised, and what stands on letters.

    Raises:
        Forbidden: without the right to decide in the whole county.
        Invalid: more time is promised than the law gives, a part is given to a body that is no authority, or the review has
            a sign or phone without a name.
    """
    actor.require(Right.PERMITS_DECIDE, path=county().path)
    found, known, today = office(), law(), timezone.localdate()
    for name, value in values.items():
        if name in PARTS and value is not None and value.kind not in AUTHORITIES:
            raise Invalid(_("%s is no authority that acts on permits here.") % value, field=name)
        setattr(found, name, value)
    if (found.review_sign or found.review_phone) and not found.review_name:
        raise Invalid(_("Say which office the letters of the review are of."), field="review_name")
    for name, rule in (("promised_check_days", "AR-013"), ("promised_decide_days", "AR-019-A")):
        most = int(known.figure(rule, "days", today))
        if (getattr(found, name) or 0) > most:
            raise Invalid(_("The law gives %d working days; promise no more.") % most, field=name)
    found.save()
    return found
