"""The doors of the language: `load`, `check`, `project`; for texts `check_text`, and `compile_sources` for stores."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from os import PathLike
from pathlib import Path
from types import MappingProxyType

from attrs import evolve, frozen

from svcflow.core.machine import Machine
from svcflow.core.process import Process
from svcflow.errors import DefinitionError, UnsupportedChart
from svcflow.holidays import PublicHolidays
from svcflow.language import schema
from svcflow.language.checked import Checked, failed
from svcflow.language.checks import Project, remembered
from svcflow.language.compile_words import HolidaySource
from svcflow.language.compiled import Compiled
from svcflow.language.files import Files, Folder, Texts
from svcflow.language.findings import Finding
from svcflow.language.gather import gather
from svcflow.language.lock import Lock
from svcflow.language.reader import MOST_FINDINGS
from svcflow.language.rules.catalogue import RULES
from svcflow.language.rules.registry import Rule


@frozen(eq=False)
class Report:
    """
    What a check found in some files.

    `sources` are the texts of every file read, by its name in findings; `processes` those that are complete.
    """

    findings: tuple[Finding, ...]
    sources: Mapping[str, str]
    processes: tuple[Process, ...] = ()

    @property
    def failed(self) -> bool:
        """Whether there is an error among the findings."""
        return failed(self.findings)


def load(path: str | PathLike[str], *, holidays: HolidaySource | None = None) -> Process:
    """
    Read one process file, with the shared files it uses, and check it together with the processes it needs.

    `holidays` gives the days off of a country code; the default knows public holidays.

    Raises:
        DefinitionError: If the file is not there or has errors; `findings` are all of them.
    """
    folder, file = _split(path)
    return evolve(_complete(_project(folder, holidays).check(file)), folder=folder)


def project(
    path: str | PathLike[str],
    *,
    holidays: HolidaySource | None = None,
    machine: Machine | None = None,
    against: Lock | None = None,
) -> tuple[Process, ...]:
    """
    Read one process file and every process it runs or starts, directly or by another, found beside it.

    The one of the file comes first. `against` is what is published; by default the lock beside the file says it.

    Raises:
        DefinitionError: If one of them has errors, or `machine` cannot run it; `findings` are those of all.
    """
    folder, file = _split(path)
    beside = _project(folder, holidays, against)
    first = beside.check(file)
    if first.failed:
        raise DefinitionError(_sorted(first.findings))
    family = [beside.check(member.gathered.file) for member in beside.family(first)]
    found = [finding for checked in family for finding in checked.findings]
    if failed(found):
        raise DefinitionError(_sorted(found))
    processes = tuple(dict.fromkeys(evolve(_complete(checked), folder=folder) for checked in family))
    refused = [] if machine is None else [finding for one in processes for finding in unsupported(one, machine)]
    if refused:
        raise DefinitionError(refused)
    return processes


def check(
    paths: Iterable[str | PathLike[str]],
    *,
    holidays: HolidaySource | None = None,
    machine: Machine | None = None,
    files: Callable[[str], Files] = Folder,
    rules: Iterable[Rule] = (),
    against: Lock | None = None,
) -> Report:
    """
    Check some files, process or shared, each with what it uses and what it needs; bad input is a finding.

    With `machine`, it is also a finding what that machine cannot run. `files` gives the files of a folder, by default
    those on the disk; `rules` are more of them, such as `house_rules()`. `against` is what is published; by default the
    lock beside each file says it.
    """
    every = (*RULES, *rules)
    projects: dict[str, Project] = {}
    found: list[Finding] = []
    sources: dict[str, str] = {}
    processes: list[Process] = []
    for path in paths:
        folder, file = _split(path)
        if folder not in projects:
            projects[folder] = Project(files(folder), every, remembered(holidays or PublicHolidays), against)
        beside = projects[folder]
        checked = beside.check(file)
        found += _told(checked.findings)
        if machine is not None and checked.compiled is not None and not checked.failed:
            found += unsupported(evolve(checked.compiled.process, folder=folder), machine)
        for document in checked.gathered.sources.documents.values():
            sources[document.file] = document.text
        if checked.compiled is not None:
            processes.append(checked.compiled.process)
    return Report(_sorted(found), MappingProxyType(sources), tuple(processes))


def check_text(text: str, file: str, *, holidays: HolidaySource | None = None) -> tuple[Finding, ...]:
    """Check the text of one file that stands by itself, under the name `file`, without a disk."""
    texts = Texts(MappingProxyType({file: text}))
    return _told(Project(texts, RULES, remembered(holidays or PublicHolidays)).check(file).findings)


def compile_file(path: str | PathLike[str], *, holidays: HolidaySource | None = None) -> Process:
    """
    Read one process file as far as it takes to compile it: its names, not the checks over the whole of it.

    Raises:
        DefinitionError: If the file is not there or is no process.
    """
    folder, file = _split(path)
    return evolve(_complete(_project(folder, holidays).compiled(file)), folder=folder)


def compiled(path: str | PathLike[str], *, holidays: HolidaySource | None = None) -> Compiled:
    """
    Read and check one process file as `load` does; answers the process with its YAML and its neighbours.

    Raises:
        DefinitionError: If the file is not there or has errors; `findings` are all of them.
    """
    folder, file = _split(path)
    return _whole(_project(folder, holidays).check(file))


def compile_sources(sources: Mapping[str, str], file: str, *, holidays: HolidaySource | None = None) -> Process:
    """
    Compile a process again from the texts it was read from (`Process.sources`), without a disk and without its family.

    Raises:
        DefinitionError: If the texts do not make a process.
    """
    return _complete(Project(Texts(sources), (), remembered(holidays or PublicHolidays)).compiled(file))


def unsupported(process: Process, machine: Machine) -> tuple[Finding, ...]:
    """What keeps a machine from running a process (SF316): each state in its way, where it stands in the file."""
    try:
        machine.start(process.chart)
    except UnsupportedChart as refusal:
        sources = gather(Texts(process.sources, process.folder), process.file).sources
        numbers = (number for number, one in enumerate(process.chart.states) if one.id in refusal.states)
        # A history is no state of the file: it belongs to the group that `X.last` leads to.
        groups = (number if number < len(process.states) else process.chart.states[number].parent for number in numbers)
        states = [process.states[number] for number in dict.fromkeys(groups) if number is not None]
        return tuple(
            Finding.at(
                sources.span(state.place, key=True), "SF316", "error",
                f"machine `{machine.name}` cannot run `{state.path}`: {refusal.why}",
                hint="the machine `statechart` runs every process",
            )
            for state in states
        )  # fmt: skip
    return ()


def _split(path: str | PathLike[str]) -> tuple[str, str]:
    whole = Path(path)
    return str(whole.parent), whole.name


def _project(folder: str, holidays: HolidaySource | None, against: Lock | None = None) -> Project:
    return Project(Folder(folder), RULES, remembered(holidays or PublicHolidays), against)


def _sorted(found: Iterable[Finding]) -> tuple[Finding, ...]:
    unique = dict.fromkeys(found)
    files = {finding.file: number for number, finding in reversed(list(enumerate(unique)))}
    return tuple(sorted(unique, key=lambda finding: (files[finding.file], finding.line, finding.column, finding.code)))


def _told(findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """The first findings of a file, with the number of the others."""
    unique = _sorted(findings)
    if len(unique) <= MOST_FINDINGS:
        return unique
    last = unique[MOST_FINDINGS - 1]
    more = Finding.at(last.span, "SF011", "note", f"{len(unique) - MOST_FINDINGS:,} more findings are not shown",
                      hint="begin with these")  # fmt: skip
    errors = [finding for finding in unique if finding.severity == "error"]
    others = [finding for finding in unique if finding.severity != "error"]
    return (*[*errors, *others][:MOST_FINDINGS], more)


def _complete(checked: Checked) -> Process:
    return _whole(checked).process


def _whole(checked: Checked) -> Compiled:
    if checked.compiled is None or checked.failed:
        findings = checked.findings or (_no_process(checked),)
        raise DefinitionError(_sorted(findings))
    return checked.compiled


def _no_process(checked: Checked) -> Finding:
    document = checked.gathered.sources.documents[checked.gathered.file]
    what = "a file of shared words" if isinstance(checked.gathered.main, schema.SharedFile) else "no process"
    return Finding.at(document.span(("shared",), key=True), "SF100", "error", f"this is {what}, not a process",
                      hint="load a file that begins with `process:`")  # fmt: skip
