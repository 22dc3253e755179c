"""Writing plans with their lines, and the life of studies."""

from datetime import date
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from liangshui.conformity.models import Opinion, Plan, PlanLine, Study, StudyFigure, StudyState, StudyStep
from liangshui.core.access import Actor, Right
from liangshui.core.errors import Invalid
from liangshui.permits import casework
from liangshui.permits.models import Case
from liangshui.quota import norm_words
from liangshui.quota.models import Norm
from liangshui.quota.rules.norms import Worth
from liangshui.records import papers

ROOM = "conformity"


@transaction.atomic
def save_plan(actor: Actor, plan: Plan | None, **facts: Any) -> Plan:
    """Enter or change a plan.

    Raises:
        Forbidden: where it lies, or where it would lie, is not the actor's.
        Invalid: its years cannot be, or leave out one of its lines.
    """
    actor.require(Right.QUOTA_CHANGE, path=facts["division"].path)
    if plan is None:
        plan = Plan(entered_by_id=actor.person_id)
    else:
        plan = Plan.objects.select_for_update().get(pk=plan.pk)
        actor.require(Right.QUOTA_CHANGE, path=plan.division.path)
    for name, value in facts.items():
        setattr(plan, name, value)
    if plan.last_year < plan.first_year:
        raise Invalid(_("The last year lies before the first."), field="last_year")
    if plan.pk and plan.lines.exclude(year__range=(plan.first_year, plan.last_year)).exists():
        raise Invalid(_("A line of the plan lies outside these years."), field="last_year")
    plan.save()
    return plan


@transaction.atomic
def save_line(
    actor: Actor, plan: Plan, line: PlanLine | None, *, norm: Norm | None = None, worth: str = "", **facts: Any
) -> PlanLine:
    """Enter or change a line of a plan; a quota of the table (`norm`, general or advanced) brings its unit, value and source.

    Raises:
        Forbidden: the plan lies elsewhere.
        Invalid: without a quota or its source, outside the plan's years, a coefficient that cannot be or has no source, or a product without its unit.
    """
    actor.require(Right.QUOTA_CHANGE, path=plan.division.path)
    line = PlanLine.objects.select_for_update().get(pk=line.pk) if line else PlanLine(plan=plan)
    if norm is not None:
        chosen = worth or Worth.GENERAL
        facts |= {
            "what": facts.get("what") or norm.what, "measure": norm.measure, "product_unit": norm.product_unit,
            "quota": norm_words.value_of(norm, chosen), "source": norm_words.source(norm, chosen),
        }  # fmt: skip
    for name, value in (facts | {"norm": norm}).items():
        setattr(line, name, value)
    if line.quota is None:
        raise Invalid(_("Choose a quota of the table, or type one with its source."), field="quota")
    if not line.what or not line.measure:
        raise Invalid(
            _("Say what needs water, and in what it is counted."), field="what" if line.measure else "measure"
        )
    if not plan.first_year <= line.year <= plan.last_year:
        told = {"first": plan.first_year, "last": plan.last_year}
        raise Invalid(_("The plan runs from %(first)s to %(last)s.") % told, field="year")
    if not line.source.strip():
        raise Invalid(_("Say where the quota stands: document, number, page."), field="source")
    if line.coefficient is not None and (line.measure != "mu" or not 0 < line.coefficient <= 1):
        raise Invalid(
            _("An irrigation coefficient lies above 0 and up to 1, and belongs to land."), field="coefficient"
        )
    if (line.coefficient is not None) != bool(line.coefficient_source.strip()):
        raise Invalid(
            _("Say where the irrigation coefficient stands: document, number, page; and only where one is entered."),
            field="coefficient_source",
        )
    if (line.measure == "product") != bool(line.product_unit):
        raise Invalid(_("Say the unit of the product, and only of a product."), field="product_unit")
    line.save()
    return line


@transaction.atomic
def drop_line(actor: Actor, line: PlanLine) -> None:
    """Take a line out of a plan; the audit trail keeps it."""
    actor.require(Right.QUOTA_CHANGE, path=line.plan.division.path)
    line.delete()


# --- studies ---


@transaction.atomic
def owe(actor: Actor, **facts: Any) -> Study:
    """Enter that a plan or project owes a study.

    Raises:
        Forbidden: it lies elsewhere.
        Invalid: the same study of the same plan is open already.
    """
    actor.require(Right.QUOTA_CHANGE, path=facts["division"].path)
    plan = facts.get("plan")
    if plan is not None:
        actor.require(Right.QUOTA_CHANGE, path=plan.division.path)
        same = plan.studies.filter(kind=facts["kind"]).exclude(opinion=Opinion.REFUSED)
        if same.exists():
            raise Invalid(_("This study of the plan stands in the register already."), field="kind")
    return Study.objects.create(**facts, entered_by_id=actor.person_id)


