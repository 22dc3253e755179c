"""A frame on its way through the gateway: what is kept of it, what it says, and what is answered."""

import re
from collections.abc import Callable
from datetime import datetime
from hashlib import blake2b
from typing import Any

from liangshui.core.periods import BEIJING
from liangshui.gateway.codecs import hj212, sl651, szy206
from liangshui.gateway.codecs.detect import AutoDecoder, protocol_of
from liangshui.gateway.codecs.events import BadFrame, Decoder, Event, Frame
from liangshui.gateway.codecs.sl651.checksum import checksum
from liangshui.gateway.codecs.sl651.messages import ENDS, STX
from liangshui.gateway.codecs.szy206 import Edition
from liangshui.gateway.codecs.szy206 import messages as szy206_messages
from liangshui.gateway.directory import Directory, Known, Registration
from liangshui.gateway.readings import label_time
from liangshui.gateway.readings.told import KEY
from liangshui.records.fields import from_ms

GOOD, BODY, PASSWORD, SEALED = "good", "body", "password", "sealed"
TRANSFER_MS = 15 * 60_000
"""Packets of one SL 651 transfer come within this time (2.10)."""

_SL651_LEAST, _SZY206_LEAST = 17, 12
ASKS = 2
"""How often a missing packet is asked for."""


class Record:
    """One frame. `message` is what is to be decoded: None for bad bytes, for packets but the last, for down-frames."""

    __slots__ = (
        "asked",
        "connection",
        "durable",
        "frame_id",
        "identity",
        "key",
        "message",
        "peer",
        "protocol",
        "raw",
        "received",
        "reply",
        "verdict",
    )

    def __init__(self, raw: bytes, received: int, peer: str, connection: Any = None) -> None:
        self.raw, self.received, self.peer, self.connection = raw, received, peer, connection
        self.key = self.protocol = ""
        self.verdict = GOOD
        self.identity: bytes | None = None
        self.message: Any = None
        self.reply: Any = None
        """The message to answer, or (message, packet number, serial) to ask for a packet again."""
        self.frame_id: int | None = None
        self.asked: bytes | None = None
        """What the centre had asked; of MQTT the topic."""
        self.durable: Callable[[], None] | None = None
        """Called in the loop once the frame is on the disk."""


class Transfers:
    """Messages in several packets (SL 651) or pieces (SZY206), put together."""

    def __init__(self) -> None:
        self._open: dict[tuple[str, int, int], _Transfer] = {}
        self._pieces: dict[tuple[str, int, int], _Pieces] = {}

    def __contains__(self, message: sl651.Message) -> bool:
        return _transfer_key(message) in self._open

    def add(self, message: sl651.Message, received: int) -> sl651.Message | tuple[sl651.Message, int, int] | None:
        """The joined message; or a packet, the number to ask for, and the serial number; or None: more will come."""
        key = _transfer_key(message)
        transfer = self._open.get(key)
        again = transfer is not None and transfer.asked == message.packet_no
        if transfer is None or received - transfer.at > TRANSFER_MS or (message.packet_no == 1 and not again):
            transfer = self._open[key] = _Transfer()
        transfer.at = received
        transfer.parts[message.packet_no] = message
        missing = sl651.missing_packets(transfer.parts.values())
        if not missing:
            del self._open[key]
            return sl651.join_packets(transfer.parts.values())
        if (message.packet_no == message.packets or again) and transfer.asks < ASKS:
            transfer.asks += 1
            transfer.asked = missing[0]
            first = transfer.parts.get(1)
            return message, missing[0], (first.serial or 0) if first else 0
        return None

    def add_piece(self, message: szy206.Message, received: int) -> szy206.Message | None:
        """The joined message once its last piece has come; None: more will come."""
        key = message.station, message.afn, message.type_code
        pieces = self._pieces.get(key)
        if pieces is None or received - pieces.at > TRANSFER_MS:
            pieces = self._pieces[key] = _Pieces()
        pieces.at = received
        pieces.parts[message.divs or 0] = message
        joined = szy206.join(pieces.parts.values())
        if joined is not None:
            del self._pieces[key]
        return joined

    def drop_old(self, now: int) -> None:
        """Forget transfers that will not be completed."""
        for piece in [piece for piece, pieces in self._pieces.items() if now - pieces.at > TRANSFER_MS]:
            del self._pieces[piece]
        for key in [key for key, transfer in self._open.items() if now - transfer.at > TRANSFER_MS]:
            del self._open[key]


class _Transfer:
    def __init__(self) -> None:
        self.parts: dict[int, sl651.Message] = {}
        self.at = self.asks = self.asked = 0


