"""Pinyin initials (拼音首字母), so that a list finds 锡尼镇一号井 by xnzyhj."""

import re
from functools import lru_cache

_PARTS = re.compile(r"[0-9A-Za-z]+|[^0-9A-Za-z]+")


def initials(name: str) -> str:
    """First letters of each character's sound, lower case; Latin letters and figures stay, the rest is dropped."""
    return "".join(map(_letters, _PARTS.findall(name)))[:60]


@lru_cache(maxsize=50_000)
def _letters(part: str) -> str:
    """Of one part between figures: the same few stand in most names of a ledger."""
    if part.isascii():
        return "".join(c for c in part if c.isalnum()).lower()
    from pypinyin import Style, lazy_pinyin  # its tables take a third of a second to load

    return "".join(c for c in "".join(lazy_pinyin(part, style=Style.FIRST_LETTER)).lower() if c.isalnum())
