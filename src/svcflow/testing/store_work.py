"""Promises of a store to workers and operators: due timers, calls in order, failures, what is erased."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from svcflow.core import chain
from svcflow.core.case import Timer
from svcflow.stores.base import Change, Delivery, Incident, Store
from svcflow.testing.store_checks import Check, expect, expect_same
from svcflow.testing.store_samples import PHONE, at, event, opening, timer, write

MINUTE = timedelta(minutes=1)


def _armed(*timers: Timer) -> Mapping[str, Timer]:
    return {one.name: one for one in timers}


def _due(store: Store, minutes: float, limit: int = 99) -> str:
    """Case and timer of what is due, in one text."""
    return " ".join(f"{one.case}/{one.timer}" for one in store.due(at(minutes), limit))


def _claim(store: Store, minutes: float = 99, *hooks: str, limit: int = 99) -> tuple[Delivery, ...]:
    return store.claim(at(minutes), MINUTE, limit, hooks or ("*",))


def _keys(deliveries: tuple[Delivery, ...]) -> str:
    return " ".join(one.call.key for one in deliveries)


def timers_come_due_in_order_each_case_once(store: Store) -> None:
    """Earliest first over all tenants, at the very instant, and not before."""
    write(store, opening("a", timers=_armed(timer("x", 4, 30), timer("y", 5, 10))))
    write(store, opening("b", timers=_armed(timer("x", 1, 20)), tenant="acme"))
    write(store, opening("c", timers=_armed(timer("x", 1, None))))
    expect_same("before", _due(store, 9.99), "")
    expect_same("at the instant", _due(store, 10), "a/y")
    expect_same("all", _due(store, 60), "a/y b/x")
    expect_same("the first", _due(store, 60, 1), "a/y")
    first, second = store.due(at(60), 9)
    expect_same("what is said", (first.tenant, first.generation, first.due, first.attempts), ("", 5, at(10), 0))
    expect_same("its tenant", second.tenant, "acme")
    expect_same("the next", store.next_due(), at(10))


def timers_follow_the_case(store: Store) -> None:
    """Armed anew, suspended, disarmed: the last word counts."""
    case = write(store, opening("a", timers=_armed(timer("x", 1, 10), timer("y", 2, 20))))
    case = write(store, event(case, timers=_armed(timer("x", 3, 40), timer("y", 2, 20))))
    expect_same("armed anew", _due(store, 39), "a/y")
    expect_same("its new time", [(one.timer, one.generation) for one in store.due(at(40), 9)], [("y", 2)])
    case = write(store, event(case, timers=_armed(timer("x", 3, 40), timer("y", 4, None))))
    expect_same("suspended", _due(store, 99), "a/x")
    case = write(store, event(case, timers=_armed(timer("y", 5, 50))))
    expect_same("disarmed", _due(store, 99), "a/y")
    write(store, event(case, timers={}, status="done"))
    expect_same("ended", _due(store, 99), "")
    expect_same("the next", store.next_due(), None)


def a_failed_timer_is_tried_later(store: Store) -> None:
    """It holds its case back until then, and no other case."""
    write(store, opening("a", timers=_armed(timer("x", 1, 10), timer("y", 2, 11))))
    write(store, opening("b", timers=_armed(timer("x", 1, 12))))
    store.fail_timer(store.due(at(20), 1)[0], "boom", retry_at=at(25), park=False)
    expect_same("others go on", _due(store, 20), "b/x")
    expect_same("later", _due(store, 25), "b/x a/x")
    again = store.due(at(25), 9)[1]
    expect_same("how often it failed", (again.attempts, again.due), (1, at(10)))
    store.fail_timer(again, "boom", retry_at=at(30), park=False)
    expect_same("twice", [one.attempts for one in store.due(at(30), 9)], [0, 2])
    expect_same("no incident", store.incidents(""), ())


def an_old_failure_is_forgotten(store: Store) -> None:
    """A timer that was armed anew meanwhile is not held back (R2)."""
    case = write(store, opening("a", timers=_armed(timer("x", 1, 10))))
    old = store.due(at(20), 1)[0]
    write(store, event(case, timers=_armed(timer("x", 2, 15))))
    store.fail_timer(old, "boom", retry_at=at(90), park=True)
    expect_same("the new one", [(one.generation, one.attempts) for one in store.due(at(20), 9)], [(2, 0)])
    expect_same("no incident", store.incidents(""), ())


def a_parked_timer_waits_for_an_operator(store: Store) -> None:
    """Nothing of its case is due until somebody retries, or an event changes the timer."""
    case = write(store, opening("a", timers=_armed(timer("x", 1, 10), timer("y", 2, 11))))
    store.fail_timer(store.due(at(20), 1)[0], "boom", retry_at=at(20), park=True)
    expect_same("parked", _due(store, 99), "")
    expect_same("the next", store.next_due(), None)
    incident = Incident("timer", "", "a", "x", "boom", 1, at(10))
    expect_same("the incident", store.incidents(""), (incident,))
    expect_same("another tenant's incidents", store.incidents("acme"), ())
    expect("a timer that is not parked", not store.retry("", "a", "y", at(30)))
    expect("a case that is not there", not store.retry("", "b", "x", at(30)))
    case = write(store, event(case, timers=_armed(timer("x", 1, 10), timer("y", 3, 12))))
    expect_same("another timer of the case changes", _due(store, 99), "")
    expect("retried", store.retry("", "a", "x", at(30)))
    expect_same("only from then on", _due(store, 29), "a/y")
    expect_same("as for the first time", [one.attempts for one in store.due(at(30), 9)], [0])
    expect_same("no incident", store.incidents(""), ())
    store.fail_timer(next(one for one in store.due(at(30), 9)), "boom", retry_at=at(31), park=True)
    write(store, event(case, timers=_armed(timer("x", 4, 14))))
    expect_same("an event frees it", _due(store, 99), "a/x")


def calls_of_one_case_keep_their_order(store: Store) -> None:
    """Of each case only the oldest call can be taken; the next when that one is done."""
    case = write(store, opening("a"))
    case = write(store, event(case, hooks=["notify", "order"]))
    write(store, event(case, hooks=["notify"]))
    write(store, event(write(store, opening("b")), hooks=["order"]))
    expect_same("all, in order", _keys(store.deliveries("")), "a:2:0 a:2:1 a:3:0 b:2:0")
    expect_same("of one case", _keys(store.deliveries("", "b")), "b:2:0")
    expect_same("the hooks that are awaited", store.awaited(""), ("notify", "order"))
    expect_same("by another tenant", store.awaited("acme"), ())
    first = _claim(store)
    expect_same("the oldest of each", _keys(first), "a:2:0 b:2:0")
    expect_same("taken is taken", _claim(store), ())
    expect("delivered", store.delivered(first[0]))
    expect_same("the next", _keys(_claim(store)), "a:2:1")
    expect("delivered", store.delivered(first[1]))
    expect_same("what is left", _keys(store.deliveries("")), "a:2:1 a:3:0")


def a_call_is_delivered_as_it_was_made(store: Store) -> None:
    """With everything in it, and the number of the attempt."""
    decision = event(write(store, opening("a")), sent={"owner": "li"}, hooks=["notify"])
    write(store, decision)
    (made,) = decision.calls
    expect_same("listed", [one.call for one in store.deliveries("")], [made])
    (taken,) = _claim(store, 5)
    expect_same("taken", taken.call, made)
    expect_same("how", (taken.state, taken.attempts, taken.next_at), ("claimed", 1, at(6)))
    expect("with a claim", taken.claim)


def only_registered_hooks_are_taken(store: Store) -> None:
    """A call for another hook waits, and holds the later ones of its case back."""
    write(store, event(write(store, opening("a")), hooks=["refund", "notify"]))
    write(store, event(write(store, opening("b")), hooks=["notify", "refund"]))
    expect_same("for one hook", _keys(_claim(store, 99, "notify", "other")), "b:2:0")
    expect_same("for none", store.claim(at(99), MINUTE, 9, ()), ())
    expect_same("how many", _keys(_claim(store, 99, "refund", "notify", limit=0)), "")
    expect_same("for the other", _keys(_claim(store, 99, "refund")), "a:2:0")


def a_lease_runs_out(store: Store) -> None:
    """Then somebody else can take the call, and the first has lost it."""
    write(store, event(write(store, opening("a")), hooks=["notify"]))
    expect_same("not before its time", _claim(store, 0.5), ())
    (first,) = _claim(store, 5)
    expect_same("the next try", store.next_due(), at(6))
    expect_same("while it lasts", _claim(store, 5.99), ())
    (second,) = _claim(store, 6)
    expect_same("the attempt", (second.attempts, second.call.attempt), (2, 2))
    expect("too late to deliver", not store.delivered(first))
    expect("too late to fail", not store.failed(first, "boom", retry_at=at(9), dead=True))
    expect("the second delivers", store.delivered(second))
    expect("only once", not store.delivered(second))
    expect_same("nothing left", store.deliveries(""), ())


def a_claim_can_be_given_back(store: Store) -> None:
    """As if it had never been, and only by who holds it."""
    write(store, event(write(store, opening("a")), hooks=["notify"]))
    expect("failed before", store.failed(_claim(store, 5)[0], "boom", retry_at=at(6), dead=False))
    (taken,) = _claim(store, 7)
    expect("given back", store.released(taken, at(7.5)))
    expect("only once", not store.released(taken, at(9)))
    listed = store.deliveries("")[0]
    expect_same("listed", (listed.state, listed.attempts, listed.error, listed.claim), ("waiting", 1, "boom", None))
    expect_same("not before", _claim(store, 7.4), ())
    (again,) = _claim(store, 7.5)
    expect_same("the attempt", (again.attempts, again.call.attempt), (2, 2))
    expect("too late to give back", not store.released(taken, at(9)))


def a_failed_call_is_tried_later(store: Store) -> None:
    """With its error kept, and the later ones of its case behind it."""
    write(store, event(write(store, opening("a")), hooks=["notify", "order"]))
    (taken,) = _claim(store, 5)
    expect("failed", store.failed(taken, "boom", retry_at=at(20), dead=False))
    expect_same("not before", _claim(store, 19), ())
    expect_same("the next", store.next_due(), at(20))
    listed = store.deliveries("")[0]
    expect_same("listed", (listed.state, listed.attempts, listed.error, listed.claim), ("waiting", 1, "boom", None))
    (again,) = _claim(store, 20)
    expect_same("again", (again.call.key, again.attempts), ("a:2:0", 2))


def a_dead_call_holds_its_case_back(store: Store) -> None:
    """Until an operator lets it be tried again, or skips it."""
    write(store, event(write(store, opening("a")), hooks=["notify", "order"]))
    expect("dead", store.failed(_claim(store, 5)[0], "boom", retry_at=at(5), dead=True))
    expect_same("nothing to take", _claim(store), ())
    expect_same("nothing to wait for", store.next_due(), None)
    incident = Incident("hook", "", "a", "a:2:0", "boom", 1, at(1))
    expect_same("the incident", store.incidents(""), (incident,))
    expect("only a dead one is retried", not store.retry("", "a", "a:2:1", at(30)))
    expect("only a dead one is skipped", not store.skip("", "a", "a:2:1"))
    expect("in its own tenant", not store.skip("acme", "a", "a:2:0"))
    expect("retried", store.retry("", "a", "a:2:0", at(30)))
    expect_same("not before", _claim(store, 29), ())
    (again,) = _claim(store, 30)
    expect_same("as for the first time", (again.attempts, again.call.attempt, again.error), (1, 1, None))
    expect("dead again", store.failed(again, "boom", retry_at=at(30), dead=True))
    expect("skipped", store.skip("", "a", "a:2:0"))
    expect_same("the next one", _keys(_claim(store)), "a:2:1")
    expect_same("no incident", store.incidents(""), ())


def what_is_erased_is_forgotten(store: Store) -> None:
    """Values and salts of a field, earlier ones too, and what calls and errors tell of it; the chain stays whole."""
    private = ["phone", "name"]
    case = write(store, opening("c1", fields={"phone": PHONE, "fault": "loud"}, timers=_armed(timer("t", 1, 0))))
    case = write(store, event(case, hooks=["notify"]))
    store.fail_timer(store.due(at(9), 1)[0], f"ValueError: {PHONE}: no", retry_at=at(9), park=True)
    store.failed(_claim(store, 9)[0], f"OSError: {PHONE}: no", retry_at=at(9), dead=True)
    case = write(store, event(case, kind="migrated", version=2), private=private)
    case = write(store, event(case, sent={"phone": "1", "name": "Bo"}, written={"phone": "2"}), private=private)
    expect_same("kept", store.kept("", "c1"), frozenset(private))
    expect_same("of nobody", store.kept("", "nobody"), frozenset())
    gone = event(case, kind="erased", fields={"name": "Bo", "fault": "loud"})
    store.apply([Change(gone, frozenset(private), erased=frozenset({"phone"}))])
    expect_same("the snapshot", store.load("", "c1"), gone.case)
    expect_same("what is kept", store.kept("", "c1"), frozenset({"name"}))
    entries = store.journal("", "c1", private=True)
    expect_same("the values", [dict(one.entry.fields) for one in entries[3:]], [{"name": "Bo"}, {}])
    expect_same("the salts", [sorted(one.salts) for one in entries[3:]], [["fields.name"], []])
    expect_same("the digests", sorted(entries[3].private), ["changes.phone", "fields.name", "fields.phone"])
    expect_same("the chain", chain.verify(entries), None)
    expect_same("the call", [dict(one.call.fields) for one in store.deliveries("", "c1")], [{"fault": "loud"}])
    expect_same("the errors", [one.error for one in store.incidents("")], ["ValueError", "OSError"])
    write(store, event(gone.case, sent={"phone": "3"}), private=private)
    expect_same("a new value", store.kept("", "c1"), frozenset(private))


def what_was_erased_does_not_come_back(store: Store) -> None:
    """A call that fails, or is given back, after fields were erased out of it has not got them any more."""
    case = write(store, event(write(store, opening("a", fields={"phone": PHONE})), hooks=["notify"]))
    (taken,) = _claim(store, 5)
    gone = event(case, kind="erased", fields={})
    store.apply([Change(gone, frozenset({"phone"}), erased=frozenset({"phone"}))])
    expect("given back", store.released(taken, at(6)))
    expect_same("then", [dict(one.call.fields) for one in store.deliveries("")], [{}])
    expect("failed", store.failed(_claim(store, 6)[0], "boom", retry_at=at(7), dead=False))
    expect_same("and then", [dict(one.call.fields) for one in store.deliveries("")], [{}])


def the_next_due_is_the_earliest_of_all(store: Store) -> None:
    """A timer or a call, whichever comes first."""
    expect_same("nothing", store.next_due(), None)
    case = write(store, opening("a", timers=_armed(timer("x", 1, 10))))
    expect_same("a timer", store.next_due(), at(10))
    expect_same("no call", store.next_dues(), (at(10), None))
    write(store, event(case, minutes=3, hooks=["notify"]))
    expect_same("a call", store.next_due(), at(3))
    expect_same("each", store.next_dues(), (at(10), at(3)))
    store.delivered(_claim(store, 4)[0])
    expect_same("the timer again", store.next_due(), at(10))


CHECKS: tuple[Check, ...] = (
    timers_come_due_in_order_each_case_once,
    timers_follow_the_case,
    a_failed_timer_is_tried_later,
    an_old_failure_is_forgotten,
    a_parked_timer_waits_for_an_operator,
    calls_of_one_case_keep_their_order,
    a_call_is_delivered_as_it_was_made,
    only_registered_hooks_are_taken,
    a_lease_runs_out,
    a_claim_can_be_given_back,
    a_failed_call_is_tried_later,
    a_dead_call_holds_its_case_back,
    what_is_erased_is_forgotten,
    what_was_erased_does_not_come_back,
    the_next_due_is_the_earliest_of_all,
)
