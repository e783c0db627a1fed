"""`check --fix`: the sure repairs written into the files, or only shown."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from svcflow import language
from svcflow.cli import output
from svcflow.cli.files import show_changes, write_whole
from svcflow.core.machine import Machine


def repaired(files: Sequence[Path], machine: Machine | None, *, write: bool) -> language.Report:
    """Repair the files, or with `write=False` show what would change; answers the check of what is left."""
    repair = language.repair(files, machine=machine)
    for file, text in repair.after.items():
        if write:
            write_whole(Path(file), text)
        else:
            show_changes(file, repair.before[file], text)
    for finding in repair.made:
        if finding.fix is not None:
            place = f"{finding.file}:{finding.line}:{finding.column}"
            output.say(output.clean(f"{place}: {finding.code} {finding.message}: {finding.fix.title}"))
    output.say(f"{output.count(len(repair.made), 'finding')} {'repaired' if write else 'would be repaired'}")
    return repair.left
