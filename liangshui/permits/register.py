"""Verbs of the register of permits: issue, a new version, an end; the stock of before; corrections by hand with their reason.

The project of the ledger repeats what the permit says today, so that every account shows the same limit; it is written here.
"""

import secrets
from contextlib import suppress
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from liangshui.core.access import SYSTEM, Actor, Right
from liangshui.core.errors import Invalid
from liangshui.core.workdays import add_years
from liangshui.permits import offices, queries
from liangshui.permits.models import Case, Letter, Override, Permit, PermitVersion
from liangshui.permits.rules.conditions import LevelRule
from liangshui.records.locks import GRANTS, hold
from liangshui.registry import services as registry
from liangshui.registry.models import Project

ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
TERMS = (
    "holder", "volume_m3", "begins", "expires", "source", "use", "purpose", "months_m3", "return_place", "return_m3", "level_station",
    "warn_m", "reduce_m", "stop_m", "resume_m", "conditions", "unrestricted_m3", "restricted_until", "document",
)  # fmt: skip
CORRECTABLE = tuple(name for name in TERMS if name != "holder")
DEPTHS = ("warn_m", "reduce_m", "stop_m", "resume_m")
ONE_DAY = timedelta(days=1)


def _code() -> str:
    return "".join(secrets.choice(ALPHABET) for _place in range(10))


def last_day(begins: date, years: int) -> date:
    """Last day of a term of so many years: from 2026-01-01 for 5 years to 2030-12-31."""
    return add_years(begins, years) - ONE_DAY


def standing_version(permit: Permit) -> PermitVersion:
    """What the permit says now. Raises Invalid where it has ended."""
    current = permit.versions.filter(valid_to=None).first()
    if permit.ended_on or current is None:
        raise Invalid(_("This permit has ended."))
    return current


def new_version(permit: Permit, day: date, origin: str, *, case: Case | None = None, **changed: Any) -> PermitVersion:
    """What the permit says from a day on; what is not named stays as it was. The version before ends.

    Raises:
        Invalid: the permit has ended, or its present words do not count from an earlier day.
    """
    permit = Permit.objects.select_for_update().get(pk=permit.pk)
    current = standing_version(permit)
    if day < current.valid_from:
        raise Invalid(_("The present words of the permit count from %s on.") % current.valid_from, field="day")
    facts = {name: getattr(current, name) for name in TERMS} | changed
    if "volume_m3" in changed and "unrestricted_m3" not in changed:  # what is decided anew is no restriction any more
        facts |= {"unrestricted_m3": None, "restricted_until": None}
    if day == current.valid_from:
        raise Invalid(
            _("The permit was changed on this day already; a further change counts from the next day."), field="day"
        )
    current.valid_to = day
    current.save()
    version = PermitVersion.objects.create(permit=permit, valid_from=day, origin=origin, case=case, **facts)
    _write_project(permit, version)
    return version


def unbroken_since(permit: Permit, version: PermitVersion) -> date | None:
    """From when it has been permitted without a gap: a renewal whose term begins next year leaves this year permitted, too."""
    begins = version.begins
    for before in permit.versions.exclude(pk=version.pk).order_by("-valid_from", "-pk"):
        if (
            begins
            and before.begins
            and before.begins < begins
            and before.expires
            and before.expires >= begins - ONE_DAY
        ):
            begins = before.begins
    return begins


def _told(permit: Permit, version: PermitVersion) -> dict[str, Any]:
    """What the ledger says of a permit, by the names of the project; no last day while it continues for want of a decision."""
    goes_on = queries.continued(permit, version, timezone.localdate())
    return {
        "permit_number": permit.number, "permitted_m3": version.volume_m3, "permit_from": unbroken_since(permit, version),
        "permit_to": None if goes_on else version.expires, "permit_purpose": version.purpose,
    }  # fmt: skip


def _write_project(permit: Permit, version: PermitVersion) -> None:
    more: dict[str, Any] = {"permit_office": permit.office, "permit_source": version.source}
    registry.save_project(SYSTEM, Project.objects.get(pk=permit.project_id), **_told(permit, version), **more)
    permit.project.refresh_from_db()


def require_ordered(facts: dict[str, Any]) -> None:
    """Raises Invalid where a restriction by level has no station or contradicts itself."""
    depths = {name: facts.get(name) for name in DEPTHS}
    if any(each is not None for each in depths.values()) and facts.get("level_station") is None:
        raise Invalid(_("Say which station measures the depth that restricts."), field="level_station")
    if not LevelRule(**depths).ordered:
        raise Invalid(
            _(
                "A permit warns at the smallest depth, reduces at a greater one, stops at the greatest, and resumes above where it reduces."
            ),
            field="warn_m",
        )


