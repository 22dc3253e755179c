"""The public page of a well: only what is published, no cookie, problems taken and answered, robots kept out."""

import io
import time
from datetime import date
from decimal import Decimal as D

import pytest
from django.core import signing
from django.core.cache import cache
from django.core.signing import TimestampSigner
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from PIL import Image

from liangshui.accounting import services as accounting
from liangshui.core.access import SYSTEM
from liangshui.core.errors import Forbidden, Invalid
from liangshui.portal import public_views, queries, services
from liangshui.portal.models import Phrase, Problem, ProblemStep, Publication, PublicCode
from tests.people import World

pytestmark = pytest.mark.django_db


@pytest.fixture
def world(db) -> World:
    """The county with one of each thing in both towns."""
    return World().complete()


ALL = ("number", "name", "village", "purpose", "holder", "permit", "permitted", "share")
SIGNS = {
    "number": "A-I", "name": "甲机井", "village": "甲镇 甲村", "purpose": "农牧业", "holder": "甲用户", "permit": "有效期至 2030-12-31",
    "permitted": "137", "share": "9%",
}  # fmt: skip


@pytest.fixture
def well(world, monkeypatch):
    """A well with a permit of 137 m³, of which 12.5 are used."""
    project = world.a.project
    project.permit_number, project.permitted_m3 = "取水（测）字〔2025〕第1号", D(137)
    project.permit_to = date(2030, 12, 31)
    project.save()
    day = world.a.intake.day_volumes.get().day
    monkeypatch.setattr(queries.timezone, "localdate", lambda *_args: day)
    accounting.recompute(SYSTEM, None, date(day.year, 1, 1), date(day.year + 1, 1, 1), "test", volumes=False)
    return world


def page(world, code: str = "", **query) -> str:
    return Client().get(reverse("public-well", args=[code or world.a.code]), query).content.decode()


def body(text: str) -> str:
    return text[text.index("<main>") : text.index("</main>")]


def test_nothing_but_the_number_before_the_bureau_chose(well):
    shown = body(page(well))
    assert "A-I" in shown
    assert not [sign for name, sign in SIGNS.items() if name != "number" and sign in shown]


@pytest.mark.parametrize("name", ALL)
def test_each_is_shown_only_where_it_is_chosen(well, name):
    services.publish(SYSTEM, well.county, **{each: each == name for each in ALL})
    shown = body(page(well))
    assert [each for each in ALL if SIGNS[each] in shown] == [name]
    services.publish(SYSTEM, well.county, **{each: each != name for each in ALL})
    shown = body(page(well))
    assert SIGNS[name] not in shown


def test_phones_of_users_are_never_shown(well):
    user = well.a.user
    user.phone, user.contact = "13900001111", "联系人甲"
    user.save()
    services.publish(SYSTEM, well.county, office="某旗水利局", phone="0477-1234567", **dict.fromkeys(ALL, True))
    shown = page(well)
    assert "13900001111" not in shown and "联系人甲" not in shown and "0477-1234567" in shown


def test_an_unknown_and_an_ended_code_are_told_alike_and_no_cookie_is_set(well):
    old = well.a.code
    answer = Client().get(reverse("public-well", args=[old]))
    assert answer.status_code == 200 and not answer.cookies and len(answer.content) < 30_000
    assert "no-store" in answer["Cache-Control"]
    new = services.renew_code(SYSTEM, well.a.intake).code
    ended, unknown = (Client().get(reverse("public-well", args=[code])) for code in (old, "ZZZZZZZZZZ"))
    assert ended.status_code == unknown.status_code == 404 and ended.content == unknown.content and not ended.cookies
    assert Client().get(reverse("public-well", args=[new])).status_code == 200


def test_codes_cannot_be_guessed_and_are_kept(world):
    first = services.codes_for(SYSTEM, [world.a.intake, world.b.intake])
    assert services.codes_for(SYSTEM, [world.a.intake, world.b.intake]) == first
    assert all(len(code) == 10 and set(code) <= set(services.ALPHABET) for code in first.values())
    assert PublicCode.objects.count() == 2 and queries.codes(world.actor(world.town_a).territory("portal.change")) == {
        world.a.code: world.a.intake.pk
    }


def send(world, client: Client | None = None, age: int = 60, **more):
    """A report as a page of some seconds ago sends it."""
    signer = TimestampSigner(salt="public problem")
    signer.timestamp = lambda: signing.b62_encode(int(time.time()) - age)
    data = {
        "kind": "waste",
        "words": "水流到路上",
        "phone": "138 1234 5678",
        "website": "",
        "token": signer.sign(world.a.code),
    }
    return (client or Client()).post(reverse("public-well", args=[world.a.code]), data | more)


def photo() -> io.BytesIO:
    image, out = Image.new("RGB", (60, 40), "blue"), io.BytesIO()
    exif = Image.Exif()
    exif.get_ifd(0x8825)[1] = "N"
    exif[0x010F] = "maker"
    image.save(out, "JPEG", exif=exif)
    out.seek(0)
    out.name = "p.jpg"
    return out


def test_a_report_sent_twice_is_one(well):
    Problem.objects.all().delete()
    send(well)
    assert Problem.objects.get().receipt in send(well).content.decode() and Problem.objects.count() == 1
    send(well, photo=photo())  # more than what is known
    send(well, words="又漏了")
    assert Problem.objects.count() == 3
    Problem.objects.update(at=timezone.now() - services.SENT_TWICE)
    send(well)
    assert Problem.objects.count() == 4


