"""Plans and projects with what they need, and the studies of their water (水资源论证、节水评价) that they owe."""

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from liangshui.conformity.rules.demand import Line
from liangshui.permits.models import Case
from liangshui.quota.models import MeasureChoice, Norm
from liangshui.quota.rules.norms import Measure
from liangshui.records.fields import MicroField
from liangshui.records.models import PERSON, Located
from liangshui.registry.codes import Sector
from liangshui.registry.models import Division, ManagementUnit, Project


class PlanKind(models.TextChoices):
    """What is looked at: a plan (规划) or a single project (建设项目)."""

    PLAN = "plan", _("development plan")
    PROJECT = "project", _("project")


class Plan(Located):
    """A plan or project whose water is looked at, from its first to its last year.

    `on_top`: its needs come on top of what its place uses today; else they are all that the place will use. `abstracts`: it
    takes its water itself and needs a permit; empty: not known.
    """

    name = models.CharField(_("name"), max_length=120)
    kind = models.CharField(_("kind"), max_length=10, choices=PlanKind)
    division = models.ForeignKey(Division, models.PROTECT, related_name="+", verbose_name=_("place"))
    management_unit = models.ForeignKey(
        ManagementUnit, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("management unit")
    )
    applicant = models.CharField(_("applying organisation"), max_length=100)
    first_year = models.PositiveSmallIntegerField(_("first year of the plan"))
    last_year = models.PositiveSmallIntegerField(_("last year of the plan"))
    on_top = models.BooleanField(_("on top of today’s use"), default=True)
    abstracts = models.BooleanField(_("takes its water itself"), null=True, blank=True)
    large_change = models.BooleanField(_("a large change of what was permitted"), default=False)
    note = models.CharField(_("note"), max_length=200, blank=True)
    entered_at = models.DateTimeField(_("entered"), auto_now_add=True)
    entered_by = models.ForeignKey(settings.AUTH_USER_MODEL, verbose_name=_("entered by"), editable=False, **PERSON)

    class Meta:
        verbose_name = _("plan or project")
        ordering = ["-entered_at", "-pk"]
        constraints = [
            models.CheckConstraint(condition=Q(last_year__gte=F("first_year")), name="conformity_plan_ends_after_start")
        ]

    def __str__(self) -> str:
        return self.name


