"""R6: calls are delivered after the commit, at least once, in order per case; what fails is kept."""

import asyncio
from datetime import timedelta
from random import Random

import pytest

from engine.desk import KIM, LI, MONDAY, ORDER
from svcflow.clocks import ManualClock
from svcflow.core.case import Case
from svcflow.core.decision import HookCall
from svcflow.core.event import SYSTEM
from svcflow.engine import Engine
from svcflow.errors import InputError
from svcflow.rounds import Tally, Terms

HASTY = Terms(first=timedelta(seconds=10), longest=timedelta(minutes=1), tries=3)


def in_repair(engine: Engine) -> Case:
    """A case with nothing in its outbox."""
    engine.hook("notify")(lambda call: None)
    case = engine.open("desk", ORDER, actor=LI)
    engine.send(case.id, "assign", {"owner": "kim"}, actor=LI)
    engine.tick()
    assert engine.outbox() == ()
    return case


def need(engine: Engine, case: Case, *parts: str) -> None:
    for part in parts:
        engine.send(case.id, "need", {"parts": [part]}, actor=KIM)


def test_a_call_says_what_it_is_for(engine: Engine) -> None:
    calls: list[HookCall] = []
    case = in_repair(engine)
    engine.hook("order_parts")(calls.append)
    need(engine, case, "panel")
    assert calls == []
    assert engine.tick() == Tally(delivered=1)
    (call,) = calls
    assert (call.case, call.process, call.version, call.hook) == (case.id, "desk", 1, "order_parts")
    assert (call.cause, call.at, call.attempt) == ("need", MONDAY, 1)
    assert call.fields["parts"] == ("panel",)
    assert engine.journal(case.id)[-1].calls == (call.key,)
    assert engine.outbox() == ()


@pytest.mark.requirement("R186", "R196")
def test_calls_of_a_case_come_in_order_and_one_that_fails_holds_back_the_later_ones(
    engine: Engine, clock: ManualClock
) -> None:
    case, other = in_repair(engine), engine.open("desk", ORDER, actor=LI)
    engine.send(other.id, "assign", {"owner": "kim"}, actor=LI)
    seen: list[tuple[str, str]] = []
    broken = {"first"}

    @engine.hook("order_parts")
    def order(call: HookCall) -> None:
        (part,) = call.fields["parts"]
        if part in broken:
            raise OSError("the shop is closed")
        seen.append((call.case, part))

    need(engine, case, "first", "second", "third")
    need(engine, other, "other")
    assert engine.tick(terms=HASTY) == Tally(delivered=2, failed=1)
    assert seen == [(other.id, "other")]
    broken.clear()
    clock.advance(timedelta(seconds=10))
    assert engine.tick(terms=HASTY) == Tally(delivered=3)
    assert seen[1:] == [(case.id, "first"), (case.id, "second"), (case.id, "third")]


@pytest.mark.requirement("R186", "R196")
def test_a_call_has_the_same_key_each_time(engine: Engine, clock: ManualClock) -> None:
    case = in_repair(engine)
    seen: list[tuple[str, int]] = []

    @engine.hook("order_parts")
    def order(call: HookCall) -> None:
        seen.append((call.key, call.attempt))
        if call.attempt < 3:
            raise OSError("no line")

    need(engine, case, "panel")
    for _ in range(3):
        engine.tick(terms=Terms(first=timedelta(seconds=10)))
        clock.advance(timedelta(minutes=1))
    assert len({key for key, _ in seen}) == 1
    assert [attempt for _, attempt in seen] == [1, 2, 3]


def test_pauses_between_tries_double_up_to_the_longest(engine: Engine) -> None:
    terms = Terms(first=timedelta(seconds=4), longest=timedelta(seconds=60), tries=99)
    for failed, full in ((1, 4), (2, 8), (3, 16), (4, 32), (5, 60), (50, 60), (5000, 60)):
        pauses = {terms.pause(failed, Random(seed)) for seed in range(50)}
        assert timedelta(seconds=full / 2) <= min(pauses) < max(pauses) <= timedelta(seconds=full)


