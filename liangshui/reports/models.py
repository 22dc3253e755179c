"""Tables for superiors (报表): the workbook and its mapping by version, what was filled each period, what was changed by hand."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from liangshui.records.models import PERSON, Located
from liangshui.registry.models import Division


class PeriodKind(models.TextChoices):
    """How often a table is due."""

    MONTH = "month", _("month")
    QUARTER = "quarter", _("quarter")
    YEAR = "year", _("year")


class Table(Located):
    """A table that the county owes a superior every month, quarter or year."""

    division = models.ForeignKey(Division, models.PROTECT, related_name="+", verbose_name=_("county"))
    name = models.CharField(_("table"), max_length=100)
    office = models.CharField(_("owed to"), max_length=100, blank=True)
    period = models.CharField(_("every"), max_length=10, choices=PeriodKind, default=PeriodKind.MONTH)
    due_day = models.PositiveSmallIntegerField(_("due on day"), null=True, blank=True)
    active = models.BooleanField(_("in use"), default=True)
    filling_since = models.DateTimeField(_("being filled since"), null=True, editable=False)
    fault = models.CharField(_("why it was not filled"), max_length=300, blank=True, editable=False)

    class Meta:
        verbose_name = _("table for superiors")
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["division", "name"], name="reports_table_once")]

    def __str__(self) -> str:
        return self.name


class TableVersion(Located):
    """The workbook and mapping of a table. What was filled keeps its version; a change after that makes a new one."""

    within_division = "table__division__path"

    table = models.ForeignKey(Table, models.CASCADE, related_name="versions")
    number = models.PositiveSmallIntegerField(_("version"))
    file_name = models.CharField(_("workbook"), max_length=200)
    content = models.BinaryField(_("content"))
    mapping = models.TextField(_("mapping"))
    made_at = models.DateTimeField(_("made"), auto_now_add=True)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, verbose_name=_("made by"), **PERSON)

    class Meta:
        verbose_name = _("version of a table")
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["table", "number"], name="reports_version_once")]

    def __str__(self) -> str:
        return f"{self.table} {self.number}"


class Filling(Located):
    """A table of one period. `draft` is the file as it was filled, without changes by hand; `cells` its figures with what they
    ask for, packed (filling.py); `issued` the frozen file.

    A correction of an issued table is a filling with the next number, with its reason; the issued one stays as it was.
    """

    within_division = "table__division__path"

    table = models.ForeignKey(Table, models.PROTECT, related_name="fillings")
    version = models.ForeignKey(TableVersion, models.PROTECT, related_name="fillings")
    start = models.DateField(_("from"))
    end = models.DateField(_("to (not included)"))
    number = models.PositiveSmallIntegerField(_("number"), default=1)
    reason = models.CharField(_("reason of the correction"), max_length=200, blank=True)
    draft = models.BinaryField(_("file as filled"))
    cells = models.BinaryField(_("cells"))
    filled_at = models.DateTimeField(_("filled"))
    filled_by = models.ForeignKey(settings.AUTH_USER_MODEL, verbose_name=_("filled by"), **PERSON)
    issued_at = models.DateTimeField(pgettext_lazy("table", "issued"), null=True, blank=True)
    issued_by = models.ForeignKey(settings.AUTH_USER_MODEL, verbose_name=_("issued by"), blank=True, **PERSON)
    issued = models.BinaryField(_("issued file"), null=True, blank=True)
    digest = models.CharField(_("SHA-256"), max_length=64, blank=True)

    class Meta:
        verbose_name = _("filled table")
        ordering = ["-start", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["table", "start", "number"], name="reports_filling_once"),
            models.UniqueConstraint(
                fields=["table", "start"], condition=Q(issued_at=None), name="reports_one_draft_a_period"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.table} {self.start}"


class HandChange(Located):
    """A cell that an officer wrote over, with the reason; the newest of a cell counts, an empty `value` gives it back."""

    within_division = "filling__table__division__path"

    filling = models.ForeignKey(Filling, models.CASCADE, related_name="changes")
    sheet = models.CharField(_("sheet"), max_length=60)
    cell = models.CharField(_("cell"), max_length=12)
    value = models.CharField(_("value"), max_length=200, blank=True)
    reason = models.CharField(_("reason"), max_length=200)
    changed_at = models.DateTimeField(_("changed"), auto_now_add=True)
    changed_by = models.ForeignKey(settings.AUTH_USER_MODEL, verbose_name=_("changed by"), **PERSON)

    class Meta:
        verbose_name = _("cell changed by hand")
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.sheet} {self.cell}"


class ForeignExport(Located):
    """An export of another system (statistics direct report, intake platform, tax office), held against ours."""

    division = models.ForeignKey(Division, models.PROTECT, related_name="+", verbose_name=_("county"))
    file_name = models.CharField(_("file"), max_length=200)
    content = models.BinaryField(_("content"))
    digest = models.CharField(_("SHA-256"), max_length=64)
    mapping = models.TextField(_("mapping"))
    start = models.DateField(_("from"))
    end = models.DateField(_("to (not included)"))
    read_at = models.DateTimeField(_("read"), auto_now_add=True)
    read_by = models.ForeignKey(settings.AUTH_USER_MODEL, verbose_name=_("read by"), **PERSON)

    class Meta:
        verbose_name = _("export of another system")
        ordering = ["-read_at"]

    def __str__(self) -> str:
        return self.file_name
