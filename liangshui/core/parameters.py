"""Dated rules of law and their figures: how a file of an instrument is read and refused, and what was in force on a day.

One file is one instrument (法规、规章、文件). Its figures stand by their first day; `null` ends one, `unknown` says that nobody has
found it: it is asked for by name and never guessed. Decimal figures are written in quotes, so that none is ever a float.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any

from liangshui.core.errors import LiangshuiError
from liangshui.core.mappings import MappingError, read

LONGEST = 200_000
UNDATED, UNKNOWN = "undated", "unknown"


class Rank(StrEnum):
    """What an instrument may carry (law README 1.14)."""

    LAW = "law"
    ADMINISTRATIVE_REGULATION = "administrative_regulation"
    LOCAL_REGULATION = "local_regulation"
    RULE = "rule"
    NORMATIVE_DOCUMENT = "normative_document"
    STANDARD = "standard"
    COMPARATOR = "comparator"
    EVIDENCE = "evidence"

    @property
    def is_ground(self) -> bool:
        """Whether a refusal, an order or a fine may rest on it alone."""
        return self in (Rank.LAW, Rank.ADMINISTRATIVE_REGULATION, Rank.LOCAL_REGULATION, Rank.RULE)


class Status(StrEnum):
    """How the words were seen."""

    FULL_TEXT = "full_text"
    EXCERPT = "excerpt"
    SECONDARY = "secondary"
    DATASET = "dataset"
    DERIVED = "derived"
    MEMORY = "memory"

    @property
    def seen(self) -> bool:
        return self is not Status.MEMORY


class SetBy(StrEnum):
    """Who sets the figure that the article leaves open: it is entered where it is used, with that document."""

    STATE = "state"
    MINISTRY = "ministry"
    PROVINCE = "province"
    CITY = "city"
    COUNTY = "county"


CONFIDENCE = ("high", "medium", "low")


class BadParameters(LiangshuiError):
    """Files that cannot be used: one sentence for each mistake, with the file, the rule and what to do."""

    def __init__(self, faults: Iterable[str]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(self.faults))


class NotInForce(LiangshuiError):
    """There is no such rule, or none on the day."""


class NotKnown(LiangshuiError):
    """The rule is in force, but nobody has found its figure: it has to be entered before it can be used."""


@dataclass(frozen=True, slots=True)
class Instrument:
    """A law, regulation, document, standard or piece of evidence. `binds` is the code of the place, or elsewhere, or evidence."""

    key: str
    binds: str
    title: str
    english: str
    number: str
    rank: Rank
    effective_from: date | None
    effective_to: date | None
    text_version: str
    read: Status
    where: str
    last_checked: date


@dataclass(frozen=True, slots=True)
class Version:
    """What a rule says from a day on. `since` None: the first day is not known; `until`: the first day on which it no longer holds."""

    since: date | None
    until: date | None
    value: Any
    known: bool = True

    def holds(self, day: date) -> bool:
        return (self.since is None or self.since <= day) and (self.until is None or day < self.until)


@dataclass(frozen=True, slots=True)
class Rule:
    """An article with its figures by day."""

    id: str
    instrument: Instrument
    title: str
    english: str
    article: str
    topic: str
    kind: str
    unit: str
    status: Status
    confidence: str
    notes: str
    set_by: str
    versions: tuple[Version, ...] = field(repr=False)

    @property
    def may_be_entered(self) -> bool:
        """Whether a county may enter its figure: it is left open, not found, or not read in full."""
        return bool(self.set_by) or self.status is not Status.FULL_TEXT or any(not v.known for v in self.versions)

    def on(self, day: date) -> Version:
        """Its version on a day. Raises NotInForce."""
        for version in self.versions:
            if version.holds(day):
                return version
        began = next((v.since for v in self.versions if v.since and v.since > day), None)
        if began:
            raise NotInForce(f"{self.id} ({self.instrument.binds}) is not in force on {day}: it begins on {began}.")
        raise NotInForce(
            f"{self.id} ({self.instrument.binds}) is not in force on {day}: it no longer holds from {self.versions[-1].until} on."
        )


@dataclass(frozen=True, slots=True)
class Law:
    """All rules, by id; and what a county has entered itself, which stands before them."""

    rules: Mapping[str, Rule]
    own: Mapping[str, tuple[Version, ...]] = field(default_factory=dict)

    def rule(self, key: str) -> Rule:
        """Raises NotInForce if there is none of that id."""
        if key not in self.rules:
            raise NotInForce(f"There is no rule {key}.")
        return self.rules[key]

    def on(self, key: str, day: date) -> Version:
        """What a rule says on a day: the county's own figure where it has one. Raises NotInForce."""
        rule = self.rule(key)
        for version in self.own.get(key, ()):
            if version.holds(day):
                return version
        return rule.on(day)

    def value(self, key: str, day: date) -> Any:
        """The figure of a rule on a day. Raises NotInForce, NotKnown."""
        version = self.on(key, day)
        if not version.known:
            rule = self.rules[key]
            raise NotKnown(
                f"{key} {rule.title} ({rule.instrument.binds}, {day}): the figure has not been found; enter it with its document."
            )
        return version.value

    def figure(self, key: str, name: str, day: date) -> Any:
        """One of several figures of a rule. Raises NotInForce, NotKnown."""
        value = self.value(key, day)
        if not isinstance(value, Mapping) or value.get(name) in (None, UNKNOWN):
            rule = self.rules[key]
            raise NotKnown(
                f"{key} {rule.title} ({rule.instrument.binds}, {day}): “{name}” has not been found; enter it with its document."
            )
        return value[name]

    def missing(self, key: str, day: date) -> list[str]:
        """The figures of a rule that have to be entered on a day, by name; an empty name: the whole. Raises NotInForce."""
        version = self.on(key, day)
        if not version.known:
            return [""]
        return [str(k) for k, v in version.value.items() if v == UNKNOWN] if isinstance(version.value, Mapping) else []

    def unknown(self, day: date) -> list[Rule]:
        """Rules in force on a day of which a figure has to be entered."""
        found = []
        for key, rule in self.rules.items():
            try:
                if self.missing(key, day):
                    found.append(rule)
            except NotInForce:
                continue
        return found