def test_after_so_many_tries_a_call_is_dead_until_an_operator_retries_it(engine: Engine, clock: ManualClock) -> None:
    case = in_repair(engine)
    works: list[str] = []

    @engine.hook("order_parts")
    def order(call: HookCall) -> None:
        if not works:
            raise OSError("the shop is closed")

    need(engine, case, "panel")
    tallies = []
    for _ in range(4):
        tallies.append(engine.tick(terms=HASTY))
        clock.advance(timedelta(hours=1))
    assert [(tally.failed, tally.parked) for tally in tallies] == [(1, 0), (1, 0), (0, 1), (0, 0)]
    (incident,) = engine.incidents()
    assert (incident.kind, incident.case, incident.attempts) == ("hook", case.id, 3)
    assert incident.error == "OSError: the shop is closed"
    works.append("yes")
    assert engine.retry(case.id, incident.name)
    assert engine.tick(terms=HASTY).delivered == 1
    assert (engine.incidents(), engine.outbox()) == ((), ())
    assert not engine.retry(case.id, incident.name)


def test_an_operator_may_give_a_dead_call_up_and_the_journal_says_why(engine: Engine) -> None:
    case = in_repair(engine)
    seen: list[str] = []

    @engine.hook("order_parts")
    def order(call: HookCall) -> None:
        (part,) = call.fields["parts"]
        if part == "panel":
            raise OSError("no such part")
        seen.append(part)

    need(engine, case, "panel", "cable")
    engine.tick(terms=Terms(tries=1))
    (incident,) = engine.incidents()
    assert not engine.skip(case.id, "another", reason="a mistake", actor=LI)
    with pytest.raises(InputError, match="giving a call up needs a reason"):
        engine.skip(case.id, incident.name, reason=" ", actor=LI)
    assert engine.skip(case.id, incident.name, reason="ordered by phone", actor=LI)
    engine.tick()
    assert (seen, engine.outbox(), engine.incidents()) == (["cable"], (), ())
    note = engine.journal(case.id)[-1]
    assert (note.kind, note.actor.id) == ("note", "li")
    assert note.detail["text"] == f"hook call {incident.name} is given up: ordered by phone"


def test_a_call_for_a_hook_that_nobody_registered_waits_and_is_listed(engine: Engine) -> None:
    case = in_repair(engine)
    need(engine, case, "panel")
    assert not engine.tick()
    assert engine.unheard() == ("order_parts",)
    assert [delivery.state for delivery in engine.outbox(case.id)] == ["waiting"]
    seen: list[HookCall] = []
    engine.hook("order_parts")(seen.append)
    engine.tick()
    assert (len(seen), engine.unheard()) == (1, ())


class Mute(Exception):
    """An error that cannot say what it is."""

    def __str__(self) -> str:
        raise KeyError("reason")


@pytest.mark.parametrize(
    ("problem", "told"),
    [
        (ValueError("half an answer: \0"), "ValueError: half an answer: \N{REPLACEMENT CHARACTER}"),
        (OSError("no such file: order\udcff.txt"), "OSError: no such file: order?.txt"),
        (Mute(), "Mute"),
    ],
    ids=["with a zero byte", "with half a letter", "without words"],
)
def test_an_error_that_no_database_can_keep_is_kept_all_the_same(engine: Engine, problem: Exception, told: str) -> None:
    def fail(call: HookCall) -> None:
        raise problem

    engine.hook("notify")(fail)
    engine.hook("record_breach", inside=True)(fail)
    engine.open("desk", ORDER, actor=LI)
    assert engine.tick(terms=Terms(tries=1)) == Tally(parked=1)
    assert [incident.error for incident in engine.incidents()] == [told]
    tally = engine.tick(engine.clock.now() + timedelta(hours=3), terms=Terms(tries=1))
    assert tally == Tally(parked=1)
    timer, _ = engine.incidents()
    assert timer.error.startswith("Refused: ")


