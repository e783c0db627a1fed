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
from svcflow.cli.exporting import is_log, write_log
from svcflow.cli.failures import WrongUse
from svcflow.cli.modules import module_of
from svcflow.cli.options import ActorOption, FormatOption, LanguageOption, TenantOption, instant_of
from svcflow.cli.output import Format
from svcflow.core.spelling import nearest
from svcflow.errors import DefinitionError
from svcflow.export import FORMATS as LOGS
from svcflow.export import NAMING, Scope
from svcflow.interchange import Note

_MOST_PLACES = 3

StoreOption = Annotated[
    str | None,
    typer.Option("--store", metavar="URL", envvar="SVCFLOW_STORE", show_default=False,
                 help="Log: the database, such as sqlite:///service.db."),
]  # fmt: skip


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
    file: Annotated[
        Path | None,
        typer.Argument(
            metavar="FILE",
            show_default=False,
            help=f"A process file; with {', '.join(LOGS)} the file to write.",
        ),
    ] = None,
    to: Annotated[
        str,
        typer.Option("--to", metavar="FORMAT", show_default=False, help=f"{', '.join((*interchange.FORMATS, *LOGS))}."),
    ] = "",
    result: OutputOption = None,
    language_: LanguageOption = None,
    store: StoreOption = None,
    process: Annotated[
        str | None,
        typer.Option("--process", metavar="NAME", show_default=False, help="Log: only the cases of this process."),
    ] = None,
    since: Annotated[
        str | None,
        typer.Option("--since", metavar="TIME", show_default=False, help="Log: only cases opened then or later."),
    ] = None,
    before: Annotated[
        str | None, typer.Option("--before", metavar="TIME", show_default=False, help="Log: only cases opened before.")
    ] = None,
    private: Annotated[
        list[str] | None,
        typer.Option(
            "--private", metavar="FIELD", help="Log: with the values of this private field; the journals say so."
        ),
    ] = None,
    objects: Annotated[
        list[str] | None,
        typer.Option(
            "--object", metavar="FIELD", help=f"Log: a field that names objects of OCEL; else {', '.join(NAMING)}."
        ),
    ] = None,
    sheets: Annotated[
        bool, typer.Option("--spreadsheet", help="Log: CSV that Excel reads, and in which no text is a formula.")
    ] = False,
    tenant: TenantOption = "",
    actor: ActorOption = None,
    format_: FormatOption = "text",
) -> None:
    """
    Write a process in another format, or what happened in the cases of a store as a log.

    A process: for drawing and for other tools. What the format cannot hold is listed on stderr, with `--format json` as
    data, and where the format has comments also in the file.

    A log: for process mining (xes, ocel, ocel-sqlite) and warehouses (csv: a row per event, csv-cases: a row per case).
    The file is there whole or not at all, and packed if its name ends in `.gz`. Private values are left out.

    Examples:
      svcflow export service_ticket.yaml --to mermaid --language en
      svcflow export service_ticket.yaml --to transitions --output service_ticket.json
      svcflow export --store sqlite:///service.db --to xes --process service_ticket tickets.xes.gz
    """
    of_a_log = {
        "--process": process, "--since": since, "--before": before, "--private": private, "--object": objects,
        "--spreadsheet": sheets,
    }  # fmt: skip
    if is_log(to):
        _not_with(to, {"--language": language_, "--output beside FILE": file and result})
        if not to.startswith("ocel"):
            _not_with(to, {"--object": objects})
        scope = Scope(
            tenant, process, instant_of("--since", since), instant_of("--before", before), frozenset(private or ()),
            objects or NAMING, sheets,
        )  # fmt: skip
        write_log(to, file or result, store, scope, actor=actor, told=format_)
        return
    if to not in interchange.FORMATS:
        near = nearest(to, (*interchange.FORMATS, *LOGS))
        wrong = f"--to: {to!r} is no format{f'; did you mean {near!r}?' if near else ''}" if to else "--to is missing"
        raise WrongUse(wrong, f"a process: {', '.join(interchange.FORMATS)}; a log: {', '.join(LOGS)}")
    _not_with(to, of_a_log)
    if file is None:
        raise WrongUse("there is no process to export", "name a file, or for a log one of " + ", ".join(LOGS))
    _export_process(file, to, result, language_, format_)


def _not_with(to: str, given: Mapping[str, object]) -> None:
    """What environment variables may say as well (`--store`, `--tenant`, `--actor`) is not among what is given."""
    for option, value in given.items():
        if value:
            raise WrongUse(f"{option} says nothing about {to}", "leave it out")


def _export_process(process: Path, to: str, file: Path | None, language_: str | None, format_: Format) -> None:
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
