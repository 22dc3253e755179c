"""Quotas of use (用水定额) of crops, persons, livestock and trades, as the county enters them by their document."""

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from liangshui.quota.rules.norms import Measure
from liangshui.records.fields import MicroField
from liangshui.records.models import ByDocument, Dated


class MeasureChoice(models.TextChoices):
    """In what an activity is counted."""

    PERSON = Measure.PERSON.value, _("persons")
    HEAD = Measure.HEAD.value, _("heads of livestock")
    MU = Measure.MU.value, _("mu of irrigated land")
    PRODUCT = Measure.PRODUCT.value, _("units of product")
    SQUARE_METRE = Measure.SQUARE_METRE.value, _("m² of green space")


class NormDocument(ByDocument, Dated):
    """A document that sets quotas, such as a standard of the region. It binds with all its rows when a second officer has confirmed it, and
    is never changed then: another document that names the same quota ends that quota."""

    within_division = None

    class Meta(ByDocument.Meta):
        verbose_name = _("document of quotas")
        verbose_name_plural = _("documents of quotas")
        ordering = ["-valid_from", "-pk"]
        constraints = [*Dated.Meta.constraints, *ByDocument.Meta.constraints]

    def __str__(self) -> str:
        return f"{self.document} {self.document_number}"


class Norm(models.Model):
    """One quota of a document: of a crop (m³ a mu), persons or livestock (litres a day), a product or green space (m³ a unit and year).

    `trade_code`: of the trade by GB/T 4754, where it has one. `conditions`: for which region, year type or way of watering it holds.
    `value` is the general value, `advanced` the advanced one where the document has both.
    """

    of = models.ForeignKey(NormDocument, models.CASCADE, related_name="rows", verbose_name=_("document of quotas"))
    measure = models.CharField(_("counted in"), max_length=10, choices=MeasureChoice)
    what = models.CharField(_("crop, trade, product, persons or livestock"), max_length=60)
    trade_code = models.CharField(_("code of the trade (GB/T 4754)"), max_length=5, blank=True)
    conditions = models.CharField(_("holds for"), max_length=80, blank=True)
    product_unit = models.CharField(_("unit of the product"), max_length=20, blank=True)
    value = MicroField(_("general value"), validators=[MinValueValidator(0)])
    advanced = MicroField(_("advanced value"), null=True, blank=True, validators=[MinValueValidator(0)])
    place = models.CharField(_("table or page"), max_length=30, blank=True)

    class Meta:
        verbose_name = _("quota of use")
        verbose_name_plural = _("quotas of use")
        ordering = ["measure", "what", "conditions", "pk"]
        constraints = [
            models.CheckConstraint(condition=Q(value__gt=0), name="quota_norm_some"),
            models.CheckConstraint(
                condition=Q(advanced__isnull=True) | Q(advanced__gt=0, advanced__lte=F("value")),
                name="quota_norm_advanced",
            ),
            models.UniqueConstraint(
                fields=["of", "measure", "what", "trade_code", "conditions", "product_unit"], name="quota_norm_once"
            ),
        ]

    def __str__(self) -> str:
        return " ".join(filter(None, (self.what, self.conditions)))

    @property
    def key(self) -> tuple[str, ...]:
        """What a quota is of: a later document that names the same takes its place."""
        return (self.measure, self.what, self.trade_code, self.conditions, self.product_unit)
