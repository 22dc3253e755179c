"""Splitting a node: bases from the account and the ledger, the page step by step, down to villages and wells."""

import io
from datetime import date
from decimal import Decimal as D

import pytest
from django.urls import reverse

from liangshui.accounting.services import recompute
from liangshui.core.access import SYSTEM
from liangshui.core.errors import Invalid
from liangshui.quota import queries, services, split_queries, workbooks
from liangshui.quota.models import AllotmentEntry
from liangshui.quota.rules.closing import TOTAL, Node
from liangshui.registry import services as registry
from tests.quota.water import KIND, add_day, give, used, year

pytestmark = pytest.mark.django_db


@pytest.fixture
def county(world):
    AllotmentEntry.objects.all().delete()
    give(world, (TOTAL, "1000"))
    return world.county


def ask(world, axis, basis, node=TOTAL, **more):
    return split_queries.plan(world.county, year(), KIND, node, axis, basis, **more)


def test_by_the_use_of_last_year(world, county):
    used(world.a.intake, "30")
    used(world.b.intake, "60")
    plan = ask(world, "town", "last_year")
    assert [(p.name, p.figure, p.proposed_m3, p.now_m3) for p in plan.parts] == [
        ("甲镇", D(30), D(333), D(0)),
        ("乙镇", D(60), D(667), D(0)),
    ]


def test_nothing_known_of_last_year_is_told(world, county):
    plan = ask(world, "town", "last_year")
    assert plan.problem
    assert [p.proposed_m3 for p in plan.parts] == [None, None]


def test_a_part_whose_use_is_not_known_gets_no_proposal(world, county):
    used(world.a.intake, "30")  # the other town's intake has no volume: that is not a use of nothing
    parts = ask(world, "town", "last_year").parts
    assert [(p.figure, p.proposed_m3) for p in parts] == [(D(30), D(1000)), (None, None)]


def test_a_year_that_the_account_does_not_cover_tells_nothing(world, county):
    add_day(world.a.intake, date(year() - 1, 11, 3), D(30))
    recompute(SYSTEM, None, date(year() - 1, 1, 1), date(year(), 1, 1), "test", volumes=False)
    plan = ask(world, "town", "last_year")
    assert [(p.figure, p.proposed_m3) for p in plan.parts] == [(None, None), (None, None)]
    assert f"{year() - 1}-11" in plan.problem


def test_a_part_whose_area_is_not_known_keeps_what_it_has(world, county):
    a, b = world.a, world.b
    give(world, (Node(town=b.town.pk), "300"))
    registry.save_area(SYSTEM, user=a.user, intake=a.intake, year=year(), area_mu=D(9))
    plan = ask(world, "town", "area", norm=D(100), norm_document="定额")
    # 1000 less the 300 that town B keeps: 700 of the 900 that town A needs
    assert [(p.figure, p.proposed_m3, p.now_m3) for p in plan.parts] == [(D(9), D(700), D(0)), (None, None, D(300))]


def test_area_of_a_node_of_all_uses_warns(world, county):
    registry.save_area(SYSTEM, user=world.a.user, intake=world.a.intake, year=year(), area_mu=D(9))
    give(world, (Node(sector="agriculture"), "500"))
    assert ask(world, "town", "area", norm=D(1), norm_document="定额").warning
    assert not ask(world, "town", "area", Node(sector="agriculture"), norm=D(1), norm_document="定额").warning


def test_by_irrigated_area_of_the_year_or_else_the_baseline(world, county):
    a, b = world.a, world.b
    registry.save_area(SYSTEM, user=a.user, intake=a.intake, year=2020, area_mu=D(9), is_baseline=True)
    registry.save_area(SYSTEM, user=a.user, intake=a.intake, year=year(), area_mu=D(2))
    registry.save_area(SYSTEM, user=b.user, intake=None, year=2020, area_mu=D(3), is_baseline=True)
    plan = ask(world, "town", "area", norm=D(100), norm_document="定额")
    assert [(p.figure, p.proposed_m3) for p in plan.parts] == [(D(2), D(200)), (D(3), D(300))]
    assert plan.enough
    plan = ask(world, "town", "area", norm=D(1000), norm_document="定额", keep_m3=D(500))
    assert [p.proposed_m3 for p in plan.parts] == [D(200), D(300)]
    assert not plan.enough


def test_by_population(world, county):
    persons = {world.a.town.pk: D(20), world.b.town.pk: D(10)}
    give(world, (TOTAL, "1000"), year=2027, counts_from=date(2027, 1, 1))
    plan = split_queries.plan(
        county, 2027, KIND, TOTAL, "town", "population", norm=D(50), norm_document="定额", persons=persons
    )
    # 20 × 50 L × 365 d = 365 m³
    assert [p.proposed_m3 for p in plan.parts] == [D(365), D(182)]


