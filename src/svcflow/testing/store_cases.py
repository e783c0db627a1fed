"""Promises of a store about cases, journals, keys and private values."""

from __future__ import annotations

from decimal import Decimal
from functools import partial

from attrs import evolve

from svcflow.core import chain
from svcflow.core.case import Case
from svcflow.core.decision import Decision, NewCase
from svcflow.core.event import SYSTEM
from svcflow.errors import ConflictError, InputError, StoreError
from svcflow.stores.base import Change, KnownKey, Query, Store
from svcflow.testing.crowd import at_once
from svcflow.testing.store_checks import Check, expect, expect_error, expect_same
from svcflow.testing.store_samples import LI, PHONE, at, event, full_case, opening, timer, write

THREADS = 4
EVENTS = 10
TRIES = 1000


def what_was_written_is_read(store: Store) -> None:
    """Every attribute of a snapshot and an entry, every type of field."""
    decision = full_case()
    write(store, decision, private=["phone"])
    expect_same("the snapshot", store.load("", "full"), decision.case)
    expect_same("the journal", [one.entry for one in store.journal("", "full", private=True)], list(decision.journal))
    expect_same("an unknown case", store.load("", "nobody"), None)
    expect_same("the journal of an unknown case", store.journal("", "nobody"), ())


def an_event_replaces_the_snapshot(store: Store) -> None:
    """The newest snapshot is read, and the journal grows."""
    first = write(store, opening("c1", fields={"owner": "li", "price": Decimal(1)}))
    second = write(store, event(first, sent={"price": Decimal("2.50"), "owner": None}, states=("repair.remote",)))
    third = write(store, event(second, status="done", states=("closed",), ended_at=at(9)))
    expect_same("the snapshot", store.load("", "c1"), third)
    expect_same("the journal", [one.entry.seq for one in store.journal("", "c1")], [1, 2, 3])


def a_conflict_leaves_nothing_behind(store: Store) -> None:
    """All changes of one call or none, whichever of them is in conflict."""
    first, other = write(store, opening("c0"), opening("c1")), opening("c2", timers={"t": timer("t", due=0)})
    write(store, event(first, key="k1"))
    stale = event(first, key="k2", hooks=["notify"], timers={"t": timer("t", due=0)})
    expect_error("a stale snapshot", ConflictError, lambda: write(store, other, stale))
    expect_error("a stale snapshot that comes first", ConflictError, lambda: write(store, stale, other))
    expect_error("an id that is taken", ConflictError, lambda: write(store, other, opening("c1")))
    expect_error("the same case twice", ConflictError, lambda: write(store, other, opening("c2")))
    missing = event(opening("c3").case)
    expect_error("a case that is not there", ConflictError, lambda: write(store, missing))
    expect_same("the new case", store.load("", "c2"), None)
    expect_same("its journal", store.journal("", "c2"), ())
    expect_same("the key", store.known("", "c1", "k2"), None)
    expect_same("the outbox", store.deliveries(""), ())
    expect_same("the timers", store.due(at(99), 9), ())
    expect_same("the entries", len(store.journal("", "c1")), 2)


def what_the_host_does_inside_belongs_to_the_writing(store: Store) -> None:
    """Called once when nothing is in conflict; what it raises is raised, and nothing is written."""
    calls: list[object] = []
    first = opening("c1", key="k1")
    store.apply([Change(first)], inside=calls.append)
    expect_same("called", len(calls), 1)
    expect_same("written", store.load("", "c1"), first.case)
    stale = Change(event(first.case, key="k2", hooks=["notify"], timers={"t": timer("t", due=0)}))

    def against(_connection: object) -> None:
        calls.append(None)
        raise InputError("the host does not have it")

    expect_error("what it raises", InputError, lambda: store.apply([stale, Change(opening("c2"))], inside=against))
    expect_same("called again", len(calls), 2)
    expect_same("the case", store.load("", "c1"), first.case)
    expect_same("the new case", store.load("", "c2"), None)
    expect_same("the key", store.known("", "c1", "k2"), None)
    expect_same("the outbox", store.deliveries(""), ())
    expect_same("the timers", store.due(at(99), 9), ())
    write(store, event(first.case))
    expect_error("a conflict", ConflictError, lambda: store.apply([stale], inside=calls.append))
    expect_same("called in a conflict", len(calls), 2)


