"""
Who may and who may not, as it stands in the file: LANGUAGE 1.7, read from the text past the compiler.

`by` and `qualified` of an inner place replace the outer; `not_by` adds up: process, group, state, event.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from attrs import frozen

from svcflow.core.process import Process, State
from svcflow.core.rule import Qualified, Rule
from svcflow.language.nodes import plain
from svcflow.language.reader import read

Form = Mapping[str, Any]
Branch = str | Iterable[str] | Mapping[str, Any]


@frozen
class Said:
    """
    What holds at a place: the names under `by`, None where nothing is said, all those under `not_by`, and `qualified`.
    """

    by: frozenset[str] | None = None
    not_by: frozenset[str] = frozenset()
    qualified: Branch = "none"

    def within(self, form: Form) -> Said:
        """What holds at a place inside this one."""
        by = _names(form["by"]) if "by" in form else self.by
        return Said(by, self.not_by | _names(form.get("not_by", ())), form.get("qualified", self.qualified))


def misread(process: Process) -> Iterator[str]:
    """The states and events of a process whose people are others than the file says; none if there is no file."""
    text = process.sources.get(process.file)
    if text is None:
        return
    root = read(text, process.file).root
    written = _form(None if root is None else plain(root))
    anywhere = {name: _form(form) for name, form in _form(written.get("anywhere")).items()}
    for state, said, form in _states(process, _form(written.get("states")), Said().within(written), None):
        if not _same(process, said, state):
            yield state.path
        events = {name: _form(event) for name, event in _form(form.get("events")).items()}
        for name, rules in state.events.items():
            for rule in rules:
                own = anywhere[name] if rule.kind == "anywhere" else events[name]
                if rule.sent and not _same(process, said.within(own), rule):
                    yield f"{state.path}, {name}"


def _states(process: Process, forms: Form, outer: Said, parent: State | None) -> Iterator[tuple[State, Said, Form]]:
    for name, written in forms.items():
        state = process.states[process.paths[name if parent is None else f"{parent.path}.{name}"]]
        form = _form(written)
        said = outer.within(form)
        yield state, said, form
        yield from _states(process, _form(form.get("states")), said, state)


def _form(written: object) -> Form:
    """What stands at a place; a short form says nothing about people."""
    return written if isinstance(written, Mapping) else {}


def _names(written: str | Iterable[str]) -> frozenset[str]:
    return frozenset((written,) if isinstance(written, str) else written)


def _needs(written: Branch) -> dict[str, dict[str, int]]:
    """What `qualified` asks for by row, an empty row where no other fits; an empty mapping where nothing is needed."""
    if isinstance(written, Mapping) and "table" in written:
        rows = _form(written["table"])
        return {"" if row == "default" else row: _needs(needs).get("", {}) for row, needs in rows.items()}
    levels = written if isinstance(written, Mapping) else dict.fromkeys(sorted(_names(written) - {"none"}), 1)
    return {"": {name: int(str(level)) for name, level in levels.items()}} if levels else {}


def _compiled(qualified: Qualified | None) -> dict[str, dict[str, int]]:
    if qualified is None:
        return {}
    return {"": dict(qualified.needs), **{row: dict(needs) for row, needs in qualified.rows.items()}}


def _same(process: Process, said: Said, place: State | Rule) -> bool:
    """Whether a compiled place says what is written; a state's name bars everybody who acted in or inside it."""
    by, not_by, qualified = place.by, place.not_by, place.qualified
    per = said.qualified.get("per") if isinstance(said.qualified, Mapping) and "table" in said.qualified else None
    if _needs(said.qualified) != _compiled(qualified) or (qualified is not None and qualified.per != per):
        return False
    if (None if by is None else by.roles.union(by.fields)) != said.by:
        return False
    persons = {name for name in said.not_by if name in process.fields and process.fields[name].kind == "person"}
    states = [f".{name}." for name in said.not_by - persons]
    inside = [f".{path}." for path in not_by.states]
    return (
        persons == {*not_by.fields}
        and all(any(path.endswith(state) for path in inside) for state in states)
        and all(any(state in path for state in states) or persons for path in inside)
    )
