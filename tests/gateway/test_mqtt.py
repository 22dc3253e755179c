"""A real Mosquitto with TLS and password: messages are acknowledged when they are on the disk, and none is lost or doubled."""

import asyncio
import json
import shutil
import socket
import ssl
import subprocess
import time
from datetime import UTC, datetime, timedelta
from decimal import Decimal as D

import paho.mqtt.client as paho
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from liangshui.core.mappings import MappingError
from liangshui.gateway.readings.mqtt import message_in, topic_filter
from liangshui.gateway.rules.device_map import parse
from liangshui.records.secrets import sealed
from liangshui.telemetry.codes import Quantity
from liangshui.telemetry.models import Broker, Observation, RawFrame, WaitingStation

MAP = """
device: test
protocol: mqtt
topic: water/{station}/up
time: ts
time_form: unix_ms
points:
  total: {path: data.total, quantity: register}
  flow: {path: data.flow, quantity: flow_m3_h, factor: "3.6"}
"""
TS = 1780000000000


def certificate(folder):
    """A self-signed certificate of localhost."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    form = serialization.Encoding.PEM
    (folder / "crt").write_bytes(made.public_bytes(form))
    plain = serialization.PrivateFormat.TraditionalOpenSSL
    (folder / "key").write_bytes(key.private_bytes(form, plain, serialization.NoEncryption()))
    return (folder / "crt").read_text()


@pytest.fixture
def mosquitto(tmp_path):
    if shutil.which("mosquitto") is None:
        pytest.skip("no mosquitto: scripts/system-packages installs it")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    ca = certificate(tmp_path)
    passwords = tmp_path / "passwords"
    passwords.touch(mode=0o600)
    subprocess.run(["mosquitto_passwd", "-b", str(passwords), "bureau", "pass-8"], check=True, capture_output=True)
    for name in ("key", "passwords"):
        (tmp_path / name).chmod(0o644)
    (tmp_path / "conf").write_text(
        f"listener {port} 127.0.0.1\nallow_anonymous false\npassword_file {passwords}\n"
        f"certfile {tmp_path / 'crt'}\nkeyfile {tmp_path / 'key'}\nuser root\n"
    )
    with subprocess.Popen(["mosquitto", "-c", str(tmp_path / "conf")], stderr=subprocess.DEVNULL) as process:
        for _ in range(100):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        yield port, ca
        process.terminate()


def publish(mosquitto, *messages, qos=1):
    """Send (topic, payload) and wait until the broker has them."""
    port, ca = mosquitto
    client = paho.Client(paho.CallbackAPIVersion.VERSION2)
    client.username_pw_set("bureau", "pass-8")
    client.tls_set_context(ssl.create_default_context(cadata=ca))
    client.connect("localhost", port)
    client.loop_start()
    for topic, payload in messages:
        client.publish(topic, payload, qos=qos).wait_for_publish(5)
    client.disconnect()
    client.loop_stop()


@pytest.fixture
def broker(town, settings, tmp_path, mosquitto):
    settings.HOME = tmp_path
    (tmp_path / "devices").mkdir()
    (tmp_path / "devices" / "test.yaml").write_text(MAP)
    port, ca = mosquitto
    return Broker.objects.create(
        name="试验", division=town, host="localhost", port=port, ca=ca, username="bureau", secret=sealed("pass-8"),
        client_id="liangshui-test", device_map="test",
    )  # fmt: skip


def told(n, **more):
    return json.dumps({"ts": TS + n * 60_000, "data": {"total": 100 + n, "flow": 2.5, **more}})


async def until(true, wait=8.0):
    """Wait for something in the database, asked in a thread."""
    from django.db import connections

    def ask():
        try:
            return true()
        finally:
            connections.close_all()

    end = time.monotonic() + wait
    while not await asyncio.to_thread(ask):
        assert time.monotonic() < end, "it did not come"
        await asyncio.sleep(0.1)


def test_messages_are_observed_once_and_acknowledged(gateway, broker, mosquitto, make_station):
    make_station("W1", "mqtt")

    async def client(host, port):
        await until(lambda: Broker.objects.filter(fault="").exists())
        await asyncio.sleep(2.5)
        rows = [
            ("water/W1/up", told(0)),
            ("water/W1/up", told(0)),
            ("water/W9/up", told(1)),
            ("water/W1/up", "no json"),
        ]
        await asyncio.to_thread(publish, mosquitto, *rows)
        await until(lambda: RawFrame.objects.count() == 3)

    gateway(client)
    found = {(o.series.element, o.value, o.at.isoformat()) for o in Observation.objects.select_related("series")}
    at = datetime.fromtimestamp(TS / 1000, UTC).isoformat()
    assert found == {("total", D(100), at), ("flow", D("9.00"), at)}
    assert list(WaitingStation.objects.values_list("key", "protocol")) == [("W9", "mqtt")]
    kept = list(RawFrame.objects.order_by("pk").values_list("verdict", "station_key"))
    assert kept == [("good", "W1"), ("good", "W9"), ("body", "")]
    assert bytes(RawFrame.objects.first().asked) == b"water/W1/up"
    broker.refresh_from_db()
    assert broker.heard_at is not None and broker.fault == ""


def test_what_is_sent_while_the_gateway_is_away_comes_when_it_is_back(gateway, broker, mosquitto, make_station):
    make_station("W1", "mqtt")

    async def connected(host, port):
        await asyncio.sleep(3.0)

    gateway(connected)
    publish(mosquitto, *(("water/W1/up", told(n)) for n in range(50)))

    async def again(host, port):
        await until(lambda: RawFrame.objects.count() == 50)

    gateway(again)
    gateway(connected)  # what was acknowledged does not come once more
    assert RawFrame.objects.count() == 50
    assert Observation.objects.filter(series__element="total").count() == 50


def test_a_wrong_password_is_told_at_the_broker(gateway, broker):
    Broker.objects.update(secret=sealed("wrong"))

    async def client(host, port):
        await until(lambda: Broker.objects.exclude(fault="").exists())

    gateway(client)
    broker.refresh_from_db()
    assert "uthori" in broker.fault


def test_rows_with_their_own_key_and_paths():
    device = parse(
        "x",
        """
