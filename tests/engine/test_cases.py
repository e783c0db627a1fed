"""Opening, sending, previewing, noting: what an application does with a case."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from engine.desk import ACME, BO, KIM, LI, MONDAY, ORDER
from svcflow.clocks import ManualClock
from svcflow.core.decision import Decision, Refusal
from svcflow.core.event import Actor, Event
from svcflow.engine import Engine
from svcflow.errors import CaseNotFound, InputError, ProcessNotFound


def test_a_case_goes_from_its_first_state_to_an_end(engine: Engine) -> None:
    case = engine.open("desk", ORDER, actor=LI)
    assert (case.state, case.status, case.fields["fault"]) == ("received", "open", "no picture")
    assert engine.send(case.id, "assign", {"owner": "kim"}, actor=LI).state == "repair"
    assert engine.send(case.id, "done", {"result": "new panel"}, actor=KIM).state == "confirm"
    ended = engine.send(case.id, "fine", actor=ACME)
    assert (ended.state, ended.status, ended.ended_at) == ("closed", "done", MONDAY)
    assert engine.case(case.id) == ended


@pytest.mark.requirement("R025")
def test_a_case_lives_by_the_version_and_content_it_was_opened_with(engine: Engine) -> None:
    case = engine.open("desk", ORDER, actor=LI)
    process = engine.process("desk")
    assert (case.version, case.digest) == (process.version, process.digest)


def test_what_is_not_there_is_named(engine: Engine) -> None:
    with pytest.raises(ProcessNotFound, match="'shop'"):
        engine.open("shop", actor=LI)
    for ask in (
        lambda: engine.send("nobody", "assign", actor=LI),
        lambda: engine.case("nobody"),
        lambda: engine.menu("nobody", actor=LI),
        lambda: engine.preview("nobody", "assign", actor=LI),
        lambda: engine.clocks("nobody"),
        lambda: engine.journal("nobody"),
        lambda: engine.verify("nobody"),
        lambda: engine.note("nobody", "rang", actor=LI),
    ):
        with pytest.raises(CaseNotFound, match="'nobody'"):
            ask()


def test_a_misspelt_process_is_told_with_the_one_that_was_probably_meant(engine: Engine) -> None:
    with pytest.raises(ProcessNotFound, match=r"no process 'dsek' .*; did you mean 'desk'\?") as raised:
        engine.open("dsek", actor=LI)
    assert raised.value.near == "desk"


def test_a_case_is_named_by_its_id(engine: Engine) -> None:
    case = engine.open("desk", ORDER, actor=LI)
    for ask in (
        lambda: engine.send(case, "assign", {"owner": "kim"}, actor=LI),  # type: ignore[arg-type]
        lambda: engine.case(case),  # type: ignore[arg-type]
        lambda: engine.menu(case, actor=LI),  # type: ignore[arg-type]
    ):
        with pytest.raises(InputError, match=r"by its id, as in `case\.id`; this is Case"):
            ask()


def test_a_process_is_opened_by_its_name(engine: Engine) -> None:
    with pytest.raises(InputError, match="`process` must be a text; this is Process"):
        engine.open(engine.process("desk"), ORDER, actor=LI)  # type: ignore[arg-type]


def test_an_engine_is_made_on_a_url_or_a_store(tmp_path: Path) -> None:
    for wrong in (tmp_path / "service.db", None):
        with pytest.raises(
            InputError, match=r"`store` must be a Store or a URL, .*'sqlite:///service\.db' .*; this is"
        ):
            Engine(wrong)  # type: ignore[arg-type]
    assert list(tmp_path.iterdir()) == []


def test_an_actor_is_an_actor_and_a_key_is_a_text(engine: Engine) -> None:
    case = engine.open("desk", ORDER, actor=LI)
    with pytest.raises(InputError, match=r"Actor\('li'"):
        engine.send(case.id, "assign", {"owner": "kim"}, actor="li")  # type: ignore[arg-type]
    with pytest.raises(InputError, match="`key`"):
        engine.send(case.id, "assign", {"owner": "kim"}, actor=LI, key="")
    assert engine.case(case.id) == case


def test_the_host_may_choose_the_id_but_not_one_that_is_taken(engine: Engine) -> None:
    case = engine.open("desk", ORDER, actor=LI, id="T-2026-1")
    assert case.id == "T-2026-1"
    with pytest.raises(InputError, match="'T-2026-1' already"):
        engine.open("desk", ORDER, actor=LI, id="T-2026-1")
    with pytest.raises(InputError, match="'T-2026-1' already"):
        engine.open("desk", ORDER, actor=LI, id="T-2026-1", key="web-1")
    assert engine.case("T-2026-1") == case


def test_a_form_maps_names_to_values(engine: Engine) -> None:
    case = engine.open("desk", ORDER, actor=LI)
    for wrong in ("kim", ["owner"], {1: "kim"}, None):
        with pytest.raises(InputError, match="`fields` must map names"):
            engine.send(case.id, "assign", wrong, actor=LI)  # type: ignore[arg-type]


def test_new_ids_are_distinct_and_sort_by_time(engine: Engine, clock: ManualClock) -> None:
    ids = []
    for _ in range(5):
        ids += [engine.open("desk", ORDER, actor=LI).id for _ in range(2)]
        clock.advance(timedelta(milliseconds=1))
    assert len(set(ids)) == 10
    assert sorted(ids[::2]) == ids[::2]


def test_a_preview_is_what_sending_would_do_and_writes_nothing(engine: Engine) -> None:
    case = engine.open("desk", ORDER, actor=LI)
    decision = engine.preview(case.id, "assign", {"owner": "kim"}, actor=LI)
    assert isinstance(decision, Decision)
    assert engine.case(case.id) == case
    assert engine.send(case.id, "assign", {"owner": "kim"}, actor=LI) == decision.case
    refusal = engine.preview(case.id, "done", {"result": "x"}, actor=LI)
    assert isinstance(refusal, Refusal)
    assert refusal.code == "forbidden"


def test_a_note_stands_in_the_journal_and_moves_nothing(engine: Engine) -> None:
    case = engine.open("desk", ORDER, actor=LI)
    noted = engine.note(case.id, "rang, is away until Monday", actor=BO)
    assert (noted.states, noted.seq) == (case.states, case.seq + 1)
    entry = engine.journal(case.id)[-1]
    assert (entry.kind, entry.actor.id, entry.detail["text"]) == ("note", "bo", "rang, is away until Monday")
    with pytest.raises(InputError, match="needs a text"):
        engine.note(case.id, "  ", actor=BO)


@pytest.mark.parametrize("wrong", [None, 5, b"rang", ["rang"]])
def test_what_somebody_says_in_a_journal_is_a_text(engine: Engine, wrong: Any) -> None:  # noqa: ANN401 - what no type admits
    case = engine.open("desk", ORDER, actor=LI)
    for name, saying in (
        ("text", lambda: engine.note(case.id, wrong, actor=BO)),
        ("reason", lambda: engine.erase(case.id, reason=wrong, actor=BO)),
        ("reason", lambda: engine.skip(case.id, "a call", reason=wrong, actor=BO)),
    ):
        with pytest.raises(InputError, match=f"`{name}` must be a text; this is {type(wrong).__name__}"):
            saying()
    assert engine.case(case.id) == case


@pytest.mark.requirement("R179")
def test_who_acted_for_whom_is_journalled(engine: Engine) -> None:
    case = engine.open("desk", ORDER, actor=LI)
    deputy = Actor("bo", roles={"agent"}, on_behalf_of="li")
    engine.send(case.id, "assign", {"owner": "kim"}, actor=deputy)
    entry = engine.journal(case.id)[-1]
    assert (entry.actor.id, entry.actor.on_behalf_of) == ("bo", "li")


def test_many_events_each_stand_for_themselves(engine: Engine) -> None:
    one = engine.open("desk", ORDER, actor=LI)
    other = engine.open("desk", ORDER, actor=LI)
    answers = engine.send_many(
        [
            (one.id, Event("assign", {"owner": "kim"}, LI)),
            (other.id, Event("done", {"result": "x"}, KIM)),
            (one.id, Event("done", {"result": "new panel"}, KIM)),
            (other.id, Event("assign", {"owner": "kim"}, LI)),
        ]
    )
    states = [answer.code if isinstance(answer, Refusal) else answer.state for answer in answers]
    assert states == ["repair", "not_here", "confirm", "repair"]
    assert (engine.case(one.id).state, engine.case(other.id).state) == ("confirm", "repair")
    assert [entry.seq for entry in engine.journal(one.id)] == [1, 2, 3]
    assert engine.verify().broken == ()


def test_more_events_than_fit_into_one_transaction_all_arrive(engine: Engine) -> None:
    case = engine.open("desk", ORDER, actor=LI)
    events = [(case.id, Event("correct", {"fault": f"fault {n}"}, LI, key=f"row-{n}")) for n in range(250)]
    assert len(engine.send_many(events)) == 250
    assert engine.case(case.id).seq == 251
    repeated = engine.send_many(events)
    assert {answer.seq for answer in repeated if not isinstance(answer, Refusal)} == {251}


def test_an_unknown_case_among_many_ends_the_call_after_those_before_it(engine: Engine) -> None:
    case = engine.open("desk", ORDER, actor=LI)
    events = [(case.id, Event("correct", {"fault": f"fault {n}"}, LI)) for n in range(3)]
    with pytest.raises(CaseNotFound):
        engine.send_many([*events, ("nobody", Event("correct", {}, LI)), *events])
    assert engine.case(case.id).seq == 4


def test_a_closed_engine_says_so(engine: Engine) -> None:
    engine.close()
    with pytest.raises(Exception, match="closed"):
        engine.cases()
