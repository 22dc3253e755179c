from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class MeteringConfig(AppConfig):
    name = "liangshui.metering"
    verbose_name = _("Supervision of metering")

    def ready(self) -> None:
        from liangshui.metering import findings, health
        from liangshui.records.jobs import JOBS, Job

        JOBS.append(Job("health of devices", 1800, health.look))
        JOBS.append(Job("findings about meters", 6 * 3600, findings.look))
