"""
Two tenants with the same ids and keys share a store as if each had one of its own.

The oracle is two engines, each with one tenant in a store in memory: whatever is asked of the shared one, in any order,
must be answered as the tenant's own engine answers.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from types import MappingProxyType

import psycopg
import pytest
from attrs import evolve, frozen
from hypothesis import given, settings
from hypothesis import strategies as st
from psycopg import sql

from engine.desk import ACME, CALLER, DESK, FILES, KIM, LEAD, LI, MONDAY
from svcflow import language
from svcflow.archiving import Archival
from svcflow.audit import Audit
from svcflow.clocks import ManualClock
from svcflow.core.decision import HookCall
from svcflow.core.event import Actor, Event
from svcflow.core.process import Process
from svcflow.engine import Engine
from svcflow.errors import SvcflowError
from svcflow.rounds import Terms
from svcflow.stores.archived import Archived
from svcflow.stores.base import Delivery

TENANTS = ("north", "south")
ACTORS = (LI, KIM, ACME, CALLER, LEAD)
KEYS = (None, "web-1", "web-2")
EVENTS: tuple[tuple[str, Mapping[str, object], Actor], ...] = (
    ("assign", {"owner": "kim"}, LI), ("need", {"parts": ["panel"]}, KIM), ("done", {"result": "new"}, KIM),
    ("fine", {}, ACME), ("not_fine", {}, ACME), ("drop", {}, LI), ("correct", {"phone": "555 0199"}, LI),
    ("ask", {}, LI), ("answer", {"score": 2}, CALLER), ("complain", {}, LI), ("stop", {}, LI), ("fine", {}, KIM),
)  # fmt: skip
CASES = ("T-0", "T-1", "T-1-2-0")
"""A desk, a visit, and the survey that the visit runs."""

OWNED = "process: own\nversion: 1\nroles: [agent]\nstates: {a: {by: agent, events: {go: NAME}}, NAME: {end: done}}\n"
ONCE = Terms(tries=1)


def _compiled(name: str, text: str) -> Process:
    return language.compile_sources({**FILES, name: text}, name)


PROCESSES = tuple(_compiled(name, text) for name, text in FILES.items())
NEWER = _compiled(
    "desk.yaml", DESK.replace("version: 1", "version: 2").replace("limit: 2h", "limit: 1h") + "migrate: {1: {}}\n"
)
OWN = {tenant: _compiled("own.yaml", OWNED.replace("NAME", tenant)) for tenant in TENANTS}


class Even(Random):
    """Pauses that depend on nothing."""

    def uniform(self, a: float, _b: float) -> float:
        return a


@frozen
class Desk:
    """An engine for some tenants, and what its hooks were called with."""

    engine: Engine
    folder: Path
    heard: dict[str, list[str]]

    @classmethod
    def on(cls, url: str, clock: ManualClock, folder: Path) -> Desk:
        made = cls(Engine(url, clock=clock, random=Even()), folder, {tenant: [] for tenant in TENANTS})
        folder.mkdir()

        @made.engine.hook("*")
        def hear(call: HookCall) -> None:
            made.heard[call.tenant].append(f"{call.key} {call.hook} {sorted(call.fields)}")
            if call.hook == "order_parts":
                raise OSError(f"no way to the shop for {call.case} of {call.tenant}")

        @made.engine.hook("record_breach", inside=True)
        def refuse(call: HookCall) -> None:
            raise OSError(f"no way to the register for {call.case} of {call.tenant}")

        made.engine.publish(*PROCESSES)
        return made


@frozen
class Ask:
    """One call: what is asked for whom, and a few small numbers that say the rest."""

    method: str
    tenant: str
    a: int
    b: int
    c: int

    @property
    def case(self) -> str:
        return CASES[self.a]

    @property
    def actor(self) -> Actor:
        return ACTORS[self.c % len(ACTORS)]

    @property
    def key(self) -> str | None:
        return KEYS[self.c % len(KEYS)]

    @property
    def event(self) -> tuple[str, Mapping[str, object], Actor]:
        return EVENTS[self.b % len(EVENTS)]


Deed = Callable[[Desk, Ask], object]


def _open(desk: Desk, ask: Ask) -> object:
    process = ("desk", "visit")[ask.a % 2]
    form = {"customer": "acme", "phone": f"555 010{ask.c}"} | ({"fault": "noise"} if process == "desk" else {})
    return desk.engine.open(process, form, actor=LI, key=ask.key, id=CASES[ask.a % 2], tenant=ask.tenant)


def _send(desk: Desk, ask: Ask) -> object:
    event, form, actor = ask.event
    return desk.engine.send(ask.case, event, form, actor=actor, key=ask.key, tenant=ask.tenant)


def _send_many(desk: Desk, ask: Ask) -> object:
    event, other = Event(*ask.event), Event("correct", {"fault": "hum"}, LI, ask.key)
    return desk.engine.send_many([(ask.case, event), ("T-0", other), (ask.case, other)], tenant=ask.tenant)


def _retry(desk: Desk, ask: Ask) -> object:
    found = desk.engine.incidents(tenant=ask.tenant)
    case, name = (found[-1].case, found[-1].name) if found else (ask.case, "clock:solved")
    return desk.engine.retry(case, name, tenant=ask.tenant)


def _skip(desk: Desk, ask: Ask) -> object:
    found = desk.engine.incidents(tenant=ask.tenant)
    case, name = (found[-1].case, found[-1].name) if found else (ask.case, "nothing")
    return desk.engine.skip(case, name, reason="by phone", actor=LEAD, tenant=ask.tenant)


def _archive(desk: Desk, ask: Ask) -> object:
    return desk.engine.archive(desk.folder, older_than=timedelta(), private=ask.b % 2 == 0, tenant=ask.tenant)


def _follow(desk: Desk, ask: Ask) -> object:
    """When an entry comes depends on who else uses the server; that it is the tenant's own must always hold."""
    got = [one for batch in desk.engine.follow("crm", tenant=ask.tenant) for one in batch]
    journals = {one.case: desk.engine.journal(one.case, tenant=ask.tenant) for one in got}
    assert all(one.tenant == ask.tenant and one.entry in journals[one.case] for one in got)
    return None


