"""Deny by default: every address, as nobody, without rights, from another territory, read-only, and as who may."""

import io
import re
import zipfile
from collections.abc import Iterator

import pytest
from auditlog.models import LogEntry
from django.urls import URLPattern, get_resolver

from liangshui.accounts.models import AccessRecord
from liangshui.accounts.queries import actor_of
from liangshui.core.access import Right
from liangshui.records.gate import PUBLIC, SIGNED_IN
from liangshui.web.api import api
from tests.people import World, client_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def world(db) -> World:
    """The county with one of each thing in both towns."""
    return World().complete()


PUBLISHED = {
    "unit", "source", "zone", "waiting", "kind", "model", "seal", "own", "order", "norm", "normdocument", "proposal", "zoneproposal",
}  # fmt: skip
"""Words of things that lie in no town: everybody who may see the ledger may see them."""

OBJECTS = {
    "zone-proposal": "zoneproposal",
    "zone-proposal-paper": "zoneproposal",
    "zone-proposal-decide": "zoneproposal",
    "zone-proposal-withdraw": "zoneproposal",
    "energy-matches": "import",
    "map-card": "intake",
    "station-unlink": "link",
    "waiting-adopt": "waiting",
    "station-picture": "picture",
    "dtu-kind": "kind",
    "seal-file": "seal",
    "device-model": "model",
    "hand-over": "person",
    "appoint": "person",
    "unlock": "person",
    "reset-password": "person",
    "deactivate": "person",
    "day": "intake",
    "account-intake": "intake",
    "round-order": "village",
    "village-cards": "town",
    "conformity-line-edit": "planline",
    "conformity-line-drop": "planline",
    "campaign-sort": "intake",
    "study-step-paper": "studystep",
    **dict.fromkeys(
        (
            "norm-document",
            "norm-new",
            "norm-sheet",
            "norm-excel",
            "norm-document-decide",
            "norm-document-end",
            "norm-document-paper",
        ),
        "normdocument",
    ),
    "study-figure-take": "studyfigure",
}
"""Which thing a page with a number in its address is about, where its name does not begin with the word."""

SPEAKS_OF_ITSELF = {"permit-check", "sign-out", "set_language", "change-password", "delegate"}
"""Pages on which everybody who is signed in acts for themselves, and that of a code which only who holds the sheet knows."""


def patterns(resolver=None, prefix: str = "") -> Iterator[tuple[str, URLPattern]]:
    for each in (resolver or get_resolver()).url_patterns:
        if hasattr(each, "url_patterns"):
            yield from patterns(each, prefix + str(each.pattern))
        else:
            yield prefix + str(each.pattern), each


PAGES = [(route, p) for route, p in patterns() if not route.startswith("api/")]
CALLS = [(route, p) for route, p in patterns() if route.startswith("api/")]


def thing_of(world: World, ledger, name: str):
    """The object in a town (or the county) that a page of this name is about."""
    for word in (OBJECTS.get(name, ""), name, name.split("-")[0]):
        if word in ledger.things:
            return word, ledger.things[word]
        if word in PUBLISHED:
            return word, getattr(world, word)
    raise AssertionError(f"say in OBJECTS which thing the page {name} is about")


def address(world: World, ledger, route: str, pattern: URLPattern) -> tuple[str, str]:
    """A real address of the page, and the word of the thing it is about ("" if about none)."""
    word = ""
    values = {
        "mapping": ledger.mapping.pk,
        "what": "user",
        "source_kind": "shallow_groundwater",
        "rest": "x",
        "day": "2026-05-01",
        "kind": "zones",
        "year": "2026",
        "month": "2026-05",
        "number": "5",
        "rule": "GW-022-B",
        "slug": "accepted" if "letters" in route else "wells-by-town",
        "act": "opinion",
        "public": ledger.check if "check" in route else ledger.code,
        "form": "json",
        "suffix": "docx",
        "at": "1780000000000",
    }
    kwargs = {}
    for key in re.findall(r"<(?:\w+:)?(\w+)>", route):
        if key == "pk":
            word, thing = thing_of(world, ledger, pattern.name)
            kwargs[key] = thing.pk
        elif key == "code":
            word, kwargs[key] = "allotment", f"0-{ledger.town.pk}-0-0"
        elif key in values:
            kwargs[key] = values[key]
        else:
            raise AssertionError(f"say what {key} of {pattern.name} may be")
    return "/" + re.sub(r"<(?:\w+:)?(\w+)>", lambda m: str(kwargs[m[1]]), route), word


def test_every_page_declares_its_right():
    silent = [route for route, p in PAGES if getattr(p.callback, "right", None) is None]
    assert silent == []


def test_every_right_is_one_that_is_known():
    known = {PUBLIC, SIGNED_IN, *Right}
    assert [route for route, p in PAGES if p.callback.right not in known] == []


def test_every_route_of_the_api_declares_its_right():
    routes = {path for _method, path, view in api.routes() if view.right in set(Right)}
    for route, pattern in CALLS:
        path = "/" + re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", route.removeprefix("api/v1/"))
        assert path in routes or getattr(pattern.callback, "right", None) == PUBLIC or pattern.name == "api-root", route


def test_a_page_without_right_is_refused(world, rf):
    from liangshui.web.middleware import AccessMiddleware

    request = rf.get("/")
    request.user, request.session = world.officer, {}
    request.actor = actor_of(world.officer)
    request.resolver_match = type("Match", (), {"view_name": "x"})
    assert AccessMiddleware(lambda r: None).process_view(request, lambda r: None, (), {}).status_code == 403


