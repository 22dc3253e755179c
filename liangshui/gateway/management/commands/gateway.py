"""`liangshui gateway`: hear stations until asked to stop."""

import asyncio
import signal
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from liangshui.gateway.address import host_and_port
from liangshui.gateway.server import Gateway
from liangshui.gateway.sink import GatewayBusy


class Command(BaseCommand):
    requires_system_checks = []
    help = "Hear stations: keep every frame, answer it, and store what it says. Ctrl-C ends it without loss."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--listen", metavar="HOST:PORT", default=settings.GATEWAY_ADDRESS, help="address (default: %(default)s)"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        host, port = host_and_port(options["listen"])
        asyncio.run(self._serve(host, port))

    async def _serve(self, host: str, port: int) -> None:
        loop, ended = asyncio.get_running_loop(), asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, ended.set)
        gateway = Gateway()
        try:
            host, port = await gateway.start(host, port)
        except (GatewayBusy, OSError) as error:
            raise CommandError(f"The gateway cannot start: {error}") from error
        self.stdout.write(f"Gateway listens on {host}:{port}")
        self.stdout.flush()
        await ended.wait()
        await gateway.stop()
        sink = gateway.sink
        self.stdout.write(
            f"Gateway stopped: {sink.kept} frames kept, {sink.resent} resent, {gateway.answered} answers, "
            f"{sink.observations} observations"
        )
