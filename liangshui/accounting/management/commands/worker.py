"""`liangshui worker`: tasks of the queue, and accounts that follow what changes."""

import logging
import signal
import threading
import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.db import OperationalError, close_old_connections, connection
from django.utils.crypto import get_random_string
from django_tasks_db.management.commands.db_worker import Worker

from liangshui.accounting import services
from liangshui.records.jobs import JOBS, Job

log = logging.getLogger(__name__)
LOOK_AGAIN = 2.0
NEW_DAY_EVERY = 60.0
WAIT_FOR_TASK = 60.0


class Command(BaseCommand):
    requires_system_checks = []
    help = "Run queued tasks and keep accounts in step with what changes. Ctrl-C ends it when the present work is done."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--interval", type=float, default=LOOK_AGAIN, help="seconds between looks (default 2)")
        parser.add_argument("--once", action="store_true", help="do what is waiting, then end")

    def handle(self, interval: float, once: bool, **_options: Any) -> None:
        ended = threading.Event()
        tasks = Worker(
            queue_names=["default"],
            interval=min(interval, 1.0),
            batch=once,
            backend_name="default",
            startup_delay=False,
            max_tasks=None,
            worker_id=get_random_string(32),
            excluded_queue_names=[],
        )
        if once:
            tasks.run()
            services.new_day()
            for job in JOBS:
                job.run()
            while services.follow_changes():
                pass
            return

        def stop(*_signal: Any) -> None:
            tasks.running = False
            ended.set()

        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, stop)
        runner = threading.Thread(target=self._tasks, args=(tasks, ended), name="tasks", daemon=True)
        runner.start()
        jobs = threading.Thread(target=self._jobs, args=(ended,), name="jobs", daemon=True)
        jobs.start()
        self.stdout.write("Worker runs.")
        self.stdout.flush()
        self._follow(ended, interval)
        runner.join(WAIT_FOR_TASK)
        jobs.join(WAIT_FOR_TASK)
        connection.close()
        self.stdout.write("Worker stopped.")

    def _tasks(self, tasks: Worker, ended: threading.Event) -> None:
        """The queue, in its own thread and connection; a lost database is waited for."""
        while not ended.is_set():
            try:
                tasks.run()
            except OperationalError:
                log.exception("the queue waits for the database")
                ended.wait(5)
            finally:
                connection.close()

    def _jobs(self, ended: threading.Event) -> None:
        """What comes again and again, in its own thread and connection, one after the other."""
        due: dict[str, float] = {}
        while not ended.is_set():
            for job in JOBS:
                if not ended.is_set() and time.monotonic() >= due.get(job.name, 0.0):
                    due[job.name] = time.monotonic() + job.every_s
                    self._run(job)
            ended.wait(5)

    @staticmethod
    def _run(job: Job) -> None:
        try:
            job.run()
        except Exception:
            log.exception("%s did not end well; it is tried again", job.name)
        finally:
            connection.close()

    def _follow(self, ended: threading.Event, interval: float) -> None:
        waited = NEW_DAY_EVERY
        while not ended.is_set():
            try:
                close_old_connections()
                if waited >= NEW_DAY_EVERY:
                    services.new_day()
                    waited = 0.0
                taken = services.follow_changes()
            except OperationalError:
                log.exception("accounts wait for the database")
                taken = 0
            if not taken:
                ended.wait(interval)
                waited += interval
