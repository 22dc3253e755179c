"""Whatever the OpenAPI description lets one send, no answer is an error of ours (schemathesis, in this process)."""

import os
import time

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error

from liangshui.core.access import Right
from liangshui.web import api as web_api
from liangshui.web.wsgi import application
from tests.people import World

SECONDS = 60
EACH = int(os.environ.get("LIANGSHUI_API_EXAMPLES", "15"))


@pytest.fixture
def one_connection():
    """Each request of a server begins and ends with a look at its connection, and one within a test's transaction
    would be closed; Django's own test client holds those two signals back in the same way."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.mark.django_db
@pytest.mark.usefixtures("one_connection")
def test_no_description_leads_to_a_server_error(world: World, monkeypatch):
    monkeypatch.setattr(web_api, "A_MINUTE", 10**9)
    headers = world.key(
        Right.REGISTRY_VIEW, Right.TELEMETRY_VIEW, Right.TELEMETRY_SEND, Right.ACCOUNT_VIEW, Right.QUOTA_VIEW
    )
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", application)
    until, called = time.monotonic() + SECONDS, set()
    for result in schema.get_all_operations():
        operation = result.ok()
        fit, unfit = operation.as_strategy(), operation.as_strategy(schemathesis.GenerationMode.NEGATIVE)
        called.add(operation.label)

        @settings(
            max_examples=EACH,
            deadline=None,
            database=None,
            phases=[Phase.explicit, Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=st.one_of(fit, unfit) if "parameters" in operation.definition.raw else fit)
        def try_it(case):
            if time.monotonic() < until:
                case.call_and_validate(headers=headers, checks=[not_a_server_error])

        try_it()
    assert len(called) == len(web_api.api.routes())