def issue(case: Case, number: str, day: date, volume_m3: Decimal, years: int, terms: dict[str, Any]) -> Permit:
    """The certificate of a new permit, with the conditions that were approved: its term begins when it is issued."""
    project = case.project
    if project is None:
        raise Invalid(_("The case has no project yet."))
    found = offices.office()
    permit = Permit.objects.create(number=number, project=project, office=found.name, check_code=_code(), issued_on=day)
    version = PermitVersion.objects.create(
        permit=permit, valid_from=day, origin=PermitVersion.Origin.ISSUED, case=case, holder=project.user, volume_m3=volume_m3, begins=day,
        expires=last_day(day, years), source=case.source, use=case.use, purpose=case.purpose, return_place=case.return_place,
        return_m3=case.return_m3, **({"months_m3": case.months_m3} | terms),
    )  # fmt: skip
    _write_project(permit, version)
    return permit


def close(permit: Permit, end: str, day: date, words: str, document: str) -> Permit:
    """End a permit: nothing is permitted from that day on."""
    permit = _close(permit, end, day, words, document)
    registry.save_project(
        SYSTEM, Project.objects.get(pk=permit.project_id), permitted_m3=None, permit_number="", permit_from=None, permit_to=None,
        permit_source="", permit_unit=None,
    )  # fmt: skip
    permit.project.refresh_from_db()
    return permit


def _close(permit: Permit, end: str, day: date, words: str, document: str) -> Permit:
    permit = Permit.objects.select_for_update().get(pk=permit.pk)
    version = standing_version(permit)
    if day < version.valid_from:
        raise Invalid(_("The present words of the permit count from %s on.") % version.valid_from, field="day")
    if day == version.valid_from:
        version.valid_to = day + ONE_DAY
    else:
        version.valid_to = day
    version.save()
    permit.end, permit.ended_on, permit.end_words, permit.end_document = (
        end,
        day,
        words.strip()[:300],
        document.strip()[:120],
    )
    permit.save()
    return permit


@transaction.atomic
def end(actor: Actor, permit: Permit, *, end: str, day: date, words: str, document: str) -> Permit:
    """Cancel, revoke, withdraw or annul a permit, by a document.

    Raises:
        Forbidden: without the right to decide where the permit lies.
        Invalid: it has ended, or the reason is missing.
    """
    actor.require(Right.PERMITS_DECIDE, path=permit.project.division.path)
    if day > timezone.localdate():
        raise Invalid(_("The day lies in the future. Enter it when it has come."), field="day")
    if not words.strip() or not document.strip():
        raise Invalid(_("An end needs its reason and its document."), field="words")
    return close(permit, end, day, words, document)


@transaction.atomic
def restrict(
    actor: Actor, permit: Permit, *, volume_m3: Decimal, day: date, words: str, document: str, until: date | None = None
) -> PermitVersion:
    """Restrict what a permit allows (限制取水), to a last day or until it is lifted; or lift a restriction up to what it allowed before.
    Of one day the last word counts.

    Raises:
        Forbidden: without the right to decide where the permit lies.
        Invalid: the days cannot be, reason or document are missing, more than the permit allows, or its water was granted to others.
    """
    actor.require(Right.PERMITS_DECIDE, path=permit.project.division.path)
    if day > timezone.localdate():
        raise Invalid(_("The day lies in the future. Enter it when it has come."), field="day")
    hold(GRANTS)
    current = standing_version(permit)
    if until is not None and until < day:
        raise Invalid(_("The end lies before the beginning."), field="until")
    whole = current.unrestricted_m3 if current.unrestricted_m3 is not None else current.volume_m3
    if whole is not None and volume_m3 > whole:
        raise Invalid(_("A restriction lies below what the permit allows."), field="volume_m3")
    more = volume_m3 - (current.volume_m3 or Decimal(0))
    left = queries.left_of(permit.project, timezone.localdate())
    if more > 0 and left is not None and more > left:
        raise Invalid(
            _("What the restriction had freed has been granted to others: only %s m³ are left.") % f"{left:,.0f}",
            field="volume_m3",
        )
    if not words.strip() or not document.strip():
        raise Invalid(_("A restriction needs its reason and its document."), field="words")
    lifted = whole is None or volume_m3 >= whole
    facts: dict[str, Any] = {
        "volume_m3": volume_m3, "document": document.strip(), "unrestricted_m3": None if lifted else whole,
        "restricted_until": None if lifted else until,
    }  # fmt: skip
    if day == current.valid_from and current.origin == PermitVersion.Origin.RESTRICTED:
        for name, value in facts.items():
            setattr(current, name, value)
        current.save()
        version = current
        _write_project(permit, version)
    else:
        version = new_version(permit, day, PermitVersion.Origin.RESTRICTED, **facts)
    Override.objects.create(
        division=permit.project.division, permit=permit, check_code="restriction",
        finding=_("It allowed %s m³ a year before.") % current.volume_m3, words=words.strip()[:500], by_id=actor.person_id,
    )  # fmt: skip
    return version


