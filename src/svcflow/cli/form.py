"""The form of an event as it is typed on a command line: `name=text`, `name:=JSON`, or a whole file of JSON."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, TypeAlias

import typer

from svcflow.cli.failures import WrongUse

PAIR = re.compile(r"(?P<name>[^\W\d]\w*)(?P<sign>:?=)(?P<text>.*)", re.DOTALL)
LONGEST_FORM = 10_000_000

FieldsArgument: TypeAlias = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="FIELD=VALUE", show_default=False,
        help="The form, by the types of the process; a list names its field several times; FIELD:=JSON takes JSON.",
    ),
]  # fmt: skip
FormOption: TypeAlias = Annotated[
    str | None,
    typer.Option("--form", metavar="FILE", show_default=False,
                 help="Take the form from a JSON object in this file (`-` is standard input); FIELD=VALUE adds to it."),
]  # fmt: skip


def form_of(pairs: Iterable[str] | None, file: str | None) -> dict[str, Any]:
    """
    The form that the arguments give; a name that comes again makes a list.

    Raises:
        WrongUse: If an argument is no FIELD=VALUE, or the file holds no JSON object.
    """
    typed: dict[str, list[Any]] = {}
    for pair in pairs or ():
        name, value = _field(pair)
        typed.setdefault(name, []).append(value)
    form = {} if file is None else _from_file(file)
    return form | {name: values[0] if len(values) == 1 else values for name, values in typed.items()}


def _field(pair: str) -> tuple[str, Any]:
    found = PAIR.fullmatch(pair)
    if found is None:
        raise WrongUse(f"{pair!r} is no FIELD=VALUE", "write it like product=X1, with quotes around a text with blanks")
    if found["sign"] == "=":
        return found["name"], found["text"]
    return found["name"], _json(found["text"], found["name"])


def _from_file(file: str) -> dict[str, Any]:
    if file == "-":
        raw = sys.stdin.buffer.read(LONGEST_FORM + 1)
    else:
        with Path(file).open("rb") as stream:
            raw = stream.read(LONGEST_FORM + 1)
    shown = "standard input" if file == "-" else file
    if len(raw) > LONGEST_FORM:
        raise WrongUse(f"{shown} is larger than any form ({LONGEST_FORM:,} bytes)")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        raise WrongUse(f"{shown} is not UTF-8 text") from problem
    form = _json(text, shown)
    if not isinstance(form, dict):
        raise WrongUse(f"{shown} holds no JSON object", 'write it like {"product": "X1"}')
    return form


def _json(text: str, where: str) -> object:
    try:
        # An amount is what was written, not the nearest binary fraction.
        return json.loads(text, parse_float=Decimal)
    except (ValueError, RecursionError) as problem:
        raise WrongUse(f"{where}: this is not JSON: {problem}") from problem