def a_key_stands_for_one_entry(store: Store) -> None:
    """Keys are known with the digest of what was sent, per case; a second use is a conflict."""
    contents = {"web-1": "x", "k1": "y"}
    first = write(store, opening("c1", key="web-1"), opening_key="web-1", contents=contents)
    second = write(store, event(first, key="k1"), contents=contents)
    expect_same("the opening key", store.known("", None, "web-1"), KnownKey("c1", 1, "x"))
    expect_same("the opening key in its case", store.known("", "c1", "web-1"), KnownKey("c1", 1, "x"))
    expect_same("the event's key", store.known("", "c1", "k1"), KnownKey("c1", 2, "y"))
    expect_same("the event's key, with the case", store.family("", "c1", "k1"), ((second,), KnownKey("c1", 2, "y")))
    expect_same("a key never used, with the case", store.family("", "c1", "k2"), ((second,), None))
    expect_same("the event's key among openings", store.known("", None, "k1"), None)
    expect_error("a key used again", ConflictError, lambda: write(store, event(second, key="k1")))
    again = opening("c2", key="web-1")
    expect_error("an opening key used again", ConflictError, lambda: write(store, again, opening_key="web-1"))
    expect_same("the case it would have opened", store.load("", "c2"), None)
    other = write(store, again)
    write(store, event(other, key="k1"), contents=contents)
    expect_same("the same key in another case", store.known("", "c2", "k1"), KnownKey("c2", 2, "y"))


def tenants_do_not_mix(store: Store) -> None:
    """One id, one key and one process name in two tenants are two things."""
    for tenant in ("acme", "bolt"):
        fields = {"owner": tenant, "phone": tenant}
        first = opening("c1", tenant=tenant, fields=fields, key="k")
        second = event(write(store, first, opening_key="k", private=["phone"]), hooks=["notify"])
        started = NewCase("c2", "callback", {}, "c1", SYSTEM)
        write(store, evolve(second, starts=(started,)), private=["phone"])
    for tenant in ("acme", "bolt"):
        found = store.load(tenant, "c1")
        expect_same(f"the case of {tenant}", found and dict(found.fields), {"owner": tenant, "phone": tenant})
        expect_same(f"the family of {tenant}", [case.tenant for case in store.family(tenant, "c1")[0]], [tenant])
        expect_same(f"cases of {tenant}", [case.tenant for case in store.cases(Query(tenant))], [tenant])
        expect_same(f"calls of {tenant}", [one.call.tenant for one in store.deliveries(tenant)], [tenant])
        sent = store.journal(tenant, "c1", private=True)[0].entry.fields["phone"]
        expect_same(f"the journal of {tenant}", sent, tenant)
        expect_same(f"links of {tenant}", store.links(tenant, "c1"), (("c1", "c2", "start"),))
    expect_same("a third tenant's case", store.load("", "c1"), None)
    expect_same("a third tenant's key", store.known("", "c1", "k"), None)
    expect_same("a third tenant's opening key", store.known("", None, "k"), None)
    expect_same("a third tenant's cases", list(store.cases(Query(""))), [])


def private_values_are_kept_apart(store: Store) -> None:
    """They are in the snapshot and in a journal that asks for them, and nowhere else."""
    decision = event(
        write(store, opening("c1", fields={"phone": PHONE, "owner": "li"}), private=["phone"]),
        sent={"fault": "broken"},
        hooks=["notify"],
    )
    case = write(store, decision, private=["phone"])
    expect_same("the snapshot", store.load("", "c1"), case)
    expect_same("the family", store.family("", "c1")[0], (case,))
    expect_same("a query", list(store.cases(Query())), [case])
    shown = store.journal("", "c1")
    expect("the journal names the value's digest", shown[0].private["fields.phone"])
    expect_same("the journal shows the others", dict(shown[0].entry.fields), {"owner": "li"})
    expect_same("a journal that asks", store.journal("", "c1", private=True)[0].entry.fields["phone"], PHONE)
    calls = store.deliveries("")
    expect("the outbox does not show it", "phone" not in calls[0].call.fields)
    expect_same("the outbox has the others", calls[0].call.fields["fault"], "broken")
    expect("no other place shows it", PHONE not in repr((shown, calls, store.incidents(""))))
    expect_same("a query does not find it", list(store.cases(Query(where={"phone": PHONE}))), [])


