"""
Every exception svcflow raises, one class per reaction of the caller.

```
SvcflowError
├── DefinitionError      fix the YAML: `.findings` says what and where
├── Refused              show the user: `.refusal` says why and what is possible instead
├── NotFound             no such case or process
│   ├── CaseNotFound
│   │   └── CaseArchived     it was taken out of the store: `.bundle` is the file it stands in
│   └── ProcessNotFound
│       └── NotInForce       it is published, and no version of it is in force
├── KeyConflict          the same key was used before with other content
├── ConflictError        somebody else changed the case meanwhile; try again
├── CalendarError        a calendar cannot answer
├── MachineError         a state machine was given an impossible chart, or ran away
│   ├── ChartError
│   ├── UnsupportedChart
│   └── MicrostepLimit
├── StoreError           the database cannot be used as it is
│   └── BrokenRecord         one row in it cannot: what does not need that row goes on
├── RunawayCases         one event opens cases without end
├── FarBehind            a case slept through very many timers: let a worker catch up first
├── HookError            a hook is registered wrongly
├── BrokenJournal        the journal or a snapshot was tampered with
└── InputError           a log, map or argument cannot be read
    └── BrokenArchive    an archive file is not as it was written: `.line` says where
```
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime


class SvcflowError(Exception):
    """The root: catch it to catch everything svcflow raises on purpose."""


class FoundProblem(Protocol):
    """What a `DefinitionError` needs of a finding: it can say itself in one line."""

    def __str__(self) -> str: ...


class FoundRefusal(Protocol):
    """What a `Refused` carries, see `svcflow.Refusal`: the case, the event, why not, and what is possible instead."""

    @property
    def case(self) -> str:
        """The id of the case."""
        ...

    @property
    def event(self) -> str:
        """The event that was refused."""
        ...

    @property
    def code(self) -> str:
        """Why, as one word."""
        ...

    @property
    def parameters(self) -> Mapping[str, Any]:
        """Why, in detail."""
        ...

    @property
    def possible(self) -> tuple[str, ...]:
        """What the actor could send instead."""
        ...


class DefinitionError(SvcflowError, ValueError):
    """A process definition has errors; `findings` lists every one of them at once."""

    def __init__(self, findings: Sequence[FoundProblem]) -> None:
        super().__init__("\n".join(str(finding) for finding in findings))
        self.findings = tuple(findings)


class Refused(SvcflowError):
    """An event was refused: an ordinary answer, not a fault; nothing changed."""

    def __init__(self, refusal: FoundRefusal) -> None:
        super().__init__(str(refusal))
        self.refusal = refusal


class NotFound(SvcflowError, LookupError):
    """The thing asked for is not in this store."""


class CaseNotFound(NotFound):
    """There is no case with this id in this store and tenant."""

    def __init__(self, case_id: str) -> None:
        super().__init__(f"no case with id {case_id!r}")
        self.case_id = case_id


class CaseArchived(CaseNotFound):
    """The case has ended and was taken out of the store; `bundle` names the archive file that it stands in."""

    def __init__(self, case_id: str, bundle: str) -> None:
        super().__init__(case_id)
        self.args = (f"case {case_id!r} was archived: it stands in {bundle}",)
        self.bundle = bundle


class ProcessNotFound(NotFound):
    """There is no published process of this name (and version); `near` is one that may have been meant."""

    def __init__(self, name: str, version: int | None = None, near: str | None = None) -> None:
        which = f"{name!r}" if version is None else f"{name!r} version {version}"
        hint = f"did you mean {near!r}?" if near else "publish it with engine.publish(FILE)"
        super().__init__(f"no process {which} is published in this store; {hint}")
        self.name = name
        self.version = version
        self.near = near


class NotInForce(ProcessNotFound):
    """No version of a published process is in force: each is to come, or retired."""

    def __init__(self, name: str, on: datetime) -> None:
        super().__init__(name)
        when = on.isoformat(sep=" ", timespec="minutes")
        self.args = (f"no version of process {name!r} is in force at {when}: each is to come, or retired",)
        self.on = on


class KeyConflict(SvcflowError):
    """A key came back with other content than the first time: two different events share it."""

    def __init__(self, key: str) -> None:
        super().__init__(f"the key {key!r} was used before with other content; use a new key for a new event")
        self.key = key


class ConflictError(SvcflowError):
    """The case changed between reading and writing; nothing was written, the caller may try again."""


class CalendarError(SvcflowError, ValueError):
    """A calendar has no answer, for example because it never opens again."""


class MachineError(SvcflowError):
    """A state machine was given an impossible chart or did not come to rest."""


class ChartError(MachineError, ValueError):
    """A chart contradicts itself; `state` is the id of the state where, `why` what is wrong there."""

    def __init__(self, state: str, why: str) -> None:
        super().__init__(f"state {state!r}: {why}")
        self.state = state
        self.why = why


class UnsupportedChart(MachineError):
    """A chart is sound, but this machine cannot run it; another machine may. `states` are the ids in its way."""

    def __init__(self, machine: str, states: Sequence[str], why: str) -> None:
        super().__init__(f"machine {machine!r} cannot run this chart: {why} ({', '.join(states)})")
        self.machine = machine
        self.states = tuple(states)
        self.why = why


class MicrostepLimit(MachineError):
    """One event set off more microsteps than allowed; `states` are the ids it went round in."""

    def __init__(self, limit: int, states: Sequence[str]) -> None:
        super().__init__(f"no rest after {limit} microsteps; it goes round in {', '.join(states)}")
        self.limit = limit
        self.states = tuple(states)


class RunawayCases(SvcflowError):
    """One event would open more cases than any process means: they start each other in a circle."""

    def __init__(self, process: str, most: int) -> None:
        super().__init__(f"{process!r} would open more than {most} cases at once; do its processes start each other?")
        self.process = process


class FarBehind(SvcflowError):
    """More timers of a case's family are overdue than one decision should fire; a worker catches up step by step."""

    def __init__(self, case_id: str) -> None:
        super().__init__(f"very many timers around case {case_id!r} are overdue; let a worker fire them first")
        self.case_id = case_id


class StoreError(SvcflowError):
    """The database cannot be used: not a database, locked, full, or of another version."""


class BrokenRecord(StoreError):
    """
    A row is not as it was written; what does not need it goes on.

    `case_id` is the case that it belongs to, empty for a process or a call.
    """

    def __init__(self, message: str, case_id: str = "") -> None:
        super().__init__(message)
        self.case_id = case_id


class HookError(SvcflowError, TypeError):
    """A hook function cannot be registered as it is."""


class BrokenJournal(SvcflowError):
    """A journal does not belong to its case; `case_id` and `seq` name the first broken link, `why` what is wrong."""

    def __init__(self, case_id: str, seq: int, why: str) -> None:
        super().__init__(f"journal of case {case_id!r} is broken at entry {seq}: {why}")
        self.case_id = case_id
        self.seq = seq
        self.why = why


class InputError(SvcflowError, ValueError):
    """A file or argument given to svcflow cannot be read as what it should be."""


class BrokenArchive(InputError):
    """An archive file is not as it was written; `line` is the first line that shows it, `why` what is wrong there."""

    def __init__(self, file: object, line: int, why: str) -> None:
        super().__init__(f"{file}, line {line}: {why}")
        self.file = str(file)
        self.line = line
        self.why = why


def out_of_use(problem: BaseException) -> bool:
    """Whether the database as a whole cannot be used, so that nothing else will fare better."""
    return isinstance(problem, StoreError) and not isinstance(problem, BrokenRecord)
