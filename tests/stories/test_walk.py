"""
A walk goes step by step and back again, and is told as a story that is true.
"""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stories.workshop import Teller
from svcflow import stories
from svcflow.core.event import SYSTEM, Actor
from svcflow.core.process import Process
from svcflow.errors import InputError
from svcflow.language.nodes import plain
from svcflow.language.reader import read
from svcflow.stories.desk import Desk
from svcflow.stories.story import Library, read_text
from svcflow.stories.walk import Deed, Walk
from svcflow.stories.writing import flow, row, scalar, written

MONDAY = datetime(2026, 3, 9, 1, tzinfo=UTC)
LI, WANG, CAI = Actor("li", {"agent"}), Actor("wang", {"engineer"}), Actor("cai", {"caller"})
BO, WU = Actor("bo", {"lead", "agent"}, {"north"}), Actor("wu", {"caller"}, on_behalf_of="wang")

VALUES = {
    "customer": st.sampled_from(["acme", "花园小区"]), "owner": st.sampled_from(["wang", "li", "north"]),
    "parts": st.lists(st.sampled_from(["fan", "a belt, long", "屏幕"]), max_size=3), "photos": st.just(["a.jpg"]),
    "visit": st.sampled_from(["2026-03-10 14:00", "soon"]), "price": st.sampled_from(["3", "300.50", "much"]),
    "phone": st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=8),
}  # fmt: skip
EVENTS = ("hand_over", "dear", "refuse", "order", "done", "come", "praise", "grumble", "file")
PEOPLE = st.sampled_from([LI, WANG, CAI, BO, WU, SYSTEM])
SENT = st.builds(
    Deed, PEOPLE, st.sampled_from(EVENTS), st.fixed_dictionaries({}, optional=VALUES),
    st.sampled_from([None, None, None, "survey", "note"]),
)  # fmt: skip
LENGTHS = st.timedeltas(timedelta(), timedelta(days=9)).map(lambda length: length - length % timedelta(seconds=1))


@pytest.fixture(scope="module")
def family(workshop: Teller) -> tuple[Process, ...]:
    return Library().family("workshop", workshop.file.parent)


def deed(event: str | None, actor: Actor = LI, case: str | None = None, **form: object) -> Deed:
    return Deed(actor, event, form, case)


def opened(family: tuple[Process, ...]) -> Walk:
    walk = Walk(family, MONDAY)
    walk.do(deed(None, customer="acme"))
    return walk


def test_an_undone_step_has_never_happened(family: tuple[Process, ...]) -> None:
    walk = opened(family)
    walk.do(deed("hand_over", owner="wang"))
    before = walk.desk.cases(), walk.desk.now, walk.desk.course[:], walk.desk.calls[:]
    walk.do(Deed(until=MONDAY + timedelta(days=3)))
    walk.do(deed("done", WANG))
    assert [case.process for case in walk.desk.cases()] == ["workshop", "survey"]
    walk.undo()
    walk.undo()
    assert (walk.desk.cases(), walk.desk.now, walk.desk.course, walk.desk.calls) == before


def test_everything_can_be_undone_and_then_nothing_more(family: tuple[Process, ...]) -> None:
    walk = opened(family)
    assert walk.undo() is not None
    assert walk.undo() is None
    assert walk.desk.course == []


def test_the_next_thing_is_seen_when_it_has_happened(family: tuple[Process, ...]) -> None:
    walk = opened(family)
    first = walk.wait_for_next()
    assert first is not None
    assert [one.entry.name for one in first.happened] == ["limit:received"]
    assert walk.desk.now == MONDAY + timedelta(hours=2, minutes=1)
    walk.do(deed("refuse"))
    assert walk.wait_for_next() is None


def test_timers_without_end_are_given_up(family: tuple[Process, ...]) -> None:
    desk = Desk.on(family, MONDAY, rounds=3)
    desk.open("workshop", {"customer": "acme"}, LI)
    desk.wait(MONDAY + timedelta(hours=3))
    desk.send("case", "hand_over", {"owner": "wang"}, LI)
    desk.send("case", "order", {"parts": "fan"}, WANG)
    with pytest.raises(InputError, match="too many timers"):
        desk.wait(MONDAY + timedelta(days=30))


def test_what_cannot_be_is_an_error_and_leaves_no_trace(family: tuple[Process, ...]) -> None:
    walk = Walk(family, MONDAY)
    with pytest.raises(InputError, match="the case is not open"):
        walk.do(deed("refuse"))
    with pytest.raises(InputError, match="no case of survey was opened"):
        walk.do(deed("praise", case="survey"))
    with pytest.raises(InputError, match="passed already"):
        walk.do(Deed(until=MONDAY - timedelta(days=1)))
    assert walk.outcomes == []


