"""Words of what is doubtful about a reading; the phone has them too, since it weighs without network."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

DOUBTS = {
    "lower": gettext_lazy("lower than last time (%(last)s)"),
    "fast": gettext_lazy("%(volume)s m³ since then, %(times)s times what the pump can raise"),
    "digits": gettext_lazy("the dial of this meter has only %(digits)s digits"),
}


def doubt_words(doubt: dict[str, Any]) -> str:
    """A doubt as it is stored, in words."""
    return str(DOUBTS[doubt["code"]]) % doubt["params"]


def phone_words() -> dict[str, str]:
    """All that the phone page's script says."""
    return {
        **{name: str(text) for name, text in DOUBTS.items()},
        "ask": _("%(doubt)s. Is it so?"),
        "sure": _("Looked again, it is so"),
        "rollover": _("The dial began at zero again"),
        "exchange": _("The meter was exchanged"),
        "back": _("Back, I will type it again"),
        "none": _("never read"),
        "last": _("last %(dial)s on %(day)s"),
        "volume": _("%(volume)s m³ since then"),
        "done": _("read this month"),
        "todo": _("%(n)s still to read"),
        "more": _("and %(n)s more: search by code or name"),
        "left_out": _(
            "%(n)s wells of your area are not on this phone: choose a town at the top of the home page first."
        ),
        "all_sent": _("All is sent."),
        "waiting": _("Kept on this phone: %(n)s waiting to be sent."),
        "offline": _("No network. What you read is kept here and sent later."),
        "sign_in": _("Sign in again, then what waits is sent. Nothing is lost."),
        "refused": _("Not taken: %(reason)s"),
        "kept": _("Kept."),
        "not_a_figure": _("Type the figures on the dial."),
        "not_found": _("No well of your area has this code."),
        "no_storage": _("This browser keeps nothing (private window?). Use another, or stay on line."),
        "drop": _("Drop it"),
    }
