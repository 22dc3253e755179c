"""Imports of the hand-made workbooks: what each row comes to, that twice is once, and that what goes out comes in."""

import io
import json
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from auditlog.models import LogEntry
from django.core.management import call_command
from openpyxl import load_workbook

import liangshui.registry
from liangshui.core.access import EVERYWHERE, SYSTEM, Right
from liangshui.core.errors import Forbidden, Invalid
from liangshui.registry import importing, sentences, services
from liangshui.registry.models import (
    Attribution,
    ControlZone,
    Division,
    Holding,
    ImportBatch,
    Intake,
    ManagementUnit,
    Meter,
    PowerSupply,
    Project,
    Shape,
    Source,
    WaterUser,
    ZoneProposal,
)
from liangshui.registry.sheets.ledger import LEDGER
from liangshui.registry.sheets.write import SheetOut, write_workbook

WORKBOOKS = Path(liangshui.registry.__file__).parent / "tests/sheets/workbooks"
BOTH = {"defaults": {"source": "shallow_groundwater", "sector": "agriculture"}}


def check(actor, name, **options):
    return importing.check(actor, (WORKBOOKS / name).read_bytes(), name, "ledger", options)


def outcome(batch):
    """(sheet, row): status and codes of problems, of every row that says something."""
    return {
        (row["sheet"], row["row"]): (row["status"], [p["code"] for p in row["problems"]])
        for row in batch.report["rows"]
    }


def sheet_of(*rows, fields=LEDGER):
    return write_workbook([SheetOut("台账", fields, rows)])


def row(code="W1", **values):
    base = {
        "town": "青泉镇", "village": "上泉嘎查", "user_name": "张三", "code": code, "name": f"{code}号井",
        "source": "shallow_groundwater", "sector": "agriculture",
    }  # fmt: skip
    return {**base, **values}


# --- the workbooks, by hand ---


def test_two_heads(place, boss):
    batch = check(boss, "two_heads.xlsx", **BOTH)
    assert outcome(batch) == {
        ("机井台账", 5): ("created", []),
        ("机井台账", 6): ("created", []),
        ("机井台账", 7): ("refused", ["duplicate_row"]),
        ("机井台账", 9): ("refused", ["not_a_number"]),
        ("机井台账", 10): ("refused", ["unknown_town"]),
    }
    assert Intake.objects.count() == 0
    importing.take(boss, batch)
    well = Intake.objects.get(code="0001")
    assert (well.name, well.depth_m, well.longitude, well.project.user.name) == (
        "上泉1号井", Decimal(120), Decimal("107.537556"), "张三",
    )  # fmt: skip
    assert well.division == place.upper
    assert well.project.permitted_m3 == Decimal(12500)
    assert well.areas.get().area_mu == Decimal(180)
    assert batch.state == "taken" and batch.done_rows == 5


def test_rows_without_source_wait_until_somebody_says_what_they_mean(boss):
    batch = check(boss, "two_heads.xlsx")
    assert outcome(batch)["机井台账", 5] == ("refused", ["no_source"])
    batch = importing.answer(boss, batch, {"defaults": {"source": "deep_groundwater"}})
    assert outcome(batch)["机井台账", 5] == ("refused", ["no_sector"])
    assert batch.report["missing"] == ["sector"]
    batch = importing.answer(boss, batch, {"defaults": {"source": "deep_groundwater", "sector": "living"}})
    assert batch.report["counts"] == {"created": 2, "changed": 0, "unchanged": 0, "refused": 3}


def test_sheet_a_town(place, boss):
    batch = check(boss, "sheet_a_town.xlsx", defaults={"sector": "agriculture"})
    assert outcome(batch) == {
        ("1青泉镇", 3): ("created", []),
        ("1青泉镇", 4): ("created", []),
        ("1青泉镇", 7): ("created", []),
        ("1青泉镇", 9): ("refused", ["outside"]),
        ("白沙镇", 2): ("refused", ["unclear_choice", "half_a_place"]),
        ("白沙镇", 3): ("refused", ["unknown_choice"]),
    }
    importing.take(boss, batch)
    guessed = Intake.objects.get(code="QQ-001")
    assert guessed.place_guessed and guessed.management_unit == place.unit and guessed.pipe_mm == 100
    assert sorted(guessed.project.user.household_numbers.values_list("number", flat=True)) == [
        "0401000001", "0401000002",
    ]  # fmt: skip
    assert (Intake.objects.get(code="QQ-002").status, Intake.objects.get(code="QQ-002").place_guessed) == (
        "sealed", False,
    )  # fmt: skip


