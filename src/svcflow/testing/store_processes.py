"""Promises of a store about published processes, and the days that are kept for them."""

from __future__ import annotations

from attrs import evolve

from svcflow.stores.base import Retirement, Standing, Store
from svcflow.testing.store_checks import Check, expect, expect_same
from svcflow.testing.store_samples import at, kept_days, published


def a_published_version_never_changes(store: Store) -> None:
    """The first content of a version stays."""
    first, other = published("repair", 1), published("repair", 1, digest="other")
    store.publish([first])
    store.publish([other, published("repair", 2)])
    expect_same("version 1", store.process("", "repair", 1), first)
    expect_same("the newest", store.process("", "repair"), published("repair", 2))
    expect_same("a version that is not there", store.process("", "repair", 3), None)
    expect_same("a process that is not there", store.process("", "nothing"), None)
    expect_same("its edition", store.edition("", "nothing"), None)
    expect_same("the edition of version 1", store.edition("", "repair", 1), ("", 1, first.digest, ""))


def a_tenant_uses_its_own_process_before_the_common_one(store: Store) -> None:
    """Own versions come first, even when the common one is newer."""
    own = published("repair", 1, tenant="acme", digest="own")
    store.publish([published("repair", 1), published("repair", 2), own, published("callback", 1)])
    expect_same("its newest", store.process("acme", "repair"), own)
    expect_same("its newest edition", store.edition("acme", "repair"), ("acme", 1, own.digest, ""))
    expect_same("the newest edition for others", store.edition("other", "repair"), ("", 2, "d1", ""))
    expect_same("its version 1", store.process("acme", "repair", 1), own)
    expect_same("the common version 2", store.process("acme", "repair", 2), published("repair", 2))
    expect_same("another's newest", store.process("other", "repair"), published("repair", 2))
    usable = (published("callback", 1), own, published("repair", 2))
    expect_same("all it can use", store.processes("acme"), usable)
    expect_same("what all can use", len(store.processes("")), 3)


def days_are_kept_once_and_the_newest_are_found(store: Store) -> None:
    """Own days come before common ones; those for running cases alone are never the newest."""
    store.publish([published("repair", 1), published("repair", 2)])

    def newest(tenant: str = "", version: int = 1) -> str:
        found = store.edition(tenant, "repair", version)
        return "" if found is None else found[3]

    for digest, fresh in (("a", True), ("b", True), ("c", False), ("b", False)):
        store.keep_days(kept_days(digest, newest=fresh))
    expect_same("the newest days", newest(), "b")
    expect_same("the newest days of another version", newest(version=2), "")
    expect_same("those for running cases alone", store.days("", "repair", 1, "c"), kept_days("c").tables)
    store.keep_days(kept_days("a"))
    store.keep_days(kept_days("d", tenant="acme"))
    expect_same("the newest days, kept again", newest(), "a")
    expect_same("those of a tenant with its own", newest("acme"), "d")
    expect_same("those of one without", newest("other"), "a")
    expect_same("common days for a tenant", store.days("acme", "repair", 1, "b"), kept_days("b").tables)
    expect_same("another tenant's days", store.days("other", "repair", 1, "d"), None)
    expect_same("days of another version", store.days("", "repair", 2, "a"), None)


def what_was_the_newest_at_an_instant_is_found(store: Store) -> None:
    """What came later is not seen, but for a version where there was none; days that come back count from then."""

    def newest(minutes: int, tenant: str = "") -> tuple[str, int, str, str] | None:
        return store.edition(tenant, "repair", at=at(minutes))

    for number, minutes in ((1, 10), (2, 20), (3, 30)):
        store.publish([evolve(published("repair", number), published_at=at(minutes))])
    store.publish([evolve(published("repair", 1, tenant="acme", digest="own"), published_at=at(25))])
    for digest, minutes in (("a", 12), ("b", 14), ("a", 16)):
        store.keep_days(evolve(kept_days(digest), kept_at=at(minutes)))
    store.keep_days(evolve(kept_days("b", newest=False), kept_at=at(18)))
    expect_same("at the instant", newest(20), ("", 2, "d1", ""))
    expect_same("before it", newest(19), ("", 1, "d1", "a"))
    expect_same("before the newest days", newest(15), ("", 1, "d1", "b"))
    expect_same("before all days", newest(11), ("", 1, "d1", ""))
    expect_same("before everything", newest(0), ("", 3, "d1", ""))
    expect_same("before a tenant's own", newest(24, "acme"), ("", 2, "d1", ""))
    expect_same("a tenant's own", newest(25, "acme"), ("acme", 1, "own", "a"))
    expect_same("as of now", store.edition("", "repair"), ("", 3, "d1", ""))


