"""What a `do` does: fields written, events raised, cases started, hook calls made; all of it as data."""

from __future__ import annotations

from types import MappingProxyType
from typing import Any

from svcflow.core.case import Parent
from svcflow.core.decision import HookCall, NewCase, Recipient
from svcflow.core.draft import Draft
from svcflow.core.event import SYSTEM
from svcflow.core.people import barred_persons, recipient, responsible
from svcflow.core.process import State
from svcflow.core.quick import quick
from svcflow.core.rule import Actions, Notify

_hook_call = quick(HookCall)


def write(draft: Draft, do: Actions) -> None:
    """Carry out `set`, one after another, each seeing what the one before wrote."""
    for name, expression in do.set:
        # A date field takes its date from the wall clock of the process, but at the very ends of time from UTC.
        try:
            now = draft.at.astimezone(draft.process.calendars[draft.process.calendar].zone)
        except OverflowError:
            now = draft.at
        value = expression.value(draft.fields, draft.actor.id, now)
        draft.write(name, value)
        draft.changes[name] = value


def carry_out(draft: Draft, do: Actions, cause: str, was: tuple[int, ...], *, step: str | None = None) -> None:
    """
    Carry out the rest of a `do`, in its fixed order: `send`, `start`, `hook`, `notify`.

    `was` are the leaves before the move: where nobody may act any more, they say who was responsible.
    """
    if do.send:
        draft.queue.extend((event, True) for event in do.send)
    for start in do.start:
        draft.starts.append(_new_case(draft, start.process, rename=start.rename))
    for hook in do.hooks:
        _call(draft, hook, cause, step)
    # No set: the few there are, are compared sooner than hashed.
    told: list[tuple[tuple[Recipient, ...], str | None]] = []
    for notify in do.notify:
        message = (_recipients(draft, notify, was), notify.message)
        # Two recipients may come out as the same people, above all when both are empty.
        if message not in told:
            told.append(message)
            _call(draft, "notify", cause, step, *message)


def run_child(draft: Draft, state: State) -> str:
    """Start the child case that a `run` state waits for; its id."""
    case = draft.before
    barred = barred_persons(draft.process, state.not_by, case, draft.acted, draft.fields)
    child = _new_case(draft, state.run or "", parent=Parent(case.id, state.path), root=case.root, barred=barred)
    draft.starts.append(child)
    return child.id


def _new_case(draft: Draft, process: str, **more: Any) -> NewCase:  # noqa: ANN401 - the rest of NewCase's fields
    case_id = f"{draft.before.id}-{draft.seq}-{len(draft.starts)}"
    return NewCase(case_id, process, MappingProxyType(dict(draft.fields)), draft.before.id, SYSTEM, **more)


def _call(
    draft: Draft,
    hook: str,
    cause: str,
    step: str | None,
    to: tuple[Recipient, ...] = (),
    message: str | None = None,
) -> None:
    case = draft.before
    draft.calls.append(
        _hook_call(
            f"{case.id}:{draft.seq}:{len(draft.calls)}",
            case.tenant,
            case.id,
            draft.process.name,
            draft.process.version,
            hook,
            cause,
            draft.at,
            draft.public(),
            to,
            message,
            step,
        )
    )


def _recipients(draft: Draft, notify: Notify, was: tuple[int, ...]) -> tuple[Recipient, ...]:
    if notify.to != "responsible":
        role = draft.process.audience.get(notify.to)
        if role is not None:
            return role
        named = recipient(draft.process, notify.to, draft.fields)
        if named is not None:
            return (named,)
        draft.remarks.append(f"{notify.to} is empty, so whoever is responsible is told")
    found = responsible(draft.process, draft.leaves, draft.fields) or responsible(draft.process, was, draft.fields)
    if not found:
        draft.remarks.append("nobody is responsible here, so nobody could be told")
    return found