def test_permits(place, boss):
    batch = check(boss, "permits.xlsx", answers={"source": {"地下水": "shallow_groundwater"}})
    assert outcome(batch) == {
        ("取水口", 6): ("created", []),
        ("取水口", 7): ("refused", ["lost_digits", "not_an_integer"]),
        ("取水口", 8): ("refused", ["unclear_date"]),
        ("取水口", 9): (
            "refused",
            [p["code"] for r in batch.report["rows"] if r["row"] == 9 for p in r["problems"]],
        ),
    }
    importing.take(boss, batch)
    works = Intake.objects.get()
    assert works.code == "980101100-00001" and works.national_code == "150625001"
    assert works.project.user.credit_code == "91150000MA0DEMO01X"
    assert works.project.permitted_m3 == Decimal(3650000)
    meter = works.meter_installations.get().meter
    assert (meter.number, meter.digits, meter.verification_due) == ("20230001", 6, date(2027, 4, 30))


def test_a_list_without_towns_asks_for_one(place, boss):
    batch = check(boss, "list_gbk.csv", **BOTH)
    assert [code for code, _params in batch.report["table_problems"]] == ["missing_column"]
    batch = importing.answer(boss, batch, {"given": {"town": "清泉镇"}})
    assert [status for status, _codes in outcome(batch).values()] == [
        "created", "created", "refused", "refused", "refused",
    ]  # fmt: skip
    importing.take(boss, batch)
    assert Intake.objects.filter(project__user__name="演示合作社", division=place.spring).count() == 2


def test_census_with_a_village_nobody_listed(place, boss):
    batch = check(boss, "census.xls", **BOTH)
    assert outcome(batch) == {
        ("机井普查", 4): ("created", []),
        ("机井普查", 5): ("refused", ["dms_range"]),
        ("机井普查", 6): ("refused", ["unknown_village"]),
    }
    batch = importing.answer(boss, batch, {"create_villages": True})
    assert outcome(batch)["机井普查", 6] == ("created", [])
    importing.take(boss, batch)
    village = Division.objects.get(name="下泉嘎查")
    assert (village.code, village.parent) == ("980101100900", place.spring)
    assert Intake.objects.get(name="下泉井").division == village


@pytest.mark.parametrize("name", ["two_heads.xlsx", "sheet_a_town.xlsx", "permits.xlsx", "list_gbk.csv", "census.xls"])
def test_the_same_file_twice_changes_nothing(boss, name):
    options = {
        **BOTH, "answers": {"source": {"地下水": "shallow_groundwater"}}, "create_villages": True,
        "given": {"town": "青泉镇"},
    }  # fmt: skip
    first = importing.take(boss, check(boss, name, **options))
    entries = LogEntry.objects.exclude(content_type__model="importbatch").count()
    again = check(boss, name, **options)
    assert again.report["counts"]["created"] == again.report["counts"]["changed"] == 0
    assert again.report["counts"]["unchanged"] == first.report["counts"]["created"] > 0
    importing.take(boss, again)
    assert LogEntry.objects.exclude(content_type__model="importbatch").count() == entries


def test_what_goes_out_comes_in_without_change(boss):
    for name in ("two_heads.xlsx", "sheet_a_town.xlsx", "permits.xlsx", "census.xls"):
        options = {**BOTH, "answers": {"source": {"地下水": "shallow_groundwater"}}, "create_villages": True}
        importing.take(boss, check(boss, name, **options))
    services.link_power_meter(boss, Intake.objects.get(code="QQ-001"), number="E1", multiplier=Decimal(40))
    content = importing.export_ledger(EVERYWHERE)
    assert load_workbook(io.BytesIO(content)).sheetnames == ["取水口台账", "填表说明"]
    batch = importing.check(boss, content, "out.xlsx", "ledger")
    assert batch.report["counts"] == {"created": 0, "changed": 0, "unchanged": Intake.objects.count(), "refused": 0}


