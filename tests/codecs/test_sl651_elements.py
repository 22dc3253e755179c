"""The table of elements against figures of the standard, and what the codec may import."""

import ast
from pathlib import Path

import pytest

from liangshui.gateway import codecs
from liangshui.gateway.codecs.sl651 import BY_NAME, ELEMENTS, STATUS_BITS


@pytest.mark.parametrize(
    ("identifier", "name", "meaning", "unit", "definition"),
    [
        ("02", "AI", "瞬时气温", "C", 0x11),
        ("0E", "H", "地下水瞬时埋深", "m", 0x1A),
        ("10", "M10", "10厘米处土壤含水量", "%", 0x11),
        ("17", "M100", "100厘米处土壤含水量", "%", 0x11),
        ("20", "PJ", "当前降水量", "mm", 0x19),
        ("26", "PT", "降水量累计值", "mm", 0x19),
        ("27", "Q", "瞬时流量", "m3/s", 0x2B),
        ("28", "Q1", "取(排)水口流量1", "m3/s", 0x2B),
        ("2F", "Q8", "取(排)水口流量8", "m3/s", 0x2B),
        ("38", "VT", "电源电压", "V", 0x12),
        ("39", "Z", "瞬时河道水位、潮位", "m", 0x23),
        ("43", "Z8", "取(排)水口水位8", "m", 0x23),
        ("50", "CU", "铜", "mg/L", 0x24),
        ("57", "CHLA", "叶绿素a", "mg/L", 0x12),
        ("60", "SYL1", "水表1剩余水量", "m3", 0x33),
        ("6F", "SBL8", "水表8每小时水量", "m3/h", 0x2A),
        ("75", "VIC", "交流C相电流", "A", 0x11),
    ],
)
def test_element(identifier, name, meaning, unit, definition):
    kind = ELEMENTS[identifier]
    assert (kind.name, kind.meaning, kind.unit, kind.definition) == (name, meaning, unit, definition)
    assert BY_NAME[name] is kind


def test_every_identifier_from_01_to_75_and_no_vendors():
    assert {int(identifier, 16) for identifier in ELEMENTS} == {*range(0x01, 0x76), *range(0xF0, 0xFE)}
    assert len(BY_NAME) == len(ELEMENTS)


def test_status_bits_end_at_eleven():
    assert sorted(STATUS_BITS) == list(range(12))


def test_codec_has_no_django_no_sockets_and_no_clock():
    for path in (Path(codecs.__file__).parent / "sl651").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            for name in names:
                assert name.split(".")[0] not in {"django", "socket", "asyncio", "time", "os", "logging"}, path
