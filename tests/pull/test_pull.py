"""Sources asked on a schedule, each kind against a real server: HTTP, PostgreSQL, SFTP, and folders of this machine."""

import asyncio
import json
import os
import subprocess
import sys
import threading
import time
from datetime import timedelta
from decimal import Decimal as D
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_network
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import asyncssh
import psycopg
import pytest
from django.urls import reverse
from django.utils import timezone

from liangshui.core.access import SYSTEM
from liangshui.core.errors import Forbidden, Invalid
from liangshui.pull import services
from liangshui.pull.adapters import http as asking
from liangshui.pull.adapters.database import engine_of
from liangshui.pull.adapters.folder import fingerprint
from liangshui.pull.models import PulledFile, PullRun, PullSource
from liangshui.records import secrets
from liangshui.registry.models import ImportBatch
from liangshui.telemetry.models import Observation, Station
from tests.people import workbook

pytestmark = pytest.mark.django_db
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def at_home(settings):
    """Tests may ask servers of this machine."""
    settings.PULL_NETWORKS = [ip_network("127.0.0.0/8")]


def make(world, kind: str, mapping: str, secret: str = "", **facts) -> PullSource:
    values = {"name": "来源", "kind": kind, "mapping": mapping, "every_min": 60} | facts
    return services.save_source(SYSTEM, None, division=world.county, secret=secret, **values)


def when(minutes_ago: float) -> str:
    return (timezone.now() - timedelta(minutes=minutes_ago)).isoformat(timespec="seconds")


# --- HTTP ---


class Service(ThreadingHTTPServer):
    """A small service of a vendor: rows by page, and what a test wants to go wrong."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answer)
        self.rows: list[dict] = []
        self.asked: list[tuple[str, dict, dict]] = []
        self.faults: list[tuple[int, dict, bytes]] = []
        self.page = 2


class Answer(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        server: Service = self.server  # type: ignore[assignment]
        parts = urlsplit(self.path)
        query = parse_qs(parts.query)
        server.asked.append((parts.path, query, dict(self.headers)))
        if server.faults:
            status, headers, body = server.faults.pop(0)
        else:
            number = int(query.get("pageNo", ["1"])[0])
            rows = server.rows[(number - 1) * server.page : number * server.page]
            status, headers, body = 200, {}, json.dumps({"data": {"list": rows}}).encode()
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_args) -> None:
        return


@pytest.fixture
def service():
    server = Service()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def cloud(service: Service, extra: str = "") -> str:
    return f"""
