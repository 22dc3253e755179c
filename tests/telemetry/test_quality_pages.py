"""Flags of what came, limits of a station, edited values: shown, kept, taken back; the raw value never changes."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone

from liangshui.core.errors import Forbidden, Invalid
from liangshui.records.fields import to_ms
from liangshui.telemetry import quality
from liangshui.telemetry.models import Observation, QualityFlag, QualityLimits, Series, SeriesEdit

pytestmark = pytest.mark.django_db


@pytest.fixture
def levels(world):
    """A day of levels, one of them a metre too high."""
    series = Series.objects.create(station=world.a.station, quantity="level_m", element="39")
    begin = (timezone.now() - timedelta(hours=24)).replace(minute=0, second=0, microsecond=0)
    for n in range(20):
        at = begin + timedelta(hours=n)
        Observation.objects.create(
            series=series,
            at=at,
            received_at=at,
            value=Decimal("5.5") if n == 10 else Decimal("4.5") + n * Decimal("0.01"),
        )
    return series


def test_what_is_odd_is_flagged_on_arrival_once_and_again_with_other_limits(world, levels):
    assert quality.look() >= 1
    flag = QualityFlag.objects.get(series=levels)
    assert (flag.check_name, flag.flag) == ("spike", 3)
    assert quality.look() == 0
    quality.set_limits(world.actor(world.officer), levels.station, "level_m", {"spike_suspect": 2.0})
    Observation.objects.create(series=levels, at=flag.at, received_at=timezone.now(), value=Decimal("5.5"))
    quality.look()
    assert not QualityFlag.objects.filter(series=levels).exists()
    assert Observation.objects.filter(series=levels, value=Decimal("5.5")).count() == 2


def test_limits_that_are_ours_are_not_kept_and_odd_ones_are_refused(world, levels):
    officer = world.actor(world.officer)
    quality.set_limits(officer, levels.station, "level_m", {"spike_suspect": 2.0})
    assert QualityLimits.objects.get().limits == {"spike_suspect": 2.0}
    assert quality.set_limits(officer, levels.station, "level_m", {"spike_suspect": 0.8}) is None
    assert not QualityLimits.objects.exists()
    for given in ({"fail_low": 10.0, "fail_high": 1.0}, {"colour": 1.0}):
        with pytest.raises(Invalid):
            quality.set_limits(officer, levels.station, "level_m", given)
    with pytest.raises(Forbidden):
        quality.set_limits(world.actor(world.auditor), levels.station, "level_m", {})


def test_a_value_is_edited_and_taken_back_and_the_raw_one_stays(world, levels, sign_in):
    client = sign_in(world.officer)
    odd = Observation.objects.get(series=levels, value=Decimal("5.5"))
    page = reverse("series", args=[levels.pk])
    assert "突跳" in client.get(page).content.decode()
    url = reverse("series-edit", args=[levels.pk, to_ms(odd.at)])
    client.post(url, {"after": "4.6", "reason": ""})
    assert not SeriesEdit.objects.filter(series=levels).exists()
    client.post(url, {"after": "4.6", "reason": "人工校核"})
    made = SeriesEdit.objects.get(series=levels)
    assert (made.before, made.after, made.made_by) == (Decimal("5.5"), Decimal("4.6"), world.officer)
    shown = client.get(page).content.decode()
    assert "人工校核" in shown and "5.500" in shown
    client.post(url, {"after": "4.7", "reason": "再改"})
    assert SeriesEdit.objects.filter(series=levels).count() == 1
    client.post(reverse("edit-take-back", args=[made.pk]))
    made.refresh_from_db()
    assert made.taken_back_by == world.officer
    odd.refresh_from_db()
    assert odd.value == Decimal("5.5")


def test_limits_are_set_on_the_page(world, levels, sign_in):
    client = sign_in(world.officer)
    url = reverse("series-limits", args=[levels.pk])
    form = client.get(url).context["form"]
    given = {name: "" if field.initial is None else field.initial for name, field in form.fields.items()}
    client.post(url, given | {"spike_suspect": "2"})
    assert QualityLimits.objects.get().limits == {"spike_suspect": 2.0}
