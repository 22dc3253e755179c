"""What a DL/T 645 frame says, and the request for a reading."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

OFFSET = 0x33
"""Added to each byte of the data field on the line."""

READ, READ_ANSWER, READ_ERROR = 0x11, 0x91, 0xD1
TOTAL_ENERGY, FORWARD_ENERGY = 0x00000000, 0x00010000
"""Data identifiers of the total and the forward active energy, kWh with two decimals."""

KINDS = {READ: "read request", READ_ANSWER: "read answer", READ_ERROR: "read error"}


@dataclass(frozen=True, slots=True)
class Message:
    """Address as printed on the meter (12 digits), control code, and the data without the offset, as on the line."""

    address: str
    control: int
    data: bytes

    @property
    def station(self) -> str:
        """The key of the station: the address."""
        return self.address

    @property
    def identifier(self) -> int | None:
        """Which figure it is about; None where the data holds none."""
        return int.from_bytes(self.data[:4], "little") if len(self.data) >= 4 and self.control != READ_ERROR else None


def read(frame: bytes) -> Message:
    """Of a frame whose checksum holds, from 68H to 16H."""
    length = frame[9]
    data = bytes((byte - OFFSET) & 0xFF for byte in frame[10 : 10 + length])
    return Message(frame[6:0:-1].hex(), frame[8], data)


def energy_kwh(message: Message) -> Decimal | None:
    """The reading of an answer about active energy; None if it is about something else, or is no BCD."""
    if (
        message.control != READ_ANSWER
        or message.identifier not in (TOTAL_ENERGY, FORWARD_ENERGY)
        or len(message.data) < 8
    ):
        return None
    digits = message.data[7:3:-1].hex()
    return Decimal(digits).scaleb(-2) if digits.isdigit() else None


def read_request(address: str, identifier: int) -> bytes:
    """The question for a figure of a meter ("AAAAAAAAAAAA": whichever is on the line), with its wake-up bytes.

    Raises:
        ValueError: the address has not twelve digits.
    """
    if len(address) != 12:
        raise ValueError(f"An address has twelve digits, not {address!r}.")
    body = bytes((byte + OFFSET) & 0xFF for byte in identifier.to_bytes(4, "little"))
    frame = b"\x68" + bytes.fromhex(address)[::-1] + bytes((0x68, READ, len(body))) + body
    return b"\xfe" * 4 + frame + bytes((sum(frame) & 0xFF, 0x16))


def to_expected(message: Message) -> dict[str, Any]:
    """In the form of `expected` in vectors.json."""
    told: dict[str, Any] = {"address": message.address, "control": f"{message.control:02X}"}
    if message.identifier is not None:
        told["di"] = f"{message.identifier:08X}"
    told["kind"] = KINDS.get(message.control, "other")
    energy = energy_kwh(message)
    return told | ({"energy_kwh": str(energy)} if energy is not None else {})
