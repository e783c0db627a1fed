"""
Planted bugs about effects: what is set, sent, started, called and told, and when.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

from attrs import evolve

from svcflow.core import effects, family, macrostep, people, step
from svcflow.core.decision import Recipient
from svcflow.core.draft import Draft
from svcflow.core.event import ChildEnded
from svcflow.core.process import State
from svcflow.core.rule import Actions
from svcflow.stores import rows
from svcflow.stores.memory import MemoryStore
from svcflow.testing.violations import (
    AuthorisationBypassed,
    EffectWithoutCause,
    MissingEffect,
    PrivateDataLeaked,
    StoreRoundTrip,
    WrongMove,
)
from zoo.processes import CHILD, DESK, FAMILY, REGIONS
from zoo.zoo import Bug, bug, replaced


@bug("core/macrostep", EffectWithoutCause, (REGIONS,), length=2)
def inner_greets_first() -> Iterator[None]:
    """The `do` of the states entered is carried out inner first."""
    right = macrostep._greet
    with replaced(macrostep, "_greet", lambda draft, entered, cause, was: right(draft, entered[::-1], cause, was)):
        yield


@bug("core/macrostep", EffectWithoutCause, (DESK,))
def greeted_on_here() -> Iterator[None]:
    """A state's `do` is carried out again on `here`."""
    right = macrostep._take

    def broken(draft: Draft, taken: Any, trigger: str | None) -> None:
        right(draft, taken, trigger)
        if taken.taken and not taken.entered and draft.status == "open":
            for leaf in draft.leaves:
                effects.carry_out(draft, draft.process.states[leaf].do, "here", draft.leaves)

    with replaced(macrostep, "_take", broken):
        yield


@bug("core/macrostep", EffectWithoutCause, (DESK,))
def greeted_on_back() -> Iterator[None]:
    """A state's `do` is carried out on `back`."""
    right = macrostep._change
    with replaced(macrostep, "_change", lambda draft, taken, course: (*right(draft, taken, course)[:2], False)):
        yield


@bug("core/effects", (EffectWithoutCause, StoreRoundTrip, WrongMove), (DESK,), length=6)
def set_is_seen_too_late() -> Iterator[None]:
    """What `set` calculates with is what was there before the form was filled in."""
    right = effects.write

    def broken(draft: Draft, do: Actions) -> None:
        now, draft.fields = draft.fields, {**draft.fields, **draft.before.fields}
        before = dict(draft.changes)
        right(draft, do)
        new = {name: value for name, value in draft.changes.items() if name not in before}
        draft.fields = {name: value for name, value in {**now, **new}.items() if value is not None}

    with replaced(effects, "write", broken):
        yield


@bug("core/effects", MissingEffect, (DESK,), length=2)
def one_notice_is_enough() -> Iterator[None]:
    """Of several people to notify only the first is told."""
    right = effects.carry_out

    def broken(draft: Draft, do: Actions, cause: str, was: tuple[int, ...], *, step: str | None = None) -> None:
        right(draft, Actions(send=do.send, start=do.start, hooks=do.hooks, notify=do.notify[:1]), cause, was, step=step)

    with replaced(effects, "carry_out", broken):
        yield


@bug("core/effects", (MissingEffect, EffectWithoutCause), (DESK,), length=2)
def nobody_instead_of_the_responsible() -> Iterator[None]:
    """A message to an empty person field is addressed to nobody."""
    right = effects._recipients

    def broken(draft: Draft, notify: Any, was: tuple[int, ...]) -> tuple[Recipient, ...]:
        named = notify.to == "responsible" or notify.to in draft.process.roles or draft.fields.get(notify.to)
        return right(draft, notify, was) if named else ()

    with replaced(effects, "_recipients", broken):
        yield


@bug("core/people", EffectWithoutCause, (DESK,), length=2)
def persons_are_not_responsible() -> Iterator[None]:
    """Who is responsible by a person field is not told."""
    right = people.recipients

    def broken(process: Any, who: Any, fields: Mapping[str, Any]) -> tuple[Recipient, ...]:
        return tuple(one for one in right(process, who, fields) if one.kind == "role")

    with replaced(people, "recipients", broken):
        yield


