"""Every string that a person reads is translated, and none stands bare in code or in a template."""

import ast
import re
import shutil
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import polib
import pytest

ROOT = Path(__file__).resolve().parent.parent
HOUSE = ROOT / "liangshui"
ROOMS = sorted(path.parent.name for path in HOUSE.glob("*/apps.py"))
HAN = re.compile(r"[\u3400-\u9fff]")

DATA = {"sheets", "data", "codecs", "demo", "tests", "migrations", "locale"}
"""Folders where Chinese is data: headings of ledgers, divisions, elements as the standards call them, the demo's names."""

DATA_FILES = {"quota/workbooks.py", "registry/ledger_plan.py", "permits/typeset.py"}
"""Files that hold headings and words of ledgers, or the signs of Chinese typesetting."""

SHEET_TITLES = {"供水与退水", "取水口台账", "行政区划", "取水许可证", "取水量", "电量", "以电折水系数", "读数补录"}

OWN_NAMES = {"中文", "English", "方正小标宋简体"}
"""Languages and typefaces are called by their own names."""

SAME_EVERYWHERE = {"m³", "kW", "kWh", "mm", "Bearer", "API"}
"""Signs that are not translated."""


def files(pattern: str) -> list[Path]:
    found = (path.relative_to(HOUSE) for path in sorted(HOUSE.rglob(pattern)))
    return [HOUSE / path for path in found if not DATA & set(path.parts) and str(path) not in DATA_FILES]


# --- translated ---


