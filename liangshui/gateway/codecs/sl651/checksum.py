"""CRC of SL 651-2014 (both wire forms): CRC-16/MODBUS, sent high byte first. `checksum(b"123456789")` is 4B37H."""

from fastcrc import crc16

checksum = crc16.modbus
