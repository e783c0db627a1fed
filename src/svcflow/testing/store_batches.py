"""Promises of a store about many cases at once: read together, written together, shared among workers."""

from __future__ import annotations

from functools import partial
from itertools import product

from attrs import evolve

from svcflow.core import chain
from svcflow.core.case import Case
from svcflow.core.decision import Decision, NewCase
from svcflow.core.event import SYSTEM
from svcflow.errors import ConflictError
from svcflow.stores.base import Change, DueCase, KnownKey, Store
from svcflow.testing.store_checks import Check, expect, expect_error, expect_same
from svcflow.testing.store_samples import PHONE, at, event, full_case, opening, timer, write

MANY = 120


def many_families_are_read_as_one_by_one(store: Store) -> None:
    """Roots, children, ended ones, two tenants, keys that are known and keys that are not, all in one reading."""
    for tenant in ("", "acme"):
        root = write(store, opening("r", tenant=tenant, fields={"phone": PHONE + tenant}), private=["phone"])
        write(store, event(root, key="k1"), private=["phone"], contents={"k1": "x" + tenant})
        write(store, opening("a", minutes=2, root="r", tenant=tenant, key="k2"), contents={"k2": "y"})
        write(store, opening("b", minutes=1, root="r", status="done", tenant=tenant))
        write(store, full_case(tenant=tenant), private=["phone"])
    cases = ("r", "a", "b", "full", "nobody", "", "'\"\\")
    asked = list(product(("", "acme", "nobody"), cases, (None, "k1", "k2", "k3")))
    found = store.families(asked)
    expect_same("each", found, tuple([store.family(*question) for question in asked]))
    expect_same("in the order they were asked", store.families(asked[::-1]), found[::-1])
    expect_same("a key", store.families([("acme", "r", "k1")])[0][1], KnownKey("r", 2, "xacme"))
    twice = store.families([("", "r", "k1"), ("", "r", None), ("", "r", "k1")])
    expect_same("a case twice", [known and known.content for _, known in twice], ["x", None, "x"])
    expect_same("nothing", store.families([]), ())


def many_journals_are_read_as_one_by_one(store: Store) -> None:
    """Of two tenants, with private values and without, of nobody, and one of them twice."""
    for tenant in ("", "acme"):
        for case_id in ("b", "a", "'\"\\"):
            first = write(store, opening(case_id, tenant=tenant, fields={"phone": PHONE + tenant}), private=["phone"])
            write(store, event(first, sent={"phone": tenant, "owner": case_id}), private=["phone"])
    asked = ("b", "nobody", "'\"\\", "a", "b")
    for tenant, private in product(("", "acme", "nobody"), (False, True)):
        wanted = tuple([store.journal(tenant, case_id, private=private) for case_id in asked])
        expect_same("each, in the order they were asked", store.journals(tenant, asked, private=private), wanted)
    expect("with whole chains", all(chain.verify(one) is None for one in store.journals("", asked, private=True)))
    expect_same("nothing", store.journals("", ()), ())


def many_cases_are_written_as_one_by_one(store: Store) -> None:
    """New ones and known ones of two tenants, with everything that a case can have, more than a store remembers."""
    ids = [f"c{number}" for number in range(MANY)]
    firsts = [_first(case_id, tenant) for tenant in ("", "acme") for case_id in ids]
    store.apply([Change(one, frozenset({"phone"}), contents={"k": "x"}) for one in firsts])
    seconds = [_second(one.case) for one in firsts[::-1]]
    started = opening("new", key="web-1")
    store.apply([
        *(Change(one, frozenset({"phone"}), contents={"k": "x"}) for one in seconds),
        Change(started, opening_key="web-1", contents={"web-1": "z"}),
    ])  # fmt: skip
    for one in seconds:
        case = one.case
        expect_same("the snapshot", store.load(case.tenant, case.id), case)
        entries = store.journal(case.tenant, case.id, private=True)
        expect_same("the chain", (len(entries), chain.verify(entries)), (2, None))
        expect_same("the private value", entries[0].entry.fields["phone"], PHONE)
        expect_same("the key", store.known(case.tenant, case.id, "k"), KnownKey(case.id, 2, "x"))
        calls = [delivery.call.key for delivery in store.deliveries(case.tenant, case.id)]
        expect_same("the calls, in order", calls, [f"{case.id}:2:0", f"{case.id}:2:1"])
        expect_same("the link", store.links(case.tenant, case.id), ((case.id, f"{case.id}+", "start"),))
    expect_same("the new case", store.known("", None, "web-1"), KnownKey("new", 1, "z"))
    due = [(one.timer, one.generation, one.due) for one in store.due(at(99), 9 * MANY)]
    expect_same("the timers", due, [("y", 2, at(20))] * 2 * MANY)


