from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class QuotaConfig(AppConfig):
    name = "liangshui.quota"
    verbose_name = _("Red lines")

    def ready(self) -> None:
        from liangshui.parameters.cases import TOPICS
        from liangshui.quota import cases

        TOPICS.update(cases.TOPICS)
