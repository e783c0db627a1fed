"""`init`: a first process, by question and answer or from a shipped one."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path
from typing import Annotated, Literal

import typer

from svcflow import catalog, language
from svcflow.cli import asking, output
from svcflow.cli.failures import FINDINGS, WrongUse
from svcflow.cli.files import write_whole
from svcflow.cli.interview import plan
from svcflow.cli.words import Words
from svcflow.core.spelling import nearest
from svcflow.language.first import first_process

NEXT = "; now `svcflow check`, `svcflow draw` or `svcflow try` it"


LIST = "list"

_OURS = re.compile(r"^ *# requirement: .*\n", re.MULTILINE)
"""Lines that tie a shipped file to this project's own requirements: they mean nothing in a copy."""


def init(
    file: Annotated[
        Path | None, typer.Argument(metavar="FILE", show_default=False, help="Where to write, as in repair.yaml.")
    ] = None,
    template: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Begin with a shipped process; `list` says which there are."),
    ] = None,
    said_in: Annotated[
        Literal["en", "zh"] | None,
        typer.Option(
            "--language", help="The language of questions, comments and the list.", show_default="that of the system"
        ),
    ] = None,
) -> None:
    """
    Write a first process: by question and answer, or from a shipped one with all that it needs.

    An empty answer takes what stands in brackets. Answers may also come from a file or a pipe; where they end, the
    rest is taken so. What is written passes `check --strict` and is laid out as `fmt` does. No file is overwritten.
    A shipped process gets the name of FILE, if one is given.

    Examples:
      svcflow init repair.yaml
      svcflow init --template list
      svcflow init --template service_ticket
      svcflow init install_call.yaml --template callback
    """
    tongue = said_in or ("zh" if os.environ.get("LC_ALL", os.environ.get("LANG", "")).startswith("zh") else "en")
    if template == LIST:
        _list(tongue)
        return
    if template is not None:
        _copy(template, file)
        return
    if file is not None:
        _free(file)
    asking.ready()
    made = plan(tongue, None if file is None else file.stem)
    goal = Path(f"{made.process}.yaml") if file is None else file
    _free(goal)
    drafted = first_process(made, tongue)
    text = language.formatted(drafted, goal.name)
    findings = language.check_text(text, goal.name) if isinstance(text, str) else text
    if findings or not isinstance(text, str):
        colored, columns = output.coloured(sys.stderr), output.columns(sys.stderr)
        output.say(language.render(findings, {goal.name: drafted}, color=colored, columns=columns))
        output.say("nothing is written: these answers do not go together")
        raise typer.Exit(FINDINGS)
    write_whole(goal, text)
    output.say(f"{output.clean(str(goal))} is written{NEXT}")


def _free(file: Path) -> None:
    if file.suffix not in {".yaml", ".yml"} or not file.stem.isidentifier():
        raise WrongUse(f"{output.clean(str(file))} cannot be the file of a process",
                       "it has the name of the process, as in repair.yaml")  # fmt: skip
    if file.exists():
        raise WrongUse(f"{output.clean(str(file))} is there already", "choose another name; nothing is overwritten")


def _list(tongue: str) -> None:
    """What there is to begin with, a line each."""
    shipped = [getattr(catalog, name) for name in output.tracked("reading the catalog", catalog.NAMES)]
    rows = [(one.name, Words.of(one, tongue).title(), str(len(one.states))) for one in shipped]
    output.show(output.table(("NAME", "TITLE", "STATES"), rows, right=("STATES",)))


def _copy(template: str, file: Path | None) -> None:
    """Write a shipped process and everything it uses, runs or starts beside each other."""
    if template not in catalog.NAMES:
        near = nearest(template, catalog.NAMES)
        hint = f"did you mean {near}?" if near else "`svcflow init --template list` says which there are"
        raise WrongUse(f"the catalog has no process {output.clean(template)}", hint)
    goal = Path(f"{template}.yaml") if file is None else file
    family = _family(template)
    own = family.pop(f"{template}.yaml")
    texts = {goal.with_name(name): text for name, text in family.items()}
    if goal in texts:
        raise WrongUse(f"{output.clean(str(goal))} is a file that {template} needs", "choose another name")
    # The one that was asked for comes last, for it is told of at the end.
    texts[goal] = re.sub(rf"^process: {template}$", f"process: {goal.stem}", own, count=1, flags=re.MULTILINE)
    texts = {path: _OURS.sub("", text) for path, text in texts.items()}
    for path, text in texts.items():
        # Words that several processes share may be there from one before.
        if not path.exists() or _OURS.sub("", path.read_text(encoding="utf-8")) != text:
            _free(path)
    for path, text in texts.items():
        write_whole(path, text)
        output.say(f"{output.clean(str(path))} is written{NEXT if path == goal else ''}")


def _family(template: str) -> dict[str, str]:
    texts: dict[str, str] = {}
    pending, known = [template], {template}
    while pending:
        process = getattr(catalog, pending.pop(0))
        texts.update(process.sources)
        pending += [name for name in process.needs if name not in known]
        known.update(process.needs)
    return texts