def test_a_problem_is_taken_and_its_answer_seen_by_receipt(well):
    Problem.objects.all().delete()
    answer = send(well, photo=photo())
    problem = Problem.objects.get()
    assert problem.receipt in answer.content.decode() and not answer.cookies
    assert (problem.words, problem.phone, problem.masked_phone) == ("水流到路上", "138 1234 5678", "138****5678")
    with Image.open(services.folder() / problem.photo) as image:
        assert not image.getexif()
    assert "等待工作人员受理" in page(well, receipt=problem.receipt)
    with pytest.raises(Invalid):
        services.answer(SYSTEM, problem, "answered", " ")
    services.answer(well.actor(well.town_a), problem, "answered", "已修好阀门")
    shown = page(well, receipt=problem.receipt.lower())
    assert "已修好阀门" in shown and "甲一人" not in shown and "138" not in shown
    assert "没有这个回执号" in page(well, receipt="AAAAAAAA")
    with pytest.raises(Forbidden):
        services.answer(well.actor(well.town_b), problem, "answered", "x")


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"words": " "}, "看到"), ({"kind": "x"}, "反映什么问题"), ({"phone": "12"}, "电话"),
        ({"photo": io.BytesIO(b"no picture")}, "照片"), ({"token": "forged"}, "时间过长"),
    ],
)  # fmt: skip
def test_what_cannot_be_taken_is_said_and_what_was_typed_is_kept(well, more, words):
    Problem.objects.all().delete()
    shown = send(well, **more).content.decode()
    assert words in shown and Problem.objects.count() == 0
    if "words" not in more:
        assert "水流到路上" in shown


def test_a_body_without_measure_is_not_read(well):
    big = io.BytesIO(b"x" * (public_views.MOST_BODY + 1))
    big.name = "big.jpg"
    answer = send(well, photo=big)
    assert answer.status_code == 413 and "8 MB" in answer.content.decode()


def test_robots_get_a_receipt_and_nothing_is_stored(well):
    Problem.objects.all().delete()
    for more in ({"website": "http://x"}, {"age": 0}):
        assert "回执号" in send(well, **more).content.decode()
    assert Problem.objects.count() == 0
    assert send(well, age=public_views.LONGEST_S + 5) and Problem.objects.count() == 0


def test_nobody_reports_without_end(well):
    Problem.objects.all().delete()
    for number in range(public_views.REPORTS_AN_HOUR + 3):
        send(well, words=f"第{number}处漏水")
    assert Problem.objects.count() == public_views.REPORTS_AN_HOUR
    cache.clear()
    codes = {
        Client().get(reverse("public-well", args=["x"])).status_code for _n in range(public_views.LOOKS_A_MINUTE + 1)
    }
    assert codes == {404, 429}


def test_town_officers_see_problems_of_their_town_with_phones_masked_in_lists(well, sign_in):
    own, other = sign_in(well.town_a), sign_in(well.town_b)
    problem = well.a.problem
    shown = own.get(reverse("problems")).content.decode()
    assert "甲井漏水" in shown and "乙井漏水" not in shown and "138****5678" in shown and "13812345678" not in shown
    assert "13812345678" in own.get(reverse("problem", args=[problem.pk])).content.decode()
    assert other.get(reverse("problem", args=[problem.pk])).status_code == 404
    answer = own.post(reverse("problem", args=[problem.pk]), {"state": "handled", "answer": ""})
    assert answer.status_code == 302 and ProblemStep.objects.get().by == well.town_a
    assert sign_in(well.water_user).get(reverse("problems")).status_code == 403


def test_only_the_whole_county_chooses_what_is_published(world, sign_in):
    assert sign_in(world.town_a).get(reverse("publication")).status_code == 403
    client = sign_in(world.officer)
    assert client.post(reverse("publication"), {"office": "某局", "number": "on", "share": "on"}).status_code == 302
    found = Publication.objects.get()
    assert (found.office, found.number, found.share, found.holder) == ("某局", True, True, False)


def test_labels_are_a_pdf_of_wells_within_the_right(world, sign_in):
    client = sign_in(world.town_a)
    place = world.a.town.pk
    answer = client.post(reverse("labels"), {"place": place, "size": "sheet"})
    assert answer["Content-Type"] == "application/pdf" and answer.content.startswith(b"%PDF")
    assert client.post(reverse("labels"), {"place": place, "size": "large"}).content.startswith(b"%PDF")
    assert client.post(reverse("labels"), {"place": world.b.town.pk}).status_code == 404
    client.post(reverse("labels"), {"intake": "B-I"})
    assert PublicCode.objects.filter(code=world.b.code, ended_at=None).exists()
    client.post(reverse("labels"), {"intake": "A-I"})
    assert not PublicCode.objects.filter(code=world.a.code, ended_at=None).exists()


def test_words_in_mongolian_are_entered_by_people_and_stand_on_the_card(world, sign_in):
    client = sign_in(world.town_a)
    card = reverse("village-card", args=[world.a.village.pk])
    assert 'lang="mn-Mong"' not in client.get(card).content.decode()
    text = "ᠮᠣᠩᠭᠣᠯ"  # a word to look at, no translation
    name = f"division:{world.a.village.code}"
    client.post(
        reverse("mongolian"), {"left": text, name: text, "no such words": "x", f"contact:{world.a.town.pk}": "王 138"}
    )
    assert dict(Phrase.objects.values_list("key", "mongolian")) == {"left": text, name: text}
    assert Phrase.objects.first().entered_by == world.town_a
    shown = client.get(card).content.decode()
    assert shown.count('lang="mn-Mong"') == 2 and "王 138" in shown
    client.post(reverse("mongolian"), {"left": "", name: text})
    assert Phrase.objects.count() == 1
