"""The small demo banner: 60 intakes, 12 stations, three summer months, loaded once for the tests of a module."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import pytest
from django.db import transaction
from django.test import override_settings

from liangshui.demo.generate import Size, World
from liangshui.demo.load import load_demo

SMALL = Size(intakes=60, stations=12, users=40, months=3)
TODAY = date(2026, 9, 10)


@contextmanager
def small_demo(home: Path, seed: int = 20230421) -> Iterator[World]:
    """Loaded while the block runs, then gone."""
    with override_settings(HOME=home), transaction.atomic():
        yield load_demo(seed, TODAY, lambda line: None, size=SMALL)
        transaction.set_rollback(True)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def banner(django_db_setup, django_db_blocker, home: Path) -> Iterator[World]:
    """The loaded banner; its tests use the database through this and not through `db`, which would close it."""
    with django_db_blocker.unblock(), small_demo(home) as world:
        yield world
