"""
What the properties of a process raise: one exception for each promise that can be broken.

```
Violation (AssertionError)
├── StuckCase               an open case in which nothing can happen any more
├── CannotFinish            a case from which no end can be reached
├── ReplayDiverged          a journal, decided again, gives another case
├── SlaClockDrift           a clock counts other working time than a meter beside it
├── SlaSplit                looking at a clock, or waiting in parts, changes what it says
├── TimerOrder              timers fired in another order than they fell due, twice, or not at all
├── ClockBackwards          time went back in a journal
├── RedeliveryChangedCase   the same key again changed something
├── RefusalChangedCase      something changed although it was refused
├── AnsweredOtherwise       an engine refuses what is possible, or the other way round
├── StoreRoundTrip          the store gives back something else than was decided
├── LostAfterCrash          what was acknowledged is gone after a crash, or was done twice
├── MachinesDisagree        another state machine goes another way
├── WrongMove               a case that moved where the definition does not lead, or did not move where it leads
├── AuthorisationBypassed   somebody did what `by`, `not_by` or `qualified` forbids, or was kept from it
├── EffectWithoutCause      a call, a case or a message that nothing in the definition asks for
├── MissingEffect           one that the definition asks for and that did not happen
├── EscalationSkipped       an escalation step that was passed over, came early, or twice
├── VersionPinned           a case moved to another version by itself
├── PrivateDataLeaked       a private value stands where it must not
├── SeenOtherwise           somebody is shown what `seen_by` keeps from them, or not what it lets them see
├── NotLinearizable         those who acted at once saw what no order of their acts explains
├── BrokeDown               an exception that nothing documents
├── Invariant               what a test of the host's own says must always hold
└── NeverHappened           what should happen sometimes did not in a whole campaign
```
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from svcflow.testing.step import Course


class Violation(AssertionError):
    """
    A promise that a run has shown to be broken: `why` says how, `case` which case it is about (empty: none).

    `course` is what had happened until then, with the trace that leads there; the runner fills it in.
    """

    def __init__(self, why: str, *, case: str = "") -> None:
        super().__init__(why)
        self.why, self.case = why, case
        self.course: Course | None = None


class StuckCase(Violation):
    """An open case in which nobody can do anything, and nothing will happen by itself."""


class CannotFinish(Violation):
    """A case from which no end can be reached any more."""


class ReplayDiverged(Violation):
    """A journal that, decided again, does not give the case as it is stored (R7)."""


class SlaClockDrift(Violation):
    """An SLA clock that counts other working time, or another due time, than a meter that the kit keeps itself."""


class SlaSplit(Violation):
    """A clock that depends on how often somebody looked, or on whether a wait was one or many."""


class TimerOrder(Violation):
    """Timers that fired in another order than they fell due, at another time, twice, or never (R1, R2)."""


class ClockBackwards(Violation):
    """A journal in which time goes back."""


class RedeliveryChangedCase(Violation):
    """The same key again that changed something, or was answered otherwise (R3)."""


class RefusalChangedCase(Violation):
    """Something changed although it was refused (R4)."""


class AnsweredOtherwise(Violation):
    """An answer of an engine that is not the one of the pure step: done, a refusal for this reason, an error."""


class StoreRoundTrip(Violation):
    """The store gives back something else than was decided."""


class LostAfterCrash(Violation):
    """What was acknowledged is gone after a crash, or was done twice."""


class MachinesDisagree(Violation):
    """Another state machine goes another way through the same process."""


class WrongMove(Violation):
    """A case that moved where the definition does not lead, or did not move where it leads."""


class AuthorisationBypassed(Violation):
    """Somebody did what `by`, `not_by` or `qualified` forbids, or was kept from what they allow."""


class EffectWithoutCause(Violation):
    """A hook call, a started case or a message that nothing in the definition asks for."""


class MissingEffect(Violation):
    """A hook call, a started case or a message that the definition asks for and that is not there."""


class EscalationSkipped(Violation):
    """An escalation step that did not happen at its time, happened early, or twice in one cycle."""


class VersionPinned(Violation):
    """A case that moved to another version without being migrated (R5)."""


class PrivateDataLeaked(Violation):
    """A private value in a journal text, a log, an error, or a call that did not name it (R8)."""


class SeenOtherwise(Violation):
    """Somebody is shown what `seen_by` keeps from them, or is not shown what it lets them see."""


class NotLinearizable(Violation):
    """Several acted at once, and no order of what they did explains what each was answered and what is there now."""


class BrokeDown(Violation):
    """An exception that nothing documents."""


class Invariant(Violation):
    """What a test of the host's own says must always hold does not."""


class NeverHappened(Violation):
    """What should happen sometimes did not happen in a whole campaign."""
