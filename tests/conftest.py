"""What tests of the whole house share: an invented county with two towns, and people signed in to it (tests/people.py)."""

import pytest
from django.core.cache import cache
from django.test import Client

from liangshui.accounting import columns
from tests.people import World, client_of


@pytest.fixture(autouse=True)
def fresh_cache(settings, tmp_path):
    """Nothing of one test's installation is remembered in the next, nor in a test that runs beside it."""
    cache.clear()
    columns._month.cache_clear()
    columns._part.cache_clear()
    settings.HOME = tmp_path  # photos and other files of a test go with it
    # files of pages are found when asked for: each client would list all of them anew
    settings.WHITENOISE_AUTOREFRESH = True
    settings.CACHES = {**settings.CACHES, "shared": {**settings.CACHES["shared"], "LOCATION": tmp_path / "cache"}}
    yield
    cache.clear()


@pytest.fixture
def world(db) -> World:
    return World()


@pytest.fixture
def nobody_client() -> Client:
    return Client(raise_request_exception=False)


@pytest.fixture
def sign_in():
    """A client signed in as a person."""
    return client_of
