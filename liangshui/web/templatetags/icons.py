"""Tabler's outline icons, drawn inline from the installed package: no web font, no request."""

from functools import cache

from django import template
from django.conf import settings
from django.utils.safestring import SafeString, mark_safe

register = template.Library()


@register.simple_tag
def icon(name: str) -> SafeString:
    """`{% icon "droplet" %}`; decorative, so hidden from screen readers."""
    return mark_safe(_svg(name))


@cache
def _svg(name: str) -> str:
    text = (settings.ICONS / "outline" / f"{name}.svg").read_text(encoding="utf-8")
    if text.startswith("<!--"):
        text = text.split("-->", 1)[1].strip()
    return text.replace("<svg", '<svg class="icon" aria-hidden="true"', 1)
