"""What stored records share: territory, from–to, and the person in whose hands an open thing lies."""

from datetime import date
from typing import Any, ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from liangshui.core.access import Territory

PERSON: dict[str, Any] = {"on_delete": models.SET_NULL, "null": True, "related_name": "+"}
"""Of a foreign key to the person who did something: the deed outlives the person's account."""


class TerritoryQuerySet(models.QuerySet):
    """Rows narrowed to where a reader may look; nothing is shown that is not asked for with a territory."""

    def within(self, territory: Territory) -> Self:
        """Only rows in the territory's divisions, or of its own users. An empty territory gives no rows."""
        if territory.everywhere:
            return self
        allowed = Q(pk__in=[])
        model: Any = self.model
        if model.within_division:
            for path in territory.paths:
                allowed |= Q(**{f"{model.within_division}__startswith": path})
        if model.within_user and territory.users:
            allowed |= Q(**{f"{model.within_user}__in": territory.users})
        return self.filter(allowed)


class Located(models.Model):
    """A record that lies somewhere or belongs to a water user; says by which lookups."""

    within_division: ClassVar[str | None] = "division__path"
    within_user: ClassVar[str | None] = None

    objects = TerritoryQuerySet.as_manager()

    class Meta:
        abstract = True


class DatedQuerySet(TerritoryQuerySet):
    """Rows in force by day."""

    def on(self, day: date) -> Self:
        """Those in force on a day."""
        return self.filter(Q(valid_to__isnull=True) | Q(valid_to__gt=day), valid_from__lte=day)

    def between(self, start: date, end: date) -> Self:
        """Those in force on any day from start to end (not included)."""
        return self.filter(Q(valid_to__isnull=True) | Q(valid_to__gt=start), valid_from__lt=end)

    def current(self) -> Self:
        """Those not ended."""
        return self.filter(valid_to__isnull=True)


class Dated(Located):
    """In force from a day to a day (the end not included; empty means still in force)."""

    valid_from = models.DateField(_("from"))
    valid_to = models.DateField(_("to"), null=True, blank=True)

    objects = DatedQuerySet.as_manager()

    class Meta:
        abstract = True
        constraints = [
            models.CheckConstraint(
                condition=Q(valid_to__isnull=True) | Q(valid_to__gt=F("valid_from")),
                name="%(app_label)s_%(class)s_ends_after_start",
            )
        ]


class FigureState(models.TextChoices):
    """The life of what two officers enter: it binds only when a second one has confirmed it."""

    PROPOSED = "proposed", _("waits for a second officer")
    BINDING = "binding", _("binding")
    REFUSED = "refused", pgettext_lazy("decision", "refused")
    WITHDRAWN = "withdrawn", _("withdrawn")


class SecondOfficer(models.Model):
    """What decides money or refusals: it binds only when a second officer has confirmed it (双人确认; records/second.py)."""

    state = models.CharField(_("state"), max_length=10, choices=FigureState, default=FigureState.PROPOSED)
    entered_by = models.ForeignKey(settings.AUTH_USER_MODEL, verbose_name=_("entered by"), **PERSON)
    entered_at = models.DateTimeField(_("entered"))
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, verbose_name=_("decided by"), blank=True, **PERSON)
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True)
    words = models.CharField(_("words of the decision"), max_length=200, blank=True)

    class Meta:
        abstract = True
        constraints = [
            models.CheckConstraint(
                condition=Q(decided_by__isnull=True) | Q(entered_by__isnull=True) | ~Q(decided_by=F("entered_by")),
                name="%(app_label)s_%(class)s_second_officer",
            )
        ]


class ByDocument(SecondOfficer):
    """What the bureau enters by a document (红头文件): its title, number and day, the paper itself, and two officers."""

    document = models.CharField(_("title of the document"), max_length=120)
    document_number = models.CharField(_("document number"), max_length=60)
    issued_on = models.DateField(_("document of"))
    paper = models.CharField(_("file"), max_length=60, blank=True)

    class Meta(SecondOfficer.Meta):
        abstract = True


class Responsible(models.Model):
    """Something that can lie open in a person's name, and be handed over (交接) when the person leaves."""

    responsible = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("responsible person"),
    )

    class Meta:
        abstract = True

    @classmethod
    def open_items(cls) -> models.QuerySet[Any]:
        """Rows that still ask for someone's work."""
        raise TypeError(f"{cls.__name__} must say which of its rows are open")


from liangshui.records.installation import Installation  # noqa: E402, F401  (Django finds models here)
