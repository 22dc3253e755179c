"""Every key and every word of the shipped figures is said in Chinese and in English, and the lines of a rule read as a person says them."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.utils import translation

from liangshui.core.parameters import UNKNOWN
from liangshui.parameters.kinds import is_number
from liangshui.parameters.law import shipped
from liangshui.parameters.vocabulary import ARTICLES, KEYS, OF_KEYS, PHRASES, RULE_UNITS, SAID, SHARES
from liangshui.parameters.words import cited, label_of, lines_of, said

HAN = re.compile(r"[\u3400-\u9fff]")
LATIN = re.compile(r"[A-Za-z]")
SIGNS = re.compile(r"GDP|km²|kWh|cm|mm|m³|[A-Z0-9]+-[A-Z0-9-]+|m/|\bm\b")
"""Signs that are the same in both languages: units, and ids of rules."""

DAY = re.compile(r"(\d{4}-)?\d\d-\d\d|\d{6,9}|[A-Z0-9]+-[A-Z0-9-]+")
"""Days, codes of divisions and ids of rules are no words."""


def leaves(value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for key, each in value.items():
            yield str(key), None
            yield from leaves(each)
    elif isinstance(value, list):
        for each in value:
            yield from leaves(each)
    else:
        yield "", value


ALL = [leaf for rule in shipped().rules.values() for version in rule.versions for leaf in leaves(version.value)]
KEYS_SHIPPED = {key for key, _value in ALL if key}
WORDS_SHIPPED = {
    value
    for _key, value in ALL
    if isinstance(value, str) and not is_number(value) and not DAY.fullmatch(value) and not HAN.search(value)
}


def is_chinese(words: str) -> bool:
    return bool(HAN.search(words)) and not LATIN.search(SIGNS.sub("", words))


def test_each_key_has_words_in_both_languages():
    with translation.override("zh-hans"):
        assert {key: label_of(key) for key in KEYS_SHIPPED if not is_chinese(label_of(key))} == {}
    with translation.override("en"):
        told = {key: label_of(key) for key in KEYS_SHIPPED if not HAN.search(key)}
        assert {key: words for key, words in told.items() if HAN.search(words) or "_" in words} == {}


def test_each_word_that_stands_as_a_figure_has_words_in_both_languages():
    assert WORDS_SHIPPED - set(SAID) - set(PHRASES) == set()
    with translation.override("zh-hans"):
        assert {word: said(word) for word in WORDS_SHIPPED if not is_chinese(said(word))} == {}
    with translation.override("en"):
        assert {word: said(word) for word in WORDS_SHIPPED if HAN.search(said(word)) or "_" in said(word)} == {}


def test_the_tables_hold_no_word_that_is_not_shipped():
    folded = {"fine_multiple", "over", "score", "surcharge"}
    assert set(KEYS) - KEYS_SHIPPED <= folded
    assert (set(SAID) | set(PHRASES)) - WORDS_SHIPPED <= {UNKNOWN}
    assert (set(OF_KEYS) | SHARES) - KEYS_SHIPPED <= folded


def test_units_and_places_in_an_instrument_have_words():
    rules = shipped().rules.values()
    assert {rule.unit for rule in rules if rule.unit} - set(RULE_UNITS) == set()
    places = {rule.article.removeprefix("about ") for rule in rules}
    assert {place for place in places if not place[:1].isdigit() and place != "-" and not HAN.search(place)} - set(
        ARTICLES
    ) == set()
    with translation.override("zh-hans"):
        assert cited(shipped().rules["AM-TRIAL"]) == "《取水许可管理办法》约第23条"
        assert cited(shipped().rules["NM-WL-004"]) == "《内蒙古自治区实施〈中华人民共和国水法〉办法》第4条"


def told(rule: str, language: str = "zh-hans") -> list[str]:
    found = shipped().rules[rule]
    with translation.override(language):
        lines = lines_of(found, found.versions[-1].value)
        return [f"{'  ' * depth}{label}{' ' if label and words else ''}{words}" for depth, label, words in lines]


@pytest.mark.parametrize(
    ("rule", "lines"),
    [
        ("AM-PLAN-ISSUE", ["期限 每年1月31日前"]),
        ("AM-024", ["期限 20日（未写明是否为工作日）", "起算 收到竣工后申报材料"]),
        ("AR-022", ["期限 3年", "起算 取水申请批准", "后果 批准文件自行失效"]),
        ("AR-021", ["本条未规定具体数值。"]),
        ("AR-053-2", ["罚款 可以处1万元以下罚款", "吊销许可证 情节严重的", "处理措施 责令限期更换或者修复", "处罚前提 逾期",
                      "取水量核定依据 日最大取水能力"]),
        ("GW-056-1", ["罚款 处10万元以上50万元以下罚款", "吊销许可证 情节严重的", "处理措施 责令限期安装", "取水量核定依据 日最大取水能力"]),
        ("ASSESS-GRADE", ["(1) 得分 90分以上；等级 优秀", "(2) 得分 80分以上、不足90分；等级 良好",
                          "(3) 得分 60分以上、不足80分；等级 合格", "(4) 得分 不足60分；等级 不合格"]),
        ("IND-ASSESS-NM", ["2015年 199亿 m³", "2020年 211.57亿 m³", "2030年 236.25亿 m³"]),
        ("CL-053", ["期限 3个月", "催告期限 10个工作日"]),
        ("LL-082", ["日数计算 工作日"]),
        ("MO-WELL", ["(1) 管径不小于 20 cm；具备装表条件 是；计量方式 水表计量", "(2) 管径不小于 20 cm；具备装表条件 否；计量方式 以电折水",
                     "(3) 管径小于 20 cm；计量方式 以电折水", "(4) 具备以电折水条件 否；计量方式 样本推算"]),
        ("TA-064", ["罚款倍数 0.5倍以上5倍以下"]),
        ("TA-032", ["每日加收 0.05%"]),
        ("TX-SX24-OVER", ["(1) 超出比例 20%以下；倍数 2倍", "(2) 超出比例 超过20%、40%以下；倍数 2.5倍", "(3) 超出比例 超过40%；倍数 3倍"]),
        ("FEE-NM-OVER", ["(1) 超出比例 不足20%；加征倍数 1倍", "(2) 超出比例 20%以上、不足40%；加征倍数 2倍",
                         "(3) 超出比例 40%以上、不足60%；加征倍数 3倍", "(4) 超出比例 60%以上；加征倍数 4倍"]),
        ("TX-JS24", ["合理漏损率", "  (1) 期间 2024-12-01至2026-12-31；数值 15%", "  (2) 期间 2027-01-01至2028-12-31；数值 12%",
                     "  (3) 期间 自2029-01-01起；数值 10%", "贯流式冷却耗水率 1%"]),
        ("TP-BJ", ["分级", "  (1) 用水量 180 m³以下；价格 5 元/m³", "  (2) 用水量 260 m³以下；价格 7 元/m³",
                   "  (3) 用水量 上不封顶；价格 9 元/m³"]),
        ("TP-RATIO", ["各级水价比例不低于 1 : 1.5 : 3"]),
        ("YD-010", ["期间 7月1日至次年6月30日"]),
        ("E2W-TREND", ["(1) 年度 1980；每千瓦时提水量 8 m³/kWh", "(2) 年度 2015；每千瓦时提水量 0.9 m³/kWh"]),
        ("F-CODE", ["编码 150625", "苏木镇及开发区", "  (1) 150625100；锡尼镇", "  (2) 150625101；巴拉贡镇", "  (3) 150625102；吉日嘎朗图镇",
                    "  (4) 150625103；独贵塔拉镇", "  (5) 150625104；呼和木独镇", "  (6) 150625200；伊和乌素苏木",
                    "  (7) 150625400；内蒙古鄂尔多斯杭锦经济开发区"]),
    ],
)  # fmt: skip
def test_a_rule_reads_as_an_officer_says_it(rule, lines):
    assert told(rule) == lines


def test_the_same_in_english():
    assert told("AR-053-2", "en")[0] == "fine may be fined 10,000 yuan or less"
    assert told("IND-ASSESS-NM", "en")[0] == "year 2015 19,900,000,000 m³"
    assert told("YD-010", "en") == ["in the period from July 1 to June 30 of the next year"]
    assert told("AR-010-B", "en") == ["time limit 20 working days", "counted from receipt of the application"]
