"""Control zones: entered by document, confirmed by a second officer, changed from a day on, ended; by page and by file."""

import json
from datetime import date

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction
from django.urls import reverse

from liangshui.accounts.roles import Role
from liangshui.core.errors import Forbidden, Invalid
from liangshui.permits import queries as permits
from liangshui.registry import zone_services as zones
from liangshui.registry.drawing import paths
from liangshui.registry.models import ControlZone, ImportBatch, ZoneProposal
from liangshui.registry.zone_services import ZoneChange
from tests.people import make_person

pytestmark = pytest.mark.django_db

PDF = b"%PDF-1.4 %%EOF"
PAPER = {"document": "禁采区划定方案", "document_number": "测政发1号", "issued_on": date(2025, 12, 1)}
DAY = date(2026, 1, 1)


def square(x: float, y: float, side: float = 0.1) -> dict:
    ring = [[x, y], [x + side, y], [x + side, y + side], [x, y + side], [x, y]]
    return {"type": "Polygon", "coordinates": [ring]}


@pytest.fixture(autouse=True)
def nothing_yet(world):
    ControlZone.objects.all().delete()
    ZoneProposal.objects.all().delete()


def propose(world, change=None, who=None, **more):
    change = change or ZoneChange("banned", "泉域", square(109, 39.7), DAY)
    return zones.propose(world.actor(who or world.officer), [change], **{**PAPER, **more})


def decide(world, row, who=None, agreed=True, words=""):
    return zones.decide(world.actor(who or world.leader), row, agreed=agreed, words=words)


def set_up(world, **more) -> ControlZone:
    decide(world, propose(world, **more))
    return ControlZone.objects.latest("pk")


def here(day=DAY):
    return permits.zones_at(109.05, 39.75, day)


def test_a_zone_binds_when_a_second_officer_has_confirmed_it(world):
    row = propose(world, paper=PDF)
    assert here() is None and not ControlZone.objects.exists()
    decide(world, row)
    assert here() == {"banned"} and here(date(2025, 12, 31)) is None
    zone = ControlZone.objects.get()
    assert (zone.document, zone.proposal.document_number, zone.proposal.decided_by) == (
        "禁采区划定方案",
        "测政发1号",
        world.leader,
    )


def test_another_outline_counts_from_its_day(world):
    zone = set_up(world)
    row = propose(world, ZoneChange("banned", "泉域", square(110, 39.7), date(2026, 7, 1), zone=zone))
    assert here(date(2026, 8, 1)) == {"banned"}
    decide(world, row)
    assert (here(date(2026, 6, 30)), here(date(2026, 8, 1))) == ({"banned"}, frozenset())
    zone.refresh_from_db()
    assert (zone.valid_to, ControlZone.objects.count()) == (date(2026, 7, 1), 2)


def test_a_zone_is_corrected_from_its_first_day(world):
    zone = set_up(world)
    decide(world, propose(world, ZoneChange("limited", "泉域二", square(109, 39.7), DAY, zone=zone)))
    zone.refresh_from_db()
    assert (zone.kind, zone.name, ControlZone.objects.count()) == ("limited", "泉域二", 1)


def test_an_end_needs_two_officers_too(world):
    zone = set_up(world)
    row = propose(world, ZoneChange(zone.kind, zone.name, zone.geometry, zone.valid_from, date(2026, 5, 1), zone))
    assert here(date(2026, 6, 1)) == {"banned"}
    decide(world, row)
    assert here(date(2026, 6, 1)) is None


def test_what_has_changed_since_is_entered_anew(world):
    zone = set_up(world)
    first = propose(world, ZoneChange("banned", "泉域", square(110, 39.7), DAY, zone=zone))
    second = propose(world, ZoneChange("limited", "泉域", square(109, 39.7), DAY, zone=zone))
    decide(world, first)
    with pytest.raises(Invalid):
        decide(world, second)
    twice = (
        propose(world, ZoneChange("limited", "南滩", square(111, 39.7), DAY)),
        propose(world, ZoneChange("limited", "南滩", square(111, 39.7), DAY)),
    )
    decide(world, twice[0])
    with pytest.raises(Invalid):
        decide(world, twice[1])


def test_what_cannot_be_is_told_at_once(world):
    set_up(world)
    point, bow = {"type": "Point", "coordinates": [109, 39]}, square(109, 39)
    bow["coordinates"][0][1:3] = reversed(bow["coordinates"][0][1:3])
    metres = square(36500000, 4400000)
    for field, change in (
        ("name", ZoneChange("banned", "泉域", square(109, 39.7), DAY)),
        ("valid_to", ZoneChange("banned", "新", square(109, 39.7), DAY, DAY)),
        *(
            ("geometry", ZoneChange("banned", "新", each, DAY))
            for each in (point, bow, metres, {}, {"type": "Polygon"})
        ),
    ):
        with pytest.raises(Invalid) as refused:
            propose(world, change)
        assert refused.value.field == field
    for missing in ({"document": ""}, {"document_number": " "}, {"issued_on": None}):
        with pytest.raises(Invalid) as refused:
            propose(world, ZoneChange("banned", "新", square(109, 39.7), DAY), **missing)
        assert refused.value.field == next(iter(missing))


