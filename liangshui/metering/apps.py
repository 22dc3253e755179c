from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class MeteringConfig(AppConfig):
    name = "liangshui.metering"
    verbose_name = _("Supervision of metering")

    def ready(self) -> None:
        from liangshui.metering import cases, findings, health
        from liangshui.parameters.cases import TOPICS
        from liangshui.records.jobs import JOBS, Job

        TOPICS.update(cases.TOPICS)
        JOBS.append(Job("health of devices", 1800, health.look))
        JOBS.append(Job("findings about meters", 6 * 3600, findings.look))
