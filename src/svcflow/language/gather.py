"""A process or shared file with all the shared files it uses, read and shaped, each once."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import frozen

from svcflow.core.rule import Place
from svcflow.core.spelling import nearest
from svcflow.language import schema
from svcflow.language.compiled import Sources
from svcflow.language.files import Files, similar
from svcflow.language.findings import Finding, Secondary, Span
from svcflow.language.nodes import Document
from svcflow.language.reader import read
from svcflow.language.shape import shape


@frozen(eq=False)
class Gathered:
    """
    The forms of the main file and of the shared ones, a used file before its user.

    Places in a shared file begin with `prefix(file)`. With errors among `findings`, forms are missing.
    """

    file: str
    forms: Mapping[str, schema.ProcessFile | schema.SharedFile]
    sources: Sources
    findings: tuple[Finding, ...]

    @property
    def main(self) -> schema.ProcessFile | schema.SharedFile | None:
        """The form of the main file, None if it has none."""
        return self.forms.get(self.file)

    def prefix(self, file: str) -> Place:
        """How a place in one of the files begins."""
        return () if file == self.file else ("shared", file)


def gather(files: Files, name: str) -> Gathered:
    """Read one file and, through `use:`, all it needs; the findings are about YAML, shape and `use:` only."""
    return _Gathering(files, name).all()


class _Gathering:
    """Depth first along `use:`; `trail` is the way from the main file, to see circles."""

    def __init__(self, files: Files, name: str) -> None:
        self.files = files
        self.name = name
        self.documents: dict[str, Document] = {}
        self.forms: dict[str, schema.ProcessFile | schema.SharedFile] = {}
        self.found: list[Finding] = []

    def all(self) -> Gathered:
        self.visit(self.name, (), None)
        sources = Sources(self.name, self.documents)
        return Gathered(self.name, self.forms, sources, tuple(self.found))

    def visit(self, name: str, trail: tuple[str, ...], used_at: Span | None) -> None:
        text = self.files.text(name)
        shown = self.files.shown(name)
        if not isinstance(text, str):
            self.documents[name] = Document(shown, "", None)
            near = nearest(name, self.files.names())
            hint = f"did you mean `{near}`?" if near else "a path begins in the current folder"
            self.found.append(text or _missing(shown, hint))
            return
        document = read(text, shown)
        self.documents[name] = document
        self.found += document.findings
        if any(finding.severity == "error" for finding in document.findings):
            return
        shaped = shape(document)
        self.found += shaped.findings
        if shaped.form is None:
            return
        if used_at is not None and isinstance(shaped.form, schema.ProcessFile):
            self.not_shared(name, used_at)
            return
        for place, used in enumerate(shaped.form.use):
            self.follow(used, ("use", place), (*trail, name))
        self.forms[name] = shaped.form

    def follow(self, used: str, place: Place, trail: tuple[str, ...]) -> None:
        span = self.documents[trail[-1]].span(place)
        if used in trail:
            circle = " -> ".join((*trail[trail.index(used) :], used))
            self.found.append(Finding.at(span, "SF213", "error", f"files use each other in a circle: {circle}",
                                         hint="move what both need to a third file"))  # fmt: skip
        elif used not in self.documents:
            if self.files.text(used) is None:
                self.found.append(Finding.at(span, "SF209", "error", f"no file `{used}` next to this one",
                                             hint=similar(self.files, used)))  # fmt: skip
            else:
                self.visit(used, trail, span)

    def not_shared(self, name: str, used_at: Span) -> None:
        note = Secondary.at(self.documents[name].span(("process",), key=True), "this is a process")
        self.found.append(Finding.at(used_at, "SF209", "error",
                                     f"`{name}` is a process; only a file of shared words can be used",
                                     hint="move the words that both need to a file that begins with `shared:`",
                                     notes=(note,)))  # fmt: skip


def _missing(shown: str, hint: str) -> Finding:
    return Finding.at(Span(shown, 1, 1, 1, 1), "SF010", "error", f"there is no file `{shown}`", hint=hint)
