"""Each route as nobody, from another territory, without the right, and as who may; and what partners send."""

import json
from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.utils import timezone
from ninja import Router

from liangshui.accounts.models import AccessRecord
from liangshui.core.access import Right
from liangshui.quota import unit_services
from liangshui.quota.models import AllotmentEntry, Indicator
from liangshui.records.api import allowed
from liangshui.records.installation import Installation
from liangshui.registry.models import ManagementUnit, Project
from liangshui.telemetry.models import ChangedSpan, Observation
from liangshui.web import api as web_api
from tests.people import World

pytestmark = pytest.mark.django_db


@pytest.fixture
def world(db) -> World:
    """The county with one of each thing in both towns."""
    return World().complete()


SPAN = "from=2026-05-01&to=2026-05-03"
INSTANTS = "from=2026-04-30T00:00:00Z&to=2026-05-03T00:00:00Z"
YEAR = timezone.localdate().year


def reads(world) -> list[tuple[str, str, bool]]:
    """Address in town A, its right, and whether it is about one thing (else a list)."""
    a = world.a
    return [
        ("divisions", Right.REGISTRY_VIEW, False),
        ("units", Right.REGISTRY_VIEW, False),
        ("sources", Right.REGISTRY_VIEW, False),
        ("users", Right.REGISTRY_VIEW, False),
        ("projects", Right.REGISTRY_VIEW, False),
        ("intakes", Right.REGISTRY_VIEW, False),
        (f"intakes?division={a.town.code}", Right.REGISTRY_VIEW, True),
        (f"intakes/{a.intake.code}", Right.REGISTRY_VIEW, True),
        ("stations", Right.TELEMETRY_VIEW, False),
        (f"stations/{a.station.key}", Right.TELEMETRY_VIEW, True),
        (f"observations?station={a.station.key}&{INSTANTS}", Right.TELEMETRY_VIEW, True),
        (f"frames/{a.frame.pk}", Right.TELEMETRY_VIEW, True),
        (f"volumes/days?intake={a.intake.code}&{SPAN}", Right.ACCOUNT_VIEW, True),
        (f"accounts?by=user&{SPAN}", Right.ACCOUNT_VIEW, False),
        (f"accounts?by=total&town={a.town.code}&{SPAN}", Right.ACCOUNT_VIEW, True),
        (f"accounts?by=total&user={a.user.code}&{SPAN}", Right.ACCOUNT_VIEW, True),
        (f"balances?year={YEAR}", Right.QUOTA_VIEW, False),
        ("units/states", Right.QUOTA_VIEW, False),
        ("units/states?on=2026-01-01", Right.QUOTA_VIEW, False),
        (f"indicators?year={YEAR}", Right.QUOTA_VIEW, False),
        ("permits", Right.PERMITS_VIEW, False),
        ("cases", Right.PERMITS_VIEW, False),
        (f"cases/{a.case.number}/decision", Right.PERMITS_VIEW, True),
    ]


def get(client, path: str, headers=None):
    return client.get(f"/api/v1/{path}", headers=headers or {})


def test_every_route_of_the_api_is_tried_here(world):
    tried = {"/" + path.split("?")[0] for path, _right, _one in reads(world)} | {"/observations"}
    for _method, path, _view in web_api.api.routes():
        assert any(t == path or (("{" in path) and t.startswith(path.split("{")[0])) for t in tried), path


def test_reads(world, client):
    every = {right: world.key(right) for right in (Right.REGISTRY_VIEW, Right.TELEMETRY_VIEW, Right.ACCOUNT_VIEW)}
    every |= {right: world.key(right) for right in (Right.QUOTA_VIEW, Right.PERMITS_VIEW)}
    nothing = world.key(Right.TELEMETRY_SEND)
    elsewhere = {right: world.key(right, place=world.b.town) for right in every}
    for path, right, one in reads(world):
        assert get(client, path).status_code == 401, path
        refused = get(client, path, nothing)
        assert refused.status_code == 403 and refused.json()["code"] == "forbidden", path
        other = get(client, path, elsewhere[right])
        assert world.a.sign not in other.content.decode(), path
        assert "A-" not in other.content.decode(), path
        assert other.status_code == (404 if one else 200), path
        answer = get(client, path, every[right])
        assert answer.status_code == 200 and answer.json()["demo"] is False, path
        assert "X-Liangshui-Demo" not in answer, path


