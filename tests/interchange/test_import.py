"""
What a machine becomes as a process file: the shapes a person would have written, and what is left for a person to do.
"""

from collections.abc import Callable, Mapping
from enum import Enum
from functools import partial
from typing import Any

import pytest
from transitions import Machine
from transitions.extensions import HierarchicalMachine, LockedMachine
from transitions.extensions.nesting import NestedState

import svcflow
from interchange.machines import load_text
from svcflow.core.process import Process
from svcflow.errors import InputError
from svcflow.interchange import Imported, read_machine
from svcflow.language import check_text

# Limits are what no machine has: the check may ask for them, and only a person can give them.
ONLY_A_PERSON = {"SF605"}
MATTER: dict[str, Any] = {
    "states": ["solid", "liquid", "gas", "plasma"],
    "initial": "solid",
    "transitions": [
        ["melt", "solid", "liquid"],
        ["evaporate", "liquid", "gas"],
        ["sublimate", "solid", "gas"],
        ["ionize", "gas", "plasma"],
    ],
}


def imported(
    states: Any,  # noqa: ANN401 - as the library takes them
    *transitions: Any,  # noqa: ANN401 - the same
    initial: Any = None,  # noqa: ANN401 - the same
    **more: Any,  # noqa: ANN401 - the same
) -> Imported:
    """
    A machine from data, imported; the text is one that loads and has nothing wrong.
    """
    given = {"states": states, "transitions": transitions, "initial": initial or _first(states), **more}
    made = read_machine(given)
    assert [one for one in check_text(made.text, "machine.yaml") if one.code not in ONLY_A_PERSON] == [], made.text
    load_text(made.text)
    return made


def _first(states: Any) -> Any:  # noqa: ANN401 - as the library takes them
    first = next(iter(states))
    return first["name"] if isinstance(first, dict) else first


def body(made: Imported) -> str:
    """
    The text below its head.
    """
    return made.text.partition("by: staff\n\n")[2]


def moves(process: Process) -> set[tuple[str, str, str]]:
    states = process.states
    return {
        (states[rule.state].path, rule.name, "here" if one.target is None else states[one.target].path)
        for rule, one in process.moves
    }


# ── the shapes of a text ───────────────────────────────────────────────────────────────────────────────────────────


def test_a_small_machine_is_written_as_a_person_would() -> None:
    assert svcflow.import_machine(MATTER, process="matter") == (
        "# Imported from a state machine.\n"
        "process: matter\n"
        "version: 1\n"
        "roles: [staff]   # everybody, for now: name your roles, and write `by:` where they act\n"
        "by: staff\n"
        "\n"
        "states:\n"
        "  solid:\n"
        "    events:\n"
        "      melt: liquid\n"
        "      sublimate: gas\n"
        "  liquid:\n"
        "    events:\n"
        "      evaporate: gas\n"
        "  gas:\n"
        "    events:\n"
        "      ionize: plasma\n"
        "  plasma: {end: done}\n"
    )


@pytest.mark.parametrize("kind", [Machine, LockedMachine, HierarchicalMachine])
def test_a_machine_object_gives_the_same_text_as_its_arguments(kind: type[Machine]) -> None:
    assert svcflow.import_machine(kind(**MATTER)) == svcflow.import_machine(MATTER)


def test_a_machine_that_moved_is_imported_from_where_it_starts() -> None:
    machine = Machine(**MATTER)
    machine.trigger("melt")
    assert svcflow.import_machine(machine) == svcflow.import_machine(MATTER)


def test_the_first_state_of_the_process_is_the_initial_one_of_the_machine() -> None:
    made = imported(["b", "a", "c"], ["go", "a", "b"], ["go", "b", "c"], initial="a")
    assert list(load_text(made.text).paths) == ["a", "b", "c"]


def test_conditions_become_flags_that_are_asked_with_the_event() -> None:
    made = imported(
        ["new", "open", "shut"],
        {"trigger": "go", "source": "new", "dest": "open", "conditions": ["ready", "paid"], "unless": "blocked"},
        ["go", "new", "shut"],
        ["end", "open", "shut"],
    )
    assert "fields: {ready: flag, paid: flag, blocked: flag}" in made.text
    assert (
        "      go:\n"
        "        ask: [ready, paid, blocked]\n"
        "        to:\n"
        "          - {to: open, when: ready and paid and not blocked}\n"
        "          - shut\n"
    ) in made.text
    assert any(note.about == "conditions" for note in made.notes)


