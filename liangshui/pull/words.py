"""Words of what is wrong with a mapping, and why rows are refused."""

from django.utils.translation import gettext_lazy

from liangshui.core.mappings import MappingError
from liangshui.pull.rules.mapping import RowRefused

_MAPPING = {
    "not_yaml": gettext_lazy("Line %(line)s cannot be read. Look for a missing colon, bracket or blank."),
    "not_a_mapping": gettext_lazy("This is no mapping: it must consist of lines such as “place: …”."),
    "too_long": gettext_lazy("The mapping is too long."),
    "unknown_key": gettext_lazy("“%(key)s” is not known here. Correct the word or take the line out."),
    "missing": gettext_lazy("“%(key)s” is missing."),
    "bad_value": gettext_lazy("“%(value)s” is not possible for “%(key)s”."),
    "not_one_select": gettext_lazy("The statement must be one SELECT and nothing else."),
}
_ROWS = {
    "no_place": gettext_lazy("no name of a station or intake"),
    "no_time": gettext_lazy("the time “%(text)s” cannot be read"),
    "no_figure": gettext_lazy("“%(text)s” (%(field)s) is no figure"),
}


def mapping_words(error: MappingError) -> str:
    """What is wrong with a mapping."""
    return str(_MAPPING[error.code]) % error.params


def row_words(error: RowRefused) -> str:
    """Why a row is refused."""
    return str(_ROWS[error.code]) % error.params