class _Pieces:
    def __init__(self) -> None:
        self.parts: dict[int, szy206.Message] = {}
        self.at = 0


def _transfer_key(message: sl651.Message) -> tuple[str, int, int]:
    return message.station, message.function, message.packets


def record_of(
    event: Event, received: int, peer: str, directory: Directory, transfers: Transfers, connection: Any = None
) -> Record:
    """What is kept and answered of what a decoder said."""
    record = Record(event.raw, received, peer, connection)
    if isinstance(event, BadFrame):
        record.verdict = event.reason
        record.protocol, record.key = protocol_of(event.raw) or "", ""
        claimed = claimed_key(event.raw)
        if directory.find(claimed, record.protocol):
            record.key = claimed
        return record
    message = event.message
    record.key = message.station
    if type(message) is sl651.Message:
        _hear_sl651(record, message, directory.find(message.station, "sl651"), transfers)
    elif type(message) is hj212.Message:
        _hear_hj212(record, message, directory.find(message.station, "hj212"))
    else:
        known = directory.find(message.station, "szy206")
        record.protocol = known.protocol if known else _edition_protocol(message)
        if message.up:
            record.identity = _szy206_identity(event.raw, message, received)
            record.message = record.reply = message
            if message.divs is not None:
                record.message = transfers.add_piece(message, received)
    return record


def _hear_sl651(record: Record, message: sl651.Message, known: Known | None, transfers: Transfers) -> None:
    record.protocol = "sl651"
    if message.body_error:
        record.verdict = BODY
    if message.direction == "down":
        return
    if known and known.password and message.password != known.password:
        record.verdict = PASSWORD
        return
    if not message.packets:
        record.identity = sl651.identity(message)
        record.message = message
        if message.function != 0x2F and message.serial is not None:
            record.reply = message
        return
    if message.packet_no == 1:
        record.identity = sl651.identity(message)
    found = transfers.add(message, record.received)
    if isinstance(found, sl651.Message):
        record.message = found
        record.identity = sl651.identity(found)
    record.reply = found


def _hear_hj212(record: Record, message: hj212.Message, known: Known | None) -> None:
    record.protocol, record.key = "hj212", message.station[:KEY]
    if not message.station:
        record.verdict = BODY
        return
    if known and known.password and message.head.get("PW", "").upper() != known.password:
        record.verdict = PASSWORD
        return
    record.identity = hj212.identity(message)
    record.reply = message
    if message.sealed:
        record.verdict = SEALED
    elif not message.head.get("CN", "").startswith("90"):
        record.message = message


def _szy206_identity(raw: bytes, message: szy206.Message, received: int) -> bytes | None:
    """As the codec's `identity`, for a whole report with a time label from its bytes, which costs a tenth."""
    body = message.body
    if type(body) is not szy206.Report or body.tp is None or message.divs is not None:
        return szy206.identity(message, from_ms(received))
    time = label_time(body.tp, from_ms(received))
    if time is None:
        return szy206.identity(message, from_ms(received))
    head = f"{message.station} {message.afn:02X} {message.type_code} {time:%Y-%m-%d %H:%M:%S} "
    return blake2b(head.encode() + raw[10 : -2 - len(body.tp.raw)], digest_size=16).digest()


def _edition_protocol(message: szy206.Message) -> str:
    edition = getattr(message.body, "edition", None)
    return "sl427-2021" if edition == "sl427-2021" else "szy206"


def registered(found: Registration, raw: bytes, received: int, peer: str) -> Record:
    """A DTU's registration packet: kept; of a DTU that is in no ledger it waits to be taken in."""
    record = Record(raw, received, peer)
    record.key, record.protocol = found.station, "dtu"
    if found.dtu is None:
        record.message = found
    return record


def claimed_key(raw: bytes) -> str:
    """The station that bytes name as theirs, though their checksum does not hold; empty if none can be read."""
    if raw[:2] == b"\x7e\x7e" and len(raw) >= 8:
        return raw[3:8].hex().upper()
    if raw[:1] == b"\x01" and len(raw) >= 13 and raw[3:13].isalnum():
        return raw[3:13].decode("latin-1").upper()
    if raw[:1] == b"\x68" and len(raw) >= 9:
        return raw[4:9].hex().upper()
    if raw[:2] == b"##" and (found := re.search(rb"MN=([!-:<-~]{1,40});", raw)):
        return found[1].decode("ascii")
    return ""


