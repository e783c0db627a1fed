"""`migrate`: running cases come over to the newest version of their process, case by case."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Annotated

import typer
from attrs import evolve, frozen

from svcflow.casebook import readable
from svcflow.cli import output
from svcflow.cli.bulk import resumable
from svcflow.cli.data import Json, refusal_json
from svcflow.cli.failures import FINDINGS
from svcflow.cli.options import ActorOption, FormatOption, StoreOption, TenantOption, actor_of
from svcflow.cli.refusals import reason
from svcflow.cli.session import desk
from svcflow.core.case import Case
from svcflow.door import Migrated
from svcflow.errors import BrokenRecord, FoundRefusal, SvcflowError, out_of_use
from svcflow.stores.base import Query


def migrate(
    process: Annotated[str, typer.Argument(metavar="PROCESS", help="A published process.", show_default=False)],
    store: StoreOption,
    from_: Annotated[
        int | None,
        typer.Option("--from", metavar="VERSION", help="Only cases of this version.", show_default=False),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would become of each.")] = False,
    tenant: TenantOption = "",
    actor: ActorOption = None,
    format_: FormatOption = "text",
) -> None:
    """
    Bring running cases over to the newest version of their process, as its `migrate:` says.

    What is overdue happens first; then each case is a transaction of its own. When it was interrupted, the same command
    goes on with the cases that are left. Exit status 1 says that some cannot come over; these stay as they are, and go
    on under their version. JSON has a line for each case, printed when it is done.

    Examples:
      svcflow migrate service_ticket --dry-run
      svcflow migrate service_ticket --from 1 --format json
    """
    who = actor_of(actor, None, None, None)
    with desk(store) as engine:
        newest = engine.process(process, tenant=tenant).version
        engine.migrate(process, from_version=0, cases=(), dry_run=True, tenant=tenant)  # Raises if none is in force.
        if not dry_run:
            engine.rounds.fire_due(engine.clock.now())
        found_open = readable(engine.store, Query(tenant, process, status="open"))
        running = [
            one
            for one in map(_running, found_open)
            if one.version < newest and (one.version == 0 or from_ in {None, one.version})
        ]
        found: list[Outcome] = []

        def tell() -> None:
            if format_ == "text":
                _tell(found, newest, dry_run=dry_run)

        migrated = partial(engine.migrate, process, dry_run=dry_run, actor=who, tenant=tenant)
        with resumable(tell):
            for left in output.tracked("migrating", running):
                one = _moved(migrated, left)
                if one is not None:
                    found.append(one)
                    if format_ == "json":
                        output.write_json_line({"process": process, "to": newest, "dry_run": dry_run, **one.json()})
        tell()
    if any(one.why for one in found):
        raise typer.Exit(FINDINGS)


@frozen
class Outcome:
    """What became of one case, or would; `failed` is the text of an error that its refusal cannot say."""

    version: int
    moved: Migrated
    failed: str = ""

    @property
    def why(self) -> str:
        """Why it did not come over; empty when it did."""
        refusal = self.moved.refusal
        return self.failed if refusal is None else reason(refusal)

    def json(self) -> Json:
        """As data."""
        moved = self.moved
        refusal: FoundRefusal | None = moved.refusal
        return {
            "case": moved.case,
            "from": self.version,
            "before": moved.before,
            "after": moved.after,
            "refusal": None if refusal is None else refusal_json(refusal),
            "error": self.failed or None,
        }


def _running(case: Case | BrokenRecord) -> Outcome:
    """A case that has not been looked at yet; one whose row cannot be read is of no version."""
    if isinstance(case, BrokenRecord):
        return Outcome(0, Migrated(case.case_id, "", ""))
    return Outcome(case.version, Migrated(case.id, case.state, case.state))


def _moved(migrated: Callable[..., tuple[Migrated, ...]], left: Outcome) -> Outcome | None:
    """One case after another, so that one that fails holds up no other; None when it moved on by itself meanwhile."""
    try:
        came = migrated(from_version=left.version, cases=[left.moved.case])
    except SvcflowError as problem:
        if out_of_use(problem):
            raise
        return evolve(left, failed=output.clean(str(problem)))
    return evolve(left, moved=came[0]) if came else None


def _tell(found: Sequence[Outcome], newest: int, *, dry_run: bool) -> None:
    rows = [
        (one.moved.case, str(one.version), one.moved.before, one.why or one.moved.after)
        for one in found
        if one.why or dry_run or one.moved.before != one.moved.after
    ]
    if rows:
        output.show(output.table(("CASE", "FROM", "STATE", f"IN VERSION {newest}"), rows, right=("FROM",)))
    staying = sum(bool(one.why) for one in found)
    verb = "would come" if dry_run else "came"
    output.write(f"{len(found) - staying:,} {verb} over to version {newest}, {staying:,} cannot")
