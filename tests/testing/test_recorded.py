"""
A recorded case, run again as a trace, writes the journal that it came from.
"""

from collections import defaultdict
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

import pytest
from attrs import evolve

from svcflow import catalog, stories
from svcflow.core.decision import JournalEntry
from svcflow.core.event import SYSTEM, Actor
from svcflow.errors import InputError
from svcflow.language import load
from svcflow.testing.recorded import recorded, without_private
from svcflow.testing.running import run
from svcflow.testing.stage import Stage
from svcflow.testing.step import Course
from svcflow.testing.trace import Note, Open, Send, Trace, Wait

# Those of which what is private is the telephone number alone, and asked for at the opening.
PROCESSES = ("callback", "complaint", "maintenance", "maintenance_plan", "service_ticket")
STORIES = [path for name in PROCESSES for path in catalog.stories(name)]
START = datetime(2026, 3, 9, 1, tzinfo=UTC)
LIBRARY = stories.Library()
PHONE = "555-0199"


@cache
def stage(process: str) -> Stage:
    return Stage.of(getattr(catalog, process))


def journals_of(entries: list[JournalEntry]) -> dict[str, list[JournalEntry]]:
    found: dict[str, list[JournalEntry]] = defaultdict(list)
    for entry in entries:
        found[entry.case].append(entry)
    return dict(found)


def written(course: Course) -> dict[str, list[JournalEntry]]:
    return journals_of([without_phone(entry) for step in course.steps for entry in step.entries])


def without_phone(entry: JournalEntry) -> JournalEntry:
    """
    What a story says of itself holds no private values.
    """
    return evolve(entry, fields={name: value for name, value in entry.fields.items() if name != "phone"})


def with_phone(entry: JournalEntry) -> JournalEntry:
    return evolve(entry, fields={**entry.fields, "phone": PHONE}) if entry.kind == "opened" else entry


@pytest.mark.requirement("R175")
@pytest.mark.parametrize("file", STORIES, ids=lambda file: file.name.partition(".")[0])
def test_every_story_told_in_the_examples_is_told_again_by_its_journals(file: Path) -> None:
    story = stories.read(file, LIBRARY)
    journals = journals_of([happening.entry for happening in stories.run(story).course])
    trace = recorded(*([with_phone(entry) for entry in journal] for journal in journals.values()))
    again = written(run(stage(story.process.name), trace))
    for case, journal in journals.items():
        assert again[case][: len(journal)] == [without_phone(entry) for entry in journal]


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
