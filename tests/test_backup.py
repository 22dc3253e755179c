"""A backup is taken and restored elsewhere: accounts, seals and archive are as before."""

import json
import os
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import pytest

FILL = """
import django; django.setup()
from django.core.management import call_command
call_command("migrate", verbosity=0, interactive=False)
from datetime import date, datetime, timedelta
from pathlib import Path
from django.conf import settings
from liangshui.core.periods import BEIJING
from liangshui.telemetry import archiving, seals
from liangshui.telemetry.models import GatewayProgress, RawFrame
from tests.accounting.conftest import Place, follow
place = Place()
series = place.station(place.well("W1", place.user("U1")))
first = datetime(2026, 4, 20, tzinfo=BEIJING)
place.read(series, *((first + timedelta(hours=8 * n), 1000 + n) for n in range(120)))
GatewayProgress.objects.create(gateway="main", last_frame_id=RawFrame.objects.latest("pk").pk)
seals.seal_days(date(2026, 6, 1))
follow()
assert [m.observations for m in archiving.archive(date(2026, 4, 1))] == [33]
photo = Path(settings.HOME) / "files" / "readings" / "1" / "dial.jpg"
photo.parent.mkdir(parents=True)
photo.write_bytes(b"dial")
(Path(settings.HOME) / "cache").mkdir(exist_ok=True)
"""

TELL = """
import django; django.setup()
import json
from datetime import date
from liangshui.accounting import queries, services
from liangshui.accounting.models import DayVolume
from liangshui.core.access import SYSTEM, Territory
from liangshui.core.periods import Period
from liangshui.telemetry.models import ArchivedMonth, Observation
def account():
    return [str(queries.account(Territory(everywhere=True), Period(date(2026, m, 1), date(2026, m + 1, 1)), "total")[0].abstraction_m3)
            for m in (4, 5)]
before = account()
DayVolume.objects.all().delete()
services.recompute(SYSTEM, None, date(2026, 4, 1), date(2026, 6, 1), "test")
print(json.dumps([before, account(), Observation.objects.count(), ArchivedMonth.objects.count()]))
"""


