"""DTUs: who they are, what they say without meaning, and the devices behind them, which are pymodbus servers and a meter of the test."""

import asyncio
import struct
from decimal import Decimal as D

import pytest
from pymodbus.framer import FramerType
from pymodbus.server import ModbusTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice

from liangshui.gateway import lines
from liangshui.gateway.codecs import modbus
from liangshui.gateway.codecs.dlt645 import Dlt645Decoder
from liangshui.telemetry.models import (
    Dtu,
    DtuKind,
    GatewayProgress,
    Observation,
    RawFrame,
    StationModel,
    WaitingStation,
)
from tests.gateway.test_server import RAIN

HELLO, BEAT = b"REG:LS0001\r\n", b"\xfe\xfe"
METER = """
device: test meter
protocol: modbus
points:
  total: {quantity: register, sum: [{register: 8, type: uint32, order: CDAB}, {register: 10, type: float32, order: CDAB}]}
  flow: {quantity: flow_m3_h, register: 0, type: float32, order: ABCD}
  energy: {quantity: energy_kwh, register: 400, type: uint32, factor: "0.01", function: 4}
"""


def words(kind, value):
    data = struct.pack(kind, value)
    return [int.from_bytes(data[i : i + 2], "big") for i in range(0, len(data), 2)]


def device(unit=7):
    """Total 123456.25 in two numbers, registers swapped; flow 12.5; energy 98765 hundredths."""
    registers = [0] * 500
    registers[0:2] = words(">f", 12.5)
    registers[8:10] = reversed(words(">I", 123456))
    registers[10:12] = reversed(words(">f", 0.25))
    registers[400:402] = words(">I", 98765)
    return SimDevice(unit, [SimData(0, values=registers, datatype=DataType.REGISTERS)])


@pytest.fixture
def dtu(town, settings, tmp_path, make_station):
    """A DTU with a Modbus device behind it, unit 7, and its map in the installation's own folder."""
    settings.HOME = tmp_path
    (tmp_path / "devices").mkdir()
    (tmp_path / "devices" / "test-meter.yaml").write_text(METER)

    def make(line="modbus_rtu", protocol="modbus", key="LS0001-7", **more):
        kind = DtuKind.objects.create(
            name="甲厂", registration=r"REG:(?P<key>[A-Z0-9]+)\r\n", heartbeat=r"\xfe\xfe", line=line
        )
        found = Dtu.objects.create(key="LS0001", name="一号数传", kind=kind, division=town, ask_every_s=300)
        model = StationModel.objects.create(name="试验表", device_map="test-meter")
        make_station(key, protocol, dtu=found, line_address=7, model=model, **more)
        return found

    return make


async def through(host, port, framer, until, hello=HELLO, junk=b""):
    """A DTU: dials the gateway, says who it is, and passes bytes to and from a pymodbus server."""
    served = ModbusTcpServer([device()], framer=framer, address=("127.0.0.1", 0))
    await served.serve_forever(background=True)
    where = served.transport.sockets[0].getsockname()
    up_reader, up_writer = await asyncio.open_connection(host, port)
    down_reader, down_writer = await asyncio.open_connection(*where)
    up_writer.write(hello)

    async def pipe(reader, writer, front=b""):
        while data := await reader.read(4096):
            writer.write(front + data)

    tasks = [asyncio.create_task(pipe(up_reader, down_writer)), asyncio.create_task(pipe(down_reader, up_writer, junk))]
    await until()
    for task in tasks:
        task.cancel()
    up_writer.close()
    down_writer.close()
    await served.shutdown()


@pytest.mark.parametrize(
    ("line", "framer", "junk"),
    [
        ("modbus_rtu", FramerType.RTU, b""),
        ("modbus_tcp", FramerType.SOCKET, b""),
        ("modbus_rtu", FramerType.RTU, BEAT + HELLO),  # some repeat both in front of every packet
    ],
)
def test_a_modbus_device_behind_a_dtu_is_asked_and_observed(gateway, dtu, line, framer, junk):
    dtu(line)

    async def client(host, port):
        await through(host, port, framer, lambda: asyncio.sleep(1.5), junk=junk)

    gateway(client)
    found = {(o.series.element, o.series.quantity): o.value for o in Observation.objects.select_related("series")}
    assert found == {
        ("total", "register"): D("123456.25"),
        ("flow", "flow_m3_h"): D("12.5"),
        ("energy", "energy_kwh"): D("987.65"),
    }
    kept = list(RawFrame.objects.order_by("pk").values_list("protocol", "station_key", "verdict"))
    assert kept == [("dtu", "LS0001", "good"), ("modbus", "LS0001-7", "good"), ("modbus", "LS0001-7", "good")]
    asked = RawFrame.objects.filter(protocol="modbus").first()
    assert modbus.exchange("x", bytes(asked.asked), bytes(asked.raw)).request == modbus.Request(7, 3, 0, 12)


