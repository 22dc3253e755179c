"""A year of hourly readings to volumes of days: our definition against the barest query that could be written.

    python benchmarks/account_year.py [--intakes 3000] [--repeat 3] [--memory 3GB]

Readings come from a fixed seed and are written to Parquet, a file a month, in a folder that is removed afterwards. About
one reading in a thousand has each fault. Each engine run is a fresh process, so that its peak memory is its own. The two
runs alternate and the middle of the repeats is shown.
"""

import argparse
import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import duckdb
import ibis

from liangshui.accounting.rules.register import day_volumes, tune_duckdb
from liangshui.accounting.rules.water_day import DayRule, Mark

HOURS = 8760
START_MS = 1_735_660_800_000  # 2025-01-01 00:00 Asia/Shanghai
TARGET_RATIO = 3.0
TARGET_GB = 3.0

#: Registers read in m3, pumps of 20 to 60 m3/h. Every 999 hours (a reading in a thousand, in a third of the intakes each
#: at 333 hours): the register is reset, rolls over, or runs back 3 m3. A tenth of the intakes have their meter exchanged.
READINGS_SQL = """
WITH hours AS (
    SELECT intake, hour, (20 + hash(intake) % 41)::BIGINT AS rate, intake % 3 AS kind,
           (hash(intake * 10007 + hour * 31 + 20250101) % 1000000007)::BIGINT AS dice,
           (hash(intake * 10007 + hour // 5 * 37 + 7) % 5000)::BIGINT AS block
    FROM range({intakes}) AS i(intake), range({first}, {last}) AS h(hour)
), truth AS (
    SELECT *, dice % 100000 AS fault, dice // 100000 % 600 * 1000 AS jitter,
           intake % 10 = 0 AND hour >= 5000 AS exchanged,
           -- stuck for five hours: the value of the block's first hour
           CASE WHEN block BETWEEN 10 AND 14 THEN hour // 5 * 5 ELSE hour END AS counted_hour
    FROM hours WHERE block >= 5  -- five hours missing
), registers AS (
    SELECT *, CASE WHEN exchanged THEN {intakes} + intake ELSE intake END AS segment,
           CASE kind WHEN 0 THEN counted_hour % 333 * rate
                     WHEN 1 THEN (counted_hour * rate) % (333 * rate)
                     ELSE 1000 + counted_hour * rate - counted_hour // 333 * (rate + 3) END * 1000000
               + CASE WHEN counted_hour = hour THEN jitter ELSE 0 END AS value
    FROM truth
), reports AS (
    SELECT segment, intake, rate, fault, value,
           {start} + hour * 3600000 + jitter + CASE WHEN fault BETWEEN 100 AND 199 THEN 86400000 ELSE 0 END AS at_ms,
           {start} + hour * 3600000 + jitter + CASE WHEN fault BETWEEN 200 AND 299 THEN 21600000 ELSE 5000 END AS received
    FROM registers
)
SELECT segment::BIGINT AS segment_id, intake::BIGINT AS intake_id, at_ms::BIGINT AS at_ms, received::BIGINT AS received_ms,
       CASE WHEN fault < 100 THEN NULL
            WHEN fault BETWEEN 300 AND 399 THEN value + 5000000000
            WHEN fault BETWEEN 400 AND 499 THEN value // 3
            ELSE value END::BIGINT AS value_micro,
       (rate * 1000000)::BIGINT AS flow_micro
FROM reports
UNION ALL  -- resent: with the same value, and with another
SELECT segment, intake, at_ms, received + 60000, CASE WHEN fault < 600 THEN value ELSE value + 1000000 END, rate * 1000000
FROM reports WHERE fault BETWEEN 500 AND 699
"""

SEGMENTS_SQL = """
SELECT s::BIGINT AS segment_id, (s % {intakes})::BIGINT AS intake_id, 1000000::BIGINT AS multiplier_micro,
       CASE WHEN s % {intakes} % 3 = 1 THEN 333 * rate * 1000000 END::BIGINT AS modulus_micro,
       (rate * 1.25)::DOUBLE AS max_rate_m3_h, 20000::BIGINT AS error_ppm
FROM (SELECT s, 20 + hash(s % {intakes}) % 41 AS rate FROM range(2 * {intakes}) AS r(s))
"""

BARE_SQL = """
SELECT segment_id, (at_ms + 28800000) // 86400000 AS day, sum(delta) AS volume
FROM (SELECT segment_id, at_ms, value_micro - lag(value_micro) OVER (PARTITION BY segment_id ORDER BY at_ms) AS delta
      FROM read_parquet('{folder}/readings-*.parquet'))
GROUP BY ALL
"""


def generate(folder: Path, intakes: int) -> None:
    connection = duckdb.connect()
    connection.execute(f"SET memory_limit = '3GB'; SET temp_directory = '{folder}/spill'")
    for month in range(12):
        part = READINGS_SQL.format(
            intakes=intakes, start=START_MS, first=HOURS * month // 12, last=HOURS * (month + 1) // 12
        )
        connection.execute(f"COPY ({part}) TO '{folder}/readings-{month + 1:02}.parquet' (FORMAT parquet)")
    connection.execute(f"COPY ({SEGMENTS_SQL.format(intakes=intakes)}) TO '{folder}/segments.parquet' (FORMAT parquet)")


