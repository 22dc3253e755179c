"""How long a ledger of 20,000 wells takes from the uploaded workbook: the dry run, taking its rows, and the same file again.

The limit beside it: reading the cells of the workbook and storing as many bare intakes with their attribution in one
transaction. Aim: 20,000 wells imported in under 30 s on 2 cores.

Run: python benchmarks/import_ledger.py [rows]
"""

import os
import platform
import random
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
ROWS = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
TOWNS = 8
AIM_S = 30


def main() -> None:
    with tempfile.TemporaryDirectory(dir=ROOT / ".venv") as folder:
        os.environ |= {"LIANGSHUI_HOME": folder, "DJANGO_SETTINGS_MODULE": "liangshui.web.settings"}
        import django

        django.setup()
        from django.core.management import call_command

        from liangshui.core.access import SYSTEM
        from liangshui.registry import importing

        call_command("migrate", verbosity=0, skip_checks=True)
        county()
        content = workbook()
        print(f"{platform.platform()}, Python {platform.python_version()}, {os.cpu_count()} cores")
        print(f"{ROWS:,} wells, {len(content) / 1e6:.1f} MB\n")
        print(f"{'':<28}{'wall s':>9}{'CPU s':>9}")
        floor = timed("limit: read and store bare", lambda: bare(content))
        checked = timed("dry run", lambda: importing.check(SYSTEM, content, "ledger.xlsx", "ledger"))
        batch = checked[0]
        counts = batch.report["counts"]
        assert counts["created"] == ROWS, batch.report
        taken = timed("taking the good rows", lambda: importing.take(SYSTEM, batch))
        again = timed("the same file again, dry run", lambda: importing.check(SYSTEM, content, "again.xlsx", "ledger"))
        assert again[0].report["counts"]["unchanged"] == ROWS, again[0].report["counts"]
        print(f"\ntaking / limit: {taken[1] / floor[1]:.1f}; aim: taken in under {AIM_S} s")


def timed(name: str, what: Callable[[], Any]) -> tuple[Any, float]:
    wall, cpu = time.perf_counter(), time.process_time()
    found = what()
    took = time.perf_counter() - wall
    print(f"{name:<28}{took:>9.1f}{time.process_time() - cpu:>9.1f}", flush=True)
    return found, took


def county() -> None:
    from liangshui.records.installation import Installation
    from liangshui.registry.models import Division, ManagementUnit

    whole = Division.objects.create(code="159999000000", name="试旗", level="county")
    Installation(county_code=whole.code, county_name=whole.name).save()
    for n in range(TOWNS):
        town = Division.objects.create(code=f"159999{101 + n}000", name=f"第{n + 1}镇", level="town", parent=whole)
        for m in range(12):
            Division.objects.create(
                code=f"{town.code[:9]}{201 + m}", name=f"第{m + 1}嘎查", level="village", parent=town
            )
    ManagementUnit.objects.create(code="U1", name="试单元", division=whole)


def workbook() -> bytes:
    """A ledger as bureaus keep it: one row a well, most of them of farm households with a power meter."""
    from io import BytesIO

    from openpyxl import Workbook

    heads = [
        "苏木镇",
        "嘎查村",
        "取水户名称",
        "取水户类型",
        "联系电话",
        "取水口名称",
        "取水口编码",
        "取水口类型",
        "水源类型",
        "用途",
        "经度",
        "纬度",
        "井深(m)",
        "水泵功率(kW)",
        "出水量(m³/h)",
        "状态",
        "计量方式",
        "电表号",
        "户号",
        "灌溉面积(亩)",
        "许可证编号",
        "年许可取水量(万立方米)",
        "备注",
    ]
    luck = random.Random(7)
    book = Workbook(write_only=True)
    sheet = book.create_sheet("机电井台账")
    sheet.append(["试旗机电井台账"])
    sheet.append(heads)
    for n in range(ROWS):
        farm = n // 3
        sheet.append(
            [
                f"第{farm % TOWNS + 1}镇", f"第{farm // TOWNS % 12 + 1}嘎查", f"农户{farm:05d}", "农户", f"139{farm:08d}",
                f"{n:05d}号井", f"W{n:06d}", "机电井", "浅层地下水", "农业",
                round(107 + luck.random(), 6), round(39 + luck.random(), 6), luck.randint(20, 180), luck.choice((5.5, 7.5, 11)),
                luck.randint(20, 80), "在用", "以电折水", f"D{n:08d}", f"H{n:08d}", luck.randint(5, 300),
                "/", "/", date(2020, 1, 1 + n % 28).isoformat(),
            ]
        )  # fmt: skip
    out = BytesIO()
    book.save(out)
    return out.getvalue()


def bare(content: bytes) -> None:
    """Cells read, and rows stored without looking at them; rolled back."""
    from io import BytesIO

    from django.db import transaction
    from openpyxl import load_workbook

    from liangshui.registry.models import Attribution, Division, Intake, Project, Source, WaterUser
    from liangshui.registry.services import BEGINNING

    cells = list(load_workbook(BytesIO(content), read_only=True).active.iter_rows(values_only=True))
    with transaction.atomic():
        place = Division.objects.filter(level="village").first()
        user = WaterUser.objects.create(code="U", name="u", kind="household", division=place)
        project = Project.objects.create(code="P", name="p", user=user, division=place)
        common = {
            "project": project,
            "division": place,
            "source": Source.objects.create(code="S", name="s", kind="shallow_groundwater"),
            "sector": "agriculture",
        }
        intakes = Intake.objects.bulk_create(
            [Intake(code=row[6], name=row[5], kind="well", **common) for row in cells[2:]], batch_size=1000
        )
        Attribution.objects.bulk_create(
            [Attribution(intake=each, valid_from=BEGINNING, **common) for each in intakes], batch_size=1000
        )
        transaction.set_rollback(True)


if __name__ == "__main__":
    main()
