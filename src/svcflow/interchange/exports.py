"""`export`: a process in the words of another format, together with what that format cannot hold of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Literal, TypeAlias

from attrs import frozen

from svcflow import diagram
from svcflow.core.process import Process
from svcflow.core.spelling import nearest
from svcflow.diagram.wording import Wording
from svcflow.errors import InputError
from svcflow.interchange import to_bpmn, to_scxml, to_transitions, to_xstate
from svcflow.interchange.losses import Feature, losses
from svcflow.interchange.notes import Note

Target: TypeAlias = Literal["scxml", "xstate", "transitions", "mermaid", "bpmn"]


@frozen
class Exported:
    """A process in another format, and what that format cannot hold of this very process."""

    text: str
    losses: tuple[Note, ...]


@frozen
class _Format:
    """How a process is written, and which features the format holds."""

    write: Callable[[Wording, tuple[Note, ...]], str]
    held: frozenset[Feature]


_DRAWN: frozenset[Feature] = frozenset((
    "timers", "reminders", "when", "share", "max", "run", "auto", "back", "last", "done", "regions", "stays",
    "cancelled",
))  # fmt: skip


def _mermaid(words: Wording, lost: tuple[Note, ...]) -> str:
    return diagram.mermaid(words.process, words.language) + "".join(f"%% not drawn: {note}\n" for note in lost)


FORMATS: Mapping[str, _Format] = MappingProxyType({
    "scxml": _Format(to_scxml.scxml, to_scxml.HELD),
    "xstate": _Format(lambda words, _: to_xstate.xstate(words), to_xstate.HELD),
    "transitions": _Format(lambda words, _: to_transitions.transitions(words.process), to_transitions.HELD),
    "mermaid": _Format(_mermaid, _DRAWN),
    "bpmn": _Format(to_bpmn.bpmn, to_bpmn.HELD),
})  # fmt: skip


def export(process: Process, *, to: Target | str, language: str | None = None) -> Exported:
    """
    Write a process in another format. Titles are in `language` (default: the first language of the process).

    Raises:
        InputError: If there is no such format, or the process has languages, and `language` is none of them.
    """
    if to not in FORMATS:
        close = nearest(to, FORMATS)
        meant = f"; did you mean {close!r}?" if close else ""
        raise InputError(f"{to!r} is not one of the formats {', '.join(FORMATS)}{meant}")
    form = FORMATS[to]
    words = Wording.of(process, language)
    lost = losses(process, form.held)
    return Exported(form.write(words, lost), lost)
