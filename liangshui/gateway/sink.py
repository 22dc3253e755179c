"""The writer thread: frames durable first, many in one transaction, then the word to answer, then what they say.

While one transaction waits for the disk the next frames gather, so the batch grows with the load by itself.
"""

import logging
import threading
import time
from collections.abc import Callable
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any

from liangshui.gateway.commands.orders import Note, Order, read_orders, write_note
from liangshui.gateway.directory import Directory
from liangshui.gateway.frames import Record
from liangshui.gateway.observer import PROGRESS, Observer, Reader, keep, kept_after
from liangshui.gateway.store import Store, open_store

log = logging.getLogger(__name__)

BATCH = 2048
"""Frames of one transaction at most."""

GATHER_S = 0.002
"""Under load the writer waits so long for companions of a frame."""

OBSERVE_FRAMES = 256
OBSERVE_S = 0.1
"""Decoding waits until so many frames, or so much time, have gathered; an idle writer decodes at once."""

IDLE_S = 0.03
REFRESH_S = 2.0
"""How often changed stations are looked for."""

RETRY_S = (0.2, 1.0, 3.0, 10.0)

CLAIM_S = 3.0
"""So long a gateway that begins waits for the one before to be gone: a database sees only later that its connection ended."""


class GatewayBusy(RuntimeError):
    """Another process writes under the same gateway name."""