class PlanLine(Located):
    """One activity of a plan in a year, with the quota at which it needs water and where that quota stands. `norm`: the quota was chosen
    from the table of quotas; empty: it was typed."""

    within_division = "plan__division__path"

    plan = models.ForeignKey(Plan, models.CASCADE, related_name="lines")
    year = models.PositiveSmallIntegerField(_("year"))
    sector = models.CharField(_("use"), max_length=12, choices=Sector)
    what = models.CharField(_("activity"), max_length=60)
    measure = models.CharField(_("counted in"), max_length=10, choices=MeasureChoice)
    product_unit = models.CharField(_("unit of the product"), max_length=20, blank=True)
    amount = MicroField(_("amount"), validators=[MinValueValidator(0)])
    quota = MicroField(_("quota"), validators=[MinValueValidator(0)])
    coefficient = MicroField(_("irrigation coefficient"), null=True, blank=True)
    coefficient_source = models.CharField(_("source of the irrigation coefficient"), max_length=200, blank=True)
    source = models.CharField(_("source of the quota"), max_length=200)
    norm = models.ForeignKey(
        Norm,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("quota of the table"),
        editable=False,
    )

    class Meta:
        verbose_name = _("line of a plan")
        ordering = ["year", "sector", "pk"]
        constraints = [
            models.CheckConstraint(condition=~Q(source=""), name="conformity_line_has_source"),
            models.CheckConstraint(
                condition=Q(coefficient__isnull=True) | Q(coefficient__gt=0, coefficient__lte=1),
                name="conformity_line_coefficient",
            ),
            models.CheckConstraint(
                condition=Q(coefficient__isnull=True, coefficient_source="")
                | Q(coefficient__isnull=False) & ~Q(coefficient_source=""),
                name="conformity_coefficient_has_source",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.year} {self.what}"

    @property
    def as_line(self) -> Line:
        """As the rules take it."""
        return Line(
            self.year, self.sector, self.what, Measure(self.measure), self.amount, self.quota, self.source, self.coefficient
        )  # fmt: skip


class StudyKind(models.TextChoices):
    """Kinds of study of water (水资源论证、节水评价)."""

    PLANNING = "planning", _("water-resources study of a plan")
    REPORT = "report", _("water-resources study of a project, report")
    FORM = "form", _("water-resources study of a project, form")
    SAVING = "saving", _("water-saving evaluation")


class StudyState(models.TextChoices):
    """Where a study stands."""

    OWED = "owed", _("owed")
    HANDED_IN = "handed_in", _("handed in")
    REVIEWED = "reviewed", _("reviewed")


class Opinion(models.TextChoices):
    """What a review says (审查意见)."""

    AGREED = "agreed", _("agreed")
    MEND = "mend", _("to be mended and handed in again")
    REFUSED = "refused", _("not agreed")


class Study(Located):
    """A study that a plan or project owes; what happened to it stands in its steps, its state is that of the last. What it takes up as
    conditions goes into those of its application."""

    kind = models.CharField(_("kind"), max_length=10, choices=StudyKind)
    subject = models.CharField(_("plan or project"), max_length=120)
    plan = models.ForeignKey(
        Plan, models.PROTECT, null=True, blank=True, related_name="studies", verbose_name=_("its plan here")
    )
    project = models.ForeignKey(
        Project, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("its abstraction project")
    )
    case = models.ForeignKey(
        Case,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="studies",
        verbose_name=_("its application for a permit"),
    )
    division = models.ForeignKey(Division, models.PROTECT, related_name="+", verbose_name=_("place"))
    owed_since = models.DateField(_("owed since"))
    ground = models.CharField(_("legal ground"), max_length=120, blank=True)
    state = models.CharField(_("state"), max_length=10, choices=StudyState, default=StudyState.OWED, editable=False)
    opinion = models.CharField(_("opinion"), max_length=10, choices=Opinion, blank=True, editable=False)
    entered_at = models.DateTimeField(_("entered"), auto_now_add=True)
    entered_by = models.ForeignKey(settings.AUTH_USER_MODEL, verbose_name=_("entered by"), editable=False, **PERSON)

    class Meta:
        verbose_name = _("study")
        verbose_name_plural = _("studies")
        ordering = ["-owed_since", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(state=StudyState.REVIEWED) & ~Q(opinion="") | ~Q(state=StudyState.REVIEWED) & Q(opinion=""),
                name="conformity_opinion_of_a_review",
            )
        ]

    def __str__(self) -> str:
        return f"{self.subject} {self.get_kind_display()}"


class StudyStep(Located):
    """A study was handed in, or reviewed with an opinion. Steps are added, never edited."""

    within_division = "study__division__path"

    study = models.ForeignKey(Study, models.CASCADE, related_name="steps")
    state = models.CharField(_("what happened"), max_length=10, choices=StudyState)
    on = models.DateField(_("date"))
    opinion = models.CharField(_("opinion"), max_length=10, choices=Opinion, blank=True)
    number = models.CharField(_("document number"), max_length=60, blank=True)
    text = models.CharField(_("words of the opinion"), max_length=500, blank=True)
    paper = models.CharField(_("file"), max_length=60, blank=True)
    entered_at = models.DateTimeField(_("entered"), auto_now_add=True)
    entered_by = models.ForeignKey(settings.AUTH_USER_MODEL, verbose_name=_("entered by"), **PERSON)

    class Meta:
        verbose_name = _("step of a study")
        ordering = ["on", "pk"]

    def __str__(self) -> str:
        return f"{self.get_state_display()} {self.on}"


class StudyFigure(Located):
    """A figure of a study (such as the volume a year, the share of reclaimed water), and whether it became a condition."""

    within_division = "study__division__path"

    study = models.ForeignKey(Study, models.CASCADE, related_name="figures")
    name = models.CharField(_("figure of the study"), max_length=60)
    value = models.CharField(_("value"), max_length=60)
    unit = models.CharField(_("unit"), max_length=20, blank=True)
    taken_up = models.BooleanField(_("taken up as a condition"), default=False, editable=False)
    condition = models.CharField(_("words of the condition"), max_length=300, blank=True, editable=False)

    class Meta:
        verbose_name = _("figure of a study")
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.name} {self.value} {self.unit}".strip()
