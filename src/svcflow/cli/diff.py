"""`diff`: what is different between two versions of a process, in an author's words."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from svcflow import language
from svcflow.cli import output
from svcflow.cli.authors import there
from svcflow.cli.failures import FINDINGS, WrongUse
from svcflow.cli.options import FormatOption, TenantOption
from svcflow.cli.published import AgainstOption, published
from svcflow.core.process import Process
from svcflow.core.spelling import nearest
from svcflow.language.files import SUFFIXES
from svcflow.language.lock import LOCK

_HEADINGS = {
    "states": "States", "people": "Who may act", "flow": "Where it goes", "forms": "What is asked",
    "actions": "What is done", "times": "Times", "fields": "Fields", "migrations": "Cases of earlier versions",
}  # fmt: skip


def diff(
    old: Annotated[str, typer.Argument(metavar="OLD", show_default=False, help="A file, or NAME@VERSION; see below.")],
    new: Annotated[str | None, typer.Argument(metavar="NEW", show_default=False, help="The same.")] = None,
    against: AgainstOption = None,
    tenant: TenantOption = "",
    format_: FormatOption = "text",
) -> None:
    """
    Say how two versions of a process differ: states, who may act, where it goes, forms, actions, times, fields.

    Titles, labels, comments and layout are no difference. A published version is named NAME@VERSION, or NAME for the
    newest, and looked up in the lock beside the other file, or with `--against` in another lock or a store. A single
    file is compared with the newest version that is published of it. The exit status is 0 when both behave alike, else
    1.

    Examples:
      svcflow diff service_ticket.yaml
      svcflow diff service_ticket@1 service_ticket@2 --against sqlite:///service.db
    """
    names = [name for name in (old, new) if name is not None]
    files = [name for name in names if Path(name).suffix in SUFFIXES]
    there([Path(file) for file in files])
    if new is None and not files:
        raise WrongUse(f"{output.clean(old)} is compared with nothing", "name a file, or two versions")
    only_files = new is not None and len(files) == len(names)
    lock = language.Lock() if only_files else _lock(against, tenant, files)
    found = [language.compile_file(name) if name in files else _edition(lock, name) for name in names]
    if new is None:
        found.insert(0, _edition(lock, found[0].name))
    before, after = found
    changes = language.changes(before, after)
    if format_ == "json":
        output.write_json({
            "old": _version(before), "new": _version(after), "same": not changes,
            "changes": [_change(change) for change in changes],
        })  # fmt: skip
    else:
        _tell(before, after, changes)
    if changes:
        raise typer.Exit(FINDINGS)


def _lock(against: str | None, tenant: str, files: list[str]) -> language.Lock:
    """Where published versions are looked up."""
    beside = (Path(files[0]).parent if files else Path()) / LOCK
    if against is None and not beside.exists():
        raise WrongUse(f"there is no {beside} to look published versions up", "name one, or a store: `--against WHAT`")
    return published(against or str(beside), tenant)


def _edition(lock: language.Lock, name: str) -> Process:
    """
    A published version.

    Raises:
        WrongUse: If it is not published there.
    """
    process, at, number = name.rpartition("@") if "@" in name else (name, "", "")
    versions = lock.versions(process)
    if not versions:
        near = nearest(process, {known for known, _ in lock.editions})
        hint = f"did you mean {near}?" if near else "a file has a name that ends in .yaml"
        raise WrongUse(f"no process {output.clean(process)} is published there", hint)
    chosen = versions.get(int(number)) if number.isdecimal() else None if at else versions[max(versions)]
    if chosen is None:
        listed = ", ".join(map(str, versions))
        raise WrongUse(f"{output.clean(process)} has no version {output.clean(number)}", f"there is {listed}")
    return language.compile_sources(chosen.sources, chosen.file)


def _version(process: Process) -> dict[str, object]:
    return {"process": process.name, "version": process.version, "digest": process.digest}


def _change(change: language.Change) -> dict[str, object]:
    return {
        "about": change.about, "kind": change.kind, "things": list(change.things), "what": change.what,
        "before": change.before, "after": change.after, "text": str(change),
    }  # fmt: skip


def _tell(before: Process, after: Process, changes: tuple[language.Change, ...]) -> None:
    names = [f"{one.name} version {one.version}" for one in (before, after)]
    if not changes:
        output.write(output.clean(f"{names[0]} and {names[1]} behave alike"))
        return
    output.write(output.clean(f"{names[0]} -> {names[1]}"))
    for about, heading in _HEADINGS.items():
        mine = [change for change in changes if change.about == about]
        if mine:
            output.write(f"\n{heading}")
            for change in mine:
                output.write_folded(f"  {output.clean(str(change))}", 4)
