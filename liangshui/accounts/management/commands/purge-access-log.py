"""`liangshui purge-access-log`: delete access records that have been kept long enough."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.utils.translation import gettext as _

from liangshui.accounts.services import purge_access_log
from liangshui.core.access import SYSTEM


class Command(BaseCommand):
    help = "Delete records of access older than LIANGSHUI_ACCESS_LOG_DAYS (at least 183 days)."

    def handle(self, *args: Any, **options: Any) -> None:
        days = settings.ACCESS_LOG_DAYS
        count = purge_access_log(SYSTEM)
        self.stdout.write(
            _("%(count)d records of access older than %(days)d days deleted.") % {"count": count, "days": days}
        )
