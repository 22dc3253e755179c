"""Mongolian beside the Chinese, upright, where somebody has entered it."""

from collections.abc import Mapping

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

register = template.Library()


@register.filter
def beside(key: str, words: Mapping[str, str]) -> SafeString | str:
    """`{{ "left"|beside:mongolian }}`: the words in the vertical script, or nothing."""
    text = words.get(key, "")
    return format_html('<span class="mongolian" lang="mn-Mong">{}</span>', text) if text else ""
