"""Adopting, linking and mapping: who may, and that kept frames are decoded then, each once."""

from datetime import UTC, date, datetime
from decimal import Decimal as D

import pytest
from django.urls import reverse

from liangshui.accounts.models import Appointment, Organisation, OrganisationKind, Person
from liangshui.accounts.roles import Role
from liangshui.core.access import SYSTEM, Actor, Grant, Right, Territory
from liangshui.core.errors import Forbidden, Invalid
from liangshui.gateway import services as gateway_services
from liangshui.gateway.codecs import sl651
from liangshui.registry.codes import DivisionLevel
from liangshui.registry.models import Division, Intake, Project, Source, WaterUser
from liangshui.telemetry import queries, services
from liangshui.telemetry.models import (
    ChangedSpan,
    DeviceEvent,
    Observation,
    RawFrame,
    Series,
    Station,
    StationModel,
    UnmappedElement,
    WaitingStation,
)
from tests.gateway.test_server import send

KEY = "0011223344"


def report(serial, register, key=KEY):
    when = datetime(2026, 7, 1, 8, serial)
    elements = [
        sl651.element("C1", D(register), 0x33),
        sl651.element("28", D("0.010")),
        sl651.status_word(0x81 if serial < 3 else 0x80),
    ]
    return sl651.encode(sl651.report(0x32, key, serial, when, obs_time=when, elements=elements))


FRAMES = [report(1, "100"), report(2, "101.5"), report(3, "103")]


def officer(town, *rights):
    return Actor("officer", grants=(Grant(frozenset(rights), Territory(paths=frozenset({town.path}))),))


@pytest.fixture
def waiting(gateway, town):
    gateway(send(*FRAMES))
    return WaitingStation.objects.get()


@pytest.fixture
def intake(town):
    user = WaterUser.objects.create(code="U1", name="户", kind="household", division=town)
    project = Project.objects.create(code="P1", name="项目", user=user, division=town)
    source = Source.objects.create(code="S1", name="潜水", kind="shallow_groundwater")
    return Intake.objects.create(
        code="W1", name="一号井", kind="well", project=project, division=town, source=source, sector="agriculture"
    )


@pytest.fixture
def other_town(town):
    return Division.objects.create(code="990101200000", name="西镇", level=DivisionLevel.TOWN, parent=town.parent)


def adopt(actor, waiting, town, **more):
    return gateway_services.adopt(actor, waiting, name="一号站", division=town, protocol="sl651", **more)


def test_adopting_decodes_the_frames_kept_so_far(waiting, town, intake, gateway):
    station = adopt(officer(town, Right.TELEMETRY_CHANGE), waiting, town, intake=intake)
    flow = Observation.objects.filter(series__station=station, series__quantity="flow_m3_h")
    assert [(o.at, o.value) for o in flow.order_by("at")] == [
        (datetime(2026, 7, 1, 0, minute, tzinfo=UTC), D(36)) for minute in (1, 2, 3)
    ]
    assert {o.frame_id for o in flow} == set(RawFrame.objects.values_list("pk", flat=True))
    assert list(DeviceEvent.objects.values_list("kind", "began")) == [("mains_lost", True), ("mains_lost", False)]
    assert UnmappedElement.objects.get().element == "C1"
    assert not WaitingStation.objects.exists()
    assert ChangedSpan.objects.filter(series_id=flow[0].series_id).count() == 1
    link = station.links.get()
    assert (link.intake, link.channel, link.linked_at) == (intake, 1, waiting.first_seen_at)
    gateway(send(report(4, "104"), FRAMES[0]))  # and goes on, with nothing twice
    assert flow.all().count() == 4


def test_read_only_and_another_territory_may_not_adopt(waiting, town, other_town, intake):
    for actor in (officer(town, Right.TELEMETRY_VIEW), officer(other_town, Right.TELEMETRY_CHANGE)):
        with pytest.raises(Forbidden):
            adopt(actor, waiting, town)
    with pytest.raises(Forbidden):  # own town, but an intake of another
        adopt(officer(other_town, Right.TELEMETRY_CHANGE), waiting, other_town, intake=intake)
    assert not Station.objects.exists()
    assert WaitingStation.objects.count() == 1


def test_who_sees_the_waiting(waiting, town):
    assert not queries.waiting(officer(town, Right.TELEMETRY_VIEW)).exists()
    assert queries.waiting(officer(town, Right.TELEMETRY_CHANGE)).exists()
    assert queries.waiting(officer(town.parent, Right.TELEMETRY_VIEW)).exists()
    assert not queries.waiting(Actor("nobody")).exists()


def test_adopting_by_another_family_is_refused(waiting, town):
    with pytest.raises(Invalid):
        gateway_services.adopt(SYSTEM, waiting, name="", division=town, protocol="szy206")
    assert not Station.objects.exists()


