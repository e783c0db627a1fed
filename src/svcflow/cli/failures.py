"""Every way in which a command can fail, as one clear line, a hint and an exit status; never a traceback."""

from __future__ import annotations

import os
import traceback

import typer
from attrs import frozen

from svcflow.cli import output
from svcflow.cli.refusals import instead, reason
from svcflow.errors import (
    BrokenArchive,
    CaseArchived,
    CaseNotFound,
    ConflictError,
    DefinitionError,
    HookError,
    InputError,
    NotFound,
    NotInForce,
    ProcessNotFound,
    Refused,
    StoreError,
    SvcflowError,
)

FINDINGS = 1
WRONG_USE = 2
INTERRUPTED = 130  # 128 + SIGINT, as a shell says it.
OUTPUT_GONE = 141  # 128 + SIGPIPE.

TRACEBACK = "SVCFLOW_TRACEBACK"


class WrongUse(Exception):
    """A command was given something that it cannot work with; `hint` says what to give instead."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


@frozen
class Failure:
    """What to tell, what may help, and the exit status."""

    message: str
    hint: str = ""
    status: int = WRONG_USE


def tell(problem: Exception) -> int:
    """Say what went wrong, and answer the exit status."""
    if os.environ.get(TRACEBACK):
        traceback.print_exception(problem)
    failure = failure_of(problem)
    output.say(f"error: {failure.message}")
    if failure.hint:
        output.say(f"hint: {failure.hint}")
    return failure.status


def failure_of(problem: Exception) -> Failure:
    """How to tell a problem; one that nobody foresaw is told as what it is, a fault of ours."""
    match problem:
        case WrongUse():
            return Failure(str(problem), problem.hint)
        case typer.TyperException():
            return Failure(_sentence(problem.format_message()), _help_of(problem), problem.exit_code)
        case Refused():
            return Failure(reason(problem.refusal), instead(problem.refusal), FINDINGS)
        case DefinitionError():
            return Failure(str(problem), "`svcflow check FILE` shows the places", FINDINGS)
        case SvcflowError():
            return _told(problem)
        case OSError():
            name = "" if problem.filename is None else f"{os.fsdecode(problem.filename)}: "
            return Failure(f"{name}{problem.strerror or problem}")
        case _:
            hint = f"please report it; with {TRACEBACK}=1 set, the traceback is shown"
            return Failure(f"a fault in svcflow itself: {type(problem).__name__}: {problem}", hint, FINDINGS)


def _told(problem: SvcflowError) -> Failure:
    match problem:
        case CaseArchived():
            return Failure(str(problem), f"`svcflow archived {problem.case_id} --file FILE` shows it, from that file")
        case CaseNotFound():
            return Failure(str(problem), "`svcflow cases` lists them; is it another `--store` or `--tenant`?")
        case NotInForce():
            return Failure(str(problem), "`svcflow versions` says from when to when")
        case ProcessNotFound():
            which = repr(problem.name) if problem.version is None else f"{problem.name!r} version {problem.version}"
            hint = f"did you mean {problem.near!r}?" if problem.near else "`svcflow publish FILE` does that"
            return Failure(f"no process {which} is published in this store", hint)
        case BrokenArchive():
            return Failure(str(problem), "look for another copy of the file", FINDINGS)
        case NotFound() | StoreError() | InputError() | HookError():
            return Failure(str(problem))
        case ConflictError():
            return Failure(str(problem), "nothing was changed; send it again", FINDINGS)
        case _:
            return Failure(str(problem), status=FINDINGS)


def _help_of(problem: typer.TyperException) -> str:
    if getattr(getattr(problem, "param", None), "name", "") == "store":
        return "name it with `--store sqlite:///service.db`, or set SVCFLOW_STORE"
    context = getattr(problem, "ctx", None)
    return f"`{'svcflow' if context is None else context.command_path} --help` shows what there is"


def _sentence(message: str) -> str:
    """Typer's messages begin with a capital and end with a full stop; ours stand behind `error:`."""
    text = " ".join(message.replace("Value error, ", "").split()).rstrip(".")
    return text[:1].lower() + text[1:]
