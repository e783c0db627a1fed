"""Files that a command changes or makes: whole or not at all, and first to look at, if that is wanted."""

from __future__ import annotations

import contextlib
import difflib
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from svcflow.cli import output

_COLOURS: Mapping[str, str] = MappingProxyType({"+": "\033[32m", "-": "\033[31m", "@": "\033[36m"})


def write_whole(file: Path, text: str) -> None:
    """Put a file there whole or not at all: written beside its place, then moved into it."""
    if file.exists() and not file.is_file():
        file.write_text(text, encoding="utf-8")
        return
    goal = file.resolve()
    beside = goal.with_name(f".{goal.name}.{os.getpid()}.new")
    try:
        beside.write_text(text, encoding="utf-8")
        beside.replace(goal)
    except OSError as problem:
        with contextlib.suppress(OSError):
            beside.unlink(missing_ok=True)
        raise OSError(problem.errno, problem.strerror, str(file)) from problem


def show_changes(name: str, before: str, after: str) -> None:
    """Print what would change in a file, line by line, as `diff -u` does."""
    changed = difflib.unified_diff(before.splitlines(), after.splitlines(), name, name, lineterm="")
    lines = [output.clean(line) for line in changed]
    if output.coloured(sys.stdout):
        lines = [f"{_COLOURS[line[0]]}{line}\033[0m" if line[:1] in _COLOURS else line for line in lines]
    output.write("\n".join(lines))
