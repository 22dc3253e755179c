"""Sources that are asked on a schedule (拉取来源), each run with what it brought, and files that were met."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from liangshui.records.models import Located
from liangshui.registry.models import Division, ImportBatch


class SourceKindOf(models.TextChoices):
    """How a source is asked."""

    HTTP = "http", _("HTTP service (JSON)")
    DATABASE = "database", _("database view")
    FOLDER = "folder", _("folder (local or SFTP)")


class PullSource(Located):
    """Somebody who keeps values or sheets of ours. What it brings must lie in `division`; all else is refused.

    `secret` is encrypted with the installation's key and never shown. `state`: since when it is asked, sizes of files.
    """

    division = models.ForeignKey(Division, models.PROTECT, related_name="+", verbose_name=_("area"))
    name = models.CharField(_("name"), max_length=60)
    kind = models.CharField(_("kind"), max_length=10, choices=SourceKindOf)
    mapping = models.TextField(_("mapping"))
    secret = models.TextField(_("password or key"), blank=True)
    every_min = models.PositiveIntegerField(_("every, minutes"), default=60)
    active = models.BooleanField(_("in use"), default=True)
    state = models.JSONField(default=dict, editable=False)
    next_at = models.DateTimeField(_("next run"), default=timezone.now)
    failures = models.PositiveIntegerField(_("failed in a row"), default=0, editable=False)
    running_since = models.DateTimeField(null=True, editable=False)

    class Meta:
        verbose_name = _("source that is pulled")
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["division", "name"], name="pull_source_once")]

    def __str__(self) -> str:
        return self.name


class PullRun(Located):
    """One run of a source. `details`: refused rows with their reasons, names that are unknown here with counts, files."""

    within_division = "source__division__path"

    class Outcome(models.TextChoices):
        OK = "ok", _("all went well")
        PARTLY = "partly", _("some was refused")
        FAILED = "failed", _("failed")

    source = models.ForeignKey(PullSource, models.CASCADE, related_name="runs")
    started_at = models.DateTimeField(_("started"))
    ended_at = models.DateTimeField(_("ended"))
    outcome = models.CharField(_("outcome"), max_length=10, choices=Outcome)
    taken = models.PositiveIntegerField(pgettext_lazy("rows", "new"), default=0)
    known = models.PositiveIntegerField(_("known"), default=0)
    refused = models.PositiveIntegerField(_("refused"), default=0)
    fault = models.CharField(_("fault"), max_length=300, blank=True)
    details = models.JSONField(default=dict)

    class Meta:
        verbose_name = _("run of a source")
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.source_id} {self.started_at:%Y-%m-%d %H:%M}"


class PulledFile(Located):
    """A file that was met in a folder, by its content: each is taken once, whatever it is called."""

    within_division = "source__division__path"

    source = models.ForeignKey(PullSource, models.CASCADE, related_name="files")
    name = models.CharField(_("file"), max_length=200)
    digest = models.CharField(_("SHA-256"), max_length=64)
    batch = models.ForeignKey(ImportBatch, models.SET_NULL, null=True, related_name="+", verbose_name=_("import"))
    fault = models.CharField(_("fault"), max_length=300, blank=True)
    met_at = models.DateTimeField(_("met"), auto_now_add=True)

    class Meta:
        verbose_name = _("file that was pulled")
        ordering = ["-pk"]
        constraints = [models.UniqueConstraint(fields=["source", "digest"], name="pull_file_once")]

    def __str__(self) -> str:
        return self.name