def connect(folder: Path, memory: str) -> Any:
    backend = ibis.duckdb.connect(memory_limit=memory, temp_directory=str(folder / "spill"))
    backend.raw_sql("SET preserve_insertion_order = false")
    tune_duckdb(backend.con)
    return backend


def run(engine: str, folder: Path, memory: str) -> dict[str, float]:
    """One run in this process: seconds by the clock and of all cores, rows out, peak resident memory in GB."""
    backend = connect(folder, memory)
    began, processor = time.perf_counter(), time.process_time()
    if engine == "bare":
        backend.raw_sql("CREATE TABLE days AS " + BARE_SQL.format(folder=folder))
    else:
        readings = backend.read_parquet(f"{folder}/readings-*.parquet", table_name="readings")
        segments = backend.read_parquet(f"{folder}/segments.parquet", table_name="segments")
        backend.create_table("days", day_volumes(readings, segments, DayRule()))
    seconds, processor = time.perf_counter() - began, time.process_time() - processor
    rows = backend.raw_sql("SELECT count(*) FROM days").fetchall()[0][0]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
    return {"seconds": seconds, "cpu": processor, "rows": rows, "gb": peak}


def marks_found(folder: Path, memory: str) -> str:
    """How many days carry each mark, to show that the faults were there."""
    backend = connect(folder, memory)
    readings = backend.read_parquet(f"{folder}/readings-*.parquet", table_name="readings")
    segments = backend.read_parquet(f"{folder}/segments.parquet", table_name="segments")
    backend.create_table("days", day_volumes(readings, segments, DayRule()))
    counts = ", ".join(f"sum((marks & {int(mark)} <> 0)::INT)" for mark in Mark)
    found = backend.raw_sql(f"SELECT {counts} FROM days").fetchall()[0]
    return ", ".join(f"{mark.name} {int(count)}" for mark, count in zip(Mark, found, strict=True) if count)


def machine() -> str:
    model = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        model = next((x.split(":")[1].strip() for x in cpuinfo.read_text().splitlines() if "model name" in x), model)
    load = os.getloadavg()[0]
    return f"{model}, {os.cpu_count()} cores, load {load:.1f}, DuckDB {duckdb.__version__}, ibis {ibis.__version__}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--intakes", type=int, default=3000)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--memory", default="3GB", help="memory limit of DuckDB")
    parser.add_argument("--marks", action="store_true", help="also count the days with each mark")
    parser.add_argument("--child", nargs=2, metavar=("ENGINE", "FOLDER"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        engine, folder = options.child
        print(json.dumps(run(engine, Path(folder), options.memory)))
        return 0

    print(machine())
    with tempfile.TemporaryDirectory(prefix="account_year_") as name:
        folder = Path(name)
        generate(folder, options.intakes)
        counting = duckdb.connect().execute(f"SELECT count(*) FROM '{folder}/readings-*.parquet'")
        rows = int(counting.fetchall()[0][0])
        size = sum(path.stat().st_size for path in folder.glob("*.parquet")) / 1e6
        print(f"{options.intakes} intakes, {rows:,} readings, {size:.0f} MB of Parquet, memory limit {options.memory}")
        results: dict[str, list[dict[str, float]]] = {"bare": [], "day_volumes": []}
        for _ in range(options.repeat):
            for engine, runs in results.items():
                command = [sys.executable, __file__, "--memory", options.memory, "--child", engine, str(folder)]
                runs.append(json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout))
        print(f"{'':14}{'days':>12}{'seconds':>10}{'core s':>10}{'peak GB':>10}{'rows/s':>14}")
        middle, cores = {}, {}
        for engine, runs in results.items():
            middle[engine] = statistics.median(one["seconds"] for one in runs)
            cores[engine] = statistics.median(one["cpu"] for one in runs)
            peak = max(one["gb"] for one in runs)
            days = int(runs[0]["rows"])
            print(
                f"{engine:14}{days:>12,}{middle[engine]:>10.2f}{cores[engine]:>10.2f}{peak:>10.2f}{rows / middle[engine]:>14,.0f}"
            )
        ratio = middle["day_volumes"] / middle["bare"]
        peak = max(one["gb"] for one in results["day_volumes"])
        by_cores = cores["day_volumes"] / cores["bare"]
        print(
            f"ratio {ratio:.2f} by the clock (target {TARGET_RATIO}), {by_cores:.2f} by core seconds; peak {peak:.2f} GB (target {TARGET_GB})"
        )
        if options.marks:
            print(marks_found(folder, options.memory))
    return 0 if ratio <= TARGET_RATIO and peak <= TARGET_GB else 1


if __name__ == "__main__":
    sys.exit(main())