@transaction.atomic
def correct(
    actor: Actor, permit: Permit, *, reason: str, day: date | None = None, **values: Any
) -> PermitVersion | None:
    """Change what the register says by hand, with the reason; it stands in the register of overrides. None: nothing differs."""
    actor.require(Right.PERMITS_REVIEW, path=permit.project.division.path)
    if not reason.strip():
        raise Invalid(_("Say why the register is changed by hand."), field="reason")
    day = day or timezone.localdate()
    current = standing_version(permit)
    changed = {name: value for name, value in values.items() if name in CORRECTABLE and getattr(current, name) != value}
    require_ordered({name: getattr(current, name) for name in TERMS} | changed)
    office = values.get("office", permit.office)
    if not changed and office == permit.office:
        return None
    finding = "; ".join(f"{name}: {getattr(current, name)}" for name in changed)
    if office != permit.office:
        finding = "; ".join(filter(None, (finding, f"office: {permit.office}")))
        permit.office = office
        permit.save()
    if changed and day == current.valid_from:
        for name, value in changed.items():
            setattr(current, name, value)
        current.save()
        version = current
        _write_project(permit, current)
    elif changed:
        version = new_version(permit, day, PermitVersion.Origin.CORRECTED, **changed)
    else:
        version = current
        _write_project(permit, current)
    Override.objects.create(
        division=permit.project.division, permit=permit, check_code="register", finding=finding[:600], words=reason.strip()[:500],
        by_id=actor.person_id,
    )  # fmt: skip
    return version


@transaction.atomic
def lift_due() -> int:
    """Lift restrictions whose last day is over, as far as their water was not granted to others meanwhile; how many."""
    today, count = timezone.localdate(), 0
    due = PermitVersion.objects.filter(
        valid_to=None, permit__ended_on=None, restricted_until__lt=today, unrestricted_m3__isnull=False
    )
    for version in due.select_related("permit"):
        with suppress(Invalid):
            restrict(
                SYSTEM, version.permit, volume_m3=version.unrestricted_m3 or Decimal(0), day=today, document=version.document,
                words=_("the restriction ended on %s") % version.restricted_until,
            )  # fmt: skip
            count += 1
    return count


@transaction.atomic
def enter(
    actor: Actor, project: Project, *, number: str, office: str, issued_on: date | None = None, **facts: Any
) -> Permit:
    """Enter a permit that another office has issued (city, region, basin), or an old one on paper.

    Raises:
        Forbidden: without the right to keep the register where the project lies.
        Invalid: the number is taken, the project has a permit, or the issuing office is missing.
    """
    actor.require(Right.PERMITS_REVIEW, path=project.division.path)
    number, office = number.strip(), office.strip()
    if not number or Permit.objects.filter(number=number).exists():
        raise Invalid(
            _("There is a permit of this number.") if number else _("Enter the number of the permit."), field="number"
        )
    if not office:
        raise Invalid(_("Say which office issued it."), field="office")
    if Permit.objects.filter(project=project, ended_on=None).exists():
        raise Invalid(_("The project has a permit already; apply for its change."), field="project")
    permit = Permit.objects.create(
        number=number, project=project, office=office, check_code=_code(), issued_on=issued_on
    )
    since = facts.get("begins") or issued_on or timezone.localdate()
    version = PermitVersion.objects.create(
        permit=permit, valid_from=since, origin=PermitVersion.Origin.ISSUED, holder=project.user, **facts
    )
    _write_project(permit, version)
    return permit


