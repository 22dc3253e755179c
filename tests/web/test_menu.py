"""Nobody is led to a closed door: what the menu offers to a role opens, and so does each page that those pages link to."""

import re
from html import unescape

import pytest
from django.urls import NoReverseMatch, reverse

from liangshui.accounts.models import Organisation, OrganisationKind
from liangshui.accounts.roles import Role
from liangshui.web.frame import MENU
from tests.people import World, make_person

pytestmark = pytest.mark.django_db

OF_THE_COUNTY = [
    role for role in Role if role not in (Role.TOWN_OFFICER, Role.VILLAGE_OFFICER, Role.WATER_USER, Role.ZONE_OFFICER)
]
LINK = re.compile(r'<a\b[^>]*\bhref="([^"#]+)"')
CLOSED = {403, 404}


@pytest.fixture
def world(db) -> World:
    """The county with one of each thing in both towns."""
    return World().complete()


def people(world) -> dict[str, object]:
    """One of each role, where such people sit."""
    village = Organisation.objects.create(name="甲村委", kind=OrganisationKind.TOWN, division=world.a.village)
    found = {role.value: make_person(f"x-{role}", f"人{role}", world.bureau, role) for role in OF_THE_COUNTY}
    return found | {
        "town_officer": world.town_a,
        "village_officer": make_person("x-village", "村员", village, Role.VILLAGE_OFFICER),
        "zone_officer": make_person("x-zone", "园区员", world.a.organisation, Role.ZONE_OFFICER),
        "water_user": world.water_user,
    }


def links(page: str) -> set[str]:
    """Own pages that a page links to."""
    found = {unescape(each) for each in LINK.findall(page)}
    return {each for each in found if each.startswith("/") and not each.startswith(("//", "/static/", "/sign-out"))}


@pytest.mark.parametrize("role", list(Role))
def test_the_menu_of_each_role_and_what_its_pages_link_to_opens(world, sign_in, role):
    client, wrong, seen = sign_in(people(world)[role.value]), [], set()
    home = client.get("/", follow=True)
    assert home.status_code == 200
    urls = set()
    for entry in MENU:
        try:
            urls.add(reverse(entry.page))
        except NoReverseMatch:
            continue
    offered = sorted(links(home.content.decode()) & urls)
    for url in offered:
        answer = client.get(url)
        if answer.status_code in CLOSED or answer.status_code >= 500:
            wrong.append((url, answer.status_code, "menu"))
            continue
        for link in sorted(
            links(answer.content.decode()) if not answer.streaming and answer.status_code == 200 else set()
        ):
            if link not in seen:
                seen.add(link)
                got = client.get(link).status_code
                if got in CLOSED or got >= 500:
                    wrong.append((link, got, f"from {url}"))
    assert not wrong, "\n".join(map(str, wrong))
