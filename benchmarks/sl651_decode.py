"""How many 32H frames of 5 to 6 elements one core decodes, beside the checksum alone.

Run: python -m benchmarks.sl651_decode [frames]
"""

import platform
import random
import sys
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

from liangshui.gateway.codecs.events import Frame
from liangshui.gateway.codecs.sl651 import Decoder, element, encode, report, status_word
from liangshui.gateway.codecs.sl651.checksum import checksum

ROUNDS = 5
CHUNKS = (4 * 1024, 16 * 1024, 64 * 1024)


def make_frames(count: int) -> list[bytes]:
    """Timed reports of an intake: flow, level, rain, volume in the hour, voltage, and half the time a status.

    300 stations, every frame with its own values, so that no cache makes the figures better than the field.
    """
    rng = random.Random(651)
    begin = datetime(2026, 7, 1)  # noqa: DTZ001 - frames carry naive Beijing time
    frames = []
    for number in range(count):
        obs_time = begin + timedelta(minutes=5 * (number // 300))
        elements = [
            element("28", Decimal(rng.randrange(10**6)).scaleb(-3)),
            element("39", Decimal(rng.randrange(10**6)).scaleb(-3)),
            element("26", Decimal(rng.randrange(10**5)).scaleb(-1)),
            element("68", Decimal(rng.randrange(10**6)).scaleb(-2)),
            element("38", Decimal(rng.randrange(1100, 1400)).scaleb(-2)),
        ]
        if number % 2:
            elements.append(status_word(rng.randrange(1 << 12)))
        message = report(
            0x32,
            f"15062{number % 300:05d}",
            number % 65535 + 1,
            obs_time + timedelta(seconds=rng.randrange(60)),
            obs_time=obs_time,
            elements=elements,
        )
        frames.append(encode(message))
    return frames


def best_of(work: Callable[[], int], expected: int) -> float:
    """Shortest wall time of a few rounds, in seconds. The work says how many frames it saw: all, or it is an error."""
    shortest = float("inf")
    for _ in range(ROUNDS):
        started = time.perf_counter()
        seen = work()
        shortest = min(shortest, time.perf_counter() - started)
        if seen != expected:
            raise SystemExit(f"{seen} frames were read of {expected}")
    return shortest


def checksum_only(frames: list[bytes]) -> int:
    good = 0
    for raw in frames:
        if checksum(raw[:-2]) == raw[-2] << 8 | raw[-1]:
            good += 1
    return good


def decode(chunks: list[bytes]) -> int:
    good = 0
    decoder = Decoder()
    receive, next_event = decoder.receive, decoder.next_event
    for chunk in chunks:
        receive(chunk)
        while (event := next_event()) is not None:
            if type(event) is Frame:
                good += 1
    return good


def cpu() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.processor() or "unknown"


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 50_000
    frames = make_frames(count)
    stream = b"".join(frames)
    print(f"CPU {cpu()}, one core; Python {platform.python_version()}; {platform.system()} {platform.release()}")
    print(f"{count} frames 32H of 5 to 6 elements, {len(stream) / count:.1f} bytes each; best of {ROUNDS} rounds\n")
    print("| what | frames/s | us/frame | times the checksum alone |")
    print("|---|---:|---:|---:|")
    bare = best_of(lambda: checksum_only(frames), count)
    print(f"| checksum alone | {count / bare:,.0f} | {bare / count * 1e6:.2f} | 1.0 |")
    for size in CHUNKS:
        chunks = [stream[at : at + size] for at in range(0, len(stream), size)]
        taken = best_of(lambda chunks=chunks: decode(chunks), count)  # type: ignore[misc]
        name = f"Decoder, {size // 1024} kB pieces"
        print(f"| {name} | {count / taken:,.0f} | {taken / count * 1e6:.2f} | {taken / bare:.1f} |")


if __name__ == "__main__":
    main()