# --- habits of rows ---


def test_before_and_after_of_a_change(place, boss):
    importing.take(boss, importing.check(boss, sheet_of(row(depth_m=Decimal(80))), "a.xlsx", "ledger"))
    changed = sheet_of(row(depth_m=Decimal(120), status="standby", management_unit="GW-1"))
    batch = importing.check(boss, changed, "a.xlsx", "ledger", {"from_day": "2026-03-01"})
    assert batch.report["rows"][0]["changes"] == [
        ["Intake", "management_unit", "", "一号单元"],
        ["Intake", "status", "in_use", "standby"],
        ["Intake", "depth_m", "80", "120"],
    ]
    importing.take(boss, batch)
    rows = list(Attribution.objects.order_by("valid_from").values_list("management_unit", "valid_from", "valid_to"))
    assert rows == [(None, date(2000, 1, 1), date(2026, 3, 1)), (place.unit.pk, date(2026, 3, 1), None)]
    entry = LogEntry.objects.filter(content_type__model="intake", action=LogEntry.Action.UPDATE).get()
    assert entry.changes["depth_m"] == ["80.00", "120.00"]


def test_a_blank_cell_takes_nothing_away(boss):
    importing.take(boss, importing.check(boss, sheet_of(row(depth_m=Decimal(80))), "a.xlsx", "ledger"))
    batch = importing.check(boss, sheet_of(row()), "a.xlsx", "ledger")
    assert batch.report["counts"]["unchanged"] == 1


def test_a_household_has_several_wells_and_a_permit_many(boss):
    permit = {"permit_number": "D-1", "permitted_m3": Decimal(1000)}
    content = sheet_of(row("W1", **permit), row("W2", **permit), row("W3", phone="1"), row("W4", phone="2"))
    batch = importing.take(boss, importing.check(boss, content, "a.xlsx", "ledger"))
    assert batch.report["counts"]["created"] == 4
    assert WaterUser.objects.count() == 1 and Project.objects.count() == 2 == Holding.objects.count()
    assert [note["code"] for note in batch.report["rows"][3]["notes"]] == ["user_conflict"]
    assert WaterUser.objects.get().phone == "1"


def test_two_of_one_name_in_two_villages_are_two_people(place, boss):
    Division.objects.create(code="980101100002", name="下泉嘎查", level="village", parent=place.spring)
    content = sheet_of(row("W1"), row("W2", village="下泉嘎查"))
    importing.take(boss, importing.check(boss, content, "a.xlsx", "ledger"))
    assert WaterUser.objects.filter(name="张三").count() == 2


def test_what_has_its_own_form_is_no_matter_of_a_sheet(boss):
    importing.take(boss, importing.check(boss, sheet_of(row(meter_number="A")), "a.xlsx", "ledger"))
    for values, code in (
        ({"user_name": "李四"}, "other_holder"),
        ({"meter_number": "B"}, "other_meter"),
        ({"status": "sealed"}, "sealing"),
    ):
        batch = importing.check(boss, sheet_of(row(**values)), "a.xlsx", "ledger")
        assert outcome(batch) == {("台账", 2): ("refused", [code])}
    batch = importing.check(boss, sheet_of(row("W2", meter_number="A")), "a.xlsx", "ledger")
    assert outcome(batch) == {("台账", 2): ("refused", ["meter_elsewhere"])}


def test_permit_and_household_number_of_another_are_refused(boss):
    content = sheet_of(row(permit_number="D-1", household_numbers=("0401",)))
    importing.take(boss, importing.check(boss, content, "a.xlsx", "ledger"))
    for values, code in (
        ({"permit_number": "D-1"}, "permit_of_other"),
        ({"household_numbers": ("0401",)}, "household_of_other"),
    ):
        batch = importing.check(boss, sheet_of(row("W2", user_name="李四", **values)), "a.xlsx", "ledger")
        assert outcome(batch) == {("台账", 2): ("refused", [code])}


def test_a_town_nearly_right_is_told_with_its_nearest(boss):
    batch = importing.check(boss, sheet_of(row(town="青全镇")), "a.xlsx", "ledger")
    (problem,) = batch.report["rows"][0]["problems"]
    assert problem["params"]["nearest"] == "青泉镇"
    assert "青泉镇" in sentences.cell_words(problem)


