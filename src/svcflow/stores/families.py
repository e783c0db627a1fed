"""Many families in one reading: how the SQL stores are asked for them, and what the rows say."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from svcflow.core.case import Case
from svcflow.core.plain import canonical
from svcflow.stores.base import Found, KnownKey, Question
from svcflow.stores.snapshots import Snapshots


def asked_text(asked: Sequence[Question]) -> str:
    """The questions as the statement FAMILIES of a store takes them."""
    return canonical([{"tenant": tenant, "id": case_id, "key": key} for tenant, case_id, key in asked])


def read_families(asked: Sequence[Question], rows: Iterable[Sequence[Any]], snapshots: Snapshots) -> tuple[Found, ...]:
    """
    The answer to each question, from rows (tenant, id, body, head, private, values, key, seq, content).

    Those of a key have no body.
    """
    cases: dict[tuple[str, str], Case] = {}
    families: dict[tuple[str, str], list[Case]] = {}
    keys: dict[Question, KnownKey] = {}
    for tenant, case_id, *texts, key, seq, content in rows:
        if key is not None:
            keys[tenant, case_id, key] = KnownKey(case_id, seq, content)
            continue
        case = snapshots.read(tenant, (case_id, *texts))
        cases[tenant, case_id] = case
        families.setdefault((tenant, case.root or case_id), []).append(case)
    for family in families.values():
        family.sort(key=lambda case: (case.opened_at, case.id))
    answers: list[Found] = []
    for tenant, case_id, key in asked:
        first = cases.get((tenant, case_id))
        if first is None:
            answers.append(((), None))
            continue
        others = families[tenant, first.root or case_id]
        open_ones = [case for case in others if case is not first and not case.ended]
        answers.append(((first, *open_ones), None if key is None else keys.get((tenant, case_id, key))))
    return tuple(answers)
