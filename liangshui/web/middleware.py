"""Every request: who acts, whether they may open this page, in which area and year they look, and the access log."""

import logging
import uuid

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from liangshui.accounts.models import AccessRecord
from liangshui.accounts.queries import actor_of
from liangshui.core.access import Actor
from liangshui.core.errors import Forbidden, Invalid, LiangshuiError, NotFound
from liangshui.core.text import UNWRITABLE, writable
from liangshui.records.gate import PUBLIC, SIGNED_IN
from liangshui.records.installation import installation
from liangshui.web.scope import scope_of

log = logging.getLogger(__name__)

NOBODY = Actor("")
MOST_BYTES, MOST_BYTES_OF_NOBODY = 100 * 2**20, 10 * 2**20
"""Of a request, before anything of it is read: workbooks of 100,000 rows and scans fit in; who is not signed in sends a photo at most."""


def _clean(request: HttpRequest) -> None:
    """What was typed or pasted, without characters that would break every export later."""
    if any(UNWRITABLE.search(each) for _name, values in request.POST.lists() for each in values):
        cleaned = request.POST.copy()
        for name, values in request.POST.lists():
            cleaned.setlist(name, [writable(each) for each in values])
        cleaned._mutable = False
        request.POST = cleaned


class AccessMiddleware:
    """Deny by default: a view runs only if it declares a right and the actor holds it."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        page = not request.path.startswith("/api/")  # the API answers what it does not take itself
        if page and "%00" in request.META.get("QUERY_STRING", ""):  # no text of ours has one, PostgreSQL takes none
            request.META["QUERY_STRING"] = request.META["QUERY_STRING"].replace("%00", "")
        if request.user.is_authenticated:
            request.actor = actor_of(request.user)
        else:
            request.actor = NOBODY
        most = MOST_BYTES if request.user.is_authenticated or not page else MOST_BYTES_OF_NOBODY
        if int(request.META.get("CONTENT_LENGTH") or 0) > most:
            response = refuse(
                request, 413, _("What you sent is larger than %d MB. Send it in parts, or smaller.") % (most // 2**20)
            )
        elif page and "\x00" in request.path_info:
            response = refuse(request, 404)
        else:
            response = self.get_response(request)
        if request.user.is_authenticated and not request.path.startswith("/static/"):
            AccessRecord.objects.create(
                at=timezone.now(),
                who=request.user.username,
                person=request.user,
                address=request.META.get("REMOTE_ADDR", ""),
                method=request.method,
                path=request.get_full_path()[:200],
                status=response.status_code,
            )
        return response

    def process_view(self, request, view, args, kwargs):
        right = getattr(view, "right", None)
        if request.method == "POST" and not request.path.startswith("/api/"):
            _clean(request)
        if right is None and request.path.startswith("/api/"):
            return None  # the API checks its own tokens, route by route
        if right == PUBLIC:
            request.scope = scope_of(request)
            return None
        if not request.user.is_authenticated:
            if not installation():
                return redirect("setup")
            return redirect_to_login(request.get_full_path(), settings.LOGIN_URL)
        if not request.actor.grants and right != SIGNED_IN:
            logout(request)
            return refuse(request, 403)
        request.scope = scope_of(request)
        if request.user.must_change_password and request.resolver_match.view_name not in {
            "change-password",
            "sign-out",
        }:
            return redirect("change-password")
        if right == SIGNED_IN or (right is not None and request.actor.may(right)):
            return None
        return refuse(request, 403)

    def process_exception(self, request, error):
        if isinstance(error, Forbidden):
            return refuse(request, 403)
        if isinstance(error, NotFound | Http404):
            return refuse(request, 404)
        if isinstance(error, Invalid | LiangshuiError):
            return refuse(request, 400, error.message)
        number = uuid.uuid4().hex[:8]
        log.exception("error %s at %s", number, request.path)
        return refuse(request, 500, number=number)


def refuse(request: HttpRequest, status: int, message: str = "", number: str = "") -> HttpResponse:
    """A page in plain words; an error of ours carries the number under which the log knows it."""
    if not hasattr(request, "scope"):
        request.scope = scope_of(request)
    return render(request, "refused.html", {"status": status, "message": message, "number": number}, status=status)


def out_of_date(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The answer to a form whose token no longer fits: sign in anew, or be told that nothing was saved (CSRF_FAILURE_VIEW)."""
    log.info("form refused at %s: %s", request.path, reason)
    if request.resolver_match.view_name == "sign-in":
        if not request.user.is_authenticated:
            messages.warning(
                request,
                _("The page had been open too long. Sign in again; if this comes back, allow cookies in the browser."),
            )
        return redirect_to_login(request.POST.get("next", ""), settings.LOGIN_URL)
    message = _(
        "This page was opened before the last sign-in, or cookies are off in the browser. Nothing was saved. "
        "Go back, load the page anew, and send it again."
    )
    return refuse(request, 403, message)
