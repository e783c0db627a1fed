"""Where traces are played: some processes, made ready once, on databases that are new for every run."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import TypeAlias

from attrs import field, frozen

from svcflow.clocks import ManualClock
from svcflow.core.machine import Machine
from svcflow.core.process import Process
from svcflow.core.statechart import statechart
from svcflow.engine import Engine
from svcflow.holidays import PublicHolidays
from svcflow.language.compile_words import HolidaySource
from svcflow.published import Publishable
from svcflow.stores.base import ProcessRecord, Store
from svcflow.stores.memory import MemoryStore
from svcflow.stores.open import open_store

_LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
"""When the processes of a stage were published: fifteen years of holidays from then on are known."""

Opener: TypeAlias = Callable[[], Store]
"""Opens one more connection to a database: a process that begins."""

Database: TypeAlias = Callable[[], AbstractContextManager[Opener]]
"""A new, empty database for a run, gone after it."""


@contextmanager
def in_memory() -> Iterator[Opener]:
    """A database in memory: every process sees the same one."""
    store = MemoryStore()
    yield lambda: store


@contextmanager
def in_sqlite() -> Iterator[Opener]:
    """An SQLite file of its own in a temporary folder."""
    with TemporaryDirectory(prefix="svcflow-") as folder:
        url = f"sqlite:///{Path(folder, 'run.db').as_posix()}?synchronous=NORMAL"
        yield lambda: open_store(url)


@frozen(eq=False)
class Stage:
    """
    Processes that are compiled once, for any number of runs.

    `process` is the one that the traces are about, `processes` all of them, with those that it runs or starts.
    """

    process: Process
    processes: Mapping[str, Process]
    database: Database
    machine: Machine
    holidays: HolidaySource
    _prepared: Engine = field(repr=False)
    _records: tuple[ProcessRecord, ...] = field(repr=False)

    @classmethod
    def of(
        cls,
        *what: Publishable,
        database: Database = in_memory,
        machine: Machine = statechart,
        holidays: HolidaySource = PublicHolidays,
    ) -> Stage:
        """
        Make processes ready: files or loaded ones, the first is the one to be tested; what they need comes along.

        Raises:
            DefinitionError: A file has errors, or the machine cannot run it.
            ProcessNotFound: What one of them runs or starts is not there.
        """
        engine = Engine(machine=machine, holidays=holidays, clock=ManualClock(_LONG_AGO))
        names = [process.name for process in engine.publish(*what)]
        processes = {name: engine.process(name) for name in names}
        found = (engine.store.process("", name) for name in names)
        records = tuple(record for record in found if record is not None)
        return cls(processes[names[0]], processes, database, machine, holidays, engine, records)

    def prepare(self, store: Store) -> None:
        """Put the processes into an empty store, as they were published here."""
        store.publish(self._records)

    def engine(self, store: Store, clock: ManualClock) -> Engine:
        """An engine on a store, which need not compile again what was compiled here."""
        engine = Engine(store, clock=clock, machine=self.machine, holidays=self.holidays, random=Random(0))  # noqa: S311 - it only spreads what is tried again
        engine.rounds.door.book.published.adopt(self._prepared.rounds.door.book.published)
        return engine
