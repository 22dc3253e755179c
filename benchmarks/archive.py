"""A month of hourly readings moved to Parquet and accounted from there, beside a bare write of the same columns.

    python benchmarks/archive.py [--stations 20000]
    scripts/with-postgres --durable python benchmarks/archive.py

The installation is made in a temporary folder and removed; with LIANGSHUI_DATABASE_URL the database must be empty. The
month has 30 days, so 20,000 stations are 14.4 million rows. On PostgreSQL the removal is followed by VACUUM, timed too.
"""

import argparse
import os
import shutil
import sys
import tempfile
import time
from datetime import date, datetime
from pathlib import Path
from typing import Any

HOURS = 30 * 24
MONTH = date(2026, 4, 1)
TARGET_WRITE_S, TARGET_ACCOUNT_S = 60, 30
BATCH = 2000


def fill(stations: int) -> None:
    from django.db import connection

    from liangshui.core.periods import BEIJING
    from liangshui.records.fields import to_ms
    from liangshui.registry.models import Intake
    from liangshui.telemetry.models import Observation, Series, Station, StationLink
    from tests.accounting.conftest import Place

    place = Place()
    one = place.well("0", place.user("U"))
    facts = {f.attname: getattr(one, f.attname) for f in Intake._meta.concrete_fields if f.name != "id"}
    intakes = [Intake(**facts | {"code": f"{number}"}) for number in range(1, stations)]
    Intake.objects.bulk_create(intakes, batch_size=500)
    found = list(Intake.objects.order_by("pk"))
    made = Station.objects.bulk_create(
        (Station(key=f"{n:010}", name=f"{n}", protocol="sl651", division=one.division) for n in range(stations)),
        batch_size=500,
    )
    linked = datetime(2025, 1, 1, tzinfo=BEIJING)
    StationLink.objects.bulk_create(
        (StationLink(station=s, intake=i, linked_at=linked) for s, i in zip(made, found, strict=True)), batch_size=500
    )
    Series.objects.bulk_create((Series(station=s, quantity="register", element="F1") for s in made), batch_size=500)
    start = to_ms(datetime(2026, 4, 1, tzinfo=BEIJING))
    (index,) = (i for i in Observation._meta.indexes if i.fields == ["series", "at"])
    with connection.schema_editor() as editor:  # it is built behind the rows, which come hour by hour as in life
        editor.remove_index(Observation, index)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO telemetry_observation (series_id, at, received_at, value, frame_id, origin) "
            "WITH RECURSIVE hours(n) AS (SELECT CAST(0 AS bigint) UNION ALL SELECT n + 1 FROM hours WHERE n < %s) "
            "SELECT s.id, %s + n * 3600000 + s.id %% 600 * 1000, %s + n * 3600000 + s.id %% 600 * 1000 + 4000, "
            "1000000000 + n * (20 + s.id %% 41) * 1000000, n * 20000 + s.id, 'frame' FROM hours, telemetry_series s "
            "ORDER BY n, s.id",
            [HOURS - 1, start, start],
        )
    with connection.schema_editor() as editor:
        editor.add_index(Observation, index)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def timed(work: Any) -> tuple[float, Any]:
    began = time.perf_counter()
    found = work()
    return time.perf_counter() - began, found


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--stations", type=int, default=20_000)
    stations = parser.parse_args().stations
    home = Path(tempfile.mkdtemp(prefix="liangshui-archive-"))
    os.environ["LIANGSHUI_HOME"] = str(home)
    os.environ["DJANGO_SETTINGS_MODULE"] = "liangshui.web.settings"
    sys.path.insert(0, str(Path(__file__).parents[1]))
    try:
        run(home, stations)
    finally:
        shutil.rmtree(home)


def run(home: Path, stations: int) -> None:
    import django

    django.setup()
    import pyarrow.parquet as pq
    from django.core.management import call_command
    from django.db import connection

    from liangshui.accounting.rules.water_day import DayRule
    from liangshui.accounting.volumes import day_volumes
    from liangshui.core.periods import Period
    from liangshui.registry.models import Intake
    from liangshui.telemetry import archive, archiving
    from liangshui.telemetry.models import ArchivedMonth, Observation

    call_command("migrate", verbosity=0, interactive=False)
    seconds, _ = timed(lambda: fill(stations))
    rows = stations * HOURS
    print(f"{connection.vendor}, {os.cpu_count()} cores, {stations:,} stations, {rows:,} rows, made in {seconds:.0f} s")
    removing: list[float] = []
    remove = archiving._remove
    archiving._remove = lambda row: removing.append(timed(lambda: remove(row))[0])  # type: ignore[assignment]
    seconds, (moved,) = timed(lambda: list(archiving.archive(MONTH)))
    (file,) = ArchivedMonth.objects.all()
    size = archive.path_of(file).stat().st_size
    written = seconds - sum(removing)
    table = pq.read_table(archive.path_of(file), partitioning=None)
    bare, _ = timed(lambda: pq.write_table(table, home / "bare.parquet", compression="zstd"))
    print(f"{'':34}{'s':>8}{'rows/s':>12}   target")
    lines = [("bare pyarrow write, rows in memory", bare, ""), ("written and checked", written, f"< {TARGET_WRITE_S}")]
    lines.append(("removed from the database", sum(removing), ""))
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            lines.append(("VACUUM behind it", timed(lambda: cursor.execute("VACUUM telemetry_observation"))[0], ""))
    ids = list(Intake.objects.order_by("pk").values_list("pk", flat=True))
    period = Period(MONTH, date(2026, 5, 1))

    def account() -> int:
        parts = (ids[at : at + BATCH] for at in range(0, len(ids), BATCH))
        return sum(len(day_volumes(dict.fromkeys(part, period), DayRule())) for part in parts)

    seconds, days = timed(account)
    lines.append(("accounted from the archive", seconds, f"< {TARGET_ACCOUNT_S}"))
    for name, each, target in lines:
        print(f"{name:34}{each:8.1f}{rows / each:12,.0f}   {target}")
    print(
        f"{moved.observations:,} rows moved, {Observation.objects.count():,} stay, {size / 2**20:.0f} MB, {days:,} days"
    )


if __name__ == "__main__":
    main()
