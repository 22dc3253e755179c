"""`liangshui web`: the web process alone."""

import os
import sys

from django.conf import settings
from django.core.management import BaseCommand

GRANIAN = ["--interface", "wsgi", "--workers", "2", "--blocking-threads", "2", "--log-level", "warning"]


class Command(BaseCommand):
    help = "Serve the pages and the API (address: LIANGSHUI_WEB)."

    def handle(self, **_options):
        host, port = settings.WEB_ADDRESS.rsplit(":", 1)
        own = [
            sys.executable,
            "-m",
            "granian",
            *GRANIAN,
            "--host",
            host,
            "--port",
            port,
            "liangshui.web.wsgi:application",
        ]
        os.execv(sys.executable, own)
