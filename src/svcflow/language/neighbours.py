"""SF207 and the names that cross files: the processes this one runs or starts, and what is handed over to them."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from svcflow.core.process import Process
from svcflow.core.spelling import nearest
from svcflow.language.checked import Checked
from svcflow.language.compile import Outcome
from svcflow.language.compile_do import Need
from svcflow.language.files import Files, processes
from svcflow.language.findings import Finding, Fix, Span
from svcflow.language.nodes import ScalarNode, SequenceNode


def needs(files: Files, outcome: Outcome, find: Callable[[str], Checked | None]) -> Iterator[Finding]:
    """Whether each process spoken of is there, and takes the fields that are renamed for it."""
    for need in outcome.needs:
        beside = find(need.process)
        if beside is None:
            yield _unknown(files, outcome, need)
        elif beside.compiled is not None:
            yield from _renamed(outcome, need, beside.compiled.process)


def _unknown(files: Files, outcome: Outcome, need: Need) -> Finding:
    span = _spoken(outcome, need)
    known = tuple(processes(files))
    near = nearest(need.process, known)
    fix = Fix.word(span, near, need.process, known) if near else None
    hint = f"did you mean `{near}`?" if near else f"put `{need.process}.yaml` next to this file"
    return Finding.at(span, "SF207", "error", f"no process is called `{need.process}`", hint=hint, fix=fix)


def _spoken(outcome: Outcome, need: Need) -> Span:
    """Where a process is named: a key, or in the short forms `start: x` and `start: [x, y]` a text."""
    sources = outcome.scope.sources
    entry, node = sources.find(need.place)
    if isinstance(node, SequenceNode):
        return next(item.span for item in node.items if isinstance(item, ScalarNode) and item.text == need.process)
    return sources.span(need.place, key=need.key and entry is not None and entry.key.text == need.process)


def _renamed(outcome: Outcome, need: Need, other: Process) -> Iterator[Finding]:
    """The names on the left of `start: {service_ticket: {fault: advice}}` are fields of the other's `open`."""
    opening = other.opening
    takes = [name for name in other.fields if name != "opened_at"] if opening.free else [*opening.ask, *opening.may]
    for theirs in need.rename:
        if theirs not in takes:
            span = outcome.scope.sources.span((*need.place, theirs), key=True)
            near = nearest(theirs, takes)
            fix = Fix.word(span, near, theirs, takes) if near else None
            hint = f"did you mean `{near}`?" if near else f"it takes {', '.join(takes) or 'nothing'}"
            message = f"`{other.name}` takes no field `{theirs}` when it opens"
            yield Finding.at(span, "SF203", "error", message, hint=hint, fix=fix)