@pytest.mark.requirement("R146")
def test_a_host_answers_with_the_key_of_the_call(engine: Engine) -> None:
    case = in_repair(engine)

    @engine.hook("order_parts")
    def order(call: HookCall) -> None:
        engine.note(call.case, "ordered", actor=SYSTEM, key=call.key)
        raise OSError("the answer of the shop was lost")

    need(engine, case, "panel")
    for _ in range(3):
        engine.tick(engine.clock.now() + timedelta(hours=1))
    assert [entry.kind for entry in engine.journal(case.id)].count("note") == 1


def test_coroutines_are_awaited_side_by_side_and_given_up_after_a_while(engine: Engine) -> None:
    cases = [engine.open("desk", ORDER, actor=LI) for _ in range(3)]
    here = 0
    together = asyncio.Event()

    @engine.hook("notify")
    async def notify(call: HookCall) -> None:
        nonlocal here
        if call.case == cases[0].id:
            await asyncio.Event().wait()
        here += 1
        if here == 2:
            together.set()
        await together.wait()

    tally = engine.tick(terms=Terms(timeout=timedelta(seconds=2)))
    assert tally == Tally(delivered=2, failed=1)
    (delivery,) = engine.outbox()
    assert delivery.call.case == cases[0].id
    assert (delivery.error or "").startswith("TimeoutError")


def test_a_round_can_be_made_from_within_an_event_loop(engine: Engine) -> None:
    seen: list[str] = []

    @engine.hook("notify")
    async def notify(call: HookCall) -> None:
        await asyncio.wait_for(asyncio.Event().wait(), 0.001) if call.attempt == 0 else None
        seen.append(call.case)

    case = engine.open("desk", ORDER, actor=LI)

    async def host() -> Tally:
        return engine.tick()

    assert asyncio.run(host()).delivered == 1
    assert seen == [case.id]


def test_a_plain_function_that_answers_with_a_coroutine_is_awaited(engine: Engine) -> None:
    seen: list[str] = []

    async def later(call: HookCall) -> None:
        seen.append(call.case)

    engine.hook("notify")(lambda call: later(call))  # noqa: PLW0108 - the lambda hides that it is a coroutine function
    case = engine.open("desk", ORDER, actor=LI)
    assert engine.tick().delivered == 1
    assert seen == [case.id]


def test_calls_whose_lease_ran_out_while_others_were_made_are_left_to_another_worker(
    engine: Engine, clock: ManualClock
) -> None:
    for _ in range(2):
        engine.open("desk", ORDER, actor=LI)
    seen: list[HookCall] = []

    @engine.hook("notify")
    def slow(call: HookCall) -> None:
        seen.append(call)
        clock.advance(timedelta(minutes=6))

    engine.tick(terms=Terms(batch=2))
    assert [call.attempt for call in seen] == [1, 2]
    assert len({call.case for call in seen}) == 2
    assert engine.outbox() == ()


def test_a_hook_that_moves_the_case_in_a_circle_does_not_keep_a_round_going_for_ever(engine: Engine) -> None:
    case = in_repair(engine)
    calls = 0

    @engine.hook("order_parts")
    def order(call: HookCall) -> None:
        nonlocal calls
        calls += 1
        need(engine, case, "again")

    need(engine, case, "panel")
    assert engine.tick().delivered == calls >= 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"batch": 0},
        {"tries": 0},
        {"lanes": 0},
        {"lease": timedelta()},
        {"first": timedelta(seconds=-1)},
        {"timeout": timedelta(minutes=5)},
    ],
)
def test_terms_that_cannot_be_kept_are_refused(wrong: dict[str, int | timedelta]) -> None:
    with pytest.raises(InputError):
        Terms(**wrong)  # type: ignore[arg-type]
