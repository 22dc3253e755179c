"""Database fields that keep numbers exact and instants compact, alike on SQLite and PostgreSQL."""

from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django import forms
from django.core import checks, exceptions
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models.expressions import Combinable
from django.utils.translation import gettext_lazy as _

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class FixedDecimalField(models.BigIntegerField):
    """A Decimal with a fixed number of decimals, stored as a whole number, so that SQL sums are exact."""

    description = _("Exact decimal number")
    decimals = 0
    _pyi_private_set_type: Decimal | int | str | Combinable
    _pyi_private_get_type: Decimal

    @property
    def _scale(self) -> Decimal:
        return Decimal(10) ** self.decimals

    def from_db_value(self, value: Any, *_args: Any) -> Decimal | None:
        return None if value is None else Decimal(int(value)).scaleb(-self.decimals)

    def to_python(self, value: Any) -> Decimal | None:
        if value is None or isinstance(value, Decimal):
            return value
        try:
            return Decimal(str(value).strip())
        except ArithmeticError as error:
            raise exceptions.ValidationError(_("“%(value)s” is not a number."), params={"value": value}) from error

    def get_prep_value(self, value: Any) -> int | None:
        if value is None:
            return None
        return int((Decimal(str(value)) * self._scale).to_integral_value(ROUND_HALF_UP))

    def value_to_string(self, obj: models.Model) -> str:
        value = self.value_from_object(obj)
        return "" if value is None else str(value)

    def formfield(self, **kwargs: Any) -> Any:
        return super(models.IntegerField, self).formfield(
            **{"form_class": forms.DecimalField, "max_digits": 18, "decimal_places": self.decimals, **kwargs}
        )

    @property
    def most(self) -> Decimal:
        """The largest amount that is kept; far beyond any volume, and within what the database stores."""
        return Decimal(10) ** (18 - self.decimals) - 1

    @property
    def validators(self) -> list[Any]:  # the integer range is that of the stored number, not of the Decimal
        return [*self._validators, MaxValueValidator(self.most), MinValueValidator(-self.most)]

    def check(self, **kwargs: Any) -> list[checks.CheckMessage]:
        return super().check(**kwargs)


class VolumeField(FixedDecimalField):
    """A volume in m³, exact to the litre."""

    description = _("Volume in m³")
    decimals = 3


class MicroField(FixedDecimalField):
    """A measured value in its own unit, exact to the millionth."""

    description = _("Measured value")
    decimals = 6


class InstantField(models.BigIntegerField):
    """An aware datetime stored as milliseconds since 1970, UTC: half the size of a timestamp text, and sortable."""

    description = _("Instant")
    _pyi_private_set_type: datetime | int | Combinable
    _pyi_private_get_type: datetime

    def from_db_value(self, value: Any, *_args: Any) -> datetime | None:
        return None if value is None else from_ms(value)

    def to_python(self, value: Any) -> datetime | None:
        if value is None or isinstance(value, datetime):
            return value
        if isinstance(value, int):
            return from_ms(value)
        return datetime.fromisoformat(str(value))

    def get_prep_value(self, value: Any) -> int | None:
        if value is None or isinstance(value, int):
            return value
        return to_ms(value)

    def formfield(self, **kwargs: Any) -> Any:
        return super(models.IntegerField, self).formfield(**{"form_class": forms.DateTimeField, **kwargs})

    @property
    def validators(self) -> list[Any]:
        return list(self._validators)


def to_ms(instant: datetime) -> int:
    """Milliseconds since 1970 UTC of an aware datetime."""
    return (instant - EPOCH) // timedelta(milliseconds=1)


def from_ms(value: int) -> datetime:
    """Aware datetime (UTC) of milliseconds since 1970."""
    return EPOCH + timedelta(milliseconds=value)
