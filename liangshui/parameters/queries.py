"""The law as it stands in this installation."""

from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

from django.db import DatabaseError, connection

from liangshui.core.parameters import Law, Version
from liangshui.parameters.law import shipped
from liangshui.parameters.models import FigureState, OwnFigure


def law() -> Law:
    """The shipped rules, and before them what the county has entered and a second officer has confirmed."""
    by_rule: dict[str, list[OwnFigure]] = defaultdict(list)
    for figure in OwnFigure.objects.filter(state=FigureState.BINDING).order_by("since", "decided_at", "pk"):
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
    """Figures of one rule in the order of their days: each ends where the next begins; of one day the last confirmed holds."""
    found: list[Version] = []
    for figure in figures:
        if found and found[-1].since == figure.since:
            found.pop()
        if found and (found[-1].until is None or found[-1].until > figure.since):
            found[-1] = Version(found[-1].since, figure.since, found[-1].value)
        found.append(Version(figure.since, figure.until, figure.value))
    return found
