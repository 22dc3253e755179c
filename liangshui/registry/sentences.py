"""What an import says about a file, a row and a cell, in words: what is wrong, what to do."""

from collections.abc import Mapping
from typing import Any

from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from liangshui.registry import models as registry
from liangshui.registry.sheets.divisions import DIVISIONS
from liangshui.registry.sheets.fields import Field, by_name
from liangshui.registry.sheets.ledger import LEDGER

FIELDS = {**by_name(DIVISIONS), **by_name(LEDGER)}

CELLS = {
    "required": gettext_lazy("%(field)s is empty; fill it in, such as %(example)s."),
    "unnamed_intake": gettext_lazy("Neither code nor name says which intake this is; fill in one of them."),
    "not_a_number": gettext_lazy("%(field)s “%(text)s” is not a number; give it in %(unit)s, such as %(example)s."),
    "not_an_integer": gettext_lazy("%(field)s “%(text)s” is not a whole number; such as %(example)s."),
    "out_of_range": gettext_lazy(
        "%(field)s “%(text)s” is out of range; it lies between %(minimum)s and %(maximum)s %(unit)s."
    ),
    "too_small": gettext_lazy("%(field)s “%(text)s” is too small; at least %(minimum)s %(unit)s."),
    "too_large": gettext_lazy("%(field)s “%(text)s” is too large; at most %(maximum)s %(unit)s."),
    "not_a_date": gettext_lazy("%(field)s “%(text)s” is not a date; write it as 2026-05-01."),
    "unclear_date": gettext_lazy("%(field)s “%(text)s” may be January or October; write it as 2026-10-01."),
    "date_without_month": gettext_lazy("%(field)s “%(text)s” has no month; write it as 2026-05-01."),
    "not_a_period": gettext_lazy("%(field)s “%(text)s” is not a period; write it as 2021-05-01 to 2026-04-30."),
    "period_reversed": gettext_lazy("%(field)s “%(text)s” ends before it begins."),
    "lost_digits": gettext_lazy("%(field)s “%(text)s” has lost its last digits in Excel; type it again as text."),
    "too_long": gettext_lazy("%(field)s is %(length)s characters long; at most %(limit)s are kept."),
    "not_yes_or_no": gettext_lazy("%(field)s “%(text)s” is neither yes nor no."),
    "unclear_choice": gettext_lazy(
        "%(field)s “%(text)s” may mean %(allowed)s; choose below which, or write it in the file."
    ),
    "unknown_choice": gettext_lazy(
        "%(field)s “%(text)s” is unknown; choose below what it means, or write one of: %(allowed)s."
    ),
    "half_a_place": gettext_lazy("Of the place only “%(text)s” is given; fill in the other half, or leave both empty."),
    "not_a_coordinate": gettext_lazy("“%(text)s” is not a coordinate; write degrees such as 108.736200."),
    "not_a_pair": gettext_lazy("“%(text)s” is not a pair of coordinates; write 108.7362,39.8319."),
    "dms_range": gettext_lazy("“%(text)s”: minutes and seconds must be below 60."),
    "zero_place": gettext_lazy("The place is 0, 0; leave it empty if it is not known."),
    "old_datum": gettext_lazy("Coordinates of %(system)s must first be turned into CGCS2000 by the survey office."),
    "mixed_place": gettext_lazy("One coordinate is in degrees and the other in metres (%(first)s, %(second)s)."),
    "zone_unknown": gettext_lazy("X and Y are given without a zone; choose the central meridian below."),
    "zone_unclear": gettext_lazy("X and Y fit the central meridians %(meridians)s; choose one below."),
    "not_gauss": gettext_lazy("%(first)s, %(second)s are no Gauss coordinates."),
    "outside": gettext_lazy("The place %(place)s lies outside the county; check the digits and the order."),
    "unknown_system": gettext_lazy(
        "The coordinate system “%(text)s” is unknown; write CGCS2000, WGS-84, GCJ-02 or BD-09."
    ),
    "unknown_town": gettext_lazy("%(field)s “%(text)s” is not in the list of divisions.%(nearest)s"),
    "unknown_village": gettext_lazy("%(field)s “%(text)s” is not a village of %(town)s.%(nearest)s"),
    "unknown_unit": gettext_lazy("%(field)s “%(text)s” is not a management unit.%(nearest)s"),
    "unknown_parent": gettext_lazy("The division above, “%(text)s”, is unknown; enter it first."),
    "not_yours": gettext_lazy("%(text)s is outside the area in which you may change the ledger."),
    "no_source": gettext_lazy("The source is not given; choose below what rows without it mean, or fill it in."),
    "no_sector": gettext_lazy("The use is not given; choose below what rows without it mean, or fill it in."),
    "duplicate_row": gettext_lazy("This is the same intake as row %(first)s; keep one of them."),
    "permit_of_other": gettext_lazy(
        "Permit %(permit)s is held by %(holder)s, not by %(user)s. Use “Change of holder” first."
    ),
    "other_holder": gettext_lazy(
        "The ledger has %(holder)s as holder, the file %(user)s. Use “Change of holder” first."
    ),
    "other_meter": gettext_lazy(
        "The ledger has meter %(old)s here, the file %(new)s. Use “Exchange of the meter” first."
    ),
    "meter_elsewhere": gettext_lazy("Meter %(number)s is installed at %(intake)s."),
    "household_of_other": gettext_lazy("Household number %(number)s belongs to %(user)s."),
    "sealing": gettext_lazy("Sealing, and taking up again, have their own form with a day; use “Seal”."),
    "permit_reversed": gettext_lazy("The permit ends before it begins."),
    "before_attribution": gettext_lazy("The present attribution began on %(day)s; changes cannot count from before."),
    "code_taken": gettext_lazy("Code %(code)s already belongs to another intake."),
    "unknown_intake": gettext_lazy("No intake of the ledger has the code or name “%(text)s”."),
    "several_intakes": gettext_lazy("Several intakes are called “%(text)s”; give the code."),
    "not_a_point": gettext_lazy("“%(text)s” is not a point."),
    "not_an_area": gettext_lazy("“%(text)s” is not an area; an outline must be closed."),
    "no_name": gettext_lazy("The feature has neither name nor code."),
    "no_level": gettext_lazy("The level is not given, and the length of the code does not tell it."),
    "bad_code": gettext_lazy("“%(text)s” is no code of a division; it has only digits."),
    "no_document": gettext_lazy(
        "Control zone “%(text)s” needs title, number and day of the document that sets it; upload the file again with them."
    ),
    "cannot_store": gettext_lazy("%(message)s"),
    "too_large_number": gettext_lazy("%(field)s is too large to be true."),
}
"""Problems of a cell or row: the row waits."""

