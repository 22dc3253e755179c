"""Quotas of use in words: table, lines of plans, shares and applications say the same."""

from decimal import Decimal

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from liangshui.quota.models import MeasureChoice, Norm
from liangshui.quota.rules.norms import Measure, Worth, need_m3

PER = {
    Measure.PERSON: gettext_lazy("L a person and day"),
    Measure.HEAD: gettext_lazy("L a head and day"),
    Measure.MU: gettext_lazy("m³ a mu"),
    Measure.SQUARE_METRE: gettext_lazy("m³ a m² and year"),
}
WORTHS = {Worth.GENERAL: gettext_lazy("general value"), Worth.ADVANCED: gettext_lazy("advanced value")}


def quota_unit(measure: str, product_unit: str = "") -> str:
    """The unit of a quota."""
    return _("m³ a %s") % product_unit if measure == Measure.PRODUCT else str(PER[Measure(measure)])


def counted(measure: str, product_unit: str = "") -> str:
    """In what a quota counts."""
    return product_unit or str(MeasureChoice(measure).label)


def plain(value: Decimal) -> str:
    """A figure without idle noughts."""
    return f"{value.normalize():f}"


def value_of(norm: Norm, worth: str) -> Decimal:
    """The value that was chosen; a quota without an advanced one has its general value."""
    return norm.advanced if worth == Worth.ADVANCED and norm.advanced is not None else norm.value


def worth_of(norm: Norm, value: Decimal) -> Worth:
    """Which of its values was chosen."""
    return Worth.ADVANCED if norm.advanced == value and norm.value != value else Worth.GENERAL


def label(norm: Norm) -> str:
    """A quota as it is chosen: its number in the table, what it is of, its value."""
    return f"#{norm.pk} {norm} {plain(norm.value)} {quota_unit(norm.measure, norm.product_unit)}"


def brief(norm: Norm, worth: str) -> str:
    """Where a quota stands, in short: number of the document, table or page, which value."""
    chosen = WORTHS[Worth(worth)] if norm.advanced is not None else ""
    return " ".join(filter(None, (norm.of.document_number, norm.place, str(chosen))))


def source(norm: Norm, worth: str) -> str:
    """Where a quota stands, in full."""
    return f"《{norm.of.document}》{brief(norm, worth)}"


def reckoned(norm: Norm, worth: str, amount: Decimal) -> tuple[Decimal, str]:
    """m³ a year of an amount at a quota, and how it was worked out with its source."""
    value = value_of(norm, worth)
    told = {
        "what": norm, "amount": f"{amount:,f}".rstrip("0").rstrip(".") if amount % 1 else f"{amount:,.0f}",
        "unit": counted(norm.measure, norm.product_unit), "value": plain(value), "per": quota_unit(norm.measure, norm.product_unit),
        "source": source(norm, worth),
    }  # fmt: skip
    words = _("%(what)s: %(amount)s %(unit)s × %(value)s %(per)s, %(source)s") % told
    return need_m3(Measure(norm.measure), value, amount), words[:300]