def test_a_power_meter_of_another_number_counts_from_its_day(boss):
    importing.take(boss, importing.check(boss, sheet_of(row(power_meter_number="E1")), "a.xlsx", "ledger"))
    content = sheet_of(row(power_meter_number="E2", power_multiplier=Decimal(40)))
    importing.take(boss, importing.check(boss, content, "a.xlsx", "ledger", {"from_day": "2026-03-01"}))
    rows = PowerSupply.objects.order_by("valid_from").values_list("power_meter__number", "valid_to")
    assert list(rows) == [("E1", date(2026, 3, 1)), ("E2", None)]


# --- who, and what happens around ---


def test_a_town_takes_its_own_rows_only(place):
    own = place.actor(division=place.spring)
    content = sheet_of(row("W1"), row("W2", town="白沙镇", village=None))
    batch = importing.take(own, importing.check(own, content, "a.xlsx", "ledger"))
    assert outcome(batch) == {("台账", 2): ("created", []), ("台账", 3): ("refused", ["not_yours"])}
    with pytest.raises(Forbidden):
        importing.check(place.actor(Right.REGISTRY_VIEW), content, "a.xlsx", "ledger")


def test_taken_is_taken(boss):
    batch = importing.take(boss, importing.check(boss, sheet_of(row()), "a.xlsx", "ledger"))
    with pytest.raises(Invalid):
        importing.take(boss, batch)


def test_a_file_that_is_none_leaves_nothing_behind(boss):
    with pytest.raises(Invalid):
        importing.check(boss, b"%PDF-1.4 ...", "a.pdf", "ledger")
    assert ImportBatch.objects.count() == 0


def test_the_marked_copy_says_what_to_do_in_the_bad_cell(boss):
    batch = check(boss, "two_heads.xlsx", **BOTH)
    sheet = load_workbook(io.BytesIO(importing.marked_copy(batch)))["机井台账"]
    assert "一百二" in sheet["K9"].comment.text
    assert sheet["K5"].comment is None


def test_an_order_keeps_the_rights_it_was_given_with(place, boss, settings):
    settings.TASKS = {"default": {"BACKEND": "django_tasks.backends.immediate.ImmediateBackend"}}
    assert importing.unpacked(json.loads(json.dumps(importing.packed(boss)))) == boss
    assert importing.unpacked(importing.packed(SYSTEM)) is SYSTEM
    batch = importing.check(boss, sheet_of(*(row(f"W{n}") for n in range(600))), "a.xlsx", "ledger")
    importing.start_taking(boss, batch)
    batch.refresh_from_db()
    assert (batch.state, batch.done_rows, Intake.objects.count()) == ("taken", 600, 600)


def test_twenty_thousand_wells(place, boss):
    rows = (
        row(f"W{n:05d}", user_name=f"牧户{n // 2}", power_meter_number=f"E{n}", depth_m=Decimal(n % 200))
        for n in range(20_000)
    )
    fields = [f for f in LEDGER if f.name in row() or f.name in {"power_meter_number", "depth_m"}]
    batch = importing.take(boss, importing.check(boss, sheet_of(*rows, fields=fields), "a.xlsx", "ledger"))
    assert batch.report["counts"] == {"created": 20_000, "changed": 0, "unchanged": 0, "refused": 0}
    assert Intake.objects.count() == Attribution.objects.count() == PowerSupply.objects.count() == 20_000
    assert WaterUser.objects.count() == 10_000
    assert LogEntry.objects.filter(content_type__model="intake").count() == 20_000


# --- divisions, places, outlines ---


def test_divisions_by_sheet(place, boss, tmp_path):
    book = "代码,名称,级别,别名\n980101100002,下泉嘎查,,下泉村\n980101101,白沙镇,,白砂镇\n9801x,错,,\n".encode()
    batch = importing.check(boss, book, "d.csv", "divisions")
    assert [(r["row"], r["status"], [p["code"] for p in r["problems"]]) for r in batch.report["rows"]] == [
        (2, "created", []), (3, "changed", []), (4, "refused", ["bad_code"]),
    ]  # fmt: skip
    importing.take(boss, batch)
    assert Division.objects.get(name="下泉嘎查").path == place.spring.path + "980101100002/"
    assert place.sand.aliases.get().name == "白砂镇"
    assert importing.check(boss, book, "d.csv", "divisions").report["counts"]["unchanged"] == 2


