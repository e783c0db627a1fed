"""Refusals in words, for the person who typed the event: why not, and what is possible instead."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any

from svcflow.cli.output import clean
from svcflow.core.spelling import nearest
from svcflow.errors import FoundRefusal


def reason(refusal: FoundRefusal) -> str:
    """Why, as one sentence without its full stop."""
    return clean(REASONS[refusal.code](refusal, refusal.parameters))


def instead(refusal: FoundRefusal) -> str:
    """What this actor can do now."""
    if refusal.code == "unknown_event":
        meant = nearest(refusal.event, refusal.possible)
        if meant is not None:
            return f"did you mean `{meant}`? possible now: {', '.join(refusal.possible)}"
    if refusal.possible:
        return f"possible now: {', '.join(refusal.possible)}"
    if refusal.event == "open" or refusal.code in {"ended", "earlier"}:
        return ""
    return "nothing is possible for this actor now; `svcflow show CASE` says who may do what"


def listed(names: Iterable[str], word: str = "or") -> str:
    """`agent`, `agent or customer`, `agent, caller or customer`."""
    *first, last = [str(name) for name in names] or ["nobody"]
    return f"{', '.join(first)} {word} {last}" if first else last


def _ended(_refusal: FoundRefusal, given: Mapping[str, Any]) -> str:
    return f"the case is over: it ended as `{given['state']}`"


def _unknown_event(refusal: FoundRefusal, _given: Mapping[str, Any]) -> str:
    return f"the process has no event called `{refusal.event}`"


def _not_here(refusal: FoundRefusal, given: Mapping[str, Any]) -> str:
    return f"`{refusal.event}` is not possible in `{given['state']}`"


def _waiting(refusal: FoundRefusal, given: Mapping[str, Any]) -> str:
    until: datetime = given["until"]
    return f"`{refusal.event}` is not possible yet: the case waits until {until:%Y-%m-%d %H:%M} UTC"


def _forbidden(refusal: FoundRefusal, given: Mapping[str, Any]) -> str:
    return f"`{refusal.event}` is for {listed(given['by'])}, and this actor is none of these"


def _barred(refusal: FoundRefusal, given: Mapping[str, Any]) -> str:
    bars = ["a state of the parent case" if name == "parent" else f"`{name}`" for name in given["by"]]
    return f"this actor may not `{refusal.event}`, having acted or being named in {listed(bars)}"


def _unqualified(refusal: FoundRefusal, given: Mapping[str, Any]) -> str:
    needs: Mapping[str, int] = given["needs"]
    low: Mapping[str, int] = given.get("low", {})
    expired: Mapping[str, datetime] = given.get("expired", {})
    lacks = [f"`{name}` is missing" for name in given.get("missing", ())]
    lacks += [f"`{name}` is of level {level}, and {needs[name]} is needed" for name, level in low.items()]
    lacks += [f"`{name}` was good until {until:%Y-%m-%d %H:%M} UTC" for name, until in expired.items()]
    return f"this actor is not qualified to `{refusal.event}`: {'; '.join(lacks)}"


def _form(refusal: FoundRefusal, given: Mapping[str, Any]) -> str:
    problems = "; ".join(f"`{name}` {text}" for name, text in given["problems"].items())
    return f"the form of `{refusal.event}` does not fit: {problems}"


def _no_alternative(refusal: FoundRefusal, given: Mapping[str, Any]) -> str:
    ways = "; ".join(f"to `{count.rpartition('/')[2]}` {why}" for count, why in given["alternatives"].items())
    return f"`{refusal.event}` leads nowhere now: {ways}"


def _earlier(_refusal: FoundRefusal, given: Mapping[str, Any]) -> str:
    moved: datetime = given["moved_at"]
    return f"the given time lies before the last entry of the case, {moved.isoformat()}"


def _migration(_refusal: FoundRefusal, given: Mapping[str, Any]) -> str:
    return f"it cannot come over: {given['why']}"


def _hook(refusal: FoundRefusal, given: Mapping[str, Any]) -> str:
    return f"the application refuses `{refusal.event}` (hook `{given['hook']}`): {given['reason']}"


REASONS: Mapping[str, Callable[[FoundRefusal, Mapping[str, Any]], str]] = MappingProxyType(
    {
        "ended": _ended,
        "unknown_event": _unknown_event,
        "not_here": _not_here,
        "waiting": _waiting,
        "forbidden": _forbidden,
        "barred": _barred,
        "unqualified": _unqualified,
        "form": _form,
        "no_alternative": _no_alternative,
        "earlier": _earlier,
        "migration": _migration,
        "hook": _hook,
    }
)
