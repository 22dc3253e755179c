"""Applications from a one-stop service by API and file, and the register by API."""

import base64
import json

import pytest

from liangshui.core.access import Right
from liangshui.permits.models import Case
from tests.permits.conftest import PDF, TODAY, form_of

pytestmark = pytest.mark.django_db


def sent(world, unit, **other):
    plain = {k: v for k, v in form_of(world, unit).items() if k not in ("division", "management_unit", "begins")}
    plain |= {
        k: str(v)
        for k, v in plain.items()
        if (k.endswith("_m3") and k != "months_m3") or k in ("longitude", "latitude")
    }
    facts = {
        "number": "11150625-0001",
        "applicant": world.b.user.code,
        "division": world.b.village.code,
        "begins": str(TODAY),
    }
    return {**plain, **facts, "management_unit": unit.code, "received_on": str(TODAY), **other}


def post(client, key, body):
    return client.post("/api/v1/cases", json.dumps(body), content_type="application/json", headers=key)


def test_an_application_is_taken_with_its_number_and_sent_twice_is_one(world, unit, client):
    key = world.key(Right.PERMITS_APPLY, Right.PERMITS_VIEW)
    answer = post(client, key, sent(world, unit)).json()["item"]
    assert (answer["outside_number"], answer["state"], answer["volume_m3"], answer["open"]) == (
        "11150625-0001",
        "received",
        "12000.000",
        [],
    )
    assert answer["who_acts"] == "accepting"
    again = post(client, key, sent(world, unit)).json()["item"]
    assert again["number"] == answer["number"] and Case.objects.count() == 1
    listed = client.get("/api/v1/cases?outside_number=11150625-0001", headers=key).json()["items"]
    assert [c["number"] for c in listed] == [answer["number"]]


def test_control_characters_of_another_system_are_left_out(world, unit, client):
    key = world.key(Right.PERMITS_APPLY)
    answer = post(client, key, sent(world, unit, number="A\x00-1", reason="新建\x0b果园"))
    case = Case.objects.get(outside_number="A-1")
    assert answer.status_code == 200 and case.reason == "新建 果园"
    no_day = post(client, key, {"number": "A-2", "applicant": world.b.user.code, "received_on": "昨天"})
    assert no_day.json()["field"] == "received_on" and not Case.objects.filter(outside_number="A-2").exists()


def test_what_is_incomplete_stays_a_draft_that_says_what_is_open(world, unit, client):
    key = world.key(Right.PERMITS_APPLY)
    answer = post(client, key, sent(world, unit, metering=None, reason=None)).json()["item"]
    assert (answer["state"], answer["open"]) == ("draft", ["申请理由", "计量方式"])


def paper(what="form", content=PDF, name="申请书.pdf"):
    return {"what": what, "name": name, "content": base64.b64encode(content).decode()}


def test_papers_come_with_the_application_or_after_it_and_sent_twice_are_one(world, unit, client):
    key = world.key(Right.PERMITS_APPLY)
    answer = post(client, key, sent(world, unit, papers=[paper()])).json()["item"]
    where = f"/api/v1/cases/{answer['number']}/papers"
    for _ in range(2):
        later = client.post(where, json.dumps(paper("well_plan")), content_type="application/json", headers=key)
        assert later.status_code == 200
    assert list(Case.objects.get().papers.values_list("what", "name")) == [
        ("form", "申请书.pdf"),
        ("well_plan", "申请书.pdf"),
    ]
    other = world.key(Right.PERMITS_APPLY, place=world.a.town)
    refused = client.post(where, json.dumps(paper("other")), content_type="application/json", headers=other)
    assert refused.status_code == 404


@pytest.mark.parametrize(
    "given, words",
    [
        ({"what": "sea"}, "sea"), ({"name": " "}, "文件名"), ({"content": "§"}, "base64"),
        ({"content": base64.b64encode(b"MZ programme").decode()}, ""),
    ],
)  # fmt: skip
def test_a_paper_that_cannot_be_read_keeps_nothing_of_the_application(world, unit, sign_in, given, words):
    from django.core.files.uploadedfile import SimpleUploadedFile

    rows = [sent(world, unit, papers=[paper() | given]), sent(world, unit, number="2", papers=[paper()])]
    page = sign_in(world.officer).post(
        "/permits/cases/file/", {"paper": SimpleUploadedFile("a.json", json.dumps(rows).encode())}
    )
    assert [case.outside_number for case in Case.objects.all()] == ["2"]
    assert words in page.content.decode()


@pytest.mark.parametrize(
    "change, field",
    [
        ({"applicant": "nobody"}, "applicant"), ({"source": "sea"}, "source"), ({"use": "golf"}, "use"), ({"begins": "morgen"}, "begins"),
        ({"months_m3": ["1"]}, "months_m3"), ({"division": "1"}, "division"), ({"permit": "x"}, "permit"), ({"number": " "}, "number"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_told_by_field_and_nothing_is_kept(world, unit, client, change, field):
    answer = post(client, world.key(Right.PERMITS_APPLY), sent(world, unit, **change))
    assert answer.status_code == 400 and answer.json()["field"] == field and answer.json()["permanent"] is True
    assert not Case.objects.exists()


def test_a_key_of_another_town_hands_in_nothing(world, unit, client):
    answer = post(client, world.key(Right.PERMITS_APPLY, place=world.a.town), sent(world, unit))
    assert answer.status_code == 403 and not Case.objects.exists()
    assert post(client, world.key(Right.PERMITS_VIEW), sent(world, unit)).status_code == 403


def test_a_bad_application_does_not_sink_the_file(world, unit, sign_in):
    from django.core.files.uploadedfile import SimpleUploadedFile

    rows = [
        sent(world, unit),
        {"number": "2", "applicant": "nobody"},
        {"odd": 1},
        sent(world, unit, number="3", reason=""),
    ]
    client = sign_in(world.officer)
    page = client.post(
        "/permits/cases/file/", {"paper": SimpleUploadedFile("a.json", json.dumps(rows).encode())}
    ).content.decode()
    assert Case.objects.count() == 2 and "nobody" in page and "odd" in page and "申请理由" in page
    page = client.post("/permits/cases/file/", {"paper": SimpleUploadedFile("a.json", b"{}")}).content.decode()
    assert "文件须为申请列表" in page
    assert sign_in(world.town_b).get("/permits/cases/file/").status_code == 403


def test_the_register_and_a_decision_by_api(world, unit, client, permit):
    key = world.key(Right.PERMITS_VIEW)
    (found,) = client.get("/api/v1/permits?number=D150625G2026-0001", headers=key).json()["items"]
    assert (found["volume_m3"], found["holder"], found["use"]) == ("12000.000", world.b.user.code, "irrigation")
    case = Case.objects.get()
    item = client.get(f"/api/v1/cases/{case.number}/decision", headers=key).json()["item"]
    assert item["outcome"] == "passed" and item["replays"] is True and "GW-025" in item["versions"]
    other = world.key(Right.PERMITS_VIEW, place=world.a.town)
    assert client.get(f"/api/v1/cases/{case.number}/decision", headers=other).status_code == 404
