"""How many typical frames one core decodes by each codec, beside the bare checksum over the same frames.

Run: python benchmarks/codecs.py [--frames N]
"""

import argparse
import json
import platform
import random
import sys
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from fastcrc import crc16

from benchmarks import sl651_decode
from liangshui.gateway.codecs import dlt645, hj212, modbus, sl651, szy206
from liangshui.gateway.codecs.events import Decoder, Frame
from liangshui.gateway.codecs.sl651.checksum import checksum
from liangshui.gateway.readings.mqtt import message_in
from liangshui.gateway.rules.device_map import parse

ASKED = 30_000
ROUNDS = 3


def hj212_frames(count: int, rng: random.Random) -> list[bytes]:
    """Real-time reports of a water quality station: flow, pH, COD, ammonia nitrogen, each with its mark."""
    return [
        hj212.frame(
            f"QN=20260701{n % 24:02d}0000{n % 1000:03d};ST=21;CN=2011;PW=123456;MN=9901010000{n % 300:04d};Flag=5;CP=&&DataTime="
            f"20260701{n % 24:02d}0000;w00000-Rtd={rng.random() * 30:.2f},w00000-Flag=N;w01001-Rtd={6 + rng.random() * 3:.2f},"
            f"w01001-Flag=N;w01018-Rtd={rng.random() * 60:.1f},w01018-Flag=N;w21003-Rtd={rng.random():.3f},w21003-Flag=N&&"
        )
        for n in range(count)
    ]


def dlt645_frames(count: int, rng: random.Random) -> list[bytes]:
    """Answers with the forward active energy."""
    frames = []
    for _ in range(count):
        data = (0x00010000).to_bytes(4, "little") + bytes.fromhex(f"{rng.randrange(10**8):08d}")[::-1]
        frame = b"\x68" + bytes.fromhex(f"{rng.randrange(10**12):012d}")[::-1] + b"\x68\x91\x08"
        frame += bytes((byte + 0x33) & 0xFF for byte in data)
        frames.append(frame + bytes([sum(frame) & 0xFF, 0x16]))
    return frames


def modbus_frames(count: int, rng: random.Random) -> list[bytes]:
    """RTU answers of twelve registers: flow, velocity, total in two parts."""
    frames = []
    for _ in range(count):
        body = bytes([rng.randrange(1, 248), 3, 24]) + rng.randbytes(24)
        frames.append(body + crc16.modbus(body).to_bytes(2, "little"))
    return frames


def mqtt_messages(count: int, rng: random.Random) -> list[bytes]:
    """JSON of three figures and a time."""
    return [
        json.dumps(
            {"ts": 1780000000000 + n, "data": {"flow": round(rng.random() * 50, 2), "total": n, "volt": 12.5}}
        ).encode()
        for n in range(count)
    ]


MAP = parse(
    "bench",
    "protocol: mqtt\ntopic: water/{station}/up\ntime: ts\ntime_form: unix_ms\npoints: {total: {path: data.total, quantity: register}}",
    ["register"],
)


def stream(make: Callable[[], Decoder]) -> Callable[[Sequence[bytes]], int]:
    """Decode frames as they come, one connection for all."""

    def run(frames: Sequence[bytes]) -> int:
        decoder, seen = make(), 0
        for frame in frames:
            decoder.receive(frame)
            while (event := decoder.next_event()) is not None:
                seen += isinstance(event, Frame)
        return seen

    return run


def each(check: Callable[[bytes], object]) -> Callable[[Sequence[bytes]], int]:
    def run(frames: Sequence[bytes]) -> int:
        for frame in frames:
            check(frame)
        return len(frames)

    return run


def mqtt(frames: Sequence[bytes]) -> int:
    return sum(message_in(MAP, "water/W1/up", frame) is not None for frame in frames)


def best(run: Callable[[Sequence[bytes]], int], frames: Sequence[bytes]) -> float:
    """Frames a second, of the best of some rounds; all must be seen."""
    shortest = float("inf")
    for _ in range(ROUNDS):
        began = time.perf_counter()
        seen = run(frames)
        shortest = min(shortest, time.perf_counter() - began)
        if seen != len(frames):
            raise SystemExit(f"{seen} of {len(frames)} frames were seen")
    return len(frames) / shortest


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--frames", type=int, default=30_000)
    count, rng = parser.parse_args().frames, random.Random(7)
    when = datetime(2026, 7, 1, tzinfo=UTC)
    flows = [
        szy206.encode(
            szy206.report(
                f"5303{n % 90 + 10}0D00", 3,
                [szy206.Reading("flow", Decimal(n % 9000).scaleb(-3), "m3/h"), szy206.Reading("volume", Decimal(n), "m3")],
                edition="szy206-2016", when=when,
            )
        )
        for n in range(count)
    ]  # fmt: skip
    rows: list[tuple[str, Callable[[Sequence[bytes]], int], Callable[[Sequence[bytes]], int], list[bytes]]] = [
        ("sl651", stream(sl651.Decoder), each(lambda f: checksum(f[:-2])), sl651_decode.make_frames(count)),
        ("szy206", stream(lambda: szy206.Szy206Decoder("szy206-2016")), each(lambda f: szy206.crc8(f[3:-2])), flows),
        ("hj212", stream(hj212.Hj212Decoder), each(lambda f: hj212.crc(f[6:-6])), hj212_frames(count, rng)),
        ("dlt645", stream(dlt645.Dlt645Decoder), each(lambda f: sum(f[:-2]) & 0xFF), dlt645_frames(count, rng)),
        ("modbus rtu", stream(modbus.RtuDecoder), each(lambda f: crc16.modbus(f[:-2])), modbus_frames(count, rng)),
        ("mqtt json", mqtt, each(json.loads), mqtt_messages(count, rng)),
    ]
    print(f"{platform.platform()}, Python {platform.python_version()}, one core, {count:,} frames each\n")
    print(f"{'codec':12}{'frames/s':>12}{'checksum/s':>14}{'share':>8}   asked {ASKED:,}")
    for name, decode, floor, frames in rows:
        done, bare = best(decode, frames), best(floor, frames)
        print(f"{name:12}{done:12,.0f}{bare:14,.0f}{done / bare:8.0%}")
    print("\nThe floor of mqtt is json.loads, which has no checksum.")


if __name__ == "__main__":
    main()
