"""Headings to fields: by alias, with the unit and coordinate system that the heading itself states."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from liangshui.registry.sheets.fields import Field, Kind
from liangshui.registry.sheets.text import squeeze, squeeze_heading
from liangshui.registry.sheets.units import Unit, find_any_unit, find_unit

_BRACKETED = re.compile(r"\(([^()]*)\)?")
_SEPARATED = re.compile(r"^(.+?)[/,，:;_](.+)$")
_COUNTERS = frozenset({"序号", "序", "行号", "no", "no.", "顺序号", "№"})
_LONGEST_HEADING = 80


@dataclass(frozen=True, slots=True)
class Match:
    """What a heading means: the field, the unit it states, what else stands in brackets, how many levels it took."""

    field: Field
    unit: Unit | None = None
    wrong_unit: str = ""
    remarks: tuple[str, ...] = ()
    levels: int = 1


def is_counter(text: str) -> bool:
    """Whether a heading names the running number of rows (序号), which is nobody's field."""
    return squeeze_heading(text) in _COUNTERS


class Headings:
    """The headings that a list of fields answers to.

    Raises:
        ValueError: two fields answer to the same heading.
    """

    def __init__(self, fields: Sequence[Field]) -> None:
        self._by_alias: dict[str, Field] = {}
        for field in fields:
            for alias in {squeeze_heading(text) for text in (field.name, field.heading, *field.aliases)}:
                if alias in self._by_alias:
                    raise ValueError(f"{field.name} and {self._by_alias[alias].name} both answer to {alias}")
                self._by_alias[alias] = field
        self._seen: dict[tuple[str, ...], Match | None] = {}

    def find(self, levels: tuple[str, ...]) -> Match | None:
        """The meaning of a column's headings from top to bottom, such as ("取水许可", "证号") or ("井深", "(m)").

        The longest joined reading wins: 取水口 over 名称 is 取水口名称 before it is 名称.
        """
        if levels not in self._seen:
            self._seen[levels] = self._look(tuple(text for text in map(squeeze_heading, levels) if text))
        return self._seen[levels]

    def _look(self, levels: tuple[str, ...]) -> Match | None:
        if not levels:
            return None
        *above, last = levels
        readings = [(*above, last)]
        if len(above) > 1:
            readings += [(above[-1], last), (above[0], last)]
        if above:
            readings.append((last,))
        for reading in readings:
            match = self._one("".join(reading), len(reading))
            if match is not None:
                return match
        if above and find_any_unit(last) is not None:
            match = self._look(tuple(above))
            if match is not None and match.unit is None and not match.wrong_unit:
                return _with_unit(match, last)
            return match
        return None

    def _one(self, text: str, levels: int) -> Match | None:
        if len(text) > _LONGEST_HEADING:
            return None
        if text in self._by_alias:
            return Match(self._by_alias[text], levels=levels)
        inner = tuple(content for content in _BRACKETED.findall(text) if content)
        outer = _BRACKETED.sub("", text).rstrip("*:")
        if outer in self._by_alias:
            return _with_remarks(self._by_alias[outer], inner, levels)
        parted = _SEPARATED.match(outer)
        if parted and parted[1] in self._by_alias:
            return _with_remarks(self._by_alias[parted[1]], (parted[2], *inner), levels)
        for cut in range(len(outer) - 1, max(0, len(outer) - 7), -1):
            field = self._by_alias.get(outer[:cut])
            if field is not None and _unit_for(field, outer[cut:]) is not None:
                return Match(field, _unit_for(field, outer[cut:]), remarks=inner, levels=levels)
        return None


def _with_remarks(field: Field, remarks: tuple[str, ...], levels: int) -> Match:
    match = Match(field, remarks=remarks, levels=levels)
    for remark in remarks:
        for part in (remark, *re.split(r"[,，;、]", remark)):
            stated = _with_unit(match, part)
            if stated.unit is not None or stated.wrong_unit:
                return stated
    return match


def _with_unit(match: Match, text: str) -> Match:
    if match.field.kind not in {Kind.DECIMAL, Kind.INTEGER}:
        return match
    found = _unit_for(match.field, text)
    if found is not None:
        return Match(match.field, found, remarks=match.remarks, levels=match.levels)
    if find_any_unit(text) is not None and match.field.value_unit.symbol:
        return Match(match.field, None, squeeze(text).strip("()"), match.remarks, match.levels)
    return match


def _unit_for(field: Field, text: str) -> Unit | None:
    if field.kind not in {Kind.DECIMAL, Kind.INTEGER}:
        return None
    return find_unit(text, field.value_unit.dimension)
