"""Units day by day: indicators, orders and releases by two officers, the states that were written, and who may do what."""

import json
import re
from datetime import date, datetime, timedelta
from decimal import Decimal as D
from html import unescape

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from liangshui.accounting.columns import draw
from liangshui.accounting.models import AccountEntry
from liangshui.accounts.roles import Role
from liangshui.core.access import EVERYWHERE, Territory
from liangshui.core.errors import Forbidden, Invalid
from liangshui.core.periods import BEIJING
from liangshui.permits import queries as permits
from liangshui.quota import unit_services as services
from liangshui.quota import units
from liangshui.quota.models import AllotmentEntry, LevelIndicator, LevelReading, Release, UnitOrder, UnitStateEntry
from liangshui.quota.rules.levels import Measure, span
from liangshui.records import papers
from liangshui.records.jobs import JOBS
from liangshui.registry.models import Intake, ManagementUnit, Project, Shape
from liangshui.telemetry.models import Observation, Series, SeriesEdit, Station
from tests.people import make_person

pytestmark = pytest.mark.django_db

TODAY = timezone.localdate()
SHALLOW = "shallow_groundwater"
YEAR, QUARTER = units.quarters_before(TODAY, 1)[0]
OVER = span(YEAR, QUARTER)
PAPER = {
    "document": "关于下达水位控制指标的通知",
    "document_number": "内水资〔2026〕2号",
    "issued_on": date(2026, 1, 5),
}
ORDER = {
    "source_kind": "", "authority": "市水利局", "document": "关于暂停审批的通知", "document_number": "鄂水发〔2026〕3号",
    "ground": "YR-051", "valid_from": TODAY - timedelta(days=30), "spared": ["living"],
}  # fmt: skip


@pytest.fixture
def second(world):
    return world.actor(make_person("second", "另一局员", world.bureau, Role.BUREAU_OFFICER))


@pytest.fixture
def officer(world):
    return world.actor(world.officer)


@pytest.fixture
def unit(world):
    """A unit with a control total of 100,000 m³ and permits of 70,000 m³ this year; little was pumped."""
    AllotmentEntry.objects.all().delete()
    UnitOrder.objects.all().delete()
    total(world, 100_000)
    Intake.objects.update(management_unit=world.unit)
    Project.objects.update(permitted_m3=None)
    permit(world, 70_000)
    pumped(world, 12_000)
    return world.unit


def pumped(world, m3):
    """So much more in January of last year by one well, in the account; the other took nothing, and neither did both this year."""
    before = sum((e.volume_m3 for e in AccountEntry.objects.filter(intake=world.a.intake)), D(0))
    AccountEntry.objects.all().delete()
    for year in (TODAY.year - 1, TODAY.year):
        for ledger in (world.a, world.b):
            intake = ledger.intake
            taken = before + D(m3) if (year, ledger.letter_of_town) == (TODAY.year - 1, "A") else D(0)
            AccountEntry.objects.create(
                month=date(year, 1, 1), stage="abstraction", intake=intake, user=ledger.user, project=intake.project,
                division=intake.division, unit=world.unit, source=world.source, sector="agriculture", method="register", days=31,
                volume_m3=taken, low_m3=taken, high_m3=taken,
            )  # fmt: skip
    draw(AccountEntry.objects.values_list("month", flat=True))


def total(world, m3, since=None):
    AllotmentEntry.objects.create(
        year=TODAY.year, source_kind=SHALLOW, county=world.county, unit=world.unit, change_m3=D(m3), counts_from=since or date(TODAY.year, 1, 1)
    )  # fmt: skip


def permit(world, m3):
    project = Project.objects.get(pk=world.a.intake.project_id)
    project.permitted_m3, project.permit_from, project.permit_to = D(m3), date(2024, 1, 1), None
    project.save()


def monitored(officer, unit, depth="12.00", **more):
    """A well read by hand every fifth day of the last quarter that is over."""
    given = {"name": "监测井1", "valid_from": date(2024, 1, 1), **more}
    well = services.add_well(officer, unit, source_kind=SHALLOW, **given)
    for number in range(0, OVER.length, 5):
        services.add_reading(officer, well, day=OVER.start + timedelta(days=number), depth_m=D(depth), read_by="巡测员")
    return well


