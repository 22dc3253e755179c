"""Commands in the gateway's process: which wait for which station, and what is on its way.

The queue is the database. A command is marked as sent there first and goes out then, so that none is sent that was withdrawn
meanwhile; without an answer it is sent twice more, then it waits for the station's next frame, until it expires.
"""

import logging
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, NamedTuple

from liangshui.gateway.codecs import sl651
from liangshui.gateway.commands.kinds import Speaker, Unfit, Written, answers, write
from liangshui.gateway.directory import Directory
from liangshui.gateway.frames import Record, beijing
from liangshui.gateway.store import Store, from_json, table
from liangshui.records.fields import from_ms
from liangshui.telemetry.models import Broker, Command, Station

log = logging.getLogger(__name__)

COMMAND, STATION, BROKER = table(Command), table(Station), table(Broker)

ANSWER_S = 20.0
"""An answer is waited for so long."""

TRIES = 3
"""Sent so often while the station listens."""

LISTENS_S = 600.0
"""A station that was answered "stay on line" listens so long (2.10)."""

CLOCK_OFF_S = 300
"""2.8: a clock that was off by more is set twice."""


class Order(NamedTuple):
    """A command that may be sent."""

    id: int
    key: str
    kind: str
    content: dict[str, Any]


class Note(NamedTuple):
    """What has become of a command or broker, on its way to the database.

    The writer's thread calls `then` when it stands there, and `otherwise` if the command was in none of the states `only_in`.
    """

    table: str
    id: int
    values: dict[str, Any]
    only_in: tuple[str, ...] = ()
    then: Callable[[], None] | None = None
    otherwise: Callable[[], None] | None = None


def read_orders(store: Store, gateway: str, now: int) -> list[Order]:
    """Commands that wait, oldest first; those that expired are ended. What this gateway had sent before it stopped waits again."""
    store.execute(
        f"UPDATE {COMMAND} SET state='expired', ended_at=? WHERE state IN ('proposed','queued','sent') AND expires_at<=?",
        (now, now),
    )
    rows = store.all(
        f"SELECT c.id, s.key, c.kind, c.content FROM {COMMAND} c JOIN {STATION} s ON s.id=c.station_id "
        "WHERE c.state='queued' OR (c.state='sent' AND c.gateway=?) ORDER BY c.id",
        (gateway,),
    )
    return [Order(pk, key, kind, from_json(content)) for pk, key, kind, content in rows]


def write_note(store: Store, note: Note) -> bool:
    """Whether it was in one of the states that the note is about."""
    names = ", ".join(f"{name}=?" for name in note.values if name != "tries")
    tries = ", tries=tries+1" if "tries" in note.values else ""
    values = [value for name, value in note.values.items() if name != "tries"]
    states = f" AND state IN ({','.join('?' * len(note.only_in))})" if note.only_in else ""
    done = store.execute(
        f"UPDATE {note.table} SET {names}{tries} WHERE id=?{states}", (*values, note.id, *note.only_in)
    )
    return bool(done.rowcount)


class _Flight:
    """A command on its way: to whom, since when, how often."""

    def __init__(self, order: Order, connection: Any) -> None:
        self.order, self.connection = order, connection
        self.written: Written | None = None
        self.since = time.monotonic()
        self.tries = 0
        self.again = False


