"""Numbers in registers: makers differ in type and in the order of the bytes (README 5.1)."""

import math
import struct
from decimal import Decimal

TYPES: dict[str, tuple[int, str]] = {
    "uint16": (1, "H"),
    "int16": (1, "h"),
    "uint32": (2, "I"),
    "int32": (2, "i"),
    "float32": (2, "f"),
    "uint64": (4, "Q"),
    "int64": (4, "q"),
    "float64": (4, "d"),
    "bcd16": (1, ""),
    "bcd32": (2, ""),
}
"""Registers that a type takes, and its form."""

ORDERS = ("ABCD", "CDAB", "BADC", "DCBA")
"""ABCD is high byte and high register first; CDAB changes the registers, BADC the bytes in each, DCBA both."""


def value(raw: bytes, kind: str, order: str = "ABCD") -> Decimal | None:
    """The number in the bytes of registers as they came; None where they hold none: no BCD, not a number, or FF in all of them.

    A float is taken as the shortest decimal that means the same.
    """
    if raw == b"\xff" * len(raw):
        return None
    registers = [raw[i : i + 2] for i in range(0, len(raw), 2)]
    if order in ("BADC", "DCBA"):
        registers = [each[::-1] for each in registers]
    if order in ("CDAB", "DCBA"):
        registers.reverse()
    data = b"".join(registers)
    if kind.startswith("bcd"):
        digits = data.hex()
        return Decimal(digits) if digits.isdecimal() else None
    number = struct.unpack(f">{TYPES[kind][1]}", data)[0]
    if isinstance(number, float):
        if not math.isfinite(number):
            return None
        return Decimal(f"{number:.7g}") if kind == "float32" else Decimal(repr(number))
    return Decimal(number)
