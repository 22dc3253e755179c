"""The words of the village card that can stand in Mongolian beside the Chinese; a person enters them, nobody's machine."""

from django.utils.translation import gettext_lazy as _

WORDS = {
    "water card": _("water card"),
    "allotted this year": _("allotted this year"),
    "used so far": _("used so far"),
    "left": _("left"),
    "pace": _("pace"),
    "expected at year end": _("expected at year end"),
    "Water users": _("Water users"),
    "Wells to look at: no volume this month": _("Wells to look at: no volume this month"),
    "whom to ask": _("whom to ask"),
}
"""Key to words; the keys are the English words."""


def of_division(code: str) -> str:
    """Key of the name of a town or village."""
    return f"division:{code}"