def test_people_who_are_signed_in_read_and_do_not_write(world, sign_in):
    client = sign_in(world.town_b)
    assert [i["code"] for i in get(client, "intakes").json()["items"]] == ["B-I"]
    assert get(client, f"intakes/{world.a.intake.code}").status_code == 404
    assert client.post("/api/v1/observations", "[]", content_type="application/json").status_code == 401
    assert get(sign_in(world.rightless), "intakes").status_code == 401
    assert get(sign_in(world.security), "intakes").status_code == 403
    world.town_b.must_change_password = True
    world.town_b.save()
    assert get(sign_in(world.town_b), "intakes").status_code == 401


def test_water_users_read_their_own(world, sign_in):
    client = sign_in(world.water_user)
    assert [i["code"] for i in get(client, "intakes").json()["items"]] == ["B-I"]
    assert [u["code"] for u in get(client, "users").json()["items"]] == ["B-U"]


def test_an_intake_says_what_the_ledger_says(world, client):
    item = get(client, "intakes/A-I", world.key(Right.REGISTRY_VIEW)).json()["item"]
    assert item["longitude"] == "109.100000" and item["depth_m"] is None
    assert (item["user"], item["town"], item["management_unit"]) == ("A-U", world.a.town.code, "U1")


def test_volumes_are_strings_and_unknown_is_null(world, client):
    key = world.key(Right.ACCOUNT_VIEW)
    day = get(client, f"volumes/days?intake=A-I&{SPAN}", key).json()["items"][0]
    assert (day["day"], day["volume_m3"], day["method"]) == ("2026-05-01", "12.500", "register")
    total = get(client, f"accounts?by=total&{SPAN}", key).json()["items"][0]
    assert total["abstraction_m3"] is None or isinstance(total["abstraction_m3"], str)


def test_balances_by_node(world, client):
    answer = get(client, f"balances?year={YEAR}", world.key(Right.QUOTA_VIEW)).json()
    row = next(i for i in answer["items"] if i["town"] == world.a.town.code)
    assert (row["allotted_m3"], row["unit"], row["over"]) == ("1000.000", None, False)


def test_states_of_units_today_and_as_they_were_written(world, client):
    key, before = world.key(Right.QUOTA_VIEW), timezone.localdate() - timedelta(days=9)
    AllotmentEntry.objects.create(
        year=YEAR, source_kind="shallow_groundwater", county=world.county, unit=world.unit, change_m3=Decimal(500),
        counts_from=before.replace(month=1, day=1),
    )  # fmt: skip
    unit_services.write_states(before)
    Project.objects.filter(pk=world.a.project.pk).update(permitted_m3=Decimal(500), permit_source="shallow_groundwater")
    (now,) = get(client, "units/states", key).json()["items"]
    assert (now["unit"], now["state"], now["grounds"], now["control_m3"]) == ("U1", "total", ["total"], "500.000")
    assert now["permitted_m3"] == "500.000" and now["figures_of"] == str(timezone.localdate())
    assert any("AR" in text or "取水许可" in text for text in now["reasons"])
    (then,) = get(client, f"units/states?on={before}", key).json()["items"]
    assert (then["state"], then["since"], then["permitted_m3"]) == ("unknown", str(before), "0.000")
    assert get(client, "units/states?on=2020-01-01", key).json()["items"] == []
    # a town sees the units that touch it
    other = ManagementUnit.objects.create(code="U2", name="别处单元", division=world.county)
    AllotmentEntry.objects.create(
        year=YEAR, source_kind="shallow_groundwater", county=world.county, unit=other, change_m3=Decimal(1),
        counts_from=before.replace(month=1, day=1),
    )  # fmt: skip

    def units(key):
        return [each["unit"] for each in get(client, "units/states", key).json()["items"]]

    assert units(key) == ["U1", "U2"] and units(world.key(Right.QUOTA_VIEW, place=world.a.town)) == ["U1"]


