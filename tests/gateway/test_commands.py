"""Commands against a real gateway, with a station of the test on the line: asked, decided on, sent, answered, or not."""

import asyncio
from datetime import datetime, timedelta
from decimal import Decimal as D

import pytest
from django.db import connections
from django.utils import timezone

from liangshui.accounts.models import Person
from liangshui.core.access import Actor, Grant, Right, Territory
from liangshui.core.errors import Forbidden, Invalid
from liangshui.gateway.codecs import sl651, szy206
from liangshui.gateway.codecs.sl651.messages import DOWN
from liangshui.gateway.commands import orders, services
from liangshui.gateway.frames import events_of, message_of
from liangshui.telemetry.models import Command, Observation, Picture, RawFrame, pictures_folder
from tests.gateway.conftest import exchange

KEY = "0030746200"
AT = datetime(2026, 7, 1, 8, 0)


@pytest.fixture
def station(make_station):
    return make_station(KEY)


def officer(name, *rights):
    person = Person.objects.create_user(name, name)
    return Actor(name, person.pk, (Grant(frozenset(rights or (Right.TELEMETRY_COMMAND,)), Territory(everywhere=True)),))


def up(function, serial=7, *elements):
    return sl651.encode(sl651.report(function, KEY, serial, AT, obs_time=AT, elements=elements))


class Rtu:
    """A station on the line: reads what the centre sends, one frame at a time."""

    def __init__(self, reader, writer):
        self.reader, self.writer, self.got = reader, writer, []

    @classmethod
    async def on(cls, host, port):
        return cls(*await asyncio.open_connection(host, port))

    async def send(self, frame):
        self.writer.write(frame)
        await self.writer.drain()

    async def next(self, wait=8.0):
        while not self.got:
            data = await asyncio.wait_for(self.reader.read(4096), wait)
            assert data, "the gateway has closed the line"
            self.got += [event.message for event in events_of(data)]
        return self.got.pop(0)


async def in_thread(call):
    def run():
        try:
            return call()
        finally:
            connections.close_all()

    return await asyncio.to_thread(run)


def test_a_station_on_the_line_is_asked_at_once_and_its_answer_is_observed(gateway, station):
    actor = officer("甲")

    async def client(host, port):
        rtu = await Rtu.on(host, port)
        await rtu.send(up(0x32, 7, sl651.element("38", D("12.80"))))
        assert (await rtu.next()).end == 0x04  # nothing waits: done
        await in_thread(lambda: services.ask(actor, station, "query_now", {}))
        asked = await rtu.next()
        assert (asked.direction, asked.function, asked.end, asked.serial) == (DOWN, 0x37, 0x05, 0)
        await rtu.send(up(0x37, 8, sl651.element("38", D("12.50"))))
        closed = await rtu.next()
        assert (closed.function, closed.serial, closed.end) == (0x37, 8, 0x1B)

    gateway(client)
    command = Command.objects.get()
    assert (command.state, command.tries, command.gateway) == ("answered", 1, "test")
    assert message_of(bytes(command.answer_frame.raw)).function == 0x37
    assert message_of(bytes(command.sent)).function == 0x37
    assert [o.value for o in Observation.objects.order_by("frame_id")] == [D("12.80"), D("12.50")]


def test_a_sleeping_station_is_told_to_stay_and_gets_its_commands_one_after_the_other(gateway, station):
    actor = officer("甲")
    services.ask(actor, station, "set_clock", {})
    services.ask(actor, station, "query_elements", {"elements": "27 FF09:22"})

    async def client(host, port):
        rtu = await Rtu.on(host, port)
        await asyncio.sleep(2.2)  # the queue is read every two seconds
        await rtu.send(up(0x32))
        assert (await rtu.next()).end == 0x1B
        clock = await rtu.next()
        assert clock.function == 0x4A
        assert abs((clock.send_time - timezone.localtime().replace(tzinfo=None)).total_seconds()) < 10
        body = bytes.fromhex("0009" + timezone.localtime().strftime("%y%m%d%H%M%S") + "F1F1" + KEY)
        await rtu.send(sl651.encode(sl651.keep_alive(KEY, 9, AT)._replace(function=0x4A, body=body)))
        assert (await rtu.next()).end == 0x1B
        wanted = await rtu.next()
        assert (wanted.function, wanted.detail.wanted) == (0x3A, (("27", 0x2B), ("FF09", 0x22)))
        await rtu.send(up(0x3A, 10, sl651.element("27", D("0.500"), 0x23)))
        await rtu.next()

    gateway(client)
    assert list(Command.objects.order_by("pk").values_list("state", "tries")) == [("answered", 1), ("answered", 1)]
    assert [o.value for o in Observation.objects.all()] == [D(1800)]


