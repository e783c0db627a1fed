"""
The shipped processes of an after-sales desk, ready to publish or to copy: `svcflow.catalog.service_ticket` and others.

A process is read when it is first asked for, so that importing costs nothing.
"""

from __future__ import annotations

from pathlib import Path

from attrs import field, frozen

from svcflow.core.process import Process
from svcflow.core.spelling import nearest
from svcflow.language import load

FOLDER = Path(__file__).parent
SHARED = "common.yaml"
NAMES = tuple(sorted(path.stem for path in FOLDER.glob("*.yaml") if path.name != SHARED))
"""The processes; `common.yaml` beside them holds the words they share."""


@frozen(eq=False)
class Shelf:
    """The processes of one folder, each read at most once."""

    folder: Path
    _read: dict[str, Process] = field(init=False, factory=dict, repr=False)

    def take(self, name: str) -> Process:
        """
        One process, complete.

        Raises:
            DefinitionError: If its file has errors.
        """
        if name not in self._read:
            self._read[name] = load(self.folder / f"{name}.yaml")
        return self._read[name]


_SHELF = Shelf(FOLDER)


def path(file: str) -> Path:
    """
    Where a shipped file lies, as in `path("service_ticket.yaml")`: to publish it with its family, or to copy it.

    Raises:
        FileNotFoundError: If no such file is shipped.
    """
    found = FOLDER / file
    shipped = sorted(one.name for one in FOLDER.glob("*.yaml"))
    if file not in shipped:
        raise FileNotFoundError(f"the catalog has no {file!r}{_meant(file, shipped)}")
    return found


def stories(name: str) -> tuple[Path, ...]:
    """
    The stories told of a process, as in `stories("callback")`; `svcflow.stories.read` reads one.

    Raises:
        AttributeError: If the catalog has no such process.
    """
    if name not in NAMES:
        raise _unknown(name)
    return tuple(sorted((FOLDER / "stories").glob(f"{name}-*.story.yaml")))


def __getattr__(name: str) -> Process:
    if name not in NAMES:
        raise _unknown(name)
    return _SHELF.take(name)


def __dir__() -> list[str]:
    return sorted((*NAMES, "FOLDER", "NAMES", "SHARED", "Shelf", "path", "stories"))


def _unknown(name: str) -> AttributeError:
    return AttributeError(f"the catalog has no process {name!r}{_meant(name, NAMES)}")


def _meant(name: str, names: tuple[str, ...] | list[str]) -> str:
    near = nearest(name, names)
    return f"; did you mean {near!r}?" if near else f"; it has {', '.join(names)}"
