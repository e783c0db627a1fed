"""What has happened to a case, decided by pure steps alone: `histories(process)`."""

from __future__ import annotations

from attrs import frozen
from hypothesis import strategies as st

from svcflow.core.case import Case
from svcflow.core.decision import JournalEntry
from svcflow.core.event import Event
from svcflow.core.event import Note as Remark
from svcflow.core.process import Process
from svcflow.published import Publishable
from svcflow.testing.draw import traces
from svcflow.testing.pure import Known, Pure
from svcflow.testing.stage import Stage
from svcflow.testing.trace import Note, Open, Send, Trace, Wait


@frozen
class History:
    """A case as its journal makes it, and the process it is a case of."""

    process: Process
    case: Case
    journal: tuple[JournalEntry, ...]


def histories(process: Publishable | Stage, *, most: int = 12) -> st.SearchStrategy[History]:
    """
    Draw cases of a process (a file, a loaded process or a `Stage`), each with its journal, of `most` inputs or so.

    Raises:
        DefinitionError: The file has errors.
    """
    stage = process if isinstance(process, Stage) else Stage.of(process)
    drawn = traces(stage, most=most, faults=False).map(lambda trace: _played(stage, trace))
    return drawn.filter(lambda pure: bool(pure.cases)).map(_first)


def _played(stage: Stage, trace: Trace) -> Pure:
    """What people did, without keys: what was sent again is left out."""
    pure, keys = Pure(Known(stage.processes.values()), trace.start, stage.machine), set[str]()
    for command in trace.commands:
        if isinstance(command, Wait):
            pure.wait(command.until)
        elif isinstance(command, (Open, Send, Note)):
            if command.case in pure.cases if isinstance(command, Open) else command.case not in pure.cases:
                continue
            if command.key is None or command.key not in keys:
                _do(pure, command)
                keys.update(() if command.key is None else {command.key})
    return pure


def _do(pure: Pure, command: Open | Send | Note) -> None:
    match command:
        case Open():
            pure.open(command.process, command.fields, actor=command.actor, case=command.case)
        case Send():
            pure.give(command.case, Event(command.event, command.fields, command.actor))
        case Note():
            pure.give(command.case, Remark(command.text, command.actor))


def _first(pure: Pure) -> History:
    case = next(iter(pure.cases.values()))
    return History(pure.processes.of(case), case, tuple(pure.journal[case.id]))
