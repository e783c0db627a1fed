"""
The lock: what is published, kept as texts in a file beside the processes, so that a changed file shows without a store.

JSON with a line of text per line, so that a review shows it. A text that several versions share is there once.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from types import MappingProxyType

from attrs import field, frozen
from pydantic import BaseModel, ConfigDict, ValidationError

from svcflow.core.process import Process
from svcflow.errors import DefinitionError
from svcflow.language.findings import Finding, Span

LOCK = "svcflow.lock"
"""The name of the file."""

LARGEST_LOCK = 16_000_000
"""Bytes: some hundred versions of long processes."""

FORMAT = 1
_WRONG = "take it from version control, or have `svcflow lock` or `svcflow publish` write a new one"


@frozen
class Edition:
    """One published version: its digest, and the texts it is compiled from by file name, `file` being its own."""

    process: str
    version: int
    digest: str
    file: str
    sources: Mapping[str, str] = field(repr=False)

    @classmethod
    def of(cls, process: Process) -> Edition:
        """A process as it is."""
        return cls(process.name, process.version, process.digest, process.file, process.sources)


@frozen
class Lock:
    """Published versions by process and number."""

    editions: Mapping[tuple[str, int], Edition] = field(factory=lambda: MappingProxyType({}))

    @classmethod
    def of(cls, editions: Iterable[Edition]) -> Lock:
        """A lock of these; a later one takes the place of one with the same number."""
        return cls(MappingProxyType({(one.process, one.version): one for one in editions}))

    def versions(self, process: str) -> Mapping[int, Edition]:
        """The versions of one process, by number, the oldest first."""
        mine = (one for one in self.editions.values() if one.process == process)
        return MappingProxyType({one.version: one for one in sorted(mine, key=lambda one: one.version)})

    def text(self) -> str:
        """What stands in the file, the same for the same versions."""
        editions = sorted(self.editions.values(), key=lambda one: (one.process, one.version))
        texts = {_name(file, text): text for one in editions for file, text in one.sources.items()}
        processes: dict[str, dict[str, object]] = {}
        for one in editions:
            sources = {file: _name(file, text) for file, text in sorted(one.sources.items())}
            of_process = processes.setdefault(one.process, {})
            of_process[str(one.version)] = {"digest": one.digest, "file": one.file, "sources": sources}
        data = {
            "svcflow lock": FORMAT,
            "processes": processes,
            "texts": {name: texts[name].split("\n") for name in sorted(texts)},
        }
        return f"{json.dumps(data, ensure_ascii=False, indent=1)}\n"


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, hide_input_in_errors=True)


class _Edition(_Strict):
    digest: str
    file: str
    sources: dict[str, str]


class _File(_Strict):
    processes: dict[str, dict[str, _Edition]]
    texts: dict[str, list[str]]


def read_lock(text: str, file: str) -> Lock:
    """
    What stands in a lock.

    Raises:
        DefinitionError: If it is none (SF709); nothing of it counts then.
    """
    try:
        data = json.loads(text)
    except json.JSONDecodeError as problem:
        marker = any(line.startswith(("<<<<<<< ", ">>>>>>> ")) for line in text.split("\n"))
        why = "two versions of it were not merged" if marker else f"it is not JSON: {problem.msg}"
        raise _unreadable(file, problem.lineno, problem.colno, why) from problem
    except (RecursionError, ValueError) as problem:
        raise _unreadable(file, 1, 1, "it is not JSON that svcflow wrote") from problem
    if not isinstance(data, dict) or data.pop("svcflow lock", None) != FORMAT:
        raise _unreadable(file, 1, 1, f'it does not say `"svcflow lock": {FORMAT}`')
    try:
        form = _File.model_validate(data)
        return Lock.of(
            Edition(process, int(number), one.digest, one.file, MappingProxyType(
                {name: "\n".join(form.texts[key]) for name, key in one.sources.items()}))
            for process, versions in form.processes.items() for number, one in versions.items()
        )  # fmt: skip
    except ValidationError as problem:
        where = ".".join(map(str, problem.errors()[0]["loc"]))
        raise _unreadable(file, 1, 1, f"`{where}` is not what it should be") from problem
    except (KeyError, ValueError) as problem:
        raise _unreadable(file, 1, 1, "a text or a number in it is not there") from problem


def unreadable(file: str, line: int, column: int, why: str) -> Finding:
    """SF709."""
    span = Span(file, line, column, line, column + 1)
    return Finding.at(span, "SF709", "error", f"this lock cannot be read: {why}", hint=_WRONG)


def _unreadable(file: str, line: int, column: int, why: str) -> DefinitionError:
    return DefinitionError([unreadable(file, line, column, why)])


def _name(file: str, text: str) -> str:
    """A name for a text that says where it is from and tells it from others."""
    return f"{file} {hashlib.sha256(text.encode()).hexdigest()[:12]}"