@transaction.atomic
def follow_stock() -> int:
    """Follow what the ledger says of permits; how many were made or changed.

    A permit of the stock becomes a full one; what was changed in the ledger since begins another version, with an entry in the register
    of overrides. A permit that only ever repeated the ledger goes where the ledger takes it back; of one that has been decided on, or
    that a person has entered or corrected, the register's words stand, and the ledger is written anew. A number that two projects carry
    is taken over once.
    """
    hold(GRANTS)
    known = {p.project_id: p for p in Permit.objects.filter(ended_on=None).select_related("project__division")}
    standing = {v.permit_id: v for v in PermitVersion.objects.filter(valid_to=None, permit__ended_on=None)}
    decided, done = _decided(), 0
    for permit in known.values():
        if not permit.project.permit_number:
            done += 1
            if permit.pk not in decided:
                permit.delete()
            else:
                _write_project(permit, standing[permit.pk])
                _by_ledger(permit, permit.number)
    taken = set(Permit.objects.values_list("number", flat=True))
    for project in Project.objects.exclude(permit_number="").select_related("user", "division"):
        facts: dict[str, Any] = {
            "holder": project.user, "volume_m3": project.permitted_m3, "begins": project.permit_from, "expires": project.permit_to,
            "purpose": project.permit_purpose,
        }  # fmt: skip
        found = known.get(project.pk)
        if found is not None and found.number != project.permit_number and project.permit_number not in taken:
            done += 1
            if found.pk not in decided:
                found.number = project.permit_number
                found.save()
            else:
                _close(
                    found, Permit.End.REPLACED, timezone.localdate(), _("changed in the ledger"), project.permit_number
                )
                found = None
        if found is not None and found.pk in decided:
            done += _overrule(found, standing[found.pk], project)
            continue
        if found is None:
            if project.permit_number not in taken:
                taken.add(project.permit_number)
                _adopt(project, facts)
                done += 1
        elif found.pk in standing:
            done += _follow(found, standing[found.pk], facts)
    return done


def _decided() -> set[int]:
    """Permits of which more than the ledger tells: a case, a letter, a person’s word, or a version that was decided."""
    told = (PermitVersion.Origin.STOCK, PermitVersion.Origin.CORRECTED)
    found: set[int] = set(PermitVersion.objects.exclude(origin__in=told).values_list("permit_id", flat=True))
    for model, lookup in ((Case, {}), (Letter, {}), (Override, {"by__isnull": False})):
        found |= set(model.objects.filter(permit__isnull=False, **lookup).values_list("permit_id", flat=True))
    return found


def _overrule(permit: Permit, version: PermitVersion, project: Project) -> bool:
    """Write the ledger anew where it says something else than a permit that has been decided on; whether it did. That a permit goes on,
    or does no longer, is no change that somebody made.
    """
    told = _told(permit, version)
    differs = [name for name, value in told.items() if getattr(project, name) != value]
    if differs:
        _write_project(permit, version)
    if differs and not (differs == ["permit_to"] and version.expires and version.expires < timezone.localdate()):
        _by_ledger(permit, "; ".join(f"{name}: {getattr(project, name)}" for name in differs))
    return bool(differs)


def _adopt(project: Project, facts: dict[str, Any]) -> None:
    permit = Permit.objects.create(
        number=project.permit_number,
        project=project,
        office=project.permit_office,
        check_code=_code(),
        issued_on=project.permit_from,
    )
    PermitVersion.objects.create(
        permit=permit, valid_from=project.permit_from or timezone.localdate(), origin=PermitVersion.Origin.STOCK,
        source=project.permit_source, **facts,
    )  # fmt: skip


def _follow(permit: Permit, current: PermitVersion, facts: dict[str, Any]) -> bool:
    """Another version where the ledger says something else than the register; of one day the last word counts."""
    differs = [name for name, value in facts.items() if getattr(current, name) != value]
    if not differs:
        return False
    before = "; ".join(f"{name}: {getattr(current, name)}" for name in differs)
    if current.valid_from >= timezone.localdate():
        for name, value in facts.items():
            setattr(current, name, value)
        current.save()
    else:
        new_version(permit, timezone.localdate(), PermitVersion.Origin.CORRECTED, **facts)
    _by_ledger(permit, before)
    return True


def _by_ledger(permit: Permit, before: str) -> None:
    Override.objects.create(
        division=permit.project.division,
        permit=permit,
        check_code="register",
        finding=before[:600],
        words=_("changed in the ledger"),
    )
