"""Settings from the environment, read in one place; odd values are refused aloud."""

import os
import secrets
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import NoReturn
from urllib.parse import unquote, urlsplit


class BadSetting(SystemExit):
    """An environment variable that we will not guess at."""


def _refuse(name: str, value: str, wanted: str) -> NoReturn:
    raise BadSetting(f"{name}={value!r} is not usable: {wanted}.")


def text(name: str, default: str = "") -> str:
    return os.environ.get(name, default).strip()


def flag(name: str, default: bool) -> bool:
    value = text(name).lower()
    if not value:
        return default
    if value in {"1", "true", "yes", "on"}:
        return True
    if value in {"0", "false", "no", "off"}:
        return False
    _refuse(name, value, "say 1 or 0")


def integer(name: str, default: int, *, least: int, most: int) -> int:
    value = text(name)
    if not value:
        return default
    try:
        number = int(value)
    except ValueError:
        _refuse(name, value, f"a whole number from {least} to {most} is wanted")
    if not least <= number <= most:
        _refuse(name, value, f"a whole number from {least} to {most} is wanted")
    return number


def items(name: str, default: list[str]) -> list[str]:
    value = text(name)
    return [item.strip() for item in value.split(",") if item.strip()] if value else default


def networks(name: str) -> list[IPv4Network | IPv6Network]:
    """Networks such as 10.0.0.0/8, separated by commas."""
    found = []
    for item in items(name, []):
        try:
            found.append(ip_network(item, strict=False))
        except ValueError:
            _refuse(name, item, "networks such as 10.0.0.0/8 are wanted")
    return found


def home(checkout: Path) -> Path:
    """The folder of this installation: database, files, secret key (`LIANGSHUI_HOME`, default `var/` in the checkout)."""
    return Path(text("LIANGSHUI_HOME") or checkout / "var").expanduser().resolve()


def secret_key(folder: Path) -> str:
    """The installation's secret, made on first start, readable by its owner only; `LIANGSHUI_SECRET_KEY` overrides."""
    given = text("LIANGSHUI_SECRET_KEY")
    if given:
        if len(given) < 32:
            _refuse("LIANGSHUI_SECRET_KEY", "…", "at least 32 characters are wanted")
        return given
    path = folder / "secret-key"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(50))
    return path.read_text().strip()


def database(folder: Path) -> dict[str, object]:
    """`LIANGSHUI_DATABASE_URL`: empty for SQLite in the installation's folder, else postgres://user:password@host:port/name."""
    url = text("LIANGSHUI_DATABASE_URL")
    if not url:
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": folder / "liangshui.sqlite3",
            "CONN_MAX_AGE": None,
            "OPTIONS": {
                "timeout": 30,
                "transaction_mode": "IMMEDIATE",
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA cache_size=-64000; PRAGMA mmap_size=268435456; PRAGMA temp_store=MEMORY;",
            },
        }
    parts = urlsplit(url)
    if parts.scheme not in {"postgres", "postgresql"} or not parts.path.strip("/"):
        _refuse(
            "LIANGSHUI_DATABASE_URL",
            url.split("@")[-1],
            "write postgres://user:password@host:port/name, or leave it empty",
        )
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parts.path.strip("/"),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": unquote(parts.hostname or ""),
        "PORT": str(parts.port or ""),
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
    }