def collection(*features):
    return json.dumps(
        {
            "type": "FeatureCollection",
            "features": [
                {"type": "Feature", "properties": properties, "geometry": geometry} for properties, geometry in features
            ],
        }
    ).encode()


def square(west, south):
    ring = [[west, south], [west + 0.1, south], [west + 0.1, south + 0.1], [west, south + 0.1], [west, south]]
    return {"type": "Polygon", "coordinates": [ring]}


def test_places_by_points(place, boss):
    importing.take(boss, importing.check(boss, sheet_of(row("W1"), row("W2")), "a.xlsx", "ledger"))
    point = {"type": "Point", "coordinates": [108.1, 39.9]}
    content = collection(
        ({"name": "W1号井"}, point), ({"code": "W9"}, point), ({"code": "W2"}, {"type": "Point", "coordinates": [1, 2]})
    )
    batch = importing.take(boss, importing.check(boss, content, "p.geojson", "places"))
    assert [(r["status"], [p["code"] for p in r["problems"]]) for r in batch.report["rows"]] == [
        ("changed", []), ("refused", ["unknown_intake"]), ("refused", ["outside"]),
    ]  # fmt: skip
    assert Intake.objects.get(code="W1").longitude == Decimal("108.1")


def test_outlines_find_their_town_by_name_and_zones_their_kind(place, boss):
    content = collection(({"name": "清泉镇", "code": "980101101"}, square(107, 40)))
    importing.take(boss, importing.check(boss, content, "t.geojson", "boundaries", {"outline": "town"}))
    assert Shape.objects.get(kind="division").division == place.spring
    zone = collection(({"name": "北部"}, square(107.2, 40)))
    options = {"outline": "zone-banned", "from_day": "2025-01-01"}
    bare = importing.check(boss, zone, "z.geojson", "boundaries", options)
    assert bare.report["rows"][0]["problems"][0]["code"] == "no_document"
    options |= {"document": "划定方案", "document_number": "文 2 号", "issued_on": "2024-12-01"}
    importing.take(boss, importing.check(boss, zone, "z.geojson", "boundaries", options))
    assert not ControlZone.objects.exists()
    (told,) = ZoneProposal.objects.get(document_number="文 2 号").changes
    assert (told["kind"], told["name"], told["valid_from"], told["zone"]) == ("banned", "北部", "2025-01-01", None)
    unit = collection(
        ({"name": "一号单元"}, square(107.4, 40)), ({"name": "三号单元", "code": "GW-3"}, square(108, 40))
    )
    batch = importing.take(boss, importing.check(boss, unit, "u.geojson", "boundaries", {"outline": "unit"}))
    assert [r["status"] for r in batch.report["rows"]] == ["changed", "created"]
    assert ManagementUnit.objects.get(code="GW-3").division == place.county
    own = place.actor(division=place.spring)
    assert importing.check(own, zone, "z.geojson", "boundaries", options).report["counts"]["refused"] == 1


def test_commands_print_the_report_on_each_row(place, tmp_path, capsys):
    path = tmp_path / "ledger.xlsx"
    path.write_bytes(sheet_of(row("W1"), row("W2", town="无名镇")))
    call_command("import", "ledger", str(path), "--dry-run")
    assert Intake.objects.count() == 0
    call_command("import", "ledger", str(path))
    printed = capsys.readouterr().out
    assert "台账 2\tcreated\tW1 W1号井 张三" in printed and "created=1 changed=0 unchanged=0 refused=1" in printed
    call_command("export", "ledger", str(tmp_path / "out.xlsx"))
    call_command("import", "ledger", str(tmp_path / "out.xlsx"))
    assert "unchanged=1" in capsys.readouterr().out


def test_sources_and_meters_are_made_once(boss):
    content = sheet_of(row("W1", source="reclaimed", meter_number="M1", meter_multiplier=Decimal(10)))
    importing.take(boss, importing.check(boss, content, "a.xlsx", "ledger"))
    assert Source.objects.filter(kind="reclaimed").count() == 1
    assert Meter.objects.get().multiplier == Decimal(10)
