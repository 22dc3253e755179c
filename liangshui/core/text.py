"""Text as people paste it and machines send it."""

import re

UNWRITABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
"""Characters that XML has no place for: with one of them no Word file and no workbook can be written."""


def writable(text: str) -> str:
    """The same without them; Word's line break (vertical tab) and a page break become blanks."""
    return UNWRITABLE.sub(lambda found: " " if found[0] in "\v\f" else "", text)
