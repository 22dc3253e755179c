"""The API at /api/v1: who calls, how often, and how it answers when it cannot. Each room brings its own routes."""

import logging
import uuid
from typing import Any

from django.core.cache import cache
from django.core.exceptions import ImproperlyConfigured
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, Throttled, ValidationError
from ninja.security import APIKeyCookie, HttpBearer
from ninja.throttling import BaseThrottle

from liangshui.accounting.api import router as accounting
from liangshui.accounts.models import AccessRecord
from liangshui.accounts.queries import token_actor
from liangshui.core.access import Actor
from liangshui.core.errors import Forbidden, Invalid, LiangshuiError, NotFound
from liangshui.permits.api import router as permits
from liangshui.quota.api import router as quota
from liangshui.records.gate import PUBLIC, needs
from liangshui.records.installation import is_demo
from liangshui.registry.api import router as registry
from liangshui.telemetry.api import router as telemetry

log = logging.getLogger(__name__)

A_MINUTE = 600
"""Calls that one key, person or address may make in a minute, by each process of the web server."""

LARGEST_BODY = 2 * 2**20


class Key(HttpBearer):
    """`Authorization: Bearer KEY` of a machine."""

    def authenticate(self, request: HttpRequest, token: str) -> Actor | None:
        _sane(request)
        request.token_actor = actor = token_actor(token.strip())
        return actor


class Session(APIKeyCookie):
    """A person who is signed in may read; only keys write, so no foreign page can write in their name."""

    param_name = "sessionid"

    def __init__(self) -> None:
        super().__init__(csrf=False)

    def authenticate(self, request: HttpRequest, key: str | None) -> Actor | None:
        _sane(request)
        user = request.user
        if request.method != "GET" or not user.is_authenticated or user.must_change_password:
            return None
        return request.actor if request.actor.grants else None


def _sane(request: HttpRequest) -> None:
    """Refuse what no database takes, and bodies that are too large to read."""
    if "\x00" in request.path or any("\x00" in v for values in request.GET.lists() for v in (values[0], *values[1])):
        raise Invalid(_("The address holds a character that is never part of a name."))
    if int(request.META.get("CONTENT_LENGTH") or 0) > LARGEST_BODY:
        raise Invalid(_("At most 2 MB at once."))


class Often(BaseThrottle):
    """So many calls a minute by each caller."""

    def allow_request(self, request: HttpRequest) -> bool:
        actor: Actor | None = getattr(request, "auth", None)
        who = f"{actor.person_id}-{actor.name}" if actor else self.get_ident(request)
        key = f"api-{uuid.uuid5(uuid.NAMESPACE_URL, str(who))}-{int(timezone.now().timestamp()) // 60}"
        cache.add(key, 0, 120)
        return cache.incr(key) <= A_MINUTE

    def wait(self) -> float:
        return 60 - timezone.now().timestamp() % 60


class Api(NinjaAPI):
    """Says on every answer whether the data are invented, keeps the access log of keys, and denies by default."""

    def create_response(self, request: HttpRequest, data: Any, **kwargs: Any) -> HttpResponse:
        response = super().create_response(request, data, **kwargs)
        if is_demo():
            response["X-Liangshui-Demo"] = "1"
        actor = getattr(request, "token_actor", None)
        if actor is not None:
            AccessRecord.objects.create(
                at=timezone.now(),
                who=actor.name,
                address=request.META.get("REMOTE_ADDR", ""),
                method=request.method,
                path=request.get_full_path()[:200],
                status=response.status_code,
            )
        return response

    def routes(self) -> list[tuple[str, str, Any]]:
        """Method, path and view of every route."""
        return [
            (method, bound.prefix + path, operation.view_func)
            for bound in self._get_bound_routers()
            for path, view in bound.path_operations.items()
            for operation in view.operations
            for method in operation.methods
        ]

    def refuse_open_doors(self) -> None:
        """A route that declares no right keeps the installation from starting."""
        for method, path, view in self.routes():
            if not getattr(view, "right", None):
                raise ImproperlyConfigured(f"{method} {path} declares no right (records.api.allowed)")


api = Api(
    title="Liangshui",
    version="1",
    urls_namespace="api",
    auth=[Key(), Session()],
    throttle=[Often()],
    docs_decorator=needs(PUBLIC),
    description="Registry, observations, volumes, accounts and balances, narrowed to the caller’s rights and area.",
)
for router in (registry, telemetry, accounting, quota, permits):
    api.add_router("", router)


def _problem(request: HttpRequest, status: int, code: str, message: str, permanent: bool, field: Any = None) -> Any:
    body = {"code": code, "message": message, "permanent": permanent, "field": field}
    return api.create_response(request, body, status=status)


@api.exception_handler(LiangshuiError)
def _ours(request: HttpRequest, error: LiangshuiError) -> HttpResponse:
    if isinstance(error, Forbidden):
        words = _("The key or person does not have this right here: %s.") % error.message
        return _problem(request, 403, "forbidden", words, True)
    if isinstance(error, NotFound):
        return _problem(request, 404, "not_found", error.message, True)
    return _problem(request, 400, "invalid", error.message, error.permanent, getattr(error, "field", None))


@api.exception_handler(Http404)
def _missing(request: HttpRequest, error: Http404) -> HttpResponse:
    return _problem(request, 404, "not_found", _("There is no such route."), True)


@api.exception_handler(HttpError)
def _http(request: HttpRequest, error: HttpError) -> HttpResponse:
    if isinstance(error, AuthenticationError):
        return _problem(request, 401, "no_key", _("Send a valid key: Authorization: Bearer KEY."), True)
    if isinstance(error, Throttled):
        return _problem(request, 429, "too_often", _("Too many calls in this minute; go on in the next."), False)
    return _problem(request, error.status_code, "invalid", _("The body is not JSON."), True)


@api.exception_handler(ValidationError)
def _unfit(request: HttpRequest, error: ValidationError) -> HttpResponse:
    first = error.errors[0] if error.errors else {"loc": [], "msg": ""}
    field = str(first["loc"][-1]) if first["loc"] else None
    words = "; ".join(f"{'.'.join(str(p) for p in e['loc'][1:])}: {e['msg']}" for e in error.errors)[:500]
    return _problem(request, 422, "invalid", words, True, field)


@api.exception_handler(Exception)
def _broken(request: HttpRequest, error: Exception) -> HttpResponse:
    number = uuid.uuid4().hex[:8]
    log.exception("error %s at %s", number, request.path)
    words = _("Something went wrong here. Try again later; if it stays, tell us error number %s.") % number
    return _problem(request, 500, "broken", words, False)


@needs(PUBLIC)
def nowhere(request: HttpRequest, rest: str = "") -> HttpResponse:
    """Any other address below /api/."""
    return _missing(request, Http404())


api.refuse_open_doors()
