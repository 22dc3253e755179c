"""Code lists of the water account."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class Method(models.TextChoices):
    """How a volume was found (计量方法)."""

    REGISTER = "register", _("metered")
    FLOW = "flow", _("integrated from flow")
    READ = "read", _("read by hand")
    CERTIFIED = "certified", _("certified")
    ELECTRICITY = "electricity", _("converted from electricity")
    CAPACITY = "capacity", _("by capacity")
    QUOTA = "quota", _("by quota")
    ESTIMATE = "estimate", _("estimated")
    DECLARED = "declared", _("declared")
    CORRECTED = "corrected", _("corrected")


EXACT = frozenset({Method.REGISTER, Method.READ, Method.CERTIFIED, Method.CORRECTED})
"""Methods whose volumes are no estimates; the others are shown with ≈."""


COLOURS = {
    Method.REGISTER: "#1f6fb2", Method.FLOW: "#5a9bd1", Method.READ: "#3f88c5", Method.CERTIFIED: "#4f7ea6",
    Method.ELECTRICITY: "#8a8f98", Method.CAPACITY: "#b7bcc4", Method.QUOTA: "#c3c8ce", Method.ESTIMATE: "#cfd4da",
    Method.DECLARED: "#7b8aa0", Method.CORRECTED: "#3a4c63",
}  # fmt: skip
"""Of charts; `.m-register` and the like in liangshui.css are the same."""


class Stage(models.TextChoices):
    """The four things that a total may mean (取水、供水、用水、耗水的组成)."""

    ABSTRACTION = "abstraction", _("abstraction")
    SUPPLIED = "supplied", _("passed on")
    RECEIVED = "received", pgettext_lazy("water", "received")
    RETURNED = "returned", _("returned")
