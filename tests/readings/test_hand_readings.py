"""Hand readings: what a phone sends, who may, and what the accounts make of it."""

import io
from datetime import date, datetime, timedelta
from decimal import Decimal as D
from uuid import uuid4

import pytest
from django.urls import reverse
from django.utils import timezone
from PIL import Image

from liangshui.accounting import queries
from liangshui.accounting.models import PeriodVolume, Statement
from liangshui.core.access import EVERYWHERE, SYSTEM, Actor
from liangshui.core.errors import Forbidden, Invalid, NotFound
from liangshui.core.periods import BEIJING, Period
from liangshui.readings import services
from liangshui.readings.models import HandReading
from liangshui.readings.queries import counts, rounds
from liangshui.readings.services import Sent
from liangshui.records.photos import MOST_BYTES
from liangshui.registry import services as registry
from tests.accounting.conftest import MAY, follow, place, total  # noqa: F401

pytestmark = pytest.mark.django_db
JUNE = Period(date(2025, 6, 1), date(2025, 7, 1))


def sent(intake, day: int, dial: str, month: int = 5, hour: int = 9, **more: str) -> Sent:
    at = datetime(2025, month, day, hour, tzinfo=BEIJING)
    return Sent(str(uuid4()), intake.pk, at.isoformat(), dial, **more)


def read(intake, day: int, dial: str, **more) -> HandReading:
    made, _new = services.take(SYSTEM, sent(intake, day, dial, **more))
    follow()
    return made


@pytest.fixture
def well(place):  # noqa: F811
    well = place.well("W1", place.user("U1"), capacity_m3_h=D(50))
    at = datetime(2025, 1, 1, tzinfo=BEIJING)
    registry.install_meter(SYSTEM, well, number="M1", first_reading=None, at=at, digits=5)
    return well


def periods(intake) -> list[tuple[str, str, D]]:
    rows = PeriodVolume.objects.filter(intake=intake, method="read").order_by("start", "pk")
    return [(f"{r.start:%m-%d}", f"{r.end:%m-%d}", r.volume_m3) for r in rows]


def test_readings_become_volumes_and_the_account_follows(well):
    read(well, 1, "1000")
    assert total().abstraction_m3 is None
    last = read(well, 1, "7200", month=6)
    assert periods(well) == [("05-01", "06-01", D(6200))]
    assert total().by_method == {"read": D("6200.000")}
    assert PeriodVolume.objects.get(intake=well).reading == last


def test_a_reading_between_divides_the_volume(well):
    read(well, 1, "1000")
    read(well, 1, "7200", month=6)
    read(well, 11, "1500")
    assert periods(well) == [("05-01", "05-11", D(500)), ("05-11", "06-01", D(5700))]
    assert total().abstraction_m3 == D("6200.000")


def test_two_readings_of_a_day_are_one_boundary(well):
    read(well, 1, "1000")
    read(well, 11, "1500", hour=8)
    read(well, 11, "1510", hour=17)
    read(well, 21, "1600")
    assert periods(well) == [("05-01", "05-11", D(510)), ("05-11", "05-21", D(90))]


def test_a_withdrawn_reading_leaves_the_accounts_as_before(well):
    read(well, 1, "1000")
    read(well, 1, "7200", month=6)
    before = (periods(well), total())
    wrong = read(well, 11, "1500")
    services.withdraw(SYSTEM, wrong, "抄错井")
    follow()
    assert (periods(well), total()) == before
    wrong.refresh_from_db()
    assert wrong.reason == "抄错井"
    with pytest.raises(Invalid):
        services.withdraw(SYSTEM, wrong, "再撤")


def test_a_dial_that_fell_tells_nothing_until_the_next(well):
    read(well, 1, "99990")
    read(well, 11, "20")
    read(well, 21, "120")
    assert periods(well) == [("05-11", "05-21", D(100))]


def test_over_the_end_of_the_dial_once(well):
    read(well, 1, "99990")
    read(well, 11, "20", sure="rollover")
    assert periods(well) == [("05-01", "05-11", D(30))]


def test_an_exchange_in_the_ledger_counts_both_meters(well):
    read(well, 1, "1000")
    registry.exchange_meter(
        SYSTEM, well, number="M2", final_reading=D(1400), first_reading=D(2), digits=6, unit_m3=D(10),
        at=datetime(2025, 5, 10, 12, tzinfo=BEIJING),
    )  # fmt: skip
    read(well, 21, "12")
    assert periods(well) == [("05-01", "05-21", D(500))]


def test_a_sheet_that_states_the_same_period_stands_beside_it(well):
    Statement.objects.create(
        intake=well, start=MAY.start, end=MAY.end, method="read", volume_m3=D(5000), low_m3=D(5000), high_m3=D(5000), row="1"
    )  # fmt: skip
    from liangshui.accounting.services import mark_changed

    mark_changed([well.pk], MAY.start, MAY.end)
    follow()
    assert total().abstraction_m3 == D(5000)
    read(well, 1, "1000")
    read(well, 1, "7200", month=6)
    assert sorted(v for _s, _e, v in periods(well)) == [D(5000), D(6200)]
    assert total().abstraction_m3 == D("6200.000")


def test_a_reading_sent_twice_is_one(well):
    one = sent(well, 1, "1000")
    assert [services.take(SYSTEM, one)[1] for _again in range(3)] == [True, False, False]
    assert HandReading.objects.count() == 1
    with pytest.raises(Invalid):
        services.take(Actor("other", 5, SYSTEM.grants), one)


