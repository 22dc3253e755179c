"""Pinyin initials (拼音首字母), so that a list finds 锡尼镇一号井 by xnzyhj."""

from functools import lru_cache


@lru_cache(maxsize=20_000)
def initials(name: str) -> str:
    """First letters of each character's sound, lower case; Latin letters and figures stay, the rest is dropped."""
    from pypinyin import Style, lazy_pinyin  # its tables take a third of a second to load

    return "".join(c for c in "".join(lazy_pinyin(name, style=Style.FIRST_LETTER)).lower() if c.isalnum())[:60]
