"""Verbs of the register of filings (备案登记): file, take with a number or send back, say when it ended."""

from contextlib import suppress
from datetime import date
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from liangshui.core.access import Actor, Right, Territory
from liangshui.core.errors import Invalid, LiangshuiError
from liangshui.parameters.law import calendar_of
from liangshui.parameters.queries import law
from liangshui.permits.models import ROOM, Filing
from liangshui.permits.rules import filing as rules
from liangshui.permits.rules.filing import EMERGENCIES, Filed, What
from liangshui.records import papers
from liangshui.records.locks import NUMBERS, hold
from liangshui.registry.codes import GROUNDWATER, IntakeKind
from liangshui.registry.models import Intake, Project, WaterUser


def filed(found: Filing) -> Filed:
    """A filing as the rules read it."""
    return Filed(What(found.what), found.begins, found.ends, found.filed_on)


def file_by(found: Filing) -> date | None:
    """Until when it was, or is, to be filed; None: the law names no day, or the calendar of the year is not known."""
    known = law()
    with suppress(LiangshuiError):
        return rules.file_by(filed(found), known, calendar_of(known))
    return None


def late(found: Filing) -> bool:
    """Whether it was filed after its day."""
    last = file_by(found)
    return last is not None and found.filed_on > last


def sparing(rows: QuerySet[Filing], on: date) -> list[Filing]:
    """Of filings that an officer has taken, those that stand for a permit on a day."""
    taken = rows.filter(state=Filing.State.TAKEN, begins__lte=on).order_by("-filed_on", "-pk")
    return [each for each in taken if rules.spares(filed(each), on)]


def waiting(territory: Territory) -> QuerySet[Filing]:
    """Filings that an officer has still to take or send back."""
    return Filing.objects.within(territory).filter(state=Filing.State.FILED)


def lasting(territory: Territory) -> QuerySet[Filing]:
    """Emergencies of which nobody has said that they are over."""
    return Filing.objects.within(territory).filter(state=Filing.State.TAKEN, what__in=EMERGENCIES, ends=None)


@transaction.atomic
def file(
    actor: Actor, *, user: WaterUser, what: str, begins: date, words: str, ends: date | None = None, filed_on: date | None = None,
    intake: Intake | None = None, project: Project | None = None, paper: bytes | None = None, number: str = "",
) -> Filing:  # fmt: skip
    """File something. An officer who reviews there takes it at once; what a water user files waits until one does.

    Raises:
        Forbidden: neither one's own nor in one's area.
        Invalid: nothing is said, the days cannot be, the intake or project is another's, or it is nothing that the article is about.
    """
    where = intake.division if intake else project.division if project else user.division
    actor.require(Right.PERMITS_APPLY, path=where.path, user_id=user.pk)
    for name, thing in (("intake", intake.project if intake else None), ("project", project)):
        if thing is not None and thing.user_id != user.pk:
            raise Invalid(_("It is not of the water user that files."), field=name)
    today = timezone.localdate()
    if filed_on is None or not actor.territory(Right.PERMITS_APPLY).holds_path(where.path):
        filed_on = today  # only who keeps the office's books enters a day of before
    if filed_on > today:
        raise Invalid(_("The day lies in the future. Enter it when it has come."), field="filed_on")
    if not words.strip():
        raise Invalid(_("Say what is filed."), field="words")
    if ends is not None and ends < begins:
        raise Invalid(_("It ends before it begins."), field="ends")
    if what == What.OWN_POND and intake is not None and intake.source.kind in GROUNDWATER:
        raise Invalid(
            _("The exemption is of the collective’s own pond or reservoir, not of groundwater (AR-004)."),
            field="intake",
        )
    if what == What.MONITORING and intake is not None and intake.kind != IntakeKind.WELL:
        raise Invalid(_("It is no well."), field="intake")
    made = Filing(
        division=where, user=user, what=what, begins=begins, ends=ends, words=words.strip()[:500], filed_on=filed_on, intake=intake,
        project=project or (intake.project if intake else None), paper=papers.keep(ROOM, paper) if paper else "", by_id=actor.person_id,
    )  # fmt: skip
    if actor.territory(Right.PERMITS_REVIEW).holds_path(where.path):
        return _take(actor, made, number)
    made.save()
    return made


def _take(actor: Actor, found: Filing, number: str) -> Filing:
    hold(NUMBERS)
    number = number.strip()[:40] or _next_number(found.filed_on.year)
    if Filing.objects.filter(number=number).exclude(pk=found.pk).exists():
        raise Invalid(_("There is a filing of this number."), field="number")
    found.number, found.state = number, Filing.State.TAKEN
    found.decided_at, found.decided_by_id = timezone.now(), actor.person_id
    found.save()
    return found


def _next_number(year: int) -> str:
    """A running number in the year, where the office gives none of its own."""
    count = Filing.objects.filter(filed_on__year=year).exclude(number="").count() + 1
    while Filing.objects.filter(number=(number := f"{year}-{count:04d}")).exists():
        count += 1
    return number


def _locked(actor: Actor, found: Filing) -> Filing:
    actor.require(Right.PERMITS_REVIEW, path=found.division.path)
    return Filing.objects.select_for_update(of=("self",)).select_related("division").get(pk=found.pk)


@transaction.atomic
def take(actor: Actor, found: Filing, number: str = "") -> Filing:
    """Take a filing, with the office's number or the next one. Raises Forbidden, Invalid."""
    found = _locked(actor, found)
    if found.state != Filing.State.FILED:
        raise Invalid(_("Somebody has answered this filing already."))
    return _take(actor, found, number)


@transaction.atomic
def send_back(actor: Actor, found: Filing, answer: str) -> Filing:
    """Send a filing back, or strike one out that was taken, with the reason: it stands for no permit. Raises Forbidden, Invalid."""
    found = _locked(actor, found)
    if found.state == Filing.State.RETURNED:
        raise Invalid(_("Somebody has answered this filing already."))
    if not answer.strip():
        raise Invalid(_("Say why."), field="answer")
    found.state, found.answer = Filing.State.RETURNED, answer.strip()[:300]
    found.decided_at, found.decided_by_id = timezone.now(), actor.person_id
    found.save()
    return found


@transaction.atomic
def finish(actor: Actor, found: Filing, ends: date) -> Filing:
    """Say on which day it ended: from the next day on it needs a permit, or nothing is taken any more.

    Raises:
        Forbidden: neither one's own nor in one's area.
        Invalid: it was sent back, or the day cannot be.
    """
    actor.require(Right.PERMITS_APPLY, path=found.division.path, user_id=found.user_id)
    found = Filing.objects.select_for_update().get(pk=found.pk)
    if found.state == Filing.State.RETURNED:
        raise Invalid(_("Somebody has answered this filing already."))
    if ends > timezone.localdate():
        raise Invalid(_("The day lies in the future. Enter it when it has come."), field="ends")
    if ends < found.begins:
        raise Invalid(_("It ends before it begins."), field="ends")
    if found.ends is not None and ends > found.ends:
        raise Invalid(_("It ended on %s already; what goes on is filed anew.") % found.ends, field="ends")
    found.ends = ends
    found.save()
    return found


def shown(found: Filing) -> dict[str, Any]:
    """What a page tells besides the words: until when it was to be filed, and whether that was kept."""
    return {"file_by": file_by(found), "late": late(found), "articles": rules.ARTICLES[What(found.what)]}
