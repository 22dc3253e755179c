"""Errors that say which thing, what is wrong and what to do, and whether trying again can help."""


class LiangshuiError(Exception):
    """Base of our own errors.

    Args:
        message: the sentence that a person reads, already in their language where a page shows it.
        permanent: true when the same call can never succeed; false when trying again may help.
    """

    def __init__(self, message: str, *, permanent: bool = True) -> None:
        super().__init__(message)
        self.message = message
        self.permanent = permanent


class Forbidden(LiangshuiError):
    """The actor lacks the right, or the thing lies outside the actor's territory."""


class NotFound(LiangshuiError):
    """There is no such thing, or not in the reader's territory (the two are told alike)."""


class Invalid(LiangshuiError):
    """The input breaks a rule; `field` names the input where it can be mended."""

    def __init__(self, message: str, *, field: str | None = None) -> None:
        super().__init__(message)
        self.field = field
