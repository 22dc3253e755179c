"""A real gateway on a free port: kept, answered, observed; resends, unknown stations, bad bytes, packets."""

import asyncio
import threading
from datetime import UTC, datetime
from decimal import Decimal as D

import pytest
from django.db import connection

from liangshui.gateway.codecs import hj212, sl651, szy206
from liangshui.gateway.frames import events_of, message_of
from liangshui.gateway.server import Limits
from liangshui.gateway.sink import GatewayBusy
from liangshui.telemetry.models import (
    ChangedSpan,
    DeviceEvent,
    ElementMapping,
    GatewayProgress,
    Observation,
    RawFrame,
    Series,
    Station,
    UnmappedElement,
    WaitingStation,
)
from tests.gateway.conftest import VECTORS, exchange

RAIN = bytes.fromhex(
    "7E7E010030746200001232002F024465260701060036F1F1003074620048F0F02607010600"
    "261900311345200060048138121287FF090820FF3311020503B042"
)
FLOW = bytes.fromhex("681A68B35303810D00C00059000000826110000001106000004508090A3516")


def send(*pieces, **more):
    async def client(host, port):
        return await exchange(host, port, pieces, **more)

    return client


def ack(data):
    """The one frame of an answer; its checksum holds, for the codec read it."""
    (event,) = events_of(data)
    return event.message


def test_sl651_is_kept_answered_and_observed(gateway, make_station):
    station = make_station("0030746200")
    answer = gateway(send(RAIN))
    now = datetime.now(UTC)
    assert len(answer) == 25
    assert answer[:17].hex().upper() == "7E7E0030746200010012328008024465" + answer[16:17].hex().upper()
    message = ack(answer)
    assert (message.direction, message.function, message.serial, message.end) == ("down", 0x32, 0x4465, 0x04)
    assert abs((sl651_utc(message.send_time) - now).total_seconds()) < 5
    frame = RawFrame.objects.get()
    assert (bytes(frame.raw), frame.verdict, frame.station_key, frame.gateway) == (RAIN, "good", "0030746200", "test")
    got = {o.series.element: (o.series.quantity, o.value) for o in Observation.objects.select_related("series")}
    assert got == {"26": ("rain_mm", D("311.3")), "38": ("voltage_v", D("12.87"))}
    assert Observation.objects.first().at == datetime(2026, 6, 30, 22, 0, tzinfo=UTC)
    assert set(UnmappedElement.objects.values_list("element", flat=True)) == {"FF09", "FF33"}
    station.refresh_from_db()
    assert station.last_seen_at == frame.received_at
    assert GatewayProgress.objects.get(gateway="test").last_frame_id == frame.pk
    assert not WaitingStation.objects.exists()
    assert not ChangedSpan.objects.exists()  # rain and voltage make no volume


def sl651_utc(naive):
    from liangshui.core.periods import BEIJING

    return naive.replace(tzinfo=BEIJING)


def test_szy206_is_answered_without_time_and_2021_with(gateway, make_station):
    make_station("5303810D00", "szy206")
    assert gateway(send(FLOW)).hex().upper() == "680868305303810D00C0003816"
    assert {(s.quantity, s.element) for s in Series.objects.all()} == {("flow_m3_h", "flow1"), ("register", "volume1")}
    assert ChangedSpan.objects.count() == 2
    assert {*DeviceEvent.objects.values_list("kind", "began")} == {
        ("mains_lost", True),
        ("water_low", True),
        ("on_battery", True),
    }
    Station.objects.update(protocol="sl427-2021")
    message = ack(gateway(send(szy206.encode(szy206.link("5303810D00")), wait=0.6)))
    assert message.body == szy206.Link(0xF2)
    report = szy206.report(
        "5303810D00", 2, [szy206.Reading("level", D("1.5"), "m")], edition="sl427-2021", when=datetime.now(UTC)
    )
    body = ack(gateway(send(szy206.encode(report)))).body
    assert len(body.tp.raw) == 7
    resolved = szy206.resolve_tp(body.tp, datetime.now(UTC))
    assert abs((resolved - datetime.now(UTC)).total_seconds()) < 5


@pytest.mark.parametrize(("form", "end"), [("default", 0x04), ("stay", 0x1B), ("silent", None), ("no_time", 0x04)])
def test_answer_forms_of_sl651(gateway, make_station, form, end):
    make_station("0030746200", answer_form=form)
    answer = gateway(send(RAIN))
    assert (ack(answer).end if answer else None) == end
    assert RawFrame.objects.count() == 1


def test_answer_forms_of_427(gateway, make_station):
    make_station("5303810D00", "szy206", answer_form="time")
    assert len(gateway(send(FLOW))) == 20
    Station.objects.update(protocol="sl427-2021", answer_form="no_time")
    assert len(gateway(send(FLOW))) == 13


