"""`lsp`: the language server, for editors to start."""

from __future__ import annotations

from typing import Annotated

import typer

from svcflow.cli.failures import WrongUse


def lsp(
    stdio: Annotated[  # noqa: ARG001 - there is no other way to serve
        bool, typer.Option("--stdio", help="Over stdin and stdout, as always: editors like to say so.")
    ] = True,
) -> None:
    """
    Serve an editor: findings as you type, completion, explanations, definitions, references, rename, repairs, layout.

    Editors start it by themselves. It needs the package pygls: `pip install 'svcflow[lsp]'`.

    Example:
      svcflow lsp --stdio
    """
    try:
        from svcflow.lsp import server  # noqa: PLC0415 - an optional dependency
    except ModuleNotFoundError as problem:
        raise WrongUse(
            f"the language server needs the package {problem.name}", "pip install 'svcflow[lsp]'"
        ) from problem
    server.serve()
