"""Families of cases, one or many in one reading: how the SQL stores are asked for them, and what the rows say."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from svcflow.core.case import Case
from svcflow.core.plain import canonical
from svcflow.stores.base import Found, KnownKey, Question
from svcflow.stores.snapshots import Snapshots


def read_family(tenant: str, case_id: str, rows: Sequence[Sequence[Any]], snapshots: Snapshots) -> Found:
    """
    The case first, then the others of its family, oldest first; and what the key that was asked for stands for.

    Rows are the case's own columns as a snapshot is read from them, then the key's seq and content, in all the same.
    """
    if not rows:
        return (), None
    seq, content = rows[0][5:]
    cases = [snapshots.read(tenant, row[:5]) for row in rows]
    if len(cases) > 1:
        cases.sort(key=lambda case: (case.id != case_id, case.opened_at, case.id))
    return tuple(cases), None if seq is None else KnownKey(case_id, int(seq), content)


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