def what_holds_for_a_version_is_kept(store: Store) -> None:
    """Who reviewed it, who answers for it, from when it is in force; it is retired once, and by its own tenant."""
    standing = Standing(at(30), "service department", "wang", "calls after 2 days")
    future, first, end = published("repair", 2), published("repair", 1), Retirement(at(40), "li", "too slow")
    store.publish([first, evolve(future, standing=standing), published("repair", 1, tenant="acme", digest="own")])
    expect_same("what holds for it", store.process("", "repair", 2), evolve(future, standing=standing))
    expect_same("what holds for another", store.process("", "repair", 1), first)
    expect("another tenant's end of it", not store.retire("other", "repair", 2, end))
    expect("its end", store.retire("", "repair", 2, end))
    expect("another end", not store.retire("", "repair", 2, Retirement(at(50), "bo", "again")))
    expect("the end of a version that is not there", not store.retire("", "repair", 3, end))
    ended = evolve(future, standing=evolve(standing, retired=end))
    expect_same("with its end", store.process("", "repair", 2), ended)
    expect_same("among all", store.processes("")[-1], ended)
    expect("a tenant's own", store.retire("acme", "repair", 1, end))
    expect_same("the one for all", store.process("", "repair", 1), first)


def what_is_in_force_at_an_instant_is_found(store: Store) -> None:
    """From its date on, that instant included, until it is retired, that instant not included."""

    def newest(minutes: int, tenant: str = "") -> int | None:
        found = store.edition(tenant, "repair", on=at(minutes))
        return None if found is None else found[1]

    for number, begins in ((1, 10), (2, 20), (3, None)):
        standing = Standing(None if begins is None else at(begins))
        store.publish([evolve(published("repair", number), published_at=at(5), standing=standing)])
    expect_same("the newest in force", newest(0), 3)
    store.retire("", "repair", 3, Retirement(at(0), "li", "a mistake"))
    expect_same("before all", newest(9), None)
    expect_same("from its date on", newest(10), 1)
    expect_same("before the next one's date", newest(19), 1)
    expect_same("from the next one's date on", newest(20), 2)
    store.retire("", "repair", 2, Retirement(at(30), "li", "replaced"))
    expect_same("before it was retired", newest(29), 2)
    expect_same("when it was retired", newest(30), 1)
    expect_same("a version by its number", store.edition("", "repair", 2, on=at(30)), None)
    expect_same("where nobody asks for the date", store.edition("", "repair"), ("", 3, "d1", ""))
    store.publish([evolve(published("repair", 1, tenant="acme", digest="own"), standing=Standing(at(25)))])
    expect_same("before a tenant's own is in force", newest(24, "acme"), 2)
    expect_same("a tenant's own", store.edition("acme", "repair", on=at(25)), ("acme", 1, "own", ""))
    expect_same("at an instant and published by then", store.edition("", "repair", at=at(0), on=at(9)), None)
    expect_same("in force, and published later", store.edition("", "repair", at=at(2), on=at(12)), None)
    found = store.edition("", "repair", at=at(5), on=at(12))
    expect_same("in force, and published by then", None if found is None else found[1], 1)


def a_tenant_has_its_own_version_in_place_of_the_common_one_of_its_number(store: Store) -> None:
    """Also while its own is to come, and when it is retired: a number stands for one content."""
    store.publish([published("repair", 1), published("repair", 2)])
    store.publish([evolve(published("repair", 2, tenant="acme", digest="own"), standing=Standing(at(20)))])
    store.publish([published("callback", 1), published("callback", 1, tenant="acme", digest="own")])
    store.retire("acme", "callback", 1, Retirement(at(0), "li", "closed"))
    expect_same("while its own is to come", store.edition("acme", "repair", on=at(19)), ("", 1, "d1", ""))
    expect_same("when it is in force", store.edition("acme", "repair", on=at(20)), ("acme", 2, "own", ""))
    expect_same("when its own is retired", store.edition("acme", "callback", on=at(1)), None)
    expect_same("for others", store.edition("other", "repair", on=at(19)), ("", 2, "d1", ""))


CHECKS: tuple[Check, ...] = (
    a_published_version_never_changes,
    a_tenant_uses_its_own_process_before_the_common_one,
    days_are_kept_once_and_the_newest_are_found,
    what_was_the_newest_at_an_instant_is_found,
    what_holds_for_a_version_is_kept,
    what_is_in_force_at_an_instant_is_found,
    a_tenant_has_its_own_version_in_place_of_the_common_one_of_its_number,
)