def reread(raw: bytes, message: Any, edition: Edition | None) -> Any:
    """An SZY206 or SL 427 message as the edition of its station reads it; others as they are."""
    if edition is None or type(message) is not szy206.Message:
        return message
    if message.joined is not None:
        return szy206.read(message.joined, edition) or message
    body = message.body
    if type(body) is szy206.Link or (
        type(body) is szy206.Report and body.edition == edition and body.edition_by == "setting"
    ):
        return message
    return szy206.read(raw[3:-2], edition) or message


def whole_frame(data: bytes, directory: Directory) -> Frame | None:
    """The frame, where bytes that came together are one good frame and nothing else: nearly always.

    It is what `AutoDecoder` says of them, at half the cost; an SZY206 or SL 427 frame of a known station is read by its
    edition. Packets, ASCII and everything bad are left to `AutoDecoder`.
    """
    size = len(data)
    if data[:2] == b"\x7e\x7e":
        if (
            size < _SL651_LEAST
            or size != _SL651_LEAST + ((data[11] & 0x0F) << 8 | data[12])
            or data[13] != STX
            or data[11] & 0x70
            or data[-3] not in ENDS
            or checksum(data[:-2]) != data[-2] << 8 | data[-1]
        ):
            return None
        return Frame(data, sl651.read(data))
    if data[:1] != b"\x68" or size < _SZY206_LEAST or size != data[1] + 5 or data[2] != 0x68 or data[-1] != 0x16:
        return None
    payload = data[3:-2]
    if data[-2] != szy206.crc8(payload):
        return None
    known = directory.find(data[4:9].hex().upper(), "szy206")
    message = szy206.read(payload, known.edition if known else None)
    return None if message is None else Frame(data, message)


def events_of(raw: bytes) -> list[Event]:
    """What kept bytes say, protocol told by themselves."""
    return events_by(AutoDecoder(), raw)


def events_by(decoder: Decoder, raw: bytes) -> list[Event]:
    """What kept bytes say to a decoder."""
    decoder.receive(raw)
    events: list[Event] = []
    while (event := decoder.next_event()) is not None:
        events.append(event)
    return events + list(decoder.flush())


def message_of(raw: bytes) -> Any | None:
    """The message of one kept frame, or None."""
    return next((event.message for event in events_of(raw) if isinstance(event, Frame)), None)


class Answers:
    """What goes back to stations at one moment (README 2.10 and 3.5).

    The two plain answers, to a single SL 651 frame in HEX and to an old SZY206 report, are put together from the bytes
    that came, which is several times faster than by the codec's writer; a test holds them against it.
    """

    def __init__(self, now: datetime) -> None:
        """`now`: aware time of the centre."""
        self._now, self._local = now, beijing(now)
        self._stamp = bytes.fromhex(f"{self._local:%y%m%d%H%M%S}")

    def to(self, record: Record, known: Known | None, stay: bool = False) -> bytes | None:
        """The answer to a frame, by the settings of its station (None: it is not in the ledger); None for none.

        `stay`: something is to be sent to the station, which is told to stay on line for it (2.10).
        """
        reply = record.reply
        form = known.answer_form if known else "default"
        if reply is None or form == "silent":
            return None
        if type(reply) is sl651.Message:
            end = sl651.AckEnd.ESC if stay or form == "stay" else sl651.AckEnd.EOT
            if reply.encoding == "HEX" and not reply.packets:
                raw = record.raw
                frame = b"".join(
                    (
                        b"\x7e\x7e",
                        raw[3:8],
                        raw[2:3],
                        raw[8:11],
                        b"\x80\x08\x02",
                        raw[14:16],
                        self._stamp,
                        bytes((end.byte,)),
                    )
                )
                return frame + checksum(frame).to_bytes(2, "big")
            return sl651.encode(sl651.answer(reply, self._local, sl651.StationOptions(ack_end=end)))
        if type(reply) is tuple:
            message, packet, serial = reply
            return sl651.encode(sl651.ask_again(message, packet, self._local, serial=serial))
        if type(reply) is hj212.Message:
            return hj212.answer(reply)
        protocol = known.protocol if known else _edition_protocol(reply)
        timed = form == "time" or (form != "no_time" and protocol == "sl427-2021")
        if not timed and reply.divs is None and reply.afn in szy206_messages.REPORTS:
            raw = record.raw
            payload = bytes((raw[3] & 0x30,)) + raw[4:10] + b"\0"
            return b"\x68\x08\x68" + payload + bytes((szy206.crc8(payload), 0x16))
        down = szy206.answer(reply, answer_form="tp7" if timed else "no_tp", now=self._now)
        return None if down is None else szy206.encode(down)


def beijing(instant: datetime) -> datetime:
    """Naive Beijing time, as SL 651 writes it."""
    return instant.astimezone(BEIJING).replace(tzinfo=None)
