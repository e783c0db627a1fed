"""Where the text goes that a command makes: to stdout, or whole into a file that is not one of its inputs."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any

import typer

from svcflow.cli import output
from svcflow.cli.failures import WrongUse
from svcflow.cli.files import write_whole

OutputOption = Annotated[
    Path | None,
    typer.Option(
        "--output", "-o", metavar="FILE", show_default=False, help="Write to this file; by default to stdout."
    ),
]


def writable(file: Path | None, inputs: Iterable[Path], called: str = "--output") -> None:
    """Hear of a wrong file before any work, and never write over what is read."""
    if file is None:
        return
    if file.is_dir() or not file.absolute().parent.is_dir():
        raise WrongUse(f"{called}: {file} cannot be written", "name a file in a folder that is there")
    if file.exists() and any(one.exists() and file.samefile(one) for one in inputs):
        raise WrongUse(f"{called}: {file} is read by this very command", "name another file")


def deliver(text: str, file: Path | None, data: dict[str, Any] | None) -> None:
    """Write the text to its file or print it; with `data` what is printed is JSON, with the text or the file's name."""
    if file is not None:
        write_whole(file, text)
    if data is not None:
        output.write_json(data | ({"text": text} if file is None else {"output": str(file)}))
    elif file is None:
        output.write(text.rstrip("\n"))
