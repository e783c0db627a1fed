"""Cases, clocks, journals and menus as plain JSON data: what `--format json` prints, and its names are a promise."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, TypeAlias

from svcflow.core.case import Case
from svcflow.core.decision import JournalEntry, Offer
from svcflow.core.event import Actor, FileRef
from svcflow.core.sight import UNSEEN, Unseen
from svcflow.errors import FoundRefusal
from svcflow.inquiry import ClockView
from svcflow.stores.base import Delivery

Json: TypeAlias = dict[str, Any]


def plain(value: object) -> Any:  # noqa: ANN401 - JSON data have no narrower type
    """
    A value as JSON: instants in ISO 8601 and UTC, amounts as texts, lengths in seconds, sets sorted.

    The mark of what is not shown is `{"unseen": true}`.
    """
    match value:
        case datetime() | date():
            return value.isoformat()
        case timedelta():
            return value.total_seconds()
        case Decimal():
            return str(value)
        case FileRef():
            return {"id": value.id, "name": value.name, "size": value.size, "sha256": value.sha256}
        case Unseen():
            return {"unseen": True}
        case Mapping():
            return {str(name): plain(inner) for name, inner in value.items()}
        case tuple() | list() | frozenset():
            items = [plain(inner) for inner in value]
            return sorted(items) if isinstance(value, frozenset) else items
        case _:
            return value


def case_json(case: Case, hidden: Iterable[str]) -> Json:
    """A case without the values of its `hidden` fields: of these only the names, under `private`."""
    kept_back = [name for name in hidden if name in case.fields]
    return {
        "id": case.id,
        "process": case.process,
        "version": case.version,
        "tenant": case.tenant,
        "status": case.status,
        "states": list(case.states),
        "opened_at": plain(case.opened_at),
        "moved_at": plain(case.moved_at),
        "ended_at": plain(case.ended_at),
        "seq": case.seq,
        "fields": {name: plain(value) for name, value in case.fields.items() if name not in kept_back},
        "private": sorted(kept_back),
        "parent": None if case.parent is None else case.parent.case,
        "children": dict(case.children),
    }


def clock_json(clock: ClockView) -> Json:
    """A cycle of a clock, or a stay under a limit; lengths in seconds of working time."""
    return {
        "name": clock.name,
        "kind": clock.kind,
        "cycle": clock.cycle,
        "state": clock.state,
        "elapsed_s": plain(clock.elapsed),
        "target_s": plain(UNSEEN if clock.unseen else clock.target),
        "remaining_s": plain(UNSEEN if clock.unseen else clock.remaining),
        "due": plain(clock.due),
        "late": clock.late,
        "met": clock.met,
    }


def actor_json(actor: Actor) -> Json:
    """Who did something."""
    who: Json = {
        "id": actor.id, "roles": plain(actor.roles), "groups": plain(actor.groups), "for": actor.on_behalf_of
    }  # fmt: skip
    if actor.qualifications:
        held = actor.qualifications.items()
        who["qualifications"] = {name: {"level": one.level, "until": plain(one.until)} for name, one in held}
    return who


def entry_json(entry: JournalEntry) -> Json:
    """One entry of a journal; private values are not in it."""
    return {
        "case": entry.case,
        "seq": entry.seq,
        "at": plain(entry.at),
        "kind": entry.kind,
        "name": entry.name,
        "actor": actor_json(entry.actor),
        "key": entry.key,
        "fields": plain(entry.fields),
        "changes": plain(entry.changes),
        "moves": [
            {"trigger": move.trigger, "left": list(move.left), "entered": list(move.entered)} for move in entry.moves
        ],
        "calls": list(entry.calls),
        "starts": list(entry.starts),
        "remarks": list(entry.remarks),
        "detail": plain(entry.detail),
    }


def refusal_json(refusal: FoundRefusal) -> Json:
    """Why not, and what is possible instead."""
    return {
        "case": refusal.case,
        "event": refusal.event,
        "code": refusal.code,
        "parameters": plain(refusal.parameters),
        "possible": list(refusal.possible),
    }


def call_json(call: Delivery) -> Json:
    """A hook call that is not delivered yet; its error has no private values."""
    return {
        "key": call.call.key,
        "hook": call.call.hook,
        "state": call.state,
        "attempts": call.attempts,
        "next_at": plain(call.next_at),
        "error": call.error,
    }


def offer_json(offer: Offer, hidden: Iterable[str]) -> Json:
    """An event of a menu; its refusal is null when it is possible."""
    present = {name: plain(value) for name, value in offer.present.items() if name not in set(hidden)}
    return {
        "event": offer.event,
        "ask": list(offer.ask),
        "may": list(offer.may),
        "present": present,
        "refusal": None if offer.refusal is None else refusal_json(offer.refusal),
    }
