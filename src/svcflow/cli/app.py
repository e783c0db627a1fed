"""The frame around all commands: their names, how one is run, and what becomes of whatever goes wrong in it."""

from __future__ import annotations

import inspect
import logging
import sys
from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import version
from types import MappingProxyType
from typing import Annotated

import typer

from svcflow.cli import output
from svcflow.cli.acting import open_, publish, send
from svcflow.cli.archive import archive
from svcflow.cli.archived import archived
from svcflow.cli.check import check
from svcflow.cli.demo import demo
from svcflow.cli.diff import diff
from svcflow.cli.docs import docs
from svcflow.cli.drawing import draw
from svcflow.cli.erase import erase
from svcflow.cli.exchange import export, import_
from svcflow.cli.explain import explain
from svcflow.cli.failures import INTERRUPTED, OUTPUT_GONE, WRONG_USE, tell
from svcflow.cli.fmt import fmt
from svcflow.cli.follow import follow
from svcflow.cli.incidents import incidents
from svcflow.cli.init import init
from svcflow.cli.journal import journal
from svcflow.cli.keeping import verify
from svcflow.cli.learn import learn
from svcflow.cli.listing import cases
from svcflow.cli.lock import lock
from svcflow.cli.lsp import lsp
from svcflow.cli.migrate import migrate
from svcflow.cli.minimise import minimise
from svcflow.cli.model import model
from svcflow.cli.recalendar import recalendar
from svcflow.cli.rename import rename
from svcflow.cli.replay import replay
from svcflow.cli.report import report
from svcflow.cli.schema import schema
from svcflow.cli.showing import show
from svcflow.cli.simulate import simulate
from svcflow.cli.testing import try_out
from svcflow.cli.trying import try_
from svcflow.cli.versions import retire, versions
from svcflow.cli.watch import watch
from svcflow.cli.worker import worker

HELP = """
Durable after-sales service processes, written in YAML, kept in your own database.

\b
First look:    svcflow demo
For authors:   init, check, explain, fmt, rename, draw, docs, try, test,
               minimise, model, diff, lock, schema, lsp, import, export,
               replay, simulate, learn
For operators: publish, versions, retire, open, send, cases, show, journal,
               migrate, recalendar, incidents, erase, archive, archived,
               verify, follow, worker, report, watch

Commands that print data take `--format json`: JSON on stdout and nothing else there. Exit status: 0 fine, 1 findings
or failures, 2 wrong use.
"""

COMMANDS: Mapping[str, Callable[..., None]] = MappingProxyType(
    {
        "demo": demo,
        "init": init,
        "check": check,
        "explain": explain,
        "fmt": fmt,
        "rename": rename,
        "draw": draw,
        "docs": docs,
        "schema": schema,
        "lsp": lsp,
        "import": import_,
        "export": export,
        "try": try_,
        "test": try_out,
        "minimise": minimise,
        "model": model,
        "replay": replay,
        "simulate": simulate,
        "learn": learn,
        "diff": diff,
        "lock": lock,
        "publish": publish,
        "versions": versions,
        "retire": retire,
        "open": open_,
        "send": send,
        "cases": cases,
        "show": show,
        "journal": journal,
        "migrate": migrate,
        "recalendar": recalendar,
        "incidents": incidents,
        "erase": erase,
        "archive": archive,
        "archived": archived,
        "verify": verify,
        "report": report,
        "watch": watch,
        "follow": follow,
        "worker": worker,
    }
)

INTERRUPTED_LINE = "interrupted; what was finished before is kept"


def build() -> typer.Typer:
    """The application with all of its commands, in the order in which a newcomer meets them."""
    app = typer.Typer(
        name="svcflow", help=HELP, rich_markup_mode=None, pretty_exceptions_enable=False, invoke_without_command=True,
        context_settings={"help_option_names": ["-h", "--help"]},
    )  # fmt: skip
    app.callback()(_before)
    for name, command in COMMANDS.items():
        app.command(name, help=_help(command))(command)
    return app


def _help(command: Callable[..., None]) -> str:
    """A command's docstring, its examples line by line: behind a backspace nothing is wrapped."""
    return inspect.cleandoc(command.__doc__ or "").replace("\n\nExample", "\n\n\b\nExample")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command line (by default the program's own) and answer its exit status."""
    output.prepare()
    # What goes wrong is told by the command itself; a worker sets up a log of its own.
    log = logging.getLogger("svcflow")
    if not log.handlers:
        log.addHandler(logging.NullHandler())
    given = list(sys.argv[1:] if arguments is None else arguments)
    try:
        status = build()(given, prog_name="svcflow", standalone_mode=False)
    except KeyboardInterrupt:
        status = INTERRUPTED
    except output.OutputGone:
        output.abandon()
        return OUTPUT_GONE
    except Exception as problem:  # noqa: BLE001 - the last frame: whatever it is becomes one line
        return tell(problem)
    if status == INTERRUPTED:
        output.say(INTERRUPTED_LINE)
    return status if isinstance(status, int) else 0


def _before(
    context: typer.Context,
    show_version: Annotated[bool, typer.Option("--version", help="Print the version and leave.")] = False,
) -> None:
    if show_version:
        output.write(f"svcflow {version('svcflow')}")
        raise typer.Exit
    if context.invoked_subcommand is None:
        output.say(context.get_help())
        raise typer.Exit(WRONG_USE)
