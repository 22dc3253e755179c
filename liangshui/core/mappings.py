"""Mapping files that people write, mend and pass on (YAML): how they are read, and what is said of one that cannot be used."""

import re
from collections.abc import Mapping
from typing import Any

import yaml


class MappingError(Exception):
    """A mapping that cannot be used: `code` says why, `params` where and what. Each kind of mapping names its codes; all share
    too_long, not_yaml {line}, not_a_mapping, twice {line, key}, unknown_key {key, where}."""

    def __init__(self, code: str, **params: str) -> None:
        super().__init__(code, params)
        self.code, self.params = code, params


class _Loader(yaml.SafeLoader):
    """Plain YAML: 6:6 and +10:00 stay words, which YAML 1.1 takes for numbers to the base of sixty, and so do days. Nothing
    stands for something else (&, *): a short text could mean a gigabyte."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            mark = self.peek_event().start_mark  # type: ignore[no-untyped-call]
            raise yaml.composer.ComposerError(None, None, "no aliases", mark)
        return super().compose_node(parent, index)

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        seen = set()
        for key, _value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                continue
            if key.value in seen:
                raise _Twice(str(key.value)[:60], key.start_mark.line + 1)
            seen.add(key.value)
        return super().construct_mapping(node, deep)


class _Twice(Exception):
    """A key that stands twice: YAML would quietly take the last."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith((":int", ":float", ":timestamp"))]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver("tag:yaml.org,2002:int", re.compile(r"^[-+]?(0|[1-9]\d{0,17})$"), list("-+0123456789"))
_Loader.add_implicit_resolver("tag:yaml.org,2002:float", re.compile(r"^[-+]?\d{1,17}\.\d{1,17}$"), list("-+0123456789"))


def read(text: str, most: int) -> dict[str, Any]:
    """The keys of a mapping file of at most so many characters.

    Raises:
        MappingError: too_long, not_yaml {line}, not_a_mapping, twice {line, key}.
    """
    if len(text) > most:
        raise MappingError("too_long")
    try:
        raw = yaml.load(text, _Loader)
    except _Twice as error:
        raise MappingError("twice", key=error.args[0], line=str(error.args[1])) from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        raise MappingError("not_yaml", line=str(mark.line + 1) if mark else "?") from error
    except (ValueError, RecursionError) as error:  # a date that does not exist, brackets without end
        raise MappingError("not_yaml", line="?") from error
    if not isinstance(raw, dict):
        raise MappingError("not_a_mapping")
    return raw


def refuse_unknown(raw: Mapping[Any, Any], keys: set[str], where: str = "") -> None:
    """Refuse keys that are not known, so that a slip of the pen is told. Raises MappingError (unknown_key)."""
    for key in raw:
        if key not in keys:
            raise MappingError("unknown_key", key=str(key)[:60], where=where)
