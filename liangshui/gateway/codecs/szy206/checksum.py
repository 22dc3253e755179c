"""The check byte of SZY206 and SL 427: CRC-8 with polynomial E5H (README section 3.1, section 6).

The standard writes the polynomial X7+X6+X5+X2+1; every public frame agrees only when that is read as an 8-bit register
with polynomial E5H, start value 0, nothing reflected and nothing XORed at the end. `fastcrc` has no such algorithm.
"""

POLYNOMIAL = 0xE5


def _entry(byte: int) -> int:
    register = byte
    for _ in range(8):
        register = (register << 1) ^ (POLYNOMIAL if register & 0x80 else 0)
        register &= 0xFF
    return register


TABLE = bytes(_entry(byte) for byte in range(256))


def crc8(data: bytes, table: bytes = TABLE) -> int:
    """The check byte over the bytes from C through Tp.

    Args:
        data: exactly the L bytes between the second 68H and CS.
        table: not for callers; a local name is quicker than a global one.
    """
    register = 0
    for byte in data:
        register = table[register ^ byte]
    return register
