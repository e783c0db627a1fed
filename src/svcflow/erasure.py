"""What a case knows of somebody, forgotten on request: which fields hold something, and what cannot be forgotten."""

from __future__ import annotations

from attrs import frozen

from svcflow.casebook import missing
from svcflow.core.chain import PARTS
from svcflow.core.event import Actor, Erase
from svcflow.door import Door, Sent
from svcflow.errors import InputError


@frozen
class Erased:
    """
    The fields whose private values were forgotten, in order; none when nothing was left.

    `legible` are those of the fields asked for of which the journal holds a value openly, from a version of the process
    in which the field was not private yet: what is in the chain stays.
    """

    fields: tuple[str, ...]
    legible: tuple[str, ...] = ()


def erase(
    door: Door,
    tenant: str,
    case_id: str,
    asked: frozenset[str] | None,
    reason: str,
    actor: Actor,
    connection: object | None,
) -> Erased:
    """
    Forget private values of a case, of all its fields when `asked` is None.

    Raises:
        CaseNotFound: If there is no such case.
        InputError: If a field asked for is not private.
    """
    store = door.book.store
    case = store.load(tenant, case_id, connection=connection)
    if case is None:
        raise missing(store, tenant, case_id, connection)
    entries = store.journal(tenant, case_id, connection=connection)
    kept = store.kept(tenant, case_id, connection=connection)
    sealed = {name.partition(".")[2] for stored in entries for name in stored.private}
    private = door.book.published.within(connection).of(case).private | kept | sealed
    wanted = private if asked is None else asked
    if not wanted <= private:
        raise InputError(f"the field {min(wanted - private)} is not private: what it held stands in the journal")
    legible = wanted.intersection(
        name
        for stored in entries
        for part in PARTS
        for name, value in getattr(stored.entry, part).items()
        if value is not None
    )
    fields = kept & wanted
    if fields:
        door.send(Sent(tenant, case_id, Erase(fields, reason, actor), None, connection))
    return Erased(tuple(sorted(fields)), tuple(sorted(legible)))