def indicator(officer, second, unit, threshold, **more):
    given = {"source_kind": SHALLOW, "year": YEAR, "period": QUARTER, "measure": "depth", **PAPER, **more}
    made = services.propose_indicator(officer, unit, threshold_m=D(threshold), **given)
    return services.decide(second, made, agreed=True)


def state(world):
    (found,) = (s for s in units.standings(world.county, TODAY) if s.source == SHALLOW)
    return found.state


def test_an_indicator_binds_only_when_another_officer_has_confirmed_it(world, unit, officer, second):
    monitored(officer, unit)
    made = services.propose_indicator(
        officer, unit, source_kind=SHALLOW, year=YEAR, period=QUARTER, measure="depth", threshold_m=D(11), **PAPER
    )
    assert state(world).kind.value == "unknown"
    with pytest.raises(Invalid, match="另一人"):
        services.decide(officer, made, agreed=True)
    services.decide(second, made, agreed=True)
    assert state(world).kind.value == "level"
    with pytest.raises(Invalid):
        services.decide(second, made, agreed=False, words="x")


def test_of_one_period_the_last_confirmed_indicator_holds(world, unit, officer, second):
    monitored(officer, unit)
    indicator(officer, second, unit, "13")
    assert state(world).kind.value == "open"
    indicator(officer, second, unit, "11.99")
    assert state(world).kind.value == "level"


def test_a_refusal_needs_words_and_a_withdrawal_its_author(world, unit, officer, second):
    given = {"source_kind": SHALLOW, "year": YEAR, "period": QUARTER, "measure": "depth", "threshold_m": D(11), **PAPER}
    made = services.propose_indicator(officer, unit, **given)
    with pytest.raises(Invalid, match=r"理由|说明"):
        services.decide(second, made, agreed=False)
    with pytest.raises(Forbidden):
        services.withdraw(second, made)
    services.withdraw(officer, made)
    assert LevelIndicator.objects.get(pk=made.pk).state == "withdrawn"


def test_the_station_comes_before_the_hand_and_an_edited_value_counts(world, unit, officer):
    station = Station.objects.create(key="0000000077", name="水位站", protocol="sl651", division=world.a.village)
    series = Series.objects.create(station=station, quantity="level_m", element="39")
    well = services.add_well(
        officer, unit, source_kind=SHALLOW, name="监测井2", valid_from=date(2024, 1, 1), series=series, ground_m=D(1000)
    )
    day = OVER.start
    for hour, value in ((1, 990), (23, 988)):
        at = datetime(day.year, day.month, day.day, hour, tzinfo=BEIJING)
        Observation.objects.create(series=series, at=at, received_at=at, value=D(value))
    services.add_reading(officer, well, day=day, depth_m=D(5), read_by="巡测员")
    services.add_reading(officer, well, day=day + timedelta(days=1), depth_m=D(7), read_by="巡测员")
    services.add_reading(officer, well, day=day + timedelta(days=1), depth_m=D(8), read_by="巡测员")

    def depths():
        (found,) = units.wells(day, day + timedelta(days=5), [well])[unit.pk, SHALLOW]
        return dict(found.days[Measure.DEPTH]), dict(found.days[Measure.LEVEL])

    second_day = day + timedelta(days=1)
    assert depths() == ({day: D(11), second_day: D(8)}, {day: D(989), second_day: D(992)})
    SeriesEdit.objects.create(series=series, at=at, before=D(988), after=None, reason="漂移", made_at=timezone.now())
    assert depths()[0][day] == D(10)


def test_what_was_pumped_above_the_total_suspends_and_reaching_it_does_not(world, unit, officer, second):
    monitored(officer, unit)
    indicator(officer, second, unit, "13")
    pumped(world, 88_000)
    assert state(world).kind.value == "near"
    pumped(world, "0.001")
    found = state(world)
    assert found.kind.value == "total" and permits.unit_state(world.county, unit, SHALLOW, TODAY).pumped_m3 == D(
        "100000.001"
    )


