"""A compiled process together with the YAML it came from: what a rule looks at, so that it can point at the text."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import frozen

from svcflow.core.process import Place, Process
from svcflow.language.findings import Finding, Fix, Secondary, Severity, Span
from svcflow.language.nodes import Document, Node


@frozen(eq=False)
class Compiled:
    """
    A process, the documents it was read from (its own file and the shared ones, by file name), and its neighbours.

    `project` holds every process found beside this one that is run or started, directly or by another: None where
    the file has errors of its own. The mapping is the same object for all of them and may contain this process too.
    """

    process: Process
    documents: Mapping[str, Document]
    project: Mapping[str, Compiled | None]

    @property
    def document(self) -> Document:
        """The process's own file."""
        return self.documents[self.process.file]

    def node(self, place: Place) -> Node | None:
        """The YAML node of a place, or of the nearest place around it that was written out."""
        document, inner = self._document_of(place)
        return document.find(inner)[1]

    def span(self, place: Place, *, key: bool = False) -> Span:
        """Where the value of a place stands, or with `key` its key."""
        document, inner = self._document_of(place)
        return document.span(inner, key=key)

    def _document_of(self, place: Place) -> tuple[Document, Place]:
        if len(place) > 1 and place[0] == "shared":
            return self.documents[str(place[1])], place[2:]
        return self.document, place

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
        return Secondary.at(self.span(place, key=key), message)