class Installation:
    """A home folder and its database, driven as from a shell."""

    def __init__(self, home: Path, url: str) -> None:
        self.home = home
        self.env = {k: v for k, v in os.environ.items() if not k.startswith("LIANGSHUI_")}
        self.env |= {
            "LIANGSHUI_HOME": str(home),
            "LIANGSHUI_DATABASE_URL": url,
            "DJANGO_SETTINGS_MODULE": "liangshui.web.settings",
            "LANG": "C",
        }

    def python(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([sys.executable, *arguments], env=self.env, capture_output=True, text=True, check=False)

    def script(self, text: str) -> str:
        done = self.python("-c", text)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def call(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return self.python("-m", "liangshui.cli", *arguments)


@pytest.fixture
def new(tmp_path):
    """New installations, on the kind of database of this run."""
    url, made = os.environ.get("LIANGSHUI_DATABASE_URL", ""), []

    def run(name: str) -> Installation:
        if not url:
            return Installation(tmp_path / name, "")
        import psycopg

        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(f"DROP DATABASE IF EXISTS backup_{name}")
            connection.execute(f"CREATE DATABASE backup_{name}")
        made.append(name)
        return Installation(tmp_path / name, urlunsplit(urlsplit(url)._replace(path=f"/backup_{name}")))

    yield run
    if made:
        import psycopg

        with psycopg.connect(url, autocommit=True) as connection:
            for name in made:
                connection.execute(f"DROP DATABASE backup_{name} WITH (FORCE)")


def tree(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def test_an_installation_is_the_same_after_backup_and_restore(new, tmp_path):
    one, two, folder = new("one"), new("two"), tmp_path / "copy"
    one.script(FILL)
    done = one.call("backup", str(folder))
    assert done.returncode == 0, done.stderr
    names = set(tree(folder))
    assert {"manifest.json", "home/files/readings/1/dial.jpg"} < names
    assert "home/archive/observations/year=2026/month=04/part-1.parquet" in names
    assert not any(
        "secret-key" in name or "cache" in name or name.startswith("home/liangshui.sqlite3") for name in names
    )
    told = one.script(TELL)
    assert json.loads(told) == [["33.000", "86.000"]] * 2 + [87, 2]

    # twice into the same folder, or into the installation: refused
    assert "不是空目录" in one.call("backup", str(folder)).stderr
    assert one.call("backup", str(one.home / "copy")).returncode == 1

    done = two.call("restore", str(folder))
    assert done.returncode == 0, done.stderr
    assert two.script(TELL) == told
    done = two.call("verify-seal")
    assert done.returncode == 0 and "40 days checked, 0 faults" in done.stdout, done.stdout
    assert (two.home / "files/readings/1/dial.jpg").read_bytes() == b"dial"
    assert two.call("archive", "--restore", "2026-04").returncode == 0
    assert json.loads(two.script(TELL))[:3] == [*json.loads(told)[:2], 120]

    # an installation is there: refused; by force it is moved aside
    assert "--force" in two.call("restore", str(folder)).stderr
    done = two.call("restore", str(folder), "--force")
    assert done.returncode == 0, done.stderr
    assert two.script(TELL) == told
    (aside,) = tmp_path.glob("two.before-*")
    assert (aside / "files/readings/1/dial.jpg").exists()

    # what was changed, is missing or was added is named, and nothing is touched
    (folder / "home/files/readings/1/dial.jpg").write_bytes(b"Dial")
    (folder / "home/new.txt").write_bytes(b"")
    here = tree(two.home / "files")
    said = two.call("restore", str(folder), "--force").stderr
    assert "home/files/readings/1/dial.jpg" in said and "home/new.txt" in said
    assert tree(two.home / "files") == here
    (folder / "manifest.json").write_text("{}")
    assert two.call("restore", str(folder), "--force").returncode == 1


def test_the_key_goes_along_only_when_asked(new, tmp_path):
    one = new("one")
    one.script("import django; django.setup()")
    assert one.call("backup", str(tmp_path / "with"), "--with-key").returncode == 0
    assert (tmp_path / "with/home/secret-key").read_bytes() == (one.home / "secret-key").read_bytes()
    two = new("two")
    assert two.call("restore", str(tmp_path / "with")).returncode == 0
    assert (two.home / "secret-key").read_bytes() == (one.home / "secret-key").read_bytes()
    assert (two.home / "secret-key").stat().st_mode & 0o077 == 0


def test_a_backup_of_the_other_kind_of_database_is_refused(new, tmp_path):
    one = new("one")
    assert one.call("backup", str(tmp_path / "copy")).returncode == 0
    manifest = json.loads((tmp_path / "copy/manifest.json").read_text())
    names = {"sqlite": "database.sqlite3", "postgresql": "database.dump"}
    (other,) = set(names) - {manifest["database"]}
    (tmp_path / "copy" / names[manifest["database"]]).rename(tmp_path / "copy" / names[other])
    manifest["files"][names[other]] = manifest["files"].pop(names[manifest["database"]])
    manifest["database"] = other
    (tmp_path / "copy/manifest.json").write_text(json.dumps(manifest))
    said = one.call("restore", str(tmp_path / "copy")).stderr
    assert "sqlite" in said and "postgresql" in said


WRITE = """
import django; django.setup()
import sys
from django.core.management import call_command
call_command("migrate", verbosity=0, interactive=False)
from datetime import datetime, timedelta
from django.db import transaction
from liangshui.core.periods import BEIJING
from liangshui.telemetry.models import Observation
from tests.accounting.conftest import Place
place = Place()
series = place.station(place.well("W1", place.user("U1")))
print("ready", flush=True)
at = datetime(2026, 4, 20, tzinfo=BEIJING)
while True:
    at += timedelta(minutes=1)
    with transaction.atomic():
        for value in (1, 2):
            Observation.objects.create(series=series, at=at, received_at=at, value=value)
"""

PAIRS = """
import django; django.setup()
import json
from collections import Counter
from liangshui.telemetry.models import Observation
print(json.dumps(sorted(Counter(Observation.objects.values_list("at", flat=True)).values())))
"""


def test_a_backup_beside_writers_holds_whole_transactions(new, tmp_path):
    one, two = new("one"), new("two")
    writer = subprocess.Popen([sys.executable, "-c", WRITE], env=one.env, stdout=subprocess.PIPE, text=True)
    try:
        assert writer.stdout.readline() == "ready\n"
        done = one.call("backup", str(tmp_path / "copy"))
        assert done.returncode == 0, done.stderr
        assert writer.poll() is None
        before = len(json.loads(one.script(PAIRS)))
    finally:
        writer.kill()
        writer.wait()
        writer.stdout.close()
    assert two.call("restore", str(tmp_path / "copy")).returncode == 0
    held = json.loads(two.script(PAIRS))
    assert set(held) == {2} and 0 < len(held) < before
