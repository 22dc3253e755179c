"""A form whose token no longer fits, as after a sign-in in another window: nothing is saved, and the page says what to do."""

import pytest
from django.test import Client

from liangshui.registry.models import Intake
from tests.people import PASSWORD

pytestmark = pytest.mark.django_db


@pytest.fixture
def strict() -> Client:
    """A client whose forms are asked for their token, as a browser's are."""
    return Client(enforce_csrf_checks=True)


def test_an_old_sign_in_page_is_shown_anew_and_leads_where_it_led(strict: Client, world):
    given = {"username": "a-one", "password": PASSWORD, "next": "/readings/phone/"}
    answer = strict.post("/sign-in/", {**given, "csrfmiddlewaretoken": "x" * 64}, follow=True)
    page = answer.content.decode()
    assert answer.redirect_chain == [("/sign-in/?next=/readings/phone/", 302)]
    assert "页面打开时间过长" in page and 'value="/readings/phone/"' in page
    assert not answer.wsgi_request.user.is_authenticated
    answer = strict.post("/sign-in/", {**given, "csrfmiddlewaretoken": strict.cookies["csrftoken"].value})
    assert (answer.status_code, answer["Location"]) == (302, "/readings/phone/")


def test_an_old_sign_in_page_of_somebody_signed_in_leads_on(strict: Client, world):
    strict.force_login(world.officer)
    answer = strict.post("/sign-in/", {"username": "a-one", "password": "", "next": "/me/"}, follow=True)
    assert [url for url, _ in answer.redirect_chain] == ["/sign-in/?next=/me/", "/me/"]
    assert "页面打开时间过长" not in answer.content.decode()


def test_any_other_form_says_that_nothing_was_saved(strict: Client, world):
    strict.force_login(world.officer)
    before = list(Intake.objects.order_by("pk").values())
    answer = strict.post(f"/intakes/{world.a.intake.pk}/edit/", {"name": "改名"})
    assert answer.status_code == 403
    page = answer.content.decode()
    assert "页面已过期" in page and "内容未保存" in page
    assert list(Intake.objects.order_by("pk").values()) == before


def test_what_is_too_large_is_refused_before_it_is_read(world, sign_in, nobody_client):
    client = sign_in(world.officer)
    for who, size, status in ((client, 2**30, 413), (nobody_client, 11 * 2**20, 413), (nobody_client, 10, 302)):
        answer = who.post(
            "/imports/new/", data=b"x" * 10, content_type="application/octet-stream", CONTENT_LENGTH=str(size)
        )
        assert answer.status_code == status or (status == 302 and answer.status_code in (302, 403, 404)), size
