"""Makes of DTU, DTUs, brokers and stations that do not name themselves: what is refused, and what the pages show."""

import pytest
from django.urls import reverse

from liangshui.core.access import SYSTEM
from liangshui.core.errors import Forbidden, Invalid
from liangshui.gateway.equipment import services
from liangshui.records.secrets import opened
from liangshui.telemetry.models import Broker, Dtu, Station, StationModel, WaitingStation
from tests.people import SEEN

pytestmark = pytest.mark.django_db

KIND = {"name": "甲", "registration": r"REG:(?P<key>\d+)\r\n", "heartbeat": r"\xfe", "line": "modbus_rtu"}


@pytest.fixture(autouse=True)
def home(settings, tmp_path):
    settings.HOME = tmp_path


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"registration": "REG:(?P<key>"}, "registration"),
        ({"registration": "REG"}, "registration"),
        ({"registration": "(?P<key>A*)"}, "registration"),
        ({"registration": "登记(?P<key>1)"}, "registration"),
        ({"heartbeat": "x*"}, "heartbeat"),
        ({"name": ""}, "name"),
        ({"line": "telex"}, "line"),
    ],
)
def test_a_make_that_cannot_be_understood_is_refused(changed, field):
    with pytest.raises(Invalid) as refused:
        services.save_kind(SYSTEM, None, **KIND | changed)
    assert refused.value.field == field


def test_a_dtu_that_waited_is_taken_in(world):
    kind = services.save_kind(SYSTEM, None, **KIND)
    WaitingStation.objects.create(key="77", protocol="dtu", first_seen_at=SEEN, last_seen_at=SEEN, peer="x")
    given = {"key": "77", "name": "数传", "kind": kind, "division": world.a.town, "ask_every_s": 60, "active": True}
    services.save_dtu(SYSTEM, None, **given)
    assert not WaitingStation.objects.filter(key="77").exists()
    with pytest.raises(Invalid) as refused:
        services.save_dtu(SYSTEM, None, **given)
    assert refused.value.field == "key"
    with pytest.raises(Forbidden):
        services.save_dtu(world.actor(world.b.person), None, **given | {"key": "78"})


def test_stations_behind_a_dtu(world):
    kind = services.save_kind(SYSTEM, None, **KIND)
    dtu = Dtu.objects.create(key="77", name="数传", kind=kind, division=world.a.town)
    model = StationModel.objects.create(name="表", device_map="example-flow-meter")
    plain = StationModel.objects.create(name="无图")
    given = {
        "protocol": "modbus",
        "name": "七号表",
        "division": world.a.town,
        "dtu": dtu,
        "line_address": 7,
        "model": model,
    }
    made = services.add_station(SYSTEM, **given, intake=None)
    assert made.key == "77-7"
    for changed, field in (
        ({}, None),
        ({"line_address": 8, "dtu": None}, "dtu"),
        ({"line_address": None}, "line_address"),
        ({"line_address": 248}, "line_address"),
        ({"line_address": 8, "model": plain}, "model"),
        ({"protocol": "dlt645", "key": "123456789012"}, "dtu"),
    ):
        with pytest.raises(Invalid) as refused:
            services.add_station(SYSTEM, **given | changed)
        assert field is None or refused.value.field == field
    assert Station.objects.filter(protocol="modbus").count() == 1


def test_the_page_adds_a_broker_and_never_shows_its_password(world, sign_in):
    client = sign_in(world.officer)
    form = {
        "name": "云", "division": world.a.town.pk, "host": "mqtt.example", "port": "8883", "tls": "on", "ca": "",
        "username": "u", "secret": "geheim-9", "client_id": "c", "device_map": "example-json", "active": "on",
    }  # fmt: skip
    answer = client.post(reverse("broker-new"), form, follow=True)
    broker = Broker.objects.get(name="云")
    assert opened(broker.secret) == "geheim-9"
    assert "云" in answer.content.decode() and "geheim-9" not in answer.content.decode()
    client.post(reverse("broker", args=[broker.pk]), form | {"secret": "", "port": "1883"})
    broker.refresh_from_db()
    assert (broker.port, opened(broker.secret)) == (1883, "geheim-9")


def test_a_device_map_with_a_fault_is_named_on_the_page(world, sign_in, tmp_path):
    (tmp_path / "devices").mkdir()
    (tmp_path / "devices" / "bad.yaml").write_text("protocol: modbus\npoints: {a: {quantity: register}}")
    shown = sign_in(world.officer).get(reverse("equipment")).content.decode()
    assert "bad.yaml" in shown and "register" in shown and "example-flow-meter" in shown
