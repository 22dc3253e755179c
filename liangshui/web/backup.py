"""A copy of an installation in a folder, taken while everything runs, and an installation made of such a copy.

The database is copied before the files of the home folder: a file that came in between is one more, none is missing.
"""

import hashlib
import json
import os
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _

from liangshui.core.errors import Invalid

FORM = "liangshui-backup 1"
MANIFEST = "manifest.json"
DATABASES = {"sqlite": "database.sqlite3", "postgresql": "database.dump"}
KEY = "secret-key"
MADE_ANEW = {"cache", "setup-code", "demo-sign-ins.txt", KEY}
"""Entries of the home folder that are not copied: they are made anew, or open doors. The key only if asked for."""

PART = 1 << 20


def backup(target: Path, *, with_key: bool = False) -> dict[str, Any]:
    """Copy the installation into a folder that is not there yet; its manifest.

    Raises:
        Invalid: the folder is there, or lies in the home folder; or the database's own program failed.
    """
    target, home = target.resolve(), Path(settings.HOME)
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise Invalid(_("%s is not empty: choose a new folder.") % target)
    if target.is_relative_to(home):
        raise Invalid(
            _("%s lies in the installation itself: choose a folder elsewhere, best on another disk.") % target
        )
    draft = target.with_name(f"{target.name}.part")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(parents=True, mode=0o700)
    database = draft / DATABASES[connection.vendor]
    _dump(database)
    files = {database.name: _facts(database)}
    for source in _files(home, with_key):
        name = Path("home") / source.relative_to(home)
        try:
            files[name.as_posix()] = _copy(source, draft / name)
        except FileNotFoundError:
            continue  # gone since it was listed: a draft of somebody who is at work
    manifest = {
        "form": FORM,
        "made_at": timezone.now().isoformat(timespec="seconds"),
        "database": connection.vendor,
        "files": files,
    }
    (draft / MANIFEST).write_text(json.dumps(manifest, indent=1, ensure_ascii=False), encoding="utf-8")
    if target.exists():
        target.rmdir()
    draft.rename(target)
    return manifest


def check(source: Path) -> dict[str, Any]:
    """The manifest of a backup, all of whose files are as they were written.

    Raises:
        Invalid: it is no backup, or names what is missing, changed or added.
    """
    try:
        manifest = json.loads((source / MANIFEST).read_bytes())
        files = {str(name): str(facts["sha256"]) for name, facts in manifest["files"].items()}
        vendor = DATABASES[manifest["database"]]
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise Invalid(_("%s is no backup of Liangshui: its manifest is missing or cannot be read.") % source) from error
    if manifest.get("form") != FORM or vendor not in files:
        raise Invalid(_("%s was made by another version: its manifest is not understood.") % source)
    faults = []
    for name, digest in files.items():
        path = source / name
        if not path.resolve().is_relative_to(source.resolve()) or not path.is_file():
            faults.append(_("%s is missing") % name)
        elif _facts(path)["sha256"] != digest:
            faults.append(_("%s was changed") % name)
    there = {p.relative_to(source).as_posix() for p in source.rglob("*") if p.is_file()} - {MANIFEST}
    faults += [_("%s was added") % name for name in sorted(there - set(files))]
    if faults:
        raise Invalid(_("The backup is not as it was made: %s.") % "; ".join(faults[:20]))
    return manifest


