"""`liangshui web`: the web process alone."""

import os
import sys

from django.conf import settings
from django.core.management import BaseCommand


def serving() -> list[str]:
    """The command that serves pages and API at LIANGSHUI_WEB, from the environment."""
    host, port = settings.WEB_ADDRESS.rsplit(":", 1)
    return [
        *(sys.executable, "-m", "granian", "--interface", "wsgi", "--workers", "2", "--blocking-threads", "2"),
        *("--log-level", "warning", "--host", host, "--port", port, "liangshui.web.wsgi:application"),
    ]


class Command(BaseCommand):
    help = "Serve the pages and the API (address: LIANGSHUI_WEB)."
    requires_system_checks = []

    def handle(self, **_options):
        os.execv(sys.executable, serving())