def test_mapping_decodes_again_and_replaces_what_was_read_wrongly(waiting, town):
    actor = officer(town, Right.TELEMETRY_CHANGE)
    station = adopt(actor, waiting, town)
    ChangedSpan.objects.all().delete()
    gateway_services.map_element(actor, station, element="C1", quantity="register")
    rows = Observation.objects.filter(series__element="C1").order_by("at")
    assert [o.value for o in rows] == [D(100), D("101.5"), D(103)]
    assert not UnmappedElement.objects.exists()
    gateway_services.map_element(actor, station, element="C1", quantity="register", factor=D(10))
    assert [o.value for o in rows.all()] == [D(1000), D(1015), D(1030)]
    gateway_services.map_element(actor, station, element="C1", quantity="energy_kwh")
    assert {(o.series.quantity, o.value) for o in rows.all()} == {
        ("energy_kwh", v) for v in (D(100), D("101.5"), D(103))
    }
    first, *_rest, last = rows.all()
    span = ChangedSpan.objects.get(series_id=first.series_id)
    assert (span.start_at, span.end_at) == (first.at, last.at)
    assert Observation.objects.filter(series__quantity="flow_m3_h").count() == 3
    assert DeviceEvent.objects.count() == 2


def test_a_model_s_map_serves_all_its_stations_and_an_own_one_goes_before(waiting, town, other_town):
    model = StationModel.objects.create(name="甲型")
    station = adopt(SYSTEM, waiting, town, model=model)
    elsewhere = Station.objects.create(key="0000000007", name="b", protocol="sl651", division=other_town, model=model)
    with pytest.raises(Forbidden):
        gateway_services.map_element(
            officer(town, Right.TELEMETRY_CHANGE), station, element="C1", quantity="register", for_model=True
        )
    gateway_services.map_element(SYSTEM, station, element="C1", quantity="register", for_model=True)
    assert Observation.objects.filter(series__quantity="register", series__station=station).count() == 3
    assert not Series.objects.filter(station=elsewhere).exists()
    gateway_services.map_element(SYSTEM, station, element="C1", quantity="register", channel=2)
    assert set(Observation.objects.filter(series__element="C1").values_list("series__channel", flat=True)) == {2}


def test_an_intake_has_one_station_and_a_channel_one_intake(waiting, town, intake):
    station = adopt(SYSTEM, waiting, town, intake=intake)
    other = Station.objects.create(key="0000000007", name="b", protocol="sl651", division=town)
    with pytest.raises(Invalid):
        services.link_station(SYSTEM, other, intake)
    link = services.unlink_station(SYSTEM, station.links.get())
    assert link.unlinked_at is not None
    services.link_station(SYSTEM, other, intake)
    assert other.links.get().intake == intake


def test_observations_of_partners_are_stored_once(town, make_station):
    station = make_station(KEY)
    at = datetime(2026, 7, 1, tzinfo=UTC)
    rows = [
        services.NewObservation("register", at, D("1.5")),
        services.NewObservation("register", at.replace(hour=1), None),
        services.NewObservation("level_m", at, D(3), channel=2),
    ]
    sender = officer(town, Right.TELEMETRY_SEND)
    assert services.record_observations(sender, station, rows) == 3
    assert services.record_observations(sender, station, rows) == 0
    assert services.record_observations(sender, station, [*rows, services.NewObservation("register", at, D(2))]) == 1
    assert Observation.objects.count() == 4
    spans = list(ChangedSpan.objects.values_list("start_at", "end_at"))
    assert spans[0] == (at, at.replace(hour=1))
    with pytest.raises(Forbidden):
        services.record_observations(officer(town, Right.TELEMETRY_CHANGE), station, rows)
    with pytest.raises(Invalid):
        services.record_observations(sender, station, [services.NewObservation("water", at, D(1))])


def test_frames_of_a_file_go_the_same_way(town, make_station):
    make_station(KEY)
    arrival = datetime(2026, 7, 1, 0, 5, tzinfo=UTC)
    taken = gateway_services.take_frames([(arrival, "demo", frame) for frame in [*FRAMES, FRAMES[0]]], "demo")
    assert (taken.kept, taken.resent, taken.observations) == (3, 1, 3)
    assert RawFrame.objects.first().received_at == arrival


@pytest.mark.parametrize(
    ("role", "status"),
    [(Role.BUREAU_OFFICER, 302), (Role.AUDITOR, 403), (Role.TOWN_OFFICER, 403)],
)
def test_adopting_takes_two_clicks_of_who_may(client, waiting, town, intake, role, status):
    organisation = Organisation.objects.create(name="局", kind=OrganisationKind.BUREAU, division=town.parent)
    person = Person.objects.create(username="p", name="某")
    Appointment.objects.create(person=person, organisation=organisation, role=role, valid_from=date(2020, 1, 1))
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    listed = client.get(reverse("waiting-list"))
    assert listed.status_code == 200
    address = reverse("waiting-adopt", args=[waiting.pk])
    assert (address in listed.content.decode()) == (status == 302)
    form = client.get(address)
    assert form.status_code == (200 if status == 302 else 403)
    given = form.context["form"].initial if status == 302 else {}
    answer = client.post(address, {**given, "division": town.pk, "intake": "W1"})
    assert answer.status_code == status
    assert Station.objects.count() == (status == 302)
    if status == 302:
        for page in (answer.url, reverse("station-list"), reverse("frame-list"), reverse("waiting-list")):
            assert client.get(page).status_code == 200
        assert client.get(reverse("series", args=[Series.objects.first().pk]) + "?to=2026-07-02").status_code == 200
        assert client.get(reverse("frame", args=[RawFrame.objects.first().pk])).status_code == 200
        for name in ("station-edit", "station-link", "station-map"):
            assert client.get(reverse(name, args=[Station.objects.get().pk])).status_code == 200