def test_an_order_suspends_from_its_day_and_only_when_confirmed(world, unit, officer, second):
    made = services.propose_order(officer, unit, **ORDER, paper=b"%PDF-1.4 %%EOF")
    assert papers.path_of("quota", made.paper).exists() and state(world).kind.value != "order"
    services.decide(second, made, agreed=True)
    assert state(world).kind.value == "order"
    assert units.orders_on(ORDER["valid_from"] - timedelta(days=1)) == {}
    gate = permits.unit_state(world.county, unit, SHALLOW, TODAY)
    assert [(order.document, order.ground) for order in gate.orders] == [("鄂水发〔2026〕3号", "YR-051")]


def test_the_state_is_written_only_when_it_changes_and_any_past_day_can_be_asked(world, unit, officer, second):
    UnitStateEntry.objects.all().delete()
    days = [TODAY - timedelta(days=number) for number in (40, 30, 20, 10)]
    monitored(officer, unit)
    UnitStateEntry.objects.all().delete()
    assert services.write_states(days[0]) == 1 and services.write_states(days[1]) == 0
    permit(world, 95_000)
    assert services.write_states(days[2]) == 1
    permit(world, 100_000)
    assert services.write_states(days[3]) == 1

    def on(day):
        return UnitStateEntry.objects.on(day).values_list("kind", flat=True).first()

    assert [on(day) for day in days] == ["unknown", "unknown", "near", "total"]
    assert on(days[2] - timedelta(days=1)) == "unknown" and on(days[0] - timedelta(days=1)) is None
    last = UnitStateEntry.objects.current().get()
    failed = [each for each in last.days.get().reason if each["outcome"] == "failed"]
    assert [(each["code"], each["article"]) for each in failed] == [("permitted", "AR-020 (2)")]
    assert last.valid_from == days[3] and failed[0]["figures"] == [
        ["permitted_m3", "100000.000"],
        ["control_m3", "100000.000"],
    ]


def test_a_past_day_has_the_figures_and_reasons_of_that_day(world, unit, officer, second, sign_in):
    monitored(officer, unit)
    indicator(officer, second, unit, "13")
    UnitStateEntry.objects.all().delete()
    days = [TODAY - timedelta(days=number) for number in (40, 30, 20)]
    services.write_states(days[0])
    permit(world, 71_000)
    assert services.write_states(days[1]) == 0 and services.write_states(days[2]) == 0

    def on(day):
        ((entry, found),) = units.past(day, {world.unit.pk})
        return entry.valid_from, found.day, found.permitted_m3, found.reason[0]["figures"][0]

    assert on(days[0]) == (days[0], days[0], D(70_000), ["permitted_m3", "70000.000"])
    assert on(days[1] - timedelta(days=1)) == on(days[0])
    # nothing changed on the third day: the second is the last known
    assert on(days[2]) == on(days[1]) == (days[0], days[1], D(71_000), ["permitted_m3", "71000.000"])
    permit(world, 72_000)
    services.write_states(days[1])
    assert on(days[1])[2] == D(72_000)
    page = sign_in(world.auditor).get(f"/quota/units/?on={days[2]}").content.decode()
    assert "72,000" in page and str(days[1]) in page and str(days[0]) in page
    history = sign_in(world.auditor).get(f"/quota/units/{unit.pk}/").content.decode()
    assert "70,000 m³" in history


def test_the_chart_draws_what_is_judged_beside_the_wells_and_gaps_as_gaps(world, unit, officer, second, sign_in):
    monitored(officer, unit)
    monitored(officer, unit, "15.00", name="监测井2", weight=D(2))

    def lines():
        (level,) = sign_in(world.auditor).get(f"/quota/units/{unit.pk}/").context["levels"]
        chart = json.loads(level["chart"])
        return chart["xAxis"]["data"], {each["name"]: each["data"] for each in chart["series"]}, level

    assert set(lines()[1]) == {"监测井1", "监测井2"}  # without an indicator nothing is judged
    indicator(officer, second, unit, "13.5")
    indicator(officer, second, unit, "13.5", year=TODAY.year, period=f"Q{(TODAY.month - 1) // 3 + 1}")  # not over yet
    months, drawn, level = lines()
    judged = dict(zip(months, drawn["判定值：单元平均"], strict=True))
    over = [f"{each.start:%Y-%m}" for each in OVER.months()]
    assert [judged[each] for each in over] == [14.0, 14.0, 14.0]
    assert {value for each, value in judged.items() if each not in over} == {None}
    assert dict(zip(months, drawn["监测井1"], strict=True))[over[0]] == 12.0
    assert level["heads"] == ["监测井1", "监测井2", "判定值：单元平均", "单元控制值"]
    # a well without readings: the mean of the unit is not known
    services.add_well(officer, unit, source_kind=SHALLOW, name="监测井3", valid_from=date(2024, 1, 1))
    assert "判定值：单元平均" not in lines()[1]


