"""How a day's frames are written down so that anybody can prove them unchanged (处罚法 41).

A day of one gateway is a text file, a line for each frame with all that is kept of it. The seal of the day is the SHA-256 and
the SM3 of that file; the file names the seals of the day before, so that the days form a chain. Whoever holds a seal that was
deposited elsewhere needs no more than `sha256sum` or `openssl dgst -sm3` to check the file (docs/guide).
"""

import hashlib
from collections.abc import Iterable, Iterator
from datetime import date
from typing import NamedTuple
from urllib.parse import quote

from cryptography.hazmat.primitives import hashes

FORM = "liangshui-seal 1"
FIELDS = ("id", "received_ms", "peer", "station", "protocol", "verdict", "asked", "raw")
_KEPT = " :.-_[]"


class Frame(NamedTuple):
    """What is kept of a frame: `received_ms` since 1970 UTC, `asked` what the centre had asked (b"" if nothing), `raw` its bytes."""

    id: int
    received_ms: int
    peer: str
    station: str
    protocol: str
    verdict: str
    asked: bytes
    raw: bytes


class Digests(NamedTuple):
    """SHA-256 and SM3 in lower-case hexadecimal. Before the first day both are zeros."""

    sha256: str
    sm3: str


FIRST = Digests("0" * 64, "0" * 64)


def head(gateway: str, day: date, previous: Digests) -> str:
    """The lines before the frames."""
    return (
        f"{FORM}\ngateway\t{quote(gateway, _KEPT)}\nday\t{day}\n"
        f"previous-sha256\t{previous.sha256}\nprevious-sm3\t{previous.sm3}\n" + "\t".join(FIELDS) + "\n"
    )


HEAD_LINES = 6


def line(frame: Frame) -> str:
    """A frame as a line: bytes in lower-case hexadecimal, what is not plain in texts as %XX."""
    texts = (quote(text, _KEPT) for text in (frame.peer, frame.station, frame.protocol, frame.verdict))
    return "\t".join((str(frame.id), str(frame.received_ms), *texts, frame.asked.hex(), frame.raw.hex())) + "\n"


class Sealer:
    """Takes the file piece by piece and gives its digests."""

    def __init__(self) -> None:
        self._sha256, self._sm3 = hashlib.sha256(), hashes.Hash(hashes.SM3())

    def add(self, text: str) -> bytes:
        """The piece as it stands in the file."""
        data = text.encode()
        self._sha256.update(data)
        self._sm3.update(data)
        return data

    def digests(self) -> Digests:
        return Digests(self._sha256.hexdigest(), self._sm3.finalize().hex())


class Difference(NamedTuple):
    """A frame that is not as sealed. `what`: "changed", "missing" or "added"; of a change the field, and where in it: its byte (of
    raw and asked) or character, counted from 0, with what was sealed there and what is there now."""

    frame_id: int
    what: str
    field: str = ""
    at: int = 0
    sealed: str = ""
    now: str = ""


def differences(sealed: Iterable[str], now: Iterable[str]) -> Iterator[Difference]:
    """Compare lines of frames, both in order of their ids."""
    left, right = iter(sealed), iter(now)
    a, b = next(left, None), next(right, None)
    while a is not None or b is not None:
        first = _id(a) if a is not None else None
        second = _id(b) if b is not None else None
        if second is None or (first is not None and first < second):
            yield Difference(first or 0, "missing")
            a = next(left, None)
        elif first is None or second < first:
            yield Difference(second, "added")
            b = next(right, None)
        else:
            if a != b:
                yield _change(first, a or "", b or "")
            a, b = next(left, None), next(right, None)


def _id(text: str) -> int:
    number = text.split("\t", 1)[0]
    return int(number) if number.isdigit() else 0


def _change(frame_id: int, sealed: str, now: str) -> Difference:
    before, after = sealed.rstrip("\n").split("\t"), now.rstrip("\n").split("\t")
    for name, was, is_ in zip(FIELDS, before, after, strict=False):
        if was != is_:
            at = next((n for n, (x, y) in enumerate(zip(was, is_, strict=False)) if x != y), min(len(was), len(is_)))
            if name in ("raw", "asked"):
                at //= 2
                return Difference(frame_id, "changed", name, at, was[2 * at : 2 * at + 2], is_[2 * at : 2 * at + 2])
            return Difference(frame_id, "changed", name, at, was[at:][:20], is_[at:][:20])
    return Difference(frame_id, "changed", "line")
