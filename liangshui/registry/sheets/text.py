"""Text as people type it: full-width characters, blanks between characters, line breaks, brackets of all kinds."""

import re
import unicodedata

from openpyxl.utils import get_column_letter

HAN = "\u3400-\u9fff"
_BETWEEN_HAN = re.compile(rf"(?<=[{HAN}])\s+(?=[{HAN}])")
_LEADING = re.compile(r"^(?:\*|\(?\d{1,3}\)?[.、)]|[一二三四五六七八九十]+、)+")
_BLANKS = re.compile(r"\s+")
_INVISIBLE = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u2060\ufeff\u00ad"))
_TO_HALF_WIDTH = {0xFF01 + i: 0x21 + i for i in range(94)}
_TO_HALF_WIDTH_IN_TEXT = {
    full: half for full, half in _TO_HALF_WIDTH.items() if chr(half).isalnum() or chr(half) in "-./+#_&@"
}
_BRACKETS = str.maketrans("【［〔〖{[】］〕〗}]", "(((((())))))")
_CONTROLS = dict.fromkeys(code for code in (*range(32), 127) if chr(code) not in "\t\n\r\x0b\x0c")
_FOR_TEXT = {**_INVISIBLE, **_CONTROLS, **_TO_HALF_WIDTH_IN_TEXT}
_UNSAFE_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")

NONE_RECORDED = frozenset(
    {"", "/", "//", "\\", "-", "--", "---", "—", "——", "–", "―", "─", "·", "*", "无", "暂无", "未知", "不详", "空"}
    | {"n/a", "#n/a", "na", "null", "none"}
)
"""What people write where nothing is recorded, squeezed."""


def tidy(text: str) -> str:
    """Text for keeping: ends stripped, blanks and breaks between Chinese characters dropped, letters half-width.

    "锡 尼\\n镇 " is "锡尼镇"; "ＤＮ１００ 管" is "DN100 管". Chinese punctuation stays as typed.
    """
    if text.isalnum() and text.isascii():
        return text
    text = text.translate(_FOR_TEXT)
    return _BLANKS.sub(" ", _BETWEEN_HAN.sub("", text)).strip()


def squeeze(text: str) -> str:
    """Text for comparing: compatibility forms unified (㎥ is m3), no blanks at all, lower case."""
    return "".join(unicodedata.normalize("NFKC", text.translate(_INVISIBLE)).split()).lower()


def squeeze_heading(text: str) -> str:
    """A heading for comparing: squeezed, all brackets round, no leading number or star."""
    return _LEADING.sub("", squeeze(text).translate(_BRACKETS)).rstrip("*:")


def is_none_recorded(text: str) -> bool:
    """Whether a cell's text says that nothing is recorded: blank, /, -, —, 无."""
    return len(text) < 12 and squeeze(text) in NONE_RECORDED


def storable(text: str) -> str:
    """Text without the characters that a workbook cannot hold."""
    return _UNSAFE_IN_XML.sub("", text)


def letter(index: int) -> str:
    """The column letter of a column counted from 0."""
    return str(get_column_letter(index + 1))