def test_indicators_of_a_year_in_their_measure(world, client):
    Indicator.objects.create(
        year=YEAR, kind="surface", sector="industry", division=world.county, target=Decimal(12_500), document="办法"
    )
    key, own = world.key(Right.QUOTA_VIEW), world.key(Right.QUOTA_VIEW, place=world.a.town)
    rows = get(client, f"indicators?year={YEAR}", key).json()["items"]
    (surface,) = (row for row in rows if row["kind"] == "surface")
    assert (surface["division"], surface["sector"], surface["source_kind"]) == (world.county.code, "industry", None)
    assert (surface["target"], surface["measure"], surface["at_least"]) == ("12500.000", "m3", False)
    zones = [row for row in rows if row["kind"] == "zones"]
    assert {row["division"] for row in zones} == {world.a.town.code, world.b.town.code}
    assert {(row["target"], row["actual"], row["measure"], row["met"]) for row in zones} == {
        ("95.0000", None, "percent", None)
    }
    assert {row["division"] for row in get(client, f"indicators?year={YEAR}", own).json()["items"]} == {
        world.a.town.code
    }


def test_pages_follow_each_other(world, client):
    key, codes, after = world.key(Right.REGISTRY_VIEW), [], 0
    while after is not None:
        answer = get(client, f"divisions?limit=2&after={after}", key).json()
        codes += [i["code"] for i in answer["items"]]
        after = answer["next"]
    assert codes == ["980101", "980101100", "980101100001", "980101200", "980101200001"]
    assert get(client, "divisions?limit=1001", key).status_code == 422


def test_observations_by_pages(world, client):
    a, key = world.a, world.key(Right.TELEMETRY_VIEW)
    first = a.series.observations.get()
    Observation.objects.bulk_create(
        Observation(series=a.series, at=first.at + timedelta(minutes=n // 2), received_at=first.at, value=Decimal(n))
        for n in range(5)
    )
    path, values, after = f"observations?station={a.station.key}&{INSTANTS}&limit=2&quantity=register", [], ""
    while after is not None:
        answer = get(client, f"{path}&after={after}", key).json()
        values += [i["value"] for i in answer["items"]]
        after = answer["next"]
    assert values == ["5.000000", "0.000000", "1.000000", "2.000000", "3.000000", "4.000000"]
    assert get(client, f"{path}&after=x", key).status_code == 422
    assert (
        get(client, f"observations?station={a.station.key}&from=2026-05-01T00:00:00&to=2026-05-02", key).status_code
        == 422
    )


# --- sending ---


def send(client, rows, headers):
    return client.post("/api/v1/observations", json.dumps(rows), content_type="application/json", headers=headers)


def row(**changes):
    return {
        "station": "00000000B1",
        "quantity": "register",
        "at": "2026-05-02T08:00:00+08:00",
        "value": "123.456",
        **changes,
    }


def test_each_row_is_answered_for_itself(world, client):
    key = world.key(Right.TELEMETRY_SEND, place=world.b.town)
    future = (timezone.now() + timedelta(days=2)).isoformat()
    rows = [
        row(),
        row(),
        row(station="", intake="B-I", at="2026-05-02T09:00:00+08:00", value=5),
        row(value=None, quantity="flow_m3_h"),
        row(station="nowhere"),
        row(station=world.a.station.key),
        row(intake="B-I"),
        row(station="", intake="A-I"),
        row(quantity="colour"),
        row(at="2026-05-02T08:00:00"),
        row(at=future),
        row(value="1e40"),
        row(value="NaN"),
        row(station="\x00"),
        row(surplus=1),
        "text",
        None,
    ]
    answer = send(client, rows, key).json()
    results = [r["result"] for r in answer["rows"]]
    assert results == ["accepted", "duplicate", "accepted", "accepted"] + ["refused"] * 13
    assert (answer["accepted"], answer["duplicate"], answer["refused"]) == (3, 1, 13)
    assert all(r["reason"] for r in answer["rows"][4:])
    stored = Observation.objects.filter(origin="api")
    assert sorted(map(str, stored.values_list("value", flat=True))) == ["123.456000", "5.000000", "None"]
    assert not stored.exclude(series__station=world.b.station).exists()
    assert ChangedSpan.objects.filter(series_id__in=stored.values("series")).exists()
    again = send(client, rows, key).json()
    assert (again["accepted"], again["duplicate"]) == (0, 4)


def test_an_intake_without_station_at_that_time_is_refused(world, client):
    key = world.key(Right.TELEMETRY_SEND)
    answer = send(client, [row(station="", intake="B-I", at="2010-01-01T00:00:00Z")], key).json()
    assert answer["refused"] == 1


def test_sending_takes_the_right(world, client):
    assert send(client, [row()], {}).status_code == 401
    assert send(client, [row()], world.key(Right.TELEMETRY_VIEW)).status_code == 403
    elsewhere = world.key(Right.TELEMETRY_SEND, place=world.a.town)
    assert send(client, [row()], elsewhere).json()["refused"] == 1
    assert not Observation.objects.filter(origin="api").exists()


def test_too_much_at_once(world, client, monkeypatch):
    key = world.key(Right.TELEMETRY_SEND)
    assert send(client, [row()] * 1001, key).status_code == 400
    assert send(client, ["x" * 3_000_000], key).status_code == 400
    monkeypatch.setattr(web_api, "A_MINUTE", 2)
    codes = [send(client, [], key).status_code for _call in range(4)]
    assert codes[-1] == 429 and send(client, [], key).json()["permanent"] is False


# --- errors ---


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("intakes/none", 404),
        ("frames/99999999999999999999", 422),
        ("frames/x", 422),
        ("balances?year=1", 422),
        ("volumes/days?intake=A-I&from=2026-05-03&to=2026-05-01", 400),
        ("volumes/days?intake=A-I&from=2001-05-03&to=2026-05-01", 400),
        (f"accounts?by=colour&{SPAN}", 422),
        ("accounts?from=9999-12-31&to=9999-12-31", 400),
        ("intakes?user=%00", 400),
        ("nothing/here", 404),
        ("", 404),
    ],
)
def test_errors_say_what_and_whether_to_try_again(world, client, path, status):
    key = world.key(Right.REGISTRY_VIEW, Right.TELEMETRY_VIEW, Right.ACCOUNT_VIEW, Right.QUOTA_VIEW)
    answer = get(client, path, key)
    assert answer.status_code == status
    told = answer.json()
    assert told["code"] and told["message"] and told["permanent"] is True


