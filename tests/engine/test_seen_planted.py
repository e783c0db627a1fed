"""
Values planted in fields that are for the lead alone: nothing that anybody else can ask for holds one of them.

The process is that of `planted`, with `seen_by: lead` in place of `private: true`.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, TypeAlias

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.planted import ARCHIVE, CALLER, CONFESSION, CORRECTED, GIVEN, LEAD, OPENED, STRANGER, VAULT, leaked
from svcflow.clocks import ManualClock
from svcflow.core.event import Actor
from svcflow.engine import Engine
from svcflow.errors import Refused
from svcflow.language import compile_sources

FILES = {
    f"{name}.yaml": text.replace("private: true", "seen_by: lead").replace("[caller]", "[caller, lead]")
    for name, text in (("vault", VAULT), ("confession", CONFESSION), ("archive", ARCHIVE))
}
FILES["archive.yaml"] = FILES["archive.yaml"].replace("words: text", "words: {type: text, seen_by: lead}")
PROCESSES = tuple(compile_sources(FILES, file) for file in FILES)
MONDAY = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
CHIEF = Actor("lin", roles={"lead", "agent", "caller"})
VIEWERS = (Actor("li", roles={"agent"}), CALLER, Actor("mei", groups={"acme"}), STRANGER)
EVENTS = (
    "correct",
    "copy",
    "shout",
    "whisper",
    "wait",
    "rich",
    "settle",
    "own",
    "ask",
    "told",
    "tell",
    "finish",
    "no_such",
)

Deed: TypeAlias = tuple[str, Mapping[str, Any]]

deeds: st.SearchStrategy[list[Deed]] = st.lists(
    st.one_of(
        st.tuples(st.sampled_from(["copy", "shout", "ask", "tell", "finish"]), st.just({})),
        st.tuples(
            st.just("correct"),
            st.sets(st.sampled_from(sorted(CORRECTED))).map(lambda names: {name: CORRECTED[name] for name in names}),
        ),
    ),
    max_size=5,
)


def carry_out(engine: Engine, done: list[Deed]) -> None:
    """Let the lead do as much of it as is possible, in whichever case it is."""
    case = engine.open("vault", {"customer": "acme", **OPENED}, actor=CHIEF).id
    for event, form in done:
        now = engine.case(case)
        where = next(iter(now.children.values()), case) if event == "tell" else case
        try:
            engine.send(where, event, {"given": GIVEN} if event == "tell" else form, actor=CHIEF)
        except Refused:
            continue


def answers(engine: Engine, viewer: Actor) -> Iterator[object]:
    """Whatever this viewer can be told, sending nothing secret."""
    yield engine.worklist(viewer)
    yield engine.cases(viewer=viewer)
    yield engine.cases(waiting_for=viewer, viewer=viewer)
    for case in engine.cases():
        yield engine.case(case.id, viewer=viewer)
        yield engine.clocks(case.id, viewer=viewer)
        yield engine.menu(case.id, actor=viewer)
        yield engine.journal(case.id, viewer=viewer)
        for event in EVENTS:
            for form in ({}, {"rank": "x", "born": "y", "nothing": "z"}, {"given": "nothing"}, {"words": "plain"}):
                yield engine.preview(case.id, event, form, actor=viewer)
    for name in OPENED:
        for value in (OPENED[name], CORRECTED[name]):
            assert engine.cases(where={name: value}, viewer=viewer) == ()


@pytest.mark.requirement("R102", "R230", "R233")
@given(deeds, st.sampled_from(VIEWERS))
def test_nobody_is_told_what_is_for_others(done: list[Deed], viewer: Actor) -> None:
    with Engine(clock=ManualClock(MONDAY)) as engine:
        engine.publish(*PROCESSES)
        carry_out(engine, done)
        for answer in answers(engine, viewer):
            assert leaked(f"{answer!r} {answer}") == []


def test_no_kind_of_store_tells_what_is_for_others(url: str) -> None:
    """Nor is a value found by a name that would lead past its field into what a store keeps there."""
    with Engine(url, clock=ManualClock(MONDAY)) as engine:
        engine.publish(*PROCESSES)
        carry_out(engine, [("correct", CORRECTED), ("copy", {}), ("ask", {})])
        for viewer in VIEWERS:
            for answer in answers(engine, viewer):
                assert leaked(f"{answer!r} {answer}") == []
        for name, value in CORRECTED.items():
            for asked in (f'{name}"."decimal', f'{name}"."date', f'{name}"[0]."', f'{name}"'):
                assert engine.cases(where={asked: str(value)}, viewer=STRANGER) == ()


@settings(max_examples=10)
@given(deeds)
def test_the_lead_is_told_all_of_it(done: list[Deed]) -> None:
    """What is looked for would be found, if it were there."""
    with Engine(clock=ManualClock(MONDAY)) as engine:
        engine.publish(*PROCESSES)
        carry_out(engine, done)
        (vault,) = engine.cases(process="vault", viewer=LEAD)
        assert vault == engine.cases(process="vault")[0]
        assert leaked(repr(engine.journal(vault.id, viewer=LEAD)))
