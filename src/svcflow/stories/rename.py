"""Another name for a thing of a process, in the stories that tell of it: so that they are as true as before."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Literal, TypeAlias

from attrs import frozen

from svcflow.core.process import Process
from svcflow.core.rule import Place
from svcflow.errors import DefinitionError
from svcflow.language.edits import apply
from svcflow.language.files import STORY
from svcflow.language.findings import Fix
from svcflow.language.nodes import MappingNode, ScalarNode, SequenceNode
from svcflow.language.rename import Rename, Renamed
from svcflow.stories.names import NOTIFY, standing
from svcflow.stories.schema import Step
from svcflow.stories.story import Library, Story, read

Slot: TypeAlias = Literal["state", "event", "field", "role", "qualification", "hook", "clock", "who"]
"""What a name can mean at a place; `who` is a role or a person field."""


def rename(kind: Renamed, old: str, new: str, file: Path) -> Rename:
    """
    Give a thing that `file` defines another name in all stories beside it and in folders below; nothing is written.

    A story with errors stays as it is.
    """
    library, before, after, places = Library(), {}, {}, 0
    for path in sorted(file.parent.rglob(f"*{STORY}")):
        try:
            story = read(path, library)
        except DefinitionError:
            continue
        edits = tuple(dict.fromkeys(_Renaming(kind, old, new, file, story).edits()))
        if edits:
            before[story.file] = story.document.text
            after[story.file] = apply(story.document.text, edits)
            places += len(edits)
    return Rename(before, after, places)


@frozen
class _Renaming:
    kind: Renamed
    old: str
    new: str
    file: Path
    story: Story

    def edits(self) -> Iterator[Fix]:
        """The places that mean the thing, with its new name."""
        for slot, node, process in self.names():
            meant = [process] if process is not None else self.story.processes.values()
            words = {self.word(slot, node.text, one) for one in meant if self.reaches(one)} - {node.text}
            if len(words) == 1:
                yield Fix("rename", node.span, words.pop())

    def reaches(self, process: Process) -> bool:
        """Whether the file defines names of a process: its own, or those that it brings in."""
        if Path(process.folder).resolve() != self.file.parent.resolve():
            return False
        own = self.kind in {"state", "event", "clock"}
        return self.file.name == process.file if own else self.file.name in process.sources

    def word(self, slot: Slot, text: str, process: Process) -> str:
        """What stands there after the rename."""
        if self.kind == "state" and (slot == "state" or (slot == "clock" and text not in process.clocks)):
            words = {self.path(text, path, process) for path in standing(process, text)}
            return words.pop() if len(words) == 1 else text
        means = {"field": {"field", "who"}, "role": {"role", "who"}}.get(self.kind, {self.kind})
        return self.new if slot in means and text == self.old else text

    def path(self, text: str, path: str, process: Process) -> str:
        """A word for a state after the rename of it, or of a group around it that the word names."""
        (goal,) = standing(process, self.old) if self.old not in process.paths else (self.old,)
        words, parts = text.split("."), path.split(".")
        place = goal.count(".") - len(parts) + len(words)
        if place >= 0 and f"{path}.".startswith(f"{goal}."):
            words[place] = self.new
        return ".".join(words)

    # ── where names stand ──────────────────────────────────────────────────────────────────────────────────────

    def names(self) -> Iterator[tuple[Slot, ScalarNode, Process | None]]:
        """Every name, with what it means and of which process; None: of any."""
        form = self.story.form
        for name, person in form.people.items():
            if person.roles:
                yield from self.at("role", ("people", name, "roles"))
            if person.qualifications:
                yield from self.at("qualification", ("people", name, "qualifications"))
        for number, step in enumerate(form.steps):
            yield from self.step(step, ("steps", number))
        never = form.never
        slots: dict[str, tuple[Slot, object]] = {
            "state": ("state", never.state), "hook": ("hook", never.hook), NOTIFY: ("who", never.notify),
            "late": ("clock", never.late),
        }  # fmt: skip
        for word, (slot, there) in slots.items():
            if there:
                yield from self.at(slot, ("never", word))

    def step(self, step: Step, place: Place) -> Iterator[tuple[Slot, ScalarNode, Process | None]]:
        process = self.story.processes[step.case or self.story.process.name]
        slots: dict[str, tuple[Slot, object]] = {
            "state": ("state", step.state), "until": ("state", step.until), "send": ("event", step.send),
            "open": ("field", step.open), "with": ("field", step.form), "fields": ("field", step.fields),
            "clocks": ("clock", step.clocks),
        }  # fmt: skip
        for word, (slot, there) in slots.items():
            if there:
                yield from self.at(slot, (*place, word), process)
        if any((step.refused or {}).values()):
            yield from self.at("field", (*place, "refused", "form"), process)
        for who in step.sees:
            yield from self.at("field", (*place, "sees", who), process)
        for name in step.cases:
            yield from self.at("state", (*place, "cases", name), self.story.processes[name])
        if step.does is not None and step.does.hook:
            yield from self.at("hook", (*place, "does", "hook"))
            for hook, arguments in step.does.hook.items():
                if arguments:
                    yield from self.at("field", (*place, "does", "hook", hook))
        if step.does is not None and step.does.notify:
            yield from self.at("who", (*place, "does", NOTIFY))

    def at(
        self, slot: Slot, place: Place, process: Process | None = None
    ) -> Iterator[tuple[Slot, ScalarNode, Process | None]]:
        """The names at a place: the keys of a mapping, the items of a list, or a text."""
        _, node = self.story.document.find(place)
        match node:
            case MappingNode():
                yield from ((slot, entry.key, process) for entry in node.entries.values())
            case SequenceNode():
                yield from ((slot, item, process) for item in node.items if isinstance(item, ScalarNode))
            case ScalarNode():
                yield slot, node, process
