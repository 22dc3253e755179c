from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class RegistryConfig(AppConfig):
    name = "liangshui.registry"
    verbose_name = _("Ledger")

    def ready(self) -> None:
        from liangshui.registry import permit_kind

        permit_kind.register()
