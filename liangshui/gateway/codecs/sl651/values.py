"""Single values in the bodies of SL 651-2014: numbers, times, texts. Data come as upper-case hexadecimal digits."""

from datetime import datetime
from decimal import Decimal

from liangshui.gateway.codecs.sl651.messages import STATION_CLASSES

# Names of identifiers, so that none is formatted while reading.
IDS = tuple(f"{code:02X}" for code in range(256))
FF_IDS = tuple(f"FF{code:02X}" for code in range(256))
# Decimals are given by the low three bits of the definition byte: "003113" + "E-1" is 311.3, exactly.
EXPONENT = tuple("" if definition & 7 == 0 else f"E-{definition & 7}" for definition in range(256))
# F4: one binary byte of 0.1 mm, FFH invalid (2.5).
_RAIN = tuple(None if byte == 0xFF else Decimal(f"{byte}E-1") for byte in range(256))
CLASSES = {ord(letter): letter for letter in STATION_CLASSES}
FIVE_MINUTE_VALUES = 12


def both(first: str | None, second: str | None) -> str | None:
    """Two notes on what could not be read, as one; either may be None."""
    return f"{first}; {second}" if first and second else first or second


def read_time(digits: str) -> datetime | None:
    """YYMMDDhhmm or YYMMDDhhmmss, of this century; None if it is no time."""
    try:
        return datetime.fromisoformat(f"20{digits[:6]}T{digits[6:]}")
    except ValueError:
        return None


def is_fill(digits: str) -> bool:
    """All FF, or all AA: no value. Nothing at all (width 0) is no value either."""
    return digits == "F" * len(digits) or digits == "A" * len(digits)


def read_number(digits: str, definition: int) -> tuple[Decimal | None, bool]:
    """Value of BCD digits, and whether they are bad."""
    if digits.isdigit():
        return Decimal(digits + EXPONENT[definition]), False
    return read_odd_number(digits, definition)


def read_odd_number(digits: str, definition: int) -> tuple[Decimal | None, bool]:
    if is_fill(digits):  # before the sign: FF FF FF is no value, not minus something
        return None, False
    magnitude = digits[2:]
    if digits.startswith("FF") and magnitude.isdigit():
        value = Decimal(f"-{magnitude}{EXPONENT[definition]}")
        return value if value else value.copy_abs(), False
    return None, True


def read_five_minutes(raw: bytes, digits: str) -> tuple[Decimal | None, ...]:
    if is_fill(digits):
        return (None,) * FIVE_MINUTE_VALUES
    if len(raw) == FIVE_MINUTE_VALUES:
        return tuple([_RAIN[byte] for byte in raw])
    words = [raw[i] << 8 | raw[i + 1] for i in range(0, len(raw), 2)]
    return tuple([None if word == 0xFFFF else Decimal(f"{word}E-2") for word in words])


def read_manual_text(raw: bytes) -> str:
    return raw.decode("gb18030", "replace")
