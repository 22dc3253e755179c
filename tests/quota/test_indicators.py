"""Control indicators: one definition of each figure, corrections as rows, who may enter and who may see."""

from datetime import date
from decimal import Decimal as D

import pytest
from django.urls import reverse

from liangshui.accounting.services import recompute
from liangshui.core.access import EVERYWHERE, SYSTEM
from liangshui.core.errors import Forbidden, Invalid
from liangshui.quota import indicator_queries as queries
from liangshui.quota import indicator_services as indicators
from liangshui.quota.models import INPUTS, Indicator
from liangshui.quota.rules.closing import TOTAL, Node
from tests.quota.water import KIND, add_day, give, used, year

pytestmark = pytest.mark.django_db
OVER = date(2026, 1, 5)


def standing(kind: str, at: int = 2025, today: date = OVER, place: str = "测试旗"):
    (found,) = (s for s in queries.standings(EVERYWHERE, at, today) if s.kind == kind and str(s.place) == place)
    return found


def enter(world, kind: str, who=None, place=None, **more):
    actor = world.actor(who or world.officer)
    return indicators.enter(actor, place or world.county, 2025, kind, **more)


def allot(world, *changes):
    give(world, *changes, year=2025, counts_from=date(2025, 1, 1), document="总量1号")


def test_totals_stand_by_the_ledger_and_the_account(world):
    allot(world, (TOTAL, "1000"), (Node(unit=world.unit.pk), "900"))
    used(world.a.intake, "950", date(2025, 6, 1))
    total = standing("total")
    assert (total.target, total.actual, total.met) == (D(1000), D(950), True)
    assert "总量1号" in total.target_source
    unit = standing("groundwater", place="公共单元")
    assert (unit.target, unit.actual, unit.met) == (D(900), D(950), False)
    assert "1" in total.doubt  # the well of town B has no volume


def test_a_limit_kept_so_far_is_not_yet_known_to_be_kept(world):
    allot(world, (TOTAL, "1000"))
    used(world.a.intake, "950", date(2025, 6, 1))
    assert standing("total", today=date(2025, 7, 1)).met is None
    used(world.b.intake, "51", date(2025, 6, 2))
    assert standing("total", today=date(2025, 7, 1)).met is False


def test_nothing_is_known_of_a_year_without_account(world):
    give(world, (TOTAL, "5"), year=2019, counts_from=date(2019, 1, 1))
    found = standing("total", at=2019)
    assert (found.target, found.actual, found.met) == (D(5), None, None)


def test_what_the_system_knows_is_not_typed(world):
    allot(world, (TOTAL, "1000"))
    for wrong in (
        {"kind": "total", "target": D(900), "document": "x"},
        {"kind": "groundwater", "actual": D(900), "actual_source": "x"},
        {"kind": "zones", "target": D(95)},
        {"kind": "zones", "actual": D(95)},
        {"kind": "zones"},
        {"kind": "gdp_fall", "amount_10k_yuan": D(5), "actual_source": "x"},
        {"kind": "irrigation", "actual": D("0.5"), "net_m3": D(1), "gross_m3": D(2), "actual_source": "x"},
        {"kind": "irrigation", "net_m3": D(3), "gross_m3": D(2), "actual_source": "x"},
    ):
        with pytest.raises(Invalid):
            enter(world, **wrong)
    assert not Indicator.objects.filter(year=2025).exists()
    enter(world, "surface", target=D(900), document="x")
    assert standing("surface").target == D(900)


def test_use_per_ten_thousand_yuan_is_computed_from_the_account(world):
    used(world.a.intake, "600", date(2025, 6, 1))
    enter(world, "per_gdp", target=D(40), document="考核办法", amount_10k_yuan=D(12), actual_source="统计公报")
    enter(
        world,
        "gdp_fall",
        target=D(10),
        document="考核办法",
        amount_10k_yuan=D(12),
        base_m3_per_10k_yuan=D(60),
        base_year=2020,
        actual_source="统计公报",
    )
    found = standing("per_gdp")
    assert (found.actual, found.met, found.actual_written) == (D(50), False, "50.00")
    assert "统计公报" in found.actual_source
    assert round(standing("gdp_fall").actual, 2) == D("16.67")
    assert standing("gdp_fall").met is True
    # the year runs: a quotient of half a year would mislead
    assert standing("per_gdp", today=date(2025, 7, 1)).actual is None


