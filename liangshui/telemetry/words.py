"""Words of quality control."""

from django.utils.translation import gettext_lazy

LIMITS = {
    "fail_low": gettext_lazy("fails below"),
    "fail_high": gettext_lazy("fails above"),
    "suspect_low": gettext_lazy("suspect below"),
    "suspect_high": gettext_lazy("suspect above"),
    "rate_per_h": gettext_lazy("greatest change in an hour"),
    "spike_suspect": gettext_lazy("suspect spike: this far from the mean of its neighbours"),
    "spike_fail": gettext_lazy("failed spike: this far from the mean of its neighbours"),
    "flat_tolerance": gettext_lazy("still: changes less than this"),
    "flat_suspect_h": gettext_lazy("suspect when still for hours"),
    "flat_fail_h": gettext_lazy("fails when still for hours"),
    "gap_h": gettext_lazy("longest silence, hours"),
}
CHECKS = {
    "gross_range": gettext_lazy("out of range"),
    "rate_of_change": gettext_lazy("changes too fast"),
    "spike": gettext_lazy("spike"),
    "flat_line": gettext_lazy("flat line"),
    "backward": gettext_lazy("went back"),
    "gap": gettext_lazy("after a gap"),
    "clock": gettext_lazy("clock wrong"),
    "duplicate": gettext_lazy("two values for one instant"),
}
"""Names of the checks, for people."""
