"""The register of studies: owed, handed in, reviewed, figures that become conditions, who may."""

from datetime import date, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from liangshui.conformity import services
from liangshui.conformity.models import Study, StudyStep
from liangshui.core.errors import Forbidden, Invalid
from tests.people import World

pytestmark = pytest.mark.django_db


@pytest.fixture
def world(db) -> World:
    """The county with one of each thing in both towns."""
    return World().complete()


DAY = date(2026, 3, 2)


@pytest.fixture
def officer(world):
    return world.actor(world.officer)


@pytest.fixture
def study(world, officer):
    return services.owe(
        officer, kind="report", subject="甲醇项目", division=world.a.town, owed_since=DAY, ground="取水条例第11条"
    )


def state(study):
    study.refresh_from_db()
    return study.state, study.opinion


def test_it_is_handed_in_mended_and_agreed_and_every_step_stays(officer, study):
    with pytest.raises(Invalid):
        services.review(officer, study, on=DAY, opinion="agreed", text="")
    services.hand_in(officer, study, on=DAY, paper=b"%PDF-1.4 %%EOF")
    assert state(study) == ("handed_in", "")
    with pytest.raises(Invalid):
        services.hand_in(officer, study, on=DAY)
    with pytest.raises(Invalid) as told:
        services.review(officer, study, on=DAY, opinion="mend", text=" ")
    assert told.value.field == "text"
    with pytest.raises(Invalid) as told:
        services.review(officer, study, on=DAY - timedelta(days=1), opinion="mend", text="补充退水影响")
    assert told.value.field == "on"
    services.review(officer, study, on=DAY, opinion="mend", text="补充退水影响")
    assert state(study) == ("reviewed", "mend")
    services.hand_in(officer, study, on=DAY + timedelta(days=9))
    services.review(
        officer, study, on=DAY + timedelta(days=20), opinion="agreed", text="同意", number="水审〔2026〕1号"
    )
    assert state(study) == ("reviewed", "agreed")
    with pytest.raises(Invalid):
        services.hand_in(officer, study, on=DAY + timedelta(days=30))
    assert [s.opinion for s in study.steps.all()] == ["", "mend", "", "agreed"]


def test_a_day_to_come_is_refused(officer, study):
    with pytest.raises(Invalid):
        services.hand_in(officer, study, on=timezone.localdate() + timedelta(days=1))


def test_figures_become_conditions_only_when_the_study_was_agreed_to(officer, study):
    figure = services.add_figure(officer, study, name="年取水量", value="375000", unit="m³")
    with pytest.raises(Invalid):
        services.take_up(officer, figure, taken_up=True)
    services.hand_in(officer, study, on=DAY)
    services.review(officer, study, on=DAY, opinion="agreed", text="")
    services.take_up(officer, figure, taken_up=True)
    figure.refresh_from_db()
    assert figure.taken_up


def test_the_same_study_of_a_plan_stands_once(world, officer):
    facts = {
        "kind": "planning",
        "subject": "x",
        "division": world.a.town,
        "owed_since": DAY,
        "plan": world.a.conformity,
    }
    with pytest.raises(Invalid):
        services.owe(officer, **facts)
    services.owe(officer, **(facts | {"kind": "saving"}))


def test_the_page_by_who_may_who_reads_and_who_is_elsewhere(world, study, sign_in):
    page = reverse("study", args=[study.pk])
    verb = reverse("study-hand-in", args=[study.pk])
    paper = SimpleUploadedFile("报告书.pdf", b"%PDF-1.4 %%EOF", "application/pdf")
    assert sign_in(world.town_a).get(page).status_code == 200
    assert sign_in(world.town_a).post(verb, {"on": "2026-03-02"}).status_code == 403
    assert sign_in(world.town_b).get(page).status_code == 404
    with pytest.raises(Forbidden):
        services.hand_in(world.actor(world.town_b), study, on=DAY)
    client = sign_in(world.officer)
    assert client.post(verb, {"on": "2026-03-02", "number": "报1号", "paper": paper}).status_code == 302
    step = StudyStep.objects.get(study=study)
    assert b"".join(client.get(reverse("study-step-paper", args=[step.pk])).streaming_content) == b"%PDF-1.4 %%EOF"
    review = {"opinion": "agreed", "text": "", "on": "2026-03-20", "number": "审1号"}
    assert client.post(reverse("study-review", args=[study.pk]), review).status_code == 302
    given = {"name": "年取水量", "value": "375000", "unit": "m³"}
    assert client.post(reverse("study-figure-new", args=[study.pk]), given).status_code == 302
    figure = study.figures.get()
    assert client.post(reverse("study-figure-take", args=[figure.pk]), {"taken_up": "1"}).status_code == 302
    shown = client.get(page).content.decode()
    assert "审1号" in shown and "取消采纳" in shown and "同意" in shown


def test_a_study_is_registered_from_the_page_of_its_plan(world, sign_in):
    client, plan = sign_in(world.officer), world.a.conformity
    new = reverse("study-new")
    form = client.get(f"{new}?plan={plan.pk}&kind=saving").content.decode()
    assert 'value="甲规划"' in form
    given = {
        "kind": "saving",
        "subject": "甲规划",
        "plan": plan.pk,
        "division": plan.division_id,
        "owed_since": "2026-03-02",
    }
    assert client.post(new, given).status_code == 302
    assert Study.objects.filter(plan=plan, kind="saving", state="owed").count() == 1


def test_the_register_is_narrowed_by_kind_state_and_opinion(world, study, sign_in):
    client = sign_in(world.officer)
    pages = {
        query: client.get(f"/conformity/studies/?{query}").content.decode()
        for query in ("kind=report", "state=handed_in")
    }
    assert "甲醇项目" in pages["kind=report"] and "甲规划" not in pages["kind=report"]
    assert "甲规划" in pages["state=handed_in"] and "甲醇项目" not in pages["state=handed_in"]
