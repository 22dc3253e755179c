"""Words of the red lines that pages, forms and refusals share."""

from django.utils.translation import gettext_lazy

PARTS = {
    "unit": gettext_lazy("management units"), "town": gettext_lazy("towns"), "sector": gettext_lazy("uses"),
    "user": gettext_lazy("water users"), "village": gettext_lazy("villages"), "intake": gettext_lazy("single intakes"),
}  # fmt: skip
"""The axes of the matrix, as what a node is split into."""
