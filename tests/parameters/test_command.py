"""`liangshui law`: a rule on a day, and worked cases."""

import io
import json
import os
import subprocess
import sys

import pytest
from django.core.management import CommandError, call_command

pytestmark = pytest.mark.django_db


def run(*arguments: str) -> str:
    out = io.StringIO()
    call_command("law", *arguments, stdout=out)
    return out.getvalue()


def test_a_rule_is_shown_with_its_source_and_how_it_was_seen():
    said = json.loads(run("show", "AR-025", "--on", "2026-06-30", "--json"))
    assert said["value"]["renewal_apply_days_before"] == 45
    assert (said["cited"], said["status"], said["since"]) == (
        "《取水许可和水资源费征收管理条例》第25条", "full_text", "2006-04-15",
    )  # fmt: skip
    shown = run("show", "AR-025", "--on", "2026-06-30")
    assert "国务院令第460号" in shown and "行政法规" in shown and "已见全文" in shown
    assert "一般有效期 5年\n" in shown and "延续申请提前 45日\n" in shown and "validity_years" not in shown
    assert "未查到，待录入" in run("show", "T24-TABLE-NM", "--on", "2026-06-30")
    with pytest.raises(CommandError, match="no longer holds from 2017-12-01"):
        run("show", "FEE-NM", "--on", "2018-01-01")


def test_cases_are_worked_and_a_wrong_one_ends_with_an_error(tmp_path):
    case = {
        "id": "PM-9",
        "topic": "permit-renewal",
        "inputs": {"expires": "2026-06-30"},
        "expected": {"apply_by": "2026-05-16"},
    }
    later = {"id": "PN-1", "topic": "penalty-late", "inputs": {}, "expected": {}}
    path = tmp_path / "cases.json"
    path.write_text(json.dumps({"examples": [case, later]}), encoding="utf-8")
    assert "1 right, 0 wrong; 1 of topics not built yet: penalty-late" in run("cases", str(path))
    case["expected"]["apply_by"] = "2026-05-31"
    path.write_text(json.dumps({"examples": [case]}), encoding="utf-8")
    out = io.StringIO()
    with pytest.raises(CommandError):
        call_command("law", "cases", str(path), stdout=out)
    assert "PM-9 permit-renewal: apply_by: expected 2026-05-31, found 2026-05-16" in out.getvalue()
    with pytest.raises(CommandError, match="不是算例文件"):
        run("cases", str(tmp_path / "none.json"))


def test_without_an_installation_the_shipped_rules_are_told(tmp_path):
    env = {k: v for k, v in os.environ.items() if not k.startswith("LIANGSHUI_")} | {
        "LIANGSHUI_HOME": str(tmp_path / "none")
    }
    command = [sys.executable, "-m", "liangshui.cli", "law", "show", "AR-022", "--json"]
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout)["value"]["years"] == 3
    assert not list(tmp_path.rglob("*.sqlite3"))
