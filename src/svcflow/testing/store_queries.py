"""Promises of a store about looking for cases: what is found, in which order, page by page."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from svcflow.stores.base import Query, Store
from svcflow.testing.store_checks import Check, expect_same
from svcflow.testing.store_samples import at, event, opening, write


def _ids(store: Store, **asked: Any) -> str:  # noqa: ANN401 - the attributes of a query
    """The ids that a query finds, in order, in one text."""
    return " ".join(case.id for case in store.cases(Query(**asked)))


def conditions_hold_together(store: Store) -> None:
    """Process, status, state, field, due: each by itself and all at once."""
    write(store, opening("a", process="repair", fields={"owner": "li"}), due=at(10))
    write(store, opening("b", process="callback", fields={"owner": "li"}), due=at(20))
    write(store, opening("c", process="repair", status="done", states=("closed",), fields={"owner": "wang"}))
    expect_same("all", _ids(store), "a b c")
    expect_same("of a process", _ids(store, process="repair"), "a c")
    expect_same("open ones", _ids(store, status="open"), "a b")
    expect_same("in a state", _ids(store, state="closed"), "c")
    expect_same("with a field", _ids(store, where={"owner": "li"}), "a b")
    expect_same("due before", _ids(store, due_before=at(20)), "a")
    expect_same("due just after", _ids(store, due_before=at(20.01)), "a b")
    expect_same("both", _ids(store, process="repair", where={"owner": "li"}), "a")
    expect_same("none", _ids(store, process="repair", state="closed", status="open"), "")


def a_state_is_found_by_its_group_too(store: Store) -> None:
    """Whole names only: `repair` is not the start of `repairs`."""
    write(store, opening("a", states=("repair.onsite",)))
    write(store, opening("b", states=("site.there", "repair")))
    write(store, opening("c", states=("repairs",)))
    write(store, opening("d", states=("on.repair",)))
    write(store, opening("e", states=("待受理.远程",)))
    for state, found in {
        "repair": "a b",
        "repair.onsite": "a",
        "site": "b",
        "on": "d",
        "repai": "",
        "onsite": "",
        "待受理": "e",
        "%": "",
        "repair_onsite": "",
    }.items():
        expect_same(f"state {state}", _ids(store, state=state), found)


def fields_compare_as_texts(store: Store) -> None:
    """A value is found by itself and by its text, an empty field by None."""
    fields: dict[str, object] = {
        "text": 'he said "no" \\ \n 不',
        "number": Decimal("4.50"),
        "range": 3,
        "flag": True,
        "day": date(2026, 3, 31),
        "moment": datetime(2026, 3, 31, 8, tzinfo=UTC),
        "list": ("fan", "风扇"),
        "名字": "li",
    }
    write(store, opening("a", fields=fields))
    write(store, opening("b", fields={"text": "true", "range": 30, "flag": False}))
    for name, value in fields.items():
        expect_same(f"{name} by value", _ids(store, where={name: value}), "a")
    texts = {"number": "4.50", "range": "3", "flag": "true", "day": "2026-03-31", "moment": "2026-03-31T08:00:00+00:00"}
    for name, value in texts.items():
        expect_same(f"{name} by text", _ids(store, where={name: value}), "a")
    expect_same("a text that reads like a flag", _ids(store, where={"text": "true"}), "b")
    expect_same("a flag for such a text", _ids(store, where={"text": True}), "b")
    expect_same("another spelling", _ids(store, where={"number": "4.5"}), "")
    expect_same("an empty field", _ids(store, where={"day": None}), "b")
    expect_same("a field nobody has", _ids(store, where={"nothing": None}), "a b")
    expect_same("a value nobody has", _ids(store, where={"nothing": "x"}), "")
    expect_same("two fields", _ids(store, where={"flag": False, "range": 30}), "b")


def names_that_are_no_names_find_nothing(store: Store) -> None:
    """No name leads past a field into its value, or anywhere else: a quote or an escape in it is a part of the name."""
    fields = {"cost": Decimal(250), "day": date(2026, 5, 4), "text": "x", "list": ("fan",)}
    write(store, opening("a", fields=fields))
    for name, value in _NO_NAMES:
        expect_same(f"by {name!r}", _ids(store, where={name: value}), "")
    expect_same("nothing there", _ids(store, where={'cost"."decimal': None}), "a")


_NO_NAMES = (
    ('cost"."decimal', "250"),
    ('cost"."decimal', 250),
    ('day"."date', "2026-05-04"),
    ('list"[0]."', "fan"),
    ('text"', "x"),
    ('"', "x"),
    ('cost"."', "250"),
    ("cost.decimal", "250"),
    ("\\u0074ext", "x"),
    ("", "x"),
)


def pages_follow_each_other(store: Store) -> None:
    """In each order, page by page, every case once; equal times are ordered by id."""
    first = write(store, opening("b", minutes=1), due=at(30))
    write(store, opening("a", minutes=1))
    write(store, opening("c", minutes=0), due=at(10))
    write(store, opening("d", minutes=2), due=at(30))
    write(store, event(first, minutes=9), due=at(30))
    for order, wanted in {"opened": "c a b d", "moved": "c a d b", "due": "c b d a"}.items():
        expect_same(f"by {order}", _ids(store, order=order), wanted)
        expect_same(f"by {order}, two", _ids(store, order=order, limit=2), wanted[:3])
        expect_same(f"by {order}, the next two", _ids(store, order=order, after=wanted[2], limit=2), wanted[4:])
        expect_same(f"by {order}, after the last", _ids(store, order=order, after=wanted[-1]), "")
    expect_same("after a case that is not there", _ids(store, after="nobody"), "")
    expect_same("no page at all", _ids(store, limit=0), "")


def idle_cases_are_those_in_which_nothing_happened_since(store: Store) -> None:
    """In every order, together with other conditions; what happened at that very instant is not after it."""
    write(store, opening("a", minutes=0), due=at(99))
    write(store, event(write(store, opening("b", minutes=1)), minutes=8))
    write(store, opening("c", minutes=5, process="callback"), due=at(50))
    write(store, opening("d", minutes=5))
    for order, wanted in {"opened": "a c d", "moved": "a c d", "due": "c a d"}.items():
        expect_same(f"by {order}", _ids(store, order=order, idle_since=at(5)), wanted)
        expect_same(f"by {order}, just before", _ids(store, order=order, idle_since=at(4.99)), "a")
        expect_same(f"by {order}, never", _ids(store, order=order, idle_since=at(-1)), "")
        expect_same(f"by {order}, two", _ids(store, order=order, idle_since=at(5), limit=2), wanted[:3])
        expect_same(f"by {order}, after", _ids(store, order=order, idle_since=at(5), after=wanted[0]), wanted[2:])
    expect_same("and of a process", _ids(store, idle_since=at(5), process="callback"), "c")
    expect_same("and late", _ids(store, idle_since=at(5), due_before=at(60)), "c")


def cases_are_found_by_when_they_were_opened(store: Store) -> None:
    """In every order, together with other conditions; from one time on, and before the other."""
    write(store, opening("a", minutes=0), due=at(99))
    write(store, event(write(store, opening("b", minutes=1)), minutes=8))
    write(store, opening("c", minutes=5, process="callback"), due=at(50))
    write(store, opening("d", minutes=5.000001))
    for order, wanted in {"opened": "a b c d", "moved": "a c d b", "due": "c a b d"}.items():
        expect_same(f"by {order}", _ids(store, order=order, since=at(0), before=at(6)), wanted)
        later = wanted.replace("a", "").split()
        expect_same(f"by {order}, later", _ids(store, order=order, since=at(0.5)).split(), later)
        expect_same(f"by {order}, from then", _ids(store, order=order, since=at(5), limit=1), "c")
        expect_same(f"by {order}, before", _ids(store, order=order, before=at(1)), "a")
        expect_same(f"by {order}, between", _ids(store, order=order, since=at(1), before=at(5)), "b")
        expect_same(f"by {order}, never", _ids(store, order=order, since=at(5), before=at(5)), "")
    expect_same("and of a process", _ids(store, since=at(1), process="callback"), "c")


def a_reading_is_not_disturbed_by_writing(store: Store) -> None:
    """Cases can be written while they are being read one by one."""
    for number in range(5):
        write(store, opening(f"c{number}"))
    seen = []
    for case in store.cases(Query(order="moved")):
        seen.append(case.id)
        write(store, event(case, minutes=5))
    expect_same("each once", seen, [f"c{number}" for number in range(5)])
    left = store.cases(Query())
    next(left)
    write(store, opening("c9"))
    expect_same("the next reading", len(list(store.cases(Query()))), 6)


CHECKS: tuple[Check, ...] = (
    conditions_hold_together,
    a_state_is_found_by_its_group_too,
    fields_compare_as_texts,
    names_that_are_no_names_find_nothing,
    pages_follow_each_other,
    idle_cases_are_those_in_which_nothing_happened_since,
    cases_are_found_by_when_they_were_opened,
    a_reading_is_not_disturbed_by_writing,
)