DEEDS: Mapping[str, Deed] = MappingProxyType(
    {
        "open": _open,
        "send": _send,
        "send_many": _send_many,
        "retry": _retry,
        "skip": _skip,
        "archive": _archive,
        "follow": _follow,
        "publish": lambda desk, ask: desk.engine.publish(NEWER if ask.b % 2 else OWN[ask.tenant], tenant=ask.tenant),
        "retire": lambda desk, ask: desk.engine.retire("own", 1, reason="asked", actor=LEAD, tenant=ask.tenant),
        "versions": lambda desk, ask: desk.engine.versions(tenant=ask.tenant),
        "note": lambda desk, ask: desk.engine.note(ask.case, "rang", actor=ask.actor, key=ask.key, tenant=ask.tenant),
        "migrate": lambda desk, ask: desk.engine.migrate("desk", from_version=1, tenant=ask.tenant),
        "recalendar": lambda desk, ask: desk.engine.recalendar("desk", tenant=ask.tenant),
        "erase": lambda desk, ask: desk.engine.erase(ask.case, reason="asked", actor=LEAD, tenant=ask.tenant),
        "case": lambda desk, ask: desk.engine.case(ask.case, tenant=ask.tenant),
        "menu": lambda desk, ask: desk.engine.menu(ask.case, actor=ask.actor, tenant=ask.tenant),
        "preview": lambda desk, ask: desk.engine.preview(ask.case, *ask.event[:2], actor=ask.actor, tenant=ask.tenant),
        "clocks": lambda desk, ask: desk.engine.clocks(ask.case, tenant=ask.tenant),
        "journal": lambda desk, ask: desk.engine.journal(ask.case, viewer=ask.actor, tenant=ask.tenant),
        "cases": lambda desk, ask: desk.engine.cases(where={"owner": "kim"} if ask.b % 2 else {}, tenant=ask.tenant),
        "archived": lambda desk, ask: desk.engine.archived(tenant=ask.tenant),
        "worklist": lambda desk, ask: desk.engine.worklist(ask.actor, tenant=ask.tenant),
        "outbox": lambda desk, ask: desk.engine.outbox(tenant=ask.tenant),
        "unheard": lambda desk, ask: desk.engine.unheard(tenant=ask.tenant),
        "incidents": lambda desk, ask: desk.engine.incidents(tenant=ask.tenant),
        "process": lambda desk, ask: desk.engine.process(("desk", "own")[ask.b % 2], tenant=ask.tenant),
        "verify": lambda desk, ask: desk.engine.verify(tenant=ask.tenant),
    }
)
"""Each method that takes a tenant; a new one is added here."""

BEFORE = tuple(
    Ask(method, tenant, case, event, key)
    for method, case, event, key in (
        ("open", 0, 0, 0),
        ("open", 1, 0, 0),
        ("send", 0, 0, 1),
        ("send", 0, 1, 2),
        ("send", 1, 7, 1),
    )
    for tenant in TENANTS
)
"""A desk that waits for parts and a visit that is asked about, for each under the same ids and keys."""

AFTER = tuple(
    Ask(method, tenant, 0, 11, 0)
    for method, tenant in (
        ("later", ""),
        ("later", ""),
        ("later", ""),
        ("tick", ""),
        ("skip", "north"),
        ("retry", "south"),
    )
)
"""The call for parts is dead and the breach is parked, for each; then each does something about it."""

