from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PermitsConfig(AppConfig):
    name = "liangshui.permits"
    verbose_name = _("Permits")

    def ready(self) -> None:
        from liangshui.parameters import cases
        from liangshui.permits.cases import TOPICS

        cases.TOPICS.update(TOPICS)
