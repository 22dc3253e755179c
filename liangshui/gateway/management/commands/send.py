"""`liangshui send`: be many stations, or send given frames as they are and show what is answered."""

import asyncio
import random
import socket
from argparse import ArgumentParser
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from liangshui.gateway.address import host_and_port
from liangshui.gateway.ledger import stations_from_ledger
from liangshui.gateway.management.commands.decode import read_items
from liangshui.gateway.simulator import FAULTS, invented, simulate

PROTOCOLS = ("sl651", "szy206", "sl427-2021")
QUIET_S = 1.0
"""So long without a further byte ends the wait for an answer."""


class Command(BaseCommand):
    requires_system_checks = []
    help = "Send reports of simulated stations to a gateway, or given frames, whose answers are printed."

    def add_arguments(self, parser: ArgumentParser) -> None:
        add = parser.add_argument
        add("hex_frames", nargs="*", metavar="HEX", help="a frame in hexadecimal, as --hex")
        add("--to", metavar="HOST:PORT", default=settings.GATEWAY_ADDRESS, help="gateway (default: %(default)s)")
        add("--protocol", choices=PROTOCOLS, help="of the simulated stations (default: sl651; from the ledger: all)")
        add("--stations", type=int, metavar="N", help="how many stations (default: 10; from the ledger: all)")
        add("--interval", type=float, default=10.0, metavar="S", help="seconds between reports (default: %(default)s)")
        add("--count", type=int, metavar="N", help="reports of each station (default: without end)")
        add("--faults", default="", metavar="F,F", help=f"faults of the field: {','.join(FAULTS)} or all")
        add("--from-ledger", action="store_true", help="be the ledger's stations, registers continued")
        add("--named", default="", metavar="NAME", help="of the ledger's stations, those whose name begins so")
        add("--rate", type=float, metavar="M3_H", help="flow of the simulated stations (default: 20 m³/h, as by day)")
        add("--seed", type=int, help="of the random numbers, so that a run can be repeated")
        add("--hex", nargs="+", default=[], metavar="HEX", help="send these frames as they are")
        add("--udp", action="store_true", help="send given frames by UDP, one a datagram")
        add("--file", metavar="FILE", help="send the frames of a file: vectors.json, or one a line; - is stdin")

    def handle(self, *args: Any, **options: Any) -> None:
        host, port = host_and_port(options["to"])
        frames = frames_of(options)
        if frames:
            if options["udp"]:
                self._send_datagrams(host, port, frames)
            else:
                asyncio.run(self._send(host, port, frames))
            return
        if options["udp"]:
            raise CommandError("--udp sends given frames; simulated stations speak TCP")
        faults = self._faults(options["faults"])
        rng = random.Random(options["seed"])
        if options["from_ledger"]:
            stations = stations_from_ledger(options["protocol"] or "", options["stations"], options["named"])
            if not stations:
                raise CommandError("The ledger has no station in service.")
        else:
            stations = invented(options["protocol"] or "sl651", options["stations"] or 10, rng)
            for channel in (c for station in stations for c in station.channels if options["rate"]):
                channel.rate = Decimal(str(options["rate"]))
        self.stdout.write(f"{len(stations)} stations report to {host}:{port} every {options['interval']:g} s")
        self.stdout.flush()
        work = simulate(
            stations, host, port, interval_s=options["interval"], count=options["count"], faults=faults, rng=rng
        )
        try:
            outcome = asyncio.run(work)
        except KeyboardInterrupt:
            self.stdout.write("stopped")
            return
        self.stdout.write(
            f"{outcome.reports} reports, {outcome.answered} answered, {outcome.resent} sent again, "
            f"{outcome.unanswered} never answered, {outcome.faults} with a fault"
        )
        if outcome.unanswered:
            raise CommandError("Some reports were never answered.", returncode=1)

    def _faults(self, text: str) -> list[str]:
        names = list(FAULTS) if text == "all" else [name.strip() for name in text.split(",") if name.strip()]
        unknown = [name for name in names if name not in FAULTS]
        if unknown:
            raise CommandError(f"no such fault: {', '.join(unknown)}; there are {', '.join(FAULTS)}")
        return names

    def _send_datagrams(self, host: str, port: int, frames: list[bytes]) -> None:
        with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.settimeout(QUIET_S)
            for frame in frames:
                sock.sendto(frame, (host, port))
                try:
                    answer = sock.recv(65536)
                except OSError:
                    answer = b""
                self._show(frame, answer)

    async def _send(self, host: str, port: int, frames: list[bytes]) -> None:
        try:
            reader, writer = await asyncio.open_connection(host, port)
        except OSError as error:
            raise CommandError(f"no gateway at {host}:{port}: {error}") from error
        try:
            for frame in frames:
                writer.write(frame)
                await writer.drain()
                answer = await self._wait(reader)
                self._show(frame, answer)
        finally:
            writer.close()

    def _show(self, frame: bytes, answer: bytes) -> None:
        self.stdout.write(f"> {frame.hex().upper()}")
        self.stdout.write(f"< {answer.hex().upper() or 'no answer'}")
        self.stdout.flush()

    async def _wait(self, reader: asyncio.StreamReader) -> bytes:
        data, wait = b"", QUIET_S
        while True:
            try:
                part = await asyncio.wait_for(reader.read(4096), wait)
            except TimeoutError:
                return data
            if not part:
                return data
            data += part
            wait = 0.05


def frames_of(options: dict[str, Any]) -> list[bytes]:
    """Frames given on the command line or in a file.

    Raises:
        CommandError: something given is not hexadecimal, or an item has no frame.
    """
    texts = [*options["hex_frames"], *options["hex"]]
    if len(texts) > 1 and all(len(text) == 2 for text in texts):
        texts = ["".join(texts)]  # one frame, its bytes written apart
    frames = []
    if options["file"]:
        for item in read_items(options["file"]):
            parts = item.get("frames") or [item.get("hex")]
            if all(isinstance(part, str) for part in parts):
                texts += parts
            elif isinstance(item.get("text"), str):
                frames.append(item["text"].encode())
            else:
                raise CommandError(f"{options['file']}: an item has neither hex nor text nor frames")
    for text in texts:
        try:
            frames.append(bytes.fromhex(text))
        except ValueError as error:
            raise CommandError(f"not hexadecimal: {text[:40]}") from error
    return frames
