"""What an address asks for, read so that nothing odd in it becomes an error of ours."""

LARGEST = 2_147_483_647
"""No id of a record is larger."""


def whole(text: str | None) -> int | None:
    """A whole number of plain digits; None for anything else, such as "abc", "²" or what no record can have as id."""
    if not text or not (text.isascii() and text.isdigit()) or len(text) > 10:
        return None
    return int(text) if int(text) <= LARGEST else None