def test_of_one_day_the_last_state_counts(world, unit):
    services.write_states(TODAY)
    permit(world, 100_000)
    services.write_states(TODAY)
    assert [row.kind for row in UnitStateEntry.objects.filter(source_kind=SHALLOW)] == ["total"]


def test_a_suspension_stays_until_two_officers_release_it(world, unit, officer, second):
    monitored(officer, unit)
    indicator(officer, second, unit, "13")
    UnitStateEntry.objects.all().delete()
    permit(world, 100_000)
    services.write_states(TODAY - timedelta(days=5))
    with pytest.raises(Invalid):
        services.ask_release(officer, unit, source_kind=SHALLOW, reason="想解除")
    permit(world, 60_000)
    services.write_states(TODAY - timedelta(days=2))
    waiting = state(world)
    assert (waiting.kind.value, waiting.only_held) == ("total", True)
    assert permits.unit_state(world.county, unit, SHALLOW, TODAY).held
    with pytest.raises(Invalid):
        services.ask_release(officer, unit, source_kind=SHALLOW, reason=" ")
    asked = services.ask_release(officer, unit, source_kind=SHALLOW, reason="已核减许可水量")
    with pytest.raises(Invalid):
        services.ask_release(second, unit, source_kind=SHALLOW, reason="再次")
    with pytest.raises(Invalid, match="另一人"):
        services.decide(officer, asked, agreed=True)
    assert state(world).suspended
    services.decide(second, asked, agreed=True)
    assert state(world).kind.value == "open"
    assert not permits.unit_state(world.county, unit, SHALLOW, TODAY).held
    kinds = UnitStateEntry.objects.order_by("valid_from").values_list("kind", "waits")
    assert list(kinds)[-3:] == [("total", []), ("total", ["total"]), ("open", [])]


def test_a_release_is_not_confirmed_when_the_figures_ask_again(world, unit, officer, second):
    permit(world, 100_000)
    services.write_states(TODAY - timedelta(days=5))
    permit(world, 60_000)
    asked = services.ask_release(officer, unit, source_kind=SHALLOW, reason="已核减")
    permit(world, 100_000)
    with pytest.raises(Invalid):
        services.decide(second, asked, agreed=True)
    services.decide(second, asked, agreed=False, words="又达到总量")
    assert Release.objects.get().state == "refused" and state(world).suspended


def test_an_order_that_has_ended_waits_for_release(world, unit, officer, second):
    made = services.decide(second, services.propose_order(officer, unit, **ORDER), agreed=True)
    with pytest.raises(Invalid):
        services.end_order(officer, made, day=ORDER["valid_from"], end_document="x")
    services.end_order(officer, made, day=TODAY, end_document="鄂水发〔2026〕9号")
    found = state(world)
    assert (found.kind.value, found.only_held) == ("order", True)
    asked = services.ask_release(officer, unit, source_kind=SHALLOW, reason="上级已解除")
    services.decide(second, asked, agreed=True)
    assert not state(world).suspended


