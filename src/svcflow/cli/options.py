"""The options that several commands share, written once, and what their texts mean."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from getpass import getuser
from typing import Annotated, TypeAlias

import typer

from svcflow.cli.failures import WrongUse
from svcflow.cli.output import Format
from svcflow.core.event import Actor, Qualification
from svcflow.language.forms import read_held
from svcflow.language.times import Misread

FormatOption: TypeAlias = Annotated[
    Format, typer.Option("--format", help="`text` for people, `json` for programs.", show_default=True)
]
StoreOption: TypeAlias = Annotated[
    str,
    typer.Option(
        "--store", metavar="URL", envvar="SVCFLOW_STORE", show_default=False,
        help="The database, such as sqlite:///service.db (a path from here) or postgresql://HOST/DATABASE.",
    ),
]  # fmt: skip
TenantOption: TypeAlias = Annotated[
    str, typer.Option("--tenant", metavar="NAME", envvar="SVCFLOW_TENANT", help="Whose cases.", show_default=False)
]
ActorOption: TypeAlias = Annotated[
    str | None,
    typer.Option("--actor", metavar="ID", envvar="SVCFLOW_ACTOR", show_default=False,
                 help="Who does this; by default the name you are logged in with."),
]  # fmt: skip
RoleOption: TypeAlias = Annotated[
    list[str] | None, typer.Option("--role", metavar="ROLE", help="A role of the actor; give it again for more.")
]
GroupOption: TypeAlias = Annotated[
    list[str] | None, typer.Option("--group", metavar="GROUP", help="A group of the actor, such as an outlet.")
]
ForOption: TypeAlias = Annotated[
    str | None, typer.Option("--for", metavar="ID", help="For whom the actor stands in.", show_default=False)
]
QualifiedOption: TypeAlias = Annotated[
    list[str] | None,
    typer.Option("--qualified", metavar="NAME[:LEVEL]",
                 help="What the actor is qualified for, such as electrician:2; give it again for more."),
]  # fmt: skip
AtOption: TypeAlias = Annotated[
    str | None,
    typer.Option("--at", metavar="TIME", show_default=False,
                 help="Look as of this time, such as 2026-03-09T08:00+08:00, instead of now."),
]  # fmt: skip
MachineOption: TypeAlias = Annotated[
    str | None,
    typer.Option("--machine", metavar="NAME", show_default=False,
                 help="The state machine of the application, such as transitions: can it run this?"),
]  # fmt: skip
LanguageOption: TypeAlias = Annotated[
    str | None,
    typer.Option("--language", metavar="CODE", show_default=False, help="Titles in this language, such as zh."),
]


def actor_of(
    who: str | None,
    roles: Iterable[str] | None,
    groups: Iterable[str] | None,
    stands_for: str | None,
    qualified: Iterable[str] | None = None,
) -> Actor:
    """
    The actor that the options describe.

    Raises:
        WrongUse: If no id is given and the system does not tell who is logged in, or a qualification cannot be read.
    """
    try:
        name = who or getuser()
    except (OSError, KeyError) as problem:
        raise WrongUse("nobody says who does this", "give `--actor ID`, with `--role ROLE` as needed") from problem
    return Actor(name, frozenset(roles or ()), frozenset(groups or ()), stands_for, held_of(qualified))


def held_of(texts: Iterable[str] | None) -> dict[str, Qualification] | None:
    """
    The qualifications that texts such as `electrician:2` mean; None where there are none.

    Raises:
        WrongUse: If a text cannot be read.
    """
    try:
        return {name: Qualification(level) for name, level in map(read_held, texts or ())} or None
    except Misread as misread:
        raise WrongUse(misread.message, misread.hint) from misread


def instant_of(option: str, text: str | None) -> datetime | None:
    """
    The instant that an option's text means, in UTC.

    Raises:
        WrongUse: If it is no time, or does not say its zone.
    """
    if text is None:
        return None
    try:
        instant = datetime.fromisoformat(text)
        if instant.tzinfo is not None:
            return instant.astimezone(UTC)
    except (ValueError, OverflowError) as problem:
        raise WrongUse(f"{option}: {text!r} is not a time", "write it like 2026-03-09T08:00+08:00") from problem
    raise WrongUse(f"{option}: {text!r} does not say its time zone", f"write it like {text}+08:00, or {text}Z for UTC")