def test_keep_alive_is_kept_and_not_answered(gateway, make_station):
    make_station("0030746200")
    frame = sl651.encode(sl651.keep_alive("0030746200", 7, datetime(2026, 7, 1)))
    assert gateway(send(frame, frame)) == b""
    assert RawFrame.objects.count() == 2
    assert Observation.objects.count() == 0


def test_resent_is_answered_again_and_stored_once(gateway, make_station):
    make_station("0030746200")
    make_station("5303810D00", "szy206")
    resent = bytearray(FLOW)
    resent[3] = 0xA3  # FCB counted down
    resent[-2] = szy206.crc8(bytes(resent[3:-2]))
    answers = gateway(send(RAIN, RAIN, FLOW, bytes(resent)))
    assert [len(e.raw) for e in events_of(answers)] == [25, 25, 13, 13]
    later = gateway(send(RAIN))  # and after a restart
    assert len(later) == 25
    assert RawFrame.objects.count() == 2
    assert Observation.objects.count() == 4


def test_byte_by_byte_glued_and_with_junk_before(gateway, make_station):
    make_station("0030746200")
    second = sl651.encode(message_of(RAIN)._replace(body=b"", serial=0x4466))
    assert len(gateway(send(*(bytes([b]) for b in RAIN)))) == 25
    assert len(gateway(send(b"\x00HELLO 13912345678" + second + RAIN))) == 50
    assert list(RawFrame.objects.order_by("pk").values_list("verdict", flat=True)) == ["good", "junk", "good"]
    assert bytes(RawFrame.objects.get(verdict="junk").raw) == b"\x00HELLO 13912345678"


def test_bad_frames_are_kept_and_not_answered(gateway, make_station):
    make_station("0030746200")
    damaged = bytearray(RAIN)
    damaged[30] ^= 0x10
    answer = gateway(send(bytes(damaged) + RAIN[:20]))
    assert answer == b""
    frames = {f.verdict: f for f in RawFrame.objects.all()}
    assert set(frames) == {"crc", "incomplete"}
    assert frames["crc"].station_key == "0030746200"  # as it claims
    assert bytes(frames["crc"].raw) + bytes(frames["incomplete"].raw) == bytes(damaged) + RAIN[:20]
    assert Observation.objects.count() == 0
    assert GatewayProgress.objects.get().last_frame_id == max(f.pk for f in frames.values())


def test_a_wrong_password_is_kept_and_not_answered_only_where_one_is_set(gateway, make_station):
    make_station("0030746200", password="abcd")
    assert gateway(send(RAIN)) == b""
    assert RawFrame.objects.get().verdict == "password"
    Station.objects.update(password="0012")
    assert len(gateway(send(RAIN))) == 25
    assert Observation.objects.count() == 2


def test_unknown_stations_wait_and_are_answered(gateway, database):
    answers = gateway(send(RAIN, FLOW, RAIN))
    assert [len(e.raw) for e in events_of(answers)] == [25, 13, 25]
    waiting = {w.key: (w.protocol, w.frames) for w in WaitingStation.objects.all()}
    assert waiting == {"0030746200": ("sl651", 1), "5303810D00": ("szy206", 1)}
    second = sl651.encode(message_of(RAIN)._replace(body=b"", serial=1))
    gateway(send(second))
    assert WaitingStation.objects.get(key="0030746200").frames == 2
    assert Observation.objects.count() == 0


def test_every_vector_is_kept_whatever_it_says(gateway, database):
    frames = [
        bytes.fromhex(text)
        for item in VECTORS
        for text in (item.get("frames") or [item.get("hex")])
        if text and not item["protocol"].startswith(("HJ", "DL"))
    ]

    async def client(host, port):
        await asyncio.gather(*(exchange(host, port, [frame]) for frame in frames))

    gateway(client)
    assert {bytes(raw) for raw in RawFrame.objects.values_list("raw", flat=True)} >= {
        f for f in frames if f[:2] == b"\x7e\x7e" and message_of(f) is not None
    }
    good = RawFrame.objects.filter(verdict__in=("good", "body"))
    assert all(message_of(bytes(frame.raw)) is not None for frame in good)
    assert GatewayProgress.objects.get().last_frame_id >= max(RawFrame.objects.values_list("pk", flat=True))


def test_a_map_made_while_the_gateway_runs_is_used_at_once(gateway, make_station):
    station = make_station("0030746200")

    def frame(serial):
        elements = [sl651.element("C1", D(serial), 0x33)]
        when = datetime(2026, 7, 1, 8, serial)
        return sl651.encode(sl651.report(0x32, "0030746200", serial, when, obs_time=when, elements=elements))

    async def client(host, port):
        await exchange(host, port, [frame(1)])
        await asyncio.to_thread(make_map)
        await exchange(host, port, [frame(2)])

    def make_map():  # in a thread, so with a connection of its own
        ElementMapping.objects.create(station=station, element="C1", quantity="register", factor=D("0.5"))
        connection.close()

    gateway(client)
    assert [o.value for o in Observation.objects.all()] == [D(1)]