protocol: mqtt
topic: "site/+/data"
rows: list
station: sn
points: {level: {path: "v.0", quantity: level_m}}
""",
        Quantity.values,
    )
    assert topic_filter(device) == "site/+/data"
    found = message_in(device, "site/1/data", b'{"list": [{"sn": "A1", "v": [3.5]}, {"sn": 7, "v": []}, {"v": [1]}]}')
    assert found.stations == ("A1", "7")
    assert message_in(device, "site/1/data", b'{"list": []}') is None
    assert message_in(device, "site/1/data", b"\xff{") is None


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("protocol: modbus\npoints: {a: {quantity: register}}", "missing"),
        ("protocol: modbus\npoints: {a: {quantity: register, register: 70000, type: uint16}}", "not_a_number"),
        ("protocol: modbus\npoints: {a: {quantity: register, register: 1, type: uint17}}", "not_one_of"),
        ("protocol: modbus\npoints: {a: {quantity: wine, register: 1, type: uint16}}", "not_one_of"),
        ("protocol: modbus\npoints: {a: {quantity: register, register: 1, type: uint16, colour: red}}", "unknown_key"),
        ("protocol: modbus\npoints: {a: {quantity: register, register: 1, type: uint16, factor: 0}}", "not_a_number"),
        (
            "protocol: modbus\npoints: {a: {quantity: register, sum: [{register: 1, type: uint16}, {register: 900, type: uint16}]}}",
            "too_far",
        ),
        ("protocol: modbus\npoints: {}", "no_points"),
        ("protocol: mqtt\npoints: {a: {quantity: register, path: x}}", "missing"),
        ("protocol: mqtt\ntopic: a\npoints: {a: {quantity: register, path: x}}", "missing"),
        (
            "protocol: mqtt\ntopic: a/{station}\ntime_form: noon\npoints: {a: {quantity: register, path: x}}",
            "not_one_of",
        ),
        ("protocol: telex\npoints: {a: {quantity: register}}", "not_one_of"),
        ("- a", "not_a_mapping"),
    ],
)
def test_a_device_map_that_cannot_be_used_says_why(text, code):
    with pytest.raises(MappingError) as refused:
        parse("x", text, Quantity.values)
    assert refused.value.code == code
