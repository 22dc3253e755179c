"""kill -9 of gateway, worker and database at random moments under traffic: every answered frame is there exactly once.

The short form runs with all tests. `make soak` runs fifty kills in ten minutes (LIANGSHUI_SOAK_MINUTES, LIANGSHUI_SOAK_KILLS).
"""

import contextlib
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from datetime import datetime, timedelta
from decimal import Decimal as D
from pathlib import Path
from urllib.parse import quote

import pytest
from django.db import connection, connections
from django.utils import timezone

from liangshui.accounting.models import DayVolume
from liangshui.accounting.services import follow_changes, recompute
from liangshui.core.access import SYSTEM
from liangshui.gateway.codecs import sl651
from liangshui.gateway.codecs.events import Frame
from liangshui.gateway.frames import events_of
from liangshui.registry import services as registry
from liangshui.registry.models import Intake, Source
from liangshui.telemetry.models import ElementMapping, GatewayProgress, Observation, RawFrame, StationLink
from tests.gateway.test_kill import until

MINUTES = float(os.environ.get("LIANGSHUI_SOAK_MINUTES", "0.4"))
KILLS = int(os.environ.get("LIANGSHUI_SOAK_KILLS", "5"))
STATIONS = 6
ROOT = Path(__file__).resolve().parents[2]
BEGIN = timezone.localtime() - timedelta(days=20)


def report(key, serial):
    """A register that runs by one m³ every two minutes."""
    when = (BEGIN + timedelta(minutes=2 * serial)).replace(tzinfo=None, second=0, microsecond=0)
    elements = [sl651.element("C1", D(serial), 0x2D)]
    return sl651.encode(sl651.report(0x32, key, serial, when, obs_time=when, elements=elements))


class Station(threading.Thread):
    """Sends one report after the other, each until it is answered, over as many connections as it takes."""

    def __init__(self, key, port, ended):
        super().__init__(daemon=True)
        self.key, self.port, self.ended, self.answered = key, port, ended, 0

    def run(self):
        serial = 1
        while not self.ended.is_set():
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port()), 2) as line:
                line.settimeout(5)
                while not self.ended.is_set():
                    line.sendall(report(self.key, serial))
                    got = b""
                    while len(got) < 25:
                        part = line.recv(25 - len(got))
                        if not part:
                            raise OSError("closed")
                        got += part
                    (event,) = events_of(got)
                    assert isinstance(event, Frame) and event.message.serial == serial
                    self.answered = serial
                    serial += 1
                    time.sleep(0.01)
            time.sleep(0.05)


class Process:
    """A process of Liangshui that is killed and started again. What it says goes into `log`."""

    def __init__(self, env, log, *command):
        self.env, self.log, self.command, self.process, self.kills = env, log, command, None, 0

    def start(self):
        with self.log.open("ab") as log:
            command = [sys.executable, "-m", "liangshui.cli", *self.command]
            self.process = subprocess.Popen(command, env=self.env, stdout=log, stderr=log)

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self.kills += 1
        self.start()

    def end(self):
        self.process.terminate()
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def kill_database():
    """One server process of PostgreSQL gone by kill -9: the whole server drops every connection and recovers."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pid FROM pg_stat_activity WHERE pid<>pg_backend_pid() AND backend_type='client backend' LIMIT 1"
        )
        found = cursor.fetchone()
    if found:
        os.kill(found[0], signal.SIGKILL)
    connections.close_all()
    end = time.monotonic() + 30
    while time.monotonic() < end:
        try:
            connection.ensure_connection()
            return bool(found)
        except Exception:
            time.sleep(0.2)
    raise AssertionError("the database did not come back")


@pytest.fixture
def intakes(make_station, town):
    """Stations whose register measures an intake."""
    source = Source.objects.create(code="S", name="水", kind="shallow_groundwater")
    user = registry.save_user(SYSTEM, code="U", name="户", kind="company", division=town)
    project = registry.save_project(SYSTEM, code="P", name="项目", user=user, division=town)
    for n in range(STATIONS):
        station = make_station(f"00000000{n:02d}")
        ElementMapping.objects.create(station=station, element="C1", quantity="register")
        intake = registry.save_intake(
            SYSTEM, code=f"I{n}", name=f"{n}号井", kind="well", project=project, division=town, source=source, sector="industry",
            capacity_m3_h=D(50),
        )  # fmt: skip
        StationLink.objects.create(station=station, intake=intake, linked_at=BEGIN - timedelta(days=1))
    return list(Intake.objects.order_by("code"))


def on_a_server_of_its_own() -> None:
    """The same test beside a PostgreSQL that nobody else uses: killing one server process drops everybody's connections."""
    env = {k: v for k, v in os.environ.items() if not k.startswith(("LIANGSHUI_", "PYTEST_"))}
    command = [ROOT / "scripts" / "with-postgres", sys.executable, "-m", "pytest", "-q", "-n", "0", __file__]
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-5000:] + done.stderr[-2000:]