address: http://127.0.0.1:{service.server_port}/readings?from={{since}}
auth: bearer
rows: data.list
paging: page
page_parameter: pageNo
place: code
time: at
values: [{{field: total, quantity: register}}]
places: {{STA-A: 00000000A1}}
{extra}
"""


def test_rows_are_taken_page_by_page_and_known_the_next_time(world, service):
    service.rows = [{"code": "STA-A", "at": when(60 - n), "total": 100 + n} for n in range(5)]
    source = make(world, "http", cloud(service), "key-1")
    run = services.run(source.pk)
    assert (run.outcome, run.taken, run.refused, run.fault) == ("ok", 5, 0, "")
    assert [query.get("pageNo") for _path, query, _h in service.asked] == [["1"], ["2"], ["3"], ["4"]]
    assert all(headers["Authorization"] == "Bearer key-1" for _p, _q, headers in service.asked)
    again = services.run(source.pk)
    assert (again.taken, again.known) == (0, 5)
    assert Observation.objects.filter(origin="pull").count() == 5
    station = Station.objects.get(key="00000000A1")
    newest = Observation.objects.filter(origin="pull").order_by("-at")[0].at
    assert station.last_seen_at == newest  # heard when it spoke, not when it was asked for


def test_a_bad_row_sinks_no_other_and_unknown_names_are_told(world, service):
    service.page = 50
    service.rows = [
        {"code": "STA-A", "at": when(9), "total": 1}, {"code": "STA-X", "at": when(9), "total": 1},
        {"code": "STA-A", "at": "gestern", "total": 1}, {"code": "STA-A", "at": when(8), "total": "viel"}, "nothing",
        {"code": "STA-A", "at": when(-600), "total": 1},
    ]  # fmt: skip
    source = make(world, "http", cloud(service), "key")
    run = services.run(source.pk)
    assert (run.outcome, run.taken, run.refused) == ("partly", 1, 5)
    assert run.details["unknown"] == {"STA-X": 1} and len(run.details["refused"]) == 4
    source.refresh_from_db()
    assert "since" not in source.state  # asked for again from the beginning once the name is mapped
    services.save_source(
        SYSTEM, source, division=world.county, mapping=source.mapping.replace("{STA-A:", "{STA-X: 00000000B1, STA-A:")
    )  # fmt: skip
    assert services.run(source.pk).taken == 1


def test_values_of_stations_outside_its_area_are_refused(world, service):
    service.rows = [{"code": "STA-A", "at": when(9), "total": 1}]
    source = make(world, "http", cloud(service), "key", name="乙镇来源")
    PullSource.objects.filter(pk=source.pk).update(division=world.b.town)
    assert services.run(source.pk).details["unknown"] == {"00000000A1": 1}


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ((500, {}, b""), "500"), ((302, {"Location": "http://169.254.169.254/"}, b""), "转到"), ((200, {}, b"<html>"), "JSON"),
        ((200, {}, b'{"data": {}}'), "列表"),
    ],
)  # fmt: skip
def test_what_goes_wrong_is_said_and_tried_again(world, service, fault, words):
    service.rows = [{"code": "STA-A", "at": when(9), "total": 1}]
    service.faults = [fault]
    source = make(world, "http", cloud(service), "key")
    run = services.run(source.pk)
    assert run.outcome == "failed" and words in run.fault
    source.refresh_from_db()
    assert source.failures == 1 and timedelta(seconds=30) < source.next_at - timezone.now() <= timedelta(minutes=1)
    assert services.run(source.pk).outcome == "ok"
    source.refresh_from_db()
    assert source.failures == 0 and source.next_at - timezone.now() > timedelta(minutes=50)


def test_a_service_that_is_slow_or_endless_is_given_up(world, service, monkeypatch):
    import httpx

    monkeypatch.setattr(asking, "TIMEOUT", httpx.Timeout(0.3))
    monkeypatch.setattr(asking, "MOST_BYTES", 1000)
    source = make(world, "http", cloud(service), "key")
    service.faults = [(200, {}, b"x" * 5000)]
    assert "50 MB" in services.run(source.pk).fault
    silent = __import__("socket").socket()
    silent.bind(("127.0.0.1", 0))
    silent.listen()
    services.save_source(
        SYSTEM, source, division=world.county, mapping=source.mapping.replace(str(service.server_port), str(silent.getsockname()[1]))
    )  # fmt: skip
    assert "及时" in services.run(source.pk).fault
    silent.close()
    assert services.run(source.pk).fault


def test_a_run_that_was_killed_is_taken_up_again_and_nothing_is_there_twice(world, service, monkeypatch):
    service.rows = [{"code": "STA-A", "at": when(60 - n), "total": 100 + n} for n in range(6)]
    source = make(world, "http", cloud(service), "key")
    moved = services._moved
    calls = []

    def die(found):
        calls.append(found)
        if len(calls) == 2:
            raise KeyboardInterrupt
        moved(found)

    monkeypatch.setattr(services, "_moved", die)
    with pytest.raises(KeyboardInterrupt):
        services.run(source.pk)
    assert Observation.objects.filter(origin="pull").count() == 4
    assert services.run(source.pk) is None and services.due() == []  # it seems to run
    PullSource.objects.update(running_since=timezone.now() - services.SILENT_RUN - timedelta(seconds=1))
    assert services.due() == [source.pk]
    run = services.run(source.pk)
    assert (run.taken, run.known) == (2, 4) and Observation.objects.filter(origin="pull").count() == 6


def test_networks_of_ones_own_are_closed_until_they_are_named(world, service, settings):
    settings.PULL_NETWORKS = []
    source = make(world, "http", cloud(service), "key")
    assert "LIANGSHUI_PULL_NETWORKS" in services.run(source.pk).fault and service.asked == []
    database = make(world, "database", DATABASE % "localhost:5432/x", name="库")
    assert "LIANGSHUI_PULL_NETWORKS" in services.run(database.pk).fault


# --- databases ---

DATABASE = """
address: postgresql://reader@%s
statement: SELECT well, read_at, total FROM v_readings WHERE read_at >= :since ORDER BY read_at
place: well
place_is: intake
time: read_at
values: [{field: total, quantity: register}]
"""


@pytest.fixture(scope="module")
def foreign_database():
    """A PostgreSQL of somebody else, with a view and a reader."""
    command = [str(ROOT / "scripts" / "with-postgres"), sys.executable, "-c",
               "import os, sys; print(os.environ['LIANGSHUI_DATABASE_URL'], flush=True); sys.stdin.read()"]  # fmt: skip
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    address = process.stdout.readline().strip().replace("postgres://", "postgresql://")
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute("CREATE TABLE readings (well text, read_at timestamptz, total numeric)")
        connection.execute("CREATE VIEW v_readings AS SELECT * FROM readings")
        connection.execute("CREATE ROLE reader LOGIN PASSWORD 'read only'")
        connection.execute("GRANT SELECT, INSERT ON v_readings, readings TO reader")
    yield address
    process.stdin.close()
    process.wait(30)


def test_a_view_of_a_postgresql_is_read(world, foreign_database):
    place = foreign_database.partition("@")[2]
    with psycopg.connect(foreign_database, autocommit=True) as connection:
        connection.execute("TRUNCATE readings")
        for n in range(4):
            connection.execute(
                "INSERT INTO readings VALUES (%s, now() - make_interval(mins => %s), %s)", ("A-I" if n else "ZZ", 60 - n, D("10.5") + n)
            )  # fmt: skip
    source = make(world, "database", DATABASE % place, "read only")
    run = services.run(source.pk)
    assert (run.outcome, run.taken, run.details["unknown"]) == ("partly", 3, {"ZZ": 1})
    assert sorted(o.value for o in Observation.objects.filter(origin="pull")) == [D("11.5"), D("12.5"), D("13.5")]
    assert services.run(source.pk).known == 3


def test_a_database_is_only_read_and_its_refusal_is_told_without_the_password(world, foreign_database):
    place = foreign_database.partition("@")[2]
    tricky = (DATABASE % place).replace(
        "statement: SELECT well", "statement: WITH x AS (INSERT INTO readings VALUES ('h', now(), 1) RETURNING *) SELECT well"
    )  # fmt: skip
    run = services.run(make(world, "database", tricky, "read only", name="写").pk)
    assert run.outcome == "failed" and "数据库返回" in run.fault
    wrong = services.run(make(world, "database", DATABASE % place, "wrong secret", name="错").pk)
    assert wrong.outcome == "failed" and "wrong secret" not in wrong.fault
    with psycopg.connect(foreign_database) as connection:
        assert connection.execute("SELECT count(*) FROM readings WHERE well = 'h'").fetchone() == (0,)


@pytest.mark.parametrize("more", ["?host=127.0.0.1", "?hostaddr=127.0.0.1", "?sslrootcert=/etc/passwd", "?service=x"])
def test_an_address_leads_nowhere_but_to_its_host(more):
    """What stands behind ? could name another host, or a file of ours, past the guard."""
    with pytest.raises(Invalid, match="sslmode"):
        engine_of(services.mapping_of("database", DATABASE % f"127.0.0.1/water{more}"), "")
    assert (
        engine_of(services.mapping_of("database", DATABASE % "127.0.0.1/water?sslmode=require"), "").url.host
        == "127.0.0.1"
    )


def test_a_mapping_changed_while_it_runs_is_asked_from_its_beginning(world, service, monkeypatch):
    service.rows = [{"code": "STA-A", "at": when(9), "total": 7}]
    source = make(world, "http", cloud(service), "key")
    moved = services._moved

    def meanwhile(found):
        moved(found)
        other = PullSource.objects.get(pk=source.pk)
        services.save_source(SYSTEM, other, division=world.county, mapping=other.mapping + "note: 改\n")
        assert services.run(source.pk) is None  # it goes on running

    monkeypatch.setattr(services, "_moved", meanwhile)
    assert services.run(source.pk).taken == 1
    assert PullSource.objects.get(pk=source.pk).state == {}


def test_the_other_databases_have_their_drivers():
    for kind, driver in (("mysql", "mysql+pymysql"), ("mssql", "mssql+pymssql")):
        text = (DATABASE % "127.0.0.1/water").replace("postgresql", kind)
        engine = engine_of(services.mapping_of("database", text), "p@ss:word")
        assert f"{engine.dialect.name}+{engine.dialect.driver}" == driver and engine.url.password == "p@ss:word"
    with pytest.raises(Invalid):
        engine_of(services.mapping_of("database", (DATABASE % "h/x").replace("postgresql", "oracle")), "")


# --- folders ---


def dropped(folder: Path, name: str, content: bytes, age: float = 300) -> None:
    path = folder / name
    path.write_bytes(content)
    os.utime(path, (time.time() - age,) * 2)


SHEET = [["取水口编号", "月份", "水量"], ["A-I", "2025-05", 120], ["没有的", "2025-05", 5]]


@pytest.fixture
def inbox(settings, tmp_path) -> Path:
    settings.PULL_FOLDERS = [tmp_path / "inbox"]
    folder = tmp_path / "inbox" / "水量"
    folder.mkdir(parents=True)
    return folder


def test_a_sheet_in_a_folder_is_checked_and_waits_or_is_taken(world, inbox):
    dropped(inbox, "五月.xlsx", workbook(SHEET))
    source = make(world, "folder", "path: 水量\nimports: volumes\noptions: {method: read}\n")
    assert services.run(source.pk).taken == 0  # first look: is it still being written?
    run = services.run(source.pk)
    batch = PulledFile.objects.get().batch
    assert (run.taken, batch.state, batch.report["counts"]["created"]) == (1, ImportBatch.State.CHECKED, 1)
    dropped(inbox, "同一张换名.xlsx", (inbox / "五月.xlsx").read_bytes())
    services.run(source.pk)
    assert services.run(source.pk).known == 2 and PulledFile.objects.count() == 1
    services.save_source(
        SYSTEM, source, division=world.county, mapping=source.mapping + "take: true\n"
    )  # fmt: skip
    dropped(inbox, "六月.xlsx", workbook([SHEET[0], ["A-I", "2025-06", 130]]))
    services.run(source.pk)
    services.run(source.pk)
    assert PulledFile.objects.get(name="六月.xlsx").batch.state == ImportBatch.State.TAKEN


def test_a_file_half_written_is_left_and_a_damaged_one_stops_no_other(world, inbox):
    source = make(world, "folder", "path: 水量\nimports: volumes\noptions: {method: read}\n")
    dropped(inbox, "新.xlsx", workbook(SHEET)[:2000], age=5)
    dropped(inbox, "坏.xlsx", b"PK damaged")
    dropped(inbox, "好.xlsx", workbook(SHEET))
    (inbox / "说明.txt").write_text("x")
    services.run(source.pk)
    run = services.run(source.pk)
    assert (run.taken, run.refused, run.outcome) == (1, 1, "partly")
    assert {f.name: bool(f.fault) for f in PulledFile.objects.all()} == {"坏.xlsx": True, "好.xlsx": False}
    assert services.run(source.pk).refused == 0  # not tried for ever


def test_only_folders_that_were_named_are_read(world, inbox, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (inbox / "link").symlink_to(tmp_path / "elsewhere")
    for number, path in enumerate(("/etc", "../elsewhere", "水量/link", str(tmp_path / "elsewhere"))):
        source = make(world, "folder", f"path: {path}\nimports: volumes\n", name=f"第{number}")
        assert "LIANGSHUI_PULL_FOLDERS" in services.run(source.pk).fault
    assert "没有文件夹" in services.run(make(world, "folder", "path: 无\nimports: volumes\n", name="无").pk).fault
    dropped(tmp_path / "elsewhere", "外.xlsx", workbook(SHEET))
    (inbox / "外.xlsx").symlink_to(tmp_path / "elsewhere" / "外.xlsx")
    source = make(world, "folder", "path: 水量\nimports: volumes\n")
    services.run(source.pk)
    assert services.run(source.pk).taken == 0


@pytest.fixture
def sftp(tmp_path):
    """An SFTP server of this machine, its folder and its key's fingerprint."""
    folder = tmp_path / "served"
    (folder / "out").mkdir(parents=True)
    key = asyncssh.generate_private_key("ssh-ed25519")
    loop = asyncio.new_event_loop()

    class Door(asyncssh.SSHServer):
        def begin_auth(self, username: str) -> bool:
            return True

        def password_auth_supported(self) -> bool:
            return True

        def validate_password(self, username: str, password: str) -> bool:
            return (username, password) == ("reader", "let me in")

    async def begin():
        return await asyncssh.listen(
            "127.0.0.1", 0, server_factory=Door, server_host_keys=[key],
            sftp_factory=lambda channel: asyncssh.SFTPServer(channel, chroot=str(folder)),
        )  # fmt: skip

    server = loop.run_until_complete(begin())
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    yield folder / "out", server.get_port(), fingerprint(key.public_data)
    loop.call_soon_threadsafe(server.close)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(5)


