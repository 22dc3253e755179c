from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class QuotaConfig(AppConfig):
    name = "liangshui.quota"
    verbose_name = _("Red lines")

    def ready(self) -> None:
        from liangshui.parameters.cases import TOPICS
        from liangshui.quota import cases, unit_services
        from liangshui.records.jobs import JOBS, Job

        TOPICS.update(cases.TOPICS)
        JOBS.append(Job("states of management units", 6 * 3600, unit_services.look))
