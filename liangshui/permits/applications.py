"""Applications from a one-stop service (政务服务一体化平台), by API or file: their number is kept, and sent twice they are one."""

import base64
import binascii
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from django.db import DatabaseError, transaction
from django.utils.translation import gettext as _

from liangshui.core.access import Actor, Right
from liangshui.core.errors import Forbidden, Invalid, LiangshuiError
from liangshui.core.text import writable
from liangshui.permits import casework, offices
from liangshui.permits.models import ROOM, Case, CasePaper, Permit
from liangshui.permits.rules.form import NEW_FIELDS
from liangshui.permits.rules.life import Act, Kind, Who
from liangshui.permits.words import FIELDS
from liangshui.records import papers
from liangshui.registry.models import Division, ManagementUnit, WaterUser

TEXTS = tuple(n for n in NEW_FIELDS if n not in ("volume_m3", "begins", "years", "division", "longitude", "latitude", "existing", "must_be_filed",
                                                 "design_capacity_m3", "quota_m3", "return_m3"))  # fmt: skip
NUMBERS = ("volume_m3", "design_capacity_m3", "quota_m3", "return_m3", "longitude", "latitude")
MOST = Decimal(10) ** 12
KEYS = {
    "number",
    "kind",
    "applicant",
    "permit",
    "received_on",
    "months_m3",
    "management_unit",
    "taker",
    "papers",
    *NEW_FIELDS,
}


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of one application: its case, whether it is new, and what is still open so that it stays a draft."""

    case: Case
    new: bool
    open: tuple[str, ...]


def called(name: str) -> str:
    """A key in the words of the form, with the key itself: 年取水量 (volume_m3)."""
    label = FIELDS.get(name) or Case._meta.get_field(name).verbose_name  # type: ignore[union-attr]
    return f"{label} ({name})"


def _value(name: str, given: Any) -> Any:
    try:
        if name in NUMBERS:
            value = Decimal(str(given))
            if not value.is_finite() or not 0 <= value < MOST or (name in ("longitude", "latitude") and value > 180):
                raise ValueError(given)
            return value
        if name == "begins":
            return date.fromisoformat(str(given))
        if name == "years":
            years = int(given)
            if not 0 < years < 100:
                raise ValueError(given)
            return years
        if name in ("existing", "must_be_filed"):
            if not isinstance(given, bool):
                raise ValueError(given)
            return given
    except (ValueError, InvalidOperation, TypeError) as error:
        raise Invalid(
            _("%(field)s: “%(value)s” cannot be read.") % {"field": called(name), "value": given}, field=name
        ) from error
    field: Any = Case._meta.get_field(name)
    text = writable(str(given)).strip()
    choices = dict(field.choices or [])
    if choices and text not in choices:
        raise Invalid(
            _("%(field)s: “%(value)s” is none of %(known)s.")
            % {"field": called(name), "value": text, "known": ", ".join(map(str, choices))},
            field=name,
        )
    if field.max_length and len(text) > field.max_length:
        raise Invalid(
            _("%(field)s: longer than %(most)d characters.") % {"field": called(name), "most": field.max_length},
            field=name,
        )
    return text


def _user(given: Any, field: str) -> WaterUser:
    text = str(given or "").strip()
    found = (
        WaterUser.objects.filter(code=text).first()
        or WaterUser.objects.filter(credit_code=text).exclude(credit_code="").first()
    )
    if found is None:
        raise Invalid(
            _("%(field)s: no water user has the code or credit code “%(value)s”; enter them in the ledger first.")
            % {"field": called(field), "value": text},
            field=field,
        )
    return found


@transaction.atomic
def take(actor: Actor, given: Mapping[str, Any]) -> Taken:
    """Take one application. Complete it is handed in on the day it was received there; else it is a draft for which items are open.

    Raises:
        Forbidden: the applicant is not in the caller's area.
        Invalid: no number, an unknown key, or a value that cannot be; `field` says which.
    """
    if unknown := sorted(set(given) - KEYS):
        raise Invalid(
            _("Unknown: %(keys)s. Known are %(known)s.")
            % {"keys": ", ".join(unknown), "known": ", ".join(sorted(KEYS))},
            field=unknown[0],
        )
    number = writable(str(given.get("number") or "")).strip()[:60]
    if not number:
        raise Invalid(_("An application from outside needs its number."), field="number")
    user = _user(given.get("applicant"), "applicant")
    known = Case.objects.filter(outside_number=number).first()
    if known is not None:
        offices.require(actor, Who.APPLICANT, known)
        if known.applicant_id != user.pk:
            raise Invalid(_("The number %s belongs to another application.") % number, field="number")
        return Taken(known, False, ())
    try:
        kind = Kind(str(given.get("kind") or Kind.NEW))
    except ValueError as error:
        raise Invalid(_("kind: one of %s.") % ", ".join(Kind), field="kind") from error
    permit = None
    if given.get("permit"):
        permit = Permit.objects.within(actor.territory(Right.PERMITS_APPLY)).filter(number=str(given["permit"])).first()
        if permit is None:
            raise Invalid(_("No permit of this number is yours or in your area."), field="permit")
    case = casework.begin(actor, kind, user, permit, outside_number=number)
    fixed = casework.placed(case)
    names = (n for n in (*TEXTS, *NUMBERS, "begins", "years", "existing", "must_be_filed") if n not in fixed)
    values = {n: _value(n, given[n]) for n in names if given.get(n) not in (None, "")}
    if given.get("months_m3"):
        if not isinstance(given["months_m3"], list):
            raise Invalid(_("Give twelve volumes, one a month."), field="months_m3")
        months = [f"{_value('volume_m3', m):f}" if m not in (None, "") else "" for m in list(given["months_m3"])]
        if len(months) != 12:
            raise Invalid(_("Give twelve volumes, one a month."), field="months_m3")
        values["months_m3"] = months
    if given.get("division") and kind is Kind.NEW:
        values["division"] = Division.objects.filter(code=str(given["division"])).first()
        if values["division"] is None:
            raise Invalid(_("There is no division of this code."), field="division")
    if given.get("management_unit") and kind is Kind.NEW:
        values["management_unit"] = ManagementUnit.objects.filter(code=str(given["management_unit"])).first()
        if values["management_unit"] is None:
            raise Invalid(_("There is no management unit of this code."), field="management_unit")
    if given.get("taker"):
        values["taker"] = _user(given["taker"], "taker")
    case = casework.write(actor, case, **values)
    _papers(actor, case, given.get("papers"))
    missing = casework.open_fields(case)
    received = given.get("received_on")
    try:
        day = date.fromisoformat(str(received)) if received else None
    except ValueError as error:
        raise Invalid(_("Enter the day."), field="received_on") from error
    if not missing:
        casework.step(actor, case, Act.SUBMIT, day=day)
        case.refresh_from_db()
    return Taken(case, True, tuple(str(FIELDS[name]) for name in missing))


def take_paper(actor: Actor, case: Case, given: Mapping[str, Any]) -> CasePaper:
    """A paper of an application: `what` it is, `name` of its file, `content` in base64. Sent twice it is one.

    Raises:
        Forbidden: the applicant is not in the caller's area.
        Invalid: it cannot be read; or as `casework.hand_in`.
    """
    what, name = str(given.get("what") or ""), writable(str(given.get("name") or "")).strip()
    if what not in CasePaper.What.values:
        raise Invalid(
            _("%(field)s: “%(value)s” is none of %(known)s.")
            % {"field": "what", "value": what, "known": ", ".join(CasePaper.What.values)},
            field="papers",
        )
    if not name:
        raise Invalid(_("A paper needs the name of its file."), field="papers")
    try:
        content = base64.b64decode(str(given.get("content") or ""), validate=True)
    except (binascii.Error, ValueError) as error:
        raise Invalid(_("The paper “%s” is no base64.") % name, field="papers") from error
    for known in case.papers.filter(what=what, taken_back_at=None):
        if papers.path_of(ROOM, known.paper).read_bytes() == content:
            offices.require(actor, Who.APPLICANT, case)
            return known
    return casework.hand_in(actor, case, what, name, content)


def _papers(actor: Actor, case: Case, given: Any) -> None:
    if not given:
        return
    if not isinstance(given, list) or not all(isinstance(each, dict) for each in given):
        raise Invalid(_("Papers are a list, each with what, name and content."), field="papers")
    for each in given:
        take_paper(actor, case, each)


def take_file(actor: Actor, content: bytes) -> Iterator[tuple[int, Taken | None, str]]:
    """Take a file of applications, a JSON list; of each its place, what became of it, or why not. A bad one never sinks the others.

    Raises:
        Invalid: it is no JSON list of objects.
    """
    try:
        rows = json.loads(content.decode("utf-8-sig"))
    except (UnicodeDecodeError, ValueError) as error:
        raise Invalid(_("The file is no JSON: %s") % error, field="paper") from error
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise Invalid(_("The file has to be a list of applications."), field="paper")
    for place, row in enumerate(rows, 1):
        try:
            yield place, take(actor, row), ""
        except Forbidden:
            yield place, None, _("Not in your area.")
        except LiangshuiError as error:
            yield place, None, error.message
        except (DatabaseError, ArithmeticError, TypeError, ValueError) as error:
            yield place, None, _("It cannot be read: %s") % error
