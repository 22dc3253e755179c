"""Words of what is wrong with a table: its workbook, its mapping, its filled cells."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from liangshui.core.mappings import MappingError
from liangshui.registry.sheets.problems import SheetError
from liangshui.reports.asks import UnknownName
from liangshui.reports.rules.checks import Finding

FIGURES = {
    "abstraction": gettext_lazy("abstraction"), "supply": gettext_lazy("passed on"),
    "received": pgettext_lazy("water", "received"), "use": pgettext_lazy("water", "use"),
    "returned": pgettext_lazy("water", "returned"), "consumption": gettext_lazy("consumption"),
    "low": gettext_lazy("abstraction, at least"), "high": gettext_lazy("abstraction, at most"),
    "permitted": gettext_lazy("permitted volume a year"), "allotted": gettext_lazy("allotted volume of the year"),
    "intakes": gettext_lazy("number of intakes"), "intakes_without_volume": gettext_lazy("number of intakes without volume"),
    "intakes_with_meter": gettext_lazy("number of intakes with a meter"),
    "intakes_with_station": gettext_lazy("number of intakes on line"),
    "intakes_with_permit": gettext_lazy("number of intakes with a permit"), "users": gettext_lazy("number of water users"),
    "irrigated_mu": gettext_lazy("irrigated area, mu"),
}  # fmt: skip
TEXTS = {
    "number": gettext_lazy("running number"), "code": gettext_lazy("code"), "national_code": gettext_lazy("national code"),
    "name": gettext_lazy("name"), "kind": gettext_lazy("kind"), "status": gettext_lazy("status"), "town": gettext_lazy("town"),
    "village": gettext_lazy("village"), "management_unit": gettext_lazy("management unit"), "source": gettext_lazy("source"),
    "source_name": gettext_lazy("source name"), "sector": pgettext_lazy("water", "use"), "user_code": gettext_lazy("code of the user"),
    "user_name": gettext_lazy("water user"), "credit_code": gettext_lazy("unified credit code"),
    "industry_code": gettext_lazy("industry (GB/T 4754)"), "user_kind": gettext_lazy("kind of user"),
    "project_name": gettext_lazy("abstraction project"), "permit_number": gettext_lazy("permit number"),
    "permit_from": gettext_lazy("permit valid from"), "permit_to": gettext_lazy("permit valid to"),
    "longitude": gettext_lazy("longitude"), "latitude": gettext_lazy("latitude"), "meter_number": gettext_lazy("meter number"),
    "day": gettext_lazy("day"), "method": gettext_lazy("method"), "period": gettext_lazy("period of the table"),
    "year": gettext_lazy("year"), "county": gettext_lazy("county"), "filled_on": gettext_lazy("day of filling"),
    "filled_by": gettext_lazy("who filled it"),
}  # fmt: skip
EACH = {
    "town": gettext_lazy("every town"), "village": gettext_lazy("every village"),
    "management_unit": gettext_lazy("every management unit"), "user": gettext_lazy("every water user"),
    "project": gettext_lazy("every project"), "intake": gettext_lazy("every intake"),
    "intake_day": gettext_lazy("every intake and day"),
}  # fmt: skip
SPANS = {
    "this": gettext_lazy("this period"), "to_date": gettext_lazy("the year up to this period"),
    "last": gettext_lazy("the period before"), "last_year": gettext_lazy("the same period last year"),
    "last_year_to_date": gettext_lazy("last year up to the same period"), "year": gettext_lazy("the whole year"),
}  # fmt: skip
MEASURES = {"m3": gettext_lazy("m³"), "10k_m3": gettext_lazy("10⁴ m³"), "100m_m3": gettext_lazy("10⁸ m³")}
FILTERS = {
    "town": gettext_lazy("town"), "village": gettext_lazy("village"), "management_unit": gettext_lazy("management unit"),
    "user": gettext_lazy("water user"), "project": gettext_lazy("project"), "intake": gettext_lazy("intake"),
}  # fmt: skip

_MAPPING = {
    "not_yaml": gettext_lazy("Line %(line)s cannot be read. Look for a missing colon, bracket or blank."),
    "not_a_mapping": gettext_lazy("This is no mapping: it must begin with lines such as “name: …” and “marks:”."),
    "too_long": gettext_lazy("The mapping is too long."),
    "unknown_key": gettext_lazy("“%(key)s” is not known (%(where)s). Correct the word or take the line out."),
    "bad_place": gettext_lazy("“%(at)s” is no place on a sheet (%(where)s); write C6, C6:H14, 6:6 or C:C."),
    "bad_value": gettext_lazy("“%(value)s” is not possible for “%(key)s” (%(where)s)."),
    "figure_and_text": gettext_lazy("A mark is a figure or a text, not both (%(where)s)."),
    "each_not_a_row": gettext_lazy("Only a single row can be repeated (%(where)s)."),
    "two_lists": gettext_lazy("The row %(where)s is repeated twice."),
}  # fmt: skip
_SHEET = {
    "empty_file": gettext_lazy("The file is empty."),
    "damaged": gettext_lazy("The workbook is damaged. Open it in Excel or WPS, save it anew, and upload that."),
    "password": gettext_lazy("The workbook has a password. Take it off and upload it again."),
    "old_format": gettext_lazy("This is an .xls workbook of the old format. Open it in Excel or WPS, save it as .xlsx, and upload that."),
    "unknown_format": gettext_lazy("This is no Excel workbook (.xlsx)."),
    "macros": gettext_lazy("The workbook holds macros, which are not run and not kept here. Save it as .xlsx and upload that."),
    "too_large": gettext_lazy("The workbook is too large."),
}  # fmt: skip
_FINDINGS = {
    "unknown": gettext_lazy("no figure is known"),
    "negative": gettext_lazy("below zero: %(now)s"),
    "sum": gettext_lazy("the total says %(total)s, its parts add up to %(parts)s (off by %(off)s)"),
    "leap": gettext_lazy("%(now)s against %(before)s (%(percent)s%%)"),
}  # fmt: skip
_AGAINST = {"last": gettext_lazy("the period before"), "last_year": gettext_lazy("the same period last year")}


def mapping_words(error: MappingError) -> str:
    """What is wrong with a mapping."""
    return str(_MAPPING[error.code]) % ({"where": "", "line": "", "key": "", "value": "", "at": ""} | error.params)


def sheet_words(error: SheetError) -> str:
    """What is wrong with a workbook."""
    return str(_SHEET.get(error.code, _SHEET["damaged"]))


def name_words(error: UnknownName) -> str:
    """A mark names what is not there."""
    return _("This county has no %(kind)s “%(name)s”, or several. Name it by its code.") % {
        "kind": FILTERS[error.kind],
        "name": error.name,
    }


def finding_words(finding: Finding) -> str:
    """What is odd about a cell."""
    told = str(_FINDINGS[finding.code]) % finding.params
    against = _AGAINST.get(finding.params.get("against", ""))
    return f"{against}: {told}" if against else told


def says_words(says: Any, each: str = "") -> str:
    """A mark in words: 锡尼镇 · 浅层地下水 · 农牧业."""
    from liangshui.accounting.codes import Method
    from liangshui.registry.codes import Sector, SourceKind

    parts: list[Any] = []
    if each:
        parts.append(EACH[each])
    if says.figure:
        parts.append(FIGURES[says.figure])
    if says.text:
        parts.append(TEXTS[says.text])
    parts += [getattr(says, name) for name in FILTERS if getattr(says, name)]
    for codes, choices in ((says.source, SourceKind), (says.sector, Sector), (says.method, Method)):
        if codes:
            parts.append("、".join(str(choices(code).label) for code in codes))
    if says.span:
        parts.append(SPANS[says.span])
    if says.measure:
        parts.append(MEASURES[says.measure])
    if says.places is not None:
        parts.append(_("%(n)s decimals") % {"n": says.places})
    return " · ".join(str(part) for part in parts)