@pytest.fixture(scope="module")
def asked(tmp_path_factory) -> dict[str, list[polib.POEntry]]:
    """What gettext finds in each room, extracted anew into a copy."""
    place = tmp_path_factory.mktemp("words") / "liangshui"
    shutil.copytree(HOUSE, place, ignore=shutil.ignore_patterns("locale", "tests", "static", "__pycache__", "*.mo"))
    (place / "locale").mkdir()
    command = [sys.executable, "-m", "django", "makemessages", "-l", "zh_Hans", "--no-wrap", "-v", "0"]
    told = subprocess.run(command, cwd=place, capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stderr
    found: dict[str, list[polib.POEntry]] = {room: [] for room in ROOMS}
    for entry in polib.pofile(str(place / "locale/zh_Hans/LC_MESSAGES/django.po")):
        for room in {where.removeprefix("./").split("/")[0] for where, _line in entry.occurrences}:
            found.setdefault(room, []).append(entry)
    return found


def key(entry: polib.POEntry) -> tuple[str, str]:
    return entry.msgctxt or "", entry.msgid


def finished(entry: polib.POEntry) -> bool:
    return not entry.fuzzy and bool(entry.msgstr or (entry.msgstr_plural and all(entry.msgstr_plural.values())))


def catalogues() -> list[Path]:
    return sorted(HOUSE.glob("*/locale/zh_Hans/LC_MESSAGES/django.po"))


@pytest.fixture(scope="module")
def known() -> dict[tuple[str, str], polib.POEntry]:
    return {key(e): e for path in catalogues() for e in polib.pofile(str(path)) if finished(e) and not e.obsolete}


@pytest.mark.parametrize("room", [*ROOMS, "core"])
def test_every_string_has_its_chinese(room, asked, known):
    missing = [f"{e.msgid!r} ({e.occurrences[0][0]})" for e in asked.get(room, []) if key(e) not in known]
    assert not missing, "\n".join(missing)


@pytest.mark.parametrize("path", catalogues(), ids=lambda path: path.relative_to(HOUSE).parts[0])
def test_translations_keep_placeholders_and_are_chinese(path):
    named, wrong = re.compile(r"%\((\w+)\)|\{(\w*)\}|%[sd]"), []
    for entry in polib.pofile(str(path)):
        if entry.obsolete:
            continue
        for text in [entry.msgstr, *entry.msgstr_plural.values()]:
            source = entry.msgid_plural if entry.msgid_plural else entry.msgid
            if text and sorted(named.findall(text)) != sorted(named.findall(source)):
                wrong.append(f"{entry.msgid!r} → {text!r}: placeholders differ")
        if entry.fuzzy or "#~" in entry.comment:
            wrong.append(f"{entry.msgid!r} is not finished")
    assert not wrong, "\n".join(wrong)


def test_one_word_has_one_translation():
    """Catalogues are merged, so a word that two rooms translate must mean the same in both."""
    found: dict[tuple[str, str], dict[str, str]] = {}
    for path in catalogues():
        for entry in polib.pofile(str(path)):
            if finished(entry) and not entry.obsolete:
                text = entry.msgstr or entry.msgstr_plural.get(0, "")
                found.setdefault(key(entry), {})[path.relative_to(HOUSE).parts[0]] = text
    differ = [f"{word!r}: {texts}" for (_c, word), texts in found.items() if len(set(texts.values())) > 1]
    assert not differ, "\n".join(differ)


@pytest.mark.parametrize("path", catalogues(), ids=lambda path: path.relative_to(HOUSE).parts[0])
def test_catalogues_compile(path, tmp_path):
    command = ["msgfmt", "--check", "-o", str(tmp_path / "out.mo"), str(path)]
    told = subprocess.run(command, capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stderr


# --- no bare Chinese ---


def bare_chinese(source: str) -> list[tuple[int, str]]:
    """Strings with Chinese signs that are neither docstrings nor notes of an attribute."""
    tree = ast.parse(source)
    notes = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    return [
        (node.lineno, node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and id(node) not in notes
        and HAN.search(node.value)
        and node.value not in OWN_NAMES | SHEET_TITLES
    ]


def test_no_bare_chinese_in_code():
    wrong = [
        f"{path.relative_to(ROOT)}:{line}: {text}"
        for path in files("*.py")
        for line, text in bare_chinese(path.read_text(encoding="utf-8"))
    ]
    assert not wrong, "\n".join(wrong)


def test_bare_chinese_is_found():
    assert bare_chinese('"""文"""\nA = 1\n"""说明"""\nB = "字"\n') == [(4, "字")]


# --- no bare words in templates ---

TRANSLATED = re.compile(
    r"\{%\s*blocktranslate.*?endblocktranslate\s*%\}|\{%\s*comment.*?endcomment\s*%\}|\{#.*?#\}", re.DOTALL
)
TAG = re.compile(r"\{%.*?%\}|\{\{.*?\}\}", re.DOTALL)
SPOKEN = {"alt", "aria-label", "placeholder", "title", "label", "data-confirm"}


class Spoken(HTMLParser):
    """What a template says by itself: its text, and attributes that are shown or read out."""

    def __init__(self) -> None:
        super().__init__()
        self.silent = 0
        self.said: list[str] = []

    def handle_starttag(self, tag, attrs):
        self.silent += tag in ("script", "style")
        self.said += [value for name, value in attrs if name in SPOKEN and value]

    def handle_endtag(self, tag):
        self.silent -= tag in ("script", "style")

    def handle_data(self, data):
        if not self.silent:
            self.said.append(data)


def bare_words(template: str) -> list[str]:
    """Words of any language that stand in a template without going through the translations."""
    parser = Spoken()
    parser.feed(TAG.sub(" ", TRANSLATED.sub(" ", template)))
    found = re.findall(r"[A-Za-z][A-Za-z³]+|[\u3400-\u9fff]+", " ".join(parser.said))
    return [word for word in found if word not in OWN_NAMES | SAME_EVERYWHERE]


def test_no_bare_words_in_templates():
    wrong = [
        f"{path.relative_to(ROOT)}: {words}" for path in files("*.html") if (words := bare_words(path.read_text()))
    ]
    assert not wrong, "\n".join(wrong)


def test_bare_words_are_found():
    assert bare_words('<p title="Hello">{% translate "Well" %} there {{ x }} 井</p><script>var a</script>') == [
        "Hello",
        "there",
        "井",
    ]
    assert bare_words("<b>{% blocktranslate %}All {{ n }} wells{% endblocktranslate %} 5 m³</b>{# note #}") == []
