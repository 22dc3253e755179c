from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class QuotaConfig(AppConfig):
    name = "liangshui.quota"
    verbose_name = _("Red lines")