def test_callbacks_become_hooks_where_they_were_called() -> None:
    made = imported(
        ["new", {"name": "open", "on_enter": "greet", "on_exit": "clean_up"}, "shut"],
        {"trigger": "go", "source": "new", "dest": "open", "before": "log", "after": "tell"},
        {"trigger": "end", "source": "open", "dest": "shut", "before": "lock", "after": "tell"},
        ["look", "open", None],
    )
    assert "hooks: [clean_up, greet, lock, log, tell]" in made.text
    assert "go: {to: open, do: {hook: [log, tell]}}" in made.text
    assert "end: {to: shut, do: {hook: [lock, clean_up, tell]}}" in made.text
    assert "look: here" in made.text
    assert "    do: {hook: greet}\n" in made.text


def test_what_a_group_did_on_leaving_is_left_to_a_person() -> None:
    made = imported([{"name": "open", "children": ["x"], "initial": "x", "on_exit": "clean_up"}, "shut"],
                    ["end", "open", "shut"])  # fmt: skip
    assert "# on_exit: clean_up; put it under `do` of the events that leave this state\n  open:" in made.text
    assert "hooks" not in made.text
    assert any(note.about == "state open" and "clean_up" in note.text for note in made.notes)


def test_functions_are_called_by_their_names() -> None:
    def ready() -> bool:
        return True

    made = imported(
        ["a", "b"],
        {"trigger": "go", "source": "a", "dest": "b", "conditions": [partial(ready), lambda: True], "before": print},
    )
    assert "when: ready and go_allowed" in made.text
    assert "hook: print" in made.text


def test_an_event_from_everywhere_stands_under_anywhere() -> None:
    made = imported(["a", "b", "c"], ["next", "a", "b"], ["next", "b", "c"], ["reset", "*", "a"])
    assert "anywhere:\n  reset: a " in made.text


def test_an_event_from_several_states_is_written_once_with_its_states() -> None:
    made = imported(["a", "b", "c", "d", "e", "f"], ["next", "a", "b"], ["next", "b", "c"], ["next", "c", "f"],
                    ["next", "f", "e"], ["cancel", ["a", "b", "c"], "d"])  # fmt: skip
    assert "anywhere:\n  cancel: {to: d, in: [a, b, c]}\n" in made.text


def test_an_event_that_differs_from_state_to_state_stands_in_each() -> None:
    made = imported(["a", "b", "c"], ["go", ["a", "b", "c"], "="])
    assert "anywhere" not in made.text
    assert moves(load_text(made.text)) == {(name, "go", name) for name in "abc"}


def test_ordered_transitions_are_ordinary_events() -> None:
    made = imported(["a", "b", "c"], ordered_transitions=True)
    assert moves(load_text(made.text)) == {("a", "next_state", "b"), ("b", "next_state", "c"), ("c", "next_state", "a")}


def test_an_end_is_recognised_and_a_cancelled_one_by_its_name() -> None:
    made = imported(["new", "fixed", "order_cancelled"], ["fix", "new", "fixed"], ["cancel", "new", "order_cancelled"])
    assert "  fixed: {end: done}\n  order_cancelled: {end: cancelled}\n" in made.text
    assert any(note.about == "state fixed" and "end" in note.text for note in made.notes)


def test_a_final_state_that_events_lead_out_of_is_no_end() -> None:
    made = imported(["new", {"name": "over", "final": True}], ["close", "new", "over"], ["reopen", "over", "new"])
    assert "end:" not in made.text
    assert "# final in the machine, and events lead on from it, so it is no end\n  over:" in made.text


def test_names_that_the_language_has_not_are_changed_and_kept_as_titles() -> None:
    made = imported(
        ["new", "in progress", "in_progress", "back", "待受理", "1st"],
        ["go on!", "new", "in progress"], ["x", "in progress", "in_progress"], ["x", "in_progress", "back"],
        {"trigger": "x", "source": "back", "dest": "待受理", "conditions": "not"}, ["x", "待受理", "1st"],
    )  # fmt: skip
    assert dict(made.states) == {
        "new": "new", "in progress": "in_progress", "in_progress": "in_progress_2", "back": "back_2",
        "待受理": "待受理", "1st": "state_1st",
    }  # fmt: skip
    assert made.events["go on!"] == "go_on"
    assert 'go_on: {to: in_progress, title: "go on!"}' in made.text
    assert made.text.count(" title: ") == 6 + 1
    assert 'title: "in progress"' in made.text
    assert "fields: {not_2: flag}" in made.text
    assert {note.about for note in made.notes} >= {"state 'in progress'", "event 'go on!'", "condition 'not'"}


