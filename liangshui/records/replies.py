"""Answers that pages of many rooms give alike."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from liangshui.core.errors import Forbidden, Invalid, NotFound
from liangshui.records import papers


def paper(room: str, name: str, called: str) -> FileResponse:
    """A paper that is kept in a room, by a name that says what it is (`called`, without its ending).

    Raises:
        NotFound: there is none.
    """
    path = papers.path_of(room, name)
    if not name or not path.exists():
        raise NotFound(_("There is no document with it."))
    return FileResponse(path.open("rb"), as_attachment=True, filename=f"{called}{path.suffix}")


def second(request: HttpRequest, act: Callable[[], Any], *back: Any) -> HttpResponse:
    """Confirm, refuse or take back what waits for a second officer (records/second.py), say what became of it, and go back to its page."""
    try:
        act()
    except Invalid as error:
        messages.error(request, error.message)
    except Forbidden:
        messages.error(request, _("Only who entered it can take it back."))
    else:
        messages.success(request, _("Saved."))
    return redirect(*back)
