"""The look-ahead of drawdown: whom a new well touches, by figures that an officer entered or types; none is assumed."""

from datetime import date, timedelta
from decimal import Decimal as D

import pytest
from django.utils import timezone

from liangshui.core.errors import Forbidden, Invalid
from liangshui.permits import drawdown as queries
from liangshui.permits.aquifer_models import AquiferFigures
from liangshui.permits.aquifer_services import enter_figures
from liangshui.registry.models import Intake
from liangshui.telemetry.models import Series

pytestmark = pytest.mark.django_db

URL = "/permits/drawdown/"
TODAY = timezone.localdate()
SQUARE = {"type": "Polygon", "coordinates": [[[108, 39], [110, 39], [110, 41], [108, 41], [108, 39]]]}
FIGURES = {
    "transmissivity_low_m2_d": D(200), "transmissivity_best_m2_d": D(500), "transmissivity_high_m2_d": D(1000),
    "storativity_low": D("0.00005"), "storativity_best": D("0.0001"), "storativity_high": D("0.001"),
}  # fmt: skip
ASKED = {
    "longitude": "109.1", "latitude": "39.8", "source": "shallow_groundwater", "volume_m3": "90000", "days": "90",
    "years": "1", "radius_km": "5",
}  # fmt: skip


@pytest.fixture
def unit(world):
    """The unit has an outline; the well of town A lies 0.01° (1110 m) north of the place, that of town B 20 km off."""
    world.unit.geometry = SQUARE
    world.unit.save()
    Intake.objects.filter(pk=world.a.intake.pk).update(longitude=D("109.1"), latitude=D("39.81"))
    Intake.objects.filter(pk=world.b.intake.pk).update(longitude=D("109.1"), latitude=D("39.98"))
    return world.unit


def enter(world, **changes):
    given = {"valid_from": date(2025, 1, 1), "document": "抽水试验报告", **FIGURES, **changes}
    return enter_figures(world.actor(world.officer), world.unit, "shallow_groundwater", **given)


def test_without_figures_the_page_says_what_is_missing_and_assumes_none(world, unit, sign_in):
    page = sign_in(world.officer).get(URL, ASKED).content.decode()
    assert "公共单元的浅层地下水尚未录入含水层参数" in page and "缺少导水系数和贮水系数" in page
    assert "甲机井" not in page
    elsewhere = sign_in(world.officer).get(URL, {**ASKED, "longitude": "120"}).content.decode()
    assert "不在任何管理单元的边界内" in elsewhere


def test_by_figures_entered_the_wells_around_are_told_with_least_best_and_most(world, unit, sign_in):
    """1110 m off, 1000 m³/d for 90 days: u = 1110.3² · 0.0001 / (4 · 500 · 90) = 0.000685; W = 6.7099; s = 0.159155 · W = 1.07 m."""
    enter(world)
    answer = sign_in(world.officer).get(URL, ASKED)
    ((well, fall, rest),) = answer.context["rows"]
    assert well.intake == world.a.intake and well.distance_m == pytest.approx(1110.3, abs=0.2)
    assert fall.best_m == pytest.approx(1.068, abs=0.001)
    assert fall.least_m < fall.best_m < fall.most_m
    assert rest.best_m == pytest.approx(0.045, abs=0.001)
    page = answer.content.decode()
    assert "甲机井" in page and "1.07" in page and "抽水试验报告" in page and "仅供初筛" in page


def test_figures_typed_are_for_this_calculation_only(world, unit, sign_in):
    answer = sign_in(world.officer).get(URL, {**ASKED, **FIGURES})
    assert len(answer.context["rows"]) == 1 and "仅为本次计算填写" in answer.content.decode()
    assert not AquiferFigures.objects.exists()
    partly = sign_in(world.officer).get(URL, {**ASKED, **FIGURES, "storativity_best": ""})
    assert "六个参数须全部填写" in partly.content.decode() and "rows" not in partly.context
    disordered = sign_in(world.officer).get(URL, {**ASKED, **FIGURES, "storativity_best": "0.01"})
    assert "由小到大填写" in disordered.content.decode() and "rows" not in disordered.context


def test_an_existing_well_brings_its_place_and_is_not_its_own_neighbour(world, unit, sign_in):
    enter(world)
    asked = {**ASKED, "longitude": "", "latitude": "", "intake": "A-I", "radius_km": "20"}
    answer = sign_in(world.officer).get(URL, asked)
    ((well, _fall, _rest),) = answer.context["rows"]
    assert well.intake == world.b.intake and well.distance_m == pytest.approx(18_870, abs=20)
    Intake.objects.filter(pk=world.a.intake.pk).update(longitude=None)
    assert "没有坐标" in sign_in(world.officer).get(URL, asked).content.decode()
    nowhere = sign_in(world.officer).get(URL, {**ASKED, "longitude": ""})
    assert "请填写位置" in nowhere.content.decode() and "rows" not in nowhere.context


