"""Promises of a store to those who follow its journal: nothing left out, in order, one at a time."""

from __future__ import annotations

import threading
import time
from datetime import datetime, timedelta

from svcflow.stores.base import Change, Store
from svcflow.stores.followed import BEGINNING, Stretch
from svcflow.testing.store_checks import Check, expect, expect_same
from svcflow.testing.store_samples import PHONE, at, event, opening, write

MINUTE = timedelta(minutes=1)
CASES = 4
EVENTS = 10
PATIENCE = 30.0
"""Seconds; a store may hold entries back while an earlier transaction is open, if only a stranger's beside it."""


def _stretch(store: Store, after: str, limit: int = 100, process: str | None = None, tenant: str = "") -> Stretch:
    """What stands behind a position, when something does."""
    until, pause = time.monotonic() + PATIENCE, threading.Event()
    while (found := store.stretch(tenant, after, limit, process)).reached == after and time.monotonic() < until:
        pause.wait(0.002)
    return found


def _said(stretch: Stretch) -> str:
    """Case and seq of each entry, in one text."""
    return " ".join(f"{one.case}/{one.entry.seq}" for one in stretch.entries)


def _all(store: Store, position: str, most: int, limit: int = 100, process: str | None = None) -> str:
    """Everything behind a position, page by page until so many are found: the entries in one text."""
    found: list[str] = []
    while len(found) < most and (stretch := _stretch(store, position, limit, process)).reached != position:
        found += _said(stretch).split()
        position = stretch.reached
    return " ".join(found)


def _reached(store: Store, position: str, most: int = 3) -> str:
    """The position behind so many entries."""
    for _ in range(most):
        position = _stretch(store, position, 1).reached
    return position


def _begun(store: Store, name: str = "crm", since: datetime | None = BEGINNING, tenant: str = "") -> str:
    store.follow_from(tenant, name, since)
    return store.followed(tenant, name) or "nowhere"


def entries_are_followed_in_the_order_in_which_they_were_written(store: Store) -> None:
    """Page by page, all of them, and then those that are new."""
    first = write(store, opening("c2"))
    other = write(store, opening("c1", minutes=5))
    write(store, event(first))
    position = _begun(store)
    expect_same("page by page", _all(store, position, 3, limit=2), "c2/1 c1/1 c2/2")
    reached = _reached(store, position)
    expect_same("nothing new", store.stretch("", reached, 2), Stretch((), reached))
    write(store, event(other))
    expect_same("what is new", _said(_stretch(store, reached)), "c1/2")
    expect_same("from the beginning", _said(_stretch(store, position)), "c2/1 c1/1 c2/2 c1/2")


def what_is_followed_is_the_entry_with_its_case(store: Store) -> None:
    """And a private value is never in it, erased or not."""
    case = write(store, opening("c1", fields={"phone": PHONE, "owner": "li"}), private=["phone"])
    case = write(store, event(case, kind="migrated", version=2), private=["phone"])
    start = _begun(store)
    opened, migrated = (_stretch(store, start, 1).entries + _stretch(store, _reached(store, start, 1), 1).entries)[:2]
    said = (opened.tenant, opened.case, opened.process, opened.version)
    expect_same("whose it is", said, ("", "c1", "repair", 2))
    expect_same("the entries", [opened.entry, migrated.entry], [one.entry for one in store.journal("", "c1")])
    expect("no private value", PHONE not in repr((opened, migrated)))
    expect_same("each has its position", _stretch(store, opened.position).entries, (migrated,))
    store.apply([Change(event(case, kind="erased"), frozenset({"phone"}), erased=frozenset({"phone"}))])
    expect_same("after it was erased", _stretch(store, start, 2).entries, (opened, migrated))


def a_follower_may_want_one_process_only(store: Store) -> None:
    """It passes over the others, so that it need not look at them again."""
    for number in range(3):
        write(store, opening(f"r{number}"), opening(f"t{number}", process="ticket"))
    start = _begun(store)
    expect_same("of this process", _all(store, start, 3, process="ticket"), "t0/1 t1/1 t2/1")
    reached = _reached(store, start, 6)
    write(store, opening("r3"))
    passed = _stretch(store, reached, process="ticket")
    expect_same("nothing of it", passed.entries, ())
    expect("but it has come further", passed.reached != reached)