def test_a_walk_is_written_the_way_a_person_would(family: tuple[Process, ...], workshop: Teller) -> None:
    walk = opened(family)
    walk.do(deed("hand_over", WANG, owner="wang"))
    walk.do(Deed(until=MONDAY + timedelta(minutes=10)))
    walk.do(deed("hand_over", owner="wang", photos=["a.jpg", "b.jpg"]))
    walk.do(deed("done", WANG))
    walk.do(deed("praise", WU, "survey"))
    walk.do(deed("praise", CAI, "survey"))
    walk.do(Deed(until=MONDAY + timedelta(days=1)))
    assert written(walk, "a good day") == (
        "story: a good day\n"
        "process: workshop\n"
        "start: 2026-03-09 09:00\n"
        "people:\n"
        "  li: agent\n"
        "  wang: engineer\n"
        "  wu: {roles: caller, for: wang}\n"
        "  cai: caller\n"
        "steps:\n"
        "  - by: li\n"
        "    open: {customer: acme}\n"
        "    state: received\n"
        "  - by: wang\n"
        "    send: hand_over\n"
        "    with: {owner: wang}\n"
        "    refused: by\n"
        "    state: received\n"
        "  - at: 2026-03-09 09:10\n"
        "    by: li\n"
        "    send: hand_over\n"
        "    with: {owner: wang, photos: [a.jpg, b.jpg]}\n"
        "    state: work.bench\n"
        "    does: {notify: {owner: yours}}\n"
        "  - by: wang\n"
        "    send: done\n"
        "    state: check\n"
        "    does: {start: survey}\n"
        "  - in: survey\n"
        "    by: wu\n"
        "    send: praise\n"
        "    refused: not_by\n"
        "    state: calling\n"
        "  - in: survey\n"
        "    by: cai\n"
        "    send: praise\n"
        "    state: good\n"
        "  - at: 2026-03-10 09:00\n"
        "    state: returned\n"
        "    clocks: {solved: met}\n"
    )


@given(deeds=st.lists(SENT | LENGTHS | st.none(), max_size=12), fields=st.fixed_dictionaries({}, optional=VALUES))
@settings(max_examples=40)
def test_every_walk_is_a_true_story(
    family: tuple[Process, ...], workshop: Teller, deeds: list[Any], fields: dict[str, Any]
) -> None:
    walk = Walk(family, MONDAY)
    walk.do(
        Deed(LI, None, {name: fields[name] for name in fields if name in {"visit", "phone"}} | {"customer": "acme"})
    )
    if not walk.desk.course:
        return
    for one in deeds:
        if one is None:
            walk.wait_for_next()
        elif isinstance(one, timedelta):
            walk.do(Deed(until=walk.desk.now + one))
        elif one.case in {None, *(case.process for case in walk.desk.cases())} and one.event in walk.of(one.case).sent:
            walk.do(one)
    text = written(walk, "drawn")
    told = stories.run(read_text(text, str(workshop.file), workshop.library))
    assert told.misses == (), text
    assert [one.entry for one in told.course] == [one.entry for one in walk.desk.course]


@given(
    text=st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
    other=st.text("a:, #-'\"[]{}&*!|>%@`", max_size=8),
)
def test_any_text_is_read_as_it_was_written(text: str, other: str) -> None:
    for one in (text, other, f"{other}{text}"):
        lone = read(f"key: {scalar(one)}\n", "story")
        inner = read(f"key: {flow([(one or 'x', row([one, other]))])}\n", "story")
        assert lone.findings == inner.findings == ()
        assert lone.root is not None
        assert inner.root is not None
        assert plain(lone.root) == {"key": one}
        assert plain(inner.root) == {"key": {one or "x": [one, other]}}


@pytest.mark.parametrize(
    "text", ["2026-03-09 09:00", "TV-55", "555-0100", "电视 黑屏", "a.jpg", "100%", "repair.onsite"]
)
def test_a_harmless_text_stands_without_quotes(text: str) -> None:
    assert scalar(text) == text


def test_a_story_of_the_catalog_can_be_walked(tmp_path: Path) -> None:
    walk = Walk(Library().family("service_ticket", tmp_path), MONDAY)
    walk.do(deed(None, customer="acme", phone="1", fault="no picture"))
    walk.do(deed("accept", product="X", contract="gold", warranty="in_warranty", priority="P1", owner="li"))
    assert "does: {notify: {customer: accepted}}\n    clocks: {first_response: met, resolution: running}\n" in written(
        walk, ""
    )
