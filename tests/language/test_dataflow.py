"""What is surely filled where: by hand, and against random walks of the real engine core."""

from collections.abc import Iterator
from pathlib import Path
from random import Random
from textwrap import dedent

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.desk import HEAD, Desk
from core.walk import Run, begin, walk
from language.dataflow_cases import KNOWN, WAYS
from language.dataflow_draws import bodies
from svcflow.core.case import Case
from svcflow.language.checks import Project
from svcflow.language.compiled import Compiled
from svcflow.language.files import Files, Folder, Texts
from svcflow.language.rules.filled_ways import way_empty

CATALOG = str(Path(__file__).parents[2] / "src" / "svcflow" / "catalog")
NAMES = ("service_ticket", "complaint", "callback", "maintenance", "maintenance_plan")

runs = st.lists(
    st.tuples(st.sampled_from(("send", "send", "send", "due", "wait")), st.integers(0, 999), st.integers(0, 9999)),
    max_size=25,
)


def compiled(files: Files, file: str) -> Compiled:
    found = Project(files).check(file).compiled
    assert found is not None
    return found


HOUSE = {name: compiled(Folder(CATALOG), f"{name}.yaml") for name in NAMES}


def desk(body: str, **beside: str) -> Compiled:
    texts = {"desk.yaml": f"process: desk\nversion: 1\n{HEAD}{dedent(body)}"}
    return compiled(Texts(texts | {f"{name}.yaml": dedent(text) for name, text in beside.items()}), "desk.yaml")


def sure(found: Compiled, path: str) -> str:
    return " ".join(sorted(found.flow.sure[found.process.paths[path]] - {"opened_at"}))


def missing(found: Compiled, case: Case) -> set[str]:
    """The fields said to be surely filled where the case is, that are not."""
    known = frozenset[str]().union(*(found.flow.sure[found.process.paths[path]] for path in case.states))
    return {name for name in known if case.fields.get(name) in (None, "", ())}


def test_a_form_set_and_the_opening_fill_and_may_does_not() -> None:
    found = desk("""
        fields: {a: text, b: text, c: text, d: text}
        open: {ask: a, may: b}
        by: agent
        states:
          one: {events: {go: {to: two, ask: c, may: b, do: {set: {d: 'x'}}}}}
          two: {events: {go: over}}
          over: {end: done}
    """)
    assert [sure(found, path) for path in ("one", "two", "over")] == ["a", "a c d", "a c d"]


def test_what_only_one_of_two_ways_fills_is_not_sure() -> None:
    found = desk("""
        fields: {a: text, b: text}
        by: agent
        states:
          one: {events: {go: {to: two, ask: [a, b]}, skip: {to: two, ask: b}}}
          two: {events: {go: over}}
          over: {end: done}
    """)
    assert sure(found, "two") == "b"


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("filled(a)", "a"),
        ("a > 1 and b > 1", "a b"),
        ("a > 1 or b > 1", ""),
        ("a + b > 1", "a b"),
        ("not (not filled(a) or not filled(b))", "a b"),
        ("not (a > 1)", ""),
        ("c", "c"),
        ("c == true", ""),
    ],
)
def test_a_condition_that_holds_tells_what_is_filled(first: str, second: str) -> None:
    found = desk(f"""
        fields: {{a: number, b: number, c: flag}}
        by: agent
        states:
          one: {{events: {{go: {{to: [{{to: two, when: {first}}}, over]}}}}}}
          two: {{events: {{go: over}}}}
          over: {{end: done}}
    """)
    assert sure(found, "two") == second


def test_a_condition_above_that_does_not_hold_tells_too_unless_it_may_be_used_up() -> None:
    body = """
        fields: {a: number}
        by: agent
        states:
          one: {events: {go: {to: [{to: over, when: not filled(a)MAX}, two]}}}
          two: {events: {go: over}}
          over: {end: done}
    """
    assert sure(desk(body.replace("MAX", "")), "two") == "a"
    assert sure(desk(body.replace("MAX", ", max: 2")), "two") == ""


def test_set_empties_what_it_takes_from_an_empty_field() -> None:
    found = desk("""
        fields: {a: number, b: number, c: number}
        open: {ask: [a, c]}
        by: agent
        states:
          one: {events: {go: {to: two, do: {set: {a: b, c: c / 2}}}}}
          two: {events: {spoil: {to: here, do: {set: {c: c / b}}}, go: over}}
          over: {end: done}
    """)
    assert [sure(found, path) for path in ("one", "two")] == ["a c", ""]


def test_coming_back_loses_nothing_that_was_known() -> None:
    found = desk("""
        fields: {a: text, b: text}
        by: agent
        anywhere: {hold: {to: held, in: [one, two]}}
        states:
          one: {events: {go: {to: two, ask: a}}}
          two: {events: {go: over}}
          held: {events: {resume: back}}
          over: {end: done}
    """)
    assert [sure(found, path) for path in ("two", "held", "over")] == ["a", "", "a"]


def test_what_every_region_fills_is_sure_when_all_are_done() -> None:
    found = desk("""
        fields: {a: text, b: text, c: text}
        by: agent
        states:
          both:
            parallel: true
            states:
              left: {states: {m: {events: {ml: {to: n, ask: a}}}, n: {end: done}}}
              right: {states: {p: {events: {pr: {to: q, ask: b}, ps: {to: q, ask: [b, c]}}}, q: {end: done}}}
            events: {done: two}
          two: {events: {go: over}}
          over: {end: done}
    """)
    assert [sure(found, path) for path in ("both.left.n", "two")] == ["a", "a b"]


