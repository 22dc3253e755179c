"""The same rule on Spark: `rules.register.day_volumes`, compiled by Ibis for a Spark session instead of DuckDB."""

import tempfile
from functools import lru_cache
from pathlib import Path
from typing import Any

import ibis
import pyarrow as pa
import pyarrow.parquet as pq
from pyspark.sql import SparkSession

from liangshui.accounting.rules.register import DAYS_SCHEMA, day_volumes
from liangshui.accounting.rules.water_day import DayRule


@lru_cache(maxsize=1)
def _backend() -> Any:
    builder = SparkSession.builder.appName("liangshui account").config("spark.sql.session.timeZone", "UTC")
    return ibis.pyspark.connect(builder.config("spark.ui.enabled", "false").getOrCreate())


def run_spark(readings: pa.Table, segments: pa.Table, rule: DayRule) -> pa.Table:
    """As `rules.register.run_duckdb`. Rows go to Spark as Parquet, which keeps whole numbers whole."""
    backend = _backend()
    with tempfile.TemporaryDirectory(prefix="liangshui-spark-") as folder:
        tables = []
        for name, table in (("readings", readings), ("segments", segments)):
            path = Path(folder) / f"{name}.parquet"
            pq.write_table(table, path)
            tables.append(backend.read_parquet(str(path), table_name=f"liangshui_{name}"))
        days = backend.to_pyarrow(day_volumes(tables[0], tables[1], rule).order_by("intake_id", "day"))
    return days.select(DAYS_SCHEMA.names).cast(DAYS_SCHEMA)
