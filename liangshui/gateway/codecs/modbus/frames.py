"""Questions for registers, and what is answered."""

from dataclasses import dataclass
from typing import Literal

from fastcrc import crc16

Form = Literal["rtu", "tcp"]

HOLDING, INPUT = 3, 4
"""Functions that read holding and input registers."""

MOST = 125
"""Registers of one question."""


@dataclass(frozen=True, slots=True)
class Request:
    """Read `count` registers of a unit from `start` on."""

    unit: int
    function: int
    start: int
    count: int


@dataclass(frozen=True, slots=True)
class Answer:
    """What a unit answers: its registers as bytes, or the code of an exception (function + 80H)."""

    unit: int
    function: int
    data: bytes
    exception: int | None = None
    transaction: int | None = None


@dataclass(frozen=True, slots=True)
class Exchange:
    """A question with its answer; `station` is the key of the device. Only both together say what was read."""

    station: str
    request: Request
    answer: Answer

    def registers(self, start: int, count: int) -> bytes | None:
        """Bytes of registers, by their addresses; None if they were not asked for, or not answered."""
        at = 2 * (start - self.request.start)
        found = self.answer.data[at : at + 2 * count] if at >= 0 else b""
        return found if len(found) == 2 * count else None


def encode(request: Request, form: Form, transaction: int = 0) -> bytes:
    """The question on the wire.

    Raises:
        ValueError: more registers than one question may have, or an address that does not exist.
    """
    if not 1 <= request.count <= MOST or not 0 <= request.start <= 0xFFFF or not 0 <= request.unit <= 255:
        raise ValueError(f"{request} cannot be asked: 1 to {MOST} registers of 0 to 65535, unit 0 to 255")
    body = bytes([request.unit, request.function]) + request.start.to_bytes(2, "big") + request.count.to_bytes(2, "big")
    if form == "tcp":
        return transaction.to_bytes(2, "big") + b"\0\0" + len(body).to_bytes(2, "big") + body
    return body + crc16.modbus(body).to_bytes(2, "little")


def read_pdu(body: bytes, transaction: int | None = None) -> Answer | None:
    """An answer from the unit to the end of its data; None if it is none."""
    if len(body) < 3:
        return None
    unit, function = body[0], body[1]
    if function & 0x80:
        return Answer(unit, function & 0x7F, b"", body[2], transaction) if len(body) == 3 else None
    if function not in (HOLDING, INPUT) or len(body) != 3 + body[2] or body[2] % 2:
        return None
    return Answer(unit, function, body[3:], None, transaction)


def answers(answer: Answer, request: Request, transaction: int | None = None) -> bool:
    """Whether it is the answer to this question and no late one to another."""
    return (
        (answer.unit, answer.function) == (request.unit, request.function)
        and (answer.exception is not None or len(answer.data) == 2 * request.count)
        and (answer.transaction is None or answer.transaction == transaction)
    )


def exchange(station: str, asked: bytes, raw: bytes) -> Exchange | None:
    """Kept bytes read again, of either form; None if they are no question and answer."""
    tcp = len(asked) == 12 and asked[2:4] == b"\0\0"
    body = asked[6:] if tcp else asked[:-2]
    answer = read_pdu(raw[6:] if tcp else raw[:-2])
    if len(body) != 6 or answer is None:
        return None
    return Exchange(
        station, Request(body[0], body[1], int.from_bytes(body[2:4], "big"), int.from_bytes(body[4:], "big")), answer
    )