def test_a_folder_by_sftp(world, sftp):
    folder, port, key = sftp
    dropped(folder, "五月.xlsx", workbook(SHEET))
    mapping = (
        f"path: sftp://reader@127.0.0.1:{port}/out\nfingerprint: {key}\nimports: volumes\noptions: {{method: read}}\n"
    )
    source = make(world, "folder", mapping, "let me in")
    services.run(source.pk)
    run = services.run(source.pk)
    assert (run.fault, run.taken) == ("", 1) and PulledFile.objects.get().batch.report["counts"]["created"] == 1


def test_sftp_to_a_host_with_another_key_or_password_is_refused(world, sftp):
    _folder, port, key = sftp
    mapping = f"path: sftp://reader@127.0.0.1:{port}/out\nimports: volumes\nfingerprint: "
    wrong_key = services.run(make(world, "folder", mapping + "SHA256:other", "let me in").pk)
    assert key in wrong_key.fault
    wrong_word = services.run(make(world, "folder", mapping + key, "guess", name="二").pk)
    assert "用户名或密码" in wrong_word.fault


# --- setting up ---


def test_passwords_are_kept_encrypted_and_never_shown(world, service, sign_in):
    source = make(world, "http", cloud(service), "top secret key")
    assert "top secret" not in source.secret and secrets.opened(source.secret) == "top secret key"
    client = sign_in(world.officer)
    for address in (
        reverse("pullsource", args=[source.pk]),
        reverse("pullsource-change", args=[source.pk]),
        reverse("audit"),
    ):
        assert (
            "top secret" not in client.get(address).content.decode()
            and source.secret not in client.get(address).content.decode()
        )
    services.save_source(SYSTEM, source, division=world.county, name="新名")
    assert secrets.opened(PullSource.objects.get(name="新名").secret) == "top secret key"
    assert secrets.sealed("") == ""