def test_packets_are_joined_answered_once_and_asked_for(gateway, make_station):
    make_station("0030746200")
    item = next(v for v in VECTORS if v.get("frames"))
    packets = [bytes.fromhex(text) for text in item["frames"]]
    answers = [e.message for e in events_of(gateway(send(*packets)))]
    assert [(a.direction, a.packets, a.packet_no, a.end) for a in answers] == [
        ("down", len(packets), len(packets), 0x04)
    ]
    assert RawFrame.objects.count() == len(packets)
    if len(packets) > 2:
        RawFrame.objects.all().delete()
        answers = [e.message for e in events_of(gateway(send(packets[0], *packets[2:], packets[1])))]
        assert [(a.end, a.packet_no) for a in answers] == [(0x15, 2), (0x04, len(packets))]


def test_a_connection_of_nothing_but_junk_is_closed(gateway, database):
    async def client(host, port):
        reader, writer = await asyncio.open_connection(host, port)
        for _ in range(10):
            writer.write(b"\xff" * 1024)
            await writer.drain()
        assert await asyncio.wait_for(reader.read(), 5) == b""
        writer.close()

    gateway(client, limits=Limits(bad_bytes=4096))
    assert 4096 <= sum(len(raw) for raw in RawFrame.objects.values_list("raw", flat=True)) <= 10 * 1024


def test_too_many_connections_are_refused(gateway, database):
    async def client(host, port):
        first = await asyncio.open_connection(host, port)
        await asyncio.sleep(0.05)
        reader, writer = await asyncio.open_connection(host, port)
        try:
            got = await asyncio.wait_for(reader.read(), 5)
        except ConnectionResetError:
            got = b""
        assert got == b""
        writer.close()
        first[1].close()

    gateway(client, limits=Limits(connections=1))


def test_a_gateway_waits_for_the_one_before_to_be_gone(gateway, database):
    """The database, or the system, may see only later that the one before has ended."""
    from liangshui.gateway.sink import Sink

    before, after = (Sink(dict(database), "test", lambda records: None, lambda orders: None) for _number in range(2))
    before.start()
    timer = threading.Timer(0.5, before.stop)
    timer.start()
    after.start()
    after.stop()
    timer.join()


def test_one_gateway_of_a_name(gateway, database):
    async def client(host, port):
        from liangshui.gateway.server import Gateway

        second = Gateway(dict(database), "test")
        with pytest.raises(GatewayBusy):
            await second.start("127.0.0.1", 0)
        second.sink._store.close()

    gateway(client)


def test_simulated_stations_with_all_faults_are_all_answered(gateway, make_station):
    import random

    from liangshui.gateway.simulator import FAULTS, invented, simulate

    rng = random.Random(5)
    stations = [s for p in ("sl651", "szy206", "sl427-2021") for s in invented(p, 8, rng)]
    stations[16:] = [s for s in stations[16:] if not setattr(s, "key", "88" + s.key[2:])]
    for each in stations:
        make_station(each.key, each.protocol)

    async def client(host, port):
        return await simulate(
            stations, host, port, interval_s=0.02, count=5, faults=FAULTS, fault_share=0.6, rng=rng, answer_s=2
        )

    outcome = gateway(client)
    assert (outcome.reports, outcome.unanswered) == (120, 0)
    assert RawFrame.objects.filter(verdict="good").count() >= 100
    registers = Observation.objects.filter(series__quantity="register")
    by_series = {}
    for o in registers.order_by("pk"):
        by_series.setdefault(o.series_id, []).append(o.value)
    assert len(by_series) == 16
    assert all(values == sorted(values) for values in by_series.values())