def test_use_of_industry_alone_stands_over_its_value_added(world):
    used(world.a.intake, "600", date(2025, 6, 1))
    enter(world, "per_industry", amount_10k_yuan=D(12), actual_source="统计公报")
    assert standing("per_industry").actual == D(0)


def test_irrigation_coefficient_from_net_and_gross(world):
    enter(world, "irrigation", target=D("0.6"), document="y", net_m3=D(56), gross_m3=D(100), actual_source="测算报告")
    found = standing("irrigation")
    assert (found.actual_written, found.met) == ("0.560", False)


def test_a_correction_ends_the_old_row_and_keeps_it(world):
    first = enter(world, "zones", target=D(95), document="y", actual=D(90), actual_source="监测")
    with pytest.raises(Invalid):
        enter(world, "zones", actual=D(96), actual_source="复核")
    second = enter(world, "zones", target=D(95), document="y", actual=D(96), actual_source="复核", replaces=first)
    first.refresh_from_db()
    assert (first.actual, first.ended_by) == (D(90), world.officer)
    assert [row.pk for row in queries.trail(second)] == [second.pk, first.pk]
    assert standing("zones").met is True
    with pytest.raises(Invalid):
        enter(world, "zones", actual=D(97), actual_source="复核", replaces=first)


def test_who_may_enter_and_who_may_see(world):
    for person in (world.auditor, world.town_a, world.b_everything):
        with pytest.raises(Forbidden):
            enter(world, "zones", who=person, place=world.b.town, target=D(95), document="y")
    mine = enter(world, "zones", place=world.a.town, target=D(95), document="y")
    unit = enter(world, "groundwater", place=world.unit, target=D(95), document="y")
    seen = queries.current(world.actor(world.town_b).territory("quota.view")).filter(year=2025)
    assert not seen.exists()
    assert list(queries.current(world.actor(world.town_a).territory("quota.view")).filter(year=2025)) == [mine]
    assert unit in queries.current(world.actor(world.auditor).territory("quota.view"))


def test_targets_and_figures_that_cannot_be_meant_are_refused(world, sign_in):
    for kind, field, given in (
        ("unconventional", "target", {"target": D(-1)}),
        ("per_gdp", "target", {"target": D(-1)}),
        ("gdp_fall", "target", {"target": D("100.1")}),
        ("industry_fall", "target", {"target": D(-1)}),
        ("zones", "target", {"target": D(101)}),
        ("zones", "actual", {"actual": D("100.5"), "actual_source": "x"}),
        ("irrigation", "target", {"target": D("1.01")}),
        ("irrigation", "actual", {"actual": D(56), "actual_source": "x"}),
        ("per_gdp", "amount_10k_yuan", {"amount_10k_yuan": D(-5), "actual_source": "x"}),
    ):
        with pytest.raises(Invalid) as refused:
            enter(world, kind, document="x", **given)
        assert refused.value.field == field
    for kind, most in (("zones", 100), ("irrigation", 1)):
        enter(world, kind, document="x", target=D(most))
    posted = {"place": f"division-{world.county.pk}", "target": "101", "document": "办法", "document_number": "1号"}
    page = sign_in(world.officer).post(reverse("indicators-new-kind", args=["zones"]), posted)
    assert "100 %" in str(page.context["form"].errors["target"])