def _step(actor: Actor, study: Study, state: StudyState, on: date, paper: bytes | None, **facts: Any) -> StudyStep:
    if on > timezone.localdate():
        raise Invalid(_("A day to come cannot be entered."), field="on")
    last = study.steps.last()
    if last and on < last.on:
        raise Invalid(_("It lies before what happened last (%s).") % last.on, field="on")
    kept = papers.keep(ROOM, paper) if paper else ""
    return StudyStep.objects.create(
        study=study, state=state, on=on, paper=kept, entered_by_id=actor.person_id, **facts
    )  # fmt: skip


def _locked(actor: Actor, study: Study) -> Study:
    study = Study.objects.select_for_update(of=("self",)).get(pk=study.pk)
    actor.require(Right.QUOTA_CHANGE, path=study.division.path)
    return study


@transaction.atomic
def hand_in(actor: Actor, study: Study, *, on: date, number: str = "", paper: bytes | None = None) -> StudyStep:
    """A study was handed in: for the first time, or mended after a review.

    Raises:
        Invalid: it waits for its review, or was agreed or refused; or the day cannot be.
    """
    study = _locked(actor, study)
    if study.state == StudyState.HANDED_IN or study.opinion in (Opinion.AGREED, Opinion.REFUSED):
        raise Invalid(_("It is not waited for."))
    step = _step(actor, study, StudyState.HANDED_IN, on, paper, number=number.strip())
    study.state, study.opinion = StudyState.HANDED_IN, ""
    study.save()
    return step


@transaction.atomic
def review(
    actor: Actor, study: Study, *, on: date, opinion: str, text: str, number: str = "", paper: bytes | None = None
) -> StudyStep:
    """Enter the opinion of the review.

    Raises:
        Invalid: it was not handed in; to be mended or refused without words; or the day cannot be.
    """
    study = _locked(actor, study)
    if study.state != StudyState.HANDED_IN:
        raise Invalid(_("It has not been handed in."))
    if opinion != Opinion.AGREED and not text.strip():
        raise Invalid(_("Say what has to be mended, or why it is refused."), field="text")
    step = _step(
        actor, study, StudyState.REVIEWED, on, paper, opinion=opinion, text=text.strip(), number=number.strip()
    )
    study.state, study.opinion = StudyState.REVIEWED, opinion
    study.save()
    return step


@transaction.atomic
def add_figure(actor: Actor, study: Study, *, name: str, value: str, unit: str = "") -> StudyFigure:
    """Enter a figure of the study."""
    study = _locked(actor, study)
    return StudyFigure.objects.create(study=study, name=name.strip(), value=value.strip(), unit=unit.strip())


@transaction.atomic
def take_up(actor: Actor, figure: StudyFigure, *, taken_up: bool) -> StudyFigure:
    """A figure becomes a condition, or is none any more; where the study belongs to an application it goes into those of the permit.

    Raises:
        Forbidden: the application is not reviewed by the actor.
        Invalid: the study was not agreed to, or its application is not under review.
    """
    study = _locked(actor, figure.study)
    if study.opinion != Opinion.AGREED:
        raise Invalid(_("Only figures of a study that was agreed to become conditions."))
    if taken_up:
        figure.condition = _condition(study, figure)
    if study.case is not None and figure.condition:
        casework.add_condition(actor, study.case, figure.condition, kept=taken_up)
    figure.taken_up = taken_up
    figure.save()
    return figure


def _condition(study: Study, figure: StudyFigure) -> str:
    """A figure as a condition, with the study and the opinion it stands in."""
    agreed = study.steps.filter(opinion=Opinion.AGREED).last()
    source = "，".join(filter(None, (study.get_kind_display(), agreed.number if agreed else "")))
    return f"{figure}（{source}）"[:300]


@transaction.atomic
def belong(actor: Actor, study: Study, case: Case | None) -> Study:
    """Say to which application a study belongs.

    Raises:
        Forbidden: one of them lies elsewhere.
        Invalid: figures of it are conditions of another application.
    """
    study = _locked(actor, study)
    if case is not None:
        actor.require(Right.PERMITS_VIEW, path=case.division.path)
    if study.case != case and study.figures.filter(taken_up=True).exists():
        raise Invalid(_("Figures of it are taken up as conditions. Drop them first."), field="case")
    study.case = case
    study.save()
    return study
