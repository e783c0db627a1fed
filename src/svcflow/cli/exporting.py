"""`export` of a log: what happened in the cases of a store, for process mining and warehouses."""

from __future__ import annotations

from pathlib import Path
from typing import cast

from svcflow.cli import output
from svcflow.cli.delivery import writable
from svcflow.cli.failures import WrongUse
from svcflow.cli.options import actor_of
from svcflow.cli.output import Format as Told
from svcflow.cli.seldom import collecting_seldom
from svcflow.cli.session import desk
from svcflow.export import FORMATS, Exported, Format, Scope, export

SOURCES = frozenset({".yaml", ".yml"})


def is_log(to: str) -> bool:
    """Whether this is a format for what happened, and not one for a process."""
    return to in FORMATS


def write_log(to: str, out: Path | None, store: str | None, scope: Scope, *, actor: str | None, told: Told) -> None:
    """
    Write the log and say how much it was.

    Raises:
        WrongUse: If there is no file or no store to write from, or the file is one of YAML.
    """
    if out is None:
        raise WrongUse(f"a log is written into a file: `svcflow export --to {to} --store URL FILE`")
    if out.suffix in SOURCES:
        raise WrongUse(f"{out} looks like a process, and would be written over", "name a file for the log")
    if store is None:
        raise WrongUse("a log is read from a store", "name it: --store sqlite:///service.db")
    writable(out, (), "FILE")
    who = actor_of(actor, None, None, None) if scope.private else None
    with collecting_seldom(), desk(store) as engine, output.progress("exporting cases", None) as advance:
        done = export(engine, cast("Format", to), out, scope, actor=who, progress=advance)
    _tell(done, to, out, told)


def _tell(done: Exported, to: str, out: Path, told: Told) -> None:
    if told == "json":
        counts = {"cases": done.cases, "events": done.events, "noted": done.noted}
        output.write_json({"to": to, "output": str(out), **counts})
        return
    text = f"{output.count(done.cases, 'case')} with {output.count(done.events, 'event')} written to {out}"
    noted = f"; {output.count(done.noted, 'journal says', 'journals say')} that private values were taken"
    output.say(output.clean(text + (noted if done.noted else "")))
