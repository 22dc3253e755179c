from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    name = "liangshui.accounts"
    verbose_name = _("People and organisations")

    def ready(self) -> None:
        from liangshui.accounts import audit, queries
        from liangshui.telemetry import evidence

        audit.register_models()
        evidence.LOOKS.append(queries.who_looked)