_HEAD = ("instrument", "title", "english", "number", "rank", "read", "where", "last_checked", "rules")
_HEAD_MAY = ("effective_from", "effective_to", "text_version")
_RULE = ("title", "english", "article", "topic", "kind", "values", "status", "confidence")
_RULE_MAY = ("unit", "notes", "set_by")
_EMPTY_IS_FINE = ("number", "where")


def load(files: Iterable[tuple[str, str, str]]) -> Law:
    """All files: (place, name, text) each.

    Raises:
        BadParameters: with every mistake of every file.
    """
    faults: list[str] = []
    rules: dict[str, Rule] = {}
    where: dict[str, str] = {}
    keys: dict[str, str] = {}
    for place, name, text in files:
        try:
            found = parse(place, name, text)
        except BadParameters as error:
            faults += error.faults
            continue
        key = found[0].key
        if key in keys:
            faults.append(f"{name}: instrument {key} is in {keys[key]} too; keep one file.")
        keys[key] = name
        for rule in found[1]:
            if rule.id in rules:
                faults.append(f"{name}: {rule.id}: the same id is in {where[rule.id]}; give one of them another.")
            rules[rule.id], where[rule.id] = rule, name
    if faults:
        raise BadParameters(faults)
    return Law(rules)


def parse(place: str, name: str, text: str) -> tuple[Instrument, list[Rule]]:
    """One file. Raises BadParameters."""
    try:
        raw = read(text, LONGEST)
    except MappingError as error:
        reason = {
            "too_long": f"longer than {LONGEST:,} characters; split the instrument",
            "not_yaml": f"line {error.params.get('line')} is not YAML; look at its indentation, quotes and brackets",
            "twice": f"line {error.params.get('line')}: “{error.params.get('key')}” is written twice; keep one",
            "not_a_mapping": "it must begin with “instrument: …”",
        }
        raise BadParameters([f"{name}: {reason[error.code]}."]) from error
    faults = list(_shape(raw, _HEAD, _HEAD_MAY, name))
    if faults:
        raise BadParameters(faults)
    reader = _Reader(name)
    head = Instrument(
        key=str(raw["instrument"]),
        binds=place,
        title=str(raw["title"]),
        english=str(raw["english"]),
        number=str(raw["number"]),
        rank=reader.one_of(Rank, raw["rank"], "rank") or Rank.EVIDENCE,
        effective_from=reader.day(raw.get("effective_from"), "effective_from"),
        effective_to=reader.day(raw.get("effective_to"), "effective_to"),
        text_version=str(raw.get("text_version", "")),
        read=reader.one_of(Status, raw["read"], "read") or Status.MEMORY,
        where=str(raw["where"]),
        last_checked=reader.day(raw["last_checked"], "last_checked") or date.min,
    )
    given = raw["rules"] or {}
    if not isinstance(given, dict):
        raise BadParameters([f"{name}: rules: write each rule as “ID:” with its keys below it."])
    rules = [rule for key, each in given.items() if (rule := reader.rule(head, str(key), each))]
    if reader.faults:
        raise BadParameters(reader.faults)
    return head, rules