def test_what_cannot_be_is_refused_with_its_field(world, unit, officer):
    well = monitored(officer, unit)
    wrong = Series.objects.get(station=world.a.station)
    for field, call in (
        ("series", lambda: services.add_well(officer, unit, source_kind=SHALLOW, name="x", valid_from=TODAY, series=wrong)),
        ("weight", lambda: services.add_well(officer, unit, source_kind=SHALLOW, name="x", valid_from=TODAY, weight=D(0))),
        ("name", lambda: services.add_well(officer, unit, source_kind=SHALLOW, name="监测井1", valid_from=TODAY)),
        ("day", lambda: services.add_reading(officer, well, day=TODAY + timedelta(days=1), depth_m=D(1), read_by="x")),
        ("day", lambda: services.add_reading(officer, well, day=date(2023, 1, 1), depth_m=D(1), read_by="x")),
        ("day", lambda: services.end_well(officer, well, day=date(2024, 1, 1))),
        ("well", lambda: services.propose_indicator(
            officer, unit, source_kind="deep_groundwater", year=YEAR, period="Q1", measure="depth", threshold_m=D(1), well=well, **PAPER)),
        ("valid_to", lambda: services.propose_order(officer, unit, **ORDER, valid_to=ORDER["valid_from"])),
    ):  # fmt: skip
        with pytest.raises(Invalid) as error:
            call()
        assert error.value.field == field


def test_figures_that_cannot_be_meant_are_refused_with_their_bounds(world, unit, officer, sign_in):
    well = services.add_well(officer, unit, source_kind=SHALLOW, name="监测井1", valid_from=date(2024, 1, 1))
    for depth in ("-5", "500.001", "9999"):
        with pytest.raises(Invalid, match="500 m") as error:
            services.add_reading(officer, well, day=TODAY, depth_m=D(depth), read_by="x")
        assert error.value.field == "depth_m"
    for depth in ("0", "500"):
        services.add_reading(officer, well, day=TODAY, depth_m=D(depth), read_by="x")
    given = {"source_kind": SHALLOW, "year": YEAR, "period": "Q1", **PAPER}
    for measure, threshold, bound in (
        ("depth", "-0.1", "500 m"),
        ("depth", "600", "500 m"),
        ("level", "9001", "9000 m"),
        ("level", "-501", "9000 m"),
    ):
        with pytest.raises(Invalid, match=bound) as error:
            services.propose_indicator(officer, unit, measure=measure, threshold_m=D(threshold), **given)
        assert error.value.field == "threshold_m"
    with pytest.raises(Invalid) as error:
        services.add_well(officer, unit, source_kind=SHALLOW, name="x", valid_from=TODAY, ground_m=D(9999))
    assert error.value.field == "ground_m"
    typed = {"well": well.pk, "day": TODAY.isoformat(), "depth_m": "-5", "read_by": "巡测员"}
    page = sign_in(world.officer).post(f"/quota/units/{unit.pk}/reading/", typed)
    assert page.context["form"].errors.keys() == {"depth_m"}


@pytest.mark.parametrize("who", ["auditor", "town_a", "town_b", "water_user", "rightless"])
def test_who_may_not_change_units_changes_nothing(world, unit, officer, second, who):
    actor = world.actor(getattr(world, who))
    well, order = monitored(officer, unit), services.propose_order(officer, unit, **ORDER)
    for call in (
        lambda: services.add_well(actor, unit, source_kind=SHALLOW, name="x", valid_from=TODAY),
        lambda: services.end_well(actor, well, day=TODAY),
        lambda: services.add_reading(actor, well, day=TODAY, depth_m=D(1), read_by="x"),
        lambda: services.propose_indicator(
            actor, unit, source_kind=SHALLOW, year=YEAR, period="Q1", measure="depth", threshold_m=D(1), **PAPER
        ),
        lambda: services.propose_order(actor, unit, **ORDER),
        lambda: services.end_order(actor, order, day=TODAY, end_document="x"),
        lambda: services.ask_release(actor, unit, source_kind=SHALLOW, reason="x"),
        lambda: services.decide(actor, order, agreed=True),
        lambda: services.withdraw(actor, order),
    ):
        with pytest.raises(Forbidden):
            call()


