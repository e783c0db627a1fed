"""`svcflow watch` lists what is beyond its limit, and opens the cases when it is told to."""

from __future__ import annotations

from pathlib import Path

import pytest

from cli.shop import Command

LOOK = """
process: look
version: 1
roles: [lead]
fields: {finding: text, customer: person}
open: {by: [lead, system], ask: finding, may: customer}
states:
  looking: {by: lead, events: {found: over}}
  over: {end: done}
"""
EARLIER = ("--against-since", "2000-01-01T00:00Z")
MEASURES = """
limits: {cases: 0}
watch: {cases: {by: customer, open: look, fields: {finding: "{value} of {customer}", customer: "{customer}"}}}
"""


@pytest.fixture
def watched(shop: Command, case: str, folder: Path) -> Command:
    (folder / "look.yaml").write_text(LOOK, encoding="utf-8")
    (folder / "measures.yaml").write_text(MEASURES, encoding="utf-8")
    assert shop("publish", "look.yaml").status == 0
    return shop


@pytest.mark.requirement("R083")
def test_it_lists_first_and_opens_when_told_to_and_never_twice(watched: Command) -> None:
    listed = watched("watch", "--measures", "measures.yaml")
    assert (listed.status, "to be opened: look" in listed.out) == (1, True)
    opened = watched("watch", "--measures", "measures.yaml", "--open", "--format", "json")
    (alarm,) = opened.data
    assert (opened.status, alarm["new"], alarm["fields"]) == (0, True, {"finding": "1 of acme", "customer": "acme"})
    # The case itself is one of acme's, opened in this month: it does not count.
    (again,) = watched("watch", "--measures", "measures.yaml", "--open", "--format", "json").data
    assert (again["case"], again["new"], again["count"]) == (alarm["case"], False, 1)
    assert [one["id"] for one in watched("cases", "--process", "look", "--format", "json").data] == [alarm["case"]]


def test_a_refusal_is_told_with_its_reason(watched: Command, folder: Path) -> None:
    (folder / "measures.yaml").write_text(MEASURES.replace("open: look", "open: shop"), encoding="utf-8")
    answer = watched("watch", "--measures", "measures.yaml", "--open")
    assert (answer.status, "refused: " in answer.out) == (1, True)


def test_nothing_beyond_its_limit_is_nothing_to_do(watched: Command, folder: Path) -> None:
    (folder / "measures.yaml").write_text(MEASURES.replace("cases: 0", "cases: 9"), encoding="utf-8")
    answer = watched("watch", "--measures", "measures.yaml")
    assert (answer.status, answer.out) == (0, "nothing is beyond its limit\n")


@pytest.mark.parametrize(
    ("measures", "told"),
    [
        ("limits: {cases: 0}", "watches nothing"),
        ("watch: {cases: {open: look}}", "measures.yaml:1:9: `watch`: cases: it has no limit"),
        ("watch: {cases: look}", "says which process is opened"),
        ("watch: {cases: {open: look, bye: product}}", "a figure that is watched has no `bye`: did you mean `by`?"),
        ("watch: {cases: {open: look, fields: [a]}}", "`fields` is a mapping from names"),
        ("limits: {cases: 99}\nwatch: {cases: {open: nowhere}}", "no process 'nowhere' is published"),
        ("limits: {cases: 0}\nwatch: {cases: {open: look, by: customer+}}", "cases: `by` has an empty name"),
    ],
)
def test_what_cannot_be_watched_is_one_clear_error(watched: Command, folder: Path, measures: str, told: str) -> None:
    (folder / "measures.yaml").write_text(measures, encoding="utf-8")
    answer = watched("watch", "--measures", "measures.yaml")
    assert (answer.status, answer.out) == (2, "")
    assert told in answer.err


def test_a_report_names_limits_that_it_could_not_look_at(watched: Command, folder: Path) -> None:
    (folder / "measures.yaml").write_text("limits: {complaint_rate: 1, nps: 10}", encoding="utf-8")
    whole = watched("report", "--measures", "measures.yaml")
    assert "complaint_rate" not in whole.err
    assert "the limit of nps is not looked at: nothing was observed" in whole.err
    one = watched("report", "--measures", "measures.yaml", "--process", "shop")
    assert "the limit of complaint_rate is not looked at: it needs all processes" in one.err
    both = watched("report", "--measures", "measures.yaml", "--since", "2010-01-01T00:00Z", *EARLIER)
    assert "a comparison does not look at limits" in both.err
