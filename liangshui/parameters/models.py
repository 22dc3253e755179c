"""What a county enters itself: figures that the law leaves open, or that nobody had found."""

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from liangshui.records.models import PERSON


class FigureState(models.TextChoices):
    """The life of a figure: it binds only when a second officer has confirmed it."""

    PROPOSED = "proposed", _("waits for a second officer")
    BINDING = "binding", _("binding")
    REFUSED = "refused", pgettext_lazy("decision", "refused")
    WITHDRAWN = "withdrawn", _("withdrawn")


class OwnFigure(models.Model):
    """A figure entered for a rule of law, with the document that sets it (本级录入参数). It is never changed: another one ends it.

    `value` has the shape of the rule's figure; `until` is the first day on which it no longer holds, and on which the one before it
    resumes; empty: until another one.
    """

    rule = models.CharField(_("rule"), max_length=20)
    value: Any = models.JSONField(_("figure"))
    since = models.DateField(_("in force from"))
    until = models.DateField(_("no longer in force from"), null=True, blank=True)
    document = models.CharField(_("title of the document"), max_length=120)
    document_number = models.CharField(_("document number"), max_length=60)
    issued_on = models.DateField(_("document of"))
    paper = models.CharField(_("file"), max_length=60, blank=True)
    note = models.CharField(_("note"), max_length=200, blank=True)
    state = models.CharField(_("state"), max_length=10, choices=FigureState, default=FigureState.PROPOSED)
    entered_by = models.ForeignKey(settings.AUTH_USER_MODEL, verbose_name=_("entered by"), **PERSON)
    entered_at = models.DateTimeField(_("entered"))
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, verbose_name=_("decided by"), blank=True, **PERSON)
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True)
    words = models.CharField(_("words of the decision"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("own figure")
        ordering = ["-since", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(until__isnull=True) | Q(until__gt=F("since")), name="parameters_figure_ends_after"
            ),
            models.CheckConstraint(
                condition=Q(decided_by__isnull=True) | Q(entered_by__isnull=True) | ~Q(decided_by=F("entered_by")),
                name="parameters_figure_second_officer",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.rule} {self.since}"
