"""A compiled process together with the YAML it came from: what a rule looks at, so that it can point at the text."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cached_property
from types import MappingProxyType

from attrs import field, frozen

from svcflow.core.graph import Graph
from svcflow.core.process import Process
from svcflow.core.rule import Place, Rule
from svcflow.language.dataflow import Flow, Names
from svcflow.language.deeds import Deeds, deeds
from svcflow.language.findings import Finding, Fix, Secondary, Severity, Span
from svcflow.language.handover import lost
from svcflow.language.lasting import Lasting
from svcflow.language.lock import Edition
from svcflow.language.nodes import Document, Entry, Node, ScalarNode


@frozen(eq=False)
class Sources:
    """The documents a process is read from, by file name: its own (`file`) and the shared ones."""

    file: str
    documents: Mapping[str, Document]

    def find(self, place: Place) -> tuple[Entry | None, Node | None]:
        """The YAML node of a place and its entry, or those of the nearest place around it that was written out."""
        document, inner = self._document_of(place)
        return document.find(inner)

    def span(self, place: Place, *, key: bool = False) -> Span:
        """Where the value of a place stands, or with `key` its key."""
        document, inner = self._document_of(place)
        return document.span(inner, key=key)

    def part(self, place: Place, start: int, end: int) -> Span:
        """Some characters of a text; the whole of it when it runs over several lines."""
        _, node = self.find(place)
        span = self.span(place)
        if not isinstance(node, ScalarNode) or span.end_line != span.line:
            return span
        column = span.column + start + (0 if node.plain else 1)
        return Span(span.file, span.line, column, span.line, max(column + 1, column + end - start))

    def word(self, place: Place, word: str, *, key: bool = False) -> Span:
        """One word of a text such as `2d on office`; the whole text where it is not a part of one line."""
        entry, node = self.find(place)
        text = entry.key if key and entry is not None else node
        span = self.span(place, key=key)
        if not isinstance(text, ScalarNode) or text.text == word or span.end_line != span.line:
            return span
        found = re.search(rf"(?<!\w){re.escape(word)}(?!\w)", text.text)
        if found is None:
            return span
        column = span.column + found.start() + (0 if text.plain else 1)
        return Span(span.file, span.line, column, span.line, column + len(word))

    def secondary(self, place: Place, message: str, *, key: bool = False) -> Secondary:
        """A second place that belongs to a finding."""
        return Secondary.at(self.span(place, key=key), message)

    def _document_of(self, place: Place) -> tuple[Document, Place]:
        # A place in a shared file says so, and which: a process file has no mapping called `shared`.
        if len(place) > 1 and place[0] == "shared":
            return self.documents[str(place[1])], place[2:]
        return self.documents[self.file], place


@frozen(eq=False)
class History:
    """The published versions of a process by number, oldest first; `read` compiles one, None where it cannot."""

    versions: Mapping[int, Edition] = field(factory=lambda: MappingProxyType({}))
    read: Callable[[Edition], Compiled | None] = field(default=lambda _: None)

    def compiled(self, version: int) -> Compiled | None:
        """A version as it was published; None if it is not known, or cannot be read any more."""
        edition = self.versions.get(version)
        return None if edition is None else self.read(edition)


@frozen(eq=False)
class Compiled:
    """
    A process, the YAML it was read from, and its neighbours.

    `project` holds every process found beside this one that is run or started, directly or by another: None where
    the file has errors of its own. The mapping is the same object for all of them and may contain this process too.
    `history` is what is published of it, as far as a lock tells. `arrivals` are the leaves that cases of an earlier
    version come over into, with what is filled there: none, unless a rule asks how it would be.
    """

    process: Process
    sources: Sources
    project: Mapping[str, Compiled | None]
    history: History = field(factory=History)
    arrivals: Mapping[int, Names] = field(factory=lambda: MappingProxyType({}))

    @cached_property
    def graph(self) -> Graph:
        """Where a case can go, worked out once for all rules."""
        return Graph.of(self.process)

    @cached_property
    def flow(self) -> Flow:
        """Which fields surely hold a value where, worked out once for all rules."""
        return self._flow({})

    def _flow(self, known: dict[str, Flow | None]) -> Flow:
        """The same; `known` holds those of the processes run on the way here, None while they are worked out."""
        known[self.process.name] = None
        flow = Flow.opened(self.process, self.graph, lambda owner: self._given(owner, known), self.arrivals)
        known[self.process.name] = flow
        return flow

    def _given(self, owner: Rule, known: dict[str, Flow | None]) -> Names:
        """The fields of ours that an end of a child surely fills; all of them where nobody can know."""
        ours = self.process.fields
        run = self.process.states[owner.state].run or ""
        child = self.project.get(run)
        if child is None:
            return frozenset(ours)
        flow = known[run] if run in known else child._flow(known)  # noqa: SLF001 - of this very class
        theirs = child.process.fields
        given = [name for name in child.process.gives if name in ours and not lost(theirs[name], ours[name])]
        end = child.process.paths.get(owner.name)
        sure = None if flow is None or end is None else flow.sure.get(end)
        return frozenset(name for name in given if sure is None or name in sure)

    @cached_property
    def lasting(self) -> Lasting:
        """Which of its times is over first, worked out once for all rules."""
        return Lasting(self.process)

    @cached_property
    def deeds(self) -> Mapping[int, Deeds]:
        """For each leaf state what was surely done by whom before, worked out once for all rules."""
        given: dict[int, frozenset[str]] = {}
        for state in self.process.states:
            child = None if state.run is None else self.project.get(state.run)
            given[state.index] = frozenset(self.process.fields if child is None else child.process.gives)
        return deeds(self.process, self.graph, given)

    @property
    def document(self) -> Document:
        """The process's own file."""
        return self.sources.documents[self.sources.file]

    def node(self, place: Place) -> Node | None:
        """The YAML node of a place, or of the nearest place around it that was written out."""
        return self.sources.find(place)[1]

    def span(self, place: Place, *, key: bool = False) -> Span:
        """Where the value of a place stands, or with `key` its key."""
        return self.sources.span(place, key=key)

    def finding(
        self,
        code: str,
        severity: Severity,
        place: Place,
        message: str,
        *,
        key: bool = False,
        hint: str = "",
        notes: tuple[Secondary, ...] = (),
        fix: Fix | None = None,
    ) -> Finding:
        """A finding at the value of `place`, or with `key` at its key; `hint` becomes its `help`."""
        return Finding.at(self.span(place, key=key), code, severity, message, hint=hint, notes=notes, fix=fix)

    def secondary(self, place: Place, message: str, *, key: bool = False) -> Secondary:
        """A second place that belongs to a finding."""
        return self.sources.secondary(place, message, key=key)