def test_a_clock_that_was_far_off_is_set_twice(gateway, station):
    services.ask(officer("甲"), station, "set_clock", {})

    async def client(host, port):
        rtu = await Rtu.on(host, port)
        await asyncio.sleep(2.2)
        await rtu.send(up(0x32))
        await rtu.next()
        body = bytes.fromhex("0009260101000000F1F1" + KEY)
        for _ in range(2):
            assert (await rtu.next()).function == 0x4A
            await rtu.send(sl651.encode(sl651.keep_alive(KEY, 9, AT)._replace(function=0x4A, body=body)))
            body = bytes.fromhex("0010" + timezone.localtime().strftime("%y%m%d%H%M%S") + "F1F1" + KEY)
            assert (await rtu.next()).end in (0x04, 0x1B)

    gateway(client)
    assert Command.objects.values_list("state", "tries").get() == ("answered", 2)


def test_a_pump_is_switched_only_when_another_officer_has_agreed(gateway, station):
    first, second = officer("甲"), officer("乙")
    with pytest.raises(Invalid, match=r"Say why|理由"):
        services.ask(first, station, "pump", {"switches": "1 0"})
    command = services.ask(first, station, "pump", {"switches": "1 0"}, reason="灌溉")
    assert command.state == "proposed"
    with pytest.raises(Invalid):
        services.decide(first, command, allowed=True)

    async def client(host, port):
        rtu = await Rtu.on(host, port)
        await asyncio.sleep(2.2)
        await rtu.send(up(0x32))
        assert (await rtu.next()).end == 0x04
        await in_thread(lambda: services.decide(second, command, allowed=True))
        switched = await rtu.next()
        assert (switched.function, switched.detail.on) == (0x4C, (True, False))

    gateway(client)
    command.refresh_from_db()
    assert (command.state, command.decided_by_id) == ("sent", second.person_id)


@pytest.mark.parametrize(
    ("kind", "content", "second"),
    [
        ("write_running", {"settings": "20 08 1"}, False),
        ("write_running", {"settings": "96 33 1000"}, True),
        ("valve", {"switches": "0"}, True),
        ("gate", {"openings": "0 150"}, True),
        ("quota_control", {"on": False}, True),
        (
            "query_period",
            {"start": "2026-07-01T08:00", "end": "2026-07-01T12:00", "step_min": 60, "element": "39"},
            False,
        ),
    ],
)
def test_what_needs_a_second_officer_and_the_rest_not(station, kind, content, second):
    command = services.ask(officer("甲"), station, kind, content, reason="试")
    assert command.state == ("proposed" if second else "queued")


def test_what_cannot_be_written_is_refused_when_it_is_asked(station):
    actor = officer("甲")
    for kind, content in (
        ("query_elements", {"elements": "FF09"}),
        ("write_running", {"settings": "20 08"}),
        ("write_running", {"settings": "20 08 100"}),
        ("gate", {"openings": "12345"}),
        ("query_period", {"start": "2026-07-02T08:00", "end": "2026-07-01T12:00", "step_min": 60, "element": "39"}),
        ("quota", {"data": "00"}),
    ):
        with pytest.raises(Invalid):
            services.ask(actor, station, kind, content, reason="试")
    with pytest.raises(Forbidden):
        services.ask(officer("丙", Right.TELEMETRY_CHANGE), station, "query_now", {})
    assert not Command.objects.exists()


def test_without_an_answer_it_is_sent_three_times_then_waits_and_expires(gateway, station, monkeypatch):
    monkeypatch.setattr(orders, "ANSWER_S", 0.2)
    monkeypatch.setattr("liangshui.gateway.server.SWEEP_S", 0.1)
    command = services.ask(officer("甲"), station, "status", {}, waits=timedelta(seconds=6))

    async def client(host, port):
        rtu = await Rtu.on(host, port)
        await asyncio.sleep(2.2)
        await rtu.send(up(0x32))
        await rtu.next()
        for _ in range(3):
            assert (await rtu.next()).function == 0x46
        with pytest.raises(TimeoutError):
            await rtu.next(wait=1.0)
        await asyncio.sleep(4)

    gateway(client)
    command.refresh_from_db()
    assert (command.state, command.tries) == ("expired", 3)


