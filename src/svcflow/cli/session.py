"""An engine on the store that the options name, and the case that an operator means."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from itertools import islice
from pathlib import Path

from svcflow.casebook import missing
from svcflow.cli.failures import WrongUse
from svcflow.clocks import ManualClock
from svcflow.engine import Engine
from svcflow.stores.base import Query
from svcflow.stores.open import look_at
from svcflow.stores.sqlite_file import SqliteFile

# Long enough not to be met by chance: ids that svcflow makes begin with the time.
SHORTEST_BEGINNING = 4
MOST_SHOWN = 3


@contextmanager
def desk(store: str, *, at: datetime | None = None, make: bool = False) -> Iterator[Engine]:
    """
    An engine on a store, released afterwards; `at` is the time it shows, `make` lets it make a store that is not there.

    Raises:
        WrongUse: If the URL is none of a store that lasts, or there is no svcflow store.
        StoreError: If the store cannot be used.
    """
    _look_at(store, make=make)
    with Engine(store, clock=None if at is None else ManualClock(at)) as engine:
        yield engine


def _look_at(url: str, *, make: bool) -> None:
    """A command that only reads must not make tables in whatever file it is pointed at."""
    if url == ":memory:":
        raise WrongUse("a store in memory ends with the command", "name a file: --store sqlite:///service.db")
    if ":" not in url:
        raise WrongUse(f"{url!r} is not the URL of a store", f"did you mean `--store sqlite:///{url}`?")
    if make:
        return
    # A URL may hold a password, so it is not repeated.
    hint = "`svcflow publish FILE --store URL` makes one"
    if url.startswith("sqlite:") and not Path(SqliteFile.from_url(url).path).exists():
        raise WrongUse(f"there is no file {SqliteFile.from_url(url).path}", hint)
    name, in_use = look_at(url)
    if not in_use:
        raise WrongUse(f"{name} is a database without svcflow in it", hint)


def find_case(engine: Engine, tenant: str, given: str) -> str:
    """
    The id of the one case whose id is, or begins with, what was given: for looking only.

    Raises:
        CaseNotFound: If no id begins so.
        WrongUse: If several do.
    """
    if engine.store.load(tenant, given) is not None:
        return given
    found = _beginning(engine, tenant, given)
    if not found:
        raise missing(engine.store, tenant, given)
    if len(found) > 1:
        more = "" if len(found) <= MOST_SHOWN else " and more"
        raise WrongUse(f"several cases begin with {given!r}: {', '.join(found[:MOST_SHOWN])}{more}", "write more of it")
    return found[0]


def exact_case(engine: Engine, tenant: str, given: str) -> str:
    """
    The id as given, if there is such a case: what is sent must not go to a case that only looks like the one meant.

    Raises:
        WrongUse: If only the beginning of an id was given.
        CaseNotFound: If no id begins so.
    """
    if engine.store.load(tenant, given) is not None:
        return given
    found = _beginning(engine, tenant, given)
    if not found:
        raise missing(engine.store, tenant, given)
    raise WrongUse(f"no case with id {given!r}; to change a case its whole id is needed", f"did you mean {found[0]}?")


def _beginning(engine: Engine, tenant: str, given: str) -> list[str]:
    if len(given) < SHORTEST_BEGINNING:
        return []
    matching = (case.id for case in engine.store.cases(Query(tenant)) if case.id.startswith(given))
    return list(islice(matching, MOST_SHOWN + 1))
