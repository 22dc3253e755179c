"""A decision carries its reasons: the page, the letter and the API say the same words from it."""

from dataclasses import dataclass
from enum import StrEnum


class Outcome(StrEnum):
    """How one check ended."""

    PASSED = "passed"
    FAILED = "failed"
    NEEDS_PERSON = "needs_person"
    UNDECIDABLE = "undecidable"


GRAVEST = (Outcome.FAILED, Outcome.UNDECIDABLE, Outcome.NEEDS_PERSON)


@dataclass(frozen=True, slots=True)
class Check:
    """One check with the figures it used and the article that carries it (empty where it is arithmetic).

    `beside` names what is shown with it but carries nothing alone: normative documents (law README 1.14).
    """

    code: str
    outcome: Outcome
    figures: tuple[tuple[str, str], ...] = ()
    article: str = ""
    beside: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Decision:
    """Allowed only if no check failed, needs a person or lacks data."""

    because: tuple[Check, ...]

    @property
    def allowed(self) -> bool:
        return all(check.outcome is Outcome.PASSED for check in self.because)

    @property
    def outcome(self) -> Outcome:
        """The gravest: one check that fails refuses; else one that lacks data or needs a person keeps it open."""
        found = {check.outcome for check in self.because}
        return next((each for each in GRAVEST if each in found), Outcome.PASSED)

    @property
    def grounds(self) -> tuple[str, ...]:
        """What carries a refusal, and what stands beside it, each once."""
        return tuple(dict.fromkeys(each for check in self.failed for each in (check.article, *check.beside) if each))

    @property
    def failed(self) -> tuple[Check, ...]:
        return tuple(check for check in self.because if check.outcome is Outcome.FAILED)