def _first(case_id: str, tenant: str) -> Decision:
    timers = {"x": timer("x", 1, 10), "y": timer("y", 1, 15)}
    return opening(case_id, tenant=tenant, fields={"phone": PHONE}, timers=timers)


def _second(case: Case) -> Decision:
    moved = event(case, key="k", hooks=["notify", "order"], sent={"fault": "loud"}, timers={"y": timer("y", 2, 20)})
    return evolve(moved, starts=(NewCase(f"{case.id}+", "callback", {}, case.id, SYSTEM),))


def of_many_cases_one_conflict_writes_none(store: Store) -> None:
    """One that moved, one that is gone, an id or a key that is taken: wherever it stands among the others."""
    cases = [write(store, opening(f"c{number}")) for number in range(9)]
    write(store, event(cases[4], key="k"))
    others = [event(case, hooks=["notify"]) for case in cases if case.id != "c4"]
    fine = event(evolve(cases[4], seq=2))
    bad = (event(cases[4]), event(opening("c99").case), opening("c4"), event(evolve(cases[4], seq=2), key="k"))
    for stale in bad:
        for place in (0, 4, 8):
            mixed = (*others[:place], stale, *others[place:])
            expect_error("a conflict", ConflictError, partial(write, store, *mixed))
    expect_same("the calls", store.deliveries(""), ())
    expect_same("the others", [store.load("", case.id) for case in cases if case.id != "c4"], [*cases[:4], *cases[5:]])
    present = store.load("", "c4")
    expect_same("the one that moved", present and present.seq, fine.case.seq - 1)


def workers_take_different_cases(store: Store) -> None:
    """What one has taken the other passes over, until the first one is done, or fails."""
    for number in range(4):
        write(store, opening(f"c{number}", timers={"x": timer("x", 1, number + 1)}))
    with store.taking(at(9), 2) as one:
        expect_same("the first", _ids(one.due), "c0 c1")
        expect_same("as they are due", one.due, (_due("c0", 1), _due("c1", 2)))
        with store.taking(at(9), 2) as other:
            expect_same("the next", _ids(other.due), "c2 c3")
            with store.taking(at(9), 2) as third:
                expect_same("nothing is left", third.due, ())
    with store.taking(at(0), 2) as early:
        expect_same("nothing is due", early.due, ())

    def fail() -> None:
        with store.taking(at(9), 9):
            raise ConflictError("somebody was faster")

    expect_error("what happens meanwhile", ConflictError, fail)
    with store.taking(at(9), 9) as again:
        expect_same("all are free again", _ids(again.due), "c0 c1 c2 c3")


def what_was_taken_can_be_read_and_written(store: Store) -> None:
    """In the transaction that holds it, where there is one; a conflict leaves the transaction as it was."""
    cases = [write(store, opening(f"c{number}", timers={"x": timer("x", 1, 1)})) for number in range(3)]
    with store.taking(at(9), 9) as taken:
        connection = taken.connection
        found = store.families([("", case.id, None) for case in cases], connection=connection)
        expect_same("what is read", [family[0] for family, _ in found], cases)
        first, second, third = (event(case, timers={}) for case in cases)
        store.apply([Change(first)], connection=connection)
        stale = Change(event(cases[0], key="k"))
        expect_error("a conflict", ConflictError, lambda: store.apply([Change(second), stale], connection=connection))
        store.apply([Change(third)], connection=connection)
    expect_same("what is there", [store.load("", case.id) for case in cases], [first.case, cases[1], third.case])
    expect("what is left is due", [one.case for one in store.due(at(9), 9)] == ["c1"])


def _due(case_id: str, minutes: float) -> DueCase:
    return DueCase("", case_id, "x", 1, at(minutes), 0)


def _ids(due: tuple[DueCase, ...]) -> str:
    return " ".join(one.case for one in due)


CHECKS: tuple[Check, ...] = (
    many_families_are_read_as_one_by_one,
    many_journals_are_read_as_one_by_one,
    many_cases_are_written_as_one_by_one,
    of_many_cases_one_conflict_writes_none,
    workers_take_different_cases,
    what_was_taken_can_be_read_and_written,
)