def test_who_may_enter_and_confirm(world):
    for person in (world.auditor, world.town_a, world.b_everything, world.leader):
        with pytest.raises(Forbidden):
            propose(world, who=person)
    row = propose(world)
    for person in (world.auditor, world.town_a, world.b_everything):
        with pytest.raises(Forbidden):
            decide(world, row, who=person)
    for wrong in ({"who": world.officer}, {"agreed": False}):
        with pytest.raises(Invalid):
            decide(world, row, **wrong)
    other = make_person("officer-2", "局员二", world.bureau, Role.BUREAU_OFFICER)
    with pytest.raises(Forbidden):
        zones.withdraw(world.actor(other), row)
    assert decide(world, row, agreed=False, words="界线有误").state == "refused"
    with pytest.raises(Invalid):
        decide(world, row)
    assert zones.withdraw(world.actor(world.officer), propose(world)).state == "withdrawn"
    with pytest.raises(IntegrityError), transaction.atomic():
        ZoneProposal.objects.update(decided_by=world.officer)
    assert not ControlZone.objects.exists()


def test_the_pages_enter_show_and_confirm(world, sign_in):
    client, leader = sign_in(world.officer), sign_in(world.leader)
    posted = {
        "kind": "banned", "name": "泉域", "valid_from": "2026-01-01", "geometry": json.dumps(square(109, 39.7)), "document": "划定方案",
        "document_number": "测政发1号", "issued_on": "2025-12-01", "paper": SimpleUploadedFile("红头.pdf", PDF),
    }  # fmt: skip
    answer = client.post(reverse("zone-new"), posted)
    row = ZoneProposal.objects.get()
    at = reverse("zone-proposal", args=[row.pk])
    assert answer["Location"] == at
    assert 'name="agreed"' not in client.get(at).content.decode()
    assert client.get(reverse("zone-proposal-paper", args=[row.pk])).getvalue() == PDF
    assert 'name="agreed"' in leader.get(at).content.decode() and "<path" in leader.get(at).content.decode()
    assert at in client.get(reverse("zone-list")).content.decode()
    assert reverse("zone-proposals") + "?state=proposed" in leader.get("/").content.decode()
    assert reverse("zone-proposals") + "?state=proposed" not in client.get("/").content.decode()
    assert leader.post(reverse("zone-proposal-decide", args=[row.pk]), {"agreed": "1"}).status_code == 302
    zone = ControlZone.objects.get()
    page = client.get(reverse("zone", args=[zone.pk])).content.decode()
    for told in ("测政发1号", reverse("zone-proposal-paper", args=[row.pk]), "局员", "局长"):
        assert told in page
    paper = {"document": "调整", "document_number": "测政发2号", "issued_on": "2026-01-05"}
    moved = {**posted, **paper, "valid_from": "2026-03-01", "geometry": json.dumps(square(110, 39.7))}
    del moved["paper"]
    assert client.post(reverse("zone-change", args=[zone.pk]), moved).status_code == 302
    assert client.post(reverse("zone-end", args=[zone.pk]), {**paper, "valid_to": "2026-02-01"}).status_code == 302
    change, end = ZoneProposal.objects.filter(state="proposed").order_by("pk")
    assert "5 4" in leader.get(reverse("zone-proposal", args=[change.pk])).content.decode()
    client.post(reverse("zone-proposal-withdraw", args=[change.pk]))
    leader.post(reverse("zone-proposal-decide", args=[end.pk]), {"agreed": "1"})
    zone.refresh_from_db()
    assert zone.valid_to == date(2026, 2, 1)
    assert sign_in(world.town_a).post(reverse("zone-new"), posted).status_code == 403


def test_an_import_of_zones_waits_as_a_whole(world, sign_in):
    client = sign_in(world.officer)
    features = [
        {"type": "Feature", "properties": {"name": name}, "geometry": square(x, 39.7)}
        for name, x in (("东", 109), ("西", 110))
    ]
    file = SimpleUploadedFile("区.geojson", json.dumps({"type": "FeatureCollection", "features": features}).encode())
    posted = {
        "kind": "boundaries", "outline": "zone-limited", "document": "划定方案", "document_number": "测政发3号", "issued_on": "2025-12-01",
        "file": file, "paper": SimpleUploadedFile("红头.pdf", PDF),
    }  # fmt: skip
    client.post(reverse("import-new"), posted)
    batch = ImportBatch.objects.get(file_name="区.geojson")
    client.post(reverse("import-take", args=[batch.pk]))
    row = ZoneProposal.objects.get()
    assert [each["name"] for each in row.changes] == ["东", "西"] and row.paper.endswith(".pdf")
    assert not ControlZone.objects.exists()
    decide(world, row)
    assert set(ControlZone.objects.values_list("name", "valid_from")) == {
        ("东", date(2025, 12, 1)),
        ("西", date(2025, 12, 1)),
    }
    again = SimpleUploadedFile("又.geojson", json.dumps({"type": "FeatureCollection", "features": features}).encode())
    client.post(reverse("import-new"), {**posted, "file": again, "paper": SimpleUploadedFile("红头.pdf", PDF)})
    assert ImportBatch.objects.get(file_name="又.geojson").report["counts"]["unchanged"] == 2


def test_outlines_are_drawn_to_fit():
    assert paths([{"type": "Polygon", "coordinates": []}]) == [""]
    (drawn,) = paths([{"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 0]]]}])
    assert drawn == "M8.0 312.0L312.0 312.0L312.0 8.0L8.0 312.0Z"
