"""Which right a page asks for. A view that says nothing is refused (web/middleware.py): deny by default."""

from collections.abc import Callable
from typing import Any, TypeVar

from liangshui.core.access import Right

View = TypeVar("View", bound=Callable[..., Any])

PUBLIC = "public"
"""Open to everybody, signed in or not."""

SIGNED_IN = "signed-in"
"""Open to everybody who is signed in."""


def needs(right: Right | str) -> Callable[[View], View]:
    """Declare the right without which a view does not run. The view still narrows what it shows by `request.actor`."""

    def declare(view: View) -> View:
        view.right = right  # type: ignore[attr-defined]
        return view

    return declare
