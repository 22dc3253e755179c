"""What stands outside the office: codes on wells, what is published of them, problems that people report, words in Mongolian."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from liangshui.records.models import PERSON, Located
from liangshui.registry.models import Division, Intake


class PublicCode(Located):
    """The code on an intake's label, not to be guessed. A new one ends the old, where a label was misused."""

    within_division = "intake__division__path"
    within_user = None

    intake = models.ForeignKey(Intake, models.CASCADE, related_name="public_codes")
    code = models.CharField(_("public code"), max_length=12, unique=True)
    made_at = models.DateTimeField(_("made"), auto_now_add=True)
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)

    class Meta:
        verbose_name = _("public code")
        constraints = [
            models.UniqueConstraint(fields=["intake"], condition=Q(ended_at=None), name="portal_one_code_an_intake")
        ]

    def __str__(self) -> str:
        return self.code


class Publication(models.Model):
    """What the bureau chose to show of a well to everybody who scans its label, and whom people may call."""

    county = models.OneToOneField(Division, models.CASCADE, related_name="+", verbose_name=_("county"))
    office = models.CharField(_("office on labels"), max_length=60, blank=True)
    phone = models.CharField(_("phone for the public"), max_length=30, blank=True)
    number = models.BooleanField(_("number of the intake"), default=True)
    name = models.BooleanField(_("its name"), default=False)
    village = models.BooleanField(_("town and village"), default=False)
    purpose = models.BooleanField(_("what its water is used for"), default=False)
    holder = models.BooleanField(_("name of the water user"), default=False)
    permit = models.BooleanField(_("whether it has a permit, and until when"), default=False)
    permitted = models.BooleanField(_("permitted volume a year"), default=False)
    share = models.BooleanField(_("share of this year’s water used"), default=False)

    class Meta:
        verbose_name = _("what is published")

    def __str__(self) -> str:
        return str(self.county)


class TownContact(Located):
    """Whom to ask in a town: it stands on the cards of its villages."""

    within_division = "town__path"

    town = models.OneToOneField(Division, models.CASCADE, related_name="+", verbose_name=_("town"))
    text = models.CharField(_("whom to ask"), max_length=120)

    class Meta:
        verbose_name = _("contact of a town")

    def __str__(self) -> str:
        return self.text


class Phrase(models.Model):
    """Words of the village card in Mongolian (蒙古文), as a person entered them. `key`: the English words, or division:code."""

    key = models.CharField(_("words"), max_length=120, unique=True)
    mongolian = models.CharField(_("in Mongolian"), max_length=200)
    entered_at = models.DateTimeField(_("entered"), auto_now=True)
    entered_by = models.ForeignKey(settings.AUTH_USER_MODEL, verbose_name=_("entered by"), **PERSON)

    class Meta:
        verbose_name = _("words in Mongolian")

    def __str__(self) -> str:
        return self.key


class ProblemKind(models.TextChoices):
    """What people may report."""

    DAMAGED = "damaged", _("meter or label damaged")
    WASTE = "waste", _("water runs to waste")
    UNKNOWN_WELL = "unknown_well", _("a well without label, or newly drilled")
    OTHER = "other", _("something else")


class ProblemState(models.TextChoices):
    """How far it is."""

    NEW = "new", pgettext_lazy("problem", "new")
    HANDLED = "handled", _("being looked into")
    ANSWERED = "answered", pgettext_lazy("problem", "answered")
    NO_FAULT = "no_fault", _("no fault found")


class Problem(Located):
    """A problem that somebody reported at a well (公众反映). Water users never see it; enforcement may make a clue of it."""

    within_user = None

    intake = models.ForeignKey(Intake, models.PROTECT, related_name="problems", verbose_name=_("intake"))
    division = models.ForeignKey(Division, models.PROTECT, related_name="+", verbose_name=_("town or village"))
    receipt = models.CharField(_("receipt"), max_length=12, unique=True)
    at = models.DateTimeField(pgettext_lazy("problem", "reported"), auto_now_add=True)
    kind = models.CharField(_("kind"), max_length=15, choices=ProblemKind)
    words = models.CharField(_("what was said"), max_length=500)
    phone = models.CharField(_("phone"), max_length=30, blank=True)
    photo = models.CharField(_("photo"), max_length=80, blank=True)
    state = models.CharField(_("state"), max_length=10, choices=ProblemState, default=ProblemState.NEW)

    class Meta:
        verbose_name = _("problem reported by the public")
        ordering = ["-at"]

    def __str__(self) -> str:
        return self.receipt

    @property
    def masked_phone(self) -> str:
        """138****5678."""
        return f"{self.phone[:3]}****{self.phone[-4:]}" if len(self.phone) > 7 else ("****" if self.phone else "")


class ProblemStep(Located):
    """What an officer did about a problem, and said to the person who reported it."""

    within_division = "problem__division__path"

    problem = models.ForeignKey(Problem, models.CASCADE, related_name="steps")
    state = models.CharField(_("state"), max_length=10, choices=ProblemState)
    answer = models.CharField(pgettext_lazy("problem", "answer"), max_length=500, blank=True)
    at = models.DateTimeField(_("at"), auto_now_add=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, verbose_name=_("by"), **PERSON)

    class Meta:
        verbose_name = _("step of a problem")
        ordering = ["at"]

    def __str__(self) -> str:
        return self.state
