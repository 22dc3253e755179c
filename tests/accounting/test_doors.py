"""Commands, the worker, the rule, and pages: who may, who may only read, who is elsewhere."""

import io
import json
from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse
from django.utils import timezone

from liangshui.accounting import queries, services
from liangshui.accounting.entries import DEFAULT_ORDER
from liangshui.accounting.models import AccountEntry, AccountingRule, ChangedIntake, Recompute
from liangshui.core.access import EVERYWHERE, SYSTEM
from liangshui.core.errors import Forbidden, Invalid
from liangshui.registry.models import Attribution, Intake
from tests.accounting.conftest import MAY, at, days_of, follow, may, total
from tests.accounting.test_registers import READINGS

D = Decimal
ORDER = [method.value for method in DEFAULT_ORDER]


def run(*words: str) -> str:
    out = io.StringIO()
    call_command("account", *words, stdout=out)
    return out.getvalue()


def test_account_show_prints_decimal_strings_and_null(place):
    well = place.well("W1", place.user("U1"))
    place.well("W2", place.user("U2"))
    place.read(place.station(well), *READINGS)
    follow()
    found = json.loads(run("show", "--from", "2025-05-01", "--to", "2025-05-31", "--by", "user", "--json"))
    assert found == [
        {
            "code": "U1", "name": "用户U1", "abstraction_m3": "25.500", "supply_m3": "0.000", "use_m3": "25.500",
            "consumption_m3": None, "low_m3": "25.500", "high_m3": "25.500", "by_method": {"register": "25.500"},
            "intakes_without_volume": 0, "days_without_volume": 28,
        },
        {
            "code": "U2", "name": "用户U2", "abstraction_m3": None, "supply_m3": "0.000", "use_m3": None,
            "consumption_m3": None, "low_m3": None, "high_m3": None, "by_method": {},
            "intakes_without_volume": 1, "days_without_volume": 31,
        },
    ]  # fmt: skip
    assert "25.500" in run("show", "--from", "2025-05-01", "--to", "2025-05-31", "--by", "town")
    with pytest.raises(CommandError, match="lies before"):
        run("show", "--from", "2025-05-02", "--to", "2025-05-01")


def test_account_recompute_prints_what_changed(place):
    well = place.well("W1", place.user("U1"))
    place.read(place.station(well), *READINGS)
    said = run("recompute", "--from", "2025-05-01", "--to", "2025-05-31")
    assert "1 intakes, 3 days changed" in said and "W1  — -> 25.500 m3" in said
    assert "0 days changed" in run("recompute", "--from", "2025-05-01", "--to", "2025-05-31")


def test_the_worker_brings_everything_in_step_once(transactional_db, place):
    well = place.well("W1", place.user("U1"))
    place.read(place.station(well), *READINGS)
    call_command("worker", "--once", stdout=io.StringIO())
    assert total().abstraction_m3 == D("25.5")
    assert AccountEntry.objects.filter(intake=well, month=timezone.localdate().replace(day=1)).exists()


def test_intakes_entered_past_the_signals_are_found(place):
    services.new_day()
    user = place.user("U1")
    project = place.well("W0", user).project
    follow()
    (bulk,) = Intake.objects.bulk_create(
        [Intake(code="W9", name="井", kind="well", project=project, division=user.division, source=place.source,
                sector="living")]
    )  # fmt: skip
    Attribution.objects.bulk_create(
        [Attribution(intake=bulk, project=project, division=user.division, source=place.source, sector="living",
                     valid_from=MAY.start)]
    )  # fmt: skip
    assert services.stale_intakes() == [bulk.pk]
    assert services.new_day() == 1
    follow()
    assert services.stale_intakes() == []


def test_a_new_day_is_counted_once(place):
    place.well("W1", place.user("U1"))
    services.new_day()
    assert Recompute.objects.filter(reason=services.NEW_DAY).count() == 1
    services.new_day()
    assert Recompute.objects.filter(reason=services.NEW_DAY).count() == 1


