"""Decisions made by hand for the store suite: cases, entries, timers and calls, without a process behind them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Literal

from attrs import evolve

from svcflow.core.case import Case, Parent, Return, Timer
from svcflow.core.clock import Clock, Held, Segment
from svcflow.core.decision import Decision, HookCall, JournalEntry, Move, Recipient
from svcflow.core.event import EMPTY, Actor, FileRef
from svcflow.stores.base import Change, KeptDays, ProcessRecord, Store

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
LI = Actor("li", roles={"agent"}, groups={"outlet-7"}, on_behalf_of="wang")
PHONE = "+86 138 0013 8000"  # planted as a private value: it must turn up nowhere else


def at(minutes: float) -> datetime:
    """So many minutes after noon."""
    return NOON + timedelta(minutes=minutes)


def timer(name: str, generation: int = 1, due: float | None = 60) -> Timer:
    """A timer that is due so many minutes after noon, or suspended."""
    return Timer(name, generation, None if due is None else at(due), NOON, used=None if due else timedelta(hours=1))


def call(case: Case, number: int, *, hook: str = "notify", fields: Mapping[str, Any] = EMPTY) -> HookCall:
    """The case's call of this number in its present entry."""
    return HookCall(
        f"{case.id}:{case.seq}:{number}", case.tenant, case.id, case.process, case.version, hook, "accept",
        case.moved_at, fields, (Recipient("role", "agent"), Recipient("person", "li")), "accepted", "50%",
    )  # fmt: skip


def opening(
    case_id: str,
    *,
    minutes: float = 0,
    key: str | None = None,
    fields: Mapping[str, Any] = EMPTY,
    **attributes: Any,  # noqa: ANN401 - any attribute of a case
) -> Decision:
    """A new case, opened so many minutes after noon; `attributes` replace those of the snapshot."""
    when = at(minutes)
    case = Case(case_id, "repair", 1, "abc", when, when, seq=1, states=("new",), fields=fields, root=case_id)
    entry = JournalEntry(case_id, 1, when, "opened", "open", LI, key, fields, moves=(Move(None, (), (), ("new",)),))
    return Decision(None, evolve(case, **attributes), (entry,))


def event(
    before: Case,
    *,
    minutes: float = 1,
    key: str | None = None,
    sent: Mapping[str, Any] = EMPTY,
    written: Mapping[str, Any] = EMPTY,
    hooks: Sequence[str] = (),
    kind: Literal["event", "migrated", "erased"] = "event",
    **attributes: Any,  # noqa: ANN401 - any attribute of a case
) -> Decision:
    """The next entry of a case: fields sent with it and written by `set`, and calls of these hooks."""
    when, seq = before.moved_at + timedelta(minutes=minutes), before.seq + 1
    fields = {name: value for name, value in {**before.fields, **sent, **written}.items() if value is not None}
    case = evolve(before, **{"seq": seq, "moved_at": when, "fields": MappingProxyType(fields), **attributes})
    calls = tuple(call(case, number, hook=hook, fields=case.fields) for number, hook in enumerate(hooks))
    entry = JournalEntry(
        case.id, seq, when, kind, "accept", LI, key, sent, written,
        (Move("accept", ("new/accept/diagnose",), ("new",), case.states),), tuple(one.key for one in calls),
    )  # fmt: skip
    return Decision(before, case, (entry,), calls)


def write(
    store: Store,
    *decisions: Decision,
    private: Sequence[str] = (),
    **rest: Any,  # noqa: ANN401 - of a Change
) -> Case:
    """Apply decisions, together; the last one's case."""
    store.apply([Change(one, frozenset(private), **rest) for one in decisions])
    return decisions[-1].case


def published(name: str, version: int, *, tenant: str = "", digest: str = "d1") -> ProcessRecord:
    """A version of a process; its texts are in Chinese, its holidays nested."""
    sources = {f"{name}.yaml": f"process: {name}\ntitle: 售后服务\n", "common.yaml": "shared: common\n"}
    holidays = {"CN": {"2026": {"off": ["2026-01-01"], "makeup": [], "official": True}}}
    return ProcessRecord(tenant, name, version, digest, f"{name}.yaml", sources, holidays, NOON, "li")


def kept_days(digest: str, *, tenant: str = "", newest: bool = True) -> KeptDays:
    """Days for version 1 of `repair`; their digest is in them."""
    tables = {"CN": {"name": digest, "valid_through": None, "years": {"2026": {"off": ["2026-10-01"], "makeup": []}}}}
    return KeptDays(tenant, "repair", 1, digest, tables, newest, NOON, "li")


def full_clock() -> Clock:
    """A clock with a value in every attribute."""
    return Clock(
        "resolution", 2, "office", timedelta(hours=8, microseconds=1),
        (Segment(at(0), at(5), "office"), Segment(at(7), None, "always")), "running", at(600),
        (("50%", "fired"), ("100%", "skipped")), at(9), cancelled=True, earlier=(Held(None, "office", at(480), at(3)),),
    )  # fmt: skip


def full_case(case_id: str = "full", tenant: str = "") -> Decision:
    """A case and its first entry with a value in every attribute and a field of every type."""
    fields = {
        "fault": '机器\n"不" 转 \\u0000 \' \u2028 😀',
        "owner": "li",
        "score": 5,
        "price": Decimal("1.50"),
        "accepted": True,
        "bought": date(2024, 2, 29),
        "appointment": at(90.000001),
        "parts": ("fan", "风扇"),
        "photos": (FileRef("f-1", "a.jpg", 12, "ab" * 32), FileRef("f-2", "b.jpg", 0, "cd" * 32)),
        "phone": PHONE,
    }
    timers = {"after:new:1": timer("after:new:1", 3, 60), "wait:new": timer("wait:new", 2, None)}
    case = Case(
        case_id, "repair", 3, "abc", at(0), at(1), tenant, 1, "open", ("repair.site.there", "repair.parts.ordered"),
        {"repair": at(0), "repair.site.there": at(1)}, fields, {"clock:resolution": full_clock()},
        (full_clock(), full_clock()), timers, 3, {"new/accept/here": 2}, {"new": frozenset({"li", "wang"})},
        {"repair": ("repair.site.there",)}, {"on_hold": Return(("new", "repair.parts.ordered"), at(1))},
        frozenset({"zhao"}), "root", Parent("parent", "callback"), {"callback": "child"}, at(2), "0f" * 32,
    )  # fmt: skip
    entry = JournalEntry(
        case_id, 1, at(1), "opened", "open", LI, "web-1", fields, {"note": None, "phone": "0"},
        (Move(None, (), (), ("new",)), Move("accept", ("a", "b"), ("new",), ("repair",))), (f"{case_id}:1:0",),
        ("child", "friend"), ("customer is empty",), {"text": "wait", "steps": ("50%", "100%"), "left": {"a": 1}},
    )  # fmt: skip
    return Decision(None, case, (entry,), (call(case, 0, fields=fields),))
