"""What an import says about a file, a row and a cell, in words: what is wrong, what to do."""

from collections.abc import Mapping
from typing import Any

from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from liangshui.registry import models as registry
from liangshui.registry.sheets.divisions import DIVISIONS
from liangshui.registry.sheets.fields import by_name
from liangshui.registry.sheets.ledger import LEDGER

FIELDS = {**by_name(DIVISIONS), **by_name(LEDGER)}
L = gettext_lazy

CELLS = {
    "required": L("%(field)s is empty; fill it in, such as %(example)s."),
    "unnamed_intake": L("Neither code nor name says which intake this is; fill in one of them."),
    "not_a_number": L("%(field)s “%(text)s” is not a number; give it in %(unit)s, such as %(example)s."),
    "not_an_integer": L("%(field)s “%(text)s” is not a whole number; such as %(example)s."),
    "out_of_range": L("%(field)s “%(text)s” is out of range; it lies between %(minimum)s and %(maximum)s %(unit)s."),
    "not_a_date": L("%(field)s “%(text)s” is not a date; write it as 2026-05-01."),
    "unclear_date": L("%(field)s “%(text)s” may be January or October; write it as 2026-10-01."),
    "date_without_month": L("%(field)s “%(text)s” has no month; write it as 2026-05-01."),
    "not_a_period": L("%(field)s “%(text)s” is not a period; write it as 2021-05-01 to 2026-04-30."),
    "period_reversed": L("%(field)s “%(text)s” ends before it begins."),
    "lost_digits": L("%(field)s “%(text)s” has lost its last digits in Excel; type it again as text."),
    "too_long": L("%(field)s is %(length)s characters long; at most %(limit)s are kept."),
    "not_yes_or_no": L("%(field)s “%(text)s” is neither yes nor no."),
    "unclear_choice": L("%(field)s “%(text)s” may mean %(allowed)s; choose below which, or write it in the file."),
    "unknown_choice": L("%(field)s “%(text)s” is unknown; choose below what it means, or write one of: %(allowed)s."),
    "half_a_place": L("Of the place only “%(text)s” is given; fill in the other half, or leave both empty."),
    "not_a_coordinate": L("“%(text)s” is not a coordinate; write degrees such as 108.736200."),
    "not_a_pair": L("“%(text)s” is not a pair of coordinates; write 108.7362,39.8319."),
    "dms_range": L("“%(text)s”: minutes and seconds must be below 60."),
    "zero_place": L("The place is 0, 0; leave it empty if it is not known."),
    "old_datum": L("Coordinates of %(system)s must first be turned into CGCS2000 by the survey office."),
    "mixed_place": L("One coordinate is in degrees and the other in metres (%(first)s, %(second)s)."),
    "zone_unknown": L("X and Y are given without a zone; choose the central meridian below."),
    "zone_unclear": L("X and Y fit the central meridians %(meridians)s; choose one below."),
    "not_gauss": L("%(first)s, %(second)s are no Gauss coordinates."),
    "outside": L("The place %(lon)s, %(lat)s lies outside the county; check the digits and the order."),
    "unknown_system": L("The coordinate system “%(text)s” is unknown; write CGCS2000, WGS-84, GCJ-02 or BD-09."),
    "unknown_town": L("%(field)s “%(text)s” is not in the list of divisions.%(nearest)s"),
    "unknown_village": L("%(field)s “%(text)s” is not a village of %(town)s.%(nearest)s"),
    "unknown_unit": L("%(field)s “%(text)s” is not a management unit.%(nearest)s"),
    "unknown_parent": L("The division above, “%(text)s”, is unknown; enter it first."),
    "not_yours": L("%(text)s is outside the area in which you may change the ledger."),
    "no_source": L("The source is not given; choose below what rows without it mean, or fill it in."),
    "no_sector": L("The use is not given; choose below what rows without it mean, or fill it in."),
    "duplicate_row": L("This is the same intake as row %(first)s; keep one of them."),
    "permit_of_other": L("Permit %(permit)s is held by %(holder)s, not by %(user)s. Use “Change of holder” first."),
    "other_holder": L("The ledger has %(holder)s as holder, the file %(user)s. Use “Change of holder” first."),
    "other_meter": L("The ledger has meter %(old)s here, the file %(new)s. Use “Exchange of the meter” first."),
    "meter_elsewhere": L("Meter %(number)s is installed at %(intake)s."),
    "household_of_other": L("Household number %(number)s belongs to %(user)s."),
    "sealing": L("Sealing, and taking up again, have their own form with a day; use “Seal”."),
    "permit_reversed": L("The permit ends before it begins."),
    "before_attribution": L("The present attribution began on %(day)s; changes cannot count from before."),
    "code_taken": L("Code %(code)s already belongs to another intake."),
    "unknown_intake": L("No intake of the ledger has the code or name “%(text)s”."),
    "several_intakes": L("Several intakes are called “%(text)s”; give the code."),
    "not_a_point": L("“%(text)s” is not a point."),
    "not_an_area": L("“%(text)s” is not an area; an outline must be closed."),
    "no_name": L("The feature has neither name nor code."),
    "no_level": L("The level is not given, and the length of the code does not tell it."),
    "bad_code": L("“%(text)s” is no code of a division; it has only digits."),
    "cannot_store": L("%(message)s"),
    "too_large_number": L("%(field)s is too large to be true."),
}
"""Problems of a cell or row: the row waits."""