@bug("core/draft", (EffectWithoutCause, PrivateDataLeaked), (DESK,), length=1)
def private_fields_in_calls() -> Iterator[None]:
    """Hook calls carry private fields, and the store does not mind."""
    everything = replaced(Draft, "public", lambda draft: MappingProxyType(dict(draft.fields)))
    with everything, replaced(rows, "public_call", lambda call, _private: call):
        yield


@bug("core/family", MissingEffect, (FAMILY, CHILD), length=2)
def nothing_handed_over() -> Iterator[None]:
    """A case that is started gets no fields."""
    with replaced(family, "handed_over", lambda _new, _origin, _process: {}):
        yield


@bug("core/family", (MissingEffect, EffectWithoutCause), (FAMILY, CHILD), length=2)
def renaming_forgotten() -> Iterator[None]:
    """`start` with renamed fields hands over those of the same name."""
    right = family.handed_over
    with replaced(family, "handed_over", lambda new, origin, process: right(evolve(new, rename={}), origin, process)):
        yield


@bug("core/macrostep", MissingEffect, (FAMILY, CHILD))
def children_go_on() -> Iterator[None]:
    """Leaving a `run` state does not cancel its child."""
    right = macrostep._leave

    def broken(draft: Draft, state: State, *, kept: bool) -> None:
        said = len(draft.messages)
        right(draft, state, kept=kept)
        del draft.messages[said:]

    with replaced(macrostep, "_leave", broken):
        yield


@bug("core/step", MissingEffect, (FAMILY, CHILD))
def nothing_given_back() -> Iterator[None]:
    """What a child gives back is lost."""
    right = step._child_ended

    def broken(draft: Draft, event: ChildEnded) -> Any:
        return right(draft, evolve(event, given={}))

    with replaced(step, "_child_ended", broken):
        yield


@bug("core/macrostep", (WrongMove, AuthorisationBypassed), (DESK,))
def send_opens_every_door() -> Iterator[None]:
    """`send` raises events that only people may send."""
    with replaced(macrostep, "_sendable", lambda draft, index: draft.open(index)):
        yield


@bug("core/effects", EffectWithoutCause, (DESK,), length=2)
def told_before_called() -> Iterator[None]:
    """`notify` comes before `hook`."""
    right = effects.carry_out

    def broken(draft: Draft, do: Actions, cause: str, was: tuple[int, ...], *, step: str | None = None) -> None:
        right(draft, Actions(send=do.send, start=do.start, notify=do.notify), cause, was, step=step)
        right(draft, Actions(hooks=do.hooks), cause, was, step=step)

    with replaced(effects, "carry_out", broken):
        yield


@bug("stores/memory", EffectWithoutCause, (DESK,), faults=True)
def called_again_after_a_failure() -> Iterator[None]:
    """A call that failed once is made again and again, also when it has gone well."""
    right = MemoryStore.delivered

    def broken(store: MemoryStore, delivery: Any) -> bool:
        return right(store, delivery) if delivery.attempts == 1 else False

    with replaced(MemoryStore, "delivered", broken):
        yield


@bug("stores/memory", (EffectWithoutCause, MissingEffect), (DESK,), faults=True)
def failed_calls_are_dropped() -> Iterator[None]:
    """A call that failed is taken out of the outbox."""
    right = MemoryStore.delivered

    def broken(store: MemoryStore, delivery: Any, *_told: Any, **_more: Any) -> bool:
        return right(store, delivery)

    with replaced(MemoryStore, "failed", broken):
        yield


BUGS: tuple[Bug, ...] = (
    inner_greets_first, greeted_on_here, greeted_on_back, set_is_seen_too_late, one_notice_is_enough,
    nobody_instead_of_the_responsible, persons_are_not_responsible, private_fields_in_calls, nothing_handed_over,
    renaming_forgotten, children_go_on, nothing_given_back, send_opens_every_door, told_before_called,
    called_again_after_a_failure, failed_calls_are_dropped,
)  # fmt: skip
