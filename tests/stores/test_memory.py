"""What only the store in memory has to promise."""

from __future__ import annotations

from svcflow.stores.memory import MemoryStore
from svcflow.testing.store_samples import at, event, opening, timer, write


def test_timers_that_were_armed_anew_do_not_pile_up() -> None:
    store = MemoryStore()
    cases = [opening(f"c{number}", timers={"t": timer("t", 1, 60)}).case for number in range(10)]
    write(store, *(opening(case.id, timers=case.timers) for case in cases))
    for generation in range(2, 400):
        for number, case in enumerate(cases):
            cases[number] = write(store, event(case, timers={"t": timer("t", generation, 60 + generation)}))
    assert len(store._timers._ahead) <= 1_100
    assert [one.generation for one in store.due(at(60 + 399), 99)] == [399] * 10
    assert store.next_due() == at(60 + 399)
