"""What people are and fill in: `actors(process)` and `contexts(process)`."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from hypothesis import strategies as st

from svcflow.core.event import SYSTEM, Actor
from svcflow.core.process import Field, Process
from svcflow.core.rule import People
from svcflow.testing.draw import Drawn
from svcflow.testing.forms import Forms
from svcflow.testing.senders import able, anybody

MONDAY = datetime(2026, 3, 2, 1, 30, tzinfo=UTC)
"""When forms are filled in, unless somebody says otherwise."""

_TEXT = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), min_size=1).filter(str.strip)


def contexts(process: Process, *, ask: Iterable[str] = (), now: datetime = MONDAY) -> st.SearchStrategy[dict[str, Any]]:
    """
    Values of fields as a form takes them, by their types: those in `ask` surely, any others perhaps.

    Mostly the values that conditions of the process tell apart; dates lie around `now` (aware UTC).
    """
    forms = Forms(process)
    must = {name: _value(forms, process.fields[name], now) for name in ask}
    perhaps = {name: _value(forms, known, now) for name, known in process.fields.items() if name not in must}
    perhaps.pop("opened_at", None)  # The engine fills it.
    return st.fixed_dictionaries(must, optional=perhaps)


def _value(forms: Forms, known: Field, now: datetime) -> st.SearchStrategy[Any]:
    telling = st.sampled_from(forms.values(known.name, now))
    match known.kind:
        case "range":
            return telling | st.integers(known.low, known.high)
        case "number" | "money":
            return telling | st.decimals(-10_000, 10_000, places=2)
        case "text":
            return telling | _TEXT
        case _:
            return telling


def actors(process: Process) -> st.SearchStrategy[Actor]:
    """
    Whoever may act in a process: with its roles, of groups, on behalf of others, the system, strangers.
    """
    groups: list[People | None] = [process.opening.by, *(rule.by for rule in process.rules())]

    @st.composite
    def somebody(draw: st.DrawFn) -> Actor:
        return anybody(Drawn(draw), process)

    @st.composite
    def insider(draw: st.DrawFn) -> Actor:
        choose = Drawn(draw)
        return able(choose, (choose.one(groups),), {})

    return somebody() | insider() | st.just(SYSTEM)