def _shape(raw: Mapping[str, Any], must: tuple[str, ...], may: tuple[str, ...], where: str) -> Iterator[str]:
    """Keys that are missing, empty or unknown."""
    for key in raw:
        if key not in must and key not in may:
            yield f"{where}: “{key}” is no key here; known are {', '.join((*must, *may))}."
    for key in must:
        if key not in raw:
            yield f"{where}: “{key}” is missing; every figure names its source."
        elif raw[key] in (None, "") and key not in _EMPTY_IS_FINE and key != "rules":
            yield f"{where}: “{key}” is empty; write it, or take the rule out."


class _Reader:
    """Collects the mistakes of one file."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.faults: list[str] = []

    def say(self, where: str, what: str) -> None:
        self.faults.append(f"{self.name}: {where}: {what}")

    def one_of(self, kind: Any, given: Any, where: str) -> Any:
        try:
            return kind(given)
        except ValueError:
            self.say(where, f"“{given}” is none of {', '.join(kind)}.")
            return None

    def day(self, given: Any, where: str) -> date | None:
        if given is None:
            return None
        try:
            return date.fromisoformat(str(given))
        except ValueError:
            self.say(where, f"“{given}” is no day; write it as 2026-11-25.")
            return None

    def rule(self, head: Instrument, key: str, raw: Any) -> Rule | None:
        if not isinstance(raw, dict):
            self.say(key, "write its keys below it.")
            return None
        shape = list(_shape(raw, _RULE, _RULE_MAY, f"{self.name}: {key}"))
        if shape:
            self.faults += shape
            return None
        if raw["confidence"] not in CONFIDENCE:
            self.say(key, f"confidence “{raw['confidence']}” is none of {', '.join(CONFIDENCE)}.")
        return Rule(
            id=key,
            instrument=head,
            title=str(raw["title"]),
            english=str(raw["english"]),
            article=str(raw["article"]),
            topic=str(raw["topic"]),
            kind=str(raw["kind"]),
            unit=str(raw.get("unit") or ""),
            status=self.one_of(Status, raw["status"], key) or Status.MEMORY,
            confidence=str(raw["confidence"]),
            notes=str(raw.get("notes") or ""),
            set_by=self.one_of(SetBy, raw["set_by"], f"{key}: set_by") or "" if "set_by" in raw else "",
            versions=tuple(self.versions(head, key, raw["values"])),
        )

    def versions(self, head: Instrument, key: str, raw: Any) -> list[Version]:
        if not isinstance(raw, dict):
            self.say(key, "values: write each figure behind its first day.")
            return []
        found: list[Version] = []
        before: date | None = None
        for number, (given, value) in enumerate(raw.items()):
            since = None if given == UNDATED else self.day(given, f"{key}: values")
            if given == UNDATED and number:
                self.say(key, "values: what is undated comes first.")
            elif since and before and since <= before:
                self.say(key, f"values: {since} does not come after {before}; two figures would hold on one day.")
            elif since and head.effective_from and since < head.effective_from:
                self.say(key, f"values: {since} lies before {head.key} took effect on {head.effective_from}.")
            before = since or before
            if found and since:
                found[-1] = Version(found[-1].since, found[-1].until or since, found[-1].value, found[-1].known)
            if value is None:
                if not found or found[-1].until != since:
                    self.say(key, f"values: nothing holds that {given} could end.")
                continue
            self.exact(value, f"{key}: values: {given}")
            known = value != UNKNOWN
            found.append(Version(since, None, value if known else None, known))
        if not found and not any(fault.startswith(f"{self.name}: {key}: values") for fault in self.faults):
            self.say(key, f"values: write at least one; where nobody knows it, “{UNKNOWN}”.")
        return found

    def exact(self, value: Any, where: str) -> None:
        if isinstance(value, float):
            self.say(where, f"{value} is not exact; write it in quotes.")
        for key, each in (
            value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
        ):
            self.exact(each, f"{where}: {key}")
