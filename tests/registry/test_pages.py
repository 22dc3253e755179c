"""Pages of the ledger: lists in few queries, forms with their check step, imports from upload to taken, the map."""

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone

from liangshui.registry import importing, services
from liangshui.registry.models import Holding, ImportBatch, Intake, Shape, WaterUser
from tests.accounting.test_sheets import book
from tests.registry.test_importing import row, sheet_of


@pytest.fixture
def officer(world, sign_in):
    return sign_in(world.officer)


@pytest.fixture
def auditor(world, sign_in):
    return sign_in(world.auditor)


def make_more(world, count):
    """More wells of town A, of one project."""
    first = world.a.intake
    for n in range(count):
        services.save_intake(
            services_actor(world), code=f"M{n}", name=f"多{n}", kind="well", project=first.project,
            division=first.division, source=first.source, sector="agriculture",
        )  # fmt: skip


def services_actor(world):
    return world.actor(world.officer)


@pytest.mark.parametrize("page", ["intake-list", "user-list", "project-list", "node-list", "division-list"])
def test_a_list_takes_as_many_queries_for_many_rows_as_for_few(
    world, officer, page, django_assert_max_num_queries, django_assert_num_queries
):
    officer.get(reverse(page))
    with django_assert_max_num_queries(40) as few:
        officer.get(reverse(page))
    make_more(world, 20)
    with django_assert_num_queries(len(few)):
        assert officer.get(reverse(page)).status_code == 200


def test_lists_are_searched_by_initials_user_and_permit(world, officer):
    services.save_project(services_actor(world), world.a.project, permit_number="D-77")
    for text, found, lost in (
        ("jjj", "甲机井", "乙机井"),
        ("乙用户", "乙机井", "甲机井"),
        ("D-77", "甲机井", "乙机井"),
    ):
        page = officer.get(reverse("intake-list"), {"q": text}).content.decode()
        assert found in page and lost not in page


def test_filters_narrow_and_the_export_holds_exactly_what_is_filtered(world, officer):
    page = officer.get(reverse("intake-list"), {"town": world.b.town.code}).content.decode()
    assert "乙机井" in page and "甲机井" not in page
    answer = officer.get(reverse("intake-list"), {"town": world.b.town.code, "export": "xlsx"})
    assert answer["Content-Type"].endswith("sheet") and answer.content[:2] == b"PK"


def test_buttons_only_for_who_may(world, officer, auditor):
    address = reverse("intake", args=[world.a.intake.pk])
    assert reverse("intake-seal", args=[world.a.intake.pk]) in officer.get(address).content.decode()
    assert reverse("intake-seal", args=[world.a.intake.pk]) not in auditor.get(address).content.decode()
    assert auditor.post(reverse("intake-seal", args=[world.a.intake.pk])).status_code == 403


def test_what_has_legal_effect_is_checked_first(world, officer):
    intake = world.a.intake
    address = reverse("intake-owner", args=[intake.pk])
    data = {"user": "A-V 甲二户", "document": "文 3 号"}
    data["from_day"] = timezone.localdate().isoformat()
    page = officer.post(address, data)
    assert page.status_code == 200 and 'name="checked"' in page.content.decode()
    assert Holding.objects.filter(project=intake.project).count() == 1
    assert officer.post(address, {**data, "checked": "1"}).status_code == 302
    assert Holding.objects.filter(project=intake.project).count() == 2


def test_a_refused_form_keeps_what_was_typed(world, officer):
    address = reverse("intake-seal", args=[world.a.intake.pk])
    page = officer.post(address, {"day": "2999-01-01", "note": "明天"}).content.decode()
    assert "明天" in page and "errorlist" in page
    assert Intake.objects.get(pk=world.a.intake.pk).status == "in_use"


def test_edit_keeps_attributed_facts_out_of_reach(world, officer):
    intake = world.a.intake
    address = reverse("intake-edit", args=[intake.pk])
    data = {"code": intake.code, "name": "新名", "kind": "well", "status": "standby", "lawful_method": "meter"}
    assert officer.post(address, {**data, "sector": "industry"}).status_code == 302
    intake.refresh_from_db()
    assert (intake.name, intake.status, intake.sector) == ("新名", "standby", "agriculture")