def the_newest_private_value_counts(store: Store) -> None:
    """Values sent, written, emptied: the snapshot has the last, the journal all of them."""
    private = ["phone", "price"]
    case = write(store, opening("c1", fields={"phone": "1", "price": Decimal(1)}), private=private)
    case = write(store, event(case, sent={"phone": "2"}, written={"phone": "3"}), private=private)
    expect_same("written after sent", store.load("", "c1"), case)
    case = write(store, event(case, sent={"phone": None}), private=private)
    expect_same("emptied", store.load("", "c1"), case)
    case = write(store, event(case, sent={"phone": "1"}), private=private)
    expect_same("filled again", store.load("", "c1"), case)
    entries = [one.entry for one in store.journal("", "c1", private=True)]
    expect_same("all values sent", [one.fields.get("phone") for one in entries], ["1", "2", None, "1"])
    expect_same("the value written", entries[1].changes["phone"], "3")
    expect_same("the chain", chain.verify(store.journal("", "c1", private=True)), None)


def a_field_can_become_private(store: Store) -> None:
    """A migration may hide what stood in the open: from then on it stands apart."""
    case = write(store, opening("c1", fields={"phone": PHONE}))
    case = write(store, event(case, kind="migrated", version=2), private=["phone"])
    expect_same("the snapshot", store.load("", "c1"), case)
    case = write(store, event(case, sent={"owner": "li"}), private=["phone"])
    expect_same("the snapshot after another event", store.load("", "c1"), case)
    expect_same("a query does not find it", list(store.cases(Query(where={"phone": PHONE}))), [])
    case = write(store, event(case, kind="migrated", version=3))
    expect_same("the field in the open again", [one.id for one in store.cases(Query(where={"phone": PHONE}))], ["c1"])


def the_chain_is_whole(store: Store) -> None:
    """Each entry follows the one before, with and without its private values, several at once too."""
    first = full_case("c1")
    second = event(first.case, written={"phone": "0"})
    third = event(second.case, key="k")
    case = write(store, first, private=["phone"])
    both = Decision(case, third.case, (*second.journal, *third.journal), (*second.calls, *third.calls))
    write(store, both, private=["phone"])
    for private in (False, True):
        entries = store.journal("", "c1", private=private)
        expect_same("the entries", len(entries), 3)
        expect_same("the chain", chain.verify(entries), None)
        expect_same("the first link", entries[0].previous, chain.FIRST)
        expect("salts only with values", bool(entries[0].salts) is private)
    broken = list(store.journal("", "c1"))
    broken[1] = evolve(broken[1], entry=evolve(broken[1].entry, actor=evolve(LI, id="zhao")))
    expect("another actor breaks it", chain.verify(broken))
    expect("a missing entry breaks it", chain.verify(broken[:1] + broken[2:]))


def a_family_is_the_open_cases_of_one_root(store: Store) -> None:
    """The case asked for comes first, ended or not; the others only while they are open."""
    root = write(store, opening("r", minutes=0))
    child = write(store, opening("a", minutes=1, root="r"))
    ended = write(store, opening("b", minutes=2, root="r", status="done"))
    grand = write(store, opening("c", minutes=3, root="r"))
    write(store, opening("x"))
    expect_same("from the root", store.family("", "r")[0], (root, child, grand))
    expect_same("from a child", store.family("", "c")[0], (grand, root, child))
    expect_same("from an ended child", store.family("", "b")[0], (ended, root, child, grand))
    expect_same("of nobody", store.family("", "nobody"), ((), None))


def a_case_told_meanwhile_is_the_one_asked_for(store: Store) -> None:
    """While a store looks for a case it may tell how it was last; if it still is, it answers the very same object."""
    write(store, opening("c1", tenant="acme"))
    case = write(store, opening("c1"))
    for number in range(3):
        told: list[Case] = []
        found, known = store.family("", "c1", f"k{number}", meanwhile=told.append)
        expect_same("the family", (found, known), ((case,), None))
        expect_same("what is told", told, [case] * len(told))
        expect("a case that still stands as it was told is that very object", all(one is found[0] for one in told))
        case = write(store, event(case))
    expect_same("the family of nobody", store.family("", "nobody", meanwhile=told.append), ((), None))


def links_lead_both_ways(store: Store) -> None:
    """`run` and `start` are remembered as written."""
    first = opening("c1")
    ran = NewCase("c2", "callback", {}, "c1", SYSTEM, parent=full_case().case.parent)
    begun = NewCase("c3", "complaint", {}, "c1", SYSTEM)
    write(store, evolve(first, starts=(ran, begun)), opening("c2"), opening("c3"))
    expect_same("from the origin", store.links("", "c1"), (("c1", "c2", "run"), ("c1", "c3", "start")))
    expect_same("from a child", store.links("", "c2"), (("c1", "c2", "run"),))
    expect_same("of nobody", store.links("", "c9"), ())


