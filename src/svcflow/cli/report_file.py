"""What a report writes to a file: a page with drawings, or the drawing of one process with its numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

from attrs import frozen

from svcflow import diagram
from svcflow.cli.delivery import writable
from svcflow.cli.failures import WrongUse
from svcflow.cli.report_page import page
from svcflow.cli.report_words import ReportWords
from svcflow.core.process import Process
from svcflow.diagram import Traffic
from svcflow.report import Report
from svcflow.report.roads import Edition

MOST_DRAWINGS = 20

_PAGES = frozenset({".html", ".htm"})
_DRAWINGS: Mapping[str, Callable[[Process, str | None, Traffic], str]] = MappingProxyType({
    ".svg": lambda process, language, traffic: diagram.svg(process, language, traffic=traffic),
    ".mmd": lambda process, language, traffic: diagram.mermaid(process, language, traffic=traffic),
    ".dot": lambda process, language, traffic: diagram.dot(process, language, traffic=traffic),
})  # fmt: skip


def check_file(
    file: Path | None, inputs: Sequence[Path], process: str | None, version: int | None, *, two: bool
) -> None:
    """
    Turn away a file that cannot be written, before anything is read; `two` says that two sides are compared.

    Raises:
        WrongUse: If it is no page and no drawing, or none of what is asked for.
    """
    if file is None:
        if version is not None:
            raise WrongUse("--version: nothing is drawn", "add `--to FILE.svg`, or group with `--by version`")
        return
    if file.suffix in _DRAWINGS and two:
        raise WrongUse("--to: a comparison has no drawing", "name it report.html")
    if file.suffix in _DRAWINGS and process is None:
        raise WrongUse("--to: a drawing is of one process", "say which with `--process NAME`")
    if file.suffix not in {*_DRAWINGS, *_PAGES}:
        raise WrongUse(f"--to: {file} is no page and no drawing", "name it report.html, or report.svg")
    if version is not None and file.suffix not in _DRAWINGS:
        raise WrongUse("--version: a page draws all versions", "leave it out, or compare two with `--versions 1,2`")
    writable(file, inputs)


@frozen
class Drawings:
    """
    The drawings of what went through: `find` finds a published version of a process.

    A drawing alone has titles in `language`, else in the first one of the process; those of a page are in the language
    of the page where the process has it.
    """

    traffic: Mapping[Edition, Traffic]
    find: Callable[[str, int | None], Process]
    language: str | None

    def one(self, suffix: str, process: str, version: int | None) -> str:
        """
        The drawing of one version, by default of the newest that has cases, else of the newest.

        Raises:
            InputError: If the process has languages, and this is none of them.
            ProcessNotFound: If there is no such version.
        """
        newest = max((number for name, number in self.traffic if name == process), default=None)
        drawn = self.find(process, newest if version is None else version)
        return _DRAWINGS[suffix](drawn, self.language, self.traffic.get((process, drawn.version), Traffic()))

    def all(self, words: ReportWords) -> Iterator[tuple[str, str]]:
        """Pictures of the versions with most cases, by their titles, in the order of names."""
        most = sorted(self.traffic, key=lambda one: -self.traffic[one].cases)[:MOST_DRAWINGS]
        for name, version in sorted(most):
            process = self.find(name, version)
            language = words.language if words.language in process.languages else None
            yield (
                f"{name}, {words.say('version', version)}",
                diagram.svg(process, language, traffic=self.traffic[name, version]).rstrip(),
            )


def file_of(
    file: Path,
    made: Report,
    about: str,
    top: int,
    words: ReportWords,
    drawings: Drawings,
    process: str | None,
    version: int | None,
) -> str:
    """The text of the file."""
    if process is not None and file.suffix in _DRAWINGS:
        return drawings.one(file.suffix, process, version)
    left = max(0, len(drawings.traffic) - MOST_DRAWINGS)
    return page(made, about, top, words=words, pictures=dict(drawings.all(words)), undrawn=left)