def test_not_json_and_our_own_faults(world, client, monkeypatch):
    key = world.key(Right.TELEMETRY_SEND, Right.REGISTRY_VIEW)
    answer = client.post("/api/v1/observations", "{", content_type="application/json", headers=key)
    assert answer.status_code == 400 and answer.json()["code"] == "invalid"
    monkeypatch.setattr("liangshui.registry.queries.units", lambda: 1 / 0)
    broken = get(client, "units", key)
    assert broken.status_code == 500 and broken.json()["permanent"] is False
    assert "division" not in broken.json()["message"]


# --- around ---


def test_a_demo_says_so_on_every_answer(world, client):
    found = Installation.objects.get()
    found.demo = True
    found.save()
    answer = get(client, "units", world.key(Right.REGISTRY_VIEW))
    assert answer["X-Liangshui-Demo"] == "1" and answer.json()["demo"] is True
    assert get(client, "units")["X-Liangshui-Demo"] == "1"


def test_calls_by_key_are_in_the_access_log(world, client):
    get(client, "units?limit=1", world.key(Right.REGISTRY_VIEW))
    record = AccessRecord.objects.get()
    assert (record.path, record.status, record.person) == ("/api/v1/units?limit=1", 200, None)


def test_a_route_without_right_keeps_the_api_from_starting():
    other, open_door = web_api.Api(urls_namespace="other"), Router()
    open_door.get("/open")(lambda request: {})
    other.add_router("", open_door)
    with pytest.raises(ImproperlyConfigured):
        other.refuse_open_doors()
    closed = web_api.Api(urls_namespace="third")
    closed.get("/closed")(allowed(Right.QUOTA_VIEW)(lambda request: {}))
    closed.refuse_open_doors()


def test_the_docs_page_asks_nobody_else(client):
    page = client.get("/api/v1/docs").content.decode()
    assert "swagger-ui" in page and "//" not in page.replace("http://testserver", "").split("<body")[1]
    assert "https://" not in page
    assert client.get("/api/v1/openapi.json").json()["openapi"].startswith("3.")