NOTES = {
    "same_place": gettext_lazy("Same place as row %(rows)s."),
    "same_name": gettext_lazy("Same name, town and village as row %(rows)s, but another code."),
    "place_taken": gettext_lazy("Intake %(code)s stands at the same place."),
    "user_conflict": gettext_lazy("%(field)s of the water user differs from row %(first)s; the first one is kept."),
    "project_conflict": gettext_lazy("%(field)s of the project differs from row %(first)s; the first one is kept."),
    "place_guessed": gettext_lazy("The zone of the place is guessed; it is marked for checking."),
    "place_coarse": gettext_lazy("The place has fewer than three decimals: off by 50 m and more."),
    "place_swapped": gettext_lazy("Longitude and latitude stood the wrong way round; they were turned."),
    "new_user": gettext_lazy("New water user %(name)s."),
    "new_village": gettext_lazy("New village %(name)s, with a provisional code."),
    "waits": gettext_lazy("Binds when a second officer has confirmed it."),
    "repaired": gettext_lazy("The outline crossed itself and was repaired."),
}
"""What people should see, though the row can be taken."""

TABLES = {
    "missing_column": gettext_lazy("Sheet “%(sheet)s” has no column “%(heading)s”; it cannot be read without."),
    "no_heading": gettext_lazy(
        "No sheet has headings that we know (%(sheets)s). Download the sheet to fill in, and compare."
    ),
    "duplicate_column": gettext_lazy(
        "Column %(column)s “%(heading)s” says the same as column %(first)s; only that one is read."
    ),
    "wrong_unit": gettext_lazy(
        "Column %(column)s “%(heading)s” is in %(unit)s, but %(expected)s is needed; it is not read."
    ),
    "unit_assumed": gettext_lazy("Column %(column)s “%(heading)s” states no unit; %(unit)s is assumed."),
    "empty_file": gettext_lazy("The file is empty."),
    "damaged": gettext_lazy("The file is damaged. Open it in Excel, save it again, and upload it once more."),
    "password": gettext_lazy("The file has a password. Remove it in Excel, save, and upload it once more."),
    "too_large": gettext_lazy("The file is too large. Delete empty rows and columns at its end, or split it."),
    "unknown_format": gettext_lazy("The file is %(format)s, which cannot be read. Save it as .xlsx."),
    "no_features": gettext_lazy("The file holds no points or outlines."),
    "not_geojson": gettext_lazy("The file is JSON but not GeoJSON."),
    "no_shapefile": gettext_lazy("The zip holds no Shapefile (.shp)."),
    "several_shapefiles": gettext_lazy("The zip holds several Shapefiles (%(names)s); upload them one by one."),
    "missing_part": gettext_lazy("The zip lacks the part %(part)s of the Shapefile."),
    "no_system": gettext_lazy("The file is in metres and does not say in which system; add its .prj."),
    "unknown_system": gettext_lazy("The coordinate system “%(text)s” is unknown."),
    "old_datum": gettext_lazy("Coordinates of %(system)s must first be turned into CGCS2000 by the survey office."),
    "outside": gettext_lazy("The coordinates are no degrees of longitude and latitude."),
    "not_kept": gettext_lazy("Column %(column)s “%(heading)s” is understood but not kept in the ledger."),
}
"""Problems and notes of a file or its headings."""

SKIPPED = {
    "total": gettext_lazy("total"),
    "note": gettext_lazy("remark"),
    "heading": gettext_lazy("heading again"),
    "units": gettext_lazy("units"),
    "numbering": gettext_lazy("numbers of columns"),
    "lone_text": gettext_lazy("only one text"),
    "no_known_cell": gettext_lazy("nothing that is known"),
    "hidden": gettext_lazy("hidden"),
    "empty": gettext_lazy("empty"),
    "no_heading": gettext_lazy("no headings"),
}


def add(fields: Mapping[str, Field], cells: Mapping[str, Any], notes: Mapping[str, Any]) -> None:
    """Columns and words of kinds of import that rooms to the right bring."""
    for name, field in fields.items():
        FIELDS.setdefault(name, field)
    CELLS.update(cells)
    NOTES.update(notes)


def _say(table: Mapping[str, Any], code: str, params: Mapping[str, str], field: str = "") -> str:
    known = FIELDS.get(field)
    words: dict[str, Any] = {
        "field": known.heading if known else field,
        "example": known.example if known else "",
        "unit": known.written_unit.symbol if known and known.kind in {"decimal", "integer"} else "",
        **params,
    }
    if code == "outside":
        words["place"] = ", ".join(params[name] for name in ("lon", "lat", "x", "y") if name in params)
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
    if not model_name:  # named already: a period, a well
        return {"label": name, "before": before or "—", "after": after or "—"}
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
