"""Conditions that the review proposes: set under review, approved with the permit, told in letter and sheet, kept by a renewal."""

from decimal import Decimal as D

import pytest
from django.urls import reverse

from liangshui.conformity import services as conformity
from liangshui.core.errors import Forbidden, Invalid
from liangshui.permits import casework, letters, sheet
from liangshui.permits.models import CasePaper
from liangshui.permits.rules.life import Act, Kind
from liangshui.telemetry.models import Quantity, Series
from tests.permits.conftest import PDF, TODAY
from tests.permits.test_letters import words_of

pytestmark = pytest.mark.django_db
MONTHS = [None] * 3 + [D(3000)] * 3 + [None] * 6


@pytest.fixture
def station(world):
    Series.objects.create(station=world.b.things["station"], element="0E", quantity=Quantity.DEPTH)
    return world.b.things["station"]


def issued(case, applicant, officer, leader):
    casework.step(leader, case, Act.APPROVE)
    case.refresh_from_db()
    for act in (Act.BEGIN, Act.TRIAL):
        casework.step(applicant, case, act)
    casework.hand_in(applicant, case, CasePaper.What.COMPLETION, "竣工.pdf", PDF)
    casework.step(applicant, case, Act.FILE, words="试运行正常")
    casework.step(officer, case, Act.PASS)
    casework.step(leader, case, Act.ISSUE, data={"number": "D150625G2026-0009"})
    case.refresh_from_db()
    return case.permit


def test_what_the_review_sets_stands_in_permit_letter_and_sheet(accepted, applicant, officer, leader, station):
    casework.set_terms(
        officer, accepted, months_m3=MONTHS, level_station=station, warn_m=D(12), stop_m=D(15), resume_m=D("13.5"),
        conditions=["回用率不低于90%", " "],
    )  # fmt: skip
    permit = issued(accepted, applicant, officer, leader)
    version = permit.versions.get()
    assert [m for m in version.months_m3 if m] == ["3000"] * 3
    assert (version.level_station, version.warn_m, version.reduce_m, version.stop_m, version.resume_m) == (
        station, D(12), None, D(15), D("13.5"),
    )  # fmt: skip
    assert version.conditions == ["回用率不低于90%"]
    told = [
        "\n".join(words_of(letters.make(leader, accepted, "approved"))),
        "\n".join(words for _label, words in sheet.facts(permit, version, TODAY)),
    ]
    for words in told:
        assert "回用率不低于90%" in words and "13.5" in words and "3,000" in words


def test_a_renewal_keeps_the_conditions_unless_the_review_sets_others(accepted, applicant, officer, leader):
    casework.set_terms(officer, accepted, months_m3=MONTHS, conditions=["一"])
    permit = issued(accepted, applicant, officer, leader)
    renewal = casework.begin(applicant, Kind.RENEWAL, permit.project.user, permit)
    assert casework.proposed_terms(renewal)["conditions"] == ["一"]
    assert [m for m in casework.proposed_terms(renewal)["months_m3"] if m] == ["3000"] * 3


def test_conditions_that_contradict_themselves_are_refused(accepted, officer, leader, applicant, station):
    cases = [
        ({"months_m3": [D(12_001)]}, "m1"),
        ({"warn_m": D(10)}, "level_station"),
        ({"level_station": station, "reduce_m": D(15)}, "reduced_m3_day"),
        ({"level_station": station, "reduced_m3_day": D(15)}, "reduced_m3_day"),
        ({"level_station": station, "warn_m": D(16), "stop_m": D(15)}, "warn_m"),
        ({"level_station": station, "stop_m": D(15), "resume_m": D("15.01")}, "warn_m"),
        ({"level_station": station, "resume_m": D(3)}, "warn_m"),
    ]
    for given, field in cases:
        with pytest.raises(Invalid) as told:
            casework.set_terms(officer, accepted, **given)
        assert told.value.field == field
    with pytest.raises(Forbidden):
        casework.set_terms(applicant, accepted, conditions=["一"])
    casework.set_terms(officer, accepted, months_m3=MONTHS)
    with pytest.raises(Invalid) as told:  # less than a month of the conditions
        casework.step(leader, accepted, Act.APPROVE, data={"volume_m3": "2999"})
    assert told.value.field == "volume_m3"
    casework.step(leader, accepted, Act.APPROVE)
    with pytest.raises(Invalid):
        casework.set_terms(officer, accepted, conditions=["一"])


def test_figures_of_a_study_become_conditions_of_its_application(world, accepted, officer, leader, applicant):
    study = conformity.owe(officer, kind="report", subject="果园", division=world.b.town, owed_since=TODAY)
    conformity.belong(officer, study, accepted)
    figure = conformity.add_figure(officer, study, name="年取水量", value="12000", unit="m³")
    other = conformity.add_figure(officer, study, name="退水量", value="0", unit="m³")
    conformity.hand_in(officer, study, on=TODAY)
    conformity.review(officer, study, on=TODAY, opinion="agreed", text="", number="水审〔2026〕1号")
    for each in (figure, other):
        conformity.take_up(officer, each, taken_up=True)
    conformity.take_up(officer, other, taken_up=False)
    with pytest.raises(Invalid):
        conformity.belong(officer, study, None)
    permit = issued(accepted, applicant, officer, leader)
    (condition,) = permit.versions.get().conditions
    assert condition == "年取水量 12000 m³（建设项目水资源论证报告书，水审〔2026〕1号）"
    with pytest.raises(Invalid):  # the permit is there: it is changed by a case of its own
        conformity.take_up(officer, other, taken_up=True)


def test_each_third_party_has_a_letter_that_names_the_applicant(accepted, officer):
    casework.step(officer, accepted, Act.NOTIFY, words="打井一眼", data={"parties": ["张三", "李四"]})
    wanted = [(key, to) for key, _title, to in letters.possible(accepted) if key == "views"]
    assert wanted == [("views", ""), ("views", "张三"), ("views", "李四")]
    said = words_of(letters.make(officer, accepted, "views", to="张三"))
    assert "张三：" in said and any(accepted.applicant.name in line for line in said)
    with pytest.raises(Invalid):
        letters.make(officer, accepted, "views", to="王五")


def test_the_page_of_conditions(world, accepted, sign_in, station):
    page = reverse("case-terms", args=[accepted.pk])
    client = sign_in(world.officer)
    given = {"m5": "4000", "level_station": station.pk, "stop_m": "15", "conditions": "一\n\n二"}
    assert client.post(page, given).status_code == 302
    accepted.refresh_from_db()
    assert accepted.terms["conditions"] == ["一", "二"] and accepted.terms["months_m3"][4] == "4000"
    assert "4,000" in client.get(reverse("case", args=[accepted.pk])).content.decode()
    assert client.post(page, given | {"stop_m": "-1"}).status_code == 200
    assert sign_in(world.town_a).get(page).status_code in (403, 404)
