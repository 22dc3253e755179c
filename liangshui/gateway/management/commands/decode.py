"""`liangshui decode`: what a frame says, for people who look at a capture or a station's log."""

import json
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from liangshui.gateway.decode import CHOICES, decode_hex, decode_item, is_refused


class Command(BaseCommand):
    help = "Decode frames and print a JSON array, one result for each, in order. Exit status 1 if any was refused."
    requires_system_checks = []
    requires_migrations_checks = False

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("hex", nargs="*", metavar="HEX", help="a frame in hexadecimal")
        parser.add_argument(
            "--protocol", choices=CHOICES, default="auto", help="protocol of frames that do not say theirs"
        )
        parser.add_argument(
            "--file", metavar="FILE", help="JSON array of items as in vectors.json, or one frame a line; - is stdin"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        protocol: str = options["protocol"]
        given: list[str] = options["hex"]
        if not given and options["file"] is None:
            raise CommandError("give frames in hexadecimal, or --file FILE")
        if len(given) > 1 and all(len(each) == 2 for each in given):
            given = ["".join(given)]  # one frame, its bytes written apart
        results = [decode_hex(each, protocol) for each in given]
        if options["file"] is not None:
            results += [decode_item({"protocol": protocol} | item) for item in read_items(options["file"])]
        self.stdout.write(json.dumps(results, ensure_ascii=False, indent=1))
        if any(is_refused(result) for result in results):
            sys.exit(1)


def read_items(name: str) -> list[dict[str, Any]]:
    """Items of a file: a JSON array of objects or of hex texts, one JSON object, or lines of hex (# is a comment).

    Raises:
        CommandError: the file cannot be read, is no text, is empty, or is JSON of another form; it says where.
    """
    try:
        data = sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
    except OSError as error:
        raise CommandError(f"{name}: cannot be read: {error.strerror}") from error
    try:
        text = data.decode("utf-8-sig").strip()
    except UnicodeDecodeError as error:
        raise CommandError(f"{name}: is not UTF-8 text (byte {error.start}); frames go in as hexadecimal") from error
    if not text:
        raise CommandError(f"{name}: is empty")
    if text[0] not in "[{":
        lines = (line.partition("#")[0].strip() for line in text.splitlines())
        return [{"hex": line} for line in lines if line]
    try:
        items = json.loads(text)
    except json.JSONDecodeError as error:
        raise CommandError(f"{name}: is no JSON: {error.msg}, line {error.lineno} column {error.colno}") from error
    except RecursionError as error:
        raise CommandError(f"{name}: is no list of items: nested too deep") from error
    items = items if isinstance(items, list) else [items]
    for number, item in enumerate(items, 1):
        if not isinstance(item, (dict, str)):
            raise CommandError(f"{name}: item {number} must be an object or hexadecimal text, not {item!r:.60}")
    return [{"hex": item} if isinstance(item, str) else item for item in items]