class Orders:
    """Lives in the gateway's loop; everything here is called there."""

    def __init__(self, gateway: str, note: Callable[[Note], None], soon: Callable[..., Any]) -> None:
        """`note` hands a note to the writer; `soon(callback, …)` runs something in the loop, from any thread."""
        self._gateway, self._note, self._soon = gateway, note, soon
        self._waiting: dict[str, list[Order]] = {}
        self._flights: dict[str, _Flight] = {}
        self._lines: dict[str, tuple[Any, float, Any]] = {}

    def renew(self, orders: list[Order], directory: Directory) -> None:
        """What the database holds now; stations that listen get theirs."""
        waiting: dict[str, list[Order]] = {}
        flying = {flight.order.id for flight in self._flights.values()}
        for order in (order for order in orders if order.id not in flying):
            waiting.setdefault(order.key, []).append(order)
        self._waiting = waiting
        for key in waiting:
            line = self._lines.get(key)
            if line is not None and time.monotonic() - line[1] < LISTENS_S:
                self._next(key, directory)

    def waits(self, key: str) -> bool:
        """Whether something is to be sent to a station, or on its way."""
        return key in self._waiting or key in self._flights

    def heard(self, record: Record, directory: Directory) -> None:
        """A frame of a station is durable and answered: is it the answer to a command, and what is sent next?"""
        key = record.key
        self._lines[key] = record.connection, time.monotonic(), record.message or record.reply
        flight = self._flights.get(key)
        if flight is not None and flight.written and answers(record.reply, flight.written.function):
            if self._set_twice(flight, record):
                self._claim(flight, directory)
                return
            del self._flights[key]
            values = {"state": "answered", "ended_at": record.received, "answer_frame_id": record.frame_id}
            self._note(Note(COMMAND, flight.order.id, values, ("sent",)))
        if key in self._waiting:
            self._next(key, directory)

    def left(self, connection: Any) -> None:
        """A connection has ended."""
        for key in [key for key, line in self._lines.items() if line[0] is connection]:
            del self._lines[key]

    def chase(self, directory: Directory) -> None:
        """Send again what was not answered in time, or let it wait for the station."""
        now = time.monotonic()
        for key, flight in list(self._flights.items()):
            if flight.written is None or now - flight.since < ANSWER_S:
                continue
            if flight.tries < TRIES and not flight.connection.transport.is_closing():
                self._claim(flight, directory)
                continue
            del self._flights[key]
            self._lines.pop(key, None)
            self._note(Note(COMMAND, flight.order.id, {"state": "queued"}, ("sent",)))

    def _set_twice(self, flight: _Flight, record: Record) -> bool:
        message = record.reply
        if flight.order.kind != "set_clock" or flight.again or not isinstance(message, sl651.Message):
            return False
        if message.send_time is None:
            return False
        flight.again = True
        return abs((message.send_time - beijing(from_ms(record.received))).total_seconds()) > CLOCK_OFF_S

    def _next(self, key: str, directory: Directory) -> None:
        if key in self._flights:
            return
        orders = self._waiting.get(key)
        if not orders:
            return
        order = orders.pop(0)
        if not orders:
            del self._waiting[key]
        flight = self._flights[key] = _Flight(order, self._lines[key][0])
        self._claim(flight, directory)

    def _claim(self, flight: _Flight, directory: Directory) -> None:
        order = flight.order
        line = self._lines.get(order.key)
        if line is None:
            self._flights.pop(order.key, None)
            return
        connection, _since, last = line
        written = self._written(order, last, directory)
        if written is None:
            del self._flights[order.key]
            values = {"state": "refused", "ended_at": time.time_ns() // 1_000_000, "decision": "cannot be written"}
            self._note(Note(COMMAND, order.id, values, ("queued", "sent")))
            return
        flight.connection, flight.written = connection, written
        flight.since, flight.tries = time.monotonic(), flight.tries + 1
        values = {
            "state": "sent",
            "sent_at": time.time_ns() // 1_000_000,
            "sent": written.frame,
            "gateway": self._gateway,
            "tries": 1,
        }
        self._note(
            Note(
                COMMAND,
                order.id,
                values,
                ("queued", "sent"),
                then=lambda: self._soon(self._send, connection, written.frame),
                otherwise=lambda: self._soon(self._drop, flight),
            )
        )

    def _drop(self, flight: _Flight) -> None:
        """It was withdrawn, or another gateway has sent it."""
        if self._flights.get(flight.order.key) is flight:
            del self._flights[flight.order.key]

    def _written(self, order: Order, last: Any, directory: Directory) -> Written | None:
        protocol = "sl651" if isinstance(last, sl651.Message) else "szy206"
        known = directory.find(order.key, protocol)
        if known is None:
            return None
        speaker = Speaker(order.key, known.protocol, known.password, known.answer_form)
        if isinstance(last, sl651.Message):
            password = known.password or last.password
            speaker = Speaker(order.key, known.protocol, password, known.answer_form, last.center or 1, last.encoding)
        try:
            return write(order.kind, speaker, order.content, datetime.now(UTC))
        except Unfit as error:
            log.warning("command %s cannot be written: %s", order.id, error)
            return None

    @staticmethod
    def _send(connection: Any, frame: bytes) -> None:
        if not connection.transport.is_closing():
            connection.transport.write(frame)
