from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PullConfig(AppConfig):
    name = "liangshui.pull"
    verbose_name = _("Pull")
