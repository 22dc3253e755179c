"""Entering figures, and confirming them."""

from datetime import date
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from liangshui.core.access import Actor, Right
from liangshui.core.errors import Forbidden, Invalid, NotFound
from liangshui.core.parameters import UNKNOWN
from liangshui.parameters.kinds import FigureKind, faults
from liangshui.parameters.law import shipped
from liangshui.parameters.models import OwnFigure
from liangshui.parameters.words import label_of
from liangshui.records import second
from liangshui.records.installation import installation
from liangshui.registry.models import Division

ROOM = "parameters"
WRONG = {
    FigureKind.DATE: gettext_lazy("“%s” is a day: write it as 2027-12-31."),
    FigureKind.PERCENT: gettext_lazy("“%s” is a percentage: give a number between 0 and 100."),
    FigureKind.NUMBER: gettext_lazy("“%s” is a number: give one that is not below zero and can be meant."),
    FigureKind.BANDS: gettext_lazy("“%s” is a list of bands without gaps, the last one open."),
    FigureKind.GRADES: gettext_lazy("“%s” is a list of grades, each with its rule and its least and greatest fine."),
    FigureKind.RATES: gettext_lazy("“%s” is a number or a table of numbers, none below zero."),
}
"""Why a figure is refused, by its kind."""


def may(actor: Actor) -> bool:
    """Whether somebody may enter and confirm figures: they hold in the whole county, so the right must, too."""
    here = installation()
    county = Division.objects.filter(code=here.county_code).first() if here else None
    return county is not None and actor.territory(Right.LAW_CHANGE).holds_path(county.path)


def _require(actor: Actor) -> None:
    if not may(actor):
        raise Forbidden(Right.LAW_CHANGE)


@transaction.atomic
def propose(
    actor: Actor, rule: str, *, value: Any, since: date, until: date | None = None, document: str, document_number: str,
    issued_on: date, paper: bytes | None = None, note: str = "",
) -> OwnFigure:  # fmt: skip
    """Enter a figure for a rule; it binds when another officer has confirmed it.

    Raises:
        Forbidden: without the right for the whole county.
        Invalid: the rule takes no figure of ours; a figure is none of its kind; the days cannot be; or the paper is not taken.
    """
    _require(actor)
    known = shipped().rules.get(rule)
    if known is None:
        raise NotFound(_("There is no such rule."))
    if not known.may_be_entered:
        raise Invalid(_("The figure of this rule is fixed by its instrument and was read in full."))
    began = known.instrument.effective_from
    if began and since < began:
        raise Invalid(_("The instrument took effect on %s.") % began, field="since")
    if until and until <= since:
        raise Invalid(_("The end lies before the beginning."), field="until")
    shape = next((version.value for version in reversed(known.versions) if version.known), None)
    for key, kind in faults(shape, value):
        raise Invalid(WRONG[kind] % label_of(key), field=f"f_{key}")
    for place, grade in enumerate(
        value.get("grades") or () if isinstance(value, dict) and value.get("grades") != UNKNOWN else (), 1
    ):
        _require_within(place, grade)
    by = second.entered(
        actor, ROOM, document=document, document_number=document_number, issued_on=issued_on, paper=paper
    )
    return OwnFigure.objects.create(rule=rule, value=value, since=since, until=until, note=note.strip(), **by)


def _require_within(place: int, grade: dict[str, Any]) -> None:
    """A grade of discretion stays within the fine of its rule."""
    rule = shipped().rules.get(grade["see"])
    fine = next((v.value for v in reversed(rule.versions) if v.known), None) if rule else None
    if not isinstance(fine, dict) or "fine_max_yuan" not in fine:
        raise Invalid(
            _("Line %(line)s: %(rule)s is no rule with a fine.") % {"line": place, "rule": grade["see"]},
            field="f_grades",
        )
    if not fine["fine_min_yuan"] <= grade["fine_min_yuan"] <= grade["fine_max_yuan"] <= fine["fine_max_yuan"]:
        raise Invalid(
            _("Line %(line)s: the fine of %(rule)s lies between %(least)s and %(most)s yuan.")
            % {"line": place, "rule": grade["see"], "least": fine["fine_min_yuan"], "most": fine["fine_max_yuan"]},
            field="f_grades",
        )


@transaction.atomic
def decide(actor: Actor, figure: OwnFigure, *, agreed: bool, words: str) -> OwnFigure:
    """Confirm a figure that another has entered, or refuse it.

    Raises:
        Forbidden: without the right for the whole county.
        Invalid: it does not wait any more; it is one's own; or it is refused without words.
    """
    _require(actor)
    return second.decided(actor, figure, agreed=agreed, words=words)


@transaction.atomic
def withdraw(actor: Actor, figure: OwnFigure) -> OwnFigure:
    """Take back what one has entered, while it waits."""
    _require(actor)
    return second.withdrawn(actor, figure, Right.LAW_CHANGE)