CHILD = """
process: call
version: 1
roles: [clerk]
gives: [score, note]
fields: {score: number, note: text}
states:
  calling: {by: clerk, events: {save: {to: good, ask: score, may: note}, stop: silent}}
  good: {end: done}
  silent: {end: done}
"""


def test_a_child_gives_what_is_sure_at_its_end() -> None:
    found = desk(
        """
        fields: {score: number, note: text}
        by: agent
        states:
          calling: {run: call, events: {good: praised, silent: over}}
          praised: {events: {go: over}}
          over: {end: done}
        """,
        call=CHILD,
    )
    assert [sure(found, path) for path in ("praised", "over")] == ["score", ""]


def test_processes_that_run_each_other_come_to_an_end_and_believe_each_other() -> None:
    other = CHILD.replace("stop: silent", "stop: asking").replace(
        "  good:", "  asking: {run: desk, events: {over: good}}\n  good:"
    )
    found = desk(
        """
        fields: {score: number}
        gives: score
        by: agent
        states:
          new: {events: {call: calling}}
          calling: {run: call, events: {good: over}}
          over: {end: done}
        """,
        call=other,
    )
    assert sure(found, "over") == "score"


def walks(found: Compiled, many: int) -> Iterator[Case]:
    """
    Every case at rest on some random walks, forms filled in as little and as much as can be by turns.
    """
    for seed in range(many):
        chance, one = Random(seed), begin(found.process, seed=seed)
        for _ in range(8):
            yield from one.cases.values()
            what = chance.choice(("send", "send", "due"))
            # An instant after what is due; a form with none or all of what it may have.
            walk(one, [(what, chance.randrange(999), 2 if what == "due" else (0, 4095)[seed % 2])])


def leaves(found: Compiled, path: str) -> frozenset[int]:
    return found.graph.leaves(found.process.paths[path])


@pytest.mark.parametrize("name", KNOWN)
def test_what_is_sure_is_all_that_is_always_there(name: str) -> None:
    found = desk(KNOWN[name].body)
    reached = {path: sure(found, path) for path in KNOWN[name].sure if found.process.paths[path] in found.flow.sure}
    assert reached == {path: names for path, names in KNOWN[name].sure.items() if names is not None}
    always: dict[str, set[str]] = {}
    for case in walks(found, 40):
        filled = {field for field in found.process.fields if case.fields.get(field) not in (None, "", ())}
        for path in set(case.states) & KNOWN[name].sure.keys():
            always[path] = always.get(path, filled) & filled
    assert {path: " ".join(sorted(fields - {"opened_at"})) for path, fields in always.items()} == reached


@pytest.mark.parametrize("name", WAYS)
def test_a_way_is_told_where_one_can_be_gone_and_none_where_a_field_is_never_empty(name: str) -> None:
    found = desk(WAYS[name].body)
    (leaf,) = leaves(found, "two") if name != "a neighbour that fills it at once" else leaves(found, "two.left.m")
    assert "a" not in found.flow.sure[leaf]
    assert way_empty(found, "a", leaf) == WAYS[name].way
    path = found.process.states[leaf].path
    seen = any(path in case.states and case.fields.get("a") is None for case in walks(found, 40))
    assert seen is (WAYS[name].way is not None)


@given(body=bodies())
def test_what_is_surely_filled_is_filled_on_every_walk_through_any_process(body: str) -> None:
    found = desk(body)
    for seed in range(6):
        chance, one = Random(seed), begin(found.process, seed=seed)
        for _ in range(8):
            walk(one, [(chance.choice(("send", "send", "send", "due")), chance.randrange(999), chance.randrange(9999))])
            for case in one.cases.values():
                assert missing(found, case) == set(), one.journal


def empty_on_some_walk(found: Compiled, claimed: set[tuple[str, str]]) -> set[tuple[str, str]]:
    """Those of some pairs of a state and a field in which a walk ever rests with the field empty."""
    seen: set[tuple[str, str]] = set()
    for seed in range(200):
        chance, one = Random(seed), begin(found.process, seed=seed)
        filler = 0 if seed % 2 else 9999
        for _ in range(8):
            for case in one.cases.values():
                seen |= {(path, name) for path, name in claimed if path in case.states and not case.fields.get(name)}
            if claimed <= seen:
                return seen
            walk(one, [(chance.choice(("send", "send", "due")), chance.randrange(999), chance.randint(0, filler))])
    return seen


@settings(derandomize=True, max_examples=15)
@given(body=bodies().map(lambda body: body.replace("    parallel: true\n", "")))
def test_a_way_on_which_a_field_is_told_to_stay_empty_can_be_gone(body: str) -> None:
    found = desk(body)
    # A case does not rest where it moves on by itself.
    resting = {leaf for leaf in found.flow.sure if found.process.states[leaf].auto is None}
    claimed = {(leaf, name) for leaf in resting for name in "abd" if name not in found.flow.sure[leaf]}
    told = {(found.process.states[leaf].path, name) for leaf, name in claimed if way_empty(found, name, leaf)}
    assert empty_on_some_walk(found, told) == told


@pytest.mark.parametrize("name", NAMES)
@given(seed=st.integers(0, 999), run=runs)
def test_what_is_surely_filled_in_the_catalog_is_filled(name: str, seed: int, run: Run) -> None:
    one: Desk = begin(HOUSE[name].process, *(house.process for house in HOUSE.values()), seed=seed)
    for command in run:
        walk(one, [command])
        for case in one.cases.values():
            assert missing(HOUSE[case.process], case) == set(), one.journal