def test_the_pages_enter_show_and_correct(world, sign_in):
    client, at = sign_in(world.officer), f"?year={year()}"
    assert client.get(reverse("indicators-new") + at).status_code == 200
    posted = {"place": f"division-{world.county.pk}", "target": "12.5", "document": "办法", "document_number": "1号"}
    assert client.post(reverse("indicators-new-kind", args=["unconventional"]) + at, posted).status_code == 302
    row = Indicator.objects.get(kind="unconventional")
    assert row.target == D(125_000)
    page = client.get(reverse("indicators") + at).content.decode()
    assert "≥ 12.50" in page
    assert 'value="12.5"' in client.get(reverse("indicator-correct", args=[row.pk])).content.decode()
    posted["target"] = "13"
    assert client.post(reverse("indicator-correct", args=[row.pk]), posted).status_code == 302
    page = client.get(reverse("indicator", args=[row.pk])).content.decode()
    assert "13.00" in page
    assert "12.50" in page
    assert client.post(reverse("indicator-correct", args=[row.pk]), posted).status_code == 404
    assert client.get(reverse("indicators") + at + "&export=xlsx").content[:2] == b"PK"


TYPED = {
    "per_gdp": {"amount_10k_yuan": D("1200.5")},
    "per_industry": {"amount_10k_yuan": D(700)},
    "gdp_fall": {"amount_10k_yuan": D(12), "base_m3_per_10k_yuan": D(60), "base_year": 2020},
    "industry_fall": {"amount_10k_yuan": D(12), "base_m3_per_10k_yuan": D(60), "base_year": 2020},
    "irrigation": {"net_m3": D(56), "gross_m3": D(100)},
    "zones": {"actual": D("96.5")},
}


def test_every_kind_with_typed_figures_has_a_page_that_shows_them(world, sign_in):
    client = sign_in(world.officer)
    assert TYPED.keys() == {kind.value for kind in INPUTS}
    for kind, inputs in TYPED.items():
        row = enter(world, kind, actual_source="统计公报", **inputs)
        answer = client.get(reverse("indicator", args=[row.pk]))
        assert answer.status_code == 200, kind
        shown = next(iter(inputs.values()))
        assert f"：{shown}</div>" in answer.content.decode(), kind


def test_a_year_whose_account_begins_later_is_not_known(world):
    allot(world, (TOTAL, "1000"))
    add_day(world.a.intake, date(2025, 11, 3), D(200))
    recompute(SYSTEM, None, date(2025, 1, 1), date(2026, 1, 1), "test", volumes=False)
    total = standing("total")
    assert (total.target, total.actual, total.met) == (D(1000), None, None)
    assert "2025-11" in total.doubt
    enter(world, "per_gdp", amount_10k_yuan=D(12), actual_source="统计公报")
    assert standing("per_gdp").actual is None
    # two months alone are above the limit: so is the whole year
    add_day(world.a.intake, date(2025, 12, 3), D(801))
    recompute(SYSTEM, None, date(2025, 1, 1), date(2026, 1, 1), "test", volumes=False)
    total = standing("total")
    assert (total.actual, total.met) == (D(1001), False) and "2025-11" in total.doubt


def test_an_indicator_of_one_source_or_one_use_stands_by_the_same_ledger_and_account(world):
    sector = Node(sector="agriculture")
    allot(world, (TOTAL, "1000"), (sector, "600"), (Node(sector="industry"), "100"))
    used(world.a.intake, "950", date(2025, 6, 1))

    def of(kind, source="", use=""):
        (found,) = (
            s for s in queries.standings(EVERYWHERE, 2025, OVER) if (s.kind, s.source_kind, s.sector) == (kind, source, use)
        )  # fmt: skip
        return found

    herding, industry = of("total", use="agriculture"), of("total", use="industry")
    assert (herding.target, herding.actual, herding.met) == (D(600), D(950), False)
    assert (industry.target, industry.actual, industry.met) == (D(100), D(0), True)
    assert herding.what == "用水总量 · 农牧业" and "1" in herding.doubt and not industry.doubt
    enter(
        world, "groundwater", source_kind=KIND, sector="ecology", target=D(5), document="y", issued_on=date(2025, 1, 6)
    )
    ecology = of("groundwater", KIND, "ecology")
    assert (ecology.target, ecology.actual) == (D(5), D(0)) and "2025-01-06" in ecology.target_source
    enter(world, "groundwater", source_kind="deep_groundwater", target=D(0), document="y")
    assert of("groundwater", "deep_groundwater").actual == D(0)
    assert of("groundwater").target == D(1000)


