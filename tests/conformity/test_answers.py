"""The first answer to an investor: each source by the gate, on one A4, for who sees the whole county."""

import io
import re
import subprocess
from datetime import date
from decimal import Decimal as D

import pytest
from django.urls import reverse
from django.utils import timezone
from docx import Document

from liangshui.conformity import answers
from liangshui.conformity.forms import AnswerForm
from liangshui.core.decision import Outcome
from liangshui.parameters.queries import law
from liangshui.permits.rules.gate import Source
from liangshui.quota.models import AllotmentEntry
from liangshui.registry.models import Intake, Project

pytestmark = pytest.mark.django_db

TODAY = timezone.localdate()
GIVEN = {
    "applicant": "某化工公司", "project": "甲醇项目", "use": "industry", "industry": "化工", "new": "on", "volume_m3": "50000",
    "quota_m3": "50000", "design_capacity_m3": "60000", "load": "not_overloaded", "fragile": "no", "network_covers": "no",
    "other_water": "no", "level_kept": "yes", "meter_planned": "yes", "longitude": "109.1", "latitude": "39.8",
}  # fmt: skip


@pytest.fixture
def given(world):
    """A unit of 100,000 m³ in which a permit allows 70,000: 30,000 may still be granted, less than is asked for."""
    AllotmentEntry.objects.all().delete()
    AllotmentEntry.objects.create(
        year=TODAY.year, source_kind="shallow_groundwater", county=world.county, unit=world.unit, change_m3=D(100_000),
        counts_from=date(TODAY.year, 1, 1),
    )  # fmt: skip
    Intake.objects.update(management_unit=world.unit)
    Project.objects.filter(pk=world.a.project.pk).update(permitted_m3=D(70_000), permit_from=date(2024, 1, 1))
    return GIVEN | {"unit": str(world.unit.pk)}


def ask(world, given):
    form = AnswerForm(given)
    assert form.is_valid(), form.errors
    return {each.source: each for each in answers.answers(form.cleaned_data, world.county, TODAY, law())}


def test_each_source_says_whether_it_could_serve_and_why_not(world, given):
    found = ask(world, given)
    assert found[Source.RECLAIMED].decision.outcome is Outcome.NEEDS_PERSON
    shallow = found[Source.SHALLOW]
    assert (shallow.decision.outcome, shallow.left_m3) == (Outcome.FAILED, D(30_000))
    assert any("70,000 m³" in why and "100,000 m³" in why for why in shallow.why)
    deep = found[Source.DEEP]
    assert deep.left_m3 is None and "许可总量或控制总量" in deep.missing
    assert list(found)[-1] is Source.SHALLOW


def test_without_a_unit_nothing_is_guessed(world, given):
    shallow = ask(world, given | {"unit": ""})[Source.SHALLOW]
    assert (shallow.decision.outcome, shallow.left_m3) == (Outcome.UNDECIDABLE, None)


def test_the_page_is_for_who_sees_the_whole_county(world, given, sign_in):
    page = sign_in(world.officer).get(reverse("answer"), given).content.decode()
    assert "30,000" in page and "不能供水" in page and "《地下水管理条例》第48(1)条" in page
    for name in ("answer", "answer-pdf", "answer-docx"):
        for person in (world.town_a, world.water_user):
            assert sign_in(person).get(reverse(name), given).status_code == 403
    assert sign_in(world.officer).get(reverse("answer-pdf")).status_code == 302


@pytest.mark.parametrize("unknown", [False, True])
def test_the_paper_is_one_a4_and_says_that_it_is_advice(world, given, sign_in, tmp_path, unknown):
    if unknown:
        left_open = (
            "quota_m3",
            "design_capacity_m3",
            "load",
            "fragile",
            "network_covers",
            "other_water",
            "level_kept",
            "unit",
        )
        given |= dict.fromkeys(left_open, "")
    client = sign_in(world.officer)
    pdf = client.get(reverse("answer-pdf"), given).content
    assert len(re.findall(rb"/Type\s*/Page\b", pdf)) == 1
    (tmp_path / "a.pdf").write_bytes(pdf)
    said = subprocess.run(["pdftotext", "-layout", tmp_path / "a.pdf", "-"], capture_output=True, text=True, check=True).stdout  # fmt: skip
    word = Document(io.BytesIO(client.get(reverse("answer-docx"), given).content))
    text = "".join(p.text for p in word.paragraphs)
    assert "不是行政决定" in text and "不是行政决定" in said.replace("\n", "")
    cells = [cell.text for table in word.tables for row in table.rows for cell in row.cells]
    left = [cell for cell in cells if cell.startswith("30,000\n")]
    assert bool(left) is not unknown and "再生水" in cells
    assert unknown or left == [f"30,000\n{TODAY.year} 年分配水量台账减 {TODAY} 有效许可水量"]


def test_a_suspended_unit_gives_nothing_and_the_answer_says_why(world, given, sign_in):
    Project.objects.filter(pk=world.a.project.pk).update(permitted_m3=D(100_000))
    shallow = ask(world, given)[Source.SHALLOW]
    assert (shallow.decision.outcome, shallow.left_m3) == (Outcome.FAILED, D(0))
    page = sign_in(world.officer).get(reverse("answer"), given).content.decode()
    assert "总量超控暂停" in page and f'href="/law/AR-020/?on={TODAY}"' in page
    word = Document(io.BytesIO(sign_in(world.officer).get(reverse("answer-docx"), given).content))
    text = "".join(p.text for p in word.paragraphs)
    assert "公共单元浅层地下水：总量超控暂停" in text and "控制总量 100,000 m³" in text
    assert f"许可水量：{TODAY} 有效许可" in text and "定额核算水量：50,000 m³，手工录入（未写明出处）" in text
    with_source = (
        sign_in(world.officer).get(reverse("answer"), given | {"quota_basis": "定额文件第 3 页"}).content.decode()
    )
    assert "定额核算水量：50,000 m³，手工录入（定额文件第 3 页）" in with_source