def test_pages_show_each_reader_the_units_that_touch_what_is_theirs_and_only_officers_have_buttons(
    world, unit, officer, second, sign_in
):
    monitored(officer, unit)
    indicator(officer, second, unit, "11")
    services.propose_order(officer, unit, **ORDER)
    services.write_states(TODAY)
    for client in (sign_in(world.officer), sign_in(world.auditor)):
        page = client.get("/quota/units/").content.decode()
        assert "公共单元" in page and "水位超控暂停" in page
        assert '<th class="num">许可余量（m³）</th>' in page  # of a suspended unit nothing may be granted
        page = client.get(f"/quota/units/{unit.pk}/").content.decode()
        assert "内水资〔2026〕2号" in page and "data-chart" in page and "鄂水发〔2026〕3号" in page
    assert f"/quota/units/{unit.pk}/order/" not in page and 'value="confirm"' not in page
    assert "监测井1" in client.get("/quota/units/levels/").content.decode()
    UnitStateEntry.objects.current().update(valid_from=TODAY - timedelta(days=3))
    assert "水位超控暂停" in client.get(f"/quota/units/?on={TODAY - timedelta(days=1)}").content.decode()
    assert "该日没有状态记录" in client.get("/quota/units/?on=2020-01-01").content.decode()
    paths = ("/quota/units/", f"/quota/units/{unit.pk}/", "/quota/units/levels/", "/permits/room/")
    elsewhere = ManagementUnit.objects.create(code="U2", name="别处单元", division=world.county)
    services.propose_order(officer, elsewhere, **ORDER)
    for person in (world.town_a, world.town_b, world.water_user):
        for path in paths:
            answer = sign_in(person).get(path)
            page = answer.content.decode()
            assert answer.status_code == 200 and "公共单元" in page and "别处单元" not in page
            assert "鄂水发〔2026〕3号" not in page and 'value="confirm"' not in page  # it waits for a second officer
        assert sign_in(person).get(f"/quota/units/{elsewhere.pk}/").status_code == 404
        assert sign_in(person).post(f"/quota/units/{unit.pk}/order/", ORDER).status_code == 403
    page = sign_in(world.town_a).get(f"/quota/units/{unit.pk}/").content.decode()
    for link in {
        each for each in re.findall(r'href="(/[^"#]+)"', page) if not each.startswith(("/static/", "/sign-out"))
    }:
        assert sign_in(world.town_a).get(unescape(link)).status_code in (200, 302), link
    assert sign_in(world.rightless).get("/quota/units/").status_code == 403


def test_a_unit_touches_a_town_by_wells_by_allotments_and_by_outlines(world, unit):
    Intake.objects.update(management_unit=None)
    AllotmentEntry.objects.all().delete()
    town = Territory(paths=frozenset({world.a.town.path}))
    assert units.touching(town) == set() and units.touching(EVERYWHERE) == {unit.pk}
    AllotmentEntry.objects.create(
        year=YEAR,
        source_kind=SHALLOW,
        county=world.county,
        town=world.a.town,
        unit=unit,
        change_m3=D(1),
        counts_from=TODAY,
    )
    assert units.touching(town) == {unit.pk}
    AllotmentEntry.objects.all().delete()

    def square(west):
        return {
            "type": "Polygon",
            "coordinates": [[[west, 40], [west + 1, 40], [west + 1, 41], [west, 41], [west, 40]]],
        }

    Shape.objects.create(kind="division", name="甲镇", division=world.a.town, geometry=square(108))
    for west, touches in ((109, False), (108.995, False), (108.5, True)):
        type(unit).objects.filter(pk=unit.pk).update(geometry=square(west))
        assert units.touching(town) == ({unit.pk} if touches else set())


def test_by_the_pages_an_order_is_entered_confirmed_and_opened(world, unit, second, sign_in):
    one, other = sign_in(world.officer), sign_in(type(world.officer).objects.get(username="second"))
    paper = SimpleUploadedFile("a.pdf", b"%PDF-1.4 %%EOF")
    given = ORDER | {"valid_to": "", "exceptions": "居民生活除外", "paper": paper}
    assert one.post(f"/quota/units/{unit.pk}/order/", given).status_code == 302
    row = UnitOrder.objects.get()
    assert 'value="withdraw"' in one.get(f"/quota/units/{unit.pk}/").content.decode()
    form = {"what": "order", "row": row.pk, "do": "confirm", "words": ""}
    one.post(f"/quota/units/{unit.pk}/decide/", form)
    assert UnitOrder.objects.get().state == "proposed"
    other.post(f"/quota/units/{unit.pk}/decide/", form)
    assert UnitOrder.objects.get().state == "binding" and state(world).kind.value == "order"
    assert b"".join(one.get(f"/quota/orders/{row.pk}/paper/").streaming_content) == b"%PDF-1.4 %%EOF"
    for wrong in ({"what": "x", "row": row.pk}, {"what": "order", "row": "x"}, {}):
        assert one.post(f"/quota/units/{unit.pk}/decide/", wrong).status_code == 302


