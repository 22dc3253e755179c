"""Rules in words."""

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any

from django.urls import reverse
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language, gettext_lazy, gettext_noop
from django.utils.translation import gettext as _

from liangshui.core.parameters import UNKNOWN, Law, Rank, Rule, SetBy, Status

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
    Status.DERIVED: gettext_lazy("computed"),
    Status.MEMORY: gettext_lazy("from memory, not seen"),
}
SETTERS = {
    SetBy.STATE: gettext_lazy("the State Council"),
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
KEYS = {
    "add": gettext_lazy("added multiple"),
    "add_restricted": gettext_lazy("added multiple, restricted trades"),
    "all_permit_holders": gettext_lazy("all permit holders"),
    "articles": gettext_lazy("articles"),
    "band2_add_min": gettext_lazy("second band, added at least"),
    "band3_add_min": gettext_lazy("third band, added at least"),
    "base": gettext_lazy("base"),
    "block1_coverage_pct": gettext_lazy("households in the first block, %"),
    "block2_coverage_pct": gettext_lazy("households in the second block, %"),
    "blocks": gettext_lazy("blocks"),
    "body_gt": gettext_lazy("bodies, above"),
    "body_max": gettext_lazy("bodies, at most"),
    "case": gettext_lazy("case"),
    "code": gettext_lazy("code"),
    "critical": gettext_lazy("critical areas"),
    "date": gettext_lazy("date"),
    "day": gettext_lazy("day"),
    "day_type": gettext_lazy("kind of days"),
    "days": gettext_lazy("days"),
    "days_before": gettext_lazy("days before"),
    "depth_m": gettext_lazy("depth, m"),
    "drainage_m3_per_year": gettext_lazy("drainage, m³/year"),
    "effect": gettext_lazy("effect"),
    "every": gettext_lazy("every"),
    "exceptions": gettext_lazy("exceptions"),
    "excluded": gettext_lazy("not counted"),
    "exempt": gettext_lazy("exempt"),
    "existing_works_by": gettext_lazy("existing works have a meter by"),
    "extension": gettext_lazy("extension"),
    "extension_days": gettext_lazy("extension, days"),
    "fine": gettext_lazy("fine"),
    "fine_max_yuan": gettext_lazy("fine at most, yuan"),
    "fine_min_yuan": gettext_lazy("fine at least, yuan"),
    "follow_up": gettext_lazy("what follows"),
    "formula": gettext_lazy("formula"),
    "from": gettext_lazy("counted from"),
    "gdp_water_fall_pct": gettext_lazy("fall of water per GDP, %"),
    "ge": gettext_lazy("at least"),
    "grade": gettext_lazy("grade"),
    "ground": gettext_lazy("ground"),
    "groundwater": gettext_lazy("groundwater"),
    "groundwater_m3_per_year": gettext_lazy("groundwater, m³/year"),
    "hold_days": gettext_lazy("to be held within, days"),
    "holidays": gettext_lazy("days off"),
    "inclusive": gettext_lazy("the limit itself included"),
    "ind_water_fall_pct": gettext_lazy("fall of water per industrial value added, %"),
    "indicators": gettext_lazy("indicators"),
    "industries_new": gettext_lazy("trades, if new, rebuilt or extended"),
    "irrigation_coefficient": gettext_lazy("irrigation coefficient"),
    "leakage": gettext_lazy("reasonable leakage"),
    "limit": gettext_lazy("limit"),
    "lt": gettext_lazy("below"),
    "mainstem": gettext_lazy("main stem"),
    "makeup_workdays": gettext_lazy("make-up working days"),
    "max": gettext_lazy("at most"),
    "max_m3_per_year": gettext_lazy("at most, m³/year"),
    "meter_conditions": gettext_lazy("conditions for a meter"),
    "method": gettext_lazy("method"),
    "min": gettext_lazy("at least"),
    "min_m3_per_year": gettext_lazy("at least, m³/year"),
    "min_mu": gettext_lazy("at least, mu"),
    "month": gettext_lazy("month"),
    "month_balance_over_pct": gettext_lazy("water balance test if a month is over by, %"),
    "month_warn_over_pct": gettext_lazy("warning if a month is over by, %"),
    "months": gettext_lazy("months"),
    "multiple": gettext_lazy("multiple"),
    "name": gettext_lazy("name"),
    "near": gettext_lazy("near the limit"),
    "near_pct_default": gettext_lazy("near from, % (default)"),
    "new_user_days": gettext_lazy("new users, days"),
    "non_motorised_exempt": gettext_lazy("by hand or animal: none needed"),
    "notice_days": gettext_lazy("notice, days"),
    "number": gettext_lazy("number"),
    "orders": gettext_lazy("orders"),
    "others": gettext_lazy("others"),
    "outcomes": gettext_lazy("outcomes"),
    "over_ge_pct": gettext_lazy("excess from, %"),
    "over_gt_pct": gettext_lazy("excess above, %"),
    "over_le_pct": gettext_lazy("excess up to, %"),
    "over_lt_pct": gettext_lazy("excess below, %"),
    "overloaded": gettext_lazy("overloaded areas"),
    "not_overloaded": gettext_lazy("other areas"),
    "person_gt": gettext_lazy("persons, above"),
    "person_max": gettext_lazy("persons, at most"),
    "pipe_cm_ge": gettext_lazy("pipe from, cm"),
    "pipe_cm_lt": gettext_lazy("pipe below, cm"),
    "price": gettext_lazy("price"),
    "renewal_apply_days_before": gettext_lazy("apply for renewal, days before the end"),
    "request_days": gettext_lazy("to be asked for within, days"),
    "revoke_permit": gettext_lazy("permit revoked"),
    "sectors": gettext_lazy("sectors"),
    "see": gettext_lazy("see"),
    "separate_by": gettext_lazy("separately by"),
    "silence": gettext_lazy("no answer means"),
    "source": gettext_lazy("source"),
    "states": gettext_lazy("steps"),
    "surface": gettext_lazy("surface water"),
    "surface_m3_per_year": gettext_lazy("surface water, m³/year"),
    "threshold_m3_per_year": gettext_lazy("scale, m³/year"),
    "to": gettext_lazy("to"),
    "to_m3": gettext_lazy("up to, m³"),
    "total_use_m3": gettext_lazy("total use, m³"),
    "trigger": gettext_lazy("when"),
    "unit": gettext_lazy("unit"),
    "use": gettext_lazy("use"),
    "uses": gettext_lazy("uses"),
    "validity_years_default": gettext_lazy("usual term, years"),
    "validity_years_max": gettext_lazy("longest term, years"),
    "value": gettext_lazy("figure"),
    "volume_basis": gettext_lazy("volume taken as"),
    "when": gettext_lazy("when"),
    "year": gettext_lazy("year"),
    "year_balance_over_pct": gettext_lazy("water balance test if the year is over by, %"),
    "years": gettext_lazy("years"),
}
"""What the keys of figures mean; others are shown as they are written."""

PLAIN = ("ground", "case")
"""Keys whose words speak for themselves."""

SAID = {
    "mandatory": gettext_lazy("shall"),
    "optional": gettext_lazy("may"),
    "working": gettext_lazy("working days"),
    "calendar": gettext_lazy("calendar days"),
    "if serious": gettext_lazy("if serious"),
    "daily maximum capacity": gettext_lazy("greatest daily capacity"),
    "overdue": gettext_lazy("overdue"),
    "receipt of application": gettext_lazy("receipt of the application"),
    "acceptance": gettext_lazy("acceptance"),
    "hearing": gettext_lazy("hearing"),
    "consulting other departments": gettext_lazy("consulting other departments"),
    "year": gettext_lazy("year"),
    "serious": gettext_lazy("serious"),
    "electricity_conversion": gettext_lazy("by electricity"),
    "meter": gettext_lazy("meter"),
    "force majeure": gettext_lazy("force majeure"),
    "groundwater": gettext_lazy("groundwater"),
    "suspend": gettext_lazy("suspend"),
    "restrict": gettext_lazy("restrict"),
    UNKNOWN: gettext_lazy("not found: to be entered"),
}


PHRASES = (
    gettext_noop("rural collective and its members using the collective's own pond or reservoir"),
    gettext_noop("domestic"),
    gettext_noop("agriculture"),
    gettext_noop("industry"),
    gettext_noop("ecology"),
    gettext_noop("navigation"),
    gettext_noop("household and scattered/penned livestock drinking, small volumes"),
    gettext_noop("overdue after removal order"),
    gettext_noop("fee payable or made up"),
    gettext_noop("rural collective and members using the collective's own pond/reservoir"),
    gettext_noop("household use and scattered/penned livestock, small volume"),
    gettext_noop("limit set by the province (see NM-006)"),
    gettext_noop("emergency abstraction/drainage for safety of underground works (mines)"),
    gettext_noop("report promptly for the record; groundwater: within 5 working days after it ends (GW-052)"),
    gettext_noop("emergency abstraction to remove danger to public safety or interest"),
    gettext_noop("report promptly for the record"),
    gettext_noop("emergency abstraction for drought relief of farms or to protect ecology"),
    gettext_noop("needs consent of the water department beforehand"),
    gettext_noop("allotted_volume"),
    gettext_noop("exploitable_groundwater"),
    gettext_noop("max_level"),
    gettext_noop("local, per province"),
    gettext_noop("approval of the application"),
    gettext_noop("approval lapses by itself"),
    gettext_noop("reapply"),
    gettext_noop("receipt of the request for an opinion"),
    gettext_noop("groundwater in a banned zone"),
    gettext_noop("more abstraction where the permitted total has reached the control total"),
    gettext_noop("may do major damage to a water function zone's use"),
    gettext_noop("unreasonable layout of intake and return"),
    gettext_noop("own groundwater works where the public supply network can meet the need"),
    gettext_noop("may do major harm to third parties or the public"),
    gettext_noop("a project that must be filed has not been filed"),
    gettext_noop("other cases in laws and regulations (GW-025, YR-051, YR-054, SR-034)"),
    gettext_noop("design_capacity"),
    gettext_noop("saved volume within permit validity and limit"),
    gettext_noop("natural causes: supply cannot be met"),
    gettext_noop("serious effect on function zone or ecology"),
    gettext_noop("serious groundwater overdraft or subsidence"),
    gettext_noop("other special cases"),
    gettext_noop("major drought: emergency restriction"),
    gettext_noop("permit_volume"),
    gettext_noop("unstated"),
    gettext_noop("receipt of the completion papers"),
    gettext_noop("start of trial running"),
    gettext_noop("cancel"),
    gettext_noop("major technical refit with consent"),
    gettext_noop("overdue after order"),
    gettext_noop("void"),
    gettext_noop("if not corrected or serious"),
    gettext_noop("against total or level control"),
    gettext_noop("against rules of a limited zone"),
    gettext_noop("against quota or water-saving rules"),
    gettext_noop("against mandatory national standards"),
    gettext_noop("new, altered or enlarged high-water-use project in a short or fragile area"),
    gettext_noop("reclaiming land for crops against the law and using groundwater for it"),
    gettext_noop("surface < groundwater"),
    gettext_noop("non-overdraft < overdraft < serious overdraft"),
    gettext_noop("no abstraction"),
    gettext_noop("no new abstraction; reduce step by step"),
    gettext_noop("construction"),
    gettext_noop("reinjected == abstracted, same aquifer"),
    gettext_noop("end of the emergency drainage"),
    gettext_noop("existing agricultural groundwater work lacking conditions for a meter"),
    gettext_noop("strict limit"),
    gettext_noop("normal"),
    gettext_noop("agricultural irrigation"),
    gettext_noop("deep groundwater"),
    gettext_noop("yes"),
    gettext_noop("source"),
    gettext_noop("use"),
    gettext_noop("agricultural irrigation lacking conditions"),
    gettext_noop("able to use non-conventional water but does not"),
    gettext_noop("if serious (or restrict use)"),
    gettext_noop("refuses to correct"),
    gettext_noop("total > indicator OR level not compliant"),
    gettext_noop("sample_inference"),
    gettext_noop("province"),
    gettext_noop("industry at advanced quota value in the previous year"),
    gettext_noop("highest rate"),
    gettext_noop("same quarter previous year"),
    gettext_noop("mean(years except last)*0.5 + last*0.5"),
    gettext_noop("higher fine"),
    gettext_noop("act, or end of a continuing act"),
    gettext_noop("law at time of act"),
    gettext_noop("later law lighter or act no longer unlawful"),
    gettext_noop("fine amount"),
    gettext_noop("principal"),
    gettext_noop("deemed accepted on receipt"),
    gettext_noop("renewed"),
)
"""Words that figures hold; `said` puts them into the reader's language."""


def title_of(rule: Rule) -> str:
    """Its title in the reader's language."""
    return rule.english if (get_language() or "").startswith("en") else rule.title


def cited(rule: Rule) -> str:
    """As it is cited: 《地下水管理条例》第25条."""
    if rule.article == "-":
        return _("%(title)s") % {"title": rule.instrument.title}
    if rule.article[:1].isdigit():
        return _("%(title)s, article %(article)s") % {"title": rule.instrument.title, "article": rule.article}
    return _("%(title)s, %(article)s") % {"title": rule.instrument.title, "article": rule.article}


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
    """What a key of a figure means."""
    return str(KEYS.get(key, key.replace("_", " ")))


def said(value: Any) -> str:
    """A single figure in words."""
    if value is None:
        return "—"
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, int):
        return f"{value:,}" if value >= 10_000 else str(value)
    return str(SAID[value]) if value in SAID else _(value) if value else ""


def lines(value: Any, depth: int = 0) -> Iterator[tuple[int, str, str]]:
    """A figure as lines: depth, label, words. Lists of words come in one line."""
    if isinstance(value, dict):
        for key, each in value.items():
            if isinstance(each, dict) or (isinstance(each, list) and any(isinstance(x, dict | list) for x in each)):
                yield depth, label_of(key), ""
                yield from lines(each, depth + 1)
            else:
                yield depth, label_of(key), _joined(each)
    elif isinstance(value, list) and any(isinstance(x, dict | list) for x in value):
        for number, each in enumerate(value, 1):
            if isinstance(each, dict) and not any(isinstance(x, dict | list) for x in each.values()):
                told = {k: v for k, v in each.items() if k != "number" and v is not None}
                parts = (said(v) if k in PLAIN else f"{label_of(k)} {said(v)}" for k, v in told.items())
                yield depth, f"({number})", "； ".join(parts)
            else:
                yield depth, f"({number})", ""
                yield from lines(each, depth + 1)
    else:
        yield depth, "", _joined(value)


def _joined(value: Any) -> str:
    return "、".join(map(said, value)) or "—" if isinstance(value, list) else said(value)


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