def test_the_short_way_says_what_the_codecs_say():
    """Whole frames, identities and plain answers are made without detours; they must not differ."""
    from datetime import timedelta

    from liangshui.gateway.codecs.detect import AutoDecoder
    from liangshui.gateway.codecs.events import Frame
    from liangshui.gateway.directory import EMPTY
    from liangshui.gateway.frames import Answers, Transfers, beijing, record_of, whole_frame
    from liangshui.gateway.readings import label_time
    from liangshui.records.fields import to_ms

    now = datetime(2026, 7, 9, 0, 46, tzinfo=UTC)
    short = 0
    for item in VECTORS:
        for text in item.get("frames") or [item.get("hex") or ""]:
            raw = bytes.fromhex(text)
            whole = whole_frame(raw, EMPTY)
            decoder = AutoDecoder()
            decoder.receive(raw)
            events = [*iter(decoder.next_event, None), *decoder.flush()]
            if whole is None:
                continue
            short += 1
            assert events == [whole]
            record = record_of(whole, to_ms(now), "", EMPTY, Transfers())
            answer = Answers(now).to(record, None)
            message = whole.message
            if isinstance(message, szy206.Message):
                tp = getattr(message.body, "tp", None)
                if tp is not None:
                    assert label_time(tp, now) == szy206.resolve_tp(tp, now)
                timed = getattr(message.body, "edition", None) == "sl427-2021"
                full = szy206.answer(message, answer_form="tp7" if timed else "no_tp", now=now)
                assert answer == (szy206.encode(full) if full else None)
            elif record.reply is message:
                assert answer == sl651.encode(sl651.answer(message, beijing(now)))
    assert short > 40
    # every piece of a good frame, and every flipped bit, goes the long way
    for raw in (RAIN, FLOW):
        assert whole_frame(raw + b"\x16", EMPTY) is None
        assert all(whole_frame(raw[:n], EMPTY) is None for n in range(len(raw)))
        for at in range(len(raw)):
            flipped = bytearray(raw)
            flipped[at] ^= 1
            assert whole_frame(bytes(flipped), EMPTY) is None
    report = [szy206.Reading("level", D("1.5"), "m")]
    identities = set()
    for fcb in (3, 2, 0):
        for hours in (0, 1):
            sent = szy206.report(
                "5303810D00", 2, report, edition="szy206-2016", when=now - timedelta(hours=hours), fcb=fcb
            )
            frame = Frame(szy206.encode(sent), szy206.read(szy206.encode(sent)[3:-2]))
            identities.add(record_of(frame, to_ms(now), "", EMPTY, Transfers()).identity)
    assert len(identities) == 2


WATER = hj212.frame(
    "QN=20260701080000001;ST=21;CN=2011;PW=123456;MN=99010100000001;Flag=5;"
    "CP=&&DataTime=20260701080000;w01001-Rtd=7.21,w01001-Flag=N;w21003-Rtd=0.52,w21003-Flag=N&&"
)


def test_hj212_is_kept_answered_and_observed_once_though_it_comes_twice(gateway, make_station):
    make_station("99010100000001", "hj212")
    answer = gateway(send(WATER[:30], WATER[30:] + WATER))
    expected = hj212.frame("QN=20260701080000001;ST=91;CN=9014;PW=123456;MN=99010100000001;Flag=4;CP=&&&&")
    assert answer == expected * 2
    frame = RawFrame.objects.get()
    assert (bytes(frame.raw), frame.protocol, frame.station_key) == (WATER, "hj212", "99010100000001")
    assert {(o.series.quantity, o.value) for o in Observation.objects.select_related("series")} == {
        ("ph", D("7.21")),
        ("nh3n_mg_l", D("0.52")),
    }


def test_an_encrypted_hj212_message_is_kept_flagged_and_answered(gateway, make_station):
    make_station("99010100000001", "hj212")
    sealed = hj212.frame("QN=20260701080000001;ST=21;CN=2011;PW=123456;MN=99010100000001;Flag=9;CP=a1b2c3")
    assert b"CN=9014" in gateway(send(sealed))
    assert [(f.verdict, bytes(f.raw)) for f in RawFrame.objects.all()] == [("sealed", sealed)]
    assert not Observation.objects.exists()


def test_three_protocols_on_one_line_are_told_apart(gateway, make_station):
    make_station("99010100000001", "hj212")
    answer = gateway(send(RAIN + WATER + FLOW))
    assert [bytes(event.raw[:2]) for event in events_of(answer)] == [b"\x7e\x7e", b"##", b"\x68\x08"]


def test_sl651_by_udp_is_answered_to_where_it_came_from(gateway, make_station):
    make_station("0030746200")

    async def client(host, port):
        loop, answers = asyncio.get_running_loop(), asyncio.Queue()

        class Station(asyncio.DatagramProtocol):
            def datagram_received(self, data, _address):
                answers.put_nowait(data)

        transport, _ = await loop.create_datagram_endpoint(Station, remote_addr=(host, port))
        transport.sendto(RAIN)
        transport.sendto(b"nothing of ours")
        transport.sendto(RAIN)
        got = [await asyncio.wait_for(answers.get(), 5) for _ in range(2)]
        transport.close()
        return got

    first, second = gateway(client)
    assert ack(first).serial == ack(second).serial == 0x4465
    assert sorted(RawFrame.objects.values_list("verdict", flat=True)) == ["good", "junk"]
    assert Observation.objects.count() == 2
    assert RawFrame.objects.first().peer.startswith("udp 127.0.0.1:")