def test_a_state_called_like_a_state_at_the_top_can_still_be_told_apart() -> None:
    states = ["a", {"name": "g", "initial": "a", "children": ["a", "b"]}]
    made = imported(states, ["up", "g_b", "a"], ["in", "a", "g"], ["on", "g_a", "g_b"])
    assert ("g.b", "up", "a") in moves(load_text(made.text))


def test_tags_and_timeouts_of_the_extensions_come_along() -> None:
    states = ["new", {"name": "wait", "tags": ["slow", "late"], "timeout": 300, "on_timeout": "remind"}, "over",
              {"name": "short", "timeout": 5, "on_timeout": "hurry"}]  # fmt: skip
    made = imported(states, ["go", "new", "wait"], ["go", "wait", "short"], ["go", "short", "over"])
    assert "calendar: always\n" in made.text
    assert "  # tags: slow, late\n  wait:\n" in made.text
    assert "    after:\n      5min: {do: {hook: remind}}\n" in made.text
    assert "  # timeout: 5 s, then hurry; times here are whole minutes\n  short:" in made.text


def test_what_holds_for_the_whole_machine_is_a_remark_at_the_top() -> None:
    made = imported(["a", "b"], ["go", "a", "b"], after_state_change="log", ignore_invalid_triggers=True, queued=True,
                    send_event=True)  # fmt: skip
    head = made.text.partition("process:")[0]
    assert "# after_state_change: log was called on every event" in head
    assert "# ignore_invalid_triggers:" in head


def test_triggers_that_the_library_makes_are_left_out_unless_wanted() -> None:
    machine = Machine(states=["a", "b", "c"], initial="a", transitions=[["go", "a", "b"], ["go", "b", "c"]])
    assert "to_a" not in svcflow.import_machine(machine)
    assert "anywhere:\n  to_a: a" in svcflow.import_machine(machine, jumps=True)
    assert any(note.about == "triggers to_STATE" for note in read_machine(machine).notes)


def test_an_event_of_ones_own_that_is_called_like_a_jump_is_kept() -> None:
    machine = Machine(states=["a", "b", "c"], initial="a", auto_transitions=False,
                      transitions=[["to_b", "a", "b"], ["go", "b", "c"]])  # fmt: skip
    assert "to_b: b" in svcflow.import_machine(machine)


# ── groups ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_nested_states_become_groups_that_begin_where_the_machine_does() -> None:
    states = ["new", {"name": "repair", "initial": "onsite", "children": ["remote", "onsite"]}, "over"]
    made = imported(states, ["go", "new", "repair"], ["swap", "repair_onsite", "repair_remote"],
                    ["end", "repair", "over"])  # fmt: skip
    assert list(load_text(made.text).paths) == ["new", "repair", "repair.onsite", "repair.remote", "over"]
    assert moves(load_text(made.text)) == {
        ("new", "go", "repair"), ("repair", "end", "over"), ("repair.onsite", "swap", "repair.remote"),
    }  # fmt: skip


def test_a_machine_that_is_in_a_group_and_none_of_its_states_gets_a_state_for_that() -> None:
    made = imported(["new", {"name": "repair", "children": ["onsite"]}, "over"], ["go", "new", "repair"],
                    ["start", "repair", "repair_onsite"], ["end", "repair", "over"])  # fmt: skip
    assert made.states["repair"] == "repair.itself"
    assert "# the machine can be in repair and in none of its inner states" in made.text


def test_a_machine_that_starts_inside_a_group_puts_that_state_first_and_aims_the_others() -> None:
    states = [{"name": "g", "initial": "x", "children": ["x", "y"]}, "out"]
    made = imported(states, ["leave", "g", "out"], ["in", "out", "g"], ["on", "g_y", "g_x"], initial="g_y")
    assert list(load_text(made.text).paths) == ["g", "g.y", "g.x", "out"]
    assert ("out", "in", "g.x") in moves(load_text(made.text))