def test_doubts_are_written_beside_it_and_lose_nothing(well):
    read(well, 1, "1000")
    made = read(well, 2, "9000", sure="sure")
    assert made.doubts == [{"code": "fast", "params": {"volume": "8000", "times": "6.7"}}] and made.sure == "sure"
    assert periods(well) == [("05-01", "05-02", D(8000))]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"dial": "一百"}, "dial"), ({"dial": "-5"}, "dial"), ({"dial": "NaN"}, "dial"), ({"dial": ""}, "dial"),
        ({"read_at": "gestern"}, "read_at"), ({"read_at": "2025-05-01T08:00"}, "read_at"), ({"id": "7"}, "id"),
        ({"read_at": "2099-01-01T00:00:00+08:00"}, "read_at"), ({"sure": "maybe"}, "sure"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_in_words(well, change, field):
    values = {"id": str(uuid4()), "intake": well.pk, "read_at": "2025-05-01T08:00:00+08:00", "dial": "5"} | change
    with pytest.raises(Invalid) as caught:
        services.take(SYSTEM, Sent(**values))
    assert caught.value.field == field and HandReading.objects.count() == 0


def picture(width: int = 3000, height: int = 2000) -> bytes:
    image, out = Image.new("RGB", (width, height), "grey"), io.BytesIO()
    exif = Image.Exif()
    exif[0x010F] = "phone maker"
    image.save(out, "JPEG", exif=exif)
    return out.getvalue()


def test_a_photo_is_made_anew_and_small(well, settings, tmp_path):
    settings.HOME = tmp_path
    made, _new = services.take(SYSTEM, sent(well, 1, "5"), picture())
    path = services.folder() / made.photo
    with Image.open(path) as image:
        assert max(image.size) == 1600 and not image.getexif()
    for bad in (b"no picture", b"<svg/>", b"x" * (MOST_BYTES + 1)):
        with pytest.raises(Invalid):
            services.take(SYSTEM, sent(well, 2, "6"), bad)
    assert HandReading.objects.count() == 1


def test_who_may_and_where(world):
    own, other = world.a.intake, world.b.intake
    officer = world.actor(world.a.person)
    assert services.take(officer, sent(own, 1, "5"))[1]
    with pytest.raises(NotFound):
        services.take(officer, sent(other, 1, "5"))
    with pytest.raises(Forbidden):
        services.take(Actor("nobody"), sent(own, 1, "6"))
    with pytest.raises(Forbidden):
        services.withdraw(world.actor(world.b.person), HandReading.objects.get(read_by=world.a.person), "x")


def test_the_phone_gets_its_wells_and_sends(world, sign_in, settings, tmp_path):
    settings.HOME = tmp_path
    client = sign_in(world.a.person)
    answer = client.get(reverse("reading-wells")).json()
    assert [well["code"] for v in answer["villages"] for well in v["wells"]] == ["A-I"]
    assert answer["person"] == world.a.person.pk and answer["csrf"]
    photo = io.BytesIO(picture(40, 30))
    photo.name = "dial.jpg"
    now = timezone.now() - timedelta(minutes=1)
    body = {"id": str(uuid4()), "intake": world.a.intake.pk, "read_at": now.isoformat(), "dial": "12.5", "photo": photo,
            "longitude": "109.123456", "latitude": "x", "accuracy_m": "8.7", "note": "风大"}  # fmt: skip
    assert client.post(reverse("reading-send"), body).json() == {"result": "taken", "doubts": []}
    made = HandReading.objects.get(read_by=world.a.person)
    assert (made.longitude, made.latitude, made.accuracy_m, made.note) == (D("109.123456"), None, 8, "风大")
    assert client.get(reverse("reading-photo", args=[made.pk]))["Content-Type"] == "image/jpeg"
    assert sign_in(world.b.person).get(reverse("reading-photo", args=[made.pk])).status_code == 404
    body = {"id": str(uuid4()), "intake": "x", "read_at": "", "dial": ""}
    assert client.post(reverse("reading-send"), body).json()["result"] == "refused"
    assert client.get(reverse("reading-wells")).json()["villages"][0]["wells"][0]["done"] is True


def test_a_round_goes_in_its_order(world, sign_in):
    for code in ("A-2", "A-3"):
        registry.save_intake(
            SYSTEM, code=code, name=f"井{code}", kind="well", project=world.a.project, division=world.a.village,
            source=world.a.intake.source, sector="agriculture",
        )  # fmt: skip
    page = sign_in(world.a.person).post(
        reverse("round-order", args=[world.a.village.pk]), {"A-3": "1", "A-I": "2", "B-I": "3", "A-2": "²"}
    )
    assert page.status_code == 302  # B-I lies elsewhere, "²" is no place in an order
    found = rounds(world.actor(world.a.person).territory("readings.enter"), date(2026, 9, 1))
    assert [[well.intake.code for well in each.wells] for each in found] == [["A-3", "A-I", "A-2"]]
    [count] = counts(world.actor(world.a.person).territory("readings.enter"), date(2026, 9, 1))
    assert (count.village, count.done, count.left) == (world.a.village, 0, 2)  # A-I has a station: it need not be read


def test_accounts_begin_with_the_first_reading(well):
    read(well, 1, "5")
    from liangshui.accounting.services import accounts_begin

    assert accounts_begin() == date(2025, 1, 1) and queries.account(EVERYWHERE, JUNE, "total")


def test_a_phone_carries_no_more_wells_than_it_can_and_says_so(world, sign_in, monkeypatch):
    monkeypatch.setattr("liangshui.readings.views.MOST_WELLS", 1)
    answer = sign_in(world.officer).get(reverse("reading-wells")).json()
    assert (sum(len(v["wells"]) for v in answer["villages"]), answer["left_out"]) == (1, 1)
    narrowed = sign_in(world.officer).get(reverse("reading-wells"), {"area": world.b.town.code}).json()
    assert [well["code"] for v in narrowed["villages"] for well in v["wells"]] == ["B-I"] and narrowed["left_out"] == 0
