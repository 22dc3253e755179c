"""What the upload of each kind of import asks beside the file."""

from django import forms
from django.utils.translation import gettext_lazy as _

from liangshui.records.forms import PaperField, day_field

SYSTEMS = [
    ("", _("as the file says")), ("CGCS2000", "CGCS2000 / WGS-84"), ("GCJ02", "GCJ-02"), ("BD09", "BD-09"),
]  # fmt: skip
OUTLINES = [
    ("county", _("county outline")),
    ("town", _("town outline")),
    ("river", _("river")),
    ("unit", _("management unit")),
    ("zone-banned", _("banned zone")),
    ("zone-limited", _("limited zone")),
    ("zone-overdraft", _("overdraft zone")),
    ("other", _("other outline")),
]


def asked_of_ledger() -> dict[str, forms.Field]:
    """What a ledger may leave open: coordinates, unknown villages, from when changes count."""
    return {
        "system": forms.ChoiceField(label=_("coordinates"), choices=SYSTEMS, required=False),
        "meridian": forms.TypedChoiceField(
            label=_("central meridian"),
            required=False,
            coerce=int,
            empty_value=None,
            choices=[("", _("as the file says")), *[(m, f"{m}°") for m in range(96, 130, 3)]],
            help_text=_("Only for Gauss x and y without a zone."),
        ),
        "create_villages": forms.BooleanField(label=_("create villages that are unknown"), required=False),
        "from_day": forms.DateField(
            label=_("changes count from"),
            required=False,
            help_text=_("From when a changed project, place, unit, source or use counts. Empty: today."),
        ),
    }


def asked_of_places() -> dict[str, forms.Field]:
    """In which coordinates a map file is."""
    return {"system": forms.ChoiceField(label=_("coordinates"), choices=SYSTEMS, required=False)}


def asked_of_outlines() -> dict[str, forms.Field]:
    """What outlines are, and in which coordinates."""
    return asked_of_places() | {
        "outline": forms.ChoiceField(
            label=_("outlines are"), choices=[("", _("as the file says")), *OUTLINES], required=False
        ),
        "from_day": forms.DateField(
            label=_("counts from"), required=False, help_text=_("Of zones; empty: from the day of the document.")
        ),
        "document": forms.CharField(
            label=_("title of the document"), required=False, max_length=120,
            help_text=_("Control zones need the document that sets them, and a second officer who confirms them."),
        ),
        "document_number": forms.CharField(label=_("document number"), required=False, max_length=60),
        "issued_on": day_field(_("document of"), required=False),
        "paper": PaperField(label=_("the document itself"), required=False),
    }  # fmt: skip
