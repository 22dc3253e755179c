from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AccountingConfig(AppConfig):
    name = "liangshui.accounting"
    verbose_name = _("Water account")

    def ready(self) -> None:
        from liangshui.accounting import following, import_kinds

        following.connect()
        import_kinds.register()
