"""How figures are written: m³ up to 9,999, 万m³ beyond; null as a dash with its reason; exact value on hover."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django import template
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from liangshui.core.quantities import M3_PER_WAN, shown

register = template.Library()

NONE = "—"


@register.filter
def m3(value: Decimal | None, reason: str = "") -> SafeString:
    """A volume with its unit, for cards and text."""
    if value is None:
        return dash(reason)
    exact = f"{value:,.3f} m³"
    if abs(value) < M3_PER_WAN:
        return format_html('<span class="figure" title="{}">{} <small>m³</small></span>', exact, shown(value))
    return format_html(
        '<span class="figure" title="{}">{} <small>{}</small></span>', exact, shown(value / M3_PER_WAN, 2), _("10⁴ m³")
    )


@register.filter
def m3_plain(value: Decimal | None, reason: str = "") -> SafeString | str:
    """A volume in m³ without unit, for table columns whose head says it."""
    if value is None:
        return dash(reason)
    return format_html('<span title="{} m³">{}</span>', f"{value:,.3f}", shown(value))


@register.filter
def number(value: Any, decimals: int = 2) -> SafeString | str:
    """Any other number, right-aligned by the table; null as a dash."""
    return dash() if value is None else f"{value:,.{int(decimals)}f}"


@register.filter
def percent(value: Any, decimals: int = 0) -> SafeString | str:
    """A share as a percentage."""
    return dash() if value is None else f"{Decimal(value) * 100:.{int(decimals)}f}%"


@register.filter
def day(value: date | None) -> SafeString | str:
    """2026-05-01."""
    return dash() if value is None else value.strftime("%Y-%m-%d")


@register.filter
def minute(value: datetime | None) -> SafeString | str:
    """2026-05-01 08:00, Beijing time."""
    return dash() if value is None else timezone.localtime(value).strftime("%Y-%m-%d %H:%M")


def dash(reason: str = "") -> SafeString:
    """No value, with the reason on hover."""
    return format_html('<span class="none" title="{}">{}</span>', reason or _("not recorded"), NONE)


@register.simple_tag(takes_context=True)
def query(context: dict[str, Any], **changes: Any) -> str:
    """The current query string with some parameters changed; an empty value removes one."""
    params = context["request"].GET.copy()
    for name, value in changes.items():
        if value in (None, ""):
            params.pop(name, None)
        else:
            params[name] = value
    return "?" + params.urlencode()