NOTES = {
    "same_place": L("Same place as row %(rows)s."),
    "same_name": L("Same name, town and village as row %(rows)s, but another code."),
    "place_taken": L("Intake %(code)s stands at the same place."),
    "user_conflict": L("%(field)s of the water user differs from row %(first)s; the first one is kept."),
    "project_conflict": L("%(field)s of the project differs from row %(first)s; the first one is kept."),
    "place_guessed": L("The zone of the place is guessed; it is marked for checking."),
    "place_coarse": L("The place has fewer than three decimals: off by 50 m and more."),
    "place_swapped": L("Longitude and latitude stood the wrong way round; they were turned."),
    "new_user": L("New water user %(name)s."),
    "new_village": L("New village %(name)s, with a provisional code."),
    "repaired": L("The outline crossed itself and was repaired."),
}
"""What people should see, though the row can be taken."""

TABLES = {
    "missing_column": L("Sheet “%(sheet)s” has no column “%(heading)s”; it cannot be read without."),
    "no_heading": L("No sheet has headings that we know (%(sheets)s). Download the sheet to fill in, and compare."),
    "duplicate_column": L("Column %(column)s “%(heading)s” says the same as column %(first)s; only that one is read."),
    "wrong_unit": L("Column %(column)s “%(heading)s” is in %(unit)s, but %(expected)s is needed; it is not read."),
    "unit_assumed": L("Column %(column)s “%(heading)s” states no unit; %(unit)s is assumed."),
    "empty_file": L("The file is empty."),
    "damaged": L("The file is damaged. Open it in Excel, save it again, and upload it once more."),
    "password": L("The file has a password. Remove it in Excel, save, and upload it once more."),
    "too_large": L("The file is too large. Delete empty rows and columns at its end, or split it."),
    "unknown_format": L("The file is %(format)s, which cannot be read. Save it as .xlsx."),
    "no_features": L("The file holds no points or outlines."),
    "not_geojson": L("The file is JSON but not GeoJSON."),
    "no_shapefile": L("The zip holds no Shapefile (.shp)."),
    "several_shapefiles": L("The zip holds several Shapefiles (%(names)s); upload them one by one."),
    "missing_part": L("The zip lacks the part %(part)s of the Shapefile."),
    "no_system": L("The file is in metres and does not say in which system; add its .prj."),
    "unknown_system": L("The coordinate system “%(text)s” is unknown."),
    "old_datum": L("Coordinates of %(system)s must first be turned into CGCS2000 by the survey office."),
    "outside": L("The coordinates are no degrees of longitude and latitude."),
    "not_kept": L("Column %(column)s “%(heading)s” is understood but not kept in the ledger."),
}
"""Problems and notes of a file or its headings."""

SKIPPED = {
    "total": L("total"),
    "note": L("remark"),
    "heading": L("heading again"),
    "units": L("units"),
    "numbering": L("numbers of columns"),
    "lone_text": L("only one text"),
    "no_known_cell": L("nothing that is known"),
    "hidden": L("hidden"),
    "empty": L("empty"),
    "no_heading": L("no headings"),
}


def _say(table: Mapping[str, Any], code: str, params: Mapping[str, str], field: str = "") -> str:
    known = FIELDS.get(field)
    words: dict[str, Any] = {
        "field": known.heading if known else field,
        "example": known.example if known else "",
        "unit": known.written_unit.symbol if known and known.kind in {"decimal", "integer"} else "",
        **params,
    }
    if "nearest" in params:
        words["nearest"] = " " + _("Nearest: %(names)s.") % {"names": params["nearest"]} if params["nearest"] else ""
    sentence = table.get(code)
    if sentence is None:
        return f"{code} {dict(params)}"
    try:
        return str(sentence) % words
    except KeyError:
        return str(sentence)


def cell_words(problem: Mapping[str, Any]) -> str:
    return _say(CELLS, problem["code"], problem.get("params", {}), problem.get("field", ""))


def note_words(note: Mapping[str, Any]) -> str:
    return _say(NOTES, note["code"], note.get("params", {}), note.get("field", ""))


def table_words(code: str, params: Mapping[str, str]) -> str:
    return _say(TABLES, code, params)


def row_words(row: Mapping[str, Any], good: int) -> str:
    """「第 12 行：…。其余 311 行可先导入。」"""
    text = " ".join(cell_words(problem) for problem in row["problems"])
    said = _("Row %(row)s: %(text)s") % {"row": row["row"], "text": text}
    return said + " " + _("The other %(n)s rows can be imported first.") % {"n": good} if good else said


def change_words(change: list[str]) -> dict[str, str]:
    """A change [model, field, before, after] with its label and the words of its choices."""
    model_name, name, before, after = change
    model: type[models.Model] = getattr(registry, model_name)
    if name in {"place", "area", "baseline"}:
        label = {"place": _("place"), "area": _("area, mu"), "baseline": _("baseline area, mu")}[name]
        return {"label": str(label), "before": before or "—", "after": after or "—"}
    field = model._meta.get_field(name)
    choices = dict(getattr(field, "choices", None) or ())
    label = getattr(field, "verbose_name", name)
    if model_name not in {"Intake", "Division"}:
        label = f"{model._meta.verbose_name} · {label}"
    return {
        "label": str(label),
        "before": str(choices.get(before, before)) or "—",
        "after": str(choices.get(after, after)) or "—",
    }