def test_a_source_is_tried_on_its_page_and_nothing_is_kept(world, service, sign_in):
    service.rows = [{"code": "STA-A", "at": when(9), "total": 7}, {"code": "", "at": when(9), "total": 7}]
    client = sign_in(world.officer)
    form = {
        "name": "云",
        "kind": "http",
        "division": world.county.pk,
        "every_min": 30,
        "mapping": cloud(service),
        "secret": "k",
    }
    page = client.post(reverse("pull-new"), form | {"try": "1"}).content.decode()
    assert "00000000A1" in page and "没有测站或取水口名称" in page
    assert PullSource.objects.exclude(name="甲来源").exclude(name="乙来源").count() == 0
    assert client.post(reverse("pull-new"), form | {"mapping": "colour: red"}).status_code == 200
    answer = client.post(reverse("pull-new"), form)
    assert answer.status_code == 302
    source = PullSource.objects.get(name="云")
    client.post(reverse("pullsource-act", args=[source.pk]), {"do": "pause"})
    assert services.due() == [] or source.pk not in services.due()
    client.post(reverse("pullsource-act", args=[source.pk]), {"do": "run"})
    assert source.pk in services.due()
    with pytest.raises(Forbidden):
        services.save_source(
            world.actor(world.town_a), None, division=world.a.town, name="x", kind="http", mapping=cloud(service)
        )


def test_runs_are_listed_with_their_faults(world, service, sign_in):
    source = make(world, "http", cloud(service), "key")
    service.faults = [(500, {}, b"")]
    services.run(source.pk)
    page = sign_in(world.officer).get(reverse("pull")).content.decode()
    assert "失败" in page and "错误 500" in page and PullRun.objects.count() == 1
