"""A whole log through a process: case by case through the core, and into a store when one is given."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from attrs import frozen

from svcflow.core.case import Case
from svcflow.core.family import Processes
from svcflow.core.process import Process
from svcflow.errors import ProcessNotFound
from svcflow.replay.answer import Replay, summed
from svcflow.replay.course import Course, Driver
from svcflow.replay.keeper import Keeper
from svcflow.replay.log import Log
from svcflow.replay.mapping import LogMap
from svcflow.stores.base import Store

BEFORE_ALL = datetime.min.replace(tzinfo=UTC)


@frozen
class Library:
    """The processes of a replay in memory: one version of each."""

    processes: Sequence[Process]

    def of(self, case: Case) -> Process:
        """The process of a case."""
        return self.newest(case.tenant, case.process)

    def newest(self, tenant: str, name: str, *_: object) -> Process:  # noqa: ARG002 - the protocol's shape
        """
        The process of this name.

        Raises:
            ProcessNotFound: If there is none.
        """
        for process in self.processes:
            if process.name == name:
                return process
        raise ProcessNotFound(name)

    def version(self, case: Case, version: int, days: str | None) -> Process:  # noqa: ARG002 - the protocol's shape
        """The process of a case: nothing migrates while a log is replayed."""
        return self.of(case)


def replay(
    library: Sequence[Process],
    log: Log,
    log_map: LogMap,
    *,
    store: Store | None = None,
    progress: Callable[[int], None] = lambda _cases: None,
) -> Replay:
    """
    Drive every case of a log on the log's own clock.

    `library` holds the process of the log first, then those it runs or starts. With a store the cases are written
    there: a second time changes nothing, and after an interruption the same call goes on. `progress` is called with 1
    after each case.

    Raises:
        DefinitionError: If the store has one of the processes with other content.
        InputError: If the store has other cases, other rows or a newer process under the same names.
        StoreError: If the store cannot be used.
    """
    end = log.end or BEFORE_ALL
    keeper = None if store is None else Keeper.of(store, library, end)
    process = library[0] if keeper is None else keeper.process
    processes: Processes = Library(library) if keeper is None else keeper.processes
    driver = Driver(processes, process, log_map, end)
    courses: list[Course] = []
    for case, rows in log.cases.items():
        course = driver.drive(case, rows, log.opened[case])
        courses.append(course if keeper is None else keeper.keep(course, rows))
        progress(1)
    return summed(process, courses, log.rows, end)
