"""Names in a story that mean nothing, and steps that contradict themselves: told at their place, with a help."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from attrs import frozen

from svcflow.core.admission import sent_names
from svcflow.core.case import Case
from svcflow.core.event import SYSTEM
from svcflow.core.form import Unfit
from svcflow.core.process import Process
from svcflow.core.rule import Place
from svcflow.core.spelling import nearest
from svcflow.language.findings import Finding, Fix
from svcflow.language.nodes import Document
from svcflow.language.times import read_time
from svcflow.stories.schema import Never, Step, StoryFile
from svcflow.stories.values import value_of

NOTIFY = "notify"
FEW = 10
"""Names that a help still lists."""


def unknown_names(form: StoryFile, document: Document, processes: Mapping[str, Process]) -> Iterator[Finding]:
    """Everything that a story says and its processes do not know."""
    looking = _Looking(document, processes, form)
    yield from looking.people()
    yield from looking.order()
    for number, step in enumerate(form.steps):
        yield from looking.step(step, ("steps", number))
    yield from looking.never(form.never, ("never",))


def standing(process: Process, word: str) -> tuple[str, ...]:
    """The paths of the states that a word means: a path, or the last name of one."""
    return tuple(path for path in process.paths if path == word or path.endswith(f".{word}"))


def stands_in(process: Process, case: Case, word: str) -> bool:
    """Whether a case is in a state, or inside a group, that a word means."""
    paths = standing(process, word)
    return any(active == path or active.startswith(f"{path}.") for path in paths for active in case.states)


def meant(name: str, names: Sequence[str]) -> tuple[str | None, str]:
    """The name that was probably meant by one that nothing has, and a help: that name, or some that there are."""
    near = nearest(name, names)
    if near is not None:
        return near, f"did you mean `{near}`?"
    more = ", ..." if len(names) > FEW else ""
    return None, f"there are {', '.join(names[:FEW])}{more}" if names else ""


@frozen
class _Looking:
    document: Document
    processes: Mapping[str, Process]
    form: StoryFile

    def people(self) -> Iterator[Finding]:
        known = {name for process in self.processes.values() for name in process.qualifications}
        roles = {role for process in self.processes.values() for role in process.roles} | SYSTEM.roles
        for name, person in self.form.people.items():
            if name == SYSTEM.id:
                place = ("people", name)
                yield self.wrong(place, "SF107", "`system` is the engine itself and cannot be a person",
                                 "choose another name", key=True)  # fmt: skip
            for number, role in enumerate(person.roles):
                yield from self.named("role", "SF202", role, roles, ("people", name, "roles", number))
            held = ("people", name, "qualifications")
            for one in person.qualifications:
                yield from self.named("qualification", "SF218", one, known, (*held, one), key=True)

    def order(self) -> Iterator[Finding]:
        """The case is opened first, and once unless that is refused."""
        opened = [number for number, step in enumerate(self.form.steps) if step.open is not None]
        if not self.form.steps:
            yield self.wrong(("steps",), "SF106", "this story has no steps", "begin with `- {by: ..., open: {...}}`")
        elif 0 not in opened:
            yield self.wrong(("steps", 0), "SF106", "the first step does not open the case",
                             "write `open: {field: value}` in it, with `by` if not everyone may")  # fmt: skip
        accepted = [number for number in opened if self.form.steps[number].refused is None]
        for number in opened:
            if accepted and number > accepted[0]:
                hint = "a story tells of one case: leave this out, or begin another story"
                yield self.wrong(("steps", number, "open"), "SF106", "the case is open already", hint, key=True)

    def step(self, step: Step, place: Place) -> Iterator[Finding]:
        yield from self.contradictions(step, place)
        others = [name for name in self.processes if name != self.form.process]
        if step.case is not None:
            yield from self.named("other process of this story", "SF207", step.case, others, (*place, "in"))
        process = self.processes.get(step.case or self.form.process)
        if step.by is not None:
            people = (*self.form.people, SYSTEM.id)
            yield from self.named("person of this story", "SF202", step.by, people, (*place, "by"))
        for name in step.sees:
            yield from self.named(
                "person of this story", "SF202", name, self.form.people, (*place, "sees", name), key=True
            )
        for name, states in step.cases.items():
            yield from self.named(
                "other process of this story", "SF207", name, others, (*place, "cases", name), key=True
            )
            if name in self.processes:
                yield from self.states(self.processes[name], states, (*place, "cases", name))
        if step.does is not None:
            yield from self.calls(step.does.hook, step.does.notify, step.does.start, (*place, "does"))
        if process is not None:
            yield from self.within(process, step, place)

    def within(self, process: Process, step: Step, place: Place) -> Iterator[Finding]:
        """What a step says of the case that it is about."""
        if step.send is not None:
            yield from self.named(f"event of {process.name}", "SF215", step.send, sent_names(process), (*place, "send"))
        if step.after is not None and (calendar := read_time(step.after).calendar) is not None:
            yield from self.named("calendar", "SF204", calendar, process.calendars, (*place, "after"))
        sent = {"open": step.open or {}, "with": step.form}
        for word, fields in sent.items() if step.refused is None else ():
            for name in fields:
                yield from self.named("field", "SF203", name, process.fields, (*place, word, name), key=True)
        for name in next(iter((step.refused or {}).values()), ()):
            yield from self.named("field", "SF203", name, (*process.fields, *step.form), (*place, "refused", "form"))
        for name, value in step.fields.items():
            yield from self.named("field", "SF203", name, process.fields, (*place, "fields", name), key=True)
            if name in process.fields and isinstance(unfit := value_of(process, name, value), Unfit):
                yield self.wrong(
                    (*place, "fields", name), "SF403", f"`{name}` {unfit.why}", "write a value of its type"
                )
        for who, seen in step.sees.items():
            for number, name in enumerate(seen):
                yield from self.named("field", "SF203", name, process.fields, (*place, "sees", who, number))
        yield from self.states(process, step.state, (*place, "state"))
        if step.until is not None:
            yield from self.states(process, (step.until,), (*place, "until"))
        for name in step.clocks:
            yield from self.named("clock or limit", "SF208", name, _clocks(process), (*place, "clocks", name), key=True)

    def contradictions(self, step: Step, place: Place) -> Iterator[Finding]:
        times = [word for word in ("at", "after", "until") if getattr(step, word) is not None]
        if len(times) > 1:
            yield self.wrong((*place, times[1]), "SF106", f"this step has `{times[0]}` and `{times[1]}`",
                             "one of them says when it happens", key=True)  # fmt: skip
        if step.open is not None and step.send is not None:
            yield self.wrong((*place, "send"), "SF106", "this step opens the case and sends an event",
                             "make two steps of it", key=True)  # fmt: skip
        acts = step.send is not None or step.open is not None
        if acts and step.by is None:
            yield self.wrong(
                place, "SF102", "`by` is missing: nobody says who acts", "name a person of the story, or `system`"
            )
        for word, there in (("by", step.by), ("with", step.form or None), ("refused", step.refused)):
            if there is not None and (not acts if word != "with" else step.send is None):
                yield self.wrong((*place, word), "SF106", f"`{word}` needs an event that is sent",
                                 "write `send: EVENT` beside it, or leave it out", key=True)  # fmt: skip

    def never(self, never: Never, place: Place) -> Iterator[Finding]:
        for number, state in enumerate(never.state):
            known = [path for process in self.processes.values() for path in _states(process)]
            yield from self.named("state", "SF201", state, known, (*place, "state", number))
        yield from self.calls(never.hook, never.notify, never.start, place)
        clocks = [name for process in self.processes.values() for name in _clocks(process)]
        for number, name in enumerate(never.late):
            yield from self.named("clock or limit", "SF208", name, clocks, (*place, "late", number))

    def calls(
        self, hooks: Iterable[str], notices: Iterable[str], starts: Iterable[str], place: Place
    ) -> Iterator[Finding]:
        known = {hook for process in self.processes.values() for hook in process.hooks}
        for hook in hooks:
            yield from self.named("hook", "SF206", hook, known, (*place, "hook", hook), key=True)
        people = {name for process in self.processes.values() for name in _told(process)}
        people.update(self.form.people, *(person.groups for person in self.form.people.values()))
        for name in notices:
            yield from self.named(
                "role, person field or person", "SF202", name, people, (*place, NOTIFY, name), key=True
            )
        for number, name in enumerate(starts):
            yield from self.named("process", "SF207", name, self.processes, (*place, "start", number))

    def states(self, process: Process, names: Iterable[str], place: Place) -> Iterator[Finding]:
        for number, name in enumerate(names):
            yield from self.named(f"state of {process.name}", "SF201", name, _states(process), (*place, number))

    def named(
        self, what: str, code: str, name: str, known: Iterable[str], place: Place, *, key: bool = False
    ) -> Iterator[Finding]:
        names = sorted(known)
        if name in names:
            return
        near, hint = meant(name, names)
        entry, _ = self.document.find(place)
        # A lone name is short for a mapping or a list with this name in it.
        span = self.document.span(place, key=key and entry is not None and entry.key.text == name)
        fix = None if near is None else Fix.word(span, near, name, names)
        yield Finding.at(span, code, "error", f"no {what} is called `{name}`", hint=hint, fix=fix)

    def wrong(self, place: Place, code: str, message: str, hint: str, *, key: bool = False) -> Finding:
        return Finding.at(self.document.span(place, key=key), code, "error", message, hint=hint)


def _states(process: Process) -> frozenset[str]:
    """All names for states: their paths, and what these end with."""
    parts = [path.split(".") for path in process.paths]
    return frozenset(".".join(part[start:]) for part in parts for start in range(len(part)))


def _clocks(process: Process) -> tuple[str, ...]:
    return (*process.clocks, *(state.path for state in process.states if state.limit is not None))


def _told(process: Process) -> frozenset[str]:
    persons = (name for name, declared in process.fields.items() if declared.kind == "person")
    return process.roles.union(persons)
