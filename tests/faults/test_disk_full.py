"""A disk that is full: no answer, nothing broken, a plain word, and it goes on by itself when there is room."""

import asyncio
import os
import re
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from django.db import connection

from liangshui.gateway.codecs.events import Frame
from liangshui.gateway.frames import events_of
from tests.gateway.test_kill import answered, frame, until


@pytest.fixture
def small_disk(tmp_path):
    """A disk of a few megabytes."""
    place = tmp_path / "disk"
    place.mkdir()
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", str(place)], check=False, capture_output=True
    )
    if made.returncode:
        pytest.skip("a small disk cannot be mounted here (it takes the rights of root)")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


@pytest.mark.skipif(
    connection.vendor != "sqlite", reason="PostgreSQL keeps its data elsewhere; the gateway's part is the same"
)
def test_a_full_disk_is_survived(database, make_station, small_disk, tmp_path):
    make_station("0000000001")
    path = small_disk / "liangshui.sqlite3"
    with sqlite3.connect(database["NAME"]) as source, sqlite3.connect(path) as target:
        source.backup(target)
    source.close()
    target.close()
    log = (tmp_path / "log").open("w+")
    env = {k: v for k, v in os.environ.items() if not k.startswith("LIANGSHUI_")} | {"LIANGSHUI_HOME": str(small_disk)}
    command = [sys.executable, "-m", "liangshui.cli", "gateway", "--listen", "127.0.0.1:0"]
    process = subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=log, text=True)
    try:
        port = int(re.search(r":(\d+)\s*$", process.stdout.readline()).group(1))
        assert len(answered(port, "0000000001", range(1, 101))) == 100
        filler = small_disk / "filler"
        with filler.open("wb", buffering=0) as file:  # nothing of it is left to be written when it is closed
            while True:
                try:
                    file.write(b"\0" * 65536)
                except OSError:
                    break
        told = asyncio.run(_send(port, range(101, 4101), wait=6))
        assert len(told) < 4000, "the disk was not full"
        filler.unlink()
        until(lambda: asyncio.run(_send(port, range(9001, 9002), wait=2)) == [9001], 40)
        process.terminate()
        assert process.wait(30) == 0
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
    words = Path(log.name).read_text()
    log.close()
    assert "database or disk is full" in words and "again in" in words and "Traceback" not in words
    kept = sqlite3.connect(path)
    try:
        assert kept.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        rows = [bytes(raw) for (raw,) in kept.execute("SELECT raw FROM telemetry_rawframe WHERE verdict='good'")]
    finally:
        kept.close()
    serials = [int.from_bytes(raw[14:16], "big") for raw in rows]
    assert len(serials) == len(set(serials))
    assert set(told) <= set(serials) and set(range(1, 101)) <= set(serials) and 9001 in serials


async def _send(port, serials, wait):
    """Send all; the serial numbers that were answered within some seconds."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"".join(frame("0000000001", serial) for serial in serials))
    got = b""
    end = asyncio.get_running_loop().time() + wait
    while len(got) < 25 * len(serials) and (left := end - asyncio.get_running_loop().time()) > 0:
        try:
            part = await asyncio.wait_for(reader.read(65536), left)
        except TimeoutError:
            break
        if not part:
            break
        got += part
    writer.transport.abort()
    return [event.message.serial for event in events_of(got) if isinstance(event, Frame)]
