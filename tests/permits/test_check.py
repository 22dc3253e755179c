"""`liangshui check`: the gate's decision as JSON, in the words of the page and the letter."""

import io
import json

import pytest
from django.core.management import CommandError, call_command

pytestmark = pytest.mark.django_db

PLANT = {
    "application": {
        "source": "shallow_groundwater", "use": "industry", "industry": "化工", "volume_m3": "200000", "quota_m3": "250000",
        "design_capacity_m3": "250000", "meter_planned": True, "must_file": True, "filed": True,
    },
    "state": {
        "unit": {"control_m3": "5120000", "pumped_m3": "9950000", "permitted_m3": "5000000", "level_kept": True},
        "zones": [], "network_covers": False, "load": "not_overloaded", "fragile": True, "other_water": True,
        "function_zone_harm": False, "layout_sound": True, "third_parties_harm": False,
    },
    "on": "2026-11-25",
}  # fmt: skip


def check(tmp_path, given) -> dict:
    path, out = tmp_path / "application.json", io.StringIO()
    path.write_text(json.dumps(given, ensure_ascii=False), encoding="utf-8")
    call_command("check", str(path), stdout=out)
    return json.loads(out.getvalue())


def test_a_refusal_names_every_ground_with_its_figures_and_what_would_pass(tmp_path):
    found = check(tmp_path, PLANT)
    assert found["outcome"] == "failed"
    assert found["grounds"] == [
        "AR-020 (2)", "AR-007", "GW-025 (1)", "SEED-SUSPEND", "GW-025 (5)", "SEED-GWBAN", "SR-034",
    ]  # fmt: skip
    words = {each["code"]: each["words"] for each in found["checks"]}
    assert "《地下水管理条例》第25条 (1)" in words["pumped"] and "9,950,000 m³" in words["pumped"]
    assert "《杭锦旗全面加强水资源管理工作方案》三(三)" in words["thirsty"]
    assert [[(each["change"], each["to"]) for each in change["changes"]] for change in found["what_would_pass"]] == [
        [("source", "reclaimed")], [("source", "rain")], [("source", "mine_drainage")],
    ]  # fmt: skip
    assert found["what_would_pass"][0]["words"].startswith("改用再生水")
    assert found["versions"]["GW-025"] == "2021-12-01"


def test_what_is_not_known_is_named_and_nothing_is_guessed(tmp_path):
    found = check(tmp_path, {"application": PLANT["application"] | {"industry": ""}, "on": "2026-11-25"})
    assert found["outcome"] == "undecidable"
    assert {each["code"] for each in found["checks"] if each["outcome"] == "undecidable"} == {
        "competence", "zones", "permitted", "pumped", "level", "order", "load", "network", "other_water",
    }  # fmt: skip
    assert "缺少" in found["checks"][0]["words"]


@pytest.mark.parametrize(
    "given",
    [
        {},
        PLANT | {"State": {}},
        {"application": PLANT["application"] | {"volume_m3": None}},
        {"application": {}},
        {"application": {"source": "sea"}},
        [],
        {"application": 1},
    ],
)
def test_a_file_that_is_none_is_told(tmp_path, given):
    with pytest.raises(CommandError, match="不是取水申请"):
        check(tmp_path, given)
