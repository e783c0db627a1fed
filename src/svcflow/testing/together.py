"""
Several who act at once on the same cases: by turns that can be repeated, or in real threads and processes.

Whatever they do at once must come out as if they had done it one after another; `linear` judges that. A program is a
value, JSON both ways, as a trace is.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from functools import partial
from itertools import count
from typing import Any, TypeAlias

from attrs import evolve, frozen

from svcflow.core.case import Case
from svcflow.core.decision import HookCall, Refusal
from svcflow.engine import Engine
from svcflow.errors import InputError, Refused, SvcflowError
from svcflow.hooks import ANY
from svcflow.testing import trace
from svcflow.testing.crowd import at_once
from svcflow.testing.host import FakeHooks
from svcflow.testing.linear import Act, End, linearization
from svcflow.testing.stage import Opener, Stage
from svcflow.testing.trace import Trace
from svcflow.testing.turns import CALL, Chooser, Redundant, Schedule, Search, Turns, follow, stopping
from svcflow.testing.twin import DONE, Asked, Twin
from svcflow.testing.violations import EffectWithoutCause, MissingEffect, NotLinearizable, Violation
from svcflow.testing.world import World

MOST = 2_000
"""Schedules that are tried of a program."""

Deed: TypeAlias = Asked | trace.Work
"""What somebody can do at once with others."""

Call: TypeAlias = tuple[str, str]
"""A hook call that a host took: the case and the key."""


@frozen
class Program:
    """
    Who does what at once, after `before` has happened one by one: the commands of each party, by its name.

    A party opens, sends, notes, erases, or works (`Work`, as a worker of its own).
    """

    before: Trace
    parties: Mapping[str, tuple[Deed, ...]]

    def to_json(self) -> dict[str, Any]:
        """As plain data for JSON."""
        parties = {name: evolve(self.before, commands=commands).to_json() for name, commands in self.parties.items()}
        return {"before": self.before.to_json(), "parties": {name: one["commands"] for name, one in parties.items()}}

    @classmethod
    def from_json(cls, data: object) -> Program:
        """
        Read what `to_json` wrote.

        Raises:
            InputError: It is something else.
        """
        if (
            not isinstance(data, Mapping)
            or not isinstance(data.get("parties"), Mapping)
            or not isinstance(data.get("before"), Mapping)
        ):
            raise InputError("this is no program: it lacks `before` or `parties`")
        before = data["before"]
        parties: dict[str, tuple[Deed, ...]] = {}
        for name, commands in data["parties"].items():
            try:
                found = Trace.from_json({**before, "commands": commands}).commands
            except InputError as problem:
                raise InputError(f"{name}: {problem}") from problem
            parties[str(name)] = tuple(one for one in found if isinstance(one, Deed))
            if len(parties[str(name)]) < len(found):
                raise InputError(f"{name} can only open, send, note, erase and work at once with others")
        return cls(Trace.from_json(before), parties)


@frozen
class Explored:
    """How many schedules of a program were run to their end; `complete` when no other can come out otherwise."""

    schedules: int
    complete: bool


def interleave(stage: Stage, program: Program, *, most: int = MOST) -> Explored:
    """
    Run a program under every schedule that can differ, at `most` so many.

    Raises:
        Violation: Under one of them it does not come out as if all was done one after another; the text says the
            schedule, for `play`.
    """
    search = Search(most)
    for choose in search:
        try:
            play(stage, program, choose)
        except Redundant:
            search.ended(whole=False)
        else:
            search.ended(whole=True)
    return Explored(search.runs, search.complete)


def play(stage: Stage, program: Program, choose: Chooser | Schedule) -> Schedule:
    """
    Run a program by turns, on a new database, and answer in which order they went on.

    Raises:
        Violation: It does not come out as if all was done one after another.
    """
    turns, chosen = Turns(), _Noted(choose if callable(choose) else follow(choose))
    with _seated(stage, program, turns.stop) as (table, engines):
        turns.run({name: partial(table.act, engine, name) for name, engine in engines.items()}, chosen)
        try:
            table.judge()
        except Violation as broken:
            broken.why += f"\nschedule: {' '.join(chosen.schedule)}"
            broken.args = (broken.why,)
            raise
    return tuple(chosen.schedule)


def play_at_once(stage: Stage, program: Program) -> None:
    """
    Run a program in real threads, each with a process' engine, on a new database.

    Raises:
        Violation: It does not come out as if all was done one after another.
        Exception: What one of them raised and nothing documents.
    """
    with _seated(stage, program, lambda _name, _what: None) as (table, engines):
        at_once(partial(table.act, engine, name) for name, engine in engines.items())
        table.judge()


class _Noted:
    """A chooser, and what it chose."""

    def __init__(self, choose: Chooser) -> None:
        self._choose = choose
        self.schedule: list[str] = []

    def __call__(self, waiting: Mapping[str, str]) -> str:
        name = self._choose(waiting)
        self.schedule.append(name)
        return name


Stop: TypeAlias = Callable[[str, str], None]
"""Told of a party, by its name, which call it is about to make."""


@contextmanager
def table_of(stage: Stage, program: Program, opener: Opener) -> Iterator[Table]:
    """What happened before, on a database that is empty as yet; nobody sits there yet."""
    with closing(World(stage, opener, program.before.start)) as world:
        for command in program.before.commands:
            world.do(command)
        yield Table(world, program)


@contextmanager
def _seated(stage: Stage, program: Program, stop: Stop) -> Iterator[tuple[Table, Mapping[str, Engine]]]:
    """A table with an engine for each party, on a new database of the stage; `stop` hears what each is about to do."""
    with stage.database() as opener, table_of(stage, program, opener) as table, ExitStack() as engines:
        seated = {}
        for name in program.parties:
            store = stopping(opener(), partial(stop, name))
            engine = stage.engine(store, table.world.clock, table.world.turned)
            seated[name] = engines.enter_context(engine)
            engine.hook(ANY)(partial(_reach, table.world.host, stop, name))
        yield table, seated


def _reach(host: FakeHooks, stop: Stop, name: str, call: HookCall) -> None:
    """A hook call takes its time on the way to the host."""
    stop(name, CALL)
    host.take(call)


class Table:
    """A program under way: the world in which it began, and what everybody has done and was answered."""

    def __init__(self, world: World, program: Program) -> None:
        self.world, self.program = world, program
        self.before: Twin = world.twin.copy()
        self.acts: list[Act] = []
        self.made: list[Call] = []
        self._count = count(1)

    def act(self, engine: Engine, name: str) -> None:
        """Do all that a party does."""
        for command in self.program.parties[name]:
            if isinstance(command, trace.Work):
                engine.tick()
            else:
                began = next(self._count)
                answer, case = asked_of(engine, command)
                self.acts.append(Act(name, command, began, next(self._count), answer, case))

    def judge(self) -> None:
        """
        Let a worker finish what is left, then judge what everybody saw and what is there.

        Raises:
            Violation: It cannot be explained.
        """
        while self.world.engine.tick():
            pass
        engine = self.world.engine
        cases = {case: engine.case(case) for case in self.world.cases()}
        end = End(cases, {case: self.world.journal(case) for case in cases})
        after = linearization(self.before, self.acts, end).after
        made = [(called.call.case, called.call.key) for called in self.world.host.calls]
        _judge_calls([call.key for call in after.pure.calls], [*self.made, *made])


def _judge_calls(wanted: Sequence[str], made: Sequence[Call]) -> None:
    """Every call was made once, and those of one case in their order: no lease ran out, and nothing failed."""
    times = Counter(key for _, key in made)
    for key in wanted:
        if not times[key]:
            raise MissingEffect(f"call {key} was not made")
    for case, key in made:
        if times[key] > 1:
            raise EffectWithoutCause(f"call {key} was made {times[key]} times", case=case)
        if key not in wanted:
            raise EffectWithoutCause(f"call {key} was made, and nothing caused it", case=case)
    for case in dict.fromkeys(case for case, _ in made):
        ours = [key for one, key in made if one == case]
        if ours != [key for key in wanted if key in ours]:
            raise NotLinearizable(f"the calls were made in another order than caused: {', '.join(ours)}", case=case)


def asked_of(engine: Engine, asked: Asked) -> tuple[str, Case | None]:
    """Ask an engine; its answer as one word, and the case that came with `done`."""
    try:
        match asked:
            case trace.Open():
                return DONE, engine.open(
                    asked.process, asked.fields, actor=asked.actor, id=asked.case, key=asked.key
                )  # fmt: skip
            case trace.Send():
                return DONE, engine.send(
                    asked.case, asked.event, asked.fields, actor=asked.actor, key=asked.key
                )  # fmt: skip
            case trace.Note():
                return DONE, engine.note(asked.case, asked.text, actor=asked.actor, key=asked.key)
            case trace.Erase():
                engine.erase(asked.case, asked.fields or None, reason=asked.reason, actor=asked.actor)
                return DONE, None
    except Refused as refused:
        refusal = refused.refusal
        return refusal.code if isinstance(refusal, Refusal) else "refused", None
    except SvcflowError as problem:
        return type(problem).__name__, None
