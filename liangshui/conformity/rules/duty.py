"""Which study of its water a plan or project owes (水资源论证、节水评价), and on which ground."""

from dataclasses import dataclass
from enum import StrEnum

from liangshui.core.decision import Outcome


class Kind(StrEnum):
    """Kinds of study."""

    PLANNING = "planning"
    REPORT = "report"
    FORM = "form"
    SAVING = "saving"


class Memory(StrEnum):
    """Grounds that nobody here has read: told from memory, to be looked up before anyone relies on them."""

    PLANNING = "planning"
    FORM = "form"
    SAVING = "saving"


@dataclass(frozen=True, slots=True)
class Subject:
    """What a duty turns on. None: not known."""

    project: bool
    abstracts: bool | None
    large_change: bool = False


@dataclass(frozen=True, slots=True)
class Duty:
    """A study, whether it is owed (failed: it is; passed: it is not), by which article, or by what is told from memory."""

    kind: Kind
    outcome: Outcome
    article: str = ""
    memory: Memory | None = None

    @property
    def owed(self) -> bool:
        return self.outcome is Outcome.FAILED


def duties(subject: Subject) -> tuple[Duty, ...]:
    """What a plan or project owes.

    A construction project that abstracts: the report is one of the papers of its application (AR-011); a large change of what
    was permitted: a new one (AR-022-B). Who takes from a public network applies for no abstraction and owes none by that
    article. Planning studies, the form in place of the report, and the water-saving evaluation rest on instruments that are
    not among the rules read here: a person decides.
    """
    if not subject.project:
        return (
            Duty(Kind.PLANNING, Outcome.NEEDS_PERSON, memory=Memory.PLANNING),
            Duty(Kind.SAVING, Outcome.NEEDS_PERSON, memory=Memory.SAVING),
        )
    article = "AR-022-B" if subject.large_change else "AR-011"
    if subject.abstracts is None:
        return (Duty(Kind.REPORT, Outcome.UNDECIDABLE, article),)
    if not subject.abstracts:
        return (Duty(Kind.REPORT, Outcome.PASSED, article),)
    return (
        Duty(Kind.REPORT, Outcome.FAILED, article),
        Duty(Kind.FORM, Outcome.NEEDS_PERSON, memory=Memory.FORM),
        Duty(Kind.SAVING, Outcome.NEEDS_PERSON, memory=Memory.SAVING),
    )
