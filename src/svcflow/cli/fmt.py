"""`fmt`: one layout for process files."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from svcflow import language
from svcflow.cli import output
from svcflow.cli.authors import there
from svcflow.cli.failures import FINDINGS
from svcflow.cli.files import show_changes, write_whole
from svcflow.language.files import SCENARIO, STORY
from svcflow.language.reader import LARGEST, decode

STDIN = "-"


def fmt(
    files: Annotated[
        list[str], typer.Argument(metavar="FILE", show_default=False, help="YAML files; `-` is stdin, to stdout.")
    ],
    check: Annotated[bool, typer.Option("--check", help="Change nothing; exit with 1 if a file would change.")] = False,
    diff: Annotated[bool, typer.Option("--diff", help="Change nothing; show what would change.")] = False,
) -> None:
    """
    Lay process files out in the one way: levels, spaces, short things on one line. Comments and meaning stay.

    A file with errors in its YAML or its words is left alone, and the errors are shown. The exit status is then 1.

    Examples:
      svcflow fmt service_ticket.yaml common.yaml
      svcflow fmt --check --diff *.yaml
    """
    there([Path(file) for file in files if file != STDIN])
    for other in (file for file in files if file.endswith((STORY, SCENARIO))):
        output.say(f"note: {output.clean(other)} is no process file, and left as it is")
    files = [file for file in files if not file.endswith((STORY, SCENARIO))]
    results = [_laid_out(file, check=check, diff=diff) for file in files]
    if STDIN not in files:
        what = "would change" if check or diff else "changed"
        output.say(f"{output.count(len(files), 'file')}, {sum(one == 'changed' for one in results)} {what}")
    if "errors" in results or (check and "changed" in results):
        raise typer.Exit(FINDINGS)


def _laid_out(file: str, *, check: bool, diff: bool) -> str:
    """Lay out one file; answers `errors`, `changed` or `same`."""
    shown = "<stdin>" if file == STDIN else file
    raw = sys.stdin.buffer.read(LARGEST + 1) if file == STDIN else _content(Path(file))
    text = decode(raw, shown)
    after = language.formatted(text, shown) if isinstance(text, str) else (text,)
    if not isinstance(after, str) or not isinstance(text, str):
        sources = {shown: text} if isinstance(text, str) else {}
        findings = () if isinstance(after, str) else after
        color, columns = output.coloured(sys.stderr), output.columns(sys.stderr)
        output.say(language.render(findings, sources, color=color, columns=columns))
        output.say(f"{output.clean(shown)} is left as it is: {language.summary(findings)}")
        return "errors"
    changed = after.encode() != raw
    if diff and changed:
        show_changes(shown, text, after)
    elif file == STDIN and not check:
        output.write(after.removesuffix("\n"))
    elif changed and not check:
        write_whole(Path(file), after)
    return "changed" if changed else "same"


def _content(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(LARGEST + 1)
