"""What is published, as an option names it: a store, a lock, or a file as it was."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, TypeAlias

import typer

from svcflow import language
from svcflow.cli.authors import there
from svcflow.cli.lock import read
from svcflow.cli.session import desk
from svcflow.language.files import SUFFIXES

AgainstOption: TypeAlias = Annotated[
    str | None,
    typer.Option("--against", metavar="WHAT", show_default=False,
                 help="What is published: the URL of a store, a lock, or a file as it was."),
]  # fmt: skip


def published(what: str, tenant: str = "") -> language.Lock:
    """
    What is published, as a lock; in the store of a URL it is all that `tenant` can use.

    Raises:
        WrongUse: If there is no such file or store.
        DefinitionError: If the file cannot be read.
        StoreError: If the store cannot be used.
    """
    if "://" in what:
        with desk(what) as engine:
            records = engine.store.processes(tenant)
        return language.Lock.of(
            language.Edition(one.name, one.version, one.digest, one.file, one.sources) for one in records
        )
    file = Path(what)
    there([file])
    if file.suffix in SUFFIXES:
        return language.Lock.of([language.Edition.of(language.compile_file(file))])
    return read(file)