def test_a_withdrawn_command_is_not_sent(gateway, station):
    actor = officer("甲")
    command = services.ask(actor, station, "query_now", {})

    async def client(host, port):
        rtu = await Rtu.on(host, port)
        await asyncio.sleep(2.2)
        await in_thread(lambda: services.withdraw(actor, command))
        await rtu.send(up(0x32))
        await rtu.next()
        with pytest.raises(TimeoutError):
            await rtu.next(wait=1.0)

    gateway(client)
    command.refresh_from_db()
    assert command.state == "withdrawn"


def test_szy206_is_asked_for_its_values_of_now(gateway, make_station):
    station = make_station("5303810D00", "sl427-2021", password="1234")
    services.ask(officer("甲"), station, "query_now", {"type_code": 3})
    second = services.ask(officer("乙"), station, "quota", {"data": "00100000"}, reason="核减")
    assert second.state == "proposed"
    report = bytes.fromhex("681A68B35303810D00C00059000000826110000001106000004508090A3516")
    flow = [szy206.Reading("flow", D("2.000"), "m3/h"), szy206.Reading("volume", D(106190), "m3")]

    async def client(host, port):
        rtu = await Rtu.on(host, port)
        await asyncio.sleep(2.2)
        await rtu.send(report)
        await rtu.next()
        asked = await rtu.next()
        assert (asked.up, asked.afn, asked.type_code, len(asked.body.data)) == (False, 0xB0, 3, 7)
        body = szy206.Report(tuple(flow), 0, 0, None, "sl427-2021")
        await rtu.send(szy206.encode(szy206.Message("5303810D00", 0xB0, body, 3)))
        await asyncio.sleep(0.5)

    gateway(client)
    assert Command.objects.get(kind="query_now").state == "answered"
    assert Observation.objects.filter(series__quantity="register").values_list("value", flat=True).last() == D(106190)


def test_a_setting_of_szy206_carries_the_password_before_the_time():
    written = szy206.command("5303810D00", 0x34, b"\x01\x02", password="1234", label=szy206.Tp(bytes(7)))
    assert szy206.encode(written)[9:-2] == bytes.fromhex("34" + "0102" + "1234" + "00" * 7)


def test_a_picture_in_packets_becomes_a_file(gateway, station):
    jpeg = b"\xff\xd8" + bytes(range(256)) * 6 + b"\xff\xd9"
    whole = sl651.report(0x36, KEY, 5, AT, obs_time=AT, elements=[sl651.Element("F3", 0xF3, jpeg)])
    body = sl651.read(sl651.encode(whole)).body
    parts = [body[i : i + 600] for i in range(0, len(body), 600)]
    packets = [
        sl651.encode(
            whole._replace(
                body=part, start=0x16, end=0x03 if n == len(parts) else 0x17, packets=len(parts), packet_no=n
            )
        )
        for n, part in enumerate(parts, 1)
    ]

    async def client(host, port):
        return await exchange(host, port, packets)

    answer = message_of(gateway(client))
    assert (answer.function, answer.packets, answer.packet_no) == (0x36, len(parts), len(parts))
    picture = Picture.objects.get()
    assert (pictures_folder() / picture.path).read_bytes() == jpeg
    assert (picture.station, picture.at.isoformat()) == (station, "2026-07-01T00:00:00+00:00")
    assert picture.frame_id == RawFrame.objects.order_by("pk").last().pk


def test_a_report_of_szy206_in_pieces_is_answered_piece_by_piece_and_read_as_one(gateway, make_station):
    make_station("5303810D00", "szy206")
    whole = bytes.fromhex("681A68B35303810D00C00059000000826110000001106000004508090A3516")[3:-2]
    data = whole[7:]
    pieces = []
    for divs, part in ((2, data[:7]), (1, data[7:])):
        payload = bytes([whole[0] | 0x40, divs]) + whole[1:7] + part
        pieces.append(bytes([0x68, len(payload), 0x68]) + payload + bytes([szy206.crc8(payload), 0x16]))

    async def client(host, port):
        return await exchange(host, port, pieces)

    answers = [event.message for event in events_of(gateway(client))]
    assert [(a.afn, a.divs) for a in answers] == [(0xC0, 2), (0xC0, 1)]
    assert sorted(o.value for o in Observation.objects.all()) == [D("5.900"), D(106182)]
