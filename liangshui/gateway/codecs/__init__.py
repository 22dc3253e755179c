"""The languages of the stations: bytes to messages and back, without sockets, without clock, without Django.

Each protocol is a package with `messages.py`, `reader.py` (bytes to message), `writer.py` (message to bytes),
`checksum.py` and `decoder.py` (the buffer). What a decoder says is in `events.py`: a `Frame`, a `BadFrame`, or None
for "more bytes needed". Nothing a station sent is lost: the raw parts of the events, joined, then what is still
buffered, are the bytes received.
"""