def a_text_that_cannot_be_kept_is_refused(store: Store) -> None:
    """NUL and halves of surrogate pairs, in fields and in names; nothing is written."""
    for bad in ("a\0b", "a\ud800b"):
        _expect_refused(store, opening("c1", fields={"f": bad}))
        _expect_refused(store, opening("c1", fields={"f": bad}), private=("f",))
        _expect_refused(store, opening("c1", key=bad))
        _expect_refused(store, opening(bad))
    expect_same("the case", store.load("", "c1"), None)
    expect_same("any case", list(store.cases(Query())), [])


def _expect_refused(store: Store, decision: Decision, private: tuple[str, ...] = ()) -> None:
    expect_error(f"{decision.journal!r}", InputError, lambda: write(store, decision, private=private))


def only_a_connection_that_can_be_joined_is_taken(store: Store) -> None:
    """Something else is refused and not ignored."""
    expect_error("reading", StoreError, lambda: store.load("", "c1", connection=object()))
    change = Change(opening("c1"))
    expect_error("writing", StoreError, lambda: store.apply([change], connection=object()))
    expect_same("the case", store.load("", "c1"), None)


def positions_are_remembered(store: Store) -> None:
    """The newest value of each name of each source."""
    expect_same("before", store.position("log.csv", "INC1"), None)
    store.remember("log.csv", "INC1", "7")
    store.remember("log.csv", "INC1", "8")
    store.remember("other.csv", "INC1", "1")
    expect_same("after", store.position("log.csv", "INC1"), "8")


def of_many_writers_at_one_case_one_wins(store: Store) -> None:
    """Threads that try again after a conflict lose nothing; a conflict of one harms no other."""
    write(store, opening("shared"), *(opening(f"own-{number}") for number in range(THREADS)))
    conflicts: list[str] = []

    def add(case_id: str, key: str) -> None:
        for _ in range(TRIES):
            before = store.load("", case_id)
            try:
                write(store, event(_there(before), key=key))
            except ConflictError:
                conflicts.append(key)
            else:
                return
        raise AssertionError("there is always a writer who wins")

    def work(number: int) -> None:
        for step in range(EVENTS):
            add("shared", f"{number}-{step}")
            add(f"own-{number}", f"{step}")

    at_once(partial(work, number) for number in range(THREADS))
    keys = [one.entry.key for one in store.journal("", "shared")[1:]]
    wanted = {f"{number}-{step}" for number in range(THREADS) for step in range(EVENTS)}
    expect_same("every event, once", sorted(map(str, keys)), sorted(wanted))
    expect_same("the chain", chain.verify(store.journal("", "shared")), None)
    for number in range(THREADS):
        expect_same("a case of its own", len(store.journal("", f"own-{number}")), EVENTS + 1)
    expect("no conflict where nobody else wrote", all("-" in key for key in conflicts))


def _there(case: Case | None) -> Case:
    expect("a case that was written is there", case is not None)
    return case  # type: ignore[return-value] # the line above says so


def a_closed_store_answers_nothing(store: Store) -> None:
    """Every use after `close` is a StoreError; a second `close` is not."""
    write(store, opening("c1"))
    store.close()
    store.close()
    expect_error("reading", StoreError, lambda: store.load("", "c1"))
    expect_error("writing", StoreError, lambda: write(store, opening("c2")))


CHECKS: tuple[Check, ...] = (
    what_was_written_is_read,
    an_event_replaces_the_snapshot,
    a_conflict_leaves_nothing_behind,
    what_the_host_does_inside_belongs_to_the_writing,
    a_key_stands_for_one_entry,
    tenants_do_not_mix,
    private_values_are_kept_apart,
    the_newest_private_value_counts,
    a_field_can_become_private,
    the_chain_is_whole,
    a_family_is_the_open_cases_of_one_root,
    a_case_told_meanwhile_is_the_one_asked_for,
    links_lead_both_ways,
    a_text_that_cannot_be_kept_is_refused,
    only_a_connection_that_can_be_joined_is_taken,
    positions_are_remembered,
    of_many_writers_at_one_case_one_wins,
    a_closed_store_answers_nothing,
)
