"""Several at once: under every order, in threads and in processes it comes out as if one came after another."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from postgres import Schemas
from svcflow import catalog
from svcflow.core.event import Actor
from svcflow.errors import InputError
from svcflow.testing import Drawing, interleavings
from svcflow.testing.apart import play_apart
from svcflow.testing.stage import Stage, in_sqlite
from svcflow.testing.together import Deed, Program, interleave, play, play_at_once
from svcflow.testing.trace import Command, Note, Open, Send, Trace, Wait, Work
from svcflow.testing.turns import at_random

START = datetime(2026, 3, 2, 1, tzinfo=UTC)
LI = Actor("li", roles={"agent"})
FORM = {"customer": "acme", "phone": "555-0199", "fault": "no picture"}
OPENED = Open("service_ticket", FORM, LI, key="web-1")
TICKETS = Stage.of(catalog.service_ticket)
CALLBACKS = Drawing.of(catalog.callback)


def program(*more: Command, **parties: Deed | tuple[Deed, ...]) -> Program:
    told = {name: deeds if isinstance(deeds, tuple) else (deeds,) for name, deeds in parties.items()}
    return Program(Trace("service_ticket", START, (OPENED, *more)), told)


LATE = Wait(START + timedelta(days=1), prompt=False)
PROGRAMS = {
    "two notes": program(a=Note("one", LI), b=Note("two", LI)),
    "one key": program(a=Note("one", LI, key="k"), b=Note("one", LI, key="k")),
    "one key for two": program(a=Note("one", LI, key="k"), b=Note("two", LI, key="k")),
    "one opening": program(
        a=Open("service_ticket", FORM, LI, "c2", key="o"), b=Open("service_ticket", FORM, LI, "c2", key="o")
    ),
    "opposing events": program(a=Send("cancel", {}, LI), b=Send("refuse", {}, LI)),
    "two each": program(a=(Note("one", LI), Send("cancel", {}, LI)), b=(Note("two", LI), Note("three", LI))),
    "a worker and a client": program(LATE, a=Note("one", LI), b=Work()),
}


@pytest.mark.parametrize("one", PROGRAMS.values(), ids=PROGRAMS)
def test_every_order_comes_out_as_if_one_came_after_another(one: Program) -> None:
    explored = interleave(TICKETS, one)
    assert explored.complete
    assert explored.schedules >= 1


@pytest.mark.parametrize("seed", range(8))
def test_two_workers_and_clients_do_so_in_many_orders(seed: int) -> None:
    crowd = program(LATE, a=(Note("one", LI), Note("two", LI)), b=Work(), c=(Work(1), Work(1)), d=Note("four", LI))
    schedule = play(TICKETS, crowd, at_random(Random(seed), list(crowd.parties)))
    assert play(TICKETS, crowd, schedule) == schedule


@pytest.mark.parametrize("one", PROGRAMS.values(), ids=PROGRAMS)
@pytest.mark.parametrize(
    "stage", [TICKETS, Stage.of(catalog.service_ticket, database=in_sqlite)], ids=("memory", "sqlite")
)
@pytest.mark.usefixtures("restless_threads")
def test_threads_do_so(one: Program, stage: Stage) -> None:
    for _ in range(3):
        play_at_once(stage, one)


@given(program=interleavings(CALLBACKS), seed=st.integers(0, 99))
@settings(max_examples=min(60, settings().max_examples))
def test_whatever_several_do_at_once_can_be_explained(program: Program, seed: int) -> None:
    assert Program.from_json(json.loads(json.dumps(program.to_json()))) == program
    play(CALLBACKS.stage, program, at_random(Random(seed), list(program.parties)))


@pytest.mark.slow
def test_processes_do_so(tmp_path: Path) -> None:
    notes = tuple(Note(f"note {number}", LI) for number in range(20))
    crowd = program(LATE, a=notes, b=(*notes, Send("cancel", {}, LI)), c=(Work(),) * 10)
    play_apart(TICKETS, crowd, f"sqlite:///{(tmp_path / 'apart.db').as_posix()}")


@pytest.mark.slow
def test_processes_do_so_on_postgresql(postgres: Schemas) -> None:
    notes = tuple(Note(f"note {number}", LI) for number in range(20))
    crowd = program(LATE, a=notes, b=(*notes, Send("cancel", {}, LI)), c=(Work(),) * 10)
    play_apart(TICKETS, crowd, postgres.make())


@pytest.mark.parametrize("one", PROGRAMS.values(), ids=PROGRAMS)
def test_a_program_survives_json(one: Program) -> None:
    assert Program.from_json(json.loads(json.dumps(one.to_json()))) == one


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (None, "this is no program"),
        ({"before": {}}, "lacks `before` or `parties`"),
        ({**PROGRAMS["two notes"].to_json(), "parties": {"a": [{"do": "restart"}]}}, "a can only open, send"),
        ({**PROGRAMS["two notes"].to_json(), "before": 1}, "this is no program: it lacks `before`"),
    ],
)
def test_what_is_no_program_is_told(data: object, why: str) -> None:
    with pytest.raises(InputError, match=why):
        Program.from_json(data)
