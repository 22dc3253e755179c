"""100,000 rows of the power company's sheet: checked, matched to wells, taken and accounted, beside a bare read of the file.

Wells are driven by a power meter each, with a coefficient; every sixth line has only a household number. Memory is the most
that the process held. Aim: under 60 s on 2 cores and under 500 MB.

Run: python benchmarks/energy_sheet.py [rows]
"""

import os
import platform
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from io import BytesIO
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
ROWS = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
MONTHS = 12
AIM_S, AIM_MB = 60, 500


def main() -> None:
    content = workbook()
    with tempfile.TemporaryDirectory(dir=ROOT / ".venv") as folder:
        os.environ |= {"LIANGSHUI_HOME": folder, "DJANGO_SETTINGS_MODULE": "liangshui.web.settings"}
        import django

        django.setup()
        from django.core.management import call_command

        from liangshui.accounting import services
        from liangshui.accounting.models import ChangedIntake, EnergyRecord, PeriodVolume
        from liangshui.core.access import SYSTEM
        from liangshui.registry import importing

        call_command("migrate", verbosity=0, skip_checks=True)
        ledger()
        ChangedIntake.objects.all().delete()
        print(f"{platform.platform()}, Python {platform.python_version()}, {os.cpu_count()} cores")
        print(f"{ROWS:,} rows, {len(content) / 1e6:.1f} MB\n")
        print(f"{'':<28}{'wall s':>9}{'CPU s':>9}")
        floor = timed("limit: calamine reads it", lambda: bare(content))
        begun = time.perf_counter()
        batch, _took = timed("dry run", lambda: importing.check(SYSTEM, content, "电量.xlsx", "electricity"))
        assert batch.report["counts"]["created"] == ROWS, batch.report["counts"]
        timed("taking the rows", lambda: importing.take(SYSTEM, batch))

        def follow() -> None:
            while services.follow_changes():
                pass

        timed("accounts follow", follow)
        took = time.perf_counter() - begun
        assert EnergyRecord.objects.count() == PeriodVolume.objects.count() == ROWS
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(
            f"\nall: {took:.1f} s (aim {AIM_S}), {took / floor[1]:.0f} times the bare read; {memory:.0f} MB (aim {AIM_MB})"
        )


def timed(name: str, what: Callable[[], Any]) -> tuple[Any, float]:
    wall, cpu = time.perf_counter(), time.process_time()
    found = what()
    took = time.perf_counter() - wall
    print(f"{name:<28}{took:>9.1f}{time.process_time() - cpu:>9.1f}", flush=True)
    return found, took


def wells() -> int:
    return -(-ROWS // MONTHS)


def workbook() -> bytes:
    """Written once by openpyxl, before any clock runs."""
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    sheet = book.create_sheet("农灌电量")
    sheet.append(["某某供电公司2025年农灌机井电量明细"])
    sheet.append(["序号", "户号", "户名", "电能表编号", "倍率", "月份", "峰电量", "平电量", "谷电量", "总电量(kWh)"])
    for n in range(ROWS):
        well, month = divmod(n, MONTHS)
        parts = (n % 90, n % 170, n % 60)
        meter = None if well % 6 == 0 else f"DL{well:08d}"
        sheet.append([n + 1, f"04{well:08d}", f"机井{well}", meter, 1, f"2025-{month + 1:02d}", *parts, sum(parts)])
    out = BytesIO()
    book.save(out)
    return out.getvalue()


def ledger() -> None:
    """As many wells as the sheet has, 40 to a user."""
    from liangshui.accounting.models import Coefficient
    from liangshui.records.installation import Installation
    from liangshui.registry.models import (
        Attribution,
        Division,
        Holding,
        Intake,
        PowerMeter,
        PowerSupply,
        Project,
        Source,
        WaterUser,
    )

    county = Division.objects.create(code="159999000000", name="试旗", level="county")
    Installation(county_code=county.code, county_name=county.name).save()
    town = Division.objects.create(code="159999101000", name="第一镇", level="town", parent=county)
    source = Source.objects.create(code="S", name="浅层地下水", kind="shallow_groundwater")
    start = date(2020, 1, 1)
    users = WaterUser.objects.bulk_create(
        WaterUser(code=f"U{n}", name=f"农户{n}", kind="household", division=town) for n in range(wells() // 40 + 1)
    )
    projects = Project.objects.bulk_create(
        Project(code=f"P{n}", name=f"农户{n}", user=user, division=town) for n, user in enumerate(users)
    )
    Holding.objects.bulk_create(Holding(project=p, user_id=p.user_id, valid_from=start) for p in projects)
    common = {"division": town, "source": source, "sector": "agriculture"}
    made = Intake.objects.bulk_create(
        [
            Intake(code=f"W{n}", name=f"{n}号井", kind="well", project=projects[n // 40], **common)
            for n in range(wells())
        ],
        batch_size=1000,
    )
    Attribution.objects.bulk_create(
        [Attribution(intake=w, project_id=w.project_id, valid_from=start, **common) for w in made], batch_size=1000
    )
    meters = PowerMeter.objects.bulk_create(
        [PowerMeter(number=f"DL{n:08d}", household_number=f"04{n:08d}") for n in range(wells())], batch_size=1000
    )
    PowerSupply.objects.bulk_create(
        [PowerSupply(power_meter=m, intake=w, valid_from=start) for m, w in zip(meters, made, strict=True)],
        batch_size=1000,
    )
    Coefficient.objects.bulk_create(
        [Coefficient(intake=w, m3_per_kwh=Decimal("2.5"), uncertainty=Decimal("0.2"), valid_from=start) for w in made],
        batch_size=1000,
    )


def bare(content: bytes) -> None:
    from python_calamine import CalamineWorkbook

    for name in (book := CalamineWorkbook.from_filelike(BytesIO(content))).sheet_names:
        book.get_sheet_by_name(name).to_python()


if __name__ == "__main__":
    main()
