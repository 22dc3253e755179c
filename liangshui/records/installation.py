"""Facts about this installation that every page needs: which county it serves, and whether its data are invented."""

from django.core.cache import cache
from django.db import models
from django.utils.translation import gettext_lazy as _


class Installation(models.Model):
    """The one row that says what this installation is."""

    county_code = models.CharField(_("county"), max_length=12)
    county_name = models.CharField(_("county name"), max_length=60)
    demo = models.BooleanField(_("demo data"), default=False)
    created_at = models.DateTimeField(_("set up"), auto_now_add=True)

    class Meta:
        app_label = "records"
        verbose_name = _("installation")
        constraints = [models.CheckConstraint(condition=models.Q(pk=1), name="records_one_installation")]

    def __str__(self) -> str:
        return self.county_name

    def save(self, *args, **kwargs) -> None:
        self.pk = 1
        super().save(*args, **kwargs)
        cache.delete("installation")


def installation() -> Installation | None:
    """This installation, or None before it is set up."""
    found = cache.get("installation")
    if found is None:
        found = Installation.objects.filter(pk=1).first()
        if found:
            cache.set("installation", found, 60)
    return found


def is_demo() -> bool:
    """Whether the data are invented (演示数据)."""
    found = installation()
    return bool(found and found.demo)
