"""Frames a second of the SZY206 and SL 427 decoder, beside a bare loop over the check byte.

Run: python benchmarks/szy206_decode.py
"""

from collections.abc import Callable
from functools import partial
from time import perf_counter

from liangshui.gateway.codecs.szy206 import Edition, Szy206Decoder, crc8

FLOW = bytes.fromhex("681A68B35303810D00C00059000000826110000001106000004508090A3516")
LEVEL = bytes.fromhex("681468B24101220C00C0341200F00000200000300815007316")
LINK = bytes.fromhex("680868B04101220C0002F08916")
STREAM = (FLOW * 6 + LEVEL * 3 + LINK) * 2000
COUNT = 20_000
CHUNK = 1400


def decode(edition: Edition | None) -> int:
    """All frames, in pieces as a network brings them."""
    decoder = Szy206Decoder(edition)
    count = 0
    for at in range(0, len(STREAM), CHUNK):
        decoder.receive(STREAM[at : at + CHUNK])
        while decoder.next_event() is not None:
            count += 1
    return count


def best(times: int, run: Callable[[], int]) -> float:
    """Seconds of the quickest run."""
    seconds = []
    for _ in range(times):
        begin = perf_counter()
        assert run() == COUNT
        seconds.append(perf_counter() - begin)
    return min(seconds)


def bare() -> int:
    """The check byte alone: what no decoder in Python can do without."""
    payloads = [FLOW[3:-2]] * (COUNT * 6 // 10) + [LEVEL[3:-2]] * (COUNT * 3 // 10) + [LINK[3:-2]] * (COUNT // 10)
    for payload in payloads:
        crc8(payload)
    return len(payloads)


if __name__ == "__main__":
    loop = best(5, bare)
    print(f"check byte alone         {COUNT / loop:>10,.0f} frames/s")
    editions: tuple[Edition | None, ...] = ("szy206-2016", None)
    for edition in editions:
        seconds = best(5, partial(decode, edition))
        told = edition or "edition from the frame"
        print(f"{told:<24} {COUNT / seconds:>10,.0f} frames/s, {seconds / loop:.1f} times the check byte")
