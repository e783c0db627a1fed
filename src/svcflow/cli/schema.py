"""`schema`: what editors for YAML need in order to help with process files."""

from __future__ import annotations

import json
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from svcflow import language
from svcflow.cli.authors import there
from svcflow.cli.delivery import OutputOption, deliver, writable
from svcflow.cli.failures import WrongUse
from svcflow.report import measure_schema as measures
from svcflow.simulate import schema as scenarios


class Kind(StrEnum):
    """The kinds of files that there is a schema of."""

    PROCESS = "process"
    SCENARIO = "scenario"
    MEASURES = "measures"


def schema(
    kind: Annotated[Kind, typer.Argument(metavar="[process|scenario|measures]", help="Of which files.")] = Kind.PROCESS,
    project: Annotated[
        Path | None,
        typer.Option(
            "--project", metavar="FILE", show_default=False, help="Offer the names of this file and those beside it."
        ),
    ] = None,
    out: OutputOption = None,
) -> None:
    """
    Write the language as a JSON Schema (draft-07), for process files and files of shared words alike.

    An editor with a server for YAML completes and explains the words by it. With `--project` it offers the states,
    roles, fields and other names of a project, too, and still lets in any other: `check` knows which are wrong.
    `schema scenario` writes the words of scenarios for `simulate`, `schema measures` those of measures for `report`.

    Examples:
      svcflow schema -o svcflow.schema.json
      svcflow schema --project service_ticket.yaml -o svcflow.schema.json
      svcflow schema scenario -o scenario.schema.json
    """
    if kind is not Kind.PROCESS and project is not None:
        raise WrongUse(f"--project: the schema of `{kind}` offers no names", f"leave it out, or leave `{kind}` out")
    there([project] if project is not None else [])
    writable(out, [project] if project is not None else [])
    match kind:
        case Kind.PROCESS:
            found = language.json_schema(None if project is None else language.names_beside(project))
        case Kind.SCENARIO:
            found = scenarios.json_schema()
        case Kind.MEASURES:
            found = measures.json_schema()
    deliver(json.dumps(found, ensure_ascii=False, indent=2) + "\n", out, None)
