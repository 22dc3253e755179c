"""What an HJ 212 frame says."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

Field = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Message:
    """A data segment: its head by name, and its groups of fields in order (`CP`), all as text.

    `length` and `checksum` are as the frame states them. `sealed`: a CP that is no plain text (2025, encrypted); it is kept as it came.
    """

    length: int
    checksum: str
    head: Mapping[str, str]
    groups: tuple[tuple[Field, ...], ...]
    sealed: str = ""

    @property
    def station(self) -> str:
        """The device's key (MN), as it came; "" where there is none."""
        return self.head.get("MN", "").strip()

    @property
    def flag(self) -> int | None:
        """The Flag of the head; None where there is none, or no number."""
        text = self.head.get("Flag", "")
        return int(text) if text.isascii() and text.isdigit() and len(text) < 4 else None

    @property
    def version(self) -> int | None:
        """0: 2005, 1: 2017, 2: 2025."""
        return None if self.flag is None else self.flag >> 2

    @property
    def split(self) -> bool:
        """Whether it is one of several packets (PNUM, PNO)."""
        return bool(self.flag is not None and self.flag & 2)

    @property
    def wants_answer(self) -> bool:
        return bool(self.flag is not None and self.flag & 1)


@dataclass(frozen=True, slots=True)
class Factor:
    """A value of one factor: its code (w01018), its kind (Rtd, Avg …), the value (None: no figure) and its mark (N is a measurement)."""

    code: str
    kind: str
    value: Decimal | None
    mark: str
