"""
A machine and the process it was imported as are in the same states after the same events; or the import is refused.
"""

import contextlib
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from interchange.machines import EVENTS, FLAGS, LibraryFails, Walk, flat_machines, nested_machines
from svcflow.errors import InputError

STEPS = st.lists(
    st.tuples(st.sampled_from([*EVENTS, "next_state"]), st.fixed_dictionaries({name: st.booleans() for name in FLAGS})),
    max_size=12,
)


def walk(machine: dict[str, Any], steps: list[tuple[str, dict[str, bool]]]) -> None:
    both = Walk(machine)
    assert both.got() == both.expected(), both.imported.text
    for event, flags in steps:
        took, accepted = both.trigger(event, flags)
        assert both.got() == both.expected(), f"{event} {flags}\n{both.imported.text}"
        assert took == accepted, f"{event} {flags}\n{both.imported.text}"


@settings(max_examples=60, deadline=None)
@given(flat_machines(), STEPS)
def test_a_flat_machine_and_its_process_walk_together(
    machine: dict[str, Any], steps: list[tuple[str, dict[str, bool]]]
) -> None:
    walk(machine, steps)


@settings(max_examples=60, deadline=None)
@given(nested_machines(), STEPS)
def test_a_nested_machine_and_its_process_walk_together_unless_the_import_is_refused(
    machine: dict[str, Any], steps: list[tuple[str, dict[str, bool]]]
) -> None:
    with contextlib.suppress(InputError, LibraryFails):
        walk(machine, steps)


@settings(max_examples=60, deadline=None)
@given(nested_machines(parallel=False))
def test_a_machine_without_parallel_states_is_refused_for_one_reason_only(machine: dict[str, Any]) -> None:
    try:
        Walk(machine)
    except InputError as problem:
        reason = str(problem)
    else:
        reason = ""
    assert reason == "" or "inside" in reason