def test_a_user_is_split_among_its_villages_and_wells(world, county):
    user = Node(town=world.a.town.pk, sector="agriculture", user=world.a.user.pk)
    give(world, (user, "500"))
    used(world.a.intake, "30")
    (part,) = ask(world, "village", "last_year", user).parts
    assert (part.name, part.proposed_m3) == ("甲村", D(500))
    changes = services.shares_as_changes(county, year(), KIND, user, {part.node: (D(400), part.words)})
    facts = {"counts_from": date(year(), 5, 1), "document": "2号"}
    services.allot(world.actor(world.officer), county, year(), KIND, changes, **facts)
    (well,) = ask(world, "intake", "last_year", part.node).parts
    assert (well.name, well.proposed_m3, well.node.code.count("-")) == ("甲机井", D(400), 5)
    with pytest.raises(Invalid):
        give(world, (well.node, "401"))
    give(world, (well.node, "400"))
    found = {
        b.node: b
        for b in queries.balances(world.actor(world.town_a).territory("quota.view"), year(), day=date(year(), 12, 31))
    }
    assert found[well.node].label == "甲镇 · 农牧业 · 甲用户 · 甲村 · 甲机井"
    assert found[well.node].last_year_m3 == D(30)
    assert world.b.town.pk not in {node.town for node in found}
    # what is allotted to a user is not counted twice by its wells
    assert queries.allotted_to_users(year()) == {world.a.user.pk: D(500)}


def test_a_well_of_another_user_is_refused(world, county):
    user = Node(town=world.a.town.pk, user=world.a.user.pk)
    give(world, (user, "500"))
    for wrong in (
        user._replace(intake=world.b.intake.pk),
        user._replace(village=world.b.village.pk),
        Node(town=world.a.town.pk, intake=world.a.intake.pk),
    ):
        with pytest.raises(Invalid):
            give(world, (wrong, "1"))


def test_who_may_split(world, county, sign_in):
    at = f"{reverse('quota-split')}?node={KIND}/{TOTAL.code}&along=town&basis=hand"
    posted = {
        "shares": "1",
        "counts_from": f"{year()}-01-01",
        "document": "2号",
        f"s-{world.a.town.pk}": "0.001",
        "confirmed": "1",
    }
    for person in (world.auditor, world.town_a):
        assert sign_in(person).post(at, posted).status_code == 403
    assert AllotmentEntry.objects.count() == 1


def test_the_page_proposes_checks_and_writes_the_differences(world, county, sign_in):
    used(world.a.intake, "30")
    used(world.b.intake, "60")
    a, b = Node(town=world.a.town.pk), Node(town=world.b.town.pk)
    give(world, (a, "400"))
    client = sign_in(world.officer)
    at = f"{reverse('quota-split')}?node={KIND}/{TOTAL.code}&along=town&basis=last_year"
    page = client.get(at).content.decode()
    assert 'value="0.0333"' in page
    assert 'data-total="1000000"' in page
    posted = {
        "shares": "1", "counts_from": f"{year()}-07-01", "document": "重新分解1号", "reason": "",
        f"s-{world.a.town.pk}": "0.0333", f"s-{world.b.town.pk}": "0.06",
    }  # fmt: skip
    over = client.post(at, {**posted, f"s-{world.b.town.pk}": "0.06671"})
    assert AllotmentEntry.objects.count() == 2
    assert over.context["rest_m3"] == D("-0.1")
    bad = client.post(at, {**posted, f"s-{world.b.town.pk}": "many"})
    assert 'class="form-control num split-box share is-invalid"' in bad.content.decode()
    check = client.post(at, posted)
    assert [(line.part.name, line.change_m3) for line in check.context["changed"]] == [
        ("甲镇", D(-67)),
        ("乙镇", D(600)),
    ]
    assert AllotmentEntry.objects.count() == 2
    assert client.post(at, {**posted, "confirmed": "1"}).status_code == 302
    assert queries.allotted(county, year(), KIND) == {TOTAL: D(1000), a: D(333), b: D(600)}
    row = AllotmentEntry.objects.get(town=world.a.town, document="重新分解1号")
    assert (row.change_m3, "30" in row.reason) == (D(-67), True)
    trail = client.get(reverse("quota-node", args=[KIND, a.code])).context["rows"]
    assert [(each["row"].change_m3, each["after"]) for each in trail] == [(D(-67), D(333)), (D(400), D(400))]


def test_population_is_typed_in_the_table(world, county, sign_in):
    client = sign_in(world.officer)
    at = f"{reverse('quota-split')}?node={KIND}/{TOTAL.code}&along=town&basis=population&norm=1000&norm_document=定额"
    assert 'name="p-' in client.get(at).content.decode()
    page = client.post(at, {"shares": "1", "propose": "1", f"p-{world.a.town.pk}": "30", f"p-{world.b.town.pk}": "10"})
    assert [line.share_m3 for line in page.context["lines"]] == [D(750), D(250)]


def test_a_proposal_as_excel_reads_back(world, county, sign_in):
    used(world.a.intake, "30")
    at = f"{reverse('quota-split')}?node={KIND}/{TOTAL.code}&along=town&basis=last_year&export=xlsx"
    rows = workbooks.read(sign_in(world.officer).get(at).content)
    assert [(r.node, r.volume_m3) for r in rows] == [
        (Node(town=world.a.town.pk), D(1000)),
        (Node(town=world.b.town.pk), D(0)),
    ]


def test_wells_go_to_excel_and_back(world, county, sign_in):
    user = Node(town=world.a.town.pk, user=world.a.user.pk)
    well = user._replace(village=world.a.village.pk, intake=world.a.intake.pk)
    give(world, (user, "500"), (user._replace(village=world.a.village.pk), "500"), (well, "250.5"))
    client = sign_in(world.officer)
    out = client.get(reverse("quota-download")).content
    assert well in {row.node for row in workbooks.read(out)}
    file = io.BytesIO(out)
    file.name = "x.xlsx"
    client.post(reverse("quota-upload"), {"file": file, "counts_from": f"{year()}-01-01", "take": "1"})
    assert AllotmentEntry.objects.count() == 4
