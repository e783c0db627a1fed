"""Process files as a value, so that they can be drawn, broken, printed and compiled without a disk."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, TypeAlias

from attrs import field, frozen

from svcflow.core.process import Process
from svcflow.errors import DefinitionError
from svcflow.holidays import PublicHolidays
from svcflow.language import RULES
from svcflow.language.checked import failed
from svcflow.language.checks import Project, remembered
from svcflow.language.compile_words import HolidaySource
from svcflow.language.files import Texts, process_in
from svcflow.language.findings import Finding
from svcflow.language.rules.registry import Rule

if TYPE_CHECKING:
    from hypothesis.vendor.pretty import RepresentationPrinter

Tree: TypeAlias = Mapping[str, "Branch"]
"""A file as nested mappings, lists and texts."""
Branch: TypeAlias = "str | list[Branch] | Tree"

WIDTH = 110

_PLAIN = re.compile(r"\w[\w%+*/<>=!|.()' -]*(?::[\w.][\w%+*/<>=!|.()' -]*)*")


def _readonly(sources: Mapping[str, str]) -> Mapping[str, str]:
    return MappingProxyType(dict(sources))


@frozen(slots=False)
class Definition:
    """
    A process file with the files beside it, as texts by file name; `file` is the one it is about.

    Printed as Python that makes it again, so that a failing example can be taken over into a test.
    """

    sources: Mapping[str, str] = field(converter=_readonly)
    file: str = "main.yaml"
    holidays: HolidaySource = field(factory=lambda: remembered(PublicHolidays), eq=False, repr=False)

    @classmethod
    def of(cls, trees: Mapping[str, Tree], holidays: HolidaySource) -> Definition:
        """Write files down; the first is the one it is about."""
        return cls({file: written(tree) for file, tree in trees.items()}, next(iter(trees)), holidays)

    @property
    def text(self) -> str:
        """The text of the file it is about."""
        return self.sources[self.file]

    @cached_property
    def findings(self) -> tuple[Finding, ...]:
        """What `svcflow check` finds in the processes of all files, file by file."""
        return self.look(RULES)

    def look(self, rules: Iterable[Rule]) -> tuple[Finding, ...]:
        """What a check by some rules finds, and whatever keeps a file from being compiled."""
        project = Project(Texts(self.sources), tuple(rules), self.holidays)
        return tuple(finding for file in self._files() for finding in project.check(file).findings)

    @property
    def sound(self) -> bool:
        """Whether the check finds no error."""
        return not failed(self.findings)

    @cached_property
    def processes(self) -> tuple[Process, ...]:
        """
        All processes compiled, that of `file` first.

        Raises:
            DefinitionError: If one of them cannot be compiled; `findings` are those of all.
        """
        project = Project(Texts(self.sources), (), self.holidays)
        every = [project.compiled(file) for file in self._files()]
        compiled = [one.compiled.process for one in every if one.compiled is not None]
        if len(compiled) < len(every):
            raise DefinitionError(tuple(finding for one in every for finding in one.findings))
        return tuple(compiled)

    @property
    def process(self) -> Process:
        """The process of `file`, compiled. Raises as `processes` does."""
        return self.processes[0]

    def _files(self) -> Iterator[str]:
        yield self.file
        yield from (name for name, text in self.sources.items() if name != self.file and process_in(text))

    def __str__(self) -> str:
        return "\n".join(f"# {name}\n{text}" for name, text in self.sources.items())

    def _repr_pretty_(self, printer: RepresentationPrinter, _cycle: bool) -> None:  # noqa: FBT001 - IPython's shape
        texts = ",\n".join(f"    {name!r}: {_quoted(text)}" for name, text in self.sources.items())
        printer.text(f"Definition({{\n{texts},\n}}, file={self.file!r})")


def _quoted(text: str) -> str:
    """A text over several lines as Python can read it."""
    safe = text.replace("\\", "\\\\").replace('"""', '\\"""')
    return f'"""\\\n{safe}"""' if safe.isprintable() or "\n" in safe else repr(text)


def written(tree: Tree) -> str:
    """A file as a person would write it: short things on one line."""
    return "".join(f"{line}\n" for line in _lines(tree, ""))


def _lines(tree: Tree, indent: str) -> Iterator[str]:
    for key, value in tree.items():
        line = f"{indent}{_scalar(key)}: {_flow(value)}"
        if isinstance(value, Mapping) and value and (not indent or len(line) > WIDTH):
            yield f"{indent}{_scalar(key)}:"
            yield from _lines(value, indent + "  ")
        else:
            yield line


def _flow(value: Branch) -> str:
    if isinstance(value, str):
        return _scalar(value)
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_scalar(key)}: {_flow(inner)}" for key, inner in value.items()) + "}"
    return "[" + ", ".join(map(_flow, value)) + "]"


def _scalar(text: str) -> str:
    return text if _PLAIN.fullmatch(text) and not text.endswith(" ") else json.dumps(text, ensure_ascii=False)