def test_nothing_answered_is_lost_or_doubled(database, intakes, tmp_path):
    if connection.vendor == "postgresql" and "PYTEST_XDIST_WORKER" in os.environ:
        on_a_server_of_its_own()
        return
    env = {k: v for k, v in os.environ.items() if not k.startswith("LIANGSHUI_")} | {"LIANGSHUI_HOME": str(tmp_path)}
    if connection.vendor == "postgresql":
        d = database
        env["LIANGSHUI_DATABASE_URL"] = (
            f"postgres://{quote(d['USER'])}:{quote(d['PASSWORD'])}@{d['HOST']}:{d['PORT']}/{d['NAME']}"
        )
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    gateway = Process(env, tmp_path / "gateway.log", "gateway", "--listen", f"127.0.0.1:{port}")
    worker = Process(env, tmp_path / "worker.log", "worker", "--interval", "0.2")
    gateway.start()
    worker.start()
    ended, rng, databases = threading.Event(), random.Random(), 0
    stations = [Station(f"00000000{n:02d}", lambda: port, ended) for n in range(STATIONS)]
    try:
        for station in stations:
            station.start()
        until(lambda: any(station.answered for station in stations), 30)
        pause = MINUTES * 60 / max(1, KILLS)
        for number in range(KILLS):
            time.sleep(rng.uniform(0.5, 1.5) * pause)
            which = number % 3
            if which == 2 and connection.vendor == "postgresql":
                databases += kill_database()
            else:
                (worker if which == 1 else gateway).kill()
        time.sleep(max(2.0, pause / 2))
        before = [station.answered for station in stations]
        until(lambda: all(s.answered > b for s, b in zip(stations, before, strict=True)), 60)
    except AssertionError as error:
        raise AssertionError((tmp_path / "gateway.log").read_text()[-3000:]) from error
    finally:
        ended.set()
        for station in stations:
            station.join(15)
        gateway.end()
        worker.end()
    connections.close_all()
    assert gateway.kills + worker.kills + databases >= KILLS - 1
    counted = Counter(
        (f.station_key, int.from_bytes(bytes(f.raw)[14:16], "big")) for f in RawFrame.objects.filter(verdict="good")
    )
    answered = {(station.key, serial) for station in stations for serial in range(1, station.answered + 1)}
    assert len(answered) > 50 and set(counted) >= answered and set(counted.values()) == {1}
    last = RawFrame.objects.order_by("-pk").values_list("pk", flat=True).first()
    assert GatewayProgress.objects.get(gateway="main").last_frame_id >= last
    observed = Counter(
        (key, int(value)) for key, value in Observation.objects.values_list("series__station__key", "value")
    )
    assert observed == counted
    while follow_changes():
        pass
    kept = set(DayVolume.objects.values_list("intake_id", "day", "method", "volume_m3"))
    assert kept
    recompute(SYSTEM, None, BEGIN.date() - timedelta(days=1), datetime.now().date() + timedelta(days=2), "soak")
    assert set(DayVolume.objects.values_list("intake_id", "day", "method", "volume_m3")) == kept
