"""A decision carries its reasons: the page, the letter and the API say the same words from it."""

from dataclasses import dataclass
from enum import StrEnum


class Outcome(StrEnum):
    """How one check ended."""

    PASSED = "passed"
    FAILED = "failed"
    NEEDS_PERSON = "needs_person"
    UNDECIDABLE = "undecidable"


@dataclass(frozen=True, slots=True)
class Check:
    """One check with the figures it used and the article that carries it (empty where it is arithmetic)."""

    code: str
    outcome: Outcome
    figures: tuple[tuple[str, str], ...] = ()
    article: str = ""


@dataclass(frozen=True, slots=True)
class Decision:
    """Allowed only if no check failed, needs a person or lacks data."""

    because: tuple[Check, ...]

    @property
    def allowed(self) -> bool:
        return all(check.outcome is Outcome.PASSED for check in self.because)

    @property
    def failed(self) -> tuple[Check, ...]:
        return tuple(check for check in self.because if check.outcome is Outcome.FAILED)
