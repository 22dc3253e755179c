"""Rules in words."""

import re
from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal
from typing import Any

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from liangshui.core.parameters import Instrument, Law, Rank, Rule, SetBy, Status
from liangshui.parameters.kinds import WHOLE, is_number
from liangshui.parameters.vocabulary import (
    ARTICLES,
    DAYS,
    KEYS,
    NUMBERS,
    RULE_UNITS,
    SAID,
    SHARES,
    WORKING_DAYS,
    unit_of,
)

RANKS = {
    Rank.LAW: gettext_lazy("law"),
    Rank.ADMINISTRATIVE_REGULATION: gettext_lazy("administrative regulation"),
    Rank.LOCAL_REGULATION: gettext_lazy("local regulation"),
    Rank.RULE: gettext_lazy("rule of a department or government"),
    Rank.NORMATIVE_DOCUMENT: gettext_lazy("normative document: never the only ground of a refusal, an order or a fine"),
    Rank.STANDARD: gettext_lazy("standard"),
    Rank.COMPARATOR: gettext_lazy("another place’s text: for comparison, no ground here"),
    Rank.EVIDENCE: gettext_lazy("evidence for a figure, no ground"),
}
STATUSES = {
    Status.FULL_TEXT: gettext_lazy("read in full"),
    Status.EXCERPT: gettext_lazy("read in part"),
    Status.SECONDARY: gettext_lazy("told by another source"),
    Status.DATASET: gettext_lazy("from a data set"),
    Status.DERIVED: gettext_lazy("worked out"),
    Status.MEMORY: gettext_lazy("from memory, not seen"),
}
SETTERS = {
    SetBy.STATE: gettext_lazy("the State Council or its departments"),
    SetBy.MINISTRY: gettext_lazy("the ministry"),
    SetBy.PROVINCE: gettext_lazy("the province or autonomous region"),
    SetBy.CITY: gettext_lazy("the city"),
    SetBy.COUNTY: gettext_lazy("the county"),
}
TOPICS = {
    "water_law": gettext_lazy("Water Law"),
    "permit": gettext_lazy("permits"),
    "penalty": gettext_lazy("penalties"),
    "tax": gettext_lazy("water-resources tax"),
    "procedure": gettext_lazy("procedure"),
    "groundwater": gettext_lazy("groundwater"),
    "plan": gettext_lazy("planned use"),
    "facts": gettext_lazy("facts"),
    "metering": gettext_lazy("metering"),
    "yellow_river": gettext_lazy("Yellow River"),
    "pricing": gettext_lazy("water price"),
    "indicator": gettext_lazy("indicators"),
    "e2w": gettext_lazy("water from electricity"),
    "seed": gettext_lazy("the banner’s plan"),
    "saving": gettext_lazy("saving"),
    "local": gettext_lazy("local"),
    "assessment": gettext_lazy("assessment"),
    "dispatch": gettext_lazy("dispatch"),
    "documents": gettext_lazy("documents"),
    "enforcement": gettext_lazy("enforcement"),
}
_REMARK = re.compile(r" \([a-z ]+\)$")

PLAIN = frozenset({"ground", "case", "name", "code", "see"})
"""Keys whose words speak for themselves."""

AS_WRITTEN = frozenset({"code", "year"})
"""Keys whose figures are no quantities."""


def title_of(rule: Rule) -> str:
    """Its title in the reader's language."""
    return rule.english if (get_language() or "").startswith("en") else rule.title


def titled(instrument: Instrument) -> str:
    """The title of an instrument, without what the collection remarks in English: its rank and its end stand beside it."""
    return _REMARK.sub("", instrument.title)


def numbered(instrument: Instrument) -> str:
    """The document number of an instrument, or what is known in its place."""
    for pattern, words in NUMBERS.items():
        if found := re.fullmatch(pattern, instrument.number):
            return str(words) % found[1]
    return instrument.number


def cited(rule: Rule) -> str:
    """As it is cited: 《地下水管理条例》第25条."""
    title, article = titled(rule.instrument).replace("《", "〈").replace("》", "〉"), rule.article
    if article == "-":
        return _("%(title)s") % {"title": title}
    if article[:1].isdigit():
        return _("%(title)s, article %(article)s") % {"title": title, "article": article}
    if article.startswith("about "):
        return _("%(title)s, %(article)s") % {
            "title": title,
            "article": ARTICLES["about"] % article.removeprefix("about "),
        }
    return _("%(title)s, %(article)s") % {"title": title, "article": ARTICLES.get(article, article)}