def test_transitions_that_a_state_declares_for_its_inside_are_found() -> None:
    states = [{"name": "g", "initial": "x", "children": ["x", "y"], "transitions": [["on", "x", "y"]]}, "out"]
    made = imported(states, ["leave", "g", "out"])
    assert ("g.x", "on", "g.y") in moves(load_text(made.text))


def test_a_final_inner_state_is_an_end_and_its_callback_the_event_done_of_the_group() -> None:
    inner = ["x", {"name": "y", "final": True}]
    states = [{"name": "g", "initial": "x", "children": inner, "on_final": "praise"}, "out"]
    made = imported(states, ["on", "g_x", "g_y"], ["leave", "g", "out"])
    assert "y: {end: done}" in made.text
    assert "done: {do: {hook: praise}}" in made.text


def test_a_group_with_an_event_called_done_has_no_inner_ends() -> None:
    states = [{"name": "g", "initial": "x", "children": ["x", {"name": "y", "final": True}]}, "out"]
    made = imported(states, ["on", "g_x", "g_y"], ["done", "g", "out"])
    assert "y: {end" not in made.text
    assert ("g", "done", "out") in moves(load_text(made.text))


def test_any_separator_parts_the_names_of_nested_states() -> None:
    class Dotted(NestedState):
        separator = "."

    class Machine(HierarchicalMachine):
        state_cls = Dotted

    given: dict[str, Any] = {
        "states": ["new_one", {"name": "in_work", "initial": "on_site", "children": ["on_site", "by_post"]}, "over"],
        "initial": "new_one",
        "transitions": [["go", "new_one", "in_work.by_post"], ["end", "in_work", "over"]],
    }
    text = svcflow.import_machine(Machine(**given))
    assert ("new_one", "go", "in_work.by_post") in moves(load_text(text))
    assert svcflow.import_machine(given, separator=".") == text
    assert svcflow.import_machine({**given, "separator": "."}) == text


class Colour(Enum):
    RED = 1
    GREEN = 2


class Deep(Enum):
    OFF = 1
    ON = Colour


def test_states_may_be_members_of_an_enumeration() -> None:
    flat = imported(Colour, ["go", Colour.RED, Colour.GREEN], initial=Colour.RED)
    assert moves(load_text(flat.text)) == {("RED", "go", "GREEN")}
    given: dict[str, Any] = {"states": Deep, "initial": Deep.OFF, "transitions": [["on", Deep.OFF, Colour.GREEN]]}
    text = svcflow.import_machine(HierarchicalMachine(**given))
    assert ("OFF", "on", "ON.GREEN") in moves(load_text(text))


PARALLEL = {"name": "p", "parallel": [
    {"name": "r", "initial": "a", "children": ["a", "b"]},
    {"name": "s", "initial": "c", "children": ["c", "d"]},
]}  # fmt: skip


def test_a_parallel_state_stays_one_where_it_means_the_same() -> None:
    made = imported(["new", PARALLEL, "out"], ["go", "new", "p"], ["on", "p_r_a", "p_r_b"], ["on", "p_s_c", "p_s_d"],
                    ["leave", "p", "out"])  # fmt: skip
    assert "    parallel: true\n" in made.text


@pytest.mark.parametrize(
    ("transitions", "names"),
    [
        ([["go", "new", "p_r_b"]], ("'p'", "'go'", "'p.r.b'")),
        ([["go", "new", "p"], ["x", "p_r_a", "out"], ["x", "p_s_c", "p_s_d"]], ("'p'", "'x'", "'p.r.a'", "'p.s'")),
        ([["go", "new", "p"], ["x", "p_r_a", "p_s_d"]], ("'p'", "'x'", "'p.s.d'")),
        ([["go", "new", "p"], ["x", "p", "p_r_b"]], ("'p'", "'x'", "'p.r.b'")),
    ],
)
def test_a_parallel_state_that_would_behave_differently_is_refused_by_name(
    transitions: list[list[str]], names: tuple[str, ...]
) -> None:
    with pytest.raises(InputError) as info:
        imported(["new", PARALLEL, "out"], *transitions)
    assert all(name in str(info.value) for name in names)


# ── bad input ──────────────────────────────────────────────────────────────────────────────────────────────────────


def _endless() -> dict[str, Any]:
    state: dict[str, Any] = {"name": "a"}
    state["children"] = [state]
    return {"states": [state], "initial": "a"}


