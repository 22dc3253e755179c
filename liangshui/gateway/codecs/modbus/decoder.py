"""The buffer of a line on which Modbus devices answer."""

from fastcrc import crc16

from liangshui.gateway.codecs.events import BadFrame, Event, Frame
from liangshui.gateway.codecs.modbus.frames import HOLDING, INPUT, read_pdu
from liangshui.gateway.codecs.stream import StreamDecoder

_FUNCTIONS = frozenset({HOLDING, INPUT, HOLDING | 0x80, INPUT | 0x80})
LONGEST = 253


class RtuDecoder(StreamDecoder):
    """RTU has no mark at its beginning: a frame is where unit, function and length lead to a checksum that holds."""

    START_SIZE = 2

    @staticmethod
    def find_start(data: bytes | bytearray, begin: int, end: int) -> int:
        for at in range(begin, min(end, len(data))):
            if at + 1 >= len(data) or data[at + 1] in _FUNCTIONS:
                return at
        return len(data)

    def _next_frame(self, buffer: bytearray) -> Event | None:
        if len(buffer) < 3:
            return None
        size = 5 if buffer[1] & 0x80 else 5 + buffer[2]
        if len(buffer) < size:
            return None
        if crc16.modbus(bytes(buffer[: size - 2])) != int.from_bytes(buffer[size - 2 : size], "little"):
            return self._refuse("crc", size)
        answer = read_pdu(bytes(buffer[: size - 2]))
        raw = self._take(size)
        return BadFrame("body", raw) if answer is None else Frame(raw, answer)


class TcpDecoder(StreamDecoder):
    """Modbus TCP: transaction, protocol 0, length, unit."""

    START_SIZE = 8

    @staticmethod
    def find_start(data: bytes | bytearray, begin: int, end: int) -> int:
        for at in range(begin, min(end, len(data))):
            head = data[at : at + 8]
            sized = len(head) < 6 or (head[4] == 0 and 3 <= head[5] <= LONGEST)
            if not any(head[2:4]) and sized and (len(head) < 8 or head[7] in _FUNCTIONS):
                return at
        return len(data)

    def _next_frame(self, buffer: bytearray) -> Event | None:
        size = 6 + buffer[5]
        if len(buffer) < size:
            return None
        answer = read_pdu(bytes(buffer[6:size]), int.from_bytes(buffer[:2], "big"))
        if answer is None:
            return self._refuse("body", size)
        return Frame(self._take(size), answer)
