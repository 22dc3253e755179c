"""Looking into a folder where files are dropped: on this machine, or by SFTP."""

import base64
import hashlib
import os
import re
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import paramiko
from django.conf import settings
from django.utils.translation import gettext as _

from liangshui.core.errors import Invalid
from liangshui.pull.adapters.guard import address_of
from liangshui.pull.rules.mapping import Folder

SETTLED_S = 60
"""A file whose time is younger may still be written; it is looked at again the next time."""

MOST_BYTES = 60 * 2**20
MOST_FILES = 500


@dataclass(frozen=True, slots=True)
class Dropped:
    """A file in the folder: its name, size and time of change (seconds since 1970)."""

    name: str
    size: int
    changed: float


class LocalFolder:
    """A folder below one of the allowed roots (LIANGSHUI_PULL_FOLDERS)."""

    def __init__(self, path: str) -> None:
        settings.PULL_FOLDERS[0].mkdir(parents=True, exist_ok=True)
        real = Path(os.path.realpath(path if os.path.isabs(path) else settings.PULL_FOLDERS[0] / path))
        if not any(
            real == root or root in real.parents for root in map(Path, map(os.path.realpath, settings.PULL_FOLDERS))
        ):
            raise Invalid(
                _(
                    "The folder lies outside of those that may be read. Let the administrator name it in LIANGSHUI_PULL_FOLDERS."
                )
            )
        if not real.is_dir():
            raise Invalid(_("There is no folder “%(path)s”.") % {"path": path})
        self._path = real

    def files(self) -> list[Dropped]:
        found = []
        for entry in os.scandir(self._path):
            if entry.is_file(follow_symlinks=False):
                facts = entry.stat(follow_symlinks=False)
                found.append(Dropped(entry.name, facts.st_size, facts.st_mtime))
        return found

    def read(self, name: str) -> bytes:
        place = os.open(self._path / name, os.O_RDONLY | os.O_NOFOLLOW)
        with os.fdopen(place, "rb") as file:
            return file.read(MOST_BYTES + 1)


class SftpFolder:
    """A folder of another machine, whose key is known beforehand."""

    def __init__(self, client: paramiko.SFTPClient, path: str) -> None:
        self._client, self._path = client, path

    def files(self) -> list[Dropped]:
        return [
            Dropped(facts.filename, facts.st_size or 0, float(facts.st_mtime or 0))
            for facts in self._client.listdir_attr(self._path)
            if stat.S_ISREG(facts.st_mode or 0)
        ]

    def read(self, name: str) -> bytes:
        with self._client.open(f"{self._path.rstrip('/')}/{name}", "rb") as file:
            file.prefetch(min(file.stat().st_size or 0, MOST_BYTES + 1))
            return bytes(file.read(MOST_BYTES + 1))


@contextmanager
def opened(mapping: Folder, secret: str) -> Iterator[Any]:
    """The folder, open as long as the block lasts.

    Raises:
        Invalid: it cannot be reached, its host's key is another, or the sign-in is refused.
    """
    if not mapping.remote:
        yield LocalFolder(mapping.path)
        return
    parts = urlsplit(mapping.path)
    host, port = parts.hostname or "", parts.port or 22
    try:
        transport = paramiko.Transport((address_of(host, port), port))
        transport.banner_timeout = transport.auth_timeout = 15
        try:
            transport.start_client(timeout=15)
            found = fingerprint(transport.get_remote_server_key().asbytes())
            if found != mapping.fingerprint.strip():
                raise Invalid(_("The key of the host is another: it shows %(found)s.") % {"found": found})
            transport.auth_password(unquote(parts.username or ""), secret)
            client = paramiko.SFTPClient.from_transport(transport)
            if client is None:
                raise Invalid(_("The host offers no SFTP."))
            client.get_channel().settimeout(60)  # type: ignore[union-attr]
            yield SftpFolder(client, unquote(parts.path) or ".")
        finally:
            transport.close()
    except paramiko.AuthenticationException as error:
        raise Invalid(_("The host refuses the user or password.")) from error
    except (paramiko.SSHException, OSError, EOFError) as error:
        raise Invalid(
            _("The host cannot be reached: %(why)s") % {"why": str(error)[:120] or type(error).__name__}
        ) from error


def fingerprint(key: bytes) -> str:
    """SHA256:… as ssh-keygen -l shows it."""
    return "SHA256:" + base64.b64encode(hashlib.sha256(key).digest()).decode().rstrip("=")


def settled(mapping: Folder, folder: Any, before: dict[str, int]) -> tuple[list[Dropped], dict[str, int]]:
    """Files that are whole: their size is what it was at the last look, and they have lain still a minute; and sizes now."""
    fits = re.compile(mapping.pattern, re.IGNORECASE)
    found = sorted((f for f in folder.files() if fits.fullmatch(f.name)), key=lambda f: f.changed)[:MOST_FILES]
    still = [f for f in found if before.get(f.name) == f.size and time.time() - f.changed >= SETTLED_S]
    return still, {f.name: f.size for f in found}