def test_the_boundary_of_the_day_is_a_rule(place):
    well = place.well("W1", place.user("U1"))
    place.read(place.station(well), (at(1, 8), 0), (at(2), 16), (at(2, 8), 20), (at(3, 8), 30))
    services.set_rule(SYSTEM, may(1), 8, ORDER, "水文日")
    follow()
    assert days_of(well) == {1: D(20), 2: D(10)}


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"boundary_hour": 6}, "boundary_hour"),
        ({"method_order": ORDER[1:]}, "method_order"),
        ({"reason": " "}, "reason"),
        ({"valid_from": may(2)}, "valid_from"),
    ],
)
def test_a_rule_without_sense_is_refused(place, change, field):
    rule = {"valid_from": may(1), "boundary_hour": 0, "method_order": ORDER, "reason": "因为"} | change
    with pytest.raises(Invalid) as caught:
        services.set_rule(SYSTEM, **rule)
    assert caught.value.field == field
    assert not AccountingRule.objects.exists()


def test_only_who_may_change_accounts_recomputes(world):
    with pytest.raises(Forbidden):
        services.recompute(world.actor(world.town_a), None, MAY.start, MAY.end, "x")
    with pytest.raises(Forbidden):
        services.set_rule(world.actor(world.auditor), may(1), 0, ORDER, "x")
    done = services.recompute(world.actor(world.officer), None, MAY.start, MAY.end, "查")
    assert (done.intakes, done.actor) == (2, "局员")


def test_from_a_figure_to_its_frame_in_three_clicks(world, sign_in):
    follow()
    client, well = sign_in(world.officer), world.a.intake
    day = timezone.localtime(world.a.things["frame"].received_at).date()
    month = reverse("intake-month", args=[well.pk, day.year, day.month])
    assert month in client.get(reverse("intake-account", args=[well.pk]) + f"?year={day.year}").content.decode()
    that = reverse("intake-day", args=[well.pk, day])
    assert that in client.get(month).content.decode()
    assert reverse("frame", args=[world.a.frame.pk]) in client.get(that).content.decode()


def test_pages_of_the_account_are_narrowed(world, sign_in):
    follow()
    page = sign_in(world.town_a).get(reverse("account") + "?by=intake&year=2026").content.decode()
    assert "甲机井" in page and "乙机井" not in page
    for name, args in (("intake-account", []), ("intake-month", [2026, 5]), ("intake-day", ["2026-05-01"])):
        address = reverse(name, args=[world.a.intake.pk, *args])
        assert sign_in(world.town_a).get(address).status_code == 200
        assert sign_in(world.auditor).get(address).status_code == 200
        assert sign_in(world.town_b).get(address).status_code == 404
    assert sign_in(world.town_a).get(reverse("account-rule-new")).status_code == 403
    assert sign_in(world.town_a).get(reverse("unmeasured")).status_code == 200


@pytest.mark.parametrize("by", queries.GROUPINGS)
def test_every_grouping_has_its_page_and_sheet(world, sign_in, by):
    follow()
    client = sign_in(world.officer)
    assert client.get(reverse("account"), {"by": by, "year": 2026, "month": 5}).status_code == 200
    sheet = client.get(reverse("account"), {"by": by, "export": "xlsx"})
    assert sheet.content[:2] == b"PK"


def test_a_rule_is_set_by_form_and_errors_stand_at_their_field(world, sign_in):
    client = sign_in(world.officer)
    form = {f"order_{n}": method for n, method in enumerate(ORDER, 1)} | {
        "valid_from": "2026-05-02", "boundary_hour": "8", "reason": "水文日",
    }  # fmt: skip
    refused = client.post(reverse("account-rule-new"), form)
    assert refused.status_code == 200 and not AccountingRule.objects.exists()
    assert client.post(reverse("account-rule-new"), form | {"valid_from": "2026-05-01"}).status_code == 302
    assert AccountingRule.objects.get().decided_by == world.officer
    assert client.get(reverse("account-rule")).status_code == 200
    assert ChangedIntake.objects.filter(intake_id=None, since=timezone.datetime(2026, 5, 1).date()).exists()
    asked = client.post(reverse("recompute-new"), {"start": "2026-05-01", "last": "2026-05-31"})
    assert asked.status_code == 302 and client.get(reverse("recomputes")).status_code == 200


def test_days_to_come_have_no_account(place):
    place.well("W1", place.user("U1"))
    services.new_day()
    today = timezone.localdate()
    row = queries.account(EVERYWHERE, queries.month(today), "total")[0]
    assert row.days_without_volume == today.day
    assert not AccountEntry.objects.filter(month__gt=today + timedelta(days=31)).exists()
