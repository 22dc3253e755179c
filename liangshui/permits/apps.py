from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PermitsConfig(AppConfig):
    name = "liangshui.permits"
    verbose_name = _("Permits")

    def ready(self) -> None:
        from liangshui.parameters import cases
        from liangshui.permits.cases import TOPICS
        from liangshui.permits.casework import lapse_due
        from liangshui.permits.looking import look_at_permits
        from liangshui.permits.register import follow_stock
        from liangshui.records.jobs import JOBS, Job

        cases.TOPICS.update(TOPICS)
        JOBS.append(Job("permits of the ledger", 300, follow_stock))
        JOBS.append(Job("approvals that lapse", 6 * 3600, lapse_due))
        JOBS.append(Job("use against permits", 24 * 3600, look_at_permits))