def test_nobody_is_sent_to_sign_in(world, nobody_client):
    wrong = []
    for route, pattern in PAGES:
        if pattern.callback.right == PUBLIC:
            continue
        url, _word = address(world, world.a, route, pattern)
        for answer in (nobody_client.get(url), nobody_client.post(url)):
            if answer.status_code != 302 or not answer["Location"].startswith("/sign-in/"):
                wrong.append((url, answer.status_code))
    assert not wrong, "\n".join(map(str, wrong))


def test_without_any_right_nothing_opens(world, sign_in):
    wrong = []
    for route, pattern in PAGES:
        if pattern.callback.right not in (PUBLIC, SIGNED_IN):
            url, _word = address(world, world.a, route, pattern)
            if sign_in(world.rightless).get(url).status_code != 403:
                wrong.append(url)
    assert not wrong, "\n".join(map(str, wrong))


def shown(answer) -> str:
    """What a page sends, workbooks unpacked."""
    body = b"".join(answer.streaming_content) if answer.streaming else answer.content
    if body.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(body)) as book:
            body = b"".join(book.read(name) for name in book.namelist())
    return body.decode(errors="replace") + str(answer.headers)


@pytest.mark.parametrize("who", ["town_b", "water_user", "b_everything"])
def test_another_territory_sees_and_changes_nothing(world, sign_in, who):
    """Neither a page about a thing in town A, nor any list, export, search or map, bears a name from there."""
    client, wrong = sign_in(getattr(world, who)), []
    before = list(LogEntry.objects.values_list("pk", flat=True))
    for route, pattern in PAGES:
        url, word = address(world, world.a, route, pattern)
        if pattern.name in SPEAKS_OF_ITSELF:
            continue
        for method in ("get", "post"):
            answer = getattr(client, method)(url)
            if world.a.sign in shown(answer):
                wrong.append((method, url, "shows a name from elsewhere"))
            if answer.status_code >= 500:
                wrong.append((method, url, answer.status_code))
            if word and word not in PUBLISHED and answer.status_code not in {403, 404, 405}:
                wrong.append((method, url, answer.status_code))
    for url in (
        "/search/?q=A-",
        "/intakes/?q=A-",
        "/intakes/?export=xlsx",
        "/users/?export=xlsx",
        "/stations/?export=xlsx",
        "/?area=980101100",
        "/intakes/?area=980101100",
        "/quota/?by=town",
        "/quota/?by=cell",
    ):
        if world.a.sign in shown(client.get(url, follow=True)):
            wrong.append(("get", url, "shows a name from elsewhere"))
    touched = LogEntry.objects.exclude(pk__in=before).filter(object_repr__contains=world.a.sign)
    wrong += list(touched)
    assert not wrong, "\n".join(map(str, wrong))


def test_an_auditor_reads_all_and_changes_nothing(world, sign_in):
    client, actor, wrong = sign_in(world.auditor), actor_of(world.auditor), []
    before = LogEntry.objects.count()
    for route, pattern in PAGES:
        right = pattern.callback.right
        url, _word = address(world, world.a, route, pattern)
        if right in (PUBLIC, SIGNED_IN):
            continue
        got, posted = client.get(url).status_code, client.post(url).status_code
        fine = got in {200, 302, 304, 405} and posted < 500 if actor.may(right) else got == posted == 403
        if not fine:
            wrong.append((url, got, posted))
    assert not wrong, "\n".join(map(str, wrong))
    assert LogEntry.objects.count() == before


def test_who_may_opens_every_page(world, sign_in):
    wrong = []
    for route, pattern in PAGES:
        right = pattern.callback.right
        if right == PUBLIC or pattern.name == "sign-out":
            continue
        url, word = address(world, world.a, route, pattern)
        person = world.who_may(Right.REGISTRY_VIEW if right == SIGNED_IN else right)
        client = sign_in(world.town_a if word == "delegation" else person)
        got = client.get(url).status_code
        if got == 405:
            got = client.post(url).status_code
        if got not in {200, 302, 304}:
            wrong.append((url, got))
    assert not wrong, "\n".join(map(str, wrong))


def test_forms_answer_an_empty_post(world, sign_in):
    """Nothing filled in is told, never an error of ours."""
    wrong = []
    for route, pattern in PAGES:
        right = pattern.callback.right
        if right == PUBLIC or pattern.name == "sign-out":
            continue
        url, _word = address(world, world.a, route, pattern)
        person = world.who_may(Right.REGISTRY_VIEW if right == SIGNED_IN else right)
        got = sign_in(person).post(url).status_code
        if got >= 500:
            wrong.append((url, got))
    assert not wrong, "\n".join(map(str, wrong))


def test_access_is_recorded(world, sign_in):
    sign_in(world.officer).get("/intakes/")
    record = AccessRecord.objects.get()
    assert (record.who, record.path, record.status) == ("officer", "/intakes/", 200)


def test_api_without_key(world, nobody_client):
    for method, path, _view in api.routes():
        answer = nobody_client.generic(method, "/api/v1" + path.replace("{id}", "1").replace("{", "").replace("}", ""))
        assert answer.status_code == 401, path
        assert answer.json() == {**answer.json(), "code": "no_key", "permanent": True}


def test_client_of_is_signed_in(world):
    assert client_of(world.officer).get("/me/").status_code == 200
