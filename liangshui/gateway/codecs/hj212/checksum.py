"""The CRC of HJ 212 (annex A), which is not Modbus's: the old register's low byte is dropped before a byte is taken in."""


def _table() -> tuple[int, ...]:
    found = []
    for low in range(256):
        register = low
        for _bit in range(8):
            register = (register >> 1) ^ 0xA001 if register & 1 else register >> 1
        found.append(register)
    return tuple(found)


_AFTER = _table()


def crc(data: bytes) -> int:
    """Of the data segment. `QN=…;CP=&&RtdInterval=30&&` of the standard's example is 1C80H.

    For each byte: register = (register >> 8) XOR byte, then eight shifts with A001H; what eight shifts make of the eight bits
    that are left is looked up.
    """
    register = 0xFFFF
    after = _AFTER
    for byte in data:
        register = after[(register >> 8) ^ byte]
    return register