def linked(text: str, rules: Iterable[str], law: Law, on: date | None = None) -> SafeString:
    """A text with links to the pages of its rules, as they are on a day (today), where it cites them; `rules` in the order of the text,
    such as “GW-025 (1)”."""
    made, end = [], 0
    for key in rules:
        name, _blank, item = key.partition(" ")
        rule = law.rule(name)
        at = text.find(words := f"{cited(rule)} {item}".strip(), end)
        if at >= 0:
            address = reverse("law-rule", args=[rule.id]) + (f"?on={on}" if on else "")
            made += [escape(text[end:at]), format_html('<a href="{}">{}</a>', address, words)]
            end = at + len(words)
    return SafeString("".join([*made, escape(text[end:])]))


def linked_all(sentences: Iterable[tuple[str, Iterable[str]]], law: Law, on: date | None = None) -> list[SafeString]:
    """The same of each sentence with its rules."""
    return [linked(text, rules, law, on) for text, rules in sentences]


def label_of(key: str) -> str:
    """What a key of a figure means; keys in Chinese are their own words."""
    if key == WHOLE:
        return str(KEYS["value"])
    return _("year %s") % key if key.isdigit() else str(KEYS.get(key, key))


def asked_as(key: str) -> str:
    """What a key means and in which unit its figure is typed."""
    unit = (str(unit_of(key)) % "").strip() if unit_of(key) else ""
    return _("%(label)s (%(unit)s)") % {"label": label_of(key), "unit": unit} if unit else label_of(key)


def figure_with(unit: str) -> str:
    """What is asked of a rule of which nobody knows the shape: its figures, in its unit."""
    alone, label = unit_alone(unit), label_of(WHOLE)
    return _("%(label)s (%(unit)s)") % {"label": label, "unit": alone} if alone else label


def unit_alone(unit: str) -> str:
    """The unit of a rule by itself, empty where it has none."""
    pattern = str(RULE_UNITS.get(unit, ""))
    return (pattern % "").strip() if pattern else ""


def said(value: Any) -> str:
    """A word or a yes or no as it is read."""
    if value is None:
        return "—"
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    return str(SAID[value]) if value in SAID else _(value) if value else ""


def number(value: Any) -> str:
    """A figure with thousands set apart; in Chinese by ten thousand and hundred million where that is shorter."""
    exact = Decimal(str(value))
    if (get_language() or "").startswith("en"):
        return f"{exact:,f}"
    if exact >= 10_000 and exact == exact.to_integral_value():
        for power, pattern in ((8, _("%s hundred million")), (4, _("%s ten thousand"))):
            short = (exact / 10**power).normalize()
            if short >= 1 and -int(short.as_tuple().exponent) <= power // 2:
                return pattern % f"{short:,f}"
    return f"{exact:,f}" if exact >= 10_000 else f"{exact:f}"


def figure(key: str, value: Any, unit: Any = "", kind_of_days: Any = "") -> str:
    """One figure, or a list of them, in words with the unit; `unit` is the rule's, for keys that do not tell theirs."""
    if isinstance(value, list):
        words = [figure(key, each, unit, kind_of_days) for each in value]
        within = any(sign in each for each in words for sign in (",", "，", "、"))
        return (" : " if key == "min_ratio" else _("; ") if within else _(", ")).join(words) or "—"
    if key in AS_WRITTEN and value is not None:
        return str(value)
    if not is_number(value):
        return said(value)
    own = unit_of(key)
    if own is DAYS and kind_of_days == "working":
        own = WORKING_DAYS
    told = str(own or unit or "%s") % (
        f"{Decimal(value) * 100:f}".rstrip("0").rstrip(".") if key in SHARES else number(value)
    )
    return _("%s (working days or not: not said)") % told if own is DAYS and kind_of_days == "unstated" else told


def between(key: str, least: Any, most: Any, unit: Any = "") -> str:
    """A range as statutes say it, both ends included."""
    if not least or not Decimal(least):
        return _("%s or less") % figure(key, most, unit)
    return _("%(least)s to %(most)s") % {"least": figure(key, least, unit), "most": figure(key, most, unit)}


def _span(least: Any, most: Any, lower: bool, upper: bool, key: str, unit: Any = "") -> str:
    """A band; `lower`, `upper`: whether its ends belong to it."""
    ends = []
    if least not in (None, 0, "0"):
        ends.append((_("%s or more") if lower else _("above %s")) % figure(key, least, unit))
    if most is not None:
        ends.append((_("%s or less") if upper else _("below %s")) % figure(key, most, unit))
    return _("%(least)s and %(most)s") % {"least": ends[0], "most": ends[1]} if len(ends) == 2 else "".join(ends)


def _month_day(month: Any, day: Any) -> str:
    return date_format(date(2000, int(month), int(day)), "MONTH_DAY_FORMAT").lstrip("0")