def test_answers_that_were_kept_before_a_crash_are_read_again_with_their_question(gateway, dtu):
    dtu()

    async def client(host, port):
        await through(host, port, FramerType.RTU, lambda: asyncio.sleep(1.5))

    gateway(client)
    before = set(Observation.objects.values_list("series__element", "value"))
    Observation.objects.all().delete()
    GatewayProgress.objects.update(last_frame_id=0)

    async def nothing(host, port):
        await asyncio.sleep(0.2)

    gateway(nothing)
    assert set(Observation.objects.values_list("series__element", "value")) == before


def test_a_device_that_is_silent_does_not_hold_up_the_line_and_bad_bytes_are_kept(gateway, dtu, monkeypatch):
    monkeypatch.setattr(lines, "ANSWER_S", 0.2)
    dtu()

    async def client(host, port):
        reader, writer = await asyncio.open_connection(host, port)
        writer.write(HELLO[:5])
        await asyncio.sleep(0.1)
        writer.write(HELLO[5:] + BEAT)
        asked = [await asyncio.wait_for(reader.readexactly(8), 3) for _ in range(2)]
        writer.write(b"\x07\x03\x02\x00\x01\x00\x00" + BEAT)  # the checksum is wrong
        await asyncio.sleep(0.6)
        writer.close()
        return asked

    first, again = gateway(client)
    assert first == again == bytes.fromhex("070300000 00C".replace(" ", "")) + first[6:]
    assert not Observation.objects.exists()
    assert b"\x07\x03\x02\x00\x01\x00\x00" in b"".join(
        bytes(f.raw) for f in RawFrame.objects.exclude(protocol="dtu").exclude(verdict="good").order_by("pk")
    )


def test_a_device_that_refuses_says_nothing_and_its_refusal_is_kept(gateway, dtu):
    dtu()

    async def client(host, port):
        reader, writer = await asyncio.open_connection(host, port)
        writer.write(HELLO)
        await reader.readexactly(8)
        body = b"\x07\x83\x02"
        writer.write(body + modbus.encode(modbus.Request(7, 3, 0, 1), "rtu")[:0] + crc(body))
        await asyncio.sleep(0.4)
        writer.close()

    gateway(client)
    assert RawFrame.objects.filter(protocol="modbus", verdict="good").count() == 1
    assert not Observation.objects.exists()


def crc(body):
    from fastcrc import crc16

    return crc16.modbus(body).to_bytes(2, "little")


def test_a_dtu_that_nobody_knows_waits_to_be_taken_in(gateway, dtu):
    dtu()

    async def client(host, port):
        _reader, writer = await asyncio.open_connection(host, port)
        writer.write(b"REG:LS0099\r\n")
        await asyncio.sleep(0.3)
        writer.close()

    gateway(client)
    assert list(WaitingStation.objects.values_list("key", "protocol")) == [("LS0099", "dtu")]


def test_frames_that_name_their_station_come_through_a_dtu(gateway, dtu, make_station):
    dtu("through", "sl651", "0030746200")

    async def client(host, port):
        reader, writer = await asyncio.open_connection(host, port)
        writer.write(HELLO + BEAT + RAIN)
        answer = await asyncio.wait_for(reader.read(100), 3)
        writer.write(BEAT)
        writer.write(HELLO + RAIN)
        again = await asyncio.wait_for(reader.read(100), 3)
        writer.close()
        return answer, again

    answer, again = gateway(client)
    assert len(answer) == len(again) == 25
    assert RawFrame.objects.filter(protocol="sl651").count() == 1


def test_an_electricity_meter_behind_a_dtu(gateway, dtu):
    dtu("dlt645", "dlt645", "112233445566")
    body = bytes.fromhex("68665544332211689108") + bytes((b + 0x33) & 0xFF for b in bytes.fromhex("0000010078563412"))
    answer = b"\xfe\xfe\xfe" + body + bytes([sum(body) & 0xFF, 0x16])

    async def client(host, port):
        reader, writer = await asyncio.open_connection(host, port)
        writer.write(HELLO)
        decoder = Dlt645Decoder()
        decoder.receive(await asyncio.wait_for(reader.read(100), 3))
        asked = [event for event in (decoder.next_event(), decoder.next_event()) if event is not None][-1].message
        writer.write(answer)
        await asyncio.sleep(0.3)
        writer.close()
        return asked

    asked = gateway(client)
    assert (asked.address, asked.control, asked.identifier) == ("112233445566", 0x11, 0x00010000)
    observation = Observation.objects.select_related("series").get()
    assert (observation.series.quantity, observation.value) == ("energy_kwh", D("123456.78"))
