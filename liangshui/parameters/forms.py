"""The form of an own figure: as many boxes as the rule has figures."""

from datetime import date
from decimal import Decimal
from typing import Any

import yaml
from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from liangshui.core.mappings import MappingError, read
from liangshui.core.parameters import UNKNOWN
from liangshui.parameters.kinds import (
    BANDS,
    WHOLE,
    BadLine,
    FigureKind,
    bands_as_text,
    bands_of,
    bounds,
    exact,
    grades_as_text,
    grades_of,
    is_open,
    kind_of,
)
from liangshui.parameters.words import asked_as
from liangshui.records.forms import DocumentForm, day_field, dressed

MOST_TEXT = 20_000
HELP = {
    FigureKind.LIST: gettext_lazy("One a line."),
    FigureKind.BANDS: gettext_lazy(
        "One band a line, its limit in percent of excess and its multiple: “≤20 2”, then “≤40 2.5”, the last “>40 3”. Where the limit "
        "itself belongs to the next band: “<20 2”, the last “≥20 3”."
    ),
    FigureKind.GRADES: gettext_lazy(
        "One grade a line: id of the penalty rule, grade, least fine, greatest fine, and when it applies, with blanks between."
    ),
    FigureKind.RATES: gettext_lazy(
        "One figure, or a table: one line “name: figure” each; blanks in front make a line part of the one above."
    ),
}
"""How what takes more than one line is typed."""

BLOCKS_HELP = gettext_lazy(
    "One block a line, its limit in m³ of water and its price in yuan a m³: “≤180 5”, then “≤260 7”, the last “>260 9”."
)


