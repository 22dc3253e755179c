"""kill -9 of a real gateway between answer and decoding: every answered frame is there, and observed, exactly once."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from datetime import datetime
from decimal import Decimal as D
from urllib.parse import quote

import pytest
from django.db import connection

from liangshui.gateway.codecs import sl651
from liangshui.gateway.frames import events_of
from liangshui.telemetry.models import ElementMapping, GatewayProgress, Observation, RawFrame, WaitingStation

KEYS = ["0000000001", "0000000002"]


@pytest.fixture
def start(database, tmp_path):
    """Start `liangshui gateway` on the test's database; gives the process and its port."""
    running = []

    def run():
        env = {k: v for k, v in os.environ.items() if not k.startswith("LIANGSHUI_")}
        env["LIANGSHUI_HOME"] = str(tmp_path)
        if connection.vendor == "postgresql":
            d = database
            env["LIANGSHUI_DATABASE_URL"] = (
                f"postgres://{quote(d['USER'])}:{quote(d['PASSWORD'])}@{d['HOST']}:{d['PORT']}/{d['NAME']}"
            )
        process = subprocess.Popen(
            [sys.executable, "-m", "liangshui.cli", "gateway", "--listen", "127.0.0.1:0"],
            env=env,
            stdout=subprocess.PIPE,
            text=True,
        )
        running.append(process)
        line = process.stdout.readline()
        return process, int(re.search(r":(\d+)\s*$", line).group(1))

    yield run
    for process in running:
        if process.poll() is None:
            process.kill()
        process.wait()
        process.stdout.close()


def frame(key, serial):
    when = datetime(2026, 7, 1, serial // 60 % 24, serial % 60)
    elements = [sl651.element("0E", D(serial).scaleb(-2))]
    return sl651.encode(sl651.report(0x32, key, serial, when, obs_time=when, elements=elements))


def until(check, seconds=20):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if check():
            return
        time.sleep(0.05)
    raise AssertionError("did not come true in time")


def answered(port, key, serials):
    """Send all at once; the serial numbers that were answered until the line broke."""
    got = b""
    with socket.create_connection(("127.0.0.1", port)) as line:
        line.settimeout(10)
        line.sendall(b"".join(frame(key, serial) for serial in serials))
        try:
            while len(got) < 25 * len(serials) and (part := line.recv(65536)):
                got += part
        except OSError:
            pass
    return [event.message.serial for event in events_of(got) if hasattr(event, "message")]


def test_no_answered_frame_is_lost_by_kill_9(start, make_station):
    for key in KEYS:
        make_station(key)
    sent: set[tuple[str, int]] = set()
    undecoded_at_kill = rounds = 0
    while rounds < 3 or (not undecoded_at_kill and rounds < 15):  # a quiet machine decodes before the kill comes
        process, port = start()
        for key in KEYS:
            serials = range(1 + rounds * 200, 201 + rounds * 200)
            sent |= {(key, serial) for serial in answered(port, key, serials)}
        process.send_signal(signal.SIGKILL)
        process.wait()
        kept = RawFrame.objects.order_by("-pk").values_list("pk", flat=True).first()
        done = GatewayProgress.objects.filter(gateway="main").values_list("last_frame_id", flat=True).first() or 0
        undecoded_at_kill += kept - done
        rounds += 1
    assert len(sent) == rounds * 200 * len(KEYS)
    assert undecoded_at_kill > 0, "the kills came too late to prove anything"
    process, port = start()
    last = RawFrame.objects.order_by("-pk").values_list("pk", flat=True).first()
    until(lambda: GatewayProgress.objects.get(gateway="main").last_frame_id >= last)
    frames = Counter(
        (f.station_key, int.from_bytes(bytes(f.raw)[14:16], "big")) for f in RawFrame.objects.filter(verdict="good")
    )
    assert set(frames) >= sent
    assert set(frames.values()) == {1}
    observed = Counter(
        (key, int(value * 100)) for key, value in Observation.objects.values_list("series__station__key", "value")
    )
    assert observed == frames
    process.send_signal(signal.SIGTERM)
    assert process.wait(20) == 0


def test_frames_of_unknown_stations_are_counted_once_over_a_kill(start, database):
    process, port = start()
    assert len(answered(port, "0000000009", range(1, 101))) == 100
    process.send_signal(signal.SIGKILL)
    process.wait()
    process, port = start()
    assert len(answered(port, "0000000009", range(1, 101))) == 100  # all again
    process.send_signal(signal.SIGTERM)
    assert process.wait(20) == 0
    assert WaitingStation.objects.get().frames == 100


def test_what_a_database_that_crashed_has_lost_is_decoded_again(start, make_station):
    """What frames say is committed without waiting for the disk: a crash may lose it, and the gateway lives on."""
    if connection.vendor != "postgresql":
        pytest.skip("only a server of its own can crash beneath the gateway")
    station = make_station(KEYS[0])
    ElementMapping.objects.create(station=station, element="0E", quantity="depth_m")
    _process, port = start()
    line = socket.create_connection(("127.0.0.1", port))

    def sent(*serials):
        for serial in serials:
            line.sendall(frame(KEYS[0], serial))
            assert line.recv(100)

    sent(*range(1, 7))
    until(lambda: Observation.objects.count() == 6)
    third = RawFrame.objects.order_by("pk")[2].pk
    # as after a crash: the last commits are away, and so is the connection
    Observation.objects.filter(frame__gt=third).delete()
    GatewayProgress.objects.update(last_frame_id=third)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_locks JOIN pg_stat_activity USING (pid)"
            " WHERE locktype='advisory' AND pid<>pg_backend_pid() AND datname=current_database()"
        )
    sent(7)
    until(lambda: Observation.objects.count() == 7)
    assert sorted(int(o.value * 100) for o in Observation.objects.all()) == [1, 2, 3, 4, 5, 6, 7]
    assert GatewayProgress.objects.get().last_frame_id == RawFrame.objects.latest("pk").pk
    line.close()
