"""`rename`: another name for a thing, in all files of a project."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from svcflow import language, stories
from svcflow.cli import output
from svcflow.cli.authors import there, told
from svcflow.cli.failures import WrongUse
from svcflow.cli.files import show_changes, write_whole
from svcflow.errors import DefinitionError, InputError
from svcflow.language.rename import Renamed


def rename(
    kind: Annotated[Renamed, typer.Argument(metavar="KIND", show_default=False, help="What it is.")],
    old: Annotated[str, typer.Argument(metavar="OLD", show_default=False, help="Its name; of a state also the path.")],
    new: Annotated[str, typer.Argument(metavar="NEW", show_default=False, help="Its new name.")],
    file: Annotated[
        Path, typer.Argument(metavar="FILE", show_default=False, help="The file that defines it; see below.")
    ],
    migrate: Annotated[
        int | None,
        typer.Option("--migrate", metavar="VERSION", show_default=False, help="Bring cases of this version over."),
    ] = None,
    diff: Annotated[bool, typer.Option("--diff", help="Change nothing; show what would change.")] = False,
) -> None:
    """
    Give a state, event, field, role, qualification, hook or clock another name, wherever a project speaks of it.

    The project is FILE and all YAML files beside it, and the stories there and in folders below. Nothing changes when
    the name is taken, or when there would be an error afterwards.

    Examples:
      svcflow rename state quoted offered service_ticket.yaml
      svcflow rename role team_lead shift_lead common.yaml --diff
    """
    there([file])
    try:
        renamed = language.rename(kind, old, new, file, migrate=migrate)
        told_of = stories.rename(kind, old, new, file)
    except InputError as problem:
        raise WrongUse(str(problem)) from problem
    except DefinitionError as problem:
        raise told(problem, [file]) from problem
    before, after = {**renamed.before, **told_of.before}, {**renamed.after, **told_of.after}
    for name, text in after.items():
        if diff:
            show_changes(name, before[name], text)
        else:
            write_whole(Path(name), text)
    places, files = output.count(renamed.places + told_of.places, "place"), output.count(len(after), "file")
    output.say(f"{places} in {files} {'would be changed' if diff else 'changed'}")