def test_at_the_place_itself_nothing_is_said(world, unit, sign_in):
    enter(world)
    answer = sign_in(world.officer).get(URL, {**ASKED, "latitude": "39.81"})
    ((well, fall, rest),) = answer.context["rows"]
    assert (well.distance_m, fall, rest) == (0, None, None)
    assert "在同一位置" in answer.content.decode()


def around(world, **kwargs):
    found = {"longitude": 109.1, "latitude": 39.8, "radius_m": 5000, "source": "shallow_groundwater", **kwargs}
    territory = world.actor(world.officer).territory("registry.view")
    return queries.around(territory, **found)


def test_wells_out_of_use_count_only_where_their_depth_is_measured(world, unit):
    Intake.objects.filter(pk=world.a.intake.pk).update(status="sealed")
    assert around(world).wells == []
    depth = Series.objects.create(station=world.a.station, quantity="depth_m", element="0E")
    (well,) = around(world).wells
    assert (well.intake, well.depth_series) == (world.a.intake, depth.pk)


def test_wells_of_other_water_and_without_a_place_are_told(world, unit):
    found = around(world, source="deep_groundwater")
    assert (found.wells, found.of_other_source, found.without_place) == ([], 1, 0)
    Intake.objects.filter(pk=world.a.intake.pk).update(latitude=None)
    found = around(world)
    assert (found.wells, found.of_other_source, found.without_place) == ([], 0, 1)


def test_new_figures_end_those_before(world, unit):
    first = enter(world)
    second = enter(world, valid_from=date(2026, 1, 1), storativity_best=D("0.0002"))
    first.refresh_from_db()
    assert (first.valid_to, second.valid_to) == (date(2026, 1, 1), None)
    assert queries.figures_on(unit, "shallow_groundwater", date(2025, 6, 1)) == first
    assert queries.figures_on(unit, "shallow_groundwater", date(2026, 6, 1)) == second
    assert queries.figures_on(unit, "deep_groundwater", date(2026, 6, 1)) is None
    again = enter(world, valid_from=date(2026, 1, 1))
    assert list(AquiferFigures.objects.order_by("valid_from")) == [first, again]


@pytest.mark.parametrize(
    "changes",
    [
        {"valid_from": date(2024, 12, 31)},
        {"valid_from": TODAY + timedelta(days=1)},
        {"storativity_best": D("0.01")},
        {"transmissivity_low_m2_d": D(0)},
    ],
)
def test_figures_that_cannot_be_are_refused(world, unit, changes):
    enter(world)
    with pytest.raises(Invalid):
        enter(world, **changes)
    assert AquiferFigures.objects.count() == 1


def test_an_officer_enters_figures_on_the_page(world, unit, sign_in):
    posted = {
        "unit": unit.pk,
        "source": "shallow_groundwater",
        "document": "报告",
        "valid_from": "2025-01-01",
        **FIGURES,
    }
    client = sign_in(world.officer)
    assert client.post(URL + "figures/", posted).status_code == 302
    assert client.post(URL + "figures/", {**posted, "valid_from": "2026-01-01"}).status_code == 302
    newest = AquiferFigures.objects.current().get()
    assert (newest.entered_by, newest.valid_from) == (world.officer, date(2026, 1, 1))
    assert "报告" in client.get(URL).content.decode()
    wrong = client.post(URL + "figures/", {**posted, "storativity_low": "0.5"})
    assert wrong.status_code == 200 and "由小到大填写" in wrong.content.decode()
    assert client.post(URL + "figures/", {**posted, "storativity_high": "2"}).status_code == 200


def test_who_may_look_who_may_enter_and_who_neither(world, unit, sign_in):
    enter(world)
    auditor = sign_in(world.auditor)
    page = auditor.get(URL, ASKED)
    assert page.status_code == 200 and "甲机井" in page.content.decode()
    assert URL + "figures/" not in page.content.decode()
    assert auditor.post(URL + "figures/", {}).status_code == 403
    for person in (world.town_a, world.b_everything, world.water_user):
        assert sign_in(person).get(URL, ASKED).status_code == 403
        assert sign_in(person).get(URL + "figures/").status_code == 403
    with pytest.raises(Forbidden):
        enter_figures(
            world.actor(world.b_everything), unit, "shallow_groundwater", valid_from=TODAY, document="x", **FIGURES
        )


def test_the_first_answer_leads_here_with_its_place(world, unit, sign_in):
    given = {"longitude": "109.1", "latitude": "39.8", "volume_m3": "5000", "source": "deep_groundwater"}
    assert "/permits/drawdown/?longitude=109.1&amp;latitude=39.8" in (
        sign_in(world.officer).get("/permits/ask/", given).content.decode()
    )
    page = sign_in(world.officer).get(URL, given).content.decode()
    assert 'value="109.1"' in page and 'value="5000"' in page and 'value="deep_groundwater" selected' in page
