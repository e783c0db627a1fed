"""
A recorded case, run again as a trace, writes the journal that it came from.
"""

from collections import defaultdict
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

import pytest
from attrs import evolve

import shelf
from svcflow import catalog, stories
from svcflow.core.decision import JournalEntry
from svcflow.core.event import SYSTEM, Actor
from svcflow.core.process import Process
from svcflow.errors import InputError
from svcflow.language import load
from svcflow.testing.recorded import recorded, without_private
from svcflow.testing.running import run
from svcflow.testing.stage import Stage
from svcflow.testing.step import Course
from svcflow.testing.trace import Note, Open, Send, Trace, Wait

# Of these all stories are told again, of the others the longest one.
WHOLLY = ("callback", "complaint", "maintenance", "maintenance_plan", "service_ticket")
TOLD = {name: sorted(catalog.stories(name), key=lambda path: path.stat().st_size) for name in catalog.NAMES}
STORIES = [
    pytest.param(
        path,
        id=path.name.partition(".")[0],
        marks=() if name in WHOLLY or path == paths[-1] else pytest.mark.exhaustive,
    )
    for name, paths in TOLD.items()
    for path in paths
]
START = datetime(2026, 3, 9, 1, tzinfo=UTC)
PHONE = "555-0199"


@cache
def stage() -> Stage:
    """The whole catalog: each of its processes is checked once."""
    return Stage.of(*(getattr(catalog, name) for name in catalog.NAMES))


def journals_of(entries: list[JournalEntry]) -> dict[str, list[JournalEntry]]:
    found: dict[str, list[JournalEntry]] = defaultdict(list)
    for entry in entries:
        found[entry.case].append(entry)
    return dict(found)


def written(course: Course, processes: Mapping[str, Process]) -> dict[str, list[JournalEntry]]:
    return journals_of([shown(entry, processes[entry.case]) for step in course.steps for entry in step.entries])


def shown(entry: JournalEntry, process: Process) -> JournalEntry:
    """
    What a story says of itself holds no private values.
    """
    return evolve(entry, fields={name: value for name, value in entry.fields.items() if name not in process.private})


def whole(entry: JournalEntry, process: Process) -> JournalEntry:
    """
    A case cannot be opened again without the private fields that its opening asked for.
    """
    if entry.kind != "opened":
        return entry
    asked = process.private.intersection(process.opening.ask)
    return evolve(entry, fields={**entry.fields, **dict.fromkeys(asked, PHONE)})


@pytest.mark.requirement("R175")
@pytest.mark.parametrize("file", STORIES)
def test_every_story_told_in_the_examples_is_told_again_by_its_journals(file: Path) -> None:
    story = stories.read(file, shelf.LIBRARY)
    told = stories.run(story)
    journals = journals_of([happening.entry for happening in told.course])
    processes = {happening.entry.case: told.processes[happening.process] for happening in told.course}
    trace = recorded(*([whole(one, processes[case]) for one in journal] for case, journal in journals.items()))
    again = written(run(stage(), trace), processes)
    for case, journal in journals.items():
        assert again[case][: len(journal)] == [shown(entry, processes[case]) for entry in journal]


def test_it_says_what_people_did_and_leaves_to_time_what_time_did() -> None:
    li = Actor("li", roles={"agent"})
    entries = [
        JournalEntry("c", 1, START, "opened", "service_ticket", li, "web-1", {"fault": "x", "photos": None}),
        JournalEntry("c", 2, START + timedelta(hours=1), "timer", "limit:new", SYSTEM, detail={"step": "50%"}),
        JournalEntry("c", 3, START + timedelta(hours=2), "note", "note", li, detail={"text": "hm"}),
        JournalEntry("c", 4, START + timedelta(hours=2), "event", "refuse", li, fields={"reason": "y"}),
    ]
    assert recorded(entries) == Trace("service_ticket", START, (
        Open("service_ticket", {"fault": "x"}, li, "c", "web-1"), Wait(START + timedelta(hours=1, microseconds=1)),
        Wait(START + timedelta(hours=2)), Note("hm", li, "c"), Send("refuse", {"reason": "y"}, li, "c"),
    ))  # fmt: skip


def test_what_a_trace_cannot_hold_is_said() -> None:
    opened = JournalEntry("c", 1, START, "opened", "service_ticket", SYSTEM)
    moved = JournalEntry("c", 2, START, "migrated", "migrated", SYSTEM)
    for entries, why in (
        ([], "begins with its opening"),
        ([moved], "begins with its opening"),
        ([opened, moved], "c was brought to another version at entry 2"),
        ([opened, evolve(moved, kind="recalendared")], "c was brought to other holidays at entry 2"),
    ):
        with pytest.raises(InputError, match=why):
            recorded(entries)


PRIVATE = """
process: vault
version: 1
roles: [agent]
fields: {phone: {type: text, private: true}, keeper: {type: person, private: true}, rank: {type: 1..5, private: true},
         disease: {type: a | b, private: true}, product: text}
states: {a: {by: agent, events: {go: here, stop: b}}, b: {end: done}}
"""


def test_private_texts_get_stand_ins_wherever_they_stand_and_other_private_values_are_left_out(tmp_path: Path) -> None:
    (tmp_path / "vault.yaml").write_text(PRIVATE, encoding="utf-8")
    acme = Actor("555-0199", on_behalf_of="555-0199")
    entries = [
        JournalEntry("c", 1, START, "opened", "vault", acme, fields={"phone": "555-0199", "keeper": "li", "rank": 3}),
        JournalEntry("c", 2, START, "event", "go", Actor("li"), fields={"phone": "555-0100", "product": "li"}),
        JournalEntry("c", 3, START, "event", "go", SYSTEM, fields={"phone": None, "disease": "a"}),
    ]
    (shown,) = without_private([entries], {"vault": load(tmp_path / "vault.yaml")})
    assert [dict(entry.fields) for entry in shown] == [
        {"phone": "private-2", "keeper": "private-1"}, {"phone": "private-3", "product": "private-1"}, {"phone": None},
    ]  # fmt: skip
    assert [entry.actor for entry in shown] == [
        Actor("private-2", on_behalf_of="private-2"), Actor("private-1"), SYSTEM,
    ]  # fmt: skip