def test_attribution_anew_by_its_form(world, officer):
    intake = world.a.intake
    data = {
        "project": intake.project.code, "division": intake.division.pk, "source": intake.source.pk, "sector": "living",
        "from_day": timezone.localdate().isoformat(), "reason": "改用途", "checked": "1",
    }  # fmt: skip
    assert officer.post(reverse("intake-attribute", args=[intake.pk]), data).status_code == 302
    assert intake.attributions.count() == 2


@pytest.mark.parametrize(
    ("page", "data"),
    [
        ("unit-new", {"code": "N1", "name": "新"}),
        ("source-new", {"code": "N1", "name": "新", "kind": "rain"}),
        ("node-new", {"code": "N1", "name": "新", "kind": "canal"}),
        ("division-new", {"code": "980101300", "name": "新镇", "level": "town"}),
        ("supply-new", {"code": "N1", "supplier": "A-U", "customer": "B-U", "sector": "living"}),
    ],
)
def test_small_records_are_entered(world, officer, page, data):
    data = {
        "division": world.county.pk if page == "unit-new" else world.a.town.pk, "parent": world.county.pk,
        "source": world.source.pk, "valid_from": "2026-01-01", **data,
    }  # fmt: skip
    if page == "node-new":
        del data["parent"]
    answer = officer.post(reverse(page), data)
    assert answer.status_code == 302, answer.content.decode()[-3000:]


def test_users_and_projects_are_entered(world, officer):
    data = {"code": "N1", "name": "新户", "kind": "household", "division": world.a.town.pk, "household_numbers": "1，2"}
    assert officer.post(reverse("user-new"), data).status_code == 302
    user = WaterUser.objects.get(code="N1")
    assert user.initials == "xh" and user.household_numbers.count() == 2
    data = {"code": "NP", "name": "新项目", "user": "N1 新户", "division": world.a.town.pk, "permitted_m3": "12.5"}
    assert officer.post(reverse("project-new"), data).status_code == 302
    page = officer.get(reverse("user", args=[user.pk])).content.decode()
    assert "新项目" in page


def test_an_import_from_upload_to_taken(world, officer):
    wells = sheet_of(
        row("X1", town="甲镇", village="甲村"),
        row("X2", town="丙镇", village=None),
        row("X3", town="甲镇", village=None),
    )
    upload = SimpleUploadedFile("井.xlsx", wells)
    answer = officer.post(reverse("import-new"), {"kind": "ledger", "file": upload})
    batch = ImportBatch.objects.get(file_name="井.xlsx")
    assert answer.url == reverse("import", args=[batch.pk])
    page = officer.get(answer.url).content.decode()
    assert "丙镇" in page and reverse("import-take", args=[batch.pk]) in page
    assert officer.get(reverse("import-marked", args=[batch.pk])).content[:2] == b"PK"
    assert not Intake.objects.filter(code="X1").exists()
    officer.post(reverse("import-take", args=[batch.pk]))
    assert set(Intake.objects.filter(code__startswith="X").values_list("code", flat=True)) == {"X1", "X3"}
    page = officer.get(answer.url).content.decode()
    assert reverse("import-take", args=[batch.pk]) not in page
    done = officer.get(reverse("import-progress", args=[batch.pk]))
    assert done["HX-Refresh"] == "true"


@pytest.mark.django_db(transaction=True)
def test_an_import_whose_worker_was_stopped_is_started_again_from_its_page(world, officer):
    """Half of the rows are written, the order is lost with the worker; a second worker does the rest, once."""
    rows = [row(f"X{n}", town="甲镇", village=None) for n in range(importing.BACKGROUND_ROWS + 1)]
    batch = importing.check(services_actor(world), sheet_of(*rows), "井.xlsx", "ledger")
    half = importing.check(services_actor(world), sheet_of(*rows[:200]), "半.xlsx", "ledger")
    importing.take(services_actor(world), half)
    officer.post(reverse("import-take", args=[batch.pk]))
    progress, again = (reverse(name, args=[batch.pk]) for name in ("import-progress", "import-again"))
    assert again not in officer.get(progress).content.decode()
    assert "请等它完成" in officer.post(again, follow=True).content.decode(), "it may still be moving"
    ImportBatch.objects.filter(pk=batch.pk).update(moved_at=timezone.now() - timedelta(minutes=4))
    assert again in officer.get(progress).content.decode()
    officer.post(again)
    call_command("worker", once=True)  # finds both orders
    batch.refresh_from_db()
    assert batch.state == ImportBatch.State.TAKEN and "failed" not in batch.report
    assert batch.report["counts"] == {"created": 301, "changed": 0, "unchanged": 200, "refused": 0}
    assert Intake.objects.filter(code__startswith="X").count() == len(rows)