OFTEN = (*["send"] * 8, "send_many", "erase", "skip", "retry", "tick", "tick", "later", "later")
asks = st.builds(
    Ask, st.sampled_from([*OFTEN, *OFTEN, *DEEDS]), st.sampled_from(TENANTS),
    st.integers(0, 2), st.integers(0, 11), st.integers(0, 4),
)  # fmt: skip


# ── told so that two stores can be compared ────────────────────────────────────────────────────────────────────────


def answer(desk: Desk, ask: Ask) -> object:
    """What is answered, or raised; without what is made by chance: salts, claims, the names of files."""
    try:
        return told(DEEDS[ask.method](desk, ask))
    except SvcflowError as problem:
        return type(problem), str(problem)


def told(given: object) -> object:
    match given:
        case tuple():
            return [told(one) for one in given]
        case Process():
            return given.name, given.version, given.digest
        case Delivery():
            return evolve(given, claim=None)
        case Audit():
            return given.cases, given.entries, list(map(str, given.broken))
        case Archival():
            return given.cases, given.stayed, [(one.cases, one.entries) for one in given.files]
        case Archived():
            return evolve(given, bundle="", digest="")
        case _:
            return given


def everything(desk: Desk, tenant: str) -> Iterator[object]:
    """Whatever one tenant can see in the end."""
    for number, case in enumerate(CASES):
        for method in ("case", "journal", "clocks", "menu"):
            yield answer(desk, Ask(method, tenant, number, 0, 0))
        yield desk.engine.store.links(tenant, case), desk.engine.store.kept(tenant, case)
    for method in ("cases", "outbox", "incidents", "archived", "worklist", "unheard", "process", "verify"):
        yield answer(desk, Ask(method, tenant, 0, 0, 0))
    yield [(one.tenant, one.name, one.version, one.digest) for one in desk.engine.store.processes(tenant)]
    yield sorted(desk.heard[tenant])
    due = desk.engine.store.due(MONDAY + timedelta(days=900), 1_000)
    yield [(one.case, one.timer, one.generation, one.due, one.attempts) for one in due if one.tenant == tenant]


# ── the stores ─────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture(params=["memory", "sqlite", "postgres"])
def empty(request: pytest.FixtureRequest) -> Callable[[Path], str]:
    """Answers the URL of an empty store."""
    if request.param == "memory":
        return lambda _folder: ":memory:"
    if request.param == "sqlite":
        return lambda folder: f"sqlite:///{folder}/cases.db?synchronous=NORMAL"
    url = str(request.getfixturevalue("postgres").make())

    def emptied(_folder: Path) -> str:
        with psycopg.connect(url) as connection:
            found = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = current_schema()").fetchall()
            tables = [sql.Identifier(name) for (name,) in found if name != "svcflow_meta"]
            if tables:
                connection.execute(sql.SQL("TRUNCATE {}").format(sql.SQL(", ").join(tables)))
        return url

    return emptied


def test_each_is_answered_as_if_it_were_alone(empty: Callable[[Path], str]) -> None:
    @settings(max_examples=settings().max_examples // 3)  # Each is dozens of calls, of three engines.
    @given(asked=st.lists(asks, max_size=20))
    def alike(asked: list[Ask]) -> None:
        with TemporaryDirectory() as folder, ExitStack() as stack:
            compare(empty, Path(folder), stack, asked)

    alike()


def compare(empty: Callable[[Path], str], folder: Path, stack: ExitStack, asked: list[Ask]) -> None:
    clock = ManualClock(MONDAY)
    shared = Desk.on(empty(folder), clock, folder / "shared")
    alone = {tenant: Desk.on(":memory:", clock, folder / tenant) for tenant in TENANTS}
    for desk in (shared, *alone.values()):
        stack.enter_context(desk.engine)
    for ask in (*BEFORE, *asked, *AFTER):
        if ask.method == "later":
            clock.advance(timedelta(minutes=20 * (1 + ask.b)))
        elif ask.method == "tick":
            first, second = (desk.engine.tick(terms=ONCE) for desk in alone.values())
            assert shared.engine.tick(terms=ONCE) == first + second
        else:
            assert answer(shared, ask) == answer(alone[ask.tenant], ask)
    for tenant in TENANTS:
        assert list(everything(shared, tenant)) == list(everything(alone[tenant], tenant))
    assert not alone["north"].heard["south"] + alone["south"].heard["north"]


def test_every_method_that_takes_a_tenant_is_among_those_asked() -> None:
    taking = {
        name
        for name, method in inspect.getmembers(Engine, callable)
        if not name.startswith("_") and "tenant" in inspect.signature(method).parameters
    }
    assert taking == set(DEEDS)
