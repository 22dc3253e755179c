"""The law as it stands in this installation."""

from liangshui.core.parameters import Law
from liangshui.parameters.law import shipped


def law() -> Law:
    """The shipped rules, and before them what the county has entered and a second officer has confirmed."""
    return shipped()
