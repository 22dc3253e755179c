"""A database of its own for the gateway: on SQLite a file, since a memory has no WAL and no second process."""

import asyncio
import json
from pathlib import Path

import pytest
from django.db import connection

from liangshui.gateway.server import Gateway
from liangshui.registry.codes import DivisionLevel
from liangshui.registry.models import Division
from liangshui.telemetry.models import Station

VECTORS = json.loads((Path(__file__).parents[1] / "codecs" / "vectors.json").read_text(encoding="utf-8"))


@pytest.fixture
def database(transactional_db, tmp_path):
    """Settings of the database that both the test and the gateway use."""
    if connection.vendor == "postgresql":
        yield connection.settings_dict
        return
    settings = connection.settings_dict
    path = tmp_path / "liangshui.sqlite3"
    with connection.cursor() as cursor:
        cursor.execute("VACUUM INTO %s", [str(path)])
    kept, name = connection.connection, settings["NAME"]
    connection.connection = None
    settings["NAME"] = str(path)
    try:
        yield settings
    finally:
        if connection.connection is not None:
            connection.connection.close()
        settings["NAME"] = name
        connection.connection = kept


@pytest.fixture
def town(database):
    """A town of an invented county."""
    parent = None
    for code, name, level in (
        ("990000000000", "省", DivisionLevel.PROVINCE),
        ("990100000000", "市", DivisionLevel.CITY),
        ("990101000000", "县", DivisionLevel.COUNTY),
        ("990101100000", "东镇", DivisionLevel.TOWN),
    ):
        parent = Division.objects.create(code=code, name=name, level=level, parent=parent)
    return parent


@pytest.fixture
def make_station(town):
    def make(key, protocol="sl651", **more):
        return Station.objects.create(key=key, name=f"站{key}", protocol=protocol, division=town, **more)

    return make


@pytest.fixture
def gateway(database):
    """Run a client against a real gateway; everything is written when it returns."""

    def run(client, **more):
        async def main():
            served = Gateway(dict(database), "test", **more)
            host, port = await served.start("127.0.0.1", 0)
            try:
                return await client(host, port)
            finally:
                await served.stop()

        return asyncio.run(main())

    return run


async def exchange(host, port, pieces, wait=0.4):
    """Send pieces over one connection; the bytes that come back until nothing more comes."""
    reader, writer = await asyncio.open_connection(host, port)
    got = b""
    for piece in pieces:
        writer.write(piece)
        await writer.drain()
        await asyncio.sleep(0)
    while True:
        try:
            part = await asyncio.wait_for(reader.read(65536), wait)
        except TimeoutError:
            break
        if not part:
            break
        got += part
    writer.close()
    return got
