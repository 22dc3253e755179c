"""An evidence sheet holds everything behind an intake's readings, is kept as it was made, and is checked by anybody."""

import gzip
import hashlib
import json
import subprocess
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone

from liangshui.core.access import SYSTEM
from liangshui.core.errors import Forbidden, Invalid
from liangshui.registry import services as registry
from liangshui.telemetry import evidence, seals
from liangshui.telemetry.models import EvidenceSheet, GatewayProgress, RawFrame, Seal
from tests.people import SEEN

pytestmark = pytest.mark.django_db


@pytest.fixture
def sealed(world, settings, tmp_path):
    settings.HOME = tmp_path
    Seal.objects.all().delete()
    GatewayProgress.objects.create(gateway="main", last_frame_id=RawFrame.objects.order_by("pk").last().pk)
    seals.seal_days(timezone.localtime(SEEN).date() + timedelta(days=1))
    registry.install_meter(SYSTEM, world.a.intake, number="M-1", first_reading=Decimal(0), at=SEEN - timedelta(days=9))
    registry.verify_meter(
        SYSTEM, world.a.intake, certificate="检2026-1", office="计量所", verified_on=date(2026, 1, 5), valid_until=date(2028, 1, 5)
    )  # fmt: skip
    return world


def make(world, **more):
    day = timezone.localtime(SEEN).date()
    given = {"first": day, "last": day, "reason": "超许可取水"} | more
    return evidence.make(world.actor(world.officer), world.a.intake, **given)


def test_everything_stands_on_it_and_it_is_checked_with_plain_tools(sealed, tmp_path, sign_in):
    sign_in(sealed.officer).get(reverse("intake", args=[sealed.a.intake.pk]))
    sheet = make(sealed)
    told = json.loads(evidence.read(sheet))
    assert [reading["value"] for series in told["series"] for reading in series["readings"]] == ["5.000000"]
    assert told["meters"][0]["verifications"][0]["certificate"] == "检2026-1"
    (frame,), (seal,) = told["frames"], told["seals"]
    plain = tmp_path / "day.txt"
    plain.write_bytes(gzip.decompress(seals.path_of(Seal.objects.get()).read_bytes()))
    assert subprocess.check_output(["sha256sum", plain], text=True).split()[0] == seal["sha256"]
    assert frame["line"] in plain.read_text().splitlines()
    assert frame["line"].endswith(frame["raw"]) and frame["sealed_in"] == seal["day"]
    assert (told["intake"]["code"], told["made_by"], told["reason"]) == ("A-I", "局员", "超许可取水")
    assert hashlib.sha256(evidence.path_of(sheet).read_bytes()).hexdigest() == sheet.sha256


def test_who_looked_stands_on_it(sealed, sign_in):
    day = timezone.localdate()
    sign_in(sealed.officer).get(reverse("intake", args=[sealed.a.intake.pk]))
    told = json.loads(evidence.read(make(sealed, first=day, last=day)))
    assert [(each["who"], each["page"]) for each in told["looked"]] == [
        ("officer", reverse("intake", args=[sealed.a.intake.pk]))
    ]


def test_a_sheet_whose_file_was_changed_is_not_given_out(sealed, sign_in):
    sheet = make(sealed)
    path = evidence.path_of(sheet)
    path.write_bytes(path.read_bytes().replace(b"5.000000", b"4.000000"))
    with pytest.raises(Invalid):
        evidence.read(sheet)
    assert sign_in(sealed.officer).get(reverse("evidence-file", args=[sheet.pk, "json"])).status_code == 400


def test_pages_make_it_and_give_both_files(sealed, sign_in):
    client = sign_in(sealed.officer)
    day = timezone.localtime(SEEN).date().isoformat()
    url = reverse("intake-evidence", args=[sealed.a.intake.pk])
    assert "reason" in client.post(url, {"first": day, "last": day, "reason": ""}).content.decode()
    answer = client.post(url, {"first": day, "last": day, "reason": "复核"}, follow=True)
    sheet = EvidenceSheet.objects.get(reason="复核")
    assert sheet.sha256 in answer.content.decode()
    paper = client.get(reverse("evidence-file", args=[sheet.pk, "pdf"]))
    assert paper.content.startswith(b"%PDF") and len(paper.content) > 5000
    assert client.get(reverse("evidence-file", args=[sheet.pk, "json"])).json()["number"] == sheet.pk
    assert client.get(reverse("evidence-file", args=[sheet.pk, "exe"])).status_code == 404
    assert client.get(reverse("seal-file", args=[Seal.objects.get().pk])).status_code == 200


def test_only_who_sees_the_intake_makes_one_and_not_of_too_much(sealed, monkeypatch):
    with pytest.raises(Forbidden):
        evidence.make(sealed.actor(sealed.b.person), sealed.a.intake, date(2026, 1, 1), date(2026, 1, 2), "x")
    monkeypatch.setattr(evidence, "MOST_READINGS", 0)
    with pytest.raises(Invalid):
        make(sealed)


def test_a_certificate_sets_when_the_next_is_due(sealed):
    meter = sealed.a.intake.meter_installations.get().meter
    meter.refresh_from_db()
    assert meter.verification_due == date(2028, 1, 5)
    with pytest.raises(Invalid):
        registry.verify_meter(
            SYSTEM, sealed.a.intake, certificate="x", office="y", verified_on=timezone.localdate() + timedelta(days=1)
        )
    with pytest.raises(Invalid):
        registry.verify_meter(SYSTEM, sealed.b.intake, certificate="x", office="y", verified_on=date(2026, 1, 5))
