"""`import` and `export`: machines of other libraries in, processes out into other formats, and what is lost by that."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from svcflow import interchange, language
from svcflow.cli import output
from svcflow.cli.authors import there, told
from svcflow.cli.delivery import OutputOption, deliver, writable
from svcflow.cli.failures import WrongUse
from svcflow.cli.modules import module_of
from svcflow.cli.options import FormatOption, LanguageOption
from svcflow.errors import DefinitionError
from svcflow.interchange import Note

_MOST_PLACES = 3


def import_(
    source: Annotated[
        str, typer.Argument(metavar="SOURCE", show_default=False, help="FILE.json, FILE.yaml or MODULE:NAME.")
    ],
    process: Annotated[
        str | None,
        typer.Option(
            "--process", metavar="NAME", show_default=False, help="What to call the process; by default as the file."
        ),
    ] = None,
    role: Annotated[
        str, typer.Option("--role", metavar="NAME", help="The role in which everybody acts at first.")
    ] = "staff",
    separator: Annotated[
        str | None,
        typer.Option(
            "--separator",
            metavar="TEXT",
            show_default=False,
            help="What parts the names of nested states; by default `_`.",
        ),
    ] = None,
    jumps: Annotated[bool, typer.Option("--jumps", help="Keep the triggers to_STATE that the library makes.")] = False,
    file: OutputOption = None,
    format_: FormatOption = "text",
) -> None:
    """
    Write a state machine of the Python library `transitions` as a process file.

    SOURCE is a file with the arguments of the machine's constructor (states, transitions, initial), or a machine in a
    module of yours. What a person should look at is listed on stderr, with `--format json` as data. A machine that
    would behave differently as a process is refused.

    Examples:
      svcflow import order.json --output order.yaml
      svcflow import shop.orders:machine --process order --role agent
    """  # fmt: skip
    writable(file, [Path(source)])
    machine = _machine_of(source)
    name = process or _name_of(source, machine)
    made = interchange.read_machine(machine, process=name, role=role, jumps=jumps, separator=separator)
    if format_ == "json":
        data = {
            "process": name,
            "notes": _as_json(made.notes),
            "states": dict(made.states),
            "events": dict(made.events),
        }
        deliver(made.text, file, data)
    else:
        deliver(made.text, file, None)
        for note in made.notes:
            output.say(f"note: {output.clean(str(note))}")


def export(
    process: Annotated[Path, typer.Argument(metavar="PROCESS", show_default=False, help="A process file.")],
    to: Annotated[
        str, typer.Option("--to", metavar="FORMAT", show_default=False, help=f"{', '.join(interchange.FORMATS)}.")
    ],
    file: OutputOption = None,
    language_: LanguageOption = None,
    format_: FormatOption = "text",
) -> None:
    """
    Write a process in another format, for drawing and for other tools.

    What the format cannot hold of this process is listed on stderr, with `--format json` as data, and where the format
    has comments also in the file. Nothing of it changes the process.

    Examples:
      svcflow export service_ticket.yaml --to mermaid --language en
      svcflow export service_ticket.yaml --to transitions --output service_ticket.json
    """
    there([process])
    writable(file, [process])
    try:
        loaded = language.load(process)
    except DefinitionError as problem:
        raise told(problem, [process]) from problem
    made = interchange.export(loaded, to=to, language=language_)
    if format_ == "json":
        deliver(made.text, file, {"process": loaded.name, "to": to, "losses": _as_json(made.losses)})
    else:
        deliver(made.text, file, None)
        for line in _summed_up(made.losses):
            output.say(f"not in {to}: {line}")


def _as_json(notes: Iterable[Note]) -> list[dict[str, str]]:
    return [{"about": note.about, "text": note.text} | ({"kind": note.kind} if note.kind else {}) for note in notes]


def _summed_up(losses: Iterable[Note]) -> Iterator[str]:
    """One line per kind; the JSON lists every place."""
    kinds: dict[str, list[Note]] = defaultdict(list)
    for loss in losses:
        kinds[loss.kind].append(loss)
    for kind, found in kinds.items():
        shown = "; ".join(f"{one.about}: {one.text}" for one in found[:_MOST_PLACES])
        more = f"; and {len(found) - _MOST_PLACES} more" if len(found) > _MOST_PLACES else ""
        yield output.clean(f"{kind} ({shown}{more})")


# ── where a machine comes from ─────────────────────────────────────────────────────────────────────────────────────


def _machine_of(source: str) -> Any:  # noqa: ANN401 - whatever the host has under that name; it is judged by its import
    path = Path(source)
    if path.suffix in interchange.SUFFIXES or ":" not in source:
        there([path])
        with path.open("rb") as opened:
            return interchange.read_arguments(opened.read(interchange.LARGEST + 1), source)
    module_name, _, attribute = source.partition(":")
    found: Any = module_of(module_name)
    for part in attribute.split("."):
        if not hasattr(found, part):
            raise WrongUse(f"there is no {attribute!r} in {module_name}", "write it like shop.orders:machine")
        found = getattr(found, part)
    return found


def _name_of(source: str, machine: object) -> str:
    if isinstance(machine, Mapping) and isinstance(named := machine.get("name"), str) and named:
        return interchange.identifier(named)
    return interchange.identifier(Path(source.rpartition(":")[2]).stem)