def _deep() -> dict[str, Any]:
    state: dict[str, Any] = {"name": "a"}
    for _ in range(5_000):
        state = {"name": "a", "children": [state]}
    return {"states": [state], "initial": "a"}


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({}, "the machine has no `states`"),
        ({"states": "ab", "initial": "a"}, "states: expected a list of states, not a str"),
        ({"states": ["a", 7], "initial": "a"}, "states[1]: a state's name is a text, not a int"),
        ({"states": ["a", ""], "initial": "a"}, "states[1]: a state's name has 1 to 200 characters, not 0"),
        ({"states": ["a" * 10_000_000], "initial": "a"}, "not 10,000,000"),
        ({"states": ["a", {"nmae": "b"}], "initial": "a"}, "states[1] has no 'nmae'; did you mean 'name'?"),
        ({"states": ["a", {"final": True}], "initial": "a"}, "states[1] has no `name`"),
        ({"states": ["a", "b"], "initial": "a", "transition": []}, "did you mean 'transitions'?"),
        ({"states": ["a"], "initial": "a", "transitions": {}}, "transitions: expected a list of transitions"),
        ({"states": ["a"], "initial": "a", "transitions": [["go", "a"]]}, "transitions[0]: expected [trigger, source"),
        ({"states": ["a"], "initial": "a", "transitions": [{"trigger": "x", "source": "a"}]}, "[0] has no 'dest'"),
        ({"states": ["a"], "initial": "a", "transitions": [[None, "a", "a"]]}, "transitions[0].trigger: an event's"),
        ({"states": ["a"], "initial": "a", "transitions": [["go", "a", "B"]]}, "'go' from 'a': there is no state 'B'"),
        ({"states": ["new", "open"], "initial": "new", "transitions": [["go", "new", "opne"]]}, "did you mean 'open'?"),
        ({"states": ["new", "open"], "initial": "new", "transitions": [["go", "nwe", "open"]]}, "no state 'nwe'"),
        ({"states": ["a"], "initial": None}, "the machine has no initial state"),
        ({"states": [{"name": "a", "on_enter": 5}], "initial": "a"}, "states[0].on_enter: a callback's name is a text"),
        (
            {"states": ["a"], "initial": "a", "transitions": [["go", "a", "a", [{}]]]},
            "transitions[0].conditions: a callback's name is a text, not a dict",
        ),
        ({"states": ["a", "a"], "initial": "a"}, "states[1]: a state 'a' stands beside it already"),
        ({"states": [{"name": "a", "timeout": "soon"}], "initial": "a"}, "states[0].timeout: expected a number"),
        ({"states": [{"name": "a", "timeout": 60}], "initial": "a"}, "the machine cannot be built: AttributeError"),
        ({"states": [{"name": "a", "children": ["b"], "initial": "c"}], "initial": "a"}, "state 'a'"),
        ({"states": [{"name": "in_work", "children": ["b"]}], "initial": "b"}, "say what this machine uses instead"),
        (_endless(), "states nest more than 20 levels deep, or contain themselves"),
        (_deep(), "states nest more than 20 levels deep"),
        ({"states": [f"s{number}" for number in range(400)], "initial": "s0"}, "more than 300 states"),
        ({"states": ["a"], "initial": "a", "transitions": [["go", "a", "a"]] * 5_000}, "more than 2,000 are not read"),
    ],
    ids=lambda value: value[:40] if isinstance(value, str) else "",
)  # fmt: skip
def test_bad_input_is_one_error_with_its_place(given: Mapping[str, Any], message: str) -> None:
    with pytest.raises(InputError) as info:
        svcflow.import_machine(given)
    assert message in str(info.value)
    assert len(str(info.value)) < 1_000


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: svcflow.import_machine(7), "a int is no machine"),  # type: ignore[arg-type]  # that is the point
        (lambda: svcflow.import_machine(MATTER, process="no name"), "process: 'no name' is not a name"),
        (lambda: svcflow.import_machine(MATTER, role="7"), "role: '7' is not a name"),
        (lambda: svcflow.import_machine(HierarchicalMachine(states=["a", "b"], initial=["a", "b"])), "2 states"),
    ],
)  # fmt: skip
def test_what_is_no_machine_is_said_so(make: Callable[[], str], message: str) -> None:
    with pytest.raises(InputError, match=message):
        make()
