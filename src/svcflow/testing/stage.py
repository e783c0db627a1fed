"""Where traces are played: some processes, made ready once, on databases that are new for every run."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from contextlib import AbstractContextManager, contextmanager, suppress
from datetime import UTC, date, datetime
from functools import cache, cached_property
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
from svcflow.errors import DefinitionError, InputError, UnsupportedChart
from svcflow.holidays import PublicHolidays
from svcflow.language import compile_sources
from svcflow.language.compile_words import HolidaySource
from svcflow.machines import named
from svcflow.published import Publishable
from svcflow.stores.base import ProcessRecord, Store
from svcflow.stores.memory import MemoryStore
from svcflow.stores.open import open_store
from svcflow.testing.days import Turned
from svcflow.testing.reading.written import misread
from svcflow.testing.reckoning.office import Offices

_LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
"""When the processes of a stage were published: fifteen years of holidays from then on are known."""

Opener: TypeAlias = Callable[[], Store]
"""Opens one more connection to a database: a process that begins."""

Database: TypeAlias = Callable[[], AbstractContextManager[Opener]]
"""A new, empty database for a run, gone after it."""


class _Shared(MemoryStore):
    """A store in memory that outlives the processes which use it."""

    def close(self) -> None:
        """Nothing ends with one of them."""


@contextmanager
def in_memory() -> Iterator[Opener]:
    """A database in memory: every process sees the same one."""
    store = _Shared()
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
    `offices` are their calendars, as the properties of time reckon them.
    """

    process: Process
    processes: Mapping[str, Process]
    database: Database
    machine: Machine
    holidays: HolidaySource
    _prepared: Engine = field(repr=False)
    _records: tuple[ProcessRecord, ...] = field(repr=False)
    _newer: dict[int, Process | None] = field(repr=False, factory=dict)
    _machines: list[tuple[Machine, ...]] = field(repr=False, factory=list)
    offices: Offices = field(init=False, repr=False, factory=Offices)

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
        holidays = cache(holidays)
        engine = Engine(machine=machine, holidays=holidays, clock=ManualClock(_LONG_AGO))
        names = [process.name for process in engine.publish(*what)]
        processes = {name: engine.process(name) for name in names}
        found = (engine.store.process("", name) for name in names)
        records = tuple(record for record in found if record is not None)
        return cls(processes[names[0]], processes, database, machine, holidays, engine, records)

    def prepare(self, store: Store) -> None:
        """Put the processes into an empty store, as they were published here."""
        store.publish(self._records)

    def engine(self, store: Store, clock: ManualClock, turned: AbstractSet[date] = frozenset()) -> Engine:
        """
        An engine on a store, which need not compile again what was compiled here.

        Of the holidays that it reads anew, these dates are turned.
        """
        engine = Engine(
            store,
            clock=clock,
            machine=self.machine,
            holidays=lambda code: Turned(self.holidays(code), turned),
            random=Random(0),  # noqa: S311 - it only spreads what is tried again
        )
        engine.rounds.door.book.published.adopt(self._prepared.rounds.door.book.published)
        return engine

    @cached_property
    def misread(self) -> tuple[str, ...]:
        """The places where others may act than the files say."""
        return tuple(f"{process.name}, {place}" for process in self.processes.values() for place in misread(process))

    @property
    def others(self) -> tuple[Machine, ...]:
        """The other machines that come with svcflow, as far as they are installed and can run these processes."""
        if not self._machines:
            self._machines.append(tuple(_others(self.machine, self.processes.values())))
        return self._machines[0]

    def newer(self, version: int) -> Process | None:
        """
        The process as its next version, to which cases of this one can be brought; None where there can be none.

        It differs by its number, and says of its states that they are what they were.
        """
        if version not in self._newer:
            self._newer[version] = self._next(version)
        return self._newer[version]

    def _next(self, version: int) -> Process | None:
        file, sources = self.process.file, self.process.sources
        text = _VERSION.sub("", _MIGRATE.sub("", sources[file])).rstrip()
        text += f"\nversion: {version + 1}\nmigrate: {{{version}: {{states: {{}}}}}}\n"
        try:
            process = compile_sources({**sources, file: text}, file, holidays=self.holidays)
            self._prepared.publish(process)
        except DefinitionError:
            return None
        return self._prepared.process(process.name)


MACHINES = ("statechart", "stepcache", "transitions", "statemachine")
"""Those that come with svcflow; the last one where its library is installed."""


def _others(machine: Machine, processes: Iterable[Process]) -> Iterator[Machine]:
    for name in MACHINES:
        with suppress(InputError, UnsupportedChart):
            other = named(name)
            for process in processes:
                other.start(process.chart)
            if other.name != machine.name:
                yield other


_VERSION = re.compile(r"^version[ \t]*:.*\n?", re.MULTILINE)
_MIGRATE = re.compile(r"^migrate[ \t]*:.*\n(?:(?:[ \t#}].*)?\n)*", re.MULTILINE)
"""A word at the left edge, and what stands under it."""