def _facts(value: dict[str, Any], unit: Any) -> Iterator[tuple[str, str, Any]]:
    """The figures of a dict as key, label and words; what belongs together in one, what the article does not say left out. A dict or a
    list of them comes as it is."""
    left = {key: each for key, each in value.items() if each is not None or key == "to_m3"}

    def take(*keys: str) -> list[Any]:
        return [left.pop(key, None) for key in keys]

    for key in list(left):
        if key not in left:
            continue
        if key == "month" and "day" in left:
            month, day, every = take("month", "day", "every")
            yield "days", label_of("days"), (_("every year by %s") if every else _("by %s")) % _month_day(month, day)
        elif key == "from" and ("to" in value or "next_year" in left):
            since, until, later = take("from", "to", "next_year")
            yield key, _("in the period"), _period(since, until, bool(later))
        elif key == "fine_min_yuan":
            least, most, how = take("fine_min_yuan", "fine_max_yuan", "fine")
            told = between(key, least, most)
            yield (
                key,
                label_of("fine"),
                (_("may be fined %s") if how == "optional" else _("is fined %s") if how else "%s") % told,
            )
        elif key in ("over_gt_pct", "over_ge_pct"):
            least, from_on, most, below = take("over_gt_pct", "over_ge_pct", "over_le_pct", "over_lt_pct")
            first = least if least is not None else from_on
            yield (
                key,
                label_of("over"),
                _span(first, most if most is not None else below, least is None, below is None, "pct"),
            )
        elif key in ("ge", "lt"):
            least, most = take("ge", "lt")
            yield key, label_of("score"), _span(least, most, True, False, key, unit)
        elif key == "min" or key.endswith("_min"):
            stem = key.removesuffix("min")
            if f"{stem}max" not in left:
                yield key, label_of(key), figure(key, left.pop(key), unit)
                continue
            least, most = take(key, f"{stem}max")
            yield key, label_of(stem[:-1] or "fine_multiple"), between(key, least, most, unit)
        elif key == "to_m3":
            most = left.pop(key)
            yield key, label_of(key), _("%s or less") % figure(key, most) if most is not None else _("no upper limit")
        elif key in ("day_type", "reminder_day_type") and len(value) > 1:
            left.pop(key)
        elif isinstance(left[key], dict) or _nested(left[key]):
            yield key, label_of(key), left.pop(key)
        else:
            counted = value.get("reminder_day_type" if key == "reminder_days" else "day_type", "")
            yield key, label_of(key), figure(key, left.pop(key), unit, counted)


def _period(since: str, until: str | None, later: bool) -> str:
    """From a day to a day, or from a day of each year to another."""
    if len(since) == len("07-01"):
        first, last = _month_day(*since.split("-")), _month_day(*str(until).split("-"))
        return (_("from %(first)s to %(last)s of the next year") if later else _("from %(first)s to %(last)s")) % {
            "first": first, "last": last,
        }  # fmt: skip
    return _("from %(first)s to %(last)s") % {"first": since, "last": until} if until else _("from %s on") % since


def _nested(value: Any) -> bool:
    return isinstance(value, list) and any(isinstance(x, dict | list) for x in value)


def lines(value: Any, unit: Any = "", depth: int = 0) -> Iterator[tuple[int, str, str]]:
    """A figure as lines: depth, label, words. Lists of words come in one line; `unit` is that of the rule, as a pattern."""
    if value in ({}, []) and not depth:
        yield depth, "", _("The article sets no figure.")
    elif isinstance(value, dict):
        for key, label, each in _facts(value, unit):
            if isinstance(each, str):
                yield depth, label, each
            else:
                yield depth, label, ""
                yield from lines(each, unit_of(key) or unit, depth + 1)
    elif _nested(value):
        for place, each in enumerate(value, 1):
            if isinstance(each, dict) and not any(isinstance(x, dict) or _nested(x) for x in each.values()):
                facts = _facts({key: x for key, x in each.items() if key != "number"}, unit)
                parts = (told if key in PLAIN else f"{label} {told}" for key, label, told in facts if told)
                yield depth, f"({place})", _("; ").join(parts)
            else:
                yield depth, f"({place})", ""
                yield from lines(each, unit, depth + 1)
    else:
        yield depth, "", figure("", value, unit)


def lines_of(rule: Rule, value: Any) -> list[tuple[int, str, str]]:
    """A figure of a rule as lines."""
    return list(lines(value, RULE_UNITS.get(rule.unit, "")))


def told(law: Law, key: str, on: date) -> dict[str, Any]:
    """A rule as of a day, as the command, the API and the page tell it. Raises NotInForce."""
    rule, version = law.rule(key), law.on(key, on)
    head = rule.instrument
    return {
        "id": rule.id,
        "title": rule.title,
        "says": rule.english,
        "cited": cited(rule),
        "place": head.binds,
        "rank": head.rank.value,
        "number": head.number,
        "on": str(on),
        "since": version.since and str(version.since),
        "until": version.until and str(version.until),
        "known": version.known,
        "value": version.value,
        "unit": rule.unit,
        "status": rule.status.value,
        "confidence": rule.confidence,
        "last_checked": str(head.last_checked),
        "notes": rule.notes,
    }
