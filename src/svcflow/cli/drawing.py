"""`draw`: a process as a text or a picture."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Literal

import typer

from svcflow import diagram, language
from svcflow.cli.authors import there, told
from svcflow.cli.delivery import OutputOption, deliver, writable
from svcflow.cli.options import LanguageOption
from svcflow.core.process import Process
from svcflow.errors import DefinitionError

DRAWINGS: Mapping[str, Callable[[Process, str | None], str]] = MappingProxyType(
    {"text": diagram.text, "svg": diagram.svg, "mermaid": diagram.mermaid, "dot": diagram.dot}
)


def draw(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A process file.", show_default=False)],
    format_: Annotated[
        Literal["text", "svg", "mermaid", "dot"],
        typer.Option("--format", help="An outline to read, a picture, or a diagram for Mermaid or Graphviz."),
    ] = "text",
    language_: LanguageOption = None,
    out: OutputOption = None,
) -> None:
    """
    Draw a process: who acts where, by when, and where each event leads.

    The language is the first one of the process unless another is given. An SVG picture opens in every browser. GitHub,
    GitLab and MkDocs show Mermaid as a picture.

    Examples:
      svcflow draw service_ticket.yaml --language en
      svcflow draw service_ticket.yaml --format svg -o service_ticket.svg
      svcflow draw service_ticket.yaml --format mermaid > service_ticket.mmd
    """
    there([file])
    writable(out, [file])
    try:
        process = language.load(file)
    except DefinitionError as problem:
        raise told(problem, [file]) from problem
    deliver(DRAWINGS[format_](process, language_), out, None)
