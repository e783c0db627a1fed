"""Promises of a store about cases that are taken out: what leaves, what stays taken, and how they are found again."""

from __future__ import annotations

from functools import partial
from typing import Any

from attrs import evolve

from svcflow.core.case import Case
from svcflow.core.decision import NewCase
from svcflow.errors import ConflictError
from svcflow.stores.archived import Archived, ArchiveQuery
from svcflow.stores.base import Change, KnownKey, Query, Store
from svcflow.testing.store_checks import Check, expect, expect_error, expect_same
from svcflow.testing.store_samples import LI, PHONE, at, event, opening, timer, write

PRIVATE = ["phone"]


def _ended(store: Store, case_id: str, *, minutes: float = 0, **attributes: object) -> Case:
    decision = opening(case_id, minutes=minutes, key=f"k-{case_id}", fields={"phone": PHONE}, **attributes)
    contents = {f"k-{case_id}": f"content of {case_id}"}
    case = write(store, decision, private=PRIVATE, opening_key=f"k-{case_id}", contents=contents)
    return write(store, event(case, key="close", status="done", ended_at=at(minutes + 1)), private=PRIVATE)


def _gone(case: Case, owner: str = "li", **attributes: Any) -> Archived:  # noqa: ANN401 - any attribute
    made = Archived(
        case.tenant, case.id, case.process, case.version, case.status, owner, case.opened_at, case.ended_at or at(0),
        at(1000), case.seq, "a.jsonl.gz", "ab" * 32,
    )  # fmt: skip
    return evolve(made, **attributes)


def a_removed_case_is_gone_and_remembered(store: Store) -> None:
    """Nothing of it is found any more but what was to be remembered."""
    case, other = _ended(store, "c1"), _ended(store, "c2")
    store.remove([_gone(case)])
    expect_same("the case", store.load("", "c1"), None)
    expect_same("its family", store.family("", "c1"), ((), None))
    expect_same("its journal", store.journal("", "c1", private=True), ())
    expect_same("its private values", store.kept("", "c1"), frozenset())
    expect_same("its keys", store.known("", "c1", "close"), None)
    expect_same("the others", [one.id for one in store.cases(Query(""))], ["c2"])
    expect_same("the other's journal", len(store.journal("", "c2", private=True)), other.seq)
    expect_same("the other's private value", store.load("", "c2"), other)
    expect_same("what is remembered", store.removed("", "c1"), _gone(case))
    expect_same("of a case that is there", store.removed("", "c2"), None)
    expect_same("of another tenant's", store.removed("other", "c1"), None)


def the_id_and_the_key_of_a_removed_case_stay_taken(store: Store) -> None:
    """Nobody opens another case under them, and the key still says which case it opened."""
    store.remove([_gone(_ended(store, "c1"))])
    expect_same("the key", store.known("", None, "k-c1"), KnownKey("c1", 1, "content of c1"))
    expect_error("its id", ConflictError, lambda: write(store, opening("c1")))
    expect_error("its key", ConflictError, lambda: write(store, opening("c9", key="k-c1"), opening_key="k-c1"))
    several = [Change(opening("c8")), Change(opening("c1"))]
    expect_error("its id, among others", ConflictError, lambda: store.apply(several))
    several = [Change(opening("c8")), Change(opening("c9", key="k-c1"), opening_key="k-c1")]
    expect_error("its key, among others", ConflictError, lambda: store.apply(several))
    expect_same("nothing was written", [store.load("", one) for one in ("c1", "c8", "c9")], [None, None, None])
    write(store, opening("c1", key="k-c1", tenant="other"), opening_key="k-c1")
    expect("another tenant's is free", store.load("other", "c1") is not None)


def only_a_case_that_rests_is_removed(store: Store) -> None:
    """Not one that runs, has moved on, or has timers or calls; and of several all or none."""
    good = _ended(store, "good")
    running = write(store, opening("running"))
    moved = _ended(store, "moved")
    write(store, event(moved), private=PRIVATE)
    calling = write(store, event(_ended(store, "calling"), hooks=["notify"]), private=PRIVATE)
    armed = event(_ended(store, "armed"), timers={"after:new:1": timer("after:new:1")})
    for case in (running, moved, calling, write(store, armed, private=PRIVATE), evolve(good, id="nobody")):
        expect_error(case.id, ConflictError, partial(store.remove, [_gone(good), _gone(case)]))
        expect_same(f"{case.id}: nothing was removed", store.load("", "good"), good)
        expect_same(f"{case.id}: nothing is remembered", store.removed("", "good"), None)
    store.remove([])
    store.remove([_gone(good)])
    expect_error("the same again", ConflictError, lambda: store.remove([_gone(good)]))


def links_between_removed_cases_go_with_them(store: Store) -> None:
    """A link to a case that is still there stays until that leaves too."""
    one = opening("one")
    begun = NewCase("two", "repair", {}, "one", LI)
    write(store, evolve(one, starts=(begun,)))
    first = write(store, event(one.case, status="done", ended_at=at(1)))
    two = _ended(store, "two")
    store.remove([_gone(first)])
    expect_same("a link to a case that is there", store.links("", "two"), (("one", "two", "start"),))
    store.remove([_gone(two)])
    expect_same("a link between removed cases", store.links("", "two"), ())


def archived_cases_are_found_by_time_process_and_owner(store: Store) -> None:
    """Each order, each condition, several together, page by page."""
    for number, (process, owner) in enumerate([("repair", "wu"), ("callback", "li"), ("repair", "li"), ("repair", "")]):
        case = _ended(store, f"c{number}", minutes=10 * number, process=process)
        store.remove([_gone(case, owner)])
    store.remove([_gone(_ended(store, "c9", tenant="other"))])

    def ids(**asked: Any) -> str:  # noqa: ANN401 - the attributes of a query
        return " ".join(case.id for case in store.archived(ArchiveQuery(**asked)))

    expect_same("all", ids(), "c0 c1 c2 c3")
    expect_same("by process", ids(order="process"), "c1 c0 c2 c3")
    expect_same("by owner", ids(order="owner"), "c3 c1 c2 c0")
    expect_same("of a process", ids(process="repair"), "c0 c2 c3")
    expect_same("of an owner", ids(owner="li"), "c1 c2")
    expect_same("of nobody", ids(owner=""), "c3")
    expect_same("of both", ids(owner="li", process="repair"), "c2")
    expect_same("of an owner, by process", ids(owner="li", order="process"), "c1 c2")
    expect_same("of a process, by owner", ids(process="repair", order="owner"), "c3 c2 c0")
    expect_same("since", ids(since=at(10)), "c1 c2 c3")
    expect_same("before", ids(before=at(10)), "c0")
    expect_same("limited", ids(limit=2), "c0 c1")
    expect_same("none", ids(limit=0), "")
    for order, pages in {"opened": "c2 c3", "process": "c3", "owner": "c2 c0"}.items():
        after = {"opened": "c1", "process": "c2", "owner": "c1"}[order]
        expect_same(f"the page behind, by {order}", ids(order=order, after=after), pages)
    expect_same("behind a case that nobody knows", ids(after="nobody"), "")
    expect_same("of another tenant", ids(tenant="other"), "c9")


CHECKS: tuple[Check, ...] = (
    a_removed_case_is_gone_and_remembered,
    the_id_and_the_key_of_a_removed_case_stay_taken,
    only_a_case_that_rests_is_removed,
    links_between_removed_cases_go_with_them,
    archived_cases_are_found_by_time_process_and_owner,
)