def tenants_are_followed_apart(store: Store) -> None:
    """Entries and followers of one name."""
    for tenant in ("acme", "bolt"):
        write(store, opening(f"of-{tenant}", tenant=tenant))
    expect_same("of acme", _said(_stretch(store, _begun(store, tenant="acme"), tenant="acme")), "of-acme/1")
    expect_same("a follower of another", store.followed("bolt", "crm"), None)
    expect_same("of nobody", store.stretch("", _begun(store), 100).entries, ())


def a_follower_begins_where_it_says_and_then_stays(store: Store) -> None:
    """At the beginning, at a time, or now; only once."""
    case = write(store, opening("c1"))
    case = write(store, event(case, minutes=10))
    write(store, opening("early", minutes=1))
    expect_same("one that has not begun", store.followed("", "since"), None)
    expect_same("from the beginning", _all(store, _begun(store), 3), "c1/1 c1/2 early/1")
    expect_same("from then on, in order", _all(store, _begun(store, "since", at(10)), 2), "c1/2 early/1")
    expect_same("from a time to come", store.stretch("", _begun(store, "later", at(11)), 9).entries, ())
    position = _begun(store, "now", None)
    expect_same("from now on", store.stretch("", position, 9).entries, ())
    write(store, event(case))
    expect_same("what is new", _said(_stretch(store, position)), "c1/3")
    expect_same("begun again", _begun(store, "now", BEGINNING), position)


def one_follower_at_a_time_goes_on(store: Store) -> None:
    """While it is its turn no other can take one; and who has lost it can note nothing."""
    expect_same("one that has not begun", store.take_turn("", "crm", at(0), MINUTE), None)
    write(store, opening("c1"))
    start = _begun(store)
    taken = store.take_turn("", "crm", at(0), MINUTE)
    expect_same("where it begins", taken and taken[1], start)
    claim = taken[0] if taken else ""
    expect_same("another's turn", store.take_turn("", "crm", at(0.5), MINUTE), None)
    other = _begun(store, "web")
    expect("another follower", store.take_turn("", "web", at(0.5), MINUTE))
    expect_same("where that stands", store.followed("", "web"), other)
    reached = _reached(store, start, 1)
    expect("it may note how far it has come", store.keep_turn("", "crm", claim, reached, at(2)))
    expect_same("and has come so far", store.followed("", "crm"), reached)
    expect_same("still its turn", store.take_turn("", "crm", at(1.5), MINUTE), None)
    second = store.take_turn("", "crm", at(2), MINUTE)
    expect_same("its turn has run out", second and second[1], reached)
    expect("it can note nothing", not store.keep_turn("", "crm", claim, start, at(9)))
    expect_same("nothing was noted", store.followed("", "crm"), reached)
    expect("the turn is ended", store.keep_turn("", "crm", second[0] if second else "", reached, None))
    expect("it is free at once", store.take_turn("", "crm", at(2), MINUTE))


def a_follower_misses_nothing_of_writers_at_once(store: Store) -> None:
    """While several threads write, all that they wrote is read once, case by case in order."""

    def work(number: int) -> None:
        case = write(store, opening(f"c{number}"))
        for _ in range(EVENTS):
            case = write(store, event(case))

    position = _begun(store)
    threads = [threading.Thread(target=work, args=(number,)) for number in range(CASES)]
    for thread in threads:
        thread.start()
    found = _all(store, position, CASES * (EVENTS + 1), limit=7).split()
    for thread in threads:
        thread.join()
    expect_same("all of them, once", (len(found), len(set(found))), (CASES * (EVENTS + 1),) * 2)
    for number in range(CASES):
        own = [one for one in found if one.startswith(f"c{number}/")]
        expect_same("the entries of a case", own, [f"c{number}/{seq}" for seq in range(1, EVENTS + 2)])


CHECKS: tuple[Check, ...] = (
    entries_are_followed_in_the_order_in_which_they_were_written,
    what_is_followed_is_the_entry_with_its_case,
    a_follower_may_want_one_process_only,
    tenants_are_followed_apart,
    a_follower_begins_where_it_says_and_then_stays,
    one_follower_at_a_time_goes_on,
    a_follower_misses_nothing_of_writers_at_once,
)
