"""The law as it stands in this installation."""

from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

from django.db import DatabaseError, connection

from liangshui.core.parameters import Law, Version
from liangshui.parameters.law import shipped
from liangshui.parameters.models import OwnFigure
from liangshui.records.models import FigureState


def law() -> Law:
    """The shipped rules, and before them what the county has entered and a second officer has confirmed."""
    by_rule: dict[str, list[OwnFigure]] = defaultdict(list)
    for figure in OwnFigure.objects.filter(state=FigureState.BINDING).order_by("pk"):
        by_rule[figure.rule].append(figure)
    return Law(shipped().rules, {rule: tuple(versions(figures)) for rule, figures in by_rule.items()})


def with_figure(known: Law, figure: OwnFigure) -> Law:
    """The law as it would stand if a figure that waits were confirmed."""
    version = Version(figure.since, figure.until, figure.value)
    return Law(known.rules, {**known.own, figure.rule: (version, *known.own.get(figure.rule, ()))})


def law_without_installation() -> Law:
    """The same for commands that need no installation: without one, the shipped rules."""
    if connection.vendor == "sqlite" and not Path(connection.settings_dict["NAME"]).exists():
        return shipped()
    try:
        return law()
    except DatabaseError:
        return shipped()


def versions(figures: Iterable[OwnFigure]) -> list[Version]:
    """Figures of one rule as spans without overlap: of all that hold on a day the one that began last counts, and of those that
    began on one day the last confirmed. Where a figure for a time ends, the one before it resumes."""
    ranked = sorted(figures, key=lambda figure: (figure.since, figure.decided_at, figure.pk))
    edges = sorted({day for figure in ranked for day in (figure.since, figure.until) if day})
    found: list[Version] = []
    told: list[OwnFigure | None] = []
    for day, end in zip(edges, [*edges[1:], None], strict=True):
        holds = [figure for figure in ranked if figure.since <= day and (figure.until is None or day < figure.until)]
        best = holds[-1] if holds else None
        if best and told and told[-1] is best:
            found[-1] = Version(found[-1].since, end, best.value)
        elif best:
            found.append(Version(day, end, best.value))
        told.append(best)
    return found
