"""
The stages of a check, one file at a time: YAML, shape, names and conditions, then the rules over the compiled process.

A stage with errors stops the later ones; each stage tells all of its findings.
"""

from __future__ import annotations

from functools import cached_property
from types import MappingProxyType

from attrs import evolve, field, frozen

from svcflow.core.calendar import Holidays
from svcflow.errors import DefinitionError
from svcflow.holidays import PublicHolidays
from svcflow.language import schema
from svcflow.language.checked import Checked, failed
from svcflow.language.compile import compile_process
from svcflow.language.compile_words import HolidaySource
from svcflow.language.compiled import Compiled, History
from svcflow.language.consistent import contradictions
from svcflow.language.files import Files, Texts, file_of
from svcflow.language.findings import Finding
from svcflow.language.gather import gather
from svcflow.language.ignores import without_ignored
from svcflow.language.lock import LOCK, Edition, Lock, read_lock
from svcflow.language.neighbours import needs
from svcflow.language.rules.registry import Rule, Stage
from svcflow.language.shared import check_shared, uses
from svcflow.language.unknown import unknown_names
from svcflow.language.vocabulary import vocabulary

STAGES: tuple[Stage, ...] = ("names", "graph", "data", "time", "people", "versions", "words")


@frozen(eq=False)
class Project:
    """
    The processes of one folder (or of stored texts), each read, compiled and checked at most once.

    `rules` are the checks over compiled processes; `holidays` gives the days off of a country code. `against` is what
    is published of them; by default the lock beside the files says it, if there is one.
    """

    files: Files
    rules: tuple[Rule, ...] = ()
    holidays: HolidaySource = field(factory=lambda: remembered(PublicHolidays))
    against: Lock | None = None
    _compiled: dict[str, Checked] = field(init=False, factory=dict, repr=False)
    _by_name: dict[str, Compiled | None] = field(init=False, factory=dict, repr=False)
    _earlier: dict[tuple[str, int], Compiled | None] = field(init=False, factory=dict, repr=False)

    def compiled(self, file: str) -> Checked:
        """A file up to the names and conditions: what others need to know of it."""
        if file not in self._compiled:
            self._compiled[file] = self._compile(file)
        return self._compiled[file]

    def _compile(self, file: str) -> Checked:
        gathered = gather(self.files, file)
        form = gathered.main
        if failed(gathered.findings) or not isinstance(form, schema.ProcessFile):
            return Checked(gathered, gathered.findings)
        shape = (*gathered.findings, *contradictions(gathered.sources, form))
        if failed(shape):
            return Checked(gathered, shape)
        outcome = compile_process(gathered, form, self.holidays)
        found = (*shape, *outcome.scope.found, *unknown_names(outcome.scope))
        if failed(found) or outcome.process is None:
            return Checked(gathered, found, outcome)
        neighbours = MappingProxyType(self._by_name)
        history = History(self._published[0].versions(outcome.process.name), self._read)
        return Checked(gathered, found, outcome, Compiled(outcome.process, gathered.sources, neighbours, history))

    @cached_property
    def _published(self) -> tuple[Lock, tuple[Finding, ...]]:
        """What is published, and what keeps its lock from being read."""
        text = None if self.against is not None else self.files.text(LOCK)
        if not isinstance(text, str):
            return self.against or Lock(), () if text is None else (text,)
        try:
            return read_lock(text, self.files.shown(LOCK)), ()
        except DefinitionError as problem:
            return Lock(), tuple(one for one in problem.findings if isinstance(one, Finding))

    def _read(self, edition: Edition) -> Compiled | None:
        """A published version by itself: what it ran then is not kept with it."""
        key = edition.process, edition.version
        if key not in self._earlier:
            alone = Project(Texts(edition.sources), (), self.holidays, Lock())
            self._earlier[key] = alone.compiled(edition.file).compiled
        return self._earlier[key]

    def find(self, process: str) -> Checked | None:
        """A process beside the others, by its name; None if no file says it is that process."""
        file = file_of(self.files, process)
        return None if file is None else self.compiled(file)

    def family(self, checked: Checked) -> tuple[Checked, ...]:
        """A process and all that it runs or starts, directly or by another; what has errors of its own included."""
        found: dict[str, Checked] = {}
        pending = [checked]
        while pending:
            member = pending.pop(0)
            file = member.gathered.file
            if file in found:
                continue
            found[file] = self.compiled(file)
            if member.compiled is None:
                continue
            self._by_name.setdefault(member.compiled.process.name, member.compiled)
            for name in member.compiled.process.needs:
                child = self.find(name)
                self._by_name[name] = None if child is None else child.compiled
                if child is not None:
                    pending.append(child)
        return tuple(found.values())

    def check(self, file: str) -> Checked:
        """All stages over one file, without what its comments take back."""
        checked = self._stages(self.compiled(file))
        documents = checked.gathered.sources.documents.values()
        complete = checked.compiled is not None and not checked.failed
        return evolve(checked, findings=without_ignored(documents, checked.findings, complete=complete))

    def _stages(self, checked: Checked) -> Checked:
        if isinstance(checked.gathered.main, schema.SharedFile) and not checked.failed:
            return check_shared(checked.gathered, self.holidays, self._users(checked.gathered.file))
        if checked.outcome is None:
            return checked
        found = [*checked.findings, *vocabulary(checked.gathered, checked.outcome)]
        found += needs(self.files, checked.outcome, self.find)
        if checked.compiled is None or failed(found):
            return evolve(checked, findings=tuple(found), compiled=None)
        self.family(checked)
        for stage in STAGES:
            for rule in self.rules:
                if rule.stage == stage:
                    found += rule.look(checked.compiled)
            if failed(found):
                break
        return evolve(checked, findings=(*found, *self._published[1]))

    def _users(self, shared: str) -> list[Checked]:
        """The processes here that use a shared file."""
        texts = {name: self.files.text(name) for name in self.files.names() if name != shared}
        named = [name for name, text in texts.items() if isinstance(text, str) and "use:" in text]
        return [checked for name in named if uses(checked := self.compiled(name), shared)]


def remembered(source: HolidaySource) -> HolidaySource:
    """The same holidays for the same code, so that their days are looked up once."""
    known: dict[str, Holidays] = {}

    def give(code: str) -> Holidays:
        if code not in known:
            known[code] = source(code)
        return known[code]

    return give
