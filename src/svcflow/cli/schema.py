"""`schema`: what editors for YAML need in order to help with process files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from svcflow import language
from svcflow.cli.authors import there
from svcflow.cli.delivery import OutputOption, deliver, writable


def schema(
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

    Examples:
      svcflow schema -o svcflow.schema.json
      svcflow schema --project service_ticket.yaml -o svcflow.schema.json
    """
    there([project] if project is not None else [])
    writable(out, [project] if project is not None else [])
    known = None if project is None else language.names_beside(project)
    deliver(json.dumps(language.json_schema(known), ensure_ascii=False, indent=2) + "\n", out, None)
