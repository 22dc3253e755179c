"""Telling a resend from a new frame."""

from hashlib import blake2b

from liangshui.gateway.codecs.sl651.messages import KEEP_ALIVE, Message


def identity(message: Message) -> bytes | None:
    """Sixteen bytes that are equal for a frame and its resend: station, function, and the body, in which serial number,
    send time and content stand. Centre, password and end character do not count.

    None where nothing need be compared: a keep-alive 2FH (it repeats the serial number of the last data frame), and
    a packet after the first, which has no serial number: join the packets and ask for the joined message.
    """
    if message.function == KEEP_ALIVE or message.packet_no > 1:
        return None
    head = f"{message.encoding} {message.direction} {message.station} {message.function:02X} {message.packet_no} "
    return blake2b(head.encode("ascii") + message.body, digest_size=16).digest()
