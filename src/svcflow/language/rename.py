"""Another name for a thing, in all files that speak of it: worked out from what each place can mean, then checked."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Literal, TypeAlias

from attrs import field, frozen
from pydantic import TypeAdapter, ValidationError

from svcflow.core.spelling import nearest
from svcflow.errors import DefinitionError, InputError
from svcflow.holidays import PublicHolidays
from svcflow.language import forms, schema
from svcflow.language.checked import Checked
from svcflow.language.checks import Project, remembered
from svcflow.language.doors import Report, check
from svcflow.language.edits import apply
from svcflow.language.files import Drafts, Files, Folder
from svcflow.language.findings import Finding, Fix, Span
from svcflow.language.lock import Lock
from svcflow.language.mentions import Mention, Slot, mentions
from svcflow.language.nodes import Document, Entry, ScalarNode
from svcflow.language.rules.catalogue import RULES
from svcflow.language.statetree import Spot, StateTree

Renamed: TypeAlias = Literal["state", "event", "field", "role", "qualification", "hook", "clock"]

_NAMES: Mapping[Renamed, TypeAdapter[str]] = MappingProxyType({
    "state": TypeAdapter(forms.StateName), "event": TypeAdapter(forms.Name), "field": TypeAdapter(forms.FieldName),
    "role": TypeAdapter(forms.RoleName), "qualification": TypeAdapter(forms.QualificationName),
    "hook": TypeAdapter(forms.Name), "clock": TypeAdapter(forms.ClockName),
})  # fmt: skip
_SLOTS: Mapping[Renamed, frozenset[Slot]] = MappingProxyType({
    "state": frozenset({"state", "target", "barred"}), "event": frozenset({"event"}),
    "field": frozenset({"field", "who", "barred", "condition", "value", "time"}),
    "role": frozenset({"role", "who"}), "qualification": frozenset({"qualification"}), "hook": frozenset({"hook"}),
    "clock": frozenset({"clock"}),
})  # fmt: skip
_OWN: frozenset[Renamed] = frozenset({"state", "event", "clock"})
"""What belongs to one process; the rest may stand in a shared file, and then in all that use it."""

_WORD = re.compile(r"'[^']*'|\"[^\"]*\"|\w+")


@frozen(eq=False)
class Rename:
    """A rename as it would be: the texts of the files that change, before and after, by their names in findings."""

    before: Mapping[str, str]
    after: Mapping[str, str]
    places: int


def rename(
    kind: Renamed,
    old: str,
    new: str,
    file: Path,
    *,
    migrate: int | None = None,
    files: Callable[[str], Files] = Folder,
) -> Rename:
    """
    Give a thing that `file` defines another name, in this file and in those beside it; nothing is written.

    A state in a group is named by its path, `new` always by its name alone. With `migrate`, the cases of that version
    are told where a renamed state is; a file that still is that version becomes the next one. `files` gives the files
    of a folder, by default those on the disk.

    Raises:
        InputError: If there is no such thing, or the new name is taken or cannot be one.
        DefinitionError: If the file has errors, or some file would have new ones.
    """
    return _Renaming(kind, old, new, file, migrate, files).result()


@frozen(eq=False)
class _Renaming:
    kind: Renamed
    old: str
    new: str
    path: Path
    migrate: int | None
    files: Callable[[str], Files]
    project: Project = field(init=False)
    main: Checked = field(init=False)
    places: list[Fix] = field(init=False, factory=list)

    def __attrs_post_init__(self) -> None:
        project = Project(self.files(str(self.path.parent)), RULES, remembered(PublicHolidays))
        object.__setattr__(self, "project", project)
        object.__setattr__(self, "main", project.compiled(self.path.name))

    @property
    def word(self) -> str:
        """The old name without the path before it."""
        return self.old.rpartition(".")[2]

    def result(self) -> Rename:
        if self.main.failed or self.main.gathered.main is None:
            raise DefinitionError(self.main.findings)
        self.possible()
        edits: dict[str, list[Fix]] = {}
        for name in self.project.files.names():
            checked = self.project.compiled(name)
            if checked.gathered.main is not None:
                found = list(dict.fromkeys(self.edits(checked)))
                if found:
                    edits[name] = found
        documents = {name: self.project.compiled(name).gathered.sources.documents[name] for name in edits}
        before = {documents[name].file: documents[name].text for name in edits}
        after = {documents[name].file: apply(documents[name].text, found) for name, found in edits.items()}
        self.unharmed(before, after)
        return Rename(MappingProxyType(before), MappingProxyType(after), sum(map(len, edits.values())))

    def possible(self) -> None:
        """Refuse what cannot be renamed so, before any work."""
        try:
            _NAMES[self.kind].validate_python(self.new)
        except ValidationError as error:
            raise InputError(error.errors()[0]["msg"]) from None
        names = self.declared(self.main)
        if self.old not in names:
            near = nearest(self.old, names)
            hint = f"did you mean `{near}`?" if near else f"a {self.kind} is renamed where it is defined"
            raise InputError(f"{self.path.name} defines no {self.kind} `{self.old}`; {hint}")
        if self.migrate is not None and self.kind != "state":
            raise InputError(f"`migrate:` can say where a state went; it cannot carry the value of a {self.kind} over")
        for name in self.project.files.names():
            checked = self.project.compiled(name)
            if self.reaches(checked) and self.new in self.taken(checked):
                raise InputError(f"the name `{self.new}` is taken in {name}")

    def declared(self, checked: Checked) -> frozenset[str]:
        """The names of this kind that the file itself defines; states by their paths too."""
        form = checked.gathered.main
        if isinstance(form, schema.ProcessFile) and self.kind in _OWN:
            tree = _tree(checked)
            match self.kind:
                case "state":
                    single = [spot.name for spot in tree.spots if self.bare(tree, spot.name)]
                    return frozenset([*tree.paths, *single])
                case "event":
                    own = [name for spot in tree.spots if spot.form.run is None for name in spot.form.events]
                    return frozenset([*form.anywhere, *own])
                case _:
                    return frozenset(form.sla)
        if form is None or self.kind in _OWN:
            return frozenset()
        named = {"field": form.fields, "role": form.roles, "qualification": form.qualifications, "hook": form.hooks}
        return frozenset(named[self.kind])

    def bare(self, tree: StateTree, name: str) -> bool:
        """Whether a name without a path says which state is meant."""
        return sum(spot.name == name for spot in tree.spots) == 1

    def taken(self, checked: Checked) -> frozenset[str]:
        """The names that the new one could be mistaken for."""
        outcome = checked.outcome
        if self.kind == "state":
            return frozenset(spot.name for spot in _tree(checked).spots)
        if outcome is None:
            return frozenset()
        scope = outcome.scope
        if self.kind in {"field", "role"}:
            choices = _choices(checked) if self.kind == "field" else frozenset()
            return frozenset({*scope.names("field"), *scope.names("role"), *choices})
        return frozenset(scope.names(self.kind))

    def reaches(self, checked: Checked) -> bool:
        """Whether the name means the same thing in a file: in its own, and where it is brought in."""
        if self.kind in _OWN:
            return checked.gathered.file == self.path.name
        return self.path.name in checked.gathered.forms

    def edits(self, checked: Checked) -> Iterator[Fix]:
        document = checked.gathered.sources.documents[checked.gathered.file]
        found = list(mentions(document.root))
        own = [mention for mention in found if self.reaches(checked) and mention.slot in _SLOTS[self.kind]]
        for mention in own:
            yield from self.mention(checked, document, mention)
        yield from self.elsewhere(checked, document, found)
        changed = [mention for mention in own if any(True for _ in self.mention(checked, document, mention))]
        ends = any(True for _ in self.elsewhere(checked, document, found)) and self.kind == "state"
        if changed or ends:
            yield from self.labels(checked, document, found, [*changed, *(self.ends(checked, found) if ends else [])])
        if self.migrate is not None and self.reaches(checked):
            yield from self.migration(checked, document)

    def mention(self, checked: Checked, document: Document, mention: Mention) -> Iterator[Fix]:
        """The edits in one place: the name itself, a part of a path, or the words of a condition or a time."""
        node = mention.node
        raw = _raw(document, node)
        if self.kind == "state":
            new = self.path_for(checked, mention)
        elif mention.slot == "condition" or (
            mention.slot == "value" and not (raw[:1] in "'\"" and node.text == self.old)
        ):
            new = _WORD.sub(lambda found: self.new if found[0] == self.old else found[0], node.text)
        elif mention.slot == "time":
            new = self.in_time(checked, node.text)
        elif mention.slot == "value" or (self.kind == "event" and self.is_end(checked, mention)):
            new = node.text
        else:
            new = self.new if node.text == self.old else node.text
        if new != node.text:
            yield _written(document, node, new)

    def in_time(self, checked: Checked, text: str) -> str:
        """A time with the new name where the field stands in it: what it counts from, or what holds it."""
        new = re.sub(rf"(\bsince\s+){re.escape(self.old)}(?!\w)", rf"\g<1>{self.new}", text)
        if any(self.old in form.targets for form in checked.gathered.forms.values()):
            return new
        return re.sub(rf"(^|\bevery\s+|\belse\s+){re.escape(self.old)}(?!\w)", rf"\g<1>{self.new}", new)

    def path_for(self, checked: Checked, mention: Mention) -> str:
        """The name or path of a state after the rename."""
        text, tree = mention.node.text, _tree(checked)
        goal = tree.paths.get(self.old) or next(spot for spot in tree.spots if spot.name == self.old)
        at = tree.paths.get(".".join(mention.at))
        last = mention.slot == "target" and text.endswith(".last")
        written = text.removesuffix(".last") if last else text
        spot: Spot | None
        if mention.declares:
            spot = tree.paths[".".join((*mention.at, text))]
        elif mention.slot == "target" and written in {"here", "back"}:
            spot = None
        else:
            spot = tree.find(written, at)
        words = written.split(".")
        for place, outer in zip(reversed(range(len(words))), [] if spot is None else tree.around(spot), strict=False):
            words[place] = self.new if outer.index == goal.index else words[place]
        return ".".join(words) + (".last" if last else "")

    # ── what other processes say of this one ───────────────────────────────────────────────────────────────────────

    def elsewhere(self, checked: Checked, document: Document, found: list[Mention]) -> Iterator[Fix]:
        """An end of a child is an event of the state that runs it; a field that is handed over is named by both."""
        for mention in found:
            child = mention.slot == "theirs" and self.kind == "field" and mention.node.text == self.old
            other = self.project.find(mention.process) if child else None
            if other is not None and self.reaches(other):
                yield _written(document, mention.node, self.new)
        for mention in self.ends(checked, found):
            yield _written(document, mention.node, self.new)

    def ends(self, checked: Checked, found: list[Mention]) -> list[Mention]:
        """The events of a process that are the renamed end of a child."""
        form, own = checked.gathered.main, self.main.gathered.main
        if self.kind != "state" or not isinstance(form, schema.ProcessFile) or not isinstance(own, schema.ProcessFile):
            return []
        if self.old not in own.states or own.states[self.old].end is None:
            return []
        running = {spot.path for spot in _tree(checked).spots if spot.form.run == own.process}
        return [one for one in found if one.slot == "event" and one.declares and one.at and one.node.text == self.old
                and ".".join(one.at) in running]  # fmt: skip

    def is_end(self, checked: Checked, mention: Mention) -> bool:
        """Whether an event is the end of a child: only the child can give it another name."""
        spot = _tree(checked).paths.get(".".join(mention.at))
        return mention.declares and spot is not None and spot.form.run is not None

    # ── labels and migrations ──────────────────────────────────────────────────────────────────────────────────────

    def labels(
        self, checked: Checked, document: Document, found: list[Mention], changed: list[Mention]
    ) -> Iterator[Fix]:
        """
        A label goes with its thing; where other things of that name stay, the thing gets one of its own.

        Back again, what was doubled becomes one.
        """
        gone = {id(mention.node) for mention in changed}
        stays = self.word in _choices(checked) or any(
            mention.node.text.rpartition(".")[2] == self.word and id(mention.node) not in gone
            for mention in found if mention.slot not in {"label", "condition", "value", "time", "theirs", "old state"}
        )  # fmt: skip
        for mention in found:
            if mention.slot == "label" and mention.node.text == self.word:
                entry, twin = mention.inside[self.word], mention.inside.get(self.new)
                if stays and twin is None:
                    yield _added(document, entry, self.new)
                elif twin is not None and not stays:
                    yield _removed(document, entry)
                elif not stays:
                    yield _written(document, mention.node, self.new)

    def migration(self, checked: Checked, document: Document) -> Iterator[Fix]:
        """`migrate: {3: {states: {old: new}}}`, and the next version where the file is still that one."""
        form = checked.gathered.main
        if not isinstance(form, schema.ProcessFile) or self.migrate is None:
            return
        if not 1 <= self.migrate <= form.version:
            raise InputError(f"--migrate: {self.path.name} is version {form.version}; name that one or an earlier one")
        if form.migrate:
            raise InputError(f"{self.path.name} has a `migrate:`; add the state there")
        if self.migrate == form.version:
            _, version = document.find(("version",))
            if isinstance(version, ScalarNode):
                yield _written(document, version, str(form.version + 1))
        tree = _tree(checked)
        goal = tree.paths.get(self.old) or next(spot for spot in tree.spots if spot.name == self.old)
        path = ".".join([*goal.path.split(".")[:-1], self.new])
        end = len(document.lines)
        start = "" if not document.lines[-1] else "\n"
        span = Span(document.file, end, len(document.lines[-1]) + 1, end, len(document.lines[-1]) + 1)
        yield Fix("migrate", span, f"{start}\nmigrate:\n  {self.migrate}: {{states: {{{goal.path}: {path}}}}}\n")

    def unharmed(self, before: Mapping[str, str], after: Mapping[str, str]) -> None:
        """
        Check everything again.

        Raises:
            DefinitionError: If there is an error that was not there before.
        """
        paths = [Path(self.path.parent) / name for name in self.project.files.names()]
        # A name is meant to change, also where that makes another version.
        known = {(one.code, one.file) for one in check(paths, against=Lock(), files=self.files).findings}
        report: Report = check(paths, against=Lock(), files=lambda folder: Drafts(self.files(folder), after))
        new = [one for one in report.findings if one.severity == "error" and (one.code, one.file) not in known]
        if new:
            raise DefinitionError([*_told(new, before)])


def _told(findings: list[Finding], before: Mapping[str, str]) -> Iterator[Finding]:
    """The places of an error in a text that nobody has seen mean little: the file is enough."""
    for finding in findings:
        place = Span(finding.file, 1, 1, 1, 1) if finding.file in before else finding.span
        yield Finding.at(place, finding.code, "error", f"after the rename: {finding.message}", hint=finding.help)


def _choices(checked: Checked) -> frozenset[str]:
    """The words of all choices that a file can speak of."""
    fields = {} if checked.outcome is None else checked.outcome.scope.fields
    return frozenset(word for one in fields.values() for word in one.choices)


def _tree(checked: Checked) -> StateTree:
    return StateTree(()) if checked.outcome is None else checked.outcome.tree


def _raw(document: Document, node: ScalarNode) -> str:
    return document.lines[node.span.line - 1][node.span.column - 1 :]


def _written(document: Document, node: ScalarNode, new: str) -> Fix:
    """A text anew, in the quotes it had."""
    quote = "" if node.plain else _raw(document, node)[0]
    text = new.replace("'", "''") if quote == "'" else new.replace("\\", "\\\\").replace('"', '\\"') if quote else new
    return Fix("rename", node.span, f"{quote}{text}{quote}")


def _added(document: Document, entry: Entry, name: str) -> Fix:
    """A label once more, behind the first."""
    end = Span(document.file, *_end(entry), *_end(entry))
    line = document.lines[entry.key.span.line - 1]
    lone = not line[: entry.key.span.column - 1].strip()
    flow = not lone or line.rstrip().endswith((",", "}")) or line.count(": ") > 1
    between = ", " if flow else "\n" + " " * (entry.key.span.column - 1)
    return Fix("label", end, f"{between}{name}: {_source(document, entry.value.span)}")


def _removed(document: Document, entry: Entry) -> Fix:
    """A label that stands there under its old name already, with the comma or line before it."""
    line, column = entry.key.span.line, entry.key.span.column
    before = document.lines[line - 1][: column - 1]
    if before.strip():
        start = (line, len(before.rstrip().removesuffix(",").rstrip()) + 1)
    else:
        start = (line - 1, len(document.lines[line - 2]) + 1)
    return Fix("label", Span(document.file, *start, *_end(entry)), "")


def _end(entry: Entry) -> tuple[int, int]:
    return entry.value.span.end_line, entry.value.span.end_column


def _source(document: Document, span: Span) -> str:
    return document.lines[span.line - 1][span.column - 1 : span.end_column - 1]