def test_by_the_pages_a_suspension_is_released(world, unit, second, sign_in):
    permit(world, 100_000)
    services.write_states(TODAY - timedelta(days=5))
    client = sign_in(world.officer)
    address = f"/quota/units/{unit.pk}/release/?source={SHALLOW}"
    assert address not in client.get(f"/quota/units/{unit.pk}/").content.decode()
    permit(world, 60_000)
    assert address in client.get(f"/quota/units/{unit.pk}/").content.decode()
    assert client.post(address, {"source_kind": SHALLOW, "reason": "已核减"}).status_code == 302
    row = Release.objects.get()
    form = {"what": "release", "row": row.pk, "do": "confirm"}
    sign_in(type(world.officer).objects.get(username="second")).post(f"/quota/units/{unit.pk}/decide/", form)
    assert Release.objects.get().state == "binding" and not state(world).suspended


def test_by_the_pages_a_well_is_added_read_and_ended(world, unit, sign_in):
    client = sign_in(world.officer)
    given = {"source_kind": SHALLOW, "name": "手测井", "weight": "1", "valid_from": "2024-01-01"}
    assert client.post(f"/quota/units/{unit.pk}/well/", given).status_code == 302
    well = unit.level_wells.get()
    given = {"well": well.pk, "day": TODAY.isoformat(), "depth_m": "9.5", "read_by": "巡测员"}
    assert client.post(f"/quota/units/{unit.pk}/reading/", given).status_code == 302
    assert LevelReading.objects.get().depth_m == D("9.5")
    assert (
        client.post(f"/quota/units/{unit.pk}/well/end/", {"well": well.pk, "day": TODAY.isoformat()}).status_code == 302
    )
    assert unit.level_wells.get().valid_to == TODAY


def test_the_first_answer_takes_level_and_orders_from_the_register(world, unit, officer, second, sign_in):
    monitored(officer, unit)
    indicator(officer, second, unit, "11")
    services.decide(second, services.propose_order(officer, unit, **ORDER), agreed=True)
    asked = {
        "source": SHALLOW,
        "unit": unit.pk,
        "use": "irrigation",
        "new": "on",
        "volume_m3": "10",
        "level_kept": "",
        "load": "",
    }
    page = sign_in(world.officer).get("/permits/ask/", asked).content.decode()
    assert "鄂水发〔2026〕3号" in page and "第25条 (1)" in page and "按此申请应不予批准" in page
    page = sign_in(world.officer).get("/permits/ask/", asked | {"use": "living"}).content.decode()
    assert "按此申请应不予批准" not in page


def test_the_worker_writes_states(world, unit):
    (job,) = (job for job in JOBS if job.name == "states of management units")
    assert job.run() == 1 and UnitStateEntry.objects.get(source_kind=SHALLOW).valid_from == TODAY


def test_without_a_county_the_worker_has_nothing_to_write(db):
    assert services.look() == 0


def test_what_is_known_in_part_suspends_but_releases_nothing(world, unit, officer, second):
    monitored(officer, unit)
    indicator(officer, second, unit, "13")
    UnitStateEntry.objects.all().delete()
    permit(world, 100_000)
    services.write_states(TODAY - timedelta(days=5))
    permit(world, 60_000)
    untold = {"method": "", "volume_m3": None, "low_m3": None, "high_m3": None}
    AccountEntry.objects.filter(intake=world.b.intake).update(**untold)
    draw(AccountEntry.objects.values_list("month", flat=True))
    assert (state(world).kind.value, state(world).only_held) == ("total", False)
    with pytest.raises(Invalid):
        services.ask_release(officer, unit, source_kind=SHALLOW, reason="想解除")