def restore(source: Path, *, force: bool = False) -> dict[str, Any]:
    """Make the installation of LIANGSHUI_HOME what a backup holds; nothing else of Liangshui may run on it meanwhile.

    With `force` what is there is moved aside: files into a folder beside the home folder, tables into a schema.

    Raises:
        Invalid: the backup is not whole or is of the other kind of database, or the installation is not empty.
    """
    manifest, home = check(source), Path(settings.HOME)
    if manifest["database"] != connection.vendor:
        raise Invalid(
            _("The backup is of %(theirs)s, this installation is on %(ours)s (LIANGSHUI_DATABASE_URL).")
            % {"theirs": manifest["database"], "ours": connection.vendor}
        )
    used = [p for p in home.iterdir() if p.name not in MADE_ANEW and not _is_database(p)] if home.exists() else []
    tables = bool(connection.introspection.table_names())
    connection.close()
    if (used or tables) and not force:
        raise Invalid(_("%s holds an installation already. Choose an empty LIANGSHUI_HOME, or say --force.") % home)
    stamp = f"{timezone.now():%Y%m%d%H%M%S}"
    aside = home.with_name(f"{home.name}.before-{stamp}")
    for path in [*used, *(p for p in home.iterdir() if _is_database(p))]:
        if used or tables:
            aside.mkdir(exist_ok=True, mode=0o700)
            path.rename(aside / path.name)
        else:
            path.unlink()  # a database without a table, made by looking
    for name in manifest["files"]:
        if name.startswith("home/"):
            place = home / name.removeprefix("home/")
            _copy(source / name, place)
            if place.name == KEY:
                place.chmod(0o600)
    _load(source / DATABASES[connection.vendor], f"before_{stamp}" if tables else None)
    return manifest


def _is_database(path: Path) -> bool:
    name = Path(str(settings.DATABASES["default"]["NAME"])).name
    return connection.vendor == "sqlite" and path.name in {name, f"{name}-wal", f"{name}-shm"}


def _files(home: Path, with_key: bool) -> Iterator[Path]:
    for entry in sorted(home.iterdir()):
        if (entry.name in MADE_ANEW and not (with_key and entry.name == KEY)) or _is_database(entry):
            continue
        for path in [entry] if entry.is_file() else sorted(entry.rglob("*")):
            if path.is_file() and path.suffix != ".part":
                yield path


def _facts(path: Path) -> dict[str, Any]:
    with path.open("rb") as file:
        return {"bytes": path.stat().st_size, "sha256": hashlib.file_digest(file, "sha256").hexdigest()}


def _copy(source: Path, target: Path) -> dict[str, Any]:
    """Copy a file; size and digest are those of the bytes that were read, so that a bad copy is found."""
    digest, size = hashlib.sha256(), 0
    with source.open("rb") as file:
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("wb") as copy:
            while part := file.read(PART):
                digest.update(part)
                size += copy.write(part)
    shutil.copymode(source, target)
    return {"bytes": size, "sha256": digest.hexdigest()}


def _dump(target: Path) -> None:
    database = settings.DATABASES["default"]
    if connection.vendor == "sqlite":
        # In one step: writers go on in their log meanwhile, and do not make it begin anew.
        with closing(sqlite3.connect(str(database["NAME"]))) as here, closing(sqlite3.connect(target)) as copy:
            here.backup(copy)
        return
    _run("pg_dump", "--format=custom", "--no-owner", "--no-privileges", f"--file={target}")


def _load(source: Path, old_schema: str | None) -> None:
    if connection.vendor == "sqlite":
        _copy(source, Path(str(settings.DATABASES["default"]["NAME"])))
        return
    if old_schema:
        with connection.cursor() as cursor:
            cursor.execute(f"ALTER SCHEMA public RENAME TO {old_schema}")
            cursor.execute("CREATE SCHEMA public")
        connection.close()
    _run(
        "pg_restore",
        "--no-owner",
        "--no-privileges",
        "--exit-on-error",
        "--single-transaction",
        "--dbname=",
        str(source),
    )


def _run(program: str, *arguments: str) -> None:
    """PostgreSQL's own program on our database; the password goes through its environment."""
    if shutil.which(program) is None:
        raise Invalid(_("%s is not installed: it comes with the client of PostgreSQL.") % program)
    database = settings.DATABASES["default"]
    named = {"PGHOST": "HOST", "PGPORT": "PORT", "PGUSER": "USER", "PGPASSWORD": "PASSWORD", "PGDATABASE": "NAME"}
    given = {name: str(database[key]) for name, key in named.items() if database.get(key)}
    arguments = tuple(f"--dbname={database['NAME']}" if a == "--dbname=" else a for a in arguments)
    done = subprocess.run([program, *arguments], env=os.environ | given, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Invalid(_("%(program)s failed: %(said)s") % {"program": program, "said": done.stderr.strip()[-500:]})