class Sink:
    """Takes records from the loop by `put`; tells it by `durable` which ones may be answered."""

    def __init__(
        self,
        database: dict[str, Any],
        gateway: str,
        durable: Callable[[list[Record]], None],
        ordered: Callable[[list[Order]], None],
    ) -> None:
        """`durable` and `ordered` are called in the writer's thread: with kept frames, and with the commands that wait."""
        self._database, self._gateway, self._durable, self._ordered = database, gateway, durable, ordered
        self._inbox: SimpleQueue[Record | Note | None] = SimpleQueue()
        self._notes: list[Note] = []
        self._pending: list[Record] = []
        self._upto = 0
        self._pending_since = 0.0
        self._stopping = False
        self._unsure = True
        """A connection has begun: where decoding stands is asked of the database, which may have kept or lost the last batch untold."""
        self._lock_file: Any = None
        self._thread = threading.Thread(target=self._run, name="gateway-sink", daemon=True)
        self._store: Store = open_store(database)
        self._observer = Observer(self._store)
        self.kept = self.resent = self.observations = 0

    @property
    def directory(self) -> Directory:
        """Stations as last read."""
        return self._observer.directory

    @property
    def backlog(self) -> int:
        """Frames that are not durable yet, about."""
        return self._inbox.qsize()

    @property
    def undecoded(self) -> int:
        """Frames kept but not decoded yet."""
        return len(self._pending)

    def start(self) -> None:
        """Take the gateway's name, decode what a crash left over, then begin to write."""
        self._claim()
        self._observer.reload()
        self._observe()
        self._thread.start()

    def put(self, record: Record | Note) -> None:
        self._inbox.put(record)

    def stop(self) -> None:
        """Write and decode everything that was put, then end. Blocks."""
        self._stopping = True
        self._inbox.put(None)
        if self._thread.is_alive():
            self._thread.join()
        self._store.close()
        if self._lock_file is not None:
            self._lock_file.close()

    def _claim(self) -> None:
        until = time.monotonic() + CLAIM_S
        while not self._try_claim():
            if time.monotonic() > until:
                raise GatewayBusy(f"another gateway named {self._gateway!r} is running on this database")
            time.sleep(0.05)

    def _try_claim(self) -> bool:
        if self._store.vendor == "postgresql":
            (mine,) = self._store.all("SELECT pg_try_advisory_lock(hashtext(?))", (f"gateway {self._gateway}",))[0]
            return bool(mine)
        import fcntl

        if self._lock_file is None:
            path = Path(f"{self._database['NAME']}.gateway-{self._gateway}.lock")
            self._lock_file = path.open("w")
        try:
            fcntl.flock(self._lock_file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True

    def _recover(self) -> None:
        """Decode what is kept behind the progress that the database has: after a start, and after a new connection to it."""
        found = self._store.one(f"SELECT last_frame_id FROM {PROGRESS} WHERE gateway=?", (self._gateway,))
        self._upto = found[0] if found else 0
        reader, total = Reader(self._store, self._observer.directory), 0
        while records := kept_after(self._store, self._gateway, self._upto, 2000):
            for record in records:
                reader.read(record)
            upto = records[-1].frame_id or 0
            self._observe_part(records, upto)
            self._upto = upto
            total += len(records)
        self._unsure = False
        if total:
            log.warning("decoded %s frames that were kept before the last stop, or loss of the database", total)

    def _run(self) -> None:
        refreshed = time.monotonic()
        while True:
            records, ended = self._gather()
            if records:
                self._keep(records)
            if self._notes:
                self._write_notes()
            now = time.monotonic()
            if self._unsure or (
                self._pending
                and (not records or len(self._pending) >= OBSERVE_FRAMES or now - self._pending_since >= OBSERVE_S)
            ):
                self._observe()
            if now - refreshed >= REFRESH_S:
                refreshed = now
                try:
                    self._observer.refresh()
                    self._ordered(read_orders(self._store, self._gateway, time.time_ns() // 1_000_000))
                except Exception:
                    log.exception("stations could not be read")
                    self._reopen()
            if ended:
                self._observe()
                return

    def _gather(self) -> tuple[list[Record], bool]:
        """What has come, at least one unless nothing comes for a moment; and whether the end was asked for."""
        inbox = self._inbox
        try:
            first = inbox.get(timeout=IDLE_S if self._pending else REFRESH_S)
        except Empty:
            return [], False
        if first is None:
            return [], True
        records = self._sorted(first, [])
        if self._pending:
            time.sleep(GATHER_S)
        try:
            while len(records) < BATCH:
                record = inbox.get_nowait()
                if record is None:
                    inbox.put(None)
                    break
                if type(record) is Record:
                    records.append(record)
                else:
                    self._sorted(record, records)
        except Empty:
            pass
        return records, False

    def _sorted(self, given: Record | Note, records: list[Record]) -> list[Record]:
        if isinstance(given, Note):
            self._notes.append(given)
        else:
            records.append(given)
        return records

    def _write_notes(self) -> None:
        """What became of commands; a note that cannot be written is told by the next state of its command."""
        notes, self._notes = self._notes, []
        try:
            self._store.begin(durable=True)
            done = [write_note(self._store, note) for note in notes]
            self._store.commit()
        except Exception:
            log.exception("the states of %s commands could not be written", len(notes))
            self._reopen()
            done = [False] * len(notes)
        for note, was in zip(notes, done, strict=True):
            follow = note.then if was else note.otherwise
            if follow is not None:
                follow()

    def _keep(self, records: list[Record]) -> None:
        for attempt in range(1_000_000):
            try:
                self._store.begin(durable=True)
                keep(self._store, self._gateway, records)
                self._store.commit()
                break
            except Exception as error:
                wait = RETRY_S[min(attempt, len(RETRY_S) - 1)]
                words = f"{len(records)} frames could not be kept and are not answered; again in {wait} s"
                self._complain(words, error)
                if self._stopping and attempt >= len(RETRY_S):
                    return
                time.sleep(wait)
                self._reopen()
        self._durable(records)
        new = [record for record in records if record.frame_id is not None]
        self.kept += len(new)
        self.resent += len(records) - len(new)
        if not self._unsure:  # else they are read again from the database, with what it kept or lost untold
            self._take_pending(new)

    def _take_pending(self, records: list[Record]) -> None:
        if records:
            if not self._pending:
                self._pending_since = time.monotonic()
            self._pending += records
            self._upto = max(self._upto, records[-1].frame_id or 0)

    def _observe(self) -> None:
        if not self._pending and not self._unsure:
            return
        for attempt in range(1_000_000):
            try:
                if self._unsure:
                    self._recover()
                else:
                    self._observe_part(self._pending, self._upto)
                break
            except Exception as error:
                wait = RETRY_S[min(attempt, len(RETRY_S) - 1)]
                words = f"{len(self._pending)} frames could not be decoded yet, so no others are answered; again in {wait} s"
                self._complain(words, error)
                if self._stopping and attempt >= len(RETRY_S):
                    return  # they are kept and will be decoded at the next start
                time.sleep(wait)
                self._reopen()
        self._pending = []

    def _observe_part(self, records: list[Record], upto: int) -> None:
        """In one transaction; a frame that nothing can store is found by halving, told, and passed over."""
        try:
            self._store.begin(durable=False)
            count = self._observer.observe(self._gateway, records, upto)
            self._store.commit()
            self.observations += count
            return
        except Exception as error:
            self._store.rollback()
            self._observer.forget()
            if (
                isinstance(error, OSError)
                or "perational" in type(error).__name__
                or "Interface" in type(error).__name__
            ):
                raise  # the database or the disk, not the frame
            if len(records) == 1 and records[0].message is None:
                raise
            log.exception("a batch of %s frames could not be stored", len(records))
        if len(records) == 1:
            log.error("frame %s is kept, but what it says could not be stored", records[0].frame_id)
            records[0].message = None
            self._observe_part(records, upto)
            return
        middle = len(records) // 2
        self._observe_part(records[:middle], records[middle - 1].frame_id or 0)
        self._observe_part(records[middle:], upto)

    @staticmethod
    def _complain(words: str, error: Exception) -> None:
        """A plain line where the disk or the database is at fault; with the place in the code where we are."""
        if _is_outside(error):
            log.error("%s: %s", words, " ".join(str(error).split()))
        else:
            log.error("%s", words, exc_info=error)

    def _reopen(self) -> None:
        """After a failure: the transaction away, and a new connection where the old one is of no more use."""
        try:
            self._store.rollback()
            self._store.one("SELECT 1")
        except Exception:
            try:
                self._unsure = True
                self._store.close()
                self._store = self._observer.store = open_store(self._database)
                if self._store.vendor == "postgresql":
                    self._claim()
            except GatewayBusy:
                log.exception("the name of the gateway is not free yet")
                self._store.close()  # nothing is written without the name: the next try opens another connection
            except Exception:
                log.exception("the database cannot be reached")
        self._observer.forget()


def _is_outside(error: Exception) -> bool:
    """Whether the disk or the database has failed, not our code: full, gone, locked, restarted."""
    name = type(error).__name__
    return isinstance(error, OSError) or "perational" in name or "Interface" in name
