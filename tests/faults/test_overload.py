"""Who floods, trickles or sends nothing good costs little and delays nobody else much."""

import asyncio
import statistics
import time

import pytest

from liangshui.gateway.server import Limits
from liangshui.telemetry.models import RawFrame
from tests.gateway.test_kill import frame


async def report(host, port, key, times, pause=0.02):
    """Delays of reports that are sent one after the other, each when the one before was answered."""
    reader, writer = await asyncio.open_connection(host, port)
    delays = []
    for serial in range(1, times + 1):
        began = time.perf_counter()
        writer.write(frame(key, serial))
        await asyncio.wait_for(reader.readexactly(25), 20)
        delays.append(time.perf_counter() - began)
        await asyncio.sleep(pause)
    writer.close()
    return delays


def test_a_flood_from_one_peer_delays_others_by_no_more_than_twice(gateway, make_station):
    for n in range(11):
        make_station(f"00000000{n:02d}")

    async def client(host, port):
        async def all_others(first):
            told = await asyncio.gather(*(report(host, port, f"00000000{n:02d}", 20) for n in range(first, first + 5)))
            return statistics.median(delay for delays in told for delay in delays)

        calm = await all_others(1)
        _reader, flooder = await asyncio.open_connection(host, port)
        flood = b"".join(frame("0000000000", serial) for serial in range(1, 20_001))
        flooder.write(flood)
        await asyncio.sleep(0.2)
        flooded = await all_others(6)
        flooder.transport.abort()
        return calm, flooded

    calm, flooded = gateway(client)
    # Beside twice the calm delay what the machine of a test may cost: both share it with the flooder's own work.
    assert flooded < 2 * calm + 0.1, f"{flooded * 1000:.0f} ms against {calm * 1000:.0f} ms"


def test_a_connection_has_no_more_frames_on_their_way_than_it_may(gateway, make_station):
    make_station("0000000001")
    seen = []

    async def client(host, port):
        reader, writer = await asyncio.open_connection(host, port)
        writer.write(b"".join(frame("0000000001", serial) for serial in range(1, 3001)))
        got = b""
        while len(got) < 25 * 3000:
            got += await asyncio.wait_for(reader.read(65536), 20)
            seen.append(len(got))
        writer.close()

    gateway(client, limits=Limits(underway=64))
    assert RawFrame.objects.filter(verdict="good").count() == 3000


@pytest.fixture
def quick(monkeypatch):
    monkeypatch.setattr("liangshui.gateway.server.SWEEP_S", 0.1)


async def closed_after(reader, seconds):
    """Whether the gateway closes the line within so many seconds."""
    try:
        return await asyncio.wait_for(reader.read(1), seconds) == b""
    except TimeoutError:
        return False
    except ConnectionError:
        return True


def test_bytes_that_trickle_in_are_cut_off(gateway, quick):
    async def client(host, port):
        reader, writer = await asyncio.open_connection(host, port)
        watch = asyncio.create_task(closed_after(reader, 8))
        for byte in frame("0000000001", 1)[:-1] * 3:
            if watch.done():
                break
            writer.write(bytes([byte]))
            await asyncio.sleep(0.1)  # never silent for long
        return await watch

    assert gateway(client, limits=Limits(half_frame_s=1))
    assert RawFrame.objects.exclude(verdict="good").exists()  # what came is kept


def test_who_never_sends_a_frame_is_closed_and_who_does_stays(gateway, quick, make_station):
    make_station("0000000001")

    async def client(host, port):
        silent, _writer = await asyncio.open_connection(host, port)
        reader, writer = await asyncio.open_connection(host, port)
        writer.write(frame("0000000001", 1))
        await reader.readexactly(25)
        return await closed_after(silent, 4), await closed_after(reader, 1.5)

    assert gateway(client, limits=Limits(stranger_s=1)) == (True, False)


def test_an_address_that_sends_only_junk_is_refused_for_a_time(gateway):
    async def client(host, port):
        told = []
        for _ in range(4):
            reader, writer = await asyncio.open_connection(host, port)
            writer.write(b"\x00" * 5000)
            told.append(await closed_after(reader, 3))
        reader, writer = await asyncio.open_connection(host, port)
        refused = await closed_after(reader, 1)
        await asyncio.sleep(2.2)
        reader, writer = await asyncio.open_connection(host, port)
        return told, refused, await closed_after(reader, 0.5)

    limits = Limits(bad_bytes=2000, offences=3, penalty_s=2)
    assert gateway(client, limits=limits) == ([True] * 4, True, False)


def test_connections_of_one_address_are_bounded(gateway):
    async def client(host, port):
        lines = [await asyncio.open_connection(host, port) for _ in range(4)]
        await asyncio.sleep(0.2)
        told = [await closed_after(reader, 0.3) for reader, _writer in lines]
        lines[0][1].close()
        await asyncio.sleep(0.2)
        again, _writer = await asyncio.open_connection(host, port)
        return told, await closed_after(again, 0.3)

    assert gateway(client, limits=Limits(connections_per_address=3)) == ([False, False, False, True], False)
