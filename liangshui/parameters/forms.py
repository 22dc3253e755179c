"""The form of an own figure: as many boxes as the rule has figures."""

from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from liangshui.core.mappings import MappingError, read
from liangshui.core.parameters import UNKNOWN
from liangshui.parameters.kinds import FigureKind, bounds, kind_of
from liangshui.parameters.words import label_of
from liangshui.records.forms import DocumentForm, day_field, dressed

MOST_TEXT = 20_000
WHOLE = "whole"


class FigureForm(DocumentForm):
    """A figure with its document. `shape` is the rule's own: its keys become boxes, lists of words one a line, tables YAML.
    Words beside figures are the article's own and are kept as they are.

    `blank`: the figures of the shape are of another time and are not proposed.
    """

    field_order = ("since", "until", "document", "document_number", "issued_on", "paper", "note")

    since = day_field(gettext_lazy("in force from"))
    until = day_field(gettext_lazy("no longer in force from"), required=False)
    note = forms.CharField(label=gettext_lazy("note"), max_length=200, required=False)

    def __init__(self, *args: Any, shape: Any, blank: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.shape = shape if isinstance(shape, dict) and shape else {WHOLE: shape}
        boxes = {}
        kinds = {key: kind_of(key, value) for key, value in self.shape.items()}
        only_words = all(kind is FigureKind.TEXT for kind in kinds.values())
        self.kept = {} if only_words else {k: v for k, v in self.shape.items() if kinds[k] is FigureKind.TEXT}
        for key, value in self.shape.items():
            if key in self.kept:
                continue
            label = gettext_lazy("figure") if key == WHOLE else label_of(key)
            box = boxes[f"f_{key}"] = self._box(key, value, label)
            if blank:
                box.initial = None
        self.fields = {**boxes, **self.fields}
        dressed(self)

    @staticmethod
    def _box(key: str, value: Any, label: Any) -> forms.Field:
        kind, known = kind_of(key, value), value not in (None, UNKNOWN)
        if key == WHOLE and not known:
            help_text = gettext_lazy(
                "One figure, or a table: one line “name: figure” each; blanks in front make a line part of the one above."
            )
            return forms.CharField(
                label=label, widget=forms.Textarea(attrs={"rows": 8}), max_length=MOST_TEXT, help_text=help_text
            )
        if kind is FigureKind.YES_NO:
            return forms.BooleanField(label=label, required=False, initial=value)
        if kind is FigureKind.DATE:
            return day_field(label, required=value is not None, initial=value if known else None)
        if kind in (FigureKind.NUMBER, FigureKind.PERCENT):
            least, most = bounds(key, kind)
            return forms.DecimalField(
                label=label, required=value is not None, initial=value if known else None, min_value=least, max_value=most,
                max_digits=18, decimal_places=6,
            )  # fmt: skip
        if kind is FigureKind.LIST:
            return forms.CharField(
                label=label, initial="\n".join(map(str, value)), required=False, max_length=MOST_TEXT,
                widget=forms.Textarea(attrs={"rows": 6}), help_text=gettext_lazy("One a line."),
            )  # fmt: skip
        if kind is FigureKind.TEXT:
            return forms.CharField(label=label, initial=value, required=False, max_length=500)
        return forms.CharField(label=label, widget=forms.Textarea(attrs={"rows": 8}), max_length=MOST_TEXT)

    def clean(self) -> dict[str, Any]:
        """What was typed, and the figure put together as `value`."""
        given = super().clean() or {}
        value = {
            key: self.kept[key] if key in self.kept else self._exact(key, shape, given.pop(f"f_{key}", None))
            for key, shape in self.shape.items()
        }
        given["value"] = value[WHOLE] if list(value) == [WHOLE] else value
        return given

    def _exact(self, key: str, shape: Any, typed: Any) -> Any:
        if isinstance(typed, Decimal):
            return int(typed) if typed == typed.to_integral_value() else f"{typed.normalize():f}"
        if isinstance(typed, date):
            return typed.isoformat()
        if not isinstance(typed, str):
            return typed
        if isinstance(shape, list) and not any(isinstance(x, dict | list) for x in shape):
            return self._listed(
                key, typed.split() if _days(shape) else [x.strip() for x in typed.splitlines() if x.strip()]
            )
        if isinstance(shape, str) and shape != UNKNOWN:
            return typed.strip()
        return self._table(key, typed)

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
