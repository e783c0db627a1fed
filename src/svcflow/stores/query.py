"""What a query compares: fields as texts, states with their groups; the same meaning in every store."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from svcflow.core.case import Case
from svcflow.core.plain import canonical, instant, plain
from svcflow.stores.base import Query


def field_text(value: object) -> str:
    """A field's value as people write it: `true`, `3`, `4.50`, `2026-03-31`; lists and files as JSON."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, Decimal)):
        return str(value)
    if isinstance(value, datetime):
        return instant(value)
    if isinstance(value, date):
        return value.isoformat()
    return canonical(plain(value))


def spellings(value: object) -> tuple[str, ...]:
    """Every canonical JSON text, stored by `plain`, of which `field_text` says the same as of this value."""
    text = field_text(value)
    found = [canonical(text), *(canonical({tag: text}) for tag in ("decimal", "date", "datetime"))]
    if text in {"true", "false"} or text[:1] in {"[", "{"} or _whole(text):
        found.append(text)
    return tuple(found)


def _whole(text: str) -> bool:
    digits = text.removeprefix("-")
    return digits.isascii() and digits.isdigit() and text == (digits.lstrip("0") or "0" if digits == text else text)


def in_state(case: Case, state: str) -> bool:
    """Whether a state, or one inside it, is active."""
    return any(active == state or active.startswith(f"{state}.") for active in case.states)


def matches(case: Case, due: datetime | None, private: frozenset[str], query: Query) -> bool:
    """Whether a case, late from `due` on and with these private fields, is one of those a query asks for."""
    return (
        case.tenant == query.tenant
        and query.process in {None, case.process}
        and query.status in {None, case.status}
        and (query.state is None or in_state(case, query.state))
        and (query.due_before is None or (due is not None and due < query.due_before))
        and (query.idle_since is None or case.moved_at <= query.idle_since)
        and (query.since is None or case.opened_at >= query.since)
        and (query.before is None or case.opened_at < query.before)
        and all(_holds(case, private, name, value) for name, value in query.where.items())
    )


def _holds(case: Case, private: frozenset[str], name: str, value: object) -> bool:
    stored = None if name in private else case.fields.get(name)
    if stored is None or value is None:
        return stored is value
    return field_text(stored) == field_text(value)
