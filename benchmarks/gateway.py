"""Frames a second through the gateway, each durable before its answer and observed at the end, beside a bare server.

The bare server is asyncio that only commits the bytes, many in one transaction with full sync, and answers a constant.
The load is one process that keeps 1,000 stations connected, each with one report on its way, on the same cores.

Cost per frame from few stations to many: --stations 1000 --frames 240, then --stations 19000 --frames 13.

With --rate the stations send at a pace of their own instead, and a delay counts from the moment at which a frame was due.

Run: python benchmarks/gateway.py [--stations N] [--frames N of each] [--rate N]
PostgreSQL: scripts/with-postgres --durable python benchmarks/gateway.py --postgres --stations 2000 --frames 60 --rate 8000
"""

import argparse
import asyncio
import os
import pickle
import platform
import queue
import re
import select
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections import deque
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ANSWERS = {"sl651": 25, "szy206": 13}
TARGETS = {"sqlite": 8000, "postgresql": 6000}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--stations", type=int, default=1000)
    parser.add_argument("--frames", type=int, default=120, help="of each station")
    parser.add_argument("--postgres", action="store_true", help="on the database of LIANGSHUI_DATABASE_URL")
    parser.add_argument("--rate", type=int, default=0, help="frames a second that all stations send together")
    parser.add_argument("--role", default="", help=argparse.SUPPRESS)
    parser.add_argument("rest", nargs="*", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.role == "bare":
        asyncio.run(bare(options.rest[0]))
    elif options.role == "load":
        (paced if options.rate else load)(int(options.rest[0]), options.rest[1], options.rate)
    else:
        run(options)


def run(options: argparse.Namespace) -> None:
    vendor = "postgresql" if options.postgres else "sqlite"
    url = os.environ.pop("LIANGSHUI_DATABASE_URL", "")
    if options.postgres and not url:
        sys.exit(
            "--postgres needs LIANGSHUI_DATABASE_URL: scripts/with-postgres --durable python benchmarks/gateway.py --postgres"
        )
    with tempfile.TemporaryDirectory(dir=ROOT / ".venv") as folder:  # on the disk, not in a memory /tmp
        os.environ |= {"LIANGSHUI_HOME": folder, "DJANGO_SETTINGS_MODULE": "liangshui.web.settings"}
        os.environ["LIANGSHUI_GATEWAY_CONNECTIONS_PER_ADDRESS"] = str(options.stations + 10)  # all come from one
        if options.postgres:
            os.environ["LIANGSHUI_DATABASE_URL"] = url
        import django

        django.setup()
        prepare(options, Path(folder))
        frames = str(Path(folder) / "frames")
        command = [sys.executable, __file__, "--role"]
        loading = [sys.executable, __file__, "--rate", str(options.rate), "--role", "load"]
        bare_told = measure([*command, "bare", str(Path(folder) / "bare.sqlite3")], loading, frames)
        told = measure(
            [sys.executable, "-m", "liangshui.cli", "gateway", "--listen", "127.0.0.1:0"],
            loading,
            frames,
            observed,
        )
        show(options, vendor, bare_told, told)
        if options.postgres:
            copy_loop()


def prepare(options: argparse.Namespace, folder: Path) -> None:
    """Stations in the ledger, and their frames, encoded before any clock runs."""
    from django.core.management import call_command

    from liangshui.gateway.codecs import sl651, szy206
    from liangshui.gateway.simulator import station_keys
    from liangshui.registry.models import Division
    from liangshui.telemetry.models import ElementMapping, Station, StationModel

    call_command("migrate", verbosity=0, skip_checks=True)
    town = Division.objects.create(code="990000000000", name="county", level="county")
    model = StationModel.objects.create(name="bench")
    ElementMapping.objects.create(model=model, element="C1", quantity="register")
    half = options.stations // 2
    keys = [(k, "sl651") for k in station_keys("sl651", options.stations - half)]
    keys += [("98" + k[2:], "szy206") for k in station_keys("szy206", half)]
    Station.objects.bulk_create(Station(key=k, name=k, protocol=p, division=town, model=model) for k, p in keys)
    start = datetime.now().astimezone() - timedelta(minutes=5 * options.frames)
    station_frames = []
    for key, protocol in keys:
        frames = []
        for n in range(options.frames):
            when = start + timedelta(minutes=5 * n)
            if protocol == "sl651":
                elements = [
                    sl651.element("C1", Decimal(1000 + n), 0x33),
                    sl651.element("28", Decimal("0.012")),
                    sl651.element("0E", Decimal("23.45")),
                    sl651.element("38", Decimal("12.60")),
                    sl651.status_word(0x80),
                ]
                local = when.replace(tzinfo=None, second=0, microsecond=0)
                frame = sl651.encode(sl651.report(0x32, key, n + 1, local, obs_time=local, elements=elements))
            else:
                values = [
                    szy206.Reading("flow", Decimal("43.2"), "m3/h"),
                    szy206.Reading("volume", Decimal(1000 + n), "m3"),
                ]
                frame = szy206.encode(szy206.report(key, 3, values, edition="szy206-2016", when=when, status=0x20))
            frames.append(frame)
        station_frames.append((ANSWERS[protocol], frames))
    (folder / "frames").write_bytes(pickle.dumps(station_frames))


def measure(server: list[str], load_command: list[str], frames: str, after=None) -> dict[str, float]:
    """Start a server, load it, and see how long it takes."""
    process = subprocess.Popen(server, stdout=subprocess.PIPE, text=True, cwd=ROOT)
    try:
        port = re.search(r":(\d+)\s*$", process.stdout.readline()).group(1)
        done = subprocess.run([*load_command, port, frames], stdout=subprocess.PIPE, check=True, cwd=ROOT)
        told = pickle.loads(done.stdout)
        told["until"] = told["ended"]
        if after is not None:
            told |= after(told)
        usage = Path(f"/proc/{process.pid}/stat").read_text().rsplit(") ", 1)[1].split()
        told["cpu"] = (int(usage[11]) + int(usage[12])) / os.sysconf("SC_CLK_TCK")
        return told
    finally:
        process.terminate()
        process.wait()


def observed(told: dict[str, float]) -> dict[str, float]:
    """Wait until every frame is decoded; count what there is."""
    from liangshui.telemetry.models import GatewayProgress, Observation, RawFrame

    while True:
        last = RawFrame.objects.order_by("-pk").values_list("pk", flat=True).first()
        if GatewayProgress.objects.filter(last_frame_id__gte=last).exists():
            break
        time.sleep(0.02)
    return {"until": time.time(), "kept": RawFrame.objects.count(), "observations": Observation.objects.count()}


def show(options: argparse.Namespace, vendor: str, bare_told: dict[str, float], told: dict[str, float]) -> None:
    total = options.stations * options.frames
    expected = (
        options.stations - options.stations // 2
    ) * options.frames * 4 + options.stations // 2 * options.frames * 2
    assert told["kept"] == total, f"{told['kept']} of {total} frames kept"
    assert told["observations"] == expected, f"{told['observations']} of {expected} observations stored"
    rate = {name: total / (each["until"] - each["began"]) for name, each in (("bare", bare_told), ("gateway", told))}
    print(f"{platform.platform()}, Python {platform.python_version()}, {os.cpu_count()} cores, {vendor}")
    print(f"{options.stations} stations, {total:,} frames, {told['observations']:,} observations, none outstanding")
    print(f"{'':<10}{'frames/s':>10}{'p50 ms':>9}{'p99 ms':>9}{'most ms':>9}{'server CPU s':>14}{'µs a frame':>12}")
    for name, each in (("bare", bare_told), ("gateway", told)):
        print(
            f"{name:<10}{rate[name]:>10,.0f}{each['p50']:>9.1f}{each['p99']:>9.1f}{each['most']:>9.1f}{each['cpu']:>14.1f}"
            f"{each['cpu'] / total * 1e6:>12.1f}"
        )
    share = rate["gateway"] / rate["bare"]
    print(f"gateway / bare: {share:.0%} (target 40 %); target {TARGETS[vendor]:,} frames/s, p99 under 200 ms")
    print(f"decoded {told['until'] - told['ended']:.2f} s after the last answer")


def copy_loop() -> None:
    """The rows of the raw frames once more into a table with the same indexes, by nothing but COPY, each batch durable."""
    from django.db import connection

    from liangshui.gateway.observer import FRAME, FRAME_COLUMNS
    from liangshui.gateway.sink import BATCH

    columns = ["id", *FRAME_COLUMNS]
    kinds = ["int8", *("int8" if kind == "bigint" else kind for kind in FRAME_COLUMNS.values())]
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TABLE copied (LIKE {FRAME} INCLUDING INDEXES)")
        cursor.execute(f"SELECT {','.join(columns)} FROM {FRAME} ORDER BY id")
        rows = cursor.fetchall()
    database = connection.connection
    began = time.perf_counter()
    for at in range(0, len(rows), BATCH):
        with (
            database.cursor() as cursor,
            cursor.copy(f"COPY copied ({','.join(columns)}) FROM STDIN (FORMAT BINARY)") as copy,
        ):
            copy.set_types(kinds)
            for row in rows[at : at + BATCH]:
                copy.write_row(row)
    print(
        f"bare COPY of the same rows, {BATCH} durable at a time: {len(rows) / (time.perf_counter() - began):,.0f} rows/s"
    )


def paced(port: int, path: str, rate: int) -> None:
    """Stations send in turn, all together `rate` frames a second, whether the last was answered or not."""
    stations = pickle.loads(Path(path).read_bytes())
    poll, lines = select.epoll(), []
    by_number = {}
    for size, frames in stations:
        line = socket.create_connection(("127.0.0.1", port))
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        by_number[line.fileno()] = state = [line, size, frames, 0, deque()]
        lines.append(state)
        poll.register(line.fileno(), select.EPOLLIN)
    clock, took, sent, total = time.perf_counter, [], 0, sum(len(frames) for _size, frames in stations)
    began, start = time.time(), clock()
    while len(took) < total:
        due = min(total, int((clock() - start) * rate) + 1)
        while sent < due:
            state = lines[sent % len(lines)]
            state[4].append(start + sent / rate)
            state[0].send(state[2][sent // len(lines)])
            sent += 1
        for number, _event in poll.poll(0.001):
            state = by_number[number]
            got = len(state[0].recv(4096))
            if not got:
                sys.exit("the server closed a connection")
            state[3] += got
            while state[3] >= state[1]:
                state[3] -= state[1]
                took.append(clock() - state[4].popleft())
    ended = time.time()
    took.sort()
    told = {"p50": took[len(took) // 2] * 1e3, "p99": took[len(took) * 99 // 100] * 1e3, "most": took[-1] * 1e3}
    sys.stdout.buffer.write(pickle.dumps(told | {"began": began, "ended": ended}))


def load(port: int, path: str, _rate: int) -> None:
    """Every station sends its next frame when the last is answered. Bare sockets, so that the load costs little."""
    stations = pickle.loads(Path(path).read_bytes())
    poll, lines = select.epoll(), {}
    for size, frames in stations:
        line = socket.create_connection(("127.0.0.1", port))
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        lines[line.fileno()] = [line, size, frames, 0, 0, 0.0]
        poll.register(line.fileno(), select.EPOLLIN)
    clock, took, left = time.perf_counter, [], len(lines)
    began = time.time()
    for state in lines.values():
        state[5] = clock()
        state[0].send(state[2][0])
    while left:
        for number, _event in poll.poll(10):
            state = lines[number]
            got = len(state[0].recv(4096))
            if not got:
                sys.exit("the server closed a connection")
            state[3] += got
            if state[3] < state[1]:
                continue
            now = clock()
            took.append(now - state[5])
            state[3] = 0
            state[4] += 1
            if state[4] == len(state[2]):
                left -= 1
                continue
            state[5] = now
            state[0].send(state[2][state[4]])
    ended = time.time()
    took.sort()
    told = {"p50": took[len(took) // 2] * 1e3, "p99": took[len(took) * 99 // 100] * 1e3, "most": took[-1] * 1e3}
    sys.stdout.buffer.write(pickle.dumps(told | {"began": began, "ended": ended}))


async def bare(path: str) -> None:
    """Commits bytes and answers as long as the real answer."""
    loop, inbox = asyncio.get_running_loop(), queue.SimpleQueue()

    class Line(asyncio.Protocol):
        def connection_made(self, transport):
            self.transport = transport

        def data_received(self, data):
            inbox.put((data, self.transport))

    def answer(batch):
        for data, transport in batch:
            transport.write(b"\0" * (25 if data[0] == 0x7E else 13))

    def write():
        url = os.environ.get("LIANGSHUI_DATABASE_URL")
        if url:
            import psycopg

            database = psycopg.connect(url, autocommit=True)
            database.execute("CREATE TABLE IF NOT EXISTS bare (id bigserial PRIMARY KEY, raw bytea)")
        else:
            database = sqlite3.connect(path, isolation_level=None)
            database.execute("PRAGMA journal_mode=WAL")
            database.execute("PRAGMA synchronous=FULL")
            database.execute("CREATE TABLE bare (id INTEGER PRIMARY KEY, raw BLOB)")
        while True:
            batch = [inbox.get()]
            while not inbox.empty() and len(batch) < 1024:
                batch.append(inbox.get())
            rows = [data for data, _ in batch]
            if url:
                database.execute("INSERT INTO bare (raw) SELECT unnest(%s::bytea[])", [rows])
            else:
                at, size = 0, 1024
                database.execute("BEGIN IMMEDIATE")
                while at < len(rows):
                    while size > len(rows) - at:
                        size //= 2
                    database.execute(f"INSERT INTO bare (raw) VALUES {','.join(['(?)'] * size)}", rows[at : at + size])
                    at += size
                database.execute("COMMIT")
            loop.call_soon_threadsafe(answer, batch)

    threading.Thread(target=write, daemon=True).start()
    server = await loop.create_server(Line, "127.0.0.1", 0, backlog=4096)
    print(f"bare on 127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    main()