def test_answers_are_posted_on_the_page_of_the_import(world, officer):
    wells = sheet_of(row("X1", town="甲镇", village=None, source=None))
    officer.post(reverse("import-new"), {"kind": "ledger", "file": SimpleUploadedFile("井.xlsx", wells)})
    batch = ImportBatch.objects.get(file_name="井.xlsx")
    page = officer.get(reverse("import", args=[batch.pk])).content.decode()
    assert 'name="default:source"' in page
    officer.post(reverse("import", args=[batch.pk]), {"default:source": "deep_groundwater"})
    batch.refresh_from_db()
    assert batch.report["counts"]["created"] == 1


def test_what_a_word_means_is_answered_on_the_page(world, officer):
    sheet = book(
        ("苏木镇", "嘎查村", "用水户名称", "取水口编号", "水源类型", "用途"),
        ("甲镇", None, "张三", "X1", "地下水", "农业"),
    )
    officer.post(reverse("import-new"), {"kind": "ledger", "file": SimpleUploadedFile("井.xlsx", sheet)})
    batch = ImportBatch.objects.get(file_name="井.xlsx")
    page = officer.get(reverse("import", args=[batch.pk])).content.decode()
    assert 'name="answer:source:地下水"' in page
    officer.post(reverse("import", args=[batch.pk]), {"answer:source:地下水": "deep_groundwater"})
    batch.refresh_from_db()
    assert batch.report["counts"]["created"] == 1


def test_the_sample_of_an_installation_can_be_imported_but_for_its_bad_row(world, officer):
    sheet = officer.get(reverse("import-sample")).content
    officer.post(reverse("import-new"), {"kind": "ledger", "file": SimpleUploadedFile("例.xlsx", sheet)})
    counts = ImportBatch.objects.get(file_name="例.xlsx").report["counts"]
    assert (counts["created"], counts["refused"]) == (5, 1)


def test_a_file_that_cannot_be_read_is_told_at_the_form(world, officer):
    upload = SimpleUploadedFile("x.xlsx", b"%PDF-1.4")
    page = officer.post(reverse("import-new"), {"kind": "ledger", "file": upload}).content.decode()
    assert "errorlist" in page and not ImportBatch.objects.filter(file_name="x.xlsx").exists()


def test_points_of_the_map_are_narrowed_filtered_and_known_again(world, officer, sign_in):
    points = officer.get(reverse("map-points")).json()
    assert len(points["id"]) == 2 and points["x"][0] == 10910000 and points["placeless"] == 0
    own = sign_in(world.town_a).get(reverse("map-points")).json()
    assert own["id"] == [world.a.intake.pk]
    assert officer.get(reverse("map-points"), {"source": "rain"}).json()["id"] == []
    answer = officer.get(reverse("map-points"))
    again = officer.get(reverse("map-points"), headers={"If-None-Match": answer["ETag"]})
    assert again.status_code == 304
    services.seal_intake(services_actor(world), world.a.intake, timezone.localdate())
    fresh = officer.get(reverse("map-points"), headers={"If-None-Match": answer["ETag"]})
    assert fresh.status_code == 200 and sorted(fresh.json()["state"]) == [1, 3]


def test_outlines_of_the_map(world, officer):
    Shape.objects.create(kind="river", name="河", geometry={"type": "LineString", "coordinates": [[1, 2], [3, 4]]})
    features = officer.get(reverse("map-data")).json()["features"]
    assert [f["properties"] for f in features] == [
        {"kind": "river", "name": "河"}, {"kind": "limited", "name": "公共限采区"},
    ]  # fmt: skip


def test_the_map_page_asks_nobody_outside(world, officer):
    page = officer.get(reverse("map")).content.decode()
    assert "http://" not in page.replace("http://www.w3.org", "") and "https://" not in page
