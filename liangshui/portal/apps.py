from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PortalConfig(AppConfig):
    name = "liangshui.portal"
    verbose_name = _("The public and villages")

    def ready(self) -> None:
        from liangshui.portal.queries import codes
        from liangshui.readings.queries import LABELS

        if codes not in LABELS:
            LABELS.append(codes)
