from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ConformityConfig(AppConfig):
    name = "liangshui.conformity"
    verbose_name = _("Water sets the limits")