class FigureForm(DocumentForm):
    """A figure with its document. `shape` is the rule's own: its keys become boxes, lists of words one a line, tables YAML.
    Words beside figures are the article's own and are kept as they are.

    `blank`: the figures of the shape are of another time and are not proposed. `fixed`: the article was read in full, and only what it
    leaves open is asked for. `now`: what the county has entered before, so that a further figure does not drop it.
    """

    field_order = ("since", "until", "document", "document_number", "issued_on", "paper", "note")

    since = day_field(gettext_lazy("in force from"))
    until = day_field(gettext_lazy("no longer in force from"), required=False)
    note = forms.CharField(label=gettext_lazy("note"), max_length=200, required=False)

    def __init__(
        self, *args: Any, shape: Any, blank: bool = False, fixed: bool = False, now: Any = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.shape = shape if isinstance(shape, dict) and shape else {WHOLE: shape}
        boxes = {}
        kinds = {key: kind_of(key, value) for key, value in self.shape.items()}
        only_words = all(kind is FigureKind.TEXT for kind in kinds.values())
        self.open = {key for key, value in self.shape.items() if value == UNKNOWN or (key == WHOLE and value is None)}
        self.kept = (
            {} if only_words else {k: v for k, v in self.shape.items() if kinds[k] is FigureKind.TEXT or _unsaid(k, v)}
        )
        if fixed and self.open:
            self.kept |= {key: value for key, value in self.shape.items() if key not in self.open}
        for key, value in self.shape.items():
            if key in self.kept:
                continue
            box = boxes[f"f_{key}"] = self._box(key, value, asked_as(key))
            if blank:
                box.initial = None
            if key in self.open and isinstance(now, dict) and not is_open(now.get(key)):
                box.initial = _typed(kinds[key], now[key])
        self.fields = {**boxes, **self.fields}
        dressed(self)

    @staticmethod
    def _box(key: str, value: Any, label: Any) -> forms.Field:
        kind, known = kind_of(key, value), not is_open(value)
        if kind is FigureKind.YES_NO:
            return forms.BooleanField(label=label, required=False, initial=value is True)
        if kind is FigureKind.DATE:
            return day_field(label, required=known, initial=value if known else None)
        if kind in (FigureKind.NUMBER, FigureKind.PERCENT):
            least, most = bounds(key, kind)
            return forms.DecimalField(
                label=label, required=known, initial=value if known else None, min_value=least, max_value=most, max_digits=18,
                decimal_places=6,
            )  # fmt: skip
        if kind is FigureKind.TEXT:
            return forms.CharField(label=label, initial=value, required=False, max_length=500)
        return forms.CharField(
            label=label, initial=_typed(kind, value) if known else "", required=kind is FigureKind.TABLE, max_length=MOST_TEXT,
            widget=forms.Textarea(attrs={"rows": 8}), help_text=BLOCKS_HELP if BANDS.get(key) == "price" else HELP.get(kind, ""),
        )  # fmt: skip

    def clean(self) -> dict[str, Any]:
        """What was typed, and the figure put together as `value`; an open figure that is left empty stays open."""
        given = super().clean() or {}
        value = {}
        for key, shape in self.shape.items():
            typed = self.kept[key] if key in self.kept else self._exact(key, shape, given.pop(f"f_{key}", None))
            value[key] = shape if key in self.open and typed in (None, "", []) else typed
        boxed = [k for k, v in self.shape.items() if k not in self.kept and kind_of(k, v) is not FigureKind.YES_NO]
        if boxed and not self.errors and all(k in self.open and value[k] == self.shape[k] for k in boxed):
            self.add_error(f"f_{boxed[0]}", _("Enter at least one figure."))
        given["value"] = value[WHOLE] if list(value) == [WHOLE] else value
        return given

    def _exact(self, key: str, shape: Any, typed: Any) -> Any:
        kind = kind_of(key, shape)
        if isinstance(typed, Decimal):
            return exact(typed)
        if isinstance(typed, date):
            return typed.isoformat()
        if not isinstance(typed, str) or not typed.strip():
            return typed
        if kind is FigureKind.LIST:
            return self._listed(
                key, typed.split() if _days(shape) else [x.strip() for x in typed.splitlines() if x.strip()]
            )
        if kind in (FigureKind.BANDS, FigureKind.GRADES):
            try:
                return bands_of(key, typed) if kind is FigureKind.BANDS else grades_of(typed)
            except BadLine as error:
                self.add_error(
                    f"f_{key}", _("Line %s cannot stand as it is: see below how it is written.") % error.number
                )
                return None
        return typed.strip() if kind is FigureKind.TEXT else self._table(key, typed)

    def _listed(self, key: str, rows: list[str]) -> list[str]:
        if _days(self.shape[key]):
            for row in rows:
                try:
                    date.fromisoformat(row)
                except ValueError:
                    self.add_error(f"f_{key}", _("“%s” is no day; write it as 2027-01-01.") % row)
        return rows

    def _table(self, key: str, typed: str) -> Any:
        try:
            found = read(f"value:\n{_indented(typed)}", MOST_TEXT * 2)["value"]
        except MappingError as error:
            line = int(error.params.get("line", "1")) - 1 if error.params.get("line", "").isdigit() else 1
            self.add_error(f"f_{key}", _("Line %s cannot be read. Look for a missing colon, bracket or blank.") % line)
            return None
        return _texts(found)


def _unsaid(key: str, value: Any) -> bool:
    """Whether the article says nothing of a key: neither its figure nor that there is one."""
    return value is None and key != WHOLE


def _typed(kind: FigureKind, value: Any) -> Any:
    """A figure as it is typed into its box."""
    match kind:
        case FigureKind.LIST:
            return "\n".join(map(str, value))
        case FigureKind.BANDS:
            return bands_as_text(value)
        case FigureKind.GRADES:
            return grades_as_text(value)
        case FigureKind.TABLE:
            return yaml.safe_dump(value, allow_unicode=True, sort_keys=False)
        case _:
            return value


def _indented(text: str) -> str:
    return "\n".join(f"  {line}" for line in text.splitlines())


def _texts(value: Any) -> Any:
    """Figures with a point as text, so that they stay exact."""
    if isinstance(value, dict):
        return {str(k): _texts(v) for k, v in value.items()}
    if isinstance(value, list):
        return [_texts(v) for v in value]
    return str(value) if isinstance(value, float) else value


def _days(shape: Any) -> bool:
    return (
        isinstance(shape, list)
        and bool(shape)
        and all(isinstance(x, str) and x[:4].isdigit() and x[4:5] == "-" for x in shape)
    )
