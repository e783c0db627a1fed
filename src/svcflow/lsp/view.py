"""The files of a folder as an editor has them open: each read and looked through once, and as far as it goes."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from attrs import field, frozen

from svcflow.language.files import Files, file_of
from svcflow.language.names import gathered
from svcflow.language.nodes import Document
from svcflow.language.reader import read
from svcflow.language.spaces import Kind
from svcflow.language.spots import Spot, spots


@frozen(eq=False)
class View:
    """Files at one moment; a text that changes makes a new one."""

    files: Files
    _documents: dict[str, Document] = field(init=False, factory=dict, repr=False)
    _spots: dict[str, tuple[Spot, ...]] = field(init=False, factory=dict, repr=False)
    _declared: dict[str, Mapping[tuple[Kind, str], Spot]] = field(init=False, factory=dict, repr=False)
    _brought: dict[str, tuple[str, ...]] = field(init=False, factory=dict, repr=False)
    _processes: dict[str, str | None] = field(init=False, factory=dict, repr=False)

    def document(self, name: str) -> Document:
        """A file's nodes; without any if it is not there or cannot be read."""
        if name not in self._documents:
            text = self.files.text(name)
            shown = self.files.shown(name)
            self._documents[name] = read(text, shown) if isinstance(text, str) else Document(shown, "", None)
        return self._documents[name]

    def spots(self, name: str) -> tuple[Spot, ...]:
        """All texts of a file."""
        if name not in self._spots:
            self._spots[name] = tuple(spots(self.document(name)))
        return self._spots[name]

    def declared(self, name: str) -> Mapping[tuple[Kind, str], Spot]:
        """What a file gives a name to, each with the first place; a state by its path."""
        if name not in self._declared:
            found: dict[tuple[Kind, str], Spot] = {}
            for spot in self.spots(name):
                if spot.declares is not None:
                    called = path(spot) if spot.declares.kind == "state" else spot.node.text
                    found.setdefault((spot.declares.kind, called), spot)
            self._declared[name] = MappingProxyType(found)
        return self._declared[name]

    def brought(self, name: str) -> tuple[str, ...]:
        """A file and those that it uses, by name."""
        if name not in self._brought:
            shown = {self.files.shown(one): one for one in self.files.names()}
            found = [document.file for document in gathered(self.files, self.document(name))]
            self._brought[name] = (name, *(shown[file] for file in found[1:] if file in shown))
        return self._brought[name]

    def process(self, name: str) -> str | None:
        """The file of a process."""
        if name not in self._processes:
            self._processes[name] = file_of(self.files, name)
        return self._processes[name]


def path(state: Spot) -> str:
    """The path of the state that is declared at a spot."""
    return ".".join((*state.state, state.node.text))