def test_where_the_ledger_has_several_sources_of_a_kind_each_is_compared(world):
    allot(world, (TOTAL, "1000"))
    shown = {(s.kind, s.source_kind) for s in queries.standings(EVERYWHERE, 2025, OVER)}
    assert shown == {("total", ""), ("groundwater", "")}
    give(world, (TOTAL, "20"), year=2025, kind="deep_groundwater", counts_from=date(2025, 1, 1))
    targets = {s.source_kind: s.target for s in queries.standings(EVERYWHERE, 2025, OVER) if s.kind == "groundwater"}
    assert targets == {"": D(1020), KIND: D(1000), "deep_groundwater": D(20)}


def test_each_source_and_use_has_one_row_of_its_own(world):
    allot(world, (TOTAL, "1000"), (Node(sector="agriculture"), "600"))
    for field, wrong in (
        ("source_kind", {"kind": "total", "source_kind": "deep_groundwater"}),  # that is the kind groundwater
        ("source_kind", {"kind": "surface", "source_kind": "surface"}),
        ("source_kind", {"kind": "unconventional", "source_kind": "surface"}),
        ("sector", {"kind": "zones", "sector": "living"}),
        ("target", {"kind": "total", "sector": "agriculture"}),  # the ledger says it
    ):
        with pytest.raises(Invalid) as told:
            enter(world, target=D(5), document="y", **wrong)
        assert told.value.field == field
    first = enter(world, "unconventional", source_kind="reclaimed", target=D(5), document="y")
    with pytest.raises(Invalid):
        enter(world, "unconventional", source_kind="reclaimed", target=D(6), document="y")
    other = enter(world, "unconventional", source_kind="mine_drainage", target=D(7), document="y")
    assert list(queries.trail(first)) == [first] and list(queries.trail(other)) == [other]


def test_the_pages_enter_and_correct_one_of_a_source_and_a_use(world, sign_in):
    client, at = sign_in(world.officer), f"?year={year()}"
    address = reverse("indicators-new-kind", args=["unconventional"]) + at
    page = client.get(address).content.decode()
    assert 'value="reclaimed"' in page and 'value="deep_groundwater"' not in page and 'value="industry"' in page
    posted = {
        "place": f"division-{world.county.pk}", "source_kind": "reclaimed", "sector": "industry", "target": "3",
        "document": "办法", "issued_on": "2026-01-05",
    }  # fmt: skip
    assert client.post(address, posted).status_code == 302
    row = Indicator.objects.get(kind="unconventional")
    assert (row.source_kind, row.sector, row.issued_on) == ("reclaimed", "industry", date(2026, 1, 5))
    correct = reverse("indicator-correct", args=[row.pk])
    assert client.post(correct, posted | {"source_kind": "rain"}).status_code == 200  # it stays what it is
    assert client.post(correct, posted | {"target": "4"}).status_code == 302
    page = client.get(reverse("indicators") + at).content.decode()
    assert "再生水 · 工业" in page and "≥ 4.00" in page
    assert 'name="sector"' not in client.get(reverse("indicators-new-kind", args=["zones"]) + at).content.decode()


def test_what_is_allotted_of_some_sources_is_no_limit_for_the_others(world):
    allot(world, (TOTAL, "1000"), (Node(sector="agriculture"), "600"))
    give(world, (TOTAL, "500"), year=2025, kind="surface", counts_from=date(2025, 1, 1))  # not split among uses
    assert not [s for s in queries.standings(EVERYWHERE, 2025, OVER) if s.sector]


def test_use_of_a_source_of_which_nothing_is_allotted_breaks_no_limit(world):
    give(world, (TOTAL, "500"), year=2025, kind="surface", counts_from=date(2025, 1, 1))
    used(world.a.intake, "950", date(2025, 6, 1))
    total = standing("total")
    assert (total.target, total.actual, total.met) == (D(500), D(950), None)
    assert "浅层地下水" in total.doubt
