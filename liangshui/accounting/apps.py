from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AccountingConfig(AppConfig):
    name = "liangshui.accounting"
    verbose_name = _("Water account")

    def ready(self) -> None:
        from liangshui.accounting import cases, following, import_kinds
        from liangshui.parameters.cases import TOPICS

        TOPICS.update(cases.TOPICS)
        following.connect()
        import_kinds.register()
